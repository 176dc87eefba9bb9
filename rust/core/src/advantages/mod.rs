//! Advantages of sampled answers, group by group: what a policy gradient multiplies grad log pi(`y_i`) by.
//!
//! A group is the rewards of n samples of one problem. Each family has a file, which opens with its formula;
//! [`advantages`] runs one over all groups. Sums are double-double with one rounding at the end, and of terms
//! of one sign where there is such a form, so equal rewards have equal advantages and zeros are zeros.

mod group;
mod groups;
mod pass_at_k_training;
mod pkpo;

pub use group::Lone;
pub use groups::{Groups, Real, Spoiled, advantages};
pub use pkpo::Baseline;

use group::Spread;
use pkpo::Weights;

/// A family of advantages and its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advantage {
    /// Pass@k policy optimization; 1 <= k <= n.
    Pkpo {
        /// Draws.
        k: u64,
        /// What is subtracted.
        baseline: Baseline,
    },
    /// The analytic advantages of Pass@k Training, for rewards 0 and 1; 1 <= k <= n.
    PassAtKTraining {
        /// Draws.
        k: u64,
        /// Added to the standard deviation.
        epsilon: f64,
    },
    /// Distance from the group's mean in standard deviations.
    Grpo {
        /// The variance is divided by n - `ddof`: 0 or 1.
        ddof: u8,
        /// Added to the standard deviation.
        epsilon: f64,
        /// What a group of one gets.
        lone: Lone,
    },
    /// Distance from the mean of the others; the reward itself where there are none.
    Rloo,
    /// Distance from the group's mean.
    DrGrpo,
}

impl Advantage {
    /// The fewest samples a group needs.
    const fn least(self) -> u64 {
        match self {
            Self::Pkpo { k, .. } | Self::PassAtKTraining { k, .. } => k,
            _ => 1,
        }
    }

    #[allow(clippy::float_cmp)] // exactly 0 and 1
    const fn takes(self, reward: f64) -> bool {
        match self {
            Self::PassAtKTraining { .. } => reward == 0.0 || reward == 1.0,
            _ => reward.is_finite(),
        }
    }

    /// Weights that all groups of n samples share.
    fn weights(self, n: u64) -> Weights {
        match self {
            Self::Pkpo { k, baseline } => Weights::new(n, k, baseline),
            _ => Weights::default(),
        }
    }

    /// The advantages of one group, whose rewards were multiplied by `scale`.
    fn evaluate(self, scale: f64, weights: &Weights, room: &mut Room) {
        let Room { rewards, sorted, spread, out } = room;
        match self {
            Self::Pkpo { k: 1, baseline: Baseline::SlooMinusOne } if rewards.len() > 1 => {
                spread.of(rewards).over(rewards.len() as f64 * (rewards.len() - 1) as f64, out);
            }
            Self::Pkpo { .. } => weights.apply(rewards, sorted, out),
            Self::PassAtKTraining { k, epsilon } => pass_at_k_training::fill(rewards, k, epsilon, out),
            Self::Grpo { epsilon, lone: Lone::Reward, .. } if rewards.len() == 1 => {
                out.clear();
                out.push(group::alone(rewards[0], epsilon));
            }
            Self::Grpo { ddof, epsilon, .. } => {
                return spread.of(rewards).in_deviations(ddof, epsilon * scale, out);
            }
            Self::Rloo if rewards.len() == 1 => out.clone_from(rewards),
            Self::Rloo => spread.of(rewards).over((rewards.len() - 1) as f64, out),
            Self::DrGrpo => spread.of(rewards).over(rewards.len() as f64, out),
        }
        for value in out {
            *value /= scale;
        }
    }
}

/// What one thread works in, group after group.
#[derive(Default)]
struct Room {
    rewards: Vec<f64>,
    sorted: Vec<(f64, usize)>,
    spread: Spread,
    out: Vec<f64>,
}
