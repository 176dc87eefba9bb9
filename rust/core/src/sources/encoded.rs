//! Rows of which some columns hold places in dictionaries that come beside them.
//!
//! An Arrow array with a dictionary looks at each place when it is made, one after the other. Here each is looked at
//! when it is counted, by the thread that counts it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};

/// A record batch, and the dictionary of each column that has one beside it.
#[derive(Clone, Debug)]
pub struct Encoded {
    batch: RecordBatch,
    dictionaries: Arc<[Option<ArrayRef>]>,
}

impl From<RecordBatch> for Encoded {
    fn from(batch: RecordBatch) -> Self {
        Self { dictionaries: vec![None; batch.num_columns()].into(), batch }
    }
}

impl Encoded {
    /// Rows, and the dictionaries by the names of the columns that hold places in them.
    ///
    /// # Errors
    /// Such a column holds something else.
    pub fn new(batch: RecordBatch, dictionaries: &[(String, ArrayRef)]) -> Result<Self, ArrowError> {
        let of = |name: &str| dictionaries.iter().find(|(column, _)| column == name);
        let fields = batch.schema_ref().fields();
        for field in fields.iter().filter(|field| of(field.name()).is_some()) {
            if !matches!(field.data_type(), DataType::UInt8 | DataType::UInt16 | DataType::UInt32) {
                let message = format!("{} are no places in a dictionary", field.data_type());
                return Err(ArrowError::InvalidArgumentError(message));
            }
        }
        let dictionaries =
            fields.iter().map(|field| of(field.name()).map(|(_, values)| Arc::clone(values))).collect();
        Ok(Self { batch, dictionaries })
    }

    /// The columns as they are meant.
    pub(super) fn schema(&self) -> Schema {
        let fields = self.batch.schema_ref().fields().iter().zip(&*self.dictionaries);
        let meant = |(field, values): (&Arc<Field>, &Option<ArrayRef>)| match values {
            Some(values) => {
                let places = Box::new(field.data_type().clone());
                let data_type = DataType::Dictionary(places, Box::new(values.data_type().clone()));
                Arc::new(Field::new(field.name(), data_type, true))
            }
            None => Arc::clone(field),
        };
        Schema::new(fields.map(meant).collect::<Vec<_>>())
    }

    pub(super) fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    pub(super) fn slice(&self, start: usize, rows: usize) -> Self {
        Self { batch: self.batch.slice(start, rows), dictionaries: Arc::clone(&self.dictionaries) }
    }

    /// Some of the columns.
    pub(super) fn project(&self, columns: &[usize]) -> Result<Self, ArrowError> {
        let dictionaries = columns.iter().map(|&column| self.dictionaries[column].clone()).collect();
        Ok(Self { batch: self.batch.project(columns)?, dictionaries })
    }

    /// Whether no row has a null.
    pub(super) fn is_whole(&self) -> bool {
        let values = self.dictionaries.iter().flatten();
        self.batch.columns().iter().chain(values).all(|array| array.logical_null_count() == 0)
    }

    /// What a column holds, and the dictionary it has beside it.
    pub(super) fn column(&self, name: &str) -> Option<(&ArrayRef, Option<&ArrayRef>)> {
        let at = self.batch.schema_ref().index_of(name).ok()?;
        Some((self.batch.column(at), self.dictionaries[at].as_ref()))
    }

    /// A column as an array of its own.
    pub(super) fn array(&self, name: &str) -> Option<Result<ArrayRef, ArrowError>> {
        let (column, values) = self.column(name)?;
        Some(match values {
            Some(values) => joined(column, values),
            None => Ok(Arc::clone(column)),
        })
    }

    pub(super) fn names(&self) -> String {
        let names = self.batch.schema_ref().fields().iter().map(|field| field.name().as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Places and values as one array, after a look at each place.
fn joined(places: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    fn of<K: ArrowDictionaryKeyType>(places: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let places = places.as_primitive::<K>().clone();
        Ok(Arc::new(DictionaryArray::<K>::try_new(places, Arc::clone(values))?))
    }
    match places.data_type() {
        DataType::UInt8 => of::<UInt8Type>(places, values),
        DataType::UInt16 => of::<UInt16Type>(places, values),
        _ => of::<UInt32Type>(places, values),
    }
}
