//! The dictionaries of the wanted columns, as far as they have come.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::ArrayRef;
use arrow_ipc::DictionaryBatch;
use arrow_schema::DataType;
use arrow_select::concat::concat;

use super::array::Reader;
use super::batch::Batch;
use super::fault::Fault;
use super::frame::Frame;
use super::leaves::Leaf;
use super::schema::{Column, Slot};

/// What the schema says of dictionaries.
#[derive(Debug)]
pub(super) struct Wanted {
    /// All numbers there are.
    known: BTreeSet<i64>,
    /// What is in those that are read, and where their nodes and buffers end.
    read: BTreeMap<i64, (DataType, Slot)>,
}

impl Wanted {
    /// Those of the columns of a schema that are `leaves`.
    pub(super) fn new(columns: &[Column], leaves: &[Leaf]) -> Result<Self, Fault> {
        let mut found = Vec::new();
        for column in columns {
            column.dictionaries(&mut found);
        }
        let wanted: BTreeSet<_> = leaves.iter().filter_map(|leaf| leaf.dictionary).collect();
        let mut read: BTreeMap<i64, (DataType, Slot)> = BTreeMap::new();
        for &(id, values) in found.iter().filter(|(id, _)| wanted.contains(id)) {
            let mut end = Slot::default();
            values.pass(&mut end);
            let entry = (values.data_type.clone(), end);
            if read.insert(id, entry.clone()).is_some_and(|before| before != entry) {
                return Err(Fault::new(format!("dictionary {id} is of two columns of different types")));
            }
        }
        Ok(Self { known: found.iter().map(|(id, _)| *id).collect(), read })
    }
}

/// Dictionaries by their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionaries {
    values: BTreeMap<i64, ArrayRef>,
}

impl Dictionaries {
    pub(super) fn get(&self, id: i64) -> Option<&ArrayRef> {
        self.values.get(&id)
    }

    /// Takes in a dictionary batch; where nothing may be replaced, a dictionary comes once and then grows.
    pub(super) fn take(
        &mut self,
        frame: &Frame,
        batch: DictionaryBatch<'_>,
        wanted: &Wanted,
        reader: &mut Reader<'_>,
        may_replace: bool,
    ) -> Result<(), Fault> {
        let (id, start) = (batch.id(), frame.start);
        let fail = |message: &str| Fault::new(format!("dictionary {id} (at byte {start}) {message}"));
        if !wanted.known.contains(&id) {
            return Err(fail("belongs to no column"));
        }
        let Some((data_type, end)) = wanted.read.get(&id) else { return Ok(()) };
        let data = batch.data().ok_or_else(|| fail("has no values"))?;
        let data = Batch::read(data, frame, *end, &[0]);
        let values = data.and_then(|data| reader.values(&data, Slot::default(), data_type, None));
        let values = values.map_err(|fault| fault.inside(&format!("dictionary {id} (at byte {start})")))?;
        let values = match (self.values.get(&id), batch.isDelta()) {
            (Some(before), true) => {
                concat(&[before.as_ref(), values.as_ref()]).map_err(|error| fail(&error.to_string()))?
            }
            (None, true) => return Err(fail("grows before it comes")),
            (Some(_), false) if !may_replace => return Err(fail("comes twice, which only a stream may")),
            (_, false) => values,
        };
        self.values.insert(id, values);
        Ok(())
    }
}
