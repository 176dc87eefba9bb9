//! Delta-encoded integers: a first value, then blocks of bit-packed differences from the least one of the block.

use std::ops::Range;

use super::fault::Fault;

/// Blocks of more values are refused.
const LARGEST_BLOCK: u64 = 1 << 20;

/// The integers that are still to come; the bytes are passed in each time.
#[derive(Clone, Debug)]
pub(super) struct Deltas {
    at: usize,
    end: usize,
    left: usize,
    /// Values of a mini-block.
    part: usize,
    parts: usize,
    /// What the next value is, before any difference.
    first: Option<i64>,
    last: i64,
    least: i64,
    /// Bits a difference, of the mini-blocks of this block that are still to come, the next one last.
    widths: Vec<u8>,
    /// No difference can have more bits than the integers.
    bits: u8,
    /// Where the next difference is, its bits, and how many of its mini-block are left.
    bit: usize,
    width: u8,
    part_left: usize,
}

impl Deltas {
    /// The `count` integers of `bits` bits in the bytes at `range`.
    pub(super) fn new(bytes: &[u8], range: Range<usize>, bits: u8, count: usize) -> Result<Self, Fault> {
        let mut deltas = Self {
            at: range.start,
            end: range.end,
            left: count,
            part: 0,
            parts: 0,
            first: None,
            last: 0,
            least: 0,
            widths: Vec::new(),
            bits,
            bit: 0,
            width: 0,
            part_left: 0,
        };
        let (block, parts, values) = (deltas.varint(bytes)?, deltas.varint(bytes)?, deltas.varint(bytes)?);
        deltas.first = Some(deltas.zigzag(bytes)?);
        if values != count as u64 {
            return Err(Fault::new(format!("the page holds {values} values, and {count} are expected")));
        }
        let part = block.checked_div(parts).unwrap_or(0);
        let whole =
            block.is_multiple_of(128) && part.is_multiple_of(32) && part.checked_mul(parts) == Some(block);
        if !whole || block > LARGEST_BLOCK || block == 0 {
            return Err(Fault::new(format!("delta blocks of {block} values in {parts} parts cannot be")));
        }
        deltas.part = usize::try_from(part).map_err(|_| Fault::ended())?;
        deltas.parts = usize::try_from(parts).map_err(|_| Fault::ended())?;
        Ok(deltas)
    }

    /// Appends the next `count` integers.
    pub(super) fn next(&mut self, bytes: &[u8], count: usize, out: &mut Vec<i64>) -> Result<(), Fault> {
        for _ in 0..count {
            self.left = self.left.checked_sub(1).ok_or_else(Fault::ended)?;
            if let Some(first) = self.first.take() {
                self.last = first;
            } else {
                if self.part_left == 0 {
                    self.next_part(bytes)?;
                }
                let difference = bits(bytes, self.bit, self.width).ok_or_else(Fault::ended)?;
                self.bit = self.bit.saturating_add(self.width.into());
                self.part_left = self.part_left.saturating_sub(1);
                // The format's arithmetic wraps.
                self.last = self.last.wrapping_add(self.least).wrapping_add(difference.cast_signed());
            }
            out.push(self.last);
        }
        Ok(())
    }

    /// Where the bytes after the last integer begin.
    pub(super) fn end(&self, bytes: &[u8]) -> Result<usize, Fault> {
        let mut ahead = self.clone();
        if ahead.first.take().is_some() {
            ahead.left = ahead.left.saturating_sub(1);
        }
        ahead.left = ahead.left.saturating_sub(ahead.part_left);
        while ahead.left > 0 {
            ahead.next_part(bytes)?;
            ahead.left = ahead.left.saturating_sub(ahead.part);
        }
        Ok(ahead.at)
    }

    fn next_part(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.widths.is_empty() {
            self.least = self.zigzag(bytes)?;
            let end =
                self.at.checked_add(self.parts).filter(|&end| end <= self.end).ok_or_else(Fault::ended)?;
            self.widths.extend(bytes.get(self.at..end).ok_or_else(Fault::ended)?.iter().rev());
            self.at = end;
        }
        self.width = self.widths.pop().ok_or_else(Fault::ended)?;
        if self.width > self.bits {
            let (width, bits) = (self.width, self.bits);
            return Err(Fault::new(format!("differences of {width} bits between integers of {bits}")));
        }
        let length = self.part.checked_mul(self.width.into()).ok_or_else(Fault::ended)?.div_ceil(8);
        self.bit = self.at.checked_mul(8).ok_or_else(Fault::ended)?;
        self.at = self.at.checked_add(length).filter(|&end| end <= self.end).ok_or_else(Fault::ended)?;
        self.part_left = self.part;
        Ok(())
    }

    fn varint(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = bytes.get(self.at).copied().filter(|_| self.at < self.end).ok_or_else(Fault::ended)?;
            self.at = self.at.saturating_add(1);
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::new("a delta-encoded number has no end"))
    }

    fn zigzag(&mut self, bytes: &[u8]) -> Result<i64, Fault> {
        let value = self.varint(bytes)?;
        Ok((value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg())
    }
}

/// The number of `width` bits, the first at `bit`.
fn bits(bytes: &[u8], bit: usize, width: u8) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    let (start, shift) = (bit / 8, bit % 8);
    let length = usize::from(width).checked_add(shift)?.div_ceil(8);
    let mut word = [0; 16];
    word.get_mut(..length)?.copy_from_slice(bytes.get(start..start.checked_add(length)?)?);
    let value = u128::from_le_bytes(word) >> shift;
    let mask = u64::MAX >> 64_u8.saturating_sub(width);
    #[expect(clippy::cast_possible_truncation, reason = "the mask leaves 64 bits at most")]
    Some(value as u64 & mask)
}

#[cfg(test)]
mod tests {
    use super::Deltas;

    fn varint(mut value: u64, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        out.push(value.to_le_bytes()[0]);
    }

    fn zigzag(value: i64, out: &mut Vec<u8>) {
        varint((value << 1 ^ value >> 63).cast_unsigned(), out);
    }

    /// The obvious encoder: 64 bits a difference, blocks of 128 in 4 parts.
    fn encode(values: &[i64]) -> Vec<u8> {
        let mut out = Vec::new();
        for head in [128, 4, values.len() as u64] {
            varint(head, &mut out);
        }
        zigzag(values.first().copied().unwrap_or(0), &mut out);
        let differences: Vec<_> = values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        for block in differences.chunks(128) {
            zigzag(-3, &mut out);
            out.extend([64; 4]);
            for part in block.chunks(32) {
                for at in 0..32 {
                    out.extend(part.get(at).map_or(0, |d| d.wrapping_add(3)).to_le_bytes());
                }
            }
        }
        out
    }

    #[test]
    fn what_was_encoded_comes_back_and_what_follows_is_found() {
        for length in [0, 1, 2, 32, 33, 34, 128, 129, 130, 300] {
            let values: Vec<i64> =
                (0..length).map(|i: i64| i.wrapping_mul(i).wrapping_mul(0x1234_5678_9abc_def1)).collect();
            let mut bytes = vec![9, 9];
            bytes.extend(encode(&values));
            let end = bytes.len();
            bytes.extend([1, 2, 3]);
            for step in [1, 7, 1000] {
                let mut deltas = Deltas::new(&bytes, 2..bytes.len(), 64, values.len()).unwrap();
                let mut found = Vec::new();
                while found.len() < values.len() {
                    assert_eq!(deltas.end(&bytes).unwrap(), end, "{length}, {} read", found.len());
                    deltas.next(&bytes, step.min(values.len() - found.len()), &mut found).unwrap();
                }
                assert_eq!(found, values);
                assert!(deltas.next(&bytes, 1, &mut found).is_err());
            }
            assert!(Deltas::new(&bytes, 2..bytes.len(), 64, values.len() + 1).is_err());
        }
    }
}
