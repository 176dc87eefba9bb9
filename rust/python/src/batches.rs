//! Arrow record batches from Python.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};

type Reader = Box<dyn RecordBatchReader + Send>;

/// An Arrow record batch or stream, to be read once.
#[pyclass(frozen)]
pub(crate) struct Batches {
    reader: Mutex<Option<Reader>>,
    /// The names of its columns.
    #[pyo3(get)]
    columns: Vec<String>,
}

#[pymethods]
impl Batches {
    #[new]
    fn new(data: AnyRecordBatch) -> PyResult<Self> {
        Self::of(data.into_reader()?, None)
    }

    /// Columns of one length, however each of them is cut into chunks. `dictionaries` are the values of those that hold
    /// places in them.
    #[staticmethod]
    #[pyo3(signature = (columns, dictionaries = None))]
    fn of_columns(
        columns: Vec<(String, AnyArray)>,
        dictionaries: Option<HashMap<String, AnyArray>>,
    ) -> PyResult<Self> {
        Self::of(Box::new(Columns::new(columns)?), dictionaries)
    }
}

impl Batches {
    fn of(mut reader: Reader, dictionaries: Option<HashMap<String, AnyArray>>) -> PyResult<Self> {
        let columns = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        if let Some(dictionaries) = dictionaries.filter(|dictionaries| !dictionaries.is_empty()) {
            reader = Box::new(Encoded::new(reader, dictionaries)?);
        }
        Ok(Self { reader: Mutex::new(Some(reader)), columns })
    }

    /// The batches, once.
    pub(crate) fn take(&self) -> PyResult<Reader> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        reader.ok_or_else(|| PyValueError::new_err("these batches were read before"))
    }
}

/// Columns, each in chunks of its own, as batches: up to the next end of a chunk.
struct Columns {
    schema: SchemaRef,
    /// Of each column the chunks that are left, the next one last.
    chunks: Vec<Vec<ArrayRef>>,
}

impl Columns {
    fn new(columns: Vec<(String, AnyArray)>) -> PyResult<Self> {
        let (mut fields, mut chunks) = (Vec::new(), Vec::new());
        for (name, column) in columns {
            let column = column.into_chunked_array()?;
            fields.push(Field::new(name, column.data_type().clone(), true));
            chunks.push(column.chunks().iter().rev().filter(|chunk| !chunk.is_empty()).cloned().collect());
        }
        Ok(Self { schema: Arc::new(Schema::new(fields)), chunks })
    }
}

impl Iterator for Columns {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows =
            self.chunks.iter().map(|chunks| chunks.last().map_or(0, Array::len)).min().filter(|&n| n > 0)?;
        let next = |chunks: &mut Vec<ArrayRef>| {
            let chunk = chunks.pop()?;
            if chunk.len() > rows {
                chunks.push(chunk.slice(rows, chunk.len() - rows));
            }
            Some(chunk.slice(0, rows))
        };
        let columns = self.chunks.iter_mut().filter_map(next).collect();
        Some(RecordBatch::try_new(Arc::clone(&self.schema), columns))
    }
}

impl RecordBatchReader for Columns {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Batches of which some columns hold places in a dictionary.
struct Encoded {
    reader: Reader,
    schema: SchemaRef,
    /// Of each column, where it has one.
    dictionaries: Vec<Option<ArrayRef>>,
}

impl Encoded {
    fn new(reader: Reader, mut dictionaries: HashMap<String, AnyArray>) -> PyResult<Self> {
        let (mut fields, mut values) = (Vec::new(), Vec::new());
        for field in reader.schema().fields() {
            let dictionary = match dictionaries.remove(field.name()) {
                Some(dictionary) => Some(only_chunk(dictionary)?),
                None => None,
            };
            fields.push(match &dictionary {
                Some(values) => {
                    let keys = Box::new(field.data_type().clone());
                    let data_type = DataType::Dictionary(keys, Box::new(values.data_type().clone()));
                    Arc::new(Field::new(field.name(), data_type, true))
                }
                None => Arc::clone(field),
            });
            values.push(dictionary);
        }
        Ok(Self { reader, schema: Arc::new(Schema::new(fields)), dictionaries: values })
    }

    fn encoded(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(&self.dictionaries).map(|(column, values)| match values {
            Some(values) => with_values(column, values),
            None => Ok(Arc::clone(column)),
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)
    }
}

impl Iterator for Encoded {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.and_then(|batch| self.encoded(&batch)))
    }
}

impl RecordBatchReader for Encoded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

fn only_chunk(array: AnyArray) -> PyResult<ArrayRef> {
    let chunks = array.into_chunked_array()?;
    match chunks.chunks() {
        [only] => Ok(Arc::clone(only)),
        _ => Err(PyValueError::new_err("a dictionary has one chunk")),
    }
}

fn with_values(keys: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    fn of<K: ArrowDictionaryKeyType>(keys: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let keys = keys.as_primitive::<K>().clone();
        Ok(Arc::new(DictionaryArray::<K>::try_new(keys, Arc::clone(values))?))
    }
    match keys.data_type() {
        DataType::UInt8 => of::<UInt8Type>(keys, values),
        DataType::UInt16 => of::<UInt16Type>(keys, values),
        DataType::UInt32 => of::<UInt32Type>(keys, values),
        other => Err(ArrowError::InvalidArgumentError(format!("{other} are no places in a dictionary"))),
    }
}
