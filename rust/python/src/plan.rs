//! Planning: sampling variances for other numbers of samples, and sizes of experiments.

use numpy::{PyArray1, PyReadonlyArray1};
use passcurve_core::error::Error;
use passcurve_core::inference::InferenceError;
use passcurve_core::inference::planning::Aim;
use passcurve_core::inference::planning::components::{failure_moments, within_variance};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::{detached, watched};
use crate::inference::split;

/// The mean sampling variance of pass@k with each of `samples` a problem, groups by samples, flat.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, c, k, samples, threads))]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn within_variances<'py>(
    py: Python<'py>,
    lengths: PyReadonlyArray1<'py, i64>,
    n: PyReadonlyArray1<'py, i64>,
    c: PyReadonlyArray1<'py, i64>,
    k: u64,
    samples: Vec<u64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    if samples.iter().any(|&n| n < k) {
        return Err(PyValueError::new_err("pass@k needs k samples"));
    }
    let groups = split(n.as_slice()?, c.as_slice()?, None, lengths.as_slice()?)?;
    let table = watched(py, |watch| {
        let go_on = &mut || watch(&|_| Ok(())).is_ok();
        match failure_moments(&groups, k, thread_count(threads), go_on) {
            Err(InferenceError::Interrupted) => Err(Error::Interrupted),
            Err(error) => Ok(Err(error)),
            Ok(moments) => Ok(Ok(moments
                .iter()
                .flat_map(|q| samples.iter().map(|&n| within_variance(q, n, k)))
                .collect::<Vec<_>>())),
        }
    })?;
    let table = table.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyArray1::from_vec(py, table))
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
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn reach<'py>(
    py: Python<'py>,
    variance: PyReadonlyArray1<'py, f64>,
    share: PyReadonlyArray1<'py, f64>,
    problems: PyReadonlyArray1<'py, i64>,
    confidence_level: f64,
    power: Option<f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
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
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn problems_needed<'py>(
    py: Python<'py>,
    variance: PyReadonlyArray1<'py, f64>,
    share: PyReadonlyArray1<'py, f64>,
    target: f64,
    confidence_level: f64,
    power: Option<f64>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let rows = aims(confidence_level, power, share.as_slice()?).zip(variance.as_slice()?);
    let needed = |(aim, &v): (Aim, &f64)| aim.problems(v, target).map_or(-1, u64::cast_signed);
    let needed = detached(py, || Ok(rows.map(needed).collect::<Vec<_>>()))?;
    Ok(PyArray1::from_vec(py, needed))
}
