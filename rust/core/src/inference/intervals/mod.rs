//! Confidence intervals for the mean of P values in \[0, max\].

mod analytic;
mod bayes;
mod ratio;
mod resampled;
mod sampling;

pub(super) use analytic::{Spread, beta, gamma, gamma_ends, mover, t, wilson};
pub(super) use bayes::Prior;
pub(super) use ratio::Ratio;
pub(super) use resampled::{
    basic, bca, lattice, monte_carlo, percentile, percentile_p, quantile, studentized,
};
pub(super) use sampling::{Sides, over_samples};

use crate::inference::moments::Moments;
use crate::inference::row::Label;
use crate::inference::spec::Method;

/// An interval and how it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// How it was made, or why there is none.
    pub method: Label,
    /// Why it was made in this way and not as asked.
    pub reason: Option<&'static str>,
}

impl Interval {
    /// An interval as asked.
    pub(crate) fn new(lower: f64, upper: f64, method: Label) -> Self {
        Self { lower, upper, method, reason: None }
    }

    /// No interval, and why.
    #[must_use]
    pub(crate) fn none(reason: Label) -> Self {
        Self::new(f64::NAN, f64::NAN, reason)
    }

    /// `estimate` +- `margin`, cut to \[0, max\].
    fn symmetric(estimate: f64, margin: f64, max: f64, method: Label) -> Self {
        Self::new((estimate - margin).max(0.0), (estimate + margin).min(max), method)
    }

    /// The same, with the reason for it.
    #[must_use]
    pub(crate) fn because(self, reason: Option<&'static str>) -> Self {
        Self { reason: reason.or(self.reason), ..self }
    }
}

/// How an interval over problems will be made, before anything is drawn, and why not as asked.
#[must_use]
pub(crate) fn choose(method: Method, moments: &Moments) -> (Label, Option<&'static str>) {
    let label = match (moments.problems, method) {
        (0, _) => Label::NoProblem,
        (1, _) => Label::OneProblem,
        (_, Method::Gamma) => Label::Gamma,
        (_, Method::Beta) => Label::Beta,
        // All replicates would be alike, and the interval a point.
        _ if moments.sd == 0.0 => return (Label::Beta, Some("all problems are alike")),
        (_, Method::Auto) if few_effective(moments.effective) => {
            return (Label::Beta, Some("fewer than 20 effective problems"));
        }
        (_, Method::Auto | Method::Bca) => Label::Bca,
        (_, Method::Percentile) => Label::Percentile,
        (_, Method::Basic) => Label::Basic,
        (_, Method::Lattice) => Label::Lattice,
        (_, Method::Studentized) => Label::Studentized,
        (_, Method::Bootstrap) => Label::Bootstrap,
        (_, Method::Wilson) => Label::Wilson,
        (_, Method::Bayes) => Label::Bayes,
        (_, Method::T) => Label::T,
    };
    (label, None)
}

/// Where the variance rests on fewer than 20 problems, or clusters, the bootstrap undercovers (docs/intervals.md).
pub(super) fn few_effective(effective: f64) -> bool {
    effective < 20.0
}
