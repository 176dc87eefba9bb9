//! What is wanted of each record.

use super::path::Step;

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Strings, or integers; never both.
    Ids,
    /// Strings; any other value as it is written.
    Texts,
    /// Numbers, of which true is 1 and false is 0.
    Numbers,
    /// Any value as it is written, a string in its quotes.
    Json,
    /// What tells a value from all others, however long it is: the XXH3 hash of 128 bits of what is written, of a string of what it says.
    Hashes,
    /// The key of the member that the record is or is in.
    Key,
    /// The place of the record in its array.
    Index,
}

/// A column that is wanted.
#[derive(Clone, Debug)]
pub struct Field {
    /// The column's name.
    pub name: String,
    /// The way from the record to the value; with `[]` or `{}` in it, to a list of values.
    pub path: Vec<Step>,
    /// What the values are.
    pub holds: Holds,
}

impl Field {
    /// Whether the way to the record says it, and not the record.
    pub(super) fn is_of_the_way(&self) -> bool {
        matches!(self.holds, Holds::Key | Holds::Index)
    }

    pub(super) fn is_list(&self) -> bool {
        self.path.iter().any(|step| matches!(step, Step::Each | Step::Entries))
    }
}
