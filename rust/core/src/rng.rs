//! Philox4x64-10: a counter-based generator, so that any replicate can be drawn on any thread.
//!
//! Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
//! One round on the counter (x0, x1, x2, x3) under the key (k0, k1) is
//! ```text
//! (hi1 ^ x1 ^ k0, lo1, hi0 ^ x3 ^ k1, lo0),  where hi0:lo0 = M0 x0 and hi1:lo1 = M1 x2,
//! ```
//! and the key grows by (W0, W1) before each of the other nine.
//!
//! Replicate r of a seed has the words of `NumPy`'s `numpy.random.Philox(key=seed).jumped(r)`.

const MULTIPLIER: [u64; 2] = [0xD2E7_470E_E14C_6C93, 0xCA5A_8263_9512_1157];
const WEYL: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];
const ROUNDS: usize = 10;

/// The random words of one replicate under one seed.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u64; 2],
    counter: [u64; 4],
    block: [u64; 4],
    used: usize,
}

impl Stream {
    /// The stream of a replicate: key (seed, 0), counter (block, 0, replicate, 0), blocks counted from 1.
    #[must_use]
    pub fn new(seed: u64, replicate: u64) -> Self {
        Self { key: [seed, 0], counter: [0, 0, replicate, 0], block: [0; 4], used: 4 }
    }

    /// The next four words; what is left of the current block is skipped.
    #[inline]
    pub fn next_block(&mut self) -> [u64; 4] {
        self.used = 4;
        // 2^64 blocks never end, so the carry into the next counter word is left out.
        self.counter[0] = self.counter[0].wrapping_add(1);
        philox(self.counter, self.key)
    }

    /// The next word.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if self.used == 4 {
            self.block = self.next_block();
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }
}

/// The high and the low word of `a * b`.
#[inline]
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
pub fn widening_mul(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    ((product >> 64) as u64, product as u64)
}

/// The block of four words that belongs to a counter under a key.
#[inline]
#[must_use]
pub fn philox(counter: [u64; 4], key: [u64; 2]) -> [u64; 4] {
    let [mut x0, mut x1, mut x2, mut x3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        let (hi0, lo0) = widening_mul(MULTIPLIER[0], x0);
        let (hi1, lo1) = widening_mul(MULTIPLIER[1], x2);
        [x0, x1, x2, x3] = [hi1 ^ x1 ^ k0, lo1, hi0 ^ x3 ^ k1, lo0];
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [x0, x1, x2, x3]
}

#[cfg(test)]
mod tests {
    use super::philox;

    #[test]
    fn known_answers() {
        // Random123 1.14, tests/kat_vectors, philox4x64 10.
        let zeros =
            [0x1655_4d9e_ca36_314c, 0xdb20_fe9d_672d_0fdc, 0xd7e7_72ce_e186_176b, 0x7e68_b68a_ec7b_a23b];
        assert_eq!(philox([0; 4], [0; 2]), zeros);
        let ones =
            [0x87b0_92c3_013f_e90b, 0x438c_3c67_be8d_0224, 0x9cc7_d7c6_9cd7_77b6, 0xa09c_aebf_594f_0ba0];
        assert_eq!(philox([u64::MAX; 4], [u64::MAX; 2]), ones);
    }
}
