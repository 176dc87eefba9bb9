//! Reading by position.
//!
//! Threads that share a `File` share its one offset, so seek and read race. Everything here reads at a stated
//! position instead, and no file is mapped: a map dies with SIGBUS when its file is cut short.

#[cfg(test)]
pub(crate) mod faults;

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use crate::error::{Error, Place, Reason, Result};

/// Bytes that can be read at any position by many threads at once.
pub trait ReadAt: Send + Sync {
    /// Reads some of the bytes from `offset` on, as many as come at once; none at the end.
    ///
    /// # Errors
    /// The operating system's.
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Whether each read that was not made ahead is a request to somebody elsewhere.
    fn is_far(&self) -> bool {
        false
    }

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// The operating system's; [`Changed`] where there are fewer bytes than there were; or `UnexpectedEof`.
    fn read_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        let promised = offset.saturating_add(buffer.len() as u64) <= self.len();
        while !buffer.is_empty() {
            match self.read_some(offset, buffer) {
                Ok(0) if promised => return Err(io::Error::other(Changed)),
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_some(offset, buffer)
    }

    fn len(&self) -> u64 {
        (**self).len()
    }

    fn is_far(&self) -> bool {
        (**self).is_far()
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_some(offset, buffer)
    }

    fn len(&self) -> u64 {
        (**self).len()
    }

    fn is_far(&self) -> bool {
        (**self).is_far()
    }
}

/// What can be read by position, read from front to back.
pub(crate) struct Part<F> {
    pub(crate) file: F,
    pub(crate) at: u64,
}

impl<F: ReadAt> Read for Part<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.file.len().saturating_sub(self.at);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.read_at(self.at, &mut buffer[..length])?;
        self.at += length as u64;
        Ok(length)
    }
}

/// Why bytes are not there that were when the file was opened.
#[derive(Debug, thiserror::Error)]
#[error("the file changed while it was read")]
pub struct Changed;

/// Whether a file was cut or replaced while it was read.
pub(crate) fn is_changed(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Changed>())
}

/// A failure to read a file.
pub(crate) fn failed(path: &str, source: io::Error) -> Error {
    if is_changed(&source) {
        return Error::data(Place::file(path), Reason::Changed);
    }
    Error::Io { path: path.to_owned(), source }
}

/// What is said where memory for a file's bytes is not to be had.
pub(crate) fn no_memory(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(ErrorKind::OutOfMemory, format!("no memory for {what}"))
}

/// Files that are kept open at most; of a log of more, the others are opened for each read. Systems allow 256 and more.
const MOST_OPEN: usize = 100;

/// How many are.
static KEPT_OPEN: AtomicUsize = AtomicUsize::new(0);

/// A local file, as long as it was when it was opened.
#[derive(Debug)]
pub struct LocalFile {
    path: String,
    file: Option<File>,
    version: Version,
    #[cfg(test)]
    faults: Option<std::sync::Arc<faults::Faults>>,
}

/// What tells that a file was written to or replaced: its length, its time of change, and where the system says so its
/// number.
type Version = (u64, Option<SystemTime>, u64);

impl LocalFile {
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let version = version(&metadata);
        let kept = KEPT_OPEN.fetch_add(1, Ordering::Relaxed) < MOST_OPEN;
        if !kept {
            KEPT_OPEN.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(Self {
            path: path.to_owned(),
            version,
            file: kept.then_some(file),
            #[cfg(test)]
            faults: faults::of(path),
        })
    }

    /// The path, as the caller gave it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Fails when the file is no longer the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let now = self.file.as_ref().map_or_else(|| std::fs::metadata(&self.path), File::metadata);
        let now = now.map_err(|source| failed(&self.path, source))?;
        if version(&now) == self.version {
            return Ok(());
        }
        Err(Error::data(Place::file(&self.path), Reason::Changed))
    }

    fn read_from(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            KEPT_OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn version(metadata: &Metadata) -> Version {
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let number = 0;
    (metadata.len(), metadata.modified().ok(), number)
}

impl ReadAt for LocalFile {
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(test)]
        let buffer = match &self.faults {
            Some(faults) => faults.strike(buffer)?,
            None => buffer,
        };
        if let Some(file) = &self.file {
            return Self::read_from(file, offset, buffer);
        }
        let file = File::open(&self.path)?;
        if version(&file.metadata()?) != self.version {
            return Err(io::Error::other(Changed));
        }
        Self::read_from(&file, offset, buffer)
    }

    fn len(&self) -> u64 {
        self.version.0
    }
}
