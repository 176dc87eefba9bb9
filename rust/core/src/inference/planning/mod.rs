//! How many problems an interval or a comparison needs, and what a number of problems is good for.
//!
//! ```text
//! half width = t_{1-a/2} sqrt(v/P),   detectable difference = (t_{1-a/2} + t_{power}) sqrt(v/P)
//! ```
//!
//! v is the variance of one problem's estimate, or of one problem's difference; Miller (2024, arXiv 2411.00640,
//! section 5), with Student's quantiles for its normal ones. With those the answer is `P = (z/H)^2 v`; Student's
//! need one or two problems more, and many more where that is below ten. A sum of two Student quantiles is about the
//! quantile of the noncentral law that the power is of: a little too small for few problems (docs/planning.md).

pub mod components;

use super::distributions::{normal_quantile, student_critical};

/// What is asked of an experiment, whose variance is known but for its freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// The level of the interval, 1 - a, or of the test.
    pub confidence_level: f64,
    /// The probability to find a difference of the size sought; None for a half width.
    pub power: Option<f64>,
    /// Independent clusters for each problem, at most 1; 1 where problems are independent.
    pub clusters_per_problem: f64,
}

impl Aim {
    /// The half width, or the least difference found with that power, of `problems` problems.
    ///
    /// NaN where there are not two clusters, and of NaN.
    #[must_use]
    pub fn reach(&self, variance: f64, problems: u64) -> f64 {
        self.factor(problems) * (variance / problems as f64).sqrt()
    }

    /// The fewest problems that reach the `target`, at most 2^53; None where the variance is not positive.
    #[must_use]
    pub fn problems(&self, variance: f64, target: f64) -> Option<u64> {
        if !(variance > 0.0 && target > 0.0) {
            return None;
        }
        let ratio = self.normal_factor() / target;
        let most = 1_u64 << 53;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and casts saturate"
        )]
        let normal = ((ratio * ratio * variance).ceil() as u64).min(most);
        // Normal quantiles are the smaller ones, so they give too few; two clusters are the fewest of all.
        let enough = |problems: &u64| self.reach(variance, *problems) <= target;
        let mut high = normal.max(2);
        let (mut low, mut step) = (high - 1, 1);
        while !enough(&high) && high < most {
            low = high;
            high = (high + step).min(most);
            step *= 2;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(&middle) { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// The same with normal quantiles, and not rounded up.
    #[must_use]
    pub fn normal_problems(&self, variance: f64, target: f64) -> f64 {
        let ratio = self.normal_factor() / target;
        ratio * ratio * variance
    }

    fn normal_factor(&self) -> f64 {
        normal_quantile(0.5 * (1.0 + self.confidence_level)) + self.power.map_or(0.0, normal_quantile)
    }

    fn factor(&self, problems: u64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and casts saturate"
        )]
        let clusters = (problems as f64 * self.clusters_per_problem + 1e-9).floor() as u64;
        if clusters < 2 {
            return f64::NAN;
        }
        let freedom = clusters - 1;
        let power = self.power.map_or(0.0, |power| {
            let level = 2.0 * power - 1.0;
            if level == 0.0 { 0.0 } else { student_critical(level.abs(), freedom).copysign(level) }
        });
        student_critical(self.confidence_level, freedom) + power
    }
}
