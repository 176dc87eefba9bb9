//! Arrow id columns as codes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, downcast_dictionary_array};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use crate::error::Reason;
use crate::tally::ids::{IdColumn, IdKind, NULL};

const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// A dictionary value whose code is not known yet.
const UNKNOWN: u32 = NULL - 1;

/// The kind of ids a column of this type holds; `None` for the null type.
pub(crate) fn kind(data_type: &DataType) -> Result<Option<IdKind>, Reason> {
    let int = |bits, signed| Ok(Some(IdKind::Int { bits, signed }));
    match data_type {
        DataType::Null => Ok(None),
        DataType::Boolean => Ok(Some(IdKind::Bool)),
        DataType::Int8 => int(8, true),
        DataType::Int16 => int(16, true),
        DataType::Int32 => int(32, true),
        DataType::Int64 => int(64, true),
        DataType::UInt8 => int(8, false),
        DataType::UInt16 => int(16, false),
        DataType::UInt32 => int(32, false),
        DataType::UInt64 => int(64, false),
        DataType::Date32 | DataType::Date64 => Ok(Some(IdKind::Date)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Some(IdKind::Text)),
        DataType::Dictionary(_, values) if !matches!(**values, DataType::Dictionary(..)) => kind(values),
        other => Err(Reason::IdType(other.to_string())),
    }
}

/// Turns id columns into codes, remembering what it learnt about a dictionary for the next batch that shares it.
#[derive(Debug, Default)]
pub(crate) struct Coder {
    dictionary: Option<ArrayRef>,
    codes: Vec<u32>,
}

impl Coder {
    /// Writes the code of each row of `array` to `out`.
    pub(crate) fn encode(
        &mut self,
        array: &dyn Array,
        ids: &mut IdColumn,
        out: &mut Vec<u32>,
    ) -> Result<(), Reason> {
        out.clear();
        let Some(kind) = kind(array.data_type())? else {
            out.resize(array.len(), NULL);
            return Ok(());
        };
        ids.expect(kind)?;
        downcast_dictionary_array!(
            array => self.encode_dictionary(array, ids, out),
            _ => {
                encode_plain(array, ids, out);
                Ok(())
            }
        )
    }

    fn encode_dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        array: &arrow_array::DictionaryArray<K>,
        ids: &mut IdColumn,
        out: &mut Vec<u32>,
    ) -> Result<(), Reason> {
        let values = array.values();
        if !self.dictionary.as_ref().is_some_and(|known| Arc::ptr_eq(known, values)) {
            self.dictionary = Some(Arc::clone(values));
            self.codes.clear();
            self.codes.resize(values.len(), UNKNOWN);
        }
        let codes = &mut self.codes;
        // Only values that occur get a code: a slice may come with a dictionary far larger than itself.
        let mut outside = false;
        let mut code = |key: usize| {
            let Some(code) = codes.get_mut(key) else {
                outside = true;
                return NULL;
            };
            if *code == UNKNOWN {
                *code = encode_one(values, key, ids);
            }
            *code
        };
        if array.keys().null_count() == 0 {
            out.extend(array.keys().values().iter().map(|key| code(key.as_usize())));
        } else {
            out.extend(array.keys_iter().map(|key| key.map_or(NULL, &mut code)));
        }
        if outside { Err(Reason::Malformed("a dictionary index is out of range".into())) } else { Ok(()) }
    }
}

fn encode_plain(array: &dyn Array, ids: &mut IdColumn, out: &mut Vec<u32>) {
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

fn encode_one(values: &ArrayRef, at: usize, ids: &mut IdColumn) -> u32 {
    let mut code = Vec::with_capacity(1);
    encode_plain(&values.slice(at, 1), ids, &mut code);
    code[0]
}
