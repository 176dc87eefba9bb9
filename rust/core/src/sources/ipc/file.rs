//! The file format: a footer that says where each batch is.

use std::ops::Range;

use arrow_ipc::{Block, Footer, Schema, root_as_footer, root_as_message};

use super::fault::Fault;
use super::frame::{self, Frame, Next};
use super::schema::{self, Column};
use crate::sources::read_at::ReadAt;

pub(super) const MAGIC: &[u8; 6] = b"ARROW1";
/// The magic number at the head, padded.
const HEAD: u64 = 8;
/// The length of the footer and the magic number after it.
const TAIL: u64 = 10;
/// Bytes of padding that are looked at in one piece.
const PIECE: u64 = 1 << 12;

/// What the footer says, all of it inside the file and nothing left out.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) columns: Vec<Column>,
    pub(super) dictionaries: Vec<Extent>,
    pub(super) batches: Vec<Extent>,
}

/// Where a message is, with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    bytes: Range<u64>,
    body: u64,
}

impl Extent {
    pub(super) fn len(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    /// The message, which has to be where the footer says.
    pub(super) fn frame(&self, file: &dyn ReadAt) -> Result<Frame, Fault> {
        let Next::Message(frame) = Frame::next(file, self.bytes.start, self.bytes.end)? else {
            return Err(Fault::new(format!("there is no message at byte {}", self.bytes.start)));
        };
        if frame.body == (self.body..self.bytes.end) {
            return Ok(frame);
        }
        let (said, found) = (self.body..self.bytes.end, &frame.body);
        Err(Fault::new(format!("the footer says that its body is at bytes {said:?}, and it is at {found:?}")))
    }
}

impl Blocks {
    /// Reads the footer.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self, Fault> {
        let length = file.len();
        let truncated = || {
            Fault::new(format!("the file is truncated: there is no Arrow footer (it ends at byte {length})"))
        };
        let mut tail = [0; 10];
        let tail_start = length.checked_sub(TAIL).filter(|&start| start >= HEAD).ok_or_else(truncated)?;
        file.read_at(tail_start, &mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        if magic != *MAGIC {
            return Err(truncated());
        }
        let size = i32::from_le_bytes([a, b, c, d]);
        let start = u64::try_from(size).ok().and_then(|size| tail_start.checked_sub(size));
        let start = start.filter(|&start| start >= HEAD && size > 0).ok_or_else(|| {
            Fault::new(format!("its last bytes say that its footer has {size} bytes, which cannot be"))
        })?;
        let bytes = frame::bytes(file, start..tail_start)?;
        let footer = root_as_footer(&bytes);
        let footer = footer.map_err(|error| Fault::new(format!("its footer is malformed: {error}")))?;
        frame::known_version(footer.version())?;
        let blocks = Self::of(footer, start)?;
        blocks.account(file, start)?;
        Ok(blocks)
    }

    fn of(footer: Footer<'_>, end: u64) -> Result<Self, Fault> {
        let schema = footer.schema().ok_or_else(|| Fault::new("its footer has no schema"))?;
        let columns = schema::read(schema)?;
        let dictionaries = footer.dictionaries().into_iter().flatten().map(|block| extent(block, end));
        let batches = footer.recordBatches().into_iter().flatten().map(|block| extent(block, end));
        Ok(Self {
            columns,
            dictionaries: dictionaries.collect::<Result<_, _>>()?,
            batches: batches.collect::<Result<_, _>>()?,
        })
    }

    /// Fails unless the file is its schema, these blocks and an end, with nothing but zeros between: a batch that the
    /// footer leaves out, or a file before this one, would be lost.
    fn account(&self, file: &dyn ReadAt, end: u64) -> Result<(), Fault> {
        let mut blocks: Vec<_> =
            self.dictionaries.iter().chain(&self.batches).map(|extent| &extent.bytes).collect();
        blocks.sort_unstable_by_key(|range| (range.start, range.end));
        let first = blocks.first().map_or(end, |range| range.start);
        let mut at = self.schema_message(file, first)?;
        for range in blocks {
            if range.start < at {
                return Err(Fault::new(format!("two of its blocks share the bytes from {} on", range.start)));
            }
            let reached = zeros(file, at, range.start)?;
            if reached < range.start {
                return Err(unexplained(reached, range.start));
            }
            at = range.end;
        }
        at = zeros(file, at, end)?;
        if at < end {
            // A message here is a batch that the footer knows nothing of.
            let marker = match Frame::next(file, at, end) {
                Ok(Next::End(marker)) => marker,
                Err(fault) if fault.is_io() => return Err(fault),
                _ => return Err(unexplained(at, end)),
            };
            at = zeros(file, marker, end)?;
        }
        if at < end { Err(unexplained(at, end)) } else { Ok(()) }
    }

    /// Where the schema at the file's head, which has to be the footer's, ends.
    fn schema_message(&self, file: &dyn ReadAt, end: u64) -> Result<u64, Fault> {
        let none = || Fault::new("there is no schema at its head");
        let at = zeros(file, HEAD, end)?;
        match Frame::next(file, at, end) {
            Ok(Next::Message(frame)) => {
                self.compare(frame.message()?.header_as_schema().ok_or_else(none)?)?;
                return Ok(frame.body.end);
            }
            Err(fault) if fault.is_io() => return Err(fault),
            _ => {}
        }
        // Polars leaves the frame away: the message ends where the next one is marked.
        let after = marker(file, HEAD, end)?;
        let bytes = frame::bytes(file, HEAD..after)?;
        let message = root_as_message(&bytes).map_err(|_| none())?;
        self.compare(message.header_as_schema().ok_or_else(none)?)?;
        Ok(after)
    }

    fn compare(&self, schema: Schema<'_>) -> Result<(), Fault> {
        if schema::read(schema)? == self.columns {
            return Ok(());
        }
        Err(Fault::new("the schema at its head is not that of its footer"))
    }
}

/// Where the next frame that begins with a mark is, or the end.
fn marker(file: &dyn ReadAt, start: u64, end: u64) -> Result<u64, Fault> {
    let mut at = start;
    while at < end {
        let piece = frame::bytes(file, at..end.min(at.saturating_add(PIECE)))?;
        if let Some(found) = piece.chunks(8).position(|word| word.starts_with(&[u8::MAX; 4])) {
            return Ok(at.saturating_add(8 * found as u64));
        }
        at = at.saturating_add(piece.len() as u64);
    }
    Ok(end)
}

fn unexplained(start: u64, end: u64) -> Fault {
    let bytes = end.saturating_sub(start);
    Fault::new(format!(
        "the {bytes} bytes from {start} on are in no block of its footer; are these two files in one?"
    ))
}

fn extent(block: &Block, end: u64) -> Result<Extent, Fault> {
    let (start, head, body) = (block.offset(), block.metaDataLength(), block.bodyLength());
    let checked = || {
        let start = u64::try_from(start).ok().filter(|&start| start >= HEAD)?;
        let at = start.checked_add(u64::try_from(head).ok()?)?;
        let after = at.checked_add(u64::try_from(body).ok()?).filter(|&after| after <= end)?;
        Some(Extent { bytes: start..after, body: at })
    };
    checked().ok_or_else(|| {
        Fault::new(format!(
            "its footer says that a block is {head} + {body} bytes from {start} on, which cannot be"
        ))
    })
}

/// Where zeros end.
fn zeros(file: &dyn ReadAt, start: u64, end: u64) -> Result<u64, Fault> {
    let mut at = start;
    while at < end {
        let piece = frame::bytes(file, at..end.min(at.saturating_add(PIECE)))?;
        let found = piece.iter().take_while(|&&byte| byte == 0).count();
        at = at.saturating_add(found as u64);
        if found < piece.len() {
            break;
        }
    }
    Ok(at)
}
