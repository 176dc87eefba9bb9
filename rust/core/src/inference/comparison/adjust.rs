//! p-values of many comparisons.
//!
//! With p_(1) <= ... <= p_(m) the m values that exist,
//! ```text
//! Holm (1979):                  max_{s <= r} min(1, (m - s + 1) p_(s))     no false claim, in 1 - alpha of cases
//! Benjamini & Hochberg (1995):  min_{s >= r} min(1, m p_(s) / s)           a share of false claims, on average
//! ```
//! A NaN is no test: it stays NaN, and the others are adjusted without it.

/// Holm's step-down values, in the order given.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut largest = 0.0_f64;
    for (before, &at) in order.iter().enumerate() {
        largest = largest.max(p_values[at] * (order.len() - before) as f64).min(1.0);
        adjusted[at] = largest;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up values, in the order given.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut least = 1.0_f64;
    for (before, &at) in order.iter().enumerate().rev() {
        least = least.min(p_values[at] * (order.len() as f64 / (before + 1) as f64));
        adjusted[at] = least;
    }
    adjusted
}

/// The places of the values that exist, from the smallest value on.
fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&at| !p_values[at].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::{benjamini_hochberg, holm};

    #[test]
    fn a_missing_value_is_no_test() {
        let p = [0.02, f64::NAN, 0.5, 0.01, 0.03];
        let near = |actual: Vec<f64>, expected: [f64; 5]| {
            let same = |(a, e): (&f64, &f64)| (a - e).abs() < 1e-15 || (a.is_nan() && e.is_nan());
            assert!(actual.iter().zip(&expected).all(same), "{actual:?}");
        };
        near(holm(&p), [0.06, f64::NAN, 0.5, 0.04, 0.06]);
        near(benjamini_hochberg(&p), [0.04, f64::NAN, 0.5, 0.04, 0.04]);
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn nothing_is_above_one() {
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(benjamini_hochberg(&[1.0, 1.0]), [1.0, 1.0]);
    }
}
