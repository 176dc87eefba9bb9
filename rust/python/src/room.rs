//! How much memory this process may still take, where the system sets it a limit (as `ulimit -v` does).
//!
//! A collection that cannot grow ends the process, with no way to catch it. So the counts get a limit of their own well
//! below the system's.

use std::fs::read_to_string;

use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// What code, pages and the allocator's own reserves take whatever is counted, and what each thread takes.
const LEAST: usize = 192 << 20;
const EACH_THREAD: usize = 8 << 20;

/// One in so many bytes is for the counts of all threads: tables are copied when they grow, and merged and sorted at
/// the end.
const PART: usize = 4;

/// The most bytes that the counts of so many threads may take; none where the system sets no limit.
#[pyfunction]
pub(crate) fn room_for_counts(threads: Option<usize>) -> PyResult<Option<usize>> {
    let Some(left) = left() else { return Ok(None) };
    let least = LEAST + EACH_THREAD * thread_count(threads);
    match left.checked_sub(least) {
        Some(left) => Ok(Some((left / PART).max(1))),
        None => Err(PyMemoryError::new_err(format!(
            "the limit of this process's address space leaves it {left} bytes, and a tally takes {least}; raise it (ulimit -v)"
        ))),
    }
}

/// Bytes of address space that are left; none where there is no limit.
fn left() -> Option<usize> {
    let limits = read_to_string("/proc/self/limits").ok()?;
    let limit = number(&limits, "Max address space")?;
    let taken = number(&read_to_string("/proc/self/status").ok()?, "VmSize:")?;
    Some(limit.saturating_sub(taken.saturating_mul(1024)))
}

/// The first number after a name at the head of a line.
fn number(lines: &str, name: &str) -> Option<usize> {
    lines.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
