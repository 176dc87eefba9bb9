//! From the (n, c) of a benchmark's problems to estimates with intervals.

use super::intervals::{Interval, Prior};
use super::moments::Moments;
use super::{
    Cells, InferenceError, Label, Method, Noise, Over, REPLICATES_AT_ONCE, Row, Spec, estimate_clusters,
    estimate_watched, map,
};
use crate::estimators::{Estimator, curve};

/// The problems of one group.
#[derive(Clone, Copy, Debug)]
pub struct Problems<'a> {
    /// Samples of each problem, up to 2^53; a problem with none is skipped.
    pub n: &'a [i64],
    /// Samples that passed, from 0 to n.
    pub c: &'a [i64],
    /// The cluster of each problem, where problems come in families.
    pub clusters: Option<&'a [i64]>,
}

/// The estimate at one k, and the problems it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The estimate with its uncertainty.
    pub row: Row,
    /// Problems that went in.
    pub n_problems: u64,
    /// The least n among them; 0 where there are none.
    pub n_min: u64,
    /// The greatest.
    pub n_max: u64,
    /// Problems left out: without samples, or with too few for the estimator at this k.
    pub n_skipped: u64,
}

impl Entry {
    /// With the ends and the words that fit the estimator.
    fn of(self, estimator: Estimator, k: u64) -> Self {
        let row = estimator.cut(self.row, k);
        let row = match row.method {
            _ if estimator.is_known(k) && self.n_problems > 0 => Row {
                se: 0.0,
                lower: row.estimate,
                upper: row.estimate,
                method: Label::Exact,
                reason: None,
                ..row
            },
            Label::NoVariance if estimator == Estimator::AlphaK => {
                Row { method: Label::NoAlphaVariance, ..row }
            }
            _ => row,
        };
        Self { row, ..self }
    }
}

/// Estimates of a mean over problems, for each group and each k.
///
/// Problems whose n is too small for a k are left out of it and counted. Groups, threads and the order of the
/// problems change no bit of a result. About every 50 ms `go_on` is called; when it says false, that is the end.
///
/// # Errors
/// If the spec allows no interval, counts are impossible, or the caller asked to stop.
pub fn benchmark(
    estimator: Estimator,
    groups: &[Problems<'_>],
    ks: &[u64],
    spec: &Spec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<Entry>>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    let mut order: Vec<usize> = (0..ks.len()).collect();
    order.sort_by_key(|&at| ks[at]);
    let parts = map(spec.threads, groups.to_vec(), watch, |problems| {
        Part::split(estimator, problems, ks, &order, spec)
    })?;
    let parts: Vec<(usize, Part)> = (0..)
        .zip(parts)
        .flat_map(|(group, parts)| parts.into_iter().map(move |part| (group, part)))
        .collect();
    let (plain, clustered): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|(_, part)| part.clusters.is_none());
    let cells: Vec<&Cells> = plain.iter().map(|(_, part)| &part.cells).collect();
    // Of a fitted law only the interval is another.
    let method = match (spec.method, spec.over) {
        (Method::Bayes, Over::Problems) => Method::T,
        (Method::Bayes, Over::Samples) => Method::Auto,
        (method, _) => method,
    };
    let mut rows = estimate_watched(&cells, &Spec { method, ..*spec }, REPLICATES_AT_ONCE, watch)?;
    if spec.method == Method::Bayes {
        let parts = plain.iter().zip(rows).collect();
        rows =
            map(spec.threads, parts, watch, |((_, part), rows)| Ok(part.bayes(estimator, ks, rows, spec)))?;
    }
    rows.extend(map(spec.threads, clustered.iter().collect(), watch, |(_, part)| {
        let clusters = part.clusters.as_deref().unwrap_or_default();
        estimate_clusters(clusters, &part.cells.value, &part.cells.max, spec)
    })?);
    let mut table: Vec<Vec<Option<Entry>>> = vec![vec![None; ks.len()]; groups.len()];
    for ((group, part), rows) in plain.iter().chain(&clustered).zip(rows) {
        for (&at, row) in part.places.iter().zip(rows) {
            table[*group][at] = Some(part.entry(row).of(estimator, ks[at]));
        }
    }
    Ok(table.into_iter().map(|entries| entries.into_iter().flatten().collect()).collect())
}

/// The ks of a group that the same problems have, with those problems.
struct Part {
    /// Places in the caller's ks, in ascending order of k.
    places: Vec<usize>,
    /// Distinct (n, c); with clusters, one cell a problem.
    cells: Cells,
    /// n and c of each cell.
    counts: Vec<(u64, u64)>,
    clusters: Option<Vec<u64>>,
    n_min: u64,
    n_max: u64,
    skipped: u64,
}

impl Part {
    /// Cuts the ks, in ascending `order`, where problems drop out.
    fn split(
        estimator: Estimator,
        problems: Problems<'_>,
        ks: &[u64],
        order: &[usize],
        spec: &Spec,
    ) -> Result<Vec<Self>, InferenceError> {
        let counts = counts(problems)?;
        let without_samples = counts.partition_point(|&(n, ..)| n == 0);
        let from =
            |at: usize| without_samples.max(counts.partition_point(|&(n, ..)| estimator.max_k(n) < ks[at]));
        let part = |places: &[usize]| {
            let ks: Vec<u64> = places.iter().map(|&at| ks[at]).collect();
            let (skipped, counts) = counts.split_at(from(places[0]));
            let runs: Vec<_> = counts.chunk_by(|a, b| a == b && problems.clusters.is_none()).collect();
            let n_of = |end: Option<&Count>| end.map_or(0, |&(n, ..)| n);
            Self {
                places: places.to_vec(),
                cells: cells(estimator, &runs, &ks, spec.over),
                counts: runs.iter().map(|run| (run[0].0, run[0].1)).collect(),
                clusters: problems.clusters.map(|_| counts.iter().map(|&(.., cluster)| cluster).collect()),
                n_min: n_of(counts.first()),
                n_max: n_of(counts.last()),
                skipped: skipped.len() as u64,
            }
        };
        Ok(order.chunk_by(|&a, &b| from(a) == from(b)).map(part).collect())
    }

    /// The rows with the intervals of a fitted beta-binomial law.
    fn bayes(&self, estimator: Estimator, ks: &[u64], mut rows: Vec<Row>, spec: &Spec) -> Vec<Row> {
        let problems = self.cells.multiplicity.iter().zip(&self.counts);
        let Some(prior) = Prior::fit(estimator, problems.map(|(&m, &(n, c))| (m, n, c))) else { return rows };
        for (at, (row, &place)) in rows.iter_mut().zip(&self.places).enumerate() {
            let max = self.cells.max[at];
            let moments = Moments::new(self.cells.column(at), max);
            if moments.problems > 1 || (moments.problems == 1 && spec.over == Over::Samples) {
                let Interval { lower, upper, method, reason } =
                    prior.interval(ks[place], &moments, max, spec);
                *row = Row { lower, upper, method, reason, ..*row };
            }
        }
        rows
    }

    fn entry(&self, row: Row) -> Entry {
        let n_problems = self.cells.multiplicity.iter().sum();
        Entry { row, n_problems, n_min: self.n_min, n_max: self.n_max, n_skipped: self.skipped }
    }
}

/// n, c and cluster of a problem.
pub(super) type Count = (u64, u64, u64);

/// Sorted, so that the bits depend on the counts and not on who comes first.
pub(super) fn counts(problems: Problems<'_>) -> Result<Vec<Count>, InferenceError> {
    let cluster = |i: usize| problems.clusters.map_or(0, |clusters| clusters[i].cast_unsigned());
    let count = |(i, (&n, &c)): (usize, (&i64, &i64))| {
        // pass@1 is defined wherever there are samples.
        match Estimator::PassAtK.check(n, c, 1) {
            Err(reason) if (n, c) != (0, 0) => Err(InferenceError::Counts { n, c, reason }),
            _ => Ok((n.cast_unsigned(), c.cast_unsigned(), cluster(i))),
        }
    };
    let mut counts =
        problems.n.iter().zip(problems.c).enumerate().map(count).collect::<Result<Vec<_>, _>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// Distinct (n, c) of the problems that have samples, in order, and how many problems share each.
pub(super) fn distinct(problems: Problems<'_>) -> Result<Vec<(u64, u64, u64)>, InferenceError> {
    let counts = counts(problems)?;
    let runs = counts.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|run| run[0].0 > 0);
    Ok(runs.map(|run| (run[0].0, run[0].1, run.len() as u64)).collect())
}

/// A cell for each run of equal counts.
fn cells(estimator: Estimator, runs: &[&[Count]], ks: &[u64], over: Over) -> Cells {
    Cells {
        multiplicity: runs.iter().map(|run| run.len() as u64).collect(),
        value: tabulate(estimator, runs, ks),
        noise: (over == Over::Samples).then(|| Noise {
            variance: match estimator.variance() {
                Some(variance) => tabulate(variance, runs, ks),
                None => vec![f64::NAN; runs.len() * ks.len()],
            },
            repeats: ks.iter().map(|&k| repeats(estimator, runs, k)).collect(),
        }),
        max: ks.iter().map(|&k| estimator.largest(k)).collect(),
    }
}

/// How many sets of as many samples as the estimator draws the first of the runs, with the least n, has.
fn repeats(estimator: Estimator, runs: &[&[Count]], k: u64) -> u64 {
    let drawn = if estimator == Estimator::AlphaK { k - 1 } else { k };
    runs.first().map_or(1, |run| run[0].0 / drawn.max(1)).max(1)
}

/// One row a run of equal counts, one column a k; NaN where the estimator is not defined.
fn tabulate(estimator: Estimator, runs: &[&[Count]], ks: &[u64]) -> Vec<f64> {
    let mut table = vec![f64::NAN; runs.len() * ks.len()];
    for (run, out) in runs.iter().zip(table.chunks_mut(ks.len())) {
        let (n, c, _) = run[0];
        let defined = ks.partition_point(|&k| k <= estimator.max_k(n));
        curve(estimator, n, c, &ks[..defined], &mut out[..defined]);
    }
    table
}

impl Estimator {
    /// The estimator of this one's sampling variance.
    fn variance(self) -> Option<Self> {
        match self {
            // The complement varies as much.
            Self::PassAtK | Self::ZeroSignal => Some(Self::PassAtKVariance),
            Self::PassHatK | Self::AllCorrect => Some(Self::PassHatKVariance),
            Self::AlphaK => Some(Self::AlphaKVariance),
            Self::GPassAtK(tau) => Some(Self::GPassAtKVariance(tau)),
            Self::MgPassAtK => Some(Self::MgPassAtKVariance),
            _ => None,
        }
    }
}
