//! Objects are read as the same bytes in a file are, and what goes wrong with a request is told as it is.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::sources::input::{Input, Object, Unread};
use crate::sources::read_at::Changed;
use crate::sources::sample_logs::{ROWS, every_format, spec};
use crate::sources::{Options, files};
use crate::tally::Finished;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Unread,
    Changed,
    Short,
    Panic,
}

struct Memory {
    name: &'static str,
    bytes: Vec<u8>,
    reads: AtomicUsize,
    asked: AtomicU64,
    fault: Fault,
    at: usize,
}

impl Object for Memory {
    fn path(&self) -> &'static str {
        "store://place?signed=1"
    }

    fn name(&self) -> &str {
        self.name
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let read = self.reads.fetch_add(1, Ordering::SeqCst);
        self.asked.fetch_add(range.end - range.start, Ordering::SeqCst);
        let mut bytes =
            self.bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec();
        match self.fault {
            _ if read != self.at => {}
            Fault::None => {}
            Fault::Unread => return Err(io::Error::other(Unread("the store is closed".into()))),
            Fault::Changed => return Err(io::Error::other(Changed)),
            Fault::Short => drop(bytes.pop()),
            Fault::Panic => panic!("a request that panics"),
        }
        Ok(bytes)
    }

    fn check_unchanged(&self) -> io::Result<()> {
        Ok(())
    }
}

fn memory(name: &'static str, bytes: &[u8], fault: Fault, at: usize) -> Arc<Memory> {
    let (reads, asked) = (AtomicUsize::new(0), AtomicU64::new(0));
    Arc::new(Memory { name, bytes: bytes.to_vec(), reads, asked, fault, at })
}

fn tally(objects: &[Arc<Memory>], sample: bool, threads: usize) -> Result<Finished> {
    let inputs: Vec<_> =
        objects.iter().map(|object| Input::Object(Arc::clone(object) as Arc<dyn Object>)).collect();
    let options = Options { threads: Some(threads), range_bytes: Some(1000), ..Options::default() };
    files::columns(&inputs[0])?;
    files::tally(spec(sample), &inputs, &[], options, &mut |_| Ok(())).map(|(finished, _)| finished)
}

#[test]
fn every_format_is_read() {
    for (name, content) in every_format() {
        for (sample, threads) in [(false, 1), (true, 1), (false, 3), (true, 3)] {
            let found = tally(&[memory(name, &content, Fault::None, 0)], sample, threads).unwrap();
            assert_eq!(found.counters.rows, ROWS as u64, "{name}");
        }
    }
}

#[test]
fn many_objects_are_one_log() {
    let (name, content) = &every_format()[0];
    let objects: Vec<_> = (0..70).map(|_| memory(name, content, Fault::None, 0)).collect();
    for threads in [1, 4] {
        let found = tally(&objects, false, threads).unwrap();
        assert_eq!(found.counters.rows, 70 * ROWS as u64);
    }
}

#[test]
fn what_goes_wrong_with_any_request_is_told_as_it_is() {
    for (name, content) in every_format() {
        for fault in [Fault::Unread, Fault::Changed, Fault::Short, Fault::Panic] {
            for threads in [1, 3] {
                let mut failed = 0;
                for at in 0.. {
                    let object = memory(name, &content, fault, at);
                    let found = tally(&[Arc::clone(&object)], false, threads);
                    if object.reads.load(Ordering::SeqCst) <= at {
                        break;
                    }
                    // What was fetched ahead and then not read does not matter, and is asked for anew where it is.
                    let Err(error) = found else { continue };
                    failed += 1;
                    let said = error.to_string();
                    assert!(said.contains("store://place?signed=1"), "{name}: {said}");
                    match fault {
                        Fault::Unread => assert!(said.contains("the store is closed"), "{name}: {said}"),
                        Fault::Panic => assert!(matches!(error, Error::Io { .. } | Error::Data(_)), "{said}"),
                        _ => assert!(said.contains("changed while it was read"), "{name}: {said}"),
                    }
                }
                assert!(failed >= 2, "{name}: {fault:?} {failed}");
            }
        }
    }
}
