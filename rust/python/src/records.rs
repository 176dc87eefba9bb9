//! Records of JSON documents from Python.

use std::sync::{Mutex, PoisonError};

use passcurve_core::records::{self, Field, Holds, Step, Wanted};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3_arrow::PyRecordBatch;

use crate::errors::detached;
use crate::input::Given;

/// The records of a file, or of a member of a zip archive, batch after batch.
#[pyclass(frozen)]
pub(crate) struct Records(Mutex<records::Records>);

#[pymethods]
impl Records {
    /// `rows` is the way to the records, `fields` are names, ways from a record, and what the values are: "ids",
    /// "texts", "numbers", "json", "hashes", "key" or "index".
    #[new]
    #[pyo3(signature = (file, rows, fields, member = None, skip_partial = false))]
    fn new(
        py: Python<'_>,
        file: Given,
        rows: &str,
        fields: Vec<(String, String, String)>,
        member: Option<&str>,
        skip_partial: bool,
    ) -> PyResult<Self> {
        let fields = fields.into_iter().map(field).collect::<PyResult<_>>()?;
        let rows = way(rows)?;
        if rows.contains(&Step::Length) {
            return Err(PyValueError::new_err("the way to the records cannot be a number of elements"));
        }
        let wanted = Wanted { rows, fields, skip_partial };
        detached(py, || records::Records::open(&file.0, member, &wanted))
            .map(|opened| Self(Mutex::new(opened)))
    }

    /// The next records; None at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<PyRecordBatch>> {
        let next = || self.0.lock().unwrap_or_else(PoisonError::into_inner).next_batch();
        Ok(detached(py, next)?.map(PyRecordBatch::new))
    }

    /// Records at which the document was cut and that were left out.
    #[getter]
    fn partial(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).partial()
    }
}

/// The first record of a file or member as it is written; None where the way leads to none.
#[pyfunction]
#[pyo3(signature = (file, rows = "", member = None))]
pub(crate) fn first_record(
    py: Python<'_>,
    file: Given,
    rows: &str,
    member: Option<&str>,
) -> PyResult<Option<String>> {
    let rows = way(rows)?;
    detached(py, || records::first(&file.0, member, rows))
}

/// So many bytes that a file begins with, uncompressed; fewer where it ends or is damaged before.
#[pyfunction]
pub(crate) fn head(py: Python<'_>, file: Given, length: usize) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &detached(py, || records::head(&file.0, length))?))
}

/// Hashes of texts that are the same on every machine; None for None.
#[pyfunction]
pub(crate) fn hashes(py: Python<'_>, texts: Vec<Option<String>>) -> Vec<Option<String>> {
    py.detach(|| texts.iter().map(|text| text.as_deref().map(records::hash)).collect())
}

/// The names of a zip archive's members, in its order, and whether one stands for several, of which the last is read.
#[pyfunction]
pub(crate) fn zip_members(py: Python<'_>, file: Given) -> PyResult<(Vec<String>, bool)> {
    detached(py, || records::members(&file.0))
}

fn way(way: &str) -> PyResult<Vec<Step>> {
    records::parse(way).map_err(PyValueError::new_err)
}

fn field((name, path, holds): (String, String, String)) -> PyResult<Field> {
    let holds = match holds.as_str() {
        "ids" => Holds::Ids,
        "texts" => Holds::Texts,
        "numbers" => Holds::Numbers,
        "json" => Holds::Json,
        "hashes" => Holds::Hashes,
        "key" => Holds::Key,
        "index" => Holds::Index,
        other => return Err(PyValueError::new_err(format!("no field holds {other}"))),
    };
    Ok(Field { name, path: way(&path)?, holds })
}
