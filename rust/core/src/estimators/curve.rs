//! One problem's values at many k.

use super::allfail::Draws;
use super::{Estimator, alpha, gpass, group, pass, plugin, variance};

/// Writes the estimator's value at each of `ks` to `out`, the same bits as [`Estimator::evaluate`].
///
/// `ks` ascend strictly, and each is valid for (n, c). Where n is past the factorial table the product is
/// walked once for all of them.
///
/// # Panics
/// If `ks` and `out` differ in length.
#[inline]
pub fn curve(estimator: Estimator, n: u64, c: u64, ks: &[u64], out: &mut [f64]) {
    assert_eq!(ks.len(), out.len(), "one place for each k");
    match estimator {
        Estimator::PassAtK => each(Draws::new(n, c), ks, out, pass::pass_at_k),
        Estimator::PassHatK | Estimator::AllCorrect => {
            each(Draws::new(n, n - c), ks, out, pass::pass_hat_k);
        }
        Estimator::AlphaK => each(Draws::new(n, c), ks, out, alpha::alpha_k),
        Estimator::PassGap => each(Draws::new(n - 1, c), ks, out, |draws, k| pass::pass_gap(draws, n, c, k)),
        Estimator::MarginalGain => {
            each(Draws::new(n, c), ks, out, |draws, k| pass::marginal_gain(draws, n, c, k));
        }
        Estimator::SignalMass => {
            each(Draws::new(n, c), ks, out, |draws, k| alpha::signal_mass(draws, n, c, k));
        }
        Estimator::GPassAtK(tau) => each((), ks, out, |(), k| gpass::g_pass_at_k(n, c, k, tau)),
        Estimator::MgPassAtK => each((), ks, out, |(), k| gpass::mg_pass_at_k(n, c, k)),
        Estimator::ZeroSignal => each(Draws::new(n, c), ks, out, group::zero_signal),
        Estimator::Informative => each((), ks, out, |(), k| group::informative(n, c, k)),
        Estimator::PassAtKVariance => each((), ks, out, |(), k| variance::pass_at_k_variance(n, c, k)),
        Estimator::PassHatKVariance => each((), ks, out, |(), k| variance::pass_at_k_variance(n, n - c, k)),
        Estimator::AlphaKVariance => each((), ks, out, |(), k| variance::alpha_k_variance(n, c, k)),
        Estimator::GPassAtKVariance(tau) => {
            each((), ks, out, |(), k| gpass::g_pass_at_k_variance(n, c, k, tau));
        }
        Estimator::MgPassAtKVariance => each((), ks, out, |(), k| gpass::mg_pass_at_k_variance(n, c, k)),
        Estimator::PassAtKPlugin => each((), ks, out, |(), k| plugin::pass_at_k_plugin(n, c, k)),
        Estimator::AlphaKPlugin => each((), ks, out, |(), k| plugin::alpha_k_plugin(n, c, k)),
    }
}

#[inline]
fn each<S>(mut state: S, ks: &[u64], out: &mut [f64], value: impl Fn(&mut S, u64) -> f64) {
    for (&k, place) in ks.iter().zip(out) {
        *place = value(&mut state, k);
    }
}
