//! Of which files the rows are that were handed over.

use crate::error::Place;

/// Where the rows of files begin among all, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(Vec<(u64, String)>);

impl Origins {
    /// From this row on all are of this file, until another comes.
    pub(super) fn begin(&mut self, row: u64, file: &str) {
        if self.0.last().is_none_or(|(_, last)| last != file) {
            self.0.push((row, file.to_owned()));
        }
    }

    /// The file of the rows that come next, where that is known.
    pub(super) fn here(&self) -> Place {
        self.0.last().map_or_else(Place::default, |(_, file)| Place::file(file))
    }

    /// The place of a row: in its file, where that is known.
    pub(super) fn place(&self, row: u64) -> Place {
        let after = self.0.partition_point(|&(first, _)| first <= row);
        match after.checked_sub(1).map(|at| &self.0[at]) {
            Some((first, file)) => Place::file(file).at_row(row - first),
            None => Place::default().at_row(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;
    use crate::error::Place;

    #[test]
    fn rows_are_of_the_file_that_began_last() {
        let mut origins = Origins::default();
        assert_eq!(origins.place(3), Place::default().at_row(3));
        for (row, file) in [(2, "a"), (4, "a"), (9, "b"), (9, "c")] {
            origins.begin(row, file);
        }
        assert_eq!(origins.here(), Place::file("c"));
        assert_eq!(origins.place(1), Place::default().at_row(1));
        assert_eq!(origins.place(2), Place::file("a").at_row(0));
        assert_eq!(origins.place(8), Place::file("a").at_row(6));
        assert_eq!(origins.place(9), Place::file("c").at_row(0));
        assert_eq!(origins.place(20), Place::file("c").at_row(11));
    }
}
