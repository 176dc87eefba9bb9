//! pass@k beyond n.

use passcurve_core::inference::{Extrapolated, Model, Models, Spec, extrapolate as core};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::Ints;
use crate::errors::{interruptible, misused};
use crate::inference::split;
use crate::table::Table;

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
pub(crate) fn extrapolate<'py>(
    py: Python<'py>,
    lengths: Ints<'py>,
    n: Ints<'py>,
    c: Ints<'py>,
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
    let rows = interruptible(py, |keep_on| core(&groups, &ks, models, &spec, keep_on))?;
    table(py, &rows.map_err(misused)?)
}

fn table<'py>(py: Python<'py>, groups: &[Vec<Extrapolated>]) -> PyResult<Bound<'py, PyDict>> {
    let rows: Vec<(u64, &Extrapolated)> =
        (0..).zip(groups).flat_map(|(group, rows)| rows.iter().map(move |row| (group, row))).collect();
    let table = Table::new(py, &rows);
    table.count("group", |&(group, _)| group)?;
    table.float("estimate", |(_, row)| row.estimate)?;
    table.float("lower", |(_, row)| row.interval[0])?;
    table.float("upper", |(_, row)| row.interval[1])?;
    table.float("bound_lower", |(_, row)| row.bounds[0])?;
    table.float("bound_upper", |(_, row)| row.bounds[1])?;
    table.float("cheap_lower", |(_, row)| row.cheap[0])?;
    table.float("cheap_upper", |(_, row)| row.cheap[1])?;
    table.count("place", |(_, row)| row.at as u64)?;
    table.count("n_problems", |(_, row)| row.n_problems)?;
    table.count("n_min", |(_, row)| row.n_min)?;
    table.count("n_max", |(_, row)| row.n_max)?;
    table.list("method", |(_, row)| row.basis.as_str())?;
    table.list("reason", |(_, row)| row.reason)?;
    Ok(table.columns)
}
