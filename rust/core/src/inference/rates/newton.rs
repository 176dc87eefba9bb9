//! The maximum of a smooth function of two variables in the square |x| <= 9, by damped Newton steps.
//!
//! The step solves (D - H) s = g with the least multiple D of the identity that leaves D - H positive definite
//! (Levenberg & Marquardt); a step that does not climb is tried again with more of it. A variable at an edge
//! that the gradient points across stays there.

/// The edge of the square.
pub(crate) const EDGE: f64 = 9.0;

/// No step is longer: far from the maximum the function is not a parabola.
const LONGEST: f64 = 2.0;

/// Below this step the next one would be below rounding, as the error is squared.
const SMALLEST: f64 = 1e-9;

/// A value, its gradient and its Hessian (xx, xy, yy).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Surface {
    pub value: f64,
    pub gradient: [f64; 2],
    pub hessian: [f64; 3],
}

impl Surface {
    /// The same as a function of (ln a, ln b), from one of (a, b).
    pub(crate) fn in_logarithms(self, [a, b]: [f64; 2]) -> Self {
        let ([ga, gb], [aa, ab, bb]) = (self.gradient, self.hessian);
        let gradient = [a * ga, b * gb];
        let hessian = [a * a * aa + a * ga, a * b * ab, b * b * bb + b * gb];
        Self { gradient, hessian, ..self }
    }

    /// Which variables may move.
    fn free(&self, at: [f64; 2]) -> [bool; 2] {
        [0, 1].map(|i| at[i].abs() < EDGE || at[i] * self.gradient[i] < 0.0)
    }

    /// The step with a damping, where it goes up.
    fn step(&self, free: [bool; 2], damping: f64) -> Option<[f64; 2]> {
        let ([gx, gy], [xx, xy, yy]) = (self.gradient, self.hessian);
        let (xx, yy) = (damping - xx, damping - yy);
        match free {
            [true, true] => {
                let determinant = xx * yy - xy * xy;
                let climbs = xx > 0.0 && determinant > 1e-14 * xx * yy;
                climbs.then(|| [(yy * gx + xy * gy) / determinant, (xx * gy + xy * gx) / determinant])
            }
            [true, false] => (xx > 0.0).then(|| [gx / xx, 0.0]),
            [false, true] => (yy > 0.0).then(|| [0.0, gy / yy]),
            [false, false] => None,
        }
    }
}

/// Where the function is greatest, and what it is like there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Peak {
    pub at: [f64; 2],
    pub surface: Surface,
    /// The function still rises towards an edge.
    pub at_edge: bool,
}

/// The maximum that a climb from `start` reaches.
pub(crate) fn climb(start: [f64; 2], function: impl Fn([f64; 2]) -> Surface) -> Peak {
    let mut at = start.map(|x| x.clamp(-EDGE, EDGE));
    let mut surface = function(at);
    let mut damping = 0.0;
    for _ in 0..500 {
        let free = surface.free(at);
        if free == [false; 2] {
            break;
        }
        let scale = surface.hessian[0].abs().max(surface.hessian[2].abs()).max(f64::MIN_POSITIVE);
        let more = |damping: f64| (10.0 * damping).max(1e-3 * scale);
        let Some(step) = surface.step(free, damping) else {
            damping = more(damping);
            continue;
        };
        let shorten = (LONGEST / step[0].abs().max(step[1].abs())).min(1.0);
        let next = [0, 1].map(|i| (at[i] + shorten * step[i]).clamp(-EDGE, EDGE));
        let moved = (next[0] - at[0]).abs().max((next[1] - at[1]).abs());
        let there = function(next);
        // Less than this is lost to rounding, not to a bad step.
        if there.value >= surface.value - 1e-12 * surface.value.abs() {
            (at, surface) = (next, there);
            damping = if damping > 1e-6 * scale { 0.1 * damping } else { 0.0 };
            if moved < SMALLEST {
                break;
            }
        } else {
            damping = more(damping);
            if damping > 1e12 * scale {
                break;
            }
        }
    }
    Peak { at, surface, at_edge: at.iter().any(|x| x.abs() >= EDGE) }
}
