//! G-Pass@k: a given share of k draws passes, and its mean over the shares above one half.
//!
//! ```text
//! G-Pass@k_tau = P(H >= m),  H ~ hypergeometric(n, c, k),  m = max(ceil(tau k), 1)     Liu et al. 2024
//! mG-Pass@k    = (2/k) sum_{i = ceil(k/2)+1}^{k} P(H >= i) = (2/k) E[(H - ceil(k/2))+]
//! ```
//!
//! Both are unbiased in k <= n draws, for the same of a binomial. tau -> 0 gives pass@k, tau = 1 gives pass^k. The
//! masses are walked from the mode both ways, each from the one before, so that sums are of positive terms and no
//! factorial is needed:
//!
//! ```text
//! w(j+1) = w(j) (c-j)(k-j) / ((j+1)(n-c-k+j+1))
//! ```

use super::allfail::allfail_dd;
use super::chance::{Scaled, pow2};
use crate::dd::Dd;

/// A share of draws, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tau(u64);

impl Tau {
    /// One half.
    pub const HALF: Self = Self(0.5_f64.to_bits());

    /// The share, unless it is outside [0, 1] or NaN.
    #[must_use]
    pub fn new(tau: f64) -> Option<Self> {
        (0.0..=1.0).contains(&tau).then(|| Self(tau.to_bits()))
    }

    /// The fewest passes that are this share of k draws, and at least one.
    ///
    /// A product next to an integer is that integer: 0.28 of 25 is 7, though in floating point it is more.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and k
    pub fn of(self, k: u64) -> u64 {
        let share = f64::from_bits(self.0) * k as f64;
        let nearest = share.round();
        let needed =
            if (share - nearest).abs() <= 8.0 * f64::EPSILON * share { nearest } else { share.ceil() };
        (needed as u64).clamp(1, k.max(1))
    }
}

/// A term below this, next to its sum, changes nothing.
const NEGLIGIBLE: i32 = -120;
/// What is still to come of m is 0 as a float once a term is below 2 to this, next to the mode's.
const VANISHED: i32 = -1500;
/// Terms are rescaled when they fall below 2 to this.
const SMALL: i32 = -500;

/// At least `tau` of k draws pass.
pub(crate) fn g_pass_at_k(n: u64, c: u64, k: u64, tau: Tau) -> f64 {
    match tau.of(k) {
        1 => allfail_dd(n, c, k).p.to_f64(),
        all if all == k => allfail_dd(n, n - c, k).q.to_f64(),
        m => above(n, c, k, m, |_| 1.0).to_f64(),
    }
}

/// The mean of G-Pass@k over the shares above one half.
pub(crate) fn mg_pass_at_k(n: u64, c: u64, k: u64) -> f64 {
    let half = k.div_ceil(2);
    if half == k {
        return 0.0;
    }
    above(n, c, k, half + 1, |j| (j - half) as f64).mul_f64(2.0).div_f64(k as f64).to_f64()
}

/// The variance of [`g_pass_at_k`]: its square minus P(two sets of k draws that do not overlap both reach m).
pub(crate) fn g_pass_at_k_variance(n: u64, c: u64, k: u64, tau: Tau) -> f64 {
    let m = tau.of(k);
    // Fewer than m passes are more than k - m failures, which varies alike; next to 1 the difference would lose it.
    let reached = above(n, c, k, m, |_| 1.0).to_dd();
    let (c, m) = if reached.hi > 0.5 { (n - c, k - m + 1) } else { (c, m) };
    variance(n, c, k, m, |_| 1.0).to_f64()
}

/// The variance of [`mg_pass_at_k`].
pub(crate) fn mg_pass_at_k_variance(n: u64, c: u64, k: u64) -> f64 {
    let half = k.div_ceil(2);
    let v = variance(n, c, k, half + 1, |j| (j - half) as f64);
    v.mul_f64(4.0).div_f64(k as f64).div_f64(k as f64).to_f64()
}

/// Never negative: of two sets that do not overlap, one has more passes where the other has fewer.
fn variance(n: u64, c: u64, k: u64, m: u64, weight: impl Fn(u64) -> f64 + Copy) -> Dd {
    let once = above(n, c, k, m, weight).to_dd();
    let both = |j: u64| above(n - k, c - j, k, m, weight).to_dd();
    let twice = weighted(n, c, k, m, |j| both(j).mul_f64(weight(j))).to_dd();
    let v = once * once - twice;
    // Rounding may leave -1e-33 of a probability that is all but 1.
    if v.hi > 0.0 { v } else { Dd::ZERO }
}

/// `E[weight(H); H >= m]`.
fn above(n: u64, c: u64, k: u64, m: u64, weight: impl Fn(u64) -> f64) -> Scaled {
    weighted(n, c, k, m, |j| Dd::from(weight(j)))
}

fn weighted(n: u64, c: u64, k: u64, m: u64, weight: impl Fn(u64) -> Dd) -> Scaled {
    let (least, most) = ((c + k).saturating_sub(n), c.min(k));
    if m > most {
        return Scaled::ZERO;
    }
    let mode = u128::from(k + 1) * u128::from(c + 1) / u128::from(n + 2);
    let mode = u64::try_from(mode).unwrap_or(most).clamp(least, most);
    let (mut reached, mut all) = (Sum::EMPTY, Sum::EMPTY);
    let mut add = |j: u64, term: Scaled| {
        all.add(term);
        if j >= m {
            reached.add(Scaled { m: term.m * weight(j), e: term.e });
        }
        let waits = j < m && j >= mode && term.e > VANISHED;
        waits || !all.outweighs(term) || (j >= m && !reached.outweighs(term))
    };
    add(mode, Scaled::ONE);
    let mut term = Scaled::ONE;
    for j in mode..most {
        term = times(term, [c - j, k - j], [j + 1, n + j + 1 - c - k]);
        if !add(j + 1, term) {
            break;
        }
    }
    term = Scaled::ONE;
    for j in (least + 1..=mode).rev() {
        term = times(term, [j, n + j - c - k], [c - j + 1, k - j + 1]);
        if !add(j - 1, term) {
            break;
        }
    }
    let (reached, all) = (reached.0, all.0);
    Scaled { m: reached.m / all.m, e: reached.e - all.e }
}

#[inline]
fn times(term: Scaled, up: [u64; 2], down: [u64; 2]) -> Scaled {
    let [a, b, c, d] = [up[0], up[1], down[0], down[1]].map(|count| count as f64);
    let m = term.m.mul_f64(a).div_f64(c).mul_f64(b).div_f64(d);
    if m.hi < pow2(SMALL) { Scaled::new(m, term.e) } else { Scaled { m, e: term.e } }
}

/// A sum of positive terms whose exponents may be far apart.
struct Sum(Scaled);

impl Sum {
    const EMPTY: Self = Self(Scaled::ZERO);

    #[inline]
    fn add(&mut self, term: Scaled) {
        if self.0.m.hi == 0.0 {
            self.0 = term;
        } else if term.e == self.0.e {
            self.0.m = self.0.m + term.m;
        } else {
            let down = pow2((term.e - self.0.e).clamp(-1000, 1000));
            self.0.m = self.0.m + term.m.scale(down);
        }
    }

    /// Whether the term is nothing next to the sum.
    #[inline]
    fn outweighs(&self, term: Scaled) -> bool {
        let ratio = term.m.hi * pow2((term.e - self.0.e).clamp(-1000, 1000));
        ratio < self.0.m.hi * pow2(NEGLIGIBLE)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::Tau;
    use crate::estimators::Estimator::{
        GPassAtK, GPassAtKVariance, MgPassAtK, PassAtK, PassAtKVariance, PassHatK,
    };

    fn tau(share: f64) -> Tau {
        Tau::new(share).unwrap()
    }

    #[test]
    fn vectors() {
        assert_eq!(GPassAtK(Tau::HALF).evaluate(16, 10, 8), 269.0 / 286.0);
        assert_eq!(GPassAtK(tau(1.0)).evaluate(16, 10, 8), 1.0 / 286.0);
        assert_eq!(MgPassAtK.evaluate(16, 10, 8), 38.0 / 143.0);
    }

    #[test]
    fn a_variance_next_to_nothing_keeps_its_digits() {
        assert_eq!(GPassAtKVariance(tau(0.0)).evaluate(40, 18, 20), 2.808_227_519_756_718_5e-18);
        assert_eq!(PassAtKVariance.evaluate(40, 18, 20), 2.808_227_519_756_718_5e-18);
    }

    #[test]
    fn shares_round_as_they_are_meant() {
        assert_eq!(tau(0.28).of(25), 7);
        assert_eq!(tau(0.0).of(8), 1);
        assert_eq!(tau(0.51).of(8), 5);
        for k in 1..=128 {
            for hundredths in 0..=100_u64 {
                let needed = (hundredths * k).div_ceil(100).max(1);
                assert_eq!(tau(hundredths as f64 / 100.0).of(k), needed);
            }
        }
        assert_eq!(tau(1.0 / 3.0).of(10_000_000_000), 3_333_333_334);
        assert!([-0.1, 1.1, f64::NAN].into_iter().all(|share| Tau::new(share).is_none()));
    }

    #[test]
    fn ends_are_pass_at_k_and_pass_hat_k() {
        for n in [1, 2, 7, 64, 1000] {
            for (c, k) in [(0, 1), (0, n), (n, n), (n / 2, n / 2 + 1), (n - 1, 1)] {
                assert_eq!(GPassAtK(tau(0.0)).evaluate(n, c, k), PassAtK.evaluate(n, c, k));
                assert_eq!(GPassAtK(tau(1.0)).evaluate(n, c, k), PassHatK.evaluate(n, c, k));
            }
            assert_eq!(MgPassAtK.evaluate(n, n / 2, 1), 0.0);
            assert_eq!(MgPassAtK.evaluate(2 * n, 2 * n, 2 * n), 1.0);
        }
    }

    #[test]
    fn what_is_far_from_the_mode_keeps_its_digits() {
        // All but one of 400 draws of 4,000 with 2,000 passes: a ratio of factorials near 1e-126.
        let value = GPassAtK(tau(399.0 / 400.0)).evaluate(4_000, 2_000, 400);
        let all = PassHatK.evaluate(4_000, 2_000, 400);
        let one_less = all * 400.0 * 2_000.0 / 1_601.0;
        assert!((value / (all + one_less) - 1.0).abs() < 1e-14, "{value:e} {all:e}");
        assert_eq!(GPassAtK(tau(0.9)).evaluate(1 << 32, 1 << 31, 1 << 31), 0.0);
        assert_eq!(GPassAtK(tau(0.9)).evaluate(1 << 20, 10, 1 << 19), GPassAtK(tau(0.5)).evaluate(20, 0, 10));
    }
}
