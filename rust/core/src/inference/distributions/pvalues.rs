//! Two-sided p-values of a normal and of a Student statistic, right in the far tail too.
//!
//! ```text
//! P(|T| >= t) = I_x(nu/2, 1/2),  x = nu / (nu + t^2)
//! ```
//! by the continued fraction of Didonato & Morris (algorithm 708, 1992, equation 9), which takes x and 1 - x apart and so
//! loses nothing where x is near 1; for t <= 3 one minus the complement, by Abramowitz & Stegun 26.5.8. Not statrs'
//! `beta_reg`: its prefactor, the exponential of a difference of log-gammas, loses ten digits at 10^6 degrees of
//! freedom.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Neither fraction takes more than a few dozen.
const MOST_TERMS: u32 = 10_000;

/// P(|Z| >= |z|) for a standard normal Z.
#[must_use]
pub(crate) fn normal_p(z: f64) -> f64 {
    libm::erfc(z.abs() * FRAC_1_SQRT_2)
}

/// P(|T| >= |t|) for a T of `freedom` >= 1 degrees of freedom.
#[must_use]
pub(crate) fn student_p(t: f64, freedom: u64) -> f64 {
    let nu = freedom as f64;
    let ratio = t * t / nu;
    if ratio.is_nan() {
        return f64::NAN;
    }
    if ratio.is_infinite() {
        return 0.0;
    }
    let a = 0.5 * nu;
    let (x, y) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    // x^a y^(1/2) / B(a, 1/2), with the logarithm of x taken where it is accurate.
    let front = libm::exp(-a * libm::log1p(ratio)) * y.sqrt() * gamma_ratio(a) / PI.sqrt();
    if t * t > 9.0 { front * tail_fraction(a, x, y) } else { 1.0 - 2.0 * front * centre_fraction(a, y) }
}

/// Gamma(a + 1/2) / Gamma(a): a series for large a, and steps of 1 up to there.
fn gamma_ratio(a: f64) -> f64 {
    let (mut large, mut steps) = (a, 1.0);
    while large < 100.0 {
        steps *= large / (large + 0.5);
        large += 1.0;
    }
    // The first term left out is below 3e-16.
    let series = [-399.0 / 262_144.0, -21.0 / 32_768.0, 5.0 / 1024.0, 1.0 / 128.0, -1.0 / 8.0, 1.0];
    steps * large.sqrt() * series.iter().fold(0.0, |sum, coefficient| sum / large + coefficient)
}

/// `I_x(a, 1/2) B(a, 1/2) / (x^a y^(1/2))` for x below its mean, y = 1 - x.
fn tail_fraction(a: f64, x: f64, y: f64) -> f64 {
    let lambda = 1.0 + (a + 0.5) * y - 0.5;
    let first = 1.0 + 1.0 / a;
    let (mut numerators, mut denominators) = ([0.0, 1.0], [1.0, lambda / first]);
    let mut value = first / lambda;
    let (mut p, mut s) = (1.0, a + 1.0);
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        let w = n * (0.5 - n) * x;
        let alpha = p * (p + 0.5 / a) * (a / s) * (a / s) * (w * x);
        p = 1.0 + n / a;
        let beta = n + w / s + p / (first + 2.0 * n / a) * (lambda + n * (y + 1.0));
        s += 2.0;
        let next = |[before, last]: [f64; 2]| alpha * before + beta * last;
        let scale = next(denominators);
        let before = value;
        value = next(numerators) / scale;
        if (value - before).abs() <= f64::EPSILON * value {
            break;
        }
        numerators = [numerators[1] / scale, value];
        denominators = [denominators[1] / scale, 1.0];
    }
    value
}

/// `I_y(1/2, a) B(a, 1/2) / (2 x^a y^(1/2))` for small y.
fn centre_fraction(a: f64, y: f64) -> f64 {
    let b = 0.5;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * y / (b + 1.0)));
    let mut value = d;
    for m in 1..MOST_TERMS {
        let m = f64::from(m);
        let even = m * (a - m) * y / ((b + 2.0 * m - 1.0) * (b + 2.0 * m));
        let odd = -(b + m) * (a + b + m) * y / ((b + 2.0 * m) * (b + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            value *= c * d;
        }
        if (value - before).abs() <= f64::EPSILON * value {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{normal_p, student_p};
    use crate::inference::distributions::tests::close;

    /// mpmath 1.4.1 at 60 digits: betainc(nu/2, 1/2, 0, nu/(nu + t^2), regularized=True) at these t.
    const T: [f64; 6] = [0.1, 1.7, 1.8, 4.0, 12.0, 40.0];

    #[test]
    fn student() {
        let table = [
            (
                1,
                [
                    0.936_548_965_138_892_9,
                    0.338_506_054_660_665_36,
                    0.322_828_934_434_190_5,
                    0.155_958_260_754_738_65,
                    0.052_929_352_119_179_75,
                    0.015_912_179_824_051_628,
                ],
            ),
            (
                5,
                [
                    0.924_230_141_154_660_4,
                    0.149_876_786_848_323_9,
                    0.131_757_583_270_892_18,
                    0.010_323_415_480_831_453,
                    7.089_492_517_161_522e-5,
                    1.841_196_217_177_294_6e-7,
                ],
            ),
            (
                29,
                [
                    0.921_032_444_487_373_8,
                    0.099_833_791_488_469_38,
                    0.082_272_596_423_720_83,
                    0.000_400_063_945_652_491_4,
                    9.060_708_333_137_18e-13,
                    6.346_877_329_729_348e-27,
                ],
            ),
            (
                163,
                [
                    0.920_467_212_004_877,
                    0.091_038_259_673_134_45,
                    0.073_709_928_466_936_55,
                    9.587_622_427_719_94e-5,
                    3.533_049_056_935_442e-24,
                    3.465_013_266_870_747e-86,
                ],
            ),
            (
                1000,
                [
                    0.920_364_369_023_604_1,
                    0.089_441_886_959_240_05,
                    0.072_161_939_470_389_33,
                    6.800_991_920_878_158e-5,
                    4.324_057_386_774_527e-31,
                    1.047_885_215_517_336_1e-209,
                ],
            ),
            (
                2999,
                [
                    0.920_351_009_427_956_7,
                    0.089_234_616_536_142_07,
                    0.071_961_099_382_856_86,
                    6.487_268_398_535_902e-5,
                    1.942_022_520_568_243e-32,
                    9.012_478_832_202_353e-281,
                ],
            ),
            (
                1_000_000,
                [
                    0.920_344_345_492_043_1,
                    0.089_131_236_490_348_76,
                    0.071_860_939_499_683_36,
                    6.334_703_401_004_81e-5,
                    3.571_685_124_765_09e-33,
                    0.0,
                ],
            ),
        ];
        for (freedom, expected) in table {
            for (t, p) in T.into_iter().zip(expected).filter(|&(_, p)| p > 0.0) {
                close(student_p(t, freedom), p, 1e-13);
                close(student_p(-t, freedom), p, 1e-13);
            }
        }
    }

    #[test]
    fn ends() {
        for freedom in [1, 2, 10, 1_000_000] {
            assert_eq!(student_p(0.0, freedom).to_bits(), 1.0_f64.to_bits());
            assert_eq!(student_p(f64::INFINITY, freedom).to_bits(), 0);
            assert!(student_p(f64::NAN, freedom).is_nan());
            assert!(student_p(1e200, freedom) >= 0.0 && student_p(1e-200, freedom) <= 1.0);
        }
    }

    #[test]
    fn normal() {
        // mpmath 1.4.1: erfc(z / sqrt(2))
        close(normal_p(1.959_963_984_540_054), 0.05, 1e-14);
        close(normal_p(-12.0), 3.552_964_224_155_358e-33, 1e-13);
        assert_eq!(normal_p(0.0).to_bits(), 1.0_f64.to_bits());
    }
}
