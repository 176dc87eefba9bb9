//! ln q of a huge (n, c, k) in closed form, and powers with a huge exponent; both in double-double.
//!
//! With a = n-c, b = n-k, d = n-c-k and Stirling's series for the factorials of q = a! b! / (n! d!)
//! (Loader, "Fast and accurate computation of binomial probabilities", 2000),
//!
//! ```text
//! -ln q = (d + 1/2) ln(1 - ck/(ab)) - k ln(1 - c/n) - c ln(1 - k/n) + delta(n) - delta(a) + delta(d) - delta(b)
//! delta(x) = 1/(12x) - 1/(360x^3) + 1/(1260x^5) - ...
//! ```
//!
//! The first terms of the four deltas add up to ck(2n-c-k)/(12nabd), again without cancellation. No libm.

use super::chance::{Chance, Scaled};
use crate::dd::Dd;

/// -ln q for n >= 2^14, 1 <= c, k and c, k <= n/5.
pub(crate) fn neg_ln_allfail(n: u64, c: u64, k: u64) -> Dd {
    let (a, b, d) = (n - c, n - k, n - c - k);
    let [nf, cf, kf, af, bf, df] = [n, c, k, a, b, d].map(|x| x as f64);
    let both = Dd::quotient(cf, af) * Dd::quotient(kf, bf);
    let sum = neg_ln_complement(Dd::quotient(cf, nf)).mul_f64(kf)
        + neg_ln_complement(Dd::quotient(kf, nf)).mul_f64(cf)
        - neg_ln_complement(both) * Dd::sum(df, 0.5);
    let first = (cf / af) * (kf / bf) * ((bf + af) / df) / (12.0 * nf);
    let third = (power_sum(nf, af, df, bf, 3) / -360.0) + power_sum(nf, af, df, bf, 5) / 1260.0;
    sum + Dd::sum(first, third)
}

fn power_sum(n: f64, a: f64, d: f64, b: f64, power: i32) -> f64 {
    let [n, a, d, b] = [n, a, d, b].map(|x| x.recip().powi(power));
    (n - a) + (d - b)
}

/// -ln(1 - x) for 0 <= x <= 1/4: 2 atanh(s) with s = x / (2 - x).
pub(crate) fn neg_ln_complement(x: Dd) -> Dd {
    let s = x / (Dd::from(2.0) - x);
    let square = s * s;
    let (mut term, mut sum, mut j) = (s, s, 1.0);
    while term.hi > sum.hi * 1e-33 {
        term = term * square;
        j += 2.0;
        sum = sum + term.div_f64(j);
    }
    sum.scale(2.0)
}

/// (e^-x, 1 - e^-x) for 0 <= x < 2^11.
pub(crate) fn exp_neg(x: Dd) -> Chance {
    let (mut x, mut halvings) = (x, 0);
    while x.hi > 1e-3 {
        x = x.scale(0.5);
        halvings += 1;
    }
    // x - x^2/2 + x^3/6 - ... by Horner; the ninth term is below 1e-30 of the first.
    let series = (2..=10_u8).rev().fold(Dd::ONE, |sum, j| Dd::ONE - sum * x.div_f64(f64::from(j)));
    let p = x * series;
    Chance { q: Scaled::new(p.complement(), 0), p }.repeat(1 << halvings)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{exp_neg, neg_ln_complement};
    use crate::dd::Dd;

    #[test]
    fn exp_undoes_ln() {
        for x in [1e-12, 1e-3, 0.0625, 0.2, 0.25] {
            let back = exp_neg(neg_ln_complement(Dd::from(x)));
            assert!(((back.p - Dd::from(x)).hi / x).abs() < 1e-28);
            assert!((back.q.to_dd() - Dd::from(x).complement()).hi.abs() < 1e-28);
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(neg_ln_complement(Dd::from(0.25)).to_f64(), 0.287_682_072_451_780_9);
        assert_eq!(exp_neg(Dd::from(700.0)).q.to_f64(), 9.859_676_543_759_77e-305);
    }
}
