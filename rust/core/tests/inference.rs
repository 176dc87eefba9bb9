//! Standard errors and intervals against worked examples, the golden table and `SciPy`.

mod common;

use std::path::PathBuf;

use common::{EX30, SKEWED, cells, close, constant, methods, only, pairs, pass_at, spec};
use passcurve_core::inference::moments::{Moments, fixed_benchmark_se};
use passcurve_core::inference::{Cells, Label, Method, Over, Spec, estimate};
use passcurve_core::rng::Stream;

#[test]
fn means_and_standard_errors_of_the_worked_example() {
    let cells = cells(&EX30, &[1, 4, 8]);
    let rows = estimate(&cells, &spec(Method::T)).unwrap();
    let expected =
        [(0.304_166_666_7, 0.067_987_103_0), (0.493_333_333_3, 0.080_852_058_0), (0.6, 0.090_971_765_2)];
    for (row, (mean, se)) in rows.iter().zip(expected) {
        close(row.estimate, mean, 5e-11);
        close(row.se, se, 5e-11);
    }
    let variances = |k: usize| {
        let column = cells.noise.as_ref().unwrap().variance.iter().skip(k).step_by(3).copied();
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
fn effective_problems() {
    let cells = cells(&EX30, &[1, 4, 8]);
    // NumPy 2.4.6: (sum d^2)^2 / sum d^4 of the deviations d, or with 0.7 more at 1 or at 0 where that is less
    let effective = [12.747_249_475_486_074, 23.726_551_640_360_38, 25.582_383_304_244_52];
    for (k, expected) in effective.into_iter().enumerate() {
        let moments = Moments::new(pairs(&cells, k).into_iter(), 1.0);
        close(moments.effective, expected, 1e-12);
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
fn degenerate_samples_get_an_interval_whatever_the_method() {
    for method in methods() {
        // SciPy 1.17.1: scipy.stats.beta.ppf, and scipy.stats.chi2.ppf for gamma
        let (label, lower) = match method {
            Method::Gamma => (Label::Gamma, 0.916_269),
            _ => (Label::Beta, 0.902_358),
        };
        let solved = only(&constant(30, 1.0), &spec(method));
        assert_eq!((solved.method, solved.estimate, solved.se, solved.upper), (label, 1.0, 0.0, 1.0));
        close(solved.lower, lower, 1e-6);
        let failed = only(&constant(30, 0.0), &spec(method));
        assert_eq!((failed.method, failed.lower), (label, 0.0));
        close(failed.upper, 1.0 - solved.lower, 1e-14);
        assert_eq!(solved.reason.is_none(), matches!(method, Method::Gamma | Method::Beta));
        let half = only(&constant(30, 0.5), &spec(method));
        assert!(half.method == label && half.lower < 0.5 && half.upper > 0.5);
    }
}

#[test]
fn values_that_differ_by_rounding_are_degenerate() {
    let noisy =
        Cells { multiplicity: vec![10, 20], value: vec![0.3, 0.1 + 0.2], noise: None, max: vec![1.0] };
    assert_eq!(only(&noisy, &spec(Method::Bca)).method, Label::Beta);
}

#[test]
fn metrics_on_other_ranges_scale() {
    let unit = cells(&SKEWED, &[1, 4]);
    let scaled =
        Cells { value: unit.value.iter().map(|h| 8.0 * h).collect(), max: vec![8.0; 2], ..unit.clone() };
    for method in methods() {
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
    // n_resamples=200_000, rng=default_rng(2) for SKEWED. Columns: k, percentile, BCa, and what may be between:
    // .04 standard errors (Monte Carlo gives .027 at 10^4 resamples), or one atom where that is more.
    const ATOM: f64 = 1.001 / 240.0;
    let ex30 = [
        (1, (0.179_167, 0.441_667), (0.187_5, 0.454_167), ATOM),
        (4, (0.336_667, 0.649_048), (0.335_714, 0.648_571), 0.04 * 0.08),
    ];
    let skewed = [
        (1, (0.043_125, 0.062_75), (0.043_75, 0.063_5), 0.04 * 0.005),
        (4, (0.127_967, 0.174_173), (0.128_773, 0.175_098), 0.04 * 0.0118),
    ];
    for (histogram, expected) in [(&EX30[..], ex30), (&SKEWED, skewed)] {
        for (k, percentile, bca, tolerance) in expected {
            let cells = cells(histogram, &[k]);
            for (method, label, (lower, upper)) in [
                (Method::Percentile, Label::Percentile, percentile),
                (Method::Lattice, Label::Lattice, percentile),
                (Method::Bootstrap, Label::Bootstrap, percentile),
                (Method::Bca, Label::Bca, bca),
            ] {
                let row = only(&cells, &Spec { n_resamples: 100_000, ..spec(method) });
                assert_eq!(row.method, label);
                close(row.lower, lower, tolerance);
                close(row.upper, upper, tolerance);
            }
        }
    }
}

#[test]
fn lattice_percentiles_are_exact() {
    // k = n: the mean is Binomial(30, .6) / 30, whose percentiles are exact.
    for method in [Method::Lattice, Method::Bootstrap] {
        let row = only(&cells(&EX30, &[8]), &Spec { n_resamples: 100_000, ..spec(method) });
        close(row.lower, 13.0 / 30.0, 1e-15);
        close(row.upper, 23.0 / 30.0, 1e-15);
    }
    // k = 1: atoms of 1/240, the same ends as 10^6 resamples have.
    let row = only(&cells(&EX30, &[1]), &spec(Method::Lattice));
    close(row.lower, 43.0 / 240.0, 1e-15);
    close(row.upper, 106.0 / 240.0, 1e-15);
}

fn draw(stream: &mut Stream, length: usize) -> usize {
    usize::try_from(stream.next_u64() % length as u64).unwrap()
}

/// `SciPy` has no studentized bootstrap: Student's ratios of resamples of problems, with plain sums.
#[test]
fn studentized_is_the_bootstrap_of_students_ratio() {
    let cells = cells(&SKEWED, &[4]);
    let row = only(&cells, &Spec { n_resamples: 20_000, ..spec(Method::Studentized) });
    let values: Vec<f64> = pairs(&cells, 0).iter().flat_map(|&(m, h)| (0..m).map(move |_| h)).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let mut ratios: Vec<f64> = (0..20_000)
        .map(|replicate| {
            let mut stream = Stream::new(77, replicate);
            let drawn: Vec<f64> = values.iter().map(|_| values[draw(&mut stream, values.len())]).collect();
            let centre = drawn.iter().sum::<f64>() / count;
            let squares = drawn.iter().map(|h| (h - centre) * (h - centre)).sum::<f64>();
            (centre - mean) / (squares / (count - 1.0) / count).sqrt()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    // Two bootstraps of 20,000: .027 se each at 10^4, so .027 between the two, and three times that at most.
    close(row.lower, mean - ratios[19_500] * row.se, 0.08 * row.se);
    close(row.upper, mean - ratios[500] * row.se, 0.08 * row.se);
    assert!(row.lower > mean - 2.5 * row.se && row.upper < mean + 2.5 * row.se);
    assert_eq!(row.method, Label::Studentized);
}

#[test]
fn studentized_of_nearly_all_solved_ends_at_the_range() {
    // In 36 % of the resamples all problems are solved, and Student's ratio is infinite.
    let one_fails = Cells { multiplicity: vec![29, 1], value: vec![1.0, 0.0], noise: None, max: vec![1.0] };
    let row = only(&one_fails, &spec(Method::Studentized));
    assert_eq!((row.lower, row.method), (0.0, Label::Studentized));
    assert!(row.upper > row.estimate && row.upper <= 1.0);
}

#[test]
fn ties_do_not_move_bca() {
    let tied = Cells { multiplicity: vec![18, 12], value: vec![0.7, 0.1], noise: None, max: vec![1.0] };
    let clean = Cells { value: vec![1.0, 0.0], ..tied.clone() };
    let (tied, clean) = (only(&tied, &spec(Method::Bca)), only(&clean, &spec(Method::Bca)));
    close(tied.lower, 0.1 + 0.6 * clean.lower, 1e-12);
    close(tied.upper, 0.1 + 0.6 * clean.upper, 1e-12);
}

#[test]
fn auto_turns_to_beta_where_the_variance_rests_on_few_problems() {
    let few = Some("fewer than 20 effective problems");
    assert_eq!(only(&cells(&SKEWED, &[1]), &spec(Method::Auto)).method, Label::Bca);
    // 12.8 of 30, and then 23.7.
    for (k, expected) in [(1, (Label::Beta, few)), (4, (Label::Bca, None))] {
        let row = only(&cells(&EX30, &[k]), &spec(Method::Auto));
        assert_eq!((row.method, row.reason), expected);
    }
    // Of 200 problems, 197 are alike: what the others are worth is not known.
    let rare = Cells { multiplicity: vec![197, 3], value: vec![0.95, 0.0], noise: None, max: vec![1.0] };
    assert_eq!(only(&rare, &spec(Method::Auto)).method, Label::Beta);
    // Nor is it where none of the rare kind was drawn; of 1,600 one would be.
    let unseen = |m| Cells { multiplicity: vec![m, m], value: vec![0.85, 0.95], noise: None, max: vec![1.0] };
    let [few_drawn, many_drawn] = [30, 800].map(|m| only(&unseen(m), &spec(Method::Auto)));
    assert_eq!((few_drawn.method, few_drawn.reason), (Label::Beta, few));
    assert!(few_drawn.effective < 2.0 && few_drawn.lower < 0.87, "{few_drawn:?}");
    assert_eq!((many_drawn.method, many_drawn.reason), (Label::Bca, None));
    let nearly_solved = [0, 0, 0, 0, 0, 0, 0, 9, 21];
    let row = only(&cells(&nearly_solved, &[1]), &spec(Method::Auto));
    assert_eq!((row.method, row.reason), (Label::Beta, few));
    assert_eq!(row.se.to_bits(), only(&cells(&nearly_solved, &[1]), &spec(Method::T)).se.to_bits());
    let asked = only(&cells(&nearly_solved, &[1]), &spec(Method::Beta));
    assert_eq!((asked.lower, asked.upper, asked.reason), (row.lower, row.upper, None));
}

#[test]
fn beta_intervals_are_scipys() {
    // The formula with scipy.stats.beta.ppf, SciPy 1.17.1.
    for (k, lower, upper) in [
        (1, 0.176_463_499_765_020_68, 0.460_670_923_661_768_2),
        (4, 0.328_785_176_057_875_9, 0.658_941_228_868_616_3),
        (8, 0.407_982_076_952_871_6, 0.773_354_034_888_994_8),
    ] {
        let row = only(&cells(&EX30, &[k]), &spec(Method::Beta));
        close(row.lower, lower, 1e-12);
        close(row.upper, upper, 1e-12);
    }
}

#[test]
fn beta_intervals_of_two_problems_and_of_many() {
    let beta = |cells: &Cells, level| only(cells, &Spec { confidence_level: level, ..spec(Method::Beta) });
    let two = |values: [f64; 2]| Cells {
        multiplicity: vec![1, 1],
        value: values.to_vec(),
        noise: None,
        max: vec![1.0],
    };
    for (values, lower, upper) in [
        ([0.0, 1.0], 0.002_639_722_057_753_163, 0.997_360_277_942_246_8),
        ([0.25, 0.5], 0.054_786_622_098_360_71, 0.902_335_295_631_381_1),
    ] {
        let row = beta(&two(values), 0.95);
        close(row.lower, lower, 1e-11);
        close(row.upper, upper, 1e-11);
    }
    // Of 10^8 problems 0.7 more are nothing, and the law normal.
    let many = Cells { multiplicity: vec![50_000_000; 2], ..two([0.2, 0.8]) };
    let row = beta(&many, 0.95);
    close(row.upper - 0.5, 1.959_963_984_540_054 * row.se, 1e-4);
    close(0.5 - row.lower, 1.959_963_984_540_054 * row.se, 1e-4);
    // The estimate is inside at any level.
    for level in [1e-6, 0.5, 0.999_999] {
        for cells in [two([0.0, 1.0]), two([0.9, 1.0]), cells(&EX30, &[4]), constant(30, 0.999_999)] {
            let row = beta(&cells, level);
            assert!(0.0 <= row.lower && row.lower <= row.estimate, "{row:?}");
            assert!(row.estimate <= row.upper && row.upper <= 1.0, "{row:?}");
        }
    }
}

#[test]
fn over_samples_the_interval_joins_both_sides() {
    let over_samples = Spec { over: Over::Samples, ..Spec::default() };
    let rows = estimate(&cells(&EX30, &[1, 4, 5, 8]), &over_samples).unwrap();
    close(rows[0].se, (0.011_086_31_f64 / 30.0).sqrt(), 1e-8);
    // The formula with scipy.stats.chi2.ppf, SciPy 1.17.1.
    for (row, (lower, upper)) in rows
        .iter()
        .zip([(0.266_411_581_603_000, 0.345_973_228_271_664), (0.418_301_719_745_061, 0.594_222_096_218_444)])
    {
        assert_eq!((row.method, row.reason), (Label::Mover, None));
        close(row.lower, lower, 1e-12);
        close(row.upper, upper, 1e-12);
    }
    for row in &rows[2..] {
        assert!(row.se.is_nan() && row.lower.is_nan() && row.upper.is_nan() && row.estimate > 0.0);
        assert_eq!(row.method.as_str(), "none: 2k > n");
    }
    // Problems that are always or never solved: sampling has shown no noise, which is not proof of none.
    for shown in [[10, 0, 0, 0, 0, 0, 0, 0, 20], [0, 0, 0, 0, 0, 0, 0, 0, 30], [30, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let row = only(&cells(&shown, &[1]), &over_samples);
        assert_eq!((row.method, row.se), (Label::Mover, 0.0));
        assert!(row.lower < row.upper && row.upper - row.lower < 0.05, "{row:?}");
        assert!(row.lower <= row.estimate && row.estimate <= row.upper);
    }
}

#[test]
fn one_problem_or_none_has_no_interval() {
    for method in methods() {
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
    let two = Cells { multiplicity: vec![1, 1], value: vec![0.0, 1.0], noise: None, max: vec![1.0] };
    for method in [Method::Bca, Method::Percentile, Method::Lattice, Method::Bootstrap, Method::T] {
        let row = only(&two, &spec(method));
        assert_eq!((row.estimate, row.se, row.lower, row.upper), (0.5, 0.5, 0.0, 1.0), "{method:?}");
    }
    assert_eq!(only(&two, &spec(Method::Auto)).method, Label::Beta);
}
