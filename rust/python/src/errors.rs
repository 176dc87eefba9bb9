//! The core's errors as Python's, and the one door through which the core is called.

use std::fmt::Display;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use passcurve_core::error::{Error, Result, panic_words};
use passcurve_core::sources::Unread;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;

/// Runs `work`. A panic becomes `passcurve.InternalError`, never an exit.
#[inline]
pub(crate) fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> T) -> PyResult<T> {
    caught(work).map_err(|error| to_python(py, &error))
}

#[inline]
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| Error::Internal(panic_words(&*panic).unwrap_or("a panic").to_owned()))
}

/// As [`guarded`], without the interpreter.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| caught(work).flatten()).map_err(|error| to_python(py, &error))
}

/// As [`detached`], with a function to call now and then that raises what Ctrl-C or the caller's callback raised.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut(&dyn Fn(Python<'_>) -> PyResult<()>) -> Result<()>) -> Result<T> + Send,
) -> PyResult<T> {
    let mut raised: Option<PyErr> = None;
    let result = detached(py, || {
        work(&mut |also| {
            Python::attach(|py| py.check_signals().and_then(|()| also(py))).map_err(|error| {
                raised = Some(error);
                Error::Interrupted
            })
        })
    });
    match raised {
        Some(error) => Err(error),
        None => result,
    }
}

/// As [`watched`], for work that asks now and then whether to go on; what it says after a no does not matter.
pub(crate) fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    watched(py, |watch| Ok(work(&mut || watch(&|_| Ok(())).is_ok())))
}

/// What the core says of a call that its caller should have checked.
pub(crate) fn misused(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Data(..) => ours(py, "DataError", message),
        Error::Usage(_) => PyValueError::new_err(message),
        Error::Io { source, .. } if source.kind() == ErrorKind::OutOfMemory => {
            PyMemoryError::new_err(message)
        }
        Error::Io { path, source } => raised(py, source).unwrap_or_else(|| os_error(path, source)),
        Error::MemoryLimit { .. } => ours(py, "MemoryLimitError", message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(message),
        _ => ours(py, "InternalError", message),
    }
}

/// The classes of `passcurve.errors` have bases of Python's own, so they are written in Python.
fn ours(py: Python<'_>, class: &str, message: String) -> PyErr {
    let raise = || py.import("passcurve.errors")?.getattr(class)?.call1((message,));
    raise().map_or_else(|error| error, PyErr::from_value)
}

/// What Python raised when it was asked for bytes.
fn raised(py: Python<'_>, source: &std::io::Error) -> Option<PyErr> {
    let unread = source.get_ref()?.downcast_ref::<Unread>()?;
    unread.0.downcast_ref::<PyErr>().map(|error| error.clone_ref(py))
}

/// `OSError(errno, words, path)` becomes `FileNotFoundError`, `PermissionError` and so on by itself.
fn os_error(path: &str, source: &std::io::Error) -> PyErr {
    let words = source.to_string();
    let words = words.split(" (os error").next().unwrap_or_default().to_owned();
    let number = source.raw_os_error().or(match source.kind() {
        ErrorKind::IsADirectory => Some(21),
        _ => None,
    });
    match number {
        Some(number) => PyOSError::new_err((number, words, path.to_owned())),
        None => PyOSError::new_err(format!("{path}: {words}")),
    }
}
