//! Exact pass@k from verdict logs: counting, estimators, inference.
//!
//! The flow is a line: [`sources`] read logs into a [`tally`], [`estimators`] turn its (n, c) into numbers,
//! and [`inference`] gives those their uncertainty. Nothing here knows Python.
#![forbid(unsafe_code)]

pub mod advantages;
pub mod dd;
pub mod error;
pub mod estimators;
pub mod inference;
mod json;
pub mod parallel;
pub mod records;
pub mod rng;
pub mod samples;
pub mod sources;
pub mod tally;
