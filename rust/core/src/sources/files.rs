//! Log files of any format into one tally: their units of work in parallel, what is wrong reported in their order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_schema::Schema;

use super::path_keys::{self, PathKey};
use super::read_at::{LocalFile, ReadAt, failed};
use super::reading::Log;
use super::types::Types;
use super::worker::Worker;
use super::{Options, Progress, Watch, batches, ids, ipc, jsonl, parquet};
use crate::error::{Error, Place, Reason, Result, Usage, panic_words};
use crate::tally::{Finished, Looking, Spec};

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
    fn bytes(&self) -> &LocalFile;

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

/// The names of a file's columns, in a file of lines those of its first one; what is inside structs with its path in
/// dots.
///
/// # Errors
/// The file cannot be opened, or is of no known format.
pub fn columns(path: &str) -> Result<Vec<String>> {
    guarded(&Place::file(path), || {
        if let Some(columns) = jsonl::columns(path)? {
            return Ok(columns);
        }
        let (file, is_ipc) = open_binary(path)?;
        if is_ipc { ipc::columns(file) } else { parquet::columns(file) }
    })
}

/// Counts the verdicts of files, whose paths may state some columns.
///
/// # Errors
/// With the file and, where known, row group, page, row or line, and column: a file that cannot be read or is malformed, a
/// schema that does not fit, values that no policy allows, the memory limit; or what `watch` returns.
pub fn tally(
    mut spec: Spec,
    paths: &[String],
    keys: &[PathKey],
    options: Options,
    watch: Watch<'_>,
) -> Result<(Finished, Vec<FileRead>)> {
    let stated = keys.iter().filter(|key| !key.in_files && spec.coded().contains(&key.name.as_str()));
    spec.stated = stated.map(|key| key.name.clone()).collect();
    let spec = Arc::new(spec);
    let progress = Progress::default();
    let mut tick = || watch(&progress).inspect_err(|_| progress.stop());
    let (files, types) = open_all(&spec, paths, keys, options, &mut tick)?;
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

fn open_all(
    spec: &Arc<Spec>,
    paths: &[String],
    keys: &[PathKey],
    options: Options,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<(Vec<Box<dyn LogFile>>, Types)> {
    let mut types = path_keys::types(spec, keys);
    let mut files: Vec<Box<dyn LogFile>> = Vec::with_capacity(paths.len());
    // Whether each file has an answer, as far as somebody had to look.
    let mut gives = Vec::new();
    for path in paths {
        tick()?;
        let opened = guarded(&Place::file(path), || open(spec, path, options, tick));
        let blame = |error| if files.is_empty() { with_keys(error, keys) } else { blame_the_file(error) };
        let file = opened.map_err(blame)?;
        forbid_columns_and_paths(spec, file.as_ref())?;
        let joined = file.join(spec, &mut types, true);
        files.push(file);
        if let Err(error) = joined {
            types = joined_by_answers(spec, keys, &files, &mut gives, error)?;
        }
    }
    Ok((files, types))
}

/// Fails when a file holds what its path is to state.
fn forbid_columns_and_paths(spec: &Spec, file: &dyn LogFile) -> Result<()> {
    let names = if spec.stated.is_empty() { Vec::new() } else { file.names() };
    match spec.stated.iter().find(|&stated| names.contains(stated)) {
        Some(name) => {
            Err(Error::data(Place::file(file.bytes().path()).in_column(name), Reason::ColumnAndPath))
        }
        None => Ok(()),
    }
}

/// The types of files whose columns do not go together, where that is for files without a single answer.
fn joined_by_answers(
    spec: &Spec,
    keys: &[PathKey],
    files: &[Box<dyn LogFile>],
    gives: &mut Vec<bool>,
    error: Error,
) -> Result<Types> {
    let Some(answer) = &spec.answer else { return Err(error) };
    for file in files.iter().skip(gives.len()) {
        gives.push(guarded(&Place::file(file.bytes().path()), || file.gives(answer))?);
    }
    let mut types = path_keys::types(spec, keys);
    for (file, &answers) in files.iter().zip(&*gives) {
        file.join(spec, &mut types, answers)?;
    }
    Ok(types)
}

fn open(
    spec: &Arc<Spec>,
    path: &str,
    options: Options,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<Box<dyn LogFile>> {
    if let Some(lines) = jsonl::Opened::open(spec, path, options, tick)? {
        return Ok(Box::new(lines));
    }
    let (file, is_ipc) = open_binary(path)?;
    if is_ipc {
        return Ok(Box::new(ipc::Opened::open(spec, file)?));
    }
    Ok(Box::new(parquet::Opened::open(spec, file)?))
}

/// A file, and whether it is of Arrow's own format, by its content, or else by its name.
fn open_binary(path: &str) -> Result<(LocalFile, bool)> {
    let io = |source| failed(path, source);
    let file = LocalFile::open(path).map_err(io)?;
    let mut head = [0; 8];
    let head = &mut head[..usize::try_from(file.len()).unwrap_or(8).min(8)];
    file.read_at(0, head).map_err(io)?;
    let is_ipc = ipc::is_ipc(path, head);
    Ok((file, is_ipc))
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

/// What the paths state is there too.
fn with_keys(mut error: Error, keys: &[PathKey]) -> Error {
    if let Error::Usage(usage) = &mut error
        && let Usage::NoSuchColumn { available, .. } = &mut **usage
    {
        let names = std::iter::once(available.as_str()).chain(keys.iter().map(|key| key.name.as_str()));
        *available = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ");
    }
    error
}

/// Other files have the column, so it is this file that is bad and not the call.
fn blame_the_file(error: Error) -> Error {
    match error {
        Error::Usage(usage) => match *usage {
            Usage::NoSuchColumn { column, place, available } => {
                Error::data(place.in_column(&column), Reason::MissingColumn(available))
            }
            other => other.into(),
        },
        other => other,
    }
}

/// Runs work over a file's bytes; a library's panic on them is the file's fault.
pub(super) fn guarded<T>(place: &Place, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic_words(&*panic).unwrap_or("no reason given");
        let message = format!("the decoder failed: {words}");
        Err(Error::data(place.clone(), Reason::Malformed(message)))
    })
}
