//! One capture: hands out its packets. What it is, `detect.rs` finds out.

mod detect;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use nautscan_core::packet::{InterfaceId, Packet};

use super::input::Input;
use super::order::Sorter;
use super::pcap::{self, Pcap};
use super::pcapng::{PcapNg, Sink};
use super::record::{Damage, Notes, Record, Step};
use super::window::{Fill, Lent, Window};
use crate::limits::{AHEAD_RECORDS, FILE_BUFFER};
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
    /// A stretch of parsed records; those before `given` were delivered. Their bytes lie in the
    /// window, or in the sorter if there is one.
    ahead: Vec<Record>,
    given: usize,
    /// Holds packets while the file is out of order.
    sorter: Option<Box<Sorter>>,
    /// How long the last sorter held packets, ns.
    hold: i64,
    /// Time of the last record parsed.
    parsed: i64,
    /// Time of the last packet of the stretch, in the order in which it is delivered.
    last: i64,
    /// An interface was added behind the stretch.
    grown: bool,
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
            ahead: Vec::new(),
            given: 0,
            sorter: None,
            hold: 0,
            parsed: i64::MIN,
            last: i64::MIN,
            grown: false,
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
        let bytes = match &self.sorter {
            None => self.window.buffer(),
            Some(sorter) => sorter.bytes(),
        };
        let start = record.start as usize;
        Packet {
            time: record.time,
            interface: InterfaceId(record.interface),
            link_type: record.link_type,
            wire_len: record.wire_len,
            data: &bytes[start..start + record.len as usize],
        }
    }

    /// Likewise, so that its bytes can be shared.
    #[inline]
    pub(super) fn lend(&self, record: &Record) -> Lent<'_> {
        let block = self.sorter.is_none().then(|| self.window.block());
        Lent { packet: self.packet(record), block, start: record.start as usize }
    }

    /// Makes `next` return the record again that it has just returned.
    pub(super) fn put_back(&mut self) {
        self.given -= 1;
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
        loop {
            if let Some(&record) = self.ahead.get(self.given) {
                self.given += 1;
                return Ok(Next::Packet(record));
            }
            if let Some(next) = self.look_ahead(wait)? {
                return Ok(next);
            }
        }
    }

    /// Parses the next stretch of records, and puts it in order. `Some`: what else there is.
    #[inline(never)]
    fn look_ahead(&mut self, wait: bool) -> Result<Option<Next>, CaptureError> {
        self.ahead.clear();
        self.given = 0;
        if std::mem::take(&mut self.grown) {
            return Ok(Some(Next::Grown));
        }
        if self.sorter.as_ref().is_some_and(|sorter| sorter.is_calm() && !sorter.holds_any()) {
            self.sorter = None;
        }
        let in_order = loop {
            let (in_order, step) = self.parse();
            if !self.ahead.is_empty() {
                break in_order;
            }
            if std::mem::take(&mut self.grown) {
                return Ok(Some(Next::Grown));
            }
            match self.more(step, wait) {
                Ok(None) => {}
                Ok(Some(Next::Idle)) if !wait => return Ok(Some(Next::Idle)),
                Ok(Some(next @ (Next::Packet(_) | Next::Grown))) => return Ok(Some(next)),
                outcome => return self.after_what_is_held(outcome),
            }
        };
        if !in_order || self.sorter.is_some() {
            self.sort();
        }
        if let Some(record) = self.ahead.last() {
            self.last = record.time;
        }
        Ok(None)
    }

    /// Parses what is at hand into `ahead`, up to its cap. Whether it is in order, and what is
    /// needed to go on.
    #[inline]
    fn parse(&mut self) -> (bool, Step) {
        let mut in_order = true;
        while self.ahead.len() < AHEAD_RECORDS {
            let known = self.interfaces.len();
            match self.step() {
                Ok(Step::Packet(mut record, taken)) => {
                    record.start += self.window.position() as u32;
                    self.window.consume(taken);
                    in_order &= record.time >= self.parsed;
                    self.parsed = record.time;
                    self.ahead.push(record);
                }
                Ok(Step::Other(taken)) => {
                    self.window.consume(taken);
                    if self.interfaces.len() > known {
                        self.grown = true;
                        break;
                    }
                }
                Ok(step) => return (in_order, step),
                Err(damage) => {
                    self.failed = Some(self.damaged(damage));
                    break;
                }
            }
        }
        (in_order, Step::Other(0))
    }

    /// Puts a stretch in order, by way of the sorter.
    #[cold]
    fn sort(&mut self) {
        let hold = self.hold;
        let sorter = self.sorter.get_or_insert_with(|| Box::new(Sorter::new(hold)));
        sorter.take(&mut self.ahead, self.window.buffer(), &mut self.notes);
        if sorter.is_calm() {
            sorter.release_all(&mut self.ahead);
        }
        self.hold = sorter.patience();
        self.count_steps_back();
    }

    /// The end, silence or damage: what the sorter holds is delivered first.
    fn after_what_is_held(
        &mut self,
        outcome: Result<Option<Next>, CaptureError>,
    ) -> Result<Option<Next>, CaptureError> {
        let Some(sorter) = self.sorter.as_mut().filter(|sorter| sorter.holds_any()) else {
            return outcome;
        };
        sorter.release_all(&mut self.ahead);
        self.count_steps_back();
        // Of the end and of silence the reader will be told again when it asks again.
        if let Err(error) = outcome {
            self.failed = Some(error);
        }
        Ok(None)
    }

    /// Says how often time goes back in a stretch that is about to be delivered.
    fn count_steps_back(&mut self) {
        for record in &self.ahead {
            self.notes.time_went_back += u64::from(record.time < self.last);
            self.last = record.time;
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
