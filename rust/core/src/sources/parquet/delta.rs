//! Delta-encoded values, through the `parquet` crate's decoders, a few at a time.

use std::sync::Arc;

use arrow_array::ArrayRef;
use bytes::Bytes;
use parquet::basic::{Encoding as Code, Type as Stored};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArrayType, DataType, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type};

use super::fault::Fault;
use super::pages::Encoding;
use super::schema::{Leaf, Physical};
use super::values::{Texts, fixed};

/// The crate makes a table of the lengths of all strings of a page before the first.
const MOST_STRINGS: usize = 1 << 26;

/// The values of a page that are still to come.
pub(super) enum Delta {
    Int32(ColumnReaderImpl<Int32Type>),
    Int64(ColumnReaderImpl<Int64Type>),
    Bytes(ColumnReaderImpl<ByteArrayType>),
    Fixed(ColumnReaderImpl<FixedLenByteArrayType>),
}

impl std::fmt::Debug for Delta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Delta")
    }
}

impl Delta {
    /// The `count` values of a page, whose bytes these are.
    pub(super) fn new(leaf: &Leaf, encoding: Encoding, bytes: &[u8], count: usize) -> Result<Self, Fault> {
        check_header(bytes, count)?;
        let (stored, length) = match leaf.physical {
            Physical::Int32 => (Stored::INT32, 0),
            Physical::Int64 => (Stored::INT64, 0),
            Physical::Bytes => (Stored::BYTE_ARRAY, 0),
            Physical::Fixed(length) => {
                (Stored::FIXED_LEN_BYTE_ARRAY, i32::try_from(length).unwrap_or(i32::MAX))
            }
            other => return Err(mismatch(encoding, other)),
        };
        let code = match (encoding, leaf.physical) {
            (Encoding::DeltaBinaryPacked, Physical::Int32 | Physical::Int64) => Code::DELTA_BINARY_PACKED,
            (Encoding::DeltaLengthByteArray, Physical::Bytes) => Code::DELTA_LENGTH_BYTE_ARRAY,
            (Encoding::DeltaByteArray, Physical::Bytes | Physical::Fixed(_)) => Code::DELTA_BYTE_ARRAY,
            (_, other) => return Err(mismatch(encoding, other)),
        };
        if encoding != Encoding::DeltaBinaryPacked && count > MOST_STRINGS {
            return Err(Fault::new(format!(
                "{count} delta-encoded strings in a page; at most 2^26 are read"
            )));
        }
        let primitive = Type::primitive_type_builder("values", stored).with_length(length).build();
        let primitive = Arc::new(primitive.map_err(|error| Fault::new(error.to_string()))?);
        let descriptor = Arc::new(ColumnDescriptor::new(primitive, 0, 0, ColumnPath::new(Vec::new())));
        let page = Page::DataPage {
            buf: Bytes::copy_from_slice(bytes),
            num_values: u32::try_from(count).map_err(|_| Fault::ended())?,
            encoding: code,
            def_level_encoding: Code::RLE,
            rep_level_encoding: Code::RLE,
            statistics: None,
        };
        let page = Box::new(OnePage(Some(page)));
        Ok(match leaf.physical {
            Physical::Int32 => Self::Int32(ColumnReaderImpl::new(descriptor, page)),
            Physical::Int64 => Self::Int64(ColumnReaderImpl::new(descriptor, page)),
            Physical::Bytes => Self::Bytes(ColumnReaderImpl::new(descriptor, page)),
            _ => Self::Fixed(ColumnReaderImpl::new(descriptor, page)),
        })
    }

    /// The next `count` values.
    pub(super) fn next(&mut self, leaf: &Leaf, count: usize) -> Result<ArrayRef, Fault> {
        match self {
            Self::Int32(reader) => {
                let values: Vec<_> = read(reader, count)?.iter().map(|v| v.to_le_bytes()).collect();
                fixed(leaf, values.iter().map(|value| &value[..]))
            }
            Self::Int64(reader) => {
                let values: Vec<_> = read(reader, count)?.iter().map(|v| v.to_le_bytes()).collect();
                fixed(leaf, values.iter().map(|value| &value[..]))
            }
            Self::Bytes(reader) => {
                let mut texts = Texts::default();
                read(reader, count)?.iter().try_for_each(|value| texts.push(value.data()))?;
                texts.finish(leaf)
            }
            Self::Fixed(reader) => {
                let values = read(reader, count)?;
                let right = |value: &&[u8]| Some(value.len()) == leaf.physical.width();
                if !values.iter().map(|value| value.data()).all(|value| right(&value)) {
                    return Err(Fault::new("a value of fixed length has another one"));
                }
                fixed(leaf, values.iter().map(|value| value.data()))
            }
        }
    }
}

fn mismatch(encoding: Encoding, physical: Physical) -> Fault {
    Fault::new(format!("values stored as {physical:?} cannot be in encoding {encoding:?}"))
}

fn read<T: DataType>(reader: &mut ColumnReaderImpl<T>, count: usize) -> Result<Vec<T::T>, Fault> {
    let mut values = Vec::new();
    while values.len() < count {
        let left = count.saturating_sub(values.len());
        let before = values.len();
        let read = reader.read_records(left, None, None, &mut values);
        read.map_err(|error| Fault::new(error.to_string()))?;
        if values.len() == before {
            return Err(Fault::new(format!("the page ends {left} values too early")));
        }
    }
    Ok(values)
}

/// All delta encodings begin with block size, mini-blocks and how many values there are, which must be ours.
fn check_header(bytes: &[u8], count: usize) -> Result<(), Fault> {
    let mut rest = bytes.iter();
    let mut number = || -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = rest.next().ok_or_else(Fault::ended)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::new("a delta header has no end"))
    };
    let (block, miniblocks, values) = (number()?, number()?, number()?);
    if values != count as u64 {
        return Err(Fault::new(format!("the page holds {values} values, and {count} are expected")));
    }
    if block > 1 << 20 || miniblocks > 1 << 12 || block == 0 || miniblocks == 0 {
        return Err(Fault::new(format!("delta blocks of {block} values in {miniblocks} parts cannot be")));
    }
    Ok(())
}

/// A page that was read already.
struct OnePage(Option<Page>);

impl Iterator for OnePage {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageReader for OnePage {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        Ok(None)
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        Err(ParquetError::General("pages are not skipped".into()))
    }
}
