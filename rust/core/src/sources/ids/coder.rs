//! Id columns into codes, batch after batch.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, downcast_dictionary_array};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use super::all_null;
use super::plain::{encode_plain, encode_reals};
use super::recent::Recent;
use super::whole;
use crate::error::Reason;
use crate::tally::codes::Codes;
use crate::tally::ids::{IdColumn, IdKind, NULL};

/// A dictionary value whose code is not known yet.
const UNKNOWN: u32 = NULL - 3;

/// A column that cannot be encoded, and the row at which that shows.
#[derive(Debug)]
pub(crate) struct BadId {
    pub(crate) row: Option<usize>,
    pub(crate) reason: Box<Reason>,
}

impl BadId {
    pub(super) fn long(row: usize) -> Self {
        Self { row: Some(row), ..Reason::LongDecimal.into() }
    }

    fn outside(row: usize) -> Self {
        Self { row: Some(row), ..Reason::Malformed("a dictionary index is out of range".into()).into() }
    }
}

impl From<Reason> for BadId {
    fn from(reason: Reason) -> Self {
        Self { row: None, reason: Box::new(reason) }
    }
}

/// Turns id columns into codes, remembering what it learnt for the next batch.
#[derive(Debug, Default)]
pub(crate) struct Coder {
    dictionary: Option<ArrayRef>,
    codes: Vec<u32>,
    recent: Recent,
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
        downcast_dictionary_array!(
            array => self.encode_dictionary(array, kind, ids, out),
            _ => encode_values(array, kind, ids, out)
        )
    }

    /// The codes of an array without nulls, which holds ids of that kind, as stretches.
    pub(crate) fn encode_whole(
        &mut self,
        array: &dyn Array,
        kind: IdKind,
        ids: &mut IdColumn,
        out: &mut Codes,
    ) -> Result<(), BadId> {
        out.clear();
        ids.expect(kind)?;
        if kind != IdKind::Real && whole::encode(array, &mut self.recent, ids, out) {
            return Ok(());
        }
        downcast_dictionary_array!(
            array => return self.whole_dictionary(array, kind, ids, out),
            _ => encode_values(array, kind, ids, &mut out.each)?
        );
        out.hold_each();
        Ok(())
    }

    fn whole_dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        array: &DictionaryArray<K>,
        kind: IdKind,
        ids: &mut IdColumn,
        out: &mut Codes,
    ) -> Result<(), BadId> {
        self.whole_places(array.keys().values(), array.values(), kind, ids, out)
    }

    /// The codes of places in a dictionary, neither of which has a null, as stretches.
    pub(crate) fn encode_places(
        &mut self,
        places: &dyn Array,
        values: &ArrayRef,
        kind: IdKind,
        ids: &mut IdColumn,
        out: &mut Codes,
    ) -> Result<(), BadId> {
        out.clear();
        ids.expect(kind)?;
        match places.data_type() {
            DataType::UInt8 => {
                self.whole_places(places.as_primitive::<UInt8Type>().values(), values, kind, ids, out)
            }
            DataType::UInt16 => {
                self.whole_places(places.as_primitive::<UInt16Type>().values(), values, kind, ids, out)
            }
            _ => self.whole_places(places.as_primitive::<UInt32Type>().values(), values, kind, ids, out),
        }
    }

    fn whole_places<P: ArrowNativeType>(
        &mut self,
        places: &[P],
        values: &ArrayRef,
        kind: IdKind,
        ids: &mut IdColumn,
        out: &mut Codes,
    ) -> Result<(), BadId> {
        let mut code = self.dictionary(values, kind, ids);
        let mut row = 0;
        for keys in places.chunks(whole::BLOCK) {
            if whole::all_equal(keys) {
                out.push_run(code(row, keys[0].as_usize())?, keys.len());
            } else {
                for (row, key) in (row..).zip(keys) {
                    out.push(code(row, key.as_usize())?);
                }
            }
            row += keys.len();
        }
        Ok(())
    }

    fn encode_dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        array: &DictionaryArray<K>,
        kind: IdKind,
        ids: &mut IdColumn,
        out: &mut Vec<u32>,
    ) -> Result<(), BadId> {
        let mut code = self.dictionary(array.values(), kind, ids);
        for (row, key) in array.keys_iter().enumerate() {
            out.push(key.map_or(Ok(NULL), |key| code(row, key))?);
        }
        Ok(())
    }

    /// The code of a dictionary's value, by its place, for a row.
    ///
    /// Only values that occur get a code: a slice may come with a dictionary far larger than itself.
    fn dictionary<'a>(
        &'a mut self,
        values: &'a ArrayRef,
        kind: IdKind,
        ids: &'a mut IdColumn,
    ) -> impl FnMut(usize, usize) -> Result<u32, BadId> + 'a {
        if !self.dictionary.as_ref().is_some_and(|known| Arc::ptr_eq(known, values)) {
            self.dictionary = Some(Arc::clone(values));
            self.codes.clear();
            self.codes.resize(values.len(), UNKNOWN);
        }
        let codes = &mut self.codes;
        move |row, key| {
            let code = codes.get_mut(key).ok_or_else(|| BadId::outside(row))?;
            if *code == UNKNOWN {
                let learnt = encode_one(values, key, kind, ids);
                *code = learnt.map_err(|bad| BadId { row: Some(row), ..bad })?;
            }
            Ok(*code)
        }
    }
}

fn encode_values(
    array: &dyn Array,
    kind: IdKind,
    ids: &mut IdColumn,
    out: &mut Vec<u32>,
) -> Result<(), BadId> {
    let encode = if kind == IdKind::Real { encode_reals } else { encode_plain };
    encode(array, ids, out)
}

/// The code of one value, null or not.
fn encode_one(values: &dyn Array, at: usize, kind: IdKind, ids: &mut IdColumn) -> Result<u32, BadId> {
    if kind == IdKind::Text && values.is_valid(at) {
        match values.data_type() {
            DataType::Utf8 => return Ok(ids.text(values.as_string::<i32>().value(at))),
            DataType::LargeUtf8 => return Ok(ids.text(values.as_string::<i64>().value(at))),
            DataType::Utf8View => return Ok(ids.text(values.as_string_view().value(at))),
            _ => {}
        }
    }
    let mut one = Vec::with_capacity(1);
    encode_values(&values.slice(at, 1), kind, ids, &mut one)?;
    Ok(one[0])
}
