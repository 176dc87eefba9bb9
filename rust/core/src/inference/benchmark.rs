//! From the (n, c) of a benchmark's problems to estimates with intervals.

use super::{Cells, InferenceError, Label, Over, Row, Spec, estimate_clusters, estimate_groups};
use crate::estimators::{Estimator, curve};
use crate::parallel;

/// The problems of one group.
#[derive(Clone, Copy, Debug)]
pub struct Problems<'a> {
    /// Samples of each problem, from 1 to 2^53.
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
    /// Problems left out because the estimator is not defined at their n and this k.
    pub n_skipped: u64,
}

impl Entry {
    /// What needs no sample to be known.
    fn without_noise(self) -> Self {
        if self.n_problems == 0 {
            return self;
        }
        let (lower, upper) = (self.row.estimate, self.row.estimate);
        Self { row: Row { se: 0.0, lower, upper, method: Label::Exact, ..self.row }, ..self }
    }
}

/// Estimates of a mean over problems, for each group and each k.
///
/// Problems whose n is too small for a k are left out of it and counted. Groups, threads and the order of the
/// problems change no bit of a result.
///
/// # Errors
/// If the spec allows no interval.
pub fn benchmark(
    estimator: Estimator,
    groups: &[Problems<'_>],
    ks: &[u64],
    spec: &Spec,
) -> Result<Vec<Vec<Entry>>, InferenceError> {
    let mut order: Vec<usize> = (0..ks.len()).collect();
    order.sort_by_key(|&at| ks[at]);
    let parts = parallel::map(spec.threads, groups.to_vec(), |_, problems| {
        Ok(Part::split(estimator, problems, ks, &order, spec))
    })?;
    let parts: Vec<(usize, Part)> = (0..)
        .zip(parts)
        .flat_map(|(group, parts)| parts.into_iter().map(move |part| (group, part)))
        .collect();
    let (plain, clustered): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|(_, part)| part.clusters.is_none());
    let cells: Vec<Cells> = plain.iter().map(|(_, part)| part.cells.clone()).collect();
    let mut rows = estimate_groups(&cells, spec)?;
    for (_, part) in &clustered {
        let clusters = part.clusters.as_deref().unwrap_or_default();
        rows.push(estimate_clusters(clusters, &part.cells.value, &part.cells.max, spec)?);
    }
    let mut table: Vec<Vec<Option<Entry>>> = vec![vec![None; ks.len()]; groups.len()];
    for ((group, part), rows) in plain.iter().chain(&clustered).zip(rows) {
        for (&at, row) in part.places.iter().zip(rows) {
            let entry = part.entry(row);
            table[*group][at] =
                Some(if estimator.is_constant(ks[at]) { entry.without_noise() } else { entry });
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
    ) -> Vec<Self> {
        let counts = counts(problems);
        let from = |k: u64| counts.partition_point(|&(n, ..)| estimator.max_k(n) < k);
        order
            .chunk_by(|&a, &b| from(ks[a]) == from(ks[b]))
            .map(|places| {
                let from = from(ks[places[0]]);
                let ks: Vec<u64> = places.iter().map(|&at| ks[at]).collect();
                Self::new(estimator, &counts[from..], &ks, problems.clusters.is_some(), spec.over)
                    .at(places, from as u64)
            })
            .collect()
    }

    fn new(estimator: Estimator, counts: &[Count], ks: &[u64], clustered: bool, over: Over) -> Self {
        let runs: Vec<_> = counts.chunk_by(|a, b| a == b && !clustered).collect();
        let cells = Cells {
            multiplicity: runs.iter().map(|run| run.len() as u64).collect(),
            value: tabulate(estimator, &runs, ks),
            variance: (over == Over::Samples).then(|| match estimator.variance() {
                Some(variance) => tabulate(variance, &runs, ks),
                None => vec![f64::NAN; runs.len() * ks.len()],
            }),
            max: ks.iter().map(|&k| estimator.largest(k)).collect(),
        };
        let n_of = |end: Option<&Count>| end.map_or(0, |&(n, ..)| n);
        Self {
            places: Vec::new(),
            cells,
            clusters: clustered.then(|| counts.iter().map(|&(.., cluster)| cluster).collect()),
            n_min: n_of(counts.first()),
            n_max: n_of(counts.last()),
            skipped: 0,
        }
    }

    fn at(mut self, places: &[usize], skipped: u64) -> Self {
        (self.places, self.skipped) = (places.to_vec(), skipped);
        self
    }

    fn entry(&self, row: Row) -> Entry {
        let n_problems = self.cells.multiplicity.iter().sum();
        Entry { row, n_problems, n_min: self.n_min, n_max: self.n_max, n_skipped: self.skipped }
    }
}

/// n, c and cluster of a problem.
type Count = (u64, u64, u64);

/// Sorted, so that the bits depend on the counts and not on who comes first.
fn counts(problems: Problems<'_>) -> Vec<Count> {
    let cluster = |i: usize| problems.clusters.map_or(0, |clusters| clusters[i].cast_unsigned());
    let pairs = problems.n.iter().zip(problems.c).enumerate();
    let mut counts: Vec<_> =
        pairs.map(|(i, (n, c))| (n.cast_unsigned(), c.cast_unsigned(), cluster(i))).collect();
    counts.sort_unstable();
    counts
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
            Self::PassAtK => Some(Self::PassAtKVariance),
            Self::PassHatK => Some(Self::PassHatKVariance),
            Self::AlphaK => Some(Self::AlphaKVariance),
            _ => None,
        }
    }

    /// Whether it is 1 for every problem, by definition.
    fn is_constant(self, k: u64) -> bool {
        self == Self::AlphaK && k == 1
    }

    /// The upper end of its range.
    fn largest(self, k: u64) -> f64 {
        if self == Self::AlphaK { k as f64 } else { 1.0 }
    }
}
