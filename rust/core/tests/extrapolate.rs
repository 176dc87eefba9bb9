//! The laws that extrapolation fits.

mod common;

use common::close;
use passcurve_core::inference::Tallies;
use passcurve_core::inference::beta_binomial::BetaBinomial;
use passcurve_core::rng::Stream;
use serde_json::Value;
use std::path::PathBuf;

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
