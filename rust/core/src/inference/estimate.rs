//! From values to rows: the cells of many groups, cut into slices of ks that fit in memory.

use std::ops::Range;

use super::intervals::{self, Interval, Sides, Spread, choose};
use super::moments::{Moments, fixed_benchmark_se};
use super::resampling::{Resampler, bootstrap_groups};
use super::{Cells, InferenceError, Label, Method, Over, REPLICATES_AT_ONCE, Row, Spec, Watch, map};

/// A row for each k of one group.
///
/// # Errors
/// If the spec allows no interval, or the shapes do not fit.
pub fn estimate(cells: &Cells, spec: &Spec) -> Result<Vec<Row>, InferenceError> {
    Ok(estimate_groups(&[cells], spec)?.pop().unwrap_or_default())
}

/// The same for many groups, each as it would be alone.
///
/// # Errors
/// If the spec allows no interval, or the shapes of a group do not fit.
pub fn estimate_groups(groups: &[&Cells], spec: &Spec) -> Result<Vec<Vec<Row>>, InferenceError> {
    estimate_watched(groups, spec, REPLICATES_AT_ONCE, &mut || Ok(()))
}

/// The same with at most so many replicates `at_once`, or those of one k.
pub(super) fn estimate_watched(
    groups: &[&Cells],
    spec: &Spec,
    at_once: usize,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<Row>>, InferenceError> {
    spec.check()?;
    if spec.method == Method::Bayes {
        return Err(InferenceError::MethodNeedsCounts);
    }
    if !groups.is_empty() {
        spec.check_resamples()?;
    }
    groups.iter().try_for_each(|cells| cells.check(spec))?;
    // Deviations and squares: two columns a k.
    let each = if spec.method == Method::Studentized { 2 } else { 1 };
    let columns = (at_once / (each * spec.n_resamples).max(1)).max(1);
    let slices: Vec<Slice> =
        (0..).zip(groups).flat_map(|(at, cells)| Slice::cut(at, cells, columns)).collect();
    let widest = slices.iter().map(|slice| slice.ks.len()).max().unwrap_or(1);
    let mut rows = vec![Vec::new(); groups.len()];
    for slices in slices.chunks(columns / widest) {
        watch()?;
        for (slice, more) in slices.iter().zip(estimate_slices(slices, spec, watch)?) {
            rows[slice.group].extend(more);
        }
    }
    Ok(rows)
}

fn estimate_slices(
    slices: &[Slice<'_>],
    spec: &Spec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<Row>>, InferenceError> {
    let plans = map(spec.threads, slices.iter().collect(), watch, |slice| Ok(Plan::new(slice, spec)))?;
    let resamplers: Vec<&Resampler> = plans.iter().filter_map(|plan| plan.resampler.as_ref()).collect();
    let replicates = bootstrap_groups(&resamplers, spec.n_resamples, spec.seed, spec.threads, watch)?;
    let mut replicates = replicates.into_iter();
    let mut columns = Vec::new();
    for plan in &plans {
        let mut drawn = plan.resampler.as_ref().and_then(|_| replicates.next()).unwrap_or_default();
        let mut squares = drawn.split_off(plan.moments.len().min(drawn.len())).into_iter();
        let mut drawn = drawn.into_iter();
        let mut next = || (drawn.next().unwrap_or_default(), squares.next().unwrap_or_default());
        columns.extend((0..plan.moments.len()).map(|at| (plan, at, next())));
    }
    let row = |(plan, at, (mut drawn, squares)): (&Plan, usize, (Vec<f64>, Vec<f64>))| {
        Ok(plan.row(at, &mut drawn, &squares, spec))
    };
    let mut rows = map(spec.threads, columns, watch, row)?.into_iter();
    Ok(plans.iter().map(|plan| rows.by_ref().take(plan.moments.len()).collect()).collect())
}

/// Some ks of a group.
struct Slice<'a> {
    group: usize,
    cells: &'a Cells,
    ks: Range<usize>,
}

impl<'a> Slice<'a> {
    /// Slices of up to `columns` ks.
    fn cut(group: usize, cells: &'a Cells, columns: usize) -> impl Iterator<Item = Self> {
        let width = cells.max.len();
        let slice = move |start| Self { group, cells, ks: start..width.min(start + columns) };
        (0..width).step_by(columns).map(slice)
    }
}

/// What is known of a slice before anything is drawn.
struct Plan<'a> {
    slice: &'a Slice<'a>,
    moments: Vec<Moments>,
    /// Only where an interval needs replicates.
    resampler: Option<Resampler>,
}

impl<'a> Plan<'a> {
    fn new(slice: &'a Slice<'a>, spec: &Spec) -> Self {
        let (cells, ks) = (slice.cells, slice.ks.clone());
        let moments: Vec<Moments> = ks.clone().map(|k| Moments::new(cells.column(k), cells.max[k])).collect();
        let drawn = |m| matches!(choose(spec.method, m).0, Label::Bootstrap | Label::Studentized);
        let needed = spec.over == Over::Problems && moments.iter().any(drawn);
        let resampler = needed.then(|| match spec.method {
            Method::Studentized => Resampler::new(&deviations(cells, ks.clone(), &moments), 0..2 * ks.len()),
            _ => Resampler::new(cells, ks),
        });
        Self { slice, moments, resampler }
    }

    /// The row of the slice's k `at` its place, from its replicates and, where there are, those of its squares.
    fn row(&self, at: usize, replicates: &mut [f64], squares: &[f64], spec: &Spec) -> Row {
        let (moments, max) = (&self.moments[at], self.slice.cells.max[self.slice.ks.start + at]);
        let (se, interval) = match spec.over {
            Over::Problems => (moments.se, self.over_problems(at, replicates, squares, spec)),
            Over::Samples => self.over_samples(at, moments, max, spec),
        };
        let Interval { lower, upper, method, reason } = interval;
        Row { estimate: moments.mean, se, lower, upper, method, effective: moments.effective, reason }
    }

    fn over_problems(&self, at: usize, replicates: &mut [f64], squares: &[f64], spec: &Spec) -> Interval {
        let (m, k, level) = (&self.moments[at], self.slice.ks.start + at, spec.confidence_level);
        let (values, max) = (self.slice.cells.column(k), self.slice.cells.max[k]);
        let (label, reason) = choose(spec.method, m);
        let interval = match label {
            Label::T => intervals::t(m.mean, m.se, m.problems - 1, level, max),
            Label::Gamma => intervals::gamma(&m.minority, m.problems, level, max),
            Label::Beta => intervals::beta(&Spread::of_problems(m, max), level, max),
            Label::Wilson => intervals::wilson(m, level, max),
            Label::Percentile => intervals::percentile(values, level, max),
            Label::Basic => intervals::basic(values, m.mean, level, max),
            Label::Bca => intervals::bca(values, m, level, max),
            Label::Lattice => intervals::lattice(values, level, max),
            Label::Bootstrap => intervals::monte_carlo(replicates, level),
            Label::Studentized => intervals::studentized(replicates, squares, m, level, max),
            none => Interval::none(none),
        };
        interval.because(reason)
    }

    fn over_samples(&self, at: usize, m: &Moments, max: f64, spec: &Spec) -> (f64, Interval) {
        let k = self.slice.ks.start + at;
        let (Some(variances), Some(noise)) = (self.slice.cells.variances(k), &self.slice.cells.noise) else {
            return (f64::NAN, Interval::none(Label::NoVariance));
        };
        let se = fixed_benchmark_se(variances.clone());
        let interval = match m.problems {
            0 => Interval::none(Label::NoProblem),
            _ if se.is_nan() => Interval::none(Label::NoVariance),
            _ => {
                let both = self.slice.cells.column(k).zip(variances).map(|((m, h), (_, v))| (m, h, v));
                let repeats = noise.repeats.get(k).copied().unwrap_or(1);
                intervals::over_samples(&Sides::new(both, repeats, max), m.mean, spec.confidence_level, max)
            }
        };
        (se, interval)
    }
}

/// Deviations from the mean of each k, then their squares: what a resample's own standard error is made of.
fn deviations(cells: &Cells, ks: Range<usize>, moments: &[Moments]) -> Cells {
    let rows = cells.value.chunks_exact(cells.max.len());
    let value = rows.flat_map(|row| {
        let deviations = row[ks.clone()].iter().zip(moments).map(|(h, m)| h - m.mean);
        deviations.clone().chain(deviations.map(|d| d * d))
    });
    let max = vec![f64::INFINITY; 2 * moments.len()];
    Cells { multiplicity: cells.multiplicity.clone(), value: value.collect(), noise: None, max }
}

#[cfg(test)]
mod tests {
    use super::{Cells, InferenceError, Method, Spec, estimate_groups, estimate_watched};

    /// 40 problems in four cells, at seven ks.
    fn cells() -> Cells {
        let value = (0..28).map(|i| f64::from(i * 11 % 29) / 29.0).collect();
        Cells { multiplicity: vec![21, 9, 6, 4], value, noise: None, max: vec![1.0; 7] }
    }

    #[test]
    fn few_replicates_at_once_change_nothing() {
        let (wide, narrow) = (cells(), Cells { max: vec![1.0], value: vec![0.1, 0.9, 0.4, 0.6], ..cells() });
        let groups = [&narrow, &wide, &wide, &narrow];
        for method in [Method::Auto, Method::Bca, Method::Studentized, Method::Bootstrap] {
            let spec = Spec { method, n_resamples: 200, threads: 2, ..Spec::default() };
            let expected = estimate_groups(&groups, &spec).unwrap();
            for columns in [0, 1, 2, 3, 7, 8, 15] {
                let rows = estimate_watched(&groups, &spec, columns * 200, &mut || Ok(())).unwrap();
                assert_eq!(rows, expected);
            }
        }
    }

    #[test]
    fn a_watch_is_asked_between_slices() {
        let (cells, mut asked) = (cells(), 0);
        let mut watch = || {
            asked += 1;
            if asked > 3 { Err(InferenceError::Interrupted) } else { Ok(()) }
        };
        let spec = Spec { method: Method::Bootstrap, ..Spec::default() };
        let stopped = estimate_watched(&[&cells], &spec, 10_000, &mut watch);
        assert_eq!(stopped, Err(InferenceError::Interrupted));
    }
}
