//! Why nothing can be inferred.

use thiserror::Error;

use crate::estimators::Invalid;

/// Of one k they take 80 MB.
pub(super) const MOST_RESAMPLES: usize = 10_000_000;

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
    #[error("over samples there are the methods auto and bayes")]
    MethodOverSamples,
    /// A method without a cluster version was asked for over clusters.
    #[error("over clusters there are the methods auto, t, percentile, basic, bca, gamma and beta")]
    MethodOverClusters,
    /// Bayes was asked for without n and c.
    #[error("the method bayes needs the counts of the problems, not values")]
    MethodNeedsCounts,
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
