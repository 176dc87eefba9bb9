//! What the last line was like: most lines differ from it in their values alone.

use super::object::Slot;
use super::scan;

/// Values of a line at most that are remembered.
const MOST: usize = 1024;

#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Where the bytes before the value end.
    end: usize,
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
            self.segments.push(Segment { end: self.bytes.len(), column });
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

    /// Reads a line of this layout; false where it has another one, or is no JSON.
    #[inline]
    pub(super) fn read(&self, line: &[u8], slots: &mut [Slot]) -> bool {
        if !self.known {
            return false;
        }
        let (mut at, mut start) = (0, 0);
        for segment in &self.segments {
            let between = &self.bytes[start..segment.end];
            if !line[at..].starts_with(between) {
                return false;
            }
            at += between.len();
            start = segment.end;
            let Ok((end, kind)) = scan::value(line, at) else { return false };
            if let Some(column) = segment.column {
                slots[column] = Slot { kind: Some(kind), start: at, end };
            }
            at = end;
        }
        line[at..] == self.bytes[start..]
    }
}
