//! Files whose footer is read and believed, and the columns of them that are wanted.

use std::time::SystemTime;

use arrow_schema::{Field, Schema};

use super::column::Column;
use super::count::RowGroupReader;
use super::fault::Fault;
use super::footer::{self, Chunk, Footer};
use super::layout;
use super::schema::Leaf;
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::sources::files::{LogFile, Run, Scratch, check_schema};
use crate::sources::read_at::{LocalFile, ReadAt};
use crate::sources::types::Types;
use crate::tally::Spec;

const MAGIC: &[u8; 4] = b"PAR1";
const ENCRYPTED: &[u8; 4] = b"PARE";
/// A footer of more bytes is refused.
const LONGEST_FOOTER: u64 = 1 << 30;

/// A Parquet file with its footer.
pub(super) struct File {
    path: String,
    bytes: LocalFile,
    footer: Footer,
    version: (u64, Option<SystemTime>),
}

impl File {
    /// Opens a file and checks what its footer says.
    pub(super) fn open(path: &str) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let bytes = LocalFile::open(path).map_err(io)?;
        let version = bytes.version().map_err(io)?;
        let (start, footer) = footer_bytes(path, &bytes)?;
        let at_footer = |fault: Fault| fault.at(Place::file(path));
        let footer = footer::read(&footer).map_err(at_footer)?;
        layout::check(&footer, &bytes, start).map_err(at_footer)?;
        Ok(Self { path: path.to_owned(), bytes, footer, version })
    }

    /// The names of its columns, in order; those inside structs with dots.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for leaf in &self.footer.leaves {
            // A list or map is one column that cannot be read.
            let name = if leaf.max_repetition == 0 { leaf.name() } else { leaf.path[0].clone() };
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        names
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.footer.leaves
    }

    pub(super) fn row_groups(&self) -> usize {
        self.footer.row_groups.len()
    }

    pub(super) fn chunk(&self, row_group: usize, leaf: usize) -> &Chunk {
        &self.footer.row_groups[row_group].chunks[leaf]
    }

    pub(super) fn source(&self) -> &dyn ReadAt {
        &self.bytes
    }

    /// The place of a column of this name among the leaves.
    fn find(&self, name: &str) -> Result<usize> {
        let place = || Place::file(&self.path);
        let leaves = self.footer.leaves.iter().enumerate();
        let flat = leaves.clone().filter(|(_, leaf)| leaf.path.len() == 1 && leaf.path[0] == name);
        let nested = leaves.clone().filter(|(_, leaf)| leaf.path.len() > 1 && leaf.name() == name);
        let mut found = flat.chain(nested);
        let inside = |(_, leaf): (usize, &Leaf)| leaf.path[0] == name && leaf.path.len() > 1;
        let Some((at, leaf)) = found.next() else {
            if let Some((_, leaf)) = leaves.clone().find(|&found| inside(found)) {
                let reason = Reason::NestedColumn(leaf.name());
                return Err(Error::data(place().in_column(name), reason));
            }
            let (column, available) = (name.to_owned(), self.names().join(", "));
            return Err(Usage::NoSuchColumn { column, place: place(), available }.into());
        };
        if found.next().is_some() {
            return Err(Error::data(place().in_column(name), Reason::RepeatedColumn));
        }
        if leaf.max_repetition > 0 {
            return Err(Error::data(place().in_column(name), Reason::ListColumn));
        }
        Ok(at)
    }
}

/// Where the footer begins, and its bytes.
fn footer_bytes(path: &str, file: &LocalFile) -> Result<(u64, Vec<u8>)> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let data = |reason| Error::data(Place::file(path), reason);
    let malformed = |message: String| data(Reason::Malformed(message));
    let length = file.len();
    if length == 0 {
        return Err(data(Reason::EmptyFile));
    }
    let (mut head, mut tail) = ([0; 4], [0; 8]);
    if length >= 12 {
        file.read_at(0, &mut head).map_err(io)?;
        file.read_at(length - 8, &mut tail).map_err(io)?;
    } else if length >= 4 {
        file.read_at(0, &mut head).map_err(io)?;
    }
    let [a, b, c, d, magic @ ..] = tail;
    if &magic == ENCRYPTED {
        return Err(malformed("the file is encrypted, which is not read; write it in plain".into()));
    }
    if &head != MAGIC {
        return Err(data(Reason::NotParquet));
    }
    if &magic != MAGIC {
        return Err(data(Reason::Truncated(length)));
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let start = (length - 8).checked_sub(size).filter(|&start| start >= 4 && size <= LONGEST_FOOTER);
    let Some(start) = start else {
        return Err(malformed(format!(
            "its last bytes say that its footer has {size} bytes, which cannot be"
        )));
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let full = |_| malformed(format!("no memory for a footer of {size} bytes"));
    bytes.try_reserve_exact(size).map_err(full)?;
    bytes.resize(size, 0);
    file.read_at(start, &mut bytes).map_err(io)?;
    Ok((start, bytes))
}

/// A file with the columns of it that are read.
pub(crate) struct Opened {
    file: File,
    /// The names that are read: the key's first.
    wanted: Vec<String>,
    /// Where each of them is among the leaves.
    columns: Vec<usize>,
    /// How many are the key's.
    keys: usize,
    /// Which of them holds the verdicts.
    verdict: usize,
    schema: Schema,
    /// The first row of each row group within the file, and the end.
    starts: Vec<u64>,
}

impl Opened {
    pub(crate) fn open(spec: &Spec, path: &str) -> Result<Self> {
        let file = File::open(path)?;
        let wanted: Vec<String> = spec.columns().into_iter().map(ToOwned::to_owned).collect();
        let columns = wanted.iter().map(|name| file.find(name)).collect::<Result<Vec<_>>>()?;
        let fields = wanted.iter().zip(&columns);
        let field = |(name, &at): (&String, &usize)| Field::new(name, file.leaves()[at].data_type(), true);
        let schema = Schema::new(fields.map(field).collect::<Vec<_>>());
        check_schema(spec, &schema, &Place::file(path))?;
        let verdict = wanted.iter().position(|name| *name == spec.verdict).unwrap_or(0);
        let mut starts = vec![0_u64];
        for group in &file.footer.row_groups {
            let rows = u64::try_from(group.rows).unwrap_or(0);
            starts.push(starts.last().copied().unwrap_or(0).saturating_add(rows));
        }
        Ok(Self { file, wanted, columns, keys: spec.key().count(), verdict, schema, starts })
    }
}

impl LogFile for Opened {
    fn path(&self) -> &str {
        &self.file.path
    }

    fn join(&self, spec: &Spec, types: &mut Types) -> Result<()> {
        types.join(spec, &self.schema, &Place::file(&self.file.path))
    }

    fn units(&self) -> usize {
        self.file.row_groups()
    }

    fn place(&self, unit: usize) -> Place {
        Place { row_group: Some(unit), ..Place::file(&self.file.path) }
    }

    fn count(&self, unit: usize, base: u64, scratch: &mut Scratch, run: &Run<'_>) -> Result<u64> {
        let (start, end) = (self.starts[unit], self.starts[unit + 1]);
        let column =
            |&at: &usize| Column::new(self.file.source(), &self.file.leaves()[at], self.file.chunk(unit, at));
        let columns = self.columns.iter().map(column).collect();
        let place = self.place(unit).at_row(start);
        let mut reader = RowGroupReader::new(columns, self.wanted.clone(), self.keys, self.verdict, place);
        let mut row = start;
        loop {
            let rows = reader.next(&mut scratch.worker, &mut scratch.decompressor, base + row)?;
            if rows == 0 {
                break;
            }
            row += rows as u64;
            scratch.worker.advance(rows, run.progress, run.options)?;
        }
        if row == end {
            return Ok(end - start);
        }
        let (promised, found) = (end - start, row - start);
        let message = format!("the footer promises {promised} rows and the pages hold {found}");
        Err(Error::data(self.place(unit), Reason::Malformed(message)))
    }

    fn place_of(&self, position: u64) -> Place {
        Place::file(&self.file.path).at_row(position)
    }

    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.bytes.version();
        let now = now.map_err(|source| Error::Io { path: self.file.path.clone(), source })?;
        if now == self.file.version {
            Ok(())
        } else {
            Err(Error::data(Place::file(&self.file.path), Reason::Changed))
        }
    }

    fn described(&self) -> (&'static str, u64) {
        ("parquet", self.file.bytes.len())
    }
}
