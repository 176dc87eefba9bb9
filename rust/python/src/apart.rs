//! Work on a thread of its own, so that Ctrl-C has not to wait for its end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use passcurve_core::error::{Error, Result};
use passcurve_core::sources::Progress;
use pyo3::prelude::*;

use crate::errors::{caught, to_python};

/// How often the calling thread looks up from waiting.
const LOOK_UP: Duration = Duration::from_millis(20);

/// How long it waits for work that it told to stop. Sorting does not look up; it ends by itself, and nobody hears of it.
const GRACE: Duration = Duration::from_millis(100);

/// What the two threads tell each other.
#[derive(Debug, Default)]
struct Shared {
    rows: AtomicU64,
    bytes: AtomicU64,
    all_bytes: AtomicU64,
    stopped: AtomicBool,
}

impl Shared {
    fn done(&self) -> Told {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (load(&self.rows), load(&self.bytes), load(&self.all_bytes))
    }

    fn watch(&self, progress: &Progress) -> Result<()> {
        self.rows.store(progress.rows(), Ordering::Relaxed);
        self.bytes.store(progress.bytes(), Ordering::Relaxed);
        self.all_bytes.store(progress.all_bytes(), Ordering::Relaxed);
        if self.stopped.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// The rows counted so far, the bytes read, and those that there are to read.
type Told = (u64, u64, u64);

/// Calls `progress` with what is done so far.
pub(crate) fn told(py: Python<'_>, progress: Option<&Py<PyAny>>, done: Told) -> PyResult<()> {
    progress.map_or(Ok(()), |call| call.call1(py, done).map(drop))
}

/// Runs `work`, which calls the function that it is given now and then. Meanwhile this thread calls `progress` with the
/// rows counted so far, and raises what that or Ctrl-C raises, at once.
pub(crate) fn apart<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut dyn FnMut(&Progress) -> Result<()>) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let shared = Arc::new(Shared::default());
    let (done, result) = mpsc::channel();
    let work = Arc::new(Mutex::new(Some(work)));
    let run = {
        let (shared, work) = (Arc::clone(&shared), Arc::clone(&work));
        move || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            let ran = work.map(|work| caught(|| work(&mut |progress| shared.watch(progress))).flatten());
            // Nobody listens once the caller was interrupted.
            let _ = done.send(ran);
        }
    };
    let ran = match thread::Builder::new().spawn(run.clone()) {
        Ok(thread) => {
            drop(run);
            let shared = &shared;
            let waited = py.detach(move || {
                loop {
                    match result.recv_timeout(LOOK_UP) {
                        Err(RecvTimeoutError::Timeout) => {}
                        ended => break Ok(ended.ok().flatten()),
                    }
                    let done = shared.done();
                    let looked =
                        Python::attach(|py| py.check_signals().and_then(|()| told(py, progress, done)));
                    if let Err(raised) = looked {
                        shared.stopped.store(true, Ordering::Relaxed);
                        break Err((raised, result.recv_timeout(GRACE).is_ok()));
                    }
                }
            });
            let ended = waited.as_ref().map_or_else(|&(_, ended)| ended, |_| true);
            if ended {
                // It has nothing left to do; no thread outlives the call.
                let _ = py.detach(|| thread.join());
            }
            waited.map_err(|(raised, _)| raised)?
        }
        // Where no thread is to be had, the work is done here.
        Err(_) => py.detach(move || {
            run();
            result.recv().ok().flatten()
        }),
    };
    if matches!(ran, Some(Ok(_))) {
        // Once more at the end, so that all is told.
        told(py, progress, shared.done())?;
    }
    let ran = ran.unwrap_or_else(|| Err(Error::Internal("a thread ended without a word".into())));
    ran.map_err(|error| to_python(py, &error))
}
