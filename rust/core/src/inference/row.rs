//! What comes out: a number with its uncertainty, and words for both.

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
    /// How many problems (or clusters) the variance rests on; NaN without problems.
    pub effective: f64,
    /// Why the method is not the one asked for.
    pub reason: Option<&'static str>,
}

/// How an interval was made, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Percentiles of the bootstrap's smooth law.
    Percentile,
    /// The same mirrored at the estimate.
    Basic,
    /// Percentiles of the bootstrap's law with its atoms.
    Lattice,
    /// The bootstrap of Student's ratio.
    Studentized,
    /// Percentiles of resamples.
    Bootstrap,
    /// Wilson's.
    Wilson,
    /// Beta, with the moments of the problems.
    Beta,
    /// Of a fitted beta-binomial law.
    Bayes,
    /// Student's t.
    T,
    /// Fay and Feuer's gamma interval.
    Gamma,
    /// From the gamma intervals of two sides: gains and losses, or low and high estimates.
    Mover,
    /// The value is known by definition, as `alpha_1` is 1 and pass@1 - pass@1 is 0.
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
    /// None: no beta-binomial law fits, as problems do not differ or are all passes or all fails.
    NoFit,
}

impl Label {
    /// The word that users see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bca => "bca",
            Self::Percentile => "percentile",
            Self::Basic => "basic",
            Self::Lattice => "lattice",
            Self::Studentized => "studentized",
            Self::Bootstrap => "bootstrap",
            Self::Wilson => "wilson",
            Self::Beta => "beta",
            Self::Bayes => "bayes",
            Self::T => "t",
            Self::Gamma => "gamma",
            Self::Mover => "mover",
            Self::Exact => "exact",
            Self::NoProblem => "none: no problem",
            Self::OneProblem => "none: one problem",
            Self::OneCluster => "none: one cluster",
            Self::NoVariance => "none: 2k > n",
            Self::NoAlphaVariance => "none: 2k-2 > n",
            Self::NoFit => "none: no beta-binomial fits",
        }
    }
}
