//! One pair: what is known before anything is drawn, and its rows afterwards.

use super::bands::{self, Joint, Seen};
use super::changes;
use super::crossover::Axis;
use super::differences::Differences;
use super::inversion::p_of_touching;
use super::matched::{Matched, Pair};
use super::terms::{PairedMethod, PairedRow, PairedSpec};
use crate::inference::error::InferenceError;
use crate::inference::intervals::{Interval, mover};
use crate::inference::moments::fixed_benchmark_se;
use crate::inference::row::Label;
use crate::inference::significance;
use crate::inference::spec::Over;

/// What is known of a pair before anything is drawn.
pub(super) struct Plan {
    pub matched: Matched,
    pub differences: Vec<Differences>,
    pub joint: Joint,
    /// Whether the curve is worth resamples: it has several ks, over problems.
    pub is_drawn: bool,
}

impl Plan {
    pub(super) fn new(pair: &Pair<'_>, ks: &[u64], spec: &PairedSpec) -> Result<Self, InferenceError> {
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
    pub(super) fn band_level(&self, seen: &[Seen], spec: &PairedSpec) -> f64 {
        let level = spec.spec.confidence_level;
        match spec.spec.over {
            Over::Problems if seen.is_empty() => level,
            Over::Problems => bands::simultaneous_level(seen, level),
            // Sidak (1967): normal deviates, however correlated, stay within bounds no less often than independent ones.
            Over::Samples => {
                let bounded = (0..self.matched.ks.len()).filter(|&k| {
                    self.matched.cells.iter().all(|cell| cell.n_min() >= 2 * self.matched.ks[k])
                });
                libm::pow(level, 1.0 / bounded.count().max(1) as f64)
            }
        }
    }

    pub(super) fn row(&self, at: usize, band_level: f64, spec: &PairedSpec) -> PairedRow {
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
            reason: estimate.interval.reason,
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
        let reason = match changes::reason(d, self.matched.clusters.is_some(), spec.method) {
            Ok(reason) => reason,
            Err(why) => return Uncertainty::none(why),
        };
        let values = d.distinct();
        let p_bootstrap = significance::bootstrap(&values);
        let p_sign_flip = significance::sign_flip(&d.distinct_totals());
        let levels = [level, band_level];
        let ([interval, band], p_value) = match spec.method {
            method if reason.is_some() || method == PairedMethod::Mover => changes::by_gains(d, levels),
            PairedMethod::Percentile => d.resampled(Label::Percentile, levels, p_bootstrap),
            PairedMethod::Lattice => d.resampled(Label::Lattice, levels, p_bootstrap),
            PairedMethod::Bca => d.resampled(Label::Bca, levels, p_bootstrap),
            _ => changes::by_t(d, levels),
        };
        let asked_for = spec.method == PairedMethod::Mover;
        let interval = interval.because(if asked_for { None } else { reason });
        Uncertainty { se: d.se, interval, band, p_value, p_bootstrap, p_sign_flip, p_permutation: f64::NAN }
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
        let ends = |tail: f64| {
            let of = |model: usize, mean: f64| sides[model].ends(mean, tail, 1.0);
            mover([d.a, d.b], [of(0, d.a), of(1, d.b)])
        };
        let [interval, band] = [level, band_level].map(|level| {
            let (lower, upper) = ends(0.5 * (1.0 - level));
            Interval::new(lower.max(-1.0), upper.min(1.0), Label::Mover)
        });
        let p_value = p_of_touching(d.mean, ends);
        Uncertainty { se, interval, band, p_value, ..none(Label::Mover) }
    }
}

struct Uncertainty {
    se: f64,
    interval: Interval,
    band: Interval,
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
            p_value: f64::NAN,
            p_bootstrap: f64::NAN,
            p_sign_flip: f64::NAN,
            p_permutation: f64::NAN,
        }
    }
}
