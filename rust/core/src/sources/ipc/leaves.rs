//! The columns that can be named, those inside structs with their path in dots.

use arrow_schema::DataType;

use super::schema::{Column, Shape, Slot};
use crate::error::{Error, Place, Reason, Result, Usage};

/// A column without columns inside it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    path: Vec<String>,
    pub(super) data_type: DataType,
    /// The number of its dictionary.
    pub(super) dictionary: Option<i64>,
    /// Whether a row holds many values.
    many: bool,
    /// Where the structs around it are in a batch, and last itself.
    pub(super) slots: Vec<Slot>,
}

impl Leaf {
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// The leaves of a schema, in order.
pub(super) fn leaves(columns: &[Column]) -> Vec<Leaf> {
    let (mut found, mut slot) = (Vec::new(), Slot::default());
    for column in columns {
        collect(column, &mut Vec::new(), &mut Vec::new(), &mut slot, &mut found);
    }
    found
}

fn collect(
    column: &Column,
    path: &mut Vec<String>,
    slots: &mut Vec<Slot>,
    slot: &mut Slot,
    found: &mut Vec<Leaf>,
) {
    path.push(column.name.clone());
    slots.push(*slot);
    if column.shape == Shape::Struct && !column.children.is_empty() {
        column.pass_own(slot);
        column.children.iter().for_each(|child| collect(child, path, slots, slot, found));
    } else {
        column.pass(slot);
        found.push(Leaf {
            path: path.clone(),
            data_type: column.data_type.clone(),
            dictionary: column.dictionary.as_ref().map(|(id, _)| *id),
            many: column.shape == Shape::Many,
            slots: slots.clone(),
        });
    }
    path.pop();
    slots.pop();
}

/// The leaf of this name.
pub(super) fn find<'a>(leaves: &'a [Leaf], name: &str, place: &Place) -> Result<&'a Leaf> {
    let data = |reason| Error::data(place.clone().in_column(name), reason);
    let flat = leaves.iter().filter(|leaf| leaf.path.len() == 1 && leaf.path[0] == name);
    let nested = leaves.iter().filter(|leaf| leaf.path.len() > 1 && leaf.name() == name);
    let mut found = flat.chain(nested);
    let Some(leaf) = found.next() else {
        let inside = leaves.iter().find(|leaf| leaf.path.len() > 1 && leaf.path[0] == name);
        if let Some(leaf) = inside {
            return Err(data(Reason::NestedColumn(leaf.name())));
        }
        let available: Vec<_> = leaves.iter().map(Leaf::name).collect();
        let (column, place) = (name.to_owned(), place.clone());
        return Err(Usage::NoSuchColumn { column, place, available: available.join(", ") }.into());
    };
    if found.next().is_some() {
        return Err(data(Reason::RepeatedColumn));
    }
    if leaf.many {
        return Err(data(Reason::ListColumn));
    }
    Ok(leaf)
}
