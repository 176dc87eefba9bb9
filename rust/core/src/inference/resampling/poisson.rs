//! Exact draws from Poisson(mean) in one look-up: the alias method.
//!
//! Walker's table in Vose's construction ("A linear algorithm for generating random numbers with a given
//! distribution", IEEE Trans. Softw. Eng. 17, 1991). A word picks a column by its high part and one of the
//! column's two values by its low part. The pmf is walked from its mode, P(x) = P(x-1) mean / x, and left out
//! where it is below 2^-70 of it, which no draw of 2^64 words would show. Only `+ - * /`: the same bits everywhere.

use crate::rng::widening_mul;

const NEGLIGIBLE: f64 = 1.0 / (1_u128 << 70) as f64;

/// A column of the table: `here` below the threshold, else `other`.
#[derive(Clone, Copy, Debug)]
struct Column {
    threshold: u64,
    here: u32,
    other: u32,
}

/// A sampler for one mean.
#[derive(Clone, Debug)]
pub(crate) struct Poisson {
    columns: Vec<Column>,
}

impl Poisson {
    /// A sampler for a mean from 0 to 2^31.
    pub(crate) fn new(mean: f64) -> Self {
        let (least, weights) = weights(mean);
        let total: f64 = weights.iter().sum();
        let size = weights.len() as f64;
        let mut share: Vec<f64> = weights.iter().map(|weight| weight / total * size).collect();
        let mut columns: Vec<Column> = (least..)
            .take(weights.len())
            .map(|x| Column { threshold: u64::MAX, here: x, other: x })
            .collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..share.len()).partition(|&i| share[i] < 1.0);
        while let (Some(&giver), Some(taker)) = (rich.last(), poor.pop()) {
            columns[taker].threshold = of_words(share[taker]);
            columns[taker].other = columns[giver].here;
            share[giver] -= 1.0 - share[taker];
            if share[giver] < 1.0 {
                poor.extend(rich.pop());
            }
        }
        Self { columns }
    }

    /// The draw that belongs to a word.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "below the length of a vector")]
    pub(crate) fn draw(&self, word: u64) -> u32 {
        let (index, low) = widening_mul(word, self.columns.len() as u64);
        let column = self.columns[index as usize];
        if low < column.threshold { column.here } else { column.other }
    }
}

/// The least x that is not negligible, and P(x), P(x+1), ... relative to the mode's.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean below 2^31")]
fn weights(mean: f64) -> (u32, Vec<f64>) {
    let mode = mean as u32;
    let mut below = Vec::new();
    let (mut least, mut weight) = (mode, 1.0);
    while least > 0 && weight > NEGLIGIBLE {
        weight *= f64::from(least) / mean;
        least -= 1;
        below.push(weight);
    }
    let mut weights: Vec<f64> = below.into_iter().rev().collect();
    let (mut x, mut weight) = (mode, 1.0);
    while weight > NEGLIGIBLE {
        weights.push(weight);
        x += 1;
        weight *= mean / f64::from(x);
    }
    (least, weights)
}

/// A probability in units of 2^-64.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn of_words(probability: f64) -> u64 {
    (probability * 2_f64.powi(64)) as u64
}

#[cfg(test)]
mod tests {
    use super::Poisson;
    use crate::rng::Stream;

    #[test]
    fn draws_follow_the_pmf() {
        const DRAWS: usize = 200_000;
        for (seed, mean) in (0..).zip([0.0, 0.01, 0.7, 3.0, 12.5, 40.0, 4096.0]) {
            let sampler = Poisson::new(mean);
            let mut stream = Stream::new(seed, 0);
            let draws: Vec<u32> = (0..DRAWS).map(|_| sampler.draw(stream.next_u64())).collect();
            let mut chi_square = 0.0;
            let (mut cells, mut rest, mut seen) = (0, 1.0, 0);
            let mut mass = libm::exp(-mean);
            for x in 0..8000_u32 {
                if x > 0 {
                    mass = libm::exp(
                        f64::from(x) * libm::log(mean.max(1e-300)) - mean - libm::lgamma(f64::from(x) + 1.0),
                    );
                }
                let expected = mass * DRAWS as f64;
                if expected > 10.0 {
                    let count = draws.iter().filter(|&&draw| draw == x).count();
                    chi_square += (count as f64 - expected).powi(2) / expected;
                    (cells, rest, seen) = (cells + 1, rest - mass, seen + count);
                }
            }
            let left = DRAWS as f64 * rest;
            if left > 5.0 {
                chi_square += ((DRAWS - seen) as f64 - left).powi(2) / left;
            }
            let freedom = f64::from(cells);
            assert!(
                chi_square < freedom + 5.0 * (2.0 * freedom).sqrt() + 5.0,
                "mean {mean}: {chi_square} of {cells}"
            );
        }
    }

    #[test]
    fn nothing_comes_of_a_mean_of_nothing() {
        let sampler = Poisson::new(0.0);
        assert!([0, 1, u64::MAX].into_iter().all(|word| sampler.draw(word) == 0));
    }
}
