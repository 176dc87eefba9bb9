//! Parts of a Parquet file as functions on bytes, for the fuzz targets and their tests; not for use.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};

use super::coded::Coded;
use super::fault::Fault;
use super::footer;
use super::header;
use super::hybrid::{Hybrid, Run};
use super::levels::{Levels, Presence};
use super::pages::Encoding;
use super::schema::{self, Leaf};
use super::thrift::{Kind, Thrift};
use super::unpack::unpack;
use super::values;

/// What is read, or words about what is wrong.
pub type Read<T> = Result<T, String>;

/// How long the Thrift struct is that the bytes begin with.
///
/// # Errors
/// It is none.
pub fn thrift(bytes: &[u8]) -> Read<usize> {
    let mut thrift = Thrift::new(bytes);
    thrift.skip(Kind::Struct).map_err(words)?;
    Ok(thrift.position())
}

/// How many columns, row groups and rows a footer has.
///
/// # Errors
/// It is malformed.
pub fn footer(bytes: &[u8]) -> Read<(usize, usize, i128)> {
    let footer = footer::read(bytes).map_err(words)?;
    let rows = footer.row_groups.iter().map(|group| i128::from(group.rows)).sum();
    Ok((footer.leaves.len(), footer.row_groups.len(), rows))
}

/// How long the page header is that the bytes begin with.
///
/// # Errors
/// It is malformed.
pub fn header(bytes: &[u8]) -> Read<usize> {
    let mut thrift = Thrift::new(bytes);
    header::read(&mut thrift).map_err(words)?;
    Ok(thrift.position())
}

/// `count` numbers of `width` bits, `step` at a time.
///
/// # Errors
/// The bytes do not hold them.
pub fn runs(bytes: &[u8], width: u8, count: usize, step: usize) -> Read<Vec<u32>> {
    let mut runs = Hybrid::new(0..bytes.len(), width, count).map_err(words)?;
    let mut out = Vec::new();
    while runs.left() > 0 {
        match runs.next(bytes, step).map_err(words)?.ok_or("the numbers end early")? {
            Run::Repeat { value, length } => out.resize(out.len() + length, value),
            Run::Packed { bit, length } => {
                unpack(bytes, bit, width.into(), length, &mut out).map_err(words)?;
            }
        }
    }
    Ok(out)
}

/// Which of `rows` rows hold a value, `step` at a time.
///
/// # Errors
/// The bytes are not their levels.
///
/// # Panics
/// Two ways to count those that hold one differ.
pub fn levels(bytes: &[u8], max: u16, rows: usize, step: usize) -> Read<Vec<bool>> {
    let (mut levels, present) = Levels::new(bytes, 0..bytes.len(), max, rows).map_err(words)?;
    let mut out = Vec::new();
    while out.len() < rows {
        let some = step.min(rows - out.len());
        match levels.next(bytes, some).map_err(words)? {
            Presence::All => out.resize(out.len() + some, true),
            Presence::None => out.resize(out.len() + some, false),
            Presence::Some(mask, found) => {
                assert_eq!(found, mask.iter().filter(|&&there| there).count());
                out.extend(mask);
            }
        }
    }
    assert_eq!(present, out.iter().filter(|&&there| there).count());
    Ok(out)
}

/// `count` delta-encoded integers of 32 or 64 bits, `step` at a time.
///
/// # Errors
/// The bytes do not hold them.
pub fn integers(bytes: &[u8], wide: bool, count: usize, step: usize) -> Read<Vec<i64>> {
    let leaf = leaf(if wide { 2 } else { 1 }, 0)?;
    let mut out = Vec::new();
    coded(&leaf, Encoding::DeltaBinaryPacked, bytes, (count, step), |array| {
        match array.as_primitive_opt::<Int64Type>() {
            Some(array) => out.extend(array.values()),
            None => {
                out.extend(array.as_primitive::<Int32Type>().values().iter().map(|&value| i64::from(value)));
            }
        }
    })?;
    Ok(out)
}

/// `count` strings behind their lengths, or behind the lengths of what they share with the one before; `step` at a
/// time. With a `width` they are bytes of that length.
///
/// # Errors
/// The bytes do not hold them.
pub fn strings(bytes: &[u8], shared: bool, width: u8, (count, step): (usize, usize)) -> Read<Vec<Vec<u8>>> {
    let leaf = leaf(if width > 0 { 7 } else { 6 }, width)?;
    let encoding = if shared { Encoding::DeltaByteArray } else { Encoding::DeltaLengthByteArray };
    let mut out = Vec::new();
    coded(&leaf, encoding, bytes, (count, step), |array| {
        let value = |at: usize| match array.as_fixed_size_binary_opt() {
            Some(array) => array.value(at).to_vec(),
            None => array.as_string::<i32>().value(at).as_bytes().to_vec(),
        };
        out.extend((0..array.len()).map(value));
    })?;
    Ok(out)
}

/// `count` floats that are split into streams of bytes.
///
/// # Errors
/// The bytes are not as many.
pub fn split(bytes: &[u8], count: usize) -> Read<Vec<u64>> {
    let array = values::byte_stream_split(&leaf(5, 0)?, bytes, count).map_err(words)?;
    Ok(array.as_primitive::<Float64Type>().values().iter().map(|value| value.to_bits()).collect())
}

fn coded(
    leaf: &Leaf,
    encoding: Encoding,
    bytes: &[u8],
    (count, step): (usize, usize),
    mut take: impl FnMut(&dyn Array),
) -> Read<()> {
    let mut coded = Coded::new(leaf, encoding, bytes, 0..bytes.len(), count).map_err(words)?;
    let mut left = count;
    while left > 0 {
        let array = coded.next(leaf, bytes, step.min(left)).map_err(words)?;
        take(array.as_ref());
        left =
            left.checked_sub(array.len()).filter(|_| !array.is_empty()).ok_or("more or fewer than asked")?;
    }
    Ok(())
}

/// A required column of a physical type, from the schema that has no other.
fn leaf(physical: u8, width: u8) -> Read<Leaf> {
    // A root with one child, and the child: its type, the length of its values, its name.
    let bytes =
        [0x2c, 0x48, 1, b'r', 0x15, 2, 0, 0x15, physical * 2, 0x15, width * 2, 0x15, 0, 0x18, 1, b'c', 0];
    schema::leaves(&mut Thrift::new(&bytes)).map_err(words)?.pop().ok_or_else(|| "no column".into())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn words(fault: Fault) -> String {
    fault.to_string()
}
