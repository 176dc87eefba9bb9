//! Draws of Multinomial(P; m / P): how often each cell of problems turns up in a resample of P problems.
//!
//! Heavy cells are the leaves of a binary tree, and one more leaf is all light cells together: from the root on,
//! each inner node hands Binomial(its count, the left child's share of its weight) to the left child and the
//! rest to the right. What arrives at the last leaf falls on the problems of the light cells with equal chances,
//! one at a time. Both ways are exact, so the law does not depend on where the line between them is.
//!
//! A tree and not a chain of conditional binomials: nodes of a level do not wait for each other.
//!
//! Indices below L are cut several at a time from one word (Brackett-Rozinsky & Lemire, "Batched ranged random
//! integer generation", 2024): multiply by L, the high word is an index, go
//! on with the low word; after w indices redraw if the low word is below 2^64 mod L^w.

use super::binomial::Binomial;
use crate::rng::{Stream, widening_mul};

/// From this multiplicity on a binomial (49 ns) is cheaper than a draw for each problem (1.2 to 1.4 ns, x86-64).
const HEAVY_FROM: u64 = 40;

/// A sampler of cell counts.
#[derive(Clone, Debug)]
pub(crate) struct Multinomial {
    problems: u32,
    heavy: usize,
    /// The share of each inner node of the tree that goes left, from the root on by levels.
    splits: Vec<Binomial>,
    /// The cell of each problem in a light cell.
    light: Vec<u32>,
    /// 2^64 mod L^w
    threshold: u64,
}

impl Multinomial {
    /// A sampler for cells of these multiplicities, which must descend and sum to less than 2^32.
    #[must_use]
    pub(crate) fn new(multiplicity: &[u64]) -> Self {
        let heavy = multiplicity.partition_point(|&m| m >= HEAVY_FROM);
        Self::split_at(multiplicity, heavy)
    }

    /// The first `heavy` cells by binomials, the others one problem at a time.
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 problems")]
    fn split_at(multiplicity: &[u64], heavy: usize) -> Self {
        let (ours, others) = multiplicity.split_at(heavy);
        let leaves = (heavy + 1).next_power_of_two();
        let mut weight = vec![0; leaves];
        weight.extend(ours.iter().copied().chain([others.iter().sum()]));
        weight.resize(2 * leaves, 0);
        for node in (1..leaves).rev() {
            weight[node] = weight[2 * node] + weight[2 * node + 1];
        }
        let share = |node: usize| Binomial::new(weight[2 * node] as f64 / weight[node].max(1) as f64);
        let light: Vec<u32> = (heavy..multiplicity.len())
            .flat_map(|cell| (0..multiplicity[cell]).map(move |_| cell as u32))
            .collect();
        let batch = (light.len() as u64).saturating_pow(per_word(light.len()) as u32).max(1);
        let threshold = batch.wrapping_neg() % batch;
        Self { problems: weight[1] as u32, heavy, splits: (1..leaves).map(share).collect(), light, threshold }
    }

    /// The problems that are drawn one at a time.
    pub(super) fn light_problems(&self) -> usize {
        self.light.len()
    }

    /// Writes the counts of one draw; `tree` is room to work in.
    #[expect(clippy::cast_possible_truncation, reason = "a binomial is at most its n")]
    pub(crate) fn sample(&self, stream: &mut Stream, tree: &mut Vec<u32>, counts: &mut [u32]) {
        let leaves = self.splits.len() + 1;
        tree.resize(2 * leaves, 0);
        tree[1] = self.problems;
        for (split, node) in self.splits.iter().zip(1..) {
            let left = split.sample(u64::from(tree[node]), stream) as u32;
            tree[2 * node] = left;
            tree[2 * node + 1] = tree[node] - left;
        }
        counts.fill(0);
        counts[..self.heavy].copy_from_slice(&tree[leaves..leaves + self.heavy]);
        let left = tree[leaves + self.heavy] as usize;
        if left == 0 {
            return;
        }
        match per_word(self.light.len()) {
            8 => self.draw_each::<8>(left, stream, counts),
            6 => self.draw_each::<6>(left, stream, counts),
            4 => self.draw_each::<4>(left, stream, counts),
            _ => self.draw_each::<2>(left, stream, counts),
        }
    }

    fn draw_each<const W: usize>(&self, mut left: usize, stream: &mut Stream, counts: &mut [u32]) {
        let mut count = |index: u64| {
            #[expect(clippy::cast_possible_truncation, reason = "below the length of a vector")]
            let count = &mut counts[self.light[index as usize] as usize];
            *count = count.wrapping_add(1);
        };
        loop {
            for word in stream.next_block() {
                let (indices, rest) = cut::<W>(word, self.light.len() as u64);
                if rest < self.threshold {
                    continue;
                }
                // Two loops, so that the one for whole words is unrolled.
                if left > W {
                    indices.into_iter().for_each(&mut count);
                    left -= W;
                } else {
                    return indices.into_iter().take(left).for_each(&mut count);
                }
            }
        }
    }
}

/// W indices below `bound` and the low word left over.
#[inline]
fn cut<const W: usize>(word: u64, bound: u64) -> ([u64; W], u64) {
    let mut rest = word;
    let indices = std::array::from_fn(|_| {
        let index;
        (index, rest) = widening_mul(rest, bound);
        index
    });
    (indices, rest)
}

/// How many indices below `bound` one word pays for; redraws then stay under one in 16, up to 2^30.
fn per_word(bound: usize) -> usize {
    match bound {
        0..=0x80 => 8,
        0x81..=0x400 => 6,
        0x401..=0x8000 => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::Multinomial;
    use crate::rng::Stream;

    const DRAWS: u64 = 40_000;

    /// Means, variances and the first covariance of the counts, each with its exact value and standard error.
    fn agrees_with_the_law(multiplicity: &[u64], heavy: usize) {
        let sampler = Multinomial::split_at(multiplicity, heavy);
        let cells = multiplicity.len();
        let problems = multiplicity.iter().sum::<u64>() as f64;
        let (mut sum, mut squares, mut cross) = (vec![0.0; cells], vec![0.0; cells], 0.0);
        let mut counts = vec![0; cells];
        let share = |d: usize| multiplicity[d] as f64 / problems;
        for replicate in 0..DRAWS {
            sampler.sample(&mut Stream::new(5, replicate), &mut Vec::new(), &mut counts);
            assert_eq!(counts.iter().copied().map(u64::from).sum::<u64>(), multiplicity.iter().sum());
            let deviation = |d: usize| f64::from(counts[d]) - problems * share(d);
            for d in 0..cells {
                sum[d] += deviation(d);
                squares[d] += deviation(d) * deviation(d);
            }
            cross += deviation(0) * deviation(1);
        }
        let draws = DRAWS as f64;
        for d in 0..cells {
            let variance = problems * share(d) * (1.0 - share(d));
            assert!((sum[d] / draws).abs() < 5.0 * (variance / draws).sqrt(), "mean of cell {d}");
            let kurtosis = 3.0 + (1.0 - 6.0 * share(d) * (1.0 - share(d))) / variance;
            let error = variance * ((kurtosis - 1.0) / draws).sqrt();
            assert!((squares[d] / draws - variance).abs() < 5.0 * error, "variance of cell {d}");
        }
        let covariance = -problems * share(0) * share(1);
        let spread = problems * (share(0) * share(1)).sqrt();
        assert!((cross / draws - covariance).abs() < 5.0 * spread / draws.sqrt(), "covariance");
    }

    #[test]
    fn every_split_has_the_same_law() {
        for multiplicity in [&[40_u64, 33, 20, 20, 5, 1, 1][..], &[3, 2, 1], &[900, 200, 70, 3]] {
            for heavy in 0..=multiplicity.len() {
                agrees_with_the_law(multiplicity, heavy);
            }
        }
    }

    #[test]
    fn counts_of_a_small_case_follow_the_exact_pmf() {
        // Multinomial(4; 1/2, 1/4, 1/4): 4! / (a! b! c!) 2^-a 4^-(b + c)
        let factorial = [1.0, 1.0, 2.0, 6.0, 24.0];
        for heavy in 0..=3 {
            let sampler = Multinomial::split_at(&[2, 1, 1], heavy);
            let mut seen = [[0.0; 5]; 5];
            let mut counts = [0; 3];
            for replicate in 0..DRAWS {
                sampler.sample(&mut Stream::new(6, replicate), &mut Vec::new(), &mut counts);
                seen[counts[0] as usize][counts[1] as usize] += 1.0;
            }
            let mut chi_square = 0.0;
            for a in 0..=4_u8 {
                for b in 0..=4 - a {
                    let (a, b, c) = (usize::from(a), usize::from(b), usize::from(4 - a - b));
                    let scale = 0.5_f64.powi(2 * 4 - i32::try_from(a).unwrap());
                    let mass = 24.0 / (factorial[a] * factorial[b] * factorial[c]) * scale * DRAWS as f64;
                    chi_square += (seen[a][b] - mass) * (seen[a][b] - mass) / mass;
                }
            }
            assert!(chi_square < 14.0 + 5.0 * 28.0_f64.sqrt(), "split at {heavy}: {chi_square}");
        }
    }

    #[test]
    fn one_cell_takes_all() {
        for multiplicity in [1, 39, 40, 5_000_000] {
            let mut counts = [0];
            Multinomial::new(&[multiplicity]).sample(&mut Stream::new(0, 0), &mut Vec::new(), &mut counts);
            assert_eq!(u64::from(counts[0]), multiplicity);
        }
    }
}
