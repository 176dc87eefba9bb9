//! Records of JSON documents as Arrow batches: what an evaluation pipeline wrote, of which a few fields are wanted.
//!
//! A document is read once, from front to back, and only the record at hand is held: a file of lines, one array or
//! object of any size, or a member of a zip archive. Nothing here knows what a verdict is.

mod buffer;
mod columns;
mod extract;
mod field;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod open;
mod path;
mod stop;
#[cfg(test)]
mod tests;
mod values;
mod walk;

use std::io::Read;

use arrow_array::RecordBatch;

pub use open::members;
pub use path::{Step, parse};

use self::buffer::{BLOCK, Buffer};
use self::columns::Columns;
use self::extract::Extract;
pub use self::field::{Field, Holds};
use self::open::Document;
use self::stop::Stop;
use self::walk::{Record, Walk};
use crate::error::{Error, Place, Reason, Result};
use crate::json::fault::Fault;
use crate::sources::{Input, is_of_the_machine};

/// Records in a batch at most, and about so many bytes of their values.
const ROWS: usize = 1 << 15;
const BYTES: usize = 8 << 20;

/// What is read of a document.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The way from a document to its records; without a step each document is one.
    pub rows: Vec<Step>,
    /// The columns.
    pub fields: Vec<Field>,
    /// Leaves out a last record at which the document is cut, and counts it; else it is an error.
    pub skip_partial: bool,
}

/// The records of one file or member, batch after batch.
pub struct Records {
    document: Document,
    walk: Walk,
    extract: Extract,
    columns: Columns,
    skip_partial: bool,
    partial: u64,
    done: bool,
}

impl Records {
    /// Opens a file, or a member of a zip archive.
    ///
    /// # Errors
    /// The operating system's; a damaged archive; no such member; fields that cannot be told apart.
    pub fn open(input: &Input, member: Option<&str>, wanted: &Wanted) -> Result<Self> {
        let document = Document::open(input, member)?;
        let wants_key = wanted.fields.iter().any(|field| field.holds == Holds::Key);
        let walk = Walk::new(Buffer::new(document.stream()?, BLOCK), wanted.rows.clone(), wants_key);
        let extract =
            Extract::new(&wanted.fields).map_err(|reason| document.refused(Reason::Malformed(reason)))?;
        let columns = Columns::new(&wanted.fields);
        let (skip_partial, partial, done) = (wanted.skip_partial, 0, false);
        Ok(Self { document, walk, extract, columns, skip_partial, partial, done })
    }

    /// Records at which the document was cut and that were left out.
    #[must_use]
    pub fn partial(&self) -> u64 {
        self.partial
    }

    /// The next records, none at the end.
    ///
    /// # Errors
    /// What is no JSON; a value that cannot be what its field is; the operating system's.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while !self.done && self.columns.rows() < ROWS && self.columns.bytes() < BYTES {
            if let Err(error) = self.step() {
                // Nothing comes after what is wrong.
                self.done = true;
                self.columns.forget();
                return Err(error);
            }
        }
        if self.done && self.columns.rows() == 0 {
            return Ok(None);
        }
        self.columns.finish().map(Some).map_err(|error| Error::Internal(error.to_string()))
    }

    fn step(&mut self) -> Result<()> {
        match self.walk.next_record(|bytes, depth| self.extract.read(bytes, depth)) {
            Ok(Some(record)) => self.take(&record),
            Ok(None) => {
                self.done = true;
                self.document.check_unchanged()?;
                if let Some(missing) = self.walk.missing() {
                    return Err(self.document.refused(Reason::Malformed(missing)));
                }
                Ok(())
            }
            Err(stop) => self.stopped(stop),
        }
    }

    fn take(&mut self, record: &Record) -> Result<()> {
        let text = simdutf8::basic::from_utf8(self.walk.bytes(record)).map_err(|_| {
            let line = self.walk.line_of(record);
            self.bad(record.offset, line, Reason::Malformed("this is not UTF-8".into()))
        })?;
        self.columns.push(text, self.extract.found(), record).map_err(|(field, reason)| {
            let line = self.walk.line_of(record);
            let place = self.document.place().at_line(Some(line), record.offset);
            Error::data(place.in_column(&field), Reason::Malformed(reason))
        })
    }

    #[cold]
    fn stopped(&mut self, stop: Stop) -> Result<()> {
        self.done = true;
        Err(match stop {
            Stop::Io(error) => self.document.failed(error),
            Stop::Fault { fault, .. } if *fault == Fault::Cut && self.skip_partial => {
                self.partial += 1;
                return self.document.check_unchanged();
            }
            Stop::Fault { fault, offset, line } => {
                let reason = match *fault {
                    Fault::Cut => Reason::PartialRecord,
                    Fault::Syntax(_, rule) => {
                        Reason::Malformed(format!("not JSON: {rule} (at byte {offset} of the file)"))
                    }
                    other => other.describe().1,
                };
                self.bad(offset, line, reason)
            }
            Stop::Missing { missing, offset } => {
                let place = self.document.place();
                if offset == 0 {
                    return Err(Error::data(place, Reason::Malformed(missing)));
                }
                // What came before it is of the format.
                let missing = format!("{missing} Keep each format in files of its own");
                Error::data(place.at_line(None, offset), Reason::Malformed(missing))
            }
            Stop::Long { offset, line } => {
                let message = "one record is longer than 64 MiB, which is not read".into();
                self.bad(offset, line, Reason::Malformed(message))
            }
        })
    }

    fn bad(&self, offset: u64, line: u64, reason: Reason) -> Error {
        Error::data(self.document.place().at_line(Some(line), offset), reason)
    }
}

/// The first record of a file or member as it is written, where it has one.
///
/// # Errors
/// As of [`Records`].
pub fn first(input: &Input, member: Option<&str>, rows: Vec<Step>) -> Result<Option<String>> {
    let whole = Field { name: "record".into(), path: Vec::new(), holds: Holds::Json };
    let wanted = Wanted { rows, fields: vec![whole], skip_partial: true };
    let mut records = Records::open(input, member, &wanted)?;
    while records.columns.rows() == 0 {
        match records.walk.next_record(|bytes, depth| records.extract.read(bytes, depth)) {
            Ok(Some(record)) => records.take(&record)?,
            // Whatever of the way is missing.
            Ok(None) | Err(Stop::Missing { .. }) => return Ok(None),
            Err(stop) => return records.stopped(stop).map(|()| None),
        }
    }
    Ok(records.columns.first_text())
}

/// So many bytes that a file begins with, uncompressed; fewer where it ends or is damaged before.
///
/// # Errors
/// The operating system's; an empty file.
pub fn head(input: &Input, length: usize) -> Result<Vec<u8>> {
    let document = Document::open(input, None)?;
    let mut stream = document.stream()?.take(length as u64);
    let mut head = Vec::new();
    // What was read before an error is kept.
    match stream.read_to_end(&mut head) {
        Err(error) if is_of_the_machine(&error) => Err(document.failed(error)),
        _ => Ok(head),
    }
}

/// What [`Holds::Hashes`] holds of a value that is written so.
#[must_use]
pub fn hash(written: &str) -> String {
    columns::hash(written.as_bytes())
}

/// Where a document is.
fn place_of(path: &str, member: Option<&str>) -> Place {
    match member {
        Some(member) => Place::file(format!("{path}!{member}")),
        None => Place::file(path),
    }
}
