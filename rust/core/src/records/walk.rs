//! From the beginning of a document to its records, one after the other, with as much in memory as one needs.

use std::ops::Range;

use super::buffer::Buffer;
use super::path::Step;
use super::stop::{self, Stop};
use crate::json::fault::{Fault, Scanned, cut, syntax};
use crate::json::scan::{self, DEEPEST, Documents, Kind, TOO_DEEP};
use crate::json::text::unescape;

/// A record in the buffer.
#[derive(Clone, Debug)]
pub(super) struct Record {
    range: Range<usize>,
    /// Its first byte in the document.
    pub(super) offset: u64,
    /// The key of the member that it is or is in, where that is wanted and the way leads through each member of an object.
    pub(super) key: Option<String>,
    /// Its place among the elements of the array that it is in, where the way leads through each of one.
    pub(super) index: Option<u64>,
}

/// An array or object that is open.
#[derive(Debug)]
struct Frame {
    object: bool,
    /// How many steps of the way lead to it; none where it is beside the way.
    on: Option<usize>,
    /// Elements or members before the one at hand.
    index: u64,
    /// The key at hand, on the way.
    key: String,
    /// Whether the member came that the way leads to.
    led: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A value to which so many steps of the way lead.
    Value(Option<usize>),
    /// What comes after an opening bracket.
    First,
    /// What comes after a value.
    After,
    /// A document, or the end.
    Document,
}

/// The walk through a document.
pub(super) struct Walk {
    buffer: Buffer,
    way: Vec<Step>,
    /// Where the document at hand begins, and the most steps of the way that were in it.
    begun: Option<u64>,
    farthest: usize,
    stack: Vec<Frame>,
    next: Next,
    /// From here on a container beside the way may be stepped over at once; before, that was tried in vain.
    at_once: u64,
    wants_key: bool,
}

type Walked<T> = Result<T, Stop>;

impl Walk {
    pub(super) fn new(buffer: Buffer, way: Vec<Step>, wants_key: bool) -> Self {
        let (stack, next) = (Vec::new(), Next::Document);
        Self { buffer, way, begun: None, farthest: 0, stack, next, at_once: 0, wants_key }
    }

    /// The line on which the record begins that came last, from 1.
    pub(super) fn line_of(&self, record: &Record) -> u64 {
        self.buffer.line_at(record.range.start)
    }

    /// The bytes of the record that came last.
    pub(super) fn bytes(&self, record: &Record) -> &[u8] {
        self.buffer.bytes(record.range.clone())
    }

    /// Says which part of the way is not in the document that was read last.
    pub(super) fn missing(&self) -> Option<String> {
        self.way.get(self.farthest).map(stop::missing)
    }

    /// The next record: `read` steps over it, below so many arrays and objects, and is called again with more bytes
    /// where these end within it.
    pub(super) fn next_record(
        &mut self,
        mut read: impl FnMut(&[u8], usize) -> Scanned<usize>,
    ) -> Walked<Option<Record>> {
        loop {
            if self.next == Next::Document {
                self.end_document()?;
            }
            let Some(byte) = self.buffer.peek()? else {
                return if self.next == Next::Document { Ok(None) } else { Err(self.fault(cut())) };
            };
            match self.next {
                Next::Document => {
                    (self.begun, self.farthest) = (Some(self.buffer.here()), 0);
                    self.next = Next::Value(Some(0));
                }
                Next::Value(Some(steps)) if steps == self.way.len() => {
                    return self.record(&mut read).map(Some);
                }
                Next::Value(on) => self.value(byte, on)?,
                Next::First => self.first(byte)?,
                Next::After => self.after(byte)?,
            }
        }
    }

    /// Fails where a document came to its end without what leads to the records.
    fn end_document(&mut self) -> Walked<()> {
        match (self.begun.take(), self.missing()) {
            (Some(offset), Some(missing)) => Err(Stop::Missing { missing, offset }),
            _ => Ok(()),
        }
    }

    fn record(&mut self, read: &mut impl FnMut(&[u8], usize) -> Scanned<usize>) -> Walked<Record> {
        let length = self.whole(read)?;
        let offset = self.buffer.here();
        let range = self.buffer.take(length);
        self.end_value_of(self.buffer.bytes(range.clone())[0])?;
        let steps = self.stack.iter().zip(&self.way).rev();
        let entry = || steps.clone().find(|(_, step)| **step == Step::Entries);
        let key = if self.wants_key { entry().map(|(frame, _)| frame.key.clone()) } else { None };
        let index = steps.clone().find(|(_, step)| **step == Step::Each).map(|(frame, _)| frame.index);
        Ok(Record { range, offset, key, index })
    }

    /// Reads on until `read` is through; returns how far that is.
    fn whole(&mut self, read: &mut impl FnMut(&[u8], usize) -> Scanned<usize>) -> Walked<usize> {
        loop {
            let bytes = self.buffer.rest();
            match read(bytes, self.stack.len()) {
                Ok(end) if end < bytes.len() || matches!(bytes[0], b'"' | b'{' | b'[') => return Ok(end),
                // A number or word may go on in what is not read yet, or was cut within its array or object.
                Ok(end) if self.buffer.ended() && self.stack.is_empty() => return Ok(end),
                Ok(_) if self.buffer.ended() => return Err(self.fault(cut())),
                Err(fault) if *fault != Fault::Cut || self.buffer.ended() => return Err(self.fault(fault)),
                Ok(_) | Err(_) => self.buffer.more()?,
            }
        }
    }

    /// Enters a value that the way leads through, and steps over any other.
    fn value(&mut self, byte: u8, on: Option<usize>) -> Walked<()> {
        let step = on.map(|steps| &self.way[steps]);
        let enters = match step {
            Some(Step::Member(_) | Step::Entries) => byte == b'{',
            Some(_) => byte == b'[',
            None => false,
        };
        if enters {
            return self.enter(byte, on);
        }
        if matches!(byte, b'{' | b'[') && self.buffer.here() < self.at_once {
            return self.enter(byte, None);
        }
        let bytes = self.buffer.rest();
        match scan::value_within::<Documents>(bytes, 0, self.stack.len()) {
            Ok((end, kind)) => {
                let closed = matches!(kind, Kind::Object | Kind::Array | Kind::Plain | Kind::Escaped);
                if end == bytes.len() && !closed && !self.buffer.ended() {
                    return Ok(self.buffer.more()?);
                }
                if simdutf8::basic::from_utf8(&bytes[..end]).is_err() {
                    return Err(self.fault(syntax(0, "a value that is not UTF-8")));
                }
                self.buffer.take(end);
                self.end_value_of(byte)
            }
            Err(fault) if *fault == Fault::Cut && !self.buffer.ended() => match byte {
                b'{' | b'[' => {
                    // So that no byte is looked at in vain more than a few times.
                    self.at_once = self.buffer.here() + (bytes.len() / 8) as u64;
                    self.enter(byte, None)
                }
                _ => Ok(self.buffer.more()?),
            },
            Err(fault) => Err(self.fault(fault)),
        }
    }

    fn enter(&mut self, byte: u8, on: Option<usize>) -> Walked<()> {
        if self.stack.len() == DEEPEST {
            return Err(self.fault(syntax(0, TOO_DEEP)));
        }
        if let Some(steps) = on {
            // A member is there once its key came.
            let reached = if matches!(self.way[steps], Step::Member(_)) { steps } else { steps + 1 };
            self.farthest = self.farthest.max(reached);
        }
        self.stack.push(Frame { object: byte == b'{', on, index: 0, key: String::new(), led: false });
        self.buffer.take(1);
        self.next = Next::First;
        Ok(())
    }

    /// After a value that begins so: numbers and words end where a blank or a mark comes.
    fn end_value_of(&mut self, first: u8) -> Walked<()> {
        self.end_value();
        match self.buffer.rest().first() {
            _ if matches!(first, b'"' | b'{' | b'[') => Ok(()),
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.') => {
                Err(self.fault(syntax(0, "a blank must come between two values")))
            }
            _ => Ok(()),
        }
    }

    fn end_value(&mut self) {
        self.next = if self.stack.is_empty() { Next::Document } else { Next::After };
    }

    fn first(&mut self, byte: u8) -> Walked<()> {
        let object = self.stack.last().is_some_and(|frame| frame.object);
        if byte == if object { b'}' } else { b']' } {
            self.leave();
            return Ok(());
        }
        self.child(object)
    }

    fn after(&mut self, byte: u8) -> Walked<()> {
        let Some(frame) = self.stack.last_mut() else {
            self.next = Next::Document;
            return Ok(());
        };
        let object = frame.object;
        match byte {
            b',' => {
                frame.index += 1;
                self.buffer.take(1);
                if self.buffer.peek()?.is_none() {
                    return Err(self.fault(cut()));
                }
                self.child(object)
            }
            b'}' | b']' if (byte == b'}') == object => {
                self.leave();
                Ok(())
            }
            _ => {
                let rule = "a comma or the end of the array or object must come here";
                Err(self.fault(syntax(0, rule)))
            }
        }
    }

    fn leave(&mut self) {
        self.stack.pop();
        self.buffer.take(1);
        self.end_value();
    }

    /// Goes on to the next member or element, whose value comes next.
    fn child(&mut self, object: bool) -> Walked<()> {
        let on = self.stack.last().and_then(|frame| frame.on);
        if object {
            let mut key = String::new();
            let length = self.whole(&mut |bytes, _| read_key(bytes, &mut key))?;
            self.buffer.take(length);
            let twice = match self.stack.last_mut() {
                Some(Frame { on: Some(steps), key: here, led, .. }) => {
                    *here = key;
                    matches!(&self.way[*steps], Step::Member(wanted) if wanted == here)
                        && std::mem::replace(led, true)
                }
                _ => false,
            };
            if twice {
                return Err(self.fault(syntax(0, "the key before this value comes twice in its object")));
            }
        }
        let leads = |steps: usize| {
            let frame = self.stack.last()?;
            let here = match &self.way[steps] {
                Step::Member(key) => *key == frame.key,
                Step::At(index) => *index == frame.index,
                Step::Entries | Step::Each => true,
                Step::Length => false,
            };
            here.then_some(steps + 1)
        };
        let on = on.and_then(leads);
        self.farthest = self.farthest.max(on.unwrap_or(0));
        self.next = Next::Value(on);
        Ok(())
    }

    #[cold]
    fn fault(&self, fault: Box<Fault>) -> Stop {
        let at = if let Fault::Syntax(at, _) = *fault { at } else { 0 };
        let (offset, line) = self.buffer.place(at);
        Stop::Fault { fault, offset, line }
    }
}

/// Reads a key and its colon; returns where the value begins.
fn read_key(bytes: &[u8], out: &mut String) -> Scanned<usize> {
    let (end, value, kind) = scan::key::<Documents>(bytes, 0)?;
    let inner = std::str::from_utf8(&bytes[1..end - 1]).map_err(|_| syntax(0, "a key that is not UTF-8"))?;
    out.clear();
    // Half a surrogate pair cannot be said in UTF-8; such a key is as it is written.
    if kind != Kind::Escaped || unescape(inner, 1, out).is_err() {
        out.clear();
        out.push_str(inner);
    }
    Ok(value)
}
