//! Tallies: from Parquet files, and from Arrow batches.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use passcurve_core::error::{Error, Place, Reason};
use passcurve_core::sources::path_keys::PathKey;
use passcurve_core::sources::{Options, Progress, batches, files};
use passcurve_core::tally::{Finished, Looking, OnDuplicate, OnNull, OnNullId, Spec, verdict::Rule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use crate::apart::{apart, told};
use crate::batches::Batches;
use crate::errors::watched;
use crate::input::Given;
use crate::room::room_for_counts;

/// The words of `passcurve.tally`, already checked there.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Request {
    by: Vec<String>,
    problem: Vec<String>,
    sample: Option<String>,
    answer: Option<String>,
    reward: Option<String>,
    verdict: String,
    threshold: Option<f64>,
    passing: Option<Vec<String>>,
    failing: Option<Vec<String>>,
    on_null: String,
    on_null_id: String,
    on_duplicate: String,
    partial: String,
    threads: Option<usize>,
    memory_limit: Option<usize>,
    range_bytes: Option<u64>,
}

impl Request {
    fn read(self) -> PyResult<(Spec, Options)> {
        let unknown =
            |name: &str, value: &str| PyValueError::new_err(format!("{name}={value:?} is not a policy"));
        let spec = Spec {
            on_null: match self.on_null.as_str() {
                "error" => OnNull::Error,
                "fail" => OnNull::Fail,
                "skip" => OnNull::Skip,
                other => return Err(unknown("on_null", other)),
            },
            on_null_id: match self.on_null_id.as_str() {
                "error" => OnNullId::Error,
                "skip" => OnNullId::Skip,
                other => return Err(unknown("on_null_id", other)),
            },
            on_duplicate: match self.on_duplicate.as_str() {
                "error" => OnDuplicate::Error,
                "agree" => OnDuplicate::Agree,
                "first" => OnDuplicate::First,
                other => return Err(unknown("on_duplicate", other)),
            },
            rule: Rule { threshold: self.threshold, passing: self.passing, failing: self.failing },
            stated: Vec::new(),
            by: self.by,
            problem: self.problem,
            sample: self.sample,
            answer: self.answer,
            reward: self.reward,
            verdict: self.verdict,
        };
        let skip_partial = match self.partial.as_str() {
            "error" => false,
            "skip" => true,
            other => return Err(unknown("partial", other)),
        };
        let (threads, memory_limit, range_bytes) = (self.threads, self.memory_limit, self.range_bytes);
        Ok((spec, Options { threads, memory_limit, skip_partial, range_bytes }))
    }
}

/// How often a slow stream is interrupted to look for Ctrl-C.
const LOOK_UP: Duration = Duration::from_millis(50);

/// How many strings without a rule are named.
const SHOWN_VERDICTS: usize = 10;

/// The table of counts, that of the answers and rewards (Arrow streams), and a dict of counters.
type Counted<'py> = (PyTable, Option<PyTable>, Bound<'py, PyDict>);

fn counted(py: Python<'_>, finished: Finished) -> PyResult<Counted<'_>> {
    let counters = PyDict::new(py);
    counters.set_item("rows", finished.counters.rows)?;
    counters.set_item("nulls", finished.counters.nulls)?;
    counters.set_item("null_ids", finished.counters.null_ids)?;
    counters.set_item("partial_lines", finished.counters.partial_lines)?;
    counters.set_item("duplicates", finished.counters.duplicates)?;
    counters.set_item("others", finished.counters.others.most_frequent(SHOWN_VERDICTS))?;
    let stream = |table: RecordBatch| PyTable::try_new(vec![table.clone()], table.schema());
    Ok((stream(finished.table)?, finished.details.map(stream).transpose()?, counters))
}

/// Path, format, bytes and rows.
type FileRead = (String, &'static str, u64, u64);

/// The names of the columns of a file.
#[pyfunction]
pub(crate) fn file_columns(py: Python<'_>, file: Given) -> PyResult<Vec<String>> {
    // It is what a tally begins with: the C library ends a process that has no room for a thread.
    room_for_counts(Some(1))?;
    apart(py, None, move |_| files::columns(&file.0))
}

/// A column that paths state: its name, whether its values are integers, whether the files hold it too, and its values.
type Key = (String, bool, bool, Vec<Option<String>>);

/// Counts files; calls `progress(rows, bytes, all_bytes)` now and then, and at the end. Returns what `BatchTally.finish` does, and (path, format, bytes,
/// rows) a file.
#[pyfunction]
pub(crate) fn tally_files(
    py: Python<'_>,
    files: Vec<Given>,
    request: Request,
    path_keys: Vec<Key>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Counted<'_>, Vec<FileRead>)> {
    let (spec, options) = request.read()?;
    let key = |(name, integers, in_files, values)| PathKey { name, integers, in_files, values };
    let keys: Vec<_> = path_keys.into_iter().map(key).collect();
    let inputs: Vec<_> = files.into_iter().map(|file| file.0).collect();
    let (finished, files) =
        apart(py, progress.as_ref(), move |watch| files::tally(spec, &inputs, &keys, options, watch))?;
    let files = files.into_iter().map(|file| (file.path, file.format, file.bytes, file.rows)).collect();
    Ok((counted(py, finished)?, files))
}

/// A tally that Arrow batches and streams are fed to.
#[pyclass(frozen)]
pub(crate) struct BatchTally(Mutex<Option<batches::BatchTally>>);

#[pymethods]
impl BatchTally {
    /// What can be read again is looked at for copies of samples by bits first.
    #[new]
    #[pyo3(signature = (request, again = false))]
    fn new(request: Request, again: bool) -> PyResult<Self> {
        let (spec, options) = request.read()?;
        let looking = if again { Looking::Bits } else { Looking::Rows };
        Ok(Self(Mutex::new(Some(batches::BatchTally::looking(spec, options, looking)))))
    }

    /// Counts batches; calls `progress(rows, 0, 0)` now and then. Returns the rows taken so far.
    fn insert(&self, py: Python<'_>, batches: &Batches, progress: Option<Py<PyAny>>) -> PyResult<u64> {
        let (file, batches) = (&batches.file, batches.take()?);
        let mut state = self.lock()?;
        let tally = state.as_mut().ok_or_else(|| PyValueError::new_err("this tally is finished"))?;
        if let Some(file) = file {
            tally.begin_file(file);
        }
        watched(py, |watch| {
            let mut looked = Instant::now();
            for batch in batches {
                let batch = batch.map_err(|error| bad_stream(&error, tally.rows()))?;
                let mut tick = |shared: &Progress| watch(&|py| report(py, progress.as_ref(), shared));
                if looked.elapsed() > LOOK_UP {
                    tick(tally.progress())?;
                    looked = Instant::now();
                }
                tally.insert(&batch, &mut tick)?;
            }
            Ok(tally.rows())
        })
    }

    /// What `finish` would return, None apart; more may be counted afterwards.
    fn so_far<'py>(&self, py: Python<'py>) -> PyResult<Counted<'py>> {
        let mut state = self.lock()?;
        let tally = state.as_mut().ok_or_else(|| PyValueError::new_err("this tally is finished"))?;
        let finished = watched(py, |watch| tally.so_far(&mut |_| watch(&|_| Ok(()))))?;
        counted(py, finished)
    }

    /// Ends the counting; returns the counts, those of answers and rewards, and the counters; None where a sample came
    /// twice and another reading must tell which.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Option<Counted<'py>>> {
        let mut state = self.lock()?;
        let mut tally = state.take().ok_or_else(|| PyValueError::new_err("this tally is finished"))?;
        // What is left of the batches is let go by the thread that took them.
        watched(py, |watch| tally.count(&mut |_| watch(&|_| Ok(()))))?;
        let finished = apart(py, None, move |watch| match tally.finish(watch) {
            Err(Error::Copied) => Ok(None),
            other => other.map(Some),
        })?;
        finished.map(|finished| counted(py, finished)).transpose()
    }
}

impl BatchTally {
    /// Another thread's call holds the lock while it waits for the interpreter, so waiting for it would be a deadlock.
    fn lock(&self) -> PyResult<MutexGuard<'_, Option<batches::BatchTally>>> {
        match self.0.try_lock() {
            Ok(state) => Ok(state),
            Err(TryLockError::Poisoned(state)) => Ok(state.into_inner()),
            Err(TryLockError::WouldBlock) => {
                Err(PyValueError::new_err("this tally is in use by another thread"))
            }
        }
    }
}

fn report(py: Python<'_>, progress: Option<&Py<PyAny>>, shared: &Progress) -> PyResult<()> {
    told(py, progress, (shared.rows(), shared.bytes(), shared.all_bytes()))
}

/// What a stream says when it breaks. One that Python code feeds ends so on Ctrl-C, and has no other way to say it.
fn bad_stream(error: &ArrowError, row: u64) -> Error {
    let message = error.to_string();
    if message.trim_end().lines().last() == Some("KeyboardInterrupt") {
        return Error::Interrupted;
    }
    Error::data(Place::default().at_row(row), Reason::Malformed(message))
}
