//! Two-sided p-values of a paired difference without Monte Carlo.
//!
//! - Bootstrap: 2 min(P*(T <= 0), P*(T >= 0)), the level at which a percentile interval touches 0 (Efron 1979). Where
//!   all m differences have one sign no resample reaches 0, and p is 2^(1-m), the least that sign flips have.
//! - Sign flip: the differences are symmetric about 0 (Fisher 1935), `P(|sum +-d_i| >= |sum d_i|)`.
//! - Permutation within problems: both models pass each sample of a problem with the same probability, so which of
//!   the passes are whose is hypergeometric, and the statistic is the sum of the differences again.

use std::collections::BTreeMap;

use super::distributions::walk;
use super::law::{Part, SAME, upper_tail};
use super::moments::distinct;
use crate::estimators::{Estimator, curve};

/// Probabilities below this share of the greatest are left out.
const NEGLIGIBLE: f64 = 1e-30;
/// From this standard deviation on a hypergeometric law has steps of more than 1.
const FINE: f64 = 2000.0;

/// From (multiplicity, difference) of the problems; NaN without problems.
pub(crate) fn bootstrap(differences: &[(u64, f64)]) -> f64 {
    if differences.iter().all(|&(_, d)| d == 0.0) {
        return if differences.is_empty() { f64::NAN } else { 1.0 };
    }
    let sum: f64 = differences.iter().map(|&(m, d)| m as f64 * d).sum();
    let tail =
        |sign: f64| upper_tail(&[Part::resample(differences.iter().map(|&(m, d)| (m, sign * d)))], 0.0);
    // Both together are 1 and the probability of 0; the far one is nearly always the smaller.
    let far = tail(if sum > 0.0 { -1.0 } else { 1.0 });
    let smaller = if far <= 0.5 { far } else { far.min(tail(if sum > 0.0 { 1.0 } else { -1.0 })) };
    let units: u64 = differences.iter().map(|(m, _)| m).sum();
    let one_way = differences.iter().all(|&(_, d)| d > 0.0) || differences.iter().all(|&(_, d)| d < 0.0);
    let floor = if one_way { libm::exp2(1.0 - units as f64) } else { 0.0 };
    (2.0 * smaller).clamp(floor, 1.0)
}

/// From (multiplicity, difference) of the problems; NaN without problems.
pub(crate) fn sign_flip(differences: &[(u64, f64)]) -> f64 {
    if differences.is_empty() {
        return f64::NAN;
    }
    let sizes = distinct(differences.iter().map(|&(m, d)| (m, d.abs())).filter(|&(_, d)| d > 0.0).collect());
    let sum_of = |values: &[(u64, f64)]| values.iter().map(|&(m, d)| m as f64 * d).sum::<f64>();
    let sum = sum_of(differences).abs();
    // The sums reach from minus that to that.
    if sum <= 2.0 * SAME * sum_of(&sizes) {
        return 1.0;
    }
    let coins = |&(multiplicity, d): &(u64, f64)| Part { multiplicity, values: vec![(-d, 0.5), (d, 0.5)] };
    (2.0 * upper_tail(&sizes.iter().map(coins).collect::<Vec<_>>(), sum)).min(1.0)
}

/// From (multiplicity, [n, c of a, n, c of b]) of the problems, for pass@k; NaN without problems.
pub(crate) fn permutation(problems: &[(u64, [u64; 4])], k: u64) -> f64 {
    if problems.is_empty() {
        return f64::NAN;
    }
    // The law of a problem depends on its passes together, not on whose they were.
    let mut alike = BTreeMap::new();
    for &(m, [na, ca, nb, cb]) in problems {
        *alike.entry((na, nb, ca + cb)).or_insert(0) += m;
    }
    let parts: Vec<Part> =
        alike.into_iter().map(|((na, nb, passes), m)| relabelled(m, [na, nb, passes], k)).collect();
    let observed: f64 =
        problems.iter().map(|&(m, [na, ca, nb, cb])| m as f64 * (pass(na, ca, k) - pass(nb, cb, k))).sum();
    let flipped = |part: &Part| Part { values: part.values.iter().map(|&(d, w)| (-d, w)).collect(), ..*part };
    let other: Vec<Part> = parts.iter().map(flipped).collect();
    if parts.iter().all(|part| part.values.len() == 1) {
        return 1.0;
    }
    (upper_tail(&parts, observed.abs()) + upper_tail(&other, observed.abs())).min(1.0)
}

/// The difference when the passes of a problem are dealt to the samples of both models at random.
fn relabelled(multiplicity: u64, [na, nb, passes]: [u64; 3], k: u64) -> Part {
    let value = |x: u64| pass(na, x, k) - pass(nb, passes - x, k);
    let law = hypergeometric([na, nb, passes]);
    Part { multiplicity, values: law.into_iter().map(|(x, w)| (value(x), w)).collect() }
}

/// How many of the passes are the first model's; of more than 10^7 samples in steps of a 1000th of the standard deviation.
fn hypergeometric([na, nb, passes]: [u64; 3]) -> Vec<(u64, f64)> {
    let (least, most) = (passes.saturating_sub(nb), passes.min(na));
    let mode = u128::from(na + 1) * u128::from(passes + 1) / u128::from(na + nb + 2);
    let mode = u64::try_from(mode).unwrap_or(most).clamp(least, most);
    let (a, b, both) = (na as f64, nb as f64, (na + nb) as f64);
    let sd =
        (passes as f64 / both * a * (b / both) * ((both - passes as f64) / (both - 1.0).max(1.0))).sqrt();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the number of samples"
    )]
    let stride = 2 * (sd / FINE) as u64 + 1;
    let ratio =
        |x: u64| ((na - x) as f64 * (passes - x) as f64) / ((x + 1) as f64 * ((nb + x + 1) - passes) as f64);
    walk([least, mode, most], stride, NEGLIGIBLE, ratio)
}

fn pass(n: u64, c: u64, k: u64) -> f64 {
    let mut out = [0.0];
    curve(Estimator::PassAtK, n, c, &[k], &mut out);
    out[0]
}

#[cfg(test)]
mod tests {
    use super::{bootstrap, permutation, sign_flip};

    fn close(actual: f64, expected: f64, relative: f64) {
        assert!((actual / expected - 1.0).abs() <= relative, "{actual} for {expected}");
    }

    const A: [u64; 30] =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4, 7, 7, 8, 8, 8, 8];
    const B: [u64; 30] =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 5, 5, 5, 5, 8, 8, 8, 8, 8, 8];

    #[test]
    fn worked_example() {
        let differences: Vec<(u64, f64)> =
            A.iter().zip(B).map(|(&a, b)| (1, (a as f64 - b as f64) / 8.0)).collect();
        close(sign_flip(&differences), 0.003_906_25, 1e-12);
        let problems: Vec<(u64, [u64; 4])> = A.iter().zip(B).map(|(&a, b)| (1, [8, a, 8, b])).collect();
        close(permutation(&problems, 1), 0.207_346_39, 5e-8);
        // 9 of 30 differ, all in one direction: P*(T >= 0) = (21/30)^30
        close(bootstrap(&differences), 2.0 * 0.7_f64.powi(30), 1e-10);
    }

    #[test]
    fn no_difference_is_no_evidence() {
        for p in [bootstrap(&[(5, 0.0)]), sign_flip(&[(5, 0.0)]), permutation(&[(5, [8, 8, 8, 8])], 4)] {
            assert_eq!(p.to_bits(), 1.0_f64.to_bits());
        }
        assert_eq!(sign_flip(&[(2, 0.25), (2, -0.25)]).to_bits(), 1.0_f64.to_bits());
        assert!(bootstrap(&[]).is_nan() && sign_flip(&[]).is_nan() && permutation(&[], 1).is_nan());
    }

    #[test]
    fn counting_lattice_and_series_agree() {
        // The same differences counted, and among others that are so small that they change nothing.
        let differences: Vec<(u64, f64)> = (1..=33).map(|i| (1, f64::from(i * 7 % 11) / 8.0 - 0.4)).collect();
        let many: Vec<(u64, f64)> = differences.iter().copied().chain([(8, 1e-14)]).collect();
        close(sign_flip(&many), sign_flip(&differences), 1e-3);
        let all_one_way = [(40, 0.125)];
        close(sign_flip(&all_one_way), 2.0 / 2.0_f64.powi(40), 1e-12);
        close(bootstrap(&[(250, 0.125), (250, 0.0)]), 2.0 * 0.5_f64.powi(500), 1e-9);
    }

    #[test]
    fn ties_are_counted_whole() {
        // Numerators of differences of n samples; the outcomes counted in integers.
        let cases: [(f64, [i64; 17]); 3] = [
            (10_000.0, [-5, -5, -4, -4, -4, -3, -2, -2, -1, -1, 1, 1, 2, 3, 5, 5, 130]),
            (10_000.0, [-5, -3, -2, -2, -1, -1, -1, 1, 1, 2, 3, 4, 4, 4, 5, 5, 80]),
            (997.0, [-130, -60, -2, -2, -2, -2, -2, -1, -1, -1, 1, 2, 2, 2, 2, 2, 2]),
        ];
        for (n, numerators) in cases {
            let observed = numerators.iter().sum::<i64>().abs();
            let signed = |outcome: u32| -> i64 {
                (0..).zip(&numerators).map(|(i, d)| if outcome >> i & 1 == 1 { *d } else { -d }).sum()
            };
            let ties = (0..1 << 17).filter(|&outcome| signed(outcome).abs() >= observed).count();
            let exact = ties as f64 / f64::from(1 << 17);
            for sign in [1.0, -1.0] {
                let differences: Vec<(u64, f64)> =
                    numerators.iter().map(|&d| (1, sign * d as f64 / n)).collect();
                close(sign_flip(&differences), exact, 1e-9);
            }
        }
    }

    #[test]
    fn a_bootstrap_that_never_reaches_0_has_the_least_p_of_sign_flips() {
        let one_way = [(3, 0.25), (2, 0.125), (4, 1.0 / 3.0)];
        close(bootstrap(&one_way), 2.0_f64.powi(-8), 1e-15);
        close(sign_flip(&one_way), 2.0_f64.powi(-8), 1e-12);
        close(bootstrap(&one_way.map(|(m, d)| (m, -d))), 2.0_f64.powi(-8), 1e-15);
    }

    #[test]
    fn large_counts_need_little_memory() {
        let n = 1 << 53;
        let p = permutation(&[(1, [n, n / 2, n, n / 2 + (1 << 26)])], 1);
        // 2^26 / sqrt(n / 2) is one standard deviation, to half a step of a 1000th of it.
        close(p, 0.317_310_507_862_914_15, 1e-3);
    }

    /// All ways to choose one of the outcomes each, as sums.
    fn sums(outcomes: &[Vec<f64>]) -> Vec<f64> {
        outcomes
            .iter()
            .fold(vec![0.0], |sums, each| sums.iter().flat_map(|s| each.iter().map(move |d| s + d)).collect())
    }

    #[test]
    fn small_cases_are_counted() {
        let differences = [0.3, -0.1, 0.25, 0.1, 0.0, 0.55];
        let cells: Vec<(u64, f64)> = differences.iter().map(|&d| (1, d)).collect();
        let share = |sums: &[f64], holds: &dyn Fn(f64) -> bool| {
            sums.iter().filter(|&&s| holds(s)).count() as f64 / sums.len() as f64
        };
        let drawn = sums(&vec![differences.to_vec(); 6]);
        let tail = share(&drawn, &|s| s <= 1e-9).min(share(&drawn, &|s| s >= -1e-9));
        close(bootstrap(&cells), 2.0 * tail, 1e-9);
        let flipped = sums(&differences.map(|d| vec![d, -d]));
        close(sign_flip(&cells), share(&flipped, &|s| s.abs() >= 1.1 - 1e-9), 1e-12);
        // Passes of three problems dealt to the samples of both models.
        let problems = [[3, 3, 2, 0], [4, 1, 2, 1], [2, 2, 4, 1]];
        let dealt = problems.map(|[na, ca, nb, cb]: [u32; 4]| -> Vec<f64> {
            (0_u32..1 << (na + nb))
                .filter(|deal| deal.count_ones() == ca + cb)
                .map(|deal| {
                    let a = (deal & ((1 << na) - 1)).count_ones();
                    f64::from(a) / f64::from(na) - f64::from(ca + cb - a) / f64::from(nb)
                })
                .collect()
        });
        let observed: f64 = problems
            .iter()
            .map(|&[na, ca, nb, cb]| f64::from(ca) / f64::from(na) - f64::from(cb) / f64::from(nb))
            .sum();
        let exact = share(&sums(&dealt), &|s| s.abs() >= observed.abs() - 1e-9);
        let cells = problems.map(|counts| (1, counts.map(u64::from)));
        close(permutation(&cells, 1), exact, 1e-9);
    }
}
