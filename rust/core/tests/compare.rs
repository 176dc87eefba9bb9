//! Two models on the same problems: worked examples, twins, and what must not depend on anything.

mod common;

use common::close;
use passcurve_core::inference::{
    Comparison, InferenceError, Label, Over, Pair, PairedMethod, PairedSpec, Spec, benjamini_hochberg,
    compare, holm,
};

const A: [i64; 30] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4, 7, 7, 8, 8, 8, 8];
const B: [i64; 30] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 5, 5, 5, 5, 8, 8, 8, 8, 8, 8];
const N: [i64; 30] = [8; 30];

const METHODS: [PairedMethod; 6] = [
    PairedMethod::Auto,
    PairedMethod::T,
    PairedMethod::Mover,
    PairedMethod::Percentile,
    PairedMethod::Lattice,
    PairedMethod::Bca,
];

fn paired(a: &[i64], b: &[i64], ks: &[u64], spec: &PairedSpec) -> Comparison {
    let n = vec![8; a.len()];
    let pair = Pair { n: [&n, &n], c: [a, b], clusters: None };
    compare(&[pair], ks, spec, &mut || true).unwrap().pop().unwrap()
}

fn spec(method: PairedMethod) -> PairedSpec {
    PairedSpec { method, spec: Spec { n_resamples: 2_000, ..Spec::default() }, ..PairedSpec::default() }
}

#[test]
fn numbers_of_the_worked_example() {
    let row = paired(&A, &B, &[1], &spec(PairedMethod::T)).rows[0];
    close(row.difference, -0.0375, 1e-17);
    close(row.se, 0.010_637_036_8, 5e-11);
    close(row.lower, -0.059_255_183_0, 5e-11);
    close(row.upper, -0.015_744_817_0, 5e-11);
    close(row.p_value, 0.001_425_83, 5e-9);
    close(row.p_sign_flip, 1.0 / 256.0, 1e-12);
    assert_eq!((row.method, row.reason, row.n_problems), (Label::T, None, 30));
    // One k: the band is the interval.
    assert_eq!((row.band_lower, row.band_upper), (row.lower, row.upper));
    let samples =
        PairedSpec { spec: Spec { over: Over::Samples, ..Spec::default() }, ..PairedSpec::default() };
    let fixed = paired(&A, &B, &[1], &samples).rows[0];
    close(fixed.p_permutation, 0.207_346_39, 5e-9);
    assert!(fixed.p_sign_flip.is_nan() && row.p_permutation.is_nan());
}

#[test]
fn few_differences_take_the_intervals_of_gains_and_losses() {
    // 9 of 30 differ by 1/8: m_eff is 9.
    let row = paired(&A, &B, &[1], &spec(PairedMethod::Auto)).rows[0];
    assert_eq!((row.method, row.reason), (Label::Mover, Some("fewer than 10 effective differences")));
    close(row.p_sign_flip, 1.0 / 256.0, 1e-12);
    // The formula with SciPy 1.17.1, scipy.stats.chi2.ppf: the mean gain is below 0.083731, the mean loss from
    // 0.017147 to 0.117615.
    close(row.lower, -0.117_614_617_325_696, 1e-12);
    close(row.upper, 0.048_669_497_328_919, 1e-12);
    let asked = paired(&A, &B, &[1], &spec(PairedMethod::Mover)).rows[0];
    assert_eq!((asked.lower, asked.upper, asked.reason), (row.lower, row.upper, None));
}

#[test]
fn the_interval_of_gains_and_losses_touches_0_at_its_p_value() {
    let few = [8, 8, 8, 8, 0, 0, 0, 0, 4, 4];
    let better = [8, 8, 8, 8, 6, 7, 8, 8, 8, 3];
    for (a, b, k) in [(&A[..], &B[..], 1), (&A, &B, 4), (&few, &better, 1), (&better, &few, 2)] {
        let row = paired(a, b, &[k], &spec(PairedMethod::Mover)).rows[0];
        assert!(row.p_value > 0.0 && row.p_value < 1.0);
        let at = |level: f64| {
            let mut asked = spec(PairedMethod::Mover);
            asked.spec.confidence_level = level;
            let row = paired(a, b, &[k], &asked).rows[0];
            if row.difference > 0.0 { row.lower } else { -row.upper }
        };
        close(at(1.0 - row.p_value), 0.0, 1e-9);
    }
    let same = paired(&A, &A, &[1], &spec(PairedMethod::Mover)).rows[0];
    assert_eq!(same.p_value.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn the_crossover_of_two_curves() {
    // a: half of the problems always solved. b: two passes in every problem.
    let (a, b): (Vec<i64>, Vec<i64>) = ((0..40).map(|i| i % 2 * 8).collect(), vec![2; 40]);
    let crossing = paired(&a, &b, &[1, 2, 3, 4, 5, 6, 7, 8], &spec(PairedMethod::Auto)).crossing;
    assert_eq!(crossing.ks.len(), 1);
    close(crossing.ks[0], 2.168_943_542_395, 5e-13);
    assert!(crossing.lower < 2.17 && crossing.upper > 2.17 && crossing.p_none < 0.5);
    // Fewer ks, another line between them; one k, no line.
    close(paired(&a, &b, &[1, 8], &spec(PairedMethod::Auto)).crossing.ks[0], 2.0, 1e-15);
    let one = paired(&a, &b, &[4], &spec(PairedMethod::Auto)).crossing;
    assert!(one.ks.is_empty() && one.lower.is_nan() && one.p_none.is_nan());
}

#[test]
fn the_band_is_never_narrower_than_the_intervals() {
    for method in METHODS {
        for problems in [2, 3, 5, 30] {
            for row in paired(&A[30 - problems..], &B[30 - problems..], &[1, 2, 4, 8], &spec(method)).rows {
                assert!(row.band_lower <= row.lower && row.upper <= row.band_upper, "{row:?}");
                assert!(-1.0 <= row.band_lower && row.band_upper <= 1.0 && row.lower < row.upper, "{row:?}");
            }
        }
    }
}

#[test]
fn exchanged_models_turn_every_sign() {
    let ks = [1, 2, 3, 4, 8];
    let n: Vec<i64> = (0..30).map(|i| 8 + i % 3).collect();
    let both = |first: (&[i64], &[i64]), second: (&[i64], &[i64])| {
        let pair = Pair { n: [first.0, second.0], c: [first.1, second.1], clusters: None };
        compare(&[pair], &ks, &spec(PairedMethod::Auto), &mut || true).unwrap().pop().unwrap()
    };
    let forth = both((&n, &A), (&N, &B));
    let back = both((&N, &B), (&n, &A));
    for (x, y) in forth.rows.iter().zip(&back.rows) {
        assert_eq!((x.difference, x.lower, x.band_lower), (-y.difference, -y.upper, -y.band_upper));
        assert_eq!((x.se, x.method), (y.se, y.method));
        close(x.p_value, y.p_value, 1e-12);
    }
    assert_eq!(forth.crossing, back.crossing);
}

#[test]
fn nothing_but_the_pair_changes_a_bit() {
    let mixed: Vec<usize> = (0..30).map(|i| i * 7 % 30).collect();
    let (a, b): (Vec<i64>, Vec<i64>) = mixed.iter().map(|&i| (A[i], B[i])).unzip();
    let pairs = [
        Pair { n: [&N, &N], c: [&A, &B], clusters: None },
        Pair { n: [&N, &N], c: [&a, &b], clusters: None },
        Pair { n: [&N[..4], &N[..4]], c: [&A[20..24], &B[10..14]], clusters: None },
    ];
    let alone =
        compare(&pairs[..1], &[1, 2, 8], &spec(PairedMethod::Auto), &mut || true).unwrap().pop().unwrap();
    for threads in [1, 2, 3, 8] {
        let mut spec = spec(PairedMethod::Auto);
        spec.spec.threads = threads;
        let all = compare(&pairs, &[1, 2, 8], &spec, &mut || true).unwrap();
        for same in &all[..2] {
            assert_eq!(same.crossing, alone.crossing);
            for (x, y) in same.rows.iter().zip(&alone.rows) {
                assert_eq!(
                    (x.band_lower, x.p_value, x.p_bootstrap),
                    (y.band_lower, y.p_value, y.p_bootstrap)
                );
            }
        }
    }
}

#[test]
fn clusters_of_one_problem_are_no_clusters() {
    let own: Vec<i64> = (0..30).collect();
    let pair = |clusters| Pair { n: [&N, &N], c: [&A, &B], clusters };
    let of = |pair| compare(&[pair], &[1, 4], &spec(PairedMethod::T), &mut || true).unwrap().pop().unwrap();
    for (x, y) in of(pair(Some(&own))).rows.iter().zip(of(pair(None)).rows) {
        close(x.se, y.se, 1e-17);
        close(x.lower, y.lower, 1e-15);
        close(x.p_sign_flip, y.p_sign_flip, 1e-12);
    }
    let whole = of(pair(Some(&[7; 30]))).rows[0];
    assert_eq!(whole.method, Label::OneCluster);
    assert!(whole.se.is_nan() && whole.lower.is_nan() && whole.band_lower.is_nan() && whole.p_value.is_nan());
    close(whole.difference, -0.0375, 1e-17);
}

#[test]
fn no_spread_is_not_certainty() {
    for method in [PairedMethod::Auto, PairedMethod::T] {
        for (a, b, difference) in [([8; 30], [8; 30], 0.0), ([8; 30], [0; 30], 1.0), ([3; 30], [1; 30], 0.25)]
        {
            for row in paired(&a, &b, &[1, 2], &spec(method)).rows.iter().take(1) {
                assert_eq!((row.difference, row.se), (difference, 0.0));
                assert_eq!((row.method, row.reason), (Label::Mover, Some("all differences are equal")));
                assert!(row.lower < row.upper && row.p_value > 0.0);
            }
        }
    }
    // .3 - .2 and .4 - .3 are the same difference, though not the same floats.
    let pair = Pair { n: [&[10; 2], &[10; 2]], c: [&[3, 4], &[2, 3]], clusters: None };
    let row = compare(&[pair], &[1], &spec(PairedMethod::T), &mut || true).unwrap()[0].rows[0];
    assert_eq!((row.se, row.reason), (0.0, Some("all differences are equal")));
}

#[test]
fn k_above_n() {
    let pair = Pair { n: [&[8, 8, 4], &[8, 6, 8]], c: [&[3, 1, 4], &[2, 6, 0]], clusters: None };
    let of = |skip| {
        let spec = PairedSpec { skip, ..spec(PairedMethod::T) };
        compare(&[pair], &[1, 5, 8, 9], &spec, &mut || true).unwrap().pop().unwrap().rows
    };
    assert_eq!(of(false).iter().map(|row| row.k).collect::<Vec<_>>(), [1]);
    let counts: Vec<_> =
        of(true).iter().map(|row| (row.n_problems, row.n_min, row.n_max, row.n_skipped)).collect();
    assert_eq!(counts, [(3, 4, 8, 0), (2, 6, 8, 1), (1, 8, 8, 2), (0, 0, 0, 3)]);
    let methods: Vec<Label> = of(true).iter().map(|row| row.method).collect();
    assert_eq!(methods, [Label::T, Label::T, Label::OneProblem, Label::NoProblem]);
    assert!(of(true)[3].difference.is_nan());
}

#[test]
fn shared_samples_are_seen() {
    let rest: Vec<i64> = A.iter().map(|c| 8 - c).collect();
    let mut nearly = A;
    nearly[12] = 2;
    for (a, b, shared) in [(A, A, true), (A, nearly, true), (A, B, false), ([8; 30], [8; 30], false)] {
        assert_eq!(paired(&a, &b, &[1], &spec(PairedMethod::Auto)).shared, shared, "{b:?}");
    }
    assert!(!paired(&A, &rest, &[1], &spec(PairedMethod::Auto)).shared);
    // One problem with the same count is no sign.
    assert!(!paired(&[4], &[4], &[1], &spec(PairedMethod::Auto)).shared);
}

#[test]
fn adjusted_values_of_the_worked_example() {
    let near = |actual: Vec<f64>, expected: [f64; 4]| {
        actual.into_iter().zip(expected).for_each(|(x, y)| close(x, y, 1e-15));
    };
    near(holm(&[0.01, 0.02, 0.03, 0.5]), [0.04, 0.06, 0.06, 0.5]);
    near(benjamini_hochberg(&[0.01, 0.02, 0.03, 0.5]), [0.04, 0.04, 0.04, 0.5]);
}

#[test]
fn what_cannot_be_compared() {
    let of = |pair, spec: &PairedSpec| compare(&[pair], &[1, 2], spec, &mut || true).unwrap_err();
    let pair = Pair { n: [&N, &N], c: [&A, &B], clusters: None };
    let bad = Pair { n: [&[8], &[8]], c: [&[3], &[9]], clusters: None };
    assert!(matches!(of(bad, &spec(PairedMethod::T)), InferenceError::Counts { n: 8, c: 9, .. }));
    let over = Spec { over: Over::Samples, ..Spec::default() };
    let samples = PairedSpec { method: PairedMethod::T, spec: over, skip: false };
    assert_eq!(of(pair, &samples), InferenceError::MethodOverSamples);
    let few = PairedSpec { spec: Spec { n_resamples: 39, ..Spec::default() }, ..PairedSpec::default() };
    assert!(matches!(of(pair, &few), InferenceError::TooFewResamples { .. }));
    let stopped = compare(&[pair], &[1, 2], &spec(PairedMethod::T), &mut || false);
    assert_eq!(stopped, Err(InferenceError::Interrupted));
    assert_eq!(compare(&[], &[1], &spec(PairedMethod::T), &mut || true), Ok(vec![]));
}
