//! Arrow IPC files (Feather V2) and streams.
//!
//! Flatbuffers are read by the `arrow-ipc` crate, which verifies them. What they say is not believed: frames, nodes
//! and buffers are looked for in the bytes that are there before memory is taken, and only the buffers of the columns
//! that are read are touched. All that the rest of the crate sees is [`Opened`], a
//! [`LogFile`](super::files::LogFile).

mod array;
mod batch;
mod codec;
mod dictionaries;
mod fault;
mod file;
mod frame;
mod leaves;
mod open;
mod schema;

pub(crate) use open::Opened;

use arrow_schema::Schema;

use super::files::{LogFile, Run, Scratch};
use super::ids::all_null;
use super::input::Source;
use crate::error::{Place, Result};

/// Names of streams, which begin with no magic number, end so.
const STREAMS: [&str; 4] = ["arrow", "arrows", "ipc", "feather"];

/// Whether a file that begins so, with this path, is to be read here.
pub(crate) fn is_ipc(path: &str, head: &[u8]) -> bool {
    let suffix = std::path::Path::new(path).extension().and_then(|suffix| suffix.to_str());
    let named = suffix.is_some_and(|suffix| STREAMS.iter().any(|stream| suffix.eq_ignore_ascii_case(stream)));
    head.starts_with(file::MAGIC) || head.starts_with(b"FEA1") || (named && !head.starts_with(b"PAR1"))
}

/// The names of a file's columns; those inside structs with their path in dots.
pub(crate) fn columns(bytes: Source) -> Result<Vec<String>> {
    Ok(open::File::open(bytes)?.leaves().iter().map(leaves::Leaf::name).collect())
}

impl LogFile for Opened {
    fn format(&self) -> &'static str {
        "ipc"
    }

    fn bytes(&self) -> &Source {
        &self.file.bytes
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn names(&self) -> Vec<String> {
        self.file.leaves().iter().map(leaves::Leaf::name).collect()
    }

    fn gives(&self, column: &str) -> Result<bool> {
        let mut found = false;
        for unit in 0..self.units() {
            self.read(unit, &mut |batch, _, _, _| {
                found = found || batch.column_by_name(column).is_some_and(|values| !all_null(values));
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn work(&self) -> u64 {
        (0..self.units()).map(|unit| self.bytes_of(unit)).fold(0, u64::saturating_add)
    }

    fn units(&self) -> usize {
        self.parts()
    }

    fn place(&self, unit: usize) -> Place {
        self.part_place(unit)
    }

    fn count(&self, unit: usize, base: u64, scratch: &mut Scratch, run: &Run<'_>) -> Result<u64> {
        let mut told = 0;
        let rows = self.read(unit, &mut |batch, place, row, bytes| {
            run.progress.read(bytes);
            told += bytes;
            scratch.worker.insert(&batch.clone().into(), place, base + row, run.progress, run.options)
        })?;
        run.progress.read(self.bytes_of(unit) - told);
        Ok(rows)
    }
}
