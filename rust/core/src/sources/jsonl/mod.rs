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

use crate::error::Result;

/// The names of the columns on a file's first line; `None` where the file's name is not that of one.
pub(crate) fn columns(path: &str) -> Result<Option<Vec<String>>> {
    let Some(compression) = super::stream::Compression::of(path) else { return Ok(None) };
    open::File::open(path, compression)?.names().map(Some)
}
