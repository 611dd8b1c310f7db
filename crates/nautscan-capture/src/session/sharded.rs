//! Capture files through several engines: one thread reads, each engine has a thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nautscan_core::event::Table;
use nautscan_core::{Config, Engine, RecordBatch, Totals};

use super::Step;
use super::filter::SourceFilter;
use super::inline::{drops_of_source, notes_of, warning_of_drops};
use super::parcel::{Gone, Outlet, Spread};
use crate::limits::{BATCHES_WAITING, PARCEL_PACKETS};
use crate::{
    CaptureError, InterfaceStats, MergedSource, Notes, PacketSource, Progress, Pulled,
    SourceInterface,
};

/// See [`super::Offline`]. Dropping it stops the threads: a stream that is quiet holds that up by
/// its timeout.
pub(super) struct Sharded {
    /// `None` while the threads are being stopped.
    events: Option<Receiver<Event>>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    ended: bool,
}

enum Event {
    Batch(Table, RecordBatch),
    /// The reader cannot go on; what was read is still handed out.
    Failed(CaptureError),
}

struct Shared {
    stop: AtomicBool,
    told: Mutex<Told>,
    /// What each engine has counted: its totals, and rows that it dropped.
    counted: Vec<Mutex<(Totals, u64)>>,
}

/// What the reader has to tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) filtered_out: u64,
    pub(super) progress: Progress,
    pub(super) warnings: Vec<String>,
    pub(super) damaged: bool,
    /// Told at the end of the input.
    pub(super) notes: Vec<(String, Notes)>,
    /// Likewise.
    pub(super) interfaces: (Vec<SourceInterface>, Vec<InterfaceStats>),
}

impl Sharded {
    pub(super) fn start(
        source: MergedSource,
        config: &Config,
        filter: Option<SourceFilter>,
        workers: usize,
    ) -> Result<Self, CaptureError> {
        let (spread, arrivals) = Spread::new(workers, Arc::clone(&config.translations));
        let (events, received) = sync_channel(workers * BATCHES_WAITING);
        let told = Told { progress: source.progress(), ..Told::default() };
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            told: Mutex::new(told),
            counted: (0..workers).map(|_| Mutex::default()).collect(),
        });
        let mut this = Self {
            events: Some(received),
            shared: shared.clone(),
            threads: Vec::new(),
            ended: false,
        };
        // Declared after `this`: where something fails here it is dropped first, and the engines
        // that have been started end.
        let mut feeder = Feeder { source, filter, spread, known_interfaces: 0, shared };
        feeder.adopt_interfaces()?;
        for (index, arrivals) in arrivals.into_iter().enumerate() {
            let engine = Engine::new(config.share(index, workers));
            let mut outlet =
                ToCaller { index, events: events.clone(), shared: this.shared.clone() };
            this.spawn(format!("nautscan-engine-{index}"), move || {
                arrivals.work(engine, &mut outlet)
            })?;
        }
        this.spawn("nautscan-reader".to_owned(), move || feeder.run(&events))?;
        Ok(this)
    }

    fn spawn(
        &mut self,
        name: String,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), CaptureError> {
        let thread = std::thread::Builder::new().name(name.clone()).spawn(work);
        self.threads.push(thread.map_err(|source| CaptureError::Read {
            name,
            offset: 0,
            source,
        })?);
        Ok(())
    }

    pub(super) fn next(&mut self, timeout: Option<Duration>) -> Result<Step, CaptureError> {
        let Some(events) = &self.events else { return Ok(Step::End) };
        let received = match timeout {
            Some(timeout) => events.recv_timeout(timeout),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(Event::Batch(table, batch)) => Ok(Step::Batch(table, batch)),
            Ok(Event::Failed(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => Ok(Step::Idle),
            Err(RecvTimeoutError::Disconnected) => self.end(),
        }
    }

    /// Every thread is done.
    fn end(&mut self) -> Result<Step, CaptureError> {
        self.events = None;
        self.ended = true;
        let mut panicked = false;
        for thread in self.threads.drain(..) {
            panicked |= thread.join().is_err();
        }
        if panicked {
            return Err(CaptureError::Read {
                name: "the capture".to_owned(),
                offset: 0,
                source: std::io::Error::other("a thread of the engine failed"),
            });
        }
        let dropped = self.shared.counted.iter().map(|counted| lock(counted).1).sum();
        self.told_mut().warnings.extend(warning_of_drops(dropped));
        Ok(Step::End)
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn totals(&self) -> Totals {
        let mut sum = Totals::default();
        for counted in &self.shared.counted {
            sum.add(&lock(counted).0);
        }
        sum
    }

    pub(super) fn told(&self) -> Told {
        self.told_mut().clone()
    }

    fn told_mut(&self) -> MutexGuard<'_, Told> {
        lock(&self.shared.told)
    }
}

impl Drop for Sharded {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Engines that wait to hand out a batch learn that nobody wants it; the reader learns it
        // from them.
        self.events = None;
        for thread in self.threads.drain(..) {
            // There is nobody left to tell of a panic.
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine's way out.
struct ToCaller {
    index: usize,
    events: SyncSender<Event>,
    shared: Arc<Shared>,
}

impl Outlet for ToCaller {
    fn batch(&mut self, table: Table, batch: RecordBatch) -> bool {
        self.events.send(Event::Batch(table, batch)).is_ok()
    }

    fn packet(&mut self, _number: u64, _flow_id: Option<u64>) {}

    fn parcel_done(&mut self, engine: &Engine, _flushed: bool) {
        *lock(&self.shared.counted[self.index]) = (engine.totals(), engine.dropped_rows());
    }
}

/// The thread that reads.
struct Feeder {
    source: MergedSource,
    filter: Option<SourceFilter>,
    spread: Spread,
    known_interfaces: usize,
    shared: Arc<Shared>,
}

impl Feeder {
    fn run(mut self, events: &SyncSender<Event>) {
        while !self.shared.stop.load(Ordering::Acquire) {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // The caller is gone only if it wants no more.
                    let _ = events.send(Event::Failed(error));
                    break;
                }
            }
        }
        let mut told = lock(&self.shared.told);
        told.warnings.extend(drops_of_source(&mut self.source));
        told.notes = notes_of(&self.source);
        told.interfaces = (self.source.interfaces().to_vec(), self.source.stats());
    }

    /// Reads and sends on some packets; false at the end.
    fn step(&mut self) -> Result<bool, CaptureError> {
        self.adopt_interfaces()?;
        let Self { source, filter, spread, .. } = self;
        let pulled = match filter {
            None => source.lend_each(PARCEL_PACKETS / 8, |lent| spread.lend(lent)),
            Some(filter) => source.lend_each(PARCEL_PACKETS / 8, |lent| {
                if filter.accepts(&lent.packet) {
                    spread.lend(lent);
                }
            }),
        };
        let sent = match pulled {
            Ok(Pulled::Packets(_)) => spread.send_if_full(),
            // A quiet stream: what is known so far is news now.
            Ok(Pulled::Idle) => spread.send(true),
            // Every engine is told the time at which the input ends.
            Ok(Pulled::End) => spread.send(true).and(Err(Gone)),
            Err(error) if error.is_damage() => {
                let mut told = lock(&self.shared.told);
                told.damaged = true;
                told.warnings.push(format!("{error}. {}", error.remedy()));
                Ok(())
            }
            Err(error) => {
                // The engines finish what was read before it; if they are gone, nobody waits.
                let _ = spread.send(true);
                return Err(error);
            }
        };
        self.tell();
        Ok(sent.is_ok())
    }

    fn tell(&self) {
        let mut told = lock(&self.shared.told);
        told.progress = self.source.progress();
        told.filtered_out = self.filter.as_ref().map_or(0, SourceFilter::rejected);
    }

    /// Makes newly described interfaces known to filter and engines. One that the filter does not
    /// compile for stays unknown, so that no packet is read past it.
    fn adopt_interfaces(&mut self) -> Result<(), CaptureError> {
        for interface in &self.source.interfaces()[self.known_interfaces..] {
            if let Some(filter) = &mut self.filter {
                filter.admit(interface)?;
            }
            self.spread.add_interface(interface.name.as_deref());
            self.known_interfaces += 1;
        }
        Ok(())
    }
}
