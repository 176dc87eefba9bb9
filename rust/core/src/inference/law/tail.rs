//! P(S >= x) with all its digits, however small.
//!
//! Exponential tilting (Daniels, "Saddlepoint approximations in statistics", 1954): with theta such that the law
//! weighted by exp(theta S) has its mean at x,
//! ```text
//! P(S >= x) = exp(K(theta) - theta x) E_theta[exp(-theta (S - x)); S >= x],  K = log E exp(theta S)
//! ```
//! and the last factor is read at the centre of its law, where nothing is small: exactly where the law is a short lattice
//! or has few outcomes, which is where an atom at x weighs; else from the smooth law, where there is one; else, where few
//! variables decide, from a longer lattice, or one between whose points the values are split.

use super::lattice::{common_step, cost};
use super::outcomes::Outcomes;
use super::{Lattice, Part, Smooth, total};

/// Sums closer than this share of the range are equal but for rounding.
pub(crate) const SAME: f64 = 1e-9;

/// A longer lattice is fine enough for the smooth law with half a step taken off: 300 steps to a standard deviation.
const LONGEST: f64 = 8192.0;

/// Of a law that is split: some milliseconds.
const WORK: f64 = 2_097_152.0;

/// P(S >= x), where values closer than a 10^-9th of the range are one.
pub(crate) fn upper_tail(parts: &[Part], x: f64) -> f64 {
    let (least, greatest) = (total(parts, |part| part.ends().0), total(parts, |part| part.ends().1));
    let noise = SAME * (greatest - least);
    if x <= least + noise {
        return 1.0;
    }
    if x > greatest + noise {
        return 0.0;
    }
    let step = common_step(parts);
    // The first atom from x on, which may be the greatest.
    let x = step.map_or(x, |step| least + step * ((x - least) / step - 1e-6).ceil());
    if x > greatest - noise {
        return libm::exp(total(parts, log_chance_of_greatest));
    }
    let theta = if x > total(parts, Part::mean) { solve(parts, x) } else { 0.0 };
    let tilted: Vec<Part> = parts.iter().map(|part| tilt(part, theta).0).collect();
    let scale = libm::exp(total(parts, |part| tilt(part, theta).1) - theta * x);
    (scale * beyond(&tilted, x, theta, step, noise)).clamp(0.0, 1.0)
}

/// E[exp(-theta (S - x)); S >= x]
fn beyond(parts: &[Part], x: f64, theta: f64, step: Option<f64>, noise: f64) -> f64 {
    if let Some(law) = step.and_then(|step| Lattice::within(parts, step, LONGEST)) {
        return law.laplace_from(x, theta);
    }
    if let Some(outcomes) = Outcomes::new(parts, noise) {
        return outcomes.laplace_from(x, theta);
    }
    // About the factor wanted, a fiftieth of it as the tail of an interval.
    let size = 1.0 / (2.0 + 2.5 * theta * total(parts, Part::variance).sqrt());
    match Smooth::new(parts, 0.02 * size) {
        Some(law) => smooth_beyond(&law, x, theta, step.unwrap_or(0.0)),
        None => match step.and_then(|step| Lattice::within(parts, step, WORK / cost(parts, step))) {
            Some(law) => law.laplace_from(x, theta),
            None => Lattice::split(parts, WORK).spread_from(x, theta),
        },
    }
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

#[cfg(test)]
mod tests {
    use super::{Lattice, Outcomes, Part, Smooth, WORK, smooth_beyond, solve, tilt, total, upper_tail};

    fn coins(sizes: &[(u64, f64)]) -> Vec<Part> {
        let coin = |&(multiplicity, d): &(u64, f64)| Part { multiplicity, values: vec![(-d, 0.5), (d, 0.5)] };
        sizes.iter().map(coin).collect()
    }

    /// All sums, one outcome of each variable after the other, and their probabilities.
    fn all(parts: &[Part]) -> Vec<(f64, f64)> {
        let variables = parts.iter().flat_map(|part| (0..part.multiplicity).map(|_| &part.values));
        variables.fold(vec![(0.0, 1.0)], |sums, values| {
            let each = |&(sum, p): &(f64, f64)| values.iter().map(move |(h, w)| (sum + h, p * w));
            sums.iter().flat_map(each).collect()
        })
    }

    #[test]
    fn awkward_laws_against_all_outcomes() {
        // Of 3 and 1,000 samples; without a common step; one far larger than the others; unlike problems; resamples.
        let generic = |count: u32| (1..=count).map(|i| (1, (f64::from(i) * 0.618_034).fract()));
        let far: Vec<(u64, f64)> = generic(16).chain([(1, 40.0)]).collect();
        let farther: Vec<(u64, f64)> =
            (1..=16).map(|i| (1, f64::from(i % 5 + 1) / 997.0)).chain([(1, 0.9)]).collect();
        let dealt = |count: u64, i: u64| {
            let weight = |x: u64| 1.0 / (1 + x * x) as f64;
            let sum: f64 = (0..count).map(weight).sum();
            let value = |x: u64| ((x * x * (7 + i)) as f64).sqrt() - ((13 + i) as f64).ln();
            Part { multiplicity: 1, values: (0..count).map(|x| (value(x), weight(x) / sum)).collect() }
        };
        let laws = [
            coins(&[(16, 1.0 / 3.0), (1, 0.314)]),
            coins(&[(11, 1.0 / 3.0), (4, 0.25), (2, 0.001)]),
            coins(&far),
            coins(&farther),
            (0..2).map(|i| dealt(40, i)).collect(),
            (0..4).map(|i| dealt(20, i)).collect(),
            (0..6).map(|i| dealt(9, i)).collect(),
            vec![Part::resample([(3, 0.288), (1, -0.158), (1, 0.423), (2, 0.0)].into_iter())],
            vec![Part::resample([(1, 0.5_f64.sqrt()), (1, -0.3), (4, 0.0)].into_iter())],
            coins(&[(2, 0.3)]),
        ];
        for parts in &laws {
            let mut outcomes = all(parts);
            outcomes.sort_by(|(sum, _), (other, _)| sum.total_cmp(other));
            for at in (0..outcomes.len()).step_by(outcomes.len() / 60 + 1) {
                let x = outcomes[at].0;
                let from = outcomes.partition_point(|(sum, _)| *sum < x - 1e-9 * (1.0 + x.abs()));
                let exact: f64 = outcomes[from..].iter().map(|(_, p)| p).sum();
                let tail = upper_tail(parts, x);
                assert!((tail / exact - 1.0).abs() < 1e-7, "{tail} for {exact} at {x} of {parts:?}");
                // From between this outcome and the one before it on there are the same.
                let gap = if from > 0 { x - outcomes[from - 1].0 } else { 1.0 };
                let tail = upper_tail(parts, x - 0.5 * gap);
                assert!((tail / exact - 1.0).abs() < 1e-7, "{tail} for {exact} below {x} of {parts:?}");
            }
        }
    }

    #[test]
    fn laws_of_more_outcomes_against_all() {
        for (count, spread, far) in
            [(34, 3.0, 0.0), (30, 8.0, 0.0), (34, 1.0, 0.0), (33, 1.0, 25.0), (34, 20.0, 0.0)]
        {
            let size = |i: u32| (1, (-spread * (f64::from(i) * 0.618_034).fract()).exp());
            let sizes: Vec<(u64, f64)> = (1..count).map(size).chain([(1, 1.0 + far)]).collect();
            let parts = coins(&sizes);
            let greatest = total(&parts, |part| part.ends().1);
            // Further out few outcomes decide, which have no other law than their own.
            for share in [0.02, 0.1, 0.3, 0.5, 0.7] {
                let x = share * greatest;
                let theta = solve(&parts, x);
                let tilted: Vec<Part> = parts.iter().map(|part| tilt(part, theta).0).collect();
                let exact = Outcomes::new(&tilted, 1e-9).unwrap().laplace_from(x, theta);
                let split = Lattice::split(&tilted, WORK).spread_from(x, theta);
                assert!(
                    (split / exact - 1.0).abs() < 1e-3,
                    "split {split} for {exact}: {count} {spread} {share}"
                );
                let sd = total(&tilted, Part::variance).sqrt();
                if let Some(law) = Smooth::new(&tilted, 0.02 / (2.0 + 2.5 * theta * sd)) {
                    let smooth = smooth_beyond(&law, x, theta, 0.0);
                    assert!(
                        (smooth / exact - 1.0).abs() < 1e-3,
                        "{smooth} for {exact}: {count} {spread} {share}"
                    );
                }
            }
        }
    }
}
