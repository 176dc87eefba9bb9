//! Gains and losses: the differences above and below 0, where few problems differ.
//!
//! MOVER (Zou & Donner 2008) joins the gamma intervals [l, u] of the mean gain g and the mean loss h, the parts of d
//! above and below 0, whose units are the problems too:
//! ```text
//! lower = g - h - sqrt((g - l_g)^2 + (u_h - h)^2),  upper = g - h + sqrt((u_g - g)^2 + (h - l_h)^2)
//! ```
//! The p-value is one less the level at which an end is 0. Joining the intervals of both models instead would leave out
//! how alike they are: two to five times as wide where few problems differ.

use super::differences::Differences;
use super::inversion::p_of_touching;
use crate::inference::intervals::{Interval, gamma_ends, mover};
use crate::inference::moments::{Minority, Moments, minority};
use crate::inference::row::Label;

/// The gains and the losses of all units.
pub(super) struct Gains {
    up: Side,
    down: Side,
    units: u64,
    mean: f64,
}

impl Gains {
    pub(super) fn new(d: &Differences) -> Self {
        let [up, down] = [1.0, -1.0].map(|sign| Side::new(&d.values, sign));
        Self { up, down, units: d.units, mean: d.mean }
    }

    /// The MOVER interval, cut to \[-1, 1\].
    pub(super) fn interval(&self, level: f64) -> Interval {
        let (lower, upper) = self.ends(0.5 * (1.0 - level));
        Interval::new(lower.max(-1.0), upper.min(1.0), Label::Mover)
    }

    /// One less the level at which the interval touches 0.
    pub(super) fn p_value(&self) -> f64 {
        p_of_touching(self.mean, |tail| self.ends(tail))
    }

    fn ends(&self, tail: f64) -> (f64, f64) {
        let Self { up, down, .. } = self;
        let (lower, upper) = mover([up.mean, down.mean], [up, down].map(|side| side.ends(self.units, tail)));
        let shift = self.mean - (up.mean - down.mean);
        (lower + shift, upper + shift)
    }
}

/// The differences of one sign, others 0.
struct Side {
    mean: f64,
    minority: Minority,
}

impl Side {
    fn new(values: &[(u64, f64)], sign: f64) -> Self {
        let sizes =
            || values.iter().filter(|(_, d)| !d.is_nan()).map(move |&(m, d)| (m, (sign * d).max(0.0)));
        let moments = Moments::new(sizes(), 1.0);
        // The pseudo-value of a large cluster may be above 1, and has no distance from there.
        let flipped = moments.mean > 0.5 && sizes().all(|(_, size)| size <= 1.0);
        Self { mean: moments.mean, minority: minority(sizes(), flipped, 1.0) }
    }

    fn ends(&self, units: u64, tail: f64) -> (f64, f64) {
        let (lower, upper) = gamma_ends(&self.minority, units, tail);
        (lower.min(self.mean), upper.max(self.mean))
    }
}
