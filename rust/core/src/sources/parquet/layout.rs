//! Whether what the footer says can be true of a file of this size.
//!
//! Each rule stands for a lie that readers are known to believe: rows that are counted a thousand times because row
//! groups share their pages, half of the rows gone because two files were joined by `cat`, none at all because the
//! footer lists no row groups.

use super::fault::Fault;
use super::footer::{Chunk, Footer};
use super::thrift::{Kind, Thrift};
use crate::sources::read_at::ReadAt;

/// Bytes of the magic number at the file's start.
const HEAD: u64 = 4;
/// Bytes between two columns that are not looked at where each look is a request: what old writers leave behind each
/// column is as long. Where files were joined the first gap tells it, and it is looked at.
const BELIEVED: u64 = 1 << 10;
/// Bytes of padding that are looked at in one piece.
const PIECE: usize = 1 << 16;

/// Fails unless the chunks fit the schema, and lie apart from each other between the file's head and `footer_start`
/// with nothing unexplained between them.
pub(super) fn check(footer: &Footer, file: &dyn ReadAt, footer_start: u64) -> Result<(), Fault> {
    let mut rows = 0_i64;
    let mut ranges = Vec::new();
    for (at, group) in footer.row_groups.iter().enumerate() {
        let fault = |message: String| Fault::new(message).in_row_group(at);
        if group.rows < 0 {
            return Err(fault(format!("the footer says {} rows", group.rows)));
        }
        rows = rows.checked_add(group.rows).ok_or_else(|| fault("more than 2^63 rows".into()))?;
        if group.chunks.len() != footer.leaves.len() {
            let (chunks, leaves) = (group.chunks.len(), footer.leaves.len());
            return Err(fault(format!("there are {chunks} columns here and {leaves} in the schema")));
        }
        for (leaf, chunk) in footer.leaves.iter().zip(&group.chunks) {
            let name = leaf.name();
            let fault = |message: String| fault(message).in_column(&name);
            if chunk.path != leaf.path {
                return Err(fault(format!("the column is called `{}` here", chunk.path.join("."))));
            }
            if !Footer::same_type(leaf, chunk) {
                return Err(fault("the column has another type here than in the schema".into()));
            }
            if leaf.max_repetition == 0 && chunk.values != group.rows {
                let (values, rows) = (chunk.values, group.rows);
                return Err(fault(format!("the footer says {values} values for {rows} rows")));
            }
            ranges.push(range(chunk, footer_start).map_err(|f| f.in_column(&name).in_row_group(at))?);
            let extras = chunk.extras.iter().filter_map(|&extra| index(extra, footer_start));
            ranges.extend(extras.map(|(start, end)| Range { start, end, column: false }));
        }
    }
    // A writer that streams may leave 0; any other number must be the sum.
    if footer.rows != rows && (footer.rows != 0 || footer.row_groups.is_empty()) {
        let said = footer.rows;
        return Err(Fault::new(format!("the footer says {said} rows, and its row groups {rows}")));
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    apart(&ranges, file, footer_start)
}

#[derive(Clone, Copy, Debug)]
struct Range {
    start: u64,
    end: u64,
    column: bool,
}

fn range(chunk: &Chunk, footer_start: u64) -> Result<Range, Fault> {
    let (start, bytes) = (chunk.start(), chunk.bytes);
    let ends = u64::try_from(start).ok().zip(u64::try_from(bytes).ok());
    let ends = ends.and_then(|(start, bytes)| Some((start, start.checked_add(bytes)?)));
    match ends {
        Some((start, end)) if start >= HEAD && end <= footer_start => Ok(Range { start, end, column: true }),
        // A column without a value may have no page.
        Some((_, _)) if chunk.values == 0 && bytes == 0 => Ok(Range { start: HEAD, end: HEAD, column: true }),
        _ => Err(Fault::new(format!(
            "the footer says bytes {start} to {start} + {bytes}, which are outside the file's pages"
        ))),
    }
}

/// An index or filter: what it says may be wrong, since it is not read. Without a length it is as long as it can be.
fn index((offset, length): (i64, Option<i64>), footer_start: u64) -> Option<(u64, u64)> {
    let start = u64::try_from(offset).ok().filter(|&start| (HEAD..=footer_start).contains(&start))?;
    let end = match length {
        Some(length) => start.checked_add(u64::try_from(length).ok()?)?,
        None => u64::MAX,
    };
    Some((start, end.min(footer_start)))
}

fn apart(ranges: &[Range], file: &dyn ReadAt, footer_start: u64) -> Result<(), Fault> {
    let (mut pages_end, mut known_end) = (HEAD, HEAD);
    for range in ranges {
        if range.column && range.start < pages_end && range.end > range.start {
            return Err(Fault::new(format!(
                "two columns share the bytes from {} on; each value would be counted twice",
                range.start
            )));
        }
        let between = pages_end > HEAD && range.start.saturating_sub(known_end) <= BELIEVED;
        if range.start > known_end && !(between && file.is_far()) {
            padding(file, known_end, range.start)?;
        }
        // A filter of unknown length ends where the next page begins.
        known_end = if range.column { range.end } else { known_end.max(range.end) };
        if range.column {
            pages_end = pages_end.max(range.end);
            known_end = known_end.max(pages_end);
        }
    }
    if known_end < footer_start { padding(file, known_end, footer_start) } else { Ok(()) }
}

/// What no range covers: zeros, with which writers fill up blocks, and the copy of a column's metadata that old ones
/// leave behind each column. Anything else is what no column accounts for, such as a whole file before this one.
fn padding(file: &dyn ReadAt, start: u64, end: u64) -> Result<(), Fault> {
    let mut at = start;
    let mut buffer = vec![0; PIECE];
    while at < end {
        let length = usize::try_from(end.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
        let piece = buffer.get_mut(..length).unwrap_or_default();
        file.read_at(at, piece)?;
        let zeros = piece.iter().take_while(|&&byte| byte == 0).count();
        let passed = if zeros > 0 { zeros } else { column_metadata(piece).unwrap_or(0) };
        if passed == 0 {
            let bytes = end.saturating_sub(at);
            return Err(Fault::new(format!(
                "the {bytes} bytes from {at} on belong to no column; are these two files in one?"
            )));
        }
        at = at.saturating_add(passed as u64);
    }
    Ok(())
}

/// The length of a column's metadata at the head of these bytes, bare or behind its offset.
fn column_metadata(bytes: &[u8]) -> Option<usize> {
    let mut thrift = Thrift::new(bytes);
    let (mut last, mut found) = (0, Vec::new());
    while let Some((field, kind)) = thrift.field(&mut last).ok()? {
        found.push((field, kind));
        thrift.skip(kind).ok()?;
    }
    let all = |fields: &[(i16, Kind)]| fields.iter().all(|field| found.contains(field));
    let bare =
        [(1, Kind::I32), (3, Kind::List), (4, Kind::I32), (5, Kind::I64), (7, Kind::I64), (9, Kind::I64)];
    (all(&[(2, Kind::I64), (3, Kind::Struct)]) || all(&bare)).then(|| thrift.position())
}
