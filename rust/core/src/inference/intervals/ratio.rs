//! Intervals from the law of a cluster bootstrap: G clusters drawn with replacement, each with all its problems.
//!
//! The mean of a resample is a ratio, `sum S_g / sum N_g` of cluster sums and sizes, and
//! ```text
//! P(sum S_g / sum N_g <= x) = P(sum (S_g - x N_g) <= 0)
//! ```
//! is the law of a sum for each x. Field & Welsh, "Bootstrapping clustered data" (2007), for the plan.

use super::Interval;
use super::resampled::{TOO_SKEWED, bca_levels};
use crate::inference::distributions::normal_quantile;
use crate::inference::law::{Part, Smooth};
use crate::inference::row::Label;

/// The clusters of one k.
pub(crate) struct Ratio<'a> {
    /// The sum over each cluster and its number of problems.
    pub clusters: &'a [(f64, f64)],
    /// The mean over all problems.
    pub mean: f64,
    /// Its cluster-robust standard error, above 0.
    pub se: f64,
    /// The end of the range \[0, max\].
    pub max: f64,
}

impl Ratio<'_> {
    /// Percentiles, the same mirrored, or `BCa`; none where the law is too coarse to be smooth.
    pub(crate) fn interval(&self, label: Label, level: f64) -> Option<Interval> {
        let tail = 0.5 * (1.0 - level);
        let (low, high, label, reason) = match bca_levels(self.acceleration(), level) {
            Some((low, high)) if label == Label::Bca => (low, high, label, None),
            None if label == Label::Bca => (tail, 1.0 - tail, Label::Percentile, TOO_SKEWED),
            _ => (tail, 1.0 - tail, label, None),
        };
        let (lower, upper) = (self.quantile(low, tail)?, self.quantile(high, tail)?);
        let cut = |end: f64| end.clamp(0.0, self.max);
        let (lower, upper) = match label {
            Label::Basic => (2.0 * self.mean - upper, 2.0 * self.mean - lower),
            _ => (lower, upper),
        };
        Some(Interval::new(cut(lower), cut(upper), label).because(reason))
    }

    /// Of the clusters' influence, u = S - N mean.
    fn acceleration(&self) -> f64 {
        let influence = self.clusters.iter().map(|(sum, size)| sum - size * self.mean);
        let (squares, cubes) =
            influence.fold((0.0, 0.0), |(squares, cubes), u| (squares + u * u, cubes + u * u * u));
        cubes / (6.0 * squares * f64::sqrt(squares))
    }

    /// P(mean of a resample <= x), of a law that is smooth enough for such a tail.
    fn below(&self, x: f64, tail: f64) -> Option<f64> {
        let excess = self.clusters.iter().map(|(sum, size)| (1, sum - x * size));
        Some(Smooth::new(&[Part::resample(excess)], tail)?.below(0.0))
    }

    /// The x with that much of the law up to it: bisected secants (Illinois) on the normal scale.
    fn quantile(&self, p: f64, tail: f64) -> Option<f64> {
        let target = normal_quantile(p);
        let distance =
            |x: f64| Some(normal_quantile(self.below(x, tail)?.clamp(1e-16, 1.0 - 1e-16)) - target);
        let (mut low, mut high) = (self.mean - 8.0 * self.se, self.mean + 8.0 * self.se);
        let (mut at_low, mut at_high) = (distance(low)?, distance(high)?);
        for _ in 0..100 {
            let x = high - at_high * (high - low) / (at_high - at_low);
            let at = distance(x)?;
            if at * at_high < 0.0 {
                (low, at_low) = (high, at_high);
            } else {
                at_low *= 0.5;
            }
            (high, at_high) = (x, at);
            if at.abs() < 1e-12 || (high - low).abs() < 1e-14 * self.max {
                break;
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::Ratio;
    use crate::inference::intervals::percentile;
    use crate::inference::law::tests::example;
    use crate::inference::moments::Moments;
    use crate::inference::row::Label;
    use crate::rng::Stream;

    #[test]
    fn clusters_of_one_problem_are_problems() {
        let values = example(4);
        let clusters: Vec<(f64, f64)> =
            values.iter().flat_map(|&(m, h)| (0..m).map(move |_| (h, 1.0))).collect();
        let moments = Moments::new(values.iter().copied(), 1.0);
        let ratio = Ratio { clusters: &clusters, mean: moments.mean, se: moments.se, max: 1.0 };
        let interval = ratio.interval(Label::Percentile, 0.95).unwrap();
        let usual = percentile(values.into_iter(), 0.95, 1.0);
        assert!((interval.lower - usual.lower).abs() < 1e-9 && (interval.upper - usual.upper).abs() < 1e-9);
    }

    #[test]
    fn ratios_have_the_percentiles_of_resampled_clusters() {
        // 25 clusters of 1 to 9 problems; 40,000 resamples.
        let clusters: Vec<(f64, f64)> = (0..25_u32)
            .map(|g| (f64::from(g * 7 % 11) / 10.0 * f64::from(1 + g * g % 9), f64::from(1 + g * g % 9)))
            .collect();
        let sum = |of: fn(&(f64, f64)) -> f64| clusters.iter().map(of).sum::<f64>();
        let (problems, mean) = (sum(|c| c.1), sum(|c| c.0) / sum(|c| c.1));
        let squares: f64 = clusters.iter().map(|(s, n)| (s - n * mean).powi(2)).sum();
        let se = (25.0 / 24.0 * squares).sqrt() / problems;
        let mut means: Vec<f64> = (0..40_000)
            .map(|replicate| {
                let mut stream = Stream::new(3, replicate);
                let drawn = (0..25).map(|_| clusters[(stream.next_u64() % 25) as usize]);
                let (sum, size) = drawn.fold((0.0, 0.0), |(s, n), (ds, dn)| (s + ds, n + dn));
                sum / size
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let interval =
            Ratio { clusters: &clusters, mean, se, max: 1.0 }.interval(Label::Percentile, 0.95).unwrap();
        // Monte Carlo error of an end: .0134 se.
        assert!((interval.lower - means[1_000]).abs() < 0.05 * se, "{} {}", interval.lower, means[1_000]);
        assert!((interval.upper - means[39_000]).abs() < 0.05 * se, "{} {}", interval.upper, means[39_000]);
    }
}
