//! Values of pages that are stored as differences: integers, lengths of strings, and prefixes shared with the string
//! before. The `parquet` crate's decoders (59.3) panic on lengths that lie and make tables as long as a header claims.

use std::ops::Range;

use arrow_array::ArrayRef;

use super::delta::Deltas;
use super::fault::Fault;
use super::pages::Encoding;
use super::schema::{Leaf, Physical};
use super::values::{Texts, fixed};

/// The values of a page that are still to come.
#[derive(Debug)]
pub(super) enum Coded {
    Integers(Deltas),
    Strings(Strings),
}

/// Strings by their lengths, or by the length of what each shares with the one before and the rest.
#[derive(Debug)]
pub(super) struct Strings {
    prefixes: Option<Deltas>,
    lengths: Deltas,
    at: usize,
    end: usize,
    last: Vec<u8>,
}

impl Coded {
    /// The `count` values in the page's bytes at `range`.
    pub(super) fn new(
        leaf: &Leaf,
        encoding: Encoding,
        bytes: &[u8],
        range: Range<usize>,
        count: usize,
    ) -> Result<Self, Fault> {
        let end = range.end;
        // Lengths have 32 bits.
        let bits = if leaf.physical == Physical::Int64 { 64 } else { 32 };
        let deltas = Deltas::new(bytes, range, bits, count)?;
        match (encoding, leaf.physical) {
            (Encoding::DeltaBinaryPacked, Physical::Int32 | Physical::Int64) => Ok(Self::Integers(deltas)),
            (Encoding::DeltaLengthByteArray, Physical::Bytes) => {
                let at = deltas.end(bytes)?;
                Ok(Self::Strings(Strings { prefixes: None, lengths: deltas, at, end, last: Vec::new() }))
            }
            (Encoding::DeltaByteArray, Physical::Bytes | Physical::Fixed(_)) => {
                let lengths = Deltas::new(bytes, deltas.end(bytes)?..end, bits, count)?;
                let at = lengths.end(bytes)?;
                Ok(Self::Strings(Strings { prefixes: Some(deltas), lengths, at, end, last: Vec::new() }))
            }
            (encoding, physical) => {
                Err(Fault::new(format!("values stored as {physical:?} cannot be in encoding {encoding:?}")))
            }
        }
    }

    /// The next `count` values.
    pub(super) fn next(&mut self, leaf: &Leaf, bytes: &[u8], count: usize) -> Result<ArrayRef, Fault> {
        match self {
            Self::Integers(deltas) => {
                let mut values = Vec::with_capacity(count);
                deltas.next(bytes, count, &mut values)?;
                let values: Vec<_> = values.iter().map(|value| value.to_le_bytes()).collect();
                // The low bytes are the number's own in 32 bits too.
                let width = leaf.physical.width().unwrap_or(8);
                fixed(leaf, values.iter().filter_map(|value| value.get(..width)))
            }
            Self::Strings(strings) => strings.next(leaf, bytes, count),
        }
    }
}

impl Strings {
    fn next(&mut self, leaf: &Leaf, bytes: &[u8], count: usize) -> Result<ArrayRef, Fault> {
        let (mut prefixes, mut lengths) = (Vec::new(), Vec::new());
        if let Some(deltas) = &mut self.prefixes {
            deltas.next(bytes, count, &mut prefixes)?;
        }
        self.lengths.next(bytes, count, &mut lengths)?;
        let mut texts = Texts::default();
        let mut prefixes = prefixes.into_iter();
        for length in lengths {
            let prefix = prefixes.next().unwrap_or(0);
            let kept = usize::try_from(prefix).ok().filter(|&kept| kept <= self.last.len());
            let kept = kept.ok_or_else(|| {
                Fault::new(format!("a string shares {prefix} bytes with one of {}", self.last.len()))
            })?;
            let rest = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
            let rest = rest.filter(|&end| end <= self.end).and_then(|end| bytes.get(self.at..end));
            let left = self.end.saturating_sub(self.at);
            let rest =
                rest.ok_or_else(|| Fault::new(format!("a string of {length} bytes, where {left} are left")))?;
            self.at = self.at.saturating_add(rest.len());
            if self.prefixes.is_none() {
                texts.push(rest)?;
                continue;
            }
            self.last.truncate(kept);
            self.last.extend_from_slice(rest);
            if leaf.physical.width().is_some_and(|width| width != self.last.len()) {
                return Err(Fault::new(format!("a value of fixed length has {} bytes", self.last.len())));
            }
            texts.push(&self.last)?;
        }
        match leaf.physical.width() {
            Some(width) => fixed(leaf, texts.bytes().chunks_exact(width)),
            None => texts.finish(leaf),
        }
    }
}
