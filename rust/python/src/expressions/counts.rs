//! Columns of counts as Polars has them: any integer, or floats with integral values.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;
use passcurve_core::estimators::LARGEST_COUNT;

use super::Column;

/// Outside every domain, so that the kernels answer NaN.
const NOT_A_COUNT: i64 = -1;

/// A column of counts in one piece.
pub(super) struct Counts {
    /// One a row, or one for all; something under a null.
    pub(super) values: Vec<i64>,
    /// Which rows are not null, if some are.
    pub(super) known: Option<NullBuffer>,
}

impl Counts {
    /// Reads a column; with `nan`, what is no count becomes one that is outside every domain.
    pub(super) fn read(column: &Column, word: &str, nan: bool) -> Result<Self, String> {
        let length = column.len();
        let mut values = Vec::with_capacity(length);
        for chunk in &column.chunks {
            append(chunk, &mut values, nan)
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
        Ok(Self { values, known })
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

fn append(chunk: &ArrayRef, out: &mut Vec<i64>, nan: bool) -> Result<(), String> {
    macro_rules! integers {
        ($type:ty) => {
            numbers::<$type>(chunk, out, nan, |value| Some(i64::from(value)))
        };
    }
    match chunk.data_type() {
        DataType::Null => {
            out.resize(out.len() + chunk.len(), 1);
            Ok(())
        }
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => {
            out.extend_from_slice(chunk.as_primitive::<Int64Type>().values());
            Ok(())
        }
        DataType::UInt8 => integers!(UInt8Type),
        DataType::UInt16 => integers!(UInt16Type),
        DataType::UInt32 => integers!(UInt32Type),
        DataType::UInt64 => numbers::<UInt64Type>(chunk, out, nan, |value| {
            i64::try_from(value).ok().filter(|&count| count <= LARGEST_COUNT)
        }),
        DataType::Float32 => numbers::<Float32Type>(chunk, out, nan, |value| whole(value.into())),
        DataType::Float64 => numbers::<Float64Type>(chunk, out, nan, whole),
        other => Err(format!("holds {other}; counts are integers, or floats with integral values")),
    }
}

#[allow(clippy::cast_possible_truncation)] // it is whole and small
fn whole(value: f64) -> Option<i64> {
    (value.trunc().to_bits() == value.to_bits() && value.abs() <= LARGEST_COUNT as f64)
        .then_some(value as i64)
}

fn numbers<T: ArrowPrimitiveType>(
    chunk: &ArrayRef,
    out: &mut Vec<i64>,
    nan: bool,
    count: impl Fn(T::Native) -> Option<i64>,
) -> Result<(), String> {
    let array = chunk.as_primitive::<T>();
    for (row, &value) in array.values().iter().enumerate() {
        match count(value) {
            Some(count) => out.push(count),
            None if array.is_null(row) => out.push(1),
            None if nan => out.push(NOT_A_COUNT),
            None => {
                return Err(format!("is {value:?} in row {}, not a whole number up to 2^53", out.len()));
            }
        }
    }
    Ok(())
}
