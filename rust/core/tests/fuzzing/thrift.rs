//! Thrift structs, footers and page headers.

use passcurve_core::sources::fuzzing;

use super::{Bytes, agree};

/// What is skipped within a footer or header may nest as deep again.
const TOO_DEEP: Result<usize, &str> = Err("too deep");

/// Structs end where a twin says that they end; footers and headers are read or refused, and are structs.
pub fn check(data: &[u8]) {
    let mut twin = Bytes::new(data);
    let length = structure(&mut twin, 1).map(|()| twin.at);
    agree(fuzzing::thrift(data), length);
    if let Ok(read) = fuzzing::header(data) {
        assert!(length == Ok(read) || length == TOO_DEEP);
    }
    if let Ok((columns, groups, _)) = fuzzing::footer(data) {
        assert!(length == Ok(data.len()) || length == TOO_DEEP);
        // Each is a struct, which takes a byte at least.
        assert!(columns + groups < data.len());
    }
}

fn structure(bytes: &mut Bytes<'_>, depth: usize) -> Result<(), &'static str> {
    if depth > 64 {
        return Err("too deep");
    }
    let mut last = 0_i64;
    loop {
        let head = bytes.byte()?;
        if head == 0 {
            return Ok(());
        }
        known(head & 15)?;
        last = if head >> 4 == 0 { bytes.zigzag()? } else { last + i64::from(head >> 4) };
        i16::try_from(last).map_err(|_| "an impossible number")?;
        // The type is the boolean.
        if head & 15 > 2 {
            value(bytes, head & 15, depth)?;
        }
    }
}

fn known(kind: u8) -> Result<u8, &'static str> {
    if (1..=12).contains(&kind) { Ok(kind) } else { Err("an unknown type") }
}

fn value(bytes: &mut Bytes<'_>, kind: u8, depth: usize) -> Result<(), &'static str> {
    match kind {
        1..=3 => drop(bytes.byte()?),
        4..=6 => drop(bytes.varint(10)?),
        7 => drop(bytes.take(8)?),
        8 => {
            let length = length(bytes, 10)?;
            bytes.take(length)?;
        }
        9 | 10 => {
            let head = bytes.byte()?;
            let length = if head >> 4 == 15 { length(bytes, 10)? } else { usize::from(head >> 4) };
            // An empty list may leave its type out.
            let kind = if head % 16 == 0 && length == 0 { 3 } else { known(head & 15)? };
            elements(bytes, &[kind], length, depth)?;
        }
        11 => {
            let length = length(bytes, 10)?;
            let kinds = if length > 0 { bytes.byte()? } else { 0x33 };
            elements(bytes, &[known(kinds >> 4)?, known(kinds & 15)?], length, depth)?;
        }
        _ => structure(bytes, depth + 1)?,
    }
    Ok(())
}

fn length(bytes: &mut Bytes<'_>, most: u32) -> Result<usize, &'static str> {
    let length = bytes.varint(most)?;
    if length > (bytes.bytes.len() - bytes.at) as u64 {
        return Err("a length beyond the bytes");
    }
    usize::try_from(length).map_err(|_| "a length beyond all memory")
}

fn elements(bytes: &mut Bytes<'_>, kinds: &[u8], length: usize, depth: usize) -> Result<(), &'static str> {
    if depth + 1 > 64 {
        return Err("too deep");
    }
    if length > bytes.bytes.len() - bytes.at {
        return Err("more elements than bytes");
    }
    for _ in 0..length {
        kinds.iter().try_for_each(|&kind| value(bytes, kind, depth + 1))?;
    }
    Ok(())
}
