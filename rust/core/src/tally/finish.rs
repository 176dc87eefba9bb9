//! From a tally to its table: sorted by key, one row a problem.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    NullArray, RecordBatch, StringViewArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::take::take;

use super::ids::{IdColumn, IdKind, NULL};
use super::order::sorted;
use super::samples::Check;
use super::{Cells, Count, Counters, Tally};
use crate::error::{Error, Place, Reason, Result};

/// The counts of a whole log.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The key's columns, then `n` and `c` (Int64), sorted by key. A key all of whose verdicts were skipped has n = 0.
    pub table: RecordBatch,
    /// Where answers or rewards are kept: the key's columns, those, `n` and `c`, sorted; n > 0.
    pub details: Option<RecordBatch>,
    /// What became of the rows.
    pub counters: Counters,
}

impl Tally {
    /// Ends the counting. `place` tells where in the log a row is, given its number in the whole log.
    ///
    /// # Errors
    /// A sample that came twice against the policy; ids or counts beyond 64 bits.
    pub fn finalize(mut self, place: impl Fn(u64) -> Place) -> Result<Finished> {
        self.forbid_clash(&place)?;
        if let Some(Check::Rows(samples)) = &self.samples {
            let counts = &mut self.counts;
            samples.count(|unit, pass| counts[unit as usize] += Count { n: 1, c: pass.into() });
            self.counters.duplicates = samples.duplicates;
        }
        if self.is_plain() {
            let (keys, counts) = self.sorted_counts();
            let table = table(self.ids.iter().zip(keys).collect(), &counts.iter().copied())?;
            return Ok(Finished { table, details: None, counters: self.counters });
        }
        let (keys, counts) = (self.groups.columns(), self.counts_of_groups());
        let order = sorted(&self.ids, &keys);
        let details = match &self.cells {
            Some(cells) => Some(self.detailed(cells, &keys, &order)?),
            None => None,
        };
        let codes = |codes: &Vec<u32>| order.iter().map(|&group| codes[group as usize]).collect();
        let columns = self.ids.iter().zip(keys.iter().map(codes)).collect();
        let table = table(columns, &order.iter().map(|&group| counts[group as usize]))?;
        Ok(Finished { table, details, counters: self.counters })
    }

    /// The table of the cells that hold samples: by group in its order, then by answer and reward, null first.
    fn detailed(&self, cells: &Cells, keys: &[Vec<u32>], order: &[u32]) -> Result<RecordBatch> {
        let parts = cells.parts();
        let mut places = vec![0_u32; order.len()];
        for (place, &group) in (0..).zip(order) {
            places[group as usize] = place;
        }
        let ranks: Vec<_> = cells.columns.iter().map(IdColumn::ranks).collect();
        let rank = |column: usize, cell: usize| match parts[1 + column][cell] {
            NULL => 0,
            code => 1 + u64::from(ranks[column][code as usize]),
        };
        let mut held: Vec<usize> = (0..cells.len()).filter(|&cell| self.counts[cell].n > 0).collect();
        held.sort_unstable_by_key(|&cell| {
            let second = if ranks.len() > 1 { rank(1, cell) } else { 0 };
            (places[parts[0][cell] as usize], rank(0, cell), second)
        });
        let of_key =
            keys.iter().map(|codes| held.iter().map(|&cell| codes[parts[0][cell] as usize]).collect());
        let own = parts[1..].iter().map(|codes| held.iter().map(|&cell| codes[cell]).collect());
        let columns = self.ids.iter().chain(&cells.columns).zip(of_key.chain(own)).collect();
        table(columns, &held.iter().map(|&cell| self.counts[cell]))
    }

    fn forbid_clash(&self, place: &impl Fn(u64) -> Place) -> Result<()> {
        let Some(Check::Rows(samples)) = &self.samples else { return Ok(()) };
        let Some((clash, first)) = samples.clash() else { return Ok(()) };
        let key = self.show_sample(clash.sample);
        let first = place(first.row).into();
        let conflict = clash.conflict && self.spec.on_duplicate == super::OnDuplicate::Agree;
        let reason =
            if conflict { Reason::Conflict { key, first } } else { Reason::Duplicate { key, first } };
        Err(Error::data(place(clash.row), reason))
    }

    /// A sample by the codes of its group and its own, as a person reads it.
    #[must_use]
    pub fn show_sample(&self, (group, sample): (u32, u32)) -> String {
        let key = self.groups.key(group);
        let named = self.ids.iter().zip(key).chain(self.sample_ids.iter().map(|ids| (ids, sample)));
        let named: Vec<_> = named.map(|(ids, code)| format!("{} {}", ids.name(), ids.show(code))).collect();
        named.join(", ")
    }

    /// The counts of the groups, of all their answers and rewards.
    fn counts_of_groups(&self) -> Vec<Count> {
        let Some(cells) = &self.cells else { return self.counts.clone() };
        let mut counts = vec![Count::default(); self.groups.len()];
        for (&group, &count) in cells.parts()[0].iter().zip(&self.counts) {
            counts[group as usize] += count;
        }
        counts
    }
}

/// Columns of ids, then `n` and `c`.
fn table(
    columns: Vec<(&IdColumn, Vec<u32>)>,
    counts: &(impl Iterator<Item = Count> + Clone),
) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (ids, codes) in columns {
        let array = id_array(ids, &codes)?;
        fields.push(Field::new(ids.name(), array.data_type().clone(), true));
        arrays.push(array);
    }
    for (name, value) in [("n", (|count| count.n) as fn(Count) -> u64), ("c", |count| count.c)] {
        let values = counts.clone().map(|count| i64::try_from(value(count)));
        let values = values.collect::<std::result::Result<Int64Array, _>>();
        arrays.push(Arc::new(values.map_err(|_| Error::Internal("a count above 2^63".into()))?));
        fields.push(Field::new(name, DataType::Int64, false));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| Error::Internal(e.to_string()))
}

/// The values with these codes, null where the code is.
fn id_array(ids: &IdColumn, codes: &[u32]) -> Result<ArrayRef> {
    let known = || codes.iter().map(|&code| (code != NULL).then_some(code));
    macro_rules! numbers {
        ($array:ty, $native:ty) => {{
            let value = |code: u32| <$native>::try_from(ids.number_of(code)).map_err(|_| beyond(ids));
            Arc::new(known().map(|code| code.map(value).transpose()).collect::<Result<$array>>()?)
        }};
    }
    Ok(match ids.kind() {
        None => Arc::new(NullArray::new(codes.len())),
        // Under a null there is nothing, and not the first text that came.
        Some(IdKind::Text) if codes.contains(&NULL) => {
            Arc::new(known().map(|code| code.map(|code| ids.text_of(code))).collect::<StringViewArray>())
        }
        Some(IdKind::Text) => {
            let mut texts = StringViewBuilder::with_capacity(ids.len());
            (0..).take(ids.len()).for_each(|code| texts.append_value(ids.text_of(code)));
            let codes = UInt32Array::from_iter_values(codes.iter().copied());
            take(&texts.finish(), &codes, None).map_err(|error| Error::Internal(error.to_string()))?
        }
        Some(IdKind::Bool) => {
            Arc::new(known().map(|code| code.map(|code| ids.number_of(code) != 0)).collect::<BooleanArray>())
        }
        Some(IdKind::Real) => {
            Arc::new(known().map(|code| code.map(|code| ids.real_of(code))).collect::<Float64Array>())
        }
        Some(IdKind::Date) => numbers!(Date32Array, i32),
        Some(IdKind::Int { bits: 8, signed: true }) => numbers!(Int8Array, i8),
        Some(IdKind::Int { bits: 16, signed: true }) => numbers!(Int16Array, i16),
        Some(IdKind::Int { bits: 32, signed: true }) => numbers!(Int32Array, i32),
        Some(IdKind::Int { signed: true, .. }) => numbers!(Int64Array, i64),
        Some(IdKind::Int { bits: 8, signed: false }) => numbers!(UInt8Array, u8),
        Some(IdKind::Int { bits: 16, signed: false }) => numbers!(UInt16Array, u16),
        Some(IdKind::Int { bits: 32, signed: false }) => numbers!(UInt32Array, u32),
        Some(IdKind::Int { signed: false, .. }) => numbers!(UInt64Array, u64),
    })
}

fn beyond(ids: &IdColumn) -> Error {
    let reason = Reason::MixedIds { here: "integers above 2^63".into(), before: "signed integers".into() };
    Error::data(Place::default().in_column(ids.name()), reason)
}
