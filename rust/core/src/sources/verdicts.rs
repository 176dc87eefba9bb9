//! Arrow verdict columns as verdicts.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, downcast_dictionary_array};
use arrow_schema::DataType;

use super::decimals;
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::tally::verdict::{Others, Rule, Verdict, number};

/// Fails unless a column of this type can be judged by this rule.
pub(crate) fn check(column: &str, data_type: &DataType, rule: &Rule, place: &Place) -> Result<()> {
    let value_type = if let DataType::Dictionary(_, values) = data_type { values } else { data_type };
    let (place, kind) = (place.clone().in_column(column), value_type.to_string());
    let worded = rule.passing.is_some() || rule.failing.is_some();
    match value_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if rule.threshold.is_some() => {
            Err(Usage::ThresholdOn { place, kind: "strings".into() }.into())
        }
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(()),
        DataType::Boolean if rule.threshold.is_some() => {
            Err(Usage::ThresholdOn { place, kind: "booleans".into() }.into())
        }
        other if *other == DataType::Boolean || is_number(other) => {
            if worded {
                Err(Usage::PassingOn { place, kind }.into())
            } else {
                Ok(())
            }
        }
        _ => Err(Error::data(place, Reason::VerdictType(kind))),
    }
}

fn is_number(data_type: &DataType) -> bool {
    let floating = matches!(data_type, DataType::Float16 | DataType::Float32 | DataType::Float64);
    data_type.is_integer() || floating || decimals::scale(data_type).is_some()
}

/// A row that cannot be judged.
pub(crate) enum Bad {
    /// By what it holds.
    Value(usize, Box<Reason>),
    /// A string, and the call does not say which strings pass.
    Text(String),
}

/// Judges columns, and keeps the strings that failed for want of a rule.
pub(crate) struct Judge<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) others: &'a mut Others,
    /// Rows that are left out whatever they hold.
    pub(crate) left_out: Option<&'a dyn Fn(usize) -> bool>,
}

type Judged = std::result::Result<(), Bad>;

impl Judge<'_> {
    /// Writes the verdict of each row of `array`, which [`check`] let pass, to `out`.
    pub(crate) fn judge(&mut self, array: &dyn Array, out: &mut Vec<Verdict>) -> Judged {
        out.clear();
        downcast_dictionary_array!(
            array => self.dictionary(array, out),
            _ => self.plain(array, out, 1)
        )
    }

    /// Writes the verdict of each value, of which there are so many copies.
    pub(super) fn plain(&mut self, array: &dyn Array, out: &mut Vec<Verdict>, copies: u64) -> Judged {
        macro_rules! exact {
            ($type:ty, $widen:expr) => {
                self.numbers(array.as_primitive::<$type>().iter().map(|v| v.map($widen)), |t| t, out)
            };
        }
        // A threshold is compared in the column's own precision: 0.7 in f32 is not below 0.7.
        macro_rules! rounded {
            ($type:ty, $round:expr) => {
                self.numbers(array.as_primitive::<$type>().iter().map(|v| v.map(f64::from)), $round, out)
            };
        }
        macro_rules! text {
            ($array:expr) => {
                self.texts($array.iter(), out, copies)
            };
        }
        if let Some(scale) = decimals::scale(array.data_type()) {
            return self.decimals(array, scale, out);
        }
        match array.data_type() {
            DataType::Boolean => {
                booleans(array, out);
                Ok(())
            }
            DataType::Int8 => exact!(Int8Type, f64::from),
            DataType::Int16 => exact!(Int16Type, f64::from),
            DataType::Int32 => exact!(Int32Type, f64::from),
            DataType::Int64 => exact!(Int64Type, |v| v as f64),
            DataType::UInt8 => exact!(UInt8Type, f64::from),
            DataType::UInt16 => exact!(UInt16Type, f64::from),
            DataType::UInt32 => exact!(UInt32Type, f64::from),
            DataType::UInt64 => exact!(UInt64Type, |v| v as f64),
            DataType::Float16 => {
                rounded!(Float16Type, |t| f64::from(<Float16Type as ArrowPrimitiveType>::Native::from_f64(t)))
            }
            DataType::Float32 => rounded!(Float32Type, single),
            DataType::Float64 => exact!(Float64Type, |v| v),
            DataType::Utf8 => text!(array.as_string::<i32>()),
            DataType::LargeUtf8 => text!(array.as_string::<i64>()),
            DataType::Utf8View => text!(array.as_string_view()),
            _ => {
                out.resize(array.len(), Verdict::Null);
                Ok(())
            }
        }
    }

    fn decimals(&self, array: &dyn Array, scale: i8, out: &mut Vec<Verdict>) -> Judged {
        let unit = 10_f64.powi(scale.into());
        let values = decimals::widened(array, |row| self.is_left_out(row));
        let values = values.map_err(|row| Bad::Value(row, Box::new(Reason::LongDecimal)))?;
        self.numbers(values.iter().map(|value| value.map(|v| v as f64 / unit)), |t| t, out)
    }

    fn is_left_out(&self, row: usize) -> bool {
        self.left_out.is_some_and(|left_out| left_out(row))
    }

    fn numbers(
        &self,
        values: impl Iterator<Item = Option<f64>>,
        round: impl Fn(f64) -> f64,
        out: &mut Vec<Verdict>,
    ) -> Judged {
        let threshold = self.rule.threshold.map(round);
        for (row, value) in values.enumerate() {
            let verdict = match value {
                Some(value) => number(value, threshold),
                None => Ok(Verdict::Null),
            };
            match verdict {
                Ok(verdict) => out.push(verdict),
                Err(_) if self.is_left_out(row) => out.push(Verdict::Null),
                Err(reason) => return Err(Bad::Value(row, reason.into())),
            }
        }
        Ok(())
    }

    fn texts<'b>(
        &mut self,
        values: impl Iterator<Item = Option<&'b str>>,
        out: &mut Vec<Verdict>,
        copies: u64,
    ) -> Judged {
        for (row, value) in values.enumerate() {
            let Some(value) = value.filter(|_| !self.is_left_out(row)) else {
                out.push(Verdict::Null);
                continue;
            };
            if self.rule.passing.is_none() {
                return Err(Bad::Text(value.to_owned()));
            }
            let verdict = self.rule.text(value, self.others, copies);
            out.push(verdict.map_err(|reason| Bad::Value(row, reason.into()))?);
        }
        Ok(())
    }

    /// Judges each dictionary value that occurs once, with the number of its rows.
    fn dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        array: &arrow_array::DictionaryArray<K>,
        out: &mut Vec<Verdict>,
    ) -> Judged {
        // A dictionary may be far larger than its rows: only the values that occur are looked at.
        let mut places = vec![0_u32; array.values().len()];
        let mut occurring: Vec<(usize, u64)> = Vec::new();
        for (row, key) in array.keys_iter().enumerate() {
            let Some(key) = key.filter(|_| !self.is_left_out(row)) else { continue };
            let outside =
                || Bad::Value(row, Box::new(Reason::Malformed("a dictionary index is out of range".into())));
            let place = places.get_mut(key).ok_or_else(outside)?;
            if let Some((_, copies)) = occurring.get_mut(*place as usize).filter(|(known, _)| *known == key) {
                *copies += 1;
            } else {
                *place = u32::try_from(occurring.len()).unwrap_or(u32::MAX);
                occurring.push((key, 1));
            }
        }
        let mut values = Judge { left_out: None, rule: self.rule, others: &mut *self.others };
        let mut one = Vec::with_capacity(1);
        let judged: Vec<_> = occurring
            .into_iter()
            .map(|(key, copies)| {
                one.clear();
                values.plain(&array.values().slice(key, 1), &mut one, copies).map(|()| one[0])
            })
            .collect();
        for (row, key) in array.keys_iter().enumerate() {
            let key = key.filter(|_| !self.is_left_out(row));
            let verdict = key.and_then(|key| judged.get(places[key] as usize)).unwrap_or(&Ok(Verdict::Null));
            out.push(match verdict {
                Ok(verdict) => *verdict,
                Err(Bad::Value(_, reason)) => return Err(Bad::Value(row, reason.clone())),
                Err(Bad::Text(text)) => return Err(Bad::Text(text.clone())),
            });
        }
        Ok(())
    }
}

fn booleans(array: &dyn Array, out: &mut Vec<Verdict>) {
    let array = array.as_boolean();
    if array.null_count() == 0 {
        out.extend(array.values().iter().map(Verdict::from));
    } else {
        out.extend(array.iter().map(|value| value.map_or(Verdict::Null, Verdict::from)));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
fn single(threshold: f64) -> f64 {
    f64::from(threshold as f32)
}
