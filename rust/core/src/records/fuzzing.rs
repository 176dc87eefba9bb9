//! Records of bytes in memory, for the fuzz target and the tests; not for use.

use std::io::Cursor;

use arrow_array::RecordBatch;

use super::buffer::Buffer;
use super::columns::Columns;
use super::extract::Extract;
use super::field::{Field, Holds};
use super::path::Step;
use super::walk::Walk;

/// Records, and a field of each.
#[derive(Debug)]
pub struct Found {
    /// How each is written, its first byte and its line.
    pub records: Vec<(String, u64, u64)>,
    /// The columns `field`, `key` and `index`.
    pub batch: RecordBatch,
}

/// Reads the records at the end of a way, and a field of each.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn read(data: &[u8], block: usize, rows: &[Step], field: &[Step], holds: Holds) -> Result<Found, String> {
    let fields = [("field", field, holds), ("key", &[], Holds::Key), ("index", &[], Holds::Index)];
    let fields = fields.map(|(name, way, holds)| Field { name: name.into(), path: way.to_vec(), holds });
    let mut walk = walk(data, block, rows);
    let mut extract = Extract::new(&fields)?;
    let (mut columns, mut records) = (Columns::new(&fields), Vec::new());
    let next = |walk: &mut Walk, extract: &mut Extract| {
        walk.next_record(|bytes, depth| extract.read(bytes, depth)).map_err(|stop| format!("{stop:?}"))
    };
    while let Some(record) = next(&mut walk, &mut extract)? {
        let text = std::str::from_utf8(walk.bytes(&record)).map_err(|error| error.to_string())?;
        columns.push(text, extract.found(), &record).map_err(|(_, reason)| reason)?;
        records.push((text.to_owned(), record.offset, walk.line_of(&record)));
    }
    Ok(Found { records, batch: columns.finish().map_err(|error| error.to_string())? })
}

/// A walk over a copy of the bytes, so many at a time.
pub(super) fn walk(data: &[u8], block: usize, rows: &[Step]) -> Walk {
    Walk::new(Buffer::new(Box::new(Cursor::new(data.to_vec())), block), rows.to_vec(), true)
}
