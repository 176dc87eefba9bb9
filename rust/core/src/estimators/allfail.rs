//! The kernel: the chance that all of k samples, drawn without replacement, fail.
//!
//! ```text
//! q_k = C(n-c, k) / C(n, k) = prod_{i<m} (n-M-i)/(n-i) = (n-c)! (n-k)! / (n! (n-c-k)!)
//! m = min(c, k),  M = max(c, k),  pass@k = 1 - q_k
//! ```
//!
//! Chen et al. 2021 (arXiv 2107.03374, eq. 1). All in double-double, so both q and 1 - q come out
//! correctly rounded but for one case in 2^30. Up to n = 2^14 the last form is four look-ups. Past it the
//! product is taken, in blocks of 16 factors, and where that is long Stirling's form; q < e^(-mM/n) bounds
//! the work, at any n up to 2^53, by a few thousand factors.

use super::chance::{Chance, Scaled};
use super::factorials::{FACTORIALS, Factorial, LARGEST};
use super::product::Product;
use super::stirling::{exp_neg, neg_ln_allfail};
use crate::dd::Dd;

/// Then `k q_k` rounds to 0, for any k: q is below 2 to this.
const VANISHED: i32 = -1154;
/// Then 1 - q rounds to 1.
const CERTAIN: i32 = -54;
/// Up to so many factors are multiplied, more go through logarithms; both take 0.5 to 0.9 us here.
const SHORT: u64 = 32;

/// (q, 1 - q), where q = C(n-c, k) / C(n, k), for c, k <= n <= 2^53; (0, 1) where c + k > n.
#[inline]
#[must_use]
pub fn allfail(n: u64, c: u64, k: u64) -> (f64, f64) {
    let chance = allfail_dd(n, c, k);
    (chance.q.to_f64(), chance.p.to_f64())
}

/// As [`allfail`], in double-double and without underflow.
#[inline]
#[must_use]
pub fn allfail_dd(n: u64, c: u64, k: u64) -> Chance {
    Draws::new(n, c).all_fail(k)
}

/// Draws from one problem's n samples of which c pass, for ks that do not descend.
pub(crate) struct Draws {
    n: u64,
    c: u64,
    /// Empty where n is past it.
    table: &'static [Factorial],
    /// (n-c)! / n!
    ratio: Scaled,
    walk: Product,
}

#[allow(clippy::cast_possible_truncation)] // the table is empty where an index could be
impl Draws {
    #[inline]
    pub(crate) fn new(n: u64, c: u64) -> Self {
        let mut draws = Self { n, c, table: &[], ratio: Scaled::ONE, walk: Product::in_blocks_of(16) };
        if n <= LARGEST && c <= n {
            draws.table = &FACTORIALS;
            let (top, bottom) = (&draws.table[(n - c) as usize], &draws.table[n as usize]);
            draws.ratio = Scaled { m: top.m * bottom.inverse, e: top.e - bottom.e };
        }
        draws
    }

    /// All of k draws fail.
    #[inline]
    pub(crate) fn all_fail(&mut self, k: u64) -> Chance {
        self.down_to(k, VANISHED)
    }

    /// At least one of k draws passes, which is settled as 1 once q < 2^-54.
    #[inline]
    pub(crate) fn some_pass(&mut self, k: u64) -> f64 {
        self.down_to(k, CERTAIN).p.to_f64()
    }

    #[inline]
    fn down_to(&mut self, k: u64, floor: i32) -> Chance {
        let &mut Self { n, c, .. } = self;
        if c == 0 || k == 0 {
            Chance::NEVER
        } else if c + k > n {
            Chance::SURE
        } else if let Some(top) = self.table.get((n - k) as usize) {
            let bottom = &self.table[(n - c - k) as usize];
            let q =
                Scaled { m: self.ratio.m * (top.m * bottom.inverse), e: self.ratio.e + (top.e - bottom.e) };
            Chance { q, p: q.to_dd().complement() }
        } else {
            self.multiply(k, floor)
        }
    }

    #[cold]
    fn multiply(&mut self, k: u64, floor: i32) -> Chance {
        let &mut Self { n, c, .. } = self;
        let (few, many) = (c.min(k), c.max(k));
        // -log2 q >= m M log2(e) / n
        if few as f64 * (many as f64 / n as f64) * std::f64::consts::LOG2_E > f64::from(1 - floor) {
            return Chance::SURE;
        }
        if few > SHORT && many <= n / 5 {
            return exp_neg(neg_ln_allfail(n, few, many));
        }
        let factor = |i| {
            let den = (n - i) as f64;
            [den - many as f64, den, many as f64].map(Dd::from)
        };
        if k <= c {
            self.walk.first(few, floor, factor)
        } else {
            Product::in_blocks_of(16).first(few, floor, factor)
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::allfail;
    use crate::estimators::Estimator::PassAtK;

    #[test]
    fn vectors() {
        assert_eq!(allfail(8, 3, 4), (1.0 / 14.0, 13.0 / 14.0));
        assert_eq!(allfail(1_000_000_000, 1, 2).1, 2e-9);
        assert_eq!(allfail(1_000_000_000, 7, 10).1, 6.999_999_811_000_002e-8);
    }

    #[test]
    fn edges() {
        for n in [1, 2, 16, 17, 1 << 14, (1 << 14) + 1, 1 << 53] {
            assert_eq!(allfail(n, 0, n), (1.0, 0.0));
            assert_eq!(allfail(n, n, 0), (1.0, 0.0));
            assert_eq!(allfail(n, n, 1), (0.0, 1.0));
            assert_eq!(allfail(n, 1, n), (0.0, 1.0));
            assert_eq!(PassAtK.evaluate(n, 1, 1), 1.0 / n as f64);
            assert_eq!(PassAtK.evaluate(n, 1, n / 2), (n / 2) as f64 / n as f64);
        }
    }

    #[test]
    fn huge_is_quick() {
        for c in [1_u64, 255, 257, 4_096, 94_906_265, 1 << 40, 1 << 52, (1 << 53) - 1] {
            for k in [1_u64, 255, 257, 4_096, 94_906_265, 1 << 40, 1 << 52, (1 << 53) - 1] {
                let (q, p) = allfail(1 << 53, c, k);
                assert!((q + p - 1.0).abs() <= f64::EPSILON);
            }
        }
    }
}
