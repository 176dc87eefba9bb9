//! pass@k beyond n: estimates that need an assumption, with intervals, and bounds that need none.
//!
//! A problem with n >= k samples is estimated without bias. Of the others, one that has passes counts 1, and one that
//! has none counts what the fitted law says of it: the chance of a pass in k draws after none in n. So the
//! curve goes on where pass@n ends. Chao2 extrapolates the benchmark as a whole, from its least n.
//!
//! Intervals are percentiles over resamples of the problems, each fitted anew from the fit of the whole; a resample
//! without a fit counts its share of solved problems. The same resamples give the bands
//! that the bounds start from: pass@j +- t se at j = 1, 2, 4, ..., n with one t for all, the level's
//! quantile of the largest deviation (Montiel Olea & Plagborg-Moller 2019, sup-t).

use super::benchmark::{Count, counts};
use super::beta_binomial::BetaBinomial;
use super::bounds::{Band, bounds, jensen};
use super::chao::{chao2, rarefied};
use super::intervals::{choose, gamma, quantile};
use super::moments::Moments;
use super::multinomial::Multinomial;
use super::quantiles::{normal_cdf, normal_quantile};
use super::rising::log_ratio;
use super::zero_inflated::ZeroInflated;
use super::{InferenceError, Label, Method, Over, Problems, REPLICATES_AT_ONCE, Spec, Tallies, Watch, map};
use crate::estimators::Estimator;
use crate::rng::Stream;

/// Replicates per task: from 1 ms (30 problems) to 10 ms (5,000, n = 256) of work.
const BLOCK: usize = 16;

/// What is assumed of problems that were not solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Nothing; up to 2n.
    Chao2,
    /// A beta law of p.
    BetaBinomial,
    /// A beta law of p, and a share of problems that cannot be solved.
    ZeroInflated,
}

/// Which models to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Models {
    /// Chao2 up to 2n, beyond it both laws.
    Auto,
    /// This one at every k.
    Only(Model),
}

impl Models {
    fn at(self, k: u64, n: u64) -> &'static [Model] {
        match self {
            Self::Auto if k <= n.saturating_mul(2) => &[Model::Chao2],
            Self::Auto => &[Model::BetaBinomial, Model::ZeroInflated],
            Self::Only(Model::Chao2) => &[Model::Chao2],
            Self::Only(Model::BetaBinomial) => &[Model::BetaBinomial],
            Self::Only(Model::ZeroInflated) => &[Model::ZeroInflated],
        }
    }
}

/// How an estimate beyond n was made, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// By a model.
    Model(Model),
    /// Every problem was solved, so pass@k is 1; the interval is that of pass@n.
    AllSolved,
    /// No problem was solved, which is no sign of how hard they are.
    NothingSolved,
    /// One problem says nothing about others.
    OneProblem,
    /// A single sample says nothing about how problems differ.
    OneSample,
}

impl Basis {
    /// The word that users see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model(Model::Chao2) => "chao2",
            Self::Model(Model::BetaBinomial) => "beta-binomial",
            Self::Model(Model::ZeroInflated) => "zero-inflated beta-binomial",
            Self::AllSolved => "all solved",
            Self::NothingSolved => "none: nothing solved",
            Self::OneProblem => "none: one problem",
            Self::OneSample => "none: n = 1",
        }
    }
}

/// pass@k of a group at a k beyond its least n.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolated {
    /// The place of k in the caller's ks.
    pub at: usize,
    /// The estimate; NaN where there is none.
    pub estimate: f64,
    /// The ends of its interval; NaN where there is none.
    pub interval: [f64; 2],
    /// How it was made.
    pub basis: Basis,
    /// The least and the greatest value that the curve within n allows, with its sampling error; NaN where
    /// there is one problem.
    pub bounds: [f64; 2],
    /// The same by monotony and Jensen's inequality, from the estimate of pass@n as if it were known.
    pub cheap: [f64; 2],
    /// P
    pub n_problems: u64,
    /// The least n.
    pub n_min: u64,
    /// The greatest.
    pub n_max: u64,
}

/// For each group the rows of every k beyond its least n, in the order of `ks` and of the models.
///
/// Problems without samples are left out, clusters do not matter, nor do the spec's `method` and `over`. Groups,
/// threads and the order of the problems change no bit of a result.
///
/// # Errors
/// If the spec allows no interval, counts are impossible, or the caller asked to stop.
pub fn extrapolate(
    groups: &[Problems<'_>],
    ks: &[u64],
    models: Models,
    spec: &Spec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<Extrapolated>>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    let spec = &Spec { method: Method::Bootstrap, over: Over::Problems, ..*spec };
    spec.check()?;
    spec.check_resamples()?;
    let plans = map(spec.threads, groups.to_vec(), watch, |problems| Plan::new(problems, ks, models))?;
    let widest = plans.iter().map(Plan::width).max().unwrap_or(1).max(1);
    let at_once = (REPLICATES_AT_ONCE / spec.n_resamples / widest).max(1);
    let mut rows = Vec::new();
    for plans in plans.chunks(at_once) {
        let replicates = replicate(plans, spec, watch)?;
        let plans = plans.iter().zip(replicates).collect();
        rows.extend(map(spec.threads, plans, watch, |(plan, drawn)| Ok(plan.rows(ks, &drawn, spec)))?);
    }
    Ok(rows)
}

/// For each plan its statistics over the resamples, one row a statistic.
fn replicate(
    plans: &[Plan],
    spec: &Spec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<Vec<f64>>>, InferenceError> {
    let firsts = || (0..spec.n_resamples).step_by(BLOCK);
    let tasks: Vec<(usize, usize)> = (0..plans.len())
        .filter(|&at| plans[at].problems > 1.0)
        .flat_map(|at| firsts().map(move |first| (at, first)))
        .collect();
    let blocks = map(spec.threads, tasks.clone(), watch, |(at, first)| {
        Ok(plans[at].replicates(spec.seed, first, BLOCK.min(spec.n_resamples - first)))
    })?;
    let mut rows: Vec<Vec<Vec<f64>>> = plans.iter().map(|plan| vec![Vec::new(); plan.width()]).collect();
    for ((at, _), block) in tasks.into_iter().zip(blocks) {
        for statistics in block {
            rows[at].iter_mut().zip(statistics).for_each(|(row, value)| row.push(value));
        }
    }
    Ok(rows)
}

/// An estimate to make.
#[derive(Clone, Copy, Debug)]
struct Cell {
    at: usize,
    k: u64,
    model: Model,
}

/// A group made ready.
struct Plan {
    problems: f64,
    n_min: u64,
    n_max: u64,
    tallies: Tallies,
    sampler: Option<Multinomial>,
    /// 1, 2, 4, ... and the least n.
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

impl Plan {
    fn new(problems: Problems<'_>, ks: &[u64], models: Models) -> Result<Self, InferenceError> {
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
        let js: Vec<u64> = (0..64).map(|i| 1 << i).take_while(|&j| j < n_min).chain([n_min]).collect();
        let needed = if cells.is_empty() { &[] } else { &js[..] };
        let mut later: Vec<u64> = cells.iter().map(|cell| cell.k).collect();
        later.dedup();
        let tallies = Tallies::new(runs.iter().map(|run| (run.len() as u64, run[0].0, run[0].1)));
        let wants = |model| cells.iter().any(|cell| cell.model == model);
        Ok(Self {
            problems: counts.len() as f64,
            n_min,
            n_max: counts.last().map_or(0, |count| count.0),
            sampler: (!cells.is_empty()).then(|| Multinomial::new(&multiplicity)),
            curve: needed.iter().map(|&j| of(&|n, c| Estimator::PassAtK.evaluate(n, c, j))).collect(),
            incidence: [0, 1, 2]
                .map(|i| if wants(Model::Chao2) { of(&|n, c| rarefied(n, c, n_min)[i]) } else { Vec::new() }),
            known: later.iter().map(|&k| (k, of(&|n, c| known(n, c, k)))).collect(),
            beta: wants(Model::BetaBinomial).then(|| BetaBinomial::fit(&tallies)).flatten(),
            inflated: wants(Model::ZeroInflated).then(|| ZeroInflated::fit(&tallies)).flatten(),
            js: needed.to_vec(),
            tallies,
            cells,
        })
    }

    /// How many statistics a resample has.
    fn width(&self) -> usize {
        self.js.len() + self.cells.len()
    }

    /// The statistics of `length` resamples from `first` on: pass@j at each j, then the estimates.
    fn replicates(&self, seed: u64, first: usize, length: usize) -> Vec<Vec<f64>> {
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
    fn rows(&self, ks: &[u64], drawn: &[Vec<f64>], spec: &Spec) -> Vec<Extrapolated> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let (curve, estimates) = drawn.split_at(self.js.len());
        let moments: Vec<Moments> =
            self.curve.iter().map(|values| Moments::new(weighted(&self.tallies, values), 1.0)).collect();
        let last = moments[moments.len() - 1];
        let bands = self.bands(&moments, curve, spec.confidence_level);
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
                let least = gamma(&last.minority, last.problems, spec.confidence_level, 1.0);
                (1.0, [least.lower, 1.0])
            }
            Basis::OneProblem => (if self.all_solved(cell.k) { 1.0 } else { f64::NAN }, none),
            Basis::NothingSolved | Basis::OneSample => (f64::NAN, none),
        }
    }

    /// Bands that hold the whole curve at once with the probability `level`.
    fn bands(&self, moments: &[Moments], curve: &[Vec<f64>], level: f64) -> Vec<Band> {
        let resamples = curve.first().map_or(0, Vec::len);
        let deviation = |replicate: usize| {
            let at = |(m, row): (&Moments, &Vec<f64>)| (row[replicate] - m.mean).abs() / m.se;
            moments.iter().zip(curve).filter(|(m, _)| m.se > 0.0).map(at).fold(0.0, f64::max)
        };
        let mut deviations: Vec<f64> = (0..resamples).map(deviation).collect();
        let normal = normal_quantile(0.5 + 0.5 * level);
        let critical =
            if deviations.is_empty() { normal } else { quantile(&mut deviations, level).max(normal) };
        let each = 2.0 * normal_cdf(critical) - 1.0;
        let band = |(&j, m): (&u64, &Moments)| {
            let (low, high) = match choose(Method::Auto, m).0 {
                // Too few problems differ from the rest for a standard error to mean much.
                Label::Gamma => {
                    let interval = gamma(&m.minority, m.problems, each, 1.0);
                    (interval.lower, interval.upper)
                }
                _ => (m.mean - critical * m.se, m.mean + critical * m.se),
            };
            Band { j, low: low.max(0.0), high: high.min(1.0) }
        };
        self.js.iter().zip(moments).map(band).collect()
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

/// A law with its view of the problems that were not solved, which ascend in n.
struct Forecast {
    law: BetaBinomial,
    /// The chance that a problem can be solved at all, for each n.
    solvable: Vec<f64>,
}

impl Forecast {
    fn new(fit: ZeroInflated, unsolved: &[(u64, f64)]) -> Self {
        let (mut from, mut decay) = (0, 0.0);
        let solvable = |&(n, _): &(u64, f64)| {
            decay += log_ratio(fit.law.b, fit.law.a, from..n);
            from = n;
            fit.solvable(decay)
        };
        let solvable =
            if fit.share > 0.0 { unsolved.iter().map(solvable).collect() } else { vec![1.0; unsolved.len()] };
        Self { law: fit.law, solvable }
    }

    /// How many of the unsolved problems with n < k have a pass in k draws, on average.
    fn solved_later(&self, unsolved: &[(u64, f64)], k: u64) -> f64 {
        let (mut to, mut decay, mut solved) = (k, 0.0, 0.0);
        for (&(n, problems), solvable) in unsolved.iter().zip(&self.solvable).rev() {
            if n < k {
                decay += log_ratio(self.law.b, self.law.a, n..to);
                to = n;
                solved += problems * solvable * -libm::expm1(-decay);
            }
        }
        solved
    }
}
