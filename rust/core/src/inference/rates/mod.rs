//! The law of the problems' success rates, fitted to (n, c): [`beta_binomial`], and [`zero_inflated`] with a share of
//! problems that cannot be solved.
//!
//! `tallies` holds the data, `rising` sums the likelihood's terms, `newton` climbs it.

pub mod beta_binomial;
mod newton;
mod rising;
mod tallies;
pub mod zero_inflated;

pub(super) use beta_binomial::BetaBinomial;
pub(super) use rising::log_ratio;
pub use tallies::Tallies;
pub(super) use zero_inflated::ZeroInflated;
