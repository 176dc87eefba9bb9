//! The beta law: distribution function by its continued fraction, quantiles by Newton's method within a bracket.
//!
//! ```text
//! I_x(a, b) = x^a (1-x)^b / (a B(a, b)) * 1 / (1 + d_1 / (1 + d_2 / (1 + ...)))      Abramowitz & Stegun 26.5.8
//! ```
//! evaluated as Lentz (1976) does, on the side of the mean where it converges fast. Against 40 digits quantiles are
//! right within 2e-12 (a from 0.01 to 1,000, b to 10^6).

const MOST_TERMS: u32 = 10_000;

/// The x with P(X <= x) = p, for 0 < p < 1 and a beta X of positive exponents.
#[must_use]
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..400 {
        let below = beta_cdf(x, a, b);
        *(if below < p { &mut low } else { &mut high }) = x;
        let log_density = (a - 1.0) * libm::log(x) + (b - 1.0) * libm::log1p(-x) - log_beta(a, b);
        let newton = x - (below - p) / libm::exp(log_density);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let moved = (next - x).abs();
        x = next;
        if moved <= f64::EPSILON * x || x < f64::MIN_POSITIVE {
            break;
        }
    }
    x
}

/// P(X <= x)
fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta(a, b));
    if x < (a + 1.0) / (a + b + 2.0) {
        front / a * fraction(x, a, b)
    } else {
        1.0 - front / b * fraction(1.0 - x, b, a)
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for m in 1..MOST_TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for step in [even, odd] {
            d = 1.0 / away(1.0 + step * d);
            c = away(1.0 + step / c);
            change *= c * d;
        }
        value *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// ln B(a, b), without the cancellation of large log-gammas.
fn log_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    if large < 100.0 {
        return libm::lgamma(small) + libm::lgamma(large) - libm::lgamma(small + large);
    }
    // Stirling's series of both large ones; the first term left out is below 1e-17.
    let rest = |x: f64| (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x;
    let sum = small + large;
    libm::lgamma(small) + small - (sum - 0.5) * libm::log1p(small / large) - small * libm::log(large)
        + rest(large)
        - rest(sum)
}

#[cfg(test)]
mod tests {
    use super::beta_quantile;

    #[test]
    fn quantiles() {
        // mpmath 1.4.1 at 40 digits: the root of the regularised incomplete beta function.
        let table = [
            (0.025, 0.5, 0.5, 0.001_541_333_133_436_012),
            (0.975, 0.5, 0.5, 0.998_458_666_866_564),
            (0.025, 3.2, 41.7, 0.016_379_683_182_654_25),
            (0.975, 3.2, 41.7, 0.161_613_570_782_324_1),
            (0.000_5, 17.5, 900.25, 0.007_559_474_394_791_423),
            (0.999_5, 17.5, 900.25, 0.037_369_508_380_802_31),
            (0.025, 1.25, 250_000.5, 2.372_452_629_443_286_9e-07),
            (0.975, 1.25, 250_000.5, 1.678_440_771_272_523e-05),
            (0.975, 0.01, 20.0, 0.002_413_517_442_297_095),
            (0.5, 1_000.0, 1_000.0, 0.5),
            (0.975, 12.0, 0.75, 0.999_448_096_717_106_1),
            (0.9, 1_000.0, 1_000_000.0, 0.001_039_673_973_197_599_8),
        ];
        for (p, a, b, x) in table {
            let actual = beta_quantile(p, a, b);
            assert!((actual / x - 1.0).abs() <= 2e-12, "{actual} for {x}");
        }
    }
}
