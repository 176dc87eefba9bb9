//! Reads that fail on purpose, and what becomes of a tally then.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a read meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An error with this number, at one read.
    Error(i32),
    /// One byte only, at one read.
    Short,
    /// One byte only, at every read from one on.
    AlwaysShort,
    /// A file that was just cut to this length, at one read.
    Cut(u64),
}

/// The faults of a file.
#[derive(Debug)]
pub(crate) struct Faults {
    path: String,
    fault: Fault,
    at: usize,
    reads: AtomicUsize,
}

/// The files that have faults, by path.
static FAULTY: Mutex<Vec<(String, Arc<Faults>)>> = Mutex::new(Vec::new());

/// The faults of the file at `path`.
pub(crate) fn of(path: &str) -> Option<Arc<Faults>> {
    let faulty = FAULTY.lock().unwrap_or_else(PoisonError::into_inner);
    faulty.iter().find(|(name, _)| name == path).map(|(_, faults)| Arc::clone(faults))
}

impl Faults {
    /// Lets the read number `at` of the file at `path`, and of no other read, meet `fault`.
    fn plant(path: &str, fault: Fault, at: usize) -> Arc<Self> {
        let faults = Arc::new(Self { path: path.to_owned(), fault, at, reads: AtomicUsize::new(0) });
        let mut faulty = FAULTY.lock().unwrap_or_else(PoisonError::into_inner);
        faulty.retain(|(name, _)| name != path);
        faulty.push((path.to_owned(), Arc::clone(&faults)));
        faults
    }

    /// As much of a buffer as the next read may fill.
    pub(super) fn strike<'b>(&self, buffer: &'b mut [u8]) -> io::Result<&'b mut [u8]> {
        let read = self.reads.fetch_add(1, Ordering::Relaxed);
        let one = buffer.len().min(1);
        match self.fault {
            Fault::Error(number) if read == self.at => Err(io::Error::from_raw_os_error(number)),
            Fault::Short if read == self.at => Ok(&mut buffer[..one]),
            Fault::AlwaysShort if read >= self.at => Ok(&mut buffer[..one]),
            Fault::Cut(length) if read == self.at => {
                std::fs::OpenOptions::new().write(true).open(&self.path)?.set_len(length)?;
                Ok(buffer)
            }
            _ => Ok(buffer),
        }
    }
}

mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::Ordering;

    use super::super::MOST_OPEN;
    use super::{Fault, Faults};
    use crate::error::{Error, Result};
    use crate::sources::sample_logs::{
        PARQUET, ROWS, arrow_file, arrow_stream, every_format, gzip, lines, spec,
    };
    use crate::sources::{Options, files};
    use crate::tally::Finished;

    const EINTR: i32 = 4;
    const EIO: i32 = 5;

    /// A file of its own for each test, which is removed with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, content: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("passcurve-{}-{name}", std::process::id()));
            std::fs::write(&path, content).unwrap();
            Self(path)
        }

        fn path(&self) -> String {
            self.0.display().to_string()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn tally(path: &str, sample: bool, threads: usize) -> Result<Finished> {
        let options = Options { threads: Some(threads), range_bytes: Some(1000), ..Options::default() };
        files::columns(&path.into())?;
        files::tally(spec(sample), &[path.into()], &[], options, &mut |_| Ok(()))
            .map(|(finished, _)| finished)
    }

    /// Lets each read meet each fault: the counts are right, or the error is the fault with the file's path.
    fn every_read(name: &str, content: &[u8]) {
        let file = Scratch::new(name, content);
        let path = file.path();
        for (sample, threads) in [(false, 1), (true, 1), (false, 3)] {
            let right = tally(&path, sample, threads).unwrap();
            assert_eq!(right.counters.rows, ROWS as u64);
            for fault in [Fault::Error(EIO), Fault::Error(EINTR), Fault::Short, Fault::AlwaysShort] {
                let mut at = 0;
                loop {
                    let faults = Faults::plant(&path, fault, at);
                    let found = tally(&path, sample, threads);
                    if faults.reads.load(Ordering::Relaxed) <= at {
                        break;
                    }
                    match found {
                        Err(Error::Io { path: named, source }) => {
                            assert_eq!((named, source.raw_os_error()), (path.clone(), Some(EIO)));
                            assert_eq!(fault, Fault::Error(EIO), "read {at}");
                        }
                        Err(error) => panic!("{name}: {fault:?} at read {at}: {error}"),
                        Ok(found) => {
                            assert_ne!(fault, Fault::Error(EIO), "{name}: read {at}");
                            assert_eq!((&found.table, &found.counters), (&right.table, &right.counters));
                        }
                    }
                    at += 1;
                }
                // One byte at a time is many reads; else there are as many as the file has parts, and more.
                assert!(at >= 5, "{name}: {at} reads");
            }
        }
    }

    #[test]
    fn parquet() {
        every_read("faults.parquet", PARQUET);
    }

    #[test]
    fn arrow() {
        every_read("faults.arrow", &arrow_file());
        every_read("faults.arrows", &arrow_stream());
    }

    #[test]
    fn lines_of_json() {
        every_read("faults.jsonl", &lines());
        every_read("faults.jsonl.gz", &gzip(&lines()));
        every_read("faults.jsonl.zst", &zstd::encode_all(&*lines(), 1).unwrap());
    }

    #[test]
    fn a_file_that_is_cut_has_changed() {
        for (name, content) in every_format() {
            let file = Scratch::new(&format!("cut-{name}"), &content);
            let path = file.path();
            let mut changed = 0;
            for length in [0, 1, 8, content.len() / 2, content.len() - 1] {
                for at in 0.. {
                    std::fs::write(&file.0, &content).unwrap();
                    let faults = Faults::plant(&path, Fault::Cut(length as u64), at);
                    let options = Options { threads: Some(1), range_bytes: Some(1000), ..Options::default() };
                    let found =
                        files::tally(spec(false), &[path.as_str().into()], &[], options, &mut |_| Ok(()));
                    if faults.reads.load(Ordering::Relaxed) <= at {
                        break;
                    }
                    let error = found.expect_err(name).to_string();
                    // The format of a file is known by its first bytes, which are read apart from all others.
                    let cut_before = at == 0
                        && ["truncated", "empty", "not a Parquet", "cut off"]
                            .iter()
                            .any(|word| error.contains(word));
                    assert!(cut_before || error.contains("changed while"), "{length} at read {at}: {error}");
                    changed += 1;
                }
            }
            assert!(changed >= 20, "{name}: {changed}");
        }
    }

    #[test]
    fn more_files_than_are_kept_open() {
        let files: Vec<_> =
            (0..MOST_OPEN + 50).map(|at| Scratch::new(&format!("many-{at}.parquet"), PARQUET)).collect();
        let paths: Vec<_> = files.iter().map(|file| file.path().as_str().into()).collect();
        let count = |change: &dyn Fn(&std::path::Path)| {
            let mut looks = 0;
            files::tally(spec(false), &paths, &[], Options::default(), &mut |_| {
                looks += 1;
                // There is a look before each file, so all but the last are read ahead by now.
                if looks == paths.len() {
                    change(&files[files.len() - 2].0);
                }
                Ok(())
            })
        };
        let (found, _) = count(&|_| ()).unwrap();
        assert_eq!(found.counters.rows, (ROWS * paths.len()) as u64);
        let replaced = count(&|path| {
            let beside = path.with_extension("new");
            std::fs::write(&beside, PARQUET).unwrap();
            std::fs::rename(&beside, path).unwrap();
        });
        assert!(replaced.unwrap_err().to_string().contains("changed while"));
    }
}
