//! Columns of counts as Polars has them: any integer, or floats with integral values.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;
use passcurve_core::estimators::LARGEST_COUNT;

use super::{Column, type_name};

/// Outside every domain, so that the kernels answer NaN.
const NOT_A_COUNT: i64 = -1;

/// A column of counts in one piece.
pub(super) struct Counts {
    /// One a row, or one for all; something under a null.
    pub(super) values: Vec<i64>,
    /// Which rows are not null, if some are.
    pub(super) known: Option<NullBuffer>,
    /// The rows that hold a number which is no count; their value here is outside every domain.
    strange: Vec<usize>,
}

impl Counts {
    /// Reads a column.
    pub(super) fn read(column: &Column, word: &str) -> Result<Self, String> {
        let length = column.len();
        let (mut values, mut strange) = (Vec::with_capacity(length), Vec::new());
        for chunk in &column.chunks {
            append(chunk, &mut values, &mut strange)
                .map_err(|bad| format!("{word} (column {:?}) {bad}", column.name))?;
        }
        let nulls = column.chunks.iter().any(|chunk| chunk.logical_null_count() > 0);
        let known = nulls.then(|| {
            let mut bits = BooleanBufferBuilder::new(length);
            for chunk in &column.chunks {
                match chunk.logical_nulls() {
                    Some(nulls) => bits.append_buffer(nulls.inner()),
                    None => bits.append_n(chunk.len(), true),
                }
            }
            NullBuffer::new(bits.finish())
        });
        Ok(Self { values, known, strange })
    }

    /// Fails where a row that is `known` holds no count.
    pub(super) fn forbid_strange(
        &self,
        column: &Column,
        word: &str,
        known: Option<&NullBuffer>,
    ) -> Result<(), String> {
        let counts = |row| match known {
            Some(known) if column.len() == 1 => known.null_count() < known.len(),
            Some(known) => known.is_valid(row),
            None => true,
        };
        self.strange.iter().find(|&&row| counts(row)).map_or(Ok(()), |&row| {
            let (name, value) = (&column.name, shown(column, row));
            Err(format!("{word} (column {name:?}) is {value} in row {row}, not a whole number up to 2^53"))
        })
    }

    /// Puts 1 wherever not all is `known`.
    pub(super) fn fill(&mut self, known: Option<&NullBuffer>, length: usize) {
        let Some(known) = known else { return };
        if self.values.len() == 1 {
            self.values.resize(length, self.values[0]);
        }
        for (value, known) in self.values.iter_mut().zip(known) {
            if !known {
                *value = 1;
            }
        }
    }
}

fn append(chunk: &ArrayRef, out: &mut Vec<i64>, strange: &mut Vec<usize>) -> Result<(), String> {
    macro_rules! integers {
        ($type:ty) => {
            numbers::<$type>(chunk, out, strange, |value| Some(i64::from(value)))
        };
    }
    match chunk.data_type() {
        DataType::Null => out.resize(out.len() + chunk.len(), 1),
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => out.extend_from_slice(chunk.as_primitive::<Int64Type>().values()),
        DataType::UInt8 => integers!(UInt8Type),
        DataType::UInt16 => integers!(UInt16Type),
        DataType::UInt32 => integers!(UInt32Type),
        DataType::UInt64 => numbers::<UInt64Type>(chunk, out, strange, |value| {
            i64::try_from(value).ok().filter(|&count| count <= LARGEST_COUNT)
        }),
        DataType::Float16 => numbers::<Float16Type>(chunk, out, strange, |value| whole(value.into())),
        DataType::Float32 => numbers::<Float32Type>(chunk, out, strange, |value| whole(value.into())),
        DataType::Float64 => numbers::<Float64Type>(chunk, out, strange, whole),
        other => {
            let cast = if other.is_numeric() { "; cast it with .cast(pl.Int64)" } else { "" };
            let held = type_name(other);
            return Err(format!("holds {held}; counts are integers, or floats with integral values{cast}"));
        }
    }
    Ok(())
}

/// The value of a row, of a type that not all values of are counts.
fn shown(column: &Column, mut row: usize) -> String {
    for chunk in &column.chunks {
        if row < chunk.len() {
            return match chunk.data_type() {
                DataType::UInt64 => chunk.as_primitive::<UInt64Type>().value(row).to_string(),
                DataType::Float16 => format!("{:?}", chunk.as_primitive::<Float16Type>().value(row)),
                DataType::Float32 => format!("{:?}", chunk.as_primitive::<Float32Type>().value(row)),
                _ => format!("{:?}", chunk.as_primitive::<Float64Type>().value(row)),
            };
        }
        row -= chunk.len();
    }
    String::new()
}

#[allow(clippy::cast_possible_truncation)] // it is whole and small
fn whole(value: f64) -> Option<i64> {
    (value.trunc().to_bits() == value.to_bits() && value.abs() <= LARGEST_COUNT as f64)
        .then_some(value as i64)
}

fn numbers<T: ArrowPrimitiveType>(
    chunk: &ArrayRef,
    out: &mut Vec<i64>,
    strange: &mut Vec<usize>,
    count: impl Fn(T::Native) -> Option<i64>,
) {
    let array = chunk.as_primitive::<T>();
    for (row, &value) in array.values().iter().enumerate() {
        match count(value) {
            Some(count) => out.push(count),
            None if array.is_null(row) => out.push(1),
            None => {
                strange.push(out.len());
                out.push(NOT_A_COUNT);
            }
        }
    }
}
