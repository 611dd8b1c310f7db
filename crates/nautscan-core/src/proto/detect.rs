//! Which protocol a connection speaks: a hypothesis held until the bytes refute it.

use core::fmt;
use std::borrow::Cow;

use super::{Close, Context, PROTOCOLS, Parser, Probe, Protocol, Side, Verdict};
use crate::limits::{DETECTION_ATTEMPTS, DETECTION_BYTES};

#[cfg(test)]
mod tests;

/// The application end of one connection.
#[derive(Debug, Default)]
pub struct App(State);

enum State {
    Undecided(Undecided),
    Known {
        protocol: &'static Protocol,
        parser: Box<dyn Parser>,
    },
    /// Not a protocol that we know, or no longer followed.
    Opaque,
}

#[derive(Default)]
struct Undecided {
    /// There is seldom anything: what comes first mostly decides.
    pending: Option<Box<[Pending; 2]>>,
    attempts: u8,
}

/// What one side has sent and no probe has decided on.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// When the first of them was captured.
    time: i64,
}

/// Bytes on their way to a parser or a probe.
struct Piece<'a> {
    side: Side,
    time: i64,
    bytes: Cow<'a, [u8]>,
}

impl Default for State {
    fn default() -> Self {
        Self::Undecided(Undecided::default())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecided { .. } => "undecided",
            Self::Known { protocol, .. } => protocol.name,
            Self::Opaque => "opaque",
        })
    }
}

impl App {
    /// Name of the protocol that is being followed.
    pub fn protocol(&self) -> Option<&'static str> {
        match &self.0 {
            State::Known { protocol, .. } => Some(protocol.name),
            _ => None,
        }
    }

    /// Whether the protocol is still sought.
    pub fn is_undecided(&self) -> bool {
        matches!(self.0, State::Undecided { .. })
    }

    /// Bytes that `side` sent. Answers how many bytes are now known not to be understood.
    #[inline]
    pub fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> u64 {
        if let State::Known { parser, .. } = &mut self.0 {
            let verdict = parser.data(side, bytes, cx);
            if verdict == Verdict::Continue {
                return 0;
            }
            let mut todo = Vec::new();
            self.judge(verdict, side, cx.time, Cow::Borrowed(bytes), &mut todo, cx);
            return self.work(todo, cx);
        }
        self.work(vec![Piece { side, time: cx.time, bytes: Cow::Borrowed(bytes) }], cx)
    }

    /// Bytes that `side` sent and nobody captured. Answers like [`Self::data`].
    pub fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> u64 {
        match &mut self.0 {
            State::Known { parser, .. } => {
                let verdict = parser.gap(side, lost, cx);
                self.without_bytes(verdict, side, cx)
            }
            State::Undecided(undecided) => undecided.drop_pending(side),
            State::Opaque => 0,
        }
    }

    /// `side` sends no more. Answers like [`Self::data`].
    pub fn end(&mut self, side: Side, cx: &mut Context<'_>) -> u64 {
        let State::Known { parser, .. } = &mut self.0 else { return 0 };
        let verdict = parser.end(side, cx);
        self.without_bytes(verdict, side, cx)
    }

    /// The connection is over. Answers like [`Self::data`].
    pub fn close(&mut self, close: Close, cx: &mut Context<'_>) -> u64 {
        match core::mem::replace(&mut self.0, State::Opaque) {
            State::Known { mut parser, .. } => {
                parser.close(close, cx);
                0
            }
            State::Undecided(mut undecided) => undecided.drop_all(),
            State::Opaque => 0,
        }
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        match &self.0 {
            State::Known { parser, .. } => parser.memory(),
            State::Undecided(undecided) => {
                let pending = undecided.pending.as_deref();
                pending.map_or(0, |both| {
                    let bytes = both.iter().map(|pending| pending.bytes.capacity());
                    size_of::<[Pending; 2]>() + bytes.sum::<usize>()
                })
            }
            State::Opaque => 0,
        }
    }

    /// Client and server were guessed the wrong way round.
    pub fn swap_roles(&mut self) {
        if let State::Undecided(Undecided { pending: Some(pending), .. }) = &mut self.0 {
            pending.swap(0, 1);
        }
    }

    fn without_bytes(&mut self, verdict: Verdict, side: Side, cx: &mut Context<'_>) -> u64 {
        let mut todo = Vec::new();
        self.judge(verdict, side, cx.time, Cow::Borrowed(&[]), &mut todo, cx);
        self.work(todo, cx)
    }

    /// Takes pieces, the last first, until none is left: what a protocol hands over may be
    /// handed over again by the next, and a peer decides how often.
    fn work(&mut self, mut todo: Vec<Piece<'_>>, cx: &mut Context<'_>) -> u64 {
        let mut opaque = 0;
        while let Some(piece) = todo.pop() {
            let Piece { side, time, ref bytes } = piece;
            let mut cx = Context { time, settings: cx.settings, sink: &mut *cx.sink };
            match &mut self.0 {
                State::Opaque => opaque += bytes.len() as u64,
                State::Known { parser, .. } => {
                    let verdict = parser.data(side, bytes, &mut cx);
                    self.judge(verdict, side, time, piece.bytes, &mut todo, &mut cx);
                }
                State::Undecided(undecided) => match undecided.detect(piece, &mut todo) {
                    Detected::Protocol(protocol) => {
                        let parser = (protocol.open)(cx.settings);
                        self.0 = State::Known { protocol, parser };
                    }
                    Detected::Nothing { opaque: bytes, is_last } => {
                        opaque += bytes;
                        if is_last {
                            self.0 = State::Opaque;
                        }
                    }
                },
            }
        }
        opaque
    }

    /// Acts on what a parser said to `bytes`; what it leaves to the next protocol goes to `todo`.
    fn judge<'a>(
        &mut self,
        verdict: Verdict,
        side: Side,
        time: i64,
        bytes: Cow<'a, [u8]>,
        todo: &mut Vec<Piece<'a>>,
        cx: &mut Context<'_>,
    ) {
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched { consumed } => {
                let old = core::mem::take(&mut self.0);
                let rest = after(bytes, consumed);
                if !rest.is_empty() {
                    todo.push(Piece { side, time, bytes: rest });
                }
                let State::Known { mut parser, .. } = old else { return };
                if let Some(early) = parser.early() {
                    let bytes = Cow::Owned(early.bytes);
                    todo.push(Piece { side: early.side, time: early.time, bytes });
                }
            }
            Verdict::Dead(_) => {
                cx.sink.parse_error();
                self.0 = State::Opaque;
            }
        }
    }
}

/// What came of a piece that no parser was there for.
enum Detected {
    Protocol(&'static Protocol),
    /// Not decided. `opaque` bytes are given up; `is_last`: the search is over.
    Nothing {
        opaque: u64,
        is_last: bool,
    },
}

impl Undecided {
    /// Probes what a side has sent so far. If that decides, everything that waits is put on
    /// `todo` for the parser, each with its own time and the other side's first.
    fn detect<'a>(&mut self, piece: Piece<'a>, todo: &mut Vec<Piece<'a>>) -> Detected {
        let side = piece.side;
        let joined;
        let seen: &[u8] = match &self.pending {
            Some(pending) if !pending[side.index()].bytes.is_empty() => {
                joined = [&pending[side.index()].bytes, &*piece.bytes].concat();
                &joined
            }
            _ => &piece.bytes,
        };
        let probe = |protocol: &&Protocol| (protocol.probe)(side, seen);
        if let Some(protocol) = PROTOCOLS.iter().find(|p| probe(p) == Probe::Yes) {
            todo.push(piece);
            self.take_pending(side, todo);
            self.take_pending(side.peer(), todo);
            return Detected::Protocol(protocol);
        }
        let may_be = PROTOCOLS.iter().any(|protocol| probe(&protocol) == Probe::NeedMore);
        if may_be && seen.len() < DETECTION_BYTES {
            let mine = &mut self.pending.get_or_insert_default()[side.index()];
            if mine.bytes.is_empty() {
                mine.time = piece.time;
            }
            mine.bytes.extend_from_slice(&piece.bytes);
            return Detected::Nothing { opaque: 0, is_last: false };
        }
        let mut opaque = piece.bytes.len() as u64 + self.drop_pending(side);
        self.attempts += 1;
        let is_last = self.attempts >= DETECTION_ATTEMPTS;
        if is_last {
            opaque += self.drop_all();
        }
        Detected::Nothing { opaque, is_last }
    }

    fn take_pending(&mut self, side: Side, todo: &mut Vec<Piece<'_>>) {
        let Some(pending) = &mut self.pending else { return };
        let Pending { bytes, time } = core::mem::take(&mut pending[side.index()]);
        if !bytes.is_empty() {
            todo.push(Piece { side, time, bytes: Cow::Owned(bytes) });
        }
    }

    /// Gives up what `side` has sent; answers how many bytes that were.
    fn drop_pending(&mut self, side: Side) -> u64 {
        let Some(pending) = &mut self.pending else { return 0 };
        core::mem::take(&mut pending[side.index()]).bytes.len() as u64
    }

    fn drop_all(&mut self) -> u64 {
        self.drop_pending(Side::Client) + self.drop_pending(Side::Server)
    }
}

/// `bytes` without the first `n`.
fn after(bytes: Cow<'_, [u8]>, n: usize) -> Cow<'_, [u8]> {
    let n = n.min(bytes.len());
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[n..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..n);
            Cow::Owned(bytes)
        }
    }
}

/// Which side would send `bytes` first, in a protocol that we know; asked where following
/// began in the middle and roles were guessed from ports.
pub(crate) fn side_of(bytes: &[u8]) -> Option<Side> {
    let begins =
        |side| PROTOCOLS.iter().any(|protocol| (protocol.probe)(side, bytes) == Probe::Yes);
    [Side::Client, Side::Server].into_iter().find(|&side| begins(side))
}
