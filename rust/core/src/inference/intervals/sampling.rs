//! The interval over samples: these problems, of which other samples would give other estimates.
//!
//! Few noisy problems are the trouble, wherever the mean is. So problems are split by their estimate h into a low side
//! (h <= max/2, distance h from 0) and a high one (distance max - h), each with the mean y of its distances over all P
//! problems, the variance V = sum v / P^2 of the noise, and a gamma interval in which one more success weighs
//! w = 1 / (P floor(n/k)), n the least number of samples: floor(n/k) sets of k do not overlap. MOVER joins both sides.
//! A side without noise has a far end all the same.

use super::analytic::{Noisy, mover};
use super::{Interval, Label};

/// Both sides of one k; means and variances are shares of the range.
pub(crate) struct Sides {
    low: Noisy,
    /// None of the problems is there.
    no_low: bool,
    high: Noisy,
    no_high: bool,
    step: f64,
}

impl Sides {
    /// From (multiplicity, value, variance) of the problems; `repeats` is floor(n/k).
    pub(crate) fn new(values: impl Iterator<Item = (u64, f64, f64)>, repeats: u64, max: f64) -> Self {
        let (mut low, mut high) = (Noisy::default(), Noisy::default());
        let (mut lows, mut highs) = (0, 0);
        for (m, value, variance) in values {
            let (share, noise) = (value / max, variance / (max * max));
            let (side, problems) = if share <= 0.5 { (&mut low, &mut lows) } else { (&mut high, &mut highs) };
            side.mean += m as f64 * share.min(1.0 - share);
            side.variance += m as f64 * noise;
            *problems += m;
        }
        let count = (lows + highs) as f64;
        for side in [&mut low, &mut high] {
            side.mean /= count;
            side.variance /= count * count;
        }
        let step = 1.0 / (count * repeats.max(1) as f64);
        Self { low, no_low: lows == 0, high, no_high: highs == 0, step }
    }

    /// The ends of the interval of the mean, `estimate`, with the probability `tail` beyond each.
    pub(crate) fn ends(&self, estimate: f64, tail: f64, max: f64) -> (f64, f64) {
        let side = |side: Noisy, nobody: bool| if nobody { (0.0, 0.0) } else { side.gamma(self.step, tail) };
        let means = [self.low.mean, self.high.mean];
        let (lower, upper) = mover(means, [side(self.low, self.no_low), side(self.high, self.no_high)]);
        // The mean is that of the low side less that of the high, and the share of the high.
        let shift = estimate - max * (means[0] - means[1]);
        ((max * lower + shift).max(0.0), (max * upper + shift).min(max))
    }
}

/// The same as an interval.
pub(crate) fn over_samples(sides: &Sides, estimate: f64, level: f64, max: f64) -> Interval {
    let (lower, upper) = sides.ends(estimate, 0.5 * (1.0 - level), max);
    Interval::new(lower, upper, Label::Mover)
}
