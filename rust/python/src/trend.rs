//! Trends along the steps of a run.

use passcurve_core::inference::{Trend, trend as core_trend};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::Floats;
use crate::errors::guarded;

/// The mean change from the first step to the last of problems, one row each: change, se, lower, upper, p.
#[pyfunction]
pub(crate) fn trend(
    py: Python<'_>,
    values: Floats<'_>,
    steps: Vec<f64>,
    confidence_level: f64,
) -> PyResult<(f64, f64, f64, f64, f64)> {
    let values = values.as_slice()?;
    if steps.is_empty() || !values.len().is_multiple_of(steps.len()) {
        return Err(PyValueError::new_err("each problem has a value at each step"));
    }
    let Trend { change, se, lower, upper, p_value } =
        guarded(py, || core_trend(values, &steps, confidence_level))?;
    Ok((change, se, lower, upper, p_value))
}
