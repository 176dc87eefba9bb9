//! Verdicts of rows that all have one, a bit each.

use arrow_buffer::BooleanBuffer;

use super::verdict::Verdict;

/// One bit a row, set where the sample passed.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    /// Takes over the bits of a boolean column.
    pub fn read(&mut self, bits: &BooleanBuffer) {
        self.words.clear();
        self.words.extend(bits.bit_chunks().iter_padded());
        self.length = bits.len();
    }

    /// Packs the rows of which each says whether it passed.
    pub fn from_passes(passes: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bits = Self::default();
        bits.pack(passes);
        bits
    }

    /// Takes over rows of which each says whether it passed.
    #[inline]
    pub fn pack(&mut self, passes: impl ExactSizeIterator<Item = bool>) {
        self.words.clear();
        self.length = passes.len();
        let mut passes = passes;
        while passes.len() > 0 {
            let word =
                passes.by_ref().take(64).enumerate().fold(0, |word, (at, pass)| word | u64::from(pass) << at);
            self.words.push(word);
        }
    }

    /// Packs verdicts; false where one is null.
    #[must_use]
    pub fn pack_verdicts(&mut self, verdicts: &[Verdict]) -> bool {
        self.pack(verdicts.iter().map(|&verdict| verdict == Verdict::Pass));
        !verdicts.contains(&Verdict::Null)
    }

    /// 1 where the row passed.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> u64 {
        self.words.get(row / 64).map_or(0, |word| word >> (row % 64) & 1)
    }

    /// The bits of the 64 rows from `start` on, the first one lowest; 0 past the end.
    #[inline]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        let (at, shift) = (start / 64, start % 64);
        let low = self.words.get(at).map_or(0, |word| word >> shift);
        let high = self.words.get(at + 1).map_or(0, |word| if shift == 0 { 0 } else { word << (64 - shift) });
        low | high
    }

    /// How many of `length` rows from `start` on passed.
    #[must_use]
    pub fn count(&self, start: usize, length: usize) -> u64 {
        let end = start.saturating_add(length).min(self.length);
        if start >= end {
            return 0;
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let head = u64::MAX << (start % 64);
        let tail = u64::MAX >> (63 - (end - 1) % 64);
        let words = &self.words[first..=last];
        let ones = |word: u64| u64::from(word.count_ones());
        match words {
            [only] => ones(only & head & tail),
            [one, middle @ .., other] => {
                ones(one & head) + middle.iter().map(|&word| ones(word)).sum::<u64>() + ones(other & tail)
            }
            [] => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;
    use crate::tally::verdict::Verdict;
    use arrow_buffer::BooleanBuffer;

    #[test]
    fn any_stretch_is_counted() {
        let bools: Vec<bool> = (0..300_u32).map(|i| i * i % 7 < 3).collect();
        let mut bits = Bits::default();
        bits.read(&BooleanBuffer::from(bools.clone()).slice(3, 290));
        let mut packed = Bits::default();
        assert!(packed.pack_verdicts(&bools[3..293].iter().map(|&pass| pass.into()).collect::<Vec<_>>()));
        for start in 0..290 {
            for length in [0, 1, 5, 63, 64, 65, 130, 290] {
                let length = length.min(290 - start);
                let expected =
                    bools[3 + start..3 + start + length].iter().filter(|&&pass| pass).count() as u64;
                assert_eq!(bits.count(start, length), expected, "{start} {length}");
                assert_eq!(packed.count(start, length), expected, "{start} {length}");
            }
            assert_eq!(bits.get(start), u64::from(bools[3 + start]));
            let word = (0..64).filter(|i| start + i < 290).map(|i| bits.get(start + i) << i).sum::<u64>();
            assert_eq!(bits.word(start), word);
        }
        assert!(!packed.pack_verdicts(&[Verdict::Pass, Verdict::Null]));
    }
}
