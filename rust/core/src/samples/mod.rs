//! Metrics of one problem that need its samples and not only their counts: the best of k rewards, the answer
//! of most of k.
//!
//! Each is the exact mean over all subsets of k of the n samples, so it is unbiased for the model's own value,
//! and nothing is drawn. The versions with replacement are the exact means over all n^k draws, which is what a
//! bootstrap of the log approximates; they are biased, and defined for every k.

pub mod majority;
mod majority_layers;
mod majority_rows;
mod many;
pub mod maximum;

pub use majority::{Majority, Mixed, Ties, Votes, maj_at_k, maj_at_k_with_replacement};
pub use many::{Metric, Spoiled, evaluate};
pub use maximum::{
    best_of_k, best_of_k_with_replacement, max_at_k, max_at_k_variance, max_at_k_with_replacement, min_at_k,
    min_at_k_variance, min_at_k_with_replacement,
};

/// Why a metric is not defined for so many samples and draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// There is nothing to draw from.
    #[error("no samples")]
    NoSamples,
    /// Nothing is drawn.
    #[error("k = 0: a metric of no draws is not defined")]
    NoDraws,
    /// More draws than samples.
    #[error("k = {k} is more than n = {n}; draw more samples or lower k")]
    TooFew {
        /// Samples.
        n: u64,
        /// Draws.
        k: u64,
    },
}

/// Whether k of n samples can be drawn.
///
/// # Errors
/// What [`Undefined`] lists; with replacement k may be more than n.
pub const fn check(n: u64, k: u64, with_replacement: bool) -> Result<(), Undefined> {
    match (n, k) {
        (0, _) => Err(Undefined::NoSamples),
        (_, 0) => Err(Undefined::NoDraws),
        (n, k) if k > n && !with_replacement => Err(Undefined::TooFew { n, k }),
        _ => Ok(()),
    }
}
