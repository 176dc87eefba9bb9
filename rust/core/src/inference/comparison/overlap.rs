//! Whether two logs share samples: their differences then vary less than independent samples could.
//!
//! With `v = v_a + v_b` the unbiased sampling variances at k = 1, independent samples give
//! ```text
//! R = sum (d - mean)^2 P / (P - 1) / sum v,  E R >= 1 or so
//! ```
//! R nu being about chi-square of nu = (sum v)^2 / sum v^2 (P - 1) / P degrees of freedom if the models are equally good
//! (Satterthwaite 1946), and greater if not. Its cube root is nearly normal (Wilson & Hilferty 1931), and far below its
//! mean is a sign. A mean of (d - mean)^2 - v over its own standard error is none: where P is small and by chance no
//! difference is large both are small, and of equal models with 5 problems up to 15 in 100 pairs looked alike.
//!
//! Where no difference is left at all the chance of that is counted instead: under one success probability a problem,
//! the passes of a are hypergeometric among those of both.

use super::matched::{Cell, Matched};
use crate::estimators::Estimator;

/// So many standard deviations below the mean, and the chance of that.
const DEVIATIONS: f64 = 4.0;
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
    let sampling = mean_of(&noise);
    let ratio = mean_of(&|cell| (difference(cell) - mean).powi(2)) * problems / (problems - 1.0) / sampling;
    let freedom = sampling * sampling / mean_of(&|cell| noise(cell).powi(2)) * (problems - 1.0);
    let variance = 2.0 / (9.0 * freedom);
    // NaN, of one problem or no sampling noise, is no sign.
    (libm::cbrt(ratio) - (1.0 - variance)) / variance.sqrt() < -DEVIATIONS && ratio < SHARE
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
