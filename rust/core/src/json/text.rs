//! What strings with escapes say.

use super::fault::{Scanned, syntax};

/// Writes what stands between the quotes of a checked string to `out`; `start` is where that begins in its line.
pub(crate) fn unescape(inner: &str, start: usize, out: &mut String) -> Scanned<()> {
    out.clear();
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let here = start + inner.len() - rest.len() + at;
        let escaped = rest.as_bytes().get(at + 1).copied().unwrap_or_default();
        let length = if escaped == b'u' {
            let (found, length) =
                unicode(&rest[at..]).ok_or_else(|| syntax(here, "half a surrogate pair"))?;
            out.push(found);
            length
        } else {
            out.push(match escaped {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                other => char::from(other),
            });
            2
        };
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Ok(())
}

/// The character of a `\u` escape or of two that are a surrogate pair, and their length.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(text.get(at + 2..at + 6)?, 16).ok();
    let first = unit(0)?;
    if let Some(found) = char::from_u32(first) {
        return Some((found, 6));
    }
    let second = text.get(6..8).filter(|&escape| escape == "\\u").and_then(|_| unit(6));
    let second = second.filter(|unit| (0xDC00..0xE000).contains(unit) && first < 0xDC00)?;
    char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)).map(|found| (found, 12))
}
