//! What is wrong inside a file, before its place in the log is added.

use crate::error::{Error, Place, Reason};
use crate::sources::cause::Cause;

/// A reason, and its column where it is in one.
#[derive(Debug)]
pub(super) struct Fault {
    cause: Cause,
    column: Option<Box<str>>,
}

impl Fault {
    /// Malformed bytes.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Reason::Malformed(message.into()).into()
    }

    /// Whether it is the machine's and not the file's.
    pub(super) fn is_io(&self) -> bool {
        matches!(self.cause, Cause::Io(_))
    }

    /// In this column.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = self.column.or_else(|| Some(column.into()));
        self
    }

    /// Inside something that has no place of its own.
    pub(super) fn inside(self, what: &str) -> Self {
        match self.cause {
            Cause::Data(reason) => {
                let reason = Reason::Malformed(format!("{what}: {reason}"));
                Self { cause: Cause::Data(Box::new(reason)), ..self }
            }
            Cause::Io(_) => self,
        }
    }

    /// As an error at `place`.
    pub(super) fn at(self, mut place: Place) -> Error {
        place.column = self.column.map(Into::into).or(place.column);
        self.cause.at(place)
    }
}

impl<T: Into<Cause>> From<T> for Fault {
    fn from(cause: T) -> Self {
        Self { cause: cause.into(), column: None }
    }
}
