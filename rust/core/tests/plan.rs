//! Sampling variances for any n against exact fractions, and sizes of experiments against published ones.

use passcurve_core::estimators::{Estimator, allfail};
use passcurve_core::inference::planning::Aim;
use passcurve_core::inference::planning::components::{failure_moments, within_variance};
use passcurve_core::inference::{InferenceError, Problems};
use proptest::prelude::*;

fn close(actual: f64, expected: f64, relative: f64) {
    assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} is not {expected}");
}

/// `Q_k` to `Q_2k` of p ~ Beta(a, b).
fn beta_moments(a: f64, b: f64, k: u32) -> Vec<f64> {
    let moment = |m: u32| (0..m).map(f64::from).map(|i| (b + i) / (a + b + i)).product();
    (k..=2 * k).map(moment).collect()
}

fn binomial(n: u128, k: u128) -> u128 {
    (0..k).fold(1, |value, i| value * (n - i) / (i + 1))
}

fn aim(power: Option<f64>) -> Aim {
    Aim { confidence_level: 0.95, power, clusters_per_problem: 1.0 }
}

fn moments(n: &[i64], c: &[i64], k: u64, threads: usize) -> Vec<f64> {
    failure_moments(&[Problems { n, c, clusters: None }], k, threads, &mut || true).unwrap().remove(0)
}

#[test]
fn within_variance_of_a_beta_law() {
    let q = beta_moments(0.5, 1.5, 4);
    for (n, expected, relative) in
        [(4, 0.121_246, 5e-6), (8, 0.049_746, 1e-5), (16, 0.023_177_815_5, 3e-9), (64, 0.005_534, 1e-4)]
    {
        close(within_variance(&q, n, 4), expected, relative);
    }
    let between = q[4] - q[0] * q[0];
    close(between, 0.128_692_626_953_1, 1e-12);
    let variance = between + within_variance(&q, 16, 4);
    close((variance / 300.0).sqrt(), 0.022_499_662_4, 2e-9);
    close(aim(None).normal_problems(variance, 0.03), 648.2, 1e-4);
}

/// With n = k all samples are shared; with k = 1 it is p(1-p)/n.
#[test]
fn within_variance_at_the_ends() {
    let q = beta_moments(0.3, 0.7, 6);
    close(within_variance(&q, 6, 6), q[0] - q[6], 1e-15);
    let q = beta_moments(0.3, 0.7, 1);
    for n in [1, 2, 7, 100_000] {
        close(within_variance(&q, n, 1), (q[0] - q[1]) / n as f64, 1e-14);
    }
    assert!(within_variance(&[1.0; 9], 20, 8).abs() < f64::MIN_POSITIVE);
}

/// p = 1/1000 for every problem, against the same sum in 200 decimal digits (Python's decimal and math.comb).
#[test]
fn large_counts() {
    for (n, k, expected) in [
        (100_000, 1000, 0.001_360_135_192_867_868_8),
        (3000, 2000, 0.051_116_934_104_102_146),
        (1_000_000, 4, 1.588_833_551_212_881_3e-8),
        (5000, 5000, 0.006_675_938_613_888_57),
    ] {
        let q: Vec<f64> = (k..=2 * k).map(|m| 0.999_f64.powi(m)).collect();
        close(within_variance(&q, n, k.unsigned_abs().into()), expected, 1e-12);
    }
}

#[test]
fn sizes_of_published_comparisons() {
    // Miller (2024), section 5: omega^2 = 1/9, difference 0.03, power 0.8; without noise, and with 1/6 + 1/6.
    close(aim(Some(0.8)).normal_problems(1.0 / 9.0, 0.03), 969.0, 1e-3);
    close(aim(Some(0.8)).normal_problems(1.0 / 9.0 + 1.0 / 3.0, 0.03), 3876.0, 1e-3);
    assert_eq!(aim(Some(0.8)).problems(1.0 / 9.0, 0.03), Some(971));
}

#[test]
fn few_problems_need_students_quantiles() {
    // t of 4 and 5 degrees of freedom: 2.776445 and 2.570582.
    let variance = 0.04;
    close(aim(None).reach(variance, 5), 2.776_445_105 * (variance / 5.0_f64).sqrt(), 1e-9);
    assert_eq!(aim(None).problems(variance, 0.21), Some(6));
    assert!(aim(None).reach(variance, 1).is_nan());
    // In pairs five problems are two clusters, with one degree of freedom.
    let pairs = Aim { clusters_per_problem: 0.5, ..aim(None) };
    close(pairs.reach(variance, 5), 12.706_204_736 * (variance / 5.0_f64).sqrt(), 1e-9);
    assert!(pairs.reach(variance, 3).is_nan());
}

#[test]
fn nothing_is_planned_from_no_variance() {
    assert_eq!(aim(None).problems(0.0, 0.1), None);
    assert_eq!(aim(None).problems(f64::NAN, 0.1), None);
    assert_eq!(aim(None).problems(0.25, 1e-12), Some(1 << 53));
}

#[test]
fn bad_counts_and_empty_groups() {
    let failed = failure_moments(&[Problems { n: &[4], c: &[5], clusters: None }], 1, 1, &mut || true);
    assert!(matches!(failed, Err(InferenceError::Counts { n: 4, c: 5, .. })));
    assert!(moments(&[], &[], 2, 1).iter().all(|q| q.is_nan()));
    let short = moments(&[0, 5, 8], &[0, 1, 2], 3, 1);
    assert_eq!(short.iter().map(|q| q.is_nan()).collect::<Vec<_>>(), [false, false, false, true]);
}

/// Seconds of work, after 50 ms of which the caller says no.
#[test]
fn it_can_be_stopped() {
    let (n, c): (Vec<i64>, Vec<i64>) = (0..15_000).map(|c| (16_000, c)).unzip();
    let stopped = failure_moments(&[Problems { n: &n, c: &c, clusters: None }], 8000, 2, &mut || false);
    assert_eq!(stopped, Err(InferenceError::Interrupted));
}

#[test]
fn threads_and_order_change_no_bit() {
    let n: Vec<i64> = (0..300).map(|i| 500 + i * 37 % 90).collect();
    let c: Vec<i64> = (0..300).map(|i| i * i % 400).collect();
    let bits = |q: Vec<f64>| q.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    let expected = bits(moments(&n, &c, 200, 1));
    let (mut other_n, mut other_c) = (n.clone(), c.clone());
    other_n.reverse();
    other_c.reverse();
    for threads in [1, 2, 3] {
        assert_eq!(bits(moments(&n, &c, 200, threads)), expected);
        assert_eq!(bits(moments(&other_n, &other_c, 200, threads)), expected);
    }
}

proptest! {
    #[test]
    fn moments_are_means_of_the_kernel(rows in prop::collection::vec((40_u64..90, 0_u64..=40), 1..20), k in 1_u64..=20) {
        let column = |of: fn(&(u64, u64)) -> u64| rows.iter().map(|row| of(row).cast_signed()).collect::<Vec<_>>();
        let got = moments(&column(|row| row.0), &column(|row| row.1), k, 2);
        for (m, q) in (k..=2 * k).zip(got) {
            let sum: f64 = rows.iter().map(|&(n, c)| allfail(n, c, m).0).sum();
            prop_assert!((q - sum / rows.len() as f64).abs() <= 1e-14);
        }
    }

    /// At the pilot's own n the formula is the mean of the unbiased variances.
    #[test]
    fn at_the_pilots_n_it_is_the_usual_variance(c in prop::collection::vec(0_u64..=60, 1..30), k in 1_u64..=30) {
        let n = vec![60; c.len()];
        let signed: Vec<i64> = c.iter().map(|c| c.cast_signed()).collect();
        let usual: f64 = c.iter().map(|&c| Estimator::PassAtKVariance.evaluate(60, c, k)).sum::<f64>() / c.len() as f64;
        let got = within_variance(&moments(&n, &signed, k, 1), 60, k);
        // Only the rounding of the moments is lost.
        prop_assert!((got - usual).abs() <= 1e-15, "{got} {usual}");
    }

    /// All p are 1/2, so that 2^2k times the variance is a whole number over C(n, k).
    #[test]
    fn exact_weights(k in 1_u32..=12, more in 0_u32..30) {
        let n = k + more;
        let q: Vec<f64> = (k..=2 * k).map(|m| 0.5_f64.powi(m.cast_signed())).collect();
        let (n_, k_) = (u128::from(n), u128::from(k));
        let term = |j: u128| if k_ - j > n_ - k_ { 0 } else { binomial(k_, j) * binomial(n_ - k_, k_ - j) * ((1 << j) - 1) };
        let exact = (1..=k_).map(term).sum::<u128>() as f64 / binomial(n_, k_) as f64 / 4_f64.powi(k.cast_signed());
        let got = within_variance(&q, n.into(), k.into());
        prop_assert!((got - exact).abs() <= 1e-14 * exact, "{got} {exact}");
    }

    #[test]
    fn one_problem_fewer_is_too_few(variance in 1e-4_f64..0.5, target in 0.005_f64..0.4, power in prop::option::of(0.1_f64..0.99), share in 0.1_f64..=1.0) {
        let aim = Aim { confidence_level: 0.95, power, clusters_per_problem: share };
        let problems = aim.problems(variance, target).unwrap();
        prop_assert!(aim.reach(variance, problems) <= target);
        let fewer = aim.reach(variance, problems - 1);
        prop_assert!(fewer.is_nan() || fewer > target || problems == 2);
    }
}
