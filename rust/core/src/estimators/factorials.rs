//! Factorials and their inverses in double-double, for n up to [`LARGEST`].
//!
//! n! is multiplied up in 192 bits and then rounded, so an entry errs by 2^-106 whatever n is; that makes a
//! ratio of factorials as exact as the product it stands for, in four look-ups.

use std::sync::LazyLock;

use crate::dd::Dd;

/// The largest n in the table: logs with 10,000 samples a problem exist, the table takes 0.7 MB.
pub(crate) const LARGEST: u64 = 1 << 14;

/// n! = `m` 2^`e` and its inverse, `inverse` 2^-`e`, with 1 <= m < 2.
#[derive(Clone, Copy)]
pub(crate) struct Factorial {
    pub(crate) m: Dd,
    pub(crate) inverse: Dd,
    pub(crate) e: i32,
}

/// The table; the first use builds it, in 0.8 ms.
pub(crate) static FACTORIALS: LazyLock<Vec<Factorial>> = LazyLock::new(|| {
    let mut value = Wide { limbs: [0, 0, 1 << 63], e: 0 };
    (0..=LARGEST)
        .map(|n| {
            value.multiply(n.max(1));
            value.round()
        })
        .collect()
});

/// An integer's leading 192 bits, least limb first and the top bit set, times 2^(e - 191).
struct Wide {
    limbs: [u64; 3],
    e: i32,
}

impl Wide {
    fn multiply(&mut self, by: u64) {
        let mut carry = 0_u64;
        for limb in &mut self.limbs {
            let product = u128::from(*limb) * u128::from(by) + u128::from(carry);
            *limb = low(product);
            carry = low(product >> 64);
        }
        let shift = 64 - carry.leading_zeros();
        self.e += shift.cast_signed();
        let [a, b, c] = self.limbs;
        self.limbs = [join(a, b) >> shift, join(b, c) >> shift, join(c, carry) >> shift].map(low);
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // hi is a whole number
    fn round(&self) -> Factorial {
        let top = join(self.limbs[1], self.limbs[2]);
        let hi = top as f64;
        // hi may be 2^128, which only wraps the difference to the same value.
        let rest = if hi >= 2_f64.powi(128) {
            top.cast_signed()
        } else {
            top.wrapping_sub(hi as u128).cast_signed()
        };
        let unit = 2_f64.powi(-127);
        let m = Dd { hi: hi * unit, lo: rest as f64 * unit };
        Factorial { m, inverse: Dd::ONE / m, e: self.e }
    }
}

fn join(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[allow(clippy::cast_possible_truncation)] // the truncation is what it is for
fn low(x: u128) -> u64 {
    x as u64
}

#[cfg(test)]
#[allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // to the last bit
mod tests {
    use super::{FACTORIALS, LARGEST};
    use crate::dd::Dd;

    #[test]
    fn small_ones_are_exact() {
        let mut exact = 1_u128;
        for n in 1..=27 {
            exact *= n;
            let f = FACTORIALS[n as usize];
            assert_eq!(f.m.to_f64() * 2_f64.powi(f.e), exact as f64);
            let rest = exact.cast_signed() - (exact as f64 as u128).cast_signed();
            assert_eq!(f.m.lo * 2_f64.powi(f.e), rest as f64);
        }
    }

    #[test]
    fn neighbours_differ_by_n() {
        for n in 1..=LARGEST {
            let (before, after) = (FACTORIALS[n as usize - 1], FACTORIALS[n as usize]);
            let ratio = (after.m * before.inverse).scale(2_f64.powi(after.e - before.e));
            assert!(((ratio - Dd::from(n as f64)).hi / n as f64).abs() < 2_f64.powi(-102));
        }
    }
}
