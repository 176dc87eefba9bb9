//! The distinct values of one id column, each with a small code in order of first appearance.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

pub use super::kinds::IdKind;
use crate::error::Reason;

/// The code of a null id.
pub const NULL: u32 = u32::MAX;

/// Numbers up to this become their own codes though none below was seen.
const SMALL: usize = 1 << 12;

/// Values stored once each.
#[derive(Clone, Debug)]
enum Values {
    Numbers(Vec<i128>),
    Texts { bytes: String, ends: Vec<usize> },
}

/// An id column: values to codes and back.
#[derive(Clone, Debug)]
pub struct IdColumn {
    name: String,
    kind: Option<IdKind>,
    values: Values,
    codes: HashTable<u32>,
    hasher: DefaultHashBuilder,
    // Logs are clustered: the last id is most often the next one too.
    last: u32,
    /// Numbers below this are their own codes.
    small: u32,
}

impl IdColumn {
    /// An id column without values.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: None,
            values: Values::Numbers(Vec::new()),
            codes: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            last: NULL,
            small: 0,
        }
    }

    /// The column's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of its ids, `None` while only nulls have come.
    #[must_use]
    pub fn kind(&self) -> Option<IdKind> {
        self.kind
    }

    /// How many distinct ids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Numbers(numbers) => numbers.len(),
            Values::Texts { ends, .. } => ends.len(),
        }
    }

    /// Whether no id has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says that ids of `kind` come next.
    ///
    /// # Errors
    /// Another kind came before, and both in one column would change a meaning (7 is not "7").
    pub fn expect(&mut self, kind: IdKind) -> Result<(), Reason> {
        let joined = match self.kind {
            None => kind,
            Some(before) => before
                .join(kind)
                .ok_or_else(|| Reason::MixedIds { here: kind.describe(), before: before.describe() })?,
        };
        if self.kind.is_none() && kind == IdKind::Text {
            self.values = Values::Texts { bytes: String::new(), ends: Vec::new() };
        }
        self.kind = Some(joined);
        Ok(())
    }

    /// The code of a number that is its own.
    #[inline]
    #[must_use]
    pub fn small(&self, value: i128) -> Option<u32> {
        u32::try_from(value).ok().filter(|&code| code < self.small)
    }

    /// Makes numbers up to `value` their own codes, as long as they are about as many as were seen.
    fn grow_small(&mut self, value: i128) -> Option<u32> {
        let Values::Numbers(numbers) = &mut self.values else { return None };
        let most = SMALL.max(2 * numbers.len());
        let code = u32::try_from(value).ok().filter(|&code| (code as usize) < most)?;
        if numbers.len() != self.small as usize || code == NULL {
            return None;
        }
        for number in self.small..=code {
            let hash = self.hasher.hash_one(i128::from(number));
            numbers.push(number.into());
            self.codes.insert_unique(hash, number, |&code| self.hasher.hash_one(numbers[code as usize]));
        }
        self.small = code + 1;
        Some(code)
    }

    /// The code of a number, boolean or date; `expect` was called for its kind.
    #[inline]
    pub fn number(&mut self, value: i128) -> u32 {
        if let Some(code) = self.small(value).or_else(|| self.grow_small(value)) {
            return code;
        }
        let Values::Numbers(numbers) = &mut self.values else { return NULL };
        if self.last != NULL && numbers[self.last as usize] == value {
            return self.last;
        }
        let hash = self.hasher.hash_one(value);
        let found = self.codes.find(hash, |&code| numbers[code as usize] == value);
        self.last = found.copied().unwrap_or_else(|| {
            let code = next_code(numbers.len());
            numbers.push(value);
            let rehash = |&code: &u32| self.hasher.hash_one(numbers[code as usize]);
            self.codes.insert_unique(hash, code, rehash);
            code
        });
        self.last
    }

    /// The code of a string; `expect` was called for its kind.
    #[inline]
    pub fn text(&mut self, value: &str) -> u32 {
        let Values::Texts { bytes, ends } = &mut self.values else { return NULL };
        if self.last != NULL && text_at(bytes, ends, self.last) == value {
            return self.last;
        }
        let hash = self.hasher.hash_one(value);
        let found = self.codes.find(hash, |&code| text_at(bytes, ends, code) == value);
        self.last = found.copied().unwrap_or_else(|| {
            let code = next_code(ends.len());
            bytes.push_str(value);
            ends.push(bytes.len());
            let rehash = |&code: &u32| self.hasher.hash_one(text_at(bytes, ends, code));
            self.codes.insert_unique(hash, code, rehash);
            code
        });
        self.last
    }

    /// The code of a finite number; `expect` was called for [`IdKind::Real`].
    #[inline]
    pub fn real(&mut self, value: f64) -> u32 {
        // -0 is 0.
        self.number(ordered((value + 0.0).to_bits().cast_signed()).into())
    }

    /// The finite number with a code.
    ///
    /// # Panics
    /// The column holds something else, or the code is none of its.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // it was an i64
    pub fn real_of(&self, code: u32) -> f64 {
        f64::from_bits(ordered(self.number_of(code) as i64).cast_unsigned())
    }

    /// The number, boolean or date with a code.
    ///
    /// # Panics
    /// The column holds strings, or the code is none of its.
    #[must_use]
    pub fn number_of(&self, code: u32) -> i128 {
        let Values::Numbers(numbers) = &self.values else { panic!("a column of strings has no numbers") };
        numbers[code as usize]
    }

    /// The string with a code.
    ///
    /// # Panics
    /// The column holds numbers, or the code is none of its.
    #[must_use]
    pub fn text_of(&self, code: u32) -> &str {
        let Values::Texts { bytes, ends } = &self.values else {
            panic!("a column of numbers has no strings")
        };
        text_at(bytes, ends, code)
    }

    /// The value with a code, as a person reads it.
    #[must_use]
    pub fn show(&self, code: u32) -> String {
        match self.kind {
            Some(IdKind::Text) => format!("{:?}", self.text_of(code)),
            Some(IdKind::Bool) => (self.number_of(code) != 0).to_string(),
            Some(IdKind::Date) => format!("day {}", self.number_of(code)),
            Some(IdKind::Real) => self.real_of(code).to_string(),
            _ => self.number_of(code).to_string(),
        }
    }

    /// Takes in another column's ids; returns this column's code for each of them.
    ///
    /// # Errors
    /// The two hold kinds that cannot be one.
    pub fn combine(&mut self, other: &Self) -> Result<Vec<u32>, Reason> {
        let Some(kind) = other.kind else { return Ok(Vec::new()) };
        self.expect(kind)?;
        let codes = 0..next_code(other.len());
        Ok(match other.values {
            Values::Numbers(_) => codes.map(|code| self.number(other.number_of(code))).collect(),
            Values::Texts { .. } => codes.map(|code| self.text(other.text_of(code))).collect(),
        })
    }

    /// The place of each code when the ids are sorted: numbers by value, strings by their bytes.
    #[must_use]
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..next_code(self.len())).collect();
        match self.kind {
            Some(IdKind::Text) => order.sort_unstable_by_key(|&code| self.text_of(code)),
            _ => order.sort_unstable_by_key(|&code| self.number_of(code)),
        }
        let mut ranks = vec![0; order.len()];
        for (rank, code) in (0..).zip(order) {
            ranks[code as usize] = rank;
        }
        ranks
    }

    /// About how many bytes the column holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        let values = match &self.values {
            Values::Numbers(numbers) => numbers.capacity() * size_of::<i128>(),
            Values::Texts { bytes, ends } => bytes.capacity() + ends.capacity() * size_of::<usize>(),
        };
        values + self.codes.capacity() * 5
    }
}

/// Bits of an f64 as an integer that sorts as the number does; its own inverse.
fn ordered(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn text_at<'a>(bytes: &'a str, ends: &[usize], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends[code - 1] };
    &bytes[start..ends[code]]
}

fn next_code(len: usize) -> u32 {
    u32::try_from(len)
        .ok()
        .filter(|&code| code != NULL)
        .expect("fewer than 2^32 - 1 distinct ids in a column")
}
