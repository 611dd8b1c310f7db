//! What commands and replies come to.

use std::collections::VecDeque;

use super::place::{self, Place};
use super::verbs::is_command;
use crate::limits::{FTP_LINE, FTP_PLACES, FTP_VERBS, FTP_WAITING};
use crate::proto::facts::{Facts, lossy};
use crate::proto::talk::{Next, Reply, Session, verb};
use crate::proto::{Announcement, Side};

/// What a command is, as far as its reply counts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Command {
    User,
    Password,
    Tls,
    System,
    Passive,
    ExtendedPassive,
    /// The client listens, here.
    Active(Option<Place>),
    Transfer,
    Other,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Ftp {
    /// Commands without a final reply, the oldest first.
    waiting: VecDeque<Command>,
    has_replied: bool,
    greeting: Option<String>,
    system: Option<String>,
    tls: Option<&'static str>,
    login: Option<String>,
    login_reply: Option<u16>,
    verbs: Vec<(String, u64)>,
    /// Commands of more names than those.
    others: u64,
    /// Done and failed.
    transfers: [u64; 2],
    places: Vec<String>,
    /// The latest connection of data that was announced, until its transfer begins.
    announced: Option<Announcement>,
    /// It is to be told, or what it is for.
    is_news: bool,
    /// There were more data connections than those.
    is_more: bool,
    last_reply: Option<u16>,
}

impl Session for Ftp {
    const LINE: usize = FTP_LINE;
    const IS_FREE: bool = true;

    fn command(&mut self, line: &[u8]) -> Next {
        let named = verb(without_telnet(line)).filter(|(verb, _)| is_command(verb));
        let Some((verb, rest)) = named else {
            self.others += 1;
            return self.wait(Command::Other);
        };
        let command = match verb.as_str() {
            "USER" => {
                self.login = Some(lossy(rest));
                Command::User
            }
            "PASS" | "ACCT" => Command::Password,
            "AUTH" if is_tls(rest) => {
                self.tls = Some("asked");
                Command::Tls
            }
            "SYST" => Command::System,
            "PASV" => Command::Passive,
            "EPSV" => Command::ExtendedPassive,
            // Some servers connect before they answer.
            "PORT" => Command::Active(self.listens(Side::Client, place::listed(rest))),
            "EPRT" => Command::Active(self.listens(Side::Client, place::extended(rest))),
            "RETR" | "STOR" | "STOU" | "APPE" | "LIST" | "NLST" | "MLSD" => {
                self.transfers(&verb, rest);
                Command::Transfer
            }
            _ => Command::Other,
        };
        self.count(verb);
        self.wait(command)
    }

    fn reply(&mut self, reply: &Reply<'_>) -> Next {
        let greets = !self.has_replied && matches!(reply.code, 120 | 220 | 421);
        if greets {
            if reply.is_first && reply.code == 220 {
                self.greeting = Some(lossy(reply.text.trim_ascii()));
            }
            self.has_replied = reply.is_last && reply.code != 120;
            self.last_reply = Some(reply.code);
            return Next::Goes;
        }
        self.has_replied = true;
        self.last_reply = Some(reply.code);
        if reply.is_first && reply.code == 215 && self.waiting.front() == Some(&Command::System) {
            self.system = Some(lossy(reply.text.trim_ascii()));
        }
        let is_under_way = matches!(reply.code, 125 | 150);
        if is_under_way && self.waiting.front() == Some(&Command::Transfer) {
            self.announced = None;
        }
        // What begins with 1 is followed by another.
        if !reply.is_last || reply.code < 200 {
            return Next::Goes;
        }
        match self.waiting.pop_front() {
            Some(Command::User | Command::Password) => self.login_reply = Some(reply.code),
            Some(Command::Tls) => {
                let is_agreed = reply.code == 234;
                self.tls = Some(if is_agreed { "accepted" } else { "refused" });
                if is_agreed {
                    return Next::Switches;
                }
            }
            Some(Command::Passive) if reply.code == 227 => {
                let place = self.listens(Side::Server, place::listed(reply.text));
                self.place("passive", place);
            }
            Some(Command::ExtendedPassive) if reply.code == 229 => {
                let place = self.listens(Side::Server, place::port(reply.text));
                self.place("passive", place);
            }
            Some(Command::Active(place)) if reply.is_success() => self.place("active", place),
            Some(Command::Transfer) => {
                self.transfers[0] += u64::from(reply.is_success());
                self.transfers[1] += u64::from(reply.is_failure());
                if reply.is_success() {
                    self.announced = None;
                }
            }
            _ => {}
        }
        Next::Goes
    }

    fn facts(&self, is_whole: bool) -> Facts {
        let mut facts = Facts::default();
        let verbs = self.verbs.iter().map(|(verb, count)| (verb, *count));
        facts
            .text("protocol", Some("ftp"))
            .text("greeting", self.greeting.as_deref())
            .text("system", self.system.as_deref())
            .text("auth_tls", self.tls)
            .text("login", self.login.as_deref())
            .number("login_reply", self.login_reply)
            .counts("commands", verbs)
            .count("other_commands", self.others)
            .count("transfers_done", self.transfers[0])
            .count("transfers_failed", self.transfers[1])
            .list("data_connections", &self.places)
            .flag("data_connections_more", self.is_more.then_some(true))
            .number("last_reply", self.last_reply)
            .flag("incomplete", (!is_whole).then_some(true));
        facts
    }

    fn announced(&mut self) -> Option<Announcement> {
        core::mem::take(&mut self.is_news).then(|| self.announced.clone()).flatten()
    }

    fn memory(&self) -> usize {
        let texts = [&self.greeting, &self.system, &self.login];
        let file = self.announced.as_ref().and_then(|announced| announced.transfer.as_ref());
        let file = file.map(|(_, file)| file);
        let verbs = self.verbs.iter().map(|(verb, _)| verb);
        let all = texts.into_iter().flatten().chain(file).chain(verbs).chain(&self.places);
        all.map(String::capacity).sum::<usize>()
            + self.verbs.capacity() * size_of::<(String, u64)>()
            + self.places.capacity() * size_of::<String>()
            + self.waiting.capacity() * size_of::<Command>()
    }
}

impl Ftp {
    fn wait(&mut self, command: Command) -> Next {
        if self.waiting.len() >= FTP_WAITING {
            return Next::Lost;
        }
        self.waiting.push_back(command);
        Next::Goes
    }

    fn count(&mut self, verb: String) {
        match self.verbs.iter_mut().position(|(known, _)| *known == verb) {
            Some(at) => self.verbs[at].1 += 1,
            None if self.verbs.len() < FTP_VERBS => self.verbs.push((verb, 1)),
            None => self.others += 1,
        }
    }

    /// A side listens for a connection of data.
    fn listens(&mut self, listener: Side, place: Option<Place>) -> Option<Place> {
        let Place { address, port } = place?;
        self.announced = Some(Announcement { listener, address, port, transfer: None });
        self.is_news = true;
        place
    }

    fn place(&mut self, kind: &str, place: Option<Place>) {
        let Some(place) = place.map(|place| format!("{kind} {place}")) else { return };
        if self.places.contains(&place) {
            return;
        }
        if self.places.len() < FTP_PLACES {
            self.places.push(place);
        } else {
            self.is_more = true;
        }
    }

    /// The connection of data that was announced is for this; or after all for this, where what was
    /// asked before was refused.
    fn transfers(&mut self, verb: &str, file: &[u8]) {
        if let Some(announced) = &mut self.announced {
            announced.transfer = Some((verb.to_owned(), lossy(file)));
            self.is_news = true;
        }
    }
}

/// Without the marks of Telnet that clients send before ABOR (RFC 959 section 4.1.3).
fn without_telnet(line: &[u8]) -> &[u8] {
    let begin = line.iter().position(u8::is_ascii).unwrap_or(0);
    &line[begin..]
}

fn is_tls(argument: &[u8]) -> bool {
    [&b"TLS"[..], b"TLS-C", b"SSL"].iter().any(|name| argument.eq_ignore_ascii_case(name))
}
