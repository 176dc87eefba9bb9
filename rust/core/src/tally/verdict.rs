//! What a value in the verdict column means.

use std::collections::BTreeMap;

use crate::error::Reason;

/// One sample's outcome, as it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// Not correct.
    Fail = 0,
    /// Correct.
    Pass = 1,
    /// Missing.
    Null = 2,
}

impl From<bool> for Verdict {
    fn from(pass: bool) -> Self {
        if pass { Self::Pass } else { Self::Fail }
    }
}

/// How values become verdicts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// A number passes when it is at least this.
    pub threshold: Option<f64>,
    /// The strings that pass.
    pub passing: Option<Vec<String>>,
    /// The strings that fail; when given, any other string is an error.
    pub failing: Option<Vec<String>>,
}

/// Judges a number: by the threshold, else it must be 0 or 1.
///
/// # Errors
/// NaN, and without a threshold anything but 0 and 1.
pub fn number(value: f64, threshold: Option<f64>) -> Result<Verdict, Reason> {
    if value.is_nan() {
        return Err(Reason::NanVerdict);
    }
    #[expect(clippy::float_cmp, reason = "0.999 is not a verdict")]
    match threshold {
        Some(threshold) => Ok((value >= threshold).into()),
        None if value == 0.0 => Ok(Verdict::Fail),
        None if value == 1.0 => Ok(Verdict::Pass),
        None if value.abs() < 1e16 => Err(Reason::NotBinary(value.to_string())),
        None => Err(Reason::NotBinary(format!("{value:e}"))),
    }
}

impl Rule {
    /// Judges a string by the vocabulary; a failing one outside a stated vocabulary is noted in `others`.
    ///
    /// # Errors
    /// With `failing` given, a string that is in neither list.
    pub fn text(&self, value: &str, others: &mut Others, copies: u64) -> Result<Verdict, Reason> {
        let among = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|l| l.iter().any(|s| s == value));
        if among(&self.passing) {
            return Ok(Verdict::Pass);
        }
        if self.failing.is_none() {
            others.add(value, copies);
            return Ok(Verdict::Fail);
        }
        if among(&self.failing) { Ok(Verdict::Fail) } else { Err(Reason::UnknownVerdict(value.to_owned())) }
    }
}

/// The strings that failed because they are not in `passing`, with how often each occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    counts: BTreeMap<String, u64>,
    bytes: usize,
}

impl Others {
    pub(crate) fn add(&mut self, value: &str, copies: u64) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += copies;
        } else {
            self.bytes += value.len() + 48;
            self.counts.insert(value.to_owned(), copies);
        }
    }

    pub(crate) fn combine(&mut self, other: Self) {
        for (value, copies) in other.counts {
            self.add(&value, copies);
        }
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes
    }

    /// The `most` frequent strings with their counts, ties in alphabetical order.
    #[must_use]
    pub fn most_frequent(&self, most: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(value, &copies)| (value.as_str(), copies)).collect();
        all.sort_by_key(|&(_, copies)| std::cmp::Reverse(copies));
        all.truncate(most);
        all
    }
}
