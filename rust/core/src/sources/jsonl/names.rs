//! The names of the columns that a line has.

use crate::json::fault::{Scanned, syntax};
use crate::json::scan::{self, Kind, Lines};
use crate::json::text::unescape;

/// Objects inside each other of which the names are told.
const DEEPEST_NAMES: usize = 16;

/// The keys of a line's object, in order; those of objects in it with their path in dots. None where it is blank.
pub(super) fn of(line: &str) -> Scanned<Option<Vec<String>>> {
    let bytes = line.as_bytes();
    let start = scan::blanks::<Lines>(bytes, 0);
    if start == bytes.len() {
        return Ok(None);
    }
    let (end, kind) = scan::value::<Lines>(bytes, start)?;
    let rest = scan::blanks::<Lines>(bytes, end);
    if kind != Kind::Object {
        return Err(syntax(start, "a line must be an object"));
    }
    if rest < bytes.len() {
        return Err(syntax(rest, "more than one object on the line"));
    }
    let mut names = Vec::new();
    inside(line, start, "", 1, &mut names)?;
    Ok(Some(names))
}

/// The names within a checked object that is not empty, unless it is the line's own.
fn inside(line: &str, start: usize, before: &str, depth: usize, names: &mut Vec<String>) -> Scanned<()> {
    let bytes = line.as_bytes();
    let mut at = scan::blanks::<Lines>(bytes, start + 1);
    let mut name = String::new();
    while bytes.get(at) == Some(&b'"') {
        let (end, value, _) = scan::key::<Lines>(bytes, at)?;
        if unescape(&line[at + 1..end - 1], at + 1, &mut name).is_err() {
            // Half a surrogate pair cannot be said in UTF-8.
            name.clear();
            name.push_str(&line[at + 1..end - 1]);
        }
        let full = format!("{before}{name}");
        let (end, kind) = scan::value::<Lines>(bytes, value)?;
        let members =
            kind == Kind::Object && bytes.get(scan::blanks::<Lines>(bytes, value + 1)) == Some(&b'"');
        if members && depth < DEEPEST_NAMES {
            inside(line, value, &format!("{full}."), depth + 1, names)?;
        } else {
            names.push(full);
        }
        at = scan::blanks::<Lines>(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = scan::blanks::<Lines>(bytes, at + 1);
        }
    }
    Ok(())
}
