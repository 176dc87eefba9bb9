//! What was found in records, column by column.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, Field as ArrowField, Schema};

use super::extract::Found;
use super::field::{Field, Holds};
use super::values::Values;
use super::walk::Record;
use crate::json::scan::Kind;
use crate::json::text::unescape;

#[derive(Debug)]
struct Column {
    field: Field,
    values: Values,
    /// Of a list, where each record's values end.
    ends: Option<Vec<i32>>,
    /// Whether a value of the record at hand came.
    filled: bool,
}

/// The fields of records, up to a batch of them.
#[derive(Debug)]
pub(super) struct Columns {
    held: Vec<Column>,
    rows: usize,
    bytes: usize,
    scratch: String,
}

impl Columns {
    pub(super) fn new(fields: &[Field]) -> Self {
        let column = |field: &Field| Column {
            values: Values::of(field.holds),
            ends: field.is_list().then(Vec::new),
            field: field.clone(),
            filled: false,
        };
        Self { held: fields.iter().map(column).collect(), rows: 0, bytes: 0, scratch: String::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// About how many bytes the values have.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a record. An error is the name of a field, and what is wrong with its value.
    pub(super) fn push(
        &mut self,
        text: &str,
        found: &[(u32, Found)],
        record: &Record,
    ) -> Result<(), (String, String)> {
        self.held.iter_mut().for_each(|column| column.filled = false);
        for &(at, found) in found {
            let column = &mut self.held[at as usize];
            let pushed = if column.filled && column.ends.is_none() {
                Err("the key comes twice in the object".to_owned())
            } else {
                column.push(text, found, &mut self.scratch)
            };
            self.bytes += pushed.map_err(|reason| (column.field.name.clone(), reason))?;
            column.filled = true;
        }
        for column in &mut self.held {
            match (column.field.holds, &record.key, record.index) {
                (Holds::Key, Some(key), _) => {
                    column.values.push_text(key);
                    self.bytes += key.len();
                }
                (Holds::Index, _, Some(index)) => {
                    column.values.push_integer(index.cast_signed());
                }
                _ if !column.filled && column.ends.is_none() => column.values.push_null(),
                _ => {}
            }
            if let Some(ends) = &mut column.ends {
                let end = i32::try_from(column.values.len());
                ends.push(end.map_err(|_| (column.field.name.clone(), "too many values".to_owned()))?);
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// The records as a batch; what comes next is another.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays: Vec<_> = self.held.iter_mut().map(Column::finish).collect();
        (self.rows, self.bytes) = (0, 0);
        let fields = self.held.iter().zip(&arrays);
        let fields = fields
            .map(|(column, array)| ArrowField::new(&column.field.name, array.data_type().clone(), true));
        RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays)
    }

    /// Forgets the records.
    pub(super) fn forget(&mut self) {
        let fields: Vec<Field> = self.held.iter().map(|column| column.field.clone()).collect();
        *self = Self::new(&fields);
    }

    /// The first value of the first column, where that holds texts.
    pub(super) fn first_text(&mut self) -> Option<String> {
        let array = self.held.first_mut()?.values.finish();
        let texts: &StringArray = array.as_string_opt()?;
        (!texts.is_empty() && texts.is_valid(0)).then(|| texts.value(0).to_owned())
    }
}

impl Column {
    /// Adds what was found; returns about how many bytes it has.
    fn push(&mut self, text: &str, found: Found, scratch: &mut String) -> Result<usize, String> {
        let (kind, start, end) = match found {
            Found::Value(kind, start, end) => (kind, start as usize, end as usize),
            Found::Missing => {
                self.values.push_null();
                return Ok(1);
            }
            Found::Length(length) => {
                // The number of elements is an integer, whatever else the field may hold.
                return match &mut self.values {
                    Values::Numbers(values) => {
                        values.append_value(length.into());
                        Ok(8)
                    }
                    Values::Texts(_) => Err("a number of elements is no text; take it as a number".into()),
                    values => Ok(8 * usize::from(values.push_integer(length.into()))),
                };
            }
        };
        let written = &text[start..end];
        let is_text = matches!(kind, Kind::Plain | Kind::Escaped);
        if kind == Kind::Null && self.field.holds != Holds::Json {
            self.values.push_null();
            return Ok(1);
        }
        if self.field.holds == Holds::Hashes {
            let hashed = said_hash(written, kind, start, scratch);
            self.values.push_text(&hashed);
            return Ok(40);
        }
        if is_text && self.field.holds != Holds::Json {
            let inner = &written[1..written.len() - 1];
            let plain = if kind == Kind::Escaped {
                unescape(inner, start + 1, scratch).map_err(|fault| fault.describe().1.to_string())?;
                scratch.as_str()
            } else {
                inner
            };
            return if self.values.push_text(plain) {
                Ok(plain.len() + 8)
            } else {
                Err(self.misfit(written))
            };
        }
        let pushed = match (self.field.holds, kind) {
            (Holds::Ids, Kind::Integer) => match written.parse() {
                Ok(value) => self.values.push_integer(value),
                Err(_) => {
                    return Err(format!(
                        "the integer {} does not fit in 64 bits with a sign",
                        shown(written)
                    ));
                }
            },
            (Holds::Numbers, _) => match (number(written, kind), &mut self.values) {
                (Some(value), Values::Numbers(values)) => {
                    values.append_value(value);
                    true
                }
                _ => false,
            },
            (Holds::Texts | Holds::Json, _) => self.values.push_text(written),
            _ => false,
        };
        if pushed { Ok(written.len() + 8) } else { Err(self.misfit(written)) }
    }

    #[cold]
    fn misfit(&self, written: &str) -> String {
        let wanted = match (self.field.holds, &self.values) {
            (Holds::Numbers, _) => "a number",
            (_, Values::Integers(_)) => "an integer, as all before (7 is not \"7\")",
            (_, Values::Texts(_)) => "a string, as all before (7 is not \"7\")",
            _ => "a string or an integer",
        };
        format!("{} is not what must come here: {wanted}", shown(written))
    }

    fn finish(&mut self) -> ArrayRef {
        let values = self.values.finish();
        let Some(ends) = &mut self.ends else { return values };
        let offsets: Vec<i32> = std::iter::once(0).chain(ends.drain(..)).collect();
        let offsets = OffsetBuffer::new(offsets.into());
        let item = Arc::new(ArrowField::new("item", values.data_type().clone(), true));
        Arc::new(ListArray::new(item, offsets, values, None::<NullBuffer>))
    }
}

/// The hash of a value as it is written, but for the ways in which a string may be escaped.
fn said_hash(written: &str, kind: Kind, start: usize, scratch: &mut String) -> String {
    if kind != Kind::Escaped {
        return hash(written.as_bytes());
    }
    match unescape(&written[1..written.len() - 1], start + 1, scratch) {
        Ok(()) => hash(format!("\"{scratch}\"").as_bytes()),
        // Half a surrogate pair is no text, and takes the hash of none.
        Err(_) => hash(&[written.as_bytes(), b"\xff"].concat()),
    }
}

/// The same on every machine and in every version.
pub(super) fn hash(bytes: &[u8]) -> String {
    format!("{:032x}", twox_hash::XxHash3_128::oneshot(bytes))
}

/// As much of a value as a message has room for.
fn shown(written: &str) -> String {
    let shown: String = written.chars().take(40).collect();
    let more = if shown.len() < written.len() { "…" } else { "" };
    shown + more
}

fn number(written: &str, kind: Kind) -> Option<f64> {
    match kind {
        Kind::Bool(value) => Some(value.into()),
        Kind::Integer | Kind::Float => written.parse().ok(),
        Kind::NotFinite => Some(match written {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            _ => f64::NEG_INFINITY,
        }),
        _ => None,
    }
}
