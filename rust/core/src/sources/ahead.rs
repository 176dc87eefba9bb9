//! Fetching what will be read before it is read: many requests at a time, in the order in which their bytes are wanted.
//!
//! A store answers late but many at once, so there are more threads that wait for it than there are that count.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::remote::{Piece, Remote};

/// Requests that are under way at most.
const REQUESTS: usize = 16;
/// Bytes that are fetched by one request at most.
const LARGEST: usize = 16 << 20;
/// Bytes that are fetched and not yet counted at most, but for those of the part that is waited for.
const HELD: u64 = 256 << 20;
/// Bytes between two ranges that are fetched with them, at most.
const WIDEST_GAP: u64 = 1 << 20;

/// What a part needs of its file.
pub(super) struct Wanted {
    pub(super) file: Arc<Remote>,
    pub(super) ranges: Vec<Range<u64>>,
}

/// One request.
struct Request {
    part: usize,
    range: Range<u64>,
}

/// What is fetched for parts that are taken in order.
pub(super) struct Ahead<'w> {
    parts: &'w [Option<Wanted>],
    requests: Vec<Request>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The request that comes next.
    next: usize,
    /// Parts before this one were asked for.
    asked: usize,
    held: u64,
    /// Of each part what came, and how many requests did not come yet.
    parts: BTreeMap<usize, (Vec<Piece>, usize)>,
    failed: BTreeMap<usize, io::Error>,
    stopped: bool,
}

/// Bytes of a part, which its file holds as long as this lives.
pub(super) struct Held<'a> {
    ahead: &'a Ahead<'a>,
    file: &'a Remote,
    pieces: Vec<Piece>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.file.let_go(&self.pieces);
        let bytes = self.pieces.iter().map(Piece::length).sum();
        let mut state = self.ahead.state();
        state.held = state.held.saturating_sub(bytes);
        self.ahead.changed.notify_all();
    }
}

/// Runs `work` while what the parts want is fetched.
pub(super) fn with<T>(parts: &[Option<Wanted>], work: impl FnOnce(&Ahead<'_>) -> T) -> T {
    let ahead = Ahead::new(parts);
    let count = ahead.requests.len().min(REQUESTS);
    thread::scope(|scope| {
        let fetch = || thread::Builder::new().spawn_scoped(scope, || while ahead.fetch_next() {});
        // Where no thread is to be had, whoever counts fetches what it lacks.
        if (0..count).map_while(|_| fetch().ok()).count() == 0 {
            ahead.stop();
        }
        let stop = Stop(&ahead);
        let done = work(&ahead);
        drop(stop);
        done
    })
}

/// Ends the fetching, also when the work panics.
struct Stop<'a>(&'a Ahead<'a>);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<'w> Ahead<'w> {
    fn new(parts: &'w [Option<Wanted>]) -> Self {
        let (mut requests, mut state) = (Vec::new(), State::default());
        for (part, wanted) in parts.iter().enumerate() {
            let Some(wanted) = wanted else { continue };
            let ranges = joined(&wanted.ranges);
            state.parts.insert(part, (Vec::new(), ranges.len()));
            requests.extend(ranges.into_iter().map(|range| Request { part, range }));
        }
        Self { parts, requests, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches nothing more.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// Makes the next request; false where there is none.
    fn fetch_next(&self) -> bool {
        let mut state = self.state();
        let request = loop {
            let Some(request) = self.requests.get(state.next).filter(|_| !state.stopped) else {
                return false;
            };
            if state.held + length(&request.range) <= HELD || request.part < state.asked {
                break request;
            }
            state = self.wait(state);
        };
        state.next += 1;
        state.held += length(&request.range);
        drop(state);
        let fetched = self.fetch(request);
        let mut state = self.state();
        match (fetched, state.parts.get_mut(&request.part)) {
            (Ok(piece), Some((pieces, missing))) => {
                pieces.push(piece);
                *missing -= 1;
            }
            (Err(error), _) => {
                state.failed.entry(request.part).or_insert(error);
            }
            // Its part failed.
            (Ok(_), None) => {}
        }
        self.changed.notify_all();
        true
    }

    fn fetch(&self, request: &Request) -> io::Result<Piece> {
        let Some(wanted) = &self.parts[request.part] else { return Err(io::ErrorKind::NotFound.into()) };
        // Somebody waits for what comes of it.
        let fetched = catch_unwind(AssertUnwindSafe(|| wanted.file.fetch(request.range.clone())));
        fetched.unwrap_or_else(|_| Err(io::Error::other("a request ended without a word")))
    }

    /// Waits until a part's bytes are there; none where nothing was fetched for it.
    pub(super) fn take(&self, part: usize) -> io::Result<Option<Held<'_>>> {
        let mut state = self.state();
        state.asked = state.asked.max(part + 1);
        self.changed.notify_all();
        loop {
            if let Some(error) = state.failed.remove(&part) {
                state.parts.remove(&part);
                return Err(error);
            }
            match state.parts.get(&part) {
                Some((_, 0)) => break,
                Some(_) if !state.stopped => state = self.wait(state),
                _ => return Ok(None),
            }
        }
        let (Some((pieces, _)), Some(wanted)) = (state.parts.remove(&part), &self.parts[part]) else {
            return Ok(None);
        };
        wanted.file.hold(&pieces);
        Ok(Some(Held { ahead: self, file: &wanted.file, pieces }))
    }
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

/// The requests that fetch these ranges: neighbours with one, long ones with several; none for more than may be held.
fn joined(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = ranges.iter().filter(|range| length(range) > 0).cloned().collect();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    let wanted: u64 = sorted.iter().map(length).fold(0, u64::saturating_add);
    if wanted > HELD {
        return Vec::new();
    }
    // All gaps together are an eighth of what is wanted at most.
    let gap = (wanted / (8 * sorted.len().max(1) as u64)).min(WIDEST_GAP);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(gap) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    let pieces = joined.into_iter().flat_map(|range| {
        let starts = (range.start..range.end).step_by(LARGEST);
        starts.map(move |start| start..range.end.min(start.saturating_add(LARGEST as u64)))
    });
    pieces.collect()
}

#[cfg(test)]
mod tests;
