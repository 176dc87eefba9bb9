//! Every stored vector of the elementwise family, to the last bit.
//!
//! The vectors have 25 digits. The nearest f64 to a decimal is what `str::parse` gives, so "within half an
//! ulp" is equality. Set `PASSCURVE_SHARED` to the folder that holds `golden/golden.json`.
#![allow(clippy::float_cmp)]

use std::path::PathBuf;

use passcurve_core::estimators::{Estimator, Tau, allfail};
use passcurve_core::samples::{Ties, Votes, maj_at_k};
use serde_json::Value;

/// The shared folder; without it the test is skipped, but not in CI.
fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("PASSCURVE_SHARED").map_or_else(beside, PathBuf::from);
    let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(folder.is_dir() || !ci, "{} is not there", folder.display());
    folder.is_dir().then_some(folder)
}

fn ours(function: &str, n: u64, c: u64, k: u64, tau: Option<f64>) -> Option<f64> {
    let estimator = match function {
        "all_fail_k" => return Some(allfail(n, c, k).0),
        "informative_group" => Estimator::Informative,
        "mg_pass_at_k" => Estimator::MgPassAtK,
        "g_pass_at_k" => Estimator::GPassAtK(Tau::new(tau?)?),
        "var_pass_at_k" => Estimator::PassAtKVariance,
        "plugin_pass_at_k" => Estimator::PassAtKPlugin,
        "plugin_alpha_k" => Estimator::AlphaKPlugin,
        "gap_k" => Estimator::PassGap,
        "signal_mass_k" => Estimator::SignalMass,
        "pass_at_k" | "pass_hat_k" | "alpha_k" => Estimator::from_name(function, None)?,
        _ => return None,
    };
    Some(estimator.evaluate(n, c, k))
}

#[test]
fn golden_vectors() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("golden/golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for row in golden["rows"].as_array().unwrap() {
        let args = &row["args"];
        let count = |name: &str| args[name].as_u64();
        let (Some(n), Some(c), Some(k)) = (count("n"), count("c"), count("k").or(count("G"))) else {
            continue;
        };
        let Some(value) = ours(row["fn"].as_str().unwrap(), n, c, k, args["tau"].as_f64()) else { continue };
        let expected: f64 = row["value"].as_str().unwrap().parse().unwrap();
        assert_eq!(value, expected, "{row}");
        compared += 1;
    }
    assert_eq!(compared, 734);
}

/// Majorities of up to 10^9 samples.
#[test]
fn golden_majorities() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("golden/golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for row in golden["rows"].as_array().unwrap().iter().filter(|row| row["fn"] == "maj_at_k") {
        let args = &row["args"];
        let numbers =
            |name: &str| args[name].as_array().unwrap().iter().map(|x| x.as_u64().unwrap()).collect();
        let (counts, correct): (Vec<u64>, Vec<u64>) = (numbers("counts"), numbers("correct"));
        let classes = (0..).zip(counts).map(|(b, count)| (count, correct.contains(&b))).collect();
        let votes = Votes { classes, abstain: args["abstain"].as_u64().unwrap() };
        let ties = if args["ties"] == "strict" { Ties::Wrong } else { Ties::Fair };
        let value = maj_at_k(&votes, args["k"].as_u64().unwrap(), ties);
        let expected: f64 = row["value"].as_str().unwrap().parse().unwrap();
        assert!((value - expected).abs() <= 6.0 * f64::EPSILON * expected, "{value}: {row}");
        compared += 1;
    }
    assert_eq!(compared, 33);
}
