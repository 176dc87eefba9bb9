//! What is wrong inside a file, before its place in the log is added.

use std::fmt;

use crate::error::{Error, Place, Reason};
use crate::sources::cause::Cause;

/// A reason, and where in a column it is, as far as that is known.
#[derive(Debug)]
pub(super) struct Fault {
    cause: Cause,
    page: Option<usize>,
    column: Option<Box<str>>,
    row_group: Option<usize>,
}

impl Fault {
    /// Malformed bytes.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Reason::Malformed(message.into()).into()
    }

    /// Bytes that end before what they hold.
    pub(super) fn ended() -> Self {
        Self::new("the bytes end too early")
    }

    /// In this page of its column, unless it is in another.
    pub(super) fn in_page(mut self, page: usize) -> Self {
        self.page = self.page.or(Some(page));
        self
    }

    /// In this column.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = self.column.or_else(|| Some(column.into()));
        self
    }

    /// In this row group.
    pub(super) fn in_row_group(mut self, row_group: usize) -> Self {
        self.row_group = self.row_group.or(Some(row_group));
        self
    }

    /// In the footer, where nothing better is known.
    pub(super) fn in_footer(mut self) -> Self {
        if let (Cause::Data(reason), None, None) = (&mut self.cause, self.row_group, &self.column)
            && let Reason::Malformed(message) = &mut **reason
        {
            *message = format!("the footer is malformed: {message}");
        }
        self
    }

    /// As an error of the file at `place`.
    pub(super) fn at(self, mut place: Place) -> Error {
        place.page = self.page.and_then(|page| page.try_into().ok());
        place.row_group = self.row_group.or(place.row_group);
        place.column = self.column.map(Into::into).or(place.column);
        self.cause.at(place)
    }
}

impl<T: Into<Cause>> From<T> for Fault {
    fn from(cause: T) -> Self {
        Self { cause: cause.into(), page: None, column: None, row_group: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Data(reason) => reason.fmt(f),
            Cause::Io(error) => error.fmt(f),
        }
    }
}
