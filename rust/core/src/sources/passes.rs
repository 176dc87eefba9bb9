//! Verdicts of rows that all have one, as bits: the types for which that is cheap.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::DataType;

use crate::tally::bits::Bits;
use crate::tally::verdict::Rule;

/// Packs the verdicts of an array, which the rule can judge; false where a row has none or a bad one, and for types
/// that are judged value by value.
pub(super) fn passes(array: &dyn Array, rule: &Rule, bits: &mut Bits) -> bool {
    macro_rules! numbers {
        ($type:ty, $zero:expr, $one:expr) => {
            numbers(array.as_primitive::<$type>(), $zero, $one, bits)
        };
    }
    if array.null_count() > 0 {
        return false;
    }
    match (array.data_type(), rule.threshold) {
        (DataType::Boolean, _) => {
            bits.read(array.as_boolean().values());
            true
        }
        (DataType::Int8, None) => numbers!(Int8Type, 0, 1),
        (DataType::Int16, None) => numbers!(Int16Type, 0, 1),
        (DataType::Int32, None) => numbers!(Int32Type, 0, 1),
        (DataType::Int64, None) => numbers!(Int64Type, 0, 1),
        (DataType::UInt8, None) => numbers!(UInt8Type, 0, 1),
        (DataType::UInt16, None) => numbers!(UInt16Type, 0, 1),
        (DataType::UInt32, None) => numbers!(UInt32Type, 0, 1),
        (DataType::UInt64, None) => numbers!(UInt64Type, 0, 1),
        (DataType::Float32, None) => numbers!(Float32Type, 0.0, 1.0),
        (DataType::Float64, None) => numbers!(Float64Type, 0.0, 1.0),
        (DataType::Float64, Some(threshold)) => {
            let values = array.as_primitive::<Float64Type>().values();
            bits.pack(values.iter().map(|&value| value >= threshold));
            !values.iter().any(|value| value.is_nan())
        }
        _ => false,
    }
}

/// Packs numbers that are all zero or one.
fn numbers<T: ArrowPrimitiveType<Native: PartialEq>>(
    array: &PrimitiveArray<T>,
    zero: T::Native,
    one: T::Native,
    bits: &mut Bits,
) -> bool {
    let values = array.values();
    bits.pack(values.iter().map(|&value| value == one));
    values.iter().all(|&value| value == zero || value == one)
}
