//! Where in a log something is.

use std::fmt;

/// A place in a log, as far as it is known. Rows are counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: Option<String>,
    /// The Parquet row group.
    pub row_group: Option<usize>,
    /// The page of a Parquet column in its row group.
    pub page: Option<u32>,
    /// The record batch of an Arrow IPC file or stream.
    pub batch: Option<u32>,
    /// The row within the file, or within the frame or stream where there is no file.
    pub row: Option<u64>,
    /// The line of a text file, from 1.
    pub line: Option<u64>,
    /// Where that line begins: the byte of the file, or of what a compressed file holds, from 0.
    pub byte: Option<u64>,
    /// The column.
    pub column: Option<String>,
}

impl Place {
    /// The place that is a whole file.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self { file: Some(name.into()), ..Self::default() }
    }

    /// This place, narrowed to a column.
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// This place, narrowed to a line, whose number may be unknown.
    #[must_use]
    pub fn at_line(mut self, line: Option<u64>, byte: u64) -> Self {
        (self.line, self.byte) = (line, Some(byte));
        self
    }

    /// This place, narrowed to a row.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match (self.line, self.byte) {
            (Some(line), Some(byte)) => Some(format!("line {line} (byte {byte})")),
            (Some(line), None) => Some(format!("line {line}")),
            (None, byte) => byte.map(|byte| format!("byte {byte}")),
        };
        let parts = [
            self.file.clone(),
            self.row_group.map(|group| format!("row group {group}")),
            self.page.map(|page| format!("page {page}")),
            self.batch.map(|batch| format!("record batch {batch}")),
            self.row.map(|row| format!("row {row}")),
            line,
            self.column.as_ref().map(|column| format!("column `{column}`")),
        ];
        let known: Vec<_> = parts.into_iter().flatten().collect();
        write!(f, "{}", if known.is_empty() { "the log".to_owned() } else { known.join(", ") })
    }
}
