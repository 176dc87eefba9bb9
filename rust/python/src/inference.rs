//! Means over problems with their uncertainty.

use std::ops::Range;

use passcurve_core::inference::{
    Entry, Method, Over, Problems, Spec, Values, benchmark, estimate_values as core_estimate_values,
};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Floats, Ints, optional, ranges, slices};
use crate::errors::{interruptible, misused};
use crate::estimators::estimator;
use crate::table::Table;

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
pub(crate) fn estimate<'py>(
    py: Python<'py>,
    metric: &str,
    tau: Option<f64>,
    lengths: Ints<'py>,
    n: Ints<'py>,
    c: Ints<'py>,
    clusters: Option<Ints<'py>>,
    ks: Vec<u64>,
    method: &str,
    over: &str,
    confidence_level: f64,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let estimator = estimator(metric, tau)?;
    let (method, over) = (self::method(method)?, self::over(over)?);
    let spec = Spec { method, over, confidence_level, n_resamples, seed, threads: thread_count(threads) };
    let (n, c, lengths) = (n.as_slice()?, c.as_slice()?, lengths.as_slice()?);
    let groups = split(n, c, optional(clusters.as_ref())?, lengths)?;
    let entries = interruptible(py, |keep_on| benchmark(estimator, &groups, &ks, &spec, keep_on))?;
    table(py, &entries.map_err(misused)?.concat())
}

/// Means over problems of values that are not functions of n and c, group by group.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, values, variances, low, high, clusters, ks, method, over, confidence_level, n_resamples, seed, threads))]
pub(crate) fn estimate_values<'py>(
    py: Python<'py>,
    lengths: Vec<usize>,
    n: Ints<'py>,
    values: Vec<Floats<'py>>,
    variances: Option<Vec<Floats<'py>>>,
    low: f64,
    high: f64,
    clusters: Option<Ints<'py>>,
    ks: Vec<u64>,
    method: &str,
    over: &str,
    confidence_level: f64,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let (method, over) = (self::method(method)?, self::over(over)?);
    let spec = Spec { method, over, confidence_level, n_resamples, seed, threads: thread_count(threads) };
    let (n, clusters) = (n.as_slice()?, optional(clusters.as_ref())?);
    let values = slices(&values)?;
    let variances = variances.as_deref().map(slices).transpose()?;
    let whole = |columns: &[&[f64]]| {
        columns.len() == ks.len() && columns.iter().all(|column| column.len() == n.len())
    };
    let fits = lengths.iter().sum::<usize>() == n.len()
        && clusters.is_none_or(|ids| ids.len() == n.len())
        && whole(&values)
        && variances.as_deref().is_none_or(whole);
    if !fits {
        return Err(PyValueError::new_err("the columns are not as long as the groups together"));
    }
    let mut columns = Vec::with_capacity(lengths.len() * ks.len());
    for part in ranges(&lengths, n.len())? {
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
    let entries = interruptible(py, |keep_on| core_estimate_values(&columns, &spec, keep_on))?;
    table(py, &entries.map_err(misused)?)
}

/// The problems of each group.
pub(crate) fn split<'a>(
    n: &'a [i64],
    c: &'a [i64],
    clusters: Option<&'a [i64]>,
    lengths: &[i64],
) -> PyResult<Vec<Problems<'a>>> {
    let rows = [Some(n), Some(c), clusters].into_iter().flatten().map(<[i64]>::len).min().unwrap_or(0);
    let problems = |part: Range<usize>| Problems {
        n: &n[part.clone()],
        c: &c[part.clone()],
        clusters: clusters.map(|ids| &ids[part]),
    };
    Ok(ranges(lengths, rows)?.into_iter().map(problems).collect())
}

fn table<'py>(py: Python<'py>, entries: &[Entry]) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, entries);
    table.float("estimate", |entry| entry.row.estimate)?;
    table.float("se", |entry| entry.row.se)?;
    table.float("lower", |entry| entry.row.lower)?;
    table.float("upper", |entry| entry.row.upper)?;
    table.float("n_effective", |entry| entry.row.effective)?;
    table.count("n_problems", |entry| entry.n_problems)?;
    table.count("n_min", |entry| entry.n_min)?;
    table.count("n_max", |entry| entry.n_max)?;
    table.count("n_skipped", |entry| entry.n_skipped)?;
    table.list("method", |entry| entry.row.method.as_str())?;
    table.list("reason", |entry| entry.row.reason)?;
    Ok(table.columns)
}
