//! Two models on the same problems.

use std::ops::Range;

use passcurve_core::inference::{
    Comparison, Pair, PairedMethod, PairedRow, PairedSpec, Spec, compare as compare_pairs,
};
use passcurve_core::parallel::thread_count;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Ints, optional, ranges};
use crate::errors::{interruptible, misused};
use crate::inference::over;
use crate::table::Table;

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
pub(crate) fn compare<'py>(
    py: Python<'py>,
    lengths: Vec<usize>,
    n: [Ints<'py>; 2],
    c: [Ints<'py>; 2],
    clusters: Option<Ints<'py>>,
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
    let pairs = split(n, c, optional(clusters.as_ref())?, &lengths)?;
    let comparisons = interruptible(py, |keep_on| compare_pairs(&pairs, &ks, &spec, keep_on))?;
    let comparisons = comparisons.map_err(misused)?;
    Ok((rows(py, &comparisons)?, crossings(py, &comparisons)?))
}

fn split<'a>(
    n: [&'a [i64]; 2],
    c: [&'a [i64]; 2],
    clusters: Option<&'a [i64]>,
    lengths: &[usize],
) -> PyResult<Vec<Pair<'a>>> {
    let rows = n.into_iter().chain(c).chain(clusters).map(<[i64]>::len).min().unwrap_or(0);
    let pair = |part: Range<usize>| Pair {
        n: n.map(|column| &column[part.clone()]),
        c: c.map(|column| &column[part.clone()]),
        clusters: clusters.map(|ids| &ids[part]),
    };
    Ok(ranges(lengths, rows)?.into_iter().map(pair).collect())
}

/// The rows of all pairs, and which pair each is of.
fn rows<'py>(py: Python<'py>, comparisons: &[Comparison]) -> PyResult<Bound<'py, PyDict>> {
    let rows: Vec<(u64, &PairedRow)> = (0..)
        .zip(comparisons)
        .flat_map(|(pair, done)| done.rows.iter().map(move |row| (pair, row)))
        .collect();
    let table = Table::new(py, &rows);
    table.count("pair", |&(pair, _)| pair)?;
    table.float("a", |(_, row)| row.a)?;
    table.float("b", |(_, row)| row.b)?;
    table.float("difference", |(_, row)| row.difference)?;
    table.float("se", |(_, row)| row.se)?;
    table.float("lower", |(_, row)| row.lower)?;
    table.float("upper", |(_, row)| row.upper)?;
    table.float("band_lower", |(_, row)| row.band_lower)?;
    table.float("band_upper", |(_, row)| row.band_upper)?;
    table.float("p_value", |(_, row)| row.p_value)?;
    table.float("p_bootstrap", |(_, row)| row.p_bootstrap)?;
    table.float("p_sign_flip", |(_, row)| row.p_sign_flip)?;
    table.float("p_permutation", |(_, row)| row.p_permutation)?;
    table.float("p_holm", |(_, row)| row.p_holm)?;
    table.float("p_bh", |(_, row)| row.p_bh)?;
    table.count("k", |(_, row)| row.k)?;
    table.count("n_problems", |(_, row)| row.n_problems)?;
    table.count("n_min", |(_, row)| row.n_min)?;
    table.count("n_max", |(_, row)| row.n_max)?;
    table.count("n_skipped", |(_, row)| row.n_skipped)?;
    table.list("method", |(_, row)| row.method.as_str())?;
    table.list("reason", |(_, row)| row.reason)?;
    Ok(table.columns)
}

/// One row a pair.
fn crossings<'py>(py: Python<'py>, comparisons: &[Comparison]) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, comparisons);
    table.float("lower", |done| done.crossing.lower)?;
    table.float("upper", |done| done.crossing.upper)?;
    table.float("p_none", |done| done.crossing.p_none)?;
    table.float("p_several", |done| done.crossing.p_several)?;
    table.list("shared", |done| done.shared)?;
    table.list("ks", |done| &done.crossing.ks)?;
    Ok(table.columns)
}
