//! The columns of a file, from the flattened tree in its footer.

mod leaf;
mod logical;

pub(super) use leaf::{Leaf, Physical};
use logical::{Logical, logical};

use super::fault::Fault;
use super::thrift::{Kind, Thrift};

/// How deep columns may nest.
const DEEPEST: usize = 100;

/// A node of the tree, as the footer lists it.
#[derive(Debug, Default)]
struct Element {
    physical: Option<i32>,
    length: Option<i32>,
    repetition: i32,
    name: String,
    children: Option<i32>,
    converted: Option<i32>,
    scale: i32,
    precision: i32,
    logical: Option<Logical>,
}

/// The columns that the footer's list of elements describes.
pub(super) fn leaves(thrift: &mut Thrift<'_>) -> Result<Vec<Leaf>, Fault> {
    let (kind, length) = thrift.list()?;
    Thrift::expect(kind, Kind::Struct)?;
    let mut leaves = Vec::new();
    let mut open: Vec<(String, i32, u16, u16)> = Vec::new();
    for at in 0..length {
        let element = element(thrift)?;
        let (above_definition, above_repetition) = match open.last_mut() {
            Some((_, left, definition, repetition)) => {
                *left = left.saturating_sub(1);
                (*definition, *repetition)
            }
            None if at == 0 => (0, 0),
            None => return Err(Fault::new("the schema has more than one root")),
        };
        let repeats = u16::from(element.repetition == 2 && at > 0);
        let optional = u16::from(element.repetition != 0 && at > 0);
        let definition = above_definition.saturating_add(optional);
        let repetition = above_repetition.saturating_add(repeats);
        match (element.children, element.physical) {
            (None | Some(0), Some(_)) => {
                let path = open.iter().skip(1).map(|(name, ..)| name.clone());
                let path = path.chain([element.name.clone()]).collect();
                leaves.push(element.leaf(path, definition, repetition)?);
            }
            (Some(children @ 0..), None) => open.push((element.name, children, definition, repetition)),
            _ => {
                return Err(Fault::new(format!(
                    "the schema's `{}` is neither column nor group",
                    element.name
                )));
            }
        }
        if open.len() > DEEPEST {
            return Err(Fault::new(format!("the schema nests deeper than {DEEPEST}")));
        }
        while open.last().is_some_and(|(_, left, ..)| *left == 0) {
            open.pop();
        }
    }
    if open.is_empty() { Ok(leaves) } else { Err(Fault::new("the schema promises more columns than it has")) }
}

fn element(thrift: &mut Thrift<'_>) -> Result<Element, Fault> {
    let mut found = Element::default();
    let mut last = 0;
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => found.physical = Some(thrift.i32(kind)?),
            2 => found.length = Some(thrift.i32(kind)?),
            3 => found.repetition = thrift.i32(kind)?,
            4 => thrift.string(kind)?.clone_into(&mut found.name),
            5 => found.children = Some(thrift.i32(kind)?),
            6 => found.converted = Some(thrift.i32(kind)?),
            7 => found.scale = thrift.i32(kind)?,
            8 => found.precision = thrift.i32(kind)?,
            10 => found.logical = logical(thrift, kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    if !(0..=2).contains(&found.repetition) {
        return Err(Fault::new(format!("the schema's `{}` has repetition {}", found.name, found.repetition)));
    }
    Ok(found)
}

impl Element {
    fn leaf(&self, path: Vec<String>, max_definition: u16, max_repetition: u16) -> Result<Leaf, Fault> {
        let physical = Physical::from_code(self.physical.unwrap_or(-1), self.length)
            .map_err(|fault| fault.in_column(&self.name))?;
        let logical = self.logical.or_else(|| self.converted.and_then(|code| self.converted(code)));
        Ok(Leaf { path, physical, logical, max_definition, max_repetition })
    }
}
