//! Laws of sums of independent variables with few values each, from their characteristic functions.
//!
//! The mean of a bootstrap resample, the difference under flipped signs, the difference under permuted labels:
//! all are sums of this kind, so their laws need no Monte Carlo. [`Smooth`] inverts a short Fourier series and is
//! what the law looks like from afar; [`Lattice`] has its atoms, where the values have a common step; `outcomes` has
//! them where they are few.

mod characteristic;
mod lattice;
mod outcomes;
mod smooth;
mod tail;

use characteristic::Characteristic;
pub(crate) use lattice::Lattice;
pub(crate) use smooth::Smooth;
pub(crate) use tail::{SAME, upper_tail};

/// Independent variables of one law: so many of them, and their values with probabilities that sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// How many there are.
    pub multiplicity: u64,
    /// Values and probabilities.
    pub values: Vec<(f64, f64)>,
}

impl Part {
    /// Draws with replacement, as many as there are values: `values` are multiplicities and values.
    pub(crate) fn resample(values: impl Iterator<Item = (u64, f64)> + Clone) -> Self {
        let multiplicity = values.clone().map(|(m, _)| m).sum::<u64>();
        let share = |(m, h)| (h, m as f64 / multiplicity as f64);
        Self { multiplicity, values: values.map(share).collect() }
    }

    /// The mean of one.
    fn mean(&self) -> f64 {
        self.values.iter().map(|(h, w)| h * w).sum()
    }

    /// The variance of one.
    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.values.iter().map(|(h, w)| w * (h - mean) * (h - mean)).sum()
    }

    /// The least and the greatest value.
    fn ends(&self) -> (f64, f64) {
        let end = |pick: fn(f64, f64) -> f64, start| self.values.iter().map(|&(h, _)| h).fold(start, pick);
        (end(f64::min, f64::INFINITY), end(f64::max, f64::NEG_INFINITY))
    }
}

/// The sum of `of` over all variables.
fn total(parts: &[Part], of: impl Fn(&Part) -> f64) -> f64 {
    parts.iter().map(|part| part.multiplicity as f64 * of(part)).sum()
}

/// The widest range of a variable.
fn widest(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.ends().1 - part.ends().0).fold(0.0, f64::max)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Lattice, Part, Smooth, upper_tail};

    /// 30 problems of 8 samples.
    pub(crate) const EX30: [(u64, u64); 6] = [(12, 0), (5, 1), (3, 2), (4, 4), (2, 7), (4, 8)];

    pub(crate) fn example(k: u64) -> Vec<(u64, f64)> {
        let pass =
            |c: u64| 1.0 - (0..k).map(|i| (8 - c).saturating_sub(i) as f64 / (8 - i) as f64).product::<f64>();
        EX30.iter().map(|&(m, c)| (m, pass(c))).collect()
    }

    fn close(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() <= tolerance, "{actual} for {expected}");
    }

    #[test]
    fn percentiles_of_the_worked_example() {
        for (k, lower, upper) in
            [(1, 0.179_041, 0.440_280), (4, 0.337_543, 0.648_516), (8, 0.421_952, 0.771_667)]
        {
            let law = Smooth::new(&[Part::resample(example(k).into_iter())], 0.025).unwrap();
            close(law.quantile(0.025) / 30.0, lower, 1e-6);
            close(law.quantile(0.975) / 30.0, upper, 1e-6);
        }
        let law = Lattice::new(&[Part::resample(example(8).into_iter())]).unwrap();
        close(law.quantile(0.025) / 30.0, 13.0 / 30.0, 1e-15);
        close(law.quantile(0.975) / 30.0, 23.0 / 30.0, 1e-15);
    }

    /// P(X >= x) for a binomial X with the probability `p` of a success.
    fn binomial_tail(n: u32, p: f64, from: u32) -> f64 {
        let log = |x: u32| (1..=x).map(|i| f64::from(i).ln()).sum::<f64>();
        let mass = |x: u32| {
            let chances = f64::from(x) * p.ln() + f64::from(n - x) * (1.0 - p).ln();
            (log(n) - log(x) - log(n - x) + chances).exp()
        };
        (from..=n).map(mass).sum()
    }

    #[test]
    fn a_lattice_law_is_the_binomial_to_its_far_tails() {
        let coins = [Part { multiplicity: 400, values: vec![(0.1, 0.7), (0.3, 0.3)] }];
        let law = Lattice::new(&coins).unwrap();
        for successes in [80, 100, 120, 121, 150] {
            let x = 400.0 * 0.1 + 0.2 * f64::from(successes);
            let exact = binomial_tail(400, 0.3, successes);
            close(1.0 - law.below(x), exact, 1e-12);
            close(upper_tail(&coins, x) / exact, 1.0, 1e-11);
        }
        for successes in [180, 250, 399, 400] {
            let x = 400.0 * 0.1 + 0.2 * f64::from(successes);
            close(upper_tail(&coins, x) / binomial_tail(400, 0.3, successes), 1.0, 1e-10);
        }
        close(upper_tail(&coins, 40.0), 1.0, 1e-14);
        assert_eq!(upper_tail(&coins, 121.0).to_bits(), 0);
    }

    #[test]
    fn a_fine_lattice_is_its_smooth_law_but_for_half_a_step() {
        // 2,000 problems of n = 64: some 800 steps to a standard deviation. The long window is exact.
        let values: Vec<(u64, f64)> = (0..=64).map(|c| (c % 7 * 10 + 1, c as f64 / 64.0)).collect();
        let parts = [Part::resample(values.into_iter())];
        let (mean, sd) = (super::total(&parts, Part::mean), super::total(&parts, Part::variance).sqrt());
        let law = Lattice::new(&parts).unwrap();
        for z in [-1.0, 0.3, 2.0, 4.0] {
            let x = ((mean + z * sd) * 64.0).round() / 64.0;
            close(upper_tail(&parts, x) / (1.0 - law.below(x)), 1.0, 1e-6);
            close(upper_tail(&parts, x - 0.01) / (1.0 - law.below(x)), 1.0, 1e-6);
        }
    }

    #[test]
    fn sums_of_unlike_variables_are_their_convolution() {
        let parts = [
            Part { multiplicity: 3, values: vec![(0.0, 0.2), (1.0, 0.5), (5.0, 0.3)] },
            Part { multiplicity: 2, values: vec![(-2.0, 0.9), (4.0, 0.1)] },
            Part { multiplicity: 1, values: vec![(0.5, 1.0)] },
        ];
        let mut sums = vec![(0.0, 1.0)];
        for part in &parts {
            for _ in 0..part.multiplicity {
                let each = |&(sum, p): &(f64, f64)| {
                    part.values.iter().map(move |(h, w)| (sum + h, p * w)).collect::<Vec<_>>()
                };
                sums = sums.iter().flat_map(each).collect();
            }
        }
        let law = Lattice::new(&parts).unwrap();
        for x in [-3.5, -2.5, 0.5, 1.5, 6.5, 7.5, 12.0, 23.5] {
            let below: f64 = sums.iter().filter(|(sum, _)| *sum < x - 1e-9).map(|(_, p)| p).sum();
            close(law.below(x), below, 1e-14);
            close(upper_tail(&parts, x), 1.0 - below, 1e-14);
        }
    }

    #[test]
    fn smooth_and_lattice_agree_on_the_tails_of_fine_laws() {
        // 200 problems with irrational-looking values: no common step.
        let values: Vec<(u64, f64)> = (1..=40).map(|i| (5, (f64::from(i) * 0.137).sin().abs())).collect();
        let parts = [Part::resample(values.into_iter())];
        let (smooth, mean) = (Smooth::new(&parts, 0.025).unwrap(), super::total(&parts, Part::mean));
        let sd = super::total(&parts, Part::variance).sqrt();
        for z in [0.5, 1.0, 2.0, 3.0, 5.0] {
            let beyond = 1.0 - smooth.below(mean + z * sd);
            close(upper_tail(&parts, mean + z * sd) / beyond, 1.0, 1e-6);
        }
        let coarse = Lattice::split(&parts, 1e6);
        for p in [0.001, 0.025, 0.5, 0.9] {
            close(coarse.quantile(p), smooth.quantile(p), 1e-3 * sd);
        }
    }
}
