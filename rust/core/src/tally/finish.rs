//! From a tally to its table: sorted by key, one row a problem.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Int8Array, Int16Array, Int32Array, Int64Array, NullArray,
    RecordBatch, StringArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{Field, Schema};

use super::ids::{IdColumn, IdKind};
use super::{Count, Counters, Tally};
use crate::error::{Error, Place, Reason, Result};

/// The counts of a whole log.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The key's columns, then `n` and `c` (Int64), sorted by key. A key all of whose verdicts were skipped has n = 0.
    pub table: RecordBatch,
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
        if let Some(samples) = &self.samples {
            let counts = &mut self.counts;
            samples.count(|group, pass| {
                counts[group as usize].n += 1;
                counts[group as usize].c += u64::from(pass);
            });
            self.counters.duplicates = samples.duplicates;
        }
        let keys = self.groups.columns();
        let order = self.sorted(&keys);
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (ids, codes) in self.ids.iter().zip(&keys) {
            let codes: Vec<u32> = order.iter().map(|&group| codes[group as usize]).collect();
            let column = id_array(ids, &codes)?;
            fields.push(Field::new(ids.name(), column.data_type().clone(), true));
            columns.push(column);
        }
        for (name, value) in [("n", (|count| count.n) as fn(&Count) -> u64), ("c", |count| count.c)] {
            let counts = order.iter().map(|&group| i64::try_from(value(&self.counts[group as usize])));
            let counts = counts.collect::<std::result::Result<Int64Array, _>>();
            columns.push(Arc::new(counts.map_err(|_| Error::Internal("a count above 2^63".into()))?));
            fields.push(Field::new(name, columns[columns.len() - 1].data_type().clone(), false));
        }
        let table = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
        Ok(Finished { table: table.map_err(|e| Error::Internal(e.to_string()))?, counters: self.counters })
    }

    fn forbid_clash(&self, place: &impl Fn(u64) -> Place) -> Result<()> {
        let (Some(samples), Some(sample_ids)) = (&self.samples, &self.sample_ids) else { return Ok(()) };
        let Some((clash, first)) = samples.clash() else { return Ok(()) };
        let (group, sample) = clash.sample;
        let key = self.groups.key(group);
        let named = self.ids.iter().zip(&key).chain(std::iter::once((sample_ids, &sample)));
        let key = named
            .map(|(ids, &code)| format!("{} {}", ids.name(), ids.show(code)))
            .collect::<Vec<_>>()
            .join(", ");
        let first = place(first.row);
        let conflict = clash.conflict && self.spec.on_duplicate == super::OnDuplicate::Agree;
        let reason =
            if conflict { Reason::Conflict { key, first } } else { Reason::Duplicate { key, first } };
        Err(Error::data(place(clash.row), reason))
    }

    /// Groups in the order of their keys.
    fn sorted(&self, columns: &[Vec<u32>]) -> Vec<u32> {
        let ranks: Vec<_> = self.ids.iter().map(IdColumn::ranks).collect();
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        order.sort_by_cached_key(|&group| {
            let mut key =
                columns.iter().zip(&ranks).map(|(codes, ranks)| ranks[codes[group as usize] as usize]);
            // Up to four columns of ranks are one integer; more are rare and pay for a list.
            let head = key.by_ref().take(4).fold(0_u128, |head, rank| head << 32 | u128::from(rank));
            (head, key.collect::<Vec<u32>>())
        });
        order
    }
}

fn id_array(ids: &IdColumn, codes: &[u32]) -> Result<ArrayRef> {
    macro_rules! numbers {
        ($array:ty, $native:ty) => {{
            let values =
                codes.iter().map(|&code| <$native>::try_from(ids.number_of(code)).map_err(|_| beyond(ids)));
            Arc::new(<$array>::from(values.collect::<Result<Vec<$native>>>()?))
        }};
    }
    Ok(match ids.kind() {
        None => Arc::new(NullArray::new(codes.len())),
        Some(IdKind::Text) => {
            Arc::new(codes.iter().map(|&code| Some(ids.text_of(code))).collect::<StringArray>())
        }
        Some(IdKind::Bool) => {
            Arc::new(codes.iter().map(|&code| Some(ids.number_of(code) != 0)).collect::<BooleanArray>())
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
