//! P(S >= x) with all its digits, however small.
//!
//! Exponential tilting (Daniels, "Saddlepoint approximations in statistics", 1954): with theta such that the law
//! weighted by exp(theta S) has its mean at x,
//! ```text
//! P(S >= x) = exp(K(theta) - theta x) E_theta[exp(-theta (S - x)); S >= x],  K = log E exp(theta S)
//! ```
//! and the last factor is inverted at the centre of its law, where nothing is small.

use super::lattice::common_step;
use super::{Lattice, Part, Smooth, total};

/// A longer lattice is fine enough for the smooth law with half a step taken off: 300 steps to a standard deviation.
const LONGEST: f64 = 8192.0;

/// 680 steps to a standard deviation: splitting adds 1e-4 to the variance of 200 variables, and less to the tail.
const LONGEST_SPLIT: f64 = 16_384.0;

/// P(S >= x): exact on a lattice of few steps, else of the smooth law.
pub(crate) fn upper_tail(parts: &[Part], x: f64) -> f64 {
    let (least, greatest) = (total(parts, |part| part.ends().0), total(parts, |part| part.ends().1));
    let noise = 1e-9 * (greatest - least);
    if x <= least + noise {
        return 1.0;
    }
    if x > greatest + noise {
        return 0.0;
    }
    if x > greatest - noise {
        return libm::exp(total(parts, log_chance_of_greatest));
    }
    let step = common_step(parts);
    // The first atom from x on.
    let x = step.map_or(x, |step| least + step * ((x - least) / step - 1e-6).ceil());
    let theta = if x > total(parts, Part::mean) { solve(parts, x) } else { 0.0 };
    let tilted: Vec<Part> = parts.iter().map(|part| tilt(part, theta).0).collect();
    let scale = libm::exp(total(parts, |part| tilt(part, theta).1) - theta * x);
    let lattice = |step| Lattice::within(&tilted, step, LONGEST);
    let beyond = match (step.and_then(lattice), Smooth::new(&tilted)) {
        (Some(law), _) => law.laplace_from(x, theta),
        (None, Some(law)) => smooth_beyond(&law, x, theta, step.unwrap_or(0.0)),
        (None, None) => Lattice::split(&tilted, LONGEST_SPLIT).laplace_from(x, theta),
    };
    (scale * beyond).clamp(0.0, 1.0)
}

/// E[exp(-theta (S - x)); S >= x] where the atoms of a step are spread over it.
fn smooth_beyond(law: &Smooth, x: f64, theta: f64, step: f64) -> f64 {
    let half = 0.5 * step;
    if theta == 0.0 {
        return 1.0 - law.below(x - half);
    }
    // The sum over the atoms is the integral from half a step before times u / sinh u.
    let u = theta * half;
    let spread = if u > 0.0 { u / libm::sinh(u) } else { 1.0 };
    spread * libm::exp(u) * law.laplace_from(x - half, theta)
}

fn log_chance_of_greatest(part: &Part) -> f64 {
    let (_, greatest) = part.ends();
    let at_top = part.values.iter().filter(|(h, _)| *h >= greatest - 1e-12 * greatest.abs());
    libm::log(at_top.map(|(_, w)| w).sum())
}

/// The law weighted by exp(theta h), and K(theta) of one variable.
fn tilt(part: &Part, theta: f64) -> (Part, f64) {
    let top = part.values.iter().map(|(h, _)| theta * h).fold(f64::NEG_INFINITY, f64::max);
    let weighted = part.values.iter().map(|&(h, w)| (h, w * libm::exp(theta * h - top)));
    let sum: f64 = weighted.clone().map(|(_, w)| w).sum();
    let values = weighted.map(|(h, w)| (h, w / sum)).collect();
    (Part { multiplicity: part.multiplicity, values }, top + libm::log(sum))
}

/// The theta at which the tilted sum has the mean x, which lies between its mean and its greatest value.
fn solve(parts: &[Part], x: f64) -> f64 {
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut theta = (x - total(parts, Part::mean)) / total(parts, Part::variance);
    for _ in 0..200 {
        let tilted: Vec<Part> = parts.iter().map(|part| tilt(part, theta).0).collect();
        let excess = total(&tilted, Part::mean) - x;
        *(if excess < 0.0 { &mut low } else { &mut high }) = theta;
        let newton = theta - excess / total(&tilted, Part::variance);
        let halved = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * theta };
        let next = if newton > low && newton < high { newton } else { halved };
        let moved = (next - theta).abs();
        theta = next;
        if moved <= 1e-12 * theta {
            break;
        }
    }
    theta
}
