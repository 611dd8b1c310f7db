//! Capture files through the engine: in the caller's thread, or in several.

use std::time::Duration;

use nautscan_core::event::Table;
use nautscan_core::{Config, RecordBatch, Totals};

use super::filter::SourceFilter;
use super::inline::Inline;
use super::sharded::Sharded;
use crate::{
    CaptureError, InterfaceStats, MergedSource, Notes, PacketSource, Progress, SourceInterface,
};

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
pub struct Offline(Mode);

enum Mode {
    Inline(Box<Inline>),
    Sharded(Sharded),
}

impl Offline {
    /// Reads `source` through engines of its own: the packets that `filter` (BPF) accepts, or
    /// all of them.
    ///
    /// One worker is the caller's thread, with rows in the order in which they are finished.
    /// Several are threads, each with the flows that its packets' hash gives it, fed by one more
    /// that reads; the rows are the same, in any order, but for the numbers of flows.
    ///
    /// The filter is compiled for each link type when an interface of that type appears. That it
    /// does not compile is an error here for the link types known by now, and of `next` for those
    /// found later, before any packet of theirs.
    pub fn new(
        source: MergedSource,
        config: Config,
        filter: Option<String>,
        workers: usize,
    ) -> Result<Self, CaptureError> {
        let mut filter = SourceFilter::new(filter);
        if let Some(filter) = &mut filter {
            for &link_type in source.link_types() {
                filter.compile(link_type)?;
            }
        }
        let workers = super::workers_of(workers, source.progress().bytes_total);
        Ok(Self(if workers > 1 {
            Mode::Sharded(Sharded::start(source, &config, filter, workers)?)
        } else {
            Mode::Inline(Box::new(Inline::new(source, config, filter)?))
        }))
    }

    /// The next batch. Without `timeout`, waits for one or for the end.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Step, CaptureError> {
        match &mut self.0 {
            Mode::Inline(inline) => inline.next(timeout),
            Mode::Sharded(sharded) => sharded.next(timeout),
        }
    }

    /// Packets that the filter did not accept. No other figure counts them.
    pub fn filtered_out(&self) -> u64 {
        match &self.0 {
            Mode::Inline(inline) => inline.filtered_out(),
            Mode::Sharded(sharded) => sharded.told().filtered_out,
        }
    }

    /// Whether all was read and handed out.
    pub fn is_ended(&self) -> bool {
        match &self.0 {
            Mode::Inline(inline) => inline.is_ended(),
            Mode::Sharded(sharded) => sharded.is_ended(),
        }
    }

    /// Totals so far.
    pub fn totals(&self) -> Totals {
        match &self.0 {
            Mode::Inline(inline) => inline.totals(),
            Mode::Sharded(sharded) => sharded.totals(),
        }
    }

    /// How far the input was read.
    pub fn progress(&self) -> Progress {
        match &self.0 {
            Mode::Inline(inline) => inline.progress(),
            Mode::Sharded(sharded) => sharded.told().progress,
        }
    }

    /// What each file says besides its packets, by the file's name. Of several workers it is told
    /// when the input is at its end.
    pub fn notes(&self) -> Vec<(String, Notes)> {
        match &self.0 {
            Mode::Inline(inline) => inline.notes(),
            Mode::Sharded(sharded) => sharded.told().notes,
        }
    }

    /// The interfaces that the files name, and what each is said to have counted; likewise.
    pub fn interfaces(&mut self) -> (Vec<SourceInterface>, Vec<InterfaceStats>) {
        match &mut self.0 {
            Mode::Inline(inline) => inline.interfaces(),
            Mode::Sharded(sharded) => sharded.told().interfaces,
        }
    }

    /// What was wrong with the input, in words.
    pub fn warnings(&self) -> Vec<String> {
        match &self.0 {
            Mode::Inline(inline) => inline.warnings().to_vec(),
            Mode::Sharded(sharded) => sharded.told().warnings.clone(),
        }
    }

    /// Whether some of the input could not be read.
    pub fn is_damaged(&self) -> bool {
        match &self.0 {
            Mode::Inline(inline) => inline.is_damaged(),
            Mode::Sharded(sharded) => sharded.told().damaged,
        }
    }
}
