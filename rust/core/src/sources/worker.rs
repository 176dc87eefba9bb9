//! One thread's part of a reading: rows in, counts kept.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::encoded::Encoded;
use super::ids::{self, BadId, Coder};
use super::passes::passes;
use super::path_keys::{Stated, supplied};
use super::verdicts::{Bad, Judge};
use super::{Options, Progress};
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::tally::bits::Bits;
use crate::tally::codes::Codes;
use crate::tally::ids::{IdColumn, IdKind};
use crate::tally::{BadRow, Found, Looking, OnNullId, Rows, Spec, Tally};

/// Rows counted at a time: their codes stay in the cache.
pub(crate) const MORSEL: usize = 1 << 15;

/// One thread's tally with its buffers.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(super) tally: Tally,
    coders: Vec<Coder>,
    pub(super) rows: Rows,
    memory: usize,
    /// The codes of the key's columns, then of the sample's, as they are stored.
    pub(super) codes: Vec<Codes>,
    /// The codes of the samples, one a row.
    samples: Vec<u32>,
    pub(super) bits: Bits,
    /// What the path of the file at hand says.
    pub(super) stated: Vec<Stated>,
}

impl Worker {
    pub(crate) fn new(spec: &Arc<Spec>, looking: Looking) -> Self {
        let tally = Tally::looking(Arc::clone(spec), looking);
        let mut coders = Vec::new();
        coders.resize_with(spec.coded().len(), Coder::default);
        let rows = Rows {
            keys: vec![Vec::new(); tally.ids.len()],
            details: vec![Vec::new(); spec.details().count()],
            ..Rows::default()
        };
        let codes = vec![Codes::default(); tally.ids.len() + usize::from(tally.sample_ids.is_some())];
        let (samples, bits, stated) = (Vec::new(), Bits::default(), Vec::new());
        Self { tally, coders, rows, memory: 0, codes, samples, bits, stated }
    }

    /// What it counted.
    pub(crate) fn into_tally(self) -> Tally {
        self.tally
    }

    /// Counts a batch. `place` is where its first row is, `first_row` that row's number in the whole log.
    pub(crate) fn insert(
        &mut self,
        batch: &Encoded,
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
        let now = self.tally.memory();
        self.memory = shared.advance(rows, &self.tally, (self.memory, now), options.memory_limit)?;
        Ok(())
    }

    /// Counts at most [`MORSEL`] rows.
    pub(crate) fn insert_morsel(&mut self, batch: &Encoded, place: &Place, first_row: u64) -> Result<()> {
        if self.is_plain() && !self.lacks_an_id() && batch.is_whole() {
            return self.insert_whole(batch, place, first_row);
        }
        let spec = Arc::clone(self.tally.spec());
        let whole = Place { row: None, ..place.clone() };
        let array = |name: &str| array(batch, name, &whole);

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
            let array = array(ids.name())?;
            let encoded = ids::kind_of(&spec, ids.name(), array.data_type())
                .map_err(BadId::from)
                .and_then(|kind| coder.encode(&array, kind, ids, codes));
            encoded.map_err(|bad| {
                let place = bad.row.map_or_else(|| whole.clone(), |row| row_of(place, row));
                Error::data(place.in_column(ids.name()), *bad.reason)
            })?;
        }
        self.check_stated().map_err(|bad| bad_row(place, *bad))?;
        let some_left_out = spec.on_null_id == OnNullId::Skip && self.rows.has_null_ids();
        self.judge(&array(&spec.verdict)?, some_left_out, place)?;
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

    /// The row that was looked for, once it came.
    pub(crate) fn found(&self) -> Option<Found> {
        self.tally.found()
    }

    /// Whether rows without a null can be counted by their codes alone.
    pub(crate) fn is_plain(&self) -> bool {
        self.tally.is_plain()
    }

    /// Counts rows without a null of a plain tally.
    fn insert_whole(&mut self, batch: &Encoded, place: &Place, first_row: u64) -> Result<()> {
        let whole = Place { row: None, ..place.clone() };
        for at in 0..self.codes.len() {
            if supplied(&self.stated, at).is_some() {
                continue;
            }
            let name = self.id_column(at).name().to_owned();
            let (column, values) = batch.column(&name).ok_or_else(|| missing(batch, &name, &whole))?;
            let encoded = match values {
                Some(values) => self.encode_places(at, column, values),
                None => self.encode_whole(at, column, column.data_type()),
            };
            encoded.map_err(|bad| {
                let place = bad.row.map_or_else(|| whole.clone(), |row| row_of(place, row));
                Error::data(place.in_column(&name), *bad.reason)
            })?;
        }
        let verdicts = array(batch, &self.tally.spec().verdict, &whole)?;
        self.count_codes(&verdicts, place, first_row)
    }

    fn id_column(&mut self, at: usize) -> &mut IdColumn {
        let tally = &mut self.tally;
        match &mut tally.sample_ids {
            Some(samples) if at == tally.ids.len() => samples,
            _ => &mut tally.ids[at],
        }
    }

    /// The codes of the key's columns and the sample's, which the next [`Worker::count_codes`] counts.
    pub(crate) fn codes(&mut self, column: usize) -> &mut Codes {
        &mut self.codes[column]
    }

    /// The codes of values of such a column, none of them null.
    pub(crate) fn encode(
        &mut self,
        column: usize,
        values: &dyn Array,
        data_type: &DataType,
    ) -> std::result::Result<Vec<u32>, Reason> {
        // The codes of the next rows may be there already.
        let next = std::mem::take(&mut self.codes[column]);
        let encoded = self.encode_whole(column, values, data_type);
        let encoded = encoded.map(|()| std::mem::replace(&mut self.codes[column], next));
        let mut codes = Vec::new();
        encoded.map_err(|bad| *bad.reason)?.expand(&mut codes);
        Ok(codes)
    }

    /// Puts the values of such a column, none of them null, into its codes.
    pub(crate) fn encode_whole(
        &mut self,
        column: usize,
        values: &dyn Array,
        data_type: &DataType,
    ) -> std::result::Result<(), BadId> {
        self.with_coder(column, data_type, |coder, kind, ids, codes| {
            coder.encode_whole(values, kind, ids, codes)
        })
    }

    /// As [`Worker::encode_whole`], of places in a dictionary.
    fn encode_places(
        &mut self,
        column: usize,
        places: &dyn Array,
        values: &ArrayRef,
    ) -> std::result::Result<(), BadId> {
        self.with_coder(column, values.data_type(), |coder, kind, ids, codes| {
            coder.encode_places(places, values, kind, ids, codes)
        })
    }

    fn with_coder(
        &mut self,
        column: usize,
        data_type: &DataType,
        encode: impl FnOnce(&mut Coder, IdKind, &mut IdColumn, &mut Codes) -> std::result::Result<(), BadId>,
    ) -> std::result::Result<(), BadId> {
        let mut codes = std::mem::take(&mut self.codes[column]);
        let mut coder = std::mem::take(&mut self.coders[column]);
        let spec = Arc::clone(self.tally.spec());
        let ids = self.id_column(column);
        let encoded = match ids::kind_of(&spec, ids.name(), data_type) {
            Ok(Some(kind)) => encode(&mut coder, kind, ids, &mut codes),
            Ok(None) => {
                codes.clear();
                Ok(())
            }
            Err(reason) => Err(reason.into()),
        };
        (self.codes[column], self.coders[column]) = (codes, coder);
        encoded
    }

    /// Counts rows that all have an id, by the codes of their columns, and a verdict.
    pub(crate) fn count_codes(&mut self, verdicts: &dyn Array, place: &Place, first_row: u64) -> Result<()> {
        let rows = verdicts.len();
        self.state_codes(rows, place)?;
        let spec = Arc::clone(self.tally.spec());
        if !passes(verdicts, &spec.rule, self.tally.others(), &mut self.bits) {
            self.judge(verdicts, false, place)?;
            if !self.bits.pack_verdicts(&self.rows.verdicts) {
                return self.insert_codes(place, first_row);
            }
        }
        self.count_bits(rows);
        Ok(())
    }

    /// Counts rows whose codes and bits are there.
    pub(super) fn count_bits(&mut self, rows: usize) {
        let keys = self.tally.ids.len();
        if let Some(samples) = self.codes.get(keys) {
            samples.expand(&mut self.samples);
        }
        self.tally.count(&self.codes[..keys], &self.samples, &self.bits, rows);
    }

    /// Counts rows whose codes and verdicts are there.
    fn insert_codes(&mut self, place: &Place, first_row: u64) -> Result<()> {
        let out = self.rows.keys.iter_mut().chain([&mut self.rows.samples]);
        self.codes.iter().zip(out).for_each(|(codes, out)| codes.expand(out));
        self.insert_rows(place, first_row)
    }
}

/// The place of a row, counted from the one at `place`.
pub(super) fn row_of(place: &Place, row: usize) -> Place {
    place.clone().at_row(place.row.unwrap_or(0) + row as u64)
}

fn bad_row(place: &Place, bad: BadRow) -> Error {
    Error::data(row_of(place, bad.row).in_column(&bad.column), bad.reason)
}

fn missing(batch: &Encoded, name: &str, place: &Place) -> Error {
    Error::data(place.clone().in_column(name), Reason::MissingColumn(batch.names()))
}

fn array(batch: &Encoded, name: &str, place: &Place) -> Result<ArrayRef> {
    let array = batch.array(name).ok_or_else(|| missing(batch, name, place))?;
    array.map_err(|error| Error::data(place.clone().in_column(name), Reason::Malformed(error.to_string())))
}
