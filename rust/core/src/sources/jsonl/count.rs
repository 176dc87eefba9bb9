//! Lines into a tally.

use std::io::Read;

use super::lines::{LONGEST, Lines};
use super::object::Objects;
use super::open::Opened;
use crate::error::{Error, Reason, Result, Usage};
use crate::json::fault::{Fault, cut};
use crate::sources::files::Run;
use crate::sources::worker::{MORSEL, Worker};
use crate::tally::BadRow;

/// The counting of one part of a file.
pub(super) struct Counting<'f> {
    opened: &'f Opened,
    worker: &'f mut Worker,
    objects: Objects<'f>,
    /// What is to be added to each position.
    base: u64,
    run: &'f Run<'f>,
    scratch: String,
    rows: u64,
}

/// Lines that are in memory.
#[derive(Clone, Copy)]
struct Window<'b> {
    bytes: &'b [u8],
    /// Where they are in the file.
    offset: u64,
}

impl<'f> Counting<'f> {
    pub(super) fn new(opened: &'f Opened, worker: &'f mut Worker, base: u64, run: &'f Run<'f>) -> Self {
        let objects = Objects::new(&opened.paths, opened.columns.names.len());
        Self { opened, worker, objects, base, run, scratch: String::new(), rows: 0 }
    }

    /// Counts all lines; returns the rows.
    pub(super) fn count<R: Read>(mut self, mut lines: Lines<'_, R>) -> Result<u64> {
        self.worker.expect(&self.opened.columns.kinds())?;
        while let Some(block) = lines.next_block().map_err(|stop| self.opened.file.stopped(stop))? {
            let window = Window { bytes: &lines.buffer[block.range], offset: block.offset };
            self.block(window)?;
            if self.opened.is_plain() {
                self.run.progress.read(window.bytes.len() as u64);
            }
        }
        Ok(self.rows)
    }

    fn block(&mut self, window: Window<'_>) -> Result<()> {
        let (text, invalid) = match simdutf8::basic::from_utf8(window.bytes) {
            Ok(text) => (text, false),
            Err(_) => (lines_before_invalid(window.bytes), true),
        };
        let mut at = 0;
        while at < text.len() {
            at += self.line(window, &text[at..], at)? + 1;
        }
        if invalid {
            self.invalid(window, at)?;
        }
        self.flush(window)
    }

    /// Takes in the line that `text` begins with, which is at `at` in the window; returns its length.
    #[inline]
    fn line(&mut self, window: Window<'_>, text: &str, at: usize) -> Result<usize> {
        let position = window.offset + at as u64 + self.base;
        let read = self.objects.read(text).and_then(|(length, is_row)| {
            let (columns, slots) = (&self.opened.columns, &self.objects.slots);
            if is_row {
                columns.push(self.worker, &text[..length], slots, position, &mut self.scratch)?;
            }
            Ok(length)
        });
        match read {
            Ok(length) if length <= LONGEST => {
                if self.worker.pushed() == MORSEL {
                    self.flush(window)?;
                }
                Ok(length)
            }
            Ok(_) => {
                self.worker.forget_last();
                self.flush(window)?;
                Err(self.opened.file.long_line(window.offset + at as u64))
            }
            Err(fault) => {
                let length = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
                self.refuse(window, at, length, *fault).map(|()| length)
            }
        }
    }

    /// Says what is wrong with a line, unless an earlier one is worse or it may be left out.
    #[cold]
    fn refuse(&mut self, window: Window<'_>, at: usize, length: usize, fault: Fault) -> Result<()> {
        self.flush(window)?;
        let is_last = at + length == window.bytes.len();
        let place = || self.opened.file.place_of(window.offset + at as u64);
        Err(match fault {
            Fault::Cut if is_last && self.run.options.skip_partial => {
                self.worker.skip_partial_line();
                return Ok(());
            }
            Fault::Cut if is_last => Error::data(place(), Reason::PartialLine),
            Fault::NeedsPassing(example) => {
                let place = place().in_column(self.worker.verdict());
                Usage::NeedsPassing { place, example }.into()
            }
            other => {
                let (column, reason) = other.describe();
                let place = place();
                Error::data(
                    match column {
                        Some(column) => place.in_column(&column),
                        None => place,
                    },
                    reason,
                )
            }
        })
    }

    /// Refuses the line at `at`, which is not UTF-8.
    #[cold]
    fn invalid(&mut self, window: Window<'_>, at: usize) -> Result<()> {
        let rest = &window.bytes[at..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let Err(error) = std::str::from_utf8(line) else {
            return Err(Error::Internal("a line that is and is not UTF-8".into()));
        };
        let valid = std::str::from_utf8(&line[..error.valid_up_to()]).unwrap_or_default();
        // A file may end within a character.
        let is_cut = error.error_len().is_none() && self.objects.read(valid) == Err(cut());
        let fault = if is_cut { Fault::Cut } else { Fault::Syntax(error.valid_up_to(), "this is not UTF-8") };
        self.refuse(window, at, line.len(), fault)
    }

    /// Counts the rows that wait, all of which are in the window.
    fn flush(&mut self, window: Window<'_>) -> Result<()> {
        let rows = self.worker.pushed();
        self.rows += rows as u64;
        self.worker.count_pushed().map_err(|(position, bad)| self.bad_row(window, position, *bad))?;
        self.worker.advance(rows, self.run.progress, self.run.options)
    }

    #[cold]
    fn bad_row(&mut self, window: Window<'_>, position: u64, bad: BadRow) -> Error {
        let byte = position - self.base;
        let rest = usize::try_from(byte - window.offset).ok().and_then(|at| window.bytes.get(at..));
        let line = rest.unwrap_or_default().split(|&byte| byte == b'\n').next().unwrap_or_default();
        let column = self.opened.columns.names.iter().position(|name| *name == bad.column);
        let read = self.objects.read(std::str::from_utf8(line).unwrap_or_default());
        let missing = read.is_ok() && column.is_some_and(|at| self.objects.slots[at].kind.is_none());
        let null = matches!(bad.reason, Reason::NullId | Reason::NullVerdict | Reason::NullReward);
        let reason = if missing && null { Reason::MissingKey(bad.reason.into()) } else { bad.reason };
        Error::data(self.opened.file.place_of(byte).in_column(&bad.column), reason)
    }
}

/// The whole lines before the first one that is not UTF-8.
#[cold]
fn lines_before_invalid(bytes: &[u8]) -> &str {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let end = memchr::memrchr(b'\n', &bytes[..valid]).map_or(0, |at| at + 1);
    std::str::from_utf8(&bytes[..end]).unwrap_or_default()
}
