//! Codes of a column's rows, without a word for each row where many have the same.

/// The next rows of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// One code, so often.
    Run(u32, usize),
    /// So many codes, from there on in the column's list.
    Each(usize, usize),
}

impl Stretch {
    pub(super) fn length(self) -> usize {
        match self {
            Self::Run(_, length) | Self::Each(_, length) => length,
        }
    }

    pub(super) fn without(self, rows: usize) -> Self {
        match self {
            Self::Run(code, length) => Self::Run(code, length - rows),
            Self::Each(start, length) => Self::Each(start + rows, length - rows),
        }
    }
}

/// Codes of a column as stretches.
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

    /// One more row.
    #[inline]
    pub fn push(&mut self, code: u32) {
        match self.stretches.last_mut() {
            Some(Stretch::Each(_, length)) => *length += 1,
            _ => self.stretches.push(Stretch::Each(self.each.len(), 1)),
        }
        self.each.push(code);
    }

    /// More rows of one code.
    #[inline]
    pub fn push_run(&mut self, code: u32, rows: usize) {
        match self.stretches.last_mut() {
            Some(Stretch::Run(last, length)) if *last == code => *length += rows,
            _ => self.stretches.push(Stretch::Run(code, rows)),
        }
    }

    /// Says that `each` holds the codes of these rows, and nothing else.
    pub fn hold_each(&mut self) {
        self.stretches.clear();
        self.stretches.push(Stretch::Each(0, self.each.len()));
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

/// Rows for which the codes of all columns are known at once.
pub(super) enum Piece<'a> {
    /// So many rows from `at` on of one cell.
    One { cell: u32, at: usize, rows: usize },
    /// The rows from `at` on, each of the cell that is so far behind `base`.
    Many { base: u32, cells: &'a [u32], at: usize },
}

/// The cell of each row: the sum of its codes times the steps of their columns, piece by piece.
///
/// No cell may be 2^32 or more.
pub(super) fn pieces(
    columns: &[Codes],
    steps: &[u32],
    rows: usize,
    cells: &mut Vec<u32>,
    mut each: impl FnMut(Piece<'_>),
) {
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
        let (mut base, mut first) = (0_u32, true);
        for (((now, _), &step), codes) in ahead.iter().zip(steps).zip(columns) {
            match *now {
                Some(Stretch::Run(code, _)) => base += code * step,
                Some(Stretch::Each(start, _)) => {
                    let part = codes.each[start..start + length].iter().map(|code| code.wrapping_mul(step));
                    if first {
                        cells.clear();
                        cells.extend(part);
                    } else {
                        cells.iter_mut().zip(part).for_each(|(cell, part)| *cell = cell.wrapping_add(part));
                    }
                    first = false;
                }
                None => {}
            }
        }
        each(if first {
            Piece::One { cell: base, at, rows: length }
        } else {
            Piece::Many { base, cells, at }
        });
        for (now, later) in &mut ahead {
            let rest = now.map(|stretch| stretch.without(length)).filter(|stretch| stretch.length() > 0);
            *now = rest.or_else(|| later.next());
        }
        at += length.max(1);
    }
}
