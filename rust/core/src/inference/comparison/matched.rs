//! The problems of two models side by side: distinct (n, c) of both, and their values of pass@k.

use crate::estimators::{Estimator, curve};
use crate::inference::clusters::Clusters;
use crate::inference::error::InferenceError;
use crate::inference::intervals::Sides;

/// The same problems of two models a and b, in the same order.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Samples of each problem by each model, from 1 to 2^53.
    pub n: [&'a [i64]; 2],
    /// Samples that passed, from 0 to n.
    pub c: [&'a [i64]; 2],
    /// The cluster of each problem, where problems come in families.
    pub clusters: Option<&'a [i64]>,
}

/// Problems that are alike: counts of both models, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub n: [u64; 2],
    pub c: [u64; 2],
    pub cluster: u64,
    pub multiplicity: u64,
}

impl Cell {
    /// The smaller n, up to which there are differences.
    pub(super) fn n_min(&self) -> u64 {
        self.n[0].min(self.n[1])
    }

    /// The same with the models exchanged.
    fn turned(&self) -> Self {
        Self { n: [self.n[1], self.n[0]], c: [self.c[1], self.c[0]], ..*self }
    }

    fn key(&self) -> [u64; 5] {
        [self.n[0], self.c[0], self.n[1], self.c[1], self.cluster]
    }
}

/// What two models did on the problems that both have.
pub(super) struct Matched {
    pub cells: Vec<Cell>,
    /// Ascending.
    pub ks: Vec<u64>,
    /// pass@k of a and of b, cells x ks by rows; NaN where k > n.
    pub values: [Vec<f64>; 2],
    /// One cell a problem where there are clusters.
    pub clusters: Option<Clusters>,
}

impl Matched {
    /// With `skip` problems too short for a k are left out of it; without, the k is.
    pub(super) fn new(pair: &Pair<'_>, ks: &[u64], skip: bool) -> Result<Self, InferenceError> {
        let cells = cells(pair)?;
        let shortest = cells.iter().map(Cell::n_min).min().unwrap_or(0);
        let ks: Vec<u64> = ks.iter().copied().filter(|&k| skip || k <= shortest).collect();
        let values = [0, 1].map(|model| tabulate(&cells, model, &ks));
        let clusters = pair.clusters.map(|_| {
            let of_cell: Vec<u64> = cells.iter().map(|cell| cell.cluster).collect();
            Clusters::new(&of_cell)
        });
        Ok(Self { cells, ks, values, clusters })
    }

    /// The cells that have k samples of both models, with their places.
    pub(super) fn at(&self, k: usize) -> impl Iterator<Item = (usize, &Cell)> + Clone {
        let k = self.ks[k];
        self.cells.iter().enumerate().filter(move |(_, cell)| cell.n_min() >= k)
    }

    /// Multiplicity and value of a model at the k of a place.
    pub(super) fn of_model(&self, model: usize, k: usize) -> impl Iterator<Item = (u64, f64)> + Clone {
        self.at(k).map(move |(row, cell)| (cell.multiplicity, self.values[model][row * self.ks.len() + k]))
    }

    /// The sampling variance of a model's value in each cell at the k of a place; NaN where 2k > n.
    fn noise(&self, model: usize, k: usize) -> impl Iterator<Item = f64> {
        self.at(k).map(move |(_, cell)| {
            let mut value = [f64::NAN];
            write_defined(Estimator::PassAtKVariance, cell, model, &self.ks[k..=k], &mut value);
            value[0]
        })
    }

    /// The sampling variance of each difference at the k of a place; NaN where 2k > n.
    pub(super) fn variances(&self, k: usize) -> Vec<(u64, f64)> {
        let both = self.noise(0, k).zip(self.noise(1, k)).map(|(a, b)| a + b);
        self.at(k).map(|(_, cell)| cell.multiplicity).zip(both).collect()
    }

    /// The low and high estimates of a model at the k of a place, with their noise.
    pub(super) fn sides(&self, model: usize, k: usize) -> Sides {
        let values = self.of_model(model, k).zip(self.noise(model, k)).map(|((m, h), v)| (m, h, v));
        let least = self.at(k).map(|(_, cell)| cell.n[model]).min().unwrap_or(1);
        Sides::new(values, least / self.ks[k], 1.0)
    }
}

/// Sorted, so that bits depend on the counts and not on who comes first; and sorted as the exchanged models would
/// be, whichever comes first, so that exchanging them turns every sign, and else no more than a last digit.
fn cells(pair: &Pair<'_>) -> Result<Vec<Cell>, InferenceError> {
    let count = |model: usize, i: usize| {
        let (n, c) = (pair.n[model][i], pair.c[model][i]);
        match Estimator::PassAtK.check(n, c, 1) {
            Err(reason) => Err(InferenceError::Counts { n, c, reason }),
            Ok(()) => Ok((n.cast_unsigned(), c.cast_unsigned())),
        }
    };
    let problem = |i: usize| {
        let ((na, ca), (nb, cb)) = (count(0, i)?, count(1, i)?);
        let cluster = pair.clusters.map_or(0, |clusters| clusters[i].cast_unsigned());
        Ok(Cell { n: [na, nb], c: [ca, cb], cluster, multiplicity: 1 })
    };
    let problems = (0..pair.n[0].len()).map(problem).collect::<Result<Vec<_>, _>>()?;
    let straight = merged(problems.clone(), pair.clusters.is_some());
    let turned = merged(problems.iter().map(Cell::turned).collect(), pair.clusters.is_some());
    let order = |cells: &[Cell]| cells.iter().map(|cell| (cell.key(), cell.multiplicity)).collect::<Vec<_>>();
    if order(&straight) <= order(&turned) {
        Ok(straight)
    } else {
        Ok(turned.iter().map(Cell::turned).collect())
    }
}

/// Cells in ascending order; with clusters, one a problem.
fn merged(mut problems: Vec<Cell>, clustered: bool) -> Vec<Cell> {
    problems.sort_unstable_by_key(Cell::key);
    if !clustered {
        problems.dedup_by(|next, cell| {
            let same = next.key() == cell.key();
            cell.multiplicity += u64::from(same) * next.multiplicity;
            same
        });
    }
    problems
}

/// One row a cell, one column a k; NaN where k > n.
fn tabulate(cells: &[Cell], model: usize, ks: &[u64]) -> Vec<f64> {
    let mut table = vec![f64::NAN; cells.len() * ks.len()];
    for (cell, out) in cells.iter().zip(table.chunks_mut(ks.len().max(1))) {
        write_defined(Estimator::PassAtK, cell, model, ks, out);
    }
    table
}

/// Writes the values of a model where the estimator is defined.
fn write_defined(estimator: Estimator, cell: &Cell, model: usize, ks: &[u64], out: &mut [f64]) {
    let (n, c) = (cell.n[model], cell.c[model]);
    let defined = ks.partition_point(|&k| k <= estimator.max_k(n));
    curve(estimator, n, c, &ks[..defined], &mut out[..defined]);
}
