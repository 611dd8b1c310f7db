//! The engine of a live session: one in the capturing thread, or several in their own.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nautscan_core::event::{Stat, Table};
use nautscan_core::{Config, Engine, Packet, RecordBatch};

use super::parcel::{Gone, Outlet, Spread};
use super::ring::PacketRing;
use super::shared::{Shared, lock};
use crate::CaptureError;
use crate::limits::{LIVE_PARCEL_PACKETS, MAX_WORKERS};

/// Packets taken between two looks at commands and clock.
const BURST: usize = 4096;

/// The engines' counter of addresses that there was no room for.
const ALIASES_REFUSED: (&str, &str) = ("flow", "aliases_refused");
/// That of beginnings forgotten too soon.
const BEGINNINGS_OVERWRITTEN: (&str, &str) = ("decode", "beginnings_overwritten");
/// That of announced connections forgotten too soon.
const ANNOUNCEMENTS_FORGOTTEN: (&str, &str) = ("proto", "announcements_forgotten");

/// See the module.
#[expect(clippy::large_enum_variant, reason = "there is one for each capture")]
pub(super) enum Engines {
    One(Engine),
    Several(Several),
}

/// Engines with a thread each.
pub(super) struct Several {
    /// `None` when all packets were sent.
    spread: Option<Spread>,
    threads: Vec<JoinHandle<()>>,
    /// What each engine has counted.
    stats: Arc<[Mutex<Vec<Stat>>]>,
}

impl Engines {
    pub(super) fn start(
        config: Config,
        workers: usize,
        shared: &Arc<Shared>,
    ) -> Result<Self, CaptureError> {
        if workers <= 1 {
            return Ok(Self::One(Engine::new(config)));
        }
        let workers = workers.min(MAX_WORKERS);
        let (spread, arrivals) = Spread::new(workers, Arc::clone(&config.translations));
        let stats = (0..workers).map(|_| Mutex::default()).collect::<Arc<[_]>>();
        let mut several = Several { spread: Some(spread), threads: Vec::new(), stats };
        for (index, arrivals) in arrivals.into_iter().enumerate() {
            let engine = Engine::new(config.share(index, workers));
            let (shared, stats) = (Arc::clone(shared), Arc::clone(&several.stats));
            let mut outlet = ToQueue { index, shared, stats, flows: Vec::new() };
            let name = format!("nautscan-engine-{index}");
            let thread = std::thread::Builder::new()
                .name(name.clone())
                .spawn(move || arrivals.work(engine, &mut outlet))
                .map_err(|source| CaptureError::Read { name, offset: 0, source })?;
            several.threads.push(thread);
        }
        Ok(Self::Several(several))
    }

    /// Packets to take between two calls of [`Self::send_on`].
    pub(super) fn burst(&self) -> usize {
        match self {
            Self::One(_) => BURST,
            Self::Several(_) => LIVE_PARCEL_PACKETS,
        }
    }

    pub(super) fn add_interface(&mut self, name: Option<&str>) {
        match self {
            Self::One(engine) => {
                engine.add_interface(name);
            }
            Self::Several(several) => several.with(|spread| spread.add_interface(name)),
        }
    }

    /// Takes a packet, and keeps it in the ring.
    #[inline]
    pub(super) fn packet(&mut self, packet: &Packet<'_>, ring: &mut PacketRing) {
        match self {
            Self::One(engine) => {
                let flow_id = engine.packet(packet);
                ring.push(packet, flow_id);
            }
            Self::Several(several) => {
                several.with(|spread| spread.copy(packet));
                // Its engine will say which flow it is of.
                ring.push(packet, None);
            }
        }
    }

    /// Packets taken so far go to their engines. The ring must not be locked: an engine that
    /// wants it may be the one that is waited for.
    pub(super) fn send_on(&mut self) -> Result<(), Gone> {
        match self {
            Self::One(_) => Ok(()),
            Self::Several(several) => several.spread.as_mut().map_or(Ok(()), |s| s.send(false)),
        }
    }

    /// Time passes without a packet.
    pub(super) fn advance(&mut self, now: i64) {
        match self {
            Self::One(engine) => engine.advance(now),
            Self::Several(several) => several.with(|spread| spread.advance(now)),
        }
    }

    /// Rows finished so far go into the queue.
    pub(super) fn flush(&mut self, shared: &Shared) -> Result<(), Gone> {
        match self {
            Self::One(engine) => {
                engine.flush();
                hand_out(engine, shared);
                Ok(())
            }
            Self::Several(several) => several.spread.as_mut().map_or(Ok(()), |s| s.send(true)),
        }
    }

    /// No more packets come: retires every flow. An error: an engine's thread had failed.
    pub(super) fn finish(&mut self, shared: &Shared) -> Result<(), Gone> {
        match self {
            Self::One(engine) => {
                engine.finish();
                engine.flush();
                hand_out(engine, shared);
                Ok(())
            }
            Self::Several(several) => {
                let sent = several.spread.take().map_or(Ok(()), |mut spread| spread.send(true));
                let mut ended = sent;
                for thread in several.threads.drain(..) {
                    ended = ended.and(thread.join().map_err(|_| Gone));
                }
                ended
            }
        }
    }

    /// Counters of the engine's stages, those of all engines added up.
    pub(super) fn stats(&self) -> Vec<Stat> {
        let several = match self {
            Self::One(engine) => return engine.stats(),
            Self::Several(several) => several,
        };
        let mut sums: Vec<Stat> = Vec::new();
        for stats in several.stats.iter() {
            for stat in lock(stats).iter() {
                match sums.iter_mut().find(|sum| (sum.stage, sum.name) == (stat.stage, stat.name)) {
                    Some(sum) => sum.value += stat.value,
                    None => sums.push(stat.clone()),
                }
            }
        }
        for (counter, forgotten) in several.spread.iter().flat_map(|spread| {
            [
                (ALIASES_REFUSED, spread.forgotten()),
                (BEGINNINGS_OVERWRITTEN, spread.overwritten()),
                (ANNOUNCEMENTS_FORGOTTEN, spread.unmet()),
            ]
        }) {
            if let Some(sum) = sums.iter_mut().find(|sum| (sum.stage, sum.name) == counter) {
                sum.value += forgotten;
            }
        }
        sums
    }
}

impl Several {
    fn with(&mut self, act: impl FnOnce(&mut Spread)) {
        if let Some(spread) = &mut self.spread {
            act(spread);
        }
    }
}

fn hand_out(engine: &mut Engine, shared: &Shared) {
    while let Some((table, batch)) = engine.take_batch() {
        shared.enqueue(table, batch);
    }
}

/// An engine's way out.
struct ToQueue {
    index: usize,
    shared: Arc<Shared>,
    stats: Arc<[Mutex<Vec<Stat>>]>,
    /// Packets of this parcel and their flows, for the ring.
    flows: Vec<(u64, u64)>,
}

impl Outlet for ToQueue {
    fn batch(&mut self, table: Table, batch: RecordBatch) -> bool {
        self.shared.enqueue(table, batch);
        true
    }

    fn packet(&mut self, number: u64, flow_id: Option<u64>) {
        self.flows.extend(flow_id.map(|flow_id| (number, flow_id)));
    }

    fn parcel_done(&mut self, engine: &Engine, flushed: bool) {
        lock(&self.shared.ring).tell_flows(&self.flows);
        self.flows.clear();
        if flushed {
            *lock(&self.stats[self.index]) = engine.stats();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaches `LIVE_PARCEL_PACKETS`: no more are taken before they are sent on.
    #[test]
    fn so_many_packets_are_taken_at_once() {
        let shared = Arc::new(Shared::new(0, 1));
        let burst = |workers| {
            let mut engines = Engines::start(Config::default(), workers, &shared).expect("started");
            let burst = engines.burst();
            engines.finish(&shared).expect("finished");
            burst
        };
        assert_eq!((burst(1), burst(2)), (BURST, LIVE_PARCEL_PACKETS));
    }
}
