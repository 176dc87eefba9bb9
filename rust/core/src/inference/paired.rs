//! Two models on the same problems: differences of pass@k with intervals, a band over k, crossings and p-values.
//!
//! [`compare`] goes from (n, c) of both to tables. `comparison` has the words, `matched` the problems side by side, `differences` what is
//! known at one k, `bands` the resamples of the whole curve, `crossover` its zeros, `adjust` the p-values of many.

use super::adjust::{benjamini_hochberg, holm};
use super::bands::{self, Joint, Seen};
use super::comparison::{Comparison, PairedMethod, PairedRow, PairedSpec, Reason};
use super::crossover::Axis;
use super::differences::Differences;
use super::error::InferenceError;
use super::intervals::{Interval, mover};
use super::matched::{Matched, Pair};
use super::moments::fixed_benchmark_se;
use super::overlap::is_shared;
use super::pvalues::{normal_p, student_p};
use super::row::Label;
use super::significance;
use super::spec::Over;
use super::{REPLICATES_AT_ONCE, Watch, map};

/// Below this many effective differences Student's interval undercovers (docs/compare.md).
const FEWEST_EFFECTIVE: f64 = 10.0;

/// The difference a - b of pass@k for each pair and each of the ascending `ks`.
///
/// Pairs, threads and the order of the problems change no bit of a result. About every 50 ms `go_on` is called; when
/// it says false, that is the end.
///
/// # Errors
/// If the spec allows no interval, counts are impossible, or the caller asked to stop.
pub fn compare(
    pairs: &[Pair<'_>],
    ks: &[u64],
    spec: &PairedSpec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Comparison>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    spec.spec.check()?;
    spec.spec.check_tails()?;
    if spec.spec.over == Over::Samples && spec.method != PairedMethod::Auto {
        return Err(InferenceError::MethodOverSamples);
    }
    let mut done = Vec::with_capacity(pairs.len());
    for pairs in batches(pairs, ks.len(), spec.spec.n_resamples) {
        watch()?;
        done.extend(compare_batch(pairs, ks, spec, watch)?);
    }
    adjust(&mut done, ks);
    Ok(done)
}

/// Runs of pairs that fit in memory together.
fn batches<'a, 'b>(mut pairs: &'b [Pair<'a>], ks: usize, n_resamples: usize) -> Vec<&'b [Pair<'a>]> {
    let mut batches = Vec::new();
    while !pairs.is_empty() {
        let mut held = 0;
        let fitting = pairs.iter().take_while(|pair| {
            held += Joint::size(pair.n[0].len(), ks, n_resamples);
            held <= REPLICATES_AT_ONCE
        });
        let (batch, rest) = pairs.split_at(fitting.count().max(1));
        batches.push(batch);
        pairs = rest;
    }
    batches
}

fn compare_batch(
    pairs: &[Pair<'_>],
    ks: &[u64],
    spec: &PairedSpec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Comparison>, InferenceError> {
    let threads = spec.spec.threads;
    let plans = map(threads, pairs.iter().collect(), watch, |pair| Plan::new(pair, ks, spec))?;
    let drawn: Vec<&Plan> = plans.iter().filter(|plan| plan.is_drawn).collect();
    let joints: Vec<&Joint> = drawn.iter().map(|plan| &plan.joint).collect();
    let mut seen = bands::draw(&joints, &spec.spec, watch)?.into_iter();
    let seen: Vec<Vec<Seen>> =
        plans.iter().map(|plan| if plan.is_drawn { seen.next() } else { None }.unwrap_or_default()).collect();
    let levels = plans.iter().zip(&seen).map(|(plan, seen)| plan.band_level(seen, spec));
    let places: Vec<(&Plan, f64, usize)> = plans
        .iter()
        .zip(levels)
        .flat_map(|(plan, level)| (0..plan.differences.len()).map(move |at| (plan, level, at)))
        .collect();
    let mut rows =
        map(threads, places, watch, |(plan, level, at)| Ok(plan.row(at, level, spec)))?.into_iter();
    let comparison = |(plan, seen): (&Plan, Vec<Seen>)| Comparison {
        rows: rows.by_ref().take(plan.differences.len()).collect(),
        crossing: bands::crossing(plan.joint.crossings(), &seen, spec.spec.confidence_level),
        shared: is_shared(&plan.matched),
    };
    Ok(plans.iter().zip(seen).map(comparison).collect())
}

/// At each k the p-values of all pairs are one family.
fn adjust(comparisons: &mut [Comparison], ks: &[u64]) {
    for &k in ks {
        let mut rows: Vec<&mut PairedRow> =
            comparisons.iter_mut().flat_map(|done| &mut done.rows).filter(|row| row.k == k).collect();
        let p_values: Vec<f64> = rows.iter().map(|row| row.p_value).collect();
        let adjusted = holm(&p_values).into_iter().zip(benjamini_hochberg(&p_values));
        for (row, (holm, bh)) in rows.iter_mut().zip(adjusted) {
            (row.p_holm, row.p_bh) = (holm, bh);
        }
    }
}

/// What is known of a pair before anything is drawn.
struct Plan {
    matched: Matched,
    differences: Vec<Differences>,
    joint: Joint,
    /// Whether the curve is worth resamples: it has several ks, over problems.
    is_drawn: bool,
}

impl Plan {
    fn new(pair: &Pair<'_>, ks: &[u64], spec: &PairedSpec) -> Result<Self, InferenceError> {
        let matched = Matched::new(pair, ks, spec.skip)?;
        let differences: Vec<Differences> =
            (0..matched.ks.len()).map(|k| Differences::new(&matched, k)).collect();
        let multiplicity = match &matched.clusters {
            None => matched.cells.iter().map(|cell| cell.multiplicity).collect(),
            Some(clusters) => vec![1; clusters.count],
        };
        // A mean is a sum of so many rounded terms.
        let rounding = (multiplicity.len() + 8) as f64 * f64::EPSILON;
        let noise = differences.iter().map(|d| rounding * (d.a + d.b)).collect();
        let joint = Joint::new(Axis::new(&matched.ks, noise), &differences, &multiplicity);
        let several = matched.ks.len() > 1 && differences.iter().any(|d| d.units > 1);
        Ok(Self { is_drawn: several && spec.spec.over == Over::Problems, matched, differences, joint })
    }

    /// The level of the pointwise intervals that make the band.
    fn band_level(&self, seen: &[Seen], spec: &PairedSpec) -> f64 {
        let level = spec.spec.confidence_level;
        match spec.spec.over {
            Over::Problems if seen.is_empty() => level,
            Over::Problems => bands::simultaneous_level(seen, level),
            // Sidak (1967): normal deviates, however correlated, stay within bounds no less often than independent ones.
            Over::Samples => {
                let bounded = (0..self.matched.ks.len()).filter(|&k| {
                    self.matched.cells.iter().all(|cell| cell.n_min() >= 2 * self.matched.ks[k])
                });
                level.powf(1.0 / bounded.count().max(1) as f64)
            }
        }
    }

    fn row(&self, at: usize, band_level: f64, spec: &PairedSpec) -> PairedRow {
        let d = &self.differences[at];
        let estimate = match spec.spec.over {
            Over::Problems => self.over_problems(at, band_level, spec),
            Over::Samples => self.over_samples(at, band_level, spec.spec.confidence_level),
        };
        let n = || self.matched.at(at).flat_map(|(_, cell)| cell.n);
        let n_problems = self.matched.at(at).map(|(_, cell)| cell.multiplicity).sum();
        let all: u64 = self.matched.cells.iter().map(|cell| cell.multiplicity).sum();
        PairedRow {
            k: self.matched.ks[at],
            a: d.a,
            b: d.b,
            difference: d.mean,
            se: estimate.se,
            lower: estimate.interval.lower,
            upper: estimate.interval.upper,
            band_lower: estimate.band.lower,
            band_upper: estimate.band.upper,
            method: estimate.interval.method,
            reason: estimate.reason,
            p_value: estimate.p_value,
            p_bootstrap: estimate.p_bootstrap,
            p_sign_flip: estimate.p_sign_flip,
            p_permutation: estimate.p_permutation,
            p_holm: f64::NAN,
            p_bh: f64::NAN,
            n_problems,
            n_min: n().min().unwrap_or(0),
            n_max: n().max().unwrap_or(0),
            n_skipped: all - n_problems,
        }
    }

    fn over_problems(&self, at: usize, band_level: f64, spec: &PairedSpec) -> Uncertainty {
        let d = &self.differences[at];
        let level = spec.spec.confidence_level;
        let reason = match spec.method {
            _ if d.units == 0 => return Uncertainty::none(Label::NoProblem),
            _ if d.units == 1 && self.matched.clusters.is_some() => {
                return Uncertainty::none(Label::OneCluster);
            }
            _ if d.units == 1 => return Uncertainty::none(Label::OneProblem),
            _ if d.se == 0.0 => Some(Reason::AllEqual),
            PairedMethod::Auto if self.are_few(d) => Some(Reason::FewDiffer),
            _ => None,
        };
        let values = d.distinct();
        let (p_bootstrap, p_sign_flip) = (significance::bootstrap(&values), significance::sign_flip(&values));
        let is_mover = reason.is_some() || spec.method == PairedMethod::Mover;
        let at_level = |level: f64| match spec.method {
            _ if is_mover => d.mover(level),
            PairedMethod::Percentile => d.resampled(Label::Percentile, level),
            PairedMethod::Lattice => d.resampled(Label::Lattice, level),
            PairedMethod::Bca => d.resampled(Label::Bca, level),
            _ => d.t(level),
        };
        let [interval, band] = [level, band_level].map(at_level);
        let p_value = match spec.method {
            _ if is_mover => p_sign_flip,
            PairedMethod::Auto | PairedMethod::T => student_p(d.mean / d.se, d.units - 1),
            _ => p_bootstrap,
        };
        let reason = if spec.method == PairedMethod::Mover { None } else { reason };
        Uncertainty {
            se: d.se,
            interval,
            band,
            reason,
            p_value,
            p_bootstrap,
            p_sign_flip,
            p_permutation: f64::NAN,
        }
    }

    /// Of fewer than 10 clusters none could be enough, and Student's is the better one (as for one model).
    fn are_few(&self, d: &Differences) -> bool {
        d.effective < FEWEST_EFFECTIVE
            && (self.matched.clusters.is_none() || d.units as f64 >= FEWEST_EFFECTIVE)
    }

    fn over_samples(&self, at: usize, band_level: f64, level: f64) -> Uncertainty {
        let d = &self.differences[at];
        let se = fixed_benchmark_se(self.matched.variances(at).into_iter());
        let counts = self.matched.at(at).map(|(_, cell)| {
            let ([na, nb], [ca, cb]) = (cell.n, cell.c);
            (cell.multiplicity, [na, ca, nb, cb])
        });
        let p_permutation = significance::permutation(&counts.collect::<Vec<_>>(), self.matched.ks[at]);
        let none = |why| Uncertainty { p_permutation, ..Uncertainty::none(why) };
        match d.units {
            0 => return none(Label::NoProblem),
            _ if se.is_nan() => return none(Label::NoVariance),
            _ => {}
        }
        // The samples of the two models are independent, which is what MOVER asks.
        let sides = [0, 1].map(|model| self.matched.sides(model, at));
        let between = |level: f64| {
            let of = |model: usize, mean: f64| sides[model].interval(mean, level, 1.0);
            let (lower, upper) = mover([d.a, d.b], [of(0, d.a), of(1, d.b)]);
            Interval::new(lower.max(-1.0), upper.min(1.0), Label::Mover)
        };
        let [interval, band] = [level, band_level].map(between);
        let p_value = if se > 0.0 { normal_p(d.mean / se) } else { p_permutation };
        Uncertainty { se, interval, band, p_value, ..none(Label::Mover) }
    }
}

struct Uncertainty {
    se: f64,
    interval: Interval,
    band: Interval,
    reason: Option<Reason>,
    p_value: f64,
    p_bootstrap: f64,
    p_sign_flip: f64,
    p_permutation: f64,
}

impl Uncertainty {
    fn none(why: Label) -> Self {
        let none = Interval::none(why);
        Self {
            se: f64::NAN,
            interval: none,
            band: none,
            reason: None,
            p_value: f64::NAN,
            p_bootstrap: f64::NAN,
            p_sign_flip: f64::NAN,
            p_permutation: f64::NAN,
        }
    }
}
