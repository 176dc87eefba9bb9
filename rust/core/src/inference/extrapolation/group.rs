//! One group: what is fixed before resampling, the statistics of a resample, and the rows that come of them.

use std::ops::Range;

use super::bands::{bands, checkpoints, deviation};
use super::bounds::{Band, Bounds, jensen};
use super::statistics::{Cell, Laws, Statistics, cells, known, total};
use super::{Basis, Extrapolated, Model, Models};
use crate::estimators::Estimator;
use crate::inference::benchmark::{Problems, distinct};
use crate::inference::error::InferenceError;
use crate::inference::intervals::{Interval, Spread, beta, choose};
use crate::inference::moments::Moments;
use crate::inference::rates::Tallies;
use crate::inference::resampling::Multinomial;
use crate::inference::row::Label;
use crate::inference::spec::{Method, Spec};
use crate::rng::Stream;

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
    moments: Vec<Moments>,
    statistics: Statistics,
    laws: Laws,
}

impl Group {
    pub(super) fn new(problems: Problems<'_>, ks: &[u64], models: Models) -> Result<Self, InferenceError> {
        let mut counts = distinct(problems)?;
        if u32::try_from(counts.iter().map(|&(.., m)| m).sum::<u64>()).is_err() {
            return Err(InferenceError::TooManyProblems);
        }
        let n_of = |end: Option<&(u64, u64, u64)>| end.map_or(0, |&(n, ..)| n);
        let (n_min, n_max) = (n_of(counts.first()), n_of(counts.last()));
        // In the order of descending multiplicity, as the sampler wants them.
        counts.sort_by_key(|&(.., m)| std::cmp::Reverse(m));
        let multiplicity: Vec<u64> = counts.iter().map(|&(.., m)| m).collect();
        let tallies = Tallies::new(counts.into_iter().map(|(n, c, m)| (m, n, c)));
        let cells = cells(ks, models, n_min);
        let js = if cells.is_empty() { Vec::new() } else { checkpoints(n_min) };
        let curve: Vec<Vec<f64>> = js
            .iter()
            .map(|&j| tallies.iter().map(|(_, n, c)| Estimator::PassAtK.evaluate(n, c, j)).collect())
            .collect();
        let moments = curve.iter().map(|values| moments(&tallies, values)).collect();
        let laws = Laws::fit(&cells, &tallies);
        Ok(Self {
            problems: multiplicity.iter().sum::<u64>() as f64,
            n_min,
            n_max,
            sampler: (!cells.is_empty()).then(|| Multinomial::new(&multiplicity)),
            js,
            curve,
            moments,
            statistics: Statistics::new(cells, &tallies, n_min),
            laws,
            tallies,
        })
    }

    /// The ks beyond n.
    pub(super) fn ks(&self) -> impl Iterator<Item = u64> {
        self.statistics.cells.chunk_by(|a, b| a.place == b.place).map(|cells| cells[0].k)
    }

    /// How many statistics a resample has, if it tells anything.
    pub(super) fn width(&self) -> usize {
        let cells = self.statistics.cells.len();
        if self.problems > 1.0 && cells > 0 { 1 + cells } else { 0 }
    }

    /// Some of the statistics of some resamples, one after the other: how far the curve deviates, then the estimates.
    pub(super) fn replicates(&self, columns: Range<usize>, seed: u64, replicates: Range<usize>) -> Vec<f64> {
        let Some(sampler) = &self.sampler else { return Vec::new() };
        let mut tallies = self.tallies.clone();
        let mut drawn = vec![0; tallies.len()];
        let mut values = Vec::with_capacity(replicates.len() * columns.len());
        let cells = columns.start.max(1) - 1..columns.end - 1;
        for replicate in replicates {
            sampler.sample(&mut Stream::new(seed, replicate as u64), &mut drawn);
            tallies.reweigh(drawn.iter().map(|&count| f64::from(count)));
            if columns.start == 0 {
                let means = self.curve.iter().map(|values| total(&tallies, values) / self.problems);
                values.push(deviation(&self.moments, means));
            }
            self.statistics.resample(cells.clone(), &tallies, self.laws, &mut values);
        }
        values
    }

    /// The bands of the curve up to n, from the quantiles over the resamples.
    pub(super) fn bands(&self, quantiles: &[[f64; 2]], level: f64) -> Vec<Band> {
        quantiles.first().map_or_else(Vec::new, |&[t, _]| bands(&self.js, &self.moments, t, level))
    }

    /// The rows, from the quantiles over the resamples and the bounds at each k.
    pub(super) fn rows(&self, quantiles: &[[f64; 2]], bounds: &[Bounds], spec: &Spec) -> Vec<Extrapolated> {
        let points = self.statistics.points(&self.tallies, self.laws);
        let mut rows: Vec<Extrapolated> = Vec::with_capacity(points.len());
        for (at, (cell, point)) in self.statistics.cells.iter().zip(points).enumerate() {
            let basis = self.basis(cell);
            // Where no model speaks there is one row, not one a model.
            if !matches!(basis, Basis::Model(_)) && rows.last().is_some_and(|row| row.at == cell.at) {
                continue;
            }
            let percentiles = quantiles.get(1 + at).copied().unwrap_or([f64::NAN; 2]);
            let (estimate, interval) = self.answer(cell, basis, point, percentiles, spec);
            let (bounds, reason) = self.bounds(bounds[cell.place], estimate);
            let last = &self.moments[self.moments.len() - 1];
            rows.push(Extrapolated {
                at: cell.at,
                estimate,
                interval,
                basis,
                reason,
                bounds,
                cheap: [last.mean, jensen(last.mean, self.n_min, cell.k)],
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
        percentiles: [f64; 2],
        spec: &Spec,
    ) -> (f64, [f64; 2]) {
        let values: Vec<f64> = self.tallies.iter().map(|(_, n, c)| known(n, c, cell.k)).collect();
        let known = moments(&self.tallies, &values);
        // pass@k is at least what is known.
        let least = || beta(&Spread::of_problems(&known, 1.0), spec.confidence_level, 1.0);
        match basis {
            // Percentiles of few problems are too narrow.
            Basis::Model(_) if choose(Method::Auto, &known).0 == Label::Beta => {
                let Interval { lower, upper, .. } = least();
                (point, [percentiles[0].min(lower), percentiles[1].max(upper)])
            }
            Basis::Model(_) => (point, percentiles),
            Basis::AllSolved => (1.0, [least().lower, 1.0]),
            Basis::OneProblem => (if self.all_solved(cell.k) { 1.0 } else { f64::NAN }, [f64::NAN; 2]),
            Basis::NothingSolved | Basis::OneSample => (f64::NAN, [f64::NAN; 2]),
        }
    }

    /// The bounds of two problems or more, and what they say of the estimate.
    fn bounds(&self, bounds: Bounds, estimate: f64) -> ([f64; 2], Option<&'static str>) {
        let [low, high] = bounds.ends;
        let reason = if self.problems <= 1.0 {
            return ([f64::NAN; 2], None);
        } else if bounds.widened {
            Some("bounds widened: no success rates give such a curve up to n")
        } else {
            (estimate < low || estimate > high).then_some("outside the bounds")
        };
        (bounds.ends, reason)
    }
}

fn moments(tallies: &Tallies, values: &[f64]) -> Moments {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers of problems")]
    let whole = |m: f64| m as u64;
    Moments::new(tallies.multiplicity().iter().map(|&m| whole(m)).zip(values.iter().copied()), 1.0)
}
