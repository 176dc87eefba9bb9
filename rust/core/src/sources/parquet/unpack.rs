//! Bit-packed numbers as whole ones, 32 at a time.

use super::fault::Fault;

/// Numbers that are unpacked at once.
const BLOCK: usize = 32;
/// The bytes of a block of the widest numbers, and those that the last load reaches past it.
const ROOM: usize = BLOCK * 4 + 8;

/// Appends `length` numbers of `width` bits, the first at `bit` of `bytes`, to `out`.
pub(super) fn unpack(
    bytes: &[u8],
    bit: usize,
    width: u32,
    length: usize,
    out: &mut Vec<u32>,
) -> Result<(), Fault> {
    macro_rules! of_width {
        ($($width:literal)*) => {
            match width {
                0 => {
                    out.resize(out.len().saturating_add(length), 0);
                    Ok(())
                }
                $($width => blocks::<$width>(bytes, bit, length, out),)*
                _ => Err(Fault::ended()),
            }
        };
    }
    of_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)
}

fn blocks<const WIDTH: usize>(
    bytes: &[u8],
    bit: usize,
    length: usize,
    out: &mut Vec<u32>,
) -> Result<(), Fault> {
    let (start, shift) = (bit / 8, bit % 8);
    let bits = length.checked_mul(WIDTH).and_then(|bits| bits.checked_add(shift)).ok_or_else(Fault::ended)?;
    let end = start.checked_add(bits.div_ceil(8)).ok_or_else(Fault::ended)?;
    let mut bytes = bytes.get(start..end).ok_or_else(Fault::ended)?;
    let mut left = length;
    let mut block = [0_u8; ROOM];
    let mut numbers = [0_u32; BLOCK];
    let step = WIDTH.saturating_mul(BLOCK / 8);
    while left > 0 {
        // The shift reaches into one more byte.
        let length = bytes.len().min(step.saturating_add(1));
        let (head, _) = bytes.split_at_checked(length).unwrap_or_default();
        if let Some(room) = block.get_mut(..length) {
            room.copy_from_slice(head);
        }
        one_block::<WIDTH>(&block, shift, &mut numbers);
        let found = left.min(BLOCK);
        out.extend_from_slice(numbers.get(..found).unwrap_or_default());
        bytes = bytes.get(step..).unwrap_or_default();
        left = left.saturating_sub(found);
    }
    Ok(())
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "every index is known when this is compiled: 31 * 32 / 8 + 8 is within ROOM; 32 + 7 + 7 bits are within 64"
)]
fn one_block<const WIDTH: usize>(block: &[u8; ROOM], shift: usize, numbers: &mut [u32; BLOCK]) {
    let mask = u64::MAX >> (64 - WIDTH);
    for (at, number) in numbers.iter_mut().enumerate() {
        let byte = at * WIDTH / 8;
        let mut word = [0; 8];
        word.copy_from_slice(&block[byte..byte + 8]);
        *number = ((u64::from_le_bytes(word) >> (at * WIDTH % 8 + shift)) & mask) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::unpack;

    #[test]
    fn every_width_and_place_is_unpacked() {
        let mut state = 1_u64;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(400)
        .collect();
        let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
        for width in 0..=32_u8 {
            for (start, length) in [(0, 1), (8, 31), (3, 32), (13, 33), (40, 64), (7, 70)] {
                let mut found = vec![7];
                unpack(&bytes, start, width.into(), length, &mut found).unwrap();
                let number = |i: usize| {
                    (0..usize::from(width)).map(|b| bit(start + i * usize::from(width) + b) << b).sum::<u32>()
                };
                assert_eq!(found[0], 7);
                assert_eq!(
                    found[1..],
                    (0..length).map(number).collect::<Vec<_>>(),
                    "{width} {start} {length}"
                );
            }
        }
        assert!(unpack(&bytes, 0, 3, 1100, &mut Vec::new()).is_err());
        assert!(unpack(&bytes, 0, 33, 1, &mut Vec::new()).is_err());
    }
}
