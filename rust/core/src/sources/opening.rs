//! Files from their paths: opened in order, each by its format, and their types made one.

use std::sync::Arc;

use super::ahead::{self, Ahead, Wanted};
use super::files::{LogFile, guarded};
use super::input::{Input, Source};
use super::path_keys::{self, PathKey};
use super::read_at::{ReadAt, failed};
use super::remote::Remote;
use super::stream::Compression;
use super::types::Types;
use super::{Options, ipc, jsonl, parquet};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::tally::Spec;

/// Of an object's bytes so many are fetched to open it: of a file of lines the first, of others the last, this share
/// of them within these bounds.
const LINES: u64 = 256 << 10;
const SHARE: u64 = 256;
const SHORTEST_TAIL: u64 = 32 << 10;
const LONGEST_TAIL: u64 = 512 << 10;
/// What tells a format.
const HEAD: u64 = 8;

/// The names of a file's columns, in a file of lines those of its first one; what is inside structs with its path in
/// dots.
///
/// # Errors
/// The file cannot be opened, or is of no known format.
pub fn columns(input: &Input) -> Result<Vec<String>> {
    guarded(&Place::file(input.path()), || {
        each(std::slice::from_ref(input), |opener| {
            opener.source(0, |source| {
                if let Some(compression) = Compression::of(source.name()) {
                    return jsonl::columns(source, compression);
                }
                if is_ipc(&source)? { ipc::columns(source) } else { parquet::columns(source) }
            })
        })
    })
}

/// Opens files in order and joins their types.
pub(super) fn open_all(
    spec: &Arc<Spec>,
    inputs: &[Input],
    keys: &[PathKey],
    options: Options,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<(Vec<Box<dyn LogFile>>, Types)> {
    let mut types = path_keys::types(spec, keys);
    let mut files: Vec<Box<dyn LogFile>> = Vec::with_capacity(inputs.len());
    // Whether each file has an answer, as far as somebody had to look.
    let mut gives = Vec::new();
    each(inputs, |opener| {
        for (at, input) in inputs.iter().enumerate() {
            tick()?;
            let opened = guarded(&Place::file(input.path()), || {
                opener.source(at, |source| open(spec, source, options, tick))
            });
            let blame = |error| if files.is_empty() { with_keys(error, keys) } else { blame_the_file(error) };
            let file = opened.map_err(blame)?;
            forbid_columns_and_paths(spec, file.as_ref())?;
            let joined = file.join(spec, &mut types, true);
            files.push(file);
            if let Err(error) = joined {
                types = joined_by_answers(spec, keys, &files, &mut gives, error)?;
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok((files, types))
}

/// Inputs, of which the first bytes are fetched ahead where they are in no local file.
struct Opener<'a> {
    inputs: &'a [Input],
    remotes: &'a [Option<Arc<Remote>>],
    ahead: &'a Ahead<'a>,
}

fn each<T>(inputs: &[Input], work: impl FnOnce(&Opener<'_>) -> T) -> T {
    let remote = |input: &Input| match input {
        Input::Path(_) => None,
        Input::Object(object) => Some(Arc::new(Remote::new(Arc::clone(object)))),
    };
    let remotes: Vec<_> = inputs.iter().map(remote).collect();
    let wanted: Vec<_> = remotes.iter().map(|remote| remote.as_ref().map(ends)).collect();
    ahead::with(&wanted, |ahead| work(&Opener { inputs, remotes: &remotes, ahead }))
}

/// What is read to open an object.
fn ends(file: &Arc<Remote>) -> Wanted {
    let length = file.len();
    let ranges = if Compression::of(file.object().name()).is_some() {
        std::iter::once(0..length.min(LINES)).collect()
    } else {
        let tail = (length / SHARE).clamp(SHORTEST_TAIL, LONGEST_TAIL).min(length);
        vec![0..length.min(HEAD), length - tail..length]
    };
    Wanted { file: Arc::clone(file), ranges }
}

impl Opener<'_> {
    /// Opens an input and does something with it while its ends are at hand.
    fn source<T>(&self, at: usize, work: impl FnOnce(Source) -> Result<T>) -> Result<T> {
        let input = &self.inputs[at];
        let _held = self.ahead.take(at).map_err(|error| failed(input.path(), error))?;
        work(match &self.remotes[at] {
            Some(remote) => Source::Remote(Arc::clone(remote)),
            None => Source::open(input)?,
        })
    }
}

fn open(
    spec: &Arc<Spec>,
    source: Source,
    options: Options,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<Box<dyn LogFile>> {
    if let Some(compression) = Compression::of(source.name()) {
        return Ok(Box::new(jsonl::Opened::open(spec, source, compression, options, tick)?));
    }
    if is_ipc(&source)? {
        return Ok(Box::new(ipc::Opened::open(spec, source)?));
    }
    Ok(Box::new(parquet::Opened::open(spec, source)?))
}

/// Whether a file is of Arrow's own format, by its content, or else by its name.
fn is_ipc(source: &Source) -> Result<bool> {
    let mut head = [0; 8];
    let head = &mut head[..usize::try_from(source.len()).unwrap_or(8).min(8)];
    source.read_at(0, head).map_err(|error| failed(source.path(), error))?;
    Ok(ipc::is_ipc(source.name(), head))
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
