//! The values of a column, whose type may be known by the first alone.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, NullArray};

use super::field::Holds;

/// Values of one type.
#[derive(Debug)]
pub(super) enum Values {
    /// None yet, but for nulls.
    Unknown(usize),
    Integers(Int64Builder),
    Numbers(Float64Builder),
    Texts(StringBuilder),
}

impl Values {
    pub(super) fn of(holds: Holds) -> Self {
        match holds {
            Holds::Ids => Self::Unknown(0),
            Holds::Numbers => Self::Numbers(Float64Builder::new()),
            Holds::Index => Self::Integers(Int64Builder::new()),
            Holds::Texts | Holds::Json | Holds::Hashes | Holds::Key => Self::Texts(StringBuilder::new()),
        }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Self::Unknown(nulls) => *nulls += 1,
            Self::Integers(values) => values.append_null(),
            Self::Numbers(values) => values.append_null(),
            Self::Texts(values) => values.append_null(),
        }
    }

    /// Adds an integer; false where the others are none.
    pub(super) fn push_integer(&mut self, value: i64) -> bool {
        if let Self::Unknown(nulls) = *self {
            let mut values = Int64Builder::new();
            values.append_nulls(nulls);
            *self = Self::Integers(values);
        }
        match self {
            Self::Integers(values) => values.append_value(value),
            _ => return false,
        }
        true
    }

    /// Adds a string; false where the others are none.
    pub(super) fn push_text(&mut self, value: &str) -> bool {
        if let Self::Unknown(nulls) = *self {
            let mut values = StringBuilder::new();
            (0..nulls).for_each(|_| values.append_null());
            *self = Self::Texts(values);
        }
        match self {
            Self::Texts(values) => values.append_value(value),
            _ => return false,
        }
        true
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Unknown(nulls) => Arc::new(NullArray::new(std::mem::take(nulls))),
            Self::Integers(values) => Arc::new(values.finish()),
            Self::Numbers(values) => Arc::new(values.finish()),
            Self::Texts(values) => Arc::new(values.finish()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Unknown(nulls) => *nulls,
            Self::Integers(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }
}
