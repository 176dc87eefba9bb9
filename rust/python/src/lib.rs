//! The extension module `passcurve._core`: each function converts, detaches, calls the core, maps the error.
#![deny(unsafe_code)]
#![expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#![expect(clippy::too_many_arguments, reason = "the words of a statistical function")]

mod advantages;
mod apart;
mod arrays;
mod batches;
mod compare;
mod details;
mod errors;
mod estimators;
mod expressions;
mod extrapolate;
mod inference;
mod input;
mod plan;
#[allow(unsafe_code)] // a C interface, with nothing else in it
mod plugin;
mod records;
mod room;
mod samples;
mod table;
mod tally;
mod trend;

/// The Rust core of passcurve.
#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    #[pymodule_export]
    use crate::advantages::{InvalidRewardsError, dr_grpo, grpo, pass_at_k_training, pkpo, rloo};
    #[pymodule_export]
    use crate::batches::Batches;
    #[pymodule_export]
    use crate::compare::compare;
    #[pymodule_export]
    use crate::details::detailed;
    #[pymodule_export]
    use crate::estimators::{InvalidCountsError, curve, evaluate, evaluate_one, passes_needed};
    #[pymodule_export]
    use crate::extrapolate::extrapolate;
    #[pymodule_export]
    use crate::inference::{estimate, estimate_values};
    #[pymodule_export]
    use crate::plan::{problems_needed, reach, within_variances};
    #[pymodule_export]
    use crate::records::{Records, first_record, hashes, head, zip_members};
    #[pymodule_export]
    use crate::room::room_for_counts;
    #[pymodule_export]
    use crate::samples::{InvalidSamplesError, best_of_k, extreme_of_k, maj_at_k};
    #[pymodule_export]
    use crate::tally::{BatchTally, file_columns, tally_files};
    #[pymodule_export]
    use crate::trend::trend;

    /// How this module was built.
    #[pyfunction]
    fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let info = PyDict::new(py);
        info.set_item("version", env!("CARGO_PKG_VERSION"))?;
        info.set_item("profile", if cfg!(debug_assertions) { "debug" } else { "release" })?;
        Ok(info)
    }
}
