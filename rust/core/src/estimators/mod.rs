//! Estimates of one problem from its (n, c): n samples, c of them correct, k draws.
//!
//! Everything unbiased comes from one kernel, [`allfail`]; every other file turns its two numbers into one
//! family and opens with the formula. All arithmetic is double-double with one rounding at the end, and uses
//! no libm: values are correctly rounded (but for about one in 2^30) and have the same bits everywhere.

mod allfail;
mod alpha;
mod chance;
mod check;
mod columns;
mod curve;
mod factorials;
mod gpass;
mod group;
mod many;
mod pass;
mod plugin;
mod product;
mod seen;
mod stirling;
mod variance;

pub(crate) use allfail::Draws;
pub use allfail::{allfail, allfail_dd};
pub(crate) use chance::pow2;
pub use chance::{Chance, Scaled};
pub use check::{Invalid, LARGEST_COUNT};
pub use curve::curve;
pub use gpass::Tau;
pub use many::{InvalidAt, OnInvalid, curve_many, evaluate_many};
pub(crate) use plugin::all_fail as all_fail_with_replacement;
pub(crate) use stirling::exp_neg;

/// An estimate that is a function of (n, c, k).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Estimator {
    /// At least one of k draws passes, in [0, 1].
    PassAtK,
    /// All of k draws pass, in [0, 1].
    PassHatK,
    /// The weight k (1-p)^(k-1) of a problem's gradient, in [0, k].
    AlphaK,
    /// pass@k - pass@1, in [0, 1].
    PassGap,
    /// pass@k - pass@(k-1), in [0, 1].
    MarginalGain,
    /// `alpha_k` times p, in [0, 1].
    SignalMass,
    /// At least the share tau of k draws passes, in [0, 1].
    GPassAtK(Tau),
    /// The mean of [`Estimator::GPassAtK`] over the shares above one half, in [0, 1].
    MgPassAtK,
    /// All of a group of k fail, in [0, 1].
    ZeroSignal,
    /// All of a group of k pass, in [0, 1].
    AllCorrect,
    /// Some of a group of k pass and some fail, in [0, 1].
    Informative,
    /// The unbiased variance of [`Estimator::PassAtK`].
    PassAtKVariance,
    /// The unbiased variance of [`Estimator::PassHatK`].
    PassHatKVariance,
    /// The unbiased variance of [`Estimator::AlphaK`].
    AlphaKVariance,
    /// The unbiased variance of [`Estimator::GPassAtK`].
    GPassAtKVariance(Tau),
    /// The unbiased variance of [`Estimator::MgPassAtK`].
    MgPassAtKVariance,
    /// 1 - (1 - c/n)^k, biased low.
    PassAtKPlugin,
    /// k (1 - c/n)^(k-1), biased high.
    AlphaKPlugin,
}

impl Estimator {
    /// Every estimator, those of a share at one half.
    pub const ALL: [Self; 18] = [
        Self::PassAtK,
        Self::PassHatK,
        Self::AlphaK,
        Self::PassGap,
        Self::MarginalGain,
        Self::SignalMass,
        Self::GPassAtK(Tau::HALF),
        Self::MgPassAtK,
        Self::ZeroSignal,
        Self::AllCorrect,
        Self::Informative,
        Self::PassAtKVariance,
        Self::PassHatKVariance,
        Self::AlphaKVariance,
        Self::GPassAtKVariance(Tau::HALF),
        Self::MgPassAtKVariance,
        Self::PassAtKPlugin,
        Self::AlphaKPlugin,
    ];

    /// The public name, as in `pass_at_k`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PassAtK => "pass_at_k",
            Self::PassHatK => "pass_hat_k",
            Self::AlphaK => "alpha_k",
            Self::PassGap => "pass_gap",
            Self::MarginalGain => "marginal_gain",
            Self::SignalMass => "signal_mass",
            Self::GPassAtK(_) => "g_pass_at_k",
            Self::MgPassAtK => "mg_pass_at_k",
            Self::ZeroSignal => "zero_signal",
            Self::AllCorrect => "all_correct",
            Self::Informative => "informative",
            Self::PassAtKVariance => "pass_at_k_variance",
            Self::PassHatKVariance => "pass_hat_k_variance",
            Self::AlphaKVariance => "alpha_k_variance",
            Self::GPassAtKVariance(_) => "g_pass_at_k_variance",
            Self::MgPassAtKVariance => "mg_pass_at_k_variance",
            Self::PassAtKPlugin => "pass_at_k_plugin",
            Self::AlphaKPlugin => "alpha_k_plugin",
        }
    }

    /// The estimator with that name; of a share, where it takes one.
    #[must_use]
    pub fn from_name(name: &str, tau: Option<Tau>) -> Option<Self> {
        match (Self::ALL.into_iter().find(|estimator| estimator.name() == name)?, tau) {
            (Self::GPassAtK(_), tau) => Some(Self::GPassAtK(tau?)),
            (Self::GPassAtKVariance(_), tau) => Some(Self::GPassAtKVariance(tau?)),
            (other, None) => Some(other),
            _ => None,
        }
    }

    /// The value at an (n, c, k) that [`Estimator::check`] accepts.
    #[inline]
    #[must_use]
    pub fn evaluate(self, n: u64, c: u64, k: u64) -> f64 {
        let mut value = [0.0];
        curve(self, n, c, &[k], &mut value);
        value[0]
    }
}

#[cfg(test)]
mod tests {
    use super::{Estimator, Tau};

    #[test]
    fn names_are_found_again() {
        for estimator in Estimator::ALL {
            let tau = estimator.name().starts_with("g_pass").then_some(Tau::HALF);
            assert_eq!(Estimator::from_name(estimator.name(), tau), Some(estimator));
        }
        assert_eq!(Estimator::from_name("pass@k", None), None);
        assert_eq!(Estimator::from_name("g_pass_at_k", None), None);
        assert_eq!(Estimator::from_name("pass_at_k", Some(Tau::HALF)), None);
    }
}
