//! pass@k beyond n.

use numpy::{PyArray1, PyReadonlyArray1};
use passcurve_core::error::Error;
use passcurve_core::inference::{Extrapolated, InferenceError, Model, Models, Spec, extrapolate as core};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::watched;
use crate::inference::split;

fn models(name: &str) -> PyResult<Models> {
    match name {
        "auto" => Ok(Models::Auto),
        "chao2" => Ok(Models::Only(Model::Chao2)),
        "beta-binomial" => Ok(Models::Only(Model::BetaBinomial)),
        "zero-inflated beta-binomial" => Ok(Models::Only(Model::ZeroInflated)),
        other => Err(PyValueError::new_err(format!("no method is called {other:?}"))),
    }
}

/// pass@k beyond each group's least n, group by group.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, c, ks, method, confidence_level, n_resamples, seed, threads))]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "the words of a statistical function")]
pub(crate) fn extrapolate<'py>(
    py: Python<'py>,
    lengths: PyReadonlyArray1<'py, i64>,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    ks: Vec<u64>,
    method: &str,
    confidence_level: f64,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let models = models(method)?;
    let threads = thread_count(threads);
    let spec = Spec { confidence_level, n_resamples, seed, threads, ..Spec::default() };
    let (n, c, lengths) = (n.as_slice()?, c.as_slice()?, lengths.as_slice()?);
    let groups = split(n, c, None, lengths)?;
    let rows = watched(py, |watch| {
        let result = core(&groups, &ks, models, &spec, &mut || watch(&|_| Ok(())).is_ok());
        if let Err(InferenceError::Interrupted) = result { Err(Error::Interrupted) } else { Ok(result) }
    })?;
    table(py, &rows.map_err(|error| PyValueError::new_err(error.to_string()))?)
}

fn table<'py>(py: Python<'py>, groups: &[Vec<Extrapolated>]) -> PyResult<Bound<'py, PyDict>> {
    let table = PyDict::new(py);
    let rows: Vec<(i64, &Extrapolated)> =
        (0..).zip(groups).flat_map(|(group, rows)| rows.iter().map(move |row| (group, row))).collect();
    table.set_item("group", PyArray1::from_iter(py, rows.iter().map(|&(group, _)| group)))?;
    let float = |of: fn(&Extrapolated) -> f64| PyArray1::from_iter(py, rows.iter().map(|(_, row)| of(row)));
    table.set_item("estimate", float(|row| row.estimate))?;
    table.set_item("lower", float(|row| row.interval[0]))?;
    table.set_item("upper", float(|row| row.interval[1]))?;
    table.set_item("bound_lower", float(|row| row.bounds[0]))?;
    table.set_item("bound_upper", float(|row| row.bounds[1]))?;
    table.set_item("cheap_lower", float(|row| row.cheap[0]))?;
    table.set_item("cheap_upper", float(|row| row.cheap[1]))?;
    let count = |of: fn(&Extrapolated) -> u64| {
        PyArray1::from_iter(py, rows.iter().map(|(_, row)| of(row).cast_signed()))
    };
    table.set_item("place", count(|row| row.at as u64))?;
    table.set_item("n_problems", count(|row| row.n_problems))?;
    table.set_item("n_min", count(|row| row.n_min))?;
    table.set_item("n_max", count(|row| row.n_max))?;
    table.set_item("method", rows.iter().map(|(_, row)| row.basis.as_str()).collect::<Vec<_>>())?;
    table.set_item("reason", rows.iter().map(|(_, row)| row.reason).collect::<Vec<_>>())?;
    Ok(table)
}
