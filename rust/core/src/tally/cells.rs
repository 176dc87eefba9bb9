//! What is kept of samples beyond n and c: how many of a key's samples there are with each answer and each reward.
//!
//! A cell is a key with an answer, a reward, or both; it has an n and a c of its own, and those of the key are their
//! sums. So answers and rewards are counted, merged and shared between threads like everything else, and take memory
//! by their distinct values.

use super::Spec;
use super::groups::Groups;
use super::ids::{IdColumn, NULL};
use crate::error::{Error, Reason, Result};

/// The code of a number that is NaN or infinite.
pub const NOT_FINITE: u32 = NULL - 1;

/// The code of a reward that is an integer and no float of its own.
pub const NOT_EXACT: u32 = NULL - 2;

/// The answers and rewards of a tally, and numbers for (group, answer, reward).
#[derive(Clone, Debug)]
pub struct Cells {
    /// The answer's column, then the reward's, as far as they are kept.
    pub columns: Vec<IdColumn>,
    numbers: Groups,
    scratch: Vec<Vec<u32>>,
}

impl Cells {
    /// No cells yet; `None` when neither answers nor rewards are kept.
    #[must_use]
    pub fn new(spec: &Spec) -> Option<Self> {
        let columns: Vec<_> = spec.details().map(|name| IdColumn::new(name)).collect();
        let numbers = Groups::new(1 + columns.len());
        (!columns.is_empty()).then(|| Self { scratch: vec![Vec::new(); 1 + columns.len()], columns, numbers })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Writes the cell of each row, whose group is known, to `out`. A null answer is one more answer.
    pub(super) fn number_rows(&mut self, groups: &[u32], codes: &[Vec<u32>], out: &mut Vec<u32>) {
        let (first, rest) = self.scratch.split_at_mut(1);
        first[0].clear();
        first[0].extend_from_slice(groups);
        for (shifted, codes) in rest.iter_mut().zip(codes) {
            shifted.clear();
            // Null becomes 0, and so does what is no number in a row that is left out.
            shifted.extend(codes.iter().map(|&code| if code >= NOT_EXACT { 0 } else { code + 1 }));
        }
        self.numbers.number_rows(&self.scratch, out);
    }

    /// Takes in another part's cells, whose groups are `groups` here; returns our number of each of them.
    pub(super) fn combine(
        &mut self,
        other: &Self,
        groups: &[u32],
        mixed: impl Fn(&str, Reason) -> Error,
    ) -> Result<Vec<u32>> {
        let mut parts = other.parts();
        for group in &mut parts[0] {
            *group = groups[*group as usize];
        }
        for ((ours, theirs), codes) in self.columns.iter_mut().zip(&other.columns).zip(&mut parts[1..]) {
            let known = ours.combine(theirs).map_err(|reason| mixed(theirs.name(), reason))?;
            for code in codes.iter_mut().filter(|code| **code != NULL) {
                *code = known[*code as usize];
            }
        }
        let (groups, codes) = parts.split_at(1);
        let mut numbers = Vec::new();
        self.number_rows(&groups[0], codes, &mut numbers);
        Ok(numbers)
    }

    /// Group, then answer and reward (as codes, null among them) of every cell, one vector each.
    pub(super) fn parts(&self) -> Vec<Vec<u32>> {
        let mut parts = self.numbers.columns();
        for codes in &mut parts[1..] {
            for code in codes.iter_mut() {
                *code = code.wrapping_sub(1);
            }
        }
        parts
    }

    pub(super) fn memory(&self) -> usize {
        self.columns.iter().map(IdColumn::memory).sum::<usize>() + self.numbers.memory()
    }
}
