//! Tallies: from Parquet files, and from Arrow batches.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ArrowError;
use passcurve_core::error::{Error, Place, Reason};
use passcurve_core::sources::{Options, Progress, batches, files};
use passcurve_core::tally::{Finished, OnDuplicate, OnNull, OnNullId, Spec, verdict::Rule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;
use pyo3_arrow::input::AnyRecordBatch;

use crate::apart::{apart, report};
use crate::errors::watched;
use crate::room;

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
        let memory_limit = match self.memory_limit {
            None => room::for_counts(self.threads)?,
            given => given,
        };
        let (threads, range_bytes) = (self.threads, self.range_bytes);
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
pub(crate) fn file_columns(py: Python<'_>, path: &str) -> PyResult<Vec<String>> {
    // It is what a tally begins with: the C library ends a process that has no room for a thread.
    room::for_counts(Some(1))?;
    let path = path.to_owned();
    apart(py, None, move |_| files::columns(&path))
}

/// Counts files; calls `progress(rows)` now and then. Returns what `BatchTally.finish` does, and (path, format, bytes,
/// rows) a file.
#[pyfunction]
pub(crate) fn tally_files(
    py: Python<'_>,
    paths: Vec<String>,
    request: Request,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Counted<'_>, Vec<FileRead>)> {
    let (spec, options) = request.read()?;
    let (finished, files) =
        apart(py, progress.as_ref(), move |watch| files::tally(spec, &paths, options, watch))?;
    let files = files.into_iter().map(|file| (file.path, file.format, file.bytes, file.rows)).collect();
    Ok((counted(py, finished)?, files))
}

/// An Arrow record batch or stream, to be read once.
#[pyclass(frozen)]
pub(crate) struct Batches {
    reader: Mutex<Option<Box<dyn RecordBatchReader + Send>>>,
    /// The names of its columns.
    #[pyo3(get)]
    columns: Vec<String>,
}

#[pymethods]
impl Batches {
    #[new]
    fn new(data: AnyRecordBatch) -> PyResult<Self> {
        let reader = data.into_reader()?;
        let columns = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { reader: Mutex::new(Some(reader)), columns })
    }
}

/// A tally that Arrow batches and streams are fed to.
#[pyclass(frozen)]
pub(crate) struct BatchTally(Mutex<Option<batches::BatchTally>>);

#[pymethods]
impl BatchTally {
    #[new]
    fn new(request: Request) -> PyResult<Self> {
        let (spec, options) = request.read()?;
        Ok(Self(Mutex::new(Some(batches::BatchTally::new(spec, options)))))
    }

    /// Counts batches; calls `progress(rows)` now and then. Returns the rows taken so far.
    fn insert(&self, py: Python<'_>, batches: &Batches, progress: Option<Py<PyAny>>) -> PyResult<u64> {
        let reader = batches.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader = reader.ok_or_else(|| PyValueError::new_err("these batches were read before"))?;
        let mut state = self.lock()?;
        let tally = state.as_mut().ok_or_else(|| PyValueError::new_err("this tally is finished"))?;
        watched(py, |watch| {
            let mut looked = Instant::now();
            // A stream without a batch has its columns' types all the same.
            let none = RecordBatch::new_empty(reader.schema());
            for batch in std::iter::once(Ok(none)).chain(reader) {
                let batch = batch.map_err(|error| bad_stream(&error, tally.rows()))?;
                let mut tick = |shared: &Progress| watch(&|py| report(py, progress.as_ref(), shared.rows()));
                if looked.elapsed() > LOOK_UP {
                    tick(tally.progress())?;
                    looked = Instant::now();
                }
                tally.insert(&batch, &mut tick)?;
            }
            Ok(tally.rows())
        })
    }

    /// Ends the counting; returns the counts, those of answers and rewards, and the counters.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Counted<'py>> {
        let mut state = self.lock()?;
        let mut tally = state.take().ok_or_else(|| PyValueError::new_err("this tally is finished"))?;
        // What is left of the batches is let go by the thread that took them.
        watched(py, |watch| tally.count(&mut |_| watch(&|_| Ok(()))))?;
        counted(py, apart(py, None, move |watch| tally.finish(watch))?)
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

/// What a stream says when it breaks. One that Python code feeds ends so on Ctrl-C, and has no other way to say it.
fn bad_stream(error: &ArrowError, row: u64) -> Error {
    let message = error.to_string();
    if message.trim_end().lines().last() == Some("KeyboardInterrupt") {
        return Error::Interrupted;
    }
    Error::data(Place::default().at_row(row), Reason::Malformed(message))
}
