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
