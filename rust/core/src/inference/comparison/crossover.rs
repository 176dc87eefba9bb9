//! Where the curves of two models cross.
//!
//! The difference D(k) is joined by straight lines in ln k. A crossing is where it comes to 0 and goes on with the
//! other sign; touching 0 and turning back is none. Where D is 0 at several ks in a row, the first of them counts.
//!
//! A resample whose D keeps its sign has its first crossing at infinity: it is censored at the largest k, and the
//! percentiles of the first crossing know it as that.

/// The ks of a curve, and how far from 0 rounding alone can bring a difference there.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub ks: Vec<f64>,
    pub ln_k: Vec<f64>,
    pub noise: Vec<f64>,
}

impl Axis {
    /// Of ascending ks.
    pub(crate) fn new(ks: &[u64], noise: Vec<f64>) -> Self {
        let ks: Vec<f64> = ks.iter().map(|&k| k as f64).collect();
        let ln_k = ks.iter().map(|&k| libm::log(k)).collect();
        Self { ks, ln_k, noise }
    }

    /// Calls `found` with each k at which the difference changes its sign, in ascending order.
    pub(crate) fn crossings(&self, difference: impl Fn(usize) -> f64, mut found: impl FnMut(f64)) {
        let mut last: Option<(usize, f64)> = None;
        for at in 0..self.ks.len() {
            let here = difference(at);
            // NaN, where no problem has k samples, is neither ahead nor behind.
            if here.is_nan() || here.abs() <= self.noise[at] {
                continue;
            }
            if let Some((from, there)) = last.filter(|&(_, there)| (there > 0.0) != (here > 0.0)) {
                found(self.zero_between(from, there, at, here));
            }
            last = Some((at, here));
        }
    }

    fn zero_between(&self, from: usize, there: f64, at: usize, here: f64) -> f64 {
        if from + 1 < at {
            return self.ks[from + 1];
        }
        let share = there / (there - here);
        libm::exp(self.ln_k[from] + share * (self.ln_k[at] - self.ln_k[from]))
            .clamp(self.ks[from], self.ks[at])
    }
}

/// Where two curves cross, and what the resamples say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// All of them, in ascending order of k.
    pub ks: Vec<f64>,
    /// The lower end of the percentile interval of the first; infinite where even that is above the largest k. NaN
    /// without resamples.
    pub lower: f64,
    /// The upper end; infinite where it is above the largest k.
    pub upper: f64,
    /// The share of resamples without a crossing.
    pub p_none: f64,
    /// The share of resamples with more than one.
    pub p_several: f64,
}

impl Crossing {
    /// From the first crossing of each resample, infinite where there is none, and how many have several.
    pub(crate) fn new(ks: Vec<f64>, mut first: Vec<f64>, several: usize, level: f64) -> Self {
        let resamples = first.len() as f64;
        let none = first.iter().filter(|k| k.is_infinite()).count();
        let (lower, upper) = ends(&mut first, 0.5 * (1.0 - level));
        Self { ks, lower, upper, p_none: none as f64 / resamples, p_several: several as f64 / resamples }
    }
}

/// Order statistics from outside the tails: between a number and infinity there is nothing to interpolate.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the length of a slice")]
fn ends(values: &mut [f64], tail: f64) -> (f64, f64) {
    if values.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    let low = (tail * (values.len() - 1) as f64) as usize;
    let high = values.len() - 1 - low;
    let lower = *values.select_nth_unstable_by(low, f64::total_cmp).1;
    (lower, *values.select_nth_unstable_by(high, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::{Axis, Crossing};

    fn crossings(differences: &[f64]) -> Vec<f64> {
        let ks: Vec<u64> = (0..differences.len()).map(|i| 1 << i).collect();
        let mut found = Vec::new();
        Axis::new(&ks, vec![1e-12; ks.len()]).crossings(|at| differences[at], |k| found.push(k));
        found
    }

    #[test]
    fn a_crossing_is_a_change_of_sign() {
        assert!(crossings(&[0.1, 0.2, 0.1]).is_empty() && crossings(&[]).is_empty());
        // From .1 at 2 to -.3 at 4: a quarter of the way in ln k.
        assert!((crossings(&[0.2, 0.1, -0.3])[0] - 2.0 * 2.0_f64.powf(0.25)).abs() < 1e-14);
        assert_eq!(crossings(&[0.2, -0.1, 0.1, -0.2]).len(), 3);
    }

    #[test]
    fn ties_at_zero() {
        assert!(crossings(&[0.0, 0.0, 0.1]).is_empty(), "no sign to change");
        assert!(crossings(&[0.2, 0.0, 0.1]).is_empty(), "it touches and turns back");
        assert_eq!(crossings(&[0.2, 0.0, -0.1]), [2.0]);
        assert_eq!(crossings(&[0.2, 1e-13, -1e-14, 0.0, -0.1]), [2.0], "noise is 0");
        assert!(crossings(&[0.2, 0.0, f64::NAN]).is_empty());
    }

    #[test]
    fn no_crossing_is_beyond_every_k() {
        let first = (0..100).map(|i| if i < 90 { f64::from(i) } else { f64::INFINITY }).collect();
        let crossing = Crossing::new(vec![4.0], first, 7, 0.9);
        assert_eq!((crossing.lower, crossing.upper), (4.0, f64::INFINITY));
        assert_eq!((crossing.p_none, crossing.p_several), (0.1, 0.07));
        assert!(Crossing::new(vec![], vec![], 0, 0.9).lower.is_nan());
    }
}
