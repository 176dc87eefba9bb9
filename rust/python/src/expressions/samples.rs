//! Metrics over lists of samples, row by row.

use arrow_array::{Array, BooleanArray, Float64Array, cast::AsArray};
use arrow_buffer::NullBuffer;
use passcurve_core::parallel::thread_count;
use passcurve_core::samples::{Metric, Spoiled, evaluate};

use super::counts::Counts;
use super::lists::{Lists, answers, numbers, verdicts};
use super::{ALONE, Column};
use crate::samples::{differ, mixed, ties};

/// The metrics of this file.
pub(super) const NAMES: [&str; 4] = ["max_at_k", "min_at_k", "best_of_k", "maj_at_k"];

/// A metric of list columns at one k; a row with a null list is null.
pub(super) fn metric(name: &str, columns: &[Column]) -> Result<Float64Array, String> {
    let [lists @ .., k, with_replacement, tie, verdicts_differ] = columns else {
        return Err("takes lists and k".into());
    };
    let counts = Counts::read(k, "k")?;
    counts.forbid_strange(k, "k", None)?;
    let &[k] = &counts.values[..] else { return Err("k is one number".into()) };
    let k = u64::try_from(k).map_err(|_| format!("k = {k} is below 0"))?;
    let call = Call { k, with_replacement: flag(with_replacement)? };
    match (name, lists) {
        ("maj_at_k", [given, correct]) => {
            let given = Lists::read(given, "answers", answers)?;
            let correct = Lists::read(correct, "correct", verdicts)?;
            same(&given, &correct, "answers", "correct")?;
            let gaps = given.values.iter().zip(&correct.values);
            if let Some(at) = gaps.clone().position(|(answer, verdict)| answer.is_some() && verdict.is_none())
            {
                return Err(format!("{}the verdict of an answer is null", place(&given.offsets, at)));
            }
            let (codes, right): (Vec<_>, Vec<_>) =
                gaps.map(|(answer, verdict)| (answer.unwrap_or(-1), verdict.unwrap_or(false))).unzip();
            let (ties, mixed) = (ties(word(tie)?)?, mixed(word(verdicts_differ)?)?);
            call.of(Metric::Majority { answers: &codes, correct: &right, ties, mixed }, &given, "")
        }
        ("best_of_k", [scores, values]) => {
            let scores = Lists::read(scores, "scores", numbers)?;
            let values = Lists::read(values, "values", numbers)?;
            same(&scores, &values, "scores", "values")?;
            let [by, of] = [whole(&scores, "score")?, whole(&values, "value")?];
            call.of(Metric::Best { scores: &by, values: &of }, &scores, "score or the value")
        }
        (_, [rewards]) => {
            let rewards = Lists::read(rewards, "rewards", numbers)?;
            let all = whole(&rewards, "reward")?;
            let metric = if name == "max_at_k" { Metric::Max(&all) } else { Metric::Min(&all) };
            call.of(metric, &rewards, "reward")
        }
        _ => Err(format!("takes other columns than {} lists", lists.len())),
    }
}

struct Call {
    k: u64,
    with_replacement: bool,
}

impl Call {
    fn of<T>(&self, metric: Metric<'_>, lists: &Lists<T>, word: &str) -> Result<Float64Array, String> {
        // Null lists are left out, and come back as nulls.
        let rows: Vec<_> = (0..lists.known.len()).filter(|&row| lists.known[row]).collect();
        let offsets: Vec<_> =
            std::iter::once(0).chain(rows.iter().map(|&row| lists.offsets[row + 1])).collect();
        let mut values = vec![0.0; rows.len()];
        let threads = if lists.values.len() > ALONE { thread_count(None) } else { 1 };
        evaluate(metric, &offsets, &[self.k], self.with_replacement, &mut values, threads, &mut || true)
            .map_err(|spoiled| described(spoiled, &rows, word))?;
        let mut out = vec![0.0; lists.known.len()];
        for (row, value) in rows.into_iter().zip(values) {
            out[row] = value;
        }
        let nulls = lists.known.contains(&false).then(|| NullBuffer::from(lists.known.clone()));
        Ok(Float64Array::new(out.into(), nulls))
    }
}

fn described(spoiled: Spoiled, rows: &[usize], word: &str) -> String {
    match spoiled {
        Spoiled::Undefined { row, reason } => format!("row {}: {reason}", rows[row]),
        Spoiled::NotFinite { row, sample } => {
            format!(
                "row {}, sample {sample}: the {word} is NaN or infinite; leave such samples out",
                rows[row]
            )
        }
        Spoiled::Mixed { row, sample, passed, samples } => {
            format!("row {}: the answer of sample {sample} {}", rows[row], differ(passed, samples))
        }
        Spoiled::Interrupted => "interrupted".into(),
    }
}

/// Numbers none of which is null.
fn whole(lists: &Lists<f64>, word: &str) -> Result<Vec<f64>, String> {
    let missing =
        |at| format!("{}the {word} is null; leave such samples out, or fill them", place(&lists.offsets, at));
    lists.values.iter().enumerate().map(|(at, value)| value.ok_or_else(|| missing(at))).collect()
}

fn place(offsets: &[usize], at: usize) -> String {
    let row = offsets.partition_point(|&start| start <= at) - 1;
    format!("row {row}, sample {}: ", at - offsets[row])
}

fn same<A, B>(one: &Lists<A>, other: &Lists<B>, first: &str, second: &str) -> Result<(), String> {
    if one.known.len() != other.known.len() {
        let lengths = (one.known.len(), other.known.len());
        return Err(format!("{first} and {second} have {} and {} rows", lengths.0, lengths.1));
    }
    let lengths = |offsets: &[usize], row: usize| offsets[row + 1] - offsets[row];
    for row in 0..one.known.len() {
        let (a, b) = (lengths(&one.offsets, row), lengths(&other.offsets, row));
        if a != b || one.known[row] != other.known[row] {
            let null = |known: bool, length: usize| if known { length.to_string() } else { "null".into() };
            let (a, b) = (null(one.known[row], a), null(other.known[row], b));
            return Err(format!("row {row}: {first} and {second} differ in length: {a} and {b}"));
        }
    }
    Ok(())
}

fn flag(column: &Column) -> Result<bool, String> {
    let one = column.chunks.iter().find(|chunk| !chunk.is_empty());
    let bits = one.and_then(|chunk| chunk.as_any().downcast_ref::<BooleanArray>());
    bits.map(|bits| bits.value(0)).ok_or_else(|| "with_replacement is True or False".into())
}

fn word(column: &Column) -> Result<&str, String> {
    let one = column.chunks.iter().find(|chunk| !chunk.is_empty());
    one.and_then(|chunk| Some(chunk.as_string_view_opt()?.value(0)))
        .ok_or_else(|| "ties= and mixed= are one word each".into())
}
