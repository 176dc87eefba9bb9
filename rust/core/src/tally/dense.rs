//! Counts of keys whose columns have few values: a cell a combination, found by arithmetic and not by hashing.

use super::Count;
use super::bits::Bits;
use super::codes::{Codes, Piece, pieces};
use super::layout::Layout;
use super::seen::Seen;

/// Cells that are always allowed: 16 MiB, which a core's cache about holds where the rows come in order.
const FREE: usize = 1 << 21;
/// More are allowed while a key comes on so many.
const SPARSEST: usize = 16;

/// In a cell's n: the key is there, also without samples.
const HERE: u64 = 1 << 31;

/// n in the low half and c in the high half of a cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Dense {
    layout: Layout,
    cells: Vec<u64>,
    /// No cell's n can be more.
    rows: u64,
    /// Keys that were found when there were so many rows.
    known: (usize, u64),
    scratch: Vec<u32>,
}

impl Dense {
    /// Whether so many rows more can be counted: a cell's n has 31 bits.
    pub(super) fn has_room(&self, rows: u64) -> bool {
        self.rows + rows < HERE
    }

    /// Whether codes below these numbers have cells.
    pub(super) fn holds(&self, codes: &[usize]) -> bool {
        !self.cells.is_empty() && self.layout.holds(codes)
    }

    /// Makes room for codes below these numbers, and moves what was seen along; false where that would be too many
    /// cells for what they hold, while `others` keys are counted elsewhere.
    pub(super) fn grow(&mut self, codes: &[usize], others: usize, seen: Option<&mut Seen>) -> bool {
        let layout = self.layout.wider(codes);
        let Some(cells) = layout.cells() else { return false };
        if cells > FREE && cells > SPARSEST * others.max(self.keys()) {
            return false;
        }
        let translate = self.layout.translate(&layout);
        let mut wider = vec![0; cells];
        for (at, &cell) in (0..).zip(&self.cells).filter(|&(_, &cell)| cell != 0) {
            wider[translate(at) as usize] = cell;
        }
        if let Some(seen) = seen {
            seen.renumber(translate);
        }
        (self.cells, self.layout) = (wider, layout);
        true
    }

    /// About how many keys there are, at least half.
    fn keys(&mut self) -> usize {
        if self.rows >= 2 * self.known.1 {
            self.known = (self.cells.iter().filter(|&&cell| cell != 0).count(), self.rows);
        }
        self.known.0
    }

    /// Counts rows, whose codes [`Dense::holds`], with their samples where these are checked.
    pub(super) fn count(
        &mut self,
        columns: &[Codes],
        verdicts: &Bits,
        rows: usize,
        mut seen: Option<(&mut Seen, &[u32])>,
    ) {
        self.rows += rows as u64;
        let cells = &mut self.cells[..];
        pieces(columns, &self.layout.steps(), rows, &mut self.scratch, |piece| match piece {
            Piece::One { cell, at, rows } => {
                cells[cell as usize] += rows as u64 | verdicts.count(at, rows) << 32;
                if let Some((seen, samples)) = &mut seen {
                    seen.insert_all(cell, &samples[at..at + rows]);
                }
            }
            Piece::Many { base, cells: each, at } => {
                many(&mut cells[base as usize..], each, verdicts, at);
                if let Some((seen, samples)) = &mut seen {
                    each.iter()
                        .zip(&samples[at..])
                        .for_each(|(cell, &sample)| seen.insert(base + cell, sample));
                }
            }
        });
    }

    /// Notes the keys of rows without a sample.
    pub(super) fn touch(&mut self, columns: &[Codes], rows: usize) {
        let cells = &mut self.cells[..];
        pieces(columns, &self.layout.steps(), rows, &mut self.scratch, |piece| match piece {
            Piece::One { cell, .. } => cells[cell as usize] |= HERE,
            Piece::Many { base, cells: each, .. } => {
                for cell in each {
                    cells[(base + cell) as usize] |= HERE;
                }
            }
        });
    }

    /// Adds the counts of keys that [`Dense::holds`], of so many rows; returns their cells.
    pub(super) fn add(&mut self, keys: &[Vec<u32>], counts: &[Count], rows: u64) -> Vec<u32> {
        self.rows += rows;
        let add = |(at, count): (usize, &Count)| {
            let cell = self.layout.cell(keys.iter().map(|codes| codes[at]));
            let total = &mut self.cells[cell as usize];
            *total = (*total + (count.n | count.c << 32)) | HERE;
            cell
        };
        counts.iter().enumerate().map(add).collect()
    }

    /// The cells of the keys.
    pub(super) fn held(&self) -> Vec<u32> {
        (0..).zip(&self.cells).filter(|&(_, &cell)| cell != 0).map(|(at, _)| at).collect()
    }

    /// The codes of these cells' keys, one vector a column, and their counts.
    pub(super) fn get(&self, cells: &[u32]) -> (Vec<Vec<u32>>, Vec<Count>) {
        let count = |&cell: &u32| {
            let cell = self.cells[cell as usize];
            Count { n: cell & (HERE - 1), c: cell >> 32 }
        };
        (self.layout.keys(cells), cells.iter().map(count).collect())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// About how many bytes it holds.
    pub(super) fn memory(&self) -> usize {
        self.cells.capacity() * 8 + self.scratch.capacity() * 4
    }
}

/// Counts rows one by one.
fn many(cells: &mut [u64], each: &[u32], verdicts: &Bits, at: usize) {
    for (start, each) in (at..).step_by(64).zip(each.chunks(64)) {
        let mut passed = verdicts.word(start);
        for &cell in each {
            // The rows are few enough that n stays in its half.
            let cell = &mut cells[cell as usize];
            *cell = cell.wrapping_add(1 | (passed & 1) << 32);
            passed >>= 1;
        }
    }
}
