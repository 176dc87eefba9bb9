//! The mean largest and smallest of k of n rewards, and the mean value of the sample that scores best.
//!
//! With `a_i` of the n samples below the i-th distinct reward and `c_i` at or above it:
//!
//! ```text
//! max@k     = integral_{x>0} P(max > x) dx - integral_{x<0} P(max <= x) dx
//! P(max >= g_i) = 1 - q_i,   q_i = C(a_i, k) / C(n, k)                Walder and Karkhanis 2025, eq. 12, by parts
//! min@k       likewise, with P(min >= g_i) = C(c_i, k) / C(n, k)
//! best-of-k = sum_i (q_{i+1} - q_i) f_i,  f_i the mean value of the samples with the i-th score
//! ```
//!
//! The steps of the integrals are gaps between rewards: all terms of an integral have one sign, and rewards 0
//! and 1 give pass@k and pass^k. With replacement `q_i` is `(a_i / n)^k`. Sums are double-double, rounded once.

use crate::dd::Dd;
use crate::estimators::{Chance, all_fail_with_replacement, allfail_dd, pow2};

/// Where the largest |reward| is past 2^900 or below 2^-900 all are moved towards 1, so that products neither overflow
/// nor vanish; where squares are taken, past 2^400 or below 2^-400.
const FAR: i32 = 900;
const FAR_FOR_SQUARES: i32 = 400;
const SHIFT: i32 = 600;

/// Problems with more samples than this compute their chances anew.
const MOST_TAILS: usize = 1 << 12;

/// The mean of the largest of k of n samples; `ascending` are distinct finite rewards with their numbers,
/// which add up to n. 1 <= k <= n.
#[must_use]
pub fn max_at_k(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    Extreme::Largest.of_k(ascending, n, k, false, &mut Tails::default())
}

/// The mean of the smallest of k of n samples; as [`max_at_k`].
#[must_use]
pub fn min_at_k(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    Extreme::Smallest.of_k(ascending, n, k, false, &mut Tails::default())
}

/// The mean value of the best of k of n samples; the groups of samples with one score are `(mean value, number)`
/// in ascending order of their scores. Of samples that tie for best each is taken equally often. 1 <= k <= n.
#[must_use]
pub fn best_of_k(by_score: &[(f64, u64)], n: u64, k: u64) -> f64 {
    if k == n {
        return last(by_score);
    }
    weighted(by_score, n, |above| allfail_dd(n, above, k))
}

/// The mean of the largest of k draws with replacement. Biased low as an estimate of the model's own.
#[must_use]
pub fn max_at_k_with_replacement(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    Extreme::Largest.of_k(ascending, n, k, true, &mut Tails::default())
}

/// The mean of the smallest of k draws with replacement. Biased high as an estimate of the model's own.
#[must_use]
pub fn min_at_k_with_replacement(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    Extreme::Smallest.of_k(ascending, n, k, true, &mut Tails::default())
}

/// The mean value of the best of k draws with replacement.
#[must_use]
pub fn best_of_k_with_replacement(by_score: &[(f64, u64)], n: u64, k: u64) -> f64 {
    weighted(by_score, n, |above| all_fail_with_replacement(n, above, k))
}

/// The variance of [`max_at_k`] over the sampling of one problem, unbiased and never negative; 2k <= n.
///
/// The square of max@k less the mean product of the maxima of two disjoint k-subsets. In gaps `d_j` between
/// distinct rewards, with `q'_j = C(a_j - k, k) / C(n - k, k)` the chance that a second subset stays below too:
///
/// ```text
/// sum_j d_j (q_j - q'_j) (q_j d_j + 2 sum_{i<j} q_i d_i)
/// ```
#[must_use]
pub fn max_at_k_variance(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    let scale = scale(ascending, FAR_FOR_SQUARES);
    let (mut variance, mut before) = (Dd::ZERO, Dd::ZERO);
    for_each_gap(ascending, n, |from, to, above| {
        let gap = Dd::sum(to * scale, -from * scale);
        let (first, second) = (allfail_dd(n, above, k), allfail_dd(n - k, above, k));
        // p' > p, as the first subset has taken k of those below.
        let less = if first.p.hi < 0.5 { second.p - first.p } else { first.q.to_dd() - second.q.to_dd() };
        let weighted = gap * first.q.to_dd();
        variance = variance + gap * less * (weighted + before.scale(2.0));
        before = before + weighted;
    });
    variance.to_f64() / scale / scale
}

/// The variance of [`min_at_k`], as [`max_at_k_variance`].
#[must_use]
pub fn min_at_k_variance(ascending: &[(f64, u64)], n: u64, k: u64) -> f64 {
    let mirrored: Vec<_> = ascending.iter().rev().map(|&(reward, count)| (-reward, count)).collect();
    max_at_k_variance(&mirrored, n, k)
}

fn last(groups: &[(f64, u64)]) -> f64 {
    groups.last().map_or(f64::NAN, |last| last.0)
}

/// The power of two that brings the largest reward into range.
fn scale(groups: &[(f64, u64)], far: i32) -> f64 {
    let largest = groups.iter().fold(0.0_f64, |largest, group| largest.max(group.0.abs()));
    if largest > pow2(far) {
        pow2(-SHIFT)
    } else if largest < pow2(-far) {
        pow2(SHIFT)
    } else {
        1.0
    }
}

/// Calls `each(from, to, above)` for neighbouring rewards, with the number of samples at or above the upper one.
fn for_each_gap(ascending: &[(f64, u64)], n: u64, mut each: impl FnMut(f64, f64, u64)) {
    let mut above = n;
    for pair in ascending.windows(2) {
        above -= pair[0].1;
        each(pair[0].0, pair[1].0, above);
    }
}

/// Which of the draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Extreme {
    #[default]
    Largest,
    Smallest,
}

impl Extreme {
    /// The mean over all draws, with what is known of n and k.
    pub(super) fn of_k(
        self,
        ascending: &[(f64, u64)],
        n: u64,
        k: u64,
        with_replacement: bool,
        tails: &mut Tails,
    ) -> f64 {
        if k == n && !with_replacement {
            let extreme = if self == Self::Largest { ascending.last() } else { ascending.first() };
            return extreme.map_or(f64::NAN, |group| group.0);
        }
        tails.turn_to(self, n, k, with_replacement);
        expected(ascending, n, |above| tails.of(above))
    }

    /// The chances that it is one of `above` samples, which are the largest ones, and that it is not.
    fn tail(self, n: u64, k: u64, with_replacement: bool, above: u64) -> [Dd; 2] {
        let all_miss = if with_replacement { all_fail_with_replacement } else { allfail_dd };
        match self {
            Self::Largest => {
                let below = all_miss(n, above, k);
                [below.p, below.q.to_dd()]
            }
            Self::Smallest => {
                let above = all_miss(n, n - above, k);
                [above.q.to_dd(), above.p]
            }
        }
    }
}

/// Chances that problems with as many samples share.
#[derive(Default)]
pub(super) struct Tails {
    of: (Extreme, u64, u64, bool),
    known: Vec<Option<[Dd; 2]>>,
}

impl Tails {
    fn turn_to(&mut self, extreme: Extreme, n: u64, k: u64, with_replacement: bool) {
        if self.of != (extreme, n, k, with_replacement) {
            self.of = (extreme, n, k, with_replacement);
            self.known.clear();
        }
    }

    fn of(&mut self, above: u64) -> [Dd; 2] {
        let (extreme, n, k, with_replacement) = self.of;
        let fresh = || extreme.tail(n, k, with_replacement, above);
        let Some(at) = usize::try_from(above).ok().filter(|&at| at < MOST_TAILS) else { return fresh() };
        if at >= self.known.len() {
            self.known.resize(at + 1, None);
        }
        *self.known[at].get_or_insert_with(fresh)
    }
}

/// The mean of something that is a reward of the samples, with `tail(c)` the chances that it is at or above the
/// least of the c largest, and that it is not.
fn expected(ascending: &[(f64, u64)], n: u64, mut tail: impl FnMut(u64) -> [Dd; 2]) -> f64 {
    let (Some(first), Some(last)) = (ascending.first(), ascending.last()) else { return f64::NAN };
    let scale = scale(ascending, FAR);
    let [mut positive, mut negative] =
        [first.0.max(0.0), -last.0.min(0.0)].map(|base| Dd::from(base * scale));
    for_each_gap(ascending, n, |from, to, above| {
        let [up, down] = tail(above);
        let (from, to) = (from * scale, to * scale);
        if to > 0.0 {
            positive = positive + Dd::sum(to, -from.max(0.0)) * up;
        }
        if from < 0.0 {
            negative = negative + Dd::sum(to.min(0.0), -from) * down;
        }
    });
    (positive - negative).to_f64() / scale
}

/// The mean of the groups' values, each with the chance that the best of the draws is in it.
fn weighted(by_score: &[(f64, u64)], n: u64, none_of: impl Fn(u64) -> Chance) -> f64 {
    let scale = scale(by_score, FAR);
    let (mut sum, mut above, mut outside) = (Dd::ZERO, 0, Chance::NEVER);
    for &(value, count) in by_score.iter().rev() {
        above += count;
        let with = if above == n { Chance::SURE } else { none_of(above) };
        let inside = if outside.p.hi < 0.5 { with.p - outside.p } else { outside.q.to_dd() - with.q.to_dd() };
        sum = sum + inside.mul_f64(value * scale);
        outside = with;
    }
    sum.to_f64() / scale
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{best_of_k, max_at_k, max_at_k_variance, min_at_k, min_at_k_variance};
    use crate::estimators::Estimator::{PassAtK, PassAtKVariance, PassHatK, PassHatKVariance};

    const REWARDS: [(f64, u64); 8] =
        [(0.0, 1), (0.1, 1), (0.2, 1), (0.3, 1), (0.5, 1), (0.6, 1), (0.8, 1), (1.0, 1)];

    #[test]
    fn vectors() {
        assert_eq!(max_at_k(&REWARDS, 8, 3), 431.0 / 560.0);
        assert_eq!(min_at_k(&REWARDS, 8, 3), 37.0 / 280.0);
        let by_score = [(0.0, 1), (1.0, 1), (1.0 / 3.0, 3), (0.0, 1), (0.5, 2)];
        assert_eq!(best_of_k(&by_score, 8, 3), 8.0 / 21.0);
    }

    #[test]
    fn rewards_0_and_1_give_pass_at_k() {
        for (n, c, k) in [(8, 3, 4), (20_000, 3, 10), (64, 1, 32), (1 << 40, 5, 3)] {
            let rewards = [(0.0, n - c), (1.0, c)];
            assert_eq!(max_at_k(&rewards, n, k), PassAtK.evaluate(n, c, k));
            assert_eq!(min_at_k(&rewards, n, k), PassHatK.evaluate(n, c, k));
            assert_eq!(max_at_k_variance(&rewards, n, k), PassAtKVariance.evaluate(n, c, k));
            assert_eq!(min_at_k_variance(&rewards, n, k), PassHatKVariance.evaluate(n, c, k));
            assert_eq!(best_of_k(&rewards, n, k), PassAtK.evaluate(n, c, k));
        }
    }

    #[test]
    fn far_rewards_do_not_overflow() {
        assert_eq!(max_at_k(&[(-f64::MAX, 1), (f64::MAX, 1)], 2, 1), 0.0);
        assert_eq!(max_at_k(&[(-1e-300, 1), (1e300, 2)], 3, 2), 1e300);
        assert_eq!(min_at_k(&[(f64::MIN_POSITIVE, 2), (1e300, 1)], 3, 3), f64::MIN_POSITIVE);
        assert_eq!(max_at_k(&[(1e-310, 1), (3e-310, 1)], 2, 1), 2e-310);
        assert_eq!(max_at_k_variance(&[(0.0, 1), (1e-150, 1)], 2, 1), 0.5 * 1e-150 * 1e-150 / 2.0);
    }
}
