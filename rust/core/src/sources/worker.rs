//! One thread's part of a reading: rows in, counts kept.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::ids::{self, BadId, Coder};
use super::path_keys::{Stated, supplied};
use super::verdicts::{Bad, Judge};
use super::{Options, Progress};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::tally::bits::Bits;
use crate::tally::dense::{Codes, Dense};
use crate::tally::ids::IdColumn;
use crate::tally::verdict::Verdict;
use crate::tally::{BadRow, OnNullId, Rows, Spec, Tally};

/// Rows counted at a time: their codes stay in the cache.
pub(crate) const MORSEL: usize = 1 << 15;

/// One thread's tally with its buffers.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(super) tally: Tally,
    coders: Vec<Coder>,
    pub(super) rows: Rows,
    memory: usize,
    pub(super) dense: Dense,
    /// The key's codes, as they are stored.
    pub(super) codes: Vec<Codes>,
    pub(super) bits: Bits,
    /// What the path of the file at hand says.
    pub(super) stated: Vec<Stated>,
}

impl Worker {
    pub(crate) fn new(spec: &Arc<Spec>) -> Self {
        let tally = Tally::new(Arc::clone(spec));
        let mut coders = Vec::new();
        coders.resize_with(spec.coded().len(), Coder::default);
        let rows = Rows {
            keys: vec![Vec::new(); tally.ids.len()],
            details: vec![Vec::new(); spec.details().count()],
            ..Rows::default()
        };
        let codes = vec![Codes::default(); tally.ids.len()];
        Self {
            tally,
            coders,
            rows,
            memory: 0,
            dense: Dense::default(),
            codes,
            bits: Bits::default(),
            stated: Vec::new(),
        }
    }

    /// What it counted.
    pub(crate) fn into_tally(mut self) -> Tally {
        self.flush();
        self.tally
    }

    /// Counts a batch. `place` is where its first row is, `first_row` that row's number in the whole log.
    pub(crate) fn insert(
        &mut self,
        batch: &RecordBatch,
        place: &Place,
        first_row: u64,
        shared: &Progress,
        options: Options,
    ) -> Result<()> {
        for start in (0..batch.num_rows().max(1)).step_by(MORSEL) {
            let morsel = batch.slice(start, MORSEL.min(batch.num_rows() - start));
            let place = place.clone().at_row(place.row.unwrap_or(0) + start as u64);
            self.insert_morsel(&morsel, &place, first_row + start as u64)?;
            self.advance(morsel.num_rows(), shared, options)?;
        }
        Ok(())
    }

    /// Says that rows were counted; fails when the reading is to stop or takes too much memory.
    pub(crate) fn advance(&mut self, rows: usize, shared: &Progress, options: Options) -> Result<()> {
        let now = self.tally.memory() + self.dense.memory();
        self.memory = shared.advance(rows, &self.tally, (self.memory, now), options.memory_limit)?;
        Ok(())
    }

    /// Counts at most [`MORSEL`] rows.
    pub(crate) fn insert_morsel(&mut self, batch: &RecordBatch, place: &Place, first_row: u64) -> Result<()> {
        let spec = Arc::clone(self.tally.spec());
        let whole = Place { row: None, ..place.clone() };
        let column = |name: &str| column(batch, name, &whole);

        let targets = self.tally.ids.iter_mut().zip(&mut self.rows.keys);
        let sample = self.tally.sample_ids.as_mut().map(|ids| (ids, &mut self.rows.samples));
        let details = self.tally.cells.iter_mut().flat_map(|cells| &mut cells.columns);
        let details = details.zip(&mut self.rows.details);
        let targets = targets.chain(sample).chain(details).zip(&mut self.coders);
        for (at, ((ids, codes), coder)) in targets.enumerate() {
            if let Some(code) = supplied(&self.stated, at) {
                codes.clear();
                codes.resize(batch.num_rows(), code);
                continue;
            }
            let array = column(ids.name())?;
            let encoded = ids::kind_of(&spec, ids.name(), array.data_type())
                .map_err(BadId::from)
                .and_then(|kind| coder.encode(array, kind, ids, codes));
            encoded.map_err(|bad| {
                let place = bad.row.map_or_else(|| whole.clone(), |row| row_of(place, row));
                Error::data(place.in_column(ids.name()), *bad.reason)
            })?;
        }
        self.check_stated().map_err(|bad| bad_row(place, *bad))?;
        let some_left_out = spec.on_null_id == OnNullId::Skip && self.rows.has_null_ids();
        self.judge(column(&spec.verdict)?, some_left_out, place)?;
        self.insert_rows(place, first_row)
    }

    /// Judges the verdicts of rows, whose ids are known where some may be left out.
    fn judge(&mut self, verdicts: &dyn Array, some_left_out: bool, place: &Place) -> Result<()> {
        let mut judged = std::mem::take(&mut self.rows.verdicts);
        let spec = Arc::clone(self.tally.spec());
        let rows = &self.rows;
        let left_out = |row: usize| rows.has_null_id(row);
        let left_out: Option<&dyn Fn(usize) -> bool> = if some_left_out { Some(&left_out) } else { None };
        let mut judge = Judge { rule: &spec.rule, others: self.tally.others(), left_out };
        let result = judge.judge(verdicts, &mut judged);
        self.rows.verdicts = judged;
        result.map_err(|bad| match bad {
            Bad::Value(row, reason) => Error::data(row_of(place, row).in_column(&spec.verdict), *reason),
            Bad::Text(example) => {
                let place = Place { row: None, ..place.clone() }.in_column(&spec.verdict);
                Usage::NeedsPassing { place, example }.into()
            }
        })
    }

    fn insert_rows(&mut self, place: &Place, first_row: u64) -> Result<()> {
        self.rows.first_row = first_row;
        self.tally.insert(&self.rows).map_err(|bad| bad_row(place, *bad))
    }

    /// Whether only keys and verdicts are counted.
    pub(crate) fn is_plain(&self) -> bool {
        self.tally.sample_ids.is_none() && self.tally.cells.is_none()
    }

    /// The codes of a key column, which the next [`Worker::count_codes`] counts.
    pub(crate) fn codes(&mut self, column: usize) -> &mut Codes {
        &mut self.codes[column]
    }

    /// The codes of values of a key column, none of them null.
    pub(crate) fn encode(
        &mut self,
        column: usize,
        values: &dyn Array,
        data_type: &DataType,
    ) -> std::result::Result<Vec<u32>, Reason> {
        let kind = ids::kind_of(self.tally.spec(), self.tally.ids[column].name(), data_type)?;
        let ids = &mut self.tally.ids[column];
        let mut codes = Vec::new();
        self.coders[column].encode(values, kind, ids, &mut codes).map_err(|bad| *bad.reason)?;
        Ok(codes)
    }

    /// Counts rows that all have an id, by the codes of their columns, and a verdict.
    pub(crate) fn count_codes(&mut self, verdicts: &ArrayRef, place: &Place, first_row: u64) -> Result<()> {
        let rows = verdicts.len();
        self.state_codes(rows, place)?;
        let whole = match verdicts.as_boolean_opt() {
            Some(verdicts) if verdicts.null_count() == 0 => {
                self.bits.read(verdicts.values());
                true
            }
            _ => {
                self.judge(verdicts.as_ref(), false, place)?;
                self.bits.pack(&self.rows.verdicts)
            }
        };
        if whole && self.make_room(rows) {
            self.dense.count(&self.codes, &self.bits, rows);
            return Ok(());
        }
        for (codes, key) in self.codes.iter().zip(&mut self.rows.keys) {
            codes.expand(key);
        }
        if whole {
            self.rows.verdicts.clear();
            self.rows.verdicts.extend((0..rows).map(|row| Verdict::from(self.bits.get(row) == 1)));
        }
        self.insert_rows(place, first_row)
    }

    /// Whether the keys of the next rows have cells.
    pub(super) fn make_room(&mut self, rows: usize) -> bool {
        let codes: Vec<_> = self.tally.ids.iter().map(IdColumn::len).collect();
        if self.dense.holds(&codes, rows) {
            return true;
        }
        self.flush();
        self.dense.grow(&codes)
    }

    fn flush(&mut self) {
        let (keys, counts, rows) = self.dense.take();
        self.tally.add(&keys, &counts, rows);
    }
}

/// The place of a row, counted from the one at `place`.
pub(super) fn row_of(place: &Place, row: usize) -> Place {
    place.clone().at_row(place.row.unwrap_or(0) + row as u64)
}

fn bad_row(place: &Place, bad: BadRow) -> Error {
    Error::data(row_of(place, bad.row).in_column(&bad.column), bad.reason)
}

fn column<'a>(batch: &'a RecordBatch, name: &str, place: &Place) -> Result<&'a dyn Array> {
    let missing = || {
        let names: Vec<_> = batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        Error::data(place.clone().in_column(name), Reason::MissingColumn(names.join(", ")))
    };
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(missing)
}
