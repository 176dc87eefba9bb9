//! What each problem counts at a k, and the estimates that its sums over problems make.

use std::ops::Range;

use super::chao::{chao2, rarefied};
use super::forecast::Forecast;
use super::{Model, Models};
use crate::estimators::Estimator;
use crate::inference::rates::{BetaBinomial, Tallies, ZeroInflated};

/// An estimate to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// The place of k in the caller's ks.
    pub at: usize,
    /// The same among the ks beyond n.
    pub place: usize,
    pub k: u64,
    pub model: Model,
}

/// A row for each k and model beyond `n_min`.
pub(super) fn cells(ks: &[u64], models: Models, n_min: u64) -> Vec<Cell> {
    let beyond = ks.iter().enumerate().filter(|&(_, &k)| k > n_min && n_min > 0).enumerate();
    let cells = |(place, (at, &k)): (usize, (usize, &u64))| {
        models.at(k, n_min).iter().map(move |&model| Cell { at, place, k, model })
    };
    beyond.flat_map(cells).collect()
}

/// The laws of the success rates that some cells want.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Laws {
    beta: Option<BetaBinomial>,
    inflated: Option<ZeroInflated>,
}

impl Laws {
    pub(super) fn fit(cells: &[Cell], tallies: &Tallies) -> Self {
        Self {
            beta: wanted(cells, Model::BetaBinomial).and_then(|()| BetaBinomial::fit(tallies)),
            inflated: wanted(cells, Model::ZeroInflated).and_then(|()| ZeroInflated::fit(tallies)),
        }
    }

    /// Those of a resample, which are not far from these.
    fn again(&self, cells: &[Cell], tallies: &Tallies) -> Self {
        let start = |law: &BetaBinomial| [law.a, law.b].map(libm::log);
        let beta = wanted(cells, Model::BetaBinomial).and(self.beta);
        let inflated = wanted(cells, Model::ZeroInflated).and(self.inflated);
        Self {
            beta: beta.and_then(|law| BetaBinomial::fit_from(tallies, start(&law))),
            inflated: inflated.and_then(|fit| ZeroInflated::fit_from(tallies, start(&fit.law))),
        }
    }
}

fn wanted(cells: &[Cell], model: Model) -> Option<()> {
    cells.iter().any(|cell| cell.model == model).then_some(())
}

/// The cells of a group, and what the problems of one (n, c) count for each.
pub(super) struct Statistics {
    pub cells: Vec<Cell>,
    n_min: u64,
    problems: f64,
    /// Without a law, one row a k; empty where nobody counts.
    known: Vec<Vec<f64>>,
    /// For Chao2, of the problems with n < k: S, Q1 and Q2 at the least n, and the unsolved.
    short: Vec<[Vec<f64>; 4]>,
    /// Which of these each k has.
    shorts: Vec<usize>,
}

impl Statistics {
    pub(super) fn new(cells: Vec<Cell>, tallies: &Tallies, n_min: u64) -> Self {
        let of = |value: &dyn Fn(u64, u64) -> f64| -> Vec<f64> {
            tallies.iter().map(|(_, n, c)| value(n, c)).collect()
        };
        let problems = tallies.multiplicity().iter().sum();
        let (mut every_known, mut short, mut shorts) = (Vec::new(), Vec::new(), Vec::new());
        let mut lengths: Vec<u64> = tallies.iter().map(|(_, n, _)| n).collect();
        lengths.sort_unstable();
        let mut cuts: Vec<usize> = Vec::new();
        for cell in cells.chunk_by(|a, b| a.place == b.place).map(|cells| cells[0]) {
            let k = cell.k;
            if cell.model != Model::Chao2 {
                every_known.push(of(&|n, c| known(n, c, k)));
                shorts.push(usize::MAX);
                continue;
            }
            let cut = lengths.partition_point(|&n| n < k);
            let all = cut == lengths.len();
            every_known.push(if all {
                Vec::new()
            } else {
                of(&|n, c| if n < k { 0.0 } else { known(n, c, k) })
            });
            let found = cuts.iter().position(|&other| other == cut);
            shorts.push(found.unwrap_or(cuts.len()));
            if found.is_none() {
                cuts.push(cut);
                let part = |i: usize| of(&|n, c| if n < k { rarefied(n, c, n_min)[i] } else { 0.0 });
                short.push([0, 1, 2, 3].map(part));
            }
        }
        Self { cells, n_min, problems, known: every_known, short, shorts }
    }

    /// The estimates of some cells, from some multiplicities and the laws that were fitted to them.
    fn estimates(&self, cells: &[Cell], tallies: &Tallies, laws: Laws, out: &mut Vec<f64>) {
        let unsolved = tallies.unsolved();
        let beta = laws.beta.map(|law| Forecast::new(ZeroInflated { share: 0.0, law }, &unsolved));
        let inflated = laws.inflated.map(|fit| Forecast::new(fit, &unsolved));
        // Neighbours mostly have the same problems.
        let (mut last, mut short) = (usize::MAX, [0.0; 4]);
        for cells in cells.chunk_by(|a, b| a.place == b.place) {
            let (k, place) = (cells[0].k, cells[0].place);
            let known = total(tallies, &self.known[place]);
            for cell in cells {
                let forecast = match cell.model {
                    Model::Chao2 => {
                        if last != self.shorts[place] {
                            last = self.shorts[place];
                            short = self.short[last].each_ref().map(|values| total(tallies, values));
                        }
                        out.push(((known + chao2(short, self.n_min, k)) / self.problems).min(1.0));
                        continue;
                    }
                    Model::BetaBinomial => &beta,
                    Model::ZeroInflated => &inflated,
                };
                let later = forecast.as_ref().map_or(0.0, |forecast| forecast.solved_later(&unsolved, k));
                out.push(((known + later) / self.problems).min(1.0));
            }
        }
    }

    /// Those of all problems.
    pub(super) fn points(&self, tallies: &Tallies, laws: Laws) -> Vec<f64> {
        let mut points = Vec::with_capacity(self.cells.len());
        self.estimates(&self.cells, tallies, laws, &mut points);
        points
    }

    /// Those of some cells and a resample, at the end of `out`; `laws` are those of all problems.
    pub(super) fn resample(&self, cells: Range<usize>, tallies: &Tallies, laws: Laws, out: &mut Vec<f64>) {
        let cells = &self.cells[cells];
        if !cells.is_empty() {
            self.estimates(cells, tallies, laws.again(cells, tallies), out);
        }
    }
}

/// What a problem counts at k without a law.
pub(super) fn known(n: u64, c: u64, k: u64) -> f64 {
    if n >= k { Estimator::PassAtK.evaluate(n, c, k) } else { f64::from(c > 0) }
}

pub(super) fn total(tallies: &Tallies, values: &[f64]) -> f64 {
    tallies.multiplicity().iter().zip(values).map(|(m, value)| m * value).sum()
}
