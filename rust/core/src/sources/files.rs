//! Log files of any format into one tally: their units of work in parallel, what is wrong reported in their order.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_schema::Schema;

use super::input::{Input, Source};
use super::path_keys::PathKey;
use super::read_at::ReadAt;
use super::reading::Log;
use super::types::Types;
use super::worker::Worker;
use super::{Options, Progress, Watch, batches, ids, opening, parquet};
use crate::error::{Error, Place, Reason, Result, panic_words};
use crate::tally::{Finished, Looking, Spec};

pub use super::opening::columns;

/// A file that was read, as it goes into the provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// The path, as the caller gave it.
    pub path: String,
    /// What it is: parquet, ipc or jsonl.
    pub format: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}

/// A file whose head is read, and which has the columns that are wanted.
///
/// Its positions are numbers that rise from row to row, by which a row is found again for a message.
pub(crate) trait LogFile: Send + Sync {
    /// What it is: parquet, ipc or jsonl.
    fn format(&self) -> &'static str;

    /// Its bytes.
    fn bytes(&self) -> &Source;

    /// The names of all its columns, as far as they are known.
    fn names(&self) -> Vec<String>;

    /// The columns that are read.
    fn schema(&self) -> &Schema;

    /// Takes the kinds of its columns into those of the whole log; whether that of its answers counts.
    fn join(&self, spec: &Spec, types: &mut Types, answers: bool) -> Result<()> {
        types.join(spec, self.schema(), &Place::file(self.bytes().path()), answers)
    }

    /// Whether any row has a value in one of the columns that are read; it is read as far as the first.
    fn gives(&self, column: &str) -> Result<bool>;

    /// How many bytes counting it will read: those of the columns that are read, where they lie apart.
    fn work(&self) -> u64;

    /// How many parts can be counted apart from each other.
    fn units(&self) -> usize;

    /// The place of a part.
    fn place(&self, unit: usize) -> Place;

    /// The bytes that counting a part reads, as far as they are known.
    fn ranges(&self, _unit: usize) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// Counts a part; `base` is to be added to each position. Returns its rows.
    fn count(&self, unit: usize, base: u64, scratch: &mut Scratch, run: &Run<'_>) -> Result<u64>;

    /// The place of a row.
    fn place_of(&self, position: u64) -> Place {
        Place::file(self.bytes().path()).at_row(position)
    }
}

/// What all threads of a reading share.
pub(crate) struct Run<'a> {
    pub(crate) progress: &'a Progress,
    pub(crate) options: Options,
}

/// What a thread keeps from one part to the next.
pub(crate) struct Scratch {
    pub(crate) worker: Worker,
    pub(crate) decompressor: parquet::Decompressor,
    /// The lines at hand.
    pub(crate) lines: Vec<u8>,
    /// The rows of each part that it counted, with the file's number.
    pub(super) rows: Vec<(usize, u64)>,
}

/// Counts the verdicts of files, whose paths may state some columns.
///
/// # Errors
/// With the file and, where known, row group, page, row or line, and column: a file that cannot be read or is malformed, a
/// schema that does not fit, values that no policy allows, the memory limit; or what `watch` returns.
pub fn tally(
    mut spec: Spec,
    inputs: &[Input],
    keys: &[PathKey],
    options: Options,
    watch: Watch<'_>,
) -> Result<(Finished, Vec<FileRead>)> {
    let stated = keys.iter().filter(|key| !key.in_files && spec.coded().contains(&key.name.as_str()));
    spec.stated = stated.map(|key| key.name.clone()).collect();
    let spec = Arc::new(spec);
    let progress = Progress::default();
    let mut tick = || watch(&progress).inspect_err(|_| progress.stop());
    let (files, types) = opening::open_all(&spec, inputs, keys, options, &mut tick)?;
    let work = files.iter().map(|file| file.work()).fold(0, u64::saturating_add);
    progress.all_bytes.store(work, Ordering::Relaxed);
    let run = Run { progress: &progress, options };
    let log = Log { spec: &spec, files: &files, keys, types: &types, run };
    let (workers, rows) = log.read(Looking::Bits, options.threads, &mut tick)?;
    tick()?;
    let tally = batches::combine(&spec, &types, workers.into_iter().map(Worker::into_tally))?;
    if tally.copied() {
        // The other readings may take as much memory as this one.
        drop(tally);
        return log.fail_by_copy(&mut tick);
    }
    let finished = tally.finalize(|position| log.place(position))?;
    let read = files.iter().zip(rows).map(|(file, rows)| {
        let bytes = file.bytes();
        FileRead { path: bytes.path().to_owned(), format: file.format(), bytes: bytes.len(), rows }
    });
    Ok((finished, read.collect()))
}

/// Fails unless every column that is read can be what it is read as, and ids are there.
pub(crate) fn check_schema(spec: &Spec, schema: &Schema, place: &Place) -> Result<()> {
    batches::check_schema(spec, schema, place)?;
    for name in spec.key().chain(&spec.sample) {
        let nulls = schema.field_with_name(name).is_ok_and(|field| ids::holds_nulls_alone(field.data_type()));
        if nulls {
            return Err(Error::data(place.clone().in_column(name), Reason::NullIds));
        }
    }
    Ok(())
}

/// Runs work over a file's bytes; a library's panic on them is the file's fault.
pub(super) fn guarded<T>(place: &Place, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic_words(&*panic).unwrap_or("no reason given");
        let message = format!("the decoder failed: {words}");
        Err(Error::data(place.clone(), Reason::Malformed(message)))
    })
}
