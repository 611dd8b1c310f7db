//! What both sides do, as units.
//!
//! Source: MySQL's internals, "Command Phase" and "COM_QUERY Response".

mod asking;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::answer::{self, Done, Failed, status};
use super::command::Shape;
use super::frame::Packet;
use super::greeting::{Greeting, can};
use super::oddity::{PAIRING_UNCERTAIN, UNEXPECTED_ANSWER};
use super::read::Reader;
use super::unit::Unit;
use crate::event::Completeness;
use crate::limits::{MYSQL_FIELD, MYSQL_STATEMENTS};
use crate::proto::sql::{Escapes, Statement};
use crate::proto::{Context, Side};

/// What comes after a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another.
    Packet,
    /// Both sides compress.
    Compressed,
    /// The client encrypts.
    Encrypted,
    /// No conversation.
    Over,
    /// Where things stand is not known.
    Lost,
    /// It cannot be followed any further.
    Dead(&'static str),
}

/// What the server says next to the first command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Expect {
    /// The beginning of an answer.
    #[default]
    First,
    /// So many columns or parameters, then as many columns again, then rows or not.
    Columns { left: u64, then: u64, has_rows: bool },
    /// What ends them, unless both sides do without.
    ColumnsEnd { then: u64, has_rows: bool },
    /// Rows, and what ends them.
    Rows,
    /// Nothing before the client has sent a file.
    File,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    units: VecDeque<Unit>,
    expect: Expect,
    statements: HashMap<u32, Arc<Statement>>,
    /// What was prepared last, which is executed by the number -1.
    last_prepared: Option<Arc<Statement>>,
    /// Bytes of statements and units.
    texts: usize,
    /// Time of the first and bytes of all values that were sent before their execution.
    ahead: Option<(i64, u64)>,
    /// What the server said of itself, and what both sides can.
    server: Option<(u64, String)>,
    can: Option<u64>,
    /// The client has said who it is, or following began behind that.
    has_login: bool,
    /// The server has accepted that.
    is_logged_in: bool,
    pub(super) is_compressed: bool,
    database: Option<String>,
    escapes: Escapes,
    /// Whether something ends columns; not known where following began in the middle.
    has_end: Option<bool>,
}

impl Session {
    /// Whether the client would wait for an answer.
    pub(super) fn is_due(&self) -> bool {
        self.expect != Expect::File
            && self.units.front().is_some_and(|unit| unit.shape != Shape::Login)
    }

    /// Whether rows or columns come next.
    pub(super) fn has_rows(&self) -> bool {
        matches!(self.expect, Expect::Rows | Expect::Columns { .. } | Expect::ColumnsEnd { .. })
    }

    /// Whether the server has greeted, or the client said who it is.
    pub(super) fn has_begun(&self) -> bool {
        self.server.is_some() || self.has_login
    }

    /// Following begins in the middle.
    pub(super) fn begin_within(&mut self) {
        self.has_login = true;
    }

    /// A packet of the server.
    pub(super) fn said(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if !self.has_begun() {
            return self.greeting(packet, cx);
        }
        // What was sent before the command came is not to it.
        let is_asked = |unit: &&mut Unit| packet.place.received > unit.offset;
        let is_end = answer::is_end(packet.mark(), packet.length);
        if self.is_open_end() && !is_end {
            self.has_end = Some(false);
            self.finish(cx);
        }
        let Some(unit) = self.units.front_mut().filter(is_asked) else {
            return self.unasked(packet, cx);
        };
        // Within envelopes servers number as they like.
        let is_numbered = self.is_compressed
            || unit.shape == Shape::Login
            || unit.is_answered()
            || packet.number == unit.answer;
        if !is_numbered {
            return self.unexpected();
        }
        unit.hears(packet, cx.time);
        match packet.mark() {
            Some(answer::ERROR) => self.error(packet, cx),
            // What was lost may say that more comes.
            Some(_) if packet.lost > 0 => Next::Lost,
            _ => self.expected(packet, cx),
        }
    }

    /// Whether an answer is whole, unless what ends columns still comes: that is not known where
    /// following began in the middle.
    fn is_open_end(&self) -> bool {
        self.has_end.is_none() && self.expect == Expect::ColumnsEnd { then: 0, has_rows: false }
    }

    fn greeting(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if packet.number != 0 || packet.lost > 0 {
            return Next::Lost;
        }
        if packet.mark() == Some(answer::ERROR) {
            // The server refuses the client before it has said anything.
            return self.unasked(packet, cx);
        }
        let Some(greeting) = Greeting::read(&packet.body) else { return Next::Lost };
        self.note_status(greeting.status);
        let version = &greeting.version[..greeting.version.len().min(MYSQL_FIELD)];
        self.server = Some((greeting.can, String::from_utf8_lossy(version).into_owned()));
        Next::Packet
    }

    /// Nothing waits for this.
    fn unasked(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let Some(failed) = Failed::read(&packet.body) else { return Next::Lost };
        let mut unit = Unit::unasked();
        unit.hears(packet, cx.time);
        unit.error(failed);
        unit.emit(Completeness::ResponseOnly, self.database.as_deref(), cx);
        Next::Packet
    }

    fn error(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let Some(failed) = Failed::read(&packet.body) else { return Next::Lost };
        if failed.code == Failed::PROGRESS {
            return Next::Packet;
        }
        if let Some(unit) = self.units.front_mut() {
            unit.error(failed);
        }
        self.finish(cx);
        Next::Packet
    }

    fn expected(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        match self.expect {
            Expect::First => self.first(packet, cx),
            Expect::Columns { left, then, has_rows } => {
                self.columns(left.saturating_sub(1), then, has_rows, cx);
                Next::Packet
            }
            Expect::ColumnsEnd { then, has_rows } => self.columns_end(packet, then, has_rows, cx),
            Expect::Rows => self.row(packet, cx),
            Expect::File => self.unexpected(),
        }
    }

    fn first(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let may_be_bare = self.can.unwrap_or(0) & can::OPTIONAL_METADATA != 0;
        let Some(unit) = self.units.front_mut() else { return Next::Lost };
        let Some(mark) = packet.mark() else { return self.unexpected() };
        match (unit.shape, mark) {
            // A zero says that no columns follow.
            (Shape::Result, answer::OK) if may_be_bare && packet.length < answer::OK_BYTES => {
                self.result(packet, cx)
            }
            (Shape::Login, answer::OK) => self.logged_in(packet, cx),
            // What a plugin of the server says, and asks: some of MariaDB's begin it with any byte.
            (Shape::Login, _) => {
                if mark == answer::END {
                    unit.detail("authentication", Reader(&packet.body[1..]).string());
                }
                Next::Packet
            }
            (Shape::Outcome | Shape::Result, answer::OK) | (Shape::Outcome, answer::END) => {
                self.result_done(packet, cx)
            }
            (Shape::Result, answer::FILE) => {
                self.expect = Expect::File;
                Next::Packet
            }
            (Shape::Result, _) => self.result(packet, cx),
            (Shape::Prepared, answer::OK) => self.prepared(packet, cx),
            (Shape::Text, _) => {
                self.finish(cx);
                Next::Packet
            }
            (Shape::Columns | Shape::Rows, answer::END) => self.result_done(packet, cx),
            (Shape::Columns, _) => Next::Packet,
            (Shape::Rows, _) => {
                unit.rows_begin();
                self.expect = Expect::Rows;
                self.row(packet, cx)
            }
            (Shape::Stream, _) => {
                self.finish(cx);
                self.flush(None, false, cx);
                Next::Over
            }
            _ => self.unexpected(),
        }
    }

    fn logged_in(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if let Some(done) = Done::read(&packet.body, packet.length) {
            self.note_status(done.status.unwrap_or(0));
        }
        self.finish(cx);
        let begins = !self.is_logged_in && self.can.is_some_and(|can| compression(can).is_some());
        self.is_logged_in = true;
        if begins { Next::Compressed } else { Next::Packet }
    }

    /// The number of columns of a result.
    fn result(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let mut reader = Reader(&packet.body);
        let can = self.can.unwrap_or(0);
        let is_execution = self.units.front().is_some_and(|unit| unit.is_execution);
        let mut has_columns = true;
        if can & can::OPTIONAL_METADATA != 0 {
            has_columns = reader.byte() == Some(1);
        }
        let Some(count) = reader.number().filter(|count| *count > 0) else {
            return self.unexpected();
        };
        // What one side can is not known where following began in the middle: one byte more says it.
        if is_execution && (can & can::CACHE_METADATA != 0 || self.can.is_none()) {
            has_columns = reader.byte() != Some(0);
        }
        if let Some(unit) = self.units.front_mut() {
            unit.rows_begin();
        }
        self.columns(if has_columns { count } else { 0 }, 0, true, cx);
        Next::Packet
    }

    /// What was prepared, with so many parameters and columns.
    fn prepared(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let mut reader = Reader(&packet.body[1..]);
        let (number, columns, parameters) = (reader.u32(), reader.u16(), reader.u16());
        let (Some(number), Some(columns), Some(parameters)) = (number, columns, parameters) else {
            return self.unexpected();
        };
        if let Some(unit) = self.units.front_mut() {
            unit.detail("statement_id", number.to_string().as_bytes());
            if let Some(statement) = unit.statement.clone().filter(|_| unit.is_prepared) {
                self.remember(number, statement);
            }
        }
        let is_without = self.can.is_some_and(|can| can & can::OPTIONAL_METADATA != 0)
            && packet.body.get(12) == Some(&0);
        let (columns, parameters) = (u64::from(columns), u64::from(parameters));
        match (parameters, columns) {
            _ if is_without => self.finish(cx),
            (0, 0) => self.finish(cx),
            (0, columns) => self.columns(columns, 0, false, cx),
            (parameters, columns) => self.columns(parameters, columns, false, cx),
        }
        Next::Packet
    }

    /// So many columns are still to come.
    fn columns(&mut self, left: u64, then: u64, has_rows: bool, cx: &mut Context<'_>) {
        self.expect = match (left, self.has_end) {
            (1.., _) => Expect::Columns { left, then, has_rows },
            (0, Some(false)) => return self.columns_over(then, has_rows, cx),
            (0, _) => Expect::ColumnsEnd { then, has_rows },
        };
    }

    fn columns_over(&mut self, then: u64, has_rows: bool, cx: &mut Context<'_>) {
        if has_rows {
            self.expect = Expect::Rows;
        } else if then > 0 {
            self.columns(then, 0, false, cx);
        } else {
            self.finish(cx);
        }
    }

    fn columns_end(
        &mut self,
        packet: &Packet,
        then: u64,
        has_rows: bool,
        cx: &mut Context<'_>,
    ) -> Next {
        let is_end = answer::is_end(packet.mark(), packet.length);
        // Where following began in the middle, this says whether something ends columns.
        let has_end = *self.has_end.get_or_insert(is_end);
        if !is_end {
            if has_end {
                return self.unexpected();
            }
            self.columns_over(then, has_rows, cx);
            return self.expected(packet, cx);
        }
        let done = Done::read(&packet.body, packet.length).unwrap_or_default();
        self.note_status(done.status.unwrap_or(0));
        if has_rows && done.has(status::CURSOR) {
            // Rows come when they are fetched.
            return self.result_done(packet, cx);
        }
        self.columns_over(then, has_rows, cx);
        Next::Packet
    }

    fn row(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if packet.mark() == Some(answer::END) && packet.length < 0xff_ffff {
            return self.result_done(packet, cx);
        }
        if let Some(unit) = self.units.front_mut() {
            unit.row();
        }
        Next::Packet
    }

    /// A result, or an answer without one, is whole.
    fn result_done(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let Some(done) = Done::read(&packet.body, packet.length) else {
            return self.unexpected();
        };
        if let Some(status) = done.status {
            self.note_status(status);
        }
        if let Some(unit) = self.units.front_mut() {
            unit.done(done);
        }
        self.expect = Expect::First;
        if !done.has(status::MORE_RESULTS) {
            self.finish(cx);
        }
        Next::Packet
    }

    fn note_status(&mut self, status: u16) {
        self.escapes = if status & status::NO_ESCAPES == 0 { Escapes::Yes } else { Escapes::No };
    }

    /// The first unit has its answer.
    fn finish(&mut self, cx: &mut Context<'_>) {
        self.expect = Expect::First;
        if let Some(unit) = self.pop() {
            self.database = database_after(&unit, self.database.take());
            unit.emit(Completeness::Complete, self.database.as_deref(), cx);
        }
        self.settle(cx);
    }

    /// Emits what is not answered.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while self.units.front().is_some_and(|unit| unit.shape == Shape::Nothing) {
            let Some(unit) = self.pop() else { return };
            unit.emit(Completeness::RequestOnly, self.database.as_deref(), cx);
        }
    }

    fn unexpected(&mut self) -> Next {
        if let Some(unit) = self.units.front_mut() {
            unit.note(UNEXPECTED_ANSWER);
        }
        Next::Lost
    }

    fn push(&mut self, unit: Unit) {
        self.texts += unit.memory();
        self.units.push_back(unit);
    }

    fn pop(&mut self) -> Option<Unit> {
        let unit = self.units.pop_front()?;
        self.texts = self.texts.saturating_sub(unit.memory());
        Some(unit)
    }

    fn remember(&mut self, number: u32, statement: Arc<Statement>) {
        self.forget(number);
        if self.statements.len() < MYSQL_STATEMENTS {
            self.texts += statement.memory();
            self.statements.insert(number, statement);
        }
    }

    fn forget(&mut self, number: u32) {
        if let Some(statement) = self.statements.remove(&number) {
            self.texts = self.texts.saturating_sub(statement.memory());
        }
    }

    fn forget_all(&mut self) {
        self.statements.values().for_each(|known| {
            self.texts = self.texts.saturating_sub(known.memory());
        });
        self.statements.clear();
        (self.last_prepared, self.ahead) = (None, None);
    }

    /// So many bytes are missing that do not lie within a packet.
    pub(super) fn lose(&mut self, side: Side, lost: u64) {
        if let Some(unit) = self.units.front_mut().filter(|_| side == Side::Server) {
            unit.loses_packets(lost);
        }
        // What was prepared, closed or set while nobody listened is not known.
        self.forget_all();
        (self.database, self.escapes, self.has_login) = (None, Escapes::Unknown, true);
    }

    /// Tells all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        if self.is_open_end() {
            self.finish(cx);
        }
        self.expect = Expect::First;
        while let Some(mut unit) = self.pop() {
            if lost {
                unit.note(PAIRING_UNCERTAIN);
            } else if let Some(error) = error.filter(|_| unit.shape != Shape::Nothing) {
                unit.failed(error);
            }
            unit.is_cut();
            let seen =
                if unit.is_answered() { Completeness::Gap } else { Completeness::RequestOnly };
            unit.emit(seen, self.database.as_deref(), cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let table = self.statements.capacity() * size_of::<(u32, Arc<Statement>)>();
        self.units.capacity() * size_of::<Unit>() + table + self.texts
    }
}

/// How both sides compress.
fn compression(can: u64) -> Option<&'static str> {
    match can & (can::COMPRESS | can::ZSTD) {
        0 => None,
        can::ZSTD => Some("zstd"),
        _ => Some("zlib"),
    }
}

/// The database in use after `unit`, where it was `before`.
fn database_after(unit: &Unit, before: Option<String>) -> Option<String> {
    if unit.has_failed() || unit.is_prepared {
        return before;
    }
    if let Some(name) = &unit.database {
        let name = &name[..name.len().min(MYSQL_FIELD)];
        return Some(String::from_utf8_lossy(name).into_owned()).filter(|name| !name.is_empty());
    }
    let Some(statement) = &unit.statement else { return before };
    let form = String::from_utf8_lossy(&statement.form).into_owned();
    let lower = form.to_ascii_lowercase();
    let drops = ["drop database", "drop schema"].iter().any(|words| lower.contains(words));
    match lower.strip_prefix("use ") {
        Some(name) if !name.contains([' ', ';', '?']) => {
            Some(form[4..].trim_matches('`').to_owned())
        }
        None if !drops && !lower.contains("; use ") && !lower.contains(";use ") => before,
        _ => None,
    }
}
