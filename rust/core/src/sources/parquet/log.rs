//! A Parquet file as a log: its row groups are the parts.

use std::ops::Range;

use arrow_schema::{Field, Schema};

use super::codecs::Decompressor;
use super::column::Column;
use super::count::RowGroupReader;
use super::fault::Fault;
use super::open::File;
use crate::error::{Error, Place, Reason, Result};
use crate::sources::files::{LogFile, Run, Scratch, check_schema};
use crate::sources::ids::all_null;
use crate::sources::input::Source;
use crate::sources::worker::MORSEL;
use crate::tally::Spec;

/// A file with the columns of it that are read.
pub(crate) struct Opened {
    file: File,
    /// The names that are read: the key's first.
    wanted: Vec<String>,
    /// Where each of them is among the leaves.
    leaves: Vec<usize>,
    /// Of those of ids, which come first, their numbers among those of the specification.
    coded: Vec<usize>,
    /// Which of them holds the verdicts.
    verdict: usize,
    schema: Schema,
    /// The first row of each row group within the file, and the end.
    starts: Vec<u64>,
}

impl Opened {
    pub(crate) fn open(spec: &Spec, bytes: Source) -> Result<Self> {
        let file = File::open(bytes)?;
        let wanted: Vec<String> = spec.columns().into_iter().map(ToOwned::to_owned).collect();
        let leaves = wanted.iter().map(|name| file.find(name)).collect::<Result<Vec<_>>>()?;
        let field = |(name, &at): (&String, &usize)| Field::new(name, file.leaves()[at].data_type(), true);
        let schema = Schema::new(wanted.iter().zip(&leaves).map(field).collect::<Vec<_>>());
        check_schema(spec, &schema, &Place::file(file.source().path()))?;
        let coded = spec.coded().into_iter().enumerate();
        let coded = coded.filter(|(_, name)| wanted.iter().any(|wanted| wanted == name));
        let coded = coded.map(|(at, _)| at).collect();
        let verdict = wanted.iter().position(|name| *name == spec.verdict).unwrap_or(0);
        let mut starts = vec![0_u64];
        for rows in file.row_counts() {
            starts.push(starts.last().copied().unwrap_or(0).saturating_add(rows));
        }
        Ok(Self { file, wanted, leaves, coded, verdict, schema, starts })
    }

    fn column(&self, unit: usize, leaf: usize) -> Column<'_> {
        Column::new(self.file.source(), &self.file.leaves()[leaf], self.file.chunk(unit, leaf))
    }

    /// The bytes of the columns that are read.
    fn bytes_of(&self, unit: usize) -> u64 {
        let chunks = self.leaves.iter().map(|&leaf| self.file.chunk(unit, leaf).bytes);
        chunks.fold(0, |sum, bytes| sum.saturating_add(u64::try_from(bytes).unwrap_or(0)))
    }

    fn has_values(&self, unit: usize, at: usize) -> Result<bool> {
        let fail = |fault: Fault| fault.in_column(&self.wanted[at]).at(self.place(unit));
        let mut decompressor = Decompressor::default();
        let mut column = self.column(unit, self.leaves[at]);
        loop {
            let rows = column.available(&mut decompressor).map_err(fail)?.min(MORSEL);
            if rows == 0 {
                return Ok(false);
            }
            if !all_null(column.array(rows).map_err(fail)?.as_ref()) {
                return Ok(true);
            }
        }
    }
}

impl LogFile for Opened {
    fn format(&self) -> &'static str {
        "parquet"
    }

    fn bytes(&self) -> &Source {
        self.file.source()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    fn gives(&self, column: &str) -> Result<bool> {
        let at = self.wanted.iter().position(|name| name == column);
        let mut found = false;
        for unit in 0..self.units() {
            found = found || at.map_or(Ok(false), |at| self.has_values(unit, at))?;
        }
        Ok(found)
    }

    fn work(&self) -> u64 {
        (0..self.units()).map(|unit| self.bytes_of(unit)).fold(0, u64::saturating_add)
    }

    fn units(&self) -> usize {
        self.file.row_groups()
    }

    fn place(&self, unit: usize) -> Place {
        Place { row_group: Some(unit), ..Place::file(self.bytes().path()) }
    }

    fn ranges(&self, unit: usize) -> Vec<Range<u64>> {
        let chunks = self.leaves.iter().map(|&leaf| self.file.chunk(unit, leaf).range());
        chunks.collect()
    }

    fn count(&self, unit: usize, base: u64, scratch: &mut Scratch, run: &Run<'_>) -> Result<u64> {
        let (start, end) = (self.starts[unit], self.starts[unit + 1]);
        let columns = self.leaves.iter().map(|&leaf| self.column(unit, leaf)).collect();
        let place = self.place(unit).at_row(start);
        let mut reader = RowGroupReader::new(columns, self.wanted.clone(), &self.coded, self.verdict, place);
        let (mut row, bytes, mut told) = (start, self.bytes_of(unit), 0);
        loop {
            let rows = reader.next(&mut scratch.worker, &mut scratch.decompressor, base + row)?;
            if rows == 0 {
                break;
            }
            row += rows as u64;
            // Pages are read when their rows are, about.
            let share = u128::from(bytes) * u128::from(row - start) / u128::from((end - start).max(1));
            let read = u64::try_from(share).unwrap_or(bytes).min(bytes);
            run.progress.read(read - told);
            told = read;
            scratch.worker.advance(rows, run.progress, run.options)?;
        }
        if row == end {
            run.progress.read(bytes - told);
            return Ok(end - start);
        }
        let (promised, found) = (end - start, row - start);
        let message = format!("the footer promises {promised} rows and the pages hold {found}");
        Err(Error::data(self.place(unit), Reason::Malformed(message)))
    }
}
