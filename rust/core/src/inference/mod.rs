//! Uncertainty of means over problems.
//!
//! [`benchmark()`] goes from (n, c) to tables. A group of problems arrives as [`Cells`]: distinct values and how
//! many problems share each. [`estimate`] gives a [`Row`] for each k, all from the same resamples where the
//! interval is a bootstrap one. [`moments`] has the standard errors, [`intervals`] the formulas, [`bootstrap`]
//! the replicates; those stand on draws of [`multinomial`] counts, and these on [`binomial`] ones.
//!
//! Numbers depend on the cells, the [`Spec`] and its seed: not on threads, nor on the other groups. Draws,
//! replicates and all intervals but gamma have the same bits on every machine; gamma may differ in the last digits.

pub mod benchmark;
pub mod binomial;
pub mod bootstrap;
pub mod clusters;
pub mod intervals;
pub mod moments;
pub mod multinomial;
pub mod quantiles;
mod spec;

use std::convert::Infallible;

pub use benchmark::{Entry, Problems, benchmark};
pub use clusters::estimate_clusters;
pub use spec::{Cells, InferenceError, Label, Method, Over, Row, Spec};

use crate::parallel;
use bootstrap::{Resampler, bootstrap_groups};
use intervals::{Interval, choose};
use moments::{Moments, fixed_benchmark_se};

/// How many replicates may be in memory at a time: 64 MiB of them.
const REPLICATES_AT_ONCE: usize = 1 << 23;

/// A row for each k of one group.
///
/// # Errors
/// If the spec allows no interval, or the shapes do not fit.
pub fn estimate(cells: &Cells, spec: &Spec) -> Result<Vec<Row>, InferenceError> {
    Ok(estimate_groups(std::slice::from_ref(cells), spec)?.pop().unwrap_or_default())
}

/// The same for many groups, each as it would be alone.
///
/// # Errors
/// If the spec allows no interval, or the shapes of a group do not fit.
pub fn estimate_groups(groups: &[Cells], spec: &Spec) -> Result<Vec<Vec<Row>>, InferenceError> {
    spec.check()?;
    groups.iter().try_for_each(|cells| cells.check(spec))?;
    let width = groups.iter().map(|cells| cells.max.len()).max().unwrap_or(0).max(1);
    let at_once = (REPLICATES_AT_ONCE / width / spec.n_resamples).max(1);
    Ok(groups.chunks(at_once).flat_map(|groups| estimate_at_once(groups, spec)).collect())
}

fn estimate_at_once(groups: &[Cells], spec: &Spec) -> Vec<Vec<Row>> {
    let Ok(plans) = parallel::map(spec.threads, groups.iter().collect(), |_, cells| {
        Ok::<_, Infallible>(Plan::new(cells, spec))
    });
    let resamplers: Vec<&Resampler> = plans.iter().filter_map(|plan| plan.resampler.as_ref()).collect();
    let mut replicates = bootstrap_groups(&resamplers, spec.n_resamples, spec.seed, spec.threads).into_iter();
    let mut columns = Vec::new();
    for plan in &plans {
        let drawn = plan.resampler.as_ref().and_then(|_| replicates.next()).unwrap_or_default();
        let mut drawn = drawn.into_iter();
        columns.extend((0..plan.moments.len()).map(|k| (plan, k, drawn.next().unwrap_or_default())));
    }
    let Ok(rows) = parallel::map(spec.threads, columns, |_, (plan, k, mut drawn)| {
        Ok::<_, Infallible>(plan.row(k, &mut drawn, spec))
    });
    let mut rows = rows.into_iter();
    plans.iter().map(|plan| rows.by_ref().take(plan.moments.len()).collect()).collect()
}

/// What is known of a group before anything is drawn.
struct Plan<'a> {
    cells: &'a Cells,
    moments: Vec<Moments>,
    /// Only where an interval needs replicates.
    resampler: Option<Resampler>,
}

impl<'a> Plan<'a> {
    fn new(cells: &'a Cells, spec: &Spec) -> Self {
        let moments: Vec<Moments> =
            cells.max.iter().enumerate().map(|(k, &max)| Moments::new(cells.column(k), max)).collect();
        let draws = |m| matches!(choose(spec.method, m), Label::Bca | Label::Percentile);
        let needed = spec.over == Over::Problems && moments.iter().any(draws);
        Self { cells, moments, resampler: needed.then(|| Resampler::new(cells)) }
    }

    fn row(&self, k: usize, replicates: &mut [f64], spec: &Spec) -> Row {
        let moments = &self.moments[k];
        let (se, interval) = match spec.over {
            Over::Problems => (moments.se, self.over_problems(k, replicates, spec)),
            Over::Samples => self.over_samples(k, spec),
        };
        let Interval { lower, upper, method } = interval;
        Row { estimate: moments.mean, se, lower, upper, method }
    }

    fn over_problems(&self, k: usize, replicates: &mut [f64], spec: &Spec) -> Interval {
        let (m, max, level) = (&self.moments[k], self.cells.max[k], spec.confidence_level);
        match choose(spec.method, m) {
            Label::Bca => intervals::bca(replicates, m, self.cells.multiplicity.len(), level),
            Label::Percentile => intervals::percentile(replicates, level),
            Label::T => intervals::t(m.mean, m.se, m.problems - 1, level, max),
            Label::Gamma => intervals::gamma(&m.minority, m.problems, level, max),
            Label::Normal => intervals::normal(m.mean, m.se, level, max),
            reason => Interval::none(reason),
        }
    }

    fn over_samples(&self, k: usize, spec: &Spec) -> (f64, Interval) {
        let (m, max, level) = (&self.moments[k], self.cells.max[k], spec.confidence_level);
        let se = self.cells.variances(k).map_or(f64::NAN, fixed_benchmark_se);
        let interval = match m.problems {
            0 => Interval::none(Label::NoProblem),
            _ if m.mean.is_nan() => Interval::none(Label::NoValue),
            _ if se.is_nan() => Interval::none(Label::NoVariance),
            _ if se > 0.0 => intervals::normal(m.mean, se, level, max),
            // Every problem failed or passed all its samples. That is no proof of no noise.
            _ => return (f64::NAN, Interval::none(Label::NoSpread)),
        };
        (se, interval)
    }
}
