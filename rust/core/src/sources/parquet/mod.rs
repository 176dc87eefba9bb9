//! Parquet files, page by page: row groups are the parts, ids stay in their dictionaries.
//!
//! All that the rest of the crate sees is [`Opened`], a [`LogFile`](super::files::LogFile); how pages become counts is
//! this folder's own affair.

// What is in a file decides what happens here, so nothing may index, overflow or unwrap on the strength of it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects))]

mod codecs;
mod coded;
mod column;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "its indices are those of its own lists, all as long as the wanted columns"
)]
mod count;
mod delta;
mod fault;
mod footer;
#[cfg(feature = "fuzzing")]
#[allow(clippy::arithmetic_side_effects, reason = "an overflow here is what fuzzing is to find")]
pub mod fuzzing;
mod header;
mod hybrid;
mod layout;
mod levels;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "its indices are those of the footer's lists, whose lengths and sums are checked"
)]
mod log;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "its indices are those of the footer's lists, whose lengths and sums are checked"
)]
mod open;
mod pages;
mod schema;
mod tail;
#[cfg(test)]
mod tests;
mod thrift;
mod unpack;
mod values;

pub(crate) use codecs::Decompressor;
pub(crate) use log::Opened;

use super::input::Source;
use crate::error::Result;

/// The names of a file's columns; those inside structs with their path in dots.
pub(crate) fn columns(bytes: Source) -> Result<Vec<String>> {
    Ok(open::File::open(bytes)?.names())
}
