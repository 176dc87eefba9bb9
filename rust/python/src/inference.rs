//! Means over problems with their uncertainty.

use numpy::{PyArray1, PyReadonlyArray1};
use passcurve_core::error::Error;
use passcurve_core::inference::{
    Entry, InferenceError, Method, Over, Problems, Spec, Values, benchmark,
    estimate_values as core_estimate_values,
};
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

/// Means over problems of values that are not functions of n and c, group by group.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, values, variances, low, high, clusters, ks, method, over, confidence_level, n_resamples, seed, threads))]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "the words of a statistical function")]
pub(crate) fn estimate_values<'py>(
    py: Python<'py>,
    lengths: Vec<usize>,
    n: PyReadonlyArray1<'py, i64>,
    values: Vec<PyReadonlyArray1<'py, f64>>,
    variances: Option<Vec<PyReadonlyArray1<'py, f64>>>,
    low: f64,
    high: f64,
    clusters: Option<PyReadonlyArray1<'py, i64>>,
    ks: Vec<u64>,
    method: &str,
    over: &str,
    confidence_level: f64,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let spec = Spec {
        method: self::method(method)?,
        over: self::over(over)?,
        confidence_level,
        n_resamples,
        seed,
        threads: thread_count(threads),
    };
    let n = n.as_slice()?;
    let clusters = clusters.as_ref().map(|ids| ids.as_slice()).transpose()?;
    let values = values.iter().map(|column| column.as_slice()).collect::<Result<Vec<_>, _>>()?;
    let variances = variances
        .as_ref()
        .map(|columns| columns.iter().map(|column| column.as_slice()).collect::<Result<Vec<_>, _>>());
    let variances = variances.transpose()?;
    let whole = |column: &&[f64]| column.len() == n.len();
    let fits = lengths.iter().sum::<usize>() == n.len()
        && values.len() == ks.len()
        && values.iter().all(whole)
        && variances.as_ref().is_none_or(|columns| columns.len() == ks.len() && columns.iter().all(whole));
    if !fits {
        return Err(PyValueError::new_err("the columns are not as long as the groups together"));
    }
    let mut columns = Vec::with_capacity(lengths.len() * ks.len());
    let mut start = 0;
    for length in lengths {
        let part = start..start + length;
        start = part.end;
        for (at, &k) in ks.iter().enumerate() {
            columns.push(Values {
                value: &values[at][part.clone()],
                variance: variances.as_ref().map(|columns| &columns[at][part.clone()]),
                n: &n[part.clone()],
                clusters: clusters.map(|ids| &ids[part.clone()]),
                k,
                low,
                high,
            });
        }
    }
    let entries = watched(py, |watch| {
        let result = core_estimate_values(&columns, &spec, &mut || watch(&|_| Ok(())).is_ok());
        if let Err(InferenceError::Interrupted) = result { Err(Error::Interrupted) } else { Ok(result) }
    })?;
    table(py, &entries.map_err(|error| PyValueError::new_err(error.to_string()))?)
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
