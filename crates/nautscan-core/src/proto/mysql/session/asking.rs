//! What the client does: how it logs in, and its commands.

use std::sync::Arc;

use super::super::command::{About, Command, Shape};
use super::super::frame::Packet;
use super::super::greeting::{Login, can};
use super::super::oddity::{PIPELINE_OVERFLOW, STATEMENT_UNKNOWN};
use super::super::unit::Unit;
use super::{Expect, Next, Session, compression};
use crate::event::Completeness;
use crate::limits::{MYSQL_KEPT, MYSQL_PIPELINE};
use crate::proto::Context;
use crate::proto::sql::{Dialect, Statement};

impl Session {
    /// A packet of the client.
    pub(in crate::proto::mysql) fn asked(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if self.expect == Expect::File {
            return self.file(packet, cx);
        }
        if !self.has_login {
            return self.login(packet, cx);
        }
        if let Some(unit) = self.units.back_mut().filter(|unit| unit.shape == Shape::Login)
            && packet.number != 0
        {
            // What proves who it is.
            unit.asks(packet, cx.time);
            return Next::Packet;
        }
        if self.is_open_end() {
            self.finish(cx);
        }
        let command = Command::read(&packet.body, self.can, packet.lost == 0);
        let Some(command) = command.filter(|_| packet.number == 0) else { return Next::Lost };
        self.command(packet, command, cx);
        if self.units.len() > MYSQL_PIPELINE {
            self.units.iter_mut().for_each(|unit| unit.note(PIPELINE_OVERFLOW));
            self.flush(None, false, cx);
            return Next::Dead("too much waits");
        }
        Next::Packet
    }

    fn login(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        let login = Login::read(&packet.body, packet.length).filter(|_| packet.lost == 0);
        let Some(login) = login else { return Next::Dead("no answer to a greeting") };
        let mut unit = Unit::begin(packet, Shape::Login, cx.time);
        let version = self.server.as_ref().map_or("", |(_, version)| version);
        unit.detail("server_version", version.as_bytes());
        if login.is_encryption {
            unit.named("SSLREQUEST", None);
            unit.emit(Completeness::RequestOnly, None, cx);
            return Next::Encrypted;
        }
        unit.named("CONNECT", login.database);
        if let Some(application) = login.application {
            unit.detail("application", application);
        }
        let can = self.server.as_ref().map_or(u64::MAX, |(can, _)| *can) & login.can;
        (self.can, self.has_login) = (Some(can), true);
        self.has_end = Some(can & can::DEPRECATE_EOF == 0);
        about_user(&mut unit, &login);
        unit.detail("compression", compression(can).unwrap_or_default().as_bytes());
        self.push(unit);
        Next::Packet
    }

    fn command(&mut self, packet: &Packet, command: Command<'_>, cx: &mut Context<'_>) {
        let mut unit = Unit::begin(packet, command.shape, cx.time);
        let by_statement = matches!(command.name, "QUERY" | "STMT_EXECUTE" | "STMT_BULK_EXECUTE");
        if !by_statement || command.about.is_none() {
            unit.named(command.name, None);
        }
        match command.about {
            Some(About::LongData(_)) => {
                let (time, bytes) = self.ahead.unwrap_or((packet.time, 0));
                self.ahead = Some((time, bytes.saturating_add(packet.bytes)));
                return;
            }
            Some(About::Forget(number)) => return self.forget(number),
            Some(About::Query(text)) => unit.statement = Some(self.statement(text)),
            Some(About::Prepare(text)) => {
                let statement = self.statement(text);
                unit.named("PREPARE", None);
                unit.statement = Some(Arc::clone(&statement));
                unit.is_prepared = true;
                self.last_prepared = Some(statement);
            }
            Some(About::Execute(number)) => self.execute(&mut unit, number, command.name),
            Some(About::OfStatement(number)) => {
                unit.of_statement(Some(number), self.statements.get(&number).cloned());
            }
            Some(About::ChangeUser(body)) => {
                let login = Login::read_change(body, self.can.unwrap_or(u64::MAX));
                unit.named(command.name, login.database);
                about_user(&mut unit, &login);
                self.forget_all();
            }
            Some(About::UseDatabase(name)) => {
                unit.named(command.name, Some(name));
                unit.database = Some(name.to_vec());
            }
            Some(About::Named(name)) => unit.named(command.name, Some(name)),
            None if command.name == "QUERY" => unit.note(STATEMENT_UNKNOWN),
            None if command.name == "STMT_PREPARE" => {
                unit.note(STATEMENT_UNKNOWN);
                self.last_prepared = None;
            }
            None if command.name == "RESET_CONNECTION" => self.forget_all(),
            None => {}
        }
        self.push(unit);
        self.settle(cx);
    }

    fn execute(&mut self, unit: &mut Unit, number: u32, name: &'static str) {
        let (number, known) = match number {
            u32::MAX => (None, self.last_prepared.clone()),
            number => (Some(number), self.statements.get(&number).cloned()),
        };
        if known.is_none() {
            unit.named(name, None);
        }
        unit.of_statement(number, known);
        unit.is_execution = true;
        if let Some((time, bytes)) = self.ahead.take() {
            unit.began(time, bytes);
        }
    }

    fn statement(&self, text: &[u8]) -> Arc<Statement> {
        Arc::new(Statement::new(text, MYSQL_KEPT, Dialect::Mysql, self.escapes))
    }

    /// The client sends a file, of which an empty packet is the end.
    fn file(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Next {
        if let Some(unit) = self.units.front_mut() {
            unit.asks(packet, cx.time);
            unit.copies(packet.length);
        }
        if packet.length == 0 {
            self.expect = Expect::First;
        }
        Next::Packet
    }
}

fn about_user(unit: &mut Unit, login: &Login<'_>) {
    unit.detail("user", login.user);
    unit.detail("authentication", login.plugin);
    unit.database = Some(login.database.unwrap_or_default().to_vec());
}
