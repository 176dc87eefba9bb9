//! Rows on their way into a tally.

use super::ids::NULL;
use super::verdict::Verdict;

/// Rows whose ids are already codes of a tally's columns.
#[derive(Debug, Default)]
pub struct Rows {
    /// Codes of the key's columns, each as long as there are rows.
    pub keys: Vec<Vec<u32>>,
    /// Codes of the sample column; empty when samples are not checked.
    pub samples: Vec<u32>,
    /// Codes of the answers and rewards, as far as they are kept.
    pub details: Vec<Vec<u32>>,
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
    /// The first row's number, counted over the whole log.
    pub first_row: u64,
    /// The numbers of all rows, where they do not follow each other; else empty.
    pub positions: Vec<u64>,
}

impl Rows {
    pub(super) fn position(&self, row: usize) -> u64 {
        self.positions.get(row).copied().unwrap_or(self.first_row + row as u64)
    }

    /// Whether any row lacks an id, once the ids are codes.
    #[must_use]
    pub fn has_null_ids(&self) -> bool {
        self.keys.iter().chain([&self.samples]).any(|codes| codes.contains(&NULL))
    }

    /// The keys, null where the sample is, so that a row that is left out makes no problem; `None` where none is.
    pub(super) fn without_null_samples(&self) -> Option<Vec<Vec<u32>>> {
        if !self.samples.contains(&NULL) {
            return None;
        }
        let mut keys = self.keys.clone();
        if let Some(first) = keys.first_mut() {
            for (code, _) in first.iter_mut().zip(&self.samples).filter(|(_, sample)| **sample == NULL) {
                *code = NULL;
            }
        }
        Some(keys)
    }

    /// Whether a row lacks an id, once its ids are codes.
    #[must_use]
    pub fn has_null_id(&self, row: usize) -> bool {
        self.keys.iter().chain([&self.samples]).any(|codes| codes.get(row) == Some(&NULL))
    }
}
