//! Sums over a run of values y, y + 1, ..., without gamma functions.
//!
//! A short run is summed as it stands. Of a long one the first terms are, until y >= 64; the rest is
//! Euler and Maclaurin's formula,
//! ```text
//! sum_{i<m} f(y+i) = int_y^{y+m} f + (f(y) - f(y+m)) / 2 - [f'/12 - f'''/720 + f^(5)/30240]  from y+m to y
//! ```
//! whose first term left out is below 1e-17 of the sum.

use std::ops::Range;

/// From here on the asymptotic formula is good to the last digit.
const LARGE: f64 = 64.0;

/// Shorter runs are cheaper to sum than the formula.
const SHORT: u64 = 32;

/// A product within these bounds can take another factor of up to 2^54.
const SAFE: Range<f64> = 1e-200..1e200;

/// `[sum ln y, sum 1/y, sum 1/y^2]` over y = x + i, for i in `run`.
#[must_use]
pub(crate) fn sums(x: f64, run: Range<u64>) -> [f64; 3] {
    let (mut product, mut sums) = (1.0, [0.0; 3]);
    let mut i = run.start;
    while i < run.end && !(run.end - i > SHORT && x + i as f64 >= LARGE) {
        let y = x + i as f64;
        product *= y;
        if !SAFE.contains(&product) {
            sums[0] += libm::log(product);
            product = 1.0;
        }
        let inverse = 1.0 / y;
        sums[1] += inverse;
        sums[2] += inverse * inverse;
        i += 1;
    }
    sums[0] += libm::log(product);
    if i < run.end {
        for (sum, more) in sums.iter_mut().zip(long(x + i as f64, (run.end - i) as f64)) {
            *sum += more;
        }
    }
    sums
}

/// The same over y, ..., y + m - 1, for a large y.
fn long(y: f64, m: f64) -> [f64; 3] {
    let (u, v) = (1.0 / y, 1.0 / (y + m));
    let growth = libm::log1p(m * u);
    let gap = |power: i32| u.powi(power) - v.powi(power);
    [
        (y + m) * growth + m * (libm::log(y) - 1.0) - 0.5 * growth - gap(1) / 12.0 + gap(3) / 360.0
            - gap(5) / 1260.0,
        growth + 0.5 * gap(1) + gap(2) / 12.0 - gap(4) / 120.0 + gap(6) / 252.0,
        m * u * v + 0.5 * gap(2) + gap(3) / 6.0 - gap(5) / 30.0 + gap(7) / 42.0,
    ]
}

/// `sum ln((y + a) / y)` over y = x + i, for i in `run` and a >= 0.
///
/// Every term is positive and none is a difference, so the relative error stays near that of a single logarithm
/// however long the run.
#[must_use]
pub(crate) fn log_ratio(x: f64, a: f64, run: Range<u64>) -> f64 {
    log_sum(x, run, |y| libm::log1p(a / y), |y, power| (y + a).powi(-power) - y.powi(-power))
}

/// `sum ln((y + a) (y + k) / (y (y + a + k)))` over y = x + i, for i in `run`: what [`log_ratio`] loses from y to y + k.
#[must_use]
pub(crate) fn log_double_ratio(x: f64, a: f64, k: f64, run: Range<u64>) -> f64 {
    let powers = |y: f64, power: i32| {
        let at = |shift: f64| (y + shift).powi(-power);
        (at(a) - at(0.0)) - (at(a + k) - at(k))
    };
    log_sum(x, run, |y| libm::log1p(a / y * (k / (y + a + k))), powers)
}

/// The sum of a logarithm of a ratio of linear factors; `powers(y, j)` is the sum of their -j-th powers.
fn log_sum(x: f64, run: Range<u64>, f: impl Fn(f64) -> f64, powers: impl Fn(f64, i32) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut i = run.start;
    while i < run.end && !(run.end - i > SHORT && x + i as f64 >= LARGE) {
        sum += f(x + i as f64);
        i += 1;
    }
    if i == run.end {
        return sum;
    }
    let (y, end) = (x + i as f64, x + run.end as f64);
    let ends = |power: i32| powers(y, power) - powers(end, power);
    sum + integral(y, end, &f) + 0.5 * (f(y) - f(end)) - ends(1) / 12.0 + ends(3) / 360.0 - ends(5) / 1260.0
}

/// The integral from y to `end` by Gauss and Legendre in the logarithm of the variable.
///
/// There f has no singularity within pi of the real line, so ten points on a panel of width 1 err by 1e-22.
fn integral(y: f64, end: f64, f: impl Fn(f64) -> f64) -> f64 {
    let width = libm::log1p((end - y) / y);
    let panels = width.ceil().max(1.0);
    let half = 0.5 * width / panels;
    let mut sum = 0.0;
    let mut panel = 0.0;
    while panel < panels {
        let middle = y * libm::exp((2.0 * panel + 1.0) * half);
        for (node, weight) in GAUSS {
            let stretch = libm::exp(node * half);
            let (above, below) = (middle * stretch, middle / stretch);
            sum += weight * (f(above) * above + f(below) * below);
        }
        panel += 1.0;
    }
    sum * half
}

/// Nodes and weights of the ten-point rule (Abramowitz & Stegun, table 25.4), the positive half.
const GAUSS: [(f64, f64); 5] = [
    (0.148_874_338_981_631_21, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

#[cfg(test)]
mod tests {
    use super::{log_double_ratio, log_ratio, sums};

    #[track_caller]
    fn close(actual: f64, expected: f64, relative: f64) {
        assert!((actual / expected - 1.0).abs() <= relative, "{actual} for {expected}");
    }

    // Expected values: mpmath 1.3.0 at 60 digits, differences of loggamma and of its derivatives.

    #[test]
    fn ratios_of_any_length() {
        let table = [
            (0.7, 0.3, 0..100, 1.643_467_598_664_607_6),
            (0.7, 0.3, 0..1_000_000_000, 6.477_846_997_720_59),
            (1e-4, 1e-4, 0..1 << 53, 0.696_878_557_512_196_5),
            (8000.0, 8000.0, 0..1_000_000_000, 90_798.639_815_517_71),
            (8000.0, 1e-4, 0..37, 4.614_625_265_670_612e-7),
            (0.5, 3000.0, 10..1000, 2_182.281_986_398_723),
            (2.5, 0.2, 1_000_000..1_005_000, 9.975_062_126_598_703e-4),
            (1.5, 0.01, 1_000_000_000..1_001_000_000, 9.995_003_320_795_372e-6),
        ];
        for (x, a, run, expected) in table {
            close(log_ratio(x, a, run), expected, 1e-14);
        }
    }

    #[test]
    fn double_ratios_of_any_length() {
        let table = [
            (0.7, 0.3, 100, 1.436_047_916_291_796_5),
            (999_998.0, 4.0, 100, 3.999_204_138_794_277e-8),
            (0.7, 0.3, 1_000_000_000, 6.269_902_843_605_106),
            (5.0, 2.0, 10_000, 13.634_838_467_633_351),
            (1e-4, 1e-4, 1_000_000, 0.694_517_113_717_992),
        ];
        for (x, a, k, expected) in table {
            close(log_double_ratio(x, a, k as f64, 0..k), expected, 2e-15);
        }
    }

    #[test]
    fn sums_of_any_length() {
        let table = [
            (0.3, 0..40, [106.639_996_784_916_8, 7.186_417_435_635_06, 12.220_240_239_486_65]),
            (0.3, 0..1_000_000, [12_815_507.618_002_68, 17.318_034_580_164_43, 12.245_363_546_107_532]),
            (
                100.0,
                5..1_000_000_000,
                [19_723_267_517.571_717, 16.074_075_049_561_22, 0.009_569_303_968_054_03],
            ),
        ];
        for (x, run, expected) in table {
            for (actual, expected) in sums(x, run).into_iter().zip(expected) {
                close(actual, expected, 2e-15);
            }
        }
        assert!(sums(0.5, 7..7).iter().all(|&sum| sum == 0.0));
        assert!(log_ratio(0.5, 2.0, 7..7) == 0.0);
    }

    #[test]
    fn a_run_is_the_sum_of_its_parts() {
        for middle in [0, 1, 31, 32, 33, 63, 64, 65, 96, 97, 200, 5000] {
            let parts = [sums(0.4, 0..middle), sums(0.4, middle..5000)];
            for (whole, i) in sums(0.4, 0..5000).into_iter().zip(0..) {
                close(parts[0][i] + parts[1][i], whole, 2e-15);
            }
            let parts = log_ratio(0.4, 3.0, 0..middle) + log_ratio(0.4, 3.0, middle..5000);
            close(parts, log_ratio(0.4, 3.0, 0..5000), 2e-15);
        }
    }
}
