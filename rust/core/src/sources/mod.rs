//! Reading logs into tallies: Arrow batches in memory, and files.
//!
//! Everything here ends in [`crate::tally::Tally::insert`]; nothing here knows what pass@k is.

mod ahead;
pub mod batches;
mod cause;
mod decimals;
pub mod encoded;
pub mod files;
mod ids;
mod inflate;
mod input;
mod ipc;
mod jsonl;
mod opening;
mod origins;
mod parquet;
mod passes;
pub mod path_keys;
mod pushed;
mod read_at;
mod reading;
mod remote;
#[cfg(test)]
mod sample_logs;
mod stream;
mod types;
mod verdicts;
mod worker;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use parquet::fuzzing;

pub use input::{Input, Object, Unread};
pub use read_at::Changed;

pub(crate) use input::{Source, is_of_the_machine};
pub(crate) use read_at::{Part, ReadAt, failed, no_memory};
pub(crate) use stream::{Compression, open as open_stream};

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::tally::Tally;

/// How a log is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Threads; `None` for the machine's.
    pub threads: Option<usize>,
    /// Bytes that the counts of all threads may take together.
    pub memory_limit: Option<usize>,
    /// Leaves out a last line at which a file of lines is cut, and counts it; else it is an error.
    pub skip_partial: bool,
    /// Bytes of a file of lines that are counted as one part; `None` for a good number.
    pub range_bytes: Option<u64>,
}

/// Called now and then by the thread that waits for the others; its error ends the reading.
pub type Watch<'a> = &'a mut dyn FnMut(&Progress) -> Result<()>;

/// What the threads of one reading share.
#[derive(Debug, Default)]
pub struct Progress {
    rows: AtomicU64,
    bytes: AtomicU64,
    all_bytes: AtomicU64,
    memory: AtomicUsize,
    stopped: AtomicBool,
}

impl Progress {
    /// Rows read so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes of files read so far, of those that are to be read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that are to be read; 0 until that is known, and where there are no files.
    #[must_use]
    pub fn all_bytes(&self) -> u64 {
        self.all_bytes.load(Ordering::Relaxed)
    }

    /// Adds bytes that were read.
    fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Begins another reading, after what was counted in the one before was let go.
    fn forget_memory(&self) {
        self.memory.store(0, Ordering::Relaxed);
    }

    /// Makes every worker end at its next morsel.
    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Adds rows, and the growth of a worker from so many bytes to so many; returns its bytes now.
    fn advance(
        &self,
        rows: usize,
        tally: &Tally,
        (before, now): (usize, usize),
        limit: Option<usize>,
    ) -> Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        let grown = now.saturating_sub(before);
        let used = self.memory.fetch_add(grown, Ordering::Relaxed) + grown;
        match limit {
            Some(limit) if used > limit => {
                Err(Error::MemoryLimit { limit, used, keys: tally.len(), samples: tally.samples() })
            }
            _ => Ok(now.max(before)),
        }
    }
}
