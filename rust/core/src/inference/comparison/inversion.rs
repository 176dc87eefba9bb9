//! p-values from intervals: one less the level at which an end is 0.

use crate::inference::distributions::{normal_cdf, normal_quantile};

/// p-values are not told apart beyond this normal deviate, of a tail of 4e-239.
const FARTHEST: f64 = 33.0;

/// The two-sided p-value of a difference whose interval has these ends, with the probability `tail` beyond each.
pub(super) fn p_of_touching(difference: f64, ends: impl Fn(f64) -> (f64, f64)) -> f64 {
    let towards_zero = |z: f64| {
        let (lower, upper) = ends(normal_cdf(-z));
        if difference > 0.0 { lower } else { -upper }
    };
    if difference == 0.0 || towards_zero(0.0) <= 0.0 {
        return 1.0;
    }
    2.0 * normal_cdf(-falling_root(towards_zero, 0.0, FARTHEST))
}

/// The p-value of the `BCa` interval, from that of the percentiles and the acceleration.
///
/// With w = Phi^-1(p/2), the end Phi(a + (a + z) / (1 - a (a + z))) is p/2 at z = u / (1 + a u) - a, u = w - a.
pub(super) fn p_of_bca(difference: f64, p_of_percentiles: f64, acceleration: f64) -> f64 {
    let a = if difference > 0.0 { acceleration } else { -acceleration };
    let tail = 0.5 * p_of_percentiles;
    if tail <= 0.0 || difference == 0.0 {
        return p_of_percentiles;
    }
    let u = normal_quantile(tail) - a;
    let z = u / (1.0 + a * u) - a;
    if 1.0 + a * u > 0.0 && z < 0.0 { 2.0 * normal_cdf(z) } else { 1.0 }
}

/// Where a falling function is 0, by false position that halves an end which stays (Illinois; Dowell & Jarratt 1971).
fn falling_root(function: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let (mut above, mut below) = (function(low), function(high));
    if below > 0.0 {
        return high;
    }
    let mut moved_low = None;
    for _ in 0..100 {
        let middle = low + (high - low) * (above / (above - below));
        let value = function(middle);
        if value == 0.0 || high - low <= 1e-13 * high {
            return middle;
        }
        if value > 0.0 {
            (low, above) = (middle, value);
            below *= if moved_low == Some(true) { 0.5 } else { 1.0 };
        } else {
            (high, below) = (middle, value);
            above *= if moved_low == Some(false) { 0.5 } else { 1.0 };
        }
        moved_low = Some(value > 0.0);
    }
    0.5 * (low + high)
}
