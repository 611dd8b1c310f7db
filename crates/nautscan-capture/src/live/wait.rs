//! Waiting for packets in a way that another thread can end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(unix)]
use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

use crate::CaptureError;

/// Ends or interrupts a capture from any thread. Clones act on the same capture.
#[derive(Debug, Clone)]
pub struct Stopper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    /// A signal is under way: keeps the pipe from filling up.
    signalled: AtomicBool,
    signal: Signal,
}

impl Stopper {
    /// Ends the capture: the pull under way returns soon, later ones say `End`.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.wake();
    }

    /// Makes the pull under way return soon, so that the capturing thread can see to other work.
    pub fn wake(&self) {
        if !self.shared.signalled.swap(true, Ordering::AcqRel) {
            self.shared.signal.send();
        }
    }

    /// True once [`Stopper::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Signal(PipeWriter);

#[cfg(unix)]
impl Signal {
    fn send(&self) {
        // Only fails once the capture is gone, when nobody waits.
        drop((&self.0).write(&[0]));
    }
}

/// The waiting side.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) stopper: Stopper,
    pipe: PipeReader,
}

#[cfg(unix)]
impl Waiter {
    pub(super) fn new() -> Result<Self, CaptureError> {
        let (pipe, writer) = io::pipe().map_err(CaptureError::Wait)?;
        let stopper = Stopper::new(Signal(writer));
        Ok(Self { stopper, pipe })
    }

    /// Waits until a descriptor is ready, somebody signals, or the time is up. Says of each
    /// descriptor whether it is ready.
    pub(super) fn wait(
        &self,
        descriptors: &[BorrowedFd<'_>],
        timeout: Duration,
    ) -> Result<Vec<bool>, CaptureError> {
        let mut all = descriptors.to_vec();
        all.push(self.pipe.as_fd());
        let mut ready = crate::poll_ffi::poll(&all, timeout).map_err(CaptureError::Wait)?;
        if ready.pop().is_some_and(|pipe| pipe.readable) {
            drop((&self.pipe).read(&mut [0; 16]));
            // A signal sent between these two lines is lost, which is no harm: the pull returns
            // now, and that is all that a signal asks for.
            self.stopper.shared.signalled.store(false, Ordering::Release);
        }
        Ok(ready.iter().map(|fd| fd.readable).collect())
    }
}

#[cfg(not(unix))]
#[derive(Debug, Default)]
struct Signal {
    sent: std::sync::Mutex<bool>,
    condition: std::sync::Condvar,
}

#[cfg(not(unix))]
impl Signal {
    fn send(&self) {
        *self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.condition.notify_all();
    }
}

/// The waiting side, where captures have no descriptors to wait for.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) stopper: Stopper,
}

#[cfg(not(unix))]
impl Waiter {
    pub(super) fn new() -> Result<Self, CaptureError> {
        let stopper = Stopper::new(Signal::default());
        Ok(Self { stopper })
    }

    /// Waits until somebody signals or the time is up.
    pub(super) fn wait(&self, timeout: Duration) {
        let signal = &self.stopper.shared.signal;
        let sent = signal.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let waited = signal.condition.wait_timeout_while(sent, timeout, |sent| !*sent);
        let (mut sent, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        *sent = false;
        self.stopper.shared.signalled.store(false, Ordering::Release);
    }
}

impl Stopper {
    fn new(signal: Signal) -> Self {
        Self {
            shared: Arc::new(Shared {
                stopped: AtomicBool::new(false),
                signalled: AtomicBool::new(false),
                signal,
            }),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_wake_ends_one_wait_and_a_stop_is_remembered() {
        let waiter = Waiter::new().expect("pipe");
        let long = Duration::from_secs(60);
        for _ in 0..100_000 {
            waiter.stopper.wake();
        }
        waiter.wait(&[], long).expect("wait");
        assert!(waiter.wait(&[], Duration::ZERO).expect("wait").is_empty());
        assert!(!waiter.stopper.is_stopped());
        let stopper = waiter.stopper.clone();
        let thread = std::thread::spawn(move || stopper.stop());
        waiter.wait(&[], long).expect("wait");
        thread.join().expect("thread");
        assert!(waiter.stopper.is_stopped());
    }
}
