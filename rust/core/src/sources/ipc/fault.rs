//! What is wrong inside a file, before its place in the log is added.

use std::io;

use crate::error::{Error, Place, Reason};

/// A reason, and its column where it is in one.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    reason: Box<Reason>,
    column: Option<Box<str>>,
}

impl Fault {
    /// Malformed bytes.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Reason::Malformed(message.into()).into()
    }

    /// In this column.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = self.column.or_else(|| Some(column.into()));
        self
    }

    /// Inside something that has no place of its own.
    pub(super) fn inside(self, what: &str) -> Self {
        Self { reason: Box::new(Reason::Malformed(format!("{what}: {}", self.reason))), ..self }
    }

    /// As an error at `place`.
    pub(super) fn at(self, mut place: Place) -> Error {
        place.column = self.column.map(Into::into).or(place.column);
        Error::data(place, *self.reason)
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { reason: Box::new(reason), column: None }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}
