//! The footer: which bytes of the file are which column of which row group.
//!
//! It is read by our own few lines and not by the `parquet` crate, because nothing that is in it may be believed
//! before it is checked, and what crashes cannot be caught: the crate (59.3) overflows its stack on a deep schema and
//! ends the process on a list that claims 2^31 row groups; it also refuses valid files with an unknown field that
//! holds booleans. Statistics, indexes and the stored Arrow schema are passed over: counts never rest on them.

use std::ops::Range;

use super::codecs::Codec;
use super::fault::Fault;
use super::schema::{self, Leaf, Physical};
use super::thrift::{Kind, Thrift};

/// What a file says that it holds, after the checks of [`super::layout`].
#[derive(Clone, Debug, Default)]
pub(super) struct Footer {
    pub(super) leaves: Vec<Leaf>,
    pub(super) row_groups: Vec<RowGroup>,
    /// Of the whole file; 0 where its writer did not know.
    pub(super) rows: i64,
}

/// Rows, and a chunk a column.
#[derive(Clone, Debug, Default)]
pub(super) struct RowGroup {
    pub(super) rows: i64,
    pub(super) chunks: Vec<Chunk>,
}

/// The bytes of a column in a row group.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub(super) physical: i32,
    pub(super) path: Vec<String>,
    pub(super) codec: Codec,
    pub(super) values: i64,
    pub(super) bytes: i64,
    pub(super) data_page: i64,
    pub(super) dictionary_page: Option<i64>,
    /// Ranges (offset, length) of indexes and filters that belong to it.
    pub(super) extras: Vec<(i64, Option<i64>)>,
    elsewhere: bool,
    encrypted: bool,
}

impl Chunk {
    /// Where its first page begins. Offset 0 is no page: some writers leave it where there is none.
    pub(super) fn start(&self) -> i64 {
        match (self.dictionary_page, self.data_page) {
            (Some(dictionary @ 1..), 1..) => dictionary.min(self.data_page),
            (Some(dictionary @ 1..), _) => dictionary,
            _ => self.data_page,
        }
    }

    /// Where its pages are.
    pub(super) fn range(&self) -> Range<u64> {
        let start = u64::try_from(self.start()).unwrap_or(0);
        start..start.saturating_add(u64::try_from(self.bytes).unwrap_or(0))
    }
}

/// Reads the bytes between the last page and the footer's length.
pub(super) fn read(bytes: &[u8]) -> Result<Footer, Fault> {
    let mut thrift = Thrift::new(bytes);
    let (mut footer, mut seen, mut last) = (Footer::default(), [false; 3], 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            2 => {
                Thrift::expect(kind, Kind::List)?;
                footer.leaves = schema::leaves(&mut thrift)?;
                seen[0] = true;
            }
            3 => {
                footer.rows = thrift.integer(kind)?;
                seen[1] = true;
            }
            4 => {
                Thrift::expect(kind, Kind::List)?;
                footer.row_groups = row_groups(&mut thrift)?;
                seen[2] = true;
            }
            8 => return Err(Fault::new("the file is encrypted, which is not read; write it in plain")),
            _ => thrift.skip(kind)?,
        }
    }
    if thrift.position() < bytes.len() {
        let extra = bytes.len().saturating_sub(thrift.position());
        return Err(Fault::new(format!("the footer has {extra} bytes after its end")));
    }
    if seen == [true; 3] {
        Ok(footer)
    } else {
        Err(Fault::new("the footer lacks its schema, its rows or its row groups"))
    }
}

fn row_groups(thrift: &mut Thrift<'_>) -> Result<Vec<RowGroup>, Fault> {
    let (kind, length) = thrift.list()?;
    if length > 0 {
        Thrift::expect(kind, Kind::Struct)?;
    }
    let mut groups = Vec::new();
    for at in 0..length {
        groups.push(row_group(thrift).map_err(|fault| fault.in_row_group(at))?);
    }
    Ok(groups)
}

fn row_group(thrift: &mut Thrift<'_>) -> Result<RowGroup, Fault> {
    let (mut group, mut rows, mut last) = (RowGroup::default(), None, 0);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => {
                Thrift::expect(kind, Kind::List)?;
                let (kind, length) = thrift.list()?;
                if length > 0 {
                    Thrift::expect(kind, Kind::Struct)?;
                }
                for _ in 0..length {
                    group.chunks.push(chunk(thrift)?);
                }
            }
            3 => rows = Some(thrift.integer(kind)?),
            _ => thrift.skip(kind)?,
        }
    }
    group.rows = rows.ok_or_else(|| Fault::new("the footer does not say how many rows there are"))?;
    Ok(group)
}

fn chunk(thrift: &mut Thrift<'_>) -> Result<Chunk, Fault> {
    let (mut chunk, mut described, mut last) = (Chunk::default(), false, 0);
    let (mut indexes, mut lengths) = ([None; 2], [None; 2]);
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => chunk.elsewhere = !thrift.binary(kind)?.is_empty(),
            3 => {
                Thrift::expect(kind, Kind::Struct)?;
                described = describe(thrift, &mut chunk)?;
            }
            4 => indexes[0] = Some(thrift.integer(kind)?),
            5 => lengths[0] = Some(thrift.integer(kind)?),
            6 => indexes[1] = Some(thrift.integer(kind)?),
            7 => lengths[1] = Some(thrift.integer(kind)?),
            8 | 9 => {
                chunk.encrypted = true;
                thrift.skip(kind)?;
            }
            _ => thrift.skip(kind)?,
        }
    }
    let name = chunk.path.join(".");
    chunk.check(described).map_err(|fault| fault.in_column(&name))?;
    let ranges = indexes.into_iter().zip(lengths).filter_map(|(offset, length)| Some((offset?, length)));
    chunk.extras.extend(ranges);
    Ok(chunk)
}

impl Chunk {
    fn check(&self, described: bool) -> Result<(), Fault> {
        if self.encrypted {
            return Err(Fault::new("the column is encrypted, which is not read; write it in plain"));
        }
        if self.elsewhere {
            return Err(Fault::new(
                "the footer says that the column is in another file, which is not followed",
            ));
        }
        if described { Ok(()) } else { Err(Fault::new("the footer does not say where a column's pages are")) }
    }
}

/// Reads the column's metadata; returns whether all that is needed is there.
fn describe(thrift: &mut Thrift<'_>, chunk: &mut Chunk) -> Result<bool, Fault> {
    let (mut seen, mut last, mut bloom) = (0_u16, 0, (None, None));
    while let Some((field, kind)) = thrift.field(&mut last)? {
        match field {
            1 => chunk.physical = thrift.i32(kind)?,
            3 => {
                Thrift::expect(kind, Kind::List)?;
                let (kind, length) = thrift.list()?;
                for _ in 0..length {
                    chunk.path.push(thrift.string(kind)?.to_owned());
                }
            }
            4 => chunk.codec = Codec::from_code(thrift.i32(kind)?),
            5 => chunk.values = thrift.integer(kind)?,
            7 => chunk.bytes = thrift.integer(kind)?,
            9 => chunk.data_page = thrift.integer(kind)?,
            11 => chunk.dictionary_page = Some(thrift.integer(kind)?),
            // Some writers keep other things here.
            14 if kind == Kind::I64 => bloom.0 = Some(thrift.integer(kind)?),
            15 if kind == Kind::I32 => bloom.1 = Some(thrift.integer(kind)?),
            _ => thrift.skip(kind)?,
        }
        seen |= 1_u16.checked_shl(u32::from(field.unsigned_abs())).unwrap_or(0);
    }
    if let (Some(offset), length) = bloom {
        chunk.extras.push((offset, length));
    }
    let needed = [1, 3, 4, 5, 7, 9].iter().fold(0, |mask, field| mask | 1_u16 << field);
    Ok(seen & needed == needed)
}

impl Footer {
    /// The physical type that a chunk says it has, with the length that its column has.
    pub(super) fn same_type(leaf: &Leaf, chunk: &Chunk) -> bool {
        let length =
            if let Physical::Fixed(length) = leaf.physical { i32::try_from(length).ok() } else { None };
        Physical::from_code(chunk.physical, length).is_ok_and(|physical| physical == leaf.physical)
    }
}
