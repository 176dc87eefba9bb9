//! Whether a sample of a key came twice: a bit a sample, without its row.
//!
//! A log whose samples are all different needs no more; in one where they are not, the copies are looked for in
//! another reading.

use hashbrown::HashSet;

/// Words that are always allowed; more are while the samples are as many.
const FREE: usize = 1 << 17;

/// Bytes that an allocator takes for a single word beside its own.
const ALLOCATION: usize = 24;

/// The samples that came, by the number of their key and their code.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// A bit a code.
    bits: Vec<Vec<u64>>,
    words: usize,
    /// How many keys have words.
    keys: usize,
    samples: usize,
    /// The bits have no more room: they would be far between. The codes past them are in the set.
    sparse: bool,
    set: HashSet<(u32, u32)>,
    copied: bool,
}

impl Seen {
    /// Whether any sample came twice.
    pub(super) fn copied(&self) -> bool {
        self.copied
    }

    /// A sample of a key.
    #[inline]
    pub(super) fn insert(&mut self, key: u32, sample: u32) {
        self.samples += 1;
        let at = sample as usize;
        if !self.within(key, at) && !self.grow(key, at) {
            self.copied |= !self.set.insert((key, sample));
            return;
        }
        let word = &mut self.bits[key as usize][at / 64];
        let bit = 1 << (at % 64);
        self.copied |= *word & bit != 0;
        *word |= bit;
    }

    /// Samples of one key.
    pub(super) fn insert_all(&mut self, key: u32, samples: &[u32]) {
        for &sample in samples {
            self.insert(key, sample);
        }
    }

    /// Whether there is a bit for a sample.
    #[inline]
    fn within(&self, key: u32, sample: usize) -> bool {
        self.bits.get(key as usize).is_some_and(|words| sample < 64 * words.len())
    }

    /// Makes bits for a sample; false where they would be too far between.
    fn grow(&mut self, key: u32, sample: usize) -> bool {
        let (key, words) = (key as usize, (sample / 64 + 1).next_power_of_two());
        let before = self.bits.get(key).map_or(0, Vec::len);
        // A sample that is in the set must be found there again, so from then on the bits stay as they are.
        self.sparse |= self.words + words - before > FREE + self.samples;
        if self.sparse {
            return false;
        }
        if self.bits.len() <= key {
            self.bits.resize(key + 1, Vec::new());
        }
        self.words += words - before;
        self.keys += usize::from(before == 0);
        self.bits[key].resize(words, 0);
        true
    }

    /// Gives the keys other numbers.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        let mut moved = Vec::new();
        for (key, words) in (0..).zip(std::mem::take(&mut self.bits)).filter(|(_, words)| !words.is_empty()) {
            let key = number(key) as usize;
            if moved.len() <= key {
                moved.resize(key + 1, Vec::new());
            }
            moved[key] = words;
        }
        self.bits = moved;
        self.set = std::mem::take(&mut self.set).into_iter().map(|(key, code)| (number(key), code)).collect();
    }

    /// Takes in what was seen in another part of the log, whose samples have these codes here; its keys were renumbered.
    pub(super) fn combine(&mut self, other: Self, samples: &[u32]) {
        self.copied |= other.copied;
        let same = (0..).zip(samples).all(|(theirs, &ours)| theirs == ours);
        for (key, words) in (0..).zip(other.bits) {
            self.merge(key, &words, samples, same);
        }
        for (key, code) in other.set {
            self.insert(key, samples[code as usize]);
        }
    }

    fn merge(&mut self, key: u32, words: &[u64], samples: &[u32], same: bool) {
        let Some(last) = words.iter().rposition(|&word| word != 0) else { return };
        let top = 64 * last + words[last].ilog2() as usize;
        if same && !self.sparse && (self.within(key, top) || self.grow(key, top)) {
            let ours = &mut self.bits[key as usize];
            for (ours, &theirs) in ours.iter_mut().zip(words) {
                self.copied |= *ours & theirs != 0;
                *ours |= theirs;
                self.samples += theirs.count_ones() as usize;
            }
            return;
        }
        for (at, &word) in (0_u32..).step_by(64).zip(words) {
            let mut rest = word;
            while rest != 0 {
                self.insert(key, samples[(at + rest.trailing_zeros()) as usize]);
                rest &= rest - 1;
            }
        }
    }

    /// How many samples came.
    pub(super) fn len(&self) -> usize {
        self.samples
    }

    /// About how many bytes it holds.
    pub(super) fn memory(&self) -> usize {
        self.words * 8
            + self.keys * ALLOCATION
            + self.bits.capacity() * size_of::<Vec<u64>>()
            + self.set.capacity() * 9
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn filled(pairs: &[(u32, u32)]) -> Seen {
        let mut seen = Seen::default();
        for &(key, sample) in pairs {
            seen.insert(key, sample);
        }
        seen
    }

    #[test]
    fn the_words_of_many_keys_are_counted_as_they_are_allocated() {
        let pairs: Vec<_> = (0..1000).map(|key| (key, 5)).collect();
        // A vector, and 32 bytes that it points to, for each key.
        assert!(filled(&pairs).memory() >= 1000 * (24 + 32));
    }

    proptest! {
        #[test]
        fn copies_are_found_as_by_a_set(
            pairs in prop::collection::vec((0..5_u32, prop_oneof![0..70_u32, any::<u32>()]), 0..60),
            cut in 0..60_usize,
        ) {
            let copied = pairs.iter().collect::<HashSet<_>>().len() < pairs.len();
            prop_assert_eq!(filled(&pairs).copied(), copied);
            let codes: HashSet<u32> = pairs.iter().map(|pair| pair.1).collect();
            let codes: Vec<u32> = codes.into_iter().collect();
            let same: Vec<u32> = (0..).take(codes.len()).collect();
            let back: Vec<u32> = same.iter().rev().copied().collect();
            let code = |sample| *same.iter().find(|&&code| codes[code as usize] == sample).unwrap();
            let coded: Vec<_> = pairs.iter().map(|&(key, sample)| (key, code(sample))).collect();
            let (left, right) = coded.split_at(cut.min(pairs.len()));
            let mut whole = filled(left);
            whole.combine(filled(right), &same);
            prop_assert_eq!(whole.copied(), copied);
            // The other part has the codes in another order, and the keys have other numbers.
            let turned: Vec<_> = right.iter().map(|&(key, code)| (key, back[code as usize])).collect();
            let (mut whole, mut other) = (filled(left), filled(&turned));
            whole.renumber(|key| key * 3 + 1);
            other.renumber(|key| key * 3 + 1);
            whole.combine(other, &back);
            prop_assert_eq!(whole.copied(), copied);
        }
    }
}
