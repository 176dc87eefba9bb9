//! Metrics over samples against the mean over every subset, and over every draw with replacement.

use passcurve_core::samples::{
    Majority, Ties, Votes, best_of_k, best_of_k_with_replacement, maj_at_k, maj_at_k_with_replacement,
    max_at_k, max_at_k_variance, max_at_k_with_replacement, min_at_k, min_at_k_variance,
    min_at_k_with_replacement,
};
use proptest::prelude::*;

const RULES: [Ties; 3] = [Ties::Fair, Ties::Wrong, Ties::Right];

/// All k-subsets of 0..n.
fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
    (0..1_u32 << n)
        .filter(|bits| bits.count_ones() as usize == k)
        .map(|bits| (0..n).filter(|i| bits >> i & 1 == 1).collect())
        .collect()
}

/// All sequences of k of 0..n.
fn draws(n: usize, k: u32) -> Vec<Vec<usize>> {
    (0..n.pow(k)).map(|code| (0..k).map(|i| code / n.pow(i) % n).collect()).collect()
}

fn mean(sets: &[Vec<usize>], value: impl Fn(&[usize]) -> f64) -> f64 {
    sets.iter().map(|set| value(set)).sum::<f64>() / sets.len() as f64
}

fn grouped(values: &[u8]) -> Vec<(f64, u64)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|chunk| (f64::from(chunk[0]) - 3.0, chunk.len() as u64)).collect()
}

fn vote(answers: &[u8], correct: u8, ties: Ties, drawn: &[usize]) -> f64 {
    // Answer 0 abstains, and answer b is correct where bit b is set.
    let mut counts = [0; 8];
    for &i in drawn {
        counts[usize::from(answers[i])] += 1;
    }
    let most = counts[1..].iter().copied().max().unwrap_or(0);
    if most == 0 {
        return 0.0;
    }
    let tops: Vec<_> = (1..8).filter(|&b| counts[b] == most).collect();
    let right = tops.iter().filter(|&&b| correct >> b & 1 == 1).count();
    match ties {
        Ties::Fair => right as f64 / tops.len() as f64,
        Ties::Wrong => f64::from(u8::from(right == tops.len())),
        Ties::Right => f64::from(u8::from(right > 0)),
    }
}

fn votes(answers: &[u8], correct: u8) -> Votes {
    let count = |b| answers.iter().map(|&answer| u64::from(answer == b)).sum();
    let classes = (1..8).map(|b| (count(b), correct >> b & 1 == 1)).collect();
    Votes { classes, abstain: count(0) }
}

fn near(ours: f64, exact: f64) -> bool {
    (ours - exact).abs() <= 1e-13 * exact.abs().max(1e-3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn majorities(answers in prop::collection::vec(0..8_u8, 1..10), correct: u8) {
        let votes = votes(&answers, correct);
        let mut room = Majority::default();
        for k in 1..=answers.len() {
            let sets = subsets(answers.len(), k);
            for ties in RULES {
                let exact = mean(&sets, |set| vote(&answers, correct, ties, set));
                let ours = maj_at_k(&votes, k as u64, ties);
                prop_assert!(near(ours, exact), "k={k} {ties:?}: {ours}, not {exact}");
                prop_assert_eq!(room.at_k(&votes, k as u64, ties, false).to_bits(), ours.to_bits());
            }
        }
    }

    #[test]
    fn majorities_of_draws(answers in prop::collection::vec(0..8_u8, 1..6), correct: u8, k in 1..6_u32) {
        let votes = votes(&answers, correct);
        let all = draws(answers.len(), k);
        for ties in RULES {
            let exact = mean(&all, |set| vote(&answers, correct, ties, set));
            let ours = maj_at_k_with_replacement(&votes, u64::from(k), ties);
            prop_assert!(near(ours, exact), "{ties:?}: {ours}, not {exact}");
        }
    }

    #[test]
    fn extremes(rewards in prop::collection::vec(0..7_u8, 1..10)) {
        let (groups, n) = (grouped(&rewards), rewards.len());
        let reward = |&i: &usize| f64::from(rewards[i]) - 3.0;
        let largest = |set: &[usize]| set.iter().map(reward).fold(f64::MIN, f64::max);
        let smallest = |set: &[usize]| set.iter().map(reward).fold(f64::MAX, f64::min);
        for k in 1..=n {
            let sets = subsets(n, k);
            prop_assert!(near(max_at_k(&groups, n as u64, k as u64), mean(&sets, largest)));
            prop_assert!(near(min_at_k(&groups, n as u64, k as u64), mean(&sets, smallest)));
            if 2 * k > n {
                continue;
            }
            for (extreme, ours) in [
                (&largest as &dyn Fn(&[usize]) -> f64, max_at_k_variance(&groups, n as u64, k as u64)),
                (&smallest, min_at_k_variance(&groups, n as u64, k as u64)),
            ] {
                let products: Vec<_> = sets
                    .iter()
                    .flat_map(|a| sets.iter().map(move |b| (a, b)))
                    .filter(|(a, b)| a.iter().all(|i| !b.contains(i)))
                    .map(|(a, b)| extreme(a) * extreme(b))
                    .collect();
                let exact = mean(&sets, extreme).powi(2) - products.iter().sum::<f64>() / products.len() as f64;
                prop_assert!(ours >= 0.0 && (ours - exact).abs() < 1e-13, "k={k}: {ours}, not {exact}");
            }
        }
    }

    #[test]
    fn best_by_score(samples in prop::collection::vec((0..4_u8, 0..5_u8), 1..9), k in 1..5_u32) {
        let n = samples.len();
        let mut sorted = samples.clone();
        sorted.sort_unstable();
        let groups: Vec<_> = sorted
            .chunk_by(|a, b| a.0 == b.0)
            .map(|chunk| {
                let sum: f64 = chunk.iter().map(|sample| f64::from(sample.1)).sum();
                (sum / chunk.len() as f64, chunk.len() as u64)
            })
            .collect();
        let best = |set: &[usize]| {
            let top = set.iter().map(|&i| samples[i].0).max().unwrap();
            let tied: Vec<_> = set.iter().filter(|&&i| samples[i].0 == top).collect();
            tied.iter().map(|&&i| f64::from(samples[i].1)).sum::<f64>() / tied.len() as f64
        };
        if k as usize <= n {
            prop_assert!(near(best_of_k(&groups, n as u64, k.into()), mean(&subsets(n, k as usize), best)));
        }
        let exact = mean(&draws(n, k), best);
        prop_assert!(near(best_of_k_with_replacement(&groups, n as u64, k.into()), exact));
    }

    #[test]
    fn extremes_of_draws(rewards in prop::collection::vec(0..7_u8, 1..6), k in 1..6_u32) {
        let (groups, n) = (grouped(&rewards), rewards.len() as u64);
        let reward = |&i: &usize| f64::from(rewards[i]) - 3.0;
        let all = draws(rewards.len(), k);
        let largest = mean(&all, |set| set.iter().map(reward).fold(f64::MIN, f64::max));
        prop_assert!(near(max_at_k_with_replacement(&groups, n, k.into()), largest));
        let smallest = mean(&all, |set| set.iter().map(reward).fold(f64::MAX, f64::min));
        prop_assert!(near(min_at_k_with_replacement(&groups, n, k.into()), smallest));
    }
}

#[test]
fn many_answers_and_many_samples() {
    // Of answers that are all different each is as likely as the others to be drawn, and to win.
    for n in [64, 256] {
        let votes = Votes { classes: (0..n).map(|b| (1, b == 0)).collect(), abstain: 0 };
        let ours = maj_at_k(&votes, n / 2, Ties::Fair);
        assert!((ours * n as f64 - 1.0).abs() < 1e-13, "{ours}");
    }
    // A majority among 100,000 samples is beyond doubt, and what is far out does not overflow.
    let votes = Votes { classes: vec![(60_000, true), (39_000, false)], abstain: 1_000 };
    let ours = maj_at_k(&votes, 99, Ties::Fair);
    assert!(ours > 0.97 && ours < 0.99, "{ours}");
    assert!((maj_at_k(&votes, 2_001, Ties::Fair) - 1.0).abs() < 1e-12);
}
