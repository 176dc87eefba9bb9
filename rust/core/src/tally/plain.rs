//! Counting where nothing but keys and verdicts is kept, and at most a bit for each sample.

use super::bits::Bits;
use super::codes::Codes;
use super::groups::Groups;
use super::ids::{IdColumn, NULL};
use super::order::sorted;
use super::verdict::Verdict;
use super::{Check, Count, OnNull, Rows, Tally};

impl Tally {
    /// Whether neither answers and rewards are kept nor the rows of samples.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.cells.is_none() && matches!(self.samples, None | Some(Check::Seen(_)))
    }

    /// Counts rows of a plain tally that have an id in every column and a verdict: the codes of the key's columns, and
    /// of the sample's, where samples are checked.
    pub fn count(&mut self, key: &[Codes], samples: &[u32], verdicts: &Bits, rows: usize) {
        self.counters.rows += rows as u64;
        self.count_kept(key, samples, verdicts, rows);
    }

    fn count_kept(&mut self, key: &[Codes], samples: &[u32], verdicts: &Bits, rows: usize) {
        if self.make_room(rows as u64, 0) {
            let seen = self.samples.as_mut().and_then(Check::seen).map(|seen| (seen, samples));
            self.dense.count(key, verdicts, rows, seen);
            return;
        }
        let groups = self.number(key);
        let mut start = 0;
        for run in groups.chunk_by(|a, b| a == b) {
            let count = &mut self.counts[run[0] as usize];
            count.n += run.len() as u64;
            count.c += verdicts.count(start, run.len());
            start += run.len();
        }
        if let Some(seen) = self.samples.as_mut().and_then(Check::seen) {
            groups.iter().zip(samples).for_each(|(&group, &sample)| seen.insert(group, sample));
        }
        self.scratch[0] = groups;
    }

    /// The groups of rows, by the codes of their key.
    fn number(&mut self, key: &[Codes]) -> Vec<u32> {
        let mut groups = std::mem::take(&mut self.scratch[0]);
        let mut expanded = vec![Vec::new(); key.len()];
        key.iter().zip(&mut expanded).for_each(|(codes, out)| codes.expand(out));
        self.groups.number_rows(&expanded, &mut groups);
        self.counts.resize(self.groups.len(), Count::default());
        groups
    }

    /// Whether the keys of so many rows have cells, if need be after making some; they are at least so many keys.
    fn make_room(&mut self, rows: u64, keys: usize) -> bool {
        let codes: Vec<_> = self.ids.iter().map(IdColumn::len).collect();
        if !self.dense.has_room(rows) {
            self.flush();
        }
        // A sample is found again by the number of its key, so all keys have a cell or none has.
        let checked = self.samples.is_some();
        if checked && !self.groups.is_empty() {
            return false;
        }
        if self.dense.holds(&codes) {
            return true;
        }
        let seen = self.samples.as_mut().and_then(Check::seen);
        let grown = self.dense.grow(&codes, self.groups.len().max(keys), seen);
        if checked && !grown {
            self.flush();
        }
        grown
    }

    /// Turns cells into groups.
    pub(super) fn flush(&mut self) {
        let cells = self.dense.held();
        let (keys, counts) = self.dense.get(&cells);
        self.dense.clear();
        if cells.is_empty() {
            // What was seen is of groups, and has their numbers.
            return;
        }
        let groups = self.add_groups(&keys, &counts);
        if let Some(seen) = self.samples.as_mut().and_then(Check::seen) {
            // Every cell with a sample is held.
            seen.renumber(|cell| cells.binary_search(&cell).map_or(NULL, |at| groups[at]));
        }
    }

    /// The keys of a plain tally in their order, one vector of codes a column, with their counts.
    pub(super) fn sorted_counts(&mut self) -> (Vec<Vec<u32>>, Vec<Count>) {
        // What was seen has no more to say, so keys may have other numbers.
        self.samples = None;
        if !self.groups.is_empty() {
            let groups = std::mem::replace(&mut self.groups, Groups::new(self.ids.len()));
            let counts = std::mem::take(&mut self.counts);
            // Into cells, if there can be so many.
            self.add(&groups.columns(), &counts);
        }
        if !self.groups.is_empty() {
            self.flush();
            let keys = self.groups.columns();
            let order = sorted(&self.ids, &keys);
            let codes = |codes: &Vec<u32>| order.iter().map(|&group| codes[group as usize]).collect();
            let counts = order.iter().map(|&group| self.counts[group as usize]).collect();
            return (keys.iter().map(codes).collect(), counts);
        }
        let cells = self.dense.held();
        let (keys, _) = self.dense.get(&cells);
        if cells.is_empty() {
            return (vec![Vec::new(); self.ids.len()], Vec::new());
        }
        let order = sorted(&self.ids, &keys);
        let cells: Vec<_> = order.iter().map(|&at| cells[at as usize]).collect();
        self.dense.get(&cells)
    }

    /// Adds counts of keys; returns the numbers by which their samples are found again.
    pub(super) fn add(&mut self, keys: &[Vec<u32>], counts: &[Count]) -> Vec<u32> {
        let rows = counts.iter().map(|count| count.n).sum();
        if self.is_plain() && self.make_room(rows, counts.len()) && self.dense.has_room(rows) {
            return self.dense.add(keys, counts, rows);
        }
        if self.is_plain() && self.samples.is_some() {
            self.flush();
        }
        self.add_groups(keys, counts)
    }

    fn add_groups(&mut self, keys: &[Vec<u32>], counts: &[Count]) -> Vec<u32> {
        let mut groups = Vec::new();
        self.groups.number_rows(keys, &mut groups);
        self.counts.resize(self.groups.len(), Count::default());
        for (&group, count) in groups.iter().zip(counts) {
            self.counts[group as usize] += *count;
        }
        groups
    }

    /// Counts rows of a plain tally of which some may lack an id or a verdict, as far as the policies allow.
    pub(super) fn insert_plain(&mut self, rows: &Rows) {
        let skips = self.spec.on_null == OnNull::Skip;
        let (mut kept, mut skipped) = (Vec::new(), Vec::new());
        for (row, &verdict) in rows.verdicts.iter().enumerate() {
            if rows.has_null_id(row) {
                self.counters.null_ids += 1;
            } else if verdict == Verdict::Null {
                self.counters.nulls += 1;
                if skips { &mut skipped } else { &mut kept }.push(row);
            } else {
                kept.push(row);
            }
        }
        self.counters.rows += rows.verdicts.len() as u64;
        self.touch(&picked(rows, &skipped), skipped.len());
        let samples: Vec<_> = kept.iter().filter_map(|&row| rows.samples.get(row).copied()).collect();
        let verdicts = Bits::from_passes(kept.iter().map(|&row| rows.verdicts[row] == Verdict::Pass));
        self.count_kept(&picked(rows, &kept), &samples, &verdicts, kept.len());
    }

    /// Notes keys of rows that are left out.
    fn touch(&mut self, key: &[Codes], rows: usize) {
        if rows == 0 {
            return;
        }
        if self.make_room(0, 0) {
            self.dense.touch(key, rows);
        } else {
            self.scratch[0] = self.number(key);
        }
    }
}

/// The keys of these rows.
fn picked(rows: &Rows, which: &[usize]) -> Vec<Codes> {
    let pick = |codes: &Vec<u32>| {
        let mut picked = Codes::default();
        picked.each.extend(which.iter().map(|&row| codes[row]));
        picked.hold_each();
        picked
    };
    rows.keys.iter().map(pick).collect()
}
