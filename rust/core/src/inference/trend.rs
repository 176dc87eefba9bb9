//! Whether a measure of problems moves along the steps of a run.
//!
//! ```text
//! b_i = sum_j w_j v_ij,   w_j = (x_j - mean x) (max x - min x) / sum (x - mean x)^2
//! mean b = (1/P) sum b_i,   -R <= b_i <= R = max v sum w+
//! ```
//!
//! `b_i` is the change from the first step to the last of a problem's least-squares line, and w+ are the weights above
//! 0, whose sum is that of the others with the sign turned. Problems are independent where the steps of one are not,
//! so the mean of b / R has the interval of a paired comparison: Student's, or that of gains and losses where few
//! problems move.

use super::clusters::Clusters;
use super::comparison::{Change, mean_change};
use super::intervals::Interval;
use super::row::Label;
use crate::dd::Dd;
use crate::estimators::Estimator;

/// The mean change from the first step to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The mean over problems; NaN without problems or with one step.
    pub change: f64,
    /// Its standard error; NaN below two problems, or clusters.
    pub se: f64,
    /// The lower end of its interval; NaN where there is none.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// How the interval was made, or why there is none.
    pub method: Label,
    /// Why the interval is not Student's.
    pub reason: Option<&'static str>,
    /// Of no change, two-sided; NaN where there is no interval, or no change by definition.
    pub p_value: f64,
}

/// The trend of an estimator's `values` at k, or of shares of problems as of an estimator in \[0, 1\]: one row a problem
/// and one column a step, over the numbers of the steps. The order of the problems changes no bit.
///
/// # Panics
/// If the values are not whole rows, or not as many as clusters.
#[must_use]
pub fn trend(
    values: &[f64],
    steps: &[f64],
    clusters: Option<&[i64]>,
    (estimator, k): (Estimator, u64),
    confidence_level: f64,
) -> Trend {
    let columns = steps.len().max(1);
    let problems = values.len() / columns;
    assert_eq!(values.len() % columns, 0, "each problem has a value at each step");
    assert!(clusters.is_none_or(|ids| ids.len() == problems), "each problem has a cluster");
    let (weights, max) = (weights(steps), estimator.largest(k));
    let reach = max * weights.iter().fold(0.0, |sum, weight| sum + weight.to_f64().max(0.0));
    let mut rows: Vec<(u64, Dd)> = values
        .chunks(columns)
        .enumerate()
        .map(|(i, row)| (clusters.map_or(0, |ids| ids[i].cast_unsigned()), dot(row, &weights).div_f64(reach)))
        .collect();
    rows.sort_unstable_by(|(cluster, a), (other, b)| {
        cluster.cmp(other).then(a.hi.total_cmp(&b.hi)).then(a.lo.total_cmp(&b.lo))
    });
    let (ids, changes): (Vec<u64>, Vec<Dd>) = rows.into_iter().unzip();
    let families = clusters.map(|_| Clusters::new(&ids));
    let largest = values.iter().fold(0.0_f64, |top, v| top.max(v.abs())) / max;
    let found = mean_change(&changes, families.as_ref(), largest, confidence_level);
    let trend = of_share(&found, reach, reach * estimator.possible(k) / max);
    if estimator.is_known(k) && !trend.change.is_nan() {
        return Trend {
            se: 0.0,
            lower: 0.0,
            upper: 0.0,
            method: Label::Exact,
            reason: None,
            p_value: f64::NAN,
            ..trend
        };
    }
    trend
}

/// From a change as a share of `reach`; the ends up to what is possible, or to the change.
fn of_share(found: &Change, reach: f64, possible: f64) -> Trend {
    let Change { mean, se, interval, p_value } = *found;
    let Interval { lower, upper, method, reason } = interval;
    let change = mean * reach;
    let within =
        |end: f64| if end.is_nan() { end } else { end.clamp(change.min(-possible), change.max(possible)) };
    let (lower, upper) = (within(lower * reach), within(upper * reach));
    Trend { change, se: se * reach, lower, upper, method, reason, p_value }
}

/// NaN where all steps are the same.
fn weights(steps: &[f64]) -> Vec<Dd> {
    let count = steps.len() as f64;
    let sum = steps.iter().fold(Dd::ZERO, |sum, &x| sum + Dd::from(x));
    // Distances from the mean, times the number of steps: whole numbers where the steps are.
    let distances: Vec<Dd> = steps.iter().map(|&x| Dd::product(count, x) - sum).collect();
    let range = steps.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        - steps.iter().copied().fold(f64::INFINITY, f64::min);
    let squares = distances.iter().fold(0.0, |sum, d| sum + d.to_f64() * d.to_f64());
    distances.into_iter().map(|d| d.mul_f64(count * range).div_f64(squares)).collect()
}

fn dot(row: &[f64], weights: &[Dd]) -> Dd {
    row.iter().zip(weights).fold(Dd::ZERO, |sum, (&v, &w)| sum + w.mul_f64(v))
}

#[cfg(test)]
mod tests {
    use super::{Estimator, Label, Trend, trend};

    const ALPHA: (Estimator, u64) = (Estimator::AlphaK, 13);
    const SHARE: (Estimator, u64) = (Estimator::PassAtK, 1);

    fn of(values: &[f64], steps: &[f64]) -> Trend {
        trend(values, steps, None, ALPHA, 0.95)
    }

    fn close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-12, "{actual} is not {expected}");
    }

    #[test]
    fn lines_are_found_exactly() {
        // Problems on lines of slope 1, 2 and 3 over steps 0, 1 and 4: changes of 4, 8 and 12.
        let values = [0.0, 1.0, 4.0, 5.0, 7.0, 13.0, 1.0, 4.0, 13.0];
        let found = of(&values, &[0.0, 1.0, 4.0]);
        close(found.change, 8.0);
        close(found.se, 4.0 / 3.0_f64.sqrt());
        assert_eq!(found.method, Label::Mover);
        assert!(found.lower < 4.0 && found.upper > 12.0);
    }

    #[test]
    fn many_changes_have_students_interval() {
        // -1/3, 0, 1/3 and 2/3, ten of each.
        let values: Vec<f64> = (0..40).flat_map(|i| [1.0 / 3.0, f64::from(i % 4) / 3.0]).collect();
        let found = trend(&values, &[7.0, 9.0], None, SHARE, 0.95);
        let se = (5.0_f64 / 36.0 / 39.0).sqrt();
        close(found.change, 1.0 / 6.0);
        close(found.se, se);
        assert_eq!((found.method, found.reason), (Label::T, None));
        // t of 39 degrees of freedom at .975 is 2.0226909.
        assert!((found.upper - 1.0 / 6.0 - 2.022_690_9 * se).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn order_changes_no_bit_and_clusters_of_one_are_problems() {
        let rows: Vec<[f64; 2]> =
            (0..37).map(|i| [f64::from(i % 5) / 7.0, f64::from(i % 11) / 13.0]).collect();
        let turned: Vec<f64> = rows.iter().rev().flatten().copied().collect();
        let straight: Vec<f64> = rows.iter().flatten().copied().collect();
        let ids: Vec<i64> = (0..37).collect();
        let [a, b] = [straight, turned].map(|values| trend(&values, &[0.0, 5.0], None, SHARE, 0.95));
        assert_eq!(a, b);
        let straight: Vec<f64> = rows.iter().flatten().copied().collect();
        let c = trend(&straight, &[0.0, 5.0], Some(&ids), SHARE, 0.95);
        close(c.se, a.se);
        close(c.lower, a.lower);
        assert!((c.p_value / a.p_value - 1.0).abs() < 1e-9);
        // Every problem twice, in families of two, knows no more than one of each.
        let twice: Vec<f64> = rows.iter().chain(&rows).flatten().copied().collect();
        let ids: Vec<i64> = (0..37).chain(0..37).collect();
        close(trend(&twice, &[0.0, 5.0], Some(&ids), SHARE, 0.95).upper, a.upper);
    }

    #[test]
    fn what_cannot_be_told_is_nan() {
        assert!(of(&[], &[0.0, 1.0]).change.is_nan());
        assert_eq!(of(&[], &[0.0, 1.0]).method, Label::NoProblem);
        assert!(of(&[0.5, 0.7], &[3.0, 3.0]).change.is_nan());
        let one = of(&[0.5, 0.75], &[0.0, 1.0]);
        close(one.change, 0.25);
        assert!(one.se.is_nan() && one.p_value.is_nan() && one.lower.is_nan());
        assert_eq!(one.method, Label::OneProblem);
    }

    #[test]
    fn changes_that_are_alike_leave_room_for_others() {
        let alike = of(&[0.5, 0.75, 0.0, 0.25], &[0.0, 1.0]);
        close(alike.change, 0.25);
        assert_eq!((alike.se.to_bits(), alike.reason), (0, Some("all differences are equal")));
        assert!(alike.lower < 0.25 && alike.upper > 0.25 && alike.p_value > 0.0);
        // Thirds that are rounded differently and stay where they are.
        let still = of(&[0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2], &[0.0, 1.0]);
        assert_eq!(
            (still.change.to_bits(), still.se.to_bits(), still.p_value.to_bits()),
            (0, 0, 1.0_f64.to_bits())
        );
    }

    #[test]
    fn ends_are_where_a_change_can_be() {
        let gap = |k, values: &[f64]| trend(values, &[0.0, 1.0], None, (Estimator::PassGap, k), 0.95);
        let most = Estimator::PassGap.possible(4);
        let still = gap(4, &[0.3, 0.3, 0.1, 0.1]);
        assert_eq!([-still.lower, still.upper].map(f64::to_bits), [most.to_bits(); 2]);
        // Estimates of a problem may pass what any p gives.
        let far = gap(4, &[0.0, 0.75, 0.0, 0.7]);
        close(far.upper, 0.725);
        let none = gap(1, &[0.0; 6]);
        assert_eq!((none.lower.to_bits(), none.upper.to_bits(), none.method), (0, 0, Label::Exact));
        assert!(none.p_value.is_nan());
    }
}
