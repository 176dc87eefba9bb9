//! The columns of a batch as Arrow arrays, validated in full.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, NullArray, make_array, new_empty_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::batch::Batch;
use super::codec::Inflater;
use super::dictionaries::Dictionaries;
use super::fault::Fault;
use super::leaves::Leaf;
use super::schema::Slot;
use crate::sources::read_at::ReadAt;

/// A file, with what inflates its buffers.
pub(super) struct Reader<'f> {
    pub(super) file: &'f dyn ReadAt,
    pub(super) inflater: Inflater,
}

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f dyn ReadAt) -> Self {
        Self { file, inflater: Inflater::default() }
    }

    /// A column of a batch; no byte of the others is read.
    pub(super) fn column(
        &mut self,
        batch: &Batch,
        leaf: &Leaf,
        dictionaries: &Dictionaries,
    ) -> Result<ArrayRef, Fault> {
        let fault = |fault: Fault| fault.in_column(&leaf.name());
        self.leaf(batch, leaf, dictionaries).map_err(fault)
    }

    fn leaf(&mut self, batch: &Batch, leaf: &Leaf, dictionaries: &Dictionaries) -> Result<ArrayRef, Fault> {
        let Some((&own, around)) = leaf.slots.split_last() else {
            return Err(Fault::new("a node is missing"));
        };
        let mut nulls = None;
        for &slot in around {
            // What is in a missing struct is missing too.
            nulls = NullBuffer::union(nulls.as_ref(), self.nulls(batch, slot)?.as_ref());
        }
        let (DataType::Dictionary(index, values_type), Some(id)) = (&leaf.data_type, leaf.dictionary) else {
            return self.values(batch, own, &leaf.data_type, nulls.as_ref());
        };
        let indices = self.values(batch, own, index, nulls.as_ref())?;
        let values = match dictionaries.get(id) {
            Some(values) => Arc::clone(values),
            // It may be left out where it would not be looked at.
            None if indices.null_count() == indices.len() => new_empty_array(values_type),
            None => return Err(Fault::new(format!("dictionary {id} is used before it comes"))),
        };
        with_dictionary(&indices, values)
    }

    /// The values there, some of which may be missing for another reason.
    pub(super) fn values(
        &mut self,
        batch: &Batch,
        slot: Slot,
        data_type: &DataType,
        missing: Option<&NullBuffer>,
    ) -> Result<ArrayRef, Fault> {
        let rows = batch.rows;
        if *data_type == DataType::Null {
            nulls_said(batch, slot)?;
            return Ok(Arc::new(NullArray::new(rows)));
        }
        let nulls = self.nulls(batch, slot)?;
        if rows == 0 {
            return Ok(new_empty_array(data_type));
        }
        let (first, least) = first_buffer(data_type, rows)?;
        let more = match data_type {
            DataType::Utf8 | DataType::LargeUtf8 => 1,
            DataType::Utf8View => batch.views(slot),
            _ => 0,
        };
        let mut buffers: Vec<Buffer> = Vec::new();
        for number in first..=first + more {
            buffers.push(batch.buffer(self.file, &mut self.inflater, slot, number)?);
        }
        if let Some(values) = buffers.first_mut() {
            let bytes = values.len();
            if bytes < least {
                return Err(Fault::new(format!("{rows} rows need {least} bytes and have {bytes}")));
            }
            // Padding would be taken for values, and half a value for a bug of ours.
            *values = values.slice_with_length(0, least);
        }
        let nulls = NullBuffer::union(nulls.as_ref(), missing);
        let data = ArrayData::builder(data_type.clone()).len(rows).buffers(buffers).nulls(nulls);
        let data = data.align_buffers(true).build().map_err(|error| Fault::new(error.to_string()))?;
        Ok(make_array(data))
    }

    /// Which rows have no value there.
    fn nulls(&mut self, batch: &Batch, slot: Slot) -> Result<Option<NullBuffer>, Fault> {
        let said = nulls_said(batch, slot)?;
        let bits = batch.buffer(self.file, &mut self.inflater, slot, 0)?;
        if bits.is_empty() && said == 0 {
            return Ok(None);
        }
        if bits.len() < batch.rows.div_ceil(8) {
            let bytes = bits.len();
            return Err(Fault::new(format!("it has {said} nulls, and {bytes} bytes that say which")));
        }
        let nulls = NullBuffer::new(BooleanBuffer::new(bits, 0, batch.rows));
        if nulls.null_count() == said {
            return Ok((said > 0).then_some(nulls));
        }
        Err(Fault::new(format!("it says that it has {said} nulls, and has {}", nulls.null_count())))
    }
}

/// How many nulls the column there says it has.
fn nulls_said(batch: &Batch, slot: Slot) -> Result<usize, Fault> {
    let (length, nulls) = batch.node(slot)?;
    if length == batch.rows && nulls <= length {
        return Ok(nulls);
    }
    let rows = batch.rows;
    Err(Fault::new(format!(
        "it says that it has {length} values and {nulls} nulls, in a batch of {rows} rows"
    )))
}

/// The number of the buffer that grows with the rows, and its least size in bytes.
fn first_buffer(data_type: &DataType, rows: usize) -> Result<(usize, usize), Fault> {
    let least = match data_type {
        DataType::Boolean => Some(rows.div_ceil(8)),
        DataType::Utf8 => rows.checked_add(1).and_then(|ends| ends.checked_mul(4)),
        DataType::LargeUtf8 => rows.checked_add(1).and_then(|ends| ends.checked_mul(8)),
        DataType::Utf8View => rows.checked_mul(16),
        other => other.primitive_width().and_then(|width| rows.checked_mul(width)),
    };
    Ok((1, least.ok_or_else(|| Fault::new(format!("{rows} rows of type {data_type} cannot be read")))?))
}

fn with_dictionary(indices: &ArrayRef, values: ArrayRef) -> Result<ArrayRef, Fault> {
    fn made<K: ArrowDictionaryKeyType>(indices: &ArrayRef, values: ArrayRef) -> Result<ArrayRef, Fault> {
        let array = DictionaryArray::<K>::try_new(indices.as_primitive::<K>().clone(), values);
        Ok(Arc::new(array.map_err(|error| Fault::new(error.to_string()))?))
    }
    match indices.data_type() {
        DataType::Int8 => made::<Int8Type>(indices, values),
        DataType::Int16 => made::<Int16Type>(indices, values),
        DataType::Int32 => made::<Int32Type>(indices, values),
        DataType::Int64 => made::<Int64Type>(indices, values),
        DataType::UInt8 => made::<UInt8Type>(indices, values),
        DataType::UInt16 => made::<UInt16Type>(indices, values),
        DataType::UInt32 => made::<UInt32Type>(indices, values),
        _ => made::<UInt64Type>(indices, values),
    }
}
