//! Arrow record batches from Python.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, NullArray, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use passcurve_core::sources::encoded::Encoded;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};

type Reader = Box<dyn RecordBatchReader + Send>;

/// An Arrow record batch or stream, to be read once.
#[pyclass(frozen)]
pub(crate) struct Batches {
    reader: Mutex<Option<Reader>>,
    /// What columns hold places in, by their names.
    dictionaries: Vec<(String, ArrayRef)>,
    /// The file that they are of.
    pub(crate) file: Option<String>,
    /// The names of its columns.
    #[pyo3(get)]
    columns: Vec<String>,
}

#[pymethods]
impl Batches {
    #[new]
    fn new(data: AnyRecordBatch) -> PyResult<Self> {
        Ok(Self::of(data.into_reader()?, Vec::new()))
    }

    /// Columns of one length, however each of them is cut into chunks. `dictionaries` are the values of those that hold
    /// places in them, `file` is what the rows are of.
    #[staticmethod]
    #[pyo3(signature = (columns, dictionaries = None, file = None))]
    fn of_columns(
        columns: Vec<(String, AnyArray)>,
        dictionaries: Option<HashMap<String, AnyArray>>,
        file: Option<String>,
    ) -> PyResult<Self> {
        let dictionaries = dictionaries.unwrap_or_default().into_iter();
        let dictionaries = dictionaries.map(|(name, values)| Ok((name, only_chunk(values)?)));
        let batches = Self::of(Box::new(Columns::new(columns)?), dictionaries.collect::<PyResult<_>>()?);
        Ok(Self { file, ..batches })
    }
}

impl Batches {
    fn of(reader: Reader, dictionaries: Vec<(String, ArrayRef)>) -> Self {
        let columns = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        Self { reader: Mutex::new(Some(reader)), dictionaries, file: None, columns }
    }

    /// The batches, once, the first one empty: a stream without a batch has its columns' types all the same.
    pub(crate) fn take(&self) -> PyResult<impl Iterator<Item = Result<Encoded, ArrowError>> + '_> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader = reader.ok_or_else(|| PyValueError::new_err("these batches were read before"))?;
        let none = RecordBatch::new_empty(reader.schema());
        let batches = std::iter::once(Ok(none)).chain(reader);
        Ok(batches.map(|batch| Encoded::new(batch?, &self.dictionaries)))
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
            let held = || column.chunks().iter().filter(|chunk| !chunk.is_empty());
            // What holds nothing but nulls comes as booleans, and is of any type.
            let nothing = *column.data_type() == DataType::Boolean
                && held().all(|chunk| chunk.null_count() == chunk.len())
                && held().next().is_some();
            let kind = if nothing { &DataType::Null } else { column.data_type() };
            fields.push(Field::new(name, kind.clone(), true));
            let null = |chunk: &ArrayRef| Arc::new(NullArray::new(chunk.len())) as ArrayRef;
            chunks.push(
                held().rev().map(|chunk| if nothing { null(chunk) } else { Arc::clone(chunk) }).collect(),
            );
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

fn only_chunk(array: AnyArray) -> PyResult<ArrayRef> {
    let chunks = array.into_chunked_array()?;
    match chunks.chunks() {
        [only] => Ok(Arc::clone(only)),
        _ => Err(PyValueError::new_err("a dictionary has one chunk")),
    }
}
