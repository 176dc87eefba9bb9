//! The compact Thrift protocol, read without recursion and without trusting a length.

use super::fault::Fault;

/// How deep structs, lists and maps may nest. Parquet's own need six.
const DEEPEST: usize = 64;

/// What a field or element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
}

impl Kind {
    fn from_code(code: u8) -> Result<Self, Fault> {
        Ok(match code {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4 => Self::I16,
            5 => Self::I32,
            6 => Self::I64,
            7 => Self::Double,
            8 => Self::Binary,
            9 => Self::List,
            10 => Self::Set,
            11 => Self::Map,
            12 => Self::Struct,
            _ => return Err(Fault::new(format!("Thrift type {code} is unknown"))),
        })
    }
}

/// Bytes that are read one value after the other.
#[derive(Clone, Debug)]
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A container whose rest is still to be skipped.
enum Open {
    Struct(i16),
    Elements(Kind, usize),
    Entries(Kind, Kind, usize),
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(Fault::ended)?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).ok_or_else(Fault::ended)?;
        let taken = self.bytes.get(self.at..end).ok_or_else(Fault::ended)?;
        self.at = end;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::new("a Thrift integer has no end"))
    }

    fn zigzag(&mut self) -> Result<i64, Fault> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg())
    }

    /// The next field of a struct: its id and what it holds; `None` at the struct's end. `last` is the id before.
    pub(super) fn field(&mut self, last: &mut i16) -> Result<Option<(i16, Kind)>, Fault> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let kind = Kind::from_code(head & 0x0f)?;
        *last = match head >> 4 {
            0 => i16::try_from(self.zigzag()?).ok(),
            step => last.checked_add(step.into()),
        }
        .ok_or_else(|| Fault::new("a Thrift field has an impossible number"))?;
        Ok(Some((*last, kind)))
    }

    /// The head of a list: what it holds and how much. Each element takes a byte at least, so a length beyond the
    /// bytes that are left is a lie.
    pub(super) fn list(&mut self) -> Result<(Kind, usize), Fault> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            short => short.into(),
        };
        // An empty list may leave its type out.
        let kind = match head & 0x0f {
            0 if length == 0 => Kind::Byte,
            code => Kind::from_code(code)?,
        };
        Ok((kind, self.believable(length)?))
    }

    fn believable(&self, length: u64) -> Result<usize, Fault> {
        let left = self.left();
        usize::try_from(length).ok().filter(|&length| length <= left).ok_or_else(|| {
            Fault::new(format!("a Thrift length of {length} is more than the {left} bytes that are left"))
        })
    }

    pub(super) fn integer(&mut self, kind: Kind) -> Result<i64, Fault> {
        match kind {
            Kind::I16 | Kind::I32 | Kind::I64 => self.zigzag(),
            Kind::Byte => Ok(self.byte()?.cast_signed().into()),
            other => Err(Fault::new(format!("a Thrift integer was expected, not {other:?}"))),
        }
    }

    pub(super) fn i32(&mut self, kind: Kind) -> Result<i32, Fault> {
        let value = self.integer(kind)?;
        i32::try_from(value).map_err(|_| Fault::new(format!("the Thrift integer {value} is beyond 32 bits")))
    }

    pub(super) fn binary(&mut self, kind: Kind) -> Result<&'a [u8], Fault> {
        if kind != Kind::Binary {
            return Err(Fault::new(format!("a Thrift string was expected, not {kind:?}")));
        }
        let length = self.varint()?;
        let length = self.believable(length)?;
        self.take(length)
    }

    pub(super) fn string(&mut self, kind: Kind) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.binary(kind)?).map_err(|_| Fault::new("a name is not UTF-8"))
    }

    /// A field's boolean, which is in its type.
    pub(super) fn boolean(kind: Kind) -> Result<bool, Fault> {
        match kind {
            Kind::True => Ok(true),
            Kind::False => Ok(false),
            other => Err(Fault::new(format!("a Thrift boolean was expected, not {other:?}"))),
        }
    }

    /// Fails unless a field holds a struct.
    pub(super) fn expect(kind: Kind, wanted: Kind) -> Result<(), Fault> {
        if kind == wanted {
            return Ok(());
        }
        Err(Fault::new(format!("a Thrift {wanted:?} was expected, not {kind:?}")))
    }

    /// Passes over a field's value, however it is nested.
    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Fault> {
        let mut open = Vec::new();
        self.skip_one(kind, false, &mut open)?;
        while let Some(innermost) = open.last_mut() {
            let (kind, element) = match innermost {
                Open::Struct(last) => {
                    let Some((_, kind)) = self.field(last)? else {
                        open.pop();
                        continue;
                    };
                    (kind, false)
                }
                Open::Elements(_, 0) | Open::Entries(_, _, 0) => {
                    open.pop();
                    continue;
                }
                Open::Elements(kind, left) => {
                    *left = left.saturating_sub(1);
                    (*kind, true)
                }
                // Keys and values take turns: an even number is left before a key.
                Open::Entries(key, value, left) => {
                    let kind = if left.is_multiple_of(2) { *key } else { *value };
                    *left = left.saturating_sub(1);
                    (kind, true)
                }
            };
            self.skip_one(kind, element, &mut open)?;
        }
        Ok(())
    }

    /// Passes over a plain value, or over the head of a container, which is then open.
    fn skip_one(&mut self, kind: Kind, element: bool, open: &mut Vec<Open>) -> Result<(), Fault> {
        match kind {
            // A boolean is in its field's type, but takes a byte as an element.
            Kind::True | Kind::False if element => drop(self.byte()?),
            Kind::True | Kind::False => {}
            Kind::Byte => drop(self.byte()?),
            Kind::I16 | Kind::I32 | Kind::I64 => drop(self.varint()?),
            Kind::Double => drop(self.take(8)?),
            Kind::Binary => drop(self.binary(kind)?),
            Kind::Struct => open.push(Open::Struct(0)),
            Kind::List | Kind::Set => {
                let (kind, length) = self.list()?;
                open.push(Open::Elements(kind, length));
            }
            Kind::Map => open.push(self.map()?),
        }
        if open.len() > DEEPEST {
            return Err(Fault::new(format!("Thrift values nest deeper than {DEEPEST}")));
        }
        Ok(())
    }

    fn map(&mut self) -> Result<Open, Fault> {
        let length = self.varint()?;
        let length = self.believable(length)?;
        if length == 0 {
            return Ok(Open::Entries(Kind::Byte, Kind::Byte, 0));
        }
        let kinds = self.byte()?;
        Ok(Open::Entries(
            Kind::from_code(kinds >> 4)?,
            Kind::from_code(kinds & 0x0f)?,
            length.saturating_mul(2),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Thrift};

    #[test]
    fn values_of_every_kind_are_skipped() {
        // true, byte, i16, i32, i64, double, binary, list<bool>, set<i32>, map<i32, list<byte>>, struct, empty map.
        let bytes: &[u8] = &[
            0x11, 0x13, 7, 0x14, 2, 0x15, 0x80, 1, 0x16, 1, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x18, 2, b'a',
            b'b', 0x19, 0x32, 1, 2, 1, 0x1a, 0x25, 2, 4, 0x1b, 1, 0x59, 6, 0x23, 9, 9, 0x1c, 0x15, 2, 0,
            0x1b, 0, 0,
        ];
        let mut thrift = Thrift::new(bytes);
        thrift.skip(Kind::Struct).unwrap();
        assert_eq!(thrift.position(), bytes.len());
        for end in 0..bytes.len() {
            assert!(Thrift::new(&bytes[..end]).skip(Kind::Struct).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn lies_are_errors() {
        for (bytes, words) in [
            (vec![0x1c; 100], "nest deeper than 64"),
            (vec![0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07], "a Thrift length of 2147483647 is more than"),
            (vec![0x18, 0xff, 0xff, 0xff, 0xff, 0x7f], "bytes that are left"),
            (vec![0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "has no end"),
            (vec![0x1e, 0], "Thrift type 14 is unknown"),
        ] {
            let error = Thrift::new(&bytes).skip(Kind::Struct).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
