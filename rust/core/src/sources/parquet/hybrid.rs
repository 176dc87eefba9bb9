//! Runs of equal numbers and bit-packed stretches, in turns: how Parquet stores levels, dictionary indices and
//! booleans.

use super::fault::Fault;

/// Numbers of a stretch of `DuckDB`.
const BLOCK: usize = 256;

/// A part of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// The same number, so often.
    Repeat { value: u32, length: usize },
    /// Bit-packed numbers, the first of them at this bit of the bytes.
    Packed { bit: usize, length: usize },
}

/// Where one is in the numbers; the bytes are passed in each time, so that it can live beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Hybrid {
    at: usize,
    end: usize,
    width: u32,
    /// How many numbers are still to come.
    left: usize,
    run: Option<Run>,
}

impl Hybrid {
    /// `count` numbers of `width` bits in the bytes at `range`.
    pub(super) fn new(range: std::ops::Range<usize>, width: u8, count: usize) -> Result<Self, Fault> {
        if width > 32 {
            return Err(Fault::new(format!("numbers of {width} bits; at most 32 are possible")));
        }
        Ok(Self { at: range.start, end: range.end, width: width.into(), left: count, run: None })
    }

    /// Bits a number.
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// How many numbers are still to come.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Whether the next part is one number again and again.
    pub(super) fn repeats(&mut self, bytes: &[u8]) -> Result<bool, Fault> {
        let run = match self.run.take() {
            Some(run) => run,
            None if self.left > 0 => self.read(bytes)?,
            None => return Ok(false),
        };
        self.run = Some(run);
        Ok(matches!(run, Run::Repeat { .. }))
    }

    /// The next part, of at most `most` numbers; `None` when all have come.
    pub(super) fn next(&mut self, bytes: &[u8], most: usize) -> Result<Option<Run>, Fault> {
        if self.left == 0 || most == 0 {
            return Ok(None);
        }
        let run = match self.run.take() {
            Some(run) => run,
            None => self.read(bytes)?,
        };
        let (taken, rest) = split(run, most, self.width);
        self.run = rest;
        let length = match taken {
            Run::Repeat { length, .. } | Run::Packed { length, .. } => length,
        };
        self.left = self.left.checked_sub(length).ok_or_else(Fault::ended)?;
        Ok(Some(taken))
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Run, Fault> {
        let head = self.varint(bytes)?;
        let count = usize::try_from(head >> 1).map_err(|_| too_long(head >> 1, self.left))?;
        if count == 0 {
            return Err(Fault::new("a run has no length"));
        }
        if head & 1 == 1 {
            return self.packed(count);
        }
        if count > self.left {
            return Err(too_long(head >> 1, self.left));
        }
        let mut value = 0_u32;
        for shift in (0..self.width).step_by(8) {
            value |= u32::from(self.byte(bytes)?).checked_shl(shift).unwrap_or(0);
        }
        if self.width < 32 && value >> self.width != 0 {
            return Err(Fault::new(format!("a run of {value}, which has more than {} bits", self.width)));
        }
        Ok(Run::Repeat { value, length: count })
    }

    /// Stretches come in eights, and only the last may hold more than there is to come: fewer than eight, or where
    /// `DuckDB` wrote it up to the end of a block, of which the rest is whatever was in its memory.
    fn packed(&mut self, eights: usize) -> Result<Run, Fault> {
        let length = eights.checked_mul(8).ok_or_else(Fault::ended)?;
        if length.saturating_sub(self.left) >= BLOCK {
            return Err(too_long(length as u64, self.left));
        }
        let bytes = eights.checked_mul(self.width as usize).ok_or_else(Fault::ended)?;
        let bit = self.at.checked_mul(8).ok_or_else(Fault::ended)?;
        let end = self.at.checked_add(bytes).ok_or_else(Fault::ended)?;
        let length = length.min(self.left);
        // Some writers leave out the bytes of the numbers that are not there.
        let needed = length.saturating_mul(self.width as usize).div_ceil(8);
        if self.at.saturating_add(needed) > self.end {
            return Err(Fault::new("a bit-packed stretch is longer than its page"));
        }
        self.at = end.min(self.end);
        Ok(Run::Packed { bit, length })
    }

    fn byte(&mut self, bytes: &[u8]) -> Result<u8, Fault> {
        let byte = bytes.get(self.at).copied().filter(|_| self.at < self.end);
        self.at = self.at.saturating_add(1);
        byte.ok_or_else(|| Fault::new("the runs end before their page's values do"))
    }

    fn varint(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte(bytes)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::new("the length of a run has no end"))
    }
}

fn too_long(length: u64, left: usize) -> Fault {
    Fault::new(format!("a run of {length} where {left} values are left"))
}

fn split(run: Run, most: usize, width: u32) -> (Run, Option<Run>) {
    match run {
        Run::Repeat { value, length } if length > most => (
            Run::Repeat { value, length: most },
            Some(Run::Repeat { value, length: length.saturating_sub(most) }),
        ),
        Run::Packed { bit, length } if length > most => {
            let next = bit.saturating_add(most.saturating_mul(width as usize));
            (
                Run::Packed { bit, length: most },
                Some(Run::Packed { bit: next, length: length.saturating_sub(most) }),
            )
        }
        whole => (whole, None),
    }
}
