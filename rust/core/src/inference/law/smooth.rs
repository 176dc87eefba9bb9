//! A sum's law as a smooth function: the Fourier series of its density over +-10 standard deviations.
//!
//! ```text
//! F(mean + s) = 1/2 + s / (2R) + sum_{j=1}^{29} [Re phi_j sin(t_j s) - Im phi_j (cos(t_j s) - (-1)^j)] / (pi j),
//! t_j = pi j / R,  R = 10 sd
//! ```
//! Beyond j = 29 a normal characteristic function is below 1e-18. Where this one does not fade, the law is too coarse
//! to be called smooth: a few problems decide it.

use std::f64::consts::PI;

use super::{Characteristic, Part, total, widest};
use crate::inference::distributions::normal_quantile;

const TERMS: usize = 29;
const REACH: f64 = 10.0;
/// From this term on a normal characteristic function is below 1e-8.
const LAST: usize = 20;
/// Terms that large from there on, times a tail, would ripple F by 8e-3 of that tail.
const CONVERGED: f64 = 0.04;
/// Of a longer tail no less is asked than of this one.
const LONG_TAIL: f64 = 0.025;

/// The law of a sum, as seen from afar.
#[derive(Clone, Debug)]
pub(crate) struct Smooth {
    mean: f64,
    /// Half of the period.
    reach: f64,
    /// The characteristic function at pi j / reach.
    terms: Vec<(f64, f64)>,
    /// `sum (-1)^j Im phi_j / (pi j)`
    offset: f64,
}

impl Smooth {
    /// The law of the sum of all parts; none if it has no variance, or is too coarse for a tail of this probability.
    pub(crate) fn new(parts: &[Part], tail: f64) -> Option<Self> {
        let (mean, variance) = (total(parts, Part::mean), total(parts, Part::variance));
        let reach = REACH * variance.sqrt();
        // A rare value may be out of the period.
        if variance <= 0.0 || !reach.is_finite() || widest(parts) > reach {
            return None;
        }
        let mut function = Characteristic::new(parts, PI / reach);
        let terms: Vec<(f64, f64)> = (0..TERMS).map(|_| function.advance()).collect();
        let least = CONVERGED * tail.min(LONG_TAIL);
        let converged = terms[LAST..].iter().all(|(re, im)| re * re + im * im < least * least);
        let sign = |j: usize| if j.is_multiple_of(2) { 1.0 } else { -1.0 };
        let offset = (1..).zip(&terms).map(|(j, (_, im))| sign(j) * im / (PI * j as f64)).sum();
        converged.then_some(Self { mean, reach, terms, offset })
    }

    /// P(S <= x)
    pub(crate) fn below(&self, x: f64) -> f64 {
        self.at(x - self.mean).0
    }

    /// The x with P(S <= x) = p, for 0 < p < 1.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (-self.reach, self.reach);
        let mut s = (normal_quantile(p) * self.reach / REACH).clamp(low, high);
        for _ in 0..100 {
            let (below, density) = self.at(s);
            *(if below < p { &mut low } else { &mut high }) = s;
            let newton = s - (below - p) / density;
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            let moved = (next - s).abs();
            s = next;
            if moved <= 1e-15 * self.reach {
                break;
            }
        }
        self.mean + s
    }

    /// P(S <= mean + s) and the density there.
    fn at(&self, s: f64) -> (f64, f64) {
        let s = s.clamp(-self.reach, self.reach);
        let (sin, cos) = libm::sincos(PI / self.reach * s);
        let (mut turned_cos, mut turned_sin) = (1.0, 0.0);
        let mut below = 0.5 + 0.5 * s / self.reach + self.offset;
        let mut density = 0.5;
        for (j, (re, im)) in (1..).zip(&self.terms) {
            (turned_cos, turned_sin) =
                (turned_cos * cos - turned_sin * sin, turned_cos * sin + turned_sin * cos);
            below += (re * turned_sin - im * turned_cos) / (PI * f64::from(j));
            density += re * turned_cos + im * turned_sin;
        }
        (below.clamp(0.0, 1.0), density / self.reach)
    }

    /// integral over x' from x of exp(-rate (x' - x)) f(x') dx'
    pub(super) fn laplace_from(&self, x: f64, rate: f64) -> f64 {
        let s = (x - self.mean).clamp(-self.reach, self.reach);
        let length = self.reach - s;
        let fade = libm::exp(-rate * length);
        let constant = if rate > 0.0 { -libm::expm1(-rate * length) / rate } else { length };
        let mut sum = 0.5 * constant;
        for (j, (re, im)) in (1..).zip(&self.terms) {
            let t = PI * f64::from(j) / self.reach;
            let (sin, cos) = libm::sincos(t * s);
            // Re[phi (exp(-its) - fade (-1)^j) / (rate + it)]
            let (x, y) = (cos - if j % 2 == 0 { fade } else { -fade }, -sin);
            let (real, imaginary) = (re * x - im * y, re * y + im * x);
            sum += (real * rate + imaginary * t) / (rate * rate + t * t);
        }
        sum / self.reach
    }
}
