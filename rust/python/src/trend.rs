//! Trends along the steps of a run.

use numpy::PyReadonlyArray1;
use passcurve_core::estimators::Estimator;
use passcurve_core::inference::{Trend, trend as core_trend};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::Floats;
use crate::errors::guarded;

/// change, se, lower, upper and p; method and reason.
type Words = ([f64; 5], &'static str, Option<&'static str>);

/// The mean change from the first step to the last of problems, one row each, with the values of a metric at k.
#[pyfunction]
#[pyo3(signature = (values, steps, clusters, *, metric, k, confidence_level))]
pub(crate) fn trend(
    py: Python<'_>,
    values: Floats<'_>,
    steps: Vec<f64>,
    clusters: Option<PyReadonlyArray1<'_, i64>>,
    metric: &str,
    k: u64,
    confidence_level: f64,
) -> PyResult<Words> {
    let values = values.as_slice()?;
    let clusters = clusters.as_ref().map(|ids| ids.as_slice()).transpose()?;
    if steps.is_empty() || !values.len().is_multiple_of(steps.len()) {
        return Err(PyValueError::new_err("each problem has a value at each step"));
    }
    if clusters.is_some_and(|ids| ids.len() * steps.len() != values.len()) {
        return Err(PyValueError::new_err("each problem has a cluster"));
    }
    let estimator = Estimator::from_name(metric, None)
        .ok_or_else(|| PyValueError::new_err(format!("no metric is called {metric:?}")))?;
    let Trend { change, se, lower, upper, method, reason, p_value } =
        guarded(py, || core_trend(values, &steps, clusters, (estimator, k), confidence_level))?;
    Ok(([change, se, lower, upper, p_value], method.as_str(), reason))
}
