//! What a page is: how its values are stored, and where in its bytes they are.

use crate::sources::parquet::fault::Fault;

/// How a page's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Encoding {
    Plain,
    Dictionary,
    Rle,
    DeltaBinaryPacked,
    DeltaLengthByteArray,
    DeltaByteArray,
    ByteStreamSplit,
}

impl Encoding {
    pub(super) fn from_code(code: i32) -> Result<Self, Fault> {
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

/// A page, whose bytes are in [`super::Pages::body`].
#[derive(Clone, Debug)]
pub(in super::super) enum Page {
    /// The values that the next pages speak of.
    Dictionary { values: usize },
    /// Rows.
    Data(DataPage),
}

/// The rows of a page of a flat column.
#[derive(Clone, Debug)]
pub(in super::super) struct DataPage {
    /// Rows, nulls among them.
    pub(in super::super) rows: usize,
    pub(in super::super) encoding: Encoding,
    /// Where the definition levels are in the body; empty where there are none.
    pub(in super::super) levels: std::ops::Range<usize>,
    /// Where the values begin in the body.
    pub(in super::super) values: usize,
    /// Nulls, where the header says how many.
    pub(in super::super) nulls: Option<usize>,
}
