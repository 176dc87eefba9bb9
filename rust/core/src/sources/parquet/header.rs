//! What a page says of itself.

use super::fault::Fault;
use super::thrift::{Kind, Thrift};

#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) kind: i32,
    pub(super) size: i32,
    pub(super) compressed: i32,
    pub(super) checksum: Option<i32>,
    pub(super) data: Option<Data>,
    pub(super) dictionary: Option<(i32, i32)>,
}

/// A data page's header. What is required and missing stays -1, which no rule lets pass.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) values: i32,
    pub(super) encoding: i32,
    pub(super) level_encoding: i32,
    pub(super) second: Option<Second>,
}

/// What only the second version of data pages has.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) nulls: i32,
    pub(super) rows: i32,
    pub(super) definition_bytes: i32,
    pub(super) repetition_bytes: i32,
    pub(super) compressed: bool,
}

/// Reads a header; what it requires and lacks is an error.
pub(super) fn read(thrift: &mut Thrift<'_>) -> Result<Header, Fault> {
    let (mut header, mut seen, mut last) = (Header::default(), 0_u8, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => header.kind = thrift.i32(kind)?,
            2 => header.size = thrift.i32(kind)?,
            3 => header.compressed = thrift.i32(kind)?,
            4 => header.checksum = Some(thrift.i32(kind)?),
            5 | 8 => {
                Thrift::expect(kind, Kind::Struct)?;
                header.data = Some(if field == 5 { first(thrift)? } else { second(thrift)? });
            }
            7 => {
                Thrift::expect(kind, Kind::Struct)?;
                header.dictionary = Some(dictionary(thrift)?);
            }
            _ => thrift.skip(kind)?,
        }
        seen |= 1_u8.checked_shl(u32::from(field.unsigned_abs())).unwrap_or(0);
    }
    if seen & 0b1110 == 0b1110 {
        Ok(header)
    } else {
        Err(Fault::new("it does not say what it is and how long"))
    }
}

fn dictionary(thrift: &mut Thrift<'_>) -> Result<(i32, i32), Fault> {
    let (mut values, mut encoding, mut last) = (-1, -1, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => values = thrift.i32(kind)?,
            2 => encoding = thrift.i32(kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok((values, encoding))
}

fn first(thrift: &mut Thrift<'_>) -> Result<Data, Fault> {
    let (mut data, mut last) = (Data { values: -1, encoding: -1, ..Data::default() }, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => data.values = thrift.i32(kind)?,
            2 => data.encoding = thrift.i32(kind)?,
            3 => data.level_encoding = thrift.i32(kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(data)
}

fn second(thrift: &mut Thrift<'_>) -> Result<Data, Fault> {
    let mut data = Data { values: -1, encoding: -1, ..Data::default() };
    let mut own =
        Second { nulls: -1, rows: -1, definition_bytes: -1, repetition_bytes: -1, compressed: true };
    let mut last = 0;
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => data.values = thrift.i32(kind)?,
            2 => own.nulls = thrift.i32(kind)?,
            3 => own.rows = thrift.i32(kind)?,
            4 => data.encoding = thrift.i32(kind)?,
            5 => own.definition_bytes = thrift.i32(kind)?,
            6 => own.repetition_bytes = thrift.i32(kind)?,
            7 => own.compressed = Thrift::boolean(kind)?,
            _ => thrift.skip(kind)?,
        }
    }
    data.second = Some(own);
    Ok(data)
}
