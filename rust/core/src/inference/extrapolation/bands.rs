//! Simultaneous bands of the curve up to n, which the bounds beyond it start from.
//!
//! ```text
//! pass@j +- t se_j,   t the level's quantile over resamples of max_j |mean*_j - mean_j| / se_j
//! ```
//! (sup-t; Montiel Olea & Plagborg-Moller 2019), and no less than the normal one. Where too few problems differ from the
//! rest for a standard error, the beta interval of the level that t has for a normal.

use super::bounds::{Band, RESOLUTION};
use crate::inference::distributions::{normal_cdf, normal_quantile};
use crate::inference::intervals::{Spread, beta, choose};
use crate::inference::moments::Moments;
use crate::inference::row::Label;
use crate::inference::spec::Method;

/// More bands would cost the linear programs more than they tell them.
const MOST_CHECKPOINTS: u32 = 12;

/// The greatest |mean* - mean| / se over the js of a resample's means.
pub(super) fn deviation(moments: &[Moments], means: impl Iterator<Item = f64>) -> f64 {
    let at = |(m, mean): (&Moments, f64)| (mean - m.mean).abs() / m.se;
    moments.iter().zip(means).filter(|(m, _)| m.se > 0.0).map(at).fold(0.0, f64::max)
}

/// Bands around the means at `js` that hold the whole curve at once with the probability `level`, which is the level of
/// the quantile t of the resamples' deviations.
pub(super) fn bands(js: &[u64], moments: &[Moments], t: f64, level: f64) -> Vec<Band> {
    let critical = t.max(normal_quantile(0.5 + 0.5 * level));
    let each = 2.0 * normal_cdf(critical) - 1.0;
    let band = |(&j, m): (&u64, &Moments)| {
        let (low, high) = match choose(Method::Auto, m).0 {
            // Too few problems differ from the rest for a standard error to mean much.
            Label::Beta => {
                let interval = beta(&Spread::of_problems(m, 1.0), each, 1.0);
                (interval.lower, interval.upper)
            }
            _ => (m.mean - critical * m.se, m.mean + critical * m.se),
        };
        Band { j, low: (low - RESOLUTION).max(0.0), high: (high + RESOLUTION).min(1.0) }
    };
    js.iter().zip(moments).map(band).collect()
}

/// 1, 2, 4, ... and n; for a large n in wider steps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below n")]
pub(super) fn checkpoints(n: u64) -> Vec<u64> {
    let step = (libm::log2(n as f64) / f64::from(MOST_CHECKPOINTS)).max(1.0);
    let at = |i: u32| libm::exp2(f64::from(i) * step).round() as u64;
    (0..MOST_CHECKPOINTS).map(at).take_while(|&j| j < n).chain([n]).collect()
}

#[cfg(test)]
mod tests {
    use super::checkpoints;

    #[test]
    fn checkpoints_end_with_n() {
        assert_eq!(checkpoints(1), [1]);
        assert_eq!(checkpoints(8), [1, 2, 4, 8]);
        assert_eq!(checkpoints(9), [1, 2, 4, 8, 9]);
        assert_eq!(checkpoints(4096).len(), 13);
        for n in [4097, 1_000_000, 1 << 53] {
            let js = checkpoints(n);
            assert!(js.len() == 13 && js.is_sorted_by(|a, b| a < b) && js[12] == n, "{js:?}");
        }
    }
}
