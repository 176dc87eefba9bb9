//! Resamples that are drawn: [`bootstrap`] has the replicates, on [`Multinomial`] counts, and these on `poisson` draws.

pub mod bootstrap;
mod multinomial;
mod poisson;

pub(super) use bootstrap::{Resampler, bootstrap_groups};
pub(super) use multinomial::Multinomial;
