//! Live capture in a thread of its own: packets to batches, whatever the caller is doing.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nautscan_core::event::{Stat, Table, stats_batch};
use nautscan_core::{Config, Packet, RecordBatch};

use super::engines::Engines;
use super::parcel::Gone;
use super::reorder::Reorder;
use super::ring::PacketRing;
use super::shared::{Queue, Shared, lock};
use crate::{
    CaptureError, FileSource, InterfaceStats, LiveSource, PacketSource, Pulled, SourceInterface,
    Stopper, Target,
};

/// How often counters become rows.
const STATS_EVERY: Duration = Duration::from_secs(1);

/// Code, message and remedy.
const CAPTURE_FAILED: [&str; 3] = ["capture_failed", "the capture thread failed", REMEDY];
const ENGINE_FAILED: [&str; 3] = ["capture_failed", "a thread of the engine failed", REMEDY];
const REMEDY: &str = "Start the capture again, and report this as a fault of NautScan.";

/// What to capture.
#[allow(clippy::large_enum_variant, reason = "there is one for each capture")]
pub enum LiveSourceKind {
    /// Network interfaces.
    Interfaces(LiveSource),
    /// A pipe that carries pcap or pcapng.
    Stream(FileSource),
}

/// How a live session is to work.
pub struct LiveConfig {
    /// The engine's settings.
    pub engine: Config,
    /// Bytes of recent packets to keep.
    pub ring_bytes: usize,
    /// Longest time that a row waits for its batch.
    pub flush: Duration,
    /// Engines that share the flows, each with a thread; 1: one in the capturing thread.
    pub workers: usize,
    /// Batches that may wait to be taken; then the oldest is dropped, and counted.
    pub max_batches: usize,
    /// How far packets of different interfaces may be out of order, ns.
    pub disorder: i64,
}

/// How a session is doing.
#[derive(Debug, Clone, Default)]
pub struct LiveStatus {
    /// Interfaces that are or were captured on.
    pub interfaces: Vec<SourceInterface>,
    /// Their counters, in the same order.
    pub stats: Vec<InterfaceStats>,
    /// Counters of every stage.
    pub stages: Vec<Stat>,
    /// The session is over.
    pub ended: bool,
    /// Why it is over, if by a failure: code, message, remedy.
    pub error: Option<(String, String, String)>,
}

enum Command {
    Add(Target),
    Remove(String),
}

type Reply = Sender<Result<bool, CaptureError>>;

/// A running capture. Dropping it stops it.
pub struct Live {
    shared: Arc<Shared>,
    commands: Sender<(Command, Reply)>,
    stopper: Option<Stopper>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Live {
    /// Starts capturing.
    pub fn start(source: LiveSourceKind, config: LiveConfig) -> Result<Self, CaptureError> {
        let shared = Arc::new(Shared::new(config.ring_bytes, config.max_batches));
        let engines = Engines::start(config.engine.clone(), config.workers, &shared)?;
        let stopper = match &source {
            LiveSourceKind::Interfaces(live) => Some(live.stopper()),
            LiveSourceKind::Stream(_) => None,
        };
        let (commands, received) = channel();
        let (started, ready) = sync_channel(1);
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("nautscan-capture".to_owned())
            .spawn(move || {
                let mut worker = Worker::new(source, engines, &config, for_thread, received);
                worker.publish();
                // The caller waits for this; it is gone only if it gave up.
                let _ = started.send(());
                worker.run();
            })
            .map_err(|source| CaptureError::Read {
                name: "capture thread".to_owned(),
                offset: 0,
                source,
            })?;
        let _ = ready.recv();
        Ok(Self { shared, commands, stopper, thread: Mutex::new(Some(thread)) })
    }

    /// The next batch; `None` after `timeout`, or when the session is over and all were taken.
    pub fn next(&self, timeout: Duration) -> Option<(Table, RecordBatch)> {
        let queue = lock(&self.shared.queue);
        let waiting = |queue: &mut Queue| queue.batches.is_empty() && !queue.ended;
        let waited = self.shared.arrived.wait_timeout_while(queue, timeout, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.batches.pop_front()
    }

    /// How it is doing; at most a flush interval old.
    pub fn status(&self) -> LiveStatus {
        lock(&self.shared.status).clone()
    }

    /// Looks into the ring of recent packets.
    pub fn with_ring<T>(&self, look: impl FnOnce(&PacketRing) -> T) -> T {
        look(&lock(&self.shared.ring))
    }

    /// Begins to capture on another interface.
    pub fn add_interface(&self, target: Target) -> Result<bool, CaptureError> {
        self.command(Command::Add(target))
    }

    /// Ends capture on an interface; false if there was none.
    pub fn remove_interface(&self, name: &str) -> Result<bool, CaptureError> {
        self.command(Command::Remove(name.to_owned()))
    }

    fn command(&self, command: Command) -> Result<bool, CaptureError> {
        let (reply, answer) = channel();
        if self.commands.send((command, reply)).is_err() {
            return Ok(false);
        }
        if let Some(stopper) = &self.stopper {
            stopper.wake();
        }
        answer.recv().unwrap_or(Ok(false))
    }

    /// Stops capturing; what was seen is still handed out.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(stopper) = &self.stopper {
            stopper.stop();
        }
        if let Some(thread) = lock(&self.thread).take() {
            // A panic of the thread is in the status already.
            let _ = thread.join();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread's side.
struct Worker {
    source: LiveSourceKind,
    engines: Engines,
    sensor: String,
    shared: Arc<Shared>,
    commands: Receiver<(Command, Reply)>,
    reorder: Reorder,
    known_interfaces: usize,
    flush: Duration,
    next_flush: Instant,
    next_stats: Instant,
}

impl Worker {
    fn new(
        source: LiveSourceKind,
        engines: Engines,
        config: &LiveConfig,
        shared: Arc<Shared>,
        commands: Receiver<(Command, Reply)>,
    ) -> Self {
        let mut worker = Self {
            source,
            sensor: config.engine.sensor.clone(),
            engines,
            shared,
            commands,
            reorder: Reorder::new(config.disorder),
            known_interfaces: 0,
            flush: config.flush,
            next_flush: Instant::now() + config.flush,
            next_stats: Instant::now() + STATS_EVERY,
        };
        if let LiveSourceKind::Interfaces(live) = &mut worker.source {
            live.set_patience(config.flush);
        }
        worker
    }

    fn run(&mut self) {
        let _ended = Ended(Arc::clone(&self.shared));
        loop {
            self.obey();
            self.adopt_interfaces();
            match self.pull() {
                Ok(Pulled::End) => break,
                Ok(_) => {}
                Err(error) => {
                    self.fail(&error);
                    break;
                }
            }
            // An engine that is gone has failed; `finish` says so.
            if self.keep_time().is_err() {
                break;
            }
            if self.shared.stop.load(Ordering::Acquire) {
                break;
            }
        }
        let (engines, ring) = (&mut self.engines, &self.shared.ring);
        self.reorder.release(true, |packet| engines.packet(packet, &mut lock(ring)));
        if self.engines.finish(&self.shared).is_err() {
            self.fail_with(ENGINE_FAILED);
        }
        self.push_stats();
        self.publish();
    }

    /// Does what the caller has asked for since last time.
    fn obey(&mut self) {
        while let Ok((command, reply)) = self.commands.try_recv() {
            let done = match (&mut self.source, command) {
                (LiveSourceKind::Interfaces(live), Command::Add(target)) => {
                    live.add_target(&target).map(|_| true)
                }
                (LiveSourceKind::Interfaces(live), Command::Remove(name)) => Ok(live.remove(&name)),
                (LiveSourceKind::Stream(_), _) => Ok(false),
            };
            self.publish();
            // The caller waits for the answer; it is gone only if it gave up.
            let _ = reply.send(done);
        }
    }

    fn interfaces(&self) -> &[SourceInterface] {
        match &self.source {
            LiveSourceKind::Interfaces(live) => live.interfaces(),
            LiveSourceKind::Stream(stream) => stream.interfaces(),
        }
    }

    /// The name of an interface; where a stream does not give one, the stream's own.
    fn name_of(&self, interface: &SourceInterface) -> Option<String> {
        match &self.source {
            LiveSourceKind::Interfaces(_) => interface.name.clone(),
            LiveSourceKind::Stream(stream) => {
                interface.name.clone().or_else(|| Some(stream.name().to_owned()))
            }
        }
    }

    fn adopt_interfaces(&mut self) {
        let known_before = self.known_interfaces;
        while let Some(interface) = self.interfaces().get(self.known_interfaces) {
            let name = self.name_of(interface);
            self.engines.add_interface(name.as_deref());
            self.known_interfaces += 1;
        }
        if self.known_interfaces > known_before {
            // Before their first packet, so that whoever sees one can name its interface.
            self.publish();
        }
    }

    fn pull(&mut self) -> Result<Pulled, CaptureError> {
        let burst = self.engines.burst();
        let (engines, reorder) = (&mut self.engines, &mut self.reorder);
        // Locked from the first packet of a pull to its end, not while it waits for one.
        let mut ring = None;
        let mut take = |packet: &Packet<'_>| {
            engines.packet(packet, ring.get_or_insert_with(|| lock(&self.shared.ring)));
        };
        match &mut self.source {
            LiveSourceKind::Stream(stream) => stream.for_each(burst, take),
            LiveSourceKind::Interfaces(live) if live.capturing().count() <= 1 => {
                reorder.release(true, &mut take);
                live.pull(burst, &mut take)
            }
            LiveSourceKind::Interfaces(live) => {
                let pulled = live.pull(burst, &mut |packet| reorder.push(packet));
                reorder.release(matches!(pulled, Ok(Pulled::Idle)), take);
                pulled
            }
        }
    }

    fn keep_time(&mut self) -> Result<(), Gone> {
        let now = Instant::now();
        self.engines.send_on()?;
        if now >= self.next_flush {
            self.next_flush = now + self.flush;
            if matches!(self.source, LiveSourceKind::Interfaces(_)) {
                // Held packets are older than this by what they are held for.
                self.engines.advance(clock() - 1_000_000_000);
            }
            self.engines.flush(&self.shared)?;
        }
        if now >= self.next_stats {
            self.next_stats = now + STATS_EVERY;
            self.push_stats();
            self.publish();
        }
        Ok(())
    }

    fn push_stats(&mut self) {
        let stats = self.all_stats();
        self.shared.enqueue(Table::Stats, stats_batch(clock(), &self.sensor, &stats));
    }

    fn interface_stats(&mut self) -> Vec<InterfaceStats> {
        match &mut self.source {
            LiveSourceKind::Interfaces(live) => live.stats(),
            LiveSourceKind::Stream(stream) => stream.stats(),
        }
    }

    fn all_stats(&mut self) -> Vec<Stat> {
        let interfaces = self.interface_stats();
        let mut out = Vec::new();
        for stats in interfaces {
            let name = self.interfaces().get(stats.interface).and_then(|known| self.name_of(known));
            let counters = [
                ("received", stats.received),
                ("kernel_drops", stats.kernel_drops),
                ("interface_drops", stats.interface_drops),
            ];
            for (counter, value) in counters {
                if let Some(value) = value {
                    out.push(Stat {
                        interface: name.clone(),
                        stage: "capture",
                        name: counter,
                        value,
                    });
                }
            }
        }
        self.order_stats(&mut out);
        let (batches, rows) = {
            let queue = lock(&self.shared.queue);
            (queue.batches_dropped, queue.rows_dropped)
        };
        for mut stat in self.engines.stats() {
            match (stat.stage, stat.name) {
                ("queue", "batches_dropped") => stat.value += batches,
                ("queue", "rows_dropped") => stat.value += rows,
                _ => {}
            }
            out.push(stat);
        }
        out
    }

    /// How packets were put in order of time before the engine saw them.
    fn order_stats(&self, out: &mut Vec<Stat>) {
        let mut push = |name, value| {
            out.push(Stat { interface: None, stage: "capture", name, value });
        };
        match &self.source {
            LiveSourceKind::Interfaces(_) => push("reorder_full", self.reorder.given_up()),
            LiveSourceKind::Stream(stream) => {
                for (name, value) in stream.notes().counts() {
                    push(name, value);
                }
            }
        }
    }

    fn publish(&mut self) {
        let (stats, stages) = (self.interface_stats(), self.all_stats());
        let mut interfaces = self.interfaces().to_vec();
        for interface in &mut interfaces {
            interface.name = self.name_of(interface);
        }
        let mut status = lock(&self.shared.status);
        status.interfaces = interfaces;
        status.stats = stats;
        status.stages = stages;
    }

    fn fail(&mut self, error: &CaptureError) {
        let told = (error.code().to_owned(), error.to_string(), error.remedy());
        lock(&self.shared.status).error = Some(told);
    }

    fn fail_with(&mut self, told: [&str; 3]) {
        let [code, message, remedy] = told.map(str::to_owned);
        lock(&self.shared.status).error = Some((code, message, remedy));
    }
}

/// Says that the session is over, also when its thread panics.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut status = lock(&self.0.status);
        status.ended = true;
        if std::thread::panicking() {
            let [code, message, remedy] = CAPTURE_FAILED.map(str::to_owned);
            status.error = Some((code, message, remedy));
        }
        drop(status);
        lock(&self.0.queue).ended = true;
        self.0.arrived.notify_all();
    }
}

/// Nanoseconds since 1970 by the system's clock.
fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
