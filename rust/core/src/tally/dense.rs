//! Counts of keys whose columns have few values: a cell a combination, found by arithmetic and not by hashing.

use super::Count;
use super::bits::Bits;

/// Cells at most: 16 MiB, which a core's cache about holds where the rows come in order.
const MOST: usize = 1 << 21;

/// n in the low half and c in the high half of a cell, for codes below each column's width.
#[derive(Clone, Debug, Default)]
pub struct Dense {
    widths: Vec<usize>,
    cells: Vec<u64>,
    /// No cell's n can be more.
    rows: u64,
    indices: Vec<u32>,
}

/// The next rows of a key column.
#[derive(Clone, Copy, Debug)]
pub enum Stretch {
    /// One code, so often.
    Run(u32, usize),
    /// So many codes, from there on in the column's list.
    Each(usize, usize),
}

impl Stretch {
    fn length(self) -> usize {
        match self {
            Self::Run(_, length) | Self::Each(_, length) => length,
        }
    }

    fn without(self, rows: usize) -> Self {
        match self {
            Self::Run(code, length) => Self::Run(code, length - rows),
            Self::Each(start, length) => Self::Each(start + rows, length - rows),
        }
    }
}

/// Codes of a key column as stretches.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// In the order of the rows.
    pub stretches: Vec<Stretch>,
    /// What [`Stretch::Each`] speaks of.
    pub each: Vec<u32>,
}

impl Codes {
    /// No rows.
    pub fn clear(&mut self) {
        self.stretches.clear();
        self.each.clear();
    }

    /// Puts codes in the place of indices into a dictionary.
    ///
    /// # Errors
    /// An index that the dictionary does not have.
    pub fn translate(&mut self, dictionary: &[u32]) -> Result<(), u32> {
        for stretch in &mut self.stretches {
            if let Stretch::Run(index, _) = stretch {
                *index = *dictionary.get(*index as usize).ok_or(*index)?;
            }
        }
        for index in &mut self.each {
            *index = *dictionary.get(*index as usize).ok_or(*index)?;
        }
        Ok(())
    }

    /// The code of each row.
    pub fn expand(&self, out: &mut Vec<u32>) {
        out.clear();
        for &stretch in &self.stretches {
            match stretch {
                Stretch::Run(code, length) => out.resize(out.len() + length, code),
                Stretch::Each(start, length) => out.extend_from_slice(&self.each[start..start + length]),
            }
        }
    }
}

impl Dense {
    /// Whether codes below these numbers have cells and so many rows more can be counted.
    #[must_use]
    pub fn holds(&self, codes: &[usize], rows: usize) -> bool {
        self.widths.len() == codes.len()
            && self.widths.iter().zip(codes).all(|(width, codes)| codes <= width)
            && u32::try_from(self.rows + rows as u64).is_ok()
    }

    /// Makes room for codes below these numbers; false where that would be too many cells. What was counted must
    /// have been taken.
    #[must_use]
    pub fn grow(&mut self, codes: &[usize]) -> bool {
        let widths: Vec<_> = codes.iter().map(|codes| codes.next_power_of_two()).collect();
        let cells = widths.iter().try_fold(1_usize, |cells, width| cells.checked_mul(*width));
        let Some(cells) = cells.filter(|&cells| cells <= MOST) else { return false };
        self.widths = widths;
        self.cells.clear();
        self.cells.resize(cells, 0);
        true
    }

    /// Counts rows, whose codes [`Dense::holds`].
    pub fn count(&mut self, columns: &[Codes], verdicts: &Bits, rows: usize) {
        self.rows += rows as u64;
        let mut ahead: Vec<_> = columns
            .iter()
            .map(|codes| {
                let mut stretches = codes.stretches.iter().copied();
                (stretches.next(), stretches)
            })
            .collect();
        let mut at = 0;
        while at < rows {
            let length = ahead.iter().map(|(now, _)| now.map_or(0, Stretch::length)).min().unwrap_or(0);
            self.stretch(columns, ahead.iter().filter_map(|&(now, _)| now), verdicts, at, length);
            for (now, later) in &mut ahead {
                *now = now
                    .map(|stretch| stretch.without(length))
                    .filter(|s| s.length() > 0)
                    .or_else(|| later.next());
            }
            at += length.max(1);
        }
    }

    fn stretch(
        &mut self,
        columns: &[Codes],
        now: impl Iterator<Item = Stretch>,
        verdicts: &Bits,
        at: usize,
        length: usize,
    ) {
        let mut stride = self.cells.len();
        let (mut base, mut first) = (0_u32, true);
        for ((stretch, width), codes) in now.zip(&self.widths).zip(columns) {
            stride /= width;
            #[expect(clippy::cast_possible_truncation, reason = "there are at most 2^21 cells")]
            let step = stride as u32;
            match stretch {
                Stretch::Run(code, _) => base += code * step,
                Stretch::Each(start, _) => {
                    // Codes are below their column's width, so no index passes the number of cells.
                    let part = codes.each[start..start + length].iter().map(|code| code.wrapping_mul(step));
                    if first {
                        self.indices.clear();
                        self.indices.extend(part);
                    } else {
                        self.indices
                            .iter_mut()
                            .zip(part)
                            .for_each(|(index, part)| *index = index.wrapping_add(part));
                    }
                    first = false;
                }
            }
        }
        let cells = &mut self.cells[base as usize..];
        if first {
            cells[0] += length as u64 | verdicts.count(at, length) << 32;
            return;
        }
        for (start, indices) in (at..).step_by(64).zip(self.indices.chunks(64)) {
            let mut passed = verdicts.word(start);
            for &index in indices {
                // The rows are few enough that n stays in its half.
                let cell = &mut cells[index as usize];
                *cell = cell.wrapping_add(1 | (passed & 1) << 32);
                passed >>= 1;
            }
        }
    }

    /// Takes the counts out: the codes of each cell with rows, one vector a column, its count, and the rows of all.
    pub fn take(&mut self) -> (Vec<Vec<u32>>, Vec<Count>, u64) {
        let mut codes = vec![Vec::new(); self.widths.len()];
        let mut counts = Vec::new();
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return (codes, counts, 0);
        }
        for (at, cell) in self.cells.iter_mut().enumerate().filter(|(_, cell)| **cell != 0) {
            let mut rest = at;
            for (codes, width) in codes.iter_mut().zip(&self.widths).rev() {
                codes.push(u32::try_from(rest % width).unwrap_or(u32::MAX));
                rest /= width;
            }
            let cell = std::mem::take(cell);
            counts.push(Count { n: cell & u64::from(u32::MAX), c: cell >> 32 });
        }
        (codes, counts, rows)
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.cells.capacity() * 8 + self.indices.capacity() * 4
    }
}
