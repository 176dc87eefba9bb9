//! Intervals for problems that come in clusters (families of problems): cluster-robust standard errors.
//!
//! ```text
//! se^2 = G/(G-1) sum_g (sum_{i in g} (h_i - mean))^2 / P^2,  with t of G - 1 degrees of freedom
//! ```
//! Miller, "Adding error bars to evals" (2024), with the factor G/(G-1) of `inspect_ai`, so that clusters of one
//! problem give the usual standard error exactly.
//!
//! Where the variance rests on few clusters t is too narrow, and the beta and gamma intervals take the clusters for
//! their units. Those of gamma have m = P/G problems each: with d the distances of the minority side
//! ```text
//! sum = sum_g d_g / m,  squares = sum_g d_g^2 / m^2,  d_g = sum_{i in g} d_i
//! ```

use hashbrown::HashMap;

use super::error::InferenceError;
use super::intervals::{Interval, Ratio, Spread, beta, few_effective, gamma, t};
use super::moments::{Minority, Moments, distance, effective};
use super::row::{Label, Row};
use super::spec::{Method, Over, Spec, check_values};
use crate::dd::Dd;

/// A row for each k from the `values` of P problems, P x K by rows in \[0, max\], and the cluster of each.
///
/// # Errors
/// If the method knows no clusters, or the shapes do not fit.
pub fn estimate_clusters(
    clusters: &[u64],
    values: &[f64],
    max: &[f64],
    spec: &Spec,
) -> Result<Vec<Row>, InferenceError> {
    spec.check()?;
    if spec.over == Over::Samples || !spec.method.takes_clusters() {
        return Err(InferenceError::MethodOverClusters);
    }
    let (expected, actual) = (clusters.len() * max.len(), values.len());
    if expected != actual {
        return Err(InferenceError::Shape { expected, actual });
    }
    check_values(values)?;
    let clusters = Clusters::new(clusters);
    let column = |k: usize| values.iter().skip(k).step_by(max.len()).copied();
    Ok(max.iter().enumerate().map(|(k, &max)| clusters.row(column(k), max, spec)).collect())
}

/// Which problems belong together.
pub(super) struct Clusters {
    /// The cluster of each problem, numbered from 0 in the order of first appearance.
    pub(super) of_problem: Vec<usize>,
    pub(super) count: usize,
}

impl Clusters {
    pub(super) fn new(clusters: &[u64]) -> Self {
        let mut numbers = HashMap::new();
        let mut number = |&cluster| {
            let next = numbers.len();
            *numbers.entry(cluster).or_insert(next)
        };
        let of_problem = clusters.iter().map(&mut number).collect();
        Self { of_problem, count: numbers.len() }
    }

    fn row(&self, values: impl Iterator<Item = f64> + Clone, max: f64, spec: &Spec) -> Row {
        let moments = Moments::new(values.clone().map(|h| (1, h)), max);
        let (estimate, level, units) = (moments.mean, spec.confidence_level, self.count as u64);
        let minority = self.minority(values.clone(), moments.minority.flipped, max);
        let (spread, effective) = self.spread(values.clone(), &moments, max);
        let se = max * spread.se();
        let (label, reason) = choose(spec.method, units, se, effective);
        let resampled = || {
            Ratio { clusters: &self.sums_and_sizes(values), mean: estimate, se, max }.interval(label, level)
        };
        let plain = |label| match label {
            Label::Gamma => gamma(&minority, units, level, max),
            Label::Beta => beta(&spread, level, max),
            Label::T => t(estimate, se, units - 1, level, max),
            none => Interval::none(none),
        };
        let interval = match label {
            Label::Percentile | Label::Basic | Label::Bca => resampled().unwrap_or_else(|| {
                let label = if few_effective(effective) { Label::Beta } else { Label::T };
                plain(label).because(Some("too few outcomes for a smooth law"))
            }),
            _ => plain(label),
        };
        let Interval { lower, upper, method, reason } = interval.because(reason);
        Row { estimate, se, lower, upper, method, effective, reason }
    }

    fn sums_and_sizes(&self, values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
        self.sums(values.map(Dd::from)).iter().map(|sum| sum.to_f64()).zip(self.sizes()).collect()
    }

    /// What the beta interval needs, and how many clusters the variance rests on.
    fn spread(&self, values: impl Iterator<Item = f64> + Clone, m: &Moments, max: f64) -> (Spread, f64) {
        let of_problems = Spread::of_problems(m, max);
        let mean = values.clone().fold(Dd::ZERO, |sum, h| sum + Dd::from(h)).div_f64(of_problems.problems);
        let greatest = values.clone().fold(0.0, f64::max);
        let rests = self.sums(values.map(|h| Dd::from(h) - mean));
        // What is left of sums that cancel but for the rounding of their terms.
        let noise = |size: f64| f64::EPSILON * greatest * size;
        let part = |(rest, size): (&Dd, f64)| {
            let rest = rest.to_f64();
            (if rest.abs() > noise(size) { rest / max } else { 0.0 }, size)
        };
        let parts: Vec<(f64, f64)> = rests.iter().zip(self.sizes()).map(part).collect();
        let sum = |term: &dyn Fn(f64, f64) -> f64| {
            parts.iter().fold(Dd::ZERO, |sum, &(rest, size)| sum + Dd::from(term(rest, size))).to_f64()
        };
        let squares = sum(&|rest, _| rest * rest);
        let powers =
            [squares, sum(&|rest, _| rest * rest * rest), sum(&|rest, _| rest * rest * (rest * rest))];
        let (lean, sizes) = (sum(&|rest, size| rest * size), sum(&|_, size| size * size));
        let spread = Spread { units: self.count as f64, squares, lean, sizes, ..of_problems };
        let size = sizes / spread.problems;
        (spread, effective(powers, self.count as u64, [-size * spread.mean, size * spread.rest]))
    }

    fn sizes(&self) -> Vec<f64> {
        let mut sizes = vec![0.0; self.count];
        self.of_problem.iter().for_each(|&cluster| sizes[cluster] += 1.0);
        sizes
    }

    pub(super) fn minority(&self, values: impl Iterator<Item = f64>, flipped: bool, max: f64) -> Minority {
        let size = self.of_problem.len() as f64 / self.count as f64;
        let sums = self.sums(values.map(|h| Dd::from(distance(h, flipped, max))));
        let (sum, squares) = sums.iter().fold((Dd::ZERO, Dd::ZERO), |(sum, squares), &of_cluster| {
            let units = of_cluster.div_f64(size);
            (sum + units, squares + units * units)
        });
        Minority { flipped, sum: sum.to_f64(), squares: squares.to_f64() }
    }

    /// The sum over each cluster.
    pub(super) fn sums(&self, terms: impl Iterator<Item = Dd>) -> Vec<Dd> {
        let mut sums = vec![Dd::ZERO; self.count];
        for (&cluster, term) in self.of_problem.iter().zip(terms) {
            sums[cluster] = sums[cluster] + term;
        }
        sums
    }
}

/// How an interval for so many clusters will be made, and why not as asked.
fn choose(method: Method, units: u64, se: f64, effective: f64) -> (Label, Option<&'static str>) {
    match (units, method) {
        (0, _) => (Label::NoProblem, None),
        (1, _) => (Label::OneCluster, None),
        (_, Method::Gamma) => (Label::Gamma, None),
        (_, Method::Beta) => (Label::Beta, None),
        _ if se == 0.0 => (Label::Beta, Some("all clusters are alike")),
        (_, Method::Auto) if few_effective(effective) => {
            (Label::Beta, Some("fewer than 20 effective clusters"))
        }
        (_, Method::Percentile) => (Label::Percentile, None),
        (_, Method::Basic) => (Label::Basic, None),
        (_, Method::Auto | Method::Bca) => (Label::Bca, None),
        _ => (Label::T, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Clusters, Label, Spec};

    #[test]
    fn clusters_of_the_same_mean_have_no_standard_error() {
        let clusters = Clusters::new(&[5, 5, 9, 9, 1, 1]);
        for max in [1.0, 7.0, 1e9] {
            let alike = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7].map(|h| h * max);
            let row = clusters.row(alike.into_iter(), max, &Spec::default());
            assert_eq!((row.se.to_bits(), row.effective.to_bits()), (0, 0));
            assert_eq!((row.method, row.reason), (Label::Beta, Some("all clusters are alike")));
        }
        // A third of a large max is rounded, and is the same in all.
        let row = clusters.row([1e9 / 3.0; 6].into_iter(), 1e9, &Spec::default());
        assert_eq!((row.se.to_bits(), row.effective.to_bits()), (0, 0));
        // Small values differ as large ones do.
        let [large, small] = [1.0, 1e-20].map(|scale| {
            let values = [0.1, 0.9, 0.2, 0.6, 0.3, 0.5].map(|h| h * scale);
            clusters.row(values.into_iter(), 1.0, &Spec::default())
        });
        assert!((small.se / large.se * 1e20 - 1.0).abs() < 1e-12, "{small:?}");
    }
}
