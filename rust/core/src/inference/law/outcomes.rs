//! A sum of few outcomes: all of them.
//!
//! The sums of each half of the variables in ascending order, and a place in each that only moves one way (Horowitz &
//! Sahni, "Computing partitions with applications to the knapsack problem", 1974): 2^(n/2) steps for 2^n outcomes.
//! Sums that are equal but for rounding are one, and those of a half that are rarer than 1e-15 are left out.

use super::Part;
use crate::inference::distributions::walk;

/// A half has up to 2^17 sums, as many as 17 signs have; more take longer than the other laws do.
const MOST_BITS: f64 = 17.0;
const MOST: usize = 1 << 17;
const RARE: f64 = 1e-15;

/// Sums in ascending order and their probabilities.
type Sums = Vec<(f64, f64)>;

/// The outcomes of a sum, as those of two halves.
pub(super) struct Outcomes {
    halves: [Sums; 2],
    /// Values closer than that are one.
    noise: f64,
}

impl Outcomes {
    /// None if there are too many.
    pub(super) fn new(parts: &[Part], noise: f64) -> Option<Self> {
        if parts.iter().map(bits).sum::<f64>() > 2.0 * MOST_BITS + 0.5 {
            return None;
        }
        // The variables of a single part go to both halves, those of several stay together: there are fewer sums.
        let mut all: Vec<Sums> = match parts {
            [part] => vec![sums(part, part.multiplicity / 2)?, sums(part, part.multiplicity.div_ceil(2))?],
            _ => parts.iter().map(|part| sums(part, part.multiplicity)).collect::<Option<_>>()?,
        };
        all.sort_by_key(|sums| std::cmp::Reverse(sums.len()));
        let mut halves = [vec![(0.0, 1.0)], vec![(0.0, 1.0)]];
        for each in &all {
            let shorter = usize::from(halves[1].len() < halves[0].len());
            halves[shorter] = convolve(&halves[shorter], each, 1e-3 * noise)?;
        }
        Some(Self { halves, noise })
    }

    /// sum over outcomes s from x on of exp(-rate (s - x)) P(S = s)
    pub(super) fn laplace_from(&self, x: f64, rate: f64) -> f64 {
        let [some, others] = &self.halves;
        let fade = |distance: f64| if rate == 0.0 { 1.0 } else { libm::exp(-rate * distance) };
        // What the others' outcomes from `x - sum` on weigh, seen from there.
        let (mut from, mut beyond) = (others.len(), 0.0);
        let (mut total, mut before) = (0.0, f64::NEG_INFINITY);
        for &(sum, weight) in some {
            beyond = if beyond > 0.0 { beyond * fade(sum - before) } else { 0.0 };
            while from > 0 && sum + others[from - 1].0 >= x - self.noise {
                from -= 1;
                beyond += others[from].1 * fade(sum + others[from].0 - x);
            }
            total += weight * beyond;
            before = sum;
        }
        total
    }
}

/// About how many bits the counts of the values of a part tell.
fn bits(part: &Part) -> f64 {
    let draws = part.multiplicity as f64;
    let one: f64 = part.values.iter().filter(|(_, w)| *w > 0.0).map(|(_, w)| -w * libm::log2(*w)).sum();
    // Of a count of variance v, exact at v = 1/4, which is one coin.
    let count = |w: f64| 0.5 * libm::log2(1.0 + 12.0 * draws * w * (1.0 - w));
    let greatest = part.values.iter().map(|(_, w)| *w).fold(0.0, f64::max);
    let all: f64 = part.values.iter().map(|(_, w)| count(*w)).sum::<f64>() - count(greatest);
    all.min(draws * one)
}

/// The sums of so many draws of a part; none where they are too many.
fn sums(part: &Part, draws: u64) -> Option<Sums> {
    let mut values: Vec<(f64, f64)> = part.values.iter().copied().filter(|(_, w)| *w > 0.0).collect();
    // The rarest first, so that there are few counts of the first values; all other draws have the last.
    values.sort_by(|(_, w), (_, other)| w.total_cmp(other));
    let (last, rest) = values.split_last()?;
    let mut left = last.1;
    let shares: Vec<f64> = rest
        .iter()
        .rev()
        .map(|(_, w)| {
            left += w;
            w / left
        })
        .collect();
    // Draws left, the sum of the others and their probability.
    let mut open = vec![(draws, 0.0, 1.0)];
    for (&(value, _), &share) in rest.iter().zip(shares.iter().rev()) {
        let mut next = Vec::new();
        for (draws, sum, chance) in open {
            for (count, p) in binomial(draws, share, RARE / chance) {
                if p * chance >= RARE {
                    next.push((draws - count, sum + count as f64 * value, p * chance));
                }
            }
            if next.len() > MOST {
                return None;
            }
        }
        open = next;
    }
    Some(open.into_iter().map(|(draws, sum, chance)| (sum + draws as f64 * last.0, chance)).collect())
}

/// Counts and their probabilities, those that are below `floor` left out.
fn binomial(draws: u64, share: f64, floor: f64) -> Vec<(u64, f64)> {
    let odds = share / (1.0 - share);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of draws"
    )]
    let mode = (((draws + 1) as f64 * share) as u64).min(draws);
    walk([0, mode, draws], 1, floor, |x| odds * (draws - x) as f64 / (x + 1) as f64)
}

/// The sums of an outcome of each.
fn convolve(some: &Sums, others: &Sums, noise: f64) -> Option<Sums> {
    if some.len().saturating_mul(others.len()) > 4 * MOST {
        return None;
    }
    let shifted = |&(shift, p): &(f64, f64)| some.iter().map(move |&(sum, q)| (shift + sum, p * q));
    let mut sums: Sums = others.iter().flat_map(shifted).filter(|&(_, p)| p >= RARE).collect();
    // Stable, because that sort takes sorted runs as they are.
    sums.sort_by(|(sum, _), (other, _)| sum.total_cmp(other));
    sums.dedup_by(|(next, p), (sum, weight)| {
        let same = *next - *sum <= noise;
        *weight += if same { *p } else { 0.0 };
        same
    });
    (sums.len() <= MOST).then_some(sums)
}

#[cfg(test)]
mod tests {
    use super::{Outcomes, Part};

    #[test]
    fn it_is_the_share_of_all_outcomes() {
        for count in 1..=13 {
            let sizes: Vec<f64> = (1..=count).map(|i| f64::from(i * 37 % 17) / 8.0).collect();
            let coin = |&d: &f64| Part { multiplicity: 1, values: vec![(-d, 0.5), (d, 0.5)] };
            let law = Outcomes::new(&sizes.iter().map(coin).collect::<Vec<_>>(), 1e-9).unwrap();
            let sum = |outcome: u32| -> f64 {
                (0..).zip(&sizes).map(|(i, size)| if outcome >> i & 1 == 1 { *size } else { -size }).sum()
            };
            let sums: Vec<f64> = (0..1 << count).map(sum).collect();
            for x in [-40.0, -3.0, -0.125, 0.0, 0.125, 1.0, 5.5, 40.0] {
                let above: Vec<f64> = sums.iter().copied().filter(|&sum| sum >= x).collect();
                let share = above.len() as f64 / sums.len() as f64;
                assert_eq!(law.laplace_from(x, 0.0).to_bits(), share.to_bits(), "{count} numbers from {x}");
                let faded: f64 = above.iter().map(|sum| (-1.5 * (sum - x)).exp()).sum();
                let faded = faded / sums.len() as f64;
                assert!(
                    (law.laplace_from(x, 1.5) - faded).abs() <= 1e-13 * faded,
                    "{count} numbers from {x}"
                );
            }
        }
    }

    #[test]
    fn draws_are_counted_by_value() {
        // Binomial: 40 draws of two values, and the same with one of them in two.
        let chances = [(0.0, 0.75), (1.0, 0.25)];
        let split = [(0.0, 0.75), (1.0, 0.125), (1.0, 0.125)];
        // The sum over 15..=40 of C(40, i) / 4^i (3/4)^(40 - i), in fractions.
        for values in [chances.to_vec(), split.to_vec()] {
            let law = Outcomes::new(&[Part { multiplicity: 40, values }], 1e-9).unwrap();
            let exact = 0.054_437_248_018_634_81;
            assert!(
                (law.laplace_from(15.0, 0.0) / exact - 1.0).abs() < 1e-11,
                "{}",
                law.laplace_from(15.0, 0.0)
            );
        }
    }

    #[test]
    fn there_may_be_too_many() {
        let coins = |count: u32| -> Vec<Part> {
            let coin = |i| f64::from(i).sqrt();
            (1..=count)
                .map(|i| Part { multiplicity: 1, values: vec![(-coin(i), 0.5), (coin(i), 0.5)] })
                .collect()
        };
        assert!(Outcomes::new(&coins(34), 1e-9).is_some());
        assert!(Outcomes::new(&coins(36), 1e-9).is_none());
        let resample = (1..=200).map(|i| (1, f64::from(i).sqrt()));
        assert!(Outcomes::new(&[Part::resample(resample)], 1e-9).is_none());
    }
}
