//! Arrow verdict columns as verdicts.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, downcast_dictionary_array};
use arrow_schema::DataType;

use crate::error::{Error, Place, Reason, Result, Usage};
use crate::tally::verdict::{Others, Rule, Verdict};

/// Fails unless a column of this type can be judged by this rule.
pub(crate) fn check(column: &str, data_type: &DataType, rule: &Rule, place: &Place) -> Result<()> {
    let value_type = if let DataType::Dictionary(_, values) = data_type { values } else { data_type };
    let (column, kind) = (column.to_owned(), value_type.to_string());
    let worded = rule.passing.is_some() || rule.failing.is_some();
    match value_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if rule.threshold.is_some() => {
            Err(Usage::ThresholdOn { column, kind }.into())
        }
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(()),
        DataType::Boolean if rule.threshold.is_some() => Err(Usage::ThresholdOn { column, kind }.into()),
        kind_of if *kind_of == DataType::Boolean || is_number(kind_of) => {
            if worded {
                Err(Usage::PassingOn { column, kind }.into())
            } else {
                Ok(())
            }
        }
        _ => Err(Error::data(place.clone().in_column(&column), Reason::VerdictType(kind))),
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Float16 | DataType::Float32 | DataType::Float64)
}

/// A row that cannot be judged.
pub(crate) enum Bad {
    /// By what it holds.
    Value(usize, Reason),
    /// A string, and the call does not say which strings pass.
    Text(String),
}

/// Writes the verdict of each row of `array`, which [`check`] let pass, to `out`.
pub(crate) fn judge(
    array: &dyn Array,
    rule: &Rule,
    others: &mut Others,
    out: &mut Vec<Verdict>,
) -> std::result::Result<(), Bad> {
    out.clear();
    downcast_dictionary_array!(
        array => judge_dictionary(array, rule, others, out),
        _ => judge_plain(array, rule, others, out, 1)
    )
}

fn judge_plain(
    array: &dyn Array,
    rule: &Rule,
    others: &mut Others,
    out: &mut Vec<Verdict>,
    copies: u64,
) -> std::result::Result<(), Bad> {
    macro_rules! number {
        ($type:ty, $widen:expr) => {
            judge_numbers(array.as_primitive::<$type>().iter().map(|v| v.map($widen)), rule, out)
        };
    }
    macro_rules! text {
        ($array:expr) => {
            judge_texts($array.iter(), rule, others, out, copies)
        };
    }
    match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            if array.null_count() == 0 {
                out.extend(array.values().iter().map(Verdict::from));
            } else {
                out.extend(array.iter().map(|value| value.map_or(Verdict::Null, Verdict::from)));
            }
            Ok(())
        }
        DataType::Int8 => number!(Int8Type, f64::from),
        DataType::Int16 => number!(Int16Type, f64::from),
        DataType::Int32 => number!(Int32Type, f64::from),
        DataType::Int64 => number!(Int64Type, |v| v as f64),
        DataType::UInt8 => number!(UInt8Type, f64::from),
        DataType::UInt16 => number!(UInt16Type, f64::from),
        DataType::UInt32 => number!(UInt32Type, f64::from),
        DataType::UInt64 => number!(UInt64Type, |v| v as f64),
        DataType::Float16 => number!(Float16Type, f64::from),
        DataType::Float32 => number!(Float32Type, f64::from),
        DataType::Float64 => number!(Float64Type, |v| v),
        DataType::Utf8 => text!(array.as_string::<i32>()),
        DataType::LargeUtf8 => text!(array.as_string::<i64>()),
        DataType::Utf8View => text!(array.as_string_view()),
        _ => {
            out.resize(array.len(), Verdict::Null);
            Ok(())
        }
    }
}

fn judge_numbers(
    values: impl Iterator<Item = Option<f64>>,
    rule: &Rule,
    out: &mut Vec<Verdict>,
) -> std::result::Result<(), Bad> {
    for (row, value) in values.enumerate() {
        let verdict = value.map_or(Ok(Verdict::Null), |value| rule.number(value));
        out.push(verdict.map_err(|reason| Bad::Value(row, reason))?);
    }
    Ok(())
}

fn judge_texts<'a>(
    values: impl Iterator<Item = Option<&'a str>>,
    rule: &Rule,
    others: &mut Others,
    out: &mut Vec<Verdict>,
    copies: u64,
) -> std::result::Result<(), Bad> {
    for (row, value) in values.enumerate() {
        let Some(value) = value else {
            out.push(Verdict::Null);
            continue;
        };
        if rule.passing.is_none() {
            return Err(Bad::Text(value.to_owned()));
        }
        out.push(rule.text(value, others, copies).map_err(|reason| Bad::Value(row, reason))?);
    }
    Ok(())
}

/// Judges each dictionary value that occurs once, with the number of its rows.
fn judge_dictionary<K: ArrowDictionaryKeyType>(
    array: &arrow_array::DictionaryArray<K>,
    rule: &Rule,
    others: &mut Others,
    out: &mut Vec<Verdict>,
) -> std::result::Result<(), Bad> {
    let mut copies = vec![0_u64; array.values().len()];
    array.keys_iter().flatten().for_each(|key| copies[key] += 1);
    let mut judged = vec![Verdict::Null; copies.len()];
    let mut one = Vec::with_capacity(1);
    for (key, &copies) in copies.iter().enumerate().filter(|&(_, &copies)| copies > 0) {
        one.clear();
        judge_plain(&array.values().slice(key, 1), rule, others, &mut one, copies).map_err(
            |bad| match bad {
                Bad::Value(_, reason) => {
                    Bad::Value(array.keys_iter().position(|k| k == Some(key)).unwrap_or_default(), reason)
                }
                Bad::Text(text) => Bad::Text(text),
            },
        )?;
        judged[key] = one[0];
    }
    out.extend(array.keys_iter().map(|key| key.map_or(Verdict::Null, |key| judged[key])));
    Ok(())
}
