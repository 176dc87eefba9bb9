//! Files whose footer is read and believed, and the columns of them that are wanted.

use std::time::SystemTime;

use arrow_schema::{Field, Schema};

use super::FileRead;
use super::fault::Fault;
use super::footer::{self, Chunk, Footer};
use super::layout;
use super::schema::Leaf;
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::sources::batches::check_schema;
use crate::sources::read_at::{LocalFile, ReadAt};
use crate::tally::Spec;

const MAGIC: &[u8; 4] = b"PAR1";
const ENCRYPTED: &[u8; 4] = b"PARE";
/// A footer of more bytes is refused.
const LONGEST_FOOTER: u64 = 1 << 30;

/// A Parquet file with its footer.
pub(super) struct File {
    path: String,
    file: LocalFile,
    footer: Footer,
    version: (u64, Option<SystemTime>),
}

impl File {
    /// Opens a file and checks what its footer says.
    pub(super) fn open(path: &str) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = LocalFile::open(path).map_err(io)?;
        let version = file.version().map_err(io)?;
        let (start, bytes) = footer_bytes(path, &file)?;
        let at_footer = |fault: Fault| fault.at(Place::file(path));
        let footer = footer::read(&bytes).map_err(at_footer)?;
        layout::check(&footer, &file, start).map_err(at_footer)?;
        Ok(Self { path: path.to_owned(), file, footer, version })
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
        &self.file
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
pub(super) struct Opened {
    pub(super) path: String,
    file: File,
    /// The names that are read: the key's first.
    pub(super) wanted: Vec<String>,
    /// Where each of them is among the leaves.
    pub(super) columns: Vec<usize>,
    /// How many are the key's.
    pub(super) keys: usize,
    /// Which of them holds the verdicts.
    pub(super) verdict: usize,
    pub(super) schema: Schema,
    /// The first row of each row group within the file, and the end.
    starts: Vec<u64>,
    /// Its first row in the whole log.
    pub(super) first_row: u64,
}

impl Opened {
    pub(super) fn open(spec: &Spec, path: &str, first_row: u64) -> Result<Self> {
        let file = File::open(path)?;
        let wanted: Vec<String> = spec.columns().into_iter().map(ToOwned::to_owned).collect();
        let columns = wanted.iter().map(|name| file.find(name)).collect::<Result<Vec<_>>>()?;
        let fields = wanted.iter().zip(&columns);
        let field =
            |(name, &at): (&String, &usize)| Field::new(name, file.footer.leaves[at].data_type(), true);
        let schema = Schema::new(fields.map(field).collect::<Vec<_>>());
        check_schema(spec, &schema, &Place::file(path))?;
        let verdict = wanted.iter().position(|name| *name == spec.verdict).unwrap_or(0);
        let mut starts = vec![0_u64];
        for group in &file.footer.row_groups {
            let rows = u64::try_from(group.rows).unwrap_or(0);
            starts.push(starts.last().copied().unwrap_or(0).saturating_add(rows));
        }
        let keys = spec.key().count();
        Ok(Self { path: path.to_owned(), file, wanted, columns, keys, verdict, schema, starts, first_row })
    }

    pub(super) fn row_groups(&self) -> usize {
        self.file.row_groups()
    }

    /// The first row of a row group within the file, and the one after its last.
    pub(super) fn rows(&self, row_group: usize) -> (u64, u64) {
        (self.starts[row_group], self.starts[row_group + 1])
    }

    /// The first row after this file in the whole log.
    pub(super) fn end_row(&self) -> u64 {
        self.first_row.saturating_add(self.starts.last().copied().unwrap_or(0))
    }

    pub(super) fn place(&self, row_group: usize) -> Place {
        Place { row_group: Some(row_group), ..Place::file(&self.path) }
    }

    pub(super) fn source(&self) -> &dyn ReadAt {
        self.file.source()
    }

    pub(super) fn column(&self, row_group: usize, leaf: usize) -> (&Leaf, &Chunk) {
        (&self.file.leaves()[leaf], self.file.chunk(row_group, leaf))
    }

    pub(super) fn read(&self) -> FileRead {
        let rows = self.starts.last().copied().unwrap_or(0);
        FileRead { path: self.path.clone(), bytes: self.file.file.len(), rows }
    }

    pub(super) fn check_unchanged(&self) -> Result<()> {
        let now = self.file.file.version();
        let now = now.map_err(|source| Error::Io { path: self.path.clone(), source })?;
        if now == self.file.version {
            Ok(())
        } else {
            Err(Error::data(Place::file(&self.path), Reason::Changed))
        }
    }
}
