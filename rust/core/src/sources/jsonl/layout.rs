//! What the last line was like: most lines differ from it in their values alone.

use super::object::Slot;
use crate::json::scan::{self, Lines};

/// Values of a line at most that are remembered.
const MOST: usize = 1024;

/// Bytes compared in one step.
const HEAD: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Where the bytes before the value end.
    end: usize,
    /// Those bytes where they are few, and which bits of as many as can be they are; else none.
    head: Option<(u128, u128)>,
    /// The column that the value is.
    column: Option<usize>,
}

/// The bytes between the values of a line that was read whole. A line with the same bytes between values is JSON with
/// the same keys when each of its values is one.
#[derive(Debug, Default)]
pub(super) struct Layout {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    /// Where the last value ended in the line that is being learnt.
    learnt: usize,
    known: bool,
}

impl Layout {
    /// Begins to learn a line.
    pub(super) fn start(&mut self) {
        self.bytes.clear();
        self.segments.clear();
        (self.learnt, self.known) = (0, true);
    }

    /// Learns a value of the line.
    pub(super) fn learn(&mut self, line: &[u8], start: usize, end: usize, column: Option<usize>) {
        if self.segments.len() == MOST {
            self.known = false;
        }
        if self.known {
            self.bytes.extend_from_slice(&line[self.learnt..start]);
            let head = head(&line[self.learnt..start]);
            self.segments.push(Segment { end: self.bytes.len(), head, column });
            self.learnt = end;
        }
    }

    /// Learns that the line has ended.
    pub(super) fn finish(&mut self, line: &[u8]) {
        if self.known {
            self.bytes.extend_from_slice(&line[self.learnt..]);
        }
    }

    /// Learns nothing from the line: the next one could hold more where this one holds a value.
    pub(super) fn forget(&mut self) {
        self.known = false;
    }

    /// Reads the line that `text` begins with; returns its length, or none where it has another layout or is no JSON.
    #[inline]
    pub(super) fn read(&self, text: &[u8], slots: &mut [Slot]) -> Option<usize> {
        if !self.known {
            return None;
        }
        let (mut at, mut start) = (0, 0);
        for segment in &self.segments {
            let length = segment.end - start;
            let rest = text.get(at..)?;
            let same = match (segment.head, rest.first_chunk::<HEAD>()) {
                (Some((head, mask)), Some(bytes)) => u128::from_le_bytes(*bytes) & mask == head,
                _ => rest.starts_with(&self.bytes[start..segment.end]),
            };
            if !same {
                return None;
            }
            at += length;
            start = segment.end;
            let (end, kind) = scan::value::<Lines>(text, at).ok()?;
            if let Some(column) = segment.column {
                slots[column] = Slot { kind: Some(kind), start: at, end };
            }
            at = end;
        }
        let last = &self.bytes[start..];
        let end = at + last.len();
        (text.get(at..)?.starts_with(last) && matches!(text.get(end), None | Some(b'\n'))).then_some(end)
    }
}

fn head(bytes: &[u8]) -> Option<(u128, u128)> {
    let mut head = [0; HEAD];
    head.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let mask = if bytes.len() == HEAD { u128::MAX } else { (1 << (8 * bytes.len())) - 1 };
    Some((u128::from_le_bytes(head), mask))
}
