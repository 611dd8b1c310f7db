//! What both sides do, as units and steps.
//!
//! Source: the manual's chapter "Message Flow".

use std::collections::HashMap;
use std::sync::Arc;

use super::client::{self, Asked};
use super::frame::{self, Framed};
use super::names::{Forgets, forgotten};
use super::oddity::UNEXPECTED_ANSWER;
use super::steps::{Kind, Step, Steps};
use super::unit::{Unit, shown};
use crate::event::Completeness;
use crate::limits::{POSTGRES_FIELD, POSTGRES_KEPT, POSTGRES_STATEMENTS};
use crate::proto::sql::{Dialect, Escapes, Statement};
use crate::proto::{Context, Side};

/// What comes after a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another.
    Message,
    /// The server's word on encryption.
    Encryption,
    /// Encryption was refused: the client begins anew.
    Plain,
    /// Both sides encrypt.
    Encrypted,
    /// No conversation.
    Over,
    /// It cannot be followed any further.
    Dead(&'static str),
}

/// The statement of a portal, and its name; without a text: it is not known.
type Portal = (Option<Arc<Statement>>, Vec<u8>);

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    steps: Steps,
    statements: HashMap<Vec<u8>, Arc<Statement>>,
    portals: HashMap<Vec<u8>, Portal>,
    /// Bytes of statements and names.
    texts: usize,
    /// The client sends rows to be copied in.
    copies_in: bool,
    /// What is answered to messages that were not seen.
    stray: Option<Unit>,
    /// The reverse of `standard_conforming_strings`, which the server reports.
    escapes: Escapes,
}

impl Session {
    /// Whether the client would wait for an answer.
    pub(super) fn is_due(&self) -> bool {
        let is_talk = |step: Step| matches!(step.kind, Kind::Start | Kind::Encryption);
        !self.copies_in && self.steps.front().is_some_and(|step| !is_talk(step))
    }

    /// A message of the client.
    pub(super) fn asked(&mut self, framed: Framed, cx: &mut Context<'_>) -> Next {
        let offset = framed.place.offset;
        match client::read(&framed) {
            Asked::Start { parameters } => self.start(&framed, &parameters, cx),
            Asked::Encryption { gss } => {
                let name = if gss { "GSSENCREQUEST" } else { "SSLREQUEST" };
                self.simple(&framed, Kind::Encryption, Some(name), cx);
                return Next::Encryption;
            }
            Asked::Cancel => {
                let mut unit = Unit::begin(&framed);
                unit.named("CANCEL", None);
                unit.asks(&framed, cx.time);
                unit.emit(Completeness::RequestOnly, None, cx);
            }
            Asked::Query(text) => {
                let statement = self.statement(text);
                self.heed(&statement);
                self.simple(&framed, Kind::Query, None, cx);
                if let Some(unit) = self.steps.last() {
                    unit.statement = Some(statement);
                }
            }
            Asked::Function => self.simple(&framed, Kind::Query, Some("FUNCTION"), cx),
            Asked::Parse { name, text } => {
                let statement = self.statement(text);
                let is_bound = self.steps.open().is_some_and(|unit| unit.statement.is_some());
                if is_bound {
                    // What was prepared before is a row of its own.
                    self.prepared(cx);
                }
                self.part(&framed, Kind::Parse, cx);
                if let Some(unit) = self.steps.last() {
                    unit.statement = Some(Arc::clone(&statement));
                    unit.parsed = Some((name.to_vec(), Arc::clone(&statement)));
                    unit.detail("prepared_name", name);
                }
                self.remember(name, statement);
            }
            Asked::Bind { portal, statement } => {
                self.part(&framed, Kind::Bind, cx);
                self.bind(portal, statement);
            }
            Asked::Describe(true) => self.part(&framed, Kind::DescribeStatement, cx),
            Asked::Describe(false) => self.part(&framed, Kind::DescribePortal, cx),
            Asked::Execute { portal } => {
                self.part(&framed, Kind::Execute, cx);
                self.execute(portal);
                self.steps.close(cx);
            }
            Asked::Close { is_statement, name } => {
                self.forget(is_statement, name);
                self.steps.push(Kind::Close, offset, false);
            }
            Asked::Sync => {
                self.prepared(cx);
                // What was executed is committed with it, and may yet fail.
                if !self.copies_in {
                    self.steps.push(Kind::Sync, offset, true);
                }
            }
            Asked::Flush => self.prepared(cx),
            Asked::CopyData | Asked::Password => self.more(&framed, cx),
            Asked::CopyEnd => {
                self.copies_in = false;
                self.more(&framed, cx);
            }
            Asked::Terminate => {}
            Asked::Unreadable => return Next::Dead("a message cannot be read"),
        }
        if self.steps.is_full() {
            self.steps.overflow(cx);
            return Next::Dead("too much waits");
        }
        Next::Message
    }

    fn statement(&self, text: &[u8]) -> Arc<Statement> {
        Arc::new(Statement::new(text, POSTGRES_KEPT, Dialect::Postgres, self.escapes))
    }

    /// A message of which bytes were lost: what it asks for is not known.
    pub(super) fn damaged(&mut self, framed: &Framed, cx: &mut Context<'_>) {
        let mut unit = Unit::begin(framed);
        unit.asks(framed, cx.time);
        unit.emit(Completeness::Gap, self.steps.database.as_deref(), cx);
    }

    fn start(&mut self, framed: &Framed, parameters: &[(&[u8], &[u8])], cx: &mut Context<'_>) {
        let value = |name: &[u8]| {
            parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        };
        // Without a name, the database has that of the user.
        let database = value(b"database").or(value(b"user")).unwrap_or_default();
        self.steps.database = Some(shown(database, POSTGRES_FIELD));
        self.simple(framed, Kind::Start, None, cx);
        let Some(unit) = self.steps.last() else { return };
        unit.named("STARTUP", Some(database[..database.len().min(POSTGRES_FIELD)].to_vec()));
        for (parameter, name) in [(&b"user"[..], "user"), (b"application_name", "application")] {
            unit.detail(name, value(parameter).unwrap_or_default());
        }
    }

    /// A message that is a unit of its own.
    fn simple(&mut self, framed: &Framed, kind: Kind, name: Option<&str>, cx: &mut Context<'_>) {
        self.prepared(cx);
        let mut unit = Unit::begin(framed);
        if let Some(name) = name {
            unit.named(name, None);
        }
        unit.asks(framed, cx.time);
        unit.is_open = false;
        self.steps.begin(unit);
        self.steps.push(kind, framed.place.offset, true);
    }

    /// A message that is a part of a unit.
    fn part(&mut self, framed: &Framed, kind: Kind, cx: &mut Context<'_>) {
        if self.steps.open().is_none() {
            self.steps.begin(Unit::begin(framed));
        }
        if let Some(unit) = self.steps.open() {
            unit.asks(framed, cx.time);
        }
        self.steps.push(kind, framed.place.offset, true);
    }

    /// The client goes on with what it does.
    fn more(&mut self, framed: &Framed, cx: &mut Context<'_>) {
        if let Some(unit) = self.steps.last() {
            unit.asks(framed, cx.time);
            if framed.kind == frame::Kind::Typed(b'd') {
                unit.copies(0, framed.bytes.saturating_sub(5));
            }
        }
    }

    /// A unit without execution ends.
    fn prepared(&mut self, cx: &mut Context<'_>) {
        let Some(unit) = self.steps.open() else { return };
        let method = if unit.statement.is_some() { "PREPARE" } else { "DESCRIBE" };
        let target = unit.statement.as_ref().map(|statement| statement.form.clone());
        unit.named(method, target);
        self.steps.close(cx);
    }

    fn remember(&mut self, name: &[u8], statement: Arc<Statement>) {
        self.forget(true, name);
        if self.statements.len() < POSTGRES_STATEMENTS {
            self.texts += name.len() + statement.memory();
            self.statements.insert(name.to_vec(), statement);
        }
    }

    fn forget(&mut self, is_statement: bool, name: &[u8]) {
        if is_statement {
            if let Some(statement) = self.statements.remove(name) {
                self.texts = self.texts.saturating_sub(name.len() + statement.memory());
            }
        } else if let Some((_, statement)) = self.portals.remove(name) {
            self.texts = self.texts.saturating_sub(name.len() + statement.len());
        }
    }

    /// Forgets what a statement takes its name, or its text, from.
    fn heed(&mut self, statement: &Statement) {
        for names in forgotten(&statement.form) {
            match names {
                Forgets::One(name) => self.forget(true, &name),
                Forgets::All => self.forget_all(),
            }
        }
    }

    fn forget_all(&mut self) {
        self.statements.clear();
        self.portals.clear();
        self.texts = 0;
    }

    fn bind(&mut self, portal: &[u8], statement: &[u8]) {
        self.forget(false, portal);
        let known = self.statements.get(statement).cloned();
        if self.portals.len() < POSTGRES_STATEMENTS {
            self.texts += portal.len() + statement.len();
            self.portals.insert(portal.to_vec(), (known, statement.to_vec()));
        }
    }

    fn execute(&mut self, portal: &[u8]) {
        let (statement, name) = match self.portals.get(portal) {
            Some((statement, name)) => (statement.clone(), name.clone()),
            None => (None, Vec::new()),
        };
        if let Some(statement) = &statement {
            self.heed(statement);
        }
        let Some(unit) = self.steps.open() else { return };
        match statement {
            Some(statement) => {
                if unit.statement.is_none() {
                    unit.detail("prepared_name", &name);
                }
                unit.statement = Some(statement);
            }
            None => {
                unit.statement = None;
                unit.unknown(&name);
            }
        }
    }

    /// A message of the server.
    pub(super) fn said(&mut self, framed: Framed, cx: &mut Context<'_>) -> Next {
        if let frame::Kind::Encryption(answer) = framed.kind {
            return self.encryption(answer, &framed, cx);
        }
        let frame::Kind::Typed(kind) = framed.kind else { return Next::Message };
        if kind == b'S' {
            self.parameter(&framed);
        }
        if kind == b'A' {
            notification(&framed, self.steps.database.as_deref(), cx);
            return Next::Message;
        }
        // What was sent before the message came is not to it.
        let front = self.steps.front().filter(|step| framed.place.received > step.offset);
        let Some(step) = front else {
            self.stray(kind, &framed, cx);
            return Next::Message;
        };
        let is_of_unit = step.kind != Kind::Sync || kind == b'E';
        if let Some(unit) = self.steps.unit_of(step).filter(|_| is_of_unit) {
            unit.hears(&framed, cx.time);
        }
        match kind {
            b'S' => {}
            b'N' => self.on_unit(step, Unit::notice),
            b'E' => self.error(step, &framed, cx),
            b'Z' => self.ready(step, cx),
            b'W' => {
                self.steps.done(cx);
                self.flush(None, false, cx);
                return Next::Over;
            }
            _ => return self.answer(step, kind, &framed, cx),
        }
        Next::Message
    }

    /// A setting of the session is reported.
    fn parameter(&mut self, framed: &Framed) {
        const NAME: &[u8] = b"standard_conforming_strings\0";
        if framed.lost > 0 {
            self.escapes = Escapes::Unknown;
        } else if let Some(value) = framed.body.strip_prefix(NAME) {
            self.escapes = match value {
                b"on\0" => Escapes::No,
                b"off\0" => Escapes::Yes,
                _ => Escapes::Unknown,
            };
        }
    }

    /// What answers a message that was not seen, up to where the server is ready.
    fn stray(&mut self, kind: u8, framed: &Framed, cx: &mut Context<'_>) {
        if kind == b'Z' {
            if let Some(unit) = self.stray.take() {
                unit.emit(Completeness::ResponseOnly, self.steps.database.as_deref(), cx);
            }
            return;
        }
        if matches!(kind, b'S' | b'N' | b'K' | b'R') {
            return;
        }
        let unit = self.stray.get_or_insert_with(Unit::unasked);
        unit.hears(framed, cx.time);
        match kind {
            b'D' => unit.row(),
            b'C' => unit.completed(tag(framed)),
            b'd' => unit.copies(1, framed.bytes.saturating_sub(5)),
            b'E' => unit.error(&framed.body),
            _ => {}
        }
    }

    fn on_unit(&mut self, step: Step, act: impl FnOnce(&mut Unit)) {
        if let Some(unit) = self.steps.unit_of(step) {
            act(unit);
        }
    }

    fn encryption(&mut self, answer: u8, framed: &Framed, cx: &mut Context<'_>) -> Next {
        let is_given = matches!(answer, b'S' | b'G');
        if let Some(step) = self.steps.front().filter(|step| step.kind == Kind::Encryption) {
            let told: &[u8] = if is_given { b"accepted" } else { b"refused" };
            self.on_unit(step, |unit| {
                unit.hears(framed, cx.time);
                unit.detail("encryption", told);
            });
            self.steps.done(cx);
        }
        if is_given { Next::Encrypted } else { Next::Plain }
    }

    fn error(&mut self, step: Step, framed: &Framed, cx: &mut Context<'_>) {
        self.copies_in = false;
        self.on_unit(step, |unit| unit.error(&framed.body));
        match step.kind {
            // ReadyForQuery follows.
            Kind::Query | Kind::Sync => {}
            Kind::Start | Kind::Encryption => self.steps.done(cx),
            _ => {
                // A name that was not given still stands for what it did.
                for (name, statement) in self.steps.unparsed() {
                    if self.statements.get(&name).is_some_and(|it| Arc::ptr_eq(it, &statement)) {
                        self.forget(true, &name);
                    }
                }
                // The unit that failed has its answer; those behind it have none.
                self.steps.done(cx);
                self.steps.skip(cx);
            }
        }
    }

    fn ready(&mut self, step: Step, cx: &mut Context<'_>) {
        if matches!(step.kind, Kind::Start | Kind::Query | Kind::Sync) {
            return self.steps.done(cx);
        }
        // The server passed something over.
        self.on_unit(step, |unit| unit.note(UNEXPECTED_ANSWER));
        self.steps.skip(cx);
        self.steps.done(cx);
    }

    fn answer(&mut self, step: Step, kind: u8, framed: &Framed, cx: &mut Context<'_>) -> Next {
        let is_done = match (step.kind, kind) {
            (Kind::Start, b'R') => {
                if framed.lost == 0 {
                    self.on_unit(step, |unit| unit.authentication(&framed.body));
                }
                false
            }
            (Kind::Start, b'K' | b'v') => false,
            (Kind::Query | Kind::Execute, b'D') => {
                self.on_unit(step, Unit::row);
                false
            }
            (Kind::Query | Kind::Execute, b'C') => {
                self.copies_in = false;
                self.on_unit(step, |unit| unit.completed(tag(framed)));
                step.kind == Kind::Execute
            }
            (Kind::Query | Kind::Execute, b'd') => {
                self.on_unit(step, |unit| unit.copies(1, framed.bytes.saturating_sub(5)));
                false
            }
            (Kind::Query | Kind::Execute, b'G') => {
                self.copies_in = true;
                self.steps.pass_over_syncs();
                false
            }
            (Kind::Query | Kind::Execute, b'H' | b'c' | b'T' | b'V') => false,
            (Kind::Query, b'I') => false,
            (Kind::Execute, b'I' | b's') => true,
            (Kind::Parse, b'1') | (Kind::Bind, b'2') | (Kind::Close, b'3') => true,
            (Kind::DescribeStatement, b't') => false,
            (Kind::DescribeStatement | Kind::DescribePortal, b'T' | b'n') => true,
            _ => {
                self.on_unit(step, |unit| unit.note(UNEXPECTED_ANSWER));
                self.flush(None, true, cx);
                return Next::Dead("an answer that the message cannot have");
            }
        };
        if is_done {
            self.steps.done(cx);
        }
        Next::Message
    }

    /// So many bytes are missing that do not lie within a message.
    pub(super) fn lose(&mut self, side: Side, lost: u64) {
        let unit = match (side, self.steps.front()) {
            (Side::Server, Some(step)) => self.steps.unit_of(step),
            _ => None,
        };
        if let Some(unit) = unit {
            unit.loses(lost);
        }
        // What was prepared, and closed, while nobody listened is not known.
        self.forget_all();
        (self.stray, self.copies_in) = (None, false);
        self.escapes = Escapes::Unknown;
    }

    /// Tells all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        self.prepared(cx);
        self.steps.flush(error, lost, cx);
        if let Some(unit) = self.stray.take() {
            unit.emit(Completeness::ResponseOnly, self.steps.database.as_deref(), cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let entry = size_of::<(Vec<u8>, Portal)>();
        let tables = (self.statements.capacity() + self.portals.capacity()) * entry;
        self.steps.memory() + tables + self.texts
    }
}

/// The tag of a command that was completed; empty where it was not captured whole.
fn tag(framed: &Framed) -> &[u8] {
    framed.body.strip_suffix(b"\0").filter(|_| framed.lost == 0).unwrap_or_default()
}

/// NOTIFY of another session.
fn notification(framed: &Framed, database: Option<&str>, cx: &mut Context<'_>) {
    let mut unit = Unit::unasked();
    let channel = framed.body.get(4..).unwrap_or_default().split(|b| *b == 0).next();
    unit.named("NOTIFICATION", channel.map(<[u8]>::to_vec));
    unit.hears(framed, cx.time);
    unit.emit(Completeness::Complete, database, cx);
}
