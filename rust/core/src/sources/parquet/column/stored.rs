//! The values of a page as they are stored, and as Arrow arrays.

use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, UInt32Array};
use arrow_buffer::BooleanBufferBuilder;
use arrow_schema::DataType;

use crate::sources::parquet::coded::Coded;
use crate::sources::parquet::fault::Fault;
use crate::sources::parquet::hybrid::{Hybrid, Run};
use crate::sources::parquet::schema::Leaf;
use crate::sources::parquet::unpack::unpack;
use crate::sources::parquet::values;

/// What is left of them.
#[derive(Debug)]
pub(super) enum Values {
    Indices(Hybrid),
    /// Booleans, the next at this bit.
    Bits(usize),
    Runs(Hybrid),
    Whole(ArrayRef, usize),
    Coded(Box<Coded>),
}

impl Values {
    /// The next `length` values, none of them null.
    pub(super) fn array(
        &mut self,
        body: &[u8],
        leaf: &Leaf,
        dictionary: Option<&ArrayRef>,
        length: usize,
    ) -> Result<ArrayRef, Fault> {
        match self {
            Self::Indices(runs) => {
                let mut indices = Vec::with_capacity(length);
                numbers(runs, body, length, &mut indices)?;
                let values = dictionary.ok_or_else(Fault::ended)?;
                indexed(UInt32Array::from(indices), values)
            }
            Self::Bits(bit) => {
                let mut bits = BooleanBufferBuilder::new(length);
                let end = bit.saturating_add(length);
                if end.div_ceil(8) > body.len() {
                    return Err(Fault::ended());
                }
                bits.append_packed_range(*bit..end, body);
                *bit = end;
                Ok(Arc::new(BooleanArray::new(bits.finish(), None)))
            }
            Self::Runs(runs) => {
                let mut bits = BooleanBufferBuilder::new(length);
                let mut left = length;
                while left > 0 {
                    left = left.saturating_sub(match runs.next(body, left)?.ok_or_else(Fault::ended)? {
                        Run::Repeat { value, length } => {
                            bits.append_n(length, value == 1);
                            length
                        }
                        Run::Packed { bit, length } => {
                            bits.append_packed_range(bit..bit.saturating_add(length), body);
                            length
                        }
                    });
                }
                Ok(Arc::new(BooleanArray::new(bits.finish(), None)))
            }
            Self::Whole(array, at) => {
                let slice = values::slice(array, *at, length)?;
                *at = at.saturating_add(length);
                Ok(slice)
            }
            Self::Coded(coded) => coded.next(leaf, body, length),
        }
    }
}

fn numbers(runs: &mut Hybrid, body: &[u8], length: usize, out: &mut Vec<u32>) -> Result<(), Fault> {
    let mut left = length;
    while left > 0 {
        left = left.saturating_sub(match runs.next(body, left)?.ok_or_else(Fault::ended)? {
            Run::Repeat { value, length } => {
                out.resize(out.len().saturating_add(length), value);
                length
            }
            Run::Packed { bit, length } => {
                unpack(body, bit, runs.width(), length, out)?;
                length
            }
        });
    }
    Ok(())
}

/// Fails when an index speaks of a value that the dictionary does not have.
pub(in super::super) fn outside(index: u32, values: usize) -> Fault {
    Fault::new(format!("the index {index} is outside its dictionary of {values} values"))
}

fn indexed(indices: UInt32Array, values: &ArrayRef) -> Result<ArrayRef, Fault> {
    if let Some(&index) = indices.values().iter().max().filter(|&&index| index as usize >= values.len())
        && indices.null_count() < indices.len()
    {
        return Err(outside(index, values.len()));
    }
    let array = DictionaryArray::<UInt32Type>::try_new(indices, Arc::clone(values));
    Ok(Arc::new(array.map_err(|error| Fault::new(error.to_string()))?))
}

/// The values at the rows that hold one, null at the others.
pub(super) fn spread(values: &ArrayRef, mask: &[bool]) -> Result<ArrayRef, Fault> {
    let places = mask.iter().scan(0_u32, |next, &present| {
        let place = *next;
        *next = next.saturating_add(u32::from(present));
        Some(present.then_some(place))
    });
    match values.data_type() {
        DataType::Boolean => {
            let values = values.as_any().downcast_ref::<BooleanArray>().ok_or_else(Fault::ended)?;
            let place = |place: Option<u32>| place.map(|place| values.value(place as usize));
            Ok(Arc::new(places.map(place).collect::<BooleanArray>()))
        }
        DataType::Dictionary(..) => {
            let values =
                values.as_any().downcast_ref::<DictionaryArray<UInt32Type>>().ok_or_else(Fault::ended)?;
            let index = |place: u32| values.keys().values().get(place as usize).copied();
            let indices = places.map(|place| place.and_then(index)).collect::<UInt32Array>();
            indexed(indices, values.values())
        }
        _ => indexed(places.collect::<UInt32Array>(), values),
    }
}
