//! Capture files through one engine, in the caller's thread.

use std::time::{Duration, Instant};

use nautscan_core::{Config, Engine, Totals};

use super::Step;
use super::filter::SourceFilter;
use crate::{
    CaptureError, InterfaceStats, MergedSource, Notes, PacketSource, Progress, Pulled,
    SourceInterface,
};

/// Packets taken from the source between two looks at the clock and the batches.
const BURST: usize = 4096;

/// See [`super::Offline`].
pub(super) struct Inline {
    source: MergedSource,
    engine: Engine,
    filter: Option<SourceFilter>,
    known_interfaces: usize,
    warnings: Vec<String>,
    damaged: bool,
    /// The input is at its end, and rows of the last flows are still to come.
    finishing: bool,
    ended: bool,
}

impl Inline {
    pub(super) fn new(
        source: MergedSource,
        config: Config,
        filter: Option<SourceFilter>,
    ) -> Result<Self, CaptureError> {
        let mut inline = Self {
            source,
            engine: Engine::new(config),
            filter,
            known_interfaces: 0,
            warnings: Vec::new(),
            damaged: false,
            finishing: false,
            ended: false,
        };
        inline.adopt_interfaces()?;
        Ok(inline)
    }

    /// The next batch. Without `timeout`, waits for one or for the end.
    pub(super) fn next(&mut self, timeout: Option<Duration>) -> Result<Step, CaptureError> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            if let Some((table, batch)) = self.engine.take_batch() {
                return Ok(Step::Batch(table, batch));
            }
            if self.ended {
                return Ok(Step::End);
            }
            if self.finishing {
                self.finish_some();
            } else if self.pull()? == Pulled::Idle {
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
                self.finishing = true;
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

    fn finish_some(&mut self) {
        if !self.engine.finish_some(BURST) {
            self.engine.flush();
            self.ended = true;
            self.warn_of_drops();
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
    pub(super) fn filtered_out(&self) -> u64 {
        self.filter.as_ref().map_or(0, SourceFilter::rejected)
    }

    /// Nothing is lost silently, even by a fault of our own.
    fn warn_of_drops(&mut self) {
        self.warnings.extend(drops_of_source(&mut self.source));
        self.warnings.extend(warning_of_drops(self.engine.dropped_rows()));
    }

    /// See [`super::Offline::notes`].
    pub(super) fn notes(&self) -> Vec<(String, Notes)> {
        notes_of(&self.source)
    }

    /// See [`super::Offline::interfaces`].
    pub(super) fn interfaces(&mut self) -> (Vec<SourceInterface>, Vec<InterfaceStats>) {
        (self.source.interfaces().to_vec(), self.source.stats())
    }

    /// Whether all was read and handed out.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Totals so far.
    pub(super) fn totals(&self) -> Totals {
        self.engine.totals()
    }

    /// How far the input was read.
    pub(super) fn progress(&self) -> Progress {
        self.source.progress()
    }

    /// What was wrong with the input, in words.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether some of the input could not be read.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }
}

/// What is told of rows that were dropped, if any were.
pub(super) fn warning_of_drops(dropped: u64) -> Option<String> {
    (dropped > 0).then(|| format!("{dropped} rows were dropped. Read with larger batches."))
}

pub(super) fn notes_of(source: &MergedSource) -> Vec<(String, Notes)> {
    source.notes().map(|(name, notes)| (name.to_owned(), notes.clone())).collect()
}

/// What the captures say was lost when they were taken, in words.
pub(super) fn drops_of_source(source: &mut MergedSource) -> Vec<String> {
    let stats = source.stats();
    let words =
        |stats: &InterfaceStats| drops_in_words(stats, source.interfaces().get(stats.interface));
    stats.iter().filter_map(words).collect()
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
