//! MySQL (protocol 10), observed from the side. MariaDB, Percona, TiDB, ProxySQL and others speak it
//! too.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it MySQL? |
//! | `frame` | packets of one direction, as bytes come |
//! | `envelope` | the compressed protocol around them |
//! | `read` | numbers and texts of packets |
//! | `greeting` | how a connection begins |
//! | `command` | what a client's command asks for |
//! | `answer` | what a server's packet says |
//! | `errors` | names of error codes |
//! | `unit` | a row in the making |
//! | `session` | what both sides do, as units |
//! | `oddity` | what is noted on rows |
//!
//! A row is a command with its answer, all results of it; and how the connection began.

mod answer;
mod command;
mod envelope;
mod errors;
mod frame;
mod greeting;
mod oddity;
mod probe;
mod read;
mod session;
#[cfg(test)]
mod tests;
mod unit;

pub use oddity::ODDITIES;

use super::turns::Turns;
use super::{About, Close, Context, Parser, Place, Protocol, Settings, Side, UNANSWERED, Verdict};
use envelope::Envelope;
use frame::Frames;
use session::{Next, Session};

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "mysql", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "MySQL and MariaDB (protocol 10)",
    extracts: "Statements without their literals, prepared statements resolved to their text, commands, code, SQLSTATE and name of errors, rows, affected rows, warnings, results, bytes of local files, latency, message sizes; how a connection began (user, database, way of authentication, server's version, compression, encryption asked for). The statement's text and an error's message only where nothing is redacted; values of rows, parameters, attributes and passwords never.",
    limits: &[
        "What is encrypted is opaque; that encryption was asked for is a row.",
        "Of a packet 4,096 bytes are read: a longer statement is told by its beginning.",
        "1,024 prepared statements are known on one connection, and 1,024 commands wait.",
        "Of a compressed connection sizes are those of the unpacked packets, and what zstd packs to more than 1 MiB at once is lost.",
        "Where the server's setting is not known that says whether a backslash escapes a quote, nothing is told behind one; code in comments for some versions only is told where it ends alike for all.",
        "After a loss the numbers of prepared statements and the database are forgotten (`statement_unknown`); a client that does not wait for its answers cannot be followed any more.",
        "A stream of replication is not read: its bytes are counted as not understood.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Mysql::default())
}

/// Bytes by which a client's first packet is told from an envelope.
const BEGINNING: usize = envelope::HEADER + frame::HEADER + 1;

/// Follows one connection.
#[derive(Default)]
struct Mysql {
    client: Frames,
    server: Frames,
    /// Both sides compress, from the end of the beginning on.
    envelopes: Option<Box<[Envelope; 2]>>,
    turns: Turns,
    session: Session,
    /// What the client said first, where no greeting was seen.
    beginning: Vec<u8>,
    begun: Option<(i64, Place)>,
    /// It is known what that is.
    is_told: bool,
}

impl Mysql {
    fn half(&mut self, side: Side) -> &mut Frames {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn is_within(&self, side: Side) -> bool {
        let frames = match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        };
        let envelope = self.envelopes.as_ref().map(|both| &both[side.index()]);
        frames.is_within() || envelope.is_some_and(Envelope::is_within)
    }

    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut at = 0;
        while at < bytes.len() && self.envelopes.is_none() {
            let place = Place { offset: cx.place.offset + at as u64, ..cx.place };
            let (used, next) = self.packet(side, &bytes[at..], place, cx);
            at += used;
            if next != Next::Packet
                && let Some(verdict) = self.act(next, side, at, cx)
            {
                return verdict;
            }
        }
        if at < bytes.len() { self.unpack(side, &bytes[at..], cx) } else { Verdict::Continue }
    }

    /// Takes envelopes, and the packets in them.
    fn unpack(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let (mut at, mut plain) = (0, Vec::new());
        loop {
            let Some(envelope) = self.envelopes.as_mut().map(|both| &mut both[side.index()]) else {
                return Verdict::Continue;
            };
            if at == bytes.len() && !envelope.is_pending() {
                return Verdict::Continue;
            }
            plain.clear();
            let Ok(used) = envelope.next(&bytes[at..], &mut plain) else {
                cx.sink.parse_error();
                return self.lose(side, 0, cx);
            };
            let mut from = 0;
            while from < plain.len() {
                let place = Place { offset: cx.place.offset + at as u64, ..cx.place };
                let (taken, next) = self.packet(side, &plain[from..], place, cx);
                from += taken;
                if next != Next::Packet
                    && let Some(verdict) = self.act(next, side, bytes.len(), cx)
                {
                    return verdict;
                }
            }
            at += used;
        }
    }

    /// Takes what there is of the next packet; answers how many bytes that were, and what comes then.
    fn packet(
        &mut self,
        side: Side,
        bytes: &[u8],
        place: Place,
        cx: &mut Context<'_>,
    ) -> (usize, Next) {
        self.server.has_rows = self.session.has_rows();
        let (used, packet) = self.half(side).next(bytes, place, cx);
        let next = match (packet, side) {
            (None, _) => Next::Packet,
            (Some(packet), Side::Client) => self.session.asked(&packet, cx),
            (Some(packet), Side::Server) => self.session.said(&packet, cx),
        };
        (used, next)
    }

    /// Acts on what comes then, behind `consumed` bytes; `None`: go on.
    #[cold]
    fn act(
        &mut self,
        next: Next,
        side: Side,
        consumed: usize,
        cx: &mut Context<'_>,
    ) -> Option<Verdict> {
        match next {
            Next::Packet => None,
            Next::Compressed => {
                self.compress();
                None
            }
            Next::Encrypted => Some(Verdict::Switched { consumed }),
            Next::Over => Some(Verdict::Over { consumed }),
            Next::Lost => {
                cx.sink.parse_error();
                Some(self.lose(side, 0, cx))
            }
            Next::Dead(why) => {
                self.session.flush(None, true, cx);
                Some(Verdict::Dead(why))
            }
        }
    }

    /// So many bytes of `side` are missing, and where the next packet begins is not known, or what is
    /// answered next.
    fn lose(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.session.lose(side, lost);
        self.session.flush(None, true, cx);
        self.reset();
        if self.turns.lose() {
            Verdict::Continue
        } else {
            Verdict::Dead("order is lost, and the client does not wait")
        }
    }

    fn compress(&mut self) {
        self.envelopes = Some(Box::default());
        self.session.is_compressed = true;
    }

    fn reset(&mut self) {
        self.client.reset();
        self.server.reset();
        if let Some(both) = &mut self.envelopes {
            both.iter_mut().for_each(Envelope::reset);
        }
    }

    /// Whether to read what `side` says now.
    fn is_readable(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> bool {
        if side == Side::Server {
            return self.is_within(side) || self.turns.is_readable(cx.place.offset);
        }
        let is_due = self.session.is_due() && !self.is_within(side);
        let has_turn = self.turns.client(cx.place, is_due);
        if !self.turns.is_lost() {
            return true;
        }
        let is_begun = has_turn
            && match self.envelopes {
                None => probe::is_command(bytes),
                Some(_) => probe::is_enveloped(bytes),
            };
        if is_begun {
            self.reset();
            self.turns.resume(cx.place);
        }
        is_begun
    }

    /// The client speaks first: following begins in the middle, or behind a greeting that was lost.
    /// What it says is held until that can be told.
    #[cold]
    fn begin(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let (time, place) = *self.begun.get_or_insert((cx.time, cx.place));
        self.beginning.extend_from_slice(bytes);
        let is_login = self.beginning.get(3).is_some_and(|number| *number == 1);
        let is_command = self.beginning.get(frame::HEADER).is_some_and(|first| *first != 0);
        if !is_login && !is_command && self.beginning.len() < BEGINNING {
            return Verdict::Continue;
        }
        self.is_told = true;
        let held = core::mem::take(&mut self.beginning);
        let before = held.len() - bytes.len();
        if !is_login {
            if !is_command && held.get(..BEGINNING).is_some_and(probe::is_envelope) {
                self.compress();
            }
            self.session.begin_within();
            self.turns.resume(place);
        }
        let mut first = Context { time, place, settings: cx.settings, sink: &mut *cx.sink };
        match self.feed(Side::Client, &held[..before], &mut first) {
            Verdict::Continue => self.feed(Side::Client, bytes, cx),
            other => other,
        }
    }
}

impl Parser for Mysql {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let is_first = !self.is_told && !self.session.has_begun() && !self.turns.is_lost();
        if side == Side::Client && is_first {
            self.turns.client(cx.place, false);
            return self.begin(bytes, cx);
        }
        if self.is_readable(side, bytes, cx) {
            self.feed(side, bytes, cx)
        } else {
            Verdict::Continue
        }
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let packet = match self.envelopes {
            // What is packed cannot be read with a part of it missing.
            Some(_) => None,
            None => self.half(side).lose(lost),
        };
        let next = match (packet, side) {
            (None, _) => return self.lose(side, lost, cx),
            (Some(None), _) => return Verdict::Continue,
            (Some(Some(packet)), Side::Client) => self.session.asked(&packet, cx),
            (Some(Some(packet)), Side::Server) => self.session.said(&packet, cx),
        };
        self.act(next, side, 0, cx).unwrap_or(Verdict::Continue)
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        self.session.flush(error, false, cx);
    }

    fn memory(&self) -> usize {
        let envelopes = self.envelopes.iter().flat_map(|both| both.iter()).map(Envelope::memory);
        let frames = self.client.memory() + self.server.memory() + self.beginning.capacity();
        size_of::<Self>() + frames + envelopes.sum::<usize>() + self.session.memory()
    }
}
