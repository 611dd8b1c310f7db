//! What a client does with a command, and what comes of it: a row in the making.

use std::sync::Arc;

use super::answer::{Done, Failed};
use super::command::Shape;
use super::errors;
use super::frame::Packet;
use super::oddity::STATEMENT_UNKNOWN;
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::MYSQL_FIELD;
use crate::proto::Context;
use crate::proto::sql::{self, Statement};

/// A row in the making.
#[derive(Debug)]
pub(super) struct Unit {
    exchange: Exchange,
    pub(super) shape: Shape,
    pub(super) statement: Option<Arc<Statement>>,
    /// Where the command begins.
    pub(super) offset: u64,
    /// Number of the first packet of its answer.
    pub(super) answer: u8,
    /// It is prepared, and may be executed by the number in the answer.
    pub(super) is_prepared: bool,
    /// It runs what was prepared, and answers in binary.
    pub(super) is_execution: bool,
    /// The database in use once it is done.
    pub(super) database: Option<Vec<u8>>,
    /// Rows of all results; `None`: there was no result with rows.
    rows: Option<u64>,
    affected: Option<u64>,
    warnings: u64,
    results: u64,
    copied_in: u64,
}

impl Unit {
    fn new(shape: Shape, offset: u64) -> Self {
        Self {
            exchange: Exchange { protocol: "mysql", ..Exchange::default() },
            shape,
            statement: None,
            offset,
            answer: 0,
            is_prepared: false,
            is_execution: false,
            database: None,
            rows: None,
            affected: None,
            warnings: 0,
            results: 0,
            copied_in: 0,
        }
    }

    /// A unit that begins with a packet.
    pub(super) fn begin(packet: &Packet, shape: Shape, time: i64) -> Self {
        let mut unit = Self::new(shape, packet.place.offset);
        unit.exchange.request = Some(message(packet.time));
        unit.answer = packet.last.wrapping_add(1);
        unit.asks(packet, time);
        unit
    }

    /// What the server says without having been asked.
    pub(super) fn unasked() -> Self {
        Self::new(Shape::Outcome, 0)
    }

    /// Sets the method and the target where no statement says them.
    pub(super) fn named(&mut self, method: &str, target: Option<&[u8]>) {
        self.exchange.method = Some(method.as_bytes().to_vec());
        let kept = |text: &[u8]| text[..text.len().min(MYSQL_FIELD)].to_vec();
        self.exchange.target = target.map(kept);
    }

    /// A packet of the client that belongs to it, whole at `time`.
    pub(super) fn asks(&mut self, packet: &Packet, time: i64) {
        self.loses(packet.lost);
        if let Some(request) = &mut self.exchange.request {
            request.last_time = (!packet.is_end_lost).then_some(time);
            add(&mut request.body, packet.bytes);
        }
    }

    /// It began with this already.
    pub(super) fn began(&mut self, first_time: i64, bytes: u64) {
        if let Some(request) = &mut self.exchange.request {
            request.first_time = first_time;
            add(&mut request.body, bytes);
        }
    }

    /// A packet of the server that belongs to it, whole at `time`.
    pub(super) fn hears(&mut self, packet: &Packet, time: i64) {
        self.loses(packet.lost);
        let response = self.exchange.response.get_or_insert_with(|| message(packet.time));
        response.last_time = (!packet.is_end_lost).then_some(time);
        add(&mut response.body, packet.bytes);
    }

    /// The end of the answer was not seen.
    pub(super) fn is_cut(&mut self) {
        if let Some(response) = &mut self.exchange.response {
            response.last_time = None;
        }
    }

    /// Bytes of it that are missing.
    pub(super) fn loses(&mut self, lost: u64) {
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(lost);
    }

    /// Packets of it are missing: how many rows there were is not known.
    pub(super) fn loses_packets(&mut self, lost: u64) {
        self.loses(lost);
        self.rows = None;
    }

    /// A result with rows begins.
    pub(super) fn rows_begin(&mut self) {
        self.rows.get_or_insert(0);
    }

    pub(super) fn row(&mut self) {
        self.rows = self.rows.map(|rows| rows + 1);
    }

    /// Data of a file that the client sent.
    pub(super) fn copies(&mut self, bytes: u64) {
        self.copied_in = self.copied_in.saturating_add(bytes);
    }

    /// A result, or an answer without one, is whole.
    pub(super) fn done(&mut self, done: Done) {
        self.results += 1;
        self.warnings += u64::from(done.warnings);
        if let Some(affected) = done.affected {
            self.affected = Some(self.affected.unwrap_or(0).saturating_add(affected));
        }
    }

    /// Sets a value of the detail.
    pub(super) fn detail(&mut self, name: &'static str, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        let value = String::from_utf8_lossy(&value[..value.len().min(MYSQL_FIELD)]).into_owned();
        match self.exchange.detail.iter_mut().find(|known| known.0 == name) {
            Some(known) => known.1 = value,
            None => self.exchange.detail.push((name, value)),
        }
    }

    pub(super) fn note(&mut self, oddity: &'static str) {
        self.exchange.note(oddity);
    }

    /// It runs, or would, what is known under a number.
    pub(super) fn of_statement(&mut self, number: Option<u32>, known: Option<Arc<Statement>>) {
        if known.is_none() {
            self.note(STATEMENT_UNKNOWN);
        }
        self.statement = known;
        if let Some(number) = number {
            self.detail("statement_id", number.to_string().as_bytes());
        }
    }

    pub(super) fn failed(&mut self, error: &'static str) {
        self.exchange.error.get_or_insert(error);
    }

    /// An error answer.
    pub(super) fn error(&mut self, failed: Failed<'_>) {
        self.exchange.error = Some(errors::name(failed.code));
        self.detail("error_code", failed.code.to_string().as_bytes());
        self.detail("sqlstate", failed.state);
        self.detail("error_message", failed.message);
    }

    /// Whether it failed.
    pub(super) fn has_failed(&self) -> bool {
        self.exchange.error.is_some()
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let detail: usize = self.exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let target = self.exchange.target.as_ref().map_or(0, Vec::capacity);
        let database = self.database.as_ref().map_or(0, Vec::capacity);
        let statement = self.statement.as_ref().map_or(0, |statement| statement.memory());
        size_of::<Self>() + detail + target + database + statement
    }

    /// Emits it; so much of it was seen.
    pub(super) fn emit(mut self, seen: Completeness, database: Option<&str>, cx: &mut Context<'_>) {
        let exchange = &mut self.exchange;
        let mut detail: Vec<(&'static str, String)> = Vec::new();
        if let Some(statement) = &self.statement {
            exchange.target.get_or_insert_with(|| statement.form.clone());
            if exchange.method.is_none() {
                exchange.method = sql::verb(&statement.form);
            }
            detail.push(("statement", statement.text.clone()));
        }
        detail.extend(database.map(|name| ("database", name.to_owned())));
        let some = |count: u64| (count > 0).then_some(count);
        let counts = [
            ("rows", self.rows),
            ("affected_rows", self.affected.filter(|_| self.rows.is_none() || self.results > 1)),
            ("results", some(self.results).filter(|results| *results > 1)),
            ("warnings", some(self.warnings)),
            ("copied_in_bytes", some(self.copied_in)),
        ];
        let known = counts.into_iter().filter_map(|(name, count)| Some((name, count?)));
        detail.extend(known.map(|(name, count)| (name, count.to_string())));
        detail.append(&mut exchange.detail);
        exchange.detail = detail;
        exchange.completeness = if exchange.gap_bytes > 0 { Completeness::Gap } else { seen };
        cx.sink.exchange(exchange);
    }

    /// Whether anything of an answer came.
    pub(super) fn is_answered(&self) -> bool {
        self.exchange.response.is_some()
    }
}

fn message(first_time: i64) -> Message {
    Message { first_time, body: Body { bytes: Some(0), ..Body::default() }, ..Message::default() }
}

fn add(body: &mut Body, bytes: u64) {
    let more = i64::try_from(bytes).unwrap_or(i64::MAX);
    body.bytes = body.bytes.map(|bytes| bytes.saturating_add(more));
}
