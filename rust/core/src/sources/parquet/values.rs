//! Pages of values that are not in a dictionary, and dictionaries themselves, as Arrow arrays.
//!
//! Integers come in the width they are stored in; what they mean (8 bits, unsigned) is the schema's to say.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Float16Type, Int8Type, Int16Type, UInt8Type, UInt16Type};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, Decimal128Array, FixedSizeBinaryArray, Float16Array,
    Float32Array, Float64Array, Int32Array, Int64Array, PrimitiveArray, StringArray, UInt32Array,
    UInt64Array, new_null_array,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::fault::Fault;
use super::schema::{Leaf, Physical};
use crate::sources::read_at::no_memory;

/// Plain values, as many as the bytes hold: `expected`, or it is an error.
pub(super) fn plain(leaf: &Leaf, bytes: &[u8], expected: usize) -> Result<ArrayRef, Fault> {
    if leaf.physical == Physical::Bytes {
        let mut builder = Texts::default();
        let mut rest = bytes;
        while let Some((head, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_le_bytes(*head)).map_err(|_| Fault::ended())?;
            let Some((value, after)) = after.split_at_checked(length) else {
                return Err(Fault::new(format!("a value says {length} bytes, and {} are left", after.len())));
            };
            builder.push(value)?;
            rest = after;
        }
        check_count(builder.len(), rest.len(), expected)?;
        return builder.finish(leaf);
    }
    let width = leaf.physical.width().ok_or_else(|| Fault::new("booleans are no plain values"))?;
    let whole = bytes.len().checked_div(width).unwrap_or(0);
    check_count(whole, bytes.len().checked_rem(width).unwrap_or(0), expected)?;
    fixed(leaf, bytes.chunks_exact(width))
}

fn check_count(found: usize, bytes_left: usize, expected: usize) -> Result<(), Fault> {
    if found == expected && bytes_left == 0 {
        return Ok(());
    }
    let more = if bytes_left > 0 { format!(" and {bytes_left} bytes") } else { String::new() };
    Err(Fault::new(format!("the page holds {found} values{more}, and {expected} are expected")))
}

/// Values of one width.
pub(super) fn fixed<'a>(leaf: &Leaf, values: impl Iterator<Item = &'a [u8]>) -> Result<ArrayRef, Fault> {
    fn read<const N: usize>(value: &[u8]) -> [u8; N] {
        value.first_chunk().copied().unwrap_or([0; N])
    }
    let data_type = leaf.data_type();
    Ok(match (leaf.physical, &data_type) {
        (Physical::Int32, DataType::Decimal128(..)) => {
            decimals(values.map(|v| Ok(i32::from_le_bytes(read(v)).into())), &data_type)?
        }
        (Physical::Int64, DataType::Decimal128(..)) => {
            decimals(values.map(|v| Ok(i64::from_le_bytes(read(v)).into())), &data_type)?
        }
        (Physical::Fixed(_), DataType::Decimal128(..) | DataType::Decimal256(..)) => {
            decimals(values.map(big_endian), &data_type)?
        }
        (Physical::Int32, DataType::UInt32) => {
            Arc::new(values.map(|v| u32::from_le_bytes(read(v))).collect::<UInt32Array>())
        }
        (Physical::Int32, DataType::Int8) => narrow::<Int8Type>(values, &data_type)?,
        (Physical::Int32, DataType::Int16) => narrow::<Int16Type>(values, &data_type)?,
        (Physical::Int32, DataType::UInt8) => narrow::<UInt8Type>(values, &data_type)?,
        (Physical::Int32, DataType::UInt16) => narrow::<UInt16Type>(values, &data_type)?,
        (Physical::Int32, DataType::Date32) => Arc::new(
            values
                .map(|v| i32::from_le_bytes(read(v)))
                .collect::<Int32Array>()
                .reinterpret_cast::<Date32Type>(),
        ),
        (Physical::Int32, _) => Arc::new(values.map(|v| i32::from_le_bytes(read(v))).collect::<Int32Array>()),
        (Physical::Int64, DataType::UInt64) => {
            Arc::new(values.map(|v| u64::from_le_bytes(read(v))).collect::<UInt64Array>())
        }
        (Physical::Int64, _) => Arc::new(values.map(|v| i64::from_le_bytes(read(v))).collect::<Int64Array>()),
        (Physical::Float, _) => {
            Arc::new(values.map(|v| f32::from_le_bytes(read(v))).collect::<Float32Array>())
        }
        (Physical::Double, _) => {
            Arc::new(values.map(|v| f64::from_le_bytes(read(v))).collect::<Float64Array>())
        }
        (Physical::Fixed(2), DataType::Float16) => {
            let half = |v: &[u8]| <Float16Type as ArrowPrimitiveType>::Native::from_le_bytes(read(v));
            Arc::new(values.map(half).collect::<Float16Array>())
        }
        _ => {
            let width = leaf.physical.width().and_then(|width| i32::try_from(width).ok()).unwrap_or(i32::MAX);
            let bytes: Vec<u8> = values.flatten().copied().collect();
            let array = FixedSizeBinaryArray::try_new(width, Buffer::from_vec(bytes), None);
            Arc::new(array.map_err(|error| Fault::new(error.to_string()))?)
        }
    })
}

fn narrow<'a, T: ArrowPrimitiveType>(
    values: impl Iterator<Item = &'a [u8]>,
    data_type: &DataType,
) -> Result<ArrayRef, Fault>
where
    T::Native: TryFrom<i32>,
{
    let narrow = |value: &[u8]| {
        let value = i32::from_le_bytes(value.first_chunk().copied().unwrap_or_default());
        T::Native::try_from(value)
            .map_err(|_| Fault::new(format!("the value {value} in a column of {data_type}")))
    };
    let values = values.map(narrow).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter_values(values)))
}

/// Rows without a value.
pub(super) fn nulls(leaf: &Leaf, rows: usize) -> ArrayRef {
    match leaf.data_type() {
        DataType::Decimal256(_, scale) => new_null_array(&DataType::Decimal128(38, scale), rows),
        other => new_null_array(&other, rows),
    }
}

fn decimals(
    values: impl Iterator<Item = Result<i128, Fault>>,
    data_type: &DataType,
) -> Result<ArrayRef, Fault> {
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let scale = match data_type {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    };
    let array = Decimal128Array::new(values.into(), None);
    let array = array.with_precision_and_scale(38, scale).map_err(|e| Fault::new(e.to_string()))?;
    Ok(Arc::new(array))
}

/// Values of one width whose first bytes all come first, then their second ones, and so on.
pub(super) fn byte_stream_split(leaf: &Leaf, bytes: &[u8], expected: usize) -> Result<ArrayRef, Fault> {
    let width = leaf.physical.width().ok_or_else(|| Fault::new("only numbers can be split into streams"))?;
    check_count(
        bytes.len().checked_div(width).unwrap_or(0),
        bytes.len().checked_rem(width).unwrap_or(0),
        expected,
    )?;
    let mut whole = vec![0; bytes.len()];
    for (at, stream) in bytes.chunks_exact(expected.max(1)).enumerate() {
        let places = whole.iter_mut().skip(at).step_by(width);
        places.zip(stream).for_each(|(place, &byte)| *place = byte);
    }
    fixed(leaf, whole.chunks_exact(width))
}

/// A two's complement number of any length that fits 128 bits.
fn big_endian(bytes: &[u8]) -> Result<i128, Fault> {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let mut wide = [fill; 16];
    let spare = bytes.len().saturating_sub(16);
    let (head, tail) = bytes.split_at_checked(spare).unwrap_or_default();
    let start = 16_usize.saturating_sub(tail.len());
    if let Some(room) = wide.get_mut(start..) {
        room.copy_from_slice(tail);
    }
    let value = i128::from_be_bytes(wide);
    if head.iter().any(|&byte| byte != fill) || (value < 0) != negative {
        return Err(Fault::new("a decimal is beyond 128 bits"));
    }
    Ok(value)
}

/// Strings one after the other.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), offsets: vec![0] }
    }
}

impl Texts {
    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn push(&mut self, value: &[u8]) -> Result<(), Fault> {
        let reserved = self.bytes.try_reserve(value.len());
        reserved.map_err(|_| no_memory("the strings of a page"))?;
        self.bytes.extend_from_slice(value);
        let end = i32::try_from(self.bytes.len());
        self.offsets.push(end.map_err(|_| Fault::new("the page holds more than 2 GiB of strings"))?);
        Ok(())
    }

    /// Strings, or the decimals that such bytes can be.
    pub(super) fn finish(self, leaf: &Leaf) -> Result<ArrayRef, Fault> {
        let data_type = leaf.data_type();
        if matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..)) {
            let bytes = |pair: &[i32]| match *pair {
                [start, end] => self.bytes.get(offset(start)..offset(end)).unwrap_or_default(),
                _ => &[],
            };
            return decimals(self.offsets.windows(2).map(|pair| big_endian(bytes(pair))), &data_type);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        if data_type == DataType::Binary {
            let array = BinaryArray::try_new(offsets, Buffer::from_vec(self.bytes), None);
            return Ok(Arc::new(array.map_err(|error| Fault::new(error.to_string()))?));
        }
        let array = StringArray::try_new(offsets, Buffer::from_vec(self.bytes), None);
        Ok(Arc::new(array.map_err(|error| Fault::new(format!("a string is not UTF-8: {error}")))?))
    }
}

fn offset(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

/// The part of `array` from `start` on.
pub(super) fn slice(array: &ArrayRef, start: usize, length: usize) -> Result<ArrayRef, Fault> {
    if start.saturating_add(length) > array.len() {
        return Err(Fault::ended());
    }
    Ok(array.slice(start, length))
}
