//! Memcached over TCP and UDP: the classic text commands, the meta commands and the binary protocol,
//! observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it Memcached? |
//! | `command`, `answer` | one line of a client, of a server |
//! | `half` | lines and values of one direction, as bytes come |
//! | `reply` | which answers a command can have |
//! | `pair` | which answer is to which command |
//! | `binary`, `opcode` | the same of the binary protocol |
//! | `udp` | the same in datagrams |
//! | `oddity` | what is noted on rows |
//!
//! Answers come in the order of the commands. What a command with `noreply` does is not answered; a
//! quiet meta command is answered only if something is unusual.

mod answer;
mod binary;
mod command;
mod half;
mod oddity;
mod opcode;
mod pair;
mod probe;
mod reply;
#[cfg(test)]
mod tests;
mod udp;

pub use oddity::ODDITIES;

use super::turns::Turns;
use super::{
    About, Close, Context, DatagramProtocol, Parser, Protocol, Settings, Side, UNANSWERED, Verdict,
};
use binary::Binary;
use command::Wants;
use half::{Half, Part};
use pair::{Pairing, Unclear};
use reply::First;

/// Registry line.
pub const PROTOCOL: Protocol =
    Protocol { name: "memcached", probe: probe::probe, open, about: &ABOUT };

/// Registry line of Memcached over UDP.
pub const DATAGRAMS: DatagramProtocol =
    DatagramProtocol { name: "memcached", probe: udp::probe, open: udp::open, about: &ABOUT };

static ABOUT: About = About {
    title: "Memcached (text, meta and binary)",
    extracts: "Command, the grouping form of its first key, number of keys and hits, kind of the answer (binary: its status as a number too), errors, latency, message sizes; pipelines, `noreply`, quiet meta commands. The command's line and the values only where nothing is redacted.",
    limits: &[
        "Passwords (SASL) are not kept.",
        "Over UDP a request is one datagram, as servers demand. Of an answer that lacks some of its datagrams only when it began is known and how many came; a request waits 10 s for the next of them, up to 256 in one flow.",
        "A connection is known by a line that no other protocol has: `version`, `stats` or `delete` alone do not tell.",
        "A line has up to 64 KiB; 1,024 commands wait for their answers on one connection.",
        "After a loss that is not within a value, a client that does not wait for its answers cannot be followed any more.",
    ],
    oddities: ODDITIES,
};

const NO_ANSWER: &str = "no answer that the command can have";

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Either::Undecided)
}

/// The protocol that the first byte tells.
enum Either {
    Undecided,
    Text(Box<Memcached>),
    Binary(Box<Binary>),
}

impl Parser for Either {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if matches!(self, Self::Undecided) {
            *self = Self::begun(bytes, Memcached::default);
        }
        match self {
            Self::Undecided => Verdict::Continue,
            Self::Text(text) => text.data(side, bytes, cx),
            Self::Binary(binary) => binary.data(side, bytes, cx),
        }
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        match self {
            // What was lost before anything was said is nobody's.
            Self::Undecided => Verdict::Continue,
            Self::Text(text) => text.gap(side, lost, cx),
            Self::Binary(binary) => binary.gap(side, lost, cx),
        }
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        self.flush(close.failure(UNANSWERED), false, cx);
    }

    fn memory(&self) -> usize {
        match self {
            Self::Undecided => 0,
            Self::Text(text) => text.memory(),
            Self::Binary(binary) => size_of::<Binary>() + binary.memory(),
        }
    }
}

impl Either {
    /// Of what begins with these bytes.
    fn begun(bytes: &[u8], text: impl FnOnce() -> Memcached) -> Self {
        if bytes.first().is_some_and(|byte| binary::begins(*byte)) {
            Self::Binary(Box::default())
        } else {
            Self::Text(Box::new(text()))
        }
    }

    /// When the answer began that is read in part.
    fn answer_begun(&self) -> Option<i64> {
        match self {
            Self::Undecided => None,
            Self::Text(text) => text.server.begun(),
            Self::Binary(binary) => binary.begun(),
        }
    }

    /// Whether it is known what that is to.
    fn is_sure(&self) -> bool {
        match self {
            Self::Undecided => false,
            Self::Text(text) => text.pairing.is_sure(),
            Self::Binary(binary) => binary.is_sure(),
        }
    }

    /// Tells all that waits. `lost`: the answers may have come.
    fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        match self {
            Self::Undecided => {}
            Self::Text(text) => text.flush(error, lost, cx),
            Self::Binary(binary) => binary.flush(error, lost, cx),
        }
    }

    /// Whether nothing has begun that is not whole, or waits.
    fn is_done(&self) -> bool {
        match self {
            Self::Undecided => true,
            Self::Text(text) => {
                !text.client.is_within() && !text.server.is_within() && text.pairing.is_empty()
            }
            Self::Binary(binary) => binary.is_done(),
        }
    }
}

/// Follows one connection of text.
#[derive(Default)]
struct Memcached {
    client: Half,
    server: Half,
    turns: Turns,
    pairing: Pairing,
    /// What the server says is Memcached's: it may have been asked for what it does not know.
    has_answered: bool,
}

impl Memcached {
    /// In datagrams that were recognised.
    fn in_datagrams() -> Self {
        Self { has_answered: true, pairing: Pairing::in_datagrams(), ..Self::default() }
    }

    fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Takes parts out of `bytes` until there are none.
    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut at = 0;
        while at < bytes.len() {
            let place = cx.place.offset + at as u64;
            let limit = cx.settings.body_limit;
            let Ok((used, part)) = self.half(side).next(&bytes[at..], place, limit, cx) else {
                return self.dead("a line is too long", cx);
            };
            at += used;
            let verdict = match part {
                None => Verdict::Continue,
                Some(part) if side == Side::Client => self.command_part(part, cx),
                Some(part) => self.answer_part(part, cx),
            };
            match verdict {
                // Where the next one begins is known when the client takes its turn.
                Verdict::Continue if self.turns.is_lost() => return Verdict::Continue,
                Verdict::Continue => {}
                Verdict::Over { .. } => return Verdict::Over { consumed: at },
                verdict => return verdict,
            }
        }
        Verdict::Continue
    }

    fn command_part(&mut self, part: Part, cx: &mut Context<'_>) -> Verdict {
        match part {
            Part::Line if self.client.line().is_empty() => self.client.begin(),
            Part::Line => {
                let command = command::read(self.client.line());
                if !self.has_answered && !command.name.as_deref().is_some_and(command::is_known) {
                    return self.dead("no command, and no answer of Memcached so far", cx);
                }
                let value = command.value;
                self.pairing.begin(command, self.client.line());
                match value {
                    Some(length) => self.client.expect(length),
                    None => return self.command(cx),
                }
            }
            Part::Value => return self.command(cx),
        }
        Verdict::Continue
    }

    /// The command that the client is sending is whole.
    fn command(&mut self, cx: &mut Context<'_>) -> Verdict {
        let message = self.client.finish(cx.time);
        match self.pairing.command(message, cx) {
            Ok(()) => Verdict::Continue,
            Err(Unclear) => self.lose_order(cx),
        }
    }

    fn answer_part(&mut self, part: Part, cx: &mut Context<'_>) -> Verdict {
        let wants = match part {
            Part::Line => {
                let begin = self.server.is_first_line().then(|| self.server.received());
                match self.pairing.wanted(begin, self.server.line(), cx) {
                    Ok(wants) => wants,
                    Err(Unclear) if First::read(self.server.line()).is_known() => {
                        return self.lose_order(cx);
                    }
                    Err(Unclear) => return self.dead(NO_ANSWER, cx),
                }
            }
            Part::Value => self.pairing.wants(),
        };
        if part == Part::Value {
            if wants == Some(Wants::Meta) {
                self.answer(cx);
            }
            return Verdict::Continue;
        }
        let line = self.server.line();
        // Of what was not asked for here, a value can be read, and a single line.
        let asked =
            wants.unwrap_or(if line.starts_with(b"VALUE ") { Wants::Values } else { Wants::Line });
        let Some(read) = answer::read(line, asked) else {
            return self.dead(NO_ANSWER, cx);
        };
        self.pairing.line(line);
        self.server.keep_line(asked, read, cx.settings.body_limit);
        match read {
            answer::Line::Value(length) | answer::Line::LastValue(length) => {
                self.server.expect(length);
                if wants.is_none() {
                    self.pairing.stray(asked);
                }
            }
            answer::Line::More => {}
            answer::Line::Last => self.answer(cx),
        }
        if wants == Some(Wants::Stream) { Verdict::Over { consumed: 0 } } else { Verdict::Continue }
    }

    fn answer(&mut self, cx: &mut Context<'_>) {
        let message = self.server.finish(cx.time);
        self.has_answered = true;
        self.pairing.answer(message, cx);
    }

    fn dead(&mut self, why: &'static str, cx: &mut Context<'_>) -> Verdict {
        if self.has_answered {
            self.pairing.flush(None, true, cx);
        }
        // Otherwise nothing but a line that others may say as well spoke for Memcached.
        Verdict::Dead(why)
    }

    /// Whether to read what `side` says now.
    fn is_readable(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> bool {
        if side == Side::Server {
            return self.server.is_within() || self.turns.is_readable(cx.place.offset);
        }
        let is_due = self.pairing.is_due();
        let has_turn = self.turns.client(cx.place, is_due);
        if !self.turns.is_lost() {
            return true;
        }
        let end = memchr::memchr(b'\n', bytes).unwrap_or(0);
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or_default();
        let is_begun = has_turn && command::is_surely(line) == Some(true);
        if is_begun {
            self.turns.resume(cx.place);
        }
        is_begun
    }
}

impl Memcached {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if self.is_readable(side, bytes, cx) {
            self.feed(side, bytes, cx)
        } else {
            Verdict::Continue
        }
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        if self.half(side).lose(lost) {
            return Verdict::Continue;
        }
        self.pairing.lost(side, lost);
        self.leave_open();
        self.lose_order(cx)
    }

    /// Of the answer that the server is sending no more is read. Answers whether it is known what it is
    /// to.
    fn leave_open(&mut self) -> bool {
        let has_line = self.server.has_line();
        self.server.part().is_none_or(|part| self.pairing.leave_open(part, has_line))
    }

    /// Tells all that waits. `lost`: the answers may have come.
    fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        let is_known = self.leave_open();
        self.pairing.flush(error, lost || !is_known, cx);
    }

    /// Which answers are to which commands is not known until the client takes its turn.
    fn lose_order(&mut self, cx: &mut Context<'_>) -> Verdict {
        self.pairing.flush(None, true, cx);
        self.client.begin();
        self.server.begin();
        if self.turns.lose() {
            Verdict::Continue
        } else {
            Verdict::Dead("order is lost, and the client does not wait")
        }
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.client.memory() + self.server.memory() + self.pairing.memory()
    }
}
