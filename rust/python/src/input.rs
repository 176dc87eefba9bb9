//! What Python names to be read: a path, or an object that reads ranges of bytes.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use passcurve_core::sources::{Changed, Input, Object, Unread};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A path, or anything with `path`, `name`, `size`, `read(start, end)` and `check()`.
///
/// `read` returns the bytes, or None where they are no longer those of the object that was opened; `check` whether
/// they are. What they raise reaches the caller as it is.
pub(crate) struct Given(pub(crate) Input);

impl<'a, 'py> FromPyObject<'a, 'py> for Given {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        // An address that reads is a string too.
        if given.is_exact_instance_of::<PyString>() {
            return Ok(Self(Input::Path(given.extract()?)));
        }
        let path = given.getattr("path")?.extract()?;
        let name = given.getattr("name")?.extract()?;
        let size = given.getattr("size")?.extract()?;
        let object = given.to_owned().unbind();
        Ok(Self(Input::Object(Arc::new(Ranges { object, path, name, size }))))
    }
}

struct Ranges {
    object: Py<PyAny>,
    path: String,
    name: String,
    size: u64,
}

impl Object for Ranges {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let read = |py: Python<'_>| {
            let found = self.object.bind(py).call_method1("read", (range.start, range.end))?;
            if found.is_none() { Ok(None) } else { PyBuffer::<u8>::get(&found)?.to_vec(py).map(Some) }
        };
        attached(read)?.ok_or_else(|| io::Error::other(Changed))
    }

    fn check_unchanged(&self) -> io::Result<()> {
        let same = attached(|py| self.object.bind(py).call_method0("check")?.is_truthy())?;
        if same { Ok(()) } else { Err(io::Error::other(Changed)) }
    }
}

/// Calls Python; what it raises is an [`Unread`].
fn attached<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> io::Result<T> {
    // At the end of the process there is nobody to call.
    let called = Python::try_attach(call).unwrap_or_else(|| Err(ended()));
    called.map_err(|raised| io::Error::other(Unread(Box::new(raised))))
}

fn ended() -> PyErr {
    pyo3::exceptions::PyInterruptedError::new_err("the process ends")
}
