//! The characteristic function of a centred sum at t, 2t, 3t, ...
//!
//! ```text
//! phi(t) = prod_parts ( sum_v w_v exp(i t (v - mean)) )^multiplicity
//! ```
//! Angles are turned by the addition theorem on (cos - 1, sin), which keeps the digits that a high power needs.

use super::Part;

/// A product this small adds nothing to a sum of terms of order 1.
const NEGLIGIBLE: f64 = 1e-20;

/// The next power of the characteristic function's argument, again and again.
pub(super) struct Characteristic {
    parts: Vec<Turning>,
}

struct Turning {
    multiplicity: u64,
    atoms: Vec<Atom>,
}

/// A value's weight, the angle of a step, and the angle now, both as (cos - 1, sin).
struct Atom {
    weight: f64,
    step: (f64, f64),
    now: (f64, f64),
}

impl Characteristic {
    /// The function at multiples of `step`.
    pub(super) fn new(parts: &[Part], step: f64) -> Self {
        let turning = |part: &Part| {
            let mean = part.mean();
            let atom = |&(value, weight): &(f64, f64)| {
                let angle = step * (value - mean);
                let (half, sin) = (libm::sin(0.5 * angle), libm::sin(angle));
                Atom { weight, step: (-2.0 * half * half, sin), now: (0.0, 0.0) }
            };
            Turning { multiplicity: part.multiplicity, atoms: part.values.iter().map(atom).collect() }
        };
        Self { parts: parts.iter().map(turning).collect() }
    }

    /// Its value at the next multiple: real and imaginary part.
    pub(super) fn advance(&mut self) -> (f64, f64) {
        let mut product = (1.0_f64, 0.0_f64);
        for part in &mut self.parts {
            let factor = part.turn();
            if product.0.abs() + product.1.abs() > NEGLIGIBLE {
                product = multiply(product, power(factor, part.multiplicity));
            }
        }
        product
    }
}

impl Turning {
    /// One step on; the function of one variable less 1.
    fn turn(&mut self) -> (f64, f64) {
        let (mut re, mut im) = (0.0, 0.0);
        for Atom { weight, step: (c, s), now } in &mut self.atoms {
            let (u, v) = *now;
            *now = (u + *c + u * *c - v * *s, v + *s + (u * *s + v * *c));
            re += *weight * now.0;
            im += *weight * now.1;
        }
        (re, im)
    }
}

/// (1 + x + iy)^m
fn power((x, y): (f64, f64), m: u64) -> (f64, f64) {
    if m <= 4 {
        let base = (1.0 + x, y);
        return (1..m).fold(base, |product, _| multiply(product, base));
    }
    let (count, squared) = (m as f64, x * (2.0 + x) + y * y);
    let size = libm::exp(0.5 * count * libm::log1p(squared.max(-1.0)));
    let (sin, cos) = libm::sincos(count * libm::atan2(y, 1.0 + x));
    (size * cos, size * sin)
}

fn multiply(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

#[cfg(test)]
mod tests {
    use super::{Characteristic, Part};

    #[test]
    fn it_is_the_sum_over_all_outcomes() {
        let parts = [
            Part { multiplicity: 9, values: vec![(0.0, 0.25), (0.3, 0.75)] },
            Part { multiplicity: 2, values: vec![(-1.0, 0.5), (1.0, 0.25), (2.5, 0.25)] },
        ];
        let mut function = Characteristic::new(&parts, 0.01);
        for j in 1..=300 {
            let t = 0.01 * f64::from(j);
            let mut expected = (1.0, 0.0);
            for part in &parts {
                for _ in 0..part.multiplicity {
                    let turned = |of: fn(f64) -> f64| -> f64 {
                        part.values.iter().map(|(h, w)| w * of(t * (h - part.mean()))).sum()
                    };
                    expected = super::multiply(expected, (turned(f64::cos), turned(f64::sin)));
                }
            }
            let (re, im) = function.advance();
            assert!((re - expected.0).abs() < 1e-13 && (im - expected.1).abs() < 1e-13);
        }
    }

    #[test]
    fn nothing_is_lost_in_a_high_power() {
        // Four thousand million coins: phi(z / sd) is exp(-z^2 / 2) to 1e-9.
        let many = 1_u64 << 32;
        let coins = [Part { multiplicity: many, values: vec![(0.0, 0.5), (1.0, 0.5)] }];
        let mut function = Characteristic::new(&coins, 0.25 / (0.5 * (many as f64).sqrt()));
        for j in 1..=24 {
            let z = 0.25 * f64::from(j);
            let (re, im) = function.advance();
            assert!((re - (-0.5 * z * z).exp()).abs() < 2e-9 && im.abs() < 1e-9, "{re} {im} at {z}");
        }
    }
}
