//! Several interfaces captured by one thread.

use std::sync::Arc;
use std::time::Duration;

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

use super::ffi::{Counters, Dispatched, Handle};
use super::open::{self, LiveOptions, Opened};
use super::wait::{Stopper, Waiter};
use crate::{
    CaptureError, InterfaceStats, MAX_INTERFACES, Namespace, PacketSource, Progress, Pulled,
    SourceInterface,
};

/// Most packets taken from one interface before the next one's turn.
pub const BURST: usize = 256;

/// How often interfaces are looked at that cannot be waited for.
const UNPOLLABLE: Duration = Duration::from_millis(5);

/// What to capture on: an interface of this machine, or of another network namespace.
#[derive(Debug, Clone)]
pub struct Target {
    /// What packets and counters say that they are of.
    pub label: String,
    /// The interface's name in its namespace.
    pub device: String,
    /// Where it is; `None`: in the namespace of this process.
    pub namespace: Option<Arc<Namespace>>,
}

impl From<&str> for Target {
    fn from(name: &str) -> Self {
        Self { label: name.to_owned(), device: name.to_owned(), namespace: None }
    }
}

impl Target {
    /// Opens the capture, inside another namespace by a thread of its own: capturing goes on
    /// anywhere, since a socket stays in the namespace in which it was made.
    fn open(&self, options: &LiveOptions) -> Result<Opened, CaptureError> {
        match &self.namespace {
            None => open::open(&self.device, &self.label, options),
            Some(namespace) => {
                namespace.within(|| open::open(&self.device, &self.label, options))?
            }
        }
    }
}

/// Live capture on any number of interfaces.
///
/// Interfaces take turns of at most [`BURST`] packets. Packets of one interface come in order of
/// time. A packet may come after a later one of another interface: by at most
/// [`LiveOptions::timeout_ms`], for which the kernel gathers packets, and the time since the
/// interface's last turn. Nothing is sorted, because holding packets back would cost a copy of
/// each.
///
/// An interface that fails or vanishes says so in [`PacketSource::stats`]; the others go on.
pub struct LiveSource {
    options: LiveOptions,
    interfaces: Vec<SourceInterface>,
    /// One for each of `interfaces`.
    captures: Vec<Capture>,
    waiter: Waiter,
    /// How long a pull waits for packets.
    patience: Duration,
    /// Whose turn is first.
    turn: usize,
    /// The last pull found nothing.
    #[cfg_attr(unix, allow(dead_code, reason = "unix waits for descriptors"))]
    quiet: bool,
}

/// Capture on one interface: `handle` is `None` once it ended.
#[derive(Default)]
struct Capture {
    handle: Option<Handle>,
    totals: Totals,
    /// Of another network namespace: what libpcap reads in `/sys` is of an interface of the same
    /// name in ours, if there is one.
    is_elsewhere: bool,
    warning: Option<String>,
    error: Option<String>,
}

/// Counters widened to 64 bits, summed over all captures on the interface.
#[derive(Default)]
struct Totals {
    counted: bool,
    last: Counters,
    received: u64,
    dropped: u64,
    interface_dropped: u64,
}

impl LiveSource {
    /// A capture without interfaces yet. Fails if there is no capture library.
    pub fn new(options: LiveOptions) -> Result<Self, CaptureError> {
        super::capture_library()?;
        Ok(Self {
            options,
            interfaces: Vec::new(),
            captures: Vec::new(),
            waiter: Waiter::new()?,
            patience: Duration::from_millis(250),
            turn: 0,
            quiet: true,
        })
    }

    /// Captures on all of these interfaces, or says why one of them cannot be.
    pub fn open<S: AsRef<str>>(names: &[S], options: LiveOptions) -> Result<Self, CaptureError> {
        let mut source = Self::new(options)?;
        for name in names {
            source.add(name.as_ref())?;
        }
        Ok(source)
    }

    /// As [`Self::open`], of any namespace.
    pub fn open_targets(targets: &[Target], options: LiveOptions) -> Result<Self, CaptureError> {
        let mut source = Self::new(options)?;
        for target in targets {
            source.add_target(target)?;
        }
        Ok(source)
    }

    /// Begins to capture on an interface; returns its index. One that was captured before keeps
    /// its index and counts, unless its link type has changed.
    pub fn add(&mut self, name: &str) -> Result<usize, CaptureError> {
        self.add_target(&Target::from(name))
    }

    /// As [`Self::add`], of any namespace. One that is captured on under this label already stays
    /// as it is.
    pub fn add_target(&mut self, target: &Target) -> Result<usize, CaptureError> {
        let name = target.label.as_str();
        if let Some(index) = self.position(name) {
            return Ok(index);
        }
        let Opened { handle, link_type, warning } = target.open(&self.options)?;
        let index = self.index_for(name, link_type)?;
        let capture = &mut self.captures[index];
        capture.handle = Some(handle);
        capture.is_elsewhere = target.namespace.is_some();
        capture.warning = warning;
        capture.error = None;
        capture.totals.last = Counters::default();
        self.interfaces[index].filter.clone_from(&self.options.filter);
        Ok(index)
    }

    fn index_for(&mut self, name: &str, link_type: LinkType) -> Result<usize, CaptureError> {
        let before = self.interfaces.iter().position(|interface| {
            interface.name.as_deref() == Some(name) && interface.link_type == link_type
        });
        if let Some(index) = before {
            return Ok(index);
        }
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(CaptureError::TooManyInterfaces { limit: MAX_INTERFACES });
        }
        self.captures.push(Capture::default());
        self.interfaces.push(SourceInterface {
            name: Some(name.to_owned()),
            snaplen: self.options.snaplen,
            ..SourceInterface::new(link_type)
        });
        Ok(self.interfaces.len() - 1)
    }

    /// Ends the capture on an interface; `false` if there was none. Its counts are kept.
    pub fn remove(&mut self, name: &str) -> bool {
        match self.position(name) {
            Some(index) => {
                self.captures[index].end(None);
                true
            }
            None => false,
        }
    }

    /// Replaces the filter on all interfaces. If one of them rejects it, all keep what they had.
    pub fn set_filter(&mut self, filter: &str) -> Result<(), CaptureError> {
        for change in [open::try_filter, open::set_filter] {
            for (capture, interface) in self.captures.iter_mut().zip(&self.interfaces) {
                let name = interface.name.as_deref().unwrap_or_default();
                if let Some(handle) = &mut capture.handle {
                    change(handle, name, filter)?;
                }
            }
        }
        self.options.filter = (!filter.is_empty()).then(|| filter.to_owned());
        for (capture, interface) in self.captures.iter().zip(&mut self.interfaces) {
            if capture.handle.is_some() {
                interface.filter.clone_from(&self.options.filter);
            }
        }
        Ok(())
    }

    /// Names of the interfaces that are being captured on.
    pub fn capturing(&self) -> impl Iterator<Item = &str> {
        let both = self.captures.iter().zip(&self.interfaces);
        both.filter_map(|(capture, interface)| {
            capture.handle.as_ref().and(interface.name.as_deref())
        })
    }

    /// What a person should know of captures that do work: no promiscuous mode, for example.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.captures.iter().filter_map(|capture| capture.warning.as_deref())
    }

    /// Ends or interrupts this capture from another thread.
    pub fn stopper(&self) -> Stopper {
        self.waiter.stopper.clone()
    }

    /// How long a pull waits for packets before it says `Idle`.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    fn position(&self, name: &str) -> Option<usize> {
        let both = self.captures.iter().zip(&self.interfaces);
        both.enumerate()
            .find(|(_, (capture, interface))| {
                capture.handle.is_some() && interface.name.as_deref() == Some(name)
            })
            .map(|(index, _)| index)
    }

    /// Which captures may have packets. When none shows any in time, all are looked at, so that
    /// no interface that failed silently goes unnoticed.
    #[cfg(unix)]
    fn wait(&self) -> Result<Vec<bool>, CaptureError> {
        let mut ready = vec![false; self.captures.len()];
        let (mut pollable, mut descriptors) = (Vec::new(), Vec::new());
        let mut timeout = self.patience;
        for (index, capture) in self.captures.iter().enumerate() {
            let Some(handle) = &capture.handle else {
                continue;
            };
            if let Some(descriptor) = handle.descriptor() {
                pollable.push(index);
                descriptors.push(descriptor);
            } else {
                ready[index] = true;
                timeout = timeout.min(UNPOLLABLE);
            }
        }
        let found = self.waiter.wait(&descriptors, timeout)?;
        for (index, &is_ready) in pollable.iter().zip(&found) {
            ready[*index] = is_ready;
        }
        if !ready.contains(&true) {
            ready.fill(true);
        }
        Ok(ready)
    }

    /// Captures without descriptors: all are looked at, with a pause while all are quiet.
    #[cfg(not(unix))]
    fn wait(&self) -> Result<Vec<bool>, CaptureError> {
        if self.quiet {
            self.waiter.wait(self.patience.min(UNPOLLABLE));
        }
        Ok(vec![true; self.captures.len()])
    }
}

impl PacketSource for LiveSource {
    fn interfaces(&self) -> &[SourceInterface] {
        &self.interfaces
    }

    fn pull(
        &mut self,
        max: usize,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> Result<Pulled, CaptureError> {
        if self.waiter.stopper.is_stopped() {
            return Ok(Pulled::End);
        }
        let ready = self.wait()?;
        let captures = self.captures.len();
        let mut count = 0;
        for step in 0..captures {
            let index = (self.turn + step) % captures;
            let burst = BURST.min(max - count);
            if ready[index] && burst > 0 {
                let link_type = self.interfaces[index].link_type;
                count += self.captures[index].take(burst, index, link_type, each);
            }
        }
        self.turn = self.turn.wrapping_add(1);
        self.quiet = count == 0;
        Ok(match count {
            0 if self.waiter.stopper.is_stopped() => Pulled::End,
            0 => Pulled::Idle,
            _ => Pulled::Packets(count),
        })
    }

    fn stats(&mut self) -> Vec<InterfaceStats> {
        let captures = self.captures.iter_mut().enumerate();
        captures.map(|(index, capture)| capture.stats(index)).collect()
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }
}

impl Capture {
    fn take(
        &mut self,
        burst: usize,
        index: usize,
        link_type: LinkType,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> usize {
        let Some(handle) = &mut self.handle else {
            return 0;
        };
        match handle.dispatch(burst, InterfaceId(index as u16), link_type, each) {
            Dispatched::Packets(count) => count,
            Dispatched::Failed(count, error) => {
                self.end(Some(error));
                count
            }
        }
    }

    fn end(&mut self, error: Option<String>) {
        self.count();
        self.handle = None;
        self.error = error;
    }

    fn count(&mut self) {
        if let Some(counters) = self.handle.as_mut().and_then(Handle::counters) {
            self.totals.add(counters);
        }
    }

    fn stats(&mut self, interface: usize) -> InterfaceStats {
        self.count();
        let totals = &self.totals;
        let known = |value: u64| totals.counted.then_some(value);
        InterfaceStats {
            interface,
            received: known(totals.received),
            kernel_drops: known(totals.dropped),
            interface_drops: known(totals.interface_dropped).filter(|_| !self.is_elsewhere),
            error: self.error.clone(),
        }
    }
}

impl Totals {
    /// Counters are modulo 2^32: only their increase counts.
    fn add(&mut self, now: Counters) {
        let grown = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
        self.received += grown(now.received, self.last.received);
        self.dropped += grown(now.dropped, self.last.dropped);
        self.interface_dropped += grown(now.interface_dropped, self.last.interface_dropped);
        self.last = now;
        self.counted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_go_on_past_32_bits() {
        let mut totals = Totals::default();
        let counters = |received| Counters { received, ..Counters::default() };
        totals.add(counters(u32::MAX - 1));
        totals.add(counters(3));
        assert_eq!(totals.received, u64::from(u32::MAX) + 4);
    }
}
