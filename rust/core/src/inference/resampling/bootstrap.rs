//! Bootstrap replicates of means over problems, for all k from the same resamples.
//!
//! A resample of P problems matters through its cell counts M only, and M ~ Multinomial(P; m / P), so
//! ```text
//! T*_k = (1/P) sum_d M_d h_dk
//! ```
//! has the law of the plain problem bootstrap, jointly over k.
//!
//! Replicate r draws from the stream (seed, r) and nothing else: not from its thread, not from other groups.

use std::ops::Range;

use super::multinomial::Multinomial;
use crate::inference::Watch;
use crate::inference::error::InferenceError;
use crate::inference::spec::Cells;
use crate::parallel;
use crate::rng::Stream;

/// Replicates per task: from 20 us (30 problems) to 1 ms (5,000) of work.
const BLOCK: usize = 128;

/// Fewer where one of them is long: so many problems and cells in a task, about 10 ms, or nothing could stop it.
const LONGEST_TASK: usize = 1 << 22;

/// Values of this many k are summed in registers; a narrower group costs as much, the chain of adds being it.
const PANEL: usize = 8;

/// Some ks of a group made ready to be resampled.
pub(crate) struct Resampler {
    problems: f64,
    width: usize,
    cells: usize,
    sampler: Multinomial,
    /// For each panel of k, D rows.
    panels: Vec<[f64; PANEL]>,
}

impl Resampler {
    /// Puts the cells in the order of descending multiplicity, equal ones as they come.
    pub(crate) fn new(cells: &Cells, ks: Range<usize>) -> Self {
        let mut order: Vec<usize> = (0..cells.multiplicity.len()).collect();
        order.sort_by_key(|&d| std::cmp::Reverse(cells.multiplicity[d]));
        let multiplicity: Vec<u64> = order.iter().map(|&d| cells.multiplicity[d]).collect();
        let width = ks.len();
        let row = |panel: usize, d: usize| {
            let row = &cells.value[d * cells.max.len()..][ks.clone()];
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

    /// How many replicates make a task.
    pub(crate) fn block(&self) -> usize {
        (LONGEST_TASK / (self.sampler.work() + self.panels.len()).max(1)).clamp(1, BLOCK)
    }

    /// Calls `see` with each of the replicates and its means, one for each k.
    pub(crate) fn for_each(&self, seed: u64, replicates: Range<usize>, mut see: impl FnMut(usize, &[f64])) {
        let mut counts = vec![0; self.cells];
        let mut means = vec![0.0; self.width];
        for replicate in replicates {
            self.sampler.sample(&mut Stream::new(seed, replicate as u64), &mut counts);
            for (means, panel) in means.chunks_mut(PANEL).zip(self.panels.chunks_exact(self.cells)) {
                for (mean, sum) in means.iter_mut().zip(weighted_sums(&counts, panel)) {
                    *mean = sum / self.problems;
                }
            }
            see(replicate, &means);
        }
    }

    /// Writes the means of the replicates from `first` on, one row a k.
    fn write_means(&self, seed: u64, first: usize, rows: &mut [&mut [f64]]) {
        let mut counts = vec![0; self.cells];
        for column in 0..rows.first().map_or(0, |row| row.len()) {
            self.sampler.sample(&mut Stream::new(seed, (first + column) as u64), &mut counts);
            for (rows, panel) in rows.chunks_mut(PANEL).zip(self.panels.chunks_exact(self.cells)) {
                for (row, sum) in rows.iter_mut().zip(weighted_sums(&counts, panel)) {
                    row[column] = sum / self.problems;
                }
            }
        }
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
    let group = Resampler::new(cells, 0..cells.max.len());
    let means = bootstrap_groups(&[&group], n_resamples, seed, threads, &mut || Ok(()));
    means.unwrap_or_default().pop().unwrap_or_default() // only the watch can fail
}

/// The same for many groups, each as it would be alone.
pub(crate) fn bootstrap_groups(
    groups: &[&Resampler],
    n_resamples: usize,
    seed: u64,
    threads: usize,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<Vec<f64>>>, InferenceError> {
    let blank = |group: &&Resampler| {
        let length = if group.cells > 0 { n_resamples } else { 0 };
        (0..group.width).map(|_| vec![0.0; length]).collect()
    };
    let mut means: Vec<Vec<Vec<f64>>> = groups.iter().map(blank).collect();
    let tasks = groups.iter().zip(&mut means).flat_map(|(group, rows)| Task::split(group, rows)).collect();
    let run = |(): &mut (), _, task: Task<'_>| {
        let Task { group, first, mut rows } = task;
        group.write_means(seed, first, &mut rows);
        Ok(())
    };
    parallel::fold(threads, tasks, || (), run, Some(watch))?;
    Ok(means)
}

/// Some replicates of a group and the place for their means, one row a k.
struct Task<'a> {
    group: &'a Resampler,
    first: usize,
    rows: Vec<&'a mut [f64]>,
}

impl<'a> Task<'a> {
    fn split(group: &'a Resampler, rows: &'a mut [Vec<f64>]) -> Vec<Self> {
        let (block, length) = (group.block(), rows.first().map_or(0, Vec::len));
        let mut blocks: Vec<_> = rows.iter_mut().map(|row| row.chunks_mut(block)).collect();
        let mut next = || blocks.iter_mut().filter_map(Iterator::next).collect();
        (0..length).step_by(block).map(|first| Self { group, first, rows: next() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Resampler, bootstrap_groups};
    use crate::inference::Cells;

    #[test]
    fn an_empty_group_has_no_replicates() {
        let empty = Cells { max: vec![1.0, 1.0], ..Cells::default() };
        let full = Cells { multiplicity: vec![3, 1], value: vec![0.5, 0.2], noise: None, max: vec![1.0] };
        let (empty, full) = (Resampler::new(&empty, 0..2), Resampler::new(&full, 0..1));
        let replicates = bootstrap_groups(&[&empty, &full, &empty], 300, 0, 2, &mut || Ok(())).unwrap();
        assert_eq!(replicates.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 2]);
        assert!(replicates[0][0].is_empty() && replicates[1][0].len() == 300);
    }
}
