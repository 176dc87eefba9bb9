//! Messages in their frames: a length, a flatbuffer, and a body of a length that the flatbuffer states.

use std::ops::Range;

use arrow_ipc::{Message, MetadataVersion, root_as_message};

use super::fault::Fault;
use crate::sources::read_at::{ReadAt, no_memory};

/// What stands before a length since Arrow 0.15.
const CONTINUATION: u32 = u32::MAX;
/// Frames and bodies begin and end at multiples of this.
const ALIGNMENT: u64 = 8;

/// A message whose flatbuffer is well-formed and whose body is inside the file.
#[derive(Debug)]
pub(super) struct Frame {
    metadata: Vec<u8>,
    /// Where its frame begins.
    pub(super) start: u64,
    /// Where its body is.
    pub(super) body: Range<u64>,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Message(Frame),
    /// The end-of-stream marker, which ends at this byte.
    End(u64),
    /// No byte at all.
    Nothing,
}

impl Frame {
    /// What is at `start`, of what ends at `end`.
    pub(super) fn next(file: &dyn ReadAt, start: u64, end: u64) -> Result<Next, Fault> {
        let fail = |message: String| Fault::new(format!("the message at byte {start} {message}"));
        let cut = || fail(format!("is cut off: the file ends at byte {end}"));
        if start >= end {
            return Ok(Next::Nothing);
        }
        let word = |at: u64| -> Result<u32, Fault> {
            if end.saturating_sub(at) < 4 {
                return Err(cut());
            }
            let mut word = [0; 4];
            file.read_at(at, &mut word)?;
            Ok(u32::from_le_bytes(word))
        };
        let first = word(start)?;
        let (prefix, length) =
            if first == CONTINUATION { (8, word(start.saturating_add(4))?) } else { (4, first) };
        let metadata = start.saturating_add(prefix);
        if length == 0 {
            return Ok(Next::End(metadata));
        }
        let body = metadata.saturating_add(length.into());
        if i32::try_from(length).is_err() || (prefix + u64::from(length)) % ALIGNMENT != 0 {
            return Err(fail(format!("says that its head has {length} bytes, which cannot be")));
        }
        if body > end {
            return Err(cut());
        }
        let metadata = bytes(file, metadata..body)?;
        let body_end = {
            let message = open(&metadata, start)?;
            let said = message.bodyLength();
            let length = u64::try_from(said).ok().filter(|length| length % ALIGNMENT == 0);
            let length = length.ok_or_else(|| fail(format!("says that its body has {said} bytes")))?;
            body.checked_add(length).filter(|&body_end| body_end <= end).ok_or_else(cut)?
        };
        Ok(Next::Message(Self { metadata, start, body: body..body_end }))
    }

    /// Its flatbuffer.
    pub(super) fn message(&self) -> Result<Message<'_>, Fault> {
        open(&self.metadata, self.start)
    }
}

fn open(metadata: &[u8], start: u64) -> Result<Message<'_>, Fault> {
    let fail = |message: &str| Fault::new(format!("the message at byte {start} {message}"));
    let message = root_as_message(metadata).map_err(|error| fail(&format!("is malformed: {error}")))?;
    known_version(message.version())?;
    let old = |key: Option<&str>| key == Some("ARROW:experimental_compression");
    if message.custom_metadata().is_some_and(|pairs| pairs.iter().any(|pair| old(pair.key()))) {
        return Err(fail("is compressed as before Arrow 1.0, which is not read; write the file again"));
    }
    Ok(message)
}

/// Fails for versions before Arrow 0.8, and those to come.
pub(super) fn known_version(version: MetadataVersion) -> Result<(), Fault> {
    if version == MetadataVersion::V4 || version == MetadataVersion::V5 {
        return Ok(());
    }
    Err(Fault::new(format!(
        "Arrow metadata of version {version:?} is not read; write the file again (V4 or V5)"
    )))
}

/// Bytes that are in the file; no memory is taken before that is known.
pub(super) fn bytes(file: &dyn ReadAt, range: Range<u64>) -> Result<Vec<u8>, Fault> {
    let length = range.end.checked_sub(range.start).filter(|_| range.end <= file.len());
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or_else(|| Fault::new(format!("bytes {range:?} are outside the file")))?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| no_memory(format!("{length} bytes")))?;
    bytes.resize(length, 0);
    file.read_at(range.start, &mut bytes)?;
    Ok(bytes)
}
