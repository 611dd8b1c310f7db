//! TLS and SSL 3.0 over TCP: what a handshake shows of itself, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it TLS? |
//! | `record` | records of one direction |
//! | `message` | handshake messages in them |
//! | `hello`, `certificate` | what those say |
//! | `fingerprint` | JA3 and JA4 |
//! | `names` | what numbers are called |
//!
//! Nothing becomes a row of `requests`: what is learned goes to the flow, as soon as it is known.
//! Each side is read until what it sends is encrypted; when both are, the connection is let go and
//! the rest of it counted as not understood.

mod certificate;
mod fingerprint;
mod hello;
mod message;
pub(crate) mod names;
mod probe;
mod record;
#[cfg(test)]
mod tests;

pub(super) use fingerprint::Carrier;
pub(super) use hello::{Answer, read_client, read_server, text};
pub(super) use message::{CLIENT_HELLO, SERVER_HELLO};

use super::{About, Close, Context, Parser, Probe, Protocol, Settings, Side, Verdict};
use crate::event::{Alert, Handshake};
use crate::limits::TLS_ONE_SIDED;
use hello::is_13;
use message::{Found, Messages};
use record::{Piece, Records};

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "tls", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "TLS 1.0 to 1.3, SSL 3.0",
    extracts: "On the flow: the server's name (SNI), version, cipher suite, ALPN offered and chosen, resumption, JA3, JA4, the server certificate's subject, issuer and validity, alerts. Also after `CONNECT`, after PostgreSQL's `SSLRequest`, after SMTP's `STARTTLS` and FTP's `AUTH TLS`, and after others' where they come within the first turns of a connection.",
    limits: &[
        "It gives no rows of `requests`; what is encrypted is not read.",
        "From TLS 1.3 on the certificate, the protocol chosen by ALPN, and most alerts are encrypted: null. In older versions too, once a side has changed to encryption.",
        "Of the server's chain its own certificate is read; the client's certificate is not, and none is checked.",
        "With Encrypted Client Hello the name, the offer and the fingerprints are those of the outer hello.",
        "A connection of which the beginning was not captured is not recognised; hellos of SSL 2.0 and DTLS are not read, nor servers' of drafts of TLS 1.3 before 22.",
        "JA4S and the other fingerprints of JA4+ are left out: their licence does not allow them in a product like this.",
        "A handshake message has up to 128 KiB: a longer one counts as a parse error. Texts have up to 1,024 bytes.",
    ],
    oddities: &[],
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Tls::default())
}

/// Follows one connection.
#[derive(Default)]
struct Tls {
    halves: [Half; 2],
    handshake: Handshake,
    /// The client's first hello was read: those after a retry are not for fingerprints.
    has_offer: bool,
    /// The server has agreed to one.
    is_agreed: bool,
    /// There is something to tell.
    has_news: bool,
}

/// One direction.
#[derive(Default)]
struct Half {
    records: Records,
    messages: Messages,
    /// An alert of which one byte came so far.
    alert: Option<u8>,
    /// What it sent first was lost, and what came since does not show yet whether it begins with a
    /// record: at most a hello's first bytes.
    doubtful: Option<Vec<u8>>,
    has_begun: bool,
    /// What it sends is encrypted, or can no longer be read for a loss.
    is_over: bool,
    /// Bytes that came after that.
    passed: u64,
}

/// What came of a message.
type Read = Result<(), &'static str>;

impl Tls {
    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut rest = bytes;
        while !self.half(side).is_over {
            let piece = match self.half(side).records.next(&mut rest) {
                Ok(Some(piece)) => piece,
                Ok(None) => return Verdict::Continue,
                Err(_) => return Verdict::Dead("no record of TLS"),
            };
            if let Err(why) = self.piece(side, &piece, cx) {
                return Verdict::Dead(why);
            }
        }
        let [client, server] = &self.halves;
        if client.is_over && server.is_over {
            return Verdict::Over { consumed: bytes.len() - rest.len() };
        }
        self.pass(side, rest.len(), bytes.len() - rest.len())
    }

    /// Bytes of a side that is over, while the other is not; `consumed` were before them.
    fn pass(&mut self, side: Side, count: usize, consumed: usize) -> Verdict {
        let half = self.half(side);
        half.passed += count as u64;
        if half.passed > TLS_ONE_SIDED {
            // The other is not captured, or never speaks.
            return Verdict::Over { consumed };
        }
        Verdict::Continue
    }

    /// After a lost beginning, a hello is where reading begins again; anything else may be the
    /// middle of a record.
    #[cold]
    fn resolve(
        &mut self,
        side: Side,
        before: Vec<u8>,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Verdict {
        let held = before.len();
        let joined = [before, bytes.to_vec()].concat();
        match probe::probe(side, &joined) {
            Probe::Yes => match self.feed(side, &joined, cx) {
                Verdict::Over { consumed } => {
                    Verdict::Over { consumed: consumed.saturating_sub(held) }
                }
                verdict => verdict,
            },
            Probe::NeedMore => {
                self.half(side).doubtful = Some(joined);
                Verdict::Continue
            }
            Probe::No => {
                self.half(side).is_over = true;
                self.pass(side, bytes.len(), 0)
            }
        }
    }

    fn half(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    fn piece(&mut self, side: Side, piece: &Piece<'_>, cx: &mut Context<'_>) -> Read {
        match piece.kind {
            record::HANDSHAKE => return self.messages(side, piece.bytes, cx),
            record::ALERT => self.alert(side, piece),
            record::CHANGE_CIPHER_SPEC => self.change(side),
            record::APPLICATION_DATA => self.half(side).is_over = true,
            _ => {}
        }
        Ok(())
    }

    fn messages(&mut self, side: Side, mut bytes: &[u8], cx: &mut Context<'_>) -> Read {
        while !bytes.is_empty() && !self.half(side).is_over {
            match self.half(side).messages.next(&mut bytes) {
                None => break,
                Some(Found::Message(kind)) => self.message(side, kind, cx)?,
                Some(Found::TooLong(message::CERTIFICATE)) => cx.sink.parse_error(),
                Some(Found::TooLong(_)) => return Err("a hello is too long"),
            }
        }
        Ok(())
    }

    fn message(&mut self, side: Side, kind: u8, cx: &mut Context<'_>) -> Read {
        match (side, kind) {
            (Side::Client, message::CLIENT_HELLO) if !self.has_offer => {
                let body = self.halves[side.index()].messages.body();
                read_client(body, Carrier::Tcp, &mut self.handshake)
                    .map_err(|_| "no hello of a client")?;
                self.has_offer = true;
            }
            (Side::Server, message::SERVER_HELLO) if !self.is_agreed => {
                let body = self.halves[side.index()].messages.body();
                let answer =
                    read_server(body, &mut self.handshake).map_err(|_| "no hello of a server")?;
                self.is_agreed = answer == Answer::Hello;
                self.half(side).is_over = self.is_agreed && self.is_13();
            }
            (Side::Server, message::CERTIFICATE) => {
                let body = self.halves[side.index()].messages.body();
                match certificate::read(body) {
                    Ok(certificate) => self.handshake.certificate = certificate,
                    Err(_) => cx.sink.parse_error(),
                }
                self.handshake.resumed = Some(false);
            }
            (Side::Server, message::SERVER_HELLO_DONE) => self.handshake.resumed = Some(false),
            (Side::Server, message::CLIENT_HELLO) | (Side::Client, message::SERVER_HELLO) => {
                return Err("a hello of the other side");
            }
            _ => return Ok(()),
        }
        self.has_news = true;
        Ok(())
    }

    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.has_news) {
            cx.sink.handshake(&self.handshake);
        }
    }

    /// Whether all that comes after the server's hello is encrypted, as far as is known.
    fn is_13(&self) -> bool {
        self.handshake.version.is_some_and(is_13)
    }

    /// An alert that can be read has two bytes; one that is encrypted has more.
    fn alert(&mut self, side: Side, piece: &Piece<'_>) {
        let half = self.half(side);
        if piece.length != 2 {
            half.is_over = true;
            return;
        }
        let [level, description] = match (half.alert.take(), piece.bytes) {
            (None, &[level, description]) => [level, description],
            (Some(level), &[description]) => [level, description],
            (_, bytes) => {
                half.alert = bytes.first().copied();
                return;
            }
        };
        let alert = Alert { side, is_fatal: level == 2, description };
        let known = self.handshake.alert;
        if known.is_none_or(|known| alert.is_fatal && !known.is_fatal) {
            self.handshake.alert = Some(alert);
            self.has_news = true;
        }
    }

    /// `side` changes to encryption (RFC 5246 section 7.1); in TLS 1.3 the message says nothing
    /// (RFC 8446 appendix D.4), and a client may send it before the server has chosen.
    fn change(&mut self, side: Side) {
        let is_open = !self.is_agreed && !self.half(side.peer()).is_over;
        if self.is_13() || (side == Side::Client && is_open) {
            return;
        }
        self.half(side).is_over = true;
        if side == Side::Server && self.is_agreed && self.handshake.resumed.is_none() {
            // It has asked for nothing in between: an abbreviated handshake.
            self.handshake.resumed = Some(true);
            self.has_news = true;
        }
    }
}

impl Parser for Tls {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = self.half(side);
        half.has_begun = true;
        if half.is_over {
            return self.pass(side, bytes.len(), 0);
        }
        let verdict = match half.doubtful.take() {
            None => self.feed(side, bytes, cx),
            Some(before) => self.resolve(side, before, bytes, cx),
        };
        self.tell(cx);
        verdict
    }

    fn gap(&mut self, side: Side, _: u64, _: &mut Context<'_>) -> Verdict {
        let half = self.half(side);
        half.is_over |= half.has_begun;
        half.doubtful = (!half.has_begun).then(Vec::new);
        if self.halves.iter().all(|half| half.is_over) {
            return Verdict::Over { consumed: 0 };
        }
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, _: Close, _: &mut Context<'_>) {}

    fn memory(&self) -> usize {
        let halves = self.halves.iter().map(|half| half.messages.memory());
        size_of::<Self>() + halves.sum::<usize>() + self.handshake.memory()
    }
}
