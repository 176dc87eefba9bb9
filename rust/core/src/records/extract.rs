//! The wanted values of a record, found while it is stepped over.

use super::field::Field;
use super::path::Step;
use crate::json::fault::{Scanned, cut, syntax};
use crate::json::scan::{self, DEEPEST, Documents, Kind, TOO_DEEP};
use crate::json::text::unescape;

const TWICE: &str = "the key comes twice in its object";

/// What was found for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A value of a kind, from where to where in the record, which is short enough for that.
    Value(Kind, u32, u32),
    /// How many elements an array has.
    Length(u32),
    /// Nothing, in an element or member of which others have a value.
    Missing,
}

/// Values that lead to wanted ones.
#[derive(Debug, Default)]
struct Node {
    members: Vec<(String, usize)>,
    at: Vec<(u64, usize)>,
    each: Option<usize>,
    entries: Option<usize>,
    /// The fields that this value is.
    wanted: Vec<u32>,
    /// The fields that are the number of its elements.
    lengths: Vec<u32>,
    /// The fields that have one value in it, where it is an element or member like others.
    inside: Vec<u32>,
}

impl Node {
    fn is_object(&self) -> bool {
        !self.members.is_empty() || self.entries.is_some()
    }

    fn is_array(&self) -> bool {
        !self.at.is_empty() || self.each.is_some() || !self.lengths.is_empty()
    }
}

/// Steps over records.
#[derive(Debug)]
pub(super) struct Extract {
    nodes: Vec<Node>,
    found: Vec<(u32, Found)>,
    scratch: String,
}

impl Extract {
    /// Fails where an array or object is wanted whole by one field and element by element by another.
    pub(super) fn new(fields: &[Field]) -> Result<Self, String> {
        let mut extract = Self { nodes: vec![Node::default()], found: Vec::new(), scratch: String::new() };
        for (field, wanted) in (0..).zip(fields).filter(|(_, field)| !field.is_of_the_way()) {
            extract.add(&wanted.path, field);
        }
        let both = |node: &Node| {
            node.each.is_some() && !node.at.is_empty() || node.entries.is_some() && !node.members.is_empty()
        };
        if extract.nodes.iter().any(both) {
            return Err("each element of an array (or member of an object) and one of them cannot both be read; name one or the other".into());
        }
        Ok(extract)
    }

    fn add(&mut self, path: &[Step], field: u32) {
        let is_list = |step: &&Step| matches!(step, Step::Each | Step::Entries);
        let single = path.iter().filter(is_list).count() == 1;
        let mut node = 0;
        for step in path {
            if *step == Step::Length {
                self.nodes[node].lengths.push(field);
                return;
            }
            let new = self.nodes.len();
            let here = &mut self.nodes[node];
            let known = match step {
                Step::Member(key) => here.members.iter().find(|(known, _)| known == key).map(|&(_, at)| at),
                Step::At(index) => here.at.iter().find(|(known, _)| known == index).map(|&(_, at)| at),
                Step::Each => here.each,
                Step::Entries => here.entries,
                Step::Length => None,
            };
            if known.is_none() {
                match step {
                    Step::Member(key) => here.members.push((key.clone(), new)),
                    Step::At(index) => here.at.push((*index, new)),
                    Step::Each => here.each = Some(new),
                    Step::Entries => here.entries = Some(new),
                    Step::Length => {}
                }
                self.nodes.push(Node::default());
            }
            node = known.unwrap_or(new);
            if single && is_list(&step) {
                self.nodes[node].inside.push(field);
            }
        }
        self.nodes[node].wanted.push(field);
    }

    /// What the last record holds of the fields, by their numbers, in the order in which it came.
    pub(super) fn found(&self) -> &[(u32, Found)] {
        &self.found
    }

    /// Steps over the record that `bytes` begin with, in so many arrays and objects; returns where it ends.
    pub(super) fn read(&mut self, bytes: &[u8], depth: usize) -> Scanned<usize> {
        self.found.clear();
        self.value(bytes, 0, 0, depth)
    }

    /// Steps over a value; the depth of the calls is that of the fields' own paths.
    fn value(&mut self, bytes: &[u8], start: usize, node: usize, depth: usize) -> Scanned<usize> {
        let here = &self.nodes[node];
        let (end, kind) = match bytes.get(start) {
            Some(b'{' | b'[') if depth == DEEPEST => return Err(syntax(start, TOO_DEEP)),
            Some(b'{') if here.is_object() => (self.object(bytes, start + 1, node, depth + 1)?, Kind::Object),
            Some(b'[') if here.is_array() => (self.array(bytes, start + 1, node, depth + 1)?, Kind::Array),
            _ => scan::value_within::<Documents>(bytes, start, depth)?,
        };
        let wanted = self.nodes[node].wanted.iter();
        let (from, to) = (short(start)?, short(end)?);
        self.found.extend(wanted.map(|&field| (field, Found::Value(kind, from, to))));
        Ok(end)
    }

    fn child(&mut self, bytes: &[u8], start: usize, node: Option<usize>, depth: usize) -> Scanned<usize> {
        let Some(node) = node else {
            return scan::value_within::<Documents>(bytes, start, depth).map(|(end, _)| end);
        };
        let before = self.found.len();
        let end = self.value(bytes, start, node, depth)?;
        // Lists of one array keep in step with each other.
        for &field in &self.nodes[node].inside {
            match self.found[before..].iter().filter(|&&(found, _)| found == field).count() {
                0 => self.found.push((field, Found::Missing)),
                1 => {}
                _ => return Err(syntax(start, TWICE)),
            }
        }
        Ok(end)
    }

    fn object(&mut self, bytes: &[u8], at: usize, node: usize, depth: usize) -> Scanned<usize> {
        let mut at = scan::blanks::<Documents>(bytes, at);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        let mut came = Vec::new();
        loop {
            let (end, value, kind) = scan::key::<Documents>(bytes, at)?;
            let child = self.member(&bytes[at + 1..end - 1], kind, node);
            if let Some(child) = child.filter(|&child| self.nodes[node].entries != Some(child)) {
                if came.contains(&child) {
                    return Err(syntax(at, TWICE));
                }
                came.push(child);
            }
            at = scan::blanks::<Documents>(bytes, self.child(bytes, value, child, depth)?);
            match bytes.get(at) {
                Some(b',') => at = scan::blanks::<Documents>(bytes, at + 1),
                Some(b'}') => return Ok(at + 1),
                Some(_) => return Err(syntax(at, "a comma or the end of the object must come here")),
                None => return Err(cut()),
            }
        }
    }

    /// What a key leads to.
    fn member(&mut self, key: &[u8], kind: Kind, node: usize) -> Option<usize> {
        let here = &self.nodes[node];
        let find = |key: &[u8]| here.members.iter().find(|(known, _)| known.as_bytes() == key);
        let found = if kind == Kind::Escaped {
            // Half a surrogate pair cannot be said in UTF-8, and is no wanted key.
            let said = std::str::from_utf8(key).is_ok_and(|key| unescape(key, 0, &mut self.scratch).is_ok());
            if said { find(self.scratch.as_bytes()) } else { None }
        } else {
            find(key)
        };
        found.map(|&(_, child)| child).or(here.entries)
    }

    fn array(&mut self, bytes: &[u8], at: usize, node: usize, depth: usize) -> Scanned<usize> {
        let (mut at, mut index) = (scan::blanks::<Documents>(bytes, at), 0_u32);
        while index > 0 || bytes.get(at) != Some(&b']') {
            let here = &self.nodes[node];
            let one = here.at.iter().find(|&&(known, _)| known == u64::from(index)).map(|&(_, child)| child);
            at = scan::blanks::<Documents>(bytes, self.child(bytes, at, one.or(here.each), depth)?);
            index += 1;
            match bytes.get(at) {
                Some(b',') => at = scan::blanks::<Documents>(bytes, at + 1),
                Some(b']') => break,
                Some(_) => return Err(syntax(at, "a comma or the end of the array must come here")),
                None => return Err(cut()),
            }
        }
        if bytes.get(at).is_none() {
            return Err(cut());
        }
        let lengths = self.nodes[node].lengths.iter();
        self.found.extend(lengths.map(|&field| (field, Found::Length(index))));
        Ok(at + 1)
    }
}

/// A place in a record.
fn short(at: usize) -> Scanned<u32> {
    u32::try_from(at).map_err(|_| syntax(0, "a record that is too long"))
}
