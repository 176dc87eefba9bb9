//! Advantages against exact rational twins, and over groups of any size, order and number of threads.
#![allow(clippy::float_cmp)] // to the last bit

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use passcurve_core::advantages::{Advantage, Baseline, Groups, Lone, Real, Spoiled, advantages};
use passcurve_core::estimators::allfail;
use proptest::prelude::*;

const GRPO: Advantage = Advantage::Grpo { ddof: 1, epsilon: 1e-6, lone: Lone::Reward };

fn run<T: Real>(
    family: Advantage,
    rewards: &[T],
    groups: Groups<'_>,
    threads: usize,
) -> Result<Vec<T>, Spoiled> {
    let mut out = vec![T::default(); rewards.len()];
    advantages(family, rewards, groups, &mut out, threads, &mut || true).map(|()| out)
}

fn one(family: Advantage, rewards: &[f64]) -> Vec<f64> {
    run(family, rewards, Groups::Even(rewards.len()), 1).unwrap()
}

fn families(k: u64) -> Vec<Advantage> {
    let pkpo = [Baseline::SlooMinusOne, Baseline::Sloo, Baseline::None]
        .map(|baseline| Advantage::Pkpo { k, baseline });
    [&pkpo[..], &[GRPO, Advantage::Rloo, Advantage::DrGrpo]].concat()
}

fn rational(x: f64) -> BigRational {
    BigRational::from_float(x).unwrap()
}

/// The mean over all k-subsets that hold sample i of max I - max I\i, times their share.
fn sloo_minus_one(rewards: &[f64], k: usize) -> Vec<BigRational> {
    let n = rewards.len();
    let subsets: Vec<u32> = (0..1_u32 << n).filter(|set| set.count_ones() as usize == k).collect();
    let largest = |set: u32| {
        (0..n).filter(|i| set >> i & 1 == 1).map(|i| rewards[i]).max_by(f64::total_cmp).map(rational)
    };
    let share = |i: usize| {
        let sum = subsets.iter().filter(|&&set| set >> i & 1 == 1).fold(BigRational::zero(), |sum, &set| {
            sum + largest(set).unwrap() - largest(set & !(1 << i)).unwrap_or_else(BigRational::zero)
        });
        sum / BigInt::from(subsets.len())
    };
    (0..n).map(share).collect()
}

proptest! {
    #[test]
    fn sloo_minus_one_is_the_mean_gain(rewards in prop::collection::vec(-4.0..4.0_f64, 2..8), share in 0.0..1.0_f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let k = 2 + (share * (rewards.len() - 1) as f64) as usize;
        let family = Advantage::Pkpo { k: k as u64, baseline: Baseline::SlooMinusOne };
        for (value, exact) in one(family, &rewards).into_iter().zip(sloo_minus_one(&rewards, k)) {
            // Half a unit in the last place, or just past it where the exact value lies half way.
            let error = ((rational(value) - &exact) / rational(f64::EPSILON)).to_f64().unwrap().abs();
            prop_assert!(error <= 0.500_000_1 * exact.to_f64().unwrap());
        }
    }

    #[test]
    fn binary_rewards_have_closed_forms(n in 2..3_000_u64, c in 0.0..1.0_f64, k in 0.0..1.0_f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (c, k) = ((c * (n + 1) as f64) as u64, 2 + (k * (n - 1) as f64) as u64);
        let rewards: Vec<_> = (0..n).map(|i| if i < c { 1.0 } else { 0.0 }).collect();
        let share = k as f64 / n as f64;
        // Two units in the last place, or four of the smallest float.
        let near = |value: f64, exact: f64| (value - exact).abs() <= 2.0 * f64::EPSILON * exact + 2e-323;
        let gained = one(Advantage::Pkpo { k, baseline: Baseline::SlooMinusOne }, &rewards);
        let plain = one(Advantage::Pkpo { k, baseline: Baseline::None }, &rewards);
        if c > 0 {
            prop_assert!(near(gained[0], share * allfail(n - 1, c - 1, k - 1).0));
            prop_assert!(near(plain[0], share));
        }
        if c < n {
            prop_assert_eq!(gained[rewards.len() - 1], 0.0);
            prop_assert!(near(plain[rewards.len() - 1], share * allfail(n - 1, c, k - 1).1));
        }
    }
}

#[test]
fn one_draw_is_leave_one_out() {
    let pkpo = |rewards: &[f64]| one(Advantage::Pkpo { k: 1, baseline: Baseline::SlooMinusOne }, rewards);
    assert_eq!(pkpo(&[1.0, 4.0, 2.0]), [-2.0 / 3.0, 5.0 / 6.0, -1.0 / 6.0]);
    assert_eq!(pkpo(&[0.0, 0.25, 0.5]), [-0.125, 0.0, 0.125]);
    assert_eq!(pkpo(&[-3.0]), [-3.0]);
}

/// Rewards of 40,000 samples, and groups of 3 to 70 of them in a shuffled order.
fn shuffled() -> (Vec<f64>, Vec<i64>) {
    let noise = |i: i64| (i * 2_654_435_761) % 4_294_967_291;
    let mut groups: Vec<i64> =
        (0_i32..).flat_map(|group| (0..3 + group % 68).map(move |_| i64::from(group))).take(40_000).collect();
    let last = *groups.last().unwrap();
    groups.extend([last; 3]);
    let mut order: Vec<_> = (0..40_003).collect();
    order.sort_by_key(|&i| noise(i));
    let rewards = order.iter().map(|&i| (noise(i + 7) % 1000) as f64 / 64.0 - 3.0).collect();
    (rewards, order.iter().map(|&i| groups[usize::try_from(i).unwrap()]).collect())
}

#[test]
fn threads_and_order_change_nothing() {
    let (rewards, numbers) = shuffled();
    for family in families(3) {
        let alone = run(family, &rewards, Groups::Numbered(&numbers), 1).unwrap();
        for threads in [2, 3, 8] {
            assert_eq!(run(family, &rewards, Groups::Numbered(&numbers), threads).unwrap(), alone);
        }
        for group in [0, 67, 500] {
            let members: Vec<_> = (0..rewards.len()).filter(|&at| numbers[at] == group).collect();
            let picked: Vec<_> = members.iter().map(|&at| rewards[at]).collect();
            assert_eq!(one(family, &picked), members.iter().map(|&at| alone[at]).collect::<Vec<_>>());
        }
    }
}

#[test]
fn rows_are_groups() {
    let (mut rewards, _) = shuffled();
    rewards.truncate(40_000);
    let numbers: Vec<i64> = (0..40_000).map(|i| i / 16).collect();
    for family in families(16) {
        let rows = run(family, &rewards, Groups::Even(16), 2).unwrap();
        assert_eq!(rows, run(family, &rewards, Groups::Numbered(&numbers), 3).unwrap());
    }
}

#[test]
#[allow(clippy::cast_possible_truncation)]
fn singles_are_computed_as_doubles() {
    let (rewards, numbers) = shuffled();
    let singles: Vec<_> = rewards.iter().map(|&reward| reward as f32).collect();
    for family in families(3) {
        let wide = run(family, &rewards, Groups::Numbered(&numbers), 1).unwrap();
        let narrow = run(family, &singles, Groups::Numbered(&numbers), 1).unwrap();
        assert!(wide.iter().zip(narrow).all(|(&wide, narrow)| wide as f32 == narrow));
    }
}

#[test]
fn extreme_rewards_are_scaled() {
    let rewards = [0.0, 1.0, 3.0, 4.0, 2.0];
    for family in families(2) {
        let usual = one(family, &rewards);
        for scale in [2_f64.powi(1020), 2_f64.powi(450), 2_f64.powi(-450), 2_f64.powi(-1000)] {
            let scaled = one(family, &rewards.map(|reward| reward * scale));
            match family {
                // epsilon is nothing beside large rewards, and all beside small ones.
                Advantage::Grpo { .. } if scale < 1.0 => assert!(scaled.iter().all(|x| x.abs() < 1e-100)),
                Advantage::Grpo { .. } => assert!((scaled[3] / usual[3] - 1.0).abs() < 1e-5),
                _ => assert_eq!(scaled, usual.iter().map(|x| x * scale).collect::<Vec<_>>()),
            }
        }
    }
    let wide = [f64::MAX, f64::MAX, -f64::MAX];
    assert_eq!(run(Advantage::Rloo, &wide, Groups::Even(3), 1), Err(Spoiled::Overflow(2)));
}

#[test]
fn the_first_thing_wrong_is_named() {
    let training = Advantage::PassAtKTraining { k: 2, epsilon: 0.0 };
    let bad = |family, rewards: &[f64], groups| run(family, rewards, groups, 2).unwrap_err();
    assert_eq!(bad(training, &[1.0, 0.5, f64::NAN, 0.0], Groups::Even(2)), Spoiled::NotBinary(1));
    assert_eq!(bad(training, &[1.0, 0.0, f64::NAN, 0.5], Groups::Even(2)), Spoiled::NotFinite(2));
    assert_eq!(bad(GRPO, &[f64::INFINITY, 0.0], Groups::Even(2)), Spoiled::NotFinite(0));
    assert_eq!(bad(training, &[1.0, 0.0], Groups::Even(1)), Spoiled::TooSmall(0, 1));
    assert_eq!(bad(training, &[1.0, 0.0, 1.0], Groups::Numbered(&[0, 1, 0])), Spoiled::TooSmall(1, 1));
    let stopped =
        advantages(GRPO, &vec![0.5; 1 << 24], Groups::Even(4), &mut vec![0.0; 1 << 24], 2, &mut || false);
    assert_eq!(stopped, Err(Spoiled::Interrupted));
}
