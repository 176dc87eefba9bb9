//! The probabilities of an integer law from the ratios of neighbours, without factorials.

/// Values and probabilities, from the mode outwards as far as they are above `floor` times the greatest.
///
/// `ratio(x)` is P(x + 1) / P(x) and falls. Of a wide law only each `stride`-th value is there, for all that are as
/// near; it is odd, and small to the standard deviation.
pub(crate) fn walk(
    [least, mode, most]: [u64; 3],
    stride: u64,
    floor: f64,
    ratio: impl Fn(u64) -> f64,
) -> Vec<(u64, f64)> {
    // The logarithm of the ratio is straight over a stride.
    let jump = |x: u64| match stride {
        1 => ratio(x),
        _ => libm::pow(ratio(x + stride / 2), stride as f64),
    };
    let mut weights = vec![(mode, 1.0)];
    let (mut x, mut weight) = (mode, 1.0);
    while most - x >= stride && weight > floor {
        weight *= jump(x);
        x += stride;
        weights.push((x, weight));
    }
    (x, weight) = (mode, 1.0);
    while x - least >= stride && weight > floor {
        x -= stride;
        weight /= jump(x);
        weights.push((x, weight));
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in &mut weights {
        *weight /= total;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::walk;

    #[test]
    fn binomial_probabilities() {
        // C(10, x) .3^x .7^(10 - x), exact decimals.
        let law = walk([0, 3, 10], 1, 0.0, |x| 0.3 / 0.7 * (10 - x) as f64 / (x + 1) as f64);
        let at = |x: u64| law.iter().find(|(value, _)| *value == x).unwrap().1;
        for (x, p) in [(0, 0.028_247_524_9), (3, 0.266_827_932), (10, 5.904_9e-6)] {
            assert!((at(x) / p - 1.0).abs() < 1e-13, "{} at {x}", at(x));
        }
        assert_eq!(law.len(), 11);
    }

    #[test]
    fn wide_laws_have_few_values() {
        // 2^53 coins, of standard deviation 2^25.5: about 11.8 of them to each side.
        let many = 1_u64 << 53;
        let stride = (1 << 18) + 1;
        let law = walk([0, many / 2, many], stride, 1e-30, |x| (many - x) as f64 / (x + 1) as f64);
        assert!(law.len() < 4_500, "{}", law.len());
        let squares: f64 = law.iter().map(|&(x, p)| p * (x.abs_diff(many / 2) as f64).powi(2)).sum();
        assert!((squares / (many / 4) as f64 - 1.0).abs() < 1e-9, "{squares}");
    }
}
