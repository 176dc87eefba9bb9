//! Clusters, the bootstrap's bits and law, and tables from (n, c).

mod common;

use common::{EX30, N, SKEWED, cells, close, constant, methods, only, pairs, pass_at, same, spec};
use passcurve_core::estimators::{Estimator, Invalid};
use passcurve_core::inference::bootstrap::bootstrap;
use passcurve_core::inference::moments::Moments;
use passcurve_core::inference::{
    Cells, Entry, InferenceError, Label, Method, Over, Problems, Row, Spec, benchmark, estimate,
    estimate_clusters, estimate_groups,
};
use proptest::prelude::*;

#[test]
fn clusters_of_the_worked_example() {
    let solved: Vec<u64> = (0..).zip(EX30).flat_map(|(c, m)| (0..m).map(move |_| c)).collect();
    let values: Vec<f64> = solved.iter().map(|&c| pass_at(N, c, 1)).collect();
    let families: Vec<u64> = (0..30).map(|i| 7 + i / 5).collect();
    let row = estimate_clusters(&families, &values, &[1.0], &spec(Method::T)).unwrap()[0];
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
    assert_eq!((solved.method, solved.se), (Label::Beta, 0.0));
    close(solved.lower, only(&constant(30, 1.0), &Spec::default()).lower, 1e-14);
    // A standard error of rounding is none, however wide the range.
    let third = vec![64.0 / 3.0; 60];
    let alike = estimate_clusters(&clusters, &third, &[64.0], &spec(Method::T)).unwrap()[0];
    assert_eq!((alike.method, alike.se), (Label::Beta, 0.0));
}

#[test]
fn auto_turns_to_beta_for_few_effective_clusters() {
    let clusters: Vec<u64> = (0..200).map(|i| i % 20).collect();
    let one_fails: Vec<f64> = (0..200).map(|i| if i == 77 { 0.0 } else { 1.0 }).collect();
    let row = |method, values| estimate_clusters(&clusters, values, &[1.0], &spec(method)).unwrap()[0];
    let alone = Cells { multiplicity: vec![199, 1], value: vec![1.0, 0.0], noise: None, max: vec![1.0] };
    let (auto, alone) = (row(Method::Auto, &one_fails), only(&alone, &spec(Method::Auto)));
    assert_eq!((auto.method, alone.method), (Label::Beta, Label::Beta));
    assert_eq!(auto.reason, Some("fewer than 20 effective clusters"));
    assert!(auto.upper > 0.999 && auto.upper < 1.0 && auto.lower < alone.lower, "{auto:?} {alone:?}");
    // t, which is asked for, calls 20 solved clusters proof of 0.984.
    let t = row(Method::T, &one_fails);
    assert_eq!((t.method, t.se), (Label::T, auto.se));
    assert!(t.lower > 0.98 && auto.lower < 0.98);
    // The bootstrap of clusters has 20 outcomes and one that counts.
    let bca = row(Method::Bca, &one_fails);
    assert_eq!((bca.method, bca.reason), (Label::Beta, Some("too few outcomes for a smooth law")));
    // With enough clusters auto is the bootstrap of clusters.
    let families: Vec<u64> = (0..200).map(|i| i / 4).collect();
    let mixed: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 23 < 9 + i % 3 * 4)).collect();
    let auto = estimate_clusters(&families, &mixed, &[1.0], &spec(Method::Auto)).unwrap()[0];
    assert_eq!((auto.method, auto.reason), (Label::Bca, None));
}

#[test]
fn beta_intervals_of_clusters() {
    // The formula with scipy.stats.beta.ppf, SciPy 1.17.1: the worked example in families of 5, and of 2 to 10.
    let families = |sizes: &[usize], k| {
        let clusters: Vec<u64> =
            (0..).zip(sizes).flat_map(|(family, &size)| std::iter::repeat_n(family, size)).collect();
        let solved = (0..).zip(EX30).flat_map(|(c, m)| (0..m).map(move |_| pass_at(N, c, k)));
        let values: Vec<f64> = solved.collect();
        estimate_clusters(&clusters, &values, &[1.0], &spec(Method::Auto)).unwrap()[0]
    };
    for (row, lower, upper) in [
        (families(&[5; 6], 1), 0.054_254_168_539_775_42, 0.705_054_564_177_733_3),
        (families(&[2, 4, 6, 8, 10], 4), 0.073_919_741_969_551_53, 0.900_955_341_254_567_8),
    ] {
        assert_eq!(row.method, Label::Beta);
        close(row.lower, lower, 1e-12);
        close(row.upper, upper, 1e-12);
    }
    close(families(&[2, 4, 6, 8, 10], 4).effective, 2.162_850_462_469_515, 1e-12);
}

#[test]
fn clusters_of_one_problem_are_problems() {
    let values: Vec<f64> = (0..40).map(|i| if i % 8 == 0 { 0.25 } else { 1.0 }).collect();
    let singletons: Vec<u64> = (0..40).collect();
    let each = estimate_clusters(&singletons, &values, &[1.0], &Spec::default()).unwrap()[0];
    let usual = Cells { multiplicity: vec![35, 5], value: vec![1.0, 0.25], noise: None, max: vec![1.0] };
    let usual = only(&usual, &Spec::default());
    assert_eq!((each.method, usual.method), (Label::Beta, Label::Beta));
    close(each.lower, usual.lower, 1e-15);
    close(each.upper, usual.upper, 1e-15);
}

#[test]
fn bad_specs_are_refused() {
    let cells = cells(&EX30, &[1]);
    for confidence_level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        let refused = estimate(&cells, &Spec { confidence_level, ..Spec::default() });
        assert!(matches!(refused, Err(InferenceError::ConfidenceLevel(_))));
    }
    let refused = |spec| estimate(&cells, &spec).unwrap_err();
    let refused_of = |cells: &Cells| estimate(cells, &Spec::default()).unwrap_err();
    for (confidence_level, given, needed) in
        [(0.95, 0, 40.0), (0.95, 39, 40.0), (0.9, 19, 20.0), (0.99, 199, 200.0), (0.999, 1999, 2000.0)]
    {
        let few = Spec { confidence_level, n_resamples: given, ..spec(Method::Bootstrap) };
        let level = confidence_level;
        assert_eq!(refused(few), InferenceError::TooFewResamples { needed, level, given });
        assert!(estimate(&cells, &Spec { n_resamples: given + 1, ..few }).is_ok() == (given > 0));
        // Nothing is drawn for these.
        assert!(estimate(&cells, &Spec { method: Method::T, ..few }).is_ok());
        assert!(estimate(&cells, &Spec { over: Over::Samples, method: Method::Auto, ..few }).is_ok());
    }
    let few = Spec { n_resamples: 39, ..spec(Method::Studentized) };
    assert_eq!(refused(few).to_string(), "confidence level 0.95 needs at least 40 resamples, got 39");
    let many = refused(Spec { n_resamples: 10_000_001, ..Spec::default() });
    assert_eq!(many.to_string(), "the number of resamples must be at most 10000000, got 10000001");
    let holed = Cells { value: vec![0.0, 0.1, 0.2, f64::NAN, 0.4, 0.5], ..cells.clone() };
    assert_eq!(refused_of(&holed), InferenceError::NotANumber);
    let over_samples = Spec { over: Over::Samples, ..spec(Method::Bca) };
    assert_eq!(refused(over_samples), InferenceError::MethodOverSamples);
    let shapeless = Cells { value: vec![], ..cells.clone() };
    let shape = InferenceError::Shape { expected: 6, actual: 0 };
    assert_eq!(refused_of(&shapeless), shape);
    assert_eq!(refused(spec(Method::Bayes)), InferenceError::MethodNeedsCounts);
    let huge = Cells { multiplicity: vec![u64::from(u32::MAX), 1, 0, 0, 0, 0], ..cells.clone() };
    assert_eq!(refused_of(&huge), InferenceError::TooManyProblems);
    let refused = estimate_clusters(&[1], &[1.0], &[1.0], &spec(Method::Wilson)).unwrap_err();
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
    for method in [Method::Auto, Method::Lattice, Method::Studentized, Method::Bootstrap] {
        let with = |threads| Spec { threads, n_resamples: 777, ..spec(method) };
        let alone: Vec<Vec<Row>> = groups.iter().map(|cells| estimate(cells, &with(1)).unwrap()).collect();
        let groups: Vec<&Cells> = groups.iter().collect();
        for threads in [1, 2, 3, 8] {
            same(&estimate_groups(&groups, &with(threads)).unwrap(), &alone);
        }
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
    assert_eq!(bits(&light[0]), [0x3fde_eeee_eeee_eeef, 0x3fd9_d803_e6a4_d0b3, 0x3fd2_29ef_6bc3_8905]);
    assert_eq!(bits(&heavy[0]), [0x3fd6_fd93_8222_5cb4, 0x3fd6_655e_d40c_c8ae, 0x3fd5_d27b_ef70_e389]);
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
            let skewness = |m: &Moments| 6.0 * m.acceleration * (m.problems as f64).sqrt();
            close(skewness(&boot), 6.0 * sample.acceleration, 0.06);
        }
    }
}

#[test]
fn resamples_of_all_ks_have_the_joint_law_of_index_draws() {
    // Three problems, two of them alike: all 27 index draws against 40,000 replicates.
    let cells =
        Cells { multiplicity: vec![2, 1], value: vec![0.25, 0.5, 1.0, 0.0], noise: None, max: vec![1.0; 2] };
    let problems = [[0.25, 0.5], [0.25, 0.5], [1.0, 0.0]];
    let mut exact: Vec<([u64; 2], f64)> = Vec::new();
    let atom = |means: [f64; 2]| means.map(|mean| (mean * 12.0).round().to_bits());
    for draw in 0..27 {
        let drawn = [draw % 3, draw / 3 % 3, draw / 9].map(|i| problems[i]);
        let key = atom([0, 1].map(|k| drawn.iter().map(|values| values[k]).sum::<f64>() / 3.0));
        match exact.iter_mut().find(|(seen, _)| *seen == key) {
            Some((_, chance)) => *chance += 1.0 / 27.0,
            None => exact.push((key, 1.0 / 27.0)),
        }
    }
    let replicates = bootstrap(&cells, 40_000, 9, 2);
    let mut left = 40_000;
    let mut chi_square = 0.0;
    for (key, chance) in &exact {
        let both = replicates[0].iter().zip(&replicates[1]);
        let seen = both.filter(|&(&a, &b)| atom([a, b]) == *key).count();
        left -= seen;
        chi_square += (seen as f64 - 40_000.0 * chance).powi(2) / (40_000.0 * chance);
    }
    assert_eq!((left, exact.len()), (0, 4));
    assert!(chi_square < 3.0 + 5.0 * 6.0_f64.sqrt(), "{chi_square}");
}

fn table(
    estimator: Estimator,
    n: &[i64],
    c: &[i64],
    ks: &[u64],
    spec: &Spec,
) -> Result<Vec<Entry>, InferenceError> {
    let group = Problems { n, c, clusters: None };
    Ok(benchmark(estimator, &[group], ks, spec, &mut || true)?.remove(0))
}

#[test]
fn problems_without_samples_are_skipped() {
    for estimator in [Estimator::PassAtK, Estimator::PassHatK, Estimator::AlphaK] {
        let (n, c) = ([0, 4, 0, 4, 2], [0, 1, 0, 3, 1]);
        let entries = table(estimator, &n, &c, &[3, 1], &Spec::default()).unwrap();
        let without = table(estimator, &[4, 4, 2], &[1, 3, 1], &[3, 1], &Spec::default()).unwrap();
        for (entry, without) in entries.iter().zip(&without) {
            assert_eq!(entry.row, without.row);
            assert_eq!((entry.n_skipped, entry.n_min), (without.n_skipped + 2, without.n_min));
        }
        assert_eq!((entries[1].n_problems, entries[1].n_skipped, entries[1].n_min), (3, 2, 2));
        let none = table(estimator, &[0, 0], &[0, 0], &[1], &Spec::default()).unwrap()[0];
        assert_eq!((none.row.method, none.n_problems, none.n_skipped), (Label::NoProblem, 0, 2));
    }
}

#[test]
fn impossible_counts_are_refused() {
    for (n, c, reason) in [
        (4, 5, Invalid::CExceedsN),
        (0, 1, Invalid::NIsZero),
        (4, -1, Invalid::CIsNegative),
        (-4, 0, Invalid::NIsNegative),
        ((1 << 53) + 1, 0, Invalid::NTooLarge),
    ] {
        let refused = table(Estimator::PassAtK, &[8, n], &[2, c], &[1], &Spec::default()).unwrap_err();
        assert_eq!(refused, InferenceError::Counts { n, c, reason });
    }
    let refused = table(Estimator::PassAtK, &[4], &[5], &[1], &Spec::default()).unwrap_err();
    assert!(refused.to_string().starts_with("n = 4, c = 5: c > n: "));
}

#[test]
fn the_label_has_the_rule_of_the_estimator() {
    let over_samples = Spec { over: Over::Samples, ..Spec::default() };
    for (estimator, largest, words) in [
        (Estimator::PassAtK, 4, "none: 2k > n"),
        (Estimator::PassHatK, 4, "none: 2k > n"),
        (Estimator::AlphaK, 5, "none: 2k-2 > n"),
    ] {
        let entries =
            table(estimator, &[8, 8, 8], &[2, 4, 6], &[largest, largest + 1], &over_samples).unwrap();
        assert_eq!(entries[0].row.method, Label::Mover);
        assert_eq!(entries[1].row.method.as_str(), words);
    }
    let one = table(Estimator::AlphaK, &[8, 8], &[2, 4], &[1], &Spec::default()).unwrap()[0].row;
    assert_eq!((one.estimate, one.se, one.lower, one.upper, one.method), (1.0, 0.0, 1.0, 1.0, Label::Exact));
}

#[test]
fn it_stops_when_told_to() {
    let (n, c): (Vec<i64>, Vec<i64>) = (0..2_000).map(|i| (40, i % 41)).unzip();
    let spec = Spec { n_resamples: 10_000_000, threads: 2, ..spec(Method::Bootstrap) };
    let mut asked = 0;
    let mut go_on = || {
        asked += 1;
        asked < 3
    };
    let group = Problems { n: &n, c: &c, clusters: None };
    let start = std::time::Instant::now();
    let stopped = benchmark(Estimator::PassAtK, &[group], &[1, 2, 3], &spec, &mut go_on);
    assert_eq!(stopped, Err(InferenceError::Interrupted));
    assert_eq!(asked, 3);
    assert!(start.elapsed().as_secs() < 5);
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
        for method in methods() {
            let spec = Spec { method, confidence_level: level, n_resamples: 2000, seed, ..Spec::default() };
            let row = only(&cells, &spec);
            if matches!(row.method, Label::NoProblem | Label::OneProblem) {
                prop_assert!(cells.problems() < 2 && row.lower.is_nan());
                continue;
            }
            prop_assert!(0.0 <= row.lower && row.lower <= row.upper && row.upper <= 1.0, "{row:?}");
            if matches!(row.method, Label::T | Label::Wilson | Label::Gamma) {
                prop_assert!(row.lower <= row.estimate && row.estimate <= row.upper, "{row:?}");
            }
        }
    }
}
