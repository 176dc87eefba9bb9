//! One group: what is fixed before resampling, the statistics of a resample, and the rows that come of them.

use super::bands::{bands, checkpoints};
use super::bounds::{bounds, jensen};
use super::chao::{chao2, rarefied};
use super::forecast::Forecast;
use super::{Basis, Extrapolated, Model, Models};
use crate::estimators::Estimator;
use crate::inference::benchmark::{Count, Problems, counts};
use crate::inference::error::InferenceError;
use crate::inference::intervals::{Spread, beta, quantile};
use crate::inference::moments::Moments;
use crate::inference::rates::BetaBinomial;
use crate::inference::rates::Tallies;
use crate::inference::rates::ZeroInflated;
use crate::inference::resampling::Multinomial;
use crate::inference::spec::Spec;
use crate::rng::Stream;

/// An estimate to make.
#[derive(Clone, Copy, Debug)]
struct Cell {
    at: usize,
    k: u64,
    model: Model,
}

/// A group made ready.
pub(super) struct Group {
    problems: f64,
    n_min: u64,
    n_max: u64,
    tallies: Tallies,
    sampler: Option<Multinomial>,
    /// Where the curve's bands are.
    js: Vec<u64>,
    /// pass@j of each cell of problems, one row a j.
    curve: Vec<Vec<f64>>,
    /// S, Q1 and Q2 of each cell at the least n.
    incidence: [Vec<f64>; 3],
    /// What each cell counts without a law, one row a k; an unsolved one counts 0.
    known: Vec<(u64, Vec<f64>)>,
    cells: Vec<Cell>,
    beta: Option<BetaBinomial>,
    inflated: Option<ZeroInflated>,
}

impl Group {
    pub(super) fn new(problems: Problems<'_>, ks: &[u64], models: Models) -> Result<Self, InferenceError> {
        let mut counts = counts(problems)?;
        counts.retain(|&(n, ..)| n > 0);
        if u32::try_from(counts.len()).is_err() {
            return Err(InferenceError::TooManyProblems);
        }
        // In the order of descending multiplicity, as the sampler wants them.
        let mut runs: Vec<&[Count]> = counts.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
        let multiplicity: Vec<u64> = runs.iter().map(|run| run.len() as u64).collect();
        let of = |value: &dyn Fn(u64, u64) -> f64| runs.iter().map(|run| value(run[0].0, run[0].1)).collect();
        let n_min = counts.first().map_or(0, |count| count.0);
        let beyond = |(at, &k): (usize, &u64)| {
            let models = if k > n_min && n_min > 0 { models.at(k, n_min) } else { &[] };
            models.iter().map(move |&model| Cell { at, k, model })
        };
        let cells: Vec<Cell> = ks.iter().enumerate().flat_map(beyond).collect();
        let js = if cells.is_empty() { Vec::new() } else { checkpoints(n_min) };
        let mut later: Vec<u64> = cells.iter().map(|cell| cell.k).collect();
        later.dedup();
        let tallies = Tallies::new(runs.iter().map(|run| (run.len() as u64, run[0].0, run[0].1)));
        let wants = |model| cells.iter().any(|cell| cell.model == model);
        Ok(Self {
            problems: counts.len() as f64,
            n_min,
            n_max: counts.last().map_or(0, |count| count.0),
            sampler: (!cells.is_empty()).then(|| Multinomial::new(&multiplicity)),
            curve: js.iter().map(|&j| of(&|n, c| Estimator::PassAtK.evaluate(n, c, j))).collect(),
            incidence: [0, 1, 2]
                .map(|i| if wants(Model::Chao2) { of(&|n, c| rarefied(n, c, n_min)[i]) } else { Vec::new() }),
            known: later.iter().map(|&k| (k, of(&|n, c| known(n, c, k)))).collect(),
            beta: wants(Model::BetaBinomial).then(|| BetaBinomial::fit(&tallies)).flatten(),
            inflated: wants(Model::ZeroInflated).then(|| ZeroInflated::fit(&tallies)).flatten(),
            js,
            tallies,
            cells,
        })
    }

    /// Whether resamples tell anything.
    pub(super) fn resampled(&self) -> bool {
        self.problems > 1.0 && !self.cells.is_empty()
    }

    /// How many statistics a resample has.
    pub(super) fn width(&self) -> usize {
        self.js.len() + self.cells.len()
    }

    /// The statistics of `length` resamples from `first` on: pass@j at each j, then the estimates.
    pub(super) fn replicates(&self, seed: u64, first: usize, length: usize) -> Vec<Vec<f64>> {
        let Some(sampler) = &self.sampler else { return Vec::new() };
        let mut tallies = self.tallies.clone();
        let mut drawn = vec![0; tallies.len()];
        let mut statistics = |replicate: usize| {
            sampler.sample(&mut Stream::new(seed, replicate as u64), &mut drawn);
            tallies.reweigh(drawn.iter().map(|&count| f64::from(count)));
            let start = |law: &BetaBinomial| [law.a, law.b].map(libm::log);
            let beta = self.beta.and_then(|law| BetaBinomial::fit_from(&tallies, start(&law)));
            let inflated = self.inflated.and_then(|fit| ZeroInflated::fit_from(&tallies, start(&fit.law)));
            let curve = self.curve.iter().map(|values| self.mean(&tallies, values));
            curve.chain(self.estimates(&tallies, beta, inflated)).collect()
        };
        (first..first + length).map(&mut statistics).collect()
    }

    fn mean(&self, tallies: &Tallies, values: &[f64]) -> f64 {
        total(tallies, values) / self.problems
    }

    /// The estimates of the cells from some multiplicities and the laws that were fitted to them.
    fn estimates(
        &self,
        tallies: &Tallies,
        beta: Option<BetaBinomial>,
        inflated: Option<ZeroInflated>,
    ) -> impl Iterator<Item = f64> {
        let unsolved = tallies.unsolved();
        let beta = beta.map(|law| Forecast::new(ZeroInflated { share: 0.0, law }, &unsolved));
        let inflated = inflated.map(|fit| Forecast::new(fit, &unsolved));
        let later = move |forecast: &Option<Forecast>, k| {
            forecast.as_ref().map_or(0.0, |forecast| forecast.solved_later(&unsolved, k))
        };
        let incidence = self.incidence.each_ref().map(|values| total(tallies, values));
        self.cells.iter().map(move |cell| {
            let forecast = match cell.model {
                Model::Chao2 => return chao2(incidence, self.problems, self.n_min, cell.k),
                Model::BetaBinomial => &beta,
                Model::ZeroInflated => &inflated,
            };
            let known = self.known.iter().find(|(k, _)| *k == cell.k);
            let known = known.map_or(0.0, |(_, values)| total(tallies, values));
            ((known + later(forecast, cell.k)) / self.problems).min(1.0)
        })
    }

    /// The rows, from the statistics over the resamples.
    pub(super) fn rows(&self, ks: &[u64], drawn: &[Vec<f64>], spec: &Spec) -> Vec<Extrapolated> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let (curve, estimates) = drawn.split_at(self.js.len());
        let moments: Vec<Moments> =
            self.curve.iter().map(|values| Moments::new(weighted(&self.tallies, values), 1.0)).collect();
        let last = moments[moments.len() - 1];
        let bands = bands(&self.js, &moments, curve, spec.confidence_level);
        let sharp: Vec<[f64; 2]> = ks
            .iter()
            .map(|&k| if k > self.n_min && self.problems > 1.0 { bounds(&bands, k) } else { [f64::NAN; 2] })
            .collect();
        let points: Vec<f64> = self.estimates(&self.tallies, self.beta, self.inflated).collect();
        let mut rows: Vec<Extrapolated> = Vec::with_capacity(points.len());
        for ((cell, point), replicates) in self.cells.iter().zip(points).zip(estimates.to_vec()) {
            let basis = self.basis(cell);
            // Where no model speaks there is one row, not one a model.
            if !matches!(basis, Basis::Model(_)) && rows.last().is_some_and(|row| row.at == cell.at) {
                continue;
            }
            let (estimate, interval) = self.answer(cell, basis, point, replicates, &last, spec);
            let cheap = [last.mean, jensen(last.mean, self.n_min, cell.k)];
            rows.push(Extrapolated {
                at: cell.at,
                estimate,
                interval,
                basis,
                bounds: sharp[cell.at],
                cheap,
                n_problems: last.problems,
                n_min: self.n_min,
                n_max: self.n_max,
            });
        }
        rows
    }

    fn basis(&self, cell: &Cell) -> Basis {
        let fitted = match cell.model {
            Model::Chao2 => self.n_min > 1,
            Model::BetaBinomial | Model::ZeroInflated => self.n_max > 1,
        };
        if self.problems <= 1.0 {
            Basis::OneProblem
        } else if self.all_solved(cell.k) {
            Basis::AllSolved
        } else if !self.tallies.any(|_, c| c > 0) {
            Basis::NothingSolved
        } else if fitted {
            Basis::Model(cell.model)
        } else {
            Basis::OneSample
        }
    }

    /// Whether every problem counts 1 at k.
    fn all_solved(&self, k: u64) -> bool {
        !self.tallies.any(|n, c| known(n, c, k) < 1.0)
    }

    fn answer(
        &self,
        cell: &Cell,
        basis: Basis,
        point: f64,
        mut replicates: Vec<f64>,
        last: &Moments,
        spec: &Spec,
    ) -> (f64, [f64; 2]) {
        let none = [f64::NAN; 2];
        match basis {
            Basis::Model(_) => {
                let tail = 0.5 * (1.0 - spec.confidence_level);
                (point, [tail, 1.0 - tail].map(|p| quantile(&mut replicates, p)))
            }
            // pass@k is at least pass@n.
            Basis::AllSolved => {
                let least = beta(&Spread::of_problems(last, 1.0), spec.confidence_level, 1.0);
                (1.0, [least.lower, 1.0])
            }
            Basis::OneProblem => (if self.all_solved(cell.k) { 1.0 } else { f64::NAN }, none),
            Basis::NothingSolved | Basis::OneSample => (f64::NAN, none),
        }
    }
}

/// What a problem counts at k without a law.
fn known(n: u64, c: u64, k: u64) -> f64 {
    if n >= k { Estimator::PassAtK.evaluate(n, c, k) } else { f64::from(c > 0) }
}

fn weighted<'a>(
    tallies: &'a Tallies,
    values: &'a [f64],
) -> impl Iterator<Item = (u64, f64)> + Clone + use<'a> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers of problems")]
    let whole = |m: f64| m as u64;
    tallies.multiplicity().iter().map(move |&m| whole(m)).zip(values.iter().copied())
}

fn total(tallies: &Tallies, values: &[f64]) -> f64 {
    tallies.multiplicity().iter().zip(values).map(|(m, value)| m * value).sum()
}
