//! One capture: detects compression and format, hands out its packets.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use nautscan_core::packet::{InterfaceId, Packet};

use super::input::Input;
use super::pcap::{self, Pcap};
use super::pcapng::{self, PcapNg, Sink};
use super::record::{Damage, Notes, Record, Step};
use super::window::{Fill, Lent, Window};
use crate::limits::FILE_BUFFER;
use crate::{
    CaptureError, DamageKind, InterfaceStats, PacketSource, Progress, Pulled, SourceInterface,
};

/// A capture file, or a stream in a capture file's format.
pub struct FileSource {
    name: String,
    input: Input,
    window: Window,
    format: Format,
    interfaces: Vec<SourceInterface>,
    stats: Vec<InterfaceStats>,
    notes: Notes,
    /// Bytes still to be passed over.
    skip: u64,
    /// Parsed, not yet delivered; its bytes lie in the window.
    pending: Option<Record>,
    /// To be returned by the next pull.
    failed: Option<CaptureError>,
    ended: bool,
}

enum Format {
    Unknown,
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// What comes next in a capture.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    Packet(Record),
    /// An interface was added to the list.
    Grown,
    Idle,
    End,
}

impl FileSource {
    /// Opens a capture file. A regular file is checked to be a capture at once, a named pipe
    /// when its first bytes arrive.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaptureError> {
        Self::open_with(path.as_ref(), FILE_BUFFER)
    }

    pub(super) fn open_with(path: &Path, buffer: usize) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        match Input::open(path) {
            Ok(input) => Self::new(name, input, buffer),
            Err(source) => Err(CaptureError::Open { name, source }),
        }
    }

    /// Reads standard input. A pull waits at most `timeout` for something to arrive.
    #[cfg(unix)]
    pub fn stdin(timeout: Duration) -> Result<Self, CaptureError> {
        Self::from_raw_fd(0, "stdin", timeout)
    }

    /// Reads standard input. A pull waits for something to arrive.
    #[cfg(not(unix))]
    pub fn stdin(_timeout: Duration) -> Result<Self, CaptureError> {
        Self::from_reader(Box::new(std::io::stdin()), "stdin")
    }

    /// Reads a descriptor that stays open and with its owner: a duplicate is used.
    #[cfg(unix)]
    pub fn from_raw_fd(fd: i32, name: &str, timeout: Duration) -> Result<Self, CaptureError> {
        let name = name.to_owned();
        match crate::poll_ffi::duplicate(fd) {
            Ok(fd) => Self::from_file(File::from(fd), &name, timeout),
            Err(source) => Err(CaptureError::Open { name, source }),
        }
    }

    /// Reads an open file, pipe or socket. A pull waits at most `timeout` for something to
    /// arrive (not on Windows, where it waits until something does).
    pub fn from_file(file: File, name: &str, timeout: Duration) -> Result<Self, CaptureError> {
        let name = name.to_owned();
        match Input::from_file(file, timeout) {
            Ok(input) => Self::new(name, input, FILE_BUFFER),
            Err(source) => Err(CaptureError::Open { name, source }),
        }
    }

    /// Reads anything. A reader that fails with `WouldBlock` makes the pull `Idle`.
    pub fn from_reader(reader: Box<dyn Read + Send>, name: &str) -> Result<Self, CaptureError> {
        Self::new(name.to_owned(), Input::from_reader(reader), FILE_BUFFER)
    }

    fn new(name: String, input: Input, buffer: usize) -> Result<Self, CaptureError> {
        let mut source = Self {
            name,
            input,
            window: Window::new(buffer),
            format: Format::Unknown,
            interfaces: Vec::new(),
            stats: Vec::new(),
            notes: Notes::default(),
            skip: 0,
            pending: None,
            failed: None,
            ended: false,
        };
        if !source.input.is_stream() {
            source.detect()?;
        }
        Ok(source)
    }

    /// The path, `stdin`, or the name given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the capture says besides packets, as far as it was read.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// `pcap` or `pcapng`; `None` before the first bytes of a stream have arrived.
    pub fn format(&self) -> Option<&'static str> {
        match self.format {
            Format::Unknown => None,
            Format::Pcap(_) => Some("pcap"),
            Format::PcapNg(_) => Some("pcapng"),
        }
    }

    /// Like [`PacketSource::pull`], with `each` inlined into the loop.
    #[inline]
    pub fn for_each<F: FnMut(&Packet<'_>)>(
        &mut self,
        max: usize,
        mut each: F,
    ) -> Result<Pulled, CaptureError> {
        let mut count = 0;
        while count < max {
            let end = match self.next(count == 0) {
                Ok(Next::Packet(record)) => {
                    each(&self.packet(&record));
                    count += 1;
                    continue;
                }
                Ok(Next::Grown) => Pulled::Packets(count),
                Ok(Next::Idle) => Pulled::Idle,
                Ok(Next::End) => Pulled::End,
                Err(error) if count == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    Pulled::Packets(count)
                }
            };
            return Ok(if count > 0 { Pulled::Packets(count) } else { end });
        }
        Ok(Pulled::Packets(count))
    }

    /// The packet of a record that `next` has just returned.
    #[inline]
    pub(super) fn packet(&self, record: &Record) -> Packet<'_> {
        Packet {
            time: record.time,
            interface: InterfaceId(record.interface),
            link_type: record.link_type,
            wire_len: record.wire_len,
            data: &self.window.buffer()[record.start..record.start + record.len],
        }
    }

    /// Likewise, so that its bytes can be shared.
    #[inline]
    pub(super) fn lend(&self, record: &Record) -> Lent<'_> {
        Lent { packet: self.packet(record), block: self.window.block(), start: record.start }
    }

    /// Makes `next` return this record again. Nothing may have been read since it returned it.
    pub(super) fn put_back(&mut self, record: Record) {
        self.pending = Some(record);
    }

    /// Makes `next` return this error.
    pub(super) fn put_back_error(&mut self, error: CaptureError) {
        self.failed = Some(error);
    }

    pub(super) fn is_stream(&self) -> bool {
        self.input.is_stream()
    }

    pub(super) fn into_notes(self) -> (String, Notes) {
        (self.name, self.notes)
    }

    /// The next packet or event. A stream is waited for only if `wait`.
    #[inline]
    pub(super) fn next(&mut self, wait: bool) -> Result<Next, CaptureError> {
        if let Some(record) = self.pending.take() {
            return Ok(Next::Packet(record));
        }
        loop {
            let known = self.interfaces.len();
            match self.step() {
                Ok(Step::Packet(mut record, taken)) => {
                    record.start += self.window.position();
                    self.window.consume(taken);
                    return Ok(Next::Packet(record));
                }
                Ok(Step::Other(taken)) => {
                    self.window.consume(taken);
                    if self.interfaces.len() > known {
                        return Ok(Next::Grown);
                    }
                }
                Ok(step) => {
                    if let Some(next) = self.more(step, wait)? {
                        return Ok(next);
                    }
                }
                Err(damage) => return Err(self.damaged(damage)),
            }
        }
    }

    #[inline]
    fn step(&mut self) -> Result<Step, Damage> {
        if self.skip > 0 || self.ended || self.failed.is_some() {
            return Ok(Step::Need(self.window.data().len() + 1));
        }
        match &mut self.format {
            Format::Pcap(pcap) => pcap.step(self.window.data(), &mut self.notes),
            Format::PcapNg(pcapng) => {
                let mut sink = Sink {
                    interfaces: &mut self.interfaces,
                    stats: &mut self.stats,
                    notes: &mut self.notes,
                };
                pcapng.step(self.window.data(), &mut sink)
            }
            Format::Unknown => Ok(Step::Need(pcap::FILE_HEADER)),
        }
    }

    /// Reads on. `None`: there is more to parse.
    #[cold]
    fn more(&mut self, step: Step, wait: bool) -> Result<Option<Next>, CaptureError> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        if self.ended {
            return Ok(Some(Next::End));
        }
        if !wait && self.input.is_stream() {
            return Ok(Some(Next::Idle));
        }
        match step {
            Step::Skip(count) => self.pass_over(count),
            _ if self.skip > 0 => self.pass_over(0),
            _ if matches!(self.format, Format::Unknown) => self.detect(),
            Step::Need(need) => self.read(need),
            Step::Packet(..) | Step::Other(_) => Ok(None),
        }
    }

    fn read(&mut self, need: usize) -> Result<Option<Next>, CaptureError> {
        match self.fill(need)? {
            Fill::Ready => Ok(None),
            Fill::Idle => Ok(Some(Next::Idle)),
            Fill::End if self.window.data().is_empty() => {
                self.ended = true;
                Ok(Some(Next::End))
            }
            Fill::End => Err(self.cut(need)),
        }
    }

    /// Passes over `count` more bytes without holding them.
    fn pass_over(&mut self, count: u64) -> Result<Option<Next>, CaptureError> {
        self.skip += count;
        loop {
            let at_hand = self.window.data().len();
            let step = usize::try_from(self.skip).unwrap_or(usize::MAX).min(at_hand);
            self.window.consume(step);
            self.skip -= step as u64;
            if self.skip == 0 {
                self.notes.skipped_blocks += 1;
                return Ok(None);
            }
            match self.fill(1)? {
                Fill::Ready => {}
                Fill::Idle => return Ok(Some(Next::Idle)),
                Fill::End => return Err(self.cut(usize::try_from(self.skip).unwrap_or(usize::MAX))),
            }
        }
    }

    fn fill(&mut self, need: usize) -> Result<Fill, CaptureError> {
        let result = self.window.fill(self.input.reader(), need);
        result.map_err(|error| {
            let compressed = self.input.is_compressed()
                && matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof
                );
            if compressed {
                return self
                    .damaged(Damage { kind: DamageKind::Compression, what: error.to_string() });
            }
            self.ended = true;
            CaptureError::Read {
                name: self.name.clone(),
                offset: self.window.offset(),
                source: error,
            }
        })
    }

    fn cut(&mut self, need: usize) -> CaptureError {
        let found = self.window.data().len();
        self.damaged(Damage {
            kind: DamageKind::Cut,
            what: format!("it ends inside a record, {found} of at least {need} bytes are there"),
        })
    }

    #[cold]
    fn damaged(&mut self, damage: Damage) -> CaptureError {
        self.ended = true;
        CaptureError::Damaged {
            name: self.name.clone(),
            offset: self.window.offset(),
            kind: damage.kind,
            what: damage.what,
        }
    }

    /// Finds out compression and format. `Ok(None)` when done, or when there is more to do.
    fn detect(&mut self) -> Result<Option<Next>, CaptureError> {
        loop {
            let fill = self.fill(pcap::FILE_HEADER)?;
            if fill == Fill::Idle {
                return Ok(Some(Next::Idle));
            }
            if !self.input.decompress(self.window.data()) {
                break;
            }
            self.window = Window::new(FILE_BUFFER);
        }
        let Some(magic) = self.window.data().first_chunk::<4>().copied() else {
            return Err(self.not_a_capture());
        };
        if pcapng::is_magic(magic) {
            self.format = Format::PcapNg(PcapNg::new(&self.name));
            return Ok(None);
        }
        if !pcap::is_magic(magic) {
            return Err(self.not_a_capture());
        }
        let Some(header) = self.window.data().first_chunk::<{ pcap::FILE_HEADER }>() else {
            return Err(self.cut(pcap::FILE_HEADER));
        };
        let (pcap, interface) = match Pcap::open(header, &self.name) {
            Ok(opened) => opened,
            Err(what) => {
                self.ended = true;
                return Err(CaptureError::NotACapture { name: self.name.clone(), what });
            }
        };
        self.window.consume(pcap::FILE_HEADER);
        self.format = Format::Pcap(pcap);
        self.interfaces.push(interface);
        Ok(Some(Next::Grown))
    }

    fn not_a_capture(&mut self) -> CaptureError {
        self.ended = true;
        let data = self.window.data();
        let what = match data {
            [] => "it is empty".to_owned(),
            [a, b, c, d, ..] => {
                format!("it starts with {a:02x} {b:02x} {c:02x} {d:02x}, neither pcap nor pcapng")
            }
            _ => format!("it has only {} bytes", data.len()),
        };
        CaptureError::NotACapture { name: self.name.clone(), what }
    }
}

impl PacketSource for FileSource {
    fn interfaces(&self) -> &[SourceInterface] {
        &self.interfaces
    }

    fn pull(
        &mut self,
        max: usize,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> Result<Pulled, CaptureError> {
        self.for_each(max, each)
    }

    fn stats(&mut self) -> Vec<InterfaceStats> {
        self.stats.clone()
    }

    fn progress(&self) -> Progress {
        self.input.progress()
    }
}
