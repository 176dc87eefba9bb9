//! Files of JSON Lines whose first lines are read, and the counting of their parts.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

use super::count::Counting;
use super::kinds::{Ahead, First};
use super::lines::{Lines, Stop};
use super::names;
use super::paths::Paths;
use super::rows::Columns;
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::sources::batches::check_schema;
use crate::sources::files::{LogFile, Run, Scratch};
use crate::sources::input::Source;
use crate::sources::read_at::{Part, ReadAt, failed};
use crate::sources::stream::{self, Compression};
use crate::sources::{Options, Progress};
use crate::tally::Spec;

/// Bytes of a file that are counted as one part, unless the caller says how many.
const RANGE: u64 = 8 << 20;
/// Bytes that are fetched with a part, for the rest of its last line.
const REST: u64 = 16 << 10;
/// A compressed file of at most so many bytes is fetched at once.
const WHOLE: u64 = 64 << 20;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file of JSON Lines.
pub(super) struct File {
    pub(super) path: String,
    bytes: Source,
    compression: Compression,
    /// Where the first line begins: after a byte order mark.
    start: u64,
}

impl File {
    pub(super) fn open(bytes: Source, compression: Compression) -> Result<Self> {
        let mut file = Self { path: bytes.path().to_owned(), bytes, compression, start: 0 };
        file.check_magic()?;
        let mut head = Vec::new();
        let read = file.stream(None).and_then(|stream| stream.take(BOM.len() as u64).read_to_end(&mut head));
        read.map_err(|error| file.failed(error))?;
        file.start = if head == BOM { BOM.len() as u64 } else { 0 };
        Ok(file)
    }

    /// Fails when the file is compressed in another way than its name says.
    fn check_magic(&self) -> Result<()> {
        let mut magic = [0; 4];
        let length = self.bytes.len().min(4);
        let head = &mut magic[..usize::try_from(length).unwrap_or(0)];
        self.bytes.read_at(0, head).map_err(|error| self.failed(error))?;
        let found = Compression::of_magic(magic);
        if found == self.compression {
            return Ok(());
        }
        let reason = if length == 0 {
            Reason::EmptyFile
        } else {
            Reason::Malformed(format!(
                "its name says that it is {}, and it is {}; give it the name that fits",
                self.compression.describe(),
                found.describe()
            ))
        };
        Err(Error::data(Place::file(&self.path), reason))
    }

    fn stream<'f>(&'f self, progress: Option<&'f Progress>) -> io::Result<Box<dyn Read + Send + 'f>> {
        stream::open(&self.bytes, self.compression, progress)
    }

    /// All lines, in a buffer.
    pub(super) fn lines<'b>(
        &'b self,
        buffer: &'b mut Vec<u8>,
        progress: Option<&'b Progress>,
    ) -> Result<Lines<'b, Box<dyn Read + Send + 'b>>> {
        let mut stream = self.stream(progress).map_err(|error| self.failed(error))?;
        let skipped = io::copy(&mut stream.by_ref().take(self.start), &mut io::sink());
        skipped.map_err(|error| self.failed(error))?;
        Ok(Lines::new(stream, buffer, self.start, u64::MAX))
    }

    /// What went wrong with the bytes.
    fn failed(&self, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::InvalidData {
            return Error::data(Place::file(&self.path), Reason::Malformed(error.to_string()));
        }
        failed(&self.path, error)
    }

    pub(super) fn stopped(&self, stop: Stop) -> Error {
        match stop {
            Stop::Io(error) => self.failed(error),
            Stop::LongLine(byte) => self.long_line(byte),
        }
    }

    pub(super) fn long_line(&self, byte: u64) -> Error {
        let message = "the line is longer than 64 MiB, which is not read".into();
        Error::data(self.place_of(byte), Reason::Malformed(message))
    }

    /// The place of the line that begins at a byte.
    pub(super) fn place_of(&self, byte: u64) -> Place {
        Place::file(&self.path).at_line(self.line_number(byte).ok(), byte)
    }

    /// The number of the line that begins at a byte, by a look at all that is before.
    fn line_number(&self, byte: u64) -> io::Result<u64> {
        let (mut stream, mut buffer, mut line) = (self.stream(None)?.take(byte), vec![0; 1 << 16], 1);
        loop {
            match stream.read(&mut buffer)? {
                0 => return Ok(line),
                read => line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64,
            }
        }
    }

    /// The names on its first line that is not blank.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let mut buffer = Vec::new();
        let mut lines = self.lines(&mut buffer, None)?;
        while let Some(block) = lines.next_block().map_err(|stop| self.stopped(stop))? {
            let mut at = block.offset;
            for line in lines.buffer[block.range].split_inclusive(|&byte| byte == b'\n') {
                let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
                let found = names::of(&text).map_err(|fault| {
                    let (column, reason) = fault.describe();
                    Error::data(Place { column, ..self.place_of(at) }, reason)
                })?;
                if let Some(names) = found {
                    return Ok(names);
                }
                at += line.len() as u64;
            }
        }
        Ok(Vec::new())
    }
}

/// A file with the columns of it that are read.
pub(crate) struct Opened {
    pub(super) file: File,
    pub(super) paths: Paths,
    pub(super) columns: Columns,
    schema: Schema,
    range: u64,
    /// The names on the first line.
    names: Vec<String>,
}

impl Opened {
    /// Opens a file. Calls `tick` now and then.
    pub(crate) fn open(
        spec: &Arc<Spec>,
        source: Source,
        compression: Compression,
        options: Options,
        tick: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let file = File::open(source, compression)?;
        let path = file.path.as_str();
        let wanted: Vec<String> = spec.columns().into_iter().map(ToOwned::to_owned).collect();
        let paths = Paths::new(&wanted);
        let mut buffer = Vec::new();
        let lines = file.lines(&mut buffer, None)?;
        let stopped = |stop| file.stopped(stop);
        let ahead = Ahead::read(&paths, wanted.len(), lines, options.skip_partial, &stopped, tick)?;
        if let (true, Some(names)) = (ahead.to_the_end, &ahead.names) {
            let missing = ahead.seen.iter().position(|seen| !seen);
            if let Some(column) = missing.map(|at| wanted[at].clone()) {
                let (place, available) = (Place::file(path), names.join(", "));
                return Err(Usage::NoSuchColumn { column, place, available }.into());
            }
        }
        let data_type = |first: &Option<First>| first.map_or(DataType::Null, |first| first.holds.data_type());
        let fields = wanted.iter().zip(&ahead.first);
        let fields: Vec<_> = fields.map(|(name, first)| Field::new(name, data_type(first), true)).collect();
        let schema = Schema::new(fields);
        // What a column holds was seen on one line, and that is the place to look.
        let first = |name: &Option<String>| {
            let at = wanted.iter().position(|known| Some(known) == name.as_ref())?;
            ahead.first[at]
        };
        check_schema(spec, &schema, &Place::file(path)).map_err(|error| match error {
            Error::Data(mut bad) => {
                if let Some(first) = first(&bad.place.column) {
                    bad.place = bad.place.at_line(Some(first.line), first.byte);
                }
                Error::Data(bad)
            }
            other => other,
        })?;
        let names = ahead.names.unwrap_or_default();
        let columns = Columns::new(spec, ahead.first, path);
        let columns =
            columns.map_err(|(column, reason)| Error::data(Place::file(path).in_column(&column), reason))?;
        let range = options.range_bytes.unwrap_or(RANGE).max(1);
        Ok(Self { file, paths, columns, schema, range, names })
    }
}

impl Opened {
    pub(super) fn is_plain(&self) -> bool {
        self.file.compression == Compression::None
    }
}

impl LogFile for Opened {
    fn format(&self) -> &'static str {
        "jsonl"
    }

    fn bytes(&self) -> &Source {
        &self.file.bytes
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn gives(&self, column: &str) -> Result<bool> {
        // The kind is that of the first value, and null where there is none.
        let kind = self.schema.field_with_name(column).map(Field::data_type);
        Ok(kind.is_ok_and(|kind| *kind != DataType::Null))
    }

    fn work(&self) -> u64 {
        let start = if self.is_plain() { self.file.start } else { 0 };
        self.file.bytes.len() - start
    }

    fn units(&self) -> usize {
        let bytes = self.file.bytes.len().saturating_sub(self.file.start);
        match self.file.compression {
            Compression::None => usize::try_from(bytes.div_ceil(self.range)).unwrap_or(usize::MAX),
            _ => 1,
        }
    }

    fn place(&self, _unit: usize) -> Place {
        Place::file(&self.file.path)
    }

    fn ranges(&self, unit: usize) -> Vec<Range<u64>> {
        let length = self.file.bytes.len();
        if !self.is_plain() {
            // A longer one is read from front to back, and not kept.
            return (length <= WHOLE).then_some(0..length).into_iter().collect();
        }
        let start = self.file.start.saturating_add(unit as u64 * self.range);
        let end = start.saturating_add(self.range).saturating_add(REST);
        std::iter::once(start.saturating_sub(1)..end.min(length)).collect()
    }

    fn count(&self, unit: usize, base: u64, scratch: &mut Scratch, run: &Run<'_>) -> Result<u64> {
        let mut buffer = std::mem::take(&mut scratch.lines);
        scratch.worker.begin_pushing();
        let counting = Counting::new(self, &mut scratch.worker, base, run);
        let counted = if self.is_plain() {
            let start = self.file.start + unit as u64 * self.range;
            let end = start.saturating_add(self.range);
            // A line belongs to the range that it begins in; whether one begins here, the byte before says.
            let at = if unit == 0 { start } else { start - 1 };
            let part = Part { file: &self.file.bytes, at };
            let mut lines = Lines::new(part, &mut buffer, at, end);
            let skipped = if unit == 0 { Ok(()) } else { lines.skip_line() };
            skipped.map_err(|stop| self.file.stopped(stop)).and_then(|()| counting.count(lines))
        } else {
            self.file.lines(&mut buffer, Some(run.progress)).and_then(|lines| counting.count(lines))
        };
        scratch.lines = buffer;
        counted
    }

    fn place_of(&self, position: u64) -> Place {
        self.file.place_of(position)
    }
}
