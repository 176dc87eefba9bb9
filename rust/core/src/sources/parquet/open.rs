//! Files whose footer is read and believed.

use super::fault::Fault;
use super::footer::{self, Chunk, Footer};
use super::layout;
use super::schema::Leaf;
use super::tail;
use crate::error::{Error, Place, Reason, Result, Usage};
use crate::sources::input::Source;

/// A Parquet file with its footer.
pub(super) struct File {
    bytes: Source,
    footer: Footer,
}

impl File {
    /// Reads the footer of a file and checks what it says.
    pub(super) fn open(bytes: Source) -> Result<Self> {
        let path = bytes.path();
        let (start, footer) = tail::footer_bytes(path, &bytes)?;
        let at_footer = |fault: Fault| fault.at(Place::file(path));
        let footer = footer::read(&footer).map_err(|fault| at_footer(fault.in_footer()))?;
        layout::check(&footer, &bytes, start).map_err(at_footer)?;
        Ok(Self { bytes, footer })
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

    pub(super) fn row_counts(&self) -> impl Iterator<Item = u64> {
        self.footer.row_groups.iter().map(|group| u64::try_from(group.rows).unwrap_or(0))
    }

    pub(super) fn chunk(&self, row_group: usize, leaf: usize) -> &Chunk {
        &self.footer.row_groups[row_group].chunks[leaf]
    }

    pub(super) fn source(&self) -> &Source {
        &self.bytes
    }

    /// The place of a column of this name among the leaves.
    pub(super) fn find(&self, name: &str) -> Result<usize> {
        let place = || Place::file(self.bytes.path());
        let leaves = self.footer.leaves.iter().enumerate();
        let flat = leaves.clone().filter(|(_, leaf)| leaf.path.len() == 1 && leaf.path[0] == name);
        let nested = leaves.clone().filter(|(_, leaf)| leaf.path.len() > 1 && leaf.name() == name);
        let mut found = flat.chain(nested);
        let inside = |(_, leaf): (usize, &Leaf)| leaf.path[0] == name && leaf.path.len() > 1;
        let Some((at, leaf)) = found.next() else {
            let mut members = leaves.clone().filter(|&found| inside(found)).peekable();
            if members.peek().is_some() {
                let single = members.find(|(_, leaf)| leaf.max_repetition == 0);
                let reason = single.map_or(Reason::ListColumn, |(_, leaf)| Reason::NestedColumn(leaf.name()));
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
