//! What values mean, in the words of old writers and of new ones.

use super::Element;
use crate::sources::parquet::fault::Fault;
use crate::sources::parquet::thrift::{Kind, Thrift};

/// What the values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logical {
    Text,
    Integer { bits: u8, signed: bool },
    Decimal { precision: i32, scale: i32 },
    Date,
    Other(&'static str),
}

impl Element {
    /// The meaning in the words of old writers.
    pub(super) fn converted(&self, code: i32) -> Option<Logical> {
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
pub(super) fn logical(thrift: &mut Thrift<'_>, kind: Kind) -> Result<Option<Logical>, Fault> {
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
