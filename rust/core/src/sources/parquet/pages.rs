//! The pages of a column chunk, one after the other: header, checksum, decompression, and the conservation of bytes
//! and values.
//!
//! The header is read here and not by the `parquet` crate (59.3), which allocates what a header claims before it looks
//! at the bytes (2 GiB for a file of 332), and lets a codec inflate past the stated size before it objects.

mod bytes;
mod claims;
mod page;

pub(super) use page::{DataPage, Encoding, Page};

use super::codecs::{Codec, Decompressor};
use super::fault::Fault;
use super::footer::Chunk;
use super::header::Header;
use super::schema::Leaf;
use crate::sources::read_at::ReadAt;

/// A page that inflates to more than this is refused.
const LARGEST_PAGE: usize = 1 << 30;

/// Reads the pages of one chunk.
pub(super) struct Pages<'f> {
    file: &'f dyn ReadAt,
    codec: Codec,
    max_definition: u16,
    window: Vec<u8>,
    window_start: u64,
    at: u64,
    end: u64,
    values_left: u64,
    index: usize,
    had_dictionary: bool,
    had_data: bool,
    /// The bytes of the last page.
    pub(super) body: Vec<u8>,
}

impl<'f> Pages<'f> {
    /// The pages of a chunk that [`super::layout`] let pass.
    pub(super) fn new(file: &'f dyn ReadAt, leaf: &Leaf, chunk: &Chunk) -> Self {
        let start = u64::try_from(chunk.start()).unwrap_or(0);
        Self {
            file,
            codec: chunk.codec,
            max_definition: leaf.max_definition,
            window: Vec::new(),
            window_start: start,
            at: start,
            end: start.saturating_add(u64::try_from(chunk.bytes).unwrap_or(0)),
            values_left: u64::try_from(chunk.values).unwrap_or(0),
            index: 0,
            had_dictionary: false,
            had_data: false,
            body: Vec::new(),
        }
    }

    /// The number of the page that was read last.
    pub(super) fn page(&self) -> usize {
        self.index.saturating_sub(1)
    }

    /// The next page; `None` after the last, when all bytes and values are accounted for.
    pub(super) fn next(&mut self, decompressor: &mut Decompressor) -> Result<Option<Page>, Fault> {
        loop {
            if self.at == self.end {
                if self.values_left > 0 {
                    return Err(Fault::new(format!(
                        "the pages end {} values before what the footer says",
                        self.values_left
                    )));
                }
                return Ok(None);
            }
            let page = self.index;
            self.index = self.index.saturating_add(1);
            let header = self.header().map_err(|fault| fault.in_page(page))?;
            let read = self.read(&header, decompressor).map_err(|fault| fault.in_page(page))?;
            if let Some(read) = read {
                return Ok(Some(read));
            }
        }
    }

    fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    fn read(&mut self, header: &Header, decompressor: &mut Decompressor) -> Result<Option<Page>, Fault> {
        let left = self.left();
        let Some(compressed) = u64::try_from(header.compressed).ok().filter(|&length| length <= left) else {
            let said = header.compressed;
            return Err(Fault::new(format!("the page says {said} bytes, and its column has {left} left")));
        };
        let Some(size) = usize::try_from(header.size).ok().filter(|&size| size <= LARGEST_PAGE) else {
            let said = header.size;
            return Err(Fault::new(format!(
                "the page says it inflates to {said} bytes; at most 2^30 are read"
            )));
        };
        let mut page = match (header.kind, &header.data, header.dictionary) {
            // An index page holds nothing that counts.
            (1, ..) => {
                self.at = self.at.saturating_add(compressed);
                return Ok(None);
            }
            (0, Some(data), _) if data.second.is_none() => Page::Data(self.data(data)?),
            (3, Some(data), _) if data.second.is_some() => Page::Data(self.data(data)?),
            (2, _, Some((values, encoding))) => self.dictionary(values, encoding)?,
            (kind @ (0 | 2 | 3), ..) => {
                return Err(Fault::new(format!("the header of a page of type {kind} lacks its details")));
            }
            (kind, ..) => return Err(Fault::new(format!("pages of type {kind} are unknown"))),
        };
        let plain = if let Page::Data(data) = &page { data.levels.end } else { 0 };
        self.fill(header, compressed, plain, size, decompressor)?;
        self.at = self.at.saturating_add(compressed);
        if let (Page::Data(data), 0) = (&mut page, header.kind) {
            self.find_levels(data)?;
        }
        Ok(Some(page))
    }
}
