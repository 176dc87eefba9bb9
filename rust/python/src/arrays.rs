//! Arrays in and out.

use std::ops::Range;

use numpy::{Element, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

/// Integers, read where they lie.
pub(crate) type Ints<'py> = PyReadonlyArray1<'py, i64>;

/// Floats, read where they lie.
pub(crate) type Floats<'py> = PyReadonlyArray1<'py, f64>;

/// A new array.
pub(crate) type Array<'py, T = f64> = Bound<'py, PyArray1<T>>;

/// What an argument that may be left out holds.
pub(crate) fn optional<'a, T: Element>(
    array: Option<&'a PyReadonlyArray1<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    Ok(array.map(PyReadonlyArray1::as_slice).transpose()?)
}

/// What each of several arrays holds.
pub(crate) fn slices<'a, T: Element>(arrays: &'a [PyReadonlyArray1<'_, T>]) -> PyResult<Vec<&'a [T]>> {
    Ok(arrays.iter().map(PyReadonlyArray1::as_slice).collect::<Result<_, _>>()?)
}

/// Consecutive ranges of those lengths, within `total`.
pub(crate) fn ranges<N: Copy + TryInto<usize>>(lengths: &[N], total: usize) -> PyResult<Vec<Range<usize>>> {
    let mut start = 0_usize;
    let mut next = |&length: &N| {
        let end = start.checked_add(length.try_into().ok()?).filter(|&end| end <= total)?;
        Some(std::mem::replace(&mut start, end)..end)
    };
    let ranges: Option<_> = lengths.iter().map(&mut next).collect();
    ranges.ok_or_else(|| PyValueError::new_err("the groups are longer than the columns"))
}

/// Zeros, or `MemoryError` where an array of that length cannot be had.
pub(crate) fn zeros<T: Clone + Default>(length: Option<usize>) -> PyResult<Vec<T>> {
    let mut out = Vec::new();
    let wanted = length.filter(|&length| out.try_reserve_exact(length).is_ok());
    let length = wanted.ok_or_else(|| PyMemoryError::new_err("the result is too large for the memory"))?;
    out.resize(length, T::default());
    Ok(out)
}
