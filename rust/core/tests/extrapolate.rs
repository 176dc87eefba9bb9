//! The laws that extrapolation fits, and its rows.

mod common;

use std::path::PathBuf;

use common::close;
use passcurve_core::inference::beta_binomial::BetaBinomial;
use passcurve_core::inference::zero_inflated::ZeroInflated;
use passcurve_core::inference::{
    Basis, Extrapolated, InferenceError, Model, Models, Over, Problems, Spec, Tallies, extrapolate,
};
use passcurve_core::rng::Stream;
use serde_json::Value;

#[test]
fn golden_posteriors() {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("PASSCURVE_SHARED").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is not there", folder.display());
        return;
    }
    let text = std::fs::read_to_string(folder.join("golden/golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for row in golden["rows"].as_array().unwrap() {
        let variance = match row["fn"].as_str().unwrap() {
            "posterior_mean_pass_at_k" => false,
            "posterior_var_pass_at_k" => true,
            _ => continue,
        };
        let args = &row["args"];
        let count = |name: &str| args[name].as_u64().unwrap();
        let exponent = |name: &str| args[name].as_f64().unwrap();
        let prior = BetaBinomial { a: exponent("a0"), b: exponent("b0"), at_bound: false, covariance: None };
        let (mean, spread) = prior.posterior(count("n"), count("c"), count("k"));
        let expected: f64 = row["value"].as_str().unwrap().parse().unwrap();
        close(if variance { spread } else { mean } / expected, 1.0, 1e-14);
        compared += 1;
    }
    assert_eq!(compared, 14);
}

#[test]
fn a_fit_finds_the_law_that_made_the_data() {
    let mut stream = Stream::new(11, 0);
    let mut uniform = move || (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    // Beta(1, 3) is the least of three uniforms.
    let mut cells = Vec::new();
    for i in 0..40_000 {
        let p = uniform().min(uniform()).min(uniform());
        let n = [8, 16, 33][i % 3];
        cells.push((1, n, (0..n).filter(|_| uniform() < p).count() as u64));
    }
    let fit = BetaBinomial::fit(&Tallies::new(cells)).unwrap();
    let covariance = fit.covariance.unwrap();
    let z = [libm::log(fit.a) / covariance[0][0].sqrt(), libm::log(fit.b / 3.0) / covariance[1][1].sqrt()];
    assert!(z.iter().all(|z| z.abs() < 4.0), "{fit:?}");
    assert!((fit.pass_at_k(100) - 100.0 / 103.0).abs() < 0.005);
}

#[test]
fn a_share_of_zeros_is_found() {
    let mut stream = Stream::new(12, 0);
    let mut uniform = move || (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let mut cells = Vec::new();
    for i in 0..20_000 {
        let p = if uniform() < 0.4 { 0.0 } else { uniform().min(uniform()) };
        let n = [16, 32][i % 2];
        cells.push((1, n, (0..n).filter(|_| uniform() < p).count() as u64));
    }
    let fit = ZeroInflated::fit(&Tallies::new(cells)).unwrap();
    let covariance = fit.law.covariance.unwrap();
    let z = [
        libm::log(fit.law.a) / covariance[0][0].sqrt(),
        libm::log(fit.law.b / 2.0) / covariance[1][1].sqrt(),
    ];
    assert!(z.iter().all(|z| z.abs() < 4.0), "{fit:?}");
    assert!((fit.share - 0.4).abs() < 0.03, "{fit:?}");
    // The others have 1 - 2 / (k + 2) at k.
    assert!((fit.pass_at_k(100) - 0.6 * 100.0 / 102.0).abs() < 0.01);
}

const N_A: [i64; 12] = [16, 16, 9, 30, 16, 16, 16, 12, 16, 16, 16, 16];
const C_A: [i64; 12] = [0, 1, 0, 7, 16, 0, 2, 1, 0, 0, 4, 0];
const KS: [u64; 5] = [100, 4, 18, 25, 1 << 40];

fn rows(groups: &[Problems<'_>], models: Models, threads: usize) -> Vec<Vec<Extrapolated>> {
    let spec = Spec { n_resamples: 90, threads, ..Spec::default() };
    extrapolate(groups, &KS, models, &spec, &mut || true).unwrap()
}

#[test]
fn threads_order_and_other_groups_change_no_bit() {
    let a = Problems { n: &N_A, c: &C_A, clusters: None };
    let (reversed_n, reversed_c): (Vec<i64>, Vec<i64>) = N_A.into_iter().zip(C_A).rev().unzip();
    let reversed = Problems { n: &reversed_n, c: &reversed_c, clusters: None };
    let b = Problems { n: &[8; 6], c: &[0, 0, 3, 1, 8, 0], clusters: None };
    let expected = format!("{:?}", rows(&[a], Models::Auto, 1)[0]);
    for threads in [1, 2, 3] {
        for groups in [&[a][..], &[b, a], &[reversed, b]] {
            let at = groups.len().min(2) - 1;
            let at = if groups[0].n == reversed.n { 0 } else { at };
            assert_eq!(format!("{:?}", rows(groups, Models::Auto, threads)[at]), expected);
        }
    }
}

#[test]
fn rows_come_in_the_order_of_ks_and_models() {
    let a = Problems { n: &N_A, c: &C_A, clusters: Some(&[7; 12]) };
    let (beta, inflated) = (Basis::Model(Model::BetaBinomial), Basis::Model(Model::ZeroInflated));
    let found: Vec<(usize, Basis)> =
        rows(&[a], Models::Auto, 2)[0].iter().map(|row| (row.at, row.basis)).collect();
    let expected = [
        (0, beta),
        (0, inflated),
        (2, Basis::Model(Model::Chao2)),
        (3, beta),
        (3, inflated),
        (4, beta),
        (4, inflated),
    ];
    assert_eq!(found, expected);
    let only = &rows(&[a], Models::Only(Model::BetaBinomial), 2)[0];
    assert_eq!(only.iter().map(|row| row.at).collect::<Vec<_>>(), [0, 2, 3, 4]);
    assert!(
        only.iter().all(|row| row.basis == beta && (row.n_problems, row.n_min, row.n_max) == (12, 9, 30))
    );
    assert!(only.iter().all(|row| row.bounds[0] <= row.bounds[1] && row.cheap[0] <= row.cheap[1]));
    // Problems without samples are no problems.
    let with_empty = Problems { n: &[0, 8, 8], c: &[0, 3, 0], clusters: None };
    let rows = rows(&[with_empty, Problems { n: &[], c: &[], clusters: None }], Models::Auto, 1);
    assert_eq!((rows[0][0].n_problems, rows[0][0].n_min, rows[1].len()), (2, 8, 0));
}

#[test]
fn errors() {
    let a = Problems { n: &N_A, c: &C_A, clusters: None };
    let run = |spec: &Spec, go_on: bool| extrapolate(&[a], &KS, Models::Auto, spec, &mut || go_on);
    let few = Spec { n_resamples: 39, ..Spec::default() };
    assert!(matches!(run(&few, true), Err(InferenceError::TooFewResamples { given: 39, .. })));
    // The method and what it is over are not asked for here.
    assert!(run(&Spec { over: Over::Samples, n_resamples: 40, ..Spec::default() }, true).is_ok());
    let long = Spec { n_resamples: 5_000_000, ..Spec::default() };
    assert_eq!(run(&long, false), Err(InferenceError::Interrupted));
    let impossible = Problems { n: &[3], c: &[4], clusters: None };
    let result = extrapolate(&[impossible], &KS, Models::Auto, &Spec::default(), &mut || true);
    assert!(matches!(result, Err(InferenceError::Counts { n: 3, c: 4, .. })));
}
