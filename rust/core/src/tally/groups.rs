//! Keys of several columns as one small number each.
//!
//! A key (a, b, c) is numbered step by step: group(a), then the pair (group(a), b), then the pair of that and c.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

use super::ids::NULL;

/// A table of rows may be this much larger than what it holds before it is hashed instead.
const SPARE: usize = 1 << 20;

/// Numbers for pairs (parent, code), in order of first appearance.
#[derive(Clone, Debug)]
struct Pairs {
    pairs: Vec<(u32, u32)>,
    index: Index,
}

#[derive(Clone, Debug)]
enum Index {
    /// `rows[parent][code]`, as long as the rows are about full: one load and no hash.
    Rows {
        rows: Vec<Vec<u32>>,
        cells: usize,
    },
    Hash(HashTable<u32>, DefaultHashBuilder),
}

impl Pairs {
    fn new() -> Self {
        Self { pairs: Vec::new(), index: Index::Rows { rows: Vec::new(), cells: 0 } }
    }

    #[inline]
    fn number(&mut self, parent: u32, code: u32) -> u32 {
        if let Index::Rows { rows, .. } = &self.index
            && let Some(&number) = rows.get(parent as usize).and_then(|row| row.get(code as usize))
            && number != NULL
        {
            return number;
        }
        self.find_or_add(parent, code)
    }

    fn find_or_add(&mut self, parent: u32, code: u32) -> u32 {
        self.hash_if_sparse(parent, code);
        let next =
            u32::try_from(self.pairs.len()).ok().filter(|&n| n != NULL).expect("fewer than 2^32 - 1 keys");
        let pairs = &mut self.pairs;
        match &mut self.index {
            Index::Rows { rows, cells } => {
                let (parent_at, code_at) = (parent as usize, code as usize);
                if rows.len() <= parent_at {
                    rows.resize(parent_at + 1, Vec::new());
                }
                let row = &mut rows[parent_at];
                if row.len() <= code_at {
                    // Codes come in ascending order, so rows grow by doubling, not one by one.
                    let length = (code_at + 1).next_power_of_two();
                    *cells += length - row.len();
                    row.resize(length, NULL);
                }
                row[code_at] = next;
            }
            Index::Hash(table, hasher) => {
                let hash = hasher.hash_one((parent, code));
                if let Some(&found) = table.find(hash, |&n| pairs[n as usize] == (parent, code)) {
                    return found;
                }
                table.insert_unique(hash, next, |&n| hasher.hash_one(pairs[n as usize]));
            }
        }
        pairs.push((parent, code));
        next
    }

    fn hash_if_sparse(&mut self, parent: u32, code: u32) {
        let Index::Rows { rows, cells } = &self.index else { return };
        let row = rows.get(parent as usize).map_or(0, Vec::len);
        let wanted = (code as usize + 1).next_power_of_two().saturating_sub(row);
        let empty_rows = (parent as usize).saturating_sub(rows.len());
        if cells + wanted + empty_rows <= 8 * self.pairs.len() + SPARE {
            return;
        }
        let hasher = DefaultHashBuilder::default();
        let mut table = HashTable::with_capacity(self.pairs.len() + 1);
        for (number, pair) in (0..).zip(&self.pairs) {
            table.insert_unique(hasher.hash_one(pair), number, |&n: &u32| {
                hasher.hash_one(self.pairs[n as usize])
            });
        }
        self.index = Index::Hash(table, hasher);
    }

    fn memory(&self) -> usize {
        let index = match &self.index {
            Index::Rows { rows, cells } => 4 * cells + rows.capacity() * size_of::<Vec<u32>>(),
            Index::Hash(table, _) => 5 * table.capacity(),
        };
        index + self.pairs.capacity() * 8
    }
}

/// Numbers for keys of a fixed number of id columns.
#[derive(Clone, Debug)]
pub struct Groups {
    steps: Vec<Pairs>,
}

impl Groups {
    /// No keys yet, of `columns` columns.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { steps: vec![Pairs::new(); columns] }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.last().map_or(0, |pairs| pairs.pairs.len())
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Turns codes, one slice a column, into the group of each row; a row with any null code gets [`NULL`].
    pub fn number_rows(&mut self, codes: &[Vec<u32>], out: &mut Vec<u32>) {
        out.clear();
        out.resize(codes.first().map_or(0, Vec::len), 0);
        for (pairs, column) in self.steps.iter_mut().zip(codes) {
            let mut last = (NULL, NULL, NULL);
            for (group, &code) in out.iter_mut().zip(column) {
                *group = if (*group, code) == (last.0, last.1) {
                    last.2
                } else if *group == NULL || code == NULL {
                    NULL
                } else {
                    let number = pairs.number(*group, code);
                    last = (*group, code, number);
                    number
                };
            }
        }
    }

    /// The codes of a group's key, one a column.
    #[must_use]
    pub fn key(&self, group: u32) -> Vec<u32> {
        let mut key = vec![0; self.steps.len()];
        let mut number = group;
        for (pairs, code) in self.steps.iter().zip(&mut key).rev() {
            (number, *code) = pairs.pairs[number as usize];
        }
        key
    }

    /// The codes of all keys, one vector a column.
    #[must_use]
    pub fn columns(&self) -> Vec<Vec<u32>> {
        let mut numbers: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(NULL)).collect();
        let mut columns: Vec<_> = self
            .steps
            .iter()
            .rev()
            .map(|pairs| {
                let (parents, codes) = numbers.iter().map(|&number| pairs.pairs[number as usize]).unzip();
                numbers = parents;
                codes
            })
            .collect();
        columns.reverse();
        columns
    }

    /// About how many bytes the numbering holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.steps.iter().map(Pairs::memory).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Groups, NULL};
    use std::collections::HashMap;

    fn against_a_map(keys: &[(u32, u32)]) {
        let mut groups = Groups::new(2);
        let mut twin = HashMap::new();
        let mut out = Vec::new();
        for chunk in keys.chunks(1000) {
            let codes = [chunk.iter().map(|k| k.0).collect(), chunk.iter().map(|k| k.1).collect()];
            groups.number_rows(&codes, &mut out);
            for (key, &group) in chunk.iter().zip(&out) {
                assert_eq!(*twin.entry(*key).or_insert(group), group);
                assert_eq!(groups.key(group), [key.0, key.1]);
            }
        }
        assert_eq!(groups.len(), twin.len());
    }

    #[test]
    fn full_and_sparse_keys_are_numbered_alike() {
        against_a_map(&(0..20_000).map(|i| (i % 20, i % 1001)).collect::<Vec<_>>());
        // Each parent with one far code of its own: rows would hold almost nothing, so this is hashed.
        against_a_map(&(0..5_000).map(|i| (i % 2500, (i % 2500) * 1000)).collect::<Vec<_>>());
    }

    #[test]
    fn a_null_anywhere_makes_the_row_null() {
        let mut out = Vec::new();
        Groups::new(2).number_rows(&[vec![0, NULL, 1], vec![NULL, 3, 1]], &mut out);
        assert_eq!(out, [NULL, NULL, 0]);
    }
}
