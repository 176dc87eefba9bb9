//! The table of a batch: how long its columns are and where their buffers lie, all of it checked.

use std::ops::Range;

use arrow_buffer::Buffer;
use arrow_ipc::{BodyCompressionMethod, CompressionType, MetadataVersion, RecordBatch};

use super::codec::{Codec, Inflater};
use super::fault::Fault;
use super::frame::{self, Frame};
use super::schema::Slot;
use crate::sources::read_at::ReadAt;

/// A batch whose nodes and buffers are as many as the schema says, its buffers inside its body.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) rows: usize,
    /// Length and number of nulls.
    nodes: Vec<(usize, usize)>,
    /// Where in the file.
    buffers: Vec<Range<u64>>,
    /// How many buffers of views come before each column of views, and in all.
    views: Vec<usize>,
    /// Whether unions have one more buffer.
    old: bool,
    codec: Option<Codec>,
}

impl Batch {
    /// Of a schema whose nodes and buffers end at `end`, and whose columns have these nodes.
    pub(super) fn read(
        batch: RecordBatch<'_>,
        frame: &Frame,
        end: Slot,
        columns: &[usize],
    ) -> Result<Self, Fault> {
        let old = frame.message()?.version() < MetadataVersion::V5;
        let whole = |value: i64| usize::try_from(value).ok();
        let rows = whole(batch.length());
        let rows = rows.ok_or_else(|| Fault::new(format!("it says that it has {} rows", batch.length())))?;
        let nodes = batch.nodes().into_iter().flatten();
        let nodes = nodes.map(|node| whole(node.length()).zip(whole(node.null_count())));
        let nodes = nodes.collect::<Option<Vec<_>>>().ok_or_else(|| Fault::new("a length is negative"))?;
        let buffers = batch.buffers().into_iter().flatten();
        let buffers: Vec<_> = buffers
            .map(|buffer| within(&frame.body, buffer.offset(), buffer.length()))
            .collect::<Result<_, _>>()?;
        let mut views = vec![0_usize];
        for count in batch.variadicBufferCounts().into_iter().flatten() {
            let before = views.last().copied().unwrap_or(0);
            let sum = whole(count).and_then(|count| before.checked_add(count));
            views.push(sum.ok_or_else(|| Fault::new(format!("it says that a column has {count} buffers")))?);
        }
        let fixed = end.buffer + if old { end.unions } else { 0 };
        let expected = fixed.checked_add(views.last().copied().unwrap_or(0));
        if nodes.len() != end.node || views.len() != end.views + 1 || Some(buffers.len()) != expected {
            let (nodes, buffers) = (nodes.len(), buffers.len());
            return Err(Fault::new(format!(
                "it has {nodes} nodes and {buffers} buffers, not those of the schema"
            )));
        }
        if let Some(&(length, _)) = columns.iter().filter_map(|&at| nodes.get(at)).find(|node| node.0 != rows)
        {
            return Err(Fault::new(format!("it has {rows} rows, and a column of {length}")));
        }
        let codec =
            batch.compression().map(|compression| match (compression.method(), compression.codec()) {
                (BodyCompressionMethod::BUFFER, CompressionType::LZ4_FRAME) => Ok(Codec::Lz4),
                (BodyCompressionMethod::BUFFER, CompressionType::ZSTD) => Ok(Codec::Zstd),
                (_, other) => {
                    Err(Fault::new(format!("it is compressed in a way that is not known ({other:?})")))
                }
            });
        Ok(Self { rows, nodes, buffers, views, old, codec: codec.transpose()? })
    }

    /// Length and number of nulls of the column there.
    pub(super) fn node(&self, slot: Slot) -> Result<(usize, usize), Fault> {
        self.nodes.get(slot.node).copied().ok_or_else(|| Fault::new("a node is missing"))
    }

    /// How many buffers of views the column there has.
    pub(super) fn views(&self, slot: Slot) -> usize {
        let before = |at: usize| self.views.get(at).copied().unwrap_or(0);
        before(slot.views + 1).saturating_sub(before(slot.views))
    }

    /// The content of the column's buffer of this number.
    pub(super) fn buffer(
        &self,
        file: &dyn ReadAt,
        inflater: &mut Inflater,
        slot: Slot,
        number: usize,
    ) -> Result<Buffer, Fault> {
        let fixed = slot.buffer + if self.old { slot.unions } else { 0 };
        let at = self.views.get(slot.views).map(|views| fixed + views + number);
        let range = at.and_then(|at| self.buffers.get(at)).cloned();
        let stored = frame::bytes(file, range.ok_or_else(|| Fault::new("a buffer is missing"))?)?;
        match self.codec {
            Some(codec) if !stored.is_empty() => inflater.inflate(codec, stored),
            _ => Ok(stored.into()),
        }
    }
}

fn within(body: &Range<u64>, offset: i64, length: i64) -> Result<Range<u64>, Fault> {
    let bounds = u64::try_from(offset).ok().zip(u64::try_from(length).ok());
    let bounds = bounds.and_then(|(offset, length)| {
        let start = body.start.checked_add(offset)?;
        Some(start..start.checked_add(length)?)
    });
    bounds.filter(|range| range.end <= body.end).ok_or_else(|| {
        let bytes = body.end.saturating_sub(body.start);
        Fault::new(format!("a buffer is {length} bytes from {offset} on, of a body of {bytes}"))
    })
}
