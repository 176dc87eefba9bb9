//! Sums over the ways in which classes share the draws, none of them above a given number.
//!
//! A layer holds, for each number t of classes that tie at the top and each number s of draws used, the total weight of
//! the ways to get there. Classes enter one by one. All terms are positive, so a layer's relative error is that of a
//! product with one factor a class. What can no longer add up to k is left out.

use std::ops::Range;

/// What a class does that reaches the top.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AtTop {
    /// It is one more of those that tie.
    Counts,
    /// It is let in.
    Passes,
    /// It ends the way.
    Ends,
}

/// Weights by (t, s), each t with the range of s that can be reached.
#[derive(Default)]
pub(super) struct Layer {
    stride: usize,
    values: Vec<f64>,
    spans: Vec<Range<usize>>,
}

impl Layer {
    /// Empties it, for t below `ties` and s below `stride`.
    pub(super) fn clear(&mut self, ties: usize, stride: usize) {
        self.stride = stride;
        self.spans.clear();
        self.spans.resize(ties, 0..0);
        if self.values.len() < ties * stride {
            self.values.resize(ties * stride, 0.0);
        }
    }

    /// No class yet: no ties, no draws.
    pub(super) fn start(&mut self) {
        self.spans[0] = 0..1;
        self.values[0] = 1.0;
    }

    /// The weights at t, and the s of the first.
    fn at(&self, t: usize) -> (&[f64], usize) {
        let span = &self.spans[t];
        (&self.values[t * self.stride + span.start..t * self.stride + span.end], span.start)
    }

    /// Adds `weight` times the weights of another layer's `from`, moved up by `shift`, to those at t, where s is
    /// within `kept`.
    fn add(&mut self, t: usize, other: &Self, from: usize, shift: usize, weight: f64, kept: &Range<usize>) {
        let (source, first) = other.at(from);
        let low = (first + shift).max(kept.start);
        let high = (first + shift + source.len()).min(kept.end);
        if low >= high || weight == 0.0 {
            return;
        }
        self.reach(t, low..high);
        let source = &source[low - first - shift..high - first - shift];
        let target = &mut self.values[t * self.stride + low..t * self.stride + high];
        for (target, &source) in target.iter_mut().zip(source) {
            *target += weight * source;
        }
    }

    /// Widens the span at t, with zeros.
    fn reach(&mut self, t: usize, wanted: Range<usize>) {
        let row = &mut self.values[t * self.stride..(t + 1) * self.stride];
        let span = &mut self.spans[t];
        if span.start == span.end {
            row[wanted.clone()].fill(0.0);
            *span = wanted;
            return;
        }
        if wanted.start < span.start {
            row[wanted.start..span.start].fill(0.0);
            span.start = wanted.start;
        }
        if wanted.end > span.end {
            row[span.end..wanted.end].fill(0.0);
            span.end = wanted.end;
        }
    }

    /// Lets a class in that gets i draws with the chance `row[i]` and at most `top`.
    pub(super) fn let_in(
        &mut self,
        before: &Self,
        row: &[f64],
        top: usize,
        at_top: AtTop,
        kept: &Range<usize>,
    ) {
        for t in 0..self.spans.len() {
            for (i, &weight) in row[..top.min(row.len())].iter().enumerate() {
                self.add(t, before, t, i, weight, kept);
            }
            match at_top {
                AtTop::Counts if t > 0 => self.add(t, before, t - 1, top, row[top], kept),
                AtTop::Passes => self.add(t, before, t, top, row[top], kept),
                _ => {}
            }
        }
    }

    /// Lets a class in that is at the top itself, with the ties of the others.
    pub(super) fn crown(&mut self, before: &Self, row: &[f64], top: usize, kept: &Range<usize>) {
        for t in 0..self.spans.len() {
            self.add(t, before, t, top, row[top], kept);
        }
    }

    /// The weight of all ways to k draws where `rest[i]` is the chance that all other samples get i, with 1 / (t + 1)
    /// of those with t ties.
    pub(super) fn total(&self, rest: &[f64], k: usize) -> f64 {
        (0..self.spans.len())
            .map(|t| {
                let (weights, first) = self.at(t);
                let ways = weights.iter().zip(first..);
                let sum: f64 =
                    ways.map(|(&weight, s)| weight * rest.get(k - s).copied().unwrap_or(0.0)).sum();
                sum / (t + 1) as f64
            })
            .sum()
    }
}
