//! Draws of Multinomial(P; m / P): how often each cell of problems turns up in a resample of P problems.
//!
//! Poisson counts given their total are multinomial. So each heavy cell gets a Poisson(s m) count, the light
//! cells together one more, and s is a little below 1, so that the total N seldom exceeds P: then all is drawn
//! anew. The P - N problems that are missing, and those of the light cells, are drawn one at a time. Whatever
//! N is, the cells have the multinomial law, so the law depends neither on s nor on where light begins.
//!
//! Indices below L are cut several at a time from one word (Brackett-Rozinsky & Lemire, "Batched ranged random
//! integer generation", 2024): multiply by L, the high word is an index, go
//! on with the low word; after w indices redraw if the low word is below 2^64 mod L^w.

use super::poisson::Poisson;
use crate::rng::{Stream, widening_mul};

/// From this multiplicity on a Poisson count (about 3 ns) is cheaper than a draw for each problem (1.3 ns, x86-64).
const HEAVY_FROM: u64 = 3;
/// A larger mean is the sum of several Poisson counts, so that tables stay small.
const LARGEST_MEAN: f64 = 4096.0;

/// A sampler of cell counts.
#[derive(Clone, Debug)]
pub(crate) struct Multinomial {
    problems: u32,
    /// Table and number of draws from it, for each heavy cell and then for the light ones together.
    counts: Vec<(u32, u32)>,
    tables: Vec<Poisson>,
    heavy: usize,
    light: Urn,
    all: Urn,
}

impl Multinomial {
    /// A sampler for cells of these multiplicities, which must descend and sum to less than 2^32.
    #[must_use]
    pub(crate) fn new(multiplicity: &[u64]) -> Self {
        Self::split_at(multiplicity, multiplicity.partition_point(|&m| m >= HEAVY_FROM))
    }

    /// The first `heavy` cells by Poisson counts, the others one problem at a time.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fewer than 2^32 problems")]
    fn split_at(multiplicity: &[u64], heavy: usize) -> Self {
        let problems: u64 = multiplicity.iter().sum();
        let light: u64 = multiplicity[heavy..].iter().sum();
        // Two standard deviations of N below P: one draw in 40 is drawn anew.
        let shrink = (1.0 - 2.0 / (problems.max(1) as f64).sqrt()).max(0.5);
        let mut tables = Vec::new();
        let mut table = (u64::MAX, (0, 0));
        let counts = multiplicity[..heavy].iter().chain([&light]).map(|&m| {
            // Equal cells stand together and share a table.
            if table.0 != m {
                let mean = m as f64 * shrink;
                let pieces = (mean / LARGEST_MEAN).ceil().max(1.0);
                tables.push(Poisson::new(mean / pieces));
                table = (m, (tables.len() as u32 - 1, pieces as u32));
            }
            table.1
        });
        Self {
            problems: problems as u32,
            counts: counts.collect(),
            tables,
            heavy,
            light: Urn::new(multiplicity, heavy),
            all: Urn::new(multiplicity, 0),
        }
    }

    /// About how many draws a sample takes.
    pub(crate) fn work(&self) -> usize {
        self.heavy + self.light.cells.len() + 2 * self.all.cells.len().isqrt()
    }

    /// Writes the counts of one draw.
    pub(crate) fn sample(&self, stream: &mut Stream, counts: &mut [u32]) {
        if self.heavy == 0 {
            counts.fill(0);
            return self.all.draw(self.problems, stream, counts);
        }
        let (light, total) = loop {
            let light = self.draw_counts(stream, counts);
            let total =
                counts[..self.heavy].iter().fold(u64::from(light), |sum, &count| sum + u64::from(count));
            if total <= u64::from(self.problems) {
                break (light, u32::try_from(total).unwrap_or(self.problems));
            }
        };
        counts[self.heavy..].fill(0);
        self.light.draw(light, stream, counts);
        self.all.draw(self.problems - total, stream, counts);
    }

    /// Writes the counts of the heavy cells, and returns the light ones' together.
    fn draw_counts(&self, stream: &mut Stream, counts: &mut [u32]) -> u32 {
        let mut light = 0;
        let mut draws = self.counts.chunks(4).enumerate();
        for (at, cells) in &mut draws {
            let words = stream.next_block();
            for (i, (&(table, pieces), word)) in (4 * at..).zip(cells.iter().zip(words)) {
                let table = &self.tables[table as usize];
                let mut count = table.draw(word);
                for _ in 1..pieces {
                    count += table.draw(stream.next_u64());
                }
                if i < self.heavy { counts[i] = count } else { light = count }
            }
        }
        light
    }
}

/// Problems to draw with replacement, each by its cell.
#[derive(Clone, Debug)]
struct Urn {
    cells: Vec<u32>,
    /// 2^64 mod L^w
    threshold: u64,
}

impl Urn {
    /// The problems of the cells from `first` on.
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 problems")]
    fn new(multiplicity: &[u64], first: usize) -> Self {
        let cells: Vec<u32> = (first..multiplicity.len())
            .flat_map(|cell| (0..multiplicity[cell]).map(move |_| cell as u32))
            .collect();
        let batch = (cells.len() as u64).saturating_pow(per_word(cells.len()) as u32).max(1);
        Self { cells, threshold: batch.wrapping_neg() % batch }
    }

    /// Adds `left` draws to the counts.
    fn draw(&self, left: u32, stream: &mut Stream, counts: &mut [u32]) {
        if left == 0 {
            return;
        }
        match per_word(self.cells.len()) {
            8 => self.draw_each::<8>(left as usize, stream, counts),
            6 => self.draw_each::<6>(left as usize, stream, counts),
            4 => self.draw_each::<4>(left as usize, stream, counts),
            _ => self.draw_each::<2>(left as usize, stream, counts),
        }
    }

    fn draw_each<const W: usize>(&self, mut left: usize, stream: &mut Stream, counts: &mut [u32]) {
        let mut count = |index: u64| {
            #[expect(clippy::cast_possible_truncation, reason = "below the length of a vector")]
            let count = &mut counts[self.cells[index as usize] as usize];
            *count = count.wrapping_add(1);
        };
        loop {
            for word in stream.next_block() {
                let (indices, rest) = cut::<W>(word, self.cells.len() as u64);
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
            sampler.sample(&mut Stream::new(5, replicate), &mut counts);
            assert_eq!(counts.iter().copied().map(u64::from).sum::<u64>(), multiplicity.iter().sum::<u64>());
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
        for multiplicity in [&[40_u64, 33, 20, 20, 5, 1, 1][..], &[3, 2, 1], &[900, 200, 70, 3], &[9000, 5]] {
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
                sampler.sample(&mut Stream::new(6, replicate), &mut counts);
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
        for multiplicity in [1, 2, 3, 40, 5_000_000] {
            let mut counts = [0];
            Multinomial::new(&[multiplicity]).sample(&mut Stream::new(0, 0), &mut counts);
            assert_eq!(u64::from(counts[0]), multiplicity);
        }
    }
}
