//! Parquet files into tallies: row groups in parallel, ids left in their dictionaries.
//!
//! All that the rest of the crate sees is [`tally_files`]; how pages become counts is this folder's own affair.

mod codecs;
mod column;
mod count;
mod delta;
mod fault;
mod footer;
mod hybrid;
mod layout;
mod levels;
mod open;
mod pages;
mod schema;
#[cfg(test)]
mod tests;
mod thrift;
mod unpack;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use codecs::Decompressor;
use column::Column;
use count::RowGroupReader;
use open::Opened;

use super::batches;
use super::types::Types;
use super::worker::Worker;
use super::{Options, Progress, Watch};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::parallel;
use crate::tally::{Finished, Spec};

/// A file that was read, as it goes into the provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// The path, as the caller gave it.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}

/// The names of a file's columns; those inside structs with their path in dots.
///
/// # Errors
/// The file cannot be opened, or is no Parquet file.
pub fn columns(path: &str) -> Result<Vec<String>> {
    Ok(open::File::open(path)?.names())
}

/// Counts the verdicts of Parquet files.
///
/// # Errors
/// With the file and, where known, row group, page, row and column: a file that cannot be read or is malformed, a
/// schema that does not fit, values that no policy allows, the memory limit; or what `watch` returns.
pub fn tally_files(
    spec: Spec,
    paths: &[String],
    options: Options,
    watch: Watch<'_>,
) -> Result<(Finished, Vec<FileRead>)> {
    let spec = Arc::new(spec);
    let (files, types) = open_all(&spec, paths)?;
    let units: Vec<_> =
        files.iter().flat_map(|file| (0..file.row_groups()).map(move |i| (file, i))).collect();
    let shared = Progress::default();
    let count = |(worker, decompressor): &mut (Worker, Decompressor), _, (file, at): (&Opened, usize)| {
        guarded(&file.place(at), || file.count(at, worker, decompressor, &shared, options))
    };
    let start = || (Worker::new(&spec), Decompressor::default());
    let threads = parallel::thread_count(options.threads);
    let mut tick = || watch(&shared).inspect_err(|_| shared.stop());
    let workers = parallel::fold(threads, units, start, count, Some(&mut tick));
    // A file that changed may look malformed, so this comes first.
    files.iter().try_for_each(Opened::check_unchanged)?;
    let workers = workers?.into_iter().map(|(worker, _)| worker).collect();
    let finished = batches::finish(&spec, &types, workers, |row| place_of(&files, row))?;
    Ok((finished, files.iter().map(Opened::read).collect()))
}

fn open_all(spec: &Spec, paths: &[String]) -> Result<(Vec<Opened>, Types)> {
    let mut types = Types::new(spec);
    let mut files: Vec<Opened> = Vec::with_capacity(paths.len());
    let mut first_row = 0;
    for path in paths {
        let opened = Opened::open(spec, path, first_row);
        let file = opened.map_err(|error| if files.is_empty() { error } else { blame_the_file(error) })?;
        types.join(spec, &file.schema, &Place::file(path))?;
        first_row = file.end_row();
        files.push(file);
    }
    Ok((files, types))
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

fn place_of(files: &[Opened], row: u64) -> Place {
    let file = &files[files.partition_point(|file| file.first_row <= row).saturating_sub(1)];
    Place::file(&file.path).at_row(row - file.first_row)
}

/// Runs work over a file's bytes; a library's panic on them is the file's fault.
fn guarded<T>(place: &Place, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let message = format!("the decoder failed: {}", text.unwrap_or("no reason given"));
        Err(Error::data(place.clone(), Reason::Malformed(message)))
    })
}

impl Opened {
    /// Counts one row group.
    fn count(
        &self,
        row_group: usize,
        worker: &mut Worker,
        decompressor: &mut Decompressor,
        shared: &Progress,
        options: Options,
    ) -> Result<()> {
        let (start, end) = self.rows(row_group);
        let place = self.place(row_group);
        let columns = self.columns.iter().map(|&at| self.column(row_group, at));
        let columns = columns.map(|(leaf, chunk)| Column::new(self.source(), leaf, chunk)).collect();
        let rows_place = place.clone().at_row(start);
        let mut reader =
            RowGroupReader::new(columns, self.wanted.clone(), self.keys, self.verdict, rows_place);
        let mut row = start;
        loop {
            let rows = reader.next(worker, decompressor, self.first_row + row)?;
            if rows == 0 {
                break;
            }
            row += rows as u64;
            worker.advance(rows, shared, options)?;
        }
        if row == end {
            return Ok(());
        }
        let (promised, found) = (end - start, row - start);
        let message = format!("the footer promises {promised} rows and the pages hold {found}");
        Err(Error::data(place, Reason::Malformed(message)))
    }
}
