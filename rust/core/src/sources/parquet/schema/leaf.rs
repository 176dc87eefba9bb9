//! Columns that hold values: how they are stored, and the Arrow type that they are read as.

use arrow_schema::{DataType, TimeUnit};

use super::logical::Logical;
use crate::sources::parquet::fault::Fault;

/// How a column's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Physical {
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
    pub(in super::super) fn from_code(code: i32, length: Option<i32>) -> Result<Self, Fault> {
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
    pub(in super::super) fn width(self) -> Option<usize> {
        match self {
            Self::Boolean | Self::Bytes => None,
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(length) => Some(length),
        }
    }
}

/// A column that holds values.
#[derive(Clone, Debug)]
pub(in super::super) struct Leaf {
    /// The names from the root to it.
    pub(in super::super) path: Vec<String>,
    pub(in super::super) physical: Physical,
    pub(super) logical: Option<Logical>,
    /// The definition level of a value that is there.
    pub(in super::super) max_definition: u16,
    /// 0 where each row holds one value at most.
    pub(in super::super) max_repetition: u16,
}

impl Leaf {
    /// The path with dots.
    pub(in super::super) fn name(&self) -> String {
        self.path.join(".")
    }

    /// The Arrow type that its values are read as, or the name of what they are.
    pub(in super::super) fn data_type(&self) -> DataType {
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
