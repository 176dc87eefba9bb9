//! Definition levels: which rows hold a value.

use super::fault::Fault;
use super::hybrid::{Hybrid, Run};
use super::unpack::unpack;

/// Levels that are unpacked at once.
const PIECE: usize = 1 << 14;

/// Which of some rows hold a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// All do.
    All,
    /// None does.
    None,
    /// Some do; and how many.
    Some(Vec<bool>, usize),
}

/// The levels of a page that are still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// None where every row holds a value.
    runs: Option<Hybrid>,
    max: u32,
    unpacked: Vec<u32>,
}

impl Levels {
    /// The levels of `rows` rows in the bytes at `range`, and how many of the rows hold a value.
    pub(super) fn new(
        bytes: &[u8],
        range: std::ops::Range<usize>,
        max: u16,
        rows: usize,
    ) -> Result<(Self, usize), Fault> {
        if max == 0 {
            return Ok((Self::default(), rows));
        }
        let width =
            u8::try_from(u16::BITS.saturating_sub(max.leading_zeros())).map_err(|_| Fault::ended())?;
        let runs = Hybrid::new(range, width, rows)?;
        let mut ahead = Self { runs: Some(runs.clone()), max: max.into(), unpacked: Vec::new() };
        let present = ahead.count(bytes)?;
        // Most columns are optional and without a null: their levels need no second look.
        let runs = (present < rows).then_some(runs);
        Ok((Self { runs, ..ahead }, present))
    }

    fn count(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let mut present = 0_usize;
        let Some(mut runs) = self.runs.take() else { return Ok(0) };
        let mut unused = Vec::new();
        while runs.left() > 0 {
            // A run of equal levels is taken whole, however long; what is packed, in pieces.
            let most = if runs.repeats(bytes)? { usize::MAX } else { PIECE };
            let Some(run) = runs.next(bytes, most)? else { break };
            let found = match run {
                Run::Repeat { value, length } if value == self.max => length,
                Run::Repeat { value, .. } if value < self.max => 0,
                other => {
                    unused.clear();
                    self.part(bytes, other, runs.width(), &mut unused)?.1
                }
            };
            present = present.saturating_add(found);
        }
        Ok(present)
    }

    /// Appends whether each row of a run holds a value; returns the rows, and those that do.
    fn part(
        &mut self,
        bytes: &[u8],
        run: Run,
        width: u32,
        out: &mut Vec<bool>,
    ) -> Result<(usize, usize), Fault> {
        let max = self.max;
        let beyond = |level: u32| Fault::new(format!("definition level {level}, where {max} is the highest"));
        match run {
            Run::Repeat { value, .. } if value > max => Err(beyond(value)),
            Run::Repeat { value, length } => {
                out.resize(out.len().saturating_add(length), value == max);
                Ok((length, if value == max { length } else { 0 }))
            }
            Run::Packed { bit, length } => {
                self.unpacked.clear();
                unpack(bytes, bit, width, length, &mut self.unpacked)?;
                if let Some(&level) = self.unpacked.iter().find(|&&level| level > max) {
                    return Err(beyond(level));
                }
                out.extend(self.unpacked.iter().map(|&level| level == max));
                Ok((length, self.unpacked.iter().filter(|&&level| level == max).count()))
            }
        }
    }

    /// Whether every row holds a value.
    pub(super) fn all(&self) -> bool {
        self.runs.is_none()
    }

    /// Which of the next `rows` rows hold a value.
    pub(super) fn next(&mut self, bytes: &[u8], rows: usize) -> Result<Presence, Fault> {
        let Some(mut runs) = self.runs.take() else { return Ok(Presence::All) };
        let (mut mask, mut present, mut left) = (Vec::with_capacity(rows), 0_usize, rows);
        while left > 0 {
            let run = runs.next(bytes, left)?.ok_or_else(Fault::ended)?;
            let (length, found) = self.part(bytes, run, runs.width(), &mut mask)?;
            left = left.saturating_sub(length);
            present = present.saturating_add(found);
        }
        self.runs = Some(runs);
        Ok(match present {
            0 => Presence::None,
            all if all == rows => Presence::All,
            some => Presence::Some(mask, some),
        })
    }
}
