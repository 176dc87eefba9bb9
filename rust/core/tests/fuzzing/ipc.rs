//! Arrow IPC files and streams, against the reader of the `arrow-ipc` crate where both read them.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use passcurve_core::sources::Options;

use super::files::{compare, counted};
use super::other;

const COLUMNS: [&str; 2] = ["model", "problem"];

/// The file is refused, or counted as the other reader does.
///
/// What we read is checked throughout, so the crate meets no length that lies in the columns that it is asked for. It
/// may refuse or panic at others; it then says nothing about our counts.
pub fn check(data: &[u8]) {
    let Some(found) = counted("log.arrow", data, &COLUMNS, Options::default()) else { return };
    if let Some(Ok(batches)) = other(|| batches(data)) {
        compare(&found, &batches, &COLUMNS);
    }
}

fn batches(data: &[u8]) -> Result<Vec<RecordBatch>, ArrowError> {
    if data.starts_with(b"ARROW1") {
        let wanted = wanted(&FileReader::try_new(Cursor::new(data), None)?.schema())?;
        FileReader::try_new(Cursor::new(data), Some(wanted))?.collect()
    } else {
        let wanted = wanted(&StreamReader::try_new(Cursor::new(data), None)?.schema())?;
        StreamReader::try_new(Cursor::new(data), Some(wanted))?.collect()
    }
}

fn wanted(schema: &SchemaRef) -> Result<Vec<usize>, ArrowError> {
    COLUMNS.iter().chain(&["correct"]).map(|name| schema.index_of(name)).collect()
}
