//! Decimals of any width as integers of 128 bits, with their scale left aside.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type};
use arrow_array::{Array, Decimal128Array};
use arrow_buffer::i256;
use arrow_schema::DataType;

/// The scale of a decimal type.
pub(super) fn scale(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

/// The values of an array of decimals; `Err` is the first row that has more than 128 bits and is not left out.
pub(super) fn widened(array: &dyn Array, left_out: impl Fn(usize) -> bool) -> Result<Decimal128Array, usize> {
    match array.data_type() {
        DataType::Decimal32(..) => Ok(array.as_primitive::<Decimal32Type>().unary(i128::from)),
        DataType::Decimal64(..) => Ok(array.as_primitive::<Decimal64Type>().unary(i128::from)),
        DataType::Decimal256(..) => {
            let values = array.as_primitive::<Decimal256Type>().iter().enumerate();
            let narrow = |(row, value): (usize, Option<i256>)| match value.map(i256::to_i128) {
                Some(None) if left_out(row) => Ok(None),
                Some(None) => Err(row),
                value => Ok(value.flatten()),
            };
            values.map(narrow).collect()
        }
        _ => Ok(array.as_primitive::<Decimal128Type>().clone()),
    }
}
