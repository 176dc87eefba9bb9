//! A sum's law on the lattice its values lie on.
//!
//! With all values on offset + step J, J an integer in a window of N from a, and `tau_j = 2 pi j / N`,
//! ```text
//! P(J <= x) = (1/N) sum_{j=0}^{N-1} phi_j exp(-i tau_j ((a + x)/2 - mean)) sin(tau_j (x-a+1)/2) / sin(tau_j / 2)
//! ```
//! which is exact where the window holds all values, and off by the probability of what is out of it where it does not:
//! it reaches 12 standard deviations and the widest range of a variable to both sides of the mean, for a value may be
//! so rare that it is further out than that.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::{Characteristic, Part, total, widest};

/// The longest window: 5,000 steps to a standard deviation.
const LONGEST: f64 = 131_072.0;
const REACH: f64 = 12.0;
/// The shortest window of a law that is split: 170 steps to a standard deviation.
const SHORTEST: f64 = 4096.0;
/// Values closer than this share of the range are one, and steps finer than it are none.
const SAME: f64 = 1e-10;
const NEGLIGIBLE: f64 = 1e-20;

/// The law of a sum with its atoms.
#[derive(Clone, Debug)]
pub(crate) struct Lattice {
    step: f64,
    /// The value of J = 0.
    origin: f64,
    /// The mean in steps from the origin.
    mean: f64,
    /// a
    first: f64,
    /// N
    length: f64,
    /// `j` and `phi_j`, for 0 < j <= N/2; the one at N/2 has half its weight.
    terms: Vec<(f64, f64, f64)>,
}

impl Lattice {
    /// The law of the sum of all parts; none if the values have no common step, or one too fine for a window.
    pub(crate) fn new(parts: &[Part]) -> Option<Self> {
        Self::within(parts, common_step(parts)?, LONGEST)
    }

    /// The same with a step that is known, and a window that is no longer than this.
    pub(super) fn within(parts: &[Part], step: f64, longest: f64) -> Option<Self> {
        let span = total(parts, |part| part.ends().1 - part.ends().0) / step;
        let length = (span.round() + 1.0).min((reach(parts) / step).ceil() + 2.0);
        (length <= longest).then(|| Self::on(parts, step, length))
    }

    /// The law where each value is split between the points of a fine lattice around it, mean and variance kept.
    ///
    /// The commonest value of a variable is on the lattice. The finer it is, the more `work` it takes.
    pub(crate) fn split(parts: &[Part], work: f64) -> Self {
        let span = total(parts, |part| part.ends().1 - part.ends().0);
        // Ends that fall between two points are up to 1.5 steps further out.
        let rounded = total(parts, |_| 3.0);
        let step_of = |longest: f64| reach(parts).min(span) / (longest - 2.0 - rounded.min(0.5 * longest));
        let mut longest = LONGEST;
        while longest > SHORTEST && longest * cost(parts, step_of(longest)) > work {
            longest *= 0.5;
        }
        let step = step_of(longest);
        let parts: Vec<Part> = parts.iter().map(|part| on_grid(part, step)).collect();
        let span = total(&parts, |part| part.ends().1 - part.ends().0) / step;
        Self::on(&parts, step, (span.round() + 1.0).min(longest))
    }

    fn on(parts: &[Part], step: f64, length: f64) -> Self {
        let origin = total(parts, |part| part.ends().0);
        let mean = (total(parts, Part::mean) - origin) / step;
        let span = (total(parts, |part| part.ends().1) - origin) / step;
        let whole = span.round() < length;
        let first = if whole { 0.0 } else { (mean - 0.5 * length).ceil() };
        let mut function = Characteristic::new(parts, 2.0 * PI / (length * step));
        let mut terms = Vec::new();
        let mut j = 1.0;
        while 2.0 * j <= length {
            let (re, im) = function.advance();
            let weight = if 2.0 * j >= length { 0.5 } else { 1.0 };
            if re.abs() + im.abs() > NEGLIGIBLE {
                terms.push((j, weight * re, weight * im));
            }
            j += 1.0;
        }
        Self { step, origin, mean, first, length, terms }
    }

    /// P(S < x)
    #[cfg(test)]
    pub(crate) fn below(&self, x: f64) -> f64 {
        self.at_most(self.index(x) - 1.0)
    }

    /// The first index at or above a value, one that is a rounding error below it included.
    fn index(&self, x: f64) -> f64 {
        ((x - self.origin) / self.step - 1e-6).ceil()
    }

    /// The least value with P(S <= x) >= p.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (self.first - 1.0, self.first + self.length - 1.0);
        while high - low > 1.0 {
            let middle = (0.5 * (low + high)).floor();
            if self.at_most(middle) < p - 1e-13 { low = middle } else { high = middle }
        }
        self.origin + self.step * high
    }

    /// P(J <= x)
    fn at_most(&self, x: f64) -> f64 {
        let count = (x - self.first + 1.0).clamp(0.0, self.length);
        let centre = 0.5 * (self.first + (self.first + count - 1.0)) - self.mean;
        let turn = 2.0 * PI / self.length;
        let term = |&(j, re, im): &(f64, f64, f64)| {
            let (sin, cos) = libm::sincos(turn * j * centre);
            (re * cos + im * sin) * libm::sin(0.5 * turn * j * count) / libm::sin(0.5 * turn * j)
        };
        ((count + 2.0 * self.terms.iter().map(term).sum::<f64>()) / self.length).clamp(0.0, 1.0)
    }

    /// sum over values s from x on of exp(-rate (s - x)) P(S = s)
    pub(super) fn laplace_from(&self, x: f64, rate: f64) -> f64 {
        let from = self.index(x);
        let count = self.first + self.length - from;
        if count <= 0.0 {
            return 0.0;
        }
        let (shrink, turn) = (libm::exp(-rate * self.step), 2.0 * PI / self.length);
        let fade = libm::exp(-rate * self.step * count);
        let decay = rate * self.step;
        let constant = if decay > 0.0 { libm::expm1(-decay * count) / libm::expm1(-decay) } else { count };
        let term = |&(j, re, im): &(f64, f64, f64)| {
            // phi exp(-i tau (from - mean)) (1 - z^count) / (1 - z) with z = exp(-rate step - i tau)
            let geometric = divide(one_minus(fade, turn * j * count), one_minus(shrink, turn * j));
            let (sin, cos) = libm::sincos(turn * j * (from - self.mean));
            geometric.0 * (re * cos + im * sin) - geometric.1 * (im * cos - re * sin)
        };
        let gap = self.origin + self.step * from - x;
        libm::exp(-rate * gap) * (constant + 2.0 * self.terms.iter().map(term).sum::<f64>()) / self.length
    }

    /// The same of values spread over a step, but for one that is at x.
    pub(super) fn spread_from(&self, x: f64, rate: f64) -> f64 {
        let from = self.index(x);
        // The step of the first value from x on begins half a step before it.
        let share = from - (x - self.origin) / self.step - 0.5;
        self.laplace_from(x, rate) + share * self.mass(from + 1.0)
    }

    /// P(J = x)
    fn mass(&self, x: f64) -> f64 {
        let turn = 2.0 * PI / self.length;
        let term = |&(j, re, im): &(f64, f64, f64)| {
            let (sin, cos) = libm::sincos(turn * j * (x - self.mean));
            re * cos + im * sin
        };
        (1.0 + 2.0 * self.terms.iter().map(term).sum::<f64>()) / self.length
    }
}

/// The width of a window in which a law is.
fn reach(parts: &[Part]) -> f64 {
    2.0 * (REACH * total(parts, Part::variance).sqrt() + widest(parts))
}

/// What a term of the law on a lattice of this step costs: its atoms, and a power.
pub(super) fn cost(parts: &[Part], step: f64) -> f64 {
    let atoms = |part: &Part| {
        let (least, greatest) = part.ends();
        (3.0 * part.values.len() as f64).min((greatest - least) / step + 3.0)
    };
    parts.iter().map(|part| atoms(part) + if part.multiplicity > 4 { 20.0 } else { 0.0 }).sum()
}

/// A variable with its values split between points of a lattice through the commonest one.
///
/// Three points each, of which one may weigh less than nothing: so mean and variance are kept (Lax & Wendroff, "Systems
/// of conservation laws", 1960).
fn on_grid(part: &Part, step: f64) -> Part {
    let commonest =
        part.values.iter().fold((0.0, 0.0), |most, &(h, w)| if w > most.1 { (h, w) } else { most }).0;
    let mut weights = BTreeMap::new();
    for &(value, weight) in &part.values {
        let place = (value - commonest) / step;
        let rest = place - place.round();
        #[expect(clippy::cast_possible_truncation, reason = "the range of a variable has few steps")]
        let index = place.round() as i64;
        let square = rest * rest;
        for (index, share) in
            [(index - 1, 0.5 * (square - rest)), (index, 1.0 - square), (index + 1, 0.5 * (square + rest))]
        {
            *weights.entry(index).or_insert(0.0) += weight * share;
        }
    }
    let at = |(index, weight): (i64, f64)| (commonest + step * index as f64, weight);
    let values = weights.into_iter().filter(|&(_, weight)| weight != 0.0).map(at).collect();
    Part { multiplicity: part.multiplicity, values }
}

/// 1 - r exp(-i angle)
fn one_minus(r: f64, angle: f64) -> (f64, f64) {
    let (sin, cos) = libm::sincos(angle);
    (1.0 - r * cos, r * sin)
}

fn divide(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let size = b.0 * b.0 + b.1 * b.1;
    ((a.0 * b.0 + a.1 * b.1) / size, (a.1 * b.0 - a.0 * b.1) / size)
}

/// The greatest step of which all differences within parts are multiples: Euclid's algorithm on rounded numbers.
pub(super) fn common_step(parts: &[Part]) -> Option<f64> {
    let widest = widest(parts);
    let noise = SAME * widest;
    let differences = || {
        parts.iter().flat_map(|part| {
            let (least, _) = part.ends();
            part.values.iter().map(move |(h, _)| h - least).filter(move |&gap| gap > noise)
        })
    };
    let finest = widest / LONGEST;
    let mut step = 0.0;
    for gap in differences() {
        let (mut a, mut b) = (gap.max(step), gap.min(step));
        while b > finest / 2.0 {
            let rest = a - b * (a / b).round();
            (a, b) = (b, rest.abs());
        }
        step = a;
        if step < finest {
            return None;
        }
    }
    // The last digits of a step found by Euclid are noise; the widest difference has them all.
    step = widest / (widest / step).round();
    let fits = |gap: f64| (gap / step - (gap / step).round()).abs() <= 1e-6;
    (step > 0.0 && differences().all(fits)).then_some(step)
}
