//! Arrow id columns as codes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, downcast_dictionary_array};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use super::decimals;
use crate::error::Reason;
use crate::tally::ids::{IdColumn, IdKind, NULL};
use crate::tally::{NOT_EXACT, NOT_FINITE, Spec};

const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// Below this every integer is a float of its own.
const TWO_53: f64 = 9_007_199_254_740_992.0;
/// A dictionary value whose code is not known yet.
const UNKNOWN: u32 = NULL - 3;

/// The kind of ids a column of this type holds; `None` for the null type.
fn kind(data_type: &DataType) -> Result<Option<IdKind>, Reason> {
    let int = |bits, signed| Ok(Some(IdKind::Int { bits, signed }));
    match data_type {
        DataType::Null => Ok(None),
        DataType::Boolean => Ok(Some(IdKind::Bool)),
        DataType::Int8 => int(8, true),
        DataType::Int16 => int(16, true),
        DataType::Int32 => int(32, true),
        DataType::UInt8 => int(8, false),
        DataType::UInt16 => int(16, false),
        DataType::UInt32 => int(32, false),
        DataType::UInt64 => int(64, false),
        DataType::Int64 => int(64, true),
        // Whole decimals are integers of another name.
        decimal if decimals::scale(decimal) == Some(0) => int(64, true),
        DataType::Date32 | DataType::Date64 => Ok(Some(IdKind::Date)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Some(IdKind::Text)),
        DataType::Dictionary(_, values) if !matches!(**values, DataType::Dictionary(..)) => kind(values),
        other => Err(Reason::IdType(other.to_string())),
    }
}

/// Whether a column of this type has no value.
pub(crate) fn holds_nulls_alone(data_type: &DataType) -> bool {
    matches!(kind(data_type), Ok(None))
}

/// The kind of what the column `name` holds, by what it is read as.
pub(crate) fn kind_of(spec: &Spec, name: &str, data_type: &DataType) -> Result<Option<IdKind>, Reason> {
    if spec.reward.as_deref() == Some(name) {
        reward_kind(data_type)
    } else if spec.answer.as_deref() == Some(name) {
        answer_kind(data_type)
    } else {
        kind(data_type)
    }
}

/// The kind of answers a column of this type holds: what can be an id, or floating numbers.
fn answer_kind(data_type: &DataType) -> Result<Option<IdKind>, Reason> {
    match data_type {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Ok(Some(IdKind::Real)),
        DataType::Dictionary(_, values) if values.is_floating() => Ok(Some(IdKind::Real)),
        other => kind(other),
    }
}

/// The kind of rewards a column of this type holds: numbers, whatever their type.
fn reward_kind(data_type: &DataType) -> Result<Option<IdKind>, Reason> {
    if decimals::scale(data_type).is_some() {
        return Ok(Some(IdKind::Real));
    }
    match answer_kind(data_type) {
        Ok(None) => Ok(None),
        Ok(Some(IdKind::Real | IdKind::Int { .. } | IdKind::Bool)) => Ok(Some(IdKind::Real)),
        _ => Err(Reason::RewardType(data_type.to_string())),
    }
}

/// Whether an array holds no value at all.
pub(crate) fn all_null(array: &dyn Array) -> bool {
    array.logical_null_count() == array.len()
}

/// Writes the codes of plain values.
type Encode = fn(&dyn Array, &mut IdColumn, &mut Vec<u32>) -> Result<(), BadId>;

/// A column that cannot be encoded, and the row at which that shows.
#[derive(Debug)]
pub(crate) struct BadId {
    pub(crate) row: Option<usize>,
    pub(crate) reason: Box<Reason>,
}

impl BadId {
    fn long(row: usize) -> Self {
        Self { row: Some(row), ..Reason::LongDecimal.into() }
    }
}

impl From<Reason> for BadId {
    fn from(reason: Reason) -> Self {
        Self { row: None, reason: Box::new(reason) }
    }
}

/// Turns id columns into codes, remembering what it learnt about a dictionary for the next batch that shares it.
#[derive(Debug, Default)]
pub(crate) struct Coder {
    dictionary: Option<ArrayRef>,
    codes: Vec<u32>,
}

impl Coder {
    /// Writes the code of each row of `array`, which holds ids of that kind, to `out`.
    pub(crate) fn encode(
        &mut self,
        array: &dyn Array,
        kind: Option<IdKind>,
        ids: &mut IdColumn,
        out: &mut Vec<u32>,
    ) -> Result<(), BadId> {
        out.clear();
        let kind = kind.filter(|_| !all_null(array));
        let Some(kind) = kind else {
            out.resize(array.len(), NULL);
            return Ok(());
        };
        ids.expect(kind)?;
        let encode = if kind == IdKind::Real { encode_reals } else { encode_plain };
        downcast_dictionary_array!(
            array => self.encode_dictionary(array, encode, ids, out),
            _ => encode(array, ids, out)
        )
    }

    fn encode_dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        array: &arrow_array::DictionaryArray<K>,
        encode: Encode,
        ids: &mut IdColumn,
        out: &mut Vec<u32>,
    ) -> Result<(), BadId> {
        let values = array.values();
        if !self.dictionary.as_ref().is_some_and(|known| Arc::ptr_eq(known, values)) {
            self.dictionary = Some(Arc::clone(values));
            self.codes.clear();
            self.codes.resize(values.len(), UNKNOWN);
        }
        let codes = &mut self.codes;
        // Only values that occur get a code: a slice may come with a dictionary far larger than itself.
        let (mut bad, mut one): (Option<BadId>, _) = (None, Vec::with_capacity(1));
        let mut code = |row: usize, key: usize| {
            let Some(code) = codes.get_mut(key) else {
                bad.get_or_insert(Reason::Malformed("a dictionary index is out of range".into()).into());
                return NULL;
            };
            if *code == UNKNOWN {
                one.clear();
                match encode(&values.slice(key, 1), ids, &mut one) {
                    Ok(()) => *code = one[0],
                    Err(reason) => drop(bad.get_or_insert(BadId { row: Some(row), ..reason })),
                }
            }
            *code
        };
        let keys = array.keys();
        if keys.null_count() == 0 {
            out.extend(keys.values().iter().enumerate().map(|(row, key)| code(row, key.as_usize())));
        } else {
            let rows = array.keys_iter().enumerate();
            out.extend(rows.map(|(row, key)| key.map_or(NULL, |key| code(row, key))));
        }
        bad.map_or(Ok(()), Err)
    }
}

fn encode_plain(array: &dyn Array, ids: &mut IdColumn, out: &mut Vec<u32>) -> Result<(), BadId> {
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

fn encode_reals(array: &dyn Array, ids: &mut IdColumn, out: &mut Vec<u32>) -> Result<(), BadId> {
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
