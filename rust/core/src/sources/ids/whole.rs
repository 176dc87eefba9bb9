//! The codes of values of which none is null: equal neighbours by the block, the others by what was seen lately.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow_schema::DataType;

use super::recent::{Key, Recent};
use crate::tally::codes::Codes;
use crate::tally::ids::IdColumn;

/// Rows that are looked at together.
pub(super) const BLOCK: usize = 64;

/// Views of at most so many bytes hold them.
const INLINE: u128 = 12;

/// Writes the codes of an array; false, and nothing written, for a type that is rare.
pub(super) fn encode(array: &dyn Array, recent: &mut Recent, ids: &mut IdColumn, out: &mut Codes) -> bool {
    recent.expect(array.data_type());
    macro_rules! numbers {
        ($type:ty) => {
            numbers::<$type>(array, recent, ids, out)
        };
    }
    match array.data_type() {
        DataType::Int8 => numbers!(Int8Type),
        DataType::Int16 => numbers!(Int16Type),
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::UInt8 => numbers!(UInt8Type),
        DataType::UInt16 => numbers!(UInt16Type),
        DataType::UInt32 => numbers!(UInt32Type),
        DataType::UInt64 => numbers!(UInt64Type),
        DataType::Date32 => numbers!(Date32Type),
        DataType::Utf8 => texts(array.as_string::<i32>(), recent, ids, out),
        DataType::LargeUtf8 => texts(array.as_string::<i64>(), recent, ids, out),
        DataType::Utf8View => views(array.as_string_view(), recent, ids, out),
        _ => return false,
    }
    true
}

/// Whether all values of a block are equal: it is the same after a shift by one, which is a comparison of bytes.
pub(super) fn all_equal<T: PartialEq>(block: &[T]) -> bool {
    block[1..] == block[..block.len() - 1]
}

/// Blocks of equal values are runs, of others each has its code.
fn blocks<T: Copy + PartialEq>(values: &[T], out: &mut Codes, mut code: impl FnMut(usize, T) -> u32) {
    let mut row = 0;
    for block in values.chunks(BLOCK) {
        let first = block[0];
        if all_equal(block) {
            out.push_run(code(row, first), block.len());
        } else {
            let mut last = (first, code(row, first));
            for (row, &value) in (row..).zip(block) {
                if value != last.0 {
                    last = (value, code(row, value));
                }
                out.push(last.1);
            }
        }
        row += block.len();
    }
}

fn numbers<T: ArrowPrimitiveType<Native: Into<i128>>>(
    array: &dyn Array,
    recent: &mut Recent,
    ids: &mut IdColumn,
    out: &mut Codes,
) {
    blocks(array.as_primitive::<T>().values(), out, |_, value| {
        let value: i128 = value.into();
        ids.small(value)
            .unwrap_or_else(|| recent.code(Key::of(value.cast_unsigned(), 0), || ids.number(value)))
    });
}

fn views(array: &StringViewArray, recent: &mut Recent, ids: &mut IdColumn, out: &mut Codes) {
    let tag = recent.expect_buffers(array.data_buffers());
    blocks(array.views(), out, |row, view| {
        let tag = if view & u128::from(u32::MAX) <= INLINE { 0 } else { tag };
        recent.code(Key::of(view, tag), || ids.text(array.value(row)))
    });
}

fn texts<O: OffsetSizeTrait>(
    array: &GenericStringArray<O>,
    recent: &mut Recent,
    ids: &mut IdColumn,
    out: &mut Codes,
) {
    for start in (0..array.len()).step_by(BLOCK) {
        let end = array.len().min(start + BLOCK);
        let mut code = |row| text(array.value(row), recent, ids);
        if is_run(array, start, end) {
            out.push_run(code(start), end - start);
        } else {
            (start..end).for_each(|row| out.push(code(row)));
        }
    }
}

/// Whether all strings of a block are equal: as long as each other, and the same after a shift by one.
fn is_run<O: OffsetSizeTrait>(array: &GenericStringArray<O>, start: usize, end: usize) -> bool {
    let offsets = &array.value_offsets()[start..=end];
    let length = (offsets[1] - offsets[0]).as_usize();
    if offsets.windows(2).any(|pair| (pair[1] - pair[0]).as_usize() != length) {
        return false;
    }
    let bytes = &array.value_data()[offsets[0].as_usize()..offsets[end - start].as_usize()];
    bytes[length..] == bytes[..bytes.len() - length]
}

/// The code of a string: short ones are known by their bytes, which two overlapping words hold, and their length.
#[inline]
fn text(text: &str, recent: &mut Recent, ids: &mut IdColumn) -> u32 {
    let bytes = text.as_bytes();
    let long = || Some([u64::from_le_bytes(*bytes.first_chunk()?), u64::from_le_bytes(*bytes.last_chunk()?)]);
    let short = |part: Option<&[u8; 4]>| part.map(|part| u64::from(u32::from_le_bytes(*part)));
    let words = match bytes {
        [] => [0; 2],
        [one] => [(*one).into(), 0],
        [one, .., last] if bytes.len() < 4 => [(*one).into(), u64::from(bytes[1]) << 8 | u64::from(*last)],
        _ if bytes.len() < 8 => {
            [short(bytes.first_chunk()).unwrap_or(0), short(bytes.last_chunk()).unwrap_or(0)]
        }
        _ if bytes.len() <= 16 => long().unwrap_or_default(),
        _ => return ids.text(text),
    };
    let tag = u32::try_from(bytes.len()).unwrap_or_default();
    recent.code(Key { words, tag }, || ids.text(text))
}
