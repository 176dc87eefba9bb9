//! Rows that come to a worker one by one, their ids as codes.

use super::worker::Worker;
use crate::error::{Error, Place, Result};
use crate::tally::BadRow;
use crate::tally::ids::{IdColumn, IdKind, NULL};
use crate::tally::verdict::{Others, Verdict};

impl Worker {
    /// Says which kinds of ids come: of the key's columns, then of the sample's, then of the details.
    pub(crate) fn expect(&mut self, kinds: &[Option<IdKind>]) -> Result<()> {
        let mixed = |(_, reason): (usize, Box<_>)| Error::data(Place::default(), *reason);
        self.tally.expect(kinds).map_err(mixed)
    }

    /// Forgets rows that came as arrays, before the first that is pushed.
    pub(crate) fn begin_pushing(&mut self) {
        self.columns_pushed().for_each(Vec::clear);
        self.rows.verdicts.clear();
        self.rows.positions.clear();
    }

    /// The ids of a column, numbered as the specification's coded ones.
    #[inline]
    pub(crate) fn ids(&mut self, column: usize) -> &mut IdColumn {
        let tally = &mut self.tally;
        let keys = tally.ids.len();
        if column < keys {
            return &mut tally.ids[column];
        }
        let details = keys + usize::from(tally.sample_ids.is_some());
        match (&mut tally.sample_ids, &mut tally.cells) {
            (Some(ids), _) if column == keys => ids,
            (_, Some(cells)) => &mut cells.columns[column - details],
            _ => unreachable!("a column that the specification does not have"),
        }
    }

    /// Puts the code of a column into the row at hand, none for null. Returns whether the row now lacks an id.
    #[inline]
    pub(crate) fn push_code(&mut self, column: usize, code: Option<u32>) -> bool {
        let rows = &mut self.rows;
        let (keys, code) = (rows.keys.len(), code.unwrap_or(NULL));
        let sampled = usize::from(self.tally.sample_ids.is_some());
        if column < keys {
            rows.keys[column].push(code);
        } else if column < keys + sampled {
            rows.samples.push(code);
        } else {
            rows.details[column - keys - sampled].push(code);
            return false;
        }
        code == NULL
    }

    /// Ends the row at hand.
    #[inline]
    pub(crate) fn push_verdict(&mut self, verdict: Verdict, position: u64) {
        self.rows.verdicts.push(verdict);
        self.rows.positions.push(position);
    }

    /// Takes the last row out again.
    pub(crate) fn forget_last(&mut self) {
        self.rows.verdicts.pop();
        self.rows.positions.pop();
    }

    /// How many rows wait to be counted.
    pub(crate) fn pushed(&self) -> usize {
        self.rows.positions.len()
    }

    /// Counts the rows that wait, and forgets one that was begun. An error comes with the position of its row.
    pub(crate) fn count_pushed(&mut self) -> std::result::Result<(), (u64, Box<BadRow>)> {
        let rows = self.rows.positions.len();
        self.columns_pushed().for_each(|codes| codes.truncate(rows));
        let stated = self.state_pushed(rows).map_err(|bad| (self.rows.positions[bad.row], bad));
        let counted = if stated.is_err() || rows == 0 || self.count_whole() {
            Ok(())
        } else {
            self.tally.insert(&self.rows).map_err(|bad| (self.rows.positions[bad.row], bad))
        };
        self.begin_pushing();
        stated.and(counted)
    }

    fn columns_pushed(&mut self) -> impl Iterator<Item = &mut Vec<u32>> {
        self.rows.keys.iter_mut().chain([&mut self.rows.samples]).chain(&mut self.rows.details)
    }

    /// Counts rows of a plain tally; false, and nothing counted, where one lacks an id or a verdict.
    fn count_whole(&mut self) -> bool {
        if !self.is_plain() || self.rows.has_null_ids() || !self.bits.pack_verdicts(&self.rows.verdicts) {
            return false;
        }
        let rows = self.rows.verdicts.len();
        let pushed = self.rows.keys.iter_mut().chain([&mut self.rows.samples]);
        for (codes, pushed) in self.codes.iter_mut().zip(pushed) {
            std::mem::swap(&mut codes.each, pushed);
            codes.hold_each();
        }
        self.count_bits(rows);
        true
    }

    /// The strings that failed for want of a rule.
    pub(crate) fn others(&mut self) -> &mut Others {
        self.tally.others()
    }

    /// The name of the verdict's column.
    pub(crate) fn verdict(&self) -> &str {
        &self.tally.spec().verdict
    }

    /// Notes a last line that was left out.
    pub(crate) fn skip_partial_line(&mut self) {
        self.tally.skip_partial_line();
    }
}
