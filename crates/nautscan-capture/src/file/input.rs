//! Where the bytes of a capture come from: a file, a pipe, any reader; compressed or not.
//!
//! One convention throughout: a read that fails with `WouldBlock` means that nothing arrived
//! within the timeout, and that the read can be tried again.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::zstd::{self, ZstdReader};
use crate::Progress;
use crate::limits::COMPRESSED_BUFFER;

type Bytes = Box<dyn Read + Send>;

/// The bytes of one capture.
pub(super) struct Input {
    reader: Bytes,
    done: Arc<AtomicU64>,
    total: Option<u64>,
    stream: bool,
    compressed: bool,
}

impl Input {
    /// Opens a path: a regular file, or a named pipe, which is a stream.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Self::from_file(file, std::time::Duration::from_secs(1))
    }

    /// An open file: a stream unless it is a regular file.
    pub(super) fn from_file(file: File, timeout: std::time::Duration) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_file() {
            return Ok(Self::new(Box::new(file), Some(metadata.len()), false));
        }
        Ok(Self::new(stream(file, timeout), None, true))
    }

    /// Any reader. It is a stream: what a read returns is delivered before the next read.
    pub(super) fn from_reader(reader: Bytes) -> Self {
        Self::new(reader, None, true)
    }

    fn new(reader: Bytes, total: Option<u64>, stream: bool) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let reader = Box::new(Counting { inner: reader, done: Arc::clone(&done) });
        Self { reader, done, total, stream, compressed: false }
    }

    /// True if a read may wait for somebody to write.
    pub(super) fn is_stream(&self) -> bool {
        self.stream
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.compressed
    }

    pub(super) fn reader(&mut self) -> &mut dyn Read {
        &mut self.reader
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { bytes_done: self.done.load(Ordering::Relaxed), bytes_total: self.total }
    }

    /// If `first`, the bytes read so far, start like a compressed stream: reads its content from
    /// now on, `first` included. Only one layer of compression is taken off.
    pub(super) fn decompress(&mut self, first: &[u8]) -> bool {
        let Some(magic) = first.first_chunk::<4>().filter(|_| !self.compressed) else {
            return false;
        };
        let wrap: fn(Chain<Cursor<Vec<u8>>, Bytes>) -> Bytes = if magic.starts_with(&[0x1f, 0x8b]) {
            |bytes| {
                let buffered = BufReader::with_capacity(COMPRESSED_BUFFER, bytes);
                Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
            }
        } else if zstd::is_magic(*magic) {
            |bytes| Box::new(ZstdReader::new(bytes, COMPRESSED_BUFFER))
        } else {
            return false;
        };
        let raw = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = wrap(Cursor::new(first.to_vec()).chain(raw));
        self.compressed = true;
        true
    }
}

/// Counts the bytes that pass.
struct Counting {
    inner: Bytes,
    done: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.done.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Capacity asked for of a pipe: the most that Linux gives unprivileged users.
#[cfg(target_os = "linux")]
const PIPE_BYTES: i32 = 1024 * 1024;

#[cfg(unix)]
fn stream(file: File, timeout: std::time::Duration) -> Bytes {
    #[cfg(target_os = "linux")]
    crate::poll_ffi::enlarge_pipe(std::os::fd::AsFd::as_fd(&file), PIPE_BYTES);
    Box::new(Patient { file, timeout })
}

/// Without `poll` reads wait until something is written; a quiet stream then never is idle.
#[cfg(not(unix))]
fn stream(file: File, _timeout: std::time::Duration) -> Bytes {
    Box::new(file)
}

/// A pipe, socket or terminal that is waited for, but not for ever.
#[cfg(unix)]
struct Patient {
    file: File,
    timeout: std::time::Duration,
}

#[cfg(unix)]
impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::fd::AsFd;
        let ready = crate::poll_ffi::poll(&[self.file.as_fd()], self.timeout)?;
        if ready.iter().any(|fd| fd.readable) {
            return self.file.read(buffer);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}
