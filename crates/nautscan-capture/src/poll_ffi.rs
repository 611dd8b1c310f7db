//! Waiting for file descriptors: the few calls of libc that the standard library lacks.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// What `poll` says of one descriptor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    /// A read would not block: there is data, or the end.
    pub(crate) readable: bool,
}

/// Waits until one of the descriptors is readable or broken, or the time is up.
/// A signal ends the wait early, with nothing ready.
pub(crate) fn poll(fds: &[BorrowedFd<'_>], timeout: Duration) -> io::Result<Vec<Ready>> {
    let mut entries: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 })
        .collect();
    let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the pointer and length describe `entries`, which outlives the call and which
    // nothing else refers to.
    let result = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, millis) };
    if result < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        entries.iter_mut().for_each(|entry| entry.revents = 0);
    }
    let ready = |entry: &libc::pollfd| Ready { readable: entry.revents != 0 };
    Ok(entries.iter().map(ready).collect())
}

/// A new descriptor for what `fd` refers to, owned by the caller and closed on exec.
pub(crate) fn duplicate(fd: i32) -> io::Result<OwnedFd> {
    // SAFETY: fcntl with F_DUPFD_CLOEXEC takes any integer and fails with EBADF for one that is
    // no open descriptor.
    let new = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if new < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fcntl has just created `new`, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(new) })
}

/// Asks for a larger buffer of a pipe, so that its two ends take fewer turns. A descriptor that
/// is no pipe, or a system that refuses, stays as it is.
#[cfg(target_os = "linux")]
pub(crate) fn enlarge_pipe(fd: BorrowedFd<'_>, bytes: i32) {
    // SAFETY: the descriptor is open for as long as it is borrowed; the call takes any number
    // and fails without effect for what it does not like.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETPIPE_SZ, bytes) };
}
