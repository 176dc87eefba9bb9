//! Advantages of groups of rewards, in the float type of the rewards.

use numpy::{Element, IntoPyArray, PyReadonlyArray1};
use passcurve_core::advantages::{Advantage, Baseline, Groups, Lone, Real, Spoiled, advantages};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Floats, Ints, zeros};
use crate::errors::interruptible;

pyo3::create_exception!(
    passcurve._core,
    InvalidRewardsError,
    PyValueError,
    "Rewards without advantages; its args are (what, index, size): what is \"finite\", \"binary\" or \"overflow\" with a \
     sample's flat index, or \"small\" with a group's number and its size."
);

/// One array of floats, read where it lies.
#[derive(FromPyObject)]
pub(crate) enum Rewards<'py> {
    Single(PyReadonlyArray1<'py, f32>),
    Double(Floats<'py>),
}

/// The length of a row, or the number of each sample's group.
#[derive(FromPyObject)]
pub(crate) enum Grouping<'py> {
    Size(usize),
    Numbers(Ints<'py>),
}

/// An array in the float type of the rewards.
type Answer<'py> = Bound<'py, PyAny>;

fn spoiled(reason: Spoiled) -> PyErr {
    let (what, index, size) = match reason {
        Spoiled::NotFinite(index) => ("finite", index, 1),
        Spoiled::NotBinary(index) => ("binary", index, 1),
        Spoiled::Overflow(index) => ("overflow", index, 1),
        Spoiled::TooSmall(group, size) => ("small", group, size),
        Spoiled::Interrupted => ("interrupted", 0, 0),
    };
    InvalidRewardsError::new_err((what, index, size))
}

fn compute<'py, T: Element + Real>(
    py: Python<'py>,
    family: Advantage,
    rewards: &[T],
    groups: Groups<'_>,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    let mut out = zeros::<T>(Some(rewards.len()))?;
    let threads = thread_count(threads);
    interruptible(py, |keep_on| advantages(family, rewards, groups, &mut out, threads, keep_on))?
        .map_err(spoiled)?;
    Ok(out.into_pyarray(py).into_any())
}

fn run<'py>(
    py: Python<'py>,
    family: Advantage,
    rewards: &Rewards<'py>,
    groups: &Grouping<'py>,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    let groups = match groups {
        Grouping::Size(size) => Groups::Even(*size),
        Grouping::Numbers(numbers) => Groups::Numbered(numbers.as_slice()?),
    };
    match rewards {
        Rewards::Single(rewards) => compute(py, family, rewards.as_slice()?, groups, threads),
        Rewards::Double(rewards) => compute(py, family, rewards.as_slice()?, groups, threads),
    }
}

/// Pass@k policy optimization.
#[pyfunction]
pub(crate) fn pkpo<'py>(
    py: Python<'py>,
    rewards: Rewards<'py>,
    groups: Grouping<'py>,
    k: u64,
    baseline: &str,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    let baseline = Baseline::from_name(baseline)
        .ok_or_else(|| PyValueError::new_err(format!("no baseline is called {baseline:?}")))?;
    run(py, Advantage::Pkpo { k, baseline }, &rewards, &groups, threads)
}

/// The analytic advantages of Pass@k Training.
#[pyfunction]
pub(crate) fn pass_at_k_training<'py>(
    py: Python<'py>,
    rewards: Rewards<'py>,
    groups: Grouping<'py>,
    k: u64,
    epsilon: f64,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    run(py, Advantage::PassAtKTraining { k, epsilon }, &rewards, &groups, threads)
}

/// Distance from the group's mean in standard deviations.
#[pyfunction]
pub(crate) fn grpo<'py>(
    py: Python<'py>,
    rewards: Rewards<'py>,
    groups: Grouping<'py>,
    ddof: u8,
    epsilon: f64,
    keep_lone: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    let lone = if keep_lone { Lone::Reward } else { Lone::Zero };
    run(py, Advantage::Grpo { ddof, epsilon, lone }, &rewards, &groups, threads)
}

/// Distance from the mean of the others.
#[pyfunction]
pub(crate) fn rloo<'py>(
    py: Python<'py>,
    rewards: Rewards<'py>,
    groups: Grouping<'py>,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    run(py, Advantage::Rloo, &rewards, &groups, threads)
}

/// Distance from the group's mean.
#[pyfunction]
pub(crate) fn dr_grpo<'py>(
    py: Python<'py>,
    rewards: Rewards<'py>,
    groups: Grouping<'py>,
    threads: Option<usize>,
) -> PyResult<Answer<'py>> {
    run(py, Advantage::DrGrpo, &rewards, &groups, threads)
}
