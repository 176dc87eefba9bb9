//! Whether a measure of problems moves along the steps of a run.
//!
//! ```text
//! b_i  = sum_j w_j v_ij,   w_j = (x_j - mean x) (max x - min x) / sum (x - mean x)^2
//! mean b = (1/P) sum b_i,  se = sd(b) / sqrt(P)
//! ```
//!
//! `b_i` is the change from the first step to the last of a problem's least-squares line. Problems are independent
//! where the steps of one are not, so the mean of `b` has Student's interval with P - 1 degrees of freedom.

use super::distributions::{student_critical, student_p};
use crate::dd::Dd;

/// The mean change from the first step to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The mean over problems; NaN without problems or with one step.
    pub change: f64,
    /// Its standard error; NaN below two problems.
    pub se: f64,
    /// The lower end of its interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// Of no change, two-sided; NaN where all problems change alike.
    pub p_value: f64,
}

/// The trend of `values`, one row a problem and one column a step, over the numbers of the steps.
///
/// # Panics
/// If the values are not whole rows.
#[must_use]
pub fn trend(values: &[f64], steps: &[f64], confidence_level: f64) -> Trend {
    let weights = weights(steps);
    assert_eq!(values.len() % steps.len().max(1), 0, "each problem has a value at each step");
    let changes: Vec<Dd> = values.chunks(steps.len().max(1)).map(|row| dot(row, &weights)).collect();
    let problems = changes.len() as f64;
    let change = changes.iter().fold(Dd::ZERO, |sum, &b| sum + b).div_f64(problems);
    let squares = changes.iter().fold(Dd::ZERO, |sum, &b| sum + (b - change) * (b - change)).to_f64();
    let se = if changes.len() > 1 { (squares / (problems - 1.0) / problems).sqrt() } else { f64::NAN };
    let (change, freedom) = (change.to_f64(), (changes.len() as u64).saturating_sub(1));
    let (reach, p_value) = if freedom > 0 && change.is_finite() {
        let p = if se > 0.0 { student_p(change / se, freedom) } else { f64::NAN };
        (student_critical(confidence_level, freedom) * se, p)
    } else {
        (f64::NAN, f64::NAN)
    };
    Trend { change, se, lower: change - reach, upper: change + reach, p_value }
}

fn weights(steps: &[f64]) -> Vec<f64> {
    let mean = steps.iter().sum::<f64>() / steps.len() as f64;
    let range = steps.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        - steps.iter().copied().fold(f64::INFINITY, f64::min);
    let squares = steps.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    steps.iter().map(|x| (x - mean) * range / squares).collect()
}

fn dot(row: &[f64], weights: &[f64]) -> Dd {
    row.iter().zip(weights).fold(Dd::ZERO, |sum, (&v, &w)| sum + Dd::product(v, w))
}

#[cfg(test)]
mod tests {
    use super::trend;

    fn close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-12, "{actual} is not {expected}");
    }

    #[test]
    fn lines_are_found_exactly() {
        // Problems on lines of slope 1, 2 and 3 over steps 0, 1 and 4: changes of 4, 8 and 12.
        let values = [0.0, 1.0, 4.0, 5.0, 7.0, 13.0, 1.0, 4.0, 13.0];
        let found = trend(&values, &[0.0, 1.0, 4.0], 0.95);
        close(found.change, 8.0);
        close(found.se, 4.0 / 3.0_f64.sqrt());
        // t = 3.4641 with 2 degrees of freedom.
        assert!((found.p_value - 0.074_179_900_227_448_36).abs() < 1e-9, "{}", found.p_value);
        assert!(found.lower < 0.0 && found.upper > 16.0);
    }

    #[test]
    fn what_cannot_be_told_is_nan() {
        assert!(trend(&[], &[0.0, 1.0], 0.95).change.is_nan());
        assert!(trend(&[0.5, 0.7], &[3.0, 3.0], 0.95).change.is_nan());
        let one = trend(&[0.5, 0.75], &[0.0, 1.0], 0.95);
        close(one.change, 0.25);
        assert!(one.se.is_nan() && one.p_value.is_nan() && one.lower.is_nan());
        let alike = trend(&[0.5, 0.75, 0.0, 0.25], &[0.0, 1.0], 0.95);
        close(alike.lower, 0.25);
        assert!(alike.p_value.is_nan());
    }
}
