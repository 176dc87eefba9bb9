//! What is fuzzed: each function takes any bytes and panics where a reader does wrong.
//!
//! The targets of `rust/fuzz` call these with what libFuzzer makes up, `tests/fuzz.rs` with mutations of a few seeds.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub mod coded;
pub mod files;
pub mod ipc;
pub mod levels;
pub mod lines;
pub mod records;
pub mod seeds;
pub mod thrift;

thread_local! {
    /// Whether another reader is at work, whose panics are its own affair.
    pub static IS_OTHER: Cell<bool> = const { Cell::new(false) };
}

/// What another reader makes of something; `None` where it panics.
pub fn other<T>(read: impl FnOnce() -> T) -> Option<T> {
    IS_OTHER.set(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    IS_OTHER.set(false);
    read.ok()
}

/// The first so many bytes, which choose how the others are read.
pub fn choices<const N: usize>(data: &[u8]) -> Option<([usize; N], &[u8])> {
    let (head, rest) = data.split_first_chunk::<N>()?;
    Some((head.map(usize::from), rest))
}

/// Fails unless a reader and its twin both refuse the bytes, or read the same.
pub fn agree<T: PartialEq + std::fmt::Debug, A: std::fmt::Debug, B: std::fmt::Debug>(
    found: Result<T, A>,
    expected: Result<T, B>,
) {
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected),
        (Err(_), Err(_)) => {}
        (found, expected) => panic!("read as {found:?}, and by the twin as {expected:?}"),
    }
}

/// Bytes that are read one after the other, as plainly as can be.
pub struct Bytes<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Bytes<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn byte(&mut self) -> Result<u8, &'static str> {
        let byte = self.bytes.get(self.at).copied().ok_or("the bytes end")?;
        self.at += 1;
        Ok(byte)
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let taken = self.bytes[self.at..].get(..length).ok_or("the bytes end")?;
        self.at += length;
        Ok(taken)
    }

    /// A variable-length integer of at most so many bytes.
    pub fn varint(&mut self, most: u32) -> Result<u64, &'static str> {
        let mut value = 0_u128;
        for at in 0..most {
            let byte = self.byte()?;
            value += u128::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "bits past the 64th are left out, as elsewhere"
                )]
                return Ok(value as u64);
            }
        }
        Err("a number has no end")
    }

    pub fn zigzag(&mut self) -> Result<i64, &'static str> {
        let value = self.varint(10)?;
        let half = (value / 2).cast_signed();
        Ok(if value % 2 == 0 { half } else { -half - 1 })
    }
}

/// Bit-packed numbers, bit by bit.
pub fn unpacked(bytes: &[u8], width: usize, count: usize) -> Vec<u64> {
    let bit = |at: usize| u64::from(bytes[at / 8] >> (at % 8) & 1);
    (0..count).map(|at| (0..width).map(|place| bit(at * width + place) << place).sum()).collect()
}
