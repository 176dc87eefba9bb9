//! Parquet files into tallies: row groups in parallel, ids left in their dictionaries.
//!
//! All that the rest of the crate sees is [`tally_files`]; how pages become counts is this file's own affair.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::RowGroupMetaData;

use super::batches::{self, Worker, check_schema};
use super::ids::all_null;
use super::read_at::{Chunks, LocalFile, ReadAt};
use super::types::Types;
use super::{Options, Progress, Watch};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::parallel;
use crate::tally::{Finished, Spec};

const MAGIC: &[u8; 4] = b"PAR1";
const BATCH: usize = 1 << 16;

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

/// A file whose footer is read.
struct Opened {
    path: String,
    file: Arc<LocalFile>,
    version: (u64, Option<std::time::SystemTime>),
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    /// The first row of each row group within the file.
    starts: Vec<u64>,
    rows: u64,
    first_row: u64,
    /// Whether any row has an answer, once somebody asked.
    answers: OnceLock<bool>,
}

/// The names of a file's columns.
///
/// # Errors
/// The file cannot be opened, or is no Parquet file.
pub fn columns(path: &str) -> Result<Vec<String>> {
    let (_, metadata) = footer(path)?;
    Ok(metadata.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// Counts the verdicts of Parquet files.
///
/// # Errors
/// With the file and, where known, row group, row and column: a file that cannot be read or is malformed, a schema
/// that does not fit, values that no policy allows, the memory limit; or what `watch` returns.
pub fn tally_files(
    spec: Spec,
    paths: &[String],
    options: Options,
    watch: Watch<'_>,
) -> Result<(Finished, Vec<FileRead>)> {
    let spec = Arc::new(spec);
    let (files, types) = open_all(&spec, paths)?;
    let units: Vec<_> =
        files.iter().flat_map(|file| (0..file.starts.len()).map(move |i| (file, i))).collect();
    let shared = Progress::default();
    let count = |worker: &mut Worker, _, (file, row_group): (&Opened, usize)| {
        file.count(row_group, worker, &shared, options)
    };
    let threads = parallel::thread_count(options.threads);
    let mut tick = || watch(&shared).inspect_err(|_| shared.stop());
    let workers = parallel::fold(threads, units, || Worker::new(&spec), count, Some(&mut tick));
    // A file that changed may look malformed, so this comes first.
    files.iter().try_for_each(Opened::check_unchanged)?;
    let finished = batches::finish(&spec, &types, workers?, |row| place_of(&files, row))?;
    Ok((finished, files.iter().map(Opened::read).collect()))
}

fn open_all(spec: &Spec, paths: &[String]) -> Result<(Vec<Opened>, Types)> {
    let mut types = Types::new(spec);
    let mut files: Vec<Opened> = Vec::with_capacity(paths.len());
    let mut first_row = 0;
    for path in paths {
        let opened = Opened::open(spec, path, first_row);
        let file = opened.map_err(|error| if files.is_empty() { error } else { blame_the_file(error) })?;
        let joined = types.join(spec, file.metadata.schema(), &Place::file(path), true);
        first_row = file.first_row.saturating_add(file.rows);
        files.push(file);
        if let Err(error) = joined {
            types = joined_by_answers(spec, &files, error)?;
        }
    }
    Ok((files, types))
}

/// The types of files whose schemas do not go together, where that is for files without a single answer.
fn joined_by_answers(spec: &Spec, files: &[Opened], error: Error) -> Result<Types> {
    let Some(answer) = &spec.answer else { return Err(error) };
    let mut types = Types::new(spec);
    for file in files {
        types.join(spec, file.metadata.schema(), &Place::file(&file.path), file.gives(answer)?)?;
    }
    Ok(types)
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

fn footer(path: &str) -> Result<(Arc<LocalFile>, ArrowReaderMetadata)> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let data = |reason| Error::data(Place::file(path), reason);
    let file = Arc::new(LocalFile::open(path).map_err(io)?);
    if file.len() == 0 {
        return Err(data(Reason::EmptyFile));
    }
    let mut ends = [0; 8];
    if file.len() >= 8 {
        file.read_at(0, &mut ends[..4]).map_err(io)?;
        file.read_at(file.len() - 4, &mut ends[4..]).map_err(io)?;
    }
    if &ends[..4] != MAGIC {
        return Err(data(Reason::NotParquet));
    }
    if file.len() < 12 || &ends[4..] != MAGIC {
        return Err(data(Reason::Truncated(file.len())));
    }
    // A stored Arrow schema may contradict the file's own, which is the one that rules.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let chunks = Chunks(Arc::clone(&file) as Arc<dyn ReadAt>);
    let metadata =
        decode(|| ArrowReaderMetadata::load(&chunks, options)).map_err(|m| data(Reason::Malformed(m)))?;
    Ok((file, metadata))
}

/// Runs the library's decoder; its error, or its panic on a bad file, as words.
fn decode<T, E: std::fmt::Display>(
    work: impl FnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!("the decoder failed: {}", text.unwrap_or("no reason given")))
        }
    }
}

fn place_of(files: &[Opened], row: u64) -> Place {
    let file = &files[files.partition_point(|file| file.first_row <= row).saturating_sub(1)];
    Place::file(&file.path).at_row(row - file.first_row)
}

impl Opened {
    fn open(spec: &Spec, path: &str, first_row: u64) -> Result<Self> {
        let (file, metadata) = footer(path)?;
        let place = Place::file(path);
        check_schema(spec, metadata.schema(), &place)?;
        let wanted = spec.columns();
        let read = |field: &Field| wanted.contains(&field.name().as_str());
        let fields = metadata.schema().fields();
        let roots: Vec<_> =
            fields.iter().enumerate().filter(|(_, field)| read(field)).map(|(i, _)| i).collect();
        let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
        let fields: Vec<_> = fields
            .iter()
            .map(|field| if read(field) { Arc::new(keep_dictionary(field)) } else { Arc::clone(field) })
            .collect();
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
            .map_err(|e| Error::data(place, Reason::Malformed(e.to_string())))?;
        let version = file.version().map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let mut rows = 0_u64;
        let start = |group: &RowGroupMetaData| {
            let start = rows;
            // A forged count is found when the rows are read.
            rows = rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or(0));
            start
        };
        let starts = metadata.metadata().row_groups().iter().map(start).collect();
        Ok(Self {
            path: path.to_owned(),
            file,
            version,
            metadata,
            mask,
            starts,
            rows,
            first_row,
            answers: OnceLock::new(),
        })
    }

    fn read(&self) -> FileRead {
        FileRead { path: self.path.clone(), bytes: self.file.len(), rows: self.rows }
    }

    fn malformed(&self, row_group: usize, message: String) -> Error {
        let place = Place { row_group: Some(row_group), ..Place::file(&self.path) };
        Error::data(place, Reason::Malformed(message))
    }

    /// Counts one row group.
    fn count(
        &self,
        row_group: usize,
        worker: &mut Worker,
        shared: &Progress,
        options: Options,
    ) -> Result<()> {
        let malformed = |message| self.malformed(row_group, message);
        let mut reader = self.reader(row_group, self.mask.clone())?;
        let start = self.starts[row_group];
        let mut row = start;
        while let Some(batch) = decode(|| reader.next().transpose()).map_err(malformed)? {
            let place = Place { row_group: Some(row_group), ..Place::file(&self.path) }.at_row(row);
            worker.insert(&batch, &place, self.first_row + row, shared, options)?;
            row += batch.num_rows() as u64;
        }
        let (end, found) = (self.starts.get(row_group + 1).copied().unwrap_or(self.rows), row - start);
        if row == end {
            return Ok(());
        }
        Err(malformed(format!("the footer promises {} rows and the pages hold {found}", end - start)))
    }

    fn reader(&self, row_group: usize, mask: ProjectionMask) -> Result<ParquetRecordBatchReader> {
        let chunks = Chunks(Arc::clone(&self.file) as Arc<dyn ReadAt>);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, self.metadata.clone())
            .with_projection(mask)
            .with_batch_size(BATCH)
            .with_row_groups(vec![row_group]);
        decode(|| builder.build()).map_err(|message| self.malformed(row_group, message))
    }

    /// Whether the column has a value in any row; it is read as far as the first.
    fn gives(&self, column: &str) -> Result<bool> {
        if let Some(&known) = self.answers.get() {
            return Ok(known);
        }
        let root = self.metadata.schema().index_of(column).ok();
        let mut found = false;
        for row_group in 0..self.starts.len() {
            let mask = ProjectionMask::roots(self.metadata.parquet_schema(), root);
            let mut reader = self.reader(row_group, mask)?;
            let mut next = || decode(|| reader.next().transpose());
            while !found && let Some(batch) = next().map_err(|message| self.malformed(row_group, message))? {
                found = batch.columns().iter().any(|values| !all_null(values));
            }
        }
        Ok(*self.answers.get_or_init(|| found))
    }

    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.version().map_err(|source| Error::Io { path: self.path.clone(), source })?;
        if now == self.version { Ok(()) } else { Err(Error::data(Place::file(&self.path), Reason::Changed)) }
    }
}

/// A string column comes as codes and a dictionary, as it is stored, so that each string is hashed once a batch.
fn keep_dictionary(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            field.clone().with_data_type(dictionary)
        }
        _ => field.clone(),
    }
}
