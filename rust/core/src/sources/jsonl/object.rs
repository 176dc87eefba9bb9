//! A line's object: the wanted values of it, and the rest checked and stepped over.

use super::layout::Layout;
use super::paths::Paths;
use crate::error::Reason;
use crate::json::fault::{Fault, Scanned, cut, syntax};
use crate::json::scan::{self, Kind, Lines};
use crate::json::text::unescape;

/// Keys inside each other that lead to a wanted column, at most.
const DEEPEST_PATH: usize = 64;

/// A wanted value in its line; no kind where its key is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub(super) kind: Option<Kind>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Slot {
    /// Its bytes; without the quotes of a string.
    #[inline]
    pub(super) fn text(self, line: &str) -> &str {
        match self.kind {
            Some(Kind::Plain | Kind::Escaped) => &line[self.start + 1..self.end - 1],
            _ => &line[self.start..self.end],
        }
    }
}

/// Reads lines, one after the other.
#[derive(Debug)]
pub(super) struct Objects<'p> {
    paths: &'p Paths,
    layout: Layout,
    /// The wanted values of the last line, one a column.
    pub(super) slots: Vec<Slot>,
    /// Which slots hold a value by the whole name.
    whole: Vec<bool>,
    /// The last line that each node of the paths was in.
    seen: Vec<u64>,
    lines: u64,
    scratch: String,
}

impl<'p> Objects<'p> {
    pub(super) fn new(paths: &'p Paths, columns: usize) -> Self {
        Self {
            layout: Layout::default(),
            slots: vec![Slot::default(); columns],
            whole: vec![false; columns],
            seen: vec![0; paths.len()],
            lines: 0,
            scratch: String::new(),
            paths,
        }
    }

    /// Reads the wanted values of the line that `text` begins with; returns its length, and whether it is not blank.
    #[inline]
    pub(super) fn read(&mut self, text: &str) -> Scanned<(usize, bool)> {
        self.slots.fill(Slot::default());
        if let Some(length) = self.layout.read(text.as_bytes(), &mut self.slots) {
            return Ok((length, true));
        }
        self.slots.fill(Slot::default());
        let length = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
        Ok((length, self.learn(&text[..length])?))
    }

    fn learn(&mut self, line: &str) -> Scanned<bool> {
        let bytes = line.as_bytes();
        let start = scan::blanks::<Lines>(bytes, 0);
        if start == bytes.len() {
            return Ok(false);
        }
        self.lines += 1;
        self.whole.fill(false);
        self.layout.start();
        let read = scan::expect(bytes, start, b'{', "a line must be an object")
            .and_then(|at| self.object(line, at, None, 1))
            .and_then(|end| match scan::blanks::<Lines>(bytes, end) {
                at if at < bytes.len() => Err(syntax(at, "more than one object on the line")),
                _ => Ok(true),
            });
        self.layout.finish(bytes);
        if read.is_err() {
            self.layout.forget();
        }
        read
    }

    /// Reads the object of a node, whose brace is just before `at`. The depth is that of the caller's own paths.
    fn object(&mut self, line: &str, at: usize, node: Option<usize>, depth: usize) -> Scanned<usize> {
        let bytes = line.as_bytes();
        let mut at = scan::blanks::<Lines>(bytes, at);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        loop {
            let (end, start, kind) = scan::key::<Lines>(bytes, at)?;
            let key = self.node_of(line, (at + 1, end - 1), kind, node)?;
            at = scan::blanks::<Lines>(bytes, self.member(line, start, key, depth)?);
            match bytes.get(at) {
                Some(b',') => at = scan::blanks::<Lines>(bytes, at + 1),
                Some(b'}') => return Ok(at + 1),
                Some(_) => return Err(syntax(at, "a comma or the end of the object must come here")),
                None => return Err(cut()),
            }
        }
    }

    /// The node of a key among those inside `parent`.
    fn node_of(
        &mut self,
        line: &str,
        (start, end): (usize, usize),
        kind: Kind,
        parent: Option<usize>,
    ) -> Scanned<Option<usize>> {
        let mut key = &line[start..end];
        // A key that is half a surrogate pair is no wanted one.
        if kind == Kind::Escaped {
            if unescape(key, start, &mut self.scratch).is_err() {
                return Ok(None);
            }
            key = &self.scratch;
        }
        let Some(node) = self.paths.find(self.paths.inside(parent), key) else { return Ok(None) };
        if self.seen[node] == self.lines {
            let reason = Reason::Malformed("the key comes twice in the object".into());
            return Err(Box::new(Fault::Value(key.to_owned(), reason.into())));
        }
        self.seen[node] = self.lines;
        Ok(Some(node))
    }

    /// Reads a value; returns where it ends.
    fn member(&mut self, line: &str, start: usize, node: Option<usize>, depth: usize) -> Scanned<usize> {
        let bytes = line.as_bytes();
        let Some(at) = node else {
            let (end, _) = scan::value::<Lines>(bytes, start)?;
            self.layout.learn(bytes, start, end, None);
            return Ok(end);
        };
        let node = self.paths.node(at);
        let leads_on = !node.inside.is_empty();
        if leads_on && bytes.get(start) == Some(&b'{') && depth < DEEPEST_PATH {
            let end = self.object(line, start + 1, Some(at), depth + 1)?;
            if let Some(column) = node.column {
                // As a whole it is wanted too, and can be no value.
                self.layout.forget();
                self.slots[column] = Slot { kind: Some(Kind::Object), start, end };
            }
            return Ok(end);
        }
        let (end, kind) = scan::value::<Lines>(bytes, start)?;
        let column = node.column.filter(|&column| node.whole || !self.whole[column]);
        if leads_on || column != node.column {
            self.layout.forget();
        }
        self.layout.learn(bytes, start, end, column);
        if let Some(column) = column {
            // A value by the path in dots that came first would be learnt as the column's too.
            if node.whole && self.slots[column].kind.is_some() {
                self.layout.forget();
            }
            self.whole[column] = node.whole;
            self.slots[column] = Slot { kind: Some(kind), start, end };
        }
        Ok(end)
    }
}
