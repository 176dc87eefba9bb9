//! Bytes in blocks of whole lines.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use crate::sources::read_at::no_memory;

/// The longest line, in bytes without its newline.
pub(super) const LONGEST: usize = 64 << 20;
/// Bytes read at a time: they stay in the cache until their lines are counted.
const BLOCK: usize = 1 << 18;
/// Bytes read at a time past the end of a range, for the rest of a line.
const REST: usize = 1 << 12;
/// A buffer that grew for a long line is given back above this.
const KEPT: usize = 4 << 20;

/// Whole lines, of which the last may lack its newline at the end of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where they are in the buffer.
    pub(super) range: Range<usize>,
    /// Where they are in the file.
    pub(super) offset: u64,
}

/// Why there are no more blocks.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    /// A line that begins here is too long.
    LongLine(u64),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The lines that begin in a range of what is read.
pub(super) struct Lines<'b, R> {
    source: R,
    /// Where the lines of a block are.
    pub(super) buffer: &'b mut Vec<u8>,
    /// Where the next line begins in the buffer, and where what was read ends.
    begin: usize,
    filled: usize,
    /// Where the buffer begins in the file.
    offset: u64,
    /// Lines that begin here or later are not read.
    end: u64,
    done: bool,
}

impl<'b, R: Read> Lines<'b, R> {
    /// The lines of `source`, which begins at `offset`, up to `end`.
    pub(super) fn new(source: R, buffer: &'b mut Vec<u8>, offset: u64, end: u64) -> Self {
        let (begin, filled) = (0, 0);
        Self { source, buffer, begin, filled, offset, end, done: offset >= end }
    }

    /// Leaves out what is before the first newline: a line that began before.
    pub(super) fn skip_line(&mut self) -> Result<(), Stop> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.begin..self.filled]) {
                self.begin += at + 1;
                self.done = self.offset + self.begin as u64 >= self.end;
                return Ok(());
            }
            self.begin = self.filled;
            self.done = self.offset + self.begin as u64 >= self.end;
            if self.done || self.fill()? == 0 {
                self.done = true;
                return Ok(());
            }
        }
    }

    /// The next lines.
    pub(super) fn next_block(&mut self) -> Result<Option<Block>, Stop> {
        while !self.done {
            if let Some(stop) = self.stop() {
                return Ok(Some(self.take(stop)));
            }
            if self.filled - self.begin > LONGEST {
                return Err(Stop::LongLine(self.offset + self.begin as u64));
            }
            if self.fill()? == 0 {
                self.done = true;
                return Ok((self.begin < self.filled).then(|| self.take(self.filled)));
            }
        }
        Ok(None)
    }

    /// Where the whole lines in the buffer end; none where there is none.
    fn stop(&mut self) -> Option<usize> {
        let read = &self.buffer[self.begin..self.filled];
        let last = self.end - 1;
        if self.offset + (self.filled as u64) <= last {
            return memchr::memrchr(b'\n', read).map(|at| self.begin + at + 1);
        }
        // The line that the range ends in is its last one.
        let from = usize::try_from(last.saturating_sub(self.offset)).unwrap_or(usize::MAX).max(self.begin);
        let stop = memchr::memchr(b'\n', &self.buffer[from..self.filled]).map(|at| from + at + 1);
        self.done = stop.is_some();
        stop
    }

    fn take(&mut self, stop: usize) -> Block {
        let block = Block { range: self.begin..stop, offset: self.offset + self.begin as u64 };
        self.begin = stop;
        block
    }

    /// Reads more; returns how much.
    fn fill(&mut self) -> Result<usize, Stop> {
        self.buffer.copy_within(self.begin..self.filled, 0);
        self.offset += self.begin as u64;
        (self.begin, self.filled) = (0, self.filled - self.begin);
        let left = self.end.saturating_sub(self.offset + self.filled as u64);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).clamp(REST, BLOCK.max(self.filled));
        if self.buffer.len() < self.filled + wanted {
            let more = self.filled + wanted - self.buffer.len();
            self.buffer.try_reserve(more).map_err(|_| no_memory("a line"))?;
            self.buffer.resize(self.filled + wanted, 0);
        }
        let target = &mut self.buffer[self.filled..self.filled + wanted];
        let read = loop {
            match self.source.read(target) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.filled += read;
        Ok(read)
    }
}

impl<R> Drop for Lines<'_, R> {
    fn drop(&mut self) {
        if self.buffer.len() > KEPT {
            self.buffer.truncate(BLOCK);
            self.buffer.shrink_to_fit();
        }
    }
}
