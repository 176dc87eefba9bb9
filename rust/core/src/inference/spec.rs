//! What goes in and what comes out: cells, the choice of an interval, rows.

use thiserror::Error;

use crate::estimators::Invalid;

/// Distinct problems of one group and how many of each there are.
///
/// Cells come in the order of their tallies (n, c), which keeps the draws of a seed the same whatever is
/// computed from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// The number of problems in each cell, D.
    pub multiplicity: Vec<u64>,
    /// The value of each cell for each k, D x K by rows; never NaN.
    pub value: Vec<f64>,
    /// The sampling variance of each value, D x K by rows; NaN where it has no unbiased estimator.
    pub variance: Option<Vec<f64>>,
    /// The upper end of the metric's range \[0, max\] for each k, K.
    pub max: Vec<f64>,
}

impl Cells {
    /// P, the number of problems.
    #[must_use]
    pub fn problems(&self) -> u64 {
        self.multiplicity.iter().sum()
    }

    /// Multiplicities and values of one k.
    pub(super) fn column(&self, k: usize) -> impl Iterator<Item = (u64, f64)> + Clone {
        column(&self.multiplicity, &self.value, self.max.len(), k)
    }

    /// Multiplicities and variances of one k, where there are variances.
    pub(super) fn variances(&self, k: usize) -> Option<impl Iterator<Item = (u64, f64)> + Clone> {
        Some(column(&self.multiplicity, self.variance.as_ref()?, self.max.len(), k))
    }

    pub(super) fn check(&self, spec: &Spec) -> Result<(), InferenceError> {
        let expected = self.multiplicity.len() * self.max.len();
        let lengths = [Some(&self.value), self.variance.as_ref()].map(|part| part.map_or(expected, Vec::len));
        if let Some(&actual) = lengths.iter().find(|&&length| length != expected) {
            return Err(InferenceError::Shape { expected, actual });
        }
        if spec.over == Over::Samples && self.variance.is_none() {
            return Err(InferenceError::NoVariances);
        }
        check_values(&self.value)?;
        let problems =
            self.multiplicity.iter().try_fold(0_u32, |sum, &m| sum.checked_add(u32::try_from(m).ok()?));
        problems.map(|_| ()).ok_or(InferenceError::TooManyProblems)
    }
}

pub(super) fn check_values(values: &[f64]) -> Result<(), InferenceError> {
    if values.iter().any(|h| h.is_nan()) { Err(InferenceError::NotANumber) } else { Ok(()) }
}

fn column<'a>(
    multiplicity: &'a [u64],
    table: &'a [f64],
    width: usize,
    k: usize,
) -> impl Iterator<Item = (u64, f64)> + Clone + use<'a> {
    multiplicity.iter().copied().zip(table.iter().skip(k).step_by(width).copied())
}

/// How an interval is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// `BCa`, or gamma where few effective problems carry the minority side; t, or gamma likewise, over
    /// clusters; normal over samples.
    #[default]
    Auto,
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Percentiles of the bootstrap.
    Percentile,
    /// Student's t.
    T,
}

/// What an interval counts as random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// The problems are a sample of a population of problems.
    #[default]
    Problems,
    /// These very problems; only the samples of each are random.
    Samples,
}

/// The choice of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// How it is made.
    pub method: Method,
    /// What it counts as random.
    pub over: Over,
    /// Its confidence level, between 0 and 1.
    pub confidence_level: f64,
    /// The number of bootstrap resamples, up to 10^7.
    pub n_resamples: usize,
    /// The seed of the resamples.
    pub seed: u64,
    /// The number of threads; the results do not depend on it.
    pub threads: usize,
}

impl Default for Spec {
    fn default() -> Self {
        let (method, over) = (Method::default(), Over::default());
        Self { method, over, confidence_level: 0.95, n_resamples: 10_000, seed: 0, threads: 1 }
    }
}

impl Spec {
    /// # Errors
    /// Where no interval can be made this way.
    pub fn check(&self) -> Result<(), InferenceError> {
        if !(self.confidence_level > 0.0 && self.confidence_level < 1.0) {
            return Err(InferenceError::ConfidenceLevel(self.confidence_level));
        }
        if self.n_resamples > MOST_RESAMPLES {
            return Err(InferenceError::TooManyResamples(self.n_resamples));
        }
        if self.over == Over::Samples && self.method != Method::Auto {
            return Err(InferenceError::MethodOverSamples);
        }
        Ok(())
    }

    /// Below 1 / tail resamples an end of the interval is but the outermost of them.
    pub(super) fn check_resamples(&self) -> Result<(), InferenceError> {
        let (level, given) = (self.confidence_level, self.n_resamples);
        // 2 / (1 - 0.9) is 20 and a rounding error.
        let needed = (2.0 / (1.0 - level) * (1.0 - 1e-9)).ceil();
        let draws = self.over == Over::Problems && self.method != Method::T;
        if draws && (given as f64) < needed {
            return Err(InferenceError::TooFewResamples { needed, level, given });
        }
        Ok(())
    }
}

/// Of one k they take 80 MB.
const MOST_RESAMPLES: usize = 10_000_000;

/// A number with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The mean over the problems; NaN where a problem has no value.
    pub estimate: f64,
    /// Its standard error; NaN where there is none.
    pub se: f64,
    /// The lower end of the interval; NaN where there is none.
    pub lower: f64,
    /// The upper end of the interval; NaN where there is none.
    pub upper: f64,
    /// How the interval was made, or why there is none.
    pub method: Label,
}

/// How an interval was made, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Percentiles of the bootstrap.
    Percentile,
    /// Student's t.
    T,
    /// Fay and Feuer's gamma interval.
    Gamma,
    /// From the gamma intervals of both models.
    Mover,
    /// Normal.
    Normal,
    /// The value is 1 by definition, as `alpha_1` is.
    Exact,
    /// None: there is no problem.
    NoProblem,
    /// None: one problem says nothing about others.
    OneProblem,
    /// None: one cluster says nothing about others.
    OneCluster,
    /// None: a problem has too few samples for the variance at this k.
    NoVariance,
    /// None: a problem has too few samples for the variance of `alpha_k`.
    NoAlphaVariance,
    /// None: every sampling variance is 0, so nothing is known of the noise.
    NoSpread,
}

impl Label {
    /// The word that users see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bca => "bca",
            Self::Percentile => "percentile",
            Self::T => "t",
            Self::Gamma => "gamma",
            Self::Mover => "mover",
            Self::Normal => "normal",
            Self::Exact => "exact",
            Self::NoProblem => "none: no problem",
            Self::OneProblem => "none: one problem",
            Self::OneCluster => "none: one cluster",
            Self::NoVariance => "none: 2k > n",
            Self::NoAlphaVariance => "none: 2k-2 > n",
            Self::NoSpread => "none: no spread",
        }
    }
}

/// Why nothing can be inferred.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InferenceError {
    /// The level is not between 0 and 1.
    #[error("confidence level must be between 0 and 1, got {0}")]
    ConfidenceLevel(f64),
    /// Fewer resamples than the tails of the interval need.
    #[error("confidence level {level} needs at least {needed} resamples, got {given}")]
    TooFewResamples {
        /// The fewest for this level, 2 / (1 - level); whole.
        needed: f64,
        /// The level.
        level: f64,
        /// What was asked for.
        given: usize,
    },
    /// More resamples than anyone needs.
    #[error("the number of resamples must be at most {MOST_RESAMPLES}, got {0}")]
    TooManyResamples(usize),
    /// A method for problems was asked for over samples.
    #[error("over samples there is only the normal interval")]
    MethodOverSamples,
    /// A method without a cluster version was asked for over clusters.
    #[error("over clusters there are only the methods auto and t")]
    MethodOverClusters,
    /// Over samples, but no variances were given.
    #[error("over samples needs the sampling variances")]
    NoVariances,
    /// A table does not fit the others.
    #[error("expected {expected} values, got {actual}")]
    Shape {
        /// The length that fits.
        expected: usize,
        /// The length found.
        actual: usize,
    },
    /// A value is NaN.
    #[error("a value is NaN")]
    NotANumber,
    /// Counts that no problem can have.
    #[error("n = {n}, c = {c}: {reason}")]
    Counts {
        /// The number of samples.
        n: i64,
        /// The number that passed.
        c: i64,
        /// The rule that is broken.
        reason: Invalid,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// More problems than can be drawn.
    #[error("a group must have fewer than 2^32 problems")]
    TooManyProblems,
}
