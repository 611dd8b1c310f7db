//! HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it HTTP/1, and does a message begin here? |
//! | `start`, `fields`, `head` | start line, field lines, a whole head |
//! | `framing`, `chunked` | how long is the body? |
//! | `content` | content codings, bounded |
//! | `half` | state of one direction |
//! | `pending`, `pair` | exchanges in the making; which response answers which request |
//! | `message` | heads of one direction, as bytes come |
//! | `body` | bodies and trailers, and the end of a message |
//! | `loss` | gaps, broken framing, and the way back |
//! | `oddity` | what a peer did that it should not |
//!
//! In the ordinary case a message arrives whole in one slice and is read from there; only
//! incomplete heads are buffered. Body bytes that are not kept are not touched.

mod body;
mod chunked;
mod content;
mod fields;
mod framing;
mod half;
mod head;
mod loss;
mod message;
mod oddity;
mod pair;
mod pending;
mod probe;
mod start;
#[cfg(test)]
mod tests;

pub use oddity::ODDITIES;

use super::{Close, Context, Parser, Protocol, Settings, Side, Verdict};
use half::{Half, LineStart, State};
use pair::Pairing;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "http", probe: probe::probe, open };

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::<Http1>::default()
}

/// Follows one HTTP/1 connection.
#[derive(Default)]
struct Http1 {
    halves: [Half; 2],
    pairing: Pairing,
    /// Who spoke last.
    last: Option<Side>,
}

/// What became of bytes.
enum Step {
    /// So many were consumed, or the state moved on.
    Used(usize),
    /// The parser is done with the connection.
    Stop(Verdict),
}

impl Http1 {
    fn half(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// Consumes all of `bytes`; a verdict other than `Continue` ends it early.
    fn feed(&mut self, side: Side, mut bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        while !bytes.is_empty() {
            match self.step(side, bytes, cx) {
                Step::Used(n) => bytes = &bytes[n..],
                Step::Stop(verdict) => return verdict,
            }
        }
        Verdict::Continue
    }

    fn step(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        match self.half(side).state {
            State::Start => self.start(side, bytes, cx),
            State::Head => self.more_head(side, bytes, cx),
            State::Peek(framing) => self.peek(side, framing, bytes, cx),
            State::Body(framing) => self.body(side, framing, bytes, cx),
            State::Trailer => self.trailer(side, bytes, cx),
            State::Scan => self.scan(side, bytes, cx),
            State::Closed => Step::Used(bytes.len()),
        }
    }

    /// Notes that `side` acts: a change of turns is a likely start of a message.
    #[inline]
    fn turn(&mut self, side: Side) {
        if self.last == Some(side) {
            return;
        }
        self.last = Some(side);
        if side == Side::Client {
            self.pairing.client_acts();
        }
        let half = self.half(side);
        if half.state == State::Scan && half.line_start == LineStart::No {
            half.line_start = LineStart::Maybe;
        }
    }
}

impl Parser for Http1 {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        self.turn(side);
        self.half(side).seen = cx.time;
        self.feed(side, bytes, cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.turn(side);
        self.lost(side, lost, cx);
        Verdict::Continue
    }

    fn end(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict {
        self.finish(side, Some("connection closed during response"), true, cx);
        if side == Side::Server {
            self.pairing.server_ends(cx);
        }
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let (during, before) = match close {
            Close::Finished => (
                Some("connection closed during response"),
                Some("connection closed before response"),
            ),
            Close::Reset(Side::Client) => {
                (Some("connection reset by client"), Some("connection reset by client"))
            }
            Close::Reset(Side::Server) => {
                (Some("connection reset by server"), Some("connection reset by server"))
            }
            Close::Timeout => (Some("timed out"), Some("timed out")),
            // The observer stopped looking; nothing is known to have failed.
            Close::Evicted | Close::Replaced | Close::CaptureEnd => (None, None),
        };
        self.finish(Side::Client, None, close == Close::Finished, cx);
        self.finish(Side::Server, during, close == Close::Finished, cx);
        self.pairing.flush(before, cx);
    }

    fn memory(&self) -> usize {
        let buffers: usize = self.halves.iter().map(|h| h.buf.capacity()).sum();
        size_of::<Self>() + buffers + self.pairing.memory()
    }
}
