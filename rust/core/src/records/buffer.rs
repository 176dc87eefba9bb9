//! The bytes of a document from its front to its back, with as many in memory as what is at hand needs.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use crate::json::scan::{self, Documents};
use crate::sources::no_memory;

/// Bytes read at a time.
pub(super) const BLOCK: usize = 1 << 18;
/// The longest record or string.
const LONGEST: usize = 64 << 20;

/// Why there are no more bytes.
#[derive(Debug)]
pub(super) enum NoMore {
    Io(io::Error),
    /// What begins here is too long.
    Long {
        offset: u64,
        line: u64,
    },
}

/// A window of a document, in which what is at hand begins at its front.
pub(super) struct Buffer {
    source: Box<dyn Read + Send>,
    block: usize,
    bytes: Vec<u8>,
    begin: usize,
    filled: usize,
    /// Where the window begins in the document, and the newlines before.
    offset: u64,
    newlines: u64,
    ended: bool,
}

impl Buffer {
    /// Reads so many bytes at a time, or more where a record is longer.
    pub(super) fn new(source: Box<dyn Read + Send>, block: usize) -> Self {
        let (bytes, begin, filled, offset, newlines, ended) = (Vec::new(), 0, 0, 0, 0, false);
        Self { source, block, bytes, begin, filled, offset, newlines, ended }
    }

    /// What is read and not yet stepped over.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.begin..self.filled]
    }

    /// Whether nothing comes after that.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Steps over bytes; returns where they are until more is read.
    pub(super) fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.begin;
        self.begin += length;
        start..self.begin
    }

    /// Bytes that were stepped over.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The next byte that is no blank.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, NoMore> {
        loop {
            self.begin = scan::blanks::<Documents>(&self.bytes[..self.filled], self.begin);
            if self.begin < self.filled {
                return Ok(Some(self.bytes[self.begin]));
            }
            if self.ended {
                return Ok(None);
            }
            self.more()?;
        }
    }

    /// Reads more.
    pub(super) fn more(&mut self) -> Result<(), NoMore> {
        if self.filled - self.begin > LONGEST {
            let (offset, line) = self.place(0);
            return Err(NoMore::Long { offset, line });
        }
        self.newlines += newlines(&self.bytes[..self.begin]);
        self.bytes.copy_within(self.begin..self.filled, 0);
        self.offset += self.begin as u64;
        (self.begin, self.filled) = (0, self.filled - self.begin);
        // Twice as much each time, so that what is scanned again is no more than what is read.
        let wanted = self.block.max(self.filled).min(LONGEST + self.block - self.filled);
        if self.bytes.len() < self.filled + wanted {
            let more = self.filled + wanted - self.bytes.len();
            self.bytes.try_reserve(more).map_err(|_| NoMore::Io(no_memory("a record")))?;
            self.bytes.resize(self.filled + wanted, 0);
        }
        self.fill(wanted).map_err(NoMore::Io)?;
        if self.offset == 0 && self.begin == 0 && self.rest().starts_with(b"\xef\xbb\xbf") {
            self.begin = 3;
        }
        Ok(())
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let end = self.filled + wanted;
        while self.filled < end {
            match self.source.read(&mut self.bytes[self.filled..end]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                read => self.filled += read?,
            }
        }
        Ok(())
    }

    /// Where what is at hand begins in the document.
    pub(super) fn here(&self) -> u64 {
        self.offset + self.begin as u64
    }

    /// Where a byte of what is at hand is in the document, and on which line, from 1.
    pub(super) fn place(&self, at: usize) -> (u64, u64) {
        (self.here() + at as u64, self.line_at(self.begin + at))
    }

    /// The line of a byte that was stepped over.
    pub(super) fn line_at(&self, at: usize) -> u64 {
        1 + self.newlines + newlines(&self.bytes[..at])
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
