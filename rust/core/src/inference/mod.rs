//! Uncertainty of means over problems.
//!
//! [`benchmark()`] goes from (n, c) to tables, [`estimate_values()`] from any value of each problem. A group of problems arrives as [`Cells`]: distinct values and how
//! many problems share each. [`estimate()`] gives a [`Row`] for each k, all from the same resamples where the
//! interval is a resampled one. [`moments`] has the standard errors, `intervals` the formulas, `law` the law of a
//! resample's mean without resampling, `significance` its p-values, `resampling` has the replicates where there
//! must be some.
//!
//! [`trend()`] is of a measure along the steps of a run, `comparison` of two models on the same problems, `extrapolation` goes beyond n with the law of the success
//! `rates`, and [`planning`] tells the number of problems that an interval or a comparison needs.
//!
//! Numbers depend on the cells, the [`Spec`] and its seed: not on threads, nor on the other groups. Draws
//! and replicates have the same bits on every machine; intervals that take a gamma function may differ in the last
//! digits.

mod benchmark;
mod clusters;
mod comparison;
mod distributions;
mod error;
mod estimate;
mod extrapolation;
mod intervals;
mod law;
pub mod moments;
pub mod planning;
mod range;
mod rates;
mod resampling;
mod row;
mod significance;
mod spec;
mod trend;
mod values;

pub use benchmark::{Entry, Problems, benchmark};
pub use clusters::estimate_clusters;
pub use comparison::{
    Comparison, Crossing, Pair, PairedMethod, PairedRow, PairedSpec, benjamini_hochberg, compare, holm,
};
pub use error::InferenceError;
pub use estimate::{estimate, estimate_groups};
pub use extrapolation::{Basis, Extrapolated, Model, Models, extrapolate};
pub use rates::{Tallies, beta_binomial, zero_inflated};
pub use resampling::bootstrap;
pub use row::{Label, Row};
pub use spec::{Cells, Method, Noise, Over, Spec};
pub use trend::{Trend, trend};
pub use values::{Values, estimate_values};

use crate::parallel;
use estimate::estimate_watched;

/// How many replicates may be in memory at a time: 64 MiB of them, or those of one k.
const REPLICATES_AT_ONCE: usize = 1 << 23;

/// What is called every 50 ms and between pieces of work. When it fails, that is the result.
pub(crate) type Watch<'a> = dyn FnMut() -> Result<(), InferenceError> + 'a;

/// [`parallel::map`] under a watch.
fn map<I: Send, T: Send>(
    threads: usize,
    items: Vec<I>,
    watch: &mut Watch<'_>,
    task: impl Fn(I) -> Result<T, InferenceError> + Sync,
) -> Result<Vec<T>, InferenceError> {
    let push = |done: &mut Vec<(usize, T)>, index, item| {
        done.push((index, task(item)?));
        Ok(())
    };
    let done = parallel::fold(threads, items, Vec::new, push, Some(watch))?;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|&(index, _)| index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
