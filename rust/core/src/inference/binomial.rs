//! Exact draws from Binomial(n, p).
//!
//! For n p < 25, inversion: walk up the pmf from P(X = 0) = q^n with P(x) = P(x-1) (p/q) (n-x+1)/x.
//! Else BTRS, a transformed rejection with a squeeze: Hörmann, "The generation of binomial random variates",
//! J. Stat. Comput. Simul. 46 (1993), algorithm BTRS. p > 1/2 is drawn as n minus a draw at 1-p.
//!
//! Only `+ - * /`, square roots and `libm`, so a draw has the same bits on every machine.

use crate::rng::Stream;

/// Both cost 57 ns here; BTRS is valid from 10 on.
const INVERSION_BELOW: f64 = 25.0;

/// No honest walk gets here, P(X > 200) < 1e-90 for a mean of 25: only one that rounding has pushed off the end.
const LONGEST_WALK: f64 = 200.0;

/// A sampler for one p and any n.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binomial {
    p: f64,
    odds: f64,
    log_q: f64,
    flipped: bool,
}

impl Binomial {
    /// A sampler for success probability `p`; one outside \[0, 1\] counts as the nearer end.
    #[must_use]
    pub(crate) fn new(p: f64) -> Self {
        let flipped = p > 0.5;
        let p = if flipped { (1.0 - p).max(0.0) } else { p.max(0.0) };
        Self { p, odds: p / (1.0 - p), log_q: libm::log1p(-p), flipped }
    }

    /// The number of successes in `n` < 2^53 trials.
    #[inline]
    pub(crate) fn sample(&self, n: u64, stream: &mut Stream) -> u64 {
        let trials = n as f64;
        let mean = trials * self.p;
        let successes = if mean == 0.0 {
            0.0
        } else if mean < INVERSION_BELOW {
            self.invert(trials, stream)
        } else {
            self.reject(trials, mean, stream)
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, in 0..=n")]
        let successes = successes as u64;
        if self.flipped { n - successes } else { successes }
    }

    fn invert(&self, n: f64, stream: &mut Stream) -> f64 {
        let none = libm::exp(n * self.log_q);
        loop {
            let (mut x, mut mass, mut u) = (0.0, none, stream.uniform());
            while u >= mass && x <= LONGEST_WALK {
                u -= mass;
                x += 1.0;
                mass *= self.odds * ((n - x + 1.0) / x);
            }
            if x <= n.min(LONGEST_WALK) {
                return x;
            }
        }
    }

    fn reject(&self, n: f64, mean: f64, stream: &mut Stream) -> f64 {
        let sd = (mean * (1.0 - self.p)).sqrt();
        let b = 1.15 + 2.53 * sd;
        let a = -0.0873 + 0.0248 * b + 0.01 * self.p;
        let squeeze = 0.92 - 4.2 / b;
        loop {
            let u = stream.uniform() - 0.5;
            let v = stream.open_uniform();
            let us = 0.5 - u.abs();
            let x = (2.0 * a / us + b) * u + mean + 0.5;
            if !(0.0..n + 1.0).contains(&x) {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "floor, which is a call on plain x86-64")]
            let x = x as i64 as f64;
            if us >= 0.07 && v <= squeeze {
                return x;
            }
            let alpha = (2.83 + 5.1 / b) * sd;
            if libm::log(v * alpha / (a / (us * us) + b)) <= self.log_ratio(n, x) {
                return x;
            }
        }
    }

    /// ln P(x) - ln P(mode)
    fn log_ratio(&self, n: f64, x: f64) -> f64 {
        let mode = ((n + 1.0) * self.p).floor();
        (mode + 0.5) * libm::log((mode + 1.0) / (self.odds * (n - mode + 1.0)))
            + (n + 1.0) * libm::log((n - mode + 1.0) / (n - x + 1.0))
            + (x + 0.5) * libm::log(self.odds * (n - x + 1.0) / (x + 1.0))
            + (stirling_tail(mode) + stirling_tail(n - mode))
            - (stirling_tail(x) + stirling_tail(n - x))
    }
}

/// ln k! - \[(k + 1/2) ln(k + 1) - (k + 1) + ln(2 pi)/2\], Hörmann's `f_c(k)`.
fn stirling_tail(k: f64) -> f64 {
    const TAIL: [f64; 10] = [
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_29,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_19,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_09,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
    ];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, below 10")]
    if k < 10.0 {
        return TAIL[k as usize];
    }
    let r = 1.0 / (k + 1.0);
    let r2 = r * r;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - r2 / 1680.0) * r2) * r2) * r
}

#[cfg(test)]
mod tests {
    use super::Binomial;
    use crate::rng::Stream;

    /// Chi-square of draws against the exact pmf in cells of at least 10 expected, over its degrees of freedom.
    fn chi_square(n: u64, p: f64, seed: u64) -> (f64, f64) {
        const DRAWS: usize = 200_000;
        let (mut stream, sampler) = (Stream::new(seed, 0), Binomial::new(p));
        let mut seen = vec![0.0; usize::try_from(n).unwrap() + 1];
        (0..DRAWS).for_each(|_| seen[usize::try_from(sampler.sample(n, &mut stream)).unwrap()] += 1.0);
        let ln_choose =
            |x: f64| libm::lgamma(n as f64 + 1.0) - libm::lgamma(x + 1.0) - libm::lgamma(n as f64 - x + 1.0);
        let (mut statistic, mut cells, mut observed, mut expected) = (0.0, 0.0, 0.0, 0.0);
        let mut left = DRAWS as f64;
        for (x, &count) in seen.iter().enumerate() {
            let x = x as f64;
            let mass =
                libm::exp(ln_choose(x) + x * libm::log(p) + (n as f64 - x) * libm::log1p(-p)) * DRAWS as f64;
            (observed, expected, left) = (observed + count, expected + mass, left - mass);
            if (expected >= 10.0 && left >= 10.0) || x >= n as f64 {
                statistic += (observed - expected) * (observed - expected) / expected;
                cells += 1.0;
                (observed, expected) = (0.0, 0.0);
            }
        }
        (statistic, cells - 1.0)
    }

    #[test]
    fn draws_follow_the_pmf() {
        let cases: [(u64, f64); 15] = [
            (1, 0.3),
            (5, 0.5),
            (8, 0.9),
            (19, 0.5),
            (20, 0.5),
            (21, 0.48),
            (30, 0.334),
            (100, 0.249),
            (100, 0.251),
            (60, 0.55),
            (100, 0.9),
            (500, 0.03),
            (1000, 0.4),
            (5000, 0.62),
            (100_000, 0.0002),
        ];
        for (seed, (n, p)) in cases.into_iter().enumerate() {
            let (statistic, freedom) = chi_square(n, p, seed as u64);
            // Mean f and variance 2 f: five standard deviations, and the seeds are fixed.
            let bound = freedom + 5.0 * (2.0 * freedom).sqrt() + 5.0;
            assert!(statistic < bound, "n {n} p {p}: {statistic} with {freedom} degrees of freedom");
        }
    }

    #[test]
    fn certain_outcomes() {
        let mut stream = Stream::new(0, 0);
        for n in [0, 1, 10, 1_000_000, 1 << 52] {
            assert_eq!(Binomial::new(0.0).sample(n, &mut stream), 0);
            assert_eq!(Binomial::new(1.0).sample(n, &mut stream), n);
        }
        for p in [0.0, 1e-300, 0.3, 0.7, 1.0] {
            assert_eq!(Binomial::new(p).sample(0, &mut stream), 0);
        }
    }

    #[test]
    fn large_counts_keep_mean_and_variance() {
        let (n, p) = (1_u64 << 40, 0.25);
        let (mut stream, sampler) = (Stream::new(3, 0), Binomial::new(p));
        let (mean, sd) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
        let scores: Vec<f64> =
            (0..50_000).map(|_| (sampler.sample(n, &mut stream) as f64 - mean) / sd).collect();
        let average = scores.iter().sum::<f64>() / 50_000.0;
        let variance = scores.iter().map(|z| z * z).sum::<f64>() / 50_000.0;
        assert!(average.abs() < 0.02, "{average}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }
}
