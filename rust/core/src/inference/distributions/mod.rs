//! The laws that intervals and tests are read from: normal, Student, gamma and beta, and integer laws by a walk.

mod beta;
mod gamma;
mod pvalues;
mod quantiles;
mod walk;

pub(crate) use beta::beta_quantile;
pub(crate) use gamma::{gamma_quantile, gamma_upper_quantile};
pub(crate) use pvalues::{normal_p, student_p};
pub(crate) use quantiles::{normal_cdf, normal_quantile, student_critical};
pub(crate) use walk::walk;

#[cfg(test)]
mod tests {
    #[track_caller]
    pub(super) fn close(actual: f64, expected: f64, relative: f64) {
        assert!((actual / expected - 1.0).abs() <= relative, "{actual} for {expected}");
    }
}
