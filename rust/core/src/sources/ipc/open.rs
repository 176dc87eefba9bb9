//! Files whose head is read and believed, and the columns of them that are wanted.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::Message;
use arrow_schema::{Field, Schema, SchemaRef};

use super::array::Reader;
use super::batch::Batch;
use super::dictionaries::{Dictionaries, Wanted};
use super::fault::Fault;
use super::file::{Blocks, Extent, MAGIC};
use super::frame::{Frame, Next};
use super::leaves::{self, Leaf};
use super::schema::{self, Column, Slot};
use crate::error::{Error, Place, Reason, Result};
use crate::sources::files::check_schema;
use crate::sources::input::Source;
use crate::sources::read_at::ReadAt;
use crate::tally::Spec;

/// How the batches of a file are found.
#[derive(Debug)]
enum Format {
    /// By a footer.
    File { dictionaries: Vec<Extent>, batches: Vec<Extent> },
    /// One after the other, from this byte on.
    Stream(u64),
}

/// A file with its schema.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) bytes: Source,
    format: Format,
    columns: Vec<Column>,
}

impl File {
    pub(super) fn open(bytes: Source) -> Result<Self> {
        let path = bytes.path();
        if bytes.len() == 0 {
            return Err(Error::data(Place::file(path), Reason::EmptyFile));
        }
        let head = format(&bytes).map_err(|fault| fault.at(Place::file(path)));
        let (format, columns) = head?;
        Ok(Self { path: path.to_owned(), bytes, format, columns })
    }

    pub(super) fn leaves(&self) -> Vec<Leaf> {
        leaves::leaves(&self.columns)
    }
}

fn format(file: &Source) -> std::result::Result<(Format, Vec<Column>), Fault> {
    let mut head = [0; 6];
    let head = &mut head[..usize::try_from(file.len()).unwrap_or(6).min(6)];
    file.read_at(0, head)?;
    if MAGIC.starts_with(head) {
        let blocks = Blocks::read(file)?;
        let format = Format::File { dictionaries: blocks.dictionaries, batches: blocks.batches };
        return Ok((format, blocks.columns));
    }
    if head.starts_with(b"FEA1") {
        return Err(Fault::new(
            "this is a Feather file of version 1, which is not read; write it again as version 2 (for example with pyarrow.feather.write_feather)",
        ));
    }
    let first = Frame::next(file, 0, file.len());
    let first = first.map_err(|fault| fault.inside("this is no Arrow IPC stream"))?;
    let Next::Message(frame) = first else { return Err(Fault::new("there is no schema at its head")) };
    let message = frame.message()?;
    let schema = message.header_as_schema().ok_or_else(|| Fault::new("there is no schema at its head"))?;
    Ok((Format::Stream(frame.body.end), schema::read(schema)?))
}

/// Gets the rows of a batch, with the place and number of the first, and the bytes of the whole batch.
pub(super) type Take<'t> = &'t mut dyn FnMut(&RecordBatch, &Place, u64, u64) -> Result<()>;

/// A file with the columns of it that are read.
pub(crate) struct Opened {
    pub(super) file: File,
    /// The columns that are read, as the schema has them.
    leaves: Vec<Leaf>,
    pub(super) schema: SchemaRef,
    wanted: Wanted,
    /// The nodes of all columns of the file, and where the nodes and buffers of all of them end.
    tops: Vec<usize>,
    end: Slot,
    /// The dictionaries of a file; those of a stream come with its batches.
    dictionaries: Dictionaries,
    /// The first row of each batch of a file, and the end.
    starts: Vec<u64>,
}

impl Opened {
    pub(crate) fn open(spec: &Spec, bytes: Source) -> Result<Self> {
        let place = Place::file(bytes.path());
        let file = File::open(bytes)?;
        let all = file.leaves();
        let names = spec.columns();
        let found = names.iter().map(|name| leaves::find(&all, name, &place).cloned());
        let leaves = found.collect::<Result<Vec<_>>>()?;
        let fields = names.iter().zip(&leaves);
        let fields: Vec<_> =
            fields.map(|(name, leaf)| Field::new(*name, leaf.data_type.clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        check_schema(spec, &schema, &place)?;
        let (mut tops, mut end) = (Vec::new(), Slot::default());
        for column in &file.columns {
            tops.push(end.node);
            column.pass(&mut end);
        }
        let wanted = Wanted::new(&file.columns, &leaves).map_err(|fault| fault.at(place.clone()))?;
        let (dictionaries, starts) = (Dictionaries::default(), vec![0]);
        let mut opened = Self { file, leaves, schema, wanted, tops, end, dictionaries, starts };
        opened.read_ahead()?;
        Ok(opened)
    }

    /// Reads what a file's batches share, and how many rows each has.
    fn read_ahead(&mut self) -> Result<()> {
        let Format::File { dictionaries, batches } = &self.file.format else { return Ok(()) };
        let file: &dyn ReadAt = &self.file.bytes;
        let mut reader = Reader::new(file);
        for extent in dictionaries {
            let taken = extent.frame(file).and_then(|frame| {
                let message = frame.message()?;
                let batch = message.header_as_dictionary_batch();
                let batch = batch.ok_or_else(|| unexpected(&frame, &message, "a dictionary"))?;
                self.dictionaries.take(&frame, batch, &self.wanted, &mut reader, false)
            });
            taken.map_err(|fault| fault.at(Place::file(&self.file.path)))?;
        }
        let mut row = 0_u64;
        for (at, extent) in batches.iter().enumerate() {
            let place = Place { batch: u32::try_from(at).ok(), ..Place::file(&self.file.path) };
            let frame = extent.frame(file).map_err(|fault| fault.at(place.clone()))?;
            let rows = self.batch(&frame).map_err(|fault| fault.at(place.clone()))?.rows;
            row = row.saturating_add(rows as u64);
            self.starts.push(row);
        }
        Ok(())
    }

    fn batch(&self, frame: &Frame) -> std::result::Result<Batch, Fault> {
        let message = frame.message()?;
        let batch = message.header_as_record_batch();
        let batch = batch.ok_or_else(|| unexpected(frame, &message, "a record batch"))?;
        Batch::read(batch, frame, self.end, &self.tops)
    }

    /// How many parts can be counted apart from each other.
    pub(super) fn parts(&self) -> usize {
        match &self.file.format {
            Format::File { batches, .. } => batches.len(),
            Format::Stream(_) => 1,
        }
    }

    pub(super) fn part_place(&self, part: usize) -> Place {
        let batch =
            matches!(self.file.format, Format::File { .. }).then(|| u32::try_from(part).ok()).flatten();
        Place { batch, ..Place::file(&self.file.path) }
    }

    /// The bytes of a part.
    pub(super) fn bytes_of(&self, part: usize) -> u64 {
        match &self.file.format {
            Format::File { batches, .. } => batches[part].len(),
            Format::Stream(start) => self.file.bytes.len() - start,
        }
    }

    /// Hands over the rows of a part, batch by batch; returns how many.
    pub(super) fn read(&self, part: usize, take: Take<'_>) -> Result<u64> {
        let file: &dyn ReadAt = &self.file.bytes;
        let mut reader = Reader::new(file);
        let start = match &self.file.format {
            Format::Stream(start) => *start,
            Format::File { batches, .. } => {
                let place = self.part_place(part);
                let frame = batches[part].frame(file).map_err(|fault| fault.at(place))?;
                let first = self.starts[part];
                return self.read_batch(&frame, &self.dictionaries, &mut reader, (part, first), take);
            }
        };
        self.read_stream(start, &mut reader, take)
    }

    fn read_batch(
        &self,
        frame: &Frame,
        dictionaries: &Dictionaries,
        reader: &mut Reader<'_>,
        (number, first): (usize, u64),
        take: Take<'_>,
    ) -> Result<u64> {
        let place = Place { batch: u32::try_from(number).ok(), ..Place::file(&self.file.path) };
        let read = self.batch(frame).and_then(|batch| {
            let columns = self.leaves.iter().map(|leaf| reader.column(&batch, leaf, dictionaries));
            columns.collect::<std::result::Result<Vec<_>, _>>()
        });
        let columns = read.map_err(|fault| fault.at(place.clone()))?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        let batch = batch.map_err(|error| Error::Internal(error.to_string()))?;
        take(&batch, &place.at_row(first), first, frame.body.end - frame.start)?;
        Ok(batch.num_rows() as u64)
    }

    fn read_stream(&self, mut at: u64, reader: &mut Reader<'_>, take: Take<'_>) -> Result<u64> {
        let (end, place) = (self.file.bytes.len(), Place::file(&self.file.path));
        let fail = |message: String| Fault::new(message).at(place.clone());
        let (mut dictionaries, mut batches, mut rows) = (Dictionaries::default(), 0, 0);
        loop {
            let frame = match Frame::next(reader.file, at, end).map_err(|fault| fault.at(place.clone()))? {
                Next::Message(frame) => frame,
                Next::End(marker) if marker == end => return Ok(rows),
                Next::End(marker) => {
                    let more = end - marker;
                    return Err(fail(format!(
                        "{more} bytes follow the end of its stream; are these two streams in one?"
                    )));
                }
                Next::Nothing => {
                    let last = if batches == 0 {
                        "its schema".into()
                    } else {
                        format!("record batch {}", batches - 1)
                    };
                    return Err(fail(format!(
                        "the stream is not closed: there is no end-of-stream marker after {last} (it ends at byte {end}); its writer did not come to an end"
                    )));
                }
            };
            at = frame.body.end;
            let message = frame.message().map_err(|fault| fault.at(place.clone()))?;
            if let Some(batch) = message.header_as_dictionary_batch() {
                let taken = dictionaries.take(&frame, batch, &self.wanted, reader, true);
                taken.map_err(|fault| fault.at(place.clone()))?;
                continue;
            }
            rows += self.read_batch(&frame, &dictionaries, reader, (batches, rows), take)?;
            batches += 1;
        }
    }
}

fn unexpected(frame: &Frame, message: &Message<'_>, expected: &str) -> Fault {
    let (found, start) = (message.header_type(), frame.start);
    Fault::new(format!("the message at byte {start} is not {expected} (its header is {found:?})"))
}
