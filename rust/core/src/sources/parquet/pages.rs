//! The pages of a column chunk, one after the other: header, checksum, decompression, and the conservation of bytes
//! and values.
//!
//! The header is read here and not by the `parquet` crate (59.3), which allocates what a header claims before it looks
//! at the bytes (2 GiB for a file of 332), and lets a codec inflate past the stated size before it objects.

use super::codecs::{Codec, Decompressor};
use super::fault::Fault;
use super::footer::Chunk;
use super::header::{self, Data, Header};
use super::schema::Leaf;
use super::thrift::Thrift;
use crate::sources::read_at::{ReadAt, no_memory};

/// Bytes that are read at once.
const READ_AHEAD: u64 = 1 << 20;
/// A header with statistics may be long, but not longer.
const LONGEST_HEADER: u64 = 16 << 20;
/// A page that inflates to more than this is refused.
const LARGEST_PAGE: usize = 1 << 30;

/// How a page's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Dictionary,
    Rle,
    DeltaBinaryPacked,
    DeltaLengthByteArray,
    DeltaByteArray,
    ByteStreamSplit,
}

impl Encoding {
    fn from_code(code: i32) -> Result<Self, Fault> {
        Ok(match code {
            0 => Self::Plain,
            2 | 8 => Self::Dictionary,
            3 => Self::Rle,
            5 => Self::DeltaBinaryPacked,
            6 => Self::DeltaLengthByteArray,
            7 => Self::DeltaByteArray,
            9 => Self::ByteStreamSplit,
            _ => return Err(Fault::new(format!("encoding {code} is not read"))),
        })
    }
}

/// A page, whose bytes are in [`Pages::body`].
#[derive(Clone, Debug)]
pub(super) enum Page {
    /// The values that the next pages speak of.
    Dictionary { values: usize },
    /// Rows.
    Data(DataPage),
}

/// The rows of a page of a flat column.
#[derive(Clone, Debug)]
pub(super) struct DataPage {
    /// Rows, nulls among them.
    pub(super) rows: usize,
    pub(super) encoding: Encoding,
    /// Where the definition levels are in the body; empty where there are none.
    pub(super) levels: std::ops::Range<usize>,
    /// Where the values begin in the body.
    pub(super) values: usize,
    /// Nulls, where the header says how many.
    pub(super) nulls: Option<usize>,
}

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

    fn header(&mut self) -> Result<Header, Fault> {
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

    fn dictionary(&mut self, values: i32, encoding: i32) -> Result<Page, Fault> {
        if self.had_dictionary || self.had_data {
            return Err(Fault::new("a dictionary comes after the column's first page"));
        }
        self.had_dictionary = true;
        match (usize::try_from(values), encoding) {
            (Ok(values), 0 | 2) => Ok(Page::Dictionary { values }),
            (Ok(_), _) => Err(Fault::new(format!("a dictionary in encoding {encoding} is not read"))),
            (Err(_), _) => Err(Fault::new(format!("the dictionary says {values} values"))),
        }
    }

    fn data(&mut self, data: &Data) -> Result<DataPage, Fault> {
        self.had_data = true;
        let rows = u64::try_from(data.values).ok().filter(|&rows| rows <= self.values_left);
        let Some(rows) = rows else {
            let (said, left) = (data.values, self.values_left);
            return Err(Fault::new(format!("the page says {said} values, and its column has {left} left")));
        };
        self.values_left = self.values_left.saturating_sub(rows);
        let rows = usize::try_from(rows).map_err(|_| Fault::ended())?;
        let encoding = Encoding::from_code(data.encoding)?;
        if encoding == Encoding::Dictionary && !self.had_dictionary && rows > 0 {
            return Err(Fault::new("the page speaks of a dictionary, and there is none"));
        }
        let Some(second) = &data.second else {
            if self.max_definition > 0 && data.level_encoding != 3 {
                let code = data.level_encoding;
                return Err(Fault::new(format!("definition levels in encoding {code} are not read")));
            }
            return Ok(DataPage { rows, encoding, levels: 0..0, values: 0, nulls: None });
        };
        // Where no value repeats, the repetition levels say nothing, but some writers write them.
        let (definition, repetition) = (second.definition_bytes, second.repetition_bytes);
        let levels = usize::try_from(repetition).ok().zip(usize::try_from(definition).ok());
        let levels = levels.and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let Some(levels) = levels else {
            return Err(Fault::new(format!(
                "the page says {definition} and {repetition} bytes of levels, which cannot be"
            )));
        };
        let nulls = usize::try_from(second.nulls).ok().filter(|&nulls| nulls <= rows);
        match nulls {
            Some(nulls)
                if second.rows == data.values
                    && (self.max_definition > 0 || (levels.is_empty() && nulls == 0)) =>
            {
                let values = levels.end;
                Ok(DataPage { rows, encoding, levels, values, nulls: Some(nulls) })
            }
            _ => Err(Fault::new(format!(
                "the page says {} rows, {} values and {} nulls, which cannot be",
                second.rows, data.values, second.nulls
            ))),
        }
    }

    /// Decompresses the page's bytes into the body; the first `plain` of them are as they are.
    fn fill(
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
    fn find_levels(&self, page: &mut DataPage) -> Result<(), Fault> {
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
