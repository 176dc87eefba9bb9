//! Means over problems with their uncertainty.

use numpy::{PyArray1, PyReadonlyArray1};
use passcurve_core::error::Error;
use passcurve_core::inference::{Entry, InferenceError, Method, Over, Problems, Spec, benchmark};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::watched;
use crate::estimators::estimator;

fn method(name: &str) -> PyResult<Method> {
    Method::from_name(name).ok_or_else(|| PyValueError::new_err(format!("no method is called {name:?}")))
}

pub(crate) fn over(name: &str) -> PyResult<Over> {
    match name {
        "problems" => Ok(Over::Problems),
        "samples" => Ok(Over::Samples),
        other => Err(PyValueError::new_err(format!("nothing is over {other:?}"))),
    }
}

/// Means over problems with their uncertainty, group by group.
#[pyfunction]
#[pyo3(signature = (*, metric, tau, lengths, n, c, clusters, ks, method, over, confidence_level, n_resamples, seed, threads))]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "the words of a statistical function")]
pub(crate) fn estimate<'py>(
    py: Python<'py>,
    metric: &str,
    tau: Option<f64>,
    lengths: PyReadonlyArray1<'py, i64>,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    clusters: Option<PyReadonlyArray1<'py, i64>>,
    ks: Vec<u64>,
    method: &str,
    over: &str,
    confidence_level: f64,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let estimator = estimator(metric, tau)?;
    let spec = Spec {
        method: self::method(method)?,
        over: self::over(over)?,
        confidence_level,
        n_resamples,
        seed,
        threads: thread_count(threads),
    };
    let (n, c, lengths) = (n.as_slice()?, c.as_slice()?, lengths.as_slice()?);
    let clusters = clusters.as_ref().map(|ids| ids.as_slice()).transpose()?;
    let groups = split(n, c, clusters, lengths)?;
    let entries = watched(py, |watch| {
        let result = benchmark(estimator, &groups, &ks, &spec, &mut || watch(&|_| Ok(())).is_ok());
        if let Err(InferenceError::Interrupted) = result { Err(Error::Interrupted) } else { Ok(result) }
    })?;
    let entries = entries.map_err(|error| PyValueError::new_err(error.to_string()))?;
    table(py, &entries.concat())
}

pub(crate) fn split<'a>(
    n: &'a [i64],
    c: &'a [i64],
    clusters: Option<&'a [i64]>,
    lengths: &[i64],
) -> PyResult<Vec<Problems<'a>>> {
    let mut end = 0_usize;
    let mut groups = Vec::with_capacity(lengths.len());
    for &length in lengths {
        let range = end..end.saturating_add(usize::try_from(length)?);
        end = range.end;
        let part = |column: &'a [i64]| {
            column
                .get(range.clone())
                .ok_or_else(|| PyValueError::new_err("the groups are longer than the counts"))
        };
        groups.push(Problems { n: part(n)?, c: part(c)?, clusters: clusters.map(part).transpose()? });
    }
    Ok(groups)
}

fn table<'py>(py: Python<'py>, entries: &[Entry]) -> PyResult<Bound<'py, PyDict>> {
    let table = PyDict::new(py);
    let float = |of: fn(&Entry) -> f64| PyArray1::from_iter(py, entries.iter().map(of));
    table.set_item("estimate", float(|entry| entry.row.estimate))?;
    table.set_item("se", float(|entry| entry.row.se))?;
    table.set_item("lower", float(|entry| entry.row.lower))?;
    table.set_item("upper", float(|entry| entry.row.upper))?;
    table.set_item("n_effective", float(|entry| entry.row.effective))?;
    let count =
        |of: fn(&Entry) -> u64| PyArray1::from_iter(py, entries.iter().map(|entry| of(entry).cast_signed()));
    table.set_item("n_problems", count(|entry| entry.n_problems))?;
    table.set_item("n_min", count(|entry| entry.n_min))?;
    table.set_item("n_max", count(|entry| entry.n_max))?;
    table.set_item("n_skipped", count(|entry| entry.n_skipped))?;
    table.set_item("method", entries.iter().map(|entry| entry.row.method.as_str()).collect::<Vec<_>>())?;
    table.set_item("reason", entries.iter().map(|entry| entry.row.reason).collect::<Vec<_>>())?;
    Ok(table)
}
