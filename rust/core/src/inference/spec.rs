//! What goes in: cells, and the choice of an interval.

use super::error::{InferenceError, MOST_RESAMPLES};

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
    /// What is known of the noise of the samples.
    pub noise: Option<Noise>,
    /// The upper end of the metric's range \[0, max\] for each k, K.
    pub max: Vec<f64>,
}

/// The noise of the samples in the values of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noise {
    /// The sampling variance of each value, D x K by rows; NaN where it has no unbiased estimator.
    pub variance: Vec<f64>,
    /// For each k, how many sets of k samples the problem with the fewest has that do not overlap, K.
    pub repeats: Vec<u64>,
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
        Some(column(&self.multiplicity, &self.noise.as_ref()?.variance, self.max.len(), k))
    }

    pub(super) fn check(&self, spec: &Spec) -> Result<(), InferenceError> {
        let expected = self.multiplicity.len() * self.max.len();
        let variance = self.noise.as_ref().map(|noise| &noise.variance);
        let lengths = [Some(&self.value), variance].map(|part| part.map_or(expected, Vec::len));
        if let Some(&actual) = lengths.iter().find(|&&length| length != expected) {
            return Err(InferenceError::Shape { expected, actual });
        }
        if spec.over == Over::Samples && self.noise.is_none() {
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
    /// The one to use: what it takes, and why, is in the row.
    #[default]
    Auto,
    /// Student's t.
    T,
    /// Percentiles of the bootstrap's law, smooth.
    Percentile,
    /// The percentiles mirrored at the estimate.
    Basic,
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Percentiles of the bootstrap's law with its atoms: infinitely many resamples.
    Lattice,
    /// The bootstrap of Student's ratio, by resampling.
    Studentized,
    /// Wilson's, for as many problems as have the variance of these.
    Wilson,
    /// Fay and Feuer's with half of its step.
    Gamma,
    /// Beta, with the moments of the problems.
    Beta,
    /// Of a fitted beta-binomial law.
    Bayes,
    /// Percentiles of resamples.
    Bootstrap,
}

impl Method {
    /// All, in the order of the docs.
    pub const ALL: [Self; 12] = [
        Self::Auto,
        Self::T,
        Self::Percentile,
        Self::Basic,
        Self::Bca,
        Self::Lattice,
        Self::Studentized,
        Self::Wilson,
        Self::Gamma,
        Self::Beta,
        Self::Bayes,
        Self::Bootstrap,
    ];

    /// The word that users say.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::T => "t",
            Self::Percentile => "percentile",
            Self::Basic => "basic",
            Self::Bca => "bca",
            Self::Lattice => "lattice",
            Self::Studentized => "studentized",
            Self::Wilson => "wilson",
            Self::Gamma => "gamma",
            Self::Beta => "beta",
            Self::Bayes => "bayes",
            Self::Bootstrap => "bootstrap",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether it has a version for clusters.
    #[must_use]
    pub fn takes_clusters(self) -> bool {
        matches!(
            self,
            Self::Auto | Self::T | Self::Percentile | Self::Basic | Self::Bca | Self::Gamma | Self::Beta
        )
    }

    /// Whether it has a version over samples.
    #[must_use]
    pub fn takes_samples(self) -> bool {
        matches!(self, Self::Auto | Self::Bayes)
    }

    /// Whether it draws random numbers.
    #[must_use]
    pub fn resamples(self) -> bool {
        matches!(self, Self::Studentized | Self::Bootstrap)
    }
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
        if self.over == Over::Samples && !self.method.takes_samples() {
            return Err(InferenceError::MethodOverSamples);
        }
        Ok(())
    }

    /// Where the method resamples: below 1 / tail resamples an end of the interval is but the outermost of them.
    pub(super) fn check_resamples(&self) -> Result<(), InferenceError> {
        if self.method.resamples() { self.check_tails() } else { Ok(()) }
    }

    /// The same whatever the method.
    pub(super) fn check_tails(&self) -> Result<(), InferenceError> {
        let (level, given) = (self.confidence_level, self.n_resamples);
        // 2 / (1 - 0.9) is 20 and a rounding error.
        let needed = (2.0 / (1.0 - level) * (1.0 - 1e-9)).ceil();
        if (given as f64) < needed {
            return Err(InferenceError::TooFewResamples { needed, level, given });
        }
        Ok(())
    }
}
