//! The laws that intervals and tests are read from: normal, Student, gamma and beta, and integer laws by a walk.

mod beta;
mod pvalues;
mod quantiles;
mod walk;

pub(crate) use beta::beta_quantile;
pub(crate) use pvalues::{normal_p, student_p};
pub(crate) use quantiles::{
    gamma_quantile, gamma_upper_quantile, normal_cdf, normal_quantile, student_critical,
};
pub(crate) use walk::walk;
