//! Trends along the steps of a run.

use numpy::PyReadonlyArray1;
use passcurve_core::inference::{Trend, trend as core_trend};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The mean change from the first step to the last of problems, one row each: change, se, lower, upper, p.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
pub(crate) fn trend(
    values: PyReadonlyArray1<'_, f64>,
    steps: Vec<f64>,
    confidence_level: f64,
) -> PyResult<(f64, f64, f64, f64, f64)> {
    let values = values.as_slice()?;
    if steps.is_empty() || !values.len().is_multiple_of(steps.len()) {
        return Err(PyValueError::new_err("each problem has a value at each step"));
    }
    let Trend { change, se, lower, upper, p_value } = core_trend(values, &steps, confidence_level);
    Ok((change, se, lower, upper, p_value))
}
