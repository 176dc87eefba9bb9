//! Two models on the same problems.

use numpy::{PyArray1, PyReadonlyArray1};
use passcurve_core::error::Error;
use passcurve_core::inference::{
    Comparison, InferenceError, Pair, PairedMethod, PairedRow, PairedSpec, Spec, compare as compare_pairs,
};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::watched;
use crate::inference::over;

fn method(name: &str) -> PyResult<PairedMethod> {
    match name {
        "auto" => Ok(PairedMethod::Auto),
        "t" => Ok(PairedMethod::T),
        "mover" => Ok(PairedMethod::Mover),
        "percentile" => Ok(PairedMethod::Percentile),
        "lattice" => Ok(PairedMethod::Lattice),
        "bca" => Ok(PairedMethod::Bca),
        other => Err(PyValueError::new_err(format!("no method is called {other:?}"))),
    }
}

/// Differences of pass@k, pair by pair.
#[pyfunction]
#[pyo3(signature = (*, lengths, n, c, clusters, ks, method, over, confidence_level, skip, n_resamples, seed, threads))]
#[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
#[expect(clippy::too_many_arguments, reason = "the words of a statistical function")]
pub(crate) fn compare<'py>(
    py: Python<'py>,
    lengths: Vec<usize>,
    n: [PyReadonlyArray1<'py, i64>; 2],
    c: [PyReadonlyArray1<'py, i64>; 2],
    clusters: Option<PyReadonlyArray1<'py, i64>>,
    ks: Vec<u64>,
    method: &str,
    over: &str,
    confidence_level: f64,
    skip: bool,
    n_resamples: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    let spec = Spec {
        over: self::over(over)?,
        confidence_level,
        n_resamples,
        seed,
        threads: thread_count(threads),
        ..Spec::default()
    };
    let spec = PairedSpec { method: self::method(method)?, skip, spec };
    let n = [n[0].as_slice()?, n[1].as_slice()?];
    let c = [c[0].as_slice()?, c[1].as_slice()?];
    let clusters = clusters.as_ref().map(|ids| ids.as_slice()).transpose()?;
    let pairs = split(n, c, clusters, &lengths)?;
    let comparisons = watched(py, |watch| {
        let result = compare_pairs(&pairs, &ks, &spec, &mut || watch(&|_| Ok(())).is_ok());
        if let Err(InferenceError::Interrupted) = result { Err(Error::Interrupted) } else { Ok(result) }
    })?;
    let comparisons = comparisons.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((rows(py, &comparisons)?, crossings(py, comparisons)?))
}

fn split<'a>(
    n: [&'a [i64]; 2],
    c: [&'a [i64]; 2],
    clusters: Option<&'a [i64]>,
    lengths: &[usize],
) -> PyResult<Vec<Pair<'a>>> {
    let mut end = 0_usize;
    let mut pairs = Vec::with_capacity(lengths.len());
    for &length in lengths {
        let range = end..end.saturating_add(length);
        end = range.end;
        let part = |column: &'a [i64]| {
            column
                .get(range.clone())
                .ok_or_else(|| PyValueError::new_err("the pairs are longer than the counts"))
        };
        pairs.push(Pair {
            n: [part(n[0])?, part(n[1])?],
            c: [part(c[0])?, part(c[1])?],
            clusters: clusters.map(part).transpose()?,
        });
    }
    Ok(pairs)
}

/// The rows of all pairs, and which pair each is of.
fn rows<'py>(py: Python<'py>, comparisons: &[Comparison]) -> PyResult<Bound<'py, PyDict>> {
    let rows: Vec<&PairedRow> = comparisons.iter().flat_map(|done| &done.rows).collect();
    let table = PyDict::new(py);
    let pair = (0_i64..).zip(comparisons).flat_map(|(pair, done)| done.rows.iter().map(move |_| pair));
    table.set_item("pair", PyArray1::from_iter(py, pair))?;
    let float = |name: &str, of: fn(&PairedRow) -> f64| {
        table.set_item(name, PyArray1::from_iter(py, rows.iter().map(|row| of(row))))
    };
    float("a", |row| row.a)?;
    float("b", |row| row.b)?;
    float("difference", |row| row.difference)?;
    float("se", |row| row.se)?;
    float("lower", |row| row.lower)?;
    float("upper", |row| row.upper)?;
    float("band_lower", |row| row.band_lower)?;
    float("band_upper", |row| row.band_upper)?;
    float("p_value", |row| row.p_value)?;
    float("p_bootstrap", |row| row.p_bootstrap)?;
    float("p_sign_flip", |row| row.p_sign_flip)?;
    float("p_permutation", |row| row.p_permutation)?;
    float("p_holm", |row| row.p_holm)?;
    float("p_bh", |row| row.p_bh)?;
    let count = |name: &str, of: fn(&PairedRow) -> u64| {
        table.set_item(name, PyArray1::from_iter(py, rows.iter().map(|row| of(row).cast_signed())))
    };
    count("k", |row| row.k)?;
    count("n_problems", |row| row.n_problems)?;
    count("n_min", |row| row.n_min)?;
    count("n_max", |row| row.n_max)?;
    count("n_skipped", |row| row.n_skipped)?;
    table.set_item("method", rows.iter().map(|row| row.method.as_str()).collect::<Vec<_>>())?;
    table.set_item("reason", rows.iter().map(|row| row.reason).collect::<Vec<_>>())?;
    Ok(table)
}

/// One row a pair.
fn crossings(py: Python<'_>, comparisons: Vec<Comparison>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    let float = |name: &str, of: fn(&Comparison) -> f64| {
        table.set_item(name, PyArray1::from_iter(py, comparisons.iter().map(of)))
    };
    float("lower", |done| done.crossing.lower)?;
    float("upper", |done| done.crossing.upper)?;
    float("p_none", |done| done.crossing.p_none)?;
    float("p_several", |done| done.crossing.p_several)?;
    table.set_item("shared", comparisons.iter().map(|done| done.shared).collect::<Vec<_>>())?;
    table.set_item("ks", comparisons.into_iter().map(|done| done.crossing.ks).collect::<Vec<_>>())?;
    Ok(table)
}
