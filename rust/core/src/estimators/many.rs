//! Whole columns of (n, c, k), on several threads.
//!
//! A value depends on its cell alone and errors are taken in order, so the result, values or error, is the
//! same for any number of threads. Logs repeat their cells: one seen before in a chunk is copied.

use super::columns::Columns;
use super::seen::Seen;
use super::{Estimator, Invalid};
use crate::parallel;

/// Evaluations in a chunk: about 0.2 ms of work, so that threads end together.
const CHUNK: usize = 1 << 14;

/// What to do with an (n, c, k) for which there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInvalid {
    /// Stop with the first.
    Error,
    /// Write NaN.
    Nan,
}

/// The first place where there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index {index}: n = {n}, c = {c}, k = {k}: {reason}")]
pub struct InvalidAt {
    /// The flat index into the output.
    pub index: usize,
    /// Its n.
    pub n: i64,
    /// Its c.
    pub c: i64,
    /// Its k.
    pub k: i64,
    /// The rule it breaks.
    pub reason: Invalid,
}

/// Writes the estimate at each (n, c, k) to `out`; a slice of length 1 stands for a constant.
///
/// # Errors
/// With [`OnInvalid::Error`], the first invalid (n, c, k).
///
/// # Panics
/// If a length is neither 1 nor that of `out`.
pub fn evaluate_many(
    estimator: Estimator,
    n: &[i64],
    c: &[i64],
    k: &[i64],
    out: &mut [f64],
    on_invalid: OnInvalid,
    threads: usize,
) -> Result<(), InvalidAt> {
    let [n, c, k] = [n, c, k].map(|values| Column::new(values, out.len()));
    let total = out.len();
    in_chunks(out, CHUNK, threads_for(total, threads), |start, out| {
        let mut seen = Seen::new(out.len());
        for i in 0..out.len() {
            let cell @ (n, c, k) = (n.at(start + i), c.at(start + i), k.at(start + i));
            out[i] = match seen.find_or_insert(cell, i) {
                Some(twin) => out[twin],
                None => match estimator.check(n, c, k) {
                    Ok(()) => estimator.evaluate(n.cast_unsigned(), c.cast_unsigned(), k.cast_unsigned()),
                    Err(_) if on_invalid == OnInvalid::Nan => f64::NAN,
                    Err(reason) => return Err(InvalidAt { index: start + i, n, c, k, reason }),
                },
            };
        }
        Ok(())
    })
}

/// Writes the estimates at every k of `ks` for each (n, c): one row of `out` a problem, one column a k.
///
/// `ks` come in any order and may repeat; `n` or `c` of length 1 is a constant.
///
/// # Errors
/// With [`OnInvalid::Error`], the first invalid (n, c, k), row by row.
///
/// # Panics
/// If the length of `out` is not the rows times the ks, or `n` and `c` differ in length.
pub fn curve_many(
    estimator: Estimator,
    n: &[i64],
    c: &[i64],
    ks: &[i64],
    out: &mut [f64],
    on_invalid: OnInvalid,
    threads: usize,
) -> Result<(), InvalidAt> {
    let rows = if n.len() == 1 { c.len() } else { n.len() };
    assert_eq!(rows.checked_mul(ks.len()), Some(out.len()), "one place for each row and k");
    let [n, c] = [n, c].map(|values| Column::new(values, rows));
    if out.is_empty() {
        return Ok(());
    }
    let (columns, threads) = (Columns::new(ks), threads_for(out.len(), threads));
    in_chunks(out, CHUNK.div_ceil(ks.len()) * ks.len(), threads, |start, out| {
        let first = start / ks.len();
        let mut seen = Seen::new(out.len() / ks.len());
        let mut scratch = vec![0.0; columns.ascending.len()];
        for row in 0..out.len() / ks.len() {
            let (n, c) = (n.at(first + row), c.at(first + row));
            let place = row * ks.len()..(row + 1) * ks.len();
            if let Some(twin) = seen.find_or_insert((n, c, 0), row) {
                out.copy_within(twin * ks.len()..(twin + 1) * ks.len(), place.start);
                continue;
            }
            let valid = columns.valid(estimator, n, c);
            if valid.len() < columns.ascending.len() && on_invalid == OnInvalid::Error {
                return Err(first_invalid(estimator, n, c, ks, start + place.start));
            }
            columns.write(estimator, n, c, valid, &mut out[place], &mut scratch);
        }
        Ok(())
    })
}

fn first_invalid(estimator: Estimator, n: i64, c: i64, ks: &[i64], start: usize) -> InvalidAt {
    let broken = |(column, &k): (usize, &i64)| {
        let reason = estimator.check(n, c, k).err()?;
        Some(InvalidAt { index: start + column, n, c, k, reason })
    };
    ks.iter().enumerate().find_map(broken).expect("one of the ks is invalid")
}

/// A slice, or one value for every row.
#[derive(Clone, Copy)]
struct Column<'a> {
    values: &'a [i64],
}

impl<'a> Column<'a> {
    fn new(values: &'a [i64], len: usize) -> Self {
        assert!(values.len() == 1 || values.len() == len, "a column has length {}, not {len}", values.len());
        Self { values }
    }

    #[inline]
    fn at(self, row: usize) -> i64 {
        if self.values.len() == 1 { self.values[0] } else { self.values[row] }
    }
}

fn threads_for(evaluations: usize, threads: usize) -> usize {
    if evaluations <= CHUNK { 1 } else { threads }
}

fn in_chunks(
    out: &mut [f64],
    size: usize,
    threads: usize,
    task: impl Fn(usize, &mut [f64]) -> Result<(), InvalidAt> + Sync,
) -> Result<(), InvalidAt> {
    let chunks = out.chunks_mut(size).enumerate().map(|(i, chunk)| (i * size, chunk)).collect();
    parallel::map(threads, chunks, |_, (start, chunk)| task(start, chunk)).map(drop)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{InvalidAt, OnInvalid, curve_many, evaluate_many};
    use crate::estimators::{Estimator::PassAtK, Invalid};

    #[test]
    fn constants_broadcast() {
        let mut out = [0.0; 3];
        evaluate_many(PassAtK, &[8], &[0, 3, 8], &[4], &mut out, OnInvalid::Error, 1).unwrap();
        assert_eq!(out, [0.0, 13.0 / 14.0, 1.0]);
        evaluate_many(PassAtK, &[8], &[3], &[1], &mut [], OnInvalid::Error, 1).unwrap();
    }

    #[test]
    fn ks_come_in_any_order() {
        let mut out = [0.0; 8];
        curve_many(PassAtK, &[8, 2], &[3, 1], &[4, 1, 9, 4], &mut out, OnInvalid::Nan, 1).unwrap();
        assert_eq!(
            out.map(|x| if x.is_nan() { -1.0 } else { x }),
            [13.0 / 14.0, 3.0 / 8.0, -1.0, 13.0 / 14.0, -1.0, 0.5, -1.0, -1.0]
        );
    }

    #[test]
    fn the_first_invalid_is_named() {
        let mut out = vec![0.0; 300_000];
        let mut c = vec![1; 100_000];
        (c[70_000], c[70_001], c[99_999]) = (7, -1, -1);
        for threads in [1, 2, 3, 8] {
            let wrong =
                curve_many(PassAtK, &[5], &c, &[1, 2, 3], &mut out, OnInvalid::Error, threads).unwrap_err();
            let expected = InvalidAt { index: 210_000, n: 5, c: 7, k: 1, reason: Invalid::CExceedsN };
            assert_eq!(wrong, expected);
            let wrong =
                evaluate_many(PassAtK, &[5], &c, &[9], &mut out[..100_000], OnInvalid::Error, threads);
            assert_eq!(wrong.unwrap_err().reason, Invalid::KExceedsN);
        }
        let message = InvalidAt { index: 0, n: 5, c: 7, k: 1, reason: Invalid::CExceedsN }.to_string();
        assert_eq!(
            message,
            "index 0: n = 5, c = 7, k = 1: c > n: there cannot be more correct samples than samples"
        );
    }
}
