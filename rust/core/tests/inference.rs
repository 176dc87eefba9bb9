//! Standard errors and intervals against worked examples, the golden table and `SciPy`.

use std::path::PathBuf;

use passcurve_core::inference::bootstrap::{Resampler, bootstrap, bootstrap_groups};
use passcurve_core::inference::clusters::cluster_se;
use passcurve_core::inference::moments::{Moments, fixed_benchmark_se};
use passcurve_core::inference::{
    Cells, InferenceError, Label, Method, Over, Row, Spec, estimate, estimate_clusters, estimate_groups,
};
use proptest::prelude::*;

const N: u64 = 8;

/// c = 0..=8 of the 30 problems of the worked example.
const EX30: [u64; 9] = [12, 5, 3, 0, 4, 0, 0, 2, 4];

/// 500 draws of Bin(16, Beta(.2, 3.8)).
const SKEWED: [u64; 17] = [345, 66, 29, 20, 15, 7, 4, 5, 5, 0, 2, 1, 1, 0, 0, 0, 0];

fn all_fail(n: u64, c: u64, k: u64) -> f64 {
    (0..k).map(|i| (n - c).saturating_sub(i) as f64 / (n - i) as f64).product()
}

fn pass_at(n: u64, c: u64, k: u64) -> f64 {
    1.0 - all_fail(n, c, k)
}

/// `q_k^2 - q_2k`, where it exists.
fn variance(n: u64, c: u64, k: u64) -> f64 {
    if 2 * k > n { f64::NAN } else { all_fail(n, c, k).powi(2) - all_fail(n, c, 2 * k) }
}

fn cells(histogram: &[u64], ks: &[u64]) -> Cells {
    let n = histogram.len() as u64 - 1;
    let mut cells = Cells { max: vec![1.0; ks.len()], variance: Some(vec![]), ..Cells::default() };
    for (c, &m) in (0..).zip(histogram).filter(|&(_, &m)| m > 0) {
        cells.multiplicity.push(m);
        cells.value.extend(ks.iter().map(|&k| pass_at(n, c, k)));
        cells.variance.as_mut().unwrap().extend(ks.iter().map(|&k| variance(n, c, k)));
    }
    cells
}

fn constant(problems: u64, value: f64) -> Cells {
    Cells { multiplicity: vec![problems], value: vec![value], variance: Some(vec![0.0]), max: vec![1.0] }
}

fn spec(method: Method) -> Spec {
    Spec { method, ..Spec::default() }
}

fn only(cells: &Cells, spec: &Spec) -> Row {
    estimate(cells, spec).unwrap()[0]
}

fn pairs(cells: &Cells, k: usize) -> Vec<(u64, f64)> {
    cells
        .multiplicity
        .iter()
        .copied()
        .zip(cells.value.iter().skip(k).step_by(cells.max.len()).copied())
        .collect()
}

#[track_caller]
fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} for {expected}");
}

#[track_caller]
fn same(actual: &[Vec<Row>], expected: &[Vec<Row>]) {
    // Debug prints every bit of a float, and NaN as itself.
    assert_eq!(format!("{actual:?}"), format!("{expected:?}"));
}

#[test]
fn means_and_standard_errors_of_methods_c2() {
    let cells = cells(&EX30, &[1, 4, 8]);
    let rows = estimate(&cells, &spec(Method::T)).unwrap();
    let expected =
        [(0.304_166_666_7, 0.067_987_103_0), (0.493_333_333_3, 0.080_852_058_0), (0.6, 0.090_971_765_2)];
    for (row, (mean, se)) in rows.iter().zip(expected) {
        close(row.estimate, mean, 5e-11);
        close(row.se, se, 5e-11);
    }
    let variances = |k: usize| {
        let column = cells.variance.as_ref().unwrap().iter().skip(k).step_by(3).copied();
        cells.multiplicity.iter().copied().zip(column)
    };
    // Mean v is P se^2.
    close(fixed_benchmark_se(variances(0)).powi(2) * 30.0, 0.011_086_31, 5e-9);
    close(fixed_benchmark_se(variances(1)).powi(2) * 30.0, 0.046_285_71, 5e-9);
    assert!(fixed_benchmark_se(variances(2)).is_nan());
}

#[test]
fn golden_moments() {
    let shared = std::env::var_os("PASSCURVE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("golden/golden.json")) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no golden table in {}", shared.display());
        return;
    };
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = golden["rows"].as_array().unwrap().iter().filter(|row| row["fn"] == "benchmark_mean_se_accel");
    let mut seen = 0;
    for row in rows {
        let arguments = &row["args"];
        let (n, k) = (arguments["n"].as_u64().unwrap(), arguments["k"].as_u64().unwrap());
        let solved = arguments["c"].as_array().unwrap().iter().map(|c| c.as_u64().unwrap());
        let moments = Moments::new(solved.map(|c| (1, pass_at(n, c, k))), 1.0);
        for (at, actual) in [moments.mean, moments.se, moments.acceleration].into_iter().enumerate() {
            let expected: f64 = row["value"][at].as_str().unwrap().parse().unwrap();
            // The values themselves are rounded, which the acceleration feels through cancellation.
            assert!((actual / expected - 1.0).abs() < 1e-13, "{actual} for {expected}");
        }
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn the_mean_is_right_to_the_last_digit() {
    // 10^6 (1 - 2^-53) + 1 over 10^6 + 1: a plain sum is off by many ulps.
    let below_one = 1.0 - f64::EPSILON / 2.0;
    let values = (0..1_000_000).map(|_| (1, below_one)).chain([(1, 1.0)]);
    assert_eq!(Moments::new(values, 1.0).mean.to_bits(), below_one.to_bits());
    assert_eq!(Moments::new([(3, 0.1)].into_iter(), 1.0).mean.to_bits(), f64::to_bits(0.1));
}

#[test]
fn skewness_and_effective_problems() {
    let cells = cells(&EX30, &[1, 4, 8]);
    // SciPy 1.17.1: (sum d)^2 / sum d^2 and scipy.stats.skew
    let effective = [12.250_574_712_643_678, 16.864_056_313_242_41, 12.0];
    for (k, expected) in effective.into_iter().enumerate() {
        let moments = Moments::new(pairs(&cells, k).into_iter(), 1.0);
        close(moments.minority.effective(), expected, 1e-12);
        close(moments.skew, moments.acceleration * 6.0 * 30.0_f64.sqrt(), 1e-15);
    }
}

#[test]
fn t_intervals_are_scipys() {
    // SciPy 1.17.1: scipy.stats.t.interval(level, 29, loc=mean, scale=se)
    let cells = cells(&EX30, &[1, 4, 8]);
    let expected = [
        (
            0.95,
            [
                (0.165_117_428_414_828_5, 0.443_215_904_918_504_8),
                (0.327_972_307_696_348, 0.658_694_358_970_318_7),
            ],
        ),
        (
            0.9,
            [
                (0.188_647_942_575_504_66, 0.419_685_390_757_828_57),
                (0.355_955_416_444_688, 0.630_711_250_221_978_7),
            ],
        ),
    ];
    for (confidence_level, intervals) in expected {
        let rows = estimate(&cells, &Spec { confidence_level, ..spec(Method::T) }).unwrap();
        for (row, (lower, upper)) in rows.iter().zip(intervals) {
            assert_eq!(row.method, Label::T);
            close(row.lower, lower, 1e-13);
            close(row.upper, upper, 1e-13);
        }
    }
}

#[test]
fn gamma_intervals_are_those_of_methods_c7_6() {
    // SciPy 1.17.1: the formula with scipy.stats.chi2.ppf
    let cells = cells(&EX30, &[1, 4, 8]);
    let expected = [
        (0.95, 0, 0.158_414_210_348_915_7, 0.519_909_230_187_362_1),
        (0.95, 1, 0.286_675_519_326_709_5, 0.776_461_404_905_96),
        (0.95, 2, 0.322_558_847_995_413_34, 0.793_314_163_042_592_7),
        (0.99, 2, 0.217_868_497_331_987_65, 0.835_229_441_629_308_9),
    ];
    for (confidence_level, k, lower, upper) in expected {
        let row = estimate(&cells, &Spec { confidence_level, ..spec(Method::Gamma) }).unwrap()[k];
        assert_eq!(row.method, Label::Gamma);
        close(row.lower, lower, 1e-12);
        close(row.upper, upper, 1e-12);
    }
}

#[test]
fn degenerate_samples_get_the_gamma_interval_whatever_the_method() {
    for method in [Method::Auto, Method::Bca, Method::Percentile, Method::T, Method::Gamma, Method::Normal] {
        let solved = only(&constant(30, 1.0), &spec(method));
        assert_eq!((solved.method, solved.estimate, solved.se, solved.upper), (Label::Gamma, 1.0, 0.0, 1.0));
        close(solved.lower, 0.916_269, 5e-7);
        let failed = only(&constant(30, 0.0), &spec(method));
        assert_eq!((failed.method, failed.lower), (Label::Gamma, 0.0));
        close(failed.upper, 1.0 - solved.lower, 1e-15);
        let half = only(&constant(30, 0.5), &spec(method));
        assert!(half.method == Label::Gamma && half.lower < 0.5 && half.upper > 0.5);
    }
}

#[test]
fn values_that_differ_by_rounding_are_degenerate() {
    let noisy =
        Cells { multiplicity: vec![10, 20], value: vec![0.3, 0.1 + 0.2], variance: None, max: vec![1.0] };
    assert_eq!(only(&noisy, &spec(Method::Bca)).method, Label::Gamma);
}

#[test]
fn metrics_on_other_ranges_scale() {
    let unit = cells(&SKEWED, &[1, 4]);
    let scaled =
        Cells { value: unit.value.iter().map(|h| 8.0 * h).collect(), max: vec![8.0; 2], ..unit.clone() };
    for method in [Method::Auto, Method::Bca, Method::Percentile, Method::T, Method::Gamma, Method::Normal] {
        let rows = estimate(&unit, &spec(method))
            .unwrap()
            .into_iter()
            .zip(estimate(&scaled, &spec(method)).unwrap());
        for (one, eight) in rows {
            close(eight.lower, 8.0 * one.lower, 1e-12);
            close(eight.upper, 8.0 * one.upper, 1e-12);
            assert_eq!(one.method, eight.method);
        }
    }
}

#[test]
fn bootstrap_intervals_agree_with_scipy() {
    // SciPy 1.17.1: bootstrap((h,), np.mean, n_resamples=10**6, rng=default_rng(1)) for EX30,
    // n_resamples=200_000, rng=default_rng(2) for SKEWED. Columns: k, percentile, BCa, standard error.
    let ex30 = [
        (1, (0.179_167, 0.441_667), (0.187_5, 0.454_167), 0.067),
        (4, (0.336_667, 0.649_048), (0.335_714, 0.648_571), 0.08),
    ];
    let skewed = [
        (1, (0.043_125, 0.062_75), (0.043_75, 0.063_5), 0.005),
        (4, (0.127_967, 0.174_173), (0.128_773, 0.175_098), 0.0118),
    ];
    for (histogram, expected) in [(&EX30[..], ex30), (&SKEWED, skewed)] {
        for (k, percentile, bca, se) in expected {
            let cells = cells(histogram, &[k]);
            let methods =
                [(Method::Percentile, Label::Percentile, percentile), (Method::Bca, Label::Bca, bca)];
            for (method, label, (lower, upper)) in methods {
                let row = only(&cells, &Spec { n_resamples: 100_000, ..spec(method) });
                assert_eq!(row.method, label);
                // The Monte Carlo error of an end point is .027 se at 10^4 replicates.
                close(row.lower, lower, 0.04 * se);
                close(row.upper, upper, 0.04 * se);
            }
        }
    }
}

#[test]
fn lattice_percentiles_are_exact() {
    // k = n: the mean is Binomial(30, .6) / 30, whose percentiles are exact.
    let row = only(&cells(&EX30, &[8]), &Spec { n_resamples: 100_000, ..spec(Method::Percentile) });
    close(row.lower, 13.0 / 30.0, 1e-15);
    close(row.upper, 23.0 / 30.0, 1e-15);
}

#[test]
fn ties_at_the_estimate_count_half() {
    // 18 of 30 at 0.7 and 12 at 0.1: T* = estimate for 15 % of the replicates, in many roundings.
    let tied = Cells { multiplicity: vec![18, 12], value: vec![0.7, 0.1], variance: None, max: vec![1.0] };
    let clean = Cells { value: vec![1.0, 0.0], ..tied.clone() };
    let (tied, clean) = (only(&tied, &spec(Method::Bca)), only(&clean, &spec(Method::Bca)));
    close(tied.lower, 0.1 + 0.6 * clean.lower, 1e-12);
    close(tied.upper, 0.1 + 0.6 * clean.upper, 1e-12);
}

#[test]
fn auto_turns_to_gamma_for_few_effective_problems() {
    assert_eq!(only(&cells(&SKEWED, &[1]), &spec(Method::Auto)).method, Label::Bca);
    assert_eq!(only(&cells(&EX30, &[1]), &spec(Method::Auto)).method, Label::Bca); // 12.3 of 30
    let nearly_solved = [0, 0, 0, 0, 0, 0, 0, 9, 21];
    let row = only(&cells(&nearly_solved, &[1]), &spec(Method::Auto));
    assert_eq!(row.method, Label::Gamma);
    assert_eq!(row.se.to_bits(), only(&cells(&nearly_solved, &[1]), &spec(Method::T)).se.to_bits());
}

#[test]
fn over_samples_the_interval_is_normal() {
    let over_samples = Spec { over: Over::Samples, ..Spec::default() };
    let rows = estimate(&cells(&EX30, &[1, 4, 5, 8]), &over_samples).unwrap();
    // SciPy 1.17.1: sqrt(sum v) / P; mean -+ norm.ppf(.975) se
    close(rows[0].se, (0.011_086_31_f64 / 30.0).sqrt(), 1e-8);
    close(rows[0].upper - rows[0].estimate, 1.959_963_984_540_054 * rows[0].se, 1e-14);
    assert_eq!(rows[1].method, Label::Normal);
    for row in &rows[2..] {
        assert!(row.se.is_nan() && row.lower.is_nan() && row.upper.is_nan() && row.estimate > 0.0);
        assert_eq!(row.method.as_str(), "none: 2k > n");
    }
    // Problems that are always or never solved: sampling has shown no noise, which does not bound it.
    for shown in [[10, 0, 0, 0, 0, 0, 0, 0, 20], [0, 0, 0, 0, 0, 0, 0, 0, 30], [30, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let row = only(&cells(&shown, &[1]), &over_samples);
        assert_eq!(row.method, Label::NoSpread);
        assert!(row.se.is_nan() && row.lower.is_nan());
    }
}

#[test]
fn one_problem_or_none_has_no_interval() {
    for method in [Method::Auto, Method::Bca, Method::Percentile, Method::T] {
        let row = only(&constant(1, 0.5), &spec(method));
        assert!(
            (row.estimate - 0.5).abs() < 1e-16 && row.se.is_nan() && row.lower.is_nan() && row.upper.is_nan()
        );
        assert_eq!(row.method.as_str(), "none: one problem");
        let empty = Cells { max: vec![1.0], ..Cells::default() };
        let row = only(&empty, &spec(method));
        assert!(row.estimate.is_nan());
        assert_eq!(row.method.as_str(), "none: no problem");
    }
}

#[test]
fn two_problems_have_one() {
    let two = Cells { multiplicity: vec![1, 1], value: vec![0.0, 1.0], variance: None, max: vec![1.0] };
    for method in [Method::Bca, Method::Percentile, Method::T] {
        let row = only(&two, &spec(method));
        assert_eq!((row.estimate, row.se, row.lower, row.upper), (0.5, 0.5, 0.0, 1.0), "{method:?}");
    }
    assert_eq!(only(&two, &spec(Method::Auto)).method, Label::Gamma);
}

#[test]
fn one_replicate_falls_back_to_percentiles() {
    let row = only(&cells(&SKEWED, &[4]), &Spec { n_resamples: 1, ..spec(Method::Bca) });
    assert_eq!(row.method, Label::Percentile);
    assert_eq!(row.lower.to_bits(), row.upper.to_bits());
}

#[test]
fn an_undefined_value_silences_its_own_k_only() {
    let whole = cells(&SKEWED, &[1, 4]);
    let mut holed = whole.clone();
    holed.value[3] = f64::NAN;
    let rows = estimate(&holed, &Spec::default()).unwrap();
    same(&[vec![rows[0]]], &[vec![estimate(&whole, &Spec::default()).unwrap()[0]]]);
    assert!(rows[1].estimate.is_nan() && rows[1].se.is_nan());
    assert_eq!(rows[1].method.as_str(), "none: k > n");
}

#[test]
fn clusters_of_methods_c4() {
    let solved: Vec<u64> = (0..).zip(EX30).flat_map(|(c, m)| (0..m).map(move |_| c)).collect();
    let values: Vec<f64> = solved.iter().map(|&c| pass_at(N, c, 1)).collect();
    let families: Vec<u64> = (0..30).map(|i| 7 + i / 5).collect();
    let row = estimate_clusters(&families, &values, &[1.0], &Spec::default()).unwrap()[0];
    close(row.se, 0.160_392_314_2, 5e-11);
    assert_eq!(row.method, Label::T);
    // SciPy 1.17.1: scipy.stats.t.ppf(.975, 5) = 2.5705818356363146; the lower end is cut at 0
    close(row.upper, row.estimate + 2.570_581_835_636_314_6 * row.se, 1e-14);
    assert_eq!(row.lower.to_bits(), 0.0_f64.to_bits());

    let singletons: Vec<u64> = (0..30).collect();
    let each = estimate_clusters(&singletons, &values, &[1.0], &spec(Method::T)).unwrap()[0];
    let usual = only(&cells(&EX30, &[1]), &spec(Method::T));
    close(each.se, usual.se, 1e-16);
    close(each.lower, usual.lower, 1e-15);
}

#[test]
fn degenerate_clusters() {
    let one = estimate_clusters(&[4, 4, 4], &[0.0, 0.5, 1.0], &[1.0], &Spec::default()).unwrap()[0];
    assert_eq!(one.method.as_str(), "none: one cluster");
    assert!(one.se.is_nan() && one.lower.is_nan() && (one.estimate - 0.5).abs() < 1e-16);
    // 30 solved clusters of two say as much as 30 solved problems.
    let clusters: Vec<u64> = (0..60).map(|i| i / 2).collect();
    let solved = estimate_clusters(&clusters, &[1.0; 60], &[1.0], &Spec::default()).unwrap()[0];
    assert_eq!((solved.method, solved.se), (Label::Gamma, 0.0));
    close(solved.lower, only(&constant(30, 1.0), &Spec::default()).lower, 1e-14);
    // Clusters that all have the same mean.
    let alike = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7];
    assert!(cluster_se(&[0, 0, 1, 1, 2, 2], 3, alike.into_iter()) < 1e-16);
}

#[test]
fn bad_specs_are_refused() {
    let cells = cells(&EX30, &[1]);
    for confidence_level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        let refused = estimate(&cells, &Spec { confidence_level, ..Spec::default() });
        assert!(matches!(refused, Err(InferenceError::ConfidenceLevel(_))));
    }
    let refused = |spec| estimate(&cells, &spec).unwrap_err();
    assert_eq!(refused(Spec { n_resamples: 0, ..Spec::default() }), InferenceError::NoResamples);
    let over_samples = Spec { over: Over::Samples, ..spec(Method::Bca) };
    assert_eq!(refused(over_samples), InferenceError::MethodOverSamples);
    let shapeless = Cells { value: vec![], ..cells.clone() };
    let shape = InferenceError::Shape { expected: 6, actual: 0 };
    assert_eq!(estimate(&shapeless, &Spec::default()).unwrap_err(), shape);
    let huge = Cells { multiplicity: vec![u64::from(u32::MAX), 1, 0, 0, 0, 0], ..cells.clone() };
    assert_eq!(estimate(&huge, &Spec::default()).unwrap_err(), InferenceError::TooManyProblems);
    let refused = estimate_clusters(&[1], &[1.0], &[1.0], &spec(Method::Bca)).unwrap_err();
    assert_eq!(refused, InferenceError::MethodOverClusters);
}

#[test]
fn threads_and_other_groups_change_nothing() {
    let groups = [
        cells(&SKEWED, &[1, 2, 3, 4, 5, 6, 7, 8, 12]),
        constant(30, 1.0),
        Cells { max: vec![1.0], ..Cells::default() },
        cells(&EX30, &[1, 4]),
        cells(&[1300, 700, 500, 41, 40, 39, 20, 7, 1], &[2]),
    ];
    let with = |threads| Spec { threads, n_resamples: 777, ..spec(Method::Bca) };
    let alone: Vec<Vec<Row>> = groups.iter().map(|cells| estimate(cells, &with(1)).unwrap()).collect();
    for threads in [1, 2, 3, 8] {
        same(&estimate_groups(&groups, &with(threads)).unwrap(), &alone);
    }
}

#[test]
fn other_ks_change_nothing() {
    let few = bootstrap(&cells(&SKEWED, &[4]), 500, 3, 1);
    let many = bootstrap(&cells(&SKEWED, &[1, 2, 4, 8, 9, 10, 11, 12, 13, 16]), 500, 3, 2);
    assert_eq!(few[0], many[2]);
    // A longer run starts like a shorter one.
    assert_eq!(few[0][..], bootstrap(&cells(&SKEWED, &[4]), 1000, 3, 1)[0][..500]);
}

#[test]
fn bits_of_seed_0() {
    // Our own, so that no change of the draws goes unseen; a release note must say it when they change.
    let light = bootstrap(&cells(&EX30, &[4]), 3, 0, 1);
    let heavy = bootstrap(&cells(&[1300, 700, 500, 90, 60, 50, 20, 7, 1], &[4]), 3, 0, 1);
    let bits = |replicates: &[f64]| replicates.iter().map(|t| t.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&light[0]), [0x3fd8_59b8_cec0_1f35, 0x3fdc_2128_78ed_f546, 0x3fe0_c6f2_d593_bfa3]);
    assert_eq!(bits(&heavy[0]), [0x3fd6_12a9_3c98_4aa5, 0x3fd6_8507_a850_7a86, 0x3fd6_646d_388f_f81c]);
}

#[test]
fn replicates_have_the_mean_and_the_variance_of_the_sample() {
    // Var* = (P-1)/P s^2/P, in both the light and the heavy way of drawing.
    for histogram in [&EX30[..], &[1300, 700, 500, 90, 60, 50, 20, 7, 1]] {
        let cells = cells(histogram, &[1, 4]);
        let replicates = bootstrap(&cells, 40_000, 1, 2);
        for (k, replicates) in replicates.iter().enumerate() {
            let sample = Moments::new(pairs(&cells, k).into_iter(), 1.0);
            let boot = Moments::new(replicates.iter().map(|&t| (1, t)), 1.0);
            let expected = sample.se * ((sample.problems - 1) as f64 / sample.problems as f64).sqrt();
            close(boot.mean, sample.mean, 4.0 * expected / 200.0);
            close(boot.sd / expected, 1.0, 0.015);
            // The third moment as well: the skewness of a mean is that of its terms over sqrt(P).
            close(boot.skew, sample.skew / (sample.problems as f64).sqrt(), 0.06);
        }
    }
}

#[test]
fn an_empty_group_has_no_replicates() {
    let empty = Cells { max: vec![1.0, 1.0], ..Cells::default() };
    let (empty, full) = (Resampler::new(&empty), Resampler::new(&cells(&EX30, &[1])));
    let replicates = bootstrap_groups(&[&empty, &full, &empty], 300, 0, 2);
    assert_eq!(replicates.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 2]);
    assert!(replicates[0][0].is_empty() && replicates[1][0].len() == 300);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every interval is ordered, inside the range, and around the estimate where it is not a bootstrap.
    #[test]
    fn intervals_stay_in_the_range(
        histogram in prop::collection::vec(0_u64..60, 2..12),
        level in 0.01_f64..0.999,
        seed: u64,
    ) {
        let cells = cells(&histogram, &[1]);
        for method in [Method::Auto, Method::Bca, Method::Percentile, Method::T, Method::Gamma, Method::Normal] {
            let spec = Spec { method, confidence_level: level, n_resamples: 99, seed, ..Spec::default() };
            let row = only(&cells, &spec);
            if matches!(row.method, Label::NoProblem | Label::OneProblem) {
                prop_assert!(cells.problems() < 2 && row.lower.is_nan());
                continue;
            }
            prop_assert!(0.0 <= row.lower && row.lower <= row.upper && row.upper <= 1.0, "{row:?}");
            if matches!(row.method, Label::T | Label::Normal) {
                prop_assert!(row.lower <= row.estimate && row.estimate <= row.upper, "{row:?}");
            }
        }
    }
}
