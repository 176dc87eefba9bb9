//! Intervals for problems that come in clusters (families of problems): cluster-robust standard errors.
//!
//! ```text
//! se^2 = G/(G-1) sum_g (sum_{i in g} (h_i - mean))^2 / P^2,  with t of G - 1 degrees of freedom
//! ```
//! Miller, "Adding error bars to evals" (2024), with the factor G/(G-1) of `inspect_ai`, so that clusters of one
//! problem give the usual standard error exactly.

use hashbrown::HashMap;

use super::intervals::{Interval, gamma, t};
use super::moments::{Minority, Moments};
use super::spec::{InferenceError, Label, Method, Over, Row, Spec};
use crate::dd::Dd;

/// A row for each k from the `values` of P problems, P x K by rows in \[0, max\], and the cluster of each.
///
/// # Errors
/// If the spec asks for another interval than t, or the shapes do not fit.
pub fn estimate_clusters(
    clusters: &[u64],
    values: &[f64],
    max: &[f64],
    spec: &Spec,
) -> Result<Vec<Row>, InferenceError> {
    spec.check()?;
    if spec.over == Over::Samples || !matches!(spec.method, Method::Auto | Method::T) {
        return Err(InferenceError::MethodOverClusters);
    }
    let (expected, actual) = (clusters.len() * max.len(), values.len());
    if expected != actual {
        return Err(InferenceError::Shape { expected, actual });
    }
    let (of_problem, count) = number(clusters);
    let column = |k: usize| values.iter().skip(k).step_by(max.len()).copied();
    let row =
        |(k, &max): (usize, &f64)| cluster_row(&of_problem, count, column(k), max, spec.confidence_level);
    Ok(max.iter().enumerate().map(row).collect())
}

/// The standard error of a mean over problems in `count` clusters, numbered from 0; NaN for one cluster.
#[must_use]
pub fn cluster_se(of_problem: &[usize], count: usize, values: impl Iterator<Item = f64> + Clone) -> f64 {
    if count < 2 {
        return f64::NAN;
    }
    let problems = of_problem.len() as f64;
    let mean = values.clone().fold(Dd::ZERO, |sum, h| sum + Dd::from(h)).div_f64(problems);
    let mut sums = vec![Dd::ZERO; count];
    for (&cluster, h) in of_problem.iter().zip(values) {
        sums[cluster] = sums[cluster] + (Dd::from(h) - mean);
    }
    let squares = sums.iter().fold(Dd::ZERO, |total, &sum| total + sum * sum).to_f64();
    let clusters = count as f64;
    // What is left of sums that cancel exactly is noise of double-double size.
    let squares = if squares <= f64::EPSILON * f64::EPSILON * problems { 0.0 } else { squares };
    (clusters / (clusters - 1.0) * squares).sqrt() / problems
}

fn cluster_row(
    of_problem: &[usize],
    count: usize,
    values: impl Iterator<Item = f64> + Clone,
    max: f64,
    level: f64,
) -> Row {
    let moments = Moments::new(values.clone().map(|h| (1, h)), max);
    let estimate = moments.mean;
    let units = count as u64;
    let se = cluster_se(of_problem, count, values);
    let interval = match units {
        0 => Interval::none(Label::NoProblem),
        _ if estimate.is_nan() => Interval::none(Label::NoValue),
        1 => Interval::none(Label::OneCluster),
        _ if se == 0.0 => gamma(&alike(&moments, units), units, level, max),
        _ => t(estimate, se, units - 1, level, max),
    };
    Row { estimate, se, lower: interval.lower, upper: interval.upper, method: interval.method }
}

/// The minority side of `units` values that all equal the mean: each cluster then counts as one problem.
fn alike(moments: &Moments, units: u64) -> Minority {
    let Minority { flipped, sum, .. } = moments.minority;
    let distance = sum / moments.problems as f64;
    let units = units as f64;
    Minority { flipped, sum: units * distance, squares: units * distance * distance }
}

/// Numbers the clusters in the order of first appearance.
fn number(clusters: &[u64]) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let of_problem = clusters
        .iter()
        .map(|&cluster| {
            let next = numbers.len();
            *numbers.entry(cluster).or_insert(next)
        })
        .collect();
    (of_problem, numbers.len())
}
