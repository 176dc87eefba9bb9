//! Reading by position.
//!
//! Threads that share a `File` share its one offset, so seek and read race. Everything here reads at a stated
//! position instead, and no file is mapped: a map dies with SIGBUS when its file is cut short.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

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
    file: File,
    length: u64,
}

impl LocalFile {
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { length: metadata.len(), file })
    }

    /// What tells that the file was written to: its length and its time of change.
    pub(crate) fn version(&self) -> io::Result<(u64, Option<std::time::SystemTime>)> {
        let metadata = self.file.metadata()?;
        Ok((metadata.len(), metadata.modified().ok()))
    }
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
        self.length
    }
}

/// Any [`ReadAt`] as the `parquet` crate wants it.
#[derive(Clone)]
pub(crate) struct Chunks(pub(crate) Arc<dyn ReadAt>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(Cursor { source: Arc::clone(&self.0), position: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.0.len());
        if end.is_none() {
            return Err(ParquetError::EOF(format!("bytes {start} to {start} + {length} are past the end")));
        }
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(length).map_err(|e| ParquetError::External(Box::new(e)))?;
        buffer.resize(length, 0);
        self.0.read_at(start, &mut buffer)?;
        Ok(buffer.into())
    }
}

/// A position of its own in a shared source.
pub(crate) struct Cursor {
    source: Arc<dyn ReadAt>,
    position: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.position);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.source.read_at(self.position, &mut buffer[..length])?;
        self.position += length as u64;
        Ok(length)
    }
}
