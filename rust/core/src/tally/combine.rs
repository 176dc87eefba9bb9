//! Two parts of a log as one.

use super::samples::Check;
use super::{Count, Tally};
use crate::error::{Error, Place, Result};

impl Tally {
    /// Adds the counts of another part of the log.
    ///
    /// # Errors
    /// An id column holds another kind of ids there.
    pub fn combine(&mut self, other: Self) -> Result<()> {
        let mixed = |name: &str, reason| Error::data(Place::default().in_column(name), reason);
        let mut codes = Vec::with_capacity(self.ids.len());
        for (ours, theirs) in self.ids.iter_mut().zip(&other.ids) {
            codes.push(ours.combine(theirs).map_err(|reason| mixed(theirs.name(), reason))?);
        }
        let translate = |(theirs, codes): (Vec<u32>, &Vec<u32>)| {
            theirs.into_iter().map(|code| codes[code as usize]).collect::<Vec<_>>()
        };
        let translate = |keys: Vec<Vec<u32>>| keys.into_iter().zip(&codes).map(translate).collect::<Vec<_>>();
        let keys = translate(other.groups.columns());
        let (groups, units) = if let (Some(ours), Some(theirs)) = (&mut self.cells, &other.cells) {
            let mut groups = Vec::new();
            self.groups.number_rows(&keys, &mut groups);
            let units = ours.combine(theirs, &groups, mixed)?;
            self.counts.resize(self.units(), Count::default());
            for (&unit, &count) in units.iter().zip(&other.counts) {
                self.counts[unit as usize] += count;
            }
            (groups, units)
        } else {
            let groups = self.add(&keys, &other.counts);
            (groups.clone(), groups)
        };
        let held = other.dense.held();
        let (keys, counts) = other.dense.get(&held);
        let cells = if held.is_empty() { Vec::new() } else { self.add(&translate(keys), &counts) };
        if let (Some(ours), Some(theirs), Some(ids), Some(their_ids)) =
            (&mut self.samples, other.samples, &mut self.sample_ids, &other.sample_ids)
        {
            let samples = ids.combine(their_ids).map_err(|reason| mixed(their_ids.name(), reason))?;
            match (ours, theirs) {
                (Check::Rows(ours), Check::Rows(theirs)) => {
                    let translate =
                        |(group, sample): (u32, u32)| (groups[group as usize], samples[sample as usize]);
                    ours.combine(theirs, translate, &units);
                }
                (Check::Seen(ours), Check::Seen(mut theirs)) => {
                    // Their keys are all groups, or all cells.
                    theirs.renumber(|key| match held.binary_search(&key) {
                        Ok(at) if groups.is_empty() => cells[at],
                        _ => groups[key as usize],
                    });
                    ours.combine(theirs, &samples);
                }
                _ => return Err(Error::Internal("two ways to look for copies".into())),
            }
        }
        self.counters.rows += other.counters.rows;
        self.counters.nulls += other.counters.nulls;
        self.counters.null_ids += other.counters.null_ids;
        self.counters.partial_lines += other.counters.partial_lines;
        self.counters.others.combine(other.counters.others);
        Ok(())
    }
}
