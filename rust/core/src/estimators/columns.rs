//! The ks of a table: sorted once, and each row written in the order the caller has them.

use std::ops::Range;

use super::{Estimator, curve};

/// The ks in ascending order, and where each column finds its own.
pub(super) struct Columns {
    pub(super) ascending: Vec<u64>,
    below_one: usize,
    source: Vec<usize>,
    in_order: bool,
}

impl Columns {
    pub(super) fn new(ks: &[i64]) -> Self {
        let mut sorted = ks.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let source: Vec<_> = ks.iter().map(|k| sorted.partition_point(|other| other < k)).collect();
        Self {
            below_one: sorted.partition_point(|&k| k < 1),
            in_order: sorted == ks,
            ascending: sorted.into_iter().map(i64::cast_unsigned).collect(),
            source,
        }
    }

    /// The part of the ascending ks that is defined for (n, c).
    pub(super) fn valid(&self, estimator: Estimator, n: i64, c: i64) -> Range<usize> {
        let positive = self.below_one..self.ascending.len();
        match self.ascending[positive.clone()].last() {
            Some(k) if estimator.check(n, c, k.cast_signed()).is_ok() => positive,
            Some(_) if PLAIN.check(n, c, 1).is_ok() => {
                let largest = estimator.max_k(n.cast_unsigned());
                let valid = self.ascending[positive].partition_point(|&k| k <= largest);
                self.below_one..self.below_one + valid
            }
            _ => 0..0,
        }
    }

    /// Writes a row: values where `valid`, else NaN.
    pub(super) fn write(
        &self,
        estimator: Estimator,
        n: i64,
        c: i64,
        valid: Range<usize>,
        out: &mut [f64],
        scratch: &mut [f64],
    ) {
        let ascending = if self.in_order { &mut *out } else { &mut *scratch };
        ascending[..valid.start].fill(f64::NAN);
        ascending[valid.end..].fill(f64::NAN);
        let values = &mut ascending[valid.clone()];
        curve(estimator, n.cast_unsigned(), c.cast_unsigned(), &self.ascending[valid], values);
        if !self.in_order {
            for (place, &source) in out.iter_mut().zip(&self.source) {
                *place = scratch[source];
            }
        }
    }
}

/// An estimator that is defined at k = 1 for every valid (n, c).
const PLAIN: Estimator = Estimator::PassAtK;
