//! What is wrong inside a file, before its place in the log is added.

use std::io;

use crate::error::{Error, Place, Reason};
use crate::sources::read_at::failed;

/// A reason, and its column where it is in one.
#[derive(Debug)]
pub(super) struct Fault {
    cause: Cause,
    column: Option<Box<str>>,
}

#[derive(Debug)]
enum Cause {
    Data(Box<Reason>),
    /// It is the machine and not the file.
    Io(io::Error),
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
        match self.cause {
            Cause::Data(reason) => {
                place.column = self.column.map(Into::into).or(place.column);
                Error::data(place, *reason)
            }
            Cause::Io(source) => failed(place.file.as_deref().unwrap_or_default(), source),
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { cause: Cause::Data(Box::new(reason)), column: None }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self { cause: Cause::Io(error), column: None }
    }
}
