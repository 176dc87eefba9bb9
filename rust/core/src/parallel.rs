//! Work on scoped threads: in order, first error wins, interruptible.
//!
//! No pool outlives a call, so a process that forks afterwards (as data loaders do) cannot deadlock on it.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often the calling thread looks up from waiting.
const TICK: Duration = Duration::from_millis(50);

/// More threads than this help nobody.
const MOST: usize = 256;

/// The number of threads to use: what was asked for, else `RAYON_NUM_THREADS`, else the machine's; at most 256.
#[must_use]
pub fn thread_count(requested: Option<usize>) -> usize {
    requested
        .or_else(|| std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok())
        .filter(|&threads| threads > 0)
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
        .min(MOST)
}

/// Runs `task(state, index, item)` over `items` on up to `threads` threads, each with a state of its own.
///
/// Items are taken in order and none is taken after an error, so the error returned is always the one with
/// the lowest index, whatever the number of threads. Meanwhile the calling thread calls `watch` every
/// 50 ms; when that fails, its error is returned as soon as the running items end.
///
/// # Errors
/// The failing item's error with the lowest index, or the watch's.
pub fn fold<I: Send, S: Send, E: Send>(
    threads: usize,
    items: Vec<I>,
    init: impl Fn() -> S + Sync,
    task: impl Fn(&mut S, usize, I) -> Result<(), E> + Sync,
    watch: Option<&mut dyn FnMut() -> Result<(), E>>,
) -> Result<Vec<S>, E> {
    let workers = threads.clamp(1, items.len().max(1));
    if workers == 1 && watch.is_none() {
        let mut state = init();
        for (index, item) in items.into_iter().enumerate() {
            task(&mut state, index, item)?;
        }
        return Ok(vec![state]);
    }
    let queue = Mutex::new(Queue { items: items.into_iter().enumerate(), failure: None, stopped: false });
    let locked = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    // A function of its own: in the head of a `while let` the lock would be held during the task.
    let next = || locked().take();
    let run = || {
        // When a task panics the others shall not go on to the end of the queue.
        let stop = OnPanic(|| locked().stopped = true);
        let mut state = init();
        while let Some((index, item)) = next() {
            if let Err(error) = task(&mut state, index, item) {
                locked().fail(index, error);
            }
        }
        std::mem::forget(stop);
        state
    };
    let states = thread::scope(|scope| {
        let (alive, done) = mpsc::channel::<()>();
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                let alive = alive.clone();
                let run = &run;
                thread::Builder::new().spawn_scoped(scope, move || {
                    let state = run();
                    drop(alive);
                    state
                })
            })
            // Where no more threads are to be had, those that run do all the work.
            .map_while(Result::ok)
            .collect();
        drop(alive);
        if let Some(watch) = watch {
            while done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = watch() {
                    locked().fail(usize::MAX, error);
                    break;
                }
            }
        }
        handles.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let states = if states.is_empty() { vec![Ok(run())] } else { states };
    if let Some((_, error)) = locked().failure.take() {
        return Err(error);
    }
    Ok(states
        .into_iter()
        .map(|state| state.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect())
}

/// Runs `task(index, item)` over `items` and returns the results in the order of the items.
///
/// # Errors
/// The failing item's error with the lowest index.
pub fn map<I: Send, T: Send, E: Send>(
    threads: usize,
    items: Vec<I>,
    task: impl Fn(usize, I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let push = |done: &mut Vec<(usize, T)>, index, item| {
        done.push((index, task(index, item)?));
        Ok(())
    };
    let mut results: Vec<_> = fold(threads, items, Vec::new, push, None)?.into_iter().flatten().collect();
    results.sort_unstable_by_key(|&(index, _)| index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

struct OnPanic<F: Fn()>(F);

impl<F: Fn()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

struct Queue<I: Iterator, E> {
    items: I,
    failure: Option<(usize, E)>,
    stopped: bool,
}

impl<I: Iterator, E> Queue<I, E> {
    fn take(&mut self) -> Option<I::Item> {
        if self.stopped || self.failure.is_some() { None } else { self.items.next() }
    }

    fn fail(&mut self, index: usize, error: E) {
        if self.failure.as_ref().is_none_or(|&(first, _)| index < first) {
            self.failure = Some((index, error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fold, map};

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 3, 8] {
            let squares = map(threads, (0..100_u64).collect(), |_, x| Ok::<_, ()>(x * x)).unwrap();
            assert_eq!(squares, (0..100).map(|x| x * x).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_wins() {
        for threads in [1, 2, 3, 8] {
            for _ in 0..50 {
                let failed =
                    map(threads, (0..64_u32).collect(), |_, x| if x % 10 == 7 { Err(x) } else { Ok(()) });
                assert_eq!(failed, Err(7));
            }
        }
    }

    #[test]
    fn a_watch_can_stop_it() {
        let slow = |(): &mut (), _, ()| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            Ok(())
        };
        let stopped = fold(2, vec![(); 1000], || (), slow, Some(&mut || Err("stopped")));
        assert_eq!(stopped.unwrap_err(), "stopped");
    }
}
