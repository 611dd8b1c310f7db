//! Which protocol a connection speaks: a hypothesis held until the bytes refute it.

use core::fmt;
use std::borrow::Cow;

use super::{
    Chosen, Close, Context, Early, PROTOCOLS, Parser, Place, Probe, Protocol, Side, Verdict,
};
use crate::event::Exchange;
use crate::limits::{DETECTION_ATTEMPTS, DETECTION_BYTES, DETECTION_PASSED};

use held::{Held, Lost, widen};
use proxied::Header;

mod held;
mod proxied;

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
    /// Known to be no conversation: files and the like.
    Content,
}

#[derive(Default)]
struct Undecided {
    /// There is seldom anything: what comes first mostly decides.
    waiting: Option<Box<Waiting>>,
    attempts: u8,
}

/// What came before a protocol was found.
#[derive(Default)]
struct Waiting {
    held: Held,
    /// What was lost of each side where nothing of the other is held.
    lost: Lost,
    /// Bytes given up.
    passed: u64,
    /// What each side had received when it sent what was given up last.
    heard: [Option<u64>; 2],
    /// What was asked in the protocol before this one, to be answered in this one.
    unanswered: Option<Box<Exchange>>,
}

/// Bytes on their way to a parser or a probe.
struct Piece<'a> {
    side: Side,
    time: i64,
    place: Place,
    bytes: Cow<'a, [u8]>,
    /// In place of bytes: so many that a parser is to hold for lost.
    lost: u64,
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
            Self::Content => "content",
        })
    }
}

impl App {
    /// For a connection that carries content, in which no protocol is to be looked for.
    pub fn content() -> Self {
        Self(State::Content)
    }

    /// Whether it is one of those.
    pub fn is_content(&self) -> bool {
        matches!(self.0, State::Content)
    }

    /// Name of the protocol that is being followed.
    pub fn protocol(&self) -> Option<&'static &'static str> {
        match &self.0 {
            State::Known { protocol, .. } => Some(&protocol.name),
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
            self.judge(verdict, Piece::at_hand(side, bytes, cx), &mut todo, cx);
            return self.work(todo, cx);
        }
        self.work(vec![Piece::at_hand(side, bytes, cx)], cx)
    }

    /// Bytes that `side` sent and nobody captured. Answers like [`Self::data`].
    pub fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> u64 {
        match &mut self.0 {
            State::Known { parser, .. } => {
                let verdict = parser.gap(side, lost, cx);
                self.without_bytes(verdict, side, cx)
            }
            State::Undecided(undecided) => undecided.lose(side, lost, cx),
            State::Opaque | State::Content => 0,
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
            State::Opaque | State::Content => 0,
        }
    }

    /// About a second has passed: see [`Parser::tick`].
    pub fn tick(&mut self, cx: &mut Context<'_>) {
        if let State::Known { parser, .. } = &mut self.0 {
            parser.tick(cx);
        }
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        match &self.0 {
            State::Known { parser, .. } => parser.memory(),
            State::Undecided(undecided) => undecided
                .waiting
                .as_deref()
                .map_or(0, |waiting| size_of::<Waiting>() + waiting.held.memory()),
            State::Opaque | State::Content => 0,
        }
    }

    /// Client and server were guessed the wrong way round.
    pub fn swap_roles(&mut self) {
        if let State::Undecided(Undecided { waiting: Some(waiting), .. }) = &mut self.0 {
            waiting.held.swap_roles();
            waiting.lost.swap(0, 1);
        }
    }

    fn without_bytes(&mut self, verdict: Verdict, side: Side, cx: &mut Context<'_>) -> u64 {
        let mut todo = Vec::new();
        self.judge(verdict, Piece::at_hand(side, &[], cx), &mut todo, cx);
        self.work(todo, cx)
    }

    /// Takes pieces, the last first, until none is left: what a protocol hands over may be
    /// handed over again by the next, and a peer decides how often.
    fn work(&mut self, mut todo: Vec<Piece<'_>>, cx: &mut Context<'_>) -> u64 {
        let mut opaque = 0;
        while let Some(piece) = todo.pop() {
            let Piece { side, time, place, ref bytes, lost } = piece;
            let mut cx = Context { time, place, settings: cx.settings, sink: &mut *cx.sink };
            match &mut self.0 {
                State::Known { parser, .. } if lost > 0 => {
                    let verdict = parser.gap(side, lost, &mut cx);
                    self.judge(verdict, piece, &mut todo, &mut cx);
                }
                State::Undecided(undecided) if lost > 0 => {
                    opaque += undecided.lose(side, lost, &cx);
                }
                State::Opaque => opaque += bytes.len() as u64,
                State::Content => {}
                State::Known { parser, .. } => {
                    let verdict = parser.data(side, bytes, &mut cx);
                    self.judge(verdict, piece, &mut todo, &mut cx);
                }
                State::Undecided(undecided) => {
                    match undecided.detect(piece, &cx.settings.chosen, &mut todo) {
                        Detected::Protocol { protocol, opaque: before } => {
                            opaque += before;
                            let mut parser = (protocol.open)(cx.settings);
                            // What was lost may have answered it.
                            undecided.hand_over(&mut *parser, &mut cx);
                            undecided.tell_lost(&mut *parser, &mut cx);
                            self.0 = State::Known { protocol, parser };
                        }
                        Detected::Nothing { opaque: bytes, is_last } => {
                            opaque += bytes;
                            if is_last {
                                self.0 = State::Opaque;
                            }
                        }
                    }
                }
            }
        }
        opaque
    }

    /// Acts on what a parser said to `piece`; what it leaves to the next protocol goes to `todo`.
    fn judge<'a>(
        &mut self,
        verdict: Verdict,
        piece: Piece<'a>,
        todo: &mut Vec<Piece<'a>>,
        cx: &mut Context<'_>,
    ) {
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched { consumed } => {
                let old = core::mem::take(&mut self.0);
                let rest = piece.after(consumed);
                if !rest.bytes.is_empty() {
                    todo.push(rest);
                }
                let State::Known { mut parser, .. } = old else { return };
                let successor = parser.successor();
                let asked = parser.unanswered();
                if let Some(protocol) = successor {
                    let mut next = (protocol.open)(cx.settings);
                    if let Some(asked) = asked {
                        next.inherit(*asked, cx);
                    }
                    self.0 = State::Known { protocol, parser: next };
                } else if let Some(asked) = asked {
                    let waiting = Waiting { unanswered: Some(asked), ..Waiting::default() };
                    self.0 = State::Undecided(Undecided {
                        waiting: Some(Box::new(waiting)),
                        ..Undecided::default()
                    });
                }
                if let Some(early) = parser.early() {
                    let Early { side, time, place, bytes } = early;
                    todo.push(Piece { side, time, place, bytes: Cow::Owned(bytes), lost: 0 });
                }
            }
            Verdict::Over { consumed } => {
                todo.push(piece.after(consumed));
                self.0 = State::Opaque;
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
    Protocol {
        protocol: &'static Protocol,
        /// Bytes before it that are given up.
        opaque: u64,
    },
    /// Not decided. `opaque` bytes are given up; `is_last`: the search is over.
    Nothing { opaque: u64, is_last: bool },
}

impl Detected {
    /// The same, behind bytes that are given up.
    fn behind(mut self, given_up: u64) -> Self {
        match &mut self {
            Self::Protocol { opaque, .. } | Self::Nothing { opaque, .. } => *opaque += given_up,
        }
        self
    }
}

impl Undecided {
    /// Probes what a side has sent so far. If that decides, everything that waits is put on
    /// `todo` for the parser, each piece with its own time, in the order in which they came.
    fn detect<'a>(
        &mut self,
        piece: Piece<'a>,
        chosen: &Chosen,
        todo: &mut Vec<Piece<'a>>,
    ) -> Detected {
        let Some(piece) = self.without_header(piece) else {
            return Detected::Nothing { opaque: 0, is_last: false };
        };
        let side = piece.side;
        let joined;
        let before = self.waiting.as_ref().map_or(&[][..], |waiting| waiting.held.of(side));
        let seen: &[u8] = if before.is_empty() {
            &piece.bytes
        } else {
            joined = [before, &*piece.bytes].concat();
            &joined
        };
        let probe = |protocol: &&Protocol| (protocol.probe)(side, seen);
        let streams = || chosen.streams.iter().copied();
        if let Some(protocol) = streams().find(|p| probe(p) == Probe::Yes) {
            todo.push(piece);
            if let Some(waiting) = &mut self.waiting {
                waiting.held.take(todo);
            }
            return Detected::Protocol { protocol, opaque: 0 };
        }
        let may_be = streams().any(|protocol| probe(&protocol) == Probe::NeedMore);
        if may_be
            && seen.len() < DETECTION_BYTES
            && self.waiting.get_or_insert_default().held.hold(&piece)
        {
            return Detected::Nothing { opaque: 0, is_last: false };
        }
        let waited = self.drop_pending(side);
        if waited > 0 {
            // What was held may have been of something else: what comes now may begin.
            self.waiting.get_or_insert_default().passed += waited;
            return self.detect(piece, chosen, todo).behind(waited);
        }
        let mut opaque = piece.bytes.len() as u64;
        let waiting = self.waiting.get_or_insert_default();
        waiting.held.lose(side, piece.time, piece.place, opaque, false);
        waiting.passed += opaque;
        let heard = waiting.heard[side.index()].replace(piece.place.received);
        // Only where a side has received more does it begin something new.
        self.attempts += u8::from(heard.is_none_or(|heard| piece.place.received > heard));
        let is_last = self.attempts >= DETECTION_ATTEMPTS || waiting.passed > DETECTION_PASSED;
        if is_last {
            opaque += self.drop_all();
        }
        Detected::Nothing { opaque, is_last }
    }

    /// A piece without the header of a proxy, which stands in front of whatever is spoken. `None`: there
    /// is no more in it, or it is held since there may be.
    fn without_header<'a>(&mut self, piece: Piece<'a>) -> Option<Piece<'a>> {
        let before = self.waiting.as_ref().map_or(&[][..], |waiting| waiting.held.of(piece.side));
        let is_first = piece.side == Side::Client && piece.place.offset == before.len() as u64;
        if !is_first || !before.first().or(piece.bytes.first()).is_some_and(proxied::begins) {
            return Some(piece);
        }
        let held = before.len();
        match proxied::read(&[before, &*piece.bytes].concat()) {
            Header::No => Some(piece),
            Header::More if self.waiting.get_or_insert_default().held.hold(&piece) => None,
            Header::More => Some(piece),
            Header::Whole(length) => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.held.forget(piece.side, &mut waiting.lost);
                }
                Some(piece.after(length - held)).filter(|rest| !rest.bytes.is_empty())
            }
        }
    }

    /// Bytes of a side were lost: what it has sent before is given up. Answers how many that were.
    fn lose(&mut self, side: Side, lost: u64, cx: &Context<'_>) -> u64 {
        let given_up = self.drop_pending(side);
        let waiting = self.waiting.get_or_insert_default();
        if !waiting.held.lose(side, cx.time, cx.place, lost, true) {
            widen(&mut waiting.lost, side, cx.place.offset, lost);
        }
        given_up
    }

    /// Tells a new parser what was lost before it was there. It has nothing to say to that yet.
    fn tell_lost(&self, parser: &mut dyn Parser, cx: &mut Context<'_>) {
        let Some(waiting) = &self.waiting else { return };
        for side in [Side::Client, Side::Server] {
            if let Some((offset, to)) = waiting.lost[side.index()] {
                let place = Place { offset, received: 0 };
                let mut cx = Context { place, settings: cx.settings, sink: &mut *cx.sink, ..*cx };
                parser.gap(side, to - offset, &mut cx);
            }
        }
    }

    /// Hands what is unanswered to a new parser.
    fn hand_over(&mut self, parser: &mut dyn Parser, cx: &mut Context<'_>) {
        let asked = self.waiting.as_mut().and_then(|waiting| waiting.unanswered.take());
        if let Some(asked) = asked {
            parser.inherit(*asked, cx);
        }
    }

    /// Gives up what `side` has sent; answers how many bytes that were.
    fn drop_pending(&mut self, side: Side) -> u64 {
        let Some(waiting) = &mut self.waiting else { return 0 };
        waiting.held.drop_of(side, &mut waiting.lost)
    }

    fn drop_all(&mut self) -> u64 {
        self.drop_pending(Side::Client) + self.drop_pending(Side::Server)
    }
}

impl<'a> Piece<'a> {
    fn at_hand(side: Side, bytes: &'a [u8], cx: &Context<'_>) -> Self {
        Self { side, time: cx.time, place: cx.place, bytes: Cow::Borrowed(bytes), lost: 0 }
    }

    /// What is left behind the first `n` bytes.
    fn after(mut self, n: usize) -> Self {
        self.lost = 0;
        let n = n.min(self.bytes.len());
        self.place.offset += n as u64;
        match &mut self.bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[n..],
            Cow::Owned(bytes) => drop(bytes.drain(..n)),
        }
        self
    }
}

/// Which side would send `bytes` first, in a protocol that we know; asked where following
/// began in the middle and roles were guessed from ports.
pub(crate) fn side_of(bytes: &[u8]) -> Option<Side> {
    if matches!(proxied::read(bytes), Header::Whole(_)) {
        return Some(Side::Client);
    }
    let begins = |side| PROTOCOLS.iter().find(|line| (line.probe)(side, bytes) == Probe::Yes);
    match begins(Side::Client) {
        // A message that either side sends does not tell who did.
        Some(line) if (line.probe)(Side::Server, bytes) == Probe::Yes => None,
        Some(_) => Some(Side::Client),
        None => begins(Side::Server).map(|_| Side::Server),
    }
}
