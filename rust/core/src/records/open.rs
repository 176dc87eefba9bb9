//! The bytes of a document: a file, plain or compressed as its first bytes say, or a member of a zip archive.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::place_of;
use crate::error::{Error, Place, Reason, Result};
use crate::sources::{Compression, Input, Part, ReadAt, Source, failed, is_of_the_machine, open_stream};

/// Bytes of an archive read at a time.
const BUFFER: usize = 1 << 16;

/// A file, or a member of an archive.
pub(super) struct Document {
    file: Arc<Source>,
    member: Option<String>,
}

impl Document {
    pub(super) fn open(input: &Input, member: Option<&str>) -> Result<Self> {
        let file = Source::open(input)?;
        if file.len() == 0 {
            return Err(Error::data(Place::file(file.path()), Reason::EmptyFile));
        }
        Ok(Self { file: Arc::new(file), member: member.map(ToOwned::to_owned) })
    }

    /// The document from its beginning.
    pub(super) fn stream(&self) -> Result<Box<dyn Read + Send>> {
        if let Some(member) = &self.member {
            return self.member(member);
        }
        let mut magic = [0; 4];
        let length = self.file.len().min(4);
        let head = &mut magic[..usize::try_from(length).unwrap_or(0)];
        self.file.read_at(0, head).map_err(|error| self.failed(error))?;
        let compression = Compression::of_magic(magic);
        open_stream(Arc::clone(&self.file), compression, None).map_err(|error| self.failed(error))
    }

    fn member(&self, name: &str) -> Result<Box<dyn Read + Send>> {
        let refused = |message: String| self.refused(Reason::Malformed(message));
        let mut archive = archive(&self.file)?;
        let at = archive
            .index_for_name(name)
            .ok_or_else(|| refused("there is no such member in the archive".into()))?;
        let member = archive.by_index_raw(at).map_err(|error| broken(&self.file, error))?;
        if member.encrypted() {
            return Err(refused("the member is encrypted, and encrypted members are not read".into()));
        }
        let start = member.data_start().ok_or_else(|| refused("the member has no data".into()))?;
        let stored = Part { file: Arc::clone(&self.file), at: start }.take(member.compressed_size());
        let stored = BufReader::with_capacity(BUFFER, stored);
        let plain: Box<dyn Read + Send> = match member.compression() {
            CompressionMethod::STORE => Box::new(stored),
            CompressionMethod::DEFLATE => Box::new(flate2::bufread::DeflateDecoder::new(stored)),
            CompressionMethod::ZSTD => Box::new(
                zstd::stream::read::Decoder::with_buffer(stored).map_err(|error| self.failed(error))?,
            ),
            other => {
                return Err(refused(format!(
                    "the member is compressed by {other}, which is not read; deflate and zstd are"
                )));
            }
        };
        let (expected, left) = (member.crc32(), member.size());
        Ok(Box::new(Checked { plain, hasher: crc32fast::Hasher::new(), expected, left }))
    }

    pub(super) fn place(&self) -> Place {
        place_of(self.file.path(), self.member.as_deref())
    }

    pub(super) fn refused(&self, reason: Reason) -> Error {
        Error::data(self.place(), reason)
    }

    /// What went wrong with the bytes.
    pub(super) fn failed(&self, error: io::Error) -> Error {
        let ours = !is_of_the_machine(&error) && self.member.is_some();
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                self.refused(Reason::Malformed(error.to_string()))
            }
            ErrorKind::Other | ErrorKind::InvalidInput if ours => {
                self.refused(Reason::Malformed(format!("the member is damaged: {error}")))
            }
            _ => failed(self.file.path(), error),
        }
    }

    pub(super) fn check_unchanged(&self) -> Result<()> {
        self.file.check_unchanged()
    }
}

/// The names of an archive's members, in its order, and whether one stands for several, of which the last is read.
///
/// # Errors
/// The operating system's; what is no zip archive, or a damaged one.
pub fn members(input: &Input) -> Result<(Vec<String>, bool)> {
    let document = Document::open(input, None)?;
    let archive = archive(&document.file)?;
    let names =
        archive.file_names().map(|name| Ok(name.map_err(|e| broken(&document.file, e))?.into_owned()));
    Ok((names.collect::<Result<_>>()?, archive.has_duplicate_names()))
}

fn archive(file: &Arc<Source>) -> Result<ZipArchive<BufReader<Seekable>>> {
    let seekable = Seekable(Part { file: Arc::clone(file), at: 0 });
    ZipArchive::new(BufReader::with_capacity(BUFFER, seekable)).map_err(|error| broken(file, error))
}

fn broken(file: &Source, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) if is_of_the_machine(&error) => failed(file.path(), error),
        other => {
            let message = format!("this is no whole zip archive: {other}");
            Error::data(Place::file(file.path()), Reason::Malformed(message))
        }
    }
}

/// A file of which the archive's directory is looked for at its end.
struct Seekable(Part<Arc<Source>>);

impl Read for Seekable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Seekable {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.0.file.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.0.at.checked_add_signed(by),
        };
        self.0.at = at.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.0.at)
    }
}

/// A member's bytes, which are as many as the archive says, with its checksum.
struct Checked {
    plain: Box<dyn Read + Send>,
    hasher: crc32fast::Hasher,
    expected: u32,
    left: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        let wrong = |what| Err(io::Error::new(ErrorKind::InvalidData, what));
        match self.left.checked_sub(read as u64) {
            None => wrong("the member holds more bytes than the archive says"),
            Some(left) if read == 0 && !buffer.is_empty() => match (left, self.hasher.clone().finalize()) {
                (0, found) if found == self.expected => Ok(0),
                (0, _) => wrong("the member is damaged: its checksum differs"),
                _ => wrong("the member is cut"),
            },
            Some(left) => {
                self.left = left;
                Ok(read)
            }
        }
    }
}
