//! Why a file cannot be read: what is in it, or the machine.

use std::io;

use super::read_at::failed;
use crate::error::{Error, Place, Reason};

#[derive(Debug)]
pub(super) enum Cause {
    Data(Box<Reason>),
    /// It is the machine and not the file.
    Io(io::Error),
}

impl Cause {
    /// As an error at `place`; the machine's is the whole file's.
    pub(super) fn at(self, place: Place) -> Error {
        match self {
            Self::Data(reason) => Error::data(place, *reason),
            Self::Io(source) => failed(place.file.as_deref().unwrap_or_default(), source),
        }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Self::Data(Box::new(reason))
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
