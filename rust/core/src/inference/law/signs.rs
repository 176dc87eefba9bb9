//! A sum of few numbers under random signs: all outcomes counted.
//!
//! The sums of each half in ascending order, and a place in each that only moves one way (Horowitz & Sahni,
//! "Computing partitions with applications to the knapsack problem", 1974): 2^(n/2) steps for 2^n outcomes.

/// Twice 2^17 sums; more take longer than the law does.
pub(crate) const MOST_SIGNS: u64 = 34;

/// P(sum +-size >= x) under fair signs.
pub(crate) fn share_from(sizes: &[f64], x: f64) -> f64 {
    let (some, others) = sizes.split_at(sizes.len() / 2);
    let (some, others) = (signed_sums(some), signed_sums(others));
    let (mut from, mut outcomes) = (others.len(), 0_u64);
    for sum in &some {
        while from > 0 && sum + others[from - 1] >= x {
            from -= 1;
        }
        outcomes += (others.len() - from) as u64;
    }
    outcomes as f64 / (some.len() as f64 * others.len() as f64)
}

/// All sums of numbers under signs, in ascending order.
fn signed_sums(sizes: &[f64]) -> Vec<f64> {
    sizes.iter().fold(vec![0.0], |sums, &size| {
        let mut merged = Vec::with_capacity(2 * sums.len());
        let mut lower = sums.iter().map(|sum| sum - size).peekable();
        for upper in sums.iter().map(|sum| sum + size) {
            while let Some(sum) = lower.next_if(|&sum| sum <= upper) {
                merged.push(sum);
            }
            merged.push(upper);
        }
        merged.extend(lower);
        merged
    })
}

#[cfg(test)]
mod tests {
    use super::{share_from, signed_sums};

    #[test]
    fn it_is_the_share_of_all_outcomes() {
        for count in 0..=13 {
            let sizes: Vec<f64> = (1..=count).map(|i| f64::from(i * 37 % 17) / 8.0).collect();
            let sum = |outcome: u32| -> f64 {
                (0..).zip(&sizes).map(|(i, size)| if outcome >> i & 1 == 1 { *size } else { -size }).sum()
            };
            let mut sums: Vec<f64> = (0..1 << count).map(sum).collect();
            for x in [-40.0, -3.0, -0.125, 0.0, 0.125, 1.0, 5.5, 40.0] {
                let share = sums.iter().filter(|&&sum| sum >= x).count() as f64 / sums.len() as f64;
                assert_eq!(share_from(&sizes, x).to_bits(), share.to_bits(), "{count} numbers from {x}");
            }
            sums.sort_unstable_by(f64::total_cmp);
            assert_eq!(signed_sums(&sizes), sums);
        }
    }
}
