//! A small memory of values whose code is known: cheaper to ask than the table of all values.

use arrow_buffer::Buffer;
use arrow_schema::DataType;

use crate::tally::ids::NULL;

/// Places at first, and at most: 24 MiB. They double as often as values are lost, so they are in proportion to the
/// distinct values.
const FEWEST: usize = 1 << 8;
const MOST: usize = 1 << 20;

/// What a value is known by: 16 bytes, and a number that tells apart what these could mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) words: [u64; 2],
    pub(super) tag: u32,
}

impl Key {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is cut in two")]
    pub(super) fn of(bytes: u128, tag: u32) -> Self {
        Self { words: [bytes as u64, (bytes >> 64) as u64], tag }
    }
}

/// One place a value, found by its hash; a value that comes takes the place of the one that was there.
#[derive(Debug, Default)]
pub(super) struct Recent {
    places: Vec<(Key, u32)>,
    /// Values that lost their place since the places became so many.
    lost: usize,
    data_type: Option<DataType>,
    /// What the views of strings point into; it is held, so that nothing else can come to be there.
    buffers: Vec<Buffer>,
    epoch: u32,
}

impl Recent {
    /// Says what the values are that come next: a value of another type may be known by the same key.
    pub(super) fn expect(&mut self, data_type: &DataType) {
        if self.data_type.as_ref() != Some(data_type) {
            *self = Self { data_type: Some(data_type.clone()), ..Self::default() };
        }
    }

    /// Says what the views that come next point into; returns the tag of these views.
    pub(super) fn expect_buffers(&mut self, buffers: &[Buffer]) -> u32 {
        let same = |(ours, theirs): (&Buffer, &Buffer)| ours.ptr_eq(theirs) && ours.len() == theirs.len();
        if self.buffers.len() != buffers.len() || !self.buffers.iter().zip(buffers).all(same) {
            self.buffers = buffers.to_vec();
            // Tag 0 is for views that point to nothing.
            self.epoch = self.epoch.checked_add(1).unwrap_or_else(|| {
                self.places.clear();
                1
            });
        }
        self.epoch
    }

    /// The code of a value, learnt where it is not known.
    #[inline]
    pub(super) fn code(&mut self, key: Key, learn: impl FnOnce() -> u32) -> u32 {
        if self.places.is_empty() {
            self.places = vec![(Key::default(), NULL); FEWEST];
        }
        let at = self.place(key);
        let (known, code) = self.places[at];
        if known == key && code != NULL {
            return code;
        }
        if code != NULL {
            self.lose();
        }
        let code = learn();
        let at = self.place(key);
        self.places[at] = (key, code);
        code
    }

    /// More places, where values often lose theirs.
    fn lose(&mut self) {
        self.lost += 1;
        let places = self.places.len();
        if self.lost > places && places < MOST {
            self.lost = 0;
            let before = std::mem::replace(&mut self.places, vec![(Key::default(), NULL); 2 * places]);
            for (key, code) in before.into_iter().filter(|&(_, code)| code != NULL) {
                let at = self.place(key);
                self.places[at] = (key, code);
            }
        }
    }

    #[inline]
    fn place(&self, key: Key) -> usize {
        let mixed = key.words[0] ^ key.words[1].wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let hash = mixed.wrapping_mul(0xd6e8_feb8_6659_fd93);
        // The highest bits are the best mixed ones.
        (hash >> 40) as usize & (self.places.len() - 1)
    }
}
