//! Where a log's bytes are: in a local file, or with somebody who reads ranges of them.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::read_at::{Changed, LocalFile, ReadAt, failed};
use super::remote::Remote;
use crate::error::Result;

/// What keeps bytes that are in no local file, such as an object store. Many threads read it at once.
pub trait Object: Send + Sync {
    /// How it is named in messages: its address.
    fn path(&self) -> &str;

    /// Whose end says which format it has.
    fn name(&self) -> &str {
        self.path()
    }

    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a range, all of them.
    ///
    /// # Errors
    /// [`Changed`] where it is no longer what it was, [`Unread`] for whatever else kept it from reading.
    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// Fails when it is no longer what it was.
    ///
    /// # Errors
    /// As of [`Object::read`].
    fn check_unchanged(&self) -> io::Result<()>;
}

/// Why an [`Object`] was not read, in the words of whoever keeps it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unread(pub Box<dyn std::error::Error + Send + Sync>);

/// What is to be read.
#[derive(Clone)]
pub enum Input {
    /// A local file, by its path.
    Path(String),
    /// Anything else.
    Object(Arc<dyn Object>),
}

impl Input {
    /// The path or address, as the caller gave it.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Object(object) => object.path(),
        }
    }
}

impl From<&str> for Input {
    fn from(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

/// An input that is open.
#[derive(Debug)]
pub(crate) enum Source {
    Local(LocalFile),
    Remote(Arc<Remote>),
}

impl Source {
    pub(crate) fn open(input: &Input) -> Result<Self> {
        match input {
            Input::Path(path) => {
                LocalFile::open(path).map(Self::Local).map_err(|source| failed(path, source))
            }
            Input::Object(object) => Ok(Self::Remote(Arc::new(Remote::new(Arc::clone(object))))),
        }
    }

    /// The path or address, as the caller gave it.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Local(file) => file.path(),
            Self::Remote(remote) => remote.object().path(),
        }
    }

    /// Whose end says which format it has.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Local(file) => file.path(),
            Self::Remote(remote) => remote.object().name(),
        }
    }

    pub(crate) fn remote(&self) -> Option<&Arc<Remote>> {
        match self {
            Self::Local(_) => None,
            Self::Remote(remote) => Some(remote),
        }
    }

    /// Fails when it is no longer what was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let unchanged = match self {
            Self::Local(file) => return file.check_unchanged(),
            Self::Remote(remote) => remote.check_unchanged(),
        };
        unchanged.map_err(|source| failed(self.path(), source))
    }
}

impl ReadAt for Source {
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Local(file) => file.read_some(offset, buffer),
            Self::Remote(remote) => remote.read_some(offset, buffer),
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Local(file) => file.len(),
            Self::Remote(remote) => remote.len(),
        }
    }

    fn is_far(&self) -> bool {
        self.remote().is_some()
    }
}

/// Whether an error is not of the file's content, and is to be told as it is.
pub(crate) fn is_of_the_machine(error: &io::Error) -> bool {
    let told = error.get_ref().is_some_and(|inner| inner.is::<Changed>() || inner.is::<Unread>());
    told || error.raw_os_error().is_some()
}
