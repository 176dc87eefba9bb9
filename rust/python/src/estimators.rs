//! Estimators over arrays.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use passcurve_core::estimators::{Estimator, InvalidAt, OnInvalid, curve_many, evaluate_many};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::detached;

pyo3::create_exception!(
    passcurve._core,
    InvalidCountsError,
    PyValueError,
    "An (n, c, k) outside an estimator's domain; its args are (flat index, n, c, k, rule)."
);

pub(crate) fn estimator(name: &str) -> PyResult<Estimator> {
    Estimator::from_name(name)
        .ok_or_else(|| PyValueError::new_err(format!("no estimator is called {name:?}")))
}

fn invalid(at: InvalidAt) -> PyErr {
    InvalidCountsError::new_err((at.index, at.n, at.c, at.k, at.reason.to_string()))
}

fn on_invalid(nan: bool) -> OnInvalid {
    if nan { OnInvalid::Nan } else { OnInvalid::Error }
}

/// An estimator elementwise; each of n, c and k is as long as the others, or of length one.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    name: &str,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    k: PyReadonlyArray1<'py, i64>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let estimator = estimator(name)?;
    let (n, c, k) = (n.as_slice()?, c.as_slice()?, k.as_slice()?);
    let lengths = [n.len(), c.len(), k.len()];
    let length = if lengths.contains(&0) { 0 } else { lengths.into_iter().max().unwrap_or(0) };
    let mut out = vec![0.0; length];
    detached(py, || Ok(evaluate_many(estimator, n, c, k, &mut out, on_invalid(nan), thread_count(threads))))?
        .map_err(invalid)?;
    Ok(out.into_pyarray(py))
}

/// An estimator at one (n, c, k).
#[pyfunction]
pub(crate) fn evaluate_one(name: &str, n: i64, c: i64, k: i64, nan: bool) -> PyResult<f64> {
    let estimator = estimator(name)?;
    match estimator.check(n, c, k) {
        Ok(()) => Ok(estimator.evaluate(n.cast_unsigned(), c.cast_unsigned(), k.cast_unsigned())),
        Err(_) if nan => Ok(f64::NAN),
        Err(reason) => Err(invalid(InvalidAt { index: 0, n, c, k, reason })),
    }
}

/// An estimator at all ks of each (n, c), rows by ks, flat.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn curve<'py>(
    py: Python<'py>,
    name: &str,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    ks: PyReadonlyArray1<'py, i64>,
    nan: bool,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let estimator = estimator(name)?;
    let (n, c, ks) = (n.as_slice()?, c.as_slice()?, ks.as_slice()?);
    let mut out = vec![0.0; n.len() * ks.len()];
    detached(py, || Ok(curve_many(estimator, n, c, ks, &mut out, on_invalid(nan), thread_count(threads))))?
        .map_err(invalid)?;
    Ok(out.into_pyarray(py))
}
