//! JSON values checked by the letter of RFC 8259 and stepped over, without recursion and without a copy.
//!
//! Everything takes bytes and where to begin, and returns where it ended. In the dialect of [`Lines`] a newline is no
//! blank, so bytes that go on after a line will do too; [`Documents`] may also hold what Python's json writes.

use super::fault::{Scanned, cut, syntax};
use super::masks::{self, BLOCK, LANES, Masks};

/// Arrays and objects inside each other at most.
pub(crate) const DEEPEST: usize = 1000;
pub(crate) const TOO_DEEP: &str = "arrays and objects more than 1000 deep, which is not read";

/// What is allowed beyond RFC 8259, and what is not.
pub(crate) trait Dialect {
    /// Whether a newline is a blank, and `NaN`, `Infinity` and `-Infinity` are numbers.
    const DOCUMENT: bool;
}

/// Objects on one line each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines;

/// Values with newlines between their parts, as well as Python's numbers that are not finite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Documents;

impl Dialect for Lines {
    const DOCUMENT: bool = false;
}

impl Dialect for Documents {
    const DOCUMENT: bool = true;
}

/// A literal, a number or the ends of something longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Float,
    /// `NaN`, `Infinity` or `-Infinity`.
    NotFinite,
    /// A string without escapes; its quotes belong to it.
    Plain,
    /// A string with escapes.
    Escaped,
    Object,
    Array,
}

/// Where blanks end.
#[inline]
pub(crate) fn blanks<D: Dialect>(line: &[u8], mut at: usize) -> usize {
    loop {
        match line.get(at) {
            Some(b' ' | b'\t' | b'\r') => at += 1,
            Some(b'\n') if D::DOCUMENT => at += 1,
            _ => return at,
        }
    }
}

/// Steps over a byte that must come.
#[inline]
pub(crate) fn expect(line: &[u8], at: usize, byte: u8, rule: &'static str) -> Scanned<usize> {
    match line.get(at) {
        Some(&found) if found == byte => Ok(at + 1),
        Some(_) => Err(syntax(at, rule)),
        None => Err(cut()),
    }
}

/// Steps over a value, which begins at `at`.
#[inline]
pub(crate) fn value<D: Dialect>(line: &[u8], at: usize) -> Scanned<(usize, Kind)> {
    value_within::<D>(line, at, 0)
}

/// Steps over a value that is in so many arrays and objects.
#[inline]
pub(crate) fn value_within<D: Dialect>(line: &[u8], at: usize, depth: usize) -> Scanned<(usize, Kind)> {
    match line.get(at) {
        Some(b'"') => string(line, at + 1),
        Some(b'-' | b'0'..=b'9') => number::<D>(line, at),
        Some(b't') => literal(line, at, b"true").map(|end| (end, Kind::Bool(true))),
        Some(b'f') => literal(line, at, b"false").map(|end| (end, Kind::Bool(false))),
        Some(b'n') => literal(line, at, b"null").map(|end| (end, Kind::Null)),
        Some(b'{') => container::<D>(line, at, depth).map(|end| (end, Kind::Object)),
        Some(b'[') => container::<D>(line, at, depth).map(|end| (end, Kind::Array)),
        Some(b'N') if D::DOCUMENT => literal(line, at, b"NaN").map(|end| (end, Kind::NotFinite)),
        Some(b'I') if D::DOCUMENT => literal(line, at, b"Infinity").map(|end| (end, Kind::NotFinite)),
        Some(_) => Err(syntax(at, "a value must come here")),
        None => Err(cut()),
    }
}

fn literal(line: &[u8], at: usize, word: &[u8]) -> Scanned<usize> {
    let rest = &line[at..];
    if rest.starts_with(word) {
        Ok(at + word.len())
    } else if word.starts_with(rest) {
        Err(cut())
    } else {
        Err(syntax(at, "a word that is no value"))
    }
}

#[inline]
fn number<D: Dialect>(line: &[u8], start: usize) -> Scanned<(usize, Kind)> {
    let mut at = start + usize::from(line[start] == b'-');
    at = match line.get(at) {
        Some(b'0') => at + 1,
        Some(b'1'..=b'9') => digits(line, at + 1),
        Some(b'I') if D::DOCUMENT => {
            return literal(line, at, b"Infinity").map(|end| (end, Kind::NotFinite));
        }
        Some(_) => return Err(syntax(at, "a digit must come here")),
        None => return Err(cut()),
    };
    let mut kind = Kind::Integer;
    if line.get(at) == Some(&b'.') {
        kind = Kind::Float;
        at = some_digits(line, at + 1)?;
    }
    if let Some(b'e' | b'E') = line.get(at) {
        kind = Kind::Float;
        let signed = matches!(line.get(at + 1), Some(b'+' | b'-'));
        at = some_digits(line, at + 1 + usize::from(signed))?;
    }
    Ok((at, kind))
}

fn digits(line: &[u8], mut at: usize) -> usize {
    while let Some(b'0'..=b'9') = line.get(at) {
        at += 1;
    }
    at
}

fn some_digits(line: &[u8], at: usize) -> Scanned<usize> {
    match line.get(at) {
        Some(b'0'..=b'9') => Ok(digits(line, at + 1)),
        Some(_) => Err(syntax(at, "a digit must come here")),
        None => Err(cut()),
    }
}

/// Steps over a string, whose opening quote is just before `at`.
#[inline]
pub(crate) fn string(line: &[u8], at: usize) -> Scanned<(usize, Kind)> {
    // Ids are short.
    if let Some(few) = line.get(at..).and_then(<[u8]>::first_chunk::<LANES>) {
        let stops = masks::stops(few);
        let end = at + stops.trailing_zeros() as usize;
        if stops != 0 && line.get(end) == Some(&b'"') {
            return Ok((end + 1, Kind::Plain));
        }
    }
    long_string(line, at)
}

fn long_string(line: &[u8], mut at: usize) -> Scanned<(usize, Kind)> {
    let mut kind = Kind::Plain;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        let padded;
        let block = if let Some(block) = rest.first_chunk::<BLOCK>() {
            block
        } else {
            padded = padded_block(rest);
            &padded
        };
        let masks = Masks::of(block);
        let (escapes, escaped) = if masks.backslashes == 0 { (0, 0) } else { masks.escapes() };
        let stops = masks.quotes & !escaped | masks.controls;
        if escapes != 0 {
            // All bits below the first stop.
            let before = if stops == 0 { u64::MAX } else { (stops & stops.wrapping_neg()) - 1 };
            let here = escapes & before;
            if here != 0 {
                kind = Kind::Escaped;
                // Most escapes are these; the others, and one that goes on in the next block, are looked at one by one.
                let usual = (masks.quotes | masks.backslashes | masks::equal(block, b'n')) & escaped;
                let mut others = here & !(usual >> 1);
                while others != 0 {
                    escape(line, at + others.trailing_zeros() as usize)?;
                    others &= others - 1;
                }
            }
        }
        if stops != 0 {
            let end = at + stops.trailing_zeros() as usize;
            return match line.get(end) {
                Some(b'"') => Ok((end + 1, kind)),
                Some(_) => Err(syntax(end, "a control character within a string")),
                None => Err(cut()),
            };
        }
        // An escape at the end takes the first byte of the next block with it.
        at += BLOCK + (escapes >> (BLOCK - 1)) as usize;
    }
}

/// Fewer bytes than a block, with control characters after them.
fn padded_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut padded = [0; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

#[inline]
fn escape(line: &[u8], at: usize) -> Scanned<()> {
    match line.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
        Some(b'u') => {
            let digits = &line[at + 2..line.len().min(at + 6)];
            match digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
                Some(bad) => Err(syntax(at + 2 + bad, "\\u without its four hexadecimal digits")),
                None if digits.len() < 4 => Err(cut()),
                None => Ok(()),
            }
        }
        Some(_) => Err(syntax(at, "an escape that JSON does not have")),
        None => Err(cut()),
    }
}

/// Which of the arrays and objects that are open are objects, a bit each.
struct Open {
    objects: [u64; DEEPEST.div_ceil(64)],
    depth: usize,
    most: usize,
}

impl Open {
    fn push(&mut self, at: usize, object: bool) -> Scanned<()> {
        if self.depth == self.most {
            return Err(syntax(at, TOO_DEEP));
        }
        let (word, bit) = (self.depth / 64, self.depth % 64);
        self.objects[word] = self.objects[word] & !(1 << bit) | u64::from(object) << bit;
        self.depth += 1;
        Ok(())
    }

    fn in_object(&self) -> bool {
        let top = self.depth - 1;
        self.objects[top / 64] >> (top % 64) & 1 == 1
    }
}

/// Steps over an array or object that is in others.
fn container<D: Dialect>(line: &[u8], start: usize, above: usize) -> Scanned<usize> {
    let most = DEEPEST.saturating_sub(above);
    let mut open = Open { objects: [0; DEEPEST.div_ceil(64)], depth: 0, most };
    let mut at = start;
    loop {
        // A value begins here.
        let opened = matches!(line.get(at), Some(b'{' | b'['));
        if opened {
            open.push(at, line[at] == b'{')?;
            at = blanks::<D>(line, at + 1);
        } else {
            at = value::<D>(line, at)?.0;
        }
        let mut first = opened;
        loop {
            if !first {
                at = blanks::<D>(line, at);
            }
            let object = open.in_object();
            match line.get(at) {
                Some(b'}') if object => at += 1,
                Some(b']') if !object => at += 1,
                Some(b',') if !first => {
                    at = blanks::<D>(line, at + 1);
                    at = if object { key::<D>(line, at)?.1 } else { at };
                    break;
                }
                Some(_) if first => {
                    at = if object { key::<D>(line, at)?.1 } else { at };
                    break;
                }
                Some(_) => {
                    return Err(syntax(at, "a comma or the end of the array or object must come here"));
                }
                None => return Err(cut()),
            }
            open.depth -= 1;
            first = false;
            if open.depth == 0 {
                return Ok(at);
            }
        }
    }
}

/// A key with its colon: where the key ends with its quote, and where its value begins.
pub(crate) fn key<D: Dialect>(line: &[u8], at: usize) -> Scanned<(usize, usize, Kind)> {
    let at = expect(line, at, b'"', "a key in double quotes must come here")?;
    let (end, kind) = string(line, at)?;
    let colon = expect(line, blanks::<D>(line, end), b':', "a colon must come here")?;
    Ok((end, blanks::<D>(line, colon), kind))
}
