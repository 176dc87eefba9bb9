//! The estimators against their slow twin: exact fractions, rounded once.
#![allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::ops::RangeInclusive;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use passcurve_core::estimators::{Estimator, OnInvalid, Tau, allfail, curve, curve_many, evaluate_many};
use proptest::prelude::*;

fn whole(x: u64) -> BigRational {
    BigRational::from_integer(x.into())
}

/// C(n-c, k) / C(n, k) by its definition, over the shorter side.
fn exact_allfail(n: u64, c: u64, k: u64) -> BigRational {
    if c + k > n {
        return BigRational::zero();
    }
    let product = |top: u64| (0..c.min(k)).map(|i| BigInt::from(top - i)).product::<BigInt>();
    BigRational::new(product(n - c.max(k)), product(n))
}

fn exact(estimator: Estimator, n: u64, c: u64, k: u64) -> BigRational {
    let one = BigRational::one;
    let variance = |c, k| exact_allfail(n, c, k).pow(2) - exact_allfail(n, c, 2 * k);
    match estimator {
        Estimator::PassAtK => one() - exact_allfail(n, c, k),
        Estimator::PassHatK | Estimator::AllCorrect => exact_allfail(n, n - c, k),
        Estimator::AlphaK => exact_allfail(n, c, k - 1) * whole(k),
        Estimator::PassGap => exact_allfail(n, c, 1) - exact_allfail(n, c, k),
        Estimator::MarginalGain => exact_allfail(n, c, k - 1) - exact_allfail(n, c, k),
        Estimator::SignalMass => (exact_allfail(n, c, k - 1) - exact_allfail(n, c, k)) * whole(k),
        Estimator::GPassAtK(tau) => exact_above(n, c, k, |j| u64::from(j >= tau.of(k))),
        Estimator::MgPassAtK => exact_above(n, c, k, |j| 2 * j.saturating_sub(k.div_ceil(2))) / whole(k),
        Estimator::ZeroSignal => exact_allfail(n, c, k),
        Estimator::Informative => one() - exact_allfail(n, c, k) - exact_allfail(n, n - c, k),
        Estimator::GPassAtKVariance(tau) => exact_variance(n, c, k, |j| u64::from(j >= tau.of(k))),
        Estimator::MgPassAtKVariance => {
            exact_variance(n, c, k, |j| 2 * j.saturating_sub(k.div_ceil(2))) / whole(k).pow(2)
        }
        Estimator::PassAtKVariance => variance(c, k),
        Estimator::PassHatKVariance => variance(n - c, k),
        Estimator::AlphaKVariance => variance(c, k - 1) * whole(k).pow(2),
        Estimator::PassAtKPlugin => one() - power(n, c, k),
        Estimator::AlphaKPlugin => power(n, c, k - 1) * whole(k),
    }
}

fn choose(n: u64, k: u64) -> BigRational {
    (0..k).map(|i| BigRational::new((n - i).into(), (i + 1).into())).product()
}

/// The mean of weight(H) over hypergeometric H, term by term.
fn exact_above(n: u64, c: u64, k: u64, weight: impl Fn(u64) -> u64) -> BigRational {
    let masses = ((c + k).saturating_sub(n)..=c.min(k))
        .map(|j| whole(weight(j)) * choose(c, j) * choose(n - c, k - j));
    masses.sum::<BigRational>() / choose(n, k)
}

/// The square minus the mean product over two disjoint sets of draws.
fn exact_variance(n: u64, c: u64, k: u64, weight: impl Fn(u64) -> u64) -> BigRational {
    let mut both = BigRational::zero();
    for j in (c + k).saturating_sub(n)..=c.min(k) {
        let mass = choose(c, j) * choose(n - c, k - j) / choose(n, k);
        both += mass * whole(weight(j)) * exact_above(n - k, c - j, k, &weight);
    }
    exact_above(n, c, k, &weight).pow(2) - both
}

fn power(n: u64, c: u64, k: u64) -> BigRational {
    BigRational::new((n - c).into(), n.into()).pow(i32::try_from(k).unwrap())
}

#[track_caller]
fn assert_exact(estimator: Estimator, n: u64, c: u64, k: u64) {
    let expected = exact(estimator, n, c, k).to_f64().unwrap();
    assert_eq!(estimator.evaluate(n, c, k), expected, "{} of ({n}, {c}, {k})", estimator.name());
}

#[test]
fn every_small_cell_is_correctly_rounded() {
    for estimator in Estimator::ALL {
        for n in 1..=if sums(&estimator) { 10 } else { 20 } {
            for (c, k) in (0..=n).flat_map(|c| (1..=estimator.max_k(n).min(40)).map(move |k| (c, k))) {
                assert_exact(estimator, n, c, k);
            }
        }
    }
}

/// The least, the largest and anything between.
fn awkward(range: RangeInclusive<u64>) -> impl Strategy<Value = u64> {
    let (low, high) = (*range.start(), (*range.end()).max(*range.start()));
    prop_oneof![
        1 => Just(low),
        1 => Just(high),
        2 => low..=high.min(low + 40),
        4 => low..=high,
        4 => (0.0..=1.0).prop_map(move |u: f64| (low + ((high - low) as f64).powf(u) as u64).min(high)),
    ]
}

/// Those that sum over the number of passes, whose twin takes a sum of as many terms.
fn sums(estimator: &Estimator) -> bool {
    estimator.name().contains("g_pass_at_k")
}

fn estimators() -> impl Strategy<Value = Estimator> {
    prop::sample::select(Estimator::ALL.into_iter().filter(|e| !sums(e)).collect::<Vec<_>>())
}

/// Those that sum, with any share of draws.
fn summing() -> impl Strategy<Value = Estimator> {
    let tau = prop_oneof![0.0..=1.0, prop::sample::select(vec![0.0, 0.25, 0.5, 0.75, 1.0])];
    (prop::sample::select(Estimator::ALL.into_iter().filter(sums).collect::<Vec<_>>()), tau).prop_map(
        |(estimator, tau)| match (estimator, Tau::new(tau).unwrap()) {
            (Estimator::GPassAtK(_), tau) => Estimator::GPassAtK(tau),
            (Estimator::GPassAtKVariance(_), tau) => Estimator::GPassAtKVariance(tau),
            (other, _) => other,
        },
    )
}

/// Valid (n, c, k). Where n is past 20,000, one of c and k is at most `most`, so that the twin ends.
fn cells(estimator: Estimator, n: RangeInclusive<u64>, most: u64) -> impl Strategy<Value = (u64, u64, u64)> {
    let name = estimator.name();
    let (plugin, hat) = (name.ends_with("plugin"), name.starts_with("pass_hat"));
    awkward(n).prop_flat_map(|n| (Just(n), awkward(0..=n))).prop_flat_map(move |(n, few)| {
        let long = n > 20_000 && few > most;
        let cap = if plugin || long { most.min(400) } else { u64::MAX };
        let c = if hat { n - few } else { few };
        (Just(n), Just(c), awkward(1..=estimator.max_k(n).min(cap)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn in_the_table_all_are_correctly_rounded(
        (estimator, (n, c, k)) in estimators().prop_flat_map(|e| (Just(e), cells(e, 2..=1500, 1500)))
    ) {
        let expected = exact(estimator, n, c, k).to_f64().unwrap();
        prop_assume!(expected == 0.0 || expected > 1e-300);
        prop_assert_eq!(estimator.evaluate(n, c, k), expected);
    }

    #[test]
    fn past_the_table_all_are_correctly_rounded(
        (estimator, (n, c, k)) in estimators().prop_flat_map(|e| (Just(e), cells(e, 16_380..=1 << 53, 90)))
    ) {
        let expected = exact(estimator, n, c, k).to_f64().unwrap();
        prop_assume!(expected == 0.0 || expected > 1e-300);
        prop_assert_eq!(estimator.evaluate(n, c, k), expected);
    }

    #[test]
    fn sums_over_passes_are_correctly_rounded(
        (estimator, (n, c, k)) in summing().prop_flat_map(|e| {
            let largest = if e.name().ends_with("variance") { 40 } else { 300 };
            (Just(e), cells(e, 2..=largest, 300))
        })
    ) {
        prop_assert_eq!(estimator.evaluate(n, c, k), exact(estimator, n, c, k).to_f64().unwrap());
    }

    #[test]
    fn sums_stop_in_time(estimator in summing(), n in awkward(1 << 14..=1 << 20), u in 0.0..1.0, v in 0.0..1.0) {
        let [c, k] = [u, v].map(|w: f64| ((n as f64) * w) as u64);
        let k = k.clamp(1, if estimator.name().ends_with("variance") { 64 } else { n });
        prop_assert!((0.0..=1.0 + 1e-15).contains(&estimator.evaluate(n, c, k)));
    }

    #[test]
    fn c_and_k_are_symmetric(n in 1_u64..1 << 53, u in 0.0..1.0, v in 0.0..1.0) {
        for n in [n, n % (1 << 14) + 1, n % (1 << 20) + 1] {
            let [c, k] = [u, v].map(|w: f64| (n as f64).powf(w) as u64);
            prop_assert_eq!(allfail(n, c, k), allfail(n, k, c));
            prop_assert_eq!(allfail(n, c, k).1, Estimator::PassAtK.evaluate(n, c, k));
        }
    }

    #[test]
    fn a_curve_has_the_bits_of_its_points(
        (estimator, (n, c, k)) in estimators().prop_flat_map(|e| (Just(e), cells(e, 2..=1 << 53, 400))),
        steps in prop::collection::vec(1_u64..30, 0..30)
    ) {
        let mut ks: Vec<_> = steps.iter().scan(0, |k, step| { *k += step; Some(*k) }).collect();
        ks.extend([k, estimator.max_k(n)]);
        ks.sort_unstable();
        ks.dedup();
        ks.retain(|&k| k <= estimator.max_k(n));
        let mut values = vec![0.0; ks.len()];
        curve(estimator, n, c, &ks, &mut values);
        for (&k, value) in ks.iter().zip(values) {
            prop_assert_eq!(value.to_bits(), estimator.evaluate(n, c, k).to_bits());
        }
    }

    #[test]
    fn many_threads_give_the_bits_of_one(estimator in prop_oneof![estimators(), summing()], seed in any::<u64>(), invalid in any::<bool>()) {
        let mut state = seed;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) % bound
        };
        let ks = [5_i64, 1, 2, 2, if invalid { 90 } else { 4 }];
        let n: Vec<_> = (0..5_000).map(|_| 10 + next(100).cast_signed()).collect();
        let c: Vec<_> = n.iter().map(|&n| next(n.cast_unsigned() + 1).cast_signed()).collect();
        let curves = |threads| {
            let mut out = vec![0.0; n.len() * ks.len()];
            let error = curve_many(estimator, &n, &c, &ks, &mut out, OnInvalid::Error, threads).err();
            curve_many(estimator, &n, &c, &ks, &mut out, OnInvalid::Nan, threads).unwrap();
            (error, out)
        };
        let (error, expected) = curves(1);
        for (cell, row) in n.iter().zip(&c).zip(expected.chunks(ks.len())) {
            for (&k, value) in ks.iter().zip(row) {
                let single = match estimator.check(*cell.0, *cell.1, k) {
                    Ok(()) => estimator.evaluate(cell.0.cast_unsigned(), cell.1.cast_unsigned(), k.cast_unsigned()),
                    Err(_) => f64::NAN,
                };
                prop_assert_eq!(value.to_bits(), single.to_bits());
            }
        }
        for threads in [2, 3, 8] {
            let (other, out) = curves(threads);
            prop_assert_eq!(other, error);
            prop_assert!(out.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
        for (column, k) in ks.iter().enumerate() {
            for threads in [1, 3] {
                let mut out = vec![0.0; n.len()];
                evaluate_many(estimator, &n, &c, &[*k], &mut out, OnInvalid::Nan, threads).unwrap();
                let same = |(row, value): (usize, &f64)| value.to_bits() == expected[row * ks.len() + column].to_bits();
                prop_assert!(out.iter().enumerate().all(same));
            }
        }
    }
}

/// Rounded to a multiple of 2^-1074, ties to even, which below 2^-1021 is the nearest f64.
fn nearest_tiny(value: &BigRational) -> f64 {
    let scaled: BigRational = value * (BigInt::one() << 1074_u32);
    let floor = scaled.floor();
    let (rest, half) = (&scaled - &floor, BigRational::new(1.into(), 2.into()));
    let floor = floor.to_integer().to_u64().unwrap();
    f64::from_bits(floor + u64::from(rest > half || (rest == half && floor % 2 == 1)))
}

#[test]
fn what_rounds_to_a_subnormal_rounds_once() {
    let assert_nearest = |estimator: Estimator, n, c, k| {
        let expected = nearest_tiny(&exact(estimator, n, c, k));
        assert_eq!(estimator.evaluate(n, c, k), expected, "{} of ({n}, {c}, {k})", estimator.name());
    };
    assert_nearest(Estimator::SignalMass, 262_144, 257, 245_871);
    assert_nearest(Estimator::PassHatK, 1171, 356, 355);
    let least = 2_f64.powi(-1022) / 256.0;
    let mut compared = 0;
    for (n, k) in (1_100..1_240).step_by(3).flat_map(|n| (300..370).map(move |k| (n, k))) {
        for c in [k, k + 1, k + 2, k + 5, n / 2 - 40] {
            for estimator in [Estimator::PassHatK, Estimator::PassHatKVariance, Estimator::AlphaK] {
                let value = if c <= n && k <= estimator.max_k(n) { estimator.evaluate(n, c, k) } else { 0.0 };
                if (least..2_f64.powi(-1021)).contains(&value) {
                    assert_nearest(estimator, n, c, k);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

/// Past 32 factors the logarithms take over.
#[test]
fn logarithms_agree_with_long_products() {
    for (n, c, k) in [
        (1 << 14 | 1, 33, 33),
        (20_000, 4_000, 40),
        (20_000, 900, 1_000),
        (1_000_003, 5_000, 600),
        ((1 << 53) - 1, 40, 1 << 50),
        (1 << 53, 300, 1 << 40),
        (1 << 40, 700, 1 << 31),
    ] {
        for (c, k) in [(c, k), (k, c)] {
            assert_exact(Estimator::PassAtK, n, c, k);
            assert_exact(Estimator::AlphaK, n, c, k);
            assert_exact(Estimator::PassGap, n, c, k);
            assert_exact(Estimator::PassAtKVariance, n, c, k);
        }
    }
}
