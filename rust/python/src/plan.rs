//! Planning: sampling variances for other numbers of samples, and sizes of experiments.

use numpy::PyArray1;
use passcurve_core::inference::planning::Aim;
use passcurve_core::inference::planning::components::{failure_moments, within_variance};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Array, Floats, Ints};
use crate::errors::{detached, interruptible, misused};
use crate::inference::split;

/// The mean sampling variance of pass@k with each of `samples` a problem, groups by samples, flat.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, c, k, samples, threads))]
pub(crate) fn within_variances<'py>(
    py: Python<'py>,
    lengths: Ints<'py>,
    n: Ints<'py>,
    c: Ints<'py>,
    k: u64,
    samples: Vec<u64>,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    if samples.iter().any(|&n| n < k) {
        return Err(PyValueError::new_err("pass@k needs k samples"));
    }
    let groups = split(n.as_slice()?, c.as_slice()?, None, lengths.as_slice()?)?;
    let moments = interruptible(py, |keep_on| failure_moments(&groups, k, thread_count(threads), keep_on))?;
    let moments = moments.map_err(misused)?;
    let variances = moments.iter().flat_map(|q| samples.iter().map(|&n| within_variance(q, n, k)));
    Ok(PyArray1::from_vec(py, detached(py, || Ok(variances.collect()))?))
}

fn aims(level: f64, power: Option<f64>, share: &[f64]) -> impl Iterator<Item = Aim> {
    share.iter().map(move |&clusters_per_problem| Aim {
        confidence_level: level,
        power,
        clusters_per_problem,
    })
}

/// The half width, or with a power the detectable difference, of so many problems.
#[pyfunction]
#[pyo3(signature = (*, variance, share, problems, confidence_level, power))]
pub(crate) fn reach<'py>(
    py: Python<'py>,
    variance: Floats<'py>,
    share: Floats<'py>,
    problems: Ints<'py>,
    confidence_level: f64,
    power: Option<f64>,
) -> PyResult<Array<'py>> {
    let (variance, problems) = (variance.as_slice()?, problems.as_slice()?);
    let aims = aims(confidence_level, power, share.as_slice()?);
    let rows = aims.zip(variance).zip(problems);
    let reach = detached(py, || {
        Ok(rows.map(|((aim, &v), &problems)| aim.reach(v, problems.unsigned_abs())).collect::<Vec<_>>())
    })?;
    Ok(PyArray1::from_vec(py, reach))
}

/// The fewest problems with that half width, or with a power that detectable difference; -1 where there is none.
#[pyfunction]
#[pyo3(signature = (*, variance, share, target, confidence_level, power))]
pub(crate) fn problems_needed<'py>(
    py: Python<'py>,
    variance: Floats<'py>,
    share: Floats<'py>,
    target: f64,
    confidence_level: f64,
    power: Option<f64>,
) -> PyResult<Array<'py, i64>> {
    let rows = aims(confidence_level, power, share.as_slice()?).zip(variance.as_slice()?);
    let needed = |(aim, &v): (Aim, &f64)| aim.problems(v, target).map_or(-1, u64::cast_signed);
    let needed = detached(py, || Ok(rows.map(needed).collect::<Vec<_>>()))?;
    Ok(PyArray1::from_vec(py, needed))
}
