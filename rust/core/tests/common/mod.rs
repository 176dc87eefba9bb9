//! Worked examples and small makers that the tests of the inference share.
#![allow(dead_code, missing_docs)] // each test file uses its part

use passcurve_core::inference::{Cells, Method, Noise, Row, Spec, estimate};

pub const N: u64 = 8;

/// All that start from values.
pub fn methods() -> impl Iterator<Item = Method> {
    Method::ALL.into_iter().filter(|&method| method != Method::Bayes)
}

/// c = 0..=8 of the 30 problems of the worked example.
pub const EX30: [u64; 9] = [12, 5, 3, 0, 4, 0, 0, 2, 4];

/// 500 draws of Bin(16, Beta(.2, 3.8)).
pub const SKEWED: [u64; 17] = [345, 66, 29, 20, 15, 7, 4, 5, 5, 0, 2, 1, 1, 0, 0, 0, 0];

pub fn all_fail(n: u64, c: u64, k: u64) -> f64 {
    (0..k).map(|i| (n - c).saturating_sub(i) as f64 / (n - i) as f64).product()
}

pub fn pass_at(n: u64, c: u64, k: u64) -> f64 {
    1.0 - all_fail(n, c, k)
}

/// `q_k^2 - q_2k`, where it exists.
pub fn variance(n: u64, c: u64, k: u64) -> f64 {
    if 2 * k > n { f64::NAN } else { all_fail(n, c, k).powi(2) - all_fail(n, c, 2 * k) }
}

pub fn cells(histogram: &[u64], ks: &[u64]) -> Cells {
    let n = histogram.len() as u64 - 1;
    let mut cells = Cells { max: vec![1.0; ks.len()], ..Cells::default() };
    let mut noise = Noise { variance: vec![], repeats: ks.iter().map(|k| n / k).collect() };
    for (c, &m) in (0..).zip(histogram).filter(|&(_, &m)| m > 0) {
        cells.multiplicity.push(m);
        cells.value.extend(ks.iter().map(|&k| pass_at(n, c, k)));
        noise.variance.extend(ks.iter().map(|&k| variance(n, c, k)));
    }
    Cells { noise: Some(noise), ..cells }
}

pub fn constant(problems: u64, value: f64) -> Cells {
    let noise = Noise { variance: vec![0.0], repeats: vec![1] };
    Cells { multiplicity: vec![problems], value: vec![value], noise: Some(noise), max: vec![1.0] }
}

pub fn spec(method: Method) -> Spec {
    Spec { method, ..Spec::default() }
}

pub fn only(cells: &Cells, spec: &Spec) -> Row {
    estimate(cells, spec).unwrap()[0]
}

pub fn pairs(cells: &Cells, k: usize) -> Vec<(u64, f64)> {
    cells
        .multiplicity
        .iter()
        .copied()
        .zip(cells.value.iter().skip(k).step_by(cells.max.len()).copied())
        .collect()
}

#[track_caller]
pub fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} for {expected}");
}

#[track_caller]
pub fn same(actual: &[Vec<Row>], expected: &[Vec<Row>]) {
    // Debug prints every bit of a float, and NaN as itself.
    assert_eq!(format!("{actual:?}"), format!("{expected:?}"));
}
