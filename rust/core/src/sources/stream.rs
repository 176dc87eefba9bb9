//! The bytes of a file, decompressed where its name says so.

use std::io::{self, BufReader, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Progress;
use super::input::is_of_the_machine;
use super::read_at::{Part, ReadAt};

const BUFFER: usize = 1 << 17;

/// How a file is compressed, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// Of a file of JSON Lines; `None` where the name says that it is none.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let (stem, found) = match path.rsplit_once('.') {
            Some((stem, "gz")) => (stem, Self::Gzip),
            Some((stem, "zst")) => (stem, Self::Zstd),
            _ => (path.as_str(), Self::None),
        };
        [".jsonl", ".ndjson"].iter().any(|suffix| stem.ends_with(suffix)).then_some(found)
    }

    /// Of bytes that begin so.
    pub(crate) fn of_magic(magic: [u8; 4]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::None,
        }
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::None => "plain text",
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
        }
    }
}

/// Counts what is read.
struct Counted<'p, R> {
    inner: R,
    read: Arc<AtomicU64>,
    progress: Option<&'p Progress>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(progress) = self.progress {
            progress.read(read as u64);
        }
        Ok(read)
    }
}

/// The lines of a compressed file; its errors say where in the file they are.
struct Decoded<R> {
    decoder: R,
    read: Arc<AtomicU64>,
    length: u64,
    name: &'static str,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| {
            if error.kind() == ErrorKind::Interrupted || is_of_the_machine(&error) {
                return error;
            }
            let (name, length) = (self.name, self.length);
            let message = if error.kind() == ErrorKind::UnexpectedEof {
                format!("the {name} data is cut: the file ends at byte {length} within it")
            } else {
                format!(
                    "the {name} data is damaged at or before byte {} of the file: {error}",
                    self.read.load(Ordering::Relaxed)
                )
            };
            io::Error::new(ErrorKind::InvalidData, message)
        })
    }
}

/// The lines of a file from its beginning; what is read of a compressed one is progress.
pub(crate) fn open<'f>(
    file: impl ReadAt + 'f,
    compression: Compression,
    progress: Option<&'f Progress>,
) -> io::Result<Box<dyn Read + Send + 'f>> {
    let length = file.len();
    let part = Part { file, at: 0 };
    if compression == Compression::None {
        return Ok(Box::new(part));
    }
    let read = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: part, read: Arc::clone(&read), progress };
    let source = BufReader::with_capacity(BUFFER, counted);
    if compression == Compression::Zstd {
        let decoder = zstd::stream::read::Decoder::with_buffer(source)?;
        return Ok(Box::new(Decoded { decoder, read, length, name: "Zstandard" }));
    }
    let decoder = flate2::bufread::MultiGzDecoder::new(source);
    Ok(Box::new(Decoded { decoder, read, length, name: "gzip" }))
}
