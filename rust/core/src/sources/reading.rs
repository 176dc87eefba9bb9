//! Opened files, read once or again.

use std::sync::Arc;

use super::ahead::{self, Ahead, Wanted};
use super::files::{LogFile, Run, Scratch, guarded};
use super::parquet;
use super::path_keys::PathKey;
use super::read_at::failed;
use super::types::Types;
use super::worker::Worker;
use crate::error::{Error, Place, Reason, Result};
use crate::parallel;
use crate::tally::{Looking, Spec};

pub(super) type Tick<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Opened files.
pub(super) struct Log<'a> {
    pub(super) spec: &'a Arc<Spec>,
    pub(super) files: &'a [Box<dyn LogFile>],
    pub(super) keys: &'a [PathKey],
    pub(super) types: &'a Types,
    pub(super) run: Run<'a>,
}

impl Log<'_> {
    /// Counts all rows; returns what the threads counted, and the rows of each file.
    pub(super) fn read(
        &self,
        looking: Looking,
        threads: Option<usize>,
        tick: Tick<'_>,
    ) -> Result<(Vec<Worker>, Vec<u64>)> {
        let files = self.files.iter().enumerate();
        let units: Vec<_> = files
            .flat_map(|(at, file)| (0..file.units()).map(move |unit| (at, file.as_ref(), unit)))
            .collect();
        let wanted = units.iter().map(|&(_, file, unit)| {
            let remote = Arc::clone(file.bytes().remote()?);
            Some(Wanted { file: remote, ranges: file.ranges(unit) })
        });
        let wanted: Vec<_> = wanted.collect();
        ahead::with(&wanted, |ahead| self.count(units, ahead, looking, threads, tick))
    }

    fn count(
        &self,
        units: Vec<(usize, &dyn LogFile, usize)>,
        ahead: &Ahead<'_>,
        looking: Looking,
        threads: Option<usize>,
        tick: Tick<'_>,
    ) -> Result<(Vec<Worker>, Vec<u64>)> {
        let bits = self.position_bits();
        let count = |scratch: &mut Scratch, part, (at, file, unit): (usize, &dyn LogFile, usize)| {
            if scratch.worker.found().is_some() {
                ahead.stop();
            } else {
                let held = ahead.take(part);
                let _held = held.map_err(|error| failed(file.bytes().path(), error))?;
                let base = (at as u64) << bits;
                scratch.worker.begin_file(self.keys, at, &self.types.kinds)?;
                let rows = guarded(&file.place(unit), || file.count(unit, base, scratch, &self.run))?;
                scratch.rows.push((at, rows));
            }
            Ok(())
        };
        let start = || Scratch {
            worker: Worker::new(self.spec, looking),
            decompressor: parquet::Decompressor::default(),
            lines: Vec::new(),
            rows: Vec::new(),
        };
        let done = parallel::fold(parallel::thread_count(threads), units, start, count, Some(tick));
        // A file that changed may look malformed, so this comes first.
        self.files.iter().try_for_each(|file| file.bytes().check_unchanged())?;
        let (mut workers, mut rows) = (Vec::new(), vec![0; self.files.len()]);
        for scratch in done? {
            workers.push(scratch.worker);
            scratch.rows.iter().for_each(|&(at, more)| rows[at] += more);
        }
        Ok((workers, rows))
    }

    /// Names the first row whose sample came before: by reading up to it in order, and again up to the sample's first.
    pub(super) fn fail_by_copy<T>(&self, tick: Tick<'_>) -> Result<T> {
        let mut find = |looking| {
            self.run.progress.forget_memory();
            let (workers, _) = self.read(looking, Some(1), tick)?;
            let gone = || Error::Internal("the copy of a sample is gone at the second reading".into());
            let worker = workers.into_iter().next().ok_or_else(gone)?;
            let found = worker.found().ok_or_else(gone)?;
            Ok::<_, Error>((found, worker.into_tally()))
        };
        let ((row, sample), tally) = find(Looking::Copy)?;
        let key = tally.show_sample(sample);
        drop(tally);
        let ((first, _), _) = find(Looking::First(sample))?;
        Err(Error::data(self.place(row), Reason::Duplicate { key, first: self.place(first).into() }))
    }

    /// A row's number is its file's, then its position there, with the bits that the files leave.
    fn position_bits(&self) -> u32 {
        (self.files.len() as u64).leading_zeros()
    }

    pub(super) fn place(&self, position: u64) -> Place {
        let bits = self.position_bits();
        let file = &self.files[usize::try_from(position >> bits).unwrap_or(0)];
        file.place_of(position & ((1 << bits) - 1))
    }
}
