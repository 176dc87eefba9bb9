use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::{HELD, LARGEST, Wanted, joined, length, with};
use crate::sources::input::{Object, Unread};
use crate::sources::read_at::{Changed, ReadAt, is_changed};
use crate::sources::remote::Remote;

/// Bytes in memory that are asked for as in a store.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    asked: Mutex<Vec<Range<u64>>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    fails_at: Option<u64>,
    short: bool,
    gone: AtomicBool,
}

impl Object for Memory {
    fn path(&self) -> &'static str {
        "memory"
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2));
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.asked.lock().unwrap().push(range.clone());
        if self.gone.load(Ordering::SeqCst) {
            return Err(io::Error::other(Changed));
        }
        if self.fails_at.is_some_and(|at| range.contains(&at)) {
            return Err(io::Error::other(Unread("no".into())));
        }
        let whole = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        let bytes = self.bytes[whole].to_vec();
        Ok(if self.short { bytes[1..].to_vec() } else { bytes })
    }

    fn check_unchanged(&self) -> io::Result<()> {
        Ok(())
    }
}

fn memory(size: usize) -> Memory {
    Memory { bytes: (0..size).map(|at| at.wrapping_mul(at).to_le_bytes()[1]).collect(), ..Memory::default() }
}

fn vec_of(range: Range<u64>) -> Vec<Range<u64>> {
    std::iter::once(range).collect()
}

fn parts(file: &Arc<Remote>, ranges: &[Range<u64>]) -> Vec<Option<Wanted>> {
    let part = |range: &Range<u64>| Some(Wanted { file: Arc::clone(file), ranges: vec_of(range.clone()) });
    ranges.iter().map(part).collect()
}

#[test]
fn parts_are_fetched_ahead_and_at_once() {
    let object = Arc::new(memory(1 << 20));
    let file = Arc::new(Remote::new(Arc::clone(&object) as Arc<dyn Object>));
    let ranges: Vec<_> = (0..64_u64).map(|at| at << 14..(at + 1) << 14).collect();
    with(&parts(&file, &ranges), |ahead| {
        for (at, range) in ranges.iter().enumerate() {
            let held = ahead.take(at).unwrap();
            assert!(held.is_some());
            let mut bytes = vec![0; 1 << 14];
            file.read_at(range.start, &mut bytes).unwrap();
            assert_eq!(bytes, object.bytes[at << 14..(at + 1) << 14]);
        }
    });
    let mut asked = object.asked.lock().unwrap().clone();
    asked.sort_by_key(|range| range.start);
    assert_eq!(asked, ranges);
    assert!(object.most.load(Ordering::SeqCst) >= 4, "{:?}", object.most);
}

#[test]
fn what_was_let_go_is_asked_for_again() {
    let object = Arc::new(memory(1 << 16));
    let file = Arc::new(Remote::new(Arc::clone(&object) as Arc<dyn Object>));
    let all = 0..1_u64 << 16;
    with(&parts(&file, std::slice::from_ref(&all)), |ahead| {
        let mut byte = [0];
        drop(ahead.take(0).unwrap());
        file.read_at(5, &mut byte).unwrap();
        assert!(ahead.take(0).unwrap().is_none());
    });
    assert_eq!(object.asked.lock().unwrap().len(), 2);
}

#[test]
fn a_failure_is_that_of_its_part() {
    let object = Arc::new(Memory { fails_at: Some(50_000), ..memory(1 << 20) });
    let file = Arc::new(Remote::new(object as Arc<dyn Object>));
    let ranges: Vec<_> = (0..8_u64).map(|at| at << 14..(at + 1) << 14).collect();
    with(&parts(&file, &ranges), |ahead| {
        let failed: Vec<_> = (0..8).filter(|&at| ahead.take(at).is_err()).collect();
        assert_eq!(failed, [3]);
    });
}

#[test]
fn an_answer_that_is_too_short_or_of_another_object_is_a_change() {
    for object in [Memory { short: true, ..memory(9000) }, Memory { gone: true.into(), ..memory(9000) }] {
        let file = Remote::new(Arc::new(object));
        let error = file.read_at(0, &mut [0; 10]).unwrap_err();
        assert!(is_changed(&error), "{error}");
    }
}

#[test]
fn reading_from_front_to_back_asks_for_more_and_more() {
    let object = Arc::new(memory(9 << 20));
    let file = Remote::new(Arc::clone(&object) as Arc<dyn Object>);
    let (mut all, mut at, mut buffer) = (Vec::new(), 0, [0; 10_007]);
    while let read @ 1.. = file.read_some(at, &mut buffer).unwrap() {
        all.extend_from_slice(&buffer[..read]);
        at += read as u64;
    }
    assert!(all == object.bytes);
    let asked = object.asked.lock().unwrap();
    assert!(asked.len() <= 11, "{asked:?}");
    assert_eq!(asked.iter().map(length).sum::<u64>(), 9 << 20);
}

#[test]
fn an_end_of_the_work_ends_the_fetching() {
    let object = Arc::new(memory(1 << 20));
    let file = Arc::new(Remote::new(Arc::clone(&object) as Arc<dyn Object>));
    let ranges: Vec<_> = (0..100_000_u64).map(|at| at * 8..(at + 1) * 8).collect();
    let parts = parts(&file, &ranges);
    // A panic that nobody prints, which may take as long as all requests do.
    let stopped = catch_unwind(AssertUnwindSafe(|| with(&parts, |_| resume_unwind(Box::new("stop")))));
    assert!(stopped.is_err());
    assert!(object.asked.lock().unwrap().len() < 50_000);
}

#[test]
fn more_than_may_be_held_is_not_fetched_ahead() {
    assert_eq!(joined(&[0..HELD, HELD + 5..HELD + 6]), []);
    assert_eq!(joined(&vec_of(0..HELD)).len() as u64, HELD / LARGEST as u64);
}

proptest! {
    #[test]
    fn requests_hold_all_that_is_wanted_and_little_more(
        starts in prop::collection::vec((0_u64..1 << 28, 0_u64..1 << 21), 0..20),
    ) {
        let ranges: Vec<_> = starts.iter().map(|&(start, length)| start..start + length).collect();
        let requests = joined(&ranges);
        for pair in requests.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
        let inside = |byte: u64| requests.iter().any(|request| request.contains(&byte));
        for range in ranges.iter().filter(|range| length(range) > 0) {
            prop_assert!(inside(range.start) && inside(range.end - 1) && inside(u64::midpoint(range.start, range.end - 1)));
        }
        prop_assert!(requests.iter().all(|request| length(request) > 0 && length(request) <= LARGEST as u64));
        let (wanted, asked): (u64, u64) = (ranges.iter().map(length).sum(), requests.iter().map(length).sum());
        prop_assert!(8 * asked <= 9 * wanted, "{asked} of {wanted}");
    }
}
