//! An object's bytes by position: from what was fetched for the part at hand, or else fetched when they are asked for.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::input::Object;
use super::read_at::{Changed, ReadAt};

/// Bytes that are fetched at least when they were not fetched before.
const LEAST: u64 = 16 << 10;
/// Bytes that are fetched at most, of what is read from front to back.
const MOST: u64 = 8 << 20;
/// Pieces that were fetched so and are kept: one for each column that is read from front to back, most often.
const RECENT: usize = 8;

/// Bytes that were fetched.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    start: u64,
    bytes: Arc<Vec<u8>>,
}

impl Piece {
    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.length())
    }

    /// The bytes from `offset` on, where it has some.
    fn from(&self, offset: u64) -> Option<&[u8]> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(at..).filter(|rest| !rest.is_empty())
    }
}

/// An object that is read.
pub(crate) struct Remote {
    object: Arc<dyn Object>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// What was fetched ahead.
    pinned: Vec<Piece>,
    recent: VecDeque<Piece>,
}

impl Debug for Remote {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remote").field(&self.object.path()).finish()
    }
}

impl Remote {
    pub(crate) fn new(object: Arc<dyn Object>) -> Self {
        Self { object, held: Mutex::default() }
    }

    pub(crate) fn object(&self) -> &dyn Object {
        &*self.object
    }

    pub(crate) fn check_unchanged(&self) -> io::Result<()> {
        self.object.check_unchanged()
    }

    pub(crate) fn fetch(&self, range: Range<u64>) -> io::Result<Piece> {
        let bytes = self.object.read(range.clone())?;
        if bytes.len() as u64 == range.end.saturating_sub(range.start) {
            return Ok(Piece { start: range.start, bytes: Arc::new(bytes) });
        }
        Err(io::Error::other(Changed))
    }

    /// Keeps what was fetched, until it is let go.
    pub(crate) fn hold(&self, pieces: &[Piece]) {
        self.held().pinned.extend_from_slice(pieces);
    }

    /// Lets go what was held, and what was read meanwhile.
    pub(crate) fn let_go(&self, pieces: &[Piece]) {
        let mut held = self.held();
        let same = |one: &Piece, other: &Piece| Arc::ptr_eq(&one.bytes, &other.bytes);
        held.pinned.retain(|kept| !pieces.iter().any(|piece| same(kept, piece)));
        if held.pinned.is_empty() {
            held.recent.clear();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The piece that has the byte at `offset`, or else how many bytes to fetch from there.
    fn find(&self, offset: u64, wanted: u64) -> Result<Piece, u64> {
        let held = self.held();
        let mut pieces = held.pinned.iter().chain(&held.recent);
        if let Some(piece) = pieces.find(|piece| piece.from(offset).is_some()) {
            return Ok(piece.clone());
        }
        let before = held.recent.iter().find(|piece| piece.end() == offset);
        let doubled = before.map_or(0, |piece| (2 * piece.length()).min(MOST));
        Err(wanted.max(LEAST).max(doubled))
    }
}

impl ReadAt for Remote {
    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len().saturating_sub(offset);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let piece = match self.find(offset, (buffer.len() as u64).min(left)) {
            Ok(piece) => piece,
            Err(wanted) => {
                let piece = self.fetch(offset..offset.saturating_add(wanted.min(left)))?;
                let mut held = self.held();
                // What it goes on from was read to its end.
                held.recent.retain(|before| before.end() != offset);
                held.recent.truncate(RECENT - 1);
                held.recent.push_front(piece.clone());
                piece
            }
        };
        let found = piece.from(offset).unwrap_or_default();
        let length = found.len().min(buffer.len());
        buffer[..length].copy_from_slice(&found[..length]);
        Ok(length)
    }

    fn len(&self) -> u64 {
        self.object.len()
    }
}

#[cfg(test)]
mod tests;
