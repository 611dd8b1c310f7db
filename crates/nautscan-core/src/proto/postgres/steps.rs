//! Which answer is to which message: each message of a client that is answered is a step, in order,
//! and belongs to a unit.

use std::collections::VecDeque;

use super::oddity::{PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use super::unit::{Parsed, Unit};
use crate::event::Completeness;
use crate::limits::POSTGRES_PIPELINE;
use crate::proto::Context;

/// A message that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A request for encryption.
    Encryption,
    /// The beginning of a session, up to ReadyForQuery.
    Start,
    /// A simple query or a function call, up to ReadyForQuery.
    Query,
    Parse,
    Bind,
    DescribeStatement,
    DescribePortal,
    Execute,
    Close,
    Sync,
}

/// A message that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) kind: Kind,
    /// The number of the unit; `None`: it is a part of none.
    unit: Option<u64>,
    /// Where the message begins.
    pub(super) offset: u64,
}

/// Steps and units in order.
#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: VecDeque<Step>,
    units: VecDeque<Unit>,
    /// Number of the first unit.
    first: u64,
    texts: usize,
    pub(super) database: Option<String>,
}

impl Steps {
    /// The step that is answered next.
    pub(super) fn front(&self) -> Option<Step> {
        self.steps.front().copied()
    }

    /// The unit that a step belongs to.
    pub(super) fn unit_of(&mut self, step: Step) -> Option<&mut Unit> {
        let at = step.unit?.checked_sub(self.first)?;
        self.units.get_mut(usize::try_from(at).ok()?)
    }

    /// The unit that the client is at.
    pub(super) fn last(&mut self) -> Option<&mut Unit> {
        self.units.back_mut()
    }

    /// The unit that more messages of the client may belong to.
    pub(super) fn open(&mut self) -> Option<&mut Unit> {
        self.units.back_mut().filter(|unit| unit.is_open)
    }

    /// Begins a unit.
    pub(super) fn begin(&mut self, unit: Unit) {
        self.texts += unit.memory();
        self.units.push_back(unit);
    }

    /// A message at `offset` waits; `of_unit`: for the last unit.
    pub(super) fn push(&mut self, kind: Kind, offset: u64, of_unit: bool) {
        let last = self.first + self.units.len() as u64;
        let unit = last.checked_sub(1).filter(|_| of_unit && !self.units.is_empty());
        if of_unit && let Some(unit) = self.units.back_mut() {
            unit.steps += 1;
        }
        self.steps.push_back(Step { kind, unit, offset });
    }

    /// Rows are copied in from here on: a Sync that the client sent before them is not answered (the
    /// manual's "COPY Operations").
    pub(super) fn pass_over_syncs(&mut self) {
        while self.steps.get(1).is_some_and(|step| step.kind == Kind::Sync) {
            let Some(step) = self.steps.remove(1) else { return };
            if let Some(unit) = self.unit_of(step) {
                unit.steps = unit.steps.saturating_sub(1);
            }
        }
    }

    /// What Parse messages up to the next Sync gave names to: the server passes them over.
    pub(super) fn unparsed(&mut self) -> Vec<Parsed> {
        let steps = self.steps.iter().take_while(|step| step.kind != Kind::Sync);
        let parses: Vec<Step> = steps.filter(|step| step.kind == Kind::Parse).copied().collect();
        parses.into_iter().filter_map(|step| self.unit_of(step)?.parsed.take()).collect()
    }

    /// Too much waits: all of it is told without answers.
    pub(super) fn is_full(&self) -> bool {
        self.steps.len() >= POSTGRES_PIPELINE || self.units.len() >= POSTGRES_PIPELINE
    }

    /// The client has sent all of the last unit.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) {
        if let Some(unit) = self.units.back_mut() {
            unit.is_open = false;
        }
        self.settle(cx);
    }

    /// The first step is answered for good.
    pub(super) fn done(&mut self, cx: &mut Context<'_>) {
        let Some(step) = self.steps.pop_front() else { return };
        if let Some(unit) = self.unit_of(step) {
            unit.steps = unit.steps.saturating_sub(1);
        }
        self.settle(cx);
    }

    /// Emits the units at the front that are whole.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while self.units.front().is_some_and(|unit| !unit.is_open && unit.steps == 0) {
            let Some(unit) = self.pop() else { return };
            let seen =
                if unit.is_answered { Completeness::Complete } else { Completeness::RequestOnly };
            unit.emit(seen, self.database.as_deref(), cx);
        }
    }

    fn pop(&mut self) -> Option<Unit> {
        let unit = self.units.pop_front()?;
        self.first += 1;
        self.texts =
            if self.units.is_empty() { 0 } else { self.texts.saturating_sub(unit.memory()) };
        Some(unit)
    }

    /// An error came: the server passes over all up to the next Sync.
    pub(super) fn skip(&mut self, cx: &mut Context<'_>) {
        while let Some(step) = self.steps.front().copied() {
            if step.kind == Kind::Sync {
                break;
            }
            if let Some(unit) = self.unit_of(step).filter(|unit| !unit.is_answered) {
                unit.failed("passed over after an error");
            }
            self.done(cx);
        }
    }

    /// Tells all units. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        self.steps.clear();
        while let Some(mut unit) = self.pop() {
            let is_waiting = unit.steps > 0 || unit.is_open;
            if lost {
                unit.note(PAIRING_UNCERTAIN);
            } else if let Some(error) = error.filter(|_| is_waiting && !unit.has_failed()) {
                unit.failed(error);
            }
            if is_waiting {
                unit.is_cut();
            }
            let seen = match (unit.is_answered, is_waiting && !unit.ends_session) {
                (false, _) => Completeness::RequestOnly,
                (true, true) => Completeness::Gap,
                (true, false) => Completeness::Complete,
            };
            unit.emit(seen, self.database.as_deref(), cx);
        }
    }

    /// Tells all units because there is no room for more. The order is lost with them.
    pub(super) fn overflow(&mut self, cx: &mut Context<'_>) {
        self.units.iter_mut().for_each(|unit| unit.note(PIPELINE_OVERFLOW));
        self.steps.clear();
        while let Some(unit) = self.pop() {
            unit.emit(Completeness::RequestOnly, self.database.as_deref(), cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.steps.capacity() * size_of::<Step>()
            + self.units.capacity() * size_of::<Unit>()
            + self.texts
    }
}
