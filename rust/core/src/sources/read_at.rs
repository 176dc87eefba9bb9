//! Reading by position.
//!
//! Threads that share a `File` share its one offset, so seek and read race. Everything here reads at a stated
//! position instead, and no file is mapped: a map dies with SIGBUS when its file is cut short.

use std::fs::File;
use std::io;
use std::time::SystemTime;

use crate::error::{Error, Place, Reason, Result};

/// Bytes that can be read at any position by many threads at once.
pub trait ReadAt: Send + Sync {
    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// The operating system's, or `UnexpectedEof` where the bytes end early.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// How many bytes there are.
    fn len(&self) -> u64;
}

/// A local file, as long as it was when it was opened.
#[derive(Debug)]
pub struct LocalFile {
    path: String,
    file: File,
    version: Version,
}

/// What tells that a file was written to: its length and its time of change.
type Version = (u64, Option<SystemTime>);

impl LocalFile {
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { path: path.to_owned(), version: version(&file)?, file })
    }

    /// The path, as the caller gave it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Fails when the file is no longer the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let now = version(&self.file).map_err(|source| Error::Io { path: self.path.clone(), source })?;
        if now == self.version { Ok(()) } else { Err(Error::data(Place::file(&self.path), Reason::Changed)) }
    }
}

fn version(file: &File) -> io::Result<Version> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

impl ReadAt for LocalFile {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }

    fn len(&self) -> u64 {
        self.version.0
    }
}
