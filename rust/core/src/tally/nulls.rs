//! Rows with a null or a number that no policy allows.

use super::ids::NULL;
use super::verdict::Verdict;
use super::{BadRow, NOT_EXACT, NOT_FINITE, OnNull, OnNullId, Rows, Tally};
use crate::error::Reason;

impl Tally {
    /// Fails with the first of them.
    pub(super) fn forbid_nulls(&self, rows: &Rows) -> std::result::Result<(), Box<BadRow>> {
        let mut first: Option<BadRow> = None;
        let mut note = |row: Option<usize>, column: &str, reason: Reason| {
            if let Some(row) = row.filter(|&row| first.as_ref().is_none_or(|first| row < first.row)) {
                first = Some(BadRow { row, column: column.to_owned(), reason });
            }
        };
        if self.spec.on_null_id == OnNullId::Error {
            for (column, codes) in
                self.ids.iter().chain(&self.sample_ids).zip(rows.keys.iter().chain([&rows.samples]))
            {
                note(codes.iter().position(|&code| code == NULL), column.name(), Reason::NullId);
            }
        }
        if self.spec.on_null == OnNull::Error {
            // A row that a null id leaves out is left out whole.
            let null = |&row: &usize| rows.verdicts[row] == Verdict::Null && !rows.has_null_id(row);
            note((0..rows.verdicts.len()).find(null), &self.spec.verdict, Reason::NullVerdict);
        }
        let skipped = |row: usize| rows.verdicts[row] == Verdict::Null && self.spec.on_null == OnNull::Skip;
        let kept = |row: usize| !rows.has_null_id(row) && !skipped(row);
        for (name, codes) in self.spec.details().zip(&rows.details) {
            let first = |bad: u32| (0..codes.len()).find(|&row| codes[row] == bad && kept(row));
            note(first(NOT_EXACT), name, Reason::NotExact);
            if Some(name) == self.spec.reward.as_ref() {
                note(first(NOT_FINITE), name, Reason::NotFiniteReward);
                let missing = first(NULL);
                let failed = missing.is_some_and(|row| rows.verdicts[row] == Verdict::Null);
                note(missing, name, if failed { Reason::NullRewardAndVerdict } else { Reason::NullReward });
            } else {
                note(first(NOT_FINITE), name, Reason::NotFiniteAnswer);
            }
        }
        first.map_or(Ok(()), |bad| Err(Box::new(bad)))
    }
}
