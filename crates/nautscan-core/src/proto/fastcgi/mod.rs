//! FastCGI, by which web servers hand requests to applications (PHP-FPM and others), observed from
//! the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it FastCGI? |
//! | `record` | records of one direction, as bytes come |
//! | `pairs` | names with values: parameters, and values of the connection |
//! | `header` | the header with which an answer begins |
//! | `names` | numbers that have names |
//! | `request` | a request and its answer, as their records come |
//! | `open` | requests that are open, and which of them a record is about |
//! | `values` | what is asked of the connection itself |
//! | `oddity` | what is noted on rows |
//!
//! Source: FastCGI Specification 1.0; the answer's header as in RFC 3875. A row is a request with its
//! answer: what it says of HTTP stands where rows of HTTP have it. Records state their length, and the
//! request that they are about: so a loss within one costs what it is of, and behind any other loss a
//! segment that begins with a record about an open request is where following goes on.

mod header;
mod names;
mod oddity;
mod open;
mod pairs;
mod probe;
mod record;
mod request;
#[cfg(test)]
mod tests;
mod values;

pub use oddity::ODDITIES;

use super::{About, Close, Context, Parser, Probe, Protocol, Settings, Side, UNANSWERED, Verdict};
use open::Open;
use record::{Half, Head, Piece, kind};
use values::Values;

/// The value of the `protocol` column.
const NAME: &str = "fastcgi";

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: NAME, probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "FastCGI 1.0 (PHP-FPM and other applications behind web servers)",
    extracts: "A row a request, as the web server hands it on: method, host, target, header fields and content, status, header fields and content of the answer, latency, trace id; role, script, the client's address, the application's own status and that of the protocol with refusals by name, aborts, what the application wrote to its log (only where nothing is redacted); requests that share a connection; questions for values of the connection. A status that the answer does not state is the one that RFC 3875 gives to that, 200 or 302, and `status_stated` is `false`.",
    limits: &[
        "A connection is known by the record that begins a request, or a question for values: what was in progress when following began is passed over.",
        "Where an answer without a status names a path (`Location`), the web server answers with what it finds there: the status is null.",
        "Parameters that repeat no header field, and are not among those that rows show, are not kept: they may hold passwords.",
        "Names of header fields of a request are in small letters, since how the client wrote them is not handed on.",
        "Parameters and an answer's header are read up to 64 KiB each, of what the application writes to its log 2 KiB are shown.",
        "64 requests, and 4 MiB of them, are open at once on one connection.",
        "Event streams are told when they have ended, and what is within them is not read.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Fastcgi::default())
}

/// Follows one connection.
struct Fastcgi {
    halves: [Half; 2],
    /// Offset behind the last byte of each side that came or was lost.
    seen: [u64; 2],
    open: Open,
    values: Values,
    /// The application said something about a request that is known: its records are where they are
    /// looked for.
    is_synced: bool,
}

impl Default for Fastcgi {
    fn default() -> Self {
        Self {
            halves: [Half::new(Side::Client), Half::new(Side::Server)],
            seen: [0; 2],
            open: Open::default(),
            values: Values::default(),
            is_synced: false,
        }
    }
}

impl Fastcgi {
    /// Whether a side that had lost its place is where a record begins.
    fn finds(&self, side: Side, bytes: &[u8], cx: &Context<'_>) -> bool {
        if side == Side::Client && probe::probe(side, bytes) == Probe::Yes {
            return true;
        }
        // What the sender had received, and did not come here, may be of another request.
        if cx.place.received > self.seen[side.peer().index()] {
            return false;
        }
        let Some(head) = Head::read(bytes, side).filter(|head| head.is_plain) else { return false };
        match head.number {
            0 => head.kind == kind::VALUES && self.values.waits(),
            _ => self.open.knows(head, cx.place.received, side),
        }
    }

    /// Bytes of `side` were lost or are passed over, and what they were of is not known. `received`:
    /// what it had received when it sent them, if that is known.
    fn lose(&mut self, side: Side, received: u64, cx: &mut Context<'_>) {
        self.open.lose(side, received, cx);
        self.values.lose(cx);
    }

    /// Bytes are passed over, since they may begin anywhere in a record.
    fn pass_over(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        self.halves[side.index()].stray();
        self.lose(side, cx.place.received, cx);
        Verdict::Continue
    }

    /// Bytes of `side` begin no record.
    fn refuse(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        if self.halves[side.index()].was_lost {
            return self.pass_over(side, cx);
        }
        if side == Side::Server && !self.is_synced {
            // Following began within an answer.
            cx.sink.parse_error();
            return self.pass_over(side, cx);
        }
        self.flush(None, cx);
        Verdict::Dead("no record of FastCGI")
    }

    fn flush(&mut self, close: Option<Close>, cx: &mut Context<'_>) {
        self.open.flush(close, cx);
        self.values.flush(close.and_then(|close| close.failure(UNANSWERED)), cx);
    }
}

/// What came of a record of `side`. Answers whether it is about something that is known.
fn take(
    (open, values): (&mut Open, &mut Values),
    (side, piece): (Side, &Piece<'_>),
    cx: &mut Context<'_>,
) -> bool {
    match (side, piece.head.number) {
        (Side::Client, 0) => values.asked(piece, cx),
        (Side::Client, _) => open.asked(piece, cx),
        (Side::Server, 0) => return values.answered(piece, cx),
        (Side::Server, _) => return open.answered(piece, cx),
    }
    true
}

impl Parser for Fastcgi {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        self.seen[side.index()] = cx.place.offset.saturating_add(bytes.len() as u64);
        if self.halves[side.index()].is_lost {
            if !self.finds(side, bytes, cx) {
                return self.pass_over(side, cx);
            }
            self.halves[side.index()].is_lost = false;
        }
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, piece)) = self.halves[side.index()].next(&bytes[at..], at, cx) else {
                return self.refuse(side, cx);
            };
            at += used;
            let Some(piece) = piece else { continue };
            let is_known = take((&mut self.open, &mut self.values), (side, &piece), cx);
            self.is_synced |= is_known && side == Side::Server;
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        self.seen[side.index()] = cx.place.offset.saturating_add(lost);
        if let Some(piece) = half.lose(lost) {
            take((&mut self.open, &mut self.values), (side, &piece), cx);
        }
        if self.halves[side.index()].is_lost {
            self.lose(side, 0, cx);
        }
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        if !self.is_synced && self.seen[1] > 0 {
            // What the application said was not recognised: there may have been answers.
            self.lose(Side::Server, 0, cx);
        }
        self.flush(Some(close), cx);
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.open.memory() + self.values.memory()
    }
}
