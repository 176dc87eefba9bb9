//! Pass@k policy optimization: unbiased for the gradient of the expected maximum of k rewards.
//!
//! Walder and Karkhanis 2025 (arXiv 2505.15201). With rewards `x_1` <= ... <= `x_n`, N = C(n, k) and
//! rho(-i; n-1, k) the mean maximum of k of the samples but i:
//!
//! ```text
//! none            s_i = w_i x_i + sum_{j>i} v_j x_j,  w_i = C(i-1,k-1)/N,  v_j = C(j-2,k-2)/N     eq. 19
//! sloo            s_i - k/(n-1) rho(-i; n-1, k)                                                  eq. 29
//! sloo_minus_one  s_i - k/n rho(-i; n-1, k-1) = sum_{I has i} (max I - max I\i) / N              eq. 33
//! ```
//!
//! All three are linear in the smallest reward and the gaps `g_i = x_{i+1} - x_i`:
//!
//! ```text
//! A_1 = first x_1 + sum_i base_i g_i,   A_{i+1} = A_i + step_i g_i
//!
//!                        first           base_i                                          step_i
//! none                   k/n             sum_{j>i} v_j = k/n - w_i                       w_i
//! sloo, k < n            -k/(n(n-1))     -k/(n(n-1)) - w_i (n(n-1-i)+k)/((n-1)(n-k))     w_i (1 + kn/((n-1)(n-k)))
//! sloo_minus_one, k > 1  0               0                                               w_{i+1}
//! ```
//!
//! The `base_i` have one sign and so have the `step_i`: ties are equal, and in the last row nothing cancels and
//! nothing changes when a number is added to all rewards. sloo at k = n is s, as no k other samples are left to
//! average over. `sloo_minus_one` at k = 1 is `(x_i - mean of the others) / n` and made as RLOO is; at n = 1 it
//! is s.

use crate::dd::Dd;

/// What PKPO subtracts from the unbiased weights to lower their variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Nothing: s of eq. 19.
    None,
    /// The mean maximum of k other samples: eq. 29.
    Sloo,
    /// The mean maximum of k - 1 other samples: eq. 33.
    SlooMinusOne,
}

impl Baseline {
    /// The baseline with that public name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "sloo" => Some(Self::Sloo),
            "sloo_minus_one" => Some(Self::SlooMinusOne),
            _ => None,
        }
    }
}

/// Weights are carried in units of this to some power, as they may fall far below the smallest float.
const UNIT: f64 = f64::from_bits((1023 - 512) << 52);

/// The table above for one n and k; an empty `base` is all zeros.
#[derive(Debug)]
pub(super) struct Weights {
    first: Dd,
    base: Vec<Dd>,
    step: Vec<Dd>,
}

impl Default for Weights {
    fn default() -> Self {
        Self { first: Dd::ZERO, base: Vec::new(), step: Vec::new() }
    }
}

impl Weights {
    /// For 1 <= k <= n.
    pub(super) fn new(n: u64, k: u64, baseline: Baseline) -> Self {
        match baseline {
            Baseline::SlooMinusOne if k > 1 => Self { step: maxima(n, k).split_off(1), ..Self::default() },
            Baseline::Sloo if k < n => Self::sloo(n, k),
            _ => {
                let mut step = maxima(n, k);
                step.pop();
                Self { first: Dd::quotient(k as f64, n as f64), base: tails(n, k), step }
            }
        }
    }

    fn sloo(n: u64, k: u64) -> Self {
        let [samples, others, spare, draws] = [n, n - 1, n - k, k].map(|count| count as f64);
        let first = -Dd::quotient(draws, samples).div_f64(others);
        let room = Dd::product(others, spare);
        let weights = maxima(n, k);
        let below = weights.iter().zip(1..n);
        let base = below.clone().map(|(&weight, i)| {
            let above = Dd::product(samples, (n - 1 - i) as f64) + Dd::from(draws);
            first - weight * above / room
        });
        let factor = (room + Dd::product(draws, samples)) / room;
        Self { first, base: base.collect(), step: below.map(|(&weight, _)| weight * factor).collect() }
    }

    /// The advantages of one group, in the order of its rewards.
    pub(super) fn apply(&self, rewards: &[f64], sorted: &mut Vec<(f64, usize)>, out: &mut Vec<f64>) {
        sorted.clear();
        sorted.extend(rewards.iter().enumerate().map(|(i, &reward)| (reward, i)));
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        out.clear();
        out.resize(rewards.len(), 0.0);
        let (least, at) = sorted[0];
        let gaps = || sorted.windows(2).map(|pair| (Dd::sum(pair[1].0, -pair[0].0), pair[1].1));
        // The sum with 0 has no negative zero.
        let mut value = Dd::ZERO + self.first.mul_f64(least);
        for ((gap, _), &base) in gaps().zip(&self.base).filter(|((gap, _), _)| gap.hi > 0.0) {
            value = value + gap * base;
        }
        out[at] = value.to_f64();
        for ((gap, at), &step) in gaps().zip(&self.step) {
            if gap.hi > 0.0 && step.hi > 0.0 {
                value = value + gap * step;
            }
            out[at] = value.to_f64();
        }
    }
}

/// `w_1` to `w_n`: the share of the k-subsets in which sample i is the largest.
fn maxima(n: u64, k: u64) -> Vec<Dd> {
    let start = Dd::quotient(k as f64, n as f64);
    descending(n, start, |weight, i| weight.mul_f64((i - k) as f64).div_f64((i - 1) as f64), k)
}

/// The sums of `v_j` over j > i, for i from 1 to n - 1.
fn tails(n: u64, k: u64) -> Vec<Dd> {
    if n == 1 {
        return Vec::new();
    }
    let start = Dd::product(k as f64, (k - 1) as f64).div_f64(n as f64).div_f64((n - 1) as f64);
    let next = |weight: Dd, j: u64| weight.mul_f64((j - k) as f64).div_f64((j - 2) as f64);
    let mut tails = descending(n, start, next, k.max(2)).split_off(1);
    for i in (1..tails.len()).rev() {
        tails[i - 1] = tails[i - 1] + tails[i];
    }
    tails
}

/// A sequence with its n-th value and the rule from the i-th to the one before; 0 below the `last`-th.
fn descending(n: u64, start: Dd, before: impl Fn(Dd, u64) -> Dd, last: u64) -> Vec<Dd> {
    let (mut weight, mut units) = (start, 0);
    let falling = (1..=n).rev().map(|i| {
        let here = (0..units).fold(weight, |value, _| value.scale(UNIT));
        if weight.hi < UNIT && units <= 2 {
            (weight, units) = (weight.scale(1.0 / UNIT), units + 1);
        }
        weight = if i <= last || units > 2 { Dd::ZERO } else { before(weight, i) };
        here
    });
    let mut weights: Vec<_> = falling.collect();
    weights.reverse();
    weights
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Baseline, Weights};

    fn pkpo(rewards: &[f64], k: u64, baseline: Baseline) -> Vec<f64> {
        let mut out = Vec::new();
        Weights::new(rewards.len() as u64, k, baseline).apply(rewards, &mut Vec::new(), &mut out);
        out
    }

    #[test]
    fn vectors() {
        let binary = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0];
        for (baseline, pass, fail) in [
            (Baseline::None, 0.5, 31.0 / 70.0),
            (Baseline::Sloo, 1.0 / 98.0, -11.0 / 98.0),
            (Baseline::SlooMinusOne, 1.0 / 7.0, 0.0),
        ] {
            let expected = binary.map(|reward| if reward > 0.5 { pass } else { fail });
            assert_eq!(pkpo(&binary, 4, baseline), expected);
        }
    }

    #[test]
    fn all_draws_weigh_the_gap_at_the_top() {
        assert_eq!(pkpo(&[3.0, -1.0, 0.5], 3, Baseline::SlooMinusOne), [2.5, 0.0, 0.0]);
        for baseline in [Baseline::None, Baseline::Sloo] {
            assert_eq!(pkpo(&[3.0, -1.0, 0.5], 3, baseline), [3.0; 3]);
        }
    }
}
