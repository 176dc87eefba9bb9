//! Two models on the same problems: differences of pass@k with intervals, a band over k, crossings and p-values.
//!
//! [`compare`] goes from (n, c) of both to tables. `terms` has the words, `matched` the problems side by side,
//! `differences` what is known at one k, with `gains` and losses where few differ, `changes` the interval that this
//! asks for, of two models or of the steps of a run, `pair` what becomes of it, `bands` the resamples of the whole
//! curve, `crossover` its zeros, `inversion` the p-values that belong to intervals, `adjust` the p-values of many pairs,
//! `overlap` the samples that both models share.

mod adjust;
mod bands;
mod changes;
mod crossover;
mod differences;
mod gains;
mod inversion;
mod matched;
mod overlap;
mod pair;
mod terms;

pub use adjust::{benjamini_hochberg, holm};
pub(super) use changes::{Change, mean_change};
pub use crossover::Crossing;
pub use matched::Pair;
pub use terms::{Comparison, PairedMethod, PairedRow, PairedSpec};

use super::error::InferenceError;
use super::spec::Over;
use super::{REPLICATES_AT_ONCE, Watch, map};
use bands::{Joint, Seen};
use overlap::is_shared;
use pair::Plan;

/// The difference a - b of pass@k for each pair and each of the ascending `ks`.
///
/// Pairs, threads and the order of the problems change no bit of a result. About every 50 ms `go_on` is called; when
/// it says false, that is the end.
///
/// # Errors
/// If the spec allows no interval, counts are impossible, or the caller asked to stop.
pub fn compare(
    pairs: &[Pair<'_>],
    ks: &[u64],
    spec: &PairedSpec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Comparison>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    spec.spec.check()?;
    spec.spec.check_tails()?;
    if spec.spec.over == Over::Samples && spec.method != PairedMethod::Auto {
        return Err(InferenceError::MethodOverSamples);
    }
    let mut done = Vec::with_capacity(pairs.len());
    for pairs in batches(pairs, ks.len(), spec.spec.n_resamples) {
        watch()?;
        done.extend(compare_batch(pairs, ks, spec, watch)?);
    }
    adjust(&mut done, ks);
    Ok(done)
}

/// Runs of pairs that fit in memory together.
fn batches<'a, 'b>(mut pairs: &'b [Pair<'a>], ks: usize, n_resamples: usize) -> Vec<&'b [Pair<'a>]> {
    let mut batches = Vec::new();
    while !pairs.is_empty() {
        let mut held = 0;
        let fitting = pairs.iter().take_while(|pair| {
            held += Joint::size(pair.n[0].len(), ks, n_resamples);
            held <= REPLICATES_AT_ONCE
        });
        let (batch, rest) = pairs.split_at(fitting.count().max(1));
        batches.push(batch);
        pairs = rest;
    }
    batches
}

fn compare_batch(
    pairs: &[Pair<'_>],
    ks: &[u64],
    spec: &PairedSpec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Comparison>, InferenceError> {
    let threads = spec.spec.threads;
    let plans = map(threads, pairs.iter().collect(), watch, |pair| Plan::new(pair, ks, spec))?;
    let drawn: Vec<&Plan> = plans.iter().filter(|plan| plan.is_drawn).collect();
    let joints: Vec<&Joint> = drawn.iter().map(|plan| &plan.joint).collect();
    let mut seen = bands::draw(&joints, &spec.spec, watch)?.into_iter();
    let seen: Vec<Vec<Seen>> =
        plans.iter().map(|plan| if plan.is_drawn { seen.next() } else { None }.unwrap_or_default()).collect();
    let levels = plans.iter().zip(&seen).map(|(plan, seen)| plan.band_level(seen, spec));
    let places: Vec<(&Plan, f64, usize)> = plans
        .iter()
        .zip(levels)
        .flat_map(|(plan, level)| (0..plan.differences.len()).map(move |at| (plan, level, at)))
        .collect();
    let mut rows =
        map(threads, places, watch, |(plan, level, at)| Ok(plan.row(at, level, spec)))?.into_iter();
    let comparison = |(plan, seen): (&Plan, Vec<Seen>)| Comparison {
        rows: rows.by_ref().take(plan.differences.len()).collect(),
        crossing: bands::crossing(plan.joint.crossings(), &seen, spec.spec.confidence_level),
        shared: is_shared(&plan.matched),
    };
    Ok(plans.iter().zip(seen).map(comparison).collect())
}

/// At each k the p-values of all pairs are one family.
fn adjust(comparisons: &mut [Comparison], ks: &[u64]) {
    for &k in ks {
        let mut rows: Vec<&mut PairedRow> =
            comparisons.iter_mut().flat_map(|done| &mut done.rows).filter(|row| row.k == k).collect();
        let p_values: Vec<f64> = rows.iter().map(|row| row.p_value).collect();
        let adjusted = holm(&p_values).into_iter().zip(benjamini_hochberg(&p_values));
        for (row, (holm, bh)) in rows.iter_mut().zip(adjusted) {
            (row.p_holm, row.p_bh) = (holm, bh);
        }
    }
}
