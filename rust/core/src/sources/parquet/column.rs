//! A column of a row group, read from front to back.

mod stored;

use arrow_array::ArrayRef;
pub(super) use stored::outside;
use stored::{Values, spread};

use super::codecs::Decompressor;
use super::coded::Coded;
use super::fault::Fault;
use super::footer::Chunk;
use super::hybrid::{Hybrid, Run};
use super::levels::{Levels, Presence};
use super::pages::{DataPage, Encoding, Page, Pages};
use super::schema::{Leaf, Physical};
use super::unpack::unpack;
use super::values;
use crate::sources::read_at::ReadAt;

/// The rows of a chunk that are still to come.
pub(super) struct Column<'f> {
    pub(super) leaf: &'f Leaf,
    pages: Pages<'f>,
    /// The values that indices speak of.
    dictionary: Option<ArrayRef>,
    page: Option<Open>,
}

/// A page that is being read; its bytes are the last that [`Pages`] made.
#[derive(Debug)]
struct Open {
    rows: usize,
    levels: Levels,
    values: Values,
}

/// A stretch of rows of a column of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// One index.
    Run(u32, usize),
    /// The next so many of the unpacked indices.
    Unpacked(usize),
}

impl<'f> Column<'f> {
    pub(super) fn new(file: &'f dyn ReadAt, leaf: &'f Leaf, chunk: &Chunk) -> Self {
        Self { leaf, pages: Pages::new(file, leaf, chunk), dictionary: None, page: None }
    }

    /// The page that is being read.
    pub(super) fn page_number(&self) -> usize {
        self.pages.page()
    }

    /// The dictionary, once a page has spoken of it.
    pub(super) fn dictionary(&self) -> Option<&ArrayRef> {
        self.dictionary.as_ref()
    }

    /// Whether every row of the page at hand has a value.
    pub(super) fn is_whole(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.levels.all())
    }

    /// How many rows the page at hand still has, the next one if it has none; 0 at the end of the chunk.
    pub(super) fn available(&mut self, decompressor: &mut Decompressor) -> Result<usize, Fault> {
        loop {
            if let Some(page) = &self.page
                && page.rows > 0
            {
                return Ok(page.rows);
            }
            self.page = None;
            match self.pages.next(decompressor)? {
                None => return Ok(0),
                Some(Page::Dictionary { values }) => {
                    let made = values::plain(self.leaf, &self.pages.body, values);
                    self.dictionary = Some(made.map_err(|fault| self.here(fault))?);
                }
                Some(Page::Data(page)) => {
                    self.page = Some(self.open(&page).map_err(|fault| self.here(fault))?);
                }
            }
        }
    }

    fn here(&self, fault: Fault) -> Fault {
        fault.in_page(self.pages.page())
    }

    fn open(&self, page: &DataPage) -> Result<Open, Fault> {
        let body = &self.pages.body;
        let (levels, present) = Levels::new(body, page.levels.clone(), self.leaf.max_definition, page.rows)?;
        let nulls = page.rows.saturating_sub(present);
        if page.nulls.is_some_and(|said| said != nulls) {
            let said = page.nulls.unwrap_or(0);
            return Err(Fault::new(format!("the page says {said} nulls and has {nulls}")));
        }
        let bytes = body.get(page.values..).ok_or_else(Fault::ended)?;
        let values = if present == 0 { Values::Bits(0) } else { self.values(page, bytes, present)? };
        Ok(Open { rows: page.rows, levels, values })
    }

    fn values(&self, page: &DataPage, bytes: &[u8], present: usize) -> Result<Values, Fault> {
        let (start, end) = (page.values, self.pages.body.len());
        Ok(match (page.encoding, self.leaf.physical) {
            (Encoding::Dictionary, _) => {
                let width = *bytes.first().ok_or_else(Fault::ended)?;
                Values::Indices(Hybrid::new(start.saturating_add(1)..end, width, present)?)
            }
            (Encoding::Plain, Physical::Boolean) => {
                if bytes.len() != present.div_ceil(8) {
                    let bytes = bytes.len();
                    return Err(Fault::new(format!("{present} booleans are not {bytes} bytes")));
                }
                Values::Bits(start.saturating_mul(8))
            }
            (Encoding::Rle, Physical::Boolean) => {
                let length = bytes.first_chunk::<4>().ok_or_else(Fault::ended)?;
                let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Fault::ended())?;
                let start = start.saturating_add(4);
                let end = start.checked_add(length).filter(|&stop| stop <= end).ok_or_else(Fault::ended)?;
                Values::Runs(Hybrid::new(start..end, 1, present)?)
            }
            (Encoding::Plain, _) => Values::Whole(values::plain(self.leaf, bytes, present)?, 0),
            (Encoding::ByteStreamSplit, _) => {
                Values::Whole(values::byte_stream_split(self.leaf, bytes, present)?, 0)
            }
            (Encoding::Rle, _) => return Err(Fault::new("only booleans can be in encoding RLE")),
            (encoding, _) => Values::Coded(Box::new(Coded::new(
                self.leaf,
                encoding,
                &self.pages.body,
                start..end,
                present,
            )?)),
        })
    }

    /// The next `rows` rows of a page of indices without nulls: calls `each` for every stretch of them, in order, and
    /// appends what is unpacked to `unpacked`. Returns false, and reads nothing, where the page is another.
    pub(super) fn stretches(
        &mut self,
        rows: usize,
        unpacked: &mut Vec<u32>,
        mut each: impl FnMut(Stretch),
    ) -> Result<bool, Fault> {
        let Self { pages, page: Some(page), .. } = self else { return Ok(false) };
        let Values::Indices(runs) = &mut page.values else { return Ok(false) };
        if !page.levels.all() {
            return Ok(false);
        }
        let number = pages.page();
        let mut left = rows;
        while left > 0 {
            let run = runs.next(&pages.body, left).map_err(|fault| fault.in_page(number))?;
            let length = match run.ok_or_else(|| Fault::ended().in_page(number))? {
                Run::Repeat { value, length } => {
                    each(Stretch::Run(value, length));
                    length
                }
                Run::Packed { bit, length } => {
                    unpack(&pages.body, bit, runs.width(), length, unpacked)?;
                    each(Stretch::Unpacked(length));
                    length
                }
            };
            left = left.saturating_sub(length);
        }
        page.rows = page.rows.saturating_sub(rows);
        Ok(true)
    }

    /// The next `rows` rows of the page at hand, which has them.
    pub(super) fn array(&mut self, rows: usize) -> Result<ArrayRef, Fault> {
        let number = self.pages.page();
        let Some(page) = &mut self.page else { return Err(Fault::ended()) };
        let body = &self.pages.body;
        let read = page.levels.next(body, rows).and_then(|presence| match presence {
            Presence::None => Ok(values::nulls(self.leaf, rows)),
            Presence::All => page.values.array(body, self.leaf, self.dictionary.as_ref(), rows),
            Presence::Some(mask, present) => {
                let values = page.values.array(body, self.leaf, self.dictionary.as_ref(), present)?;
                spread(&values, &mask)
            }
        });
        page.rows = page.rows.saturating_sub(rows);
        read.map_err(|fault| fault.in_page(number))
    }
}
