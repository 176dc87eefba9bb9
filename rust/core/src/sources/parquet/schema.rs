//! The columns of a file, from the flattened tree in its footer.

use arrow_schema::{DataType, TimeUnit};

use super::fault::Fault;
use super::thrift::{Kind, Thrift};

/// How deep columns may nest.
const DEEPEST: usize = 100;

/// How a column's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

impl Physical {
    /// From the format's code and the stated length.
    pub(super) fn from_code(code: i32, length: Option<i32>) -> Result<Self, Fault> {
        Ok(match code {
            0 => Self::Boolean,
            1 => Self::Int32,
            2 => Self::Int64,
            3 => Self::Int96,
            4 => Self::Float,
            5 => Self::Double,
            6 => Self::Bytes,
            7 => match length.map(usize::try_from) {
                Some(Ok(length)) if length > 0 => Self::Fixed(length),
                _ => return Err(Fault::new("a column of fixed-length bytes has no length")),
            },
            _ => return Err(Fault::new(format!("physical type {code} is unknown"))),
        })
    }

    /// Bytes of a plain value, where they are as many for each.
    pub(super) fn width(self) -> Option<usize> {
        match self {
            Self::Boolean | Self::Bytes => None,
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(length) => Some(length),
        }
    }
}

/// What the values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Logical {
    Text,
    Integer { bits: u8, signed: bool },
    Decimal { precision: i32, scale: i32 },
    Date,
    Other(&'static str),
}

/// A column that holds values.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The names from the root to it.
    pub(super) path: Vec<String>,
    pub(super) physical: Physical,
    logical: Option<Logical>,
    /// The definition level of a value that is there.
    pub(super) max_definition: u16,
    /// 0 where each row holds one value at most.
    pub(super) max_repetition: u16,
}

impl Leaf {
    /// The path with dots.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    /// The Arrow type that its values are read as, or the name of what they are.
    pub(super) fn data_type(&self) -> DataType {
        match (self.physical, self.logical) {
            (_, Some(Logical::Other("null"))) => DataType::Null,
            (Physical::Boolean, None) => DataType::Boolean,
            (Physical::Int32, None) => DataType::Int32,
            (Physical::Int32, Some(Logical::Date)) => DataType::Date32,
            (Physical::Int64, None) => DataType::Int64,
            (Physical::Float, None) => DataType::Float32,
            (Physical::Double, None) => DataType::Float64,
            (Physical::Fixed(2), Some(Logical::Other("float16"))) => DataType::Float16,
            (Physical::Int32 | Physical::Int64, Some(Logical::Integer { bits, signed })) => {
                integer(bits, signed)
            }
            // Old writers leave strings without a mark; bytes that are no UTF-8 are found when they are read.
            (Physical::Bytes, None | Some(Logical::Text)) => DataType::Utf8,
            (
                Physical::Int32 | Physical::Int64 | Physical::Bytes | Physical::Fixed(_),
                Some(Logical::Decimal { precision, scale }),
            ) => match (u8::try_from(precision), i8::try_from(scale)) {
                (Ok(precision @ 1..=38), Ok(scale)) => DataType::Decimal128(precision, scale),
                (Ok(precision @ 39..=76), Ok(scale)) => DataType::Decimal256(precision, scale),
                _ => DataType::Binary,
            },
            (Physical::Int96, _) | (Physical::Int64, Some(Logical::Other("timestamp"))) => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            (Physical::Int32 | Physical::Int64, Some(_)) => DataType::Time64(TimeUnit::Microsecond),
            (Physical::Fixed(length), _) => {
                DataType::FixedSizeBinary(i32::try_from(length).unwrap_or(i32::MAX))
            }
            _ => DataType::Binary,
        }
    }
}

fn integer(bits: u8, signed: bool) -> DataType {
    match (bits, signed) {
        (8, true) => DataType::Int8,
        (16, true) => DataType::Int16,
        (32, true) => DataType::Int32,
        (8, false) => DataType::UInt8,
        (16, false) => DataType::UInt16,
        (32, false) => DataType::UInt32,
        (_, true) => DataType::Int64,
        (_, false) => DataType::UInt64,
    }
}

/// A node of the tree, as the footer lists it.
#[derive(Debug, Default)]
struct Element {
    physical: Option<i32>,
    length: Option<i32>,
    repetition: i32,
    name: String,
    children: Option<i32>,
    converted: Option<i32>,
    scale: i32,
    precision: i32,
    logical: Option<Logical>,
}

/// The columns that the footer's list of elements describes.
pub(super) fn leaves(thrift: &mut Thrift<'_>) -> Result<Vec<Leaf>, Fault> {
    let (kind, length) = thrift.list()?;
    Thrift::expect(kind, Kind::Struct)?;
    let mut leaves = Vec::new();
    let mut open: Vec<(String, i32, u16, u16)> = Vec::new();
    for at in 0..length {
        let element = element(thrift)?;
        let (above_definition, above_repetition) = match open.last_mut() {
            Some((_, left, definition, repetition)) => {
                *left = left.saturating_sub(1);
                (*definition, *repetition)
            }
            None if at == 0 => (0, 0),
            None => return Err(Fault::new("the schema has more than one root")),
        };
        let repeats = u16::from(element.repetition == 2 && at > 0);
        let optional = u16::from(element.repetition != 0 && at > 0);
        let definition = above_definition.saturating_add(optional);
        let repetition = above_repetition.saturating_add(repeats);
        match (element.children, element.physical) {
            (None | Some(0), Some(_)) => {
                let path = open.iter().skip(1).map(|(name, ..)| name.clone());
                let path = path.chain([element.name.clone()]).collect();
                leaves.push(element.leaf(path, definition, repetition)?);
            }
            (Some(children @ 0..), None) => open.push((element.name, children, definition, repetition)),
            _ => {
                return Err(Fault::new(format!(
                    "the schema's `{}` is neither column nor group",
                    element.name
                )));
            }
        }
        if open.len() > DEEPEST {
            return Err(Fault::new(format!("the schema nests deeper than {DEEPEST}")));
        }
        while open.last().is_some_and(|(_, left, ..)| *left == 0) {
            open.pop();
        }
    }
    if open.is_empty() { Ok(leaves) } else { Err(Fault::new("the schema promises more columns than it has")) }
}

fn element(thrift: &mut Thrift<'_>) -> Result<Element, Fault> {
    let mut found = Element::default();
    let mut last = 0;
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => found.physical = Some(thrift.i32(kind)?),
            2 => found.length = Some(thrift.i32(kind)?),
            3 => found.repetition = thrift.i32(kind)?,
            4 => thrift.string(kind)?.clone_into(&mut found.name),
            5 => found.children = Some(thrift.i32(kind)?),
            6 => found.converted = Some(thrift.i32(kind)?),
            7 => found.scale = thrift.i32(kind)?,
            8 => found.precision = thrift.i32(kind)?,
            10 => found.logical = logical(thrift, kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    if !(0..=2).contains(&found.repetition) {
        return Err(Fault::new(format!("the schema's `{}` has repetition {}", found.name, found.repetition)));
    }
    Ok(found)
}

impl Element {
    fn leaf(&self, path: Vec<String>, max_definition: u16, max_repetition: u16) -> Result<Leaf, Fault> {
        let physical = Physical::from_code(self.physical.unwrap_or(-1), self.length)
            .map_err(|fault| fault.in_column(&self.name))?;
        let logical = self.logical.or_else(|| self.converted.and_then(|code| self.converted(code)));
        Ok(Leaf { path, physical, logical, max_definition, max_repetition })
    }

    /// The meaning in the words of old writers.
    fn converted(&self, code: i32) -> Option<Logical> {
        let integer = |bits, signed| Some(Logical::Integer { bits, signed });
        match code {
            // Enumerations and JSON are text.
            0 | 4 | 19 => Some(Logical::Text),
            5 => Some(Logical::Decimal { precision: self.precision, scale: self.scale }),
            6 => Some(Logical::Date),
            7 | 8 => Some(Logical::Other("time")),
            9 | 10 => Some(Logical::Other("timestamp")),
            11 => integer(8, false),
            12 => integer(16, false),
            13 => integer(32, false),
            14 => integer(64, false),
            15 => integer(8, true),
            16 => integer(16, true),
            17 => integer(32, true),
            18 => integer(64, true),
            20 => Some(Logical::Other("bson")),
            21 => Some(Logical::Other("interval")),
            _ => None,
        }
    }
}

/// The meaning as a union of which one member is set; a member of a later format means nothing.
fn logical(thrift: &mut Thrift<'_>, kind: Kind) -> Result<Option<Logical>, Fault> {
    Thrift::expect(kind, Kind::Struct)?;
    let (mut found, mut last) = (None, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        if kind != Kind::Struct {
            thrift.skip(kind)?;
            continue;
        }
        found = match field {
            5 => Some(decimal(thrift)?),
            10 => Some(integer_type(thrift)?),
            _ => {
                thrift.skip(kind)?;
                match field {
                    1 | 4 | 12 => Some(Logical::Text),
                    6 => Some(Logical::Date),
                    7 => Some(Logical::Other("time")),
                    8 => Some(Logical::Other("timestamp")),
                    11 => Some(Logical::Other("null")),
                    13 => Some(Logical::Other("bson")),
                    14 => Some(Logical::Other("uuid")),
                    15 => Some(Logical::Other("float16")),
                    16.. => Some(Logical::Other("of a later format")),
                    _ => None,
                }
            }
        };
    }
    Ok(found)
}

fn decimal(thrift: &mut Thrift<'_>) -> Result<Logical, Fault> {
    let (mut scale, mut precision, mut last) = (0, 0, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => scale = thrift.i32(kind)?,
            2 => precision = thrift.i32(kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(Logical::Decimal { precision, scale })
}

fn integer_type(thrift: &mut Thrift<'_>) -> Result<Logical, Fault> {
    let (mut bits, mut signed, mut last) = (64, true, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => bits = thrift.integer(kind)?,
            2 => signed = Thrift::boolean(kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    match u8::try_from(bits) {
        Ok(bits @ (8 | 16 | 32 | 64)) => Ok(Logical::Integer { bits, signed }),
        _ => Err(Fault::new(format!("integers of {bits} bits are unknown"))),
    }
}
