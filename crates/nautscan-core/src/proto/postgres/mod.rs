//! PostgreSQL (protocol 3), observed from the side. CockroachDB, PgBouncer and others speak it too.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it PostgreSQL? |
//! | `frame` | messages of one direction, as bytes come |
//! | `client` | what a client's message asks for |
//! | `names` | what SQL does to the names of prepared statements |
//! | `sqlstate` | names of error codes |
//! | `unit` | a row in the making |
//! | `steps` | which answer is to which message |
//! | `session` | what both sides do, as units and steps |
//! | `oddity` | what is noted on rows |
//!
//! A row is a simple query, or the messages of the extended query protocol up to an execution
//! (Parse, Bind, Describe, Execute), or those that only prepare; and how the connection began.

mod client;
mod frame;
mod names;
mod oddity;
mod probe;
mod session;
mod sqlstate;
mod steps;
#[cfg(test)]
mod tests;
mod unit;

pub use oddity::ODDITIES;

use super::turns::Turns;
use super::{About, Close, Context, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use frame::{CLIENT, Form, Framed, Frames, Kind, SERVER};
use session::{Next, Session};

/// Registry line.
pub const PROTOCOL: Protocol =
    Protocol { name: "postgresql", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "PostgreSQL (protocol 3)",
    extracts: "Statements without their literals, prepared names resolved to their text, SQLSTATE and name of errors with table and constraint, rows, tags, bytes copied in and out, latency, message sizes; how a connection began (database, user, way of authentication, refused encryption), notifications. The statement's text and an error's message only where nothing is redacted; values of rows, parameters and passwords never.",
    limits: &[
        "What is encrypted is opaque; that encryption was asked for, and answered, is a row.",
        "Of a message 4,096 bytes are read: a longer statement is told by its beginning.",
        "1,024 prepared statements and portals are known on one connection, and 8,192 messages wait.",
        "After a loss the names of prepared statements are forgotten (`statement_unknown`); a client that does not wait for its answers cannot be followed any more.",
        "A stream of replication is not read: its bytes are counted as not understood.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Postgres::default())
}

/// Follows one connection.
struct Postgres {
    client: Frames,
    server: Frames,
    turns: Turns,
    session: Session,
    /// The client has said something.
    has_begun: bool,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            client: Frames::new(CLIENT, Form::Typed),
            server: Frames::new(SERVER, Form::Typed),
            turns: Turns::default(),
            session: Session::default(),
            has_begun: false,
        }
    }
}

impl Postgres {
    fn half(&mut self, side: Side) -> &mut Frames {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut at = 0;
        while at < bytes.len() {
            let mut place = cx.place;
            place.offset += at as u64;
            let Ok((used, framed)) = self.half(side).next(&bytes[at..], place, cx) else {
                self.session.flush(None, true, cx);
                return Verdict::Dead("no message of PostgreSQL");
            };
            at += used;
            let Some(framed) = framed else { continue };
            if self.is_damaged(side, &framed) {
                self.session.damaged(&framed, cx);
                return self.lose(side, 0, cx);
            }
            let next = match side {
                Side::Client => self.session.asked(framed, cx),
                Side::Server => self.session.said(framed, cx),
            };
            match next {
                Next::Message => {}
                Next::Encryption => self.server.next = Form::Encryption,
                Next::Plain => self.client.next = Form::Start,
                Next::Encrypted => return Verdict::Switched { consumed: at },
                Next::Over => return Verdict::Over { consumed: at },
                Next::Dead(why) => {
                    self.session.flush(None, true, cx);
                    return Verdict::Dead(why);
                }
            }
        }
        Verdict::Continue
    }

    /// Whether bytes were lost that say what the client wants.
    fn is_damaged(&self, side: Side, framed: &Framed) -> bool {
        let is_read = match framed.kind {
            Kind::Typed(kind) => CLIENT.read.contains(&kind),
            Kind::Start | Kind::Encryption(_) => true,
        };
        side == Side::Client && framed.lost > 0 && is_read
    }

    /// So many bytes of `side` are missing, and where the next message begins is not known, or what
    /// is answered next.
    fn lose(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.has_begun = true;
        self.session.lose(side, lost);
        self.session.flush(None, true, cx);
        self.client.reset();
        self.server.reset();
        if self.turns.lose() {
            Verdict::Continue
        } else {
            Verdict::Dead("order is lost, and the client does not wait")
        }
    }

    /// Whether to read what `side` says now.
    fn is_readable(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> bool {
        if side == Side::Server {
            return self.server.is_within() || self.turns.is_readable(cx.place.offset);
        }
        let is_due = self.session.is_due() && !self.client.is_within();
        let has_turn = self.turns.client(cx.place, is_due);
        if !self.turns.is_lost() {
            return true;
        }
        let is_begun = has_turn && is_message(bytes);
        if is_begun {
            self.turns.resume(cx.place);
        }
        is_begun
    }
}

/// Whether a message of a client, or several, are just what these bytes are.
fn is_message(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [kind, a, b, c, d, body @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(next) = length.checked_sub(4).and_then(|length| body.get(length..)) else {
            return false;
        };
        if !CLIENT.known.contains(kind) {
            return false;
        }
        rest = next;
    }
    rest.is_empty() && !bytes.is_empty()
}

impl Parser for Postgres {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if side == Side::Client && !self.has_begun {
            self.has_begun = true;
            if bytes.first() == Some(&0) {
                self.client.next = Form::Start;
            }
        }
        if self.is_readable(side, bytes, cx) {
            self.feed(side, bytes, cx)
        } else {
            Verdict::Continue
        }
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let framed = match self.half(side).lose(lost) {
            None => return self.lose(side, lost, cx),
            Some(None) => return Verdict::Continue,
            Some(Some(framed)) => framed,
        };
        if self.is_damaged(side, &framed) {
            self.session.damaged(&framed, cx);
            return self.lose(side, 0, cx);
        }
        let next = match side {
            Side::Client => self.session.asked(framed, cx),
            Side::Server => self.session.said(framed, cx),
        };
        if let Next::Dead(why) = next { Verdict::Dead(why) } else { Verdict::Continue }
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        self.session.flush(error, false, cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.client.memory() + self.server.memory() + self.session.memory()
    }
}
