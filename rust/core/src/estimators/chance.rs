//! A probability and its complement, both in double-double and both with full relative precision.
//!
//! Where pass@k is 1e-16, 1 - q has no digits left, and where q is 1e-300, 1 - p has none: so we carry the
//! two. Two independent parts combine without subtraction: q = `q1 q2`, p = `p1 + q1 p2`.

use crate::dd::Dd;

/// 2^e for -1022 <= e <= 1023.
#[inline]
pub(crate) fn pow2(e: i32) -> f64 {
    f64::from_bits(u64::from((1023 + e).cast_unsigned()) << 52)
}

/// `m * 2^e`, with e past what an f64 can hold.
#[derive(Clone, Copy, Debug)]
pub struct Scaled {
    pub(crate) m: Dd,
    pub(crate) e: i32,
}

impl Scaled {
    pub(crate) const ZERO: Self = Self { m: Dd::ZERO, e: 0 };
    pub(crate) const ONE: Self = Self { m: Dd::ONE, e: 0 };

    /// The same value with 1 <= m < 2; `m` must be normal or 0.
    #[inline]
    pub(crate) fn new(m: Dd, e: i32) -> Self {
        let exponent = i32::from((m.hi.to_bits() >> 52) as u16) - 1023;
        if exponent == -1023 { Self::ZERO } else { Self { m: m.scale(pow2(-exponent)), e: e + exponent } }
    }

    /// The value; what is below 2^-1000 comes out as something below 2^-990.
    #[inline]
    #[must_use]
    pub fn to_dd(self) -> Dd {
        self.m.scale(pow2(self.e.max(-1000)))
    }

    /// The value rounded once to f64, also where that is subnormal.
    #[inline]
    #[must_use]
    pub fn to_f64(self) -> f64 {
        if self.e > -960 { self.m.to_f64() * pow2(self.e) } else { self.to_tiny_f64() }
    }

    #[cold]
    fn to_tiny_f64(self) -> f64 {
        let Self { m, e } = Self::new(self.m, self.e);
        if e >= -1022 {
            return m.to_f64() * pow2(e);
        }
        if e < -1080 {
            return 0.0;
        }
        // As m is below 2, its sum with this rounds where the subnormal result will.
        let big = pow2(-1022 - e);
        let s = Dd::sum(big, m.hi);
        ((s.hi + (s.lo + m.lo)) - big) * pow2(e + 200) * pow2(-200)
    }

    #[inline]
    pub(crate) fn mul_f64(self, d: f64) -> Self {
        Self { m: self.m.mul_f64(d), e: self.e }
    }

    #[inline]
    pub(crate) fn div_f64(self, d: f64) -> Self {
        Self { m: self.m.div_f64(d), e: self.e }
    }

    /// `self * other`, renormalised, so that m stays in range however long the product.
    #[inline]
    pub(crate) fn mul(self, other: Self) -> Self {
        Self::new(self.m * other.m, self.e + other.e)
    }
}

/// The chance `q` that all of some draws fail, and `p` = 1 - q that at least one passes.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// All fail.
    pub q: Scaled,
    /// At least one passes.
    pub p: Dd,
}

impl Chance {
    /// All fail, surely.
    pub(crate) const NEVER: Self = Self { q: Scaled::ONE, p: Dd::ZERO };
    /// One passes, surely.
    pub(crate) const SURE: Self = Self { q: Scaled::ZERO, p: Dd::ONE };

    /// Both of two independent parts fail.
    #[inline]
    pub(crate) fn and(self, other: Self) -> Self {
        Self { q: self.q.mul(other.q), p: self.p + self.q.to_dd() * other.p }
    }

    /// `times` independent copies all fail. The relative error grows by a factor `times`.
    pub(crate) fn repeat(self, mut times: u64) -> Self {
        let (mut all, mut part) = (Self::NEVER, self);
        while times > 0 {
            if times % 2 == 1 {
                all = all.and(part);
            }
            times /= 2;
            if part.q.e < i32::MIN / 4 {
                return if times > 0 { Self::SURE } else { all };
            }
            part = part.and(part);
        }
        all
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Chance, Scaled};
    use crate::dd::Dd;

    #[test]
    fn subnormals_round_once() {
        // The low part decides where the high part lies half way between two subnormals.
        let unit = f64::from_bits(1);
        assert_eq!(Scaled { m: Dd { hi: 1.5, lo: 1e-16 }, e: -1074 }.to_f64(), 2.0 * unit);
        assert_eq!(Scaled { m: Dd { hi: 1.5, lo: -1e-16 }, e: -1074 }.to_f64(), unit);
        assert_eq!(Scaled { m: Dd { hi: 1.25, lo: -1e-16 }, e: -1073 }.to_f64(), 2.0 * unit);
        assert_eq!(Scaled { m: Dd { hi: 1.25, lo: 1e-16 }, e: -1073 }.to_f64(), 3.0 * unit);
        assert_eq!(Scaled { m: Dd::ONE, e: -1075 }.to_f64(), 0.0);
        assert_eq!(Scaled { m: Dd::ONE, e: -1022 }.to_f64(), f64::MIN_POSITIVE);
        // Of each binade's values, those next to its ends and to its middle.
        for (e, ulps) in (-1074..=-1022).zip(0..) {
            for bits in
                [1_u64 << ulps, (1 << ulps) + 1, 3 << ulps >> 1, (3 << ulps >> 1) + 1, (2 << ulps) - 1]
            {
                let m = Dd::from(bits as f64 * 2_f64.powi(-ulps));
                assert_eq!(Scaled::new(m, e).to_f64(), f64::from_bits(bits));
            }
        }
    }

    #[test]
    fn repeating_keeps_both_sides() {
        let coin = Chance { q: Scaled::new(Dd::from(0.5), 0), p: Dd::from(0.5) };
        let many = coin.repeat(1070);
        assert_eq!((many.q.to_f64(), many.p.to_f64()), (f64::from_bits(16), 1.0));
        assert_eq!(coin.repeat(1 << 53).q.to_f64(), 0.0);
        let rare = Chance { q: Scaled::ONE, p: Dd::from(1e-40) };
        assert_eq!(rare.repeat(8).p.to_f64(), 8e-40);
    }
}
