//! Columns of lists as Polars has them: one list a row, of numbers, verdicts or answers.

use std::collections::HashMap;
use std::hash::Hash;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, downcast_integer_array};
use arrow_schema::DataType;

use super::{Column, type_name};

/// Below it every integer is a float, and what is rounded to a float is not.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// A column of lists in one piece.
pub(super) struct Lists<T> {
    /// What the lists hold, one after the other.
    pub(super) values: Vec<Option<T>>,
    /// Where each begins, and the end of the last; a null list is empty.
    pub(super) offsets: Vec<usize>,
    /// Which lists are not null.
    pub(super) known: Vec<bool>,
}

/// What lists hold as what it means; or what is wrong with it, and where if not everywhere.
type Converted<T> = Result<Vec<Option<T>>, (String, Option<usize>)>;

/// What is wrong with a column, and where.
struct Bad {
    words: String,
    place: String,
}

impl From<String> for Bad {
    fn from(words: String) -> Self {
        Self { words, place: String::new() }
    }
}

impl<T: Copy> Lists<T> {
    /// Reads a column, with `convert` for what is in the lists.
    pub(super) fn read(
        column: &Column,
        word: &str,
        convert: impl Fn(&ArrayRef) -> Converted<T>,
    ) -> Result<Self, String> {
        let mut lists = Self { values: Vec::new(), offsets: vec![0], known: Vec::new() };
        for chunk in &column.chunks {
            lists.append(chunk, &convert).map_err(|Bad { words, place }| {
                format!("{word} (column {:?}) {words}{place}", column.name)
            })?;
        }
        Ok(lists)
    }

    fn append(&mut self, chunk: &ArrayRef, convert: impl Fn(&ArrayRef) -> Converted<T>) -> Result<(), Bad> {
        let (inside, ends) = contents(chunk).map_err(Bad::from)?;
        let values = convert(&inside).map_err(|(words, at)| {
            let row = |at| ends.partition_point(|&start| start <= at) - 1;
            let place = |at| format!(" in row {}, sample {}", self.known.len() + row(at), at - ends[row(at)]);
            Bad { words, place: at.map(place).unwrap_or_default() }
        })?;
        for (row, pair) in ends.windows(2).enumerate() {
            let known = chunk.data_type() != &DataType::Null && chunk.is_valid(row);
            if known {
                self.values.extend_from_slice(&values[pair[0]..pair[1]]);
            }
            self.known.push(known);
            self.offsets.push(self.values.len());
        }
        Ok(())
    }
}

/// What the lists of a chunk hold, and where each begins in it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // offsets into memory
fn contents(chunk: &ArrayRef) -> Result<(ArrayRef, Vec<usize>), String> {
    let (values, ends): (_, Vec<_>) = match chunk.data_type() {
        DataType::Null => return Ok((chunk.slice(0, 0), vec![0; chunk.len() + 1])),
        DataType::LargeList(_) => {
            let list = chunk.as_list::<i64>();
            (list.values(), list.offsets().iter().map(|&end| end as usize).collect())
        }
        DataType::List(_) => {
            let list = chunk.as_list::<i32>();
            (list.values(), list.offsets().iter().map(|&end| end as usize).collect())
        }
        DataType::FixedSizeList(_, size) => {
            let size = *size as usize;
            (chunk.as_fixed_size_list().values(), (0..=chunk.len()).map(|row| row * size).collect())
        }
        other => {
            let held = type_name(other);
            return Err(format!(
                "holds {held}; it takes one list of samples a row (within agg and over: pl.col(...).implode())"
            ));
        }
    };
    // A part of a column has the values of all of it.
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    Ok((values.slice(first, last - first), ends.into_iter().map(|end| end - first).collect()))
}

fn each<T: ArrowPrimitiveType, U>(array: &ArrayRef, of: impl Fn(T::Native) -> U) -> Vec<Option<U>> {
    array.as_primitive::<T>().iter().map(|value| value.map(&of)).collect()
}

/// Numbers of any kind.
pub(super) fn numbers(array: &ArrayRef) -> Converted<f64> {
    let values = match array.data_type() {
        DataType::Null => vec![None; array.len()],
        DataType::Boolean => {
            array.as_boolean().iter().map(|value| value.map(|bit| f64::from(u8::from(bit)))).collect()
        }
        DataType::Int8 => each::<Int8Type, _>(array, f64::from),
        DataType::Int16 => each::<Int16Type, _>(array, f64::from),
        DataType::Int32 => each::<Int32Type, _>(array, f64::from),
        DataType::Int64 => each::<Int64Type, _>(array, |value| value as f64),
        DataType::UInt8 => each::<UInt8Type, _>(array, f64::from),
        DataType::UInt16 => each::<UInt16Type, _>(array, f64::from),
        DataType::UInt32 => each::<UInt32Type, _>(array, f64::from),
        DataType::UInt64 => each::<UInt64Type, _>(array, |value| value as f64),
        DataType::Float16 => each::<Float16Type, _>(array, f64::from),
        DataType::Float32 => each::<Float32Type, _>(array, f64::from),
        DataType::Float64 => each::<Float64Type, _>(array, |value| value),
        other => {
            let (held, cast) = (type_name(other), "; cast it with .cast(pl.List(pl.Float64))");
            let what = if other.is_numeric() { cast } else { ", not of numbers" };
            return Err((format!("holds lists of {held}{what}"), None));
        }
    };
    let large =
        |value: &Option<f64>| array.data_type().is_integer() && value.is_some_and(|v| v.abs() >= LARGEST);
    match values.iter().position(large) {
        Some(at) => Err(("is not below 2^53, where floats of integers are exact,".into(), Some(at))),
        None => Ok(values),
    }
}

/// Booleans, or numbers 0 and 1.
#[allow(clippy::float_cmp)] // exactly 0 and 1
pub(super) fn verdicts(array: &ArrayRef) -> Converted<bool> {
    let verdict = |(at, value): (usize, Option<f64>)| match value {
        None => Ok(None),
        Some(value) if value == 0.0 || value == 1.0 => Ok(Some(value == 1.0)),
        Some(other) => Err((format!("is {other}, not a boolean, 0 or 1,"), Some(at))),
    };
    numbers(array)?.into_iter().enumerate().map(verdict).collect()
}

/// A number for each distinct answer.
pub(super) fn answers(array: &ArrayRef) -> Converted<i64> {
    match array.data_type() {
        DataType::Null => Ok(vec![None; array.len()]),
        DataType::Utf8View => Ok(number(array.as_string_view().iter())),
        DataType::LargeUtf8 => Ok(number(array.as_string::<i64>().iter())),
        DataType::Utf8 => Ok(number(array.as_string::<i32>().iter())),
        DataType::Boolean => Ok(number(array.as_boolean().iter())),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let coded = answers(dictionary.values())?;
            if coded.is_empty() {
                return Ok(vec![None; array.len()]);
            }
            let keyed = dictionary.normalized_keys().into_iter().enumerate();
            let keys = dictionary.keys();
            Ok(keyed.map(|(at, key)| if keys.is_null(at) { None } else { coded[key] }).collect())
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let values = numbers(array)?;
            if let Some(at) = values.iter().position(|value| value.is_some_and(f64::is_nan)) {
                return Err(("is NaN (an answer that is missing is null)".into(), Some(at)));
            }
            // 0.0 and -0.0 are one answer.
            Ok(number(values.into_iter().map(|value| value.map(|value| (value + 0.0).to_bits()))))
        }
        other => downcast_integer_array!(
            array => Ok(number(array.iter())),
            _ => Err((format!("holds lists of {}; cast answers to strings or numbers", type_name(other)), None))
        ),
    }
}

/// Numbers in order of first appearance.
fn number<T: Eq + Hash>(values: impl Iterator<Item = Option<T>>) -> Vec<Option<i64>> {
    let mut known = HashMap::new();
    let mut code = |value| {
        let next = i64::try_from(known.len()).unwrap_or(i64::MAX);
        *known.entry(value).or_insert(next)
    };
    values.map(|value| value.map(&mut code)).collect()
}
