//! Arrow record batches into tallies.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::Schema;

use super::encoded::Encoded;
use super::ids;
use super::origins::Origins;
use super::types::Types;
use super::verdicts;
use super::worker::{MORSEL, Worker};
use super::{Options, Progress, Watch};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::parallel;
use crate::tally::{Finished, Looking, Spec, Tally};

/// Rows a thread must have to do before it is worth starting.
const WORTH_A_THREAD: usize = 4 * MORSEL;

/// Pieces that wait at most, however many threads there are.
const MOST_PENDING: usize = 64;
/// Batches of a few rows each are counted when so many wait: each holds a kilobyte or more.
const MANY_SMALL: usize = 1 << 12;

/// Fails unless every column that is read is in the schema, once, with a type that can be what it is read as.
///
/// # Errors
/// The call names a column that is not there; the schema has a column twice; a type that cannot be an id or verdict.
pub fn check_schema(spec: &Spec, schema: &Schema, place: &Place) -> Result<()> {
    let names = || schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
    for name in spec.columns() {
        let mut found = schema.fields().iter().filter(|field| field.name() == name);
        let Some(field) = found.next() else {
            let (column, place) = (name.to_owned(), place.clone());
            return Err(Usage::NoSuchColumn { column, place, available: names() }.into());
        };
        let data = |reason| Error::data(place.clone().in_column(name), reason);
        if found.next().is_some() {
            return Err(data(Reason::RepeatedColumn));
        }
        if name == spec.verdict {
            verdicts::check(name, field.data_type(), &spec.rule, place)?;
        }
        if spec.coded().contains(&name) {
            ids::kind_of(spec, name, field.data_type()).map_err(data)?;
        }
    }
    Ok(())
}

/// Adds up the workers of one reading.
pub(crate) fn combine(
    spec: &Arc<Spec>,
    types: &Types,
    tallies: impl IntoIterator<Item = Tally>,
) -> Result<Tally> {
    let mut tallies = tallies.into_iter();
    let mut tally = tallies.next().unwrap_or_else(|| Tally::new(Arc::clone(spec)));
    // The types are those of the whole log, also where no row was read.
    tally.expect(&types.kinds).map_err(|(_, reason)| Error::data(Place::default(), *reason))?;
    tallies.try_for_each(|other| tally.combine(other))?;
    Ok(tally)
}

/// A tally that batches are fed to, one after the other; the work of large ones is shared between threads.
#[derive(Debug)]
pub struct BatchTally {
    spec: Arc<Spec>,
    options: Options,
    looking: Looking,
    threads: usize,
    types: Types,
    idle: Mutex<Vec<Worker>>,
    pending: Vec<(Encoded, u64)>,
    pending_rows: usize,
    /// Whether a count ended halfway, so that what is held is not all of it.
    broken: bool,
    rows: u64,
    origins: Origins,
    shared: Progress,
}

impl BatchTally {
    /// An empty tally.
    #[must_use]
    pub fn new(spec: Spec, options: Options) -> Self {
        Self::looking(spec, options, Looking::Rows)
    }

    /// An empty tally, and how it looks for samples that come twice.
    #[must_use]
    pub fn looking(spec: Spec, options: Options, looking: Looking) -> Self {
        let spec = Arc::new(spec);
        Self {
            threads: parallel::thread_count(options.threads),
            options,
            looking,
            types: Types::new(&spec),
            idle: Mutex::new(vec![Worker::new(&spec, looking)]),
            pending: Vec::new(),
            pending_rows: 0,
            broken: false,
            rows: 0,
            origins: Origins::default(),
            shared: Progress::default(),
            spec,
        }
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What the threads share.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.shared
    }

    /// Says of which file the rows are that come next.
    pub fn begin_file(&mut self, path: &str) {
        self.origins.begin(self.rows, path);
    }

    /// Takes a batch; it may be counted later, together with the next ones.
    ///
    /// # Errors
    /// Bad schema or values, in this batch or in one taken before; the memory limit; what `watch` returns.
    pub fn insert(&mut self, batch: &Encoded, watch: Watch<'_>) -> Result<()> {
        let batch = match self.wanted(batch) {
            Ok(batch) => batch,
            // What is wrong in an earlier batch comes first.
            Err(error) => return self.count(watch).and(Err(error)),
        };
        let piece = WORTH_A_THREAD.min(batch.num_rows()).max(1);
        for start in (0..batch.num_rows().max(1)).step_by(piece) {
            let rows = piece.min(batch.num_rows() - start);
            self.pending.push((batch.slice(start, rows), self.rows));
            self.rows += rows as u64;
            self.pending_rows += rows;
        }
        // Several pieces for each thread keep all of them busy to the end; more would only hold memory.
        let enough = (4 * self.threads).min(MOST_PENDING) * WORTH_A_THREAD;
        let full = self.pending_rows >= enough || self.pending.len() >= MANY_SMALL;
        if full { self.count(watch) } else { Ok(()) }
    }

    /// The columns that are read, after a check of their types.
    fn wanted(&mut self, batch: &Encoded) -> Result<Encoded> {
        let (schema, place) = (batch.schema(), self.origins.here());
        check_schema(&self.spec, &schema, &place)?;
        let answers = self.spec.answer.as_ref().and_then(|name| batch.column(name));
        let given = answers.is_some_and(|(answers, _)| !ids::all_null(answers));
        self.types.join(&self.spec, &schema, &place, given)?;
        let indices: Vec<_> =
            self.spec.columns().iter().filter_map(|name| schema.index_of(name).ok()).collect();
        batch.project(&indices).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Counts what is pending.
    ///
    /// # Errors
    /// As [`BatchTally::insert`].
    pub fn count(&mut self, watch: Watch<'_>) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let threads = self.threads.min(self.pending_rows.div_ceil(WORTH_A_THREAD)).max(1);
        self.pending_rows = 0;
        let (spec, shared, options, idle) = (&self.spec, &self.shared, self.options, &self.idle);
        let (looking, origins) = (self.looking, &self.origins);
        let take = || {
            let worker = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            worker.unwrap_or_else(|| Worker::new(spec, looking))
        };
        let insert = |worker: &mut Worker, _, (batch, first_row): (Encoded, u64)| {
            worker.insert(&batch, &origins.place(first_row), first_row, shared, options)
        };
        let mut tick = || watch(shared).inspect_err(|_| shared.stop());
        // A single piece is done before anybody could look up.
        let tick: Option<&mut dyn FnMut() -> Result<()>> =
            if pending.len() > 1 { Some(&mut tick) } else { None };
        if self.broken {
            return Err(Error::Internal("a tally that ended halfway is used again".into()));
        }
        let workers =
            parallel::fold(threads, pending, take, insert, tick).inspect_err(|_| self.broken = true)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(workers);
        Ok(())
    }

    /// Counts what is pending, and what the counts are so far.
    ///
    /// # Errors
    /// As [`BatchTally::finish`].
    pub fn so_far(&mut self, watch: Watch<'_>) -> Result<Finished> {
        self.count(watch)?;
        let workers = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let tallies: Vec<_> = workers.iter().map(|worker| worker.tally.clone()).collect();
        drop(workers);
        let tally = combine(&self.spec, &self.types, tallies)?;
        if tally.copied() {
            return Err(Error::Copied);
        }
        tally.finalize(|row| self.origins.place(row))
    }

    /// Counts what is pending and ends.
    ///
    /// # Errors
    /// As [`BatchTally::insert`]; a sample that came twice against the policy, without its row where bits are looked at.
    pub fn finish(mut self, watch: Watch<'_>) -> Result<Finished> {
        self.count(watch)?;
        let workers = self.idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        let tally = combine(&self.spec, &self.types, workers.into_iter().map(Worker::into_tally))?;
        if tally.copied() { Err(Error::Copied) } else { tally.finalize(|row| self.origins.place(row)) }
    }
}
