//! Rows of the core as a dict of columns.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A dict that is filled column by column.
pub(crate) struct Table<'py, 'a, R> {
    pub(crate) columns: Bound<'py, PyDict>,
    rows: &'a [R],
}

impl<'py, 'a, R> Table<'py, 'a, R> {
    pub(crate) fn new(py: Python<'py>, rows: &'a [R]) -> Self {
        Self { columns: PyDict::new(py), rows }
    }

    /// An array of floats.
    pub(crate) fn float(&self, name: &str, of: fn(&R) -> f64) -> PyResult<()> {
        self.columns.set_item(name, PyArray1::from_iter(self.columns.py(), self.rows.iter().map(of)))
    }

    /// An array of integers.
    pub(crate) fn count(&self, name: &str, of: fn(&R) -> u64) -> PyResult<()> {
        let counts = self.rows.iter().map(|row| of(row).cast_signed());
        self.columns.set_item(name, PyArray1::from_iter(self.columns.py(), counts))
    }

    /// A list.
    pub(crate) fn list<T: IntoPyObject<'py>>(&self, name: &str, of: fn(&'a R) -> T) -> PyResult<()> {
        self.columns.set_item(name, self.rows.iter().map(of).collect::<Vec<_>>())
    }
}
