//! The (n, c) of a group's problems with how many problems share each, and sums over them.

use std::ops::Range;

use super::rising;

/// Distinct (n, c) and how often each occurs.
///
/// The orders by n, by c and by n - c are kept, so that other multiplicities cost no sorting.
#[derive(Clone, Debug)]
pub struct Tallies {
    multiplicity: Vec<f64>,
    counts: Vec<(u64, u64)>,
    by_samples: Vec<u32>,
    by_passes: Vec<u32>,
    by_fails: Vec<u32>,
}

impl Tallies {
    /// From triples (multiplicity, n, c), fewer than 2^32 of them; one (n, c) may come several times.
    ///
    /// # Panics
    /// If c > n, or there are too many.
    #[must_use]
    pub fn new(cells: impl IntoIterator<Item = (u64, u64, u64)>) -> Self {
        let (multiplicity, counts): (Vec<f64>, Vec<(u64, u64)>) =
            cells.into_iter().map(|(m, n, c)| (m as f64, (n, c))).unzip();
        assert!(counts.iter().all(|&(n, c)| c <= n), "c > n");
        let order = |key: fn(&(u64, u64)) -> u64| {
            let length = u32::try_from(counts.len()).expect("fewer than 2^32 cells");
            let mut order: Vec<u32> = (0..length).collect();
            order.sort_by_key(|&at| std::cmp::Reverse(key(&counts[at as usize])));
            order
        };
        let (by_samples, by_passes, by_fails) = (order(|c| c.0), order(|c| c.1), order(|c| c.0 - c.1));
        Self { multiplicity, counts, by_samples, by_passes, by_fails }
    }

    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    pub(crate) fn multiplicity(&self) -> &[f64] {
        &self.multiplicity
    }

    /// Changes the multiplicities, given in the order of the cells.
    pub(crate) fn reweigh(&mut self, multiplicity: impl IntoIterator<Item = f64>) {
        for (place, m) in self.multiplicity.iter_mut().zip(multiplicity) {
            *place = m;
        }
    }

    /// (multiplicity, n, c) of every cell.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64, u64)> + '_ {
        self.multiplicity.iter().zip(&self.counts).map(|(&m, &(n, c))| (m, n, c))
    }

    /// Whether some problem's (n, c) is so.
    pub(crate) fn any(&self, is: impl Fn(u64, u64) -> bool) -> bool {
        self.iter().any(|(m, n, c)| m > 0.0 && is(n, c))
    }

    /// How many problems' are.
    pub(crate) fn count(&self, is: impl Fn(u64, u64) -> bool) -> f64 {
        self.iter().filter(|&(_, n, c)| is(n, c)).map(|(m, ..)| m).sum()
    }

    /// The problems without a pass: n and how many have it, ascending in n.
    pub(crate) fn unsolved(&self) -> Vec<(u64, f64)> {
        let mut unsolved: Vec<(u64, f64)> = Vec::new();
        for &at in self.by_samples.iter().rev() {
            let (m, (n, c)) = (self.multiplicity[at as usize], self.counts[at as usize]);
            if m > 0.0 && c == 0 {
                match unsolved.last_mut() {
                    Some((last, count)) if *last == n => *count += m,
                    _ => unsolved.push((n, m)),
                }
            }
        }
        unsolved
    }

    /// For each i, how many of the problems that are `of` interest have c > i.
    pub(crate) fn passes(&self, of: impl Fn(u64, u64) -> bool) -> Runs {
        self.runs(&self.by_passes, |_, c| c, of)
    }

    /// The same with n - c > i.
    pub(crate) fn fails(&self, of: impl Fn(u64, u64) -> bool) -> Runs {
        self.runs(&self.by_fails, |n, c| n - c, of)
    }

    /// The same with n > i.
    pub(crate) fn samples(&self, of: impl Fn(u64, u64) -> bool) -> Runs {
        self.runs(&self.by_samples, |n, _| n, of)
    }

    fn runs(&self, order: &[u32], value: fn(u64, u64) -> u64, of: impl Fn(u64, u64) -> bool) -> Runs {
        let (mut runs, mut above, mut end): (Vec<(f64, Range<u64>)>, f64, u64) = (Vec::new(), 0.0, 0);
        for &at in order {
            let (m, (n, c)) = (self.multiplicity[at as usize], self.counts[at as usize]);
            if m <= 0.0 || !of(n, c) {
                continue;
            }
            let start = value(n, c);
            if above > 0.0 && start < end {
                runs.push((above, start..end));
            }
            (above, end) = (above + m, start);
        }
        if end > 0 {
            runs.push((above, 0..end));
        }
        Runs(runs)
    }
}

/// A count for each i, constant over each of the runs.
#[derive(Clone, Debug)]
pub(crate) struct Runs(Vec<(f64, Range<u64>)>);

impl Runs {
    /// `[ln, 1 / ., 1 / .^2]` of x + i, summed with the counts.
    pub(crate) fn sums(&self, x: f64) -> [f64; 3] {
        let mut total = [0.0; 3];
        for (count, run) in &self.0 {
            for (sum, term) in total.iter_mut().zip(rising::sums(x, run.clone())) {
                *sum += count * term;
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::Tallies;

    #[test]
    fn runs_count_the_problems_above() {
        let tallies = Tallies::new([(2, 5, 0), (1, 5, 3), (4, 3, 3), (1, 2, 1), (9, 1, 1)]);
        let passes = tallies.passes(|_, _| true).0;
        assert_eq!(passes, [(5.0, 1..3), (15.0, 0..1)]);
        assert_eq!(tallies.fails(|_, _| true).0, [(2.0, 2..5), (3.0, 1..2), (4.0, 0..1)]);
        assert_eq!(tallies.samples(|n, _| n > 1).0, [(3.0, 3..5), (7.0, 2..3), (8.0, 0..2)]);
    }
}
