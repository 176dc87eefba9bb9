//! Bootstrap replicates of means over problems, for all k from the same resamples.
//!
//! A resample of P problems matters through its cell counts M only, and M ~ Multinomial(P; m / P), so
//! ```text
//! T*_k = (1/P) sum_d M_d h_dk
//! ```
//! has the law of the plain problem bootstrap, jointly over k.
//!
//! Replicate r draws from the stream (seed, r) and nothing else: not from its thread, not from other groups.

use std::convert::Infallible;
use std::ops::Range;

use super::multinomial::Multinomial;
use super::spec::Cells;
use crate::parallel;
use crate::rng::Stream;

/// Replicates per task: from 20 us (30 problems) to 1 ms (5,000) of work.
const BLOCK: usize = 128;

/// Values of this many k are summed in registers; a narrower group costs as much, the chain of adds being it.
const PANEL: usize = 8;

/// A group made ready to be resampled.
#[derive(Clone, Debug)]
pub struct Resampler {
    problems: f64,
    width: usize,
    cells: usize,
    sampler: Multinomial,
    /// For each panel of k, D rows.
    panels: Vec<[f64; PANEL]>,
}

impl Resampler {
    /// Puts the cells in the order of descending multiplicity, equal ones as they come.
    #[must_use]
    pub fn new(cells: &Cells) -> Self {
        let mut order: Vec<usize> = (0..cells.multiplicity.len()).collect();
        order.sort_by_key(|&d| std::cmp::Reverse(cells.multiplicity[d]));
        let multiplicity: Vec<u64> = order.iter().map(|&d| cells.multiplicity[d]).collect();
        let width = cells.max.len();
        let row = |panel: usize, d: usize| {
            let row = &cells.value[d * width..(d + 1) * width];
            std::array::from_fn(|j| row.get(panel * PANEL + j).copied().unwrap_or(0.0))
        };
        let panels = (0..width.div_ceil(PANEL)).flat_map(|p| order.iter().map(move |&d| row(p, d))).collect();
        Self {
            problems: cells.problems() as f64,
            width,
            cells: order.len(),
            sampler: Multinomial::new(&multiplicity),
            panels,
        }
    }

    /// The means of some replicates, K x replicates by rows.
    fn means(&self, seed: u64, replicates: Range<usize>) -> Vec<f64> {
        let length = replicates.len();
        let (mut tree, mut counts) = (Vec::new(), vec![0; self.cells]);
        let mut means = vec![0.0; self.width * length];
        for (column, replicate) in replicates.enumerate() {
            self.sampler.sample(&mut Stream::new(seed, replicate as u64), &mut tree, &mut counts);
            for (panel, rows) in self.panels.chunks_exact(self.cells).enumerate() {
                let sums = weighted_sums(&counts, rows);
                for (k, sum) in (panel * PANEL..self.width).zip(sums) {
                    means[k * length + column] = sum / self.problems;
                }
            }
        }
        means
    }
}

fn weighted_sums(counts: &[u32], rows: &[[f64; PANEL]]) -> [f64; PANEL] {
    let mut sums = [0.0; PANEL];
    for (&count, row) in counts.iter().zip(rows) {
        let count = f64::from(count);
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += count * value;
        }
    }
    sums
}

/// Replicates of the mean for each k: K vectors of `n_resamples`.
#[must_use]
pub fn bootstrap(cells: &Cells, n_resamples: usize, seed: u64, threads: usize) -> Vec<Vec<f64>> {
    bootstrap_groups(&[&Resampler::new(cells)], n_resamples, seed, threads).pop().unwrap_or_default()
}

/// The same for many groups, each as it would be alone.
#[must_use]
pub fn bootstrap_groups(
    groups: &[&Resampler],
    n_resamples: usize,
    seed: u64,
    threads: usize,
) -> Vec<Vec<Vec<f64>>> {
    let blocks = |group| (0..n_resamples).step_by(BLOCK).map(move |start| (group, start));
    let tasks: Vec<(&Resampler, usize)> =
        groups.iter().copied().filter(|group| group.cells > 0).flat_map(blocks).collect();
    let run = |_, (group, start): (&Resampler, usize)| {
        Ok::<_, Infallible>(group.means(seed, start..n_resamples.min(start + BLOCK)))
    };
    let Ok(means) = parallel::map(threads, tasks, run);
    let mut means = means.into_iter();
    groups
        .iter()
        .map(|group| {
            let blocks = if group.cells > 0 { n_resamples.div_ceil(BLOCK) } else { 0 };
            join(group.width, n_resamples, means.by_ref().take(blocks))
        })
        .collect()
}

fn join(width: usize, n_resamples: usize, blocks: impl Iterator<Item = Vec<f64>>) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::with_capacity(n_resamples); width];
    for block in blocks {
        let length = block.len() / width.max(1);
        for (row, part) in rows.iter_mut().zip(block.chunks_exact(length.max(1))) {
            row.extend_from_slice(part);
        }
    }
    rows
}
