//! How many of the draws a class of answers gets, were classes drawn independently.
//!
//! Draws without replacement are independent binomials conditioned on their sum, C(m, i) t^i (1-t)^(m-i) for a class
//! of m samples and any t; draws with replacement are Poisson variables conditioned on theirs. With t = k/n, and mean
//! k m/n, a sum of k is likely, so nothing vanishes that matters. Rows are made in double-double and rounded once.

use std::collections::BTreeMap;

use crate::dd::Dd;
use crate::estimators::{Scaled, exp_neg};

/// Numbers kept in all rows; past it they are made anew.
const ROOM: usize = 1 << 21;

/// The laws of the draws that classes of each size get, out of k draws of n samples.
#[derive(Default)]
pub(super) struct Rows {
    n: u64,
    k: u64,
    with_replacement: bool,
    held: usize,
    laws: BTreeMap<u64, Vec<f64>>,
}

impl Rows {
    /// Turns to k of n samples, with k < n unless with replacement.
    pub(super) fn turn_to(&mut self, n: u64, k: u64, with_replacement: bool) {
        if (n, k, with_replacement) != (self.n, self.k, self.with_replacement) || self.held > ROOM {
            *self = Self { n, k, with_replacement, held: 0, laws: BTreeMap::new() };
        }
    }

    /// The most draws that m samples can get.
    pub(super) const fn most(&self, m: u64) -> u64 {
        match m {
            0 => 0,
            m if self.with_replacement || m > self.k => self.k,
            m => m,
        }
    }

    /// Makes the row of m samples, if it is not there.
    pub(super) fn make(&mut self, m: u64) {
        let &mut Self { n, k, with_replacement, .. } = self;
        let held = &mut self.held;
        self.laws.entry(m).or_insert_with(|| {
            let row = if with_replacement { poisson(m, n, k) } else { binomial(m, n, k) };
            *held += row.len();
            row
        });
    }

    /// The chances that m samples get 0, 1, 2, ... of the draws, as far as they can; the row was made before.
    pub(super) fn of(&self, m: u64) -> &[f64] {
        &self.laws[&m]
    }

    /// The chance that m samples get j of the draws, with its row made if need be.
    pub(super) fn chance(&mut self, m: u64, j: u64) -> f64 {
        self.make(m);
        usize::try_from(j).ok().and_then(|j| self.of(m).get(j)).copied().unwrap_or(0.0)
    }
}

/// The first value, and each next one by the ratio `ratio(i)` of the i-th to the one before it.
fn ascending(start: Scaled, length: u64, ratio: impl Fn(u64) -> Dd) -> Vec<f64> {
    let mut value = start;
    let after = (1..=length).map(|i| {
        value = value.mul(Scaled::new(ratio(i), 0));
        value.to_f64()
    });
    std::iter::once(start.to_f64()).chain(after).collect()
}

/// C(m, i) k^i (n-k)^(m-i) / n^m for i <= min(m, k).
fn binomial(m: u64, n: u64, k: u64) -> Vec<f64> {
    let stay = Scaled::new(Dd::quotient((n - k) as f64, n as f64), 0);
    ascending(power(stay, m), m.min(k), |i| {
        Dd::product((m - i + 1) as f64, k as f64) / Dd::product(i as f64, (n - k) as f64)
    })
}

/// e^-l l^i / i! for i <= k, with l = km/n.
fn poisson(m: u64, n: u64, k: u64) -> Vec<f64> {
    if m == 0 {
        return vec![1.0];
    }
    let mean = Dd::product(k as f64, m as f64).div_f64(n as f64);
    ascending(exp_neg(mean).q, k, |i| mean.div_f64(i as f64))
}

fn power(base: Scaled, mut exponent: u64) -> Scaled {
    let (mut result, mut square) = (Scaled::ONE, base);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result.mul(square);
        }
        exponent /= 2;
        if exponent > 0 {
            square = square.mul(square);
        }
    }
    result
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::Rows;

    #[test]
    fn rows_are_laws() {
        let mut rows = Rows::default();
        rows.turn_to(8, 4, false);
        rows.make(3);
        assert_eq!(rows.of(3), [0.125, 0.375, 0.375, 0.125]);
        rows.turn_to(1000, 500, false);
        rows.make(1000);
        let law = rows.of(1000);
        assert_eq!(law.len(), 501);
        assert!((2.0 * law.iter().sum::<f64>() - law[500] - 1.0).abs() < 1e-15);
        rows.turn_to(5, 5000, true);
        rows.make(5);
        let sum: f64 = rows.of(5).iter().sum();
        assert!((sum - 0.503_761).abs() < 1e-6, "half of a Poisson law, and half of its mode: {sum}");
        assert_eq!(rows.chance(0, 1), 0.0);
    }
}
