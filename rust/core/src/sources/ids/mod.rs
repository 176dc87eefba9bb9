//! Arrow id columns as codes.

mod coder;
mod plain;
mod recent;
mod whole;

use arrow_array::Array;
use arrow_schema::DataType;

pub(crate) use self::coder::{BadId, Coder};
use super::decimals;
use crate::error::Reason;
use crate::tally::Spec;
use crate::tally::ids::IdKind;

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
