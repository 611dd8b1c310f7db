//! Many captures as one stream in order of time.
//!
//! Each file is looked at for the time of its first packet and closed again. It is opened when
//! the merge has come to that time, so that a hundred rotated files of one capture need one
//! open file, and captures of the same period are merged packet by packet. One packet of each
//! open file is looked at ahead; nothing is copied. Each file by itself is in order of time as far
//! as [`super::order`] can put it so.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

use super::record::{Notes, Record};
use super::single::{FileSource, Next};
use super::window::Lent;
use crate::limits::{FILE_BUFFER, PROBE_BUFFER};
use crate::{
    CaptureError, InterfaceStats, MAX_INTERFACES, MAX_OPEN_FILES, PacketSource, Progress, Pulled,
    SourceInterface,
};

/// Several captures read as one.
///
/// Invariant: each open slot is either in `ready`, with its next packet looked at and put back,
/// or in `unready`.
pub struct MergedSource {
    waiting: VecDeque<Waiting>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    ready: BinaryHeap<Reverse<Head>>,
    unready: Vec<usize>,
    interfaces: Vec<SourceInterface>,
    link_types: Vec<LinkType>,
    failed: VecDeque<CaptureError>,
    finished: Finished,
    bytes_total: Option<u64>,
}

/// A file that the merge has not come to.
struct Waiting {
    first_time: i64,
    order: usize,
    path: PathBuf,
}

/// An open file.
struct Slot {
    source: FileSource,
    order: usize,
    /// Its interfaces' indexes in the merged list.
    interfaces: Vec<u16>,
}

/// The next packet of a slot. Packets of the same time come in the order the files were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    time: i64,
    order: usize,
    slot: usize,
}

/// What is kept of files that were read.
#[derive(Default)]
struct Finished {
    bytes: u64,
    stats: Vec<InterfaceStats>,
    notes: Vec<(String, Notes)>,
}

impl MergedSource {
    /// Opens files, to be read as one.
    ///
    /// A file that cannot be opened is an error at once. One that is no capture is reported by a
    /// pull, as damage is, and the others are read.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self, CaptureError> {
        Self::open_with(paths, Vec::new())
    }

    /// Like [`MergedSource::open`], with streams merged in. A stream that is quiet holds the
    /// others up, since what it will deliver may be earlier.
    pub fn open_with<P: AsRef<Path>>(
        paths: &[P],
        streams: Vec<FileSource>,
    ) -> Result<Self, CaptureError> {
        let mut merged = Self {
            waiting: VecDeque::new(),
            slots: Vec::new(),
            free: Vec::new(),
            ready: BinaryHeap::new(),
            unready: Vec::new(),
            interfaces: Vec::new(),
            link_types: Vec::new(),
            failed: VecDeque::new(),
            finished: Finished::default(),
            bytes_total: Some(0),
        };
        let mut waiting = Vec::new();
        for (order, path) in paths.iter().enumerate() {
            merged.add_path(path.as_ref(), order, paths.len() == 1, &mut waiting)?;
        }
        waiting.sort_by_key(|file| (file.first_time, file.order));
        merged.waiting = waiting.into();
        for (index, stream) in streams.into_iter().enumerate() {
            merged.bytes_total = add(merged.bytes_total, stream.progress().bytes_total);
            merged.activate(stream, paths.len() + index)?;
        }
        Ok(merged)
    }

    fn add_path(
        &mut self,
        path: &Path,
        order: usize,
        only: bool,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), CaptureError> {
        let buffer = if only { FILE_BUFFER } else { PROBE_BUFFER };
        let mut source = match FileSource::open_with(path, buffer) {
            Ok(source) => source,
            Err(error) if error.is_damage() && !only => {
                self.failed.push_back(error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.bytes_total = add(self.bytes_total, source.progress().bytes_total);
        if source.is_stream() {
            return self.activate(source, order);
        }
        let first_time = first_time(&mut source);
        if only {
            return self.activate(source, order);
        }
        for interface in source.interfaces() {
            meet(&mut self.link_types, interface.link_type);
        }
        waiting.push(Waiting { first_time, order, path: path.to_owned() });
        Ok(())
    }

    /// Link types of all interfaces found so far, in the order found: also of those in files that
    /// the merge has only looked into.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    fn activate(&mut self, source: FileSource, order: usize) -> Result<(), CaptureError> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        if index >= MAX_OPEN_FILES {
            return Err(CaptureError::TooManyOpen {
                count: index + 1 + self.waiting.len(),
                limit: MAX_OPEN_FILES,
            });
        }
        self.slots[index] = Some(Slot { source, order, interfaces: Vec::new() });
        self.unready.push(index);
        self.adopt_interfaces(index)
    }

    /// Comments, names and secrets of each file read so far, by the file's name.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &Notes)> {
        let finished = self.finished.notes.iter().map(|(name, notes)| (&**name, notes));
        let open = self.slots.iter().flatten();
        finished.chain(open.map(|slot| (slot.source.name(), slot.source.notes())))
    }

    /// Like [`PacketSource::pull`], with `each` inlined into the loop.
    pub fn for_each<F: FnMut(&Packet<'_>)>(
        &mut self,
        max: usize,
        mut each: F,
    ) -> Result<Pulled, CaptureError> {
        self.lend_each(max, |lent| each(&lent.packet))
    }

    /// Likewise, with the blocks that the packets lie in, which the caller may keep shares of.
    pub(crate) fn lend_each<F: FnMut(&Lent<'_>)>(
        &mut self,
        max: usize,
        mut each: F,
    ) -> Result<Pulled, CaptureError> {
        let mut count = 0;
        while count < max {
            if let Some(outcome) = self.prepare(count)? {
                return Ok(outcome);
            }
            let Some(Reverse(head)) = self.ready.pop() else {
                return Ok(end_or(count));
            };
            count += self.run(head, max - count, &mut each);
        }
        Ok(Pulled::Packets(count))
    }

    /// Looks at the next packet of every open file, and opens files whose time has come.
    /// `Some`: the pull ends here, with `count` packets delivered.
    fn prepare(&mut self, count: usize) -> Result<Option<Pulled>, CaptureError> {
        let known = self.interfaces.len();
        loop {
            while let Some(&slot) = self.unready.last() {
                if !self.look_ahead(slot, count)? {
                    return Ok(Some(idle_or(count)));
                }
            }
            if self.failed.is_empty() && self.waiting_is_next() {
                self.open_next()?;
                continue;
            }
            return match self.failed.pop_front() {
                Some(error) if count == 0 => Err(error),
                Some(error) => {
                    self.failed.push_front(error);
                    Ok(Some(Pulled::Packets(count)))
                }
                None if self.interfaces.len() > known => Ok(Some(Pulled::Packets(count))),
                None => Ok(None),
            };
        }
    }

    fn waiting_is_next(&self) -> bool {
        match (self.waiting.front(), self.ready.peek()) {
            (Some(file), Some(Reverse(head))) => file.first_time <= head.time,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    fn open_next(&mut self) -> Result<(), CaptureError> {
        let Some(file) = self.waiting.pop_front() else {
            return Ok(());
        };
        match FileSource::open(&file.path) {
            Ok(source) => self.activate(source, file.order),
            Err(error) => {
                self.failed.push_back(error);
                Ok(())
            }
        }
    }

    /// Gets the slot out of `unready`, if its next packet is there. `false`: nothing arrived.
    fn look_ahead(&mut self, index: usize, count: usize) -> Result<bool, CaptureError> {
        self.adopt_interfaces(index)?;
        let Some(slot) = self.slots[index].as_mut() else {
            return Ok(true);
        };
        match slot.source.next(count == 0) {
            Ok(Next::Packet(record)) => {
                slot.source.put_back();
                let (time, order) = (record.time, slot.order);
                self.unready.pop();
                self.ready.push(Reverse(Head { time, order, slot: index }));
            }
            Ok(Next::Grown) => self.adopt_interfaces(index)?,
            Ok(Next::Idle) => return Ok(false),
            Ok(Next::End) => {
                self.unready.pop();
                self.retire(index);
            }
            Err(error) => {
                self.unready.pop();
                self.retire(index);
                self.failed.push_back(error);
            }
        }
        Ok(true)
    }

    /// Delivers packets of one file for as long as no other has an earlier one.
    fn run<F: FnMut(&Lent<'_>)>(&mut self, head: Head, max: usize, each: &mut F) -> usize {
        let others = self.ready.peek().map_or(i64::MAX, |Reverse(other)| other.time);
        let limit = others.min(self.waiting.front().map_or(i64::MAX, |file| file.first_time));
        let Some(slot) = self.slots[head.slot].as_mut() else {
            return 0;
        };
        let mut count = 0;
        while count < max {
            match slot.source.next(false) {
                // The first is delivered in any case: it is the earliest there is.
                Ok(Next::Packet(record)) if record.time <= limit || count == 0 => {
                    each(&slot.lend(&record));
                    count += 1;
                }
                Ok(Next::Packet(record)) => {
                    slot.source.put_back();
                    let time = record.time;
                    self.ready.push(Reverse(Head { time, ..head }));
                    return count;
                }
                Ok(Next::Grown | Next::Idle | Next::End) => break,
                Err(error) => {
                    slot.source.put_back_error(error);
                    break;
                }
            }
        }
        self.unready.push(head.slot);
        count
    }

    /// Appends interfaces that the slot's file has newly described.
    fn adopt_interfaces(&mut self, index: usize) -> Result<(), CaptureError> {
        let Some(slot) = self.slots[index].as_mut() else {
            return Ok(());
        };
        for interface in &slot.source.interfaces()[slot.interfaces.len()..] {
            if self.interfaces.len() >= MAX_INTERFACES {
                return Err(CaptureError::TooManyInterfaces { limit: MAX_INTERFACES });
            }
            slot.interfaces.push(self.interfaces.len() as u16);
            meet(&mut self.link_types, interface.link_type);
            self.interfaces.push(interface.clone());
        }
        Ok(())
    }

    fn retire(&mut self, index: usize) {
        let Some(mut slot) = self.slots[index].take() else {
            return;
        };
        self.free.push(index);
        self.finished.bytes += slot.source.progress().bytes_done;
        self.finished.stats.extend(slot.stats());
        self.finished.notes.push(slot.source.into_notes());
    }
}

impl Slot {
    /// A packet with its interface as numbered in the merged list.
    fn lend(&self, record: &Record) -> Lent<'_> {
        let interface = self.interfaces.get(usize::from(record.interface));
        let mut lent = self.source.lend(record);
        lent.packet.interface = InterfaceId(interface.copied().unwrap_or(record.interface));
        lent
    }

    fn stats(&mut self) -> Vec<InterfaceStats> {
        let mut stats = self.source.stats();
        stats.retain_mut(|entry| match self.interfaces.get(entry.interface) {
            Some(&index) => {
                entry.interface = usize::from(index);
                true
            }
            None => false,
        });
        stats
    }
}

impl PacketSource for MergedSource {
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
        let mut stats = self.finished.stats.clone();
        stats.extend(self.slots.iter_mut().flatten().flat_map(Slot::stats));
        stats.sort_by_key(|entry| entry.interface);
        stats
    }

    fn progress(&self) -> Progress {
        let open = self.slots.iter().flatten();
        let open: u64 = open.map(|slot| slot.source.progress().bytes_done).sum();
        Progress { bytes_done: self.finished.bytes + open, bytes_total: self.bytes_total }
    }
}

/// Time of the first packet, which is put back; interfaces described before it are known then. A
/// file without one, or damaged before it, is read first, so that what is wrong with it is said
/// first.
fn first_time(source: &mut FileSource) -> i64 {
    loop {
        match source.next(true) {
            Ok(Next::Packet(record)) => {
                source.put_back();
                return record.time;
            }
            Ok(Next::Grown) => {}
            Ok(Next::Idle | Next::End) => return i64::MIN,
            Err(error) => {
                source.put_back_error(error);
                return i64::MIN;
            }
        }
    }
}

fn meet(known: &mut Vec<LinkType>, link_type: LinkType) {
    if !known.contains(&link_type) {
        known.push(link_type);
    }
}

fn add(total: Option<u64>, more: Option<u64>) -> Option<u64> {
    Some(total? + more?)
}

fn idle_or(count: usize) -> Pulled {
    if count > 0 { Pulled::Packets(count) } else { Pulled::Idle }
}

fn end_or(count: usize) -> Pulled {
    if count > 0 { Pulled::Packets(count) } else { Pulled::End }
}
