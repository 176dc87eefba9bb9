//! Counting verdicts: per key, n samples of which c passed.
//!
//! A [`Tally`] is a commutative monoid with four verbs: `new`, `insert`, `combine`, `finalize`. The laws, tested in
//! `tests/tally.rs`: `combine` is associative and commutative, a new tally is its identity, and inserting the rows of
//! a log in any split and order, then combining, finalizes to the same counts. So threads, files and machines
//! are one piece of code, and the result has the same bits for any number of them.

pub mod bits;
mod cells;
pub mod codes;
mod combine;
mod dense;
mod finish;
pub mod groups;
pub mod ids;
mod kinds;
mod layout;
mod nulls;
mod order;
mod plain;
mod rows;
mod samples;
mod seen;
mod spec;
pub mod verdict;

use std::sync::Arc;

pub use cells::{Cells, NOT_EXACT, NOT_FINITE};
use dense::Dense;
pub use finish::Finished;
use groups::Groups;
use ids::{IdColumn, IdKind, NULL};
pub use rows::Rows;
use samples::{Check, First};
pub use samples::{Found, Looking};
pub use spec::{OnDuplicate, OnNull, OnNullId, Spec};
use verdict::{Others, Verdict};

use crate::error::Reason;

/// How many rows met which fate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rows read.
    pub rows: u64,
    /// Null verdicts.
    pub nulls: u64,
    /// Rows left out because an id was null.
    pub null_ids: u64,
    /// Rows left out because an earlier row had the same sample.
    pub duplicates: u64,
    /// Last lines of files that were left out because the file ends within them; they are no rows.
    pub partial_lines: u64,
    /// Strings that were not in `passing` and so failed.
    pub others: Others,
}

/// n and c of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Samples.
    pub n: u64,
    /// Samples that passed.
    pub c: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.n += other.n;
        self.c += other.c;
    }
}

/// A row that no policy allows.
#[derive(Clone, Debug, PartialEq)]
pub struct BadRow {
    /// Its number within the rows.
    pub row: usize,
    /// The column that is bad.
    pub column: String,
    /// What is bad.
    pub reason: Reason,
}

/// Counts of a part of a log.
#[derive(Clone, Debug)]
pub struct Tally {
    spec: Arc<Spec>,
    /// The key's id columns: groups, then problem.
    pub ids: Vec<IdColumn>,
    /// The sample's id column, when samples are checked.
    pub sample_ids: Option<IdColumn>,
    /// Keys in cells, and all others in groups.
    dense: Dense,
    groups: Groups,
    /// Answers and rewards, when they are kept.
    pub cells: Option<Cells>,
    /// Of the groups; of the cells, where there are some.
    counts: Vec<Count>,
    samples: Option<Check>,
    counters: Counters,
    scratch: [Vec<u32>; 2],
}

impl Tally {
    /// The empty tally.
    #[must_use]
    pub fn new(spec: Arc<Spec>) -> Self {
        Self::looking(spec, Looking::default())
    }

    /// The empty tally, and how it looks for samples that come twice, where these are checked.
    #[must_use]
    pub fn looking(spec: Arc<Spec>, looking: Looking) -> Self {
        let ids: Vec<_> = spec.key().map(|name| IdColumn::new(name)).collect();
        Self {
            dense: Dense::default(),
            groups: Groups::new(ids.len()),
            ids,
            sample_ids: spec.sample.as_deref().map(IdColumn::new),
            cells: Cells::new(&spec),
            counts: Vec::new(),
            samples: spec.sample.as_ref().map(|_| Check::new(spec.on_duplicate, looking)),
            counters: Counters::default(),
            scratch: Default::default(),
            spec,
        }
    }

    /// What this tally counts.
    #[must_use]
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// The strings that failed for want of a rule.
    pub fn others(&mut self) -> &mut Others {
        &mut self.counters.others
    }

    /// Notes a last line that was left out.
    pub fn skip_partial_line(&mut self) {
        self.counters.partial_lines += 1;
    }

    /// Counts rows.
    ///
    /// # Errors
    /// The first row with a null that no policy allows, with its row number within `rows`.
    pub fn insert(&mut self, rows: &Rows) -> std::result::Result<(), Box<BadRow>> {
        self.forbid_nulls(rows)?;
        if self.is_plain() {
            self.insert_plain(rows);
            return Ok(());
        }
        let [mut groups, mut cells] = std::mem::take(&mut self.scratch);
        let known = rows.without_null_samples();
        self.groups.number_rows(known.as_ref().unwrap_or(&rows.keys), &mut groups);
        let units = match &mut self.cells {
            Some(numbers) => {
                numbers.number_rows(&groups, &rows.details, &mut cells);
                &cells
            }
            None => &groups,
        };
        self.counts.resize(self.units(), Count::default());
        self.counters.rows += rows.verdicts.len() as u64;
        if self.samples.is_some() {
            self.insert_samples(&groups, units, rows);
        } else {
            self.insert_runs(units, rows);
        }
        self.scratch = [groups, cells];
        Ok(())
    }

    /// How many counts there are: one a group, or one a cell.
    fn units(&self) -> usize {
        self.cells.as_ref().map_or(self.groups.len(), Cells::len)
    }

    /// Counts run by run: logs are clustered, so most rows only add to two registers.
    fn insert_runs(&mut self, units: &[u32], rows: &Rows) {
        let mut start = 0;
        while start < units.len() {
            let unit = units[start];
            let length = units[start..].iter().take_while(|&&other| other == unit).count();
            let end = start + length;
            let mut fates = [0_u64; 3];
            for &verdict in &rows.verdicts[start..end] {
                fates[verdict as usize] += 1;
            }
            self.add_fates(unit, fates);
            start = end;
        }
    }

    fn add_fates(&mut self, unit: u32, [fail, pass, null]: [u64; 3]) {
        if unit == NULL {
            self.counters.null_ids += fail + pass + null;
            return;
        }
        self.counters.nulls += null;
        let failed_too = if self.spec.on_null == OnNull::Fail { null } else { 0 };
        let count = &mut self.counts[unit as usize];
        count.n += fail + pass + failed_too;
        count.c += pass;
    }

    fn insert_samples(&mut self, groups: &[u32], units: &[u32], rows: &Rows) {
        let Some(check) = &mut self.samples else { return };
        for (i, (((&group, &unit), &sample), &verdict)) in
            groups.iter().zip(units).zip(&rows.samples).zip(&rows.verdicts).enumerate()
        {
            if group == NULL || sample == NULL {
                self.counters.null_ids += 1;
                continue;
            }
            if verdict == Verdict::Null {
                self.counters.nulls += 1;
                if self.spec.on_null == OnNull::Skip {
                    continue;
                }
            }
            let pass = verdict == Verdict::Pass;
            if check.insert((group, sample), First { row: rows.position(i), pass, unit }) {
                self.counts[unit as usize] += Count { n: 1, c: pass.into() };
            }
        }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len() + self.dense.held().len()
    }

    /// How many distinct samples there are, where they are checked.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples.as_ref().map_or(0, Check::len)
    }

    /// Whether a sample came twice against the policy, where that is all that is looked for.
    #[must_use]
    pub fn copied(&self) -> bool {
        matches!(&self.samples, Some(Check::Seen(seen)) if seen.copied())
    }

    /// The row that was looked for, once it came.
    #[must_use]
    pub fn found(&self) -> Option<Found> {
        self.samples.as_ref().and_then(Check::found)
    }

    /// Says which kinds of ids come: of the key's columns, then of the sample's, then of the details.
    ///
    /// # Errors
    /// The place in that order of a column that holds another kind already.
    pub fn expect(&mut self, kinds: &[Option<IdKind>]) -> std::result::Result<(), (usize, Box<Reason>)> {
        let details = self.cells.iter_mut().flat_map(|cells| &mut cells.columns);
        let columns = self.ids.iter_mut().chain(&mut self.sample_ids).chain(details);
        for (at, (ids, kind)) in columns.zip(kinds).enumerate() {
            kind.map_or(Ok(()), |kind| ids.expect(kind)).map_err(|reason| (at, reason.into()))?;
        }
        Ok(())
    }

    /// Whether no key has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes the tally holds: it grows with the keys (and checked samples), not with the rows.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.ids.iter().chain(&self.sample_ids).map(IdColumn::memory).sum::<usize>()
            + self.dense.memory()
            + self.groups.memory()
            + self.cells.as_ref().map_or(0, Cells::memory)
            + self.counts.capacity() * size_of::<Count>()
            + self.samples.as_ref().map_or(0, Check::memory)
            + self.counters.others.memory()
    }
}
