//! Parquet files, page by page: row groups are the parts, ids stay in their dictionaries.
//!
//! All that the rest of the crate sees is [`Opened`], a [`LogFile`](super::files::LogFile); how pages become counts is
//! this folder's own affair.

mod codecs;
mod column;
mod count;
mod delta;
mod fault;
mod footer;
mod hybrid;
mod layout;
mod levels;
mod open;
mod pages;
mod schema;
#[cfg(test)]
mod tests;
mod thrift;
mod unpack;
mod values;

pub(crate) use codecs::Decompressor;
pub(crate) use open::Opened;

use crate::error::Result;

/// The names of a file's columns; those inside structs with their path in dots.
pub(crate) fn columns(path: &str) -> Result<Vec<String>> {
    Ok(open::File::open(path)?.names())
}
