//! What the columns of a file hold, decided by the first value of each in the order of the file.

use std::io::{ErrorKind, Read};

use arrow_schema::DataType;

use super::lines::{Lines, Stop};
use super::names;
use super::object::Objects;
use super::paths::Paths;
use crate::error::{Error, Result};
use crate::json::fault::{Fault, Scanned, cut, syntax};
use crate::json::scan::Kind;

/// What a value is, of those that a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Integers,
    Floats,
    Booleans,
}

impl Holds {
    /// Of a value; `None` for null, arrays and objects.
    pub(super) fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Plain | Kind::Escaped => Some(Self::Text),
            Kind::Integer => Some(Self::Integers),
            Kind::Float | Kind::NotFinite => Some(Self::Floats),
            Kind::Bool(_) => Some(Self::Booleans),
            Kind::Null | Kind::Object | Kind::Array => None,
        }
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Integers => "an integer",
            Self::Floats => "a number that is no integer",
            Self::Booleans => "a boolean",
        }
    }

    /// The Arrow type that a column of such values has.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integers => DataType::Int64,
            Self::Floats => DataType::Float64,
            Self::Booleans => DataType::Boolean,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integers | Self::Floats)
    }
}

/// The first value of a column that is not null.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) holds: Holds,
    /// Its line, from 1.
    pub(super) line: u64,
    /// Where that line begins.
    pub(super) byte: u64,
}

/// What reading ahead has found.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    pub(super) first: Vec<Option<First>>,
    /// Whether the key of each column was there.
    pub(super) seen: Vec<bool>,
    /// The names on the first line that is not blank.
    pub(super) names: Option<Vec<String>>,
    /// Whether it came to the end of the file.
    pub(super) to_the_end: bool,
    line: u64,
}

impl Ahead {
    /// Reads until every column has a value, or to what the counting will refuse.
    pub(super) fn read<R: Read>(
        paths: &Paths,
        columns: usize,
        mut lines: Lines<'_, R>,
        skip_partial: bool,
        stopped: &dyn Fn(Stop) -> Error,
        tick: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let mut ahead = Self { first: vec![None; columns], seen: vec![false; columns], ..Self::default() };
        let mut objects = Objects::new(paths, columns);
        loop {
            tick()?;
            let block = match lines.next_block() {
                Ok(Some(block)) => block,
                Ok(None) => break,
                // Damage is met again by the counting, the machine's failures perhaps not.
                Err(Stop::Io(error)) if error.kind() != ErrorKind::InvalidData => {
                    return Err(stopped(Stop::Io(error)));
                }
                Err(Stop::Io(_) | Stop::LongLine(_)) => return Ok(ahead),
            };
            let (bytes, mut at) = (&lines.buffer[block.range], block.offset);
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                let whole = line.ends_with(b"\n");
                match ahead.take(&mut objects, line, at) {
                    Ok(false) => {}
                    Err(fault) if *fault == Fault::Cut && skip_partial && !whole => {}
                    Ok(true) | Err(_) => return Ok(ahead),
                }
                at += line.len() as u64;
            }
        }
        ahead.to_the_end = true;
        Ok(ahead)
    }

    /// Takes in a line; true when no more has to be known.
    fn take(&mut self, objects: &mut Objects<'_>, line: &[u8], byte: u64) -> Scanned<bool> {
        self.line += 1;
        let utf8 = |error: std::str::Utf8Error| match error.error_len() {
            None => cut(),
            Some(_) => syntax(error.valid_up_to(), "not UTF-8"),
        };
        let line = std::str::from_utf8(line).map_err(utf8)?;
        if !objects.read(line)?.1 {
            return Ok(false);
        }
        if self.names.is_none() {
            self.names = names::of(line.trim_end_matches('\n'))?;
        }
        let mut refused = false;
        for ((slot, first), seen) in objects.slots.iter().zip(&mut self.first).zip(&mut self.seen) {
            let Some(kind) = slot.kind else { continue };
            *seen = true;
            refused |= matches!(kind, Kind::Object | Kind::Array);
            if first.is_none() {
                *first = Holds::of(kind).map(|holds| First { holds, line: self.line, byte });
            }
        }
        Ok(refused || self.first.iter().all(Option::is_some))
    }
}
