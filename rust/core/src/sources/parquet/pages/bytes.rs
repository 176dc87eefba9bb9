//! The bytes of pages: read ahead, their checksums, and decompressed.

use super::{DataPage, Pages};
use crate::sources::parquet::codecs::{Codec, Decompressor};
use crate::sources::parquet::fault::Fault;
use crate::sources::parquet::header::{self, Header};
use crate::sources::parquet::thrift::Thrift;
use crate::sources::read_at::no_memory;

/// Bytes that are read at once.
const READ_AHEAD: u64 = 1 << 20;
/// A header with statistics may be long, but not longer.
const LONGEST_HEADER: u64 = 16 << 20;

impl Pages<'_> {
    /// The `length` bytes from here on, which the chunk has.
    fn peek(&mut self, length: u64) -> Result<&[u8], Fault> {
        let window_end = self.window_start.saturating_add(self.window.len() as u64);
        if self.at.saturating_add(length) > window_end {
            let size = length.max(READ_AHEAD).min(self.left());
            let size = usize::try_from(size).map_err(|_| Fault::ended())?;
            self.window.clear();
            self.window.try_reserve(size).map_err(|_| no_memory(format!("{size} bytes")))?;
            self.window.resize(size, 0);
            self.window_start = self.at;
            self.file.read_at(self.at, &mut self.window)?;
        }
        let start = usize::try_from(self.at.saturating_sub(self.window_start)).unwrap_or(usize::MAX);
        self.window.get(start..).ok_or_else(Fault::ended)
    }

    pub(super) fn header(&mut self) -> Result<Header, Fault> {
        let at = self.at;
        let most = self.left().min(LONGEST_HEADER);
        let parse = |bytes: &[u8]| {
            let mut thrift = Thrift::new(bytes);
            header::read(&mut thrift).map(|header| (header, thrift.position()))
        };
        // What is at hand most often holds it all; else it is looked at once more with all it can have.
        let first = parse(self.peek(most.min(1 << 10))?);
        let (header, length) = match first {
            Ok(found) => found,
            Err(_) => parse(self.peek(most)?)
                .map_err(|fault| Fault::new(format!("the page header at byte {at} is malformed: {fault}")))?,
        };
        self.at = at.saturating_add(length as u64);
        if self.at > self.end {
            return Err(Fault::new(format!("the page header at byte {at} is longer than its column")));
        }
        Ok(header)
    }

    /// Decompresses the page's bytes into the body; the first `plain` of them are as they are.
    pub(super) fn fill(
        &mut self,
        header: &Header,
        compressed: u64,
        plain: usize,
        size: usize,
        decompressor: &mut Decompressor,
    ) -> Result<(), Fault> {
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        let second = header.data.as_ref().and_then(|data| data.second.as_ref());
        let codec = if second.is_some_and(|second| !second.compressed) { Codec::None } else { self.codec };
        let length = usize::try_from(compressed).map_err(|_| Fault::ended())?;
        let bytes = self.peek(compressed)?.get(..length).ok_or_else(Fault::ended)?;
        if let Some(said) = header.checksum
            && crc32fast::hash(bytes) != said.cast_unsigned()
        {
            return Err(Fault::new(
                "the page's checksum is wrong: its bytes are not those that were written",
            ));
        }
        let (levels, rest) = bytes.split_at_checked(plain).ok_or_else(Fault::ended)?;
        body.extend_from_slice(levels);
        let rest_size = size.checked_sub(plain).ok_or_else(Fault::ended)?;
        // A page of nulls has nothing to decompress, and some writers then leave a frame out.
        if rest_size > 0 || !rest.is_empty() {
            decompressor.decompress(codec, rest, rest_size, &mut body)?;
        }
        self.body = body;
        Ok(())
    }

    /// The first version keeps the levels behind their length, at the head of what was compressed.
    pub(super) fn find_levels(&self, page: &mut DataPage) -> Result<(), Fault> {
        if self.max_definition == 0 {
            return Ok(());
        }
        let length = self.body.first_chunk::<4>().ok_or_else(Fault::ended)?;
        let end = usize::try_from(u32::from_le_bytes(*length)).ok().and_then(|length| length.checked_add(4));
        let Some(end) = end.filter(|&end| end <= self.body.len()) else {
            return Err(Fault::new("the definition levels are longer than their page"));
        };
        (page.levels, page.values) = (4..end, end);
        Ok(())
    }
}
