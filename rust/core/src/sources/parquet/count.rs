//! The rows of a row group into a tally: without making rows where ids come from dictionaries and nothing is missing.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};

use super::codecs::Decompressor;
use super::column::{self, Column, outside};
use super::fault::Fault;
use crate::error::{Error, Place, Result};
use crate::sources::worker::{MORSEL, Worker};
use crate::tally::codes::{Codes, Stretch};

/// The columns of one row group, side by side.
pub(super) struct RowGroupReader<'f> {
    /// Those of ids first, in the order of the names that the specification reads.
    columns: Vec<Column<'f>>,
    /// What the specification calls them.
    names: Vec<String>,
    /// Of the columns of ids, their numbers among those of the specification.
    coded: &'f [usize],
    /// Where the verdict's column is.
    verdict: usize,
    /// The file and row group, at the next row.
    place: Place,
    /// For each column of ids, the tally's code of each value of the dictionary.
    codes: Vec<Option<Vec<u32>>>,
}

impl<'f> RowGroupReader<'f> {
    /// Columns with their names, the first of them ids, and the place of the first row.
    pub(super) fn new(
        columns: Vec<Column<'f>>,
        names: Vec<String>,
        coded: &'f [usize],
        verdict: usize,
        place: Place,
    ) -> Self {
        Self { codes: vec![None; coded.len()], columns, names, coded, verdict, place }
    }

    /// Counts the next rows, as many as the page of every column at hand has, the first of which is `first_row` in the
    /// whole log; 0 when a column has no more.
    pub(super) fn next(
        &mut self,
        worker: &mut Worker,
        decompressor: &mut Decompressor,
        first_row: u64,
    ) -> Result<usize> {
        let mut rows = MORSEL;
        for at in 0..self.columns.len() {
            let available = self.columns[at].available(decompressor);
            rows = rows.min(available.map_err(|fault| self.fail(at, fault))?);
        }
        if rows > 0 {
            if worker.is_plain() && !worker.lacks_an_id() && self.columns.iter().all(Column::is_whole) {
                self.count_codes(worker, rows, first_row)?;
            } else {
                self.count_batch(worker, rows, first_row)?;
            }
            self.place.row = self.place.row.map(|row| row.saturating_add(rows as u64));
        }
        Ok(rows)
    }

    fn whole(&self) -> Place {
        Place { row: None, ..self.place.clone() }
    }

    fn fail(&self, at: usize, fault: Fault) -> Error {
        fault.in_column(&self.names[at]).at(self.whole())
    }

    /// Every row has an id and a verdict, and nothing else is read.
    fn count_codes(&mut self, worker: &mut Worker, rows: usize, first_row: u64) -> Result<()> {
        for at in 0..self.coded.len() {
            self.key(at, worker, rows).map_err(|fault| self.fail(at, fault))?;
        }
        let verdicts = self.columns[self.verdict].array(rows);
        let verdicts = verdicts.map_err(|fault| self.fail(self.verdict, fault))?;
        worker.count_codes(verdicts.as_ref(), &self.place, first_row)
    }

    /// The codes of the next rows of a column of ids.
    fn key(&mut self, at: usize, worker: &mut Worker, rows: usize) -> std::result::Result<(), Fault> {
        let (column, number) = (&mut self.columns[at], self.coded[at]);
        let page = column.page_number();
        let data_type = column.leaf.data_type();
        if !read_indices(column, rows, worker.codes(number))? {
            let array = column.array(rows)?;
            let encoded = worker.encode_whole(number, array.as_ref(), &data_type);
            return encoded.map_err(|bad| Fault::from(*bad.reason).in_page(page));
        }
        let codes = match &mut self.codes[at] {
            Some(codes) => codes,
            none => {
                let dictionary = column.dictionary().ok_or_else(Fault::ended)?;
                none.insert(worker.encode(number, dictionary.as_ref(), &data_type)?)
            }
        };
        worker.codes(number).translate(codes).map_err(|index| outside(index, codes.len()).in_page(page))
    }

    /// Anything else: the rows as an Arrow batch.
    fn count_batch(&mut self, worker: &mut Worker, rows: usize, first_row: u64) -> Result<()> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for at in 0..self.columns.len() {
            let array = self.columns[at].array(rows);
            arrays.push(array.map_err(|fault| self.fail(at, fault))?);
        }
        let fields = self.names.iter().zip(&arrays);
        let fields: Vec<_> =
            fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
        let batch = batch.map_err(|e| Error::Internal(e.to_string()))?;
        worker.insert_morsel(&batch.into(), &self.place, first_row)
    }
}

/// The next rows as indices into the column's dictionary; false, and nothing read, where they are not stored so.
fn read_indices(column: &mut Column<'_>, rows: usize, out: &mut Codes) -> std::result::Result<bool, Fault> {
    out.clear();
    let Codes { stretches, each } = out;
    let mut unpacked = 0;
    column.stretches(rows, each, |stretch| {
        stretches.push(match stretch {
            column::Stretch::Run(index, length) => Stretch::Run(index, length),
            column::Stretch::Unpacked(length) => {
                unpacked += length;
                Stretch::Each(unpacked - length, length)
            }
        });
    })
}
