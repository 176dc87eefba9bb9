//! JSON Lines, plain or compressed: the wanted values of each line are read, the rest is checked and stepped over.
//!
//! All that the rest of the crate sees is [`Opened`], a [`LogFile`](super::files::LogFile). Plain files are cut into
//! ranges of bytes at newlines; compressed ones are streamed as one part.

mod count;
mod kinds;
mod layout;
mod lines;
mod names;
mod object;
mod open;
mod paths;
mod rows;

pub(crate) use open::Opened;

use super::input::Source;
use super::stream::Compression;
use crate::error::Result;

/// The names of the columns on a file's first line.
pub(crate) fn columns(source: Source, compression: Compression) -> Result<Vec<String>> {
    open::File::open(source, compression)?.names()
}
