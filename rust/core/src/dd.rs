//! Double-double arithmetic: a value as the unevaluated sum of two f64, about 106 bits.
//!
//! Only `+ - * /`, so the bits are the same on every IEEE platform. Sums after Knuth, products split after
//! Dekker (Numer. Math. 18:224, 1971), which gives the bits of a fused multiply-add while |x| < 2^970 and the
//! product's last bits stay above 2^-1022. Each operation errs by less than 2^-102 of its result.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum `hi + lo` with |lo| <= ulp(hi) / 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dd {
    /// The value rounded to f64.
    pub hi: f64,
    /// What the rounding left out.
    pub lo: f64,
}

const SPLITTER: f64 = 134_217_729.0; // 2^27 + 1

#[inline]
fn split(x: f64) -> (f64, f64) {
    let t = SPLITTER * x;
    let hi = t - (t - x);
    (hi, x - hi)
}

impl Dd {
    /// 0
    pub const ZERO: Self = Self { hi: 0.0, lo: 0.0 };
    /// 1
    pub const ONE: Self = Self { hi: 1.0, lo: 0.0 };

    /// The exact sum of two f64.
    #[inline]
    #[must_use]
    pub fn sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        let bb = hi - a;
        Self { hi, lo: (a - (hi - bb)) + (b - bb) }
    }

    /// The exact sum where |a| >= |b|.
    #[inline]
    fn quick_sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        Self { hi, lo: b - (hi - a) }
    }

    /// The exact product of two f64.
    #[inline]
    #[must_use]
    pub fn product(a: f64, b: f64) -> Self {
        let hi = a * b;
        let (ah, al) = split(a);
        let (bh, bl) = split(b);
        Self { hi, lo: ((ah * bh - hi) + ah * bl + al * bh) + al * bl }
    }

    /// The quotient of two f64.
    #[inline]
    #[must_use]
    pub fn quotient(a: f64, b: f64) -> Self {
        Self::from(a).div_f64(b)
    }

    /// `self * d`
    #[inline]
    #[must_use]
    pub fn mul_f64(self, d: f64) -> Self {
        let p = Self::product(self.hi, d);
        Self::quick_sum(p.hi, p.lo + self.lo * d)
    }

    /// `self / d`
    #[inline]
    #[must_use]
    pub fn div_f64(self, d: f64) -> Self {
        let q = self.hi / d;
        let p = Self::product(q, d);
        let r = ((self.hi - p.hi) - p.lo) + self.lo;
        Self::quick_sum(q, r / d)
    }

    /// `self * d`, exact where `d` is a power of two.
    #[inline]
    #[must_use]
    pub fn scale(self, d: f64) -> Self {
        Self { hi: self.hi * d, lo: self.lo * d }
    }

    /// `1 - self` for a value in [0, 1].
    #[inline]
    #[must_use]
    pub fn complement(self) -> Self {
        let s = Self::quick_sum(1.0, -self.hi);
        Self::quick_sum(s.hi, s.lo - self.lo)
    }

    /// The square root of a value that is 0 or positive: one step of Newton's from the root of the high part.
    #[inline]
    #[must_use]
    pub fn sqrt(self) -> Self {
        if self.hi <= 0.0 {
            return Self::ZERO;
        }
        let root = self.hi.sqrt();
        let rest = (self - Self::product(root, root)).hi;
        Self::quick_sum(root, rest / (2.0 * root))
    }

    /// The value rounded to f64.
    #[inline]
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.hi + self.lo
    }
}

impl From<f64> for Dd {
    #[inline]
    fn from(x: f64) -> Self {
        Self { hi: x, lo: 0.0 }
    }
}

impl Neg for Dd {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Add for Dd {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        let s = Self::sum(self.hi, other.hi);
        let t = Self::sum(self.lo, other.lo);
        let u = Self::quick_sum(s.hi, s.lo + t.hi);
        Self::quick_sum(u.hi, u.lo + t.lo)
    }
}

impl Sub for Dd {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Dd {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        let p = Self::product(self.hi, other.hi);
        Self::quick_sum(p.hi, p.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for Dd {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let q1 = self.hi / other.hi;
        let r = self - other.mul_f64(q1);
        let q2 = r.hi / other.hi;
        let r = r - other.mul_f64(q2);
        let q = Self::quick_sum(q1, q2);
        q + Self::from(r.hi / other.hi)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // to the last bit
mod tests {
    use super::Dd;

    #[test]
    fn products_keep_every_bit() {
        for (a, b) in
            [(9_007_199_254_740_991_u64, 9_007_199_254_740_989_u64), (3, 5), (1 << 52, 12_345_678_901)]
        {
            let exact = u128::from(a) * u128::from(b);
            let p = Dd::product(a as f64, b as f64);
            assert_eq!(p.hi, exact as f64);
            assert_eq!(p.lo, (exact.cast_signed() - (p.hi as u128).cast_signed()) as f64);
        }
    }

    #[test]
    fn a_third_times_three_is_one() {
        let third = Dd::quotient(1.0, 3.0);
        assert!((third.mul_f64(3.0) - Dd::ONE).hi.abs() < 1e-31);
        assert!((Dd::ONE / third - Dd::from(3.0)).hi.abs() < 1e-30);
        assert!((third.complement() - third - third).hi.abs() < 1e-31);
        for square in [2.0, 3.0, 1e300, 1e-280] {
            let root = Dd::from(square).sqrt();
            assert!((root * root - Dd::from(square)).hi.abs() < 1e-31 * square);
        }
    }
}
