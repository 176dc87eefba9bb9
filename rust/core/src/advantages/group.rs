//! Advantages that measure a reward by its group's mean, and by its standard deviation too.
//!
//! ```text
//! GRPO      (r_i - mean) / (std + epsilon)       Shao et al. 2024 (arXiv 2402.03300), section 4.1.2
//! RLOO      r_i - mean of the others = (r_i - mean) n / (n-1)     Ahmadian et al. 2024 (arXiv 2402.14740)
//! Dr. GRPO  r_i - mean                           Liu et al. 2025 (arXiv 2503.20783), section 3.2
//! ```
//!
//! With d the distance from the smallest reward (exact in double-double) and D the sum of these,
//! n (`r_i` - mean) = `n d_i - D`: a number added to all rewards cancels before anything is rounded, and equal
//! rewards have advantage 0.

use crate::dd::Dd;

/// What a group of one sample gets from GRPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lone {
    /// 0, its distance from its own mean.
    Zero,
    /// Its reward over 1 + epsilon: mean 0 and standard deviation 1 are put in place.
    Reward,
}

/// `n (r_i - mean)` of a group.
#[derive(Default)]
pub(super) struct Spread {
    scaled: Vec<Dd>,
}

impl Spread {
    pub(super) fn of(&mut self, rewards: &[f64]) -> &Self {
        let least = rewards.iter().copied().fold(f64::INFINITY, f64::min);
        let count = rewards.len() as f64;
        let distance = |reward: &f64| Dd::sum(*reward, -least);
        let total = sum(rewards, distance);
        self.scaled.clear();
        self.scaled.extend(rewards.iter().map(|reward| distance(reward).mul_f64(count) - total));
        self
    }

    /// `n (r_i - mean)` over a number.
    pub(super) fn over(&self, number: f64, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.scaled.iter().map(|value| value.div_f64(number).to_f64()));
    }

    /// `r_i` - mean over the standard deviation plus `epsilon`; 0 where all rewards are equal.
    pub(super) fn in_deviations(&self, ddof: u8, epsilon: f64, out: &mut Vec<f64>) {
        let count = self.scaled.len() as f64;
        let squares = sum(&self.scaled, |&value| value * value);
        out.clear();
        if squares.hi == 0.0 {
            out.resize(self.scaled.len(), 0.0);
            return;
        }
        // Both were n times too large.
        let deviation = squares.div_f64(count - f64::from(ddof)).sqrt() + Dd::product(count, epsilon);
        let inverse = Dd::ONE / deviation;
        out.extend(self.scaled.iter().map(|&value| (value * inverse).to_f64()));
    }
}

/// A sum in four strands, which do not wait for each other as the terms of one would.
fn sum<T>(items: &[T], term: impl Fn(&T) -> Dd) -> Dd {
    let mut strands = [Dd::ZERO; 4];
    for four in items.chunks(4) {
        for (strand, item) in strands.iter_mut().zip(four) {
            *strand = *strand + term(item);
        }
    }
    let [a, b, c, d] = strands;
    (a + b) + (c + d)
}

/// The only reward of a group, with mean 0 and standard deviation 1 in place of its own.
pub(super) fn alone(reward: f64, epsilon: f64) -> f64 {
    (Dd::from(reward) / Dd::sum(1.0, epsilon)).to_f64()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Spread, alone};

    fn standard(rewards: &[f64], ddof: u8, epsilon: f64) -> Vec<f64> {
        let mut out = Vec::new();
        Spread::default().of(rewards).in_deviations(ddof, epsilon, &mut out);
        out
    }

    #[test]
    fn vectors() {
        let rewards = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let out = standard(&rewards, 0, 0.0);
        assert_eq!((out[0], out[7]), (1.290_994_448_735_805_6, -0.774_596_669_241_483_4));
        assert_eq!(standard(&[0.0, 2.0], 0, 1.0), [-0.5, 0.5]);
        assert_eq!(standard(&[0.0, 2.0], 1, 0.0), [-0.5_f64.sqrt(), 0.5_f64.sqrt()]);
        assert_eq!(alone(3.0, 0.5), 2.0);
    }

    #[test]
    fn an_offset_changes_nothing() {
        let large = 2_f64.powi(52);
        assert_eq!(standard(&[large, large + 2.0], 0, 0.0), [-1.0, 1.0]);
        assert_eq!(standard(&[0.1; 7], 1, 0.0), [0.0; 7]);
        let mut out = Vec::new();
        Spread::default().of(&[large, large + 1.0, large + 5.0]).over(3.0, &mut out);
        assert_eq!(out, [-2.0, -1.0, 3.0]);
    }
}
