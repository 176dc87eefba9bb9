//! The codes of plain values, of which some may be null.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use super::coder::BadId;
use crate::sources::decimals;
use crate::tally::ids::{IdColumn, NULL};
use crate::tally::{NOT_EXACT, NOT_FINITE};

pub(super) const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// Below this every integer is a float of its own.
const TWO_53: f64 = 9_007_199_254_740_992.0;

pub(super) fn encode_plain(array: &dyn Array, ids: &mut IdColumn, out: &mut Vec<u32>) -> Result<(), BadId> {
    if decimals::scale(array.data_type()).is_some() {
        let array = decimals::widened(array, |_| false).map_err(BadId::long)?;
        encode_numbers(&array, ids, out, i128::from);
        return Ok(());
    }
    macro_rules! number {
        ($type:ty) => {
            encode_numbers(array.as_primitive::<$type>(), ids, out, i128::from)
        };
    }
    macro_rules! text {
        ($array:expr) => {
            out.extend($array.iter().map(|value| value.map_or(NULL, |text| ids.text(text))))
        };
    }
    match array.data_type() {
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Date32 => number!(Date32Type),
        DataType::Date64 => {
            encode_numbers(array.as_primitive::<Date64Type>(), ids, out, |ms| {
                ms.div_euclid(MILLISECONDS_A_DAY).into()
            });
        }
        DataType::Utf8 => text!(array.as_string::<i32>()),
        DataType::LargeUtf8 => text!(array.as_string::<i64>()),
        DataType::Utf8View => text!(array.as_string_view()),
        _ => out.extend(array.as_boolean().iter().map(|value| value.map_or(NULL, |v| ids.number(v.into())))),
    }
    Ok(())
}

fn encode_numbers<T: ArrowPrimitiveType>(
    array: &arrow_array::PrimitiveArray<T>,
    ids: &mut IdColumn,
    out: &mut Vec<u32>,
    widen: impl Fn(T::Native) -> i128,
) {
    if array.null_count() == 0 {
        out.extend(array.values().iter().map(|&value| ids.number(widen(value))));
    } else {
        out.extend(array.iter().map(|value| value.map_or(NULL, |v| ids.number(widen(v)))));
    }
}

pub(super) fn encode_reals(array: &dyn Array, ids: &mut IdColumn, out: &mut Vec<u32>) -> Result<(), BadId> {
    let whole = array.data_type().is_integer();
    let mut code = |value: Option<f64>| match value {
        None => NULL,
        Some(value) if whole && value.abs() >= TWO_53 => NOT_EXACT,
        Some(value) if value.is_finite() => ids.real(value),
        Some(_) => NOT_FINITE,
    };
    if let Some(scale) = decimals::scale(array.data_type()) {
        let unit = 10_f64.powi(scale.into());
        let array = decimals::widened(array, |_| false).map_err(BadId::long)?;
        out.extend(array.iter().map(|value| code(value.map(|v| v as f64 / unit))));
        return Ok(());
    }
    macro_rules! reals {
        ($type:ty, $widen:expr) => {
            out.extend(array.as_primitive::<$type>().iter().map(|value| code(value.map($widen))))
        };
    }
    match array.data_type() {
        DataType::Int8 => reals!(Int8Type, f64::from),
        DataType::Int16 => reals!(Int16Type, f64::from),
        DataType::Int32 => reals!(Int32Type, f64::from),
        DataType::Int64 => reals!(Int64Type, |v| v as f64),
        DataType::UInt8 => reals!(UInt8Type, f64::from),
        DataType::UInt16 => reals!(UInt16Type, f64::from),
        DataType::UInt32 => reals!(UInt32Type, f64::from),
        DataType::UInt64 => reals!(UInt64Type, |v| v as f64),
        DataType::Float16 => reals!(Float16Type, f64::from),
        DataType::Float32 => reals!(Float32Type, f64::from),
        DataType::Float64 => reals!(Float64Type, |v| v),
        _ => out.extend(array.as_boolean().iter().map(|value| code(value.map(f64::from)))),
    }
    Ok(())
}
