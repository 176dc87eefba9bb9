//! Estimators over arrays.

use std::ops::Range;

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use passcurve_core::estimators::{Estimator, InvalidAt, OnInvalid, Tau, curve_many, evaluate_many};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

use crate::errors::detached;

pyo3::create_exception!(
    passcurve._core,
    InvalidCountsError,
    PyValueError,
    "An (n, c, k) outside an estimator's domain; its args are (flat index, n, c, k, rule)."
);

pub(crate) fn estimator(name: &str, tau: Option<f64>) -> PyResult<Estimator> {
    let outside = || PyValueError::new_err(format!("tau={} is not in [0, 1]", tau.unwrap_or(f64::NAN)));
    let tau = tau.map(|tau| Tau::new(tau).ok_or_else(outside)).transpose()?;
    Estimator::from_name(name, tau)
        .ok_or_else(|| PyValueError::new_err(format!("no estimator is called {name:?}, with tau={tau:?}")))
}

fn invalid(at: InvalidAt) -> PyErr {
    InvalidCountsError::new_err((at.index, at.n, at.c, at.k, at.reason.to_string()))
}

fn on_invalid(nan: bool) -> OnInvalid {
    if nan { OnInvalid::Nan } else { OnInvalid::Error }
}

/// Cells between two looks for Ctrl-C: some 50 ms of work.
const STRIDE: usize = 1 << 22;

/// Zeros, or `MemoryError` where an array of that length cannot be had.
pub(crate) fn zeros<T: Clone + Default>(length: Option<usize>) -> PyResult<Vec<T>> {
    let mut out = Vec::new();
    let wanted = length.filter(|&length| out.try_reserve_exact(length).is_ok());
    let length = wanted.ok_or_else(|| PyMemoryError::new_err("the result is too large for the memory"))?;
    out.resize(length, T::default());
    Ok(out)
}

/// The part of a column that belongs to a part of the output; one value stands for all.
fn part<'a>(column: &'a [i64], rows: &Range<usize>) -> &'a [i64] {
    if column.len() == 1 { column } else { &column[rows.clone()] }
}

/// An estimator elementwise; each of n, c and k is as long as the others, or of length one.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "columns, and what to do with them")]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    name: &str,
    tau: Option<f64>,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    k: PyReadonlyArray1<'py, i64>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let estimator = estimator(name, tau)?;
    let columns = [n.as_slice()?, c.as_slice()?, k.as_slice()?];
    let lengths = columns.map(<[i64]>::len);
    let length = if lengths.contains(&0) { 0 } else { lengths.into_iter().max().unwrap_or(0) };
    if lengths.iter().any(|&other| other != 1 && other != length) {
        return Err(PyValueError::new_err(format!("n, c and k have lengths {lengths:?}")));
    }
    let mut out = zeros(Some(length))?;
    for (at, out) in (0..).step_by(STRIDE).zip(out.chunks_mut(STRIDE)) {
        let [n, c, k] = columns.map(|column| part(column, &(at..at + out.len())));
        detached(py, || Ok(evaluate_many(estimator, n, c, k, out, on_invalid(nan), thread_count(threads))))?
            .map_err(|error| invalid(InvalidAt { index: at + error.index, ..error }))?;
        py.check_signals()?;
    }
    Ok(out.into_pyarray(py))
}

/// How many of each k draws have to pass for the share tau of them.
#[pyfunction]
pub(crate) fn passes_needed(ks: Vec<u64>, tau: f64) -> PyResult<Vec<u64>> {
    let share = Tau::new(tau).ok_or_else(|| PyValueError::new_err(format!("tau={tau} is not in [0, 1]")))?;
    Ok(ks.into_iter().map(|k| share.of(k)).collect())
}

/// An estimator at one (n, c, k).
#[pyfunction]
pub(crate) fn evaluate_one(name: &str, tau: Option<f64>, n: i64, c: i64, k: i64, nan: bool) -> PyResult<f64> {
    let estimator = estimator(name, tau)?;
    match estimator.check(n, c, k) {
        Ok(()) => Ok(estimator.evaluate(n.cast_unsigned(), c.cast_unsigned(), k.cast_unsigned())),
        Err(_) if nan => Ok(f64::NAN),
        Err(reason) => Err(invalid(InvalidAt { index: 0, n, c, k, reason })),
    }
}

/// An estimator at all ks of each (n, c), rows by ks, flat.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "columns, and what to do with them")]
pub(crate) fn curve<'py>(
    py: Python<'py>,
    name: &str,
    tau: Option<f64>,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    ks: PyReadonlyArray1<'py, i64>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let estimator = estimator(name, tau)?;
    let (n, c, ks) = (n.as_slice()?, c.as_slice()?, ks.as_slice()?);
    let rows = if n.len() == 1 { c.len() } else { n.len() };
    if c.len() != rows && c.len() != 1 {
        return Err(PyValueError::new_err(format!("n and c have lengths {} and {}", n.len(), c.len())));
    }
    let mut out = zeros(rows.checked_mul(ks.len()))?;
    let stride = STRIDE.div_ceil(ks.len().max(1));
    for (at, out) in (0..).step_by(stride).zip(out.chunks_mut(stride * ks.len().max(1))) {
        let part = |column| part(column, &(at..at + out.len() / ks.len()));
        let (n, c) = (part(n), part(c));
        detached(py, || Ok(curve_many(estimator, n, c, ks, out, on_invalid(nan), thread_count(threads))))?
            .map_err(|error| invalid(InvalidAt { index: at * ks.len() + error.index, ..error }))?;
        py.check_signals()?;
    }
    Ok(out.into_pyarray(py))
}
