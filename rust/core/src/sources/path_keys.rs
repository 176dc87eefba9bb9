//! Columns whose value stands in the path of each file, such as `model=base`.

use super::types::Types;
use super::worker::{Worker, row_of};
use crate::error::{Error, Place, Reason, Result};
use crate::tally::codes::Stretch;
use crate::tally::ids::{IdColumn, IdKind, NULL};
use crate::tally::{BadRow, Spec};

/// A column that paths state; where it is read, those of all files do.
#[derive(Clone, Debug, Default)]
pub struct PathKey {
    /// Its name.
    pub name: String,
    /// Whether its values are integers, in all paths.
    pub integers: bool,
    /// Whether the files hold it too: then they are read, and must say what their paths say.
    pub in_files: bool,
    /// What the path of each file says; `None` is null. Empty where the column is not read.
    pub values: Vec<Option<String>>,
}

impl PathKey {
    fn kind(&self) -> IdKind {
        if self.integers { IdKind::Int { bits: 64, signed: true } } else { IdKind::Text }
    }
}

/// The types of a log of which nothing is read but its paths.
pub(super) fn types(spec: &Spec, keys: &[PathKey]) -> Types {
    let mut types = Types::new(spec);
    for (kind, name) in types.kinds.iter_mut().zip(spec.coded()) {
        *kind = keys.iter().find(|key| key.name == name && !key.in_files).map(PathKey::kind);
    }
    types
}

/// What a path says of a column.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    /// The column's number among the specification's coded ones.
    column: usize,
    /// `None` for what no value of the column's kind can be.
    code: Option<u32>,
    value: Option<String>,
    in_file: bool,
}

impl Stated {
    fn contradicts(&self, code: u32) -> bool {
        self.in_file && code != NULL && Some(code) != self.code
    }

    fn reason(&self, ids: &IdColumn, code: u32) -> Reason {
        Reason::PathDisagrees { here: ids.show(code), path: self.value.clone().unwrap_or("null".into()) }
    }
}

/// The code of a column that the file does not hold.
pub(super) fn supplied(stated: &[Stated], column: usize) -> Option<u32> {
    stated.iter().find(|stated| stated.column == column && !stated.in_file).and_then(|stated| stated.code)
}

impl Worker {
    /// Says which file comes next, of a log whose columns hold these kinds.
    pub(super) fn begin_file(
        &mut self,
        keys: &[PathKey],
        file: usize,
        kinds: &[Option<IdKind>],
    ) -> Result<()> {
        self.stated.clear();
        let spec = std::sync::Arc::clone(self.tally.spec());
        for (column, name) in spec.coded().into_iter().enumerate() {
            let Some(key) = keys.iter().find(|key| key.name == name) else { continue };
            let value = key.values.get(file).cloned().flatten();
            let ids = self.ids(column);
            if let Some(kind) = kinds[column] {
                ids.expect(kind).map_err(|reason| Error::data(Place::default().in_column(name), reason))?;
            }
            let code = value.as_ref().map_or(Some(NULL), |value| code(ids, value));
            self.stated.push(Stated { column, code, value, in_file: key.in_files });
        }
        Ok(())
    }

    /// Whether no row of the file has all ids.
    #[inline]
    pub(crate) fn lacks_an_id(&self) -> bool {
        self.stated.iter().any(|stated| !stated.in_file && stated.code == Some(NULL))
    }

    /// Fails where a row, its ids being codes, has another value than its path.
    pub(super) fn check_stated(&self) -> std::result::Result<(), Box<BadRow>> {
        let rows = &self.rows;
        let codes = |column: usize| rows.keys.get(column).unwrap_or(&rows.samples);
        for stated in self.stated.iter().filter(|stated| stated.in_file) {
            let codes = codes(stated.column);
            if let Some(row) = codes.iter().position(|&code| stated.contradicts(code)) {
                return Err(Box::new(self.contradiction(stated, row, codes[row])));
            }
        }
        Ok(())
    }

    /// Gives the next rows, whose other columns are codes already, the values of their path, and compares the others.
    pub(super) fn state_codes(&mut self, rows: usize, place: &Place) -> Result<()> {
        for stated in &self.stated {
            let codes = &mut self.codes[stated.column];
            if !stated.in_file {
                codes.clear();
                codes.stretches.push(Stretch::Run(stated.code.unwrap_or(NULL), rows));
                continue;
            }
            let mut first = 0;
            for &stretch in &codes.stretches {
                let (wrong, length) = match stretch {
                    Stretch::Run(code, length) => (stated.contradicts(code).then_some((0, code)), length),
                    Stretch::Each(start, length) => {
                        let mut each = codes.each[start..start + length].iter().copied().enumerate();
                        (each.find(|&(_, code)| stated.contradicts(code)), length)
                    }
                };
                if let Some((row, code)) = wrong {
                    let bad = self.contradiction(stated, first + row, code);
                    return Err(Error::data(row_of(place, bad.row).in_column(&bad.column), bad.reason));
                }
                first += length;
            }
        }
        Ok(())
    }

    /// Gives rows that were pushed the values of their path, and compares the others.
    pub(super) fn state_pushed(&mut self, rows: usize) -> std::result::Result<(), Box<BadRow>> {
        for stated in self.stated.iter().filter(|stated| !stated.in_file) {
            let keys = self.rows.keys.len();
            let column = stated.column;
            let codes = if column < keys { &mut self.rows.keys[column] } else { &mut self.rows.samples };
            codes.clear();
            codes.resize(rows, stated.code.unwrap_or(NULL));
        }
        self.check_stated()
    }

    fn contradiction(&self, stated: &Stated, row: usize, code: u32) -> BadRow {
        let ids = self.tally.ids.iter().chain(&self.tally.sample_ids).nth(stated.column);
        let (column, reason) = match ids {
            Some(ids) => (ids.name().to_owned(), stated.reason(ids, code)),
            None => (String::new(), Reason::Changed),
        };
        BadRow { row, column, reason }
    }
}

/// The code of a value as a path writes it.
fn code(ids: &mut IdColumn, value: &str) -> Option<u32> {
    let number = match ids.kind()? {
        IdKind::Text => return Some(ids.text(value)),
        IdKind::Bool if value.eq_ignore_ascii_case("true") => 1,
        IdKind::Bool if value.eq_ignore_ascii_case("false") => 0,
        IdKind::Int { .. } => value.parse().ok()?,
        IdKind::Date => day(value)?,
        IdKind::Bool | IdKind::Real => return None,
    };
    Some(ids.number(number))
}

/// Days from 1970-01-01 to a date like 2026-01-31.
fn day(date: &str) -> Option<i128> {
    let mut parts = date.split('-').map(|part| part.parse::<i128>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Years begin with March here, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    parts.next().is_none().then_some(days - 719_468)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("1969-12-31"), Some(-1));
        assert_eq!(day("2000-02-29"), Some(11_016));
        assert_eq!(day("2026-03-01"), Some(20_513));
        assert_eq!(day("2026-03"), None);
        assert_eq!(day("yesterday"), None);
        assert_eq!(day("2026-03-01-02"), None);
    }
}
