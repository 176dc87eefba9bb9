//! Parquet by the `parquet` crate.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use crate::fuzzing::files::{Counts, compare};
use crate::fuzzing::other;

/// More rows than this are not read again.
const MOST: i64 = 1 << 17;

const COLUMNS: [&str; 3] = ["model", "problem", "correct"];

/// Fails where a file that we counted is counted otherwise by the crate.
///
/// It is asked after us alone. By itself it panics on many bad pages, ends the process on lists and dictionaries of a
/// claimed length, and reads prefixes, streams, levels and booleans that are out of range without a word; each of these
/// is refused by us, so that it is a witness for what is left. Where it refuses or panics, it says nothing.
pub fn check(found: &Counts, data: &[u8]) {
    if let Some(Ok(Some(batches))) = other(|| batches(data)) {
        compare(found, &batches, &COLUMNS[..2]);
    }
}

/// The rows; `None` where the columns are not flat, or the rows too many or not as many as the footer says.
fn batches(data: &[u8]) -> Result<Option<Vec<RecordBatch>>, ParquetError> {
    let data = data.to_vec();
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes::Bytes::from(data), options)?;
    let schema = builder.parquet_schema();
    let leaves: Vec<_> = COLUMNS
        .iter()
        .filter_map(|name| {
            schema.columns().iter().position(|column| column.path().parts() == [(*name).to_owned()])
        })
        .collect();
    let rows: i64 = builder.metadata().row_groups().iter().map(|group| group.num_rows()).sum();
    // Of a footer that says 0 rows, as those of streams may, the crate reads none whatever the row groups hold.
    if leaves.len() < COLUMNS.len() || rows > MOST || rows != builder.metadata().file_metadata().num_rows() {
        return Ok(None);
    }
    let mask = ProjectionMask::leaves(schema, leaves);
    let reader = builder.with_projection(mask).with_batch_size(1024).build()?;
    let batches = reader.collect::<Result<Vec<_>, ArrowError>>()?;
    Ok(Some(batches))
}
