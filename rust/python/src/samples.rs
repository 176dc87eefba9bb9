//! Metrics over the samples of many problems, of any number each.

use numpy::{IntoPyArray, PyReadonlyArray1};
use passcurve_core::parallel::thread_count;
use passcurve_core::samples::{Metric, Mixed, Spoiled, Ties, evaluate};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Array, Floats, Ints, zeros};
use crate::errors::{interruptible, misused};

pyo3::create_exception!(
    passcurve._core,
    InvalidSamplesError,
    PyValueError,
    "Samples without a metric; its args are (what, row, at, reason): what is \"row\", with the reason, or \"finite\" or \
     \"mixed\" (with the reason), with the place of the sample in the row."
);

/// What is wrong with an answer whose samples differ, and the way out; in the words of `Tally.maj_at_k`.
pub(crate) fn differ(passed: usize, samples: usize) -> String {
    format!(
        "passed {passed} times of {samples}; make answers that the verifier tells apart differ (strip, normalise), or \
         say mixed=\"majority\" (an answer is correct when more than half of its samples passed)"
    )
}

pub(crate) fn mixed(name: &str) -> Result<Mixed, String> {
    Mixed::from_name(name).ok_or_else(|| format!("mixed={name:?} is not one of error, majority"))
}

pub(crate) fn ties(name: &str) -> Result<Ties, String> {
    Ties::from_name(name).ok_or_else(|| format!("ties={name:?} is not one of fair, wrong, right"))
}

fn invalid(spoiled: Spoiled) -> PyErr {
    let (what, row, at, reason) = match spoiled {
        Spoiled::Undefined { row, reason } => ("row", row, 0, reason.to_string()),
        Spoiled::NotFinite { row, sample } => ("finite", row, sample, String::new()),
        Spoiled::Mixed { row, sample, passed, samples } => ("mixed", row, sample, differ(passed, samples)),
        Spoiled::Interrupted => ("interrupted", 0, 0, String::new()),
    };
    InvalidSamplesError::new_err((what, row, at, reason))
}

fn run<'py>(
    py: Python<'py>,
    metric: Metric<'_>,
    offsets: &Ints<'py>,
    ks: &[u64],
    with_replacement: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let offsets: Result<Vec<_>, _> = offsets.as_slice()?.iter().map(|&end| usize::try_from(end)).collect();
    let offsets = offsets.map_err(misused)?;
    let mut out = zeros::<f64>(offsets.len().saturating_sub(1).checked_mul(ks.len()))?;
    let threads = thread_count(threads);
    interruptible(py, |keep_on| {
        evaluate(metric, &offsets, ks, with_replacement, &mut out, threads, keep_on)
    })?
    .map_err(invalid)?;
    Ok(out.into_pyarray(py))
}

/// The mean of the largest, or the smallest, of k rewards; problems by ks, flat.
#[pyfunction]
pub(crate) fn extreme_of_k<'py>(
    py: Python<'py>,
    largest: bool,
    rewards: Floats<'py>,
    offsets: Ints<'py>,
    ks: Vec<u64>,
    with_replacement: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let rewards = rewards.as_slice()?;
    let metric = if largest { Metric::Max(rewards) } else { Metric::Min(rewards) };
    run(py, metric, &offsets, &ks, with_replacement, threads)
}

/// The mean value of the best-scored of k samples; problems by ks, flat.
#[pyfunction]
pub(crate) fn best_of_k<'py>(
    py: Python<'py>,
    scores: Floats<'py>,
    values: Floats<'py>,
    offsets: Ints<'py>,
    ks: Vec<u64>,
    with_replacement: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let metric = Metric::Best { scores: scores.as_slice()?, values: values.as_slice()? };
    run(py, metric, &offsets, &ks, with_replacement, threads)
}

/// Whether the most frequent answer of k is correct; problems by ks, flat.
#[pyfunction]
pub(crate) fn maj_at_k<'py>(
    py: Python<'py>,
    answers: Ints<'py>,
    correct: PyReadonlyArray1<'py, bool>,
    offsets: Ints<'py>,
    ks: Vec<u64>,
    ties: &str,
    mixed: &str,
    with_replacement: bool,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let ties = self::ties(ties).map_err(PyValueError::new_err)?;
    let mixed = self::mixed(mixed).map_err(PyValueError::new_err)?;
    let metric = Metric::Majority { answers: answers.as_slice()?, correct: correct.as_slice()?, ties, mixed };
    run(py, metric, &offsets, &ks, with_replacement, threads)
}
