//! Capture files through the engine, in the caller's thread.

use std::time::{Duration, Instant};

use nautscan_core::event::Table;
use nautscan_core::{Config, Engine, RecordBatch, Totals};

use super::filter::SourceFilter;
use crate::{
    CaptureError, InterfaceStats, MergedSource, Notes, PacketSource, Progress, Pulled,
    SourceInterface,
};

/// Packets taken from the source between two looks at the clock and the batches.
const BURST: usize = 4096;

/// What a step brought.
#[derive(Debug)]
pub enum Step {
    /// Rows of a table.
    Batch(Table, RecordBatch),
    /// Nothing within the time given; more may come.
    Idle,
    /// The input is at its end and every row was handed out.
    End,
}

/// Files, streams, or both, read once from beginning to end.
pub struct Offline {
    source: MergedSource,
    engine: Engine,
    filter: Option<SourceFilter>,
    known_interfaces: usize,
    warnings: Vec<String>,
    damaged: bool,
    ended: bool,
}

impl Offline {
    /// Reads `source` through an engine of its own: the packets that `filter` (BPF) accepts, or
    /// all of them.
    ///
    /// The filter is compiled for each link type when an interface of that type appears. That it
    /// does not compile is an error here for the link types known by now, and of `next` for those
    /// found later, before any packet of theirs.
    pub fn new(
        source: MergedSource,
        config: Config,
        filter: Option<String>,
    ) -> Result<Self, CaptureError> {
        let mut filter = SourceFilter::new(filter);
        if let Some(filter) = &mut filter {
            for &link_type in source.link_types() {
                filter.compile(link_type)?;
            }
        }
        let mut offline = Self {
            source,
            engine: Engine::new(config),
            filter,
            known_interfaces: 0,
            warnings: Vec::new(),
            damaged: false,
            ended: false,
        };
        offline.adopt_interfaces()?;
        Ok(offline)
    }

    /// The next batch. Without `timeout`, waits for one or for the end.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Step, CaptureError> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            if let Some((table, batch)) = self.engine.take_batch() {
                return Ok(Step::Batch(table, batch));
            }
            if self.ended {
                return Ok(Step::End);
            }
            if self.pull()? == Pulled::Idle {
                // A quiet stream: what is known so far is news now.
                self.engine.flush();
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(match self.engine.take_batch() {
                    Some((table, batch)) => Step::Batch(table, batch),
                    None => Step::Idle,
                });
            }
        }
    }

    fn pull(&mut self) -> Result<Pulled, CaptureError> {
        self.adopt_interfaces()?;
        let engine = &mut self.engine;
        let pulled = match &mut self.filter {
            None => self.source.for_each(BURST, |packet| {
                engine.packet(packet);
            }),
            Some(filter) => self.source.for_each(BURST, |packet| {
                if filter.accepts(packet) {
                    engine.packet(packet);
                }
            }),
        };
        match pulled {
            Ok(Pulled::End) => {
                self.engine.finish();
                self.engine.flush();
                self.ended = true;
                self.warn_of_drops();
                Ok(Pulled::End)
            }
            Err(error) if error.is_damage() => {
                self.damaged = true;
                self.warnings.push(format!("{error}. {}", error.remedy()));
                Ok(Pulled::Packets(0))
            }
            other => other,
        }
    }

    /// Makes newly described interfaces known to filter and engine. One that the filter does not
    /// compile for stays unknown, so that no packet is read past it.
    fn adopt_interfaces(&mut self) -> Result<(), CaptureError> {
        for interface in &self.source.interfaces()[self.known_interfaces..] {
            if let Some(filter) = &mut self.filter {
                filter.admit(interface)?;
            }
            self.engine.add_interface(interface.name.as_deref());
            self.known_interfaces += 1;
        }
        Ok(())
    }

    /// Packets that the filter did not accept. No other figure counts them.
    pub fn filtered_out(&self) -> u64 {
        self.filter.as_ref().map_or(0, SourceFilter::rejected)
    }

    /// Nothing is lost silently, even by a fault of our own.
    fn warn_of_drops(&mut self) {
        for stats in self.source.stats() {
            let interface = self.source.interfaces().get(stats.interface);
            self.warnings.extend(drops_in_words(&stats, interface));
        }
        let dropped = self.engine.dropped_rows();
        if dropped > 0 {
            self.warnings.push(format!("{dropped} rows were dropped. Read with larger batches."));
        }
    }

    /// Whether all was read and handed out.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Totals so far.
    pub fn totals(&self) -> Totals {
        self.engine.totals()
    }

    /// How far the input was read.
    pub fn progress(&self) -> Progress {
        self.source.progress()
    }

    /// What each file says besides its packets, by the file's name.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &Notes)> {
        self.source.notes()
    }

    /// The interfaces that the files name, and what each is said to have counted.
    pub fn interfaces(&mut self) -> (&[SourceInterface], Vec<InterfaceStats>) {
        let stats = self.source.stats();
        (self.source.interfaces(), stats)
    }

    /// What was wrong with the input, in words.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether some of the input could not be read.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

/// What a capture says was lost when it was taken. `None`: nothing, or it does not say.
fn drops_in_words(stats: &InterfaceStats, interface: Option<&SourceInterface>) -> Option<String> {
    let (kernel, card) = (stats.kernel_drops.unwrap_or(0), stats.interface_drops.unwrap_or(0));
    if kernel + card == 0 {
        return None;
    }
    let name = interface.and_then(|interface| interface.name.as_deref()).unwrap_or("an interface");
    let file = interface.and_then(|interface| interface.origin.as_deref()).unwrap_or("the capture");
    Some(format!(
        "{file} says that packets were lost on {name} when it was taken: {kernel} because the \
         program that captured was too slow, {card} by the interface."
    ))
}
