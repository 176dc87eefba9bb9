//! Whether two logs share samples: their differences then vary less than independent samples could.
//!
//! With v the unbiased sampling variances at k = 1, independent samples give each problem
//! ```text
//! u = (d - mean)^2 P / (P - 1) - (v_a + v_b),  E u >= 0
//! ```
//! so a mean of u far below 0 is a sign. Where no difference is left at all the chance of that is counted instead:
//! under one success probability a problem, the passes of a are hypergeometric among those of both.

use super::matched::{Cell, Matched};
use crate::estimators::Estimator;

/// So many standard errors below 0, and a chance of about that many.
const STANDARD_ERRORS: f64 = 4.0;
const CHANCE: f64 = 3e-5;

/// And the variance of the differences below this share of the sampling variance.
const SHARE: f64 = 0.8;

/// Whether the two models' samples are too alike to be independent.
pub(super) fn is_shared(matched: &Matched) -> bool {
    let rate = |cell: &Cell, model: usize| cell.c[model] as f64 / cell.n[model] as f64;
    let difference = |cell: &Cell| rate(cell, 0) - rate(cell, 1);
    if matched.cells.iter().all(|cell| difference(cell) == 0.0) {
        return matched.cells.iter().map(|cell| cell.multiplicity as f64 * ln_chance(cell)).sum::<f64>()
            < CHANCE.ln();
    }
    // A single sample has no variance to compare with.
    let cells = || matched.cells.iter().filter(|cell| cell.n_min() > 1);
    let variance =
        |cell: &Cell, model: usize| Estimator::PassAtKVariance.evaluate(cell.n[model], cell.c[model], 1);
    let noise = |cell: &Cell| variance(cell, 0) + variance(cell, 1);
    let problems: f64 = cells().map(|cell| cell.multiplicity as f64).sum();
    let mean_of = |term: &dyn Fn(&Cell) -> f64| {
        cells().map(|cell| cell.multiplicity as f64 * term(cell)).sum::<f64>() / problems
    };
    let mean = mean_of(&difference);
    let square = |cell: &Cell| (difference(cell) - mean).powi(2) * problems / (problems - 1.0);
    let excess = mean_of(&|cell| square(cell) - noise(cell));
    let spread = mean_of(&|cell| (square(cell) - noise(cell) - excess).powi(2));
    let error = (spread / (problems - 1.0)).sqrt();
    // NaN, of one problem, is no sign.
    excess < -STANDARD_ERRORS * error && mean_of(&square) < SHARE * mean_of(&noise)
}

/// The logarithm of the chance that the passes of both fall to a as they did.
fn ln_chance(cell: &Cell) -> f64 {
    let ln_choose = |n: u64, c: u64| {
        libm::lgamma(n as f64 + 1.0) - libm::lgamma(c as f64 + 1.0) - libm::lgamma((n - c) as f64 + 1.0)
    };
    let [na, nb] = cell.n;
    let [ca, cb] = cell.c;
    ln_choose(na, ca) + ln_choose(nb, cb) - ln_choose(na + nb, ca + cb)
}
