//! Estimators over arrays.

use std::ops::Range;

use numpy::IntoPyArray;
use passcurve_core::estimators::{Estimator, InvalidAt, OnInvalid, Tau, curve_many, evaluate_many};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Array, Ints, zeros};
use crate::errors::{detached, guarded};

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

/// The part of a column that belongs to a part of the output; one value stands for all.
fn part<'a>(column: &'a [i64], rows: &Range<usize>) -> &'a [i64] {
    if column.len() == 1 { column } else { &column[rows.clone()] }
}

/// Fills rows of `width` cells with `work`, some at a time, and looks for Ctrl-C in between.
fn in_strides(
    py: Python<'_>,
    mut out: Vec<f64>,
    width: usize,
    work: impl Fn(&Range<usize>, &mut [f64]) -> Result<(), InvalidAt> + Sync,
) -> PyResult<Array<'_>> {
    let width = width.max(1);
    let stride = STRIDE.div_ceil(width);
    for (first, out) in (0..).step_by(stride).zip(out.chunks_mut(stride * width)) {
        let rows = first..first + out.len() / width;
        detached(py, || Ok(work(&rows, out)))?
            .map_err(|error| invalid(InvalidAt { index: first * width + error.index, ..error }))?;
        py.check_signals()?;
    }
    Ok(out.into_pyarray(py))
}

/// An estimator elementwise; each of n, c and k is as long as the others, or of length one.
#[pyfunction]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    name: &str,
    tau: Option<f64>,
    n: Ints<'py>,
    c: Ints<'py>,
    k: Ints<'py>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let estimator = estimator(name, tau)?;
    let columns = [n.as_slice()?, c.as_slice()?, k.as_slice()?];
    let lengths = columns.map(<[i64]>::len);
    let length = if lengths.contains(&0) { 0 } else { lengths.into_iter().max().unwrap_or(0) };
    if lengths.iter().any(|&other| other != 1 && other != length) {
        return Err(PyValueError::new_err(format!("n, c and k have lengths {lengths:?}")));
    }
    let (out, on_invalid) = (zeros(Some(length))?, on_invalid(nan));
    in_strides(py, out, 1, |rows, out| {
        let [n, c, k] = columns.map(|column| part(column, rows));
        evaluate_many(estimator, n, c, k, out, on_invalid, thread_count(threads))
    })
}

/// How many of each k draws have to pass for the share tau of them.
#[pyfunction]
pub(crate) fn passes_needed(ks: Vec<u64>, tau: f64) -> PyResult<Vec<u64>> {
    let share = Tau::new(tau).ok_or_else(|| PyValueError::new_err(format!("tau={tau} is not in [0, 1]")))?;
    Ok(ks.into_iter().map(|k| share.of(k)).collect())
}

/// An estimator at one (n, c, k).
#[pyfunction]
pub(crate) fn evaluate_one(
    py: Python<'_>,
    name: &str,
    tau: Option<f64>,
    n: i64,
    c: i64,
    k: i64,
    nan: bool,
) -> PyResult<f64> {
    let estimator = estimator(name, tau)?;
    match estimator.check(n, c, k) {
        Ok(()) => guarded(py, || estimator.evaluate(n.cast_unsigned(), c.cast_unsigned(), k.cast_unsigned())),
        Err(_) if nan => Ok(f64::NAN),
        Err(reason) => Err(invalid(InvalidAt { index: 0, n, c, k, reason })),
    }
}

/// An estimator at all ks of each (n, c), rows by ks, flat.
#[pyfunction]
pub(crate) fn curve<'py>(
    py: Python<'py>,
    name: &str,
    tau: Option<f64>,
    n: Ints<'py>,
    c: Ints<'py>,
    ks: Ints<'py>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let estimator = estimator(name, tau)?;
    let (n, c, ks) = (n.as_slice()?, c.as_slice()?, ks.as_slice()?);
    let rows = if n.len() == 1 { c.len() } else { n.len() };
    if c.len() != rows && c.len() != 1 {
        return Err(PyValueError::new_err(format!("n and c have lengths {} and {}", n.len(), c.len())));
    }
    let (out, on_invalid) = (zeros(rows.checked_mul(ks.len()))?, on_invalid(nan));
    in_strides(py, out, ks.len(), |rows, out| {
        curve_many(estimator, part(n, rows), part(c, rows), ks, out, on_invalid, thread_count(threads))
    })
}
