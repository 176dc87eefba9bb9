//! Where the bytes that matter within strings are, 64 at a time.

use wide::u8x16;

/// Bytes looked at together.
pub(crate) const BLOCK: usize = 64;
/// Bytes of one vector.
pub(crate) const LANES: usize = 16;

const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;

/// A bit for each byte of a block, the lowest for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) quotes: u64,
    pub(crate) backslashes: u64,
    pub(crate) controls: u64,
}

impl Masks {
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        let mut masks = Self { quotes: 0, backslashes: 0, controls: 0 };
        let (lanes, _) = block.as_chunks::<LANES>();
        for (at, lanes) in lanes.iter().enumerate() {
            let lanes = u8x16::new(*lanes);
            let bits = |found: u8x16| u64::from(found.to_bitmask()) << (at * LANES);
            masks.quotes |= bits(lanes.simd_eq(u8x16::splat(b'"')));
            masks.backslashes |= bits(lanes.simd_eq(u8x16::splat(b'\\')));
            masks.controls |= bits(lanes.simd_eq(lanes.min(u8x16::splat(0x1f))));
        }
        masks
    }

    #[cfg(test)]
    fn one_by_one(block: &[u8; BLOCK]) -> Self {
        let bits = |is: fn(u8) -> bool| {
            block.iter().enumerate().fold(0, |bits, (at, &byte)| bits | u64::from(is(byte)) << at)
        };
        let (quotes, backslashes) = (bits(|byte| byte == b'"'), bits(|byte| byte == b'\\'));
        Self { quotes, backslashes, controls: bits(|byte| byte < 0x20) }
    }

    /// The backslashes that begin an escape, and the bytes after them; the first byte of the block is not escaped.
    ///
    /// By Langdale and Lemire, "Parsing gigabytes of JSON per second" (VLDB Journal 28, 2019), section 3.1.1, in the
    /// form of simdjson: subtracting the backslashes from the places after them lets a carry run along each row of
    /// them, which comes out where the row's length makes it.
    #[inline]
    pub(crate) fn escapes(self) -> (u64, u64) {
        let after = self.backslashes << 1;
        let both = (after | ODD).wrapping_sub(self.backslashes) ^ ODD;
        (both & self.backslashes, both ^ self.backslashes)
    }
}

/// The bytes of a block that are this one.
#[inline]
pub(crate) fn equal(block: &[u8; BLOCK], byte: u8) -> u64 {
    let (lanes, _) = block.as_chunks::<LANES>();
    lanes.iter().enumerate().fold(0, |bits, (at, lanes)| {
        let found = u8x16::new(*lanes).simd_eq(u8x16::splat(byte));
        bits | u64::from(found.to_bitmask()) << (at * LANES)
    })
}

/// The quotes, backslashes and control characters among a few bytes.
#[inline]
pub(crate) fn stops(few: &[u8; LANES]) -> u32 {
    let lanes = u8x16::new(*few);
    let controls = lanes.simd_eq(lanes.min(u8x16::splat(0x1f)));
    let found = lanes.simd_eq(u8x16::splat(b'"')) | lanes.simd_eq(u8x16::splat(b'\\')) | controls;
    found.to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Masks};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn vectors_and_bytes_agree(bytes in prop::collection::vec(prop_oneof![
            Just(b'\\'), Just(b'"'), Just(0x1f), Just(0x20), Just(0x80), Just(0xff), any::<u8>()], BLOCK)
        ) {
            let block: &[u8; BLOCK] = bytes.as_slice().try_into().unwrap();
            let masks = Masks::of(block);
            prop_assert_eq!(masks, Masks::one_by_one(block));
            let (mut escape, mut escaped, mut at) = (0_u64, 0_u64, 0);
            while at < BLOCK {
                if block[at] == b'\\' {
                    escape |= 1 << at;
                    if at + 1 < BLOCK {
                        escaped |= 1 << (at + 1);
                    }
                    at += 1;
                }
                at += 1;
            }
            prop_assert_eq!(masks.escapes(), (escape, escaped));
        }
    }
}
