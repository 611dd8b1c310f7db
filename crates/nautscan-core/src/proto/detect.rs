//! Which protocol a connection speaks: a hypothesis held until the bytes refute it.

use core::fmt;

use super::{Close, Context, PROTOCOLS, Parser, Probe, Side, Verdict};
use crate::limits::{DETECTION_ATTEMPTS, DETECTION_BYTES};

/// The application end of one connection.
#[derive(Debug, Default)]
pub struct App(State);

enum State {
    Undecided {
        pending: [Vec<u8>; 2],
        attempts: u8,
    },
    Known {
        name: &'static str,
        parser: Box<dyn Parser>,
    },
    /// Not a protocol that we know, or no longer followed.
    Opaque,
}

impl Default for State {
    fn default() -> Self {
        Self::Undecided { pending: Default::default(), attempts: 0 }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecided { .. } => "undecided",
            Self::Known { name, .. } => name,
            Self::Opaque => "opaque",
        })
    }
}

impl App {
    /// Name of the protocol that is being followed.
    pub fn protocol(&self) -> Option<&'static str> {
        match &self.0 {
            State::Known { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether the protocol is still sought.
    pub fn is_undecided(&self) -> bool {
        matches!(self.0, State::Undecided { .. })
    }

    /// Bytes that `side` sent. Answers how many of them were not understood.
    #[inline]
    pub fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> u64 {
        match &mut self.0 {
            State::Known { parser, .. } => {
                let verdict = parser.data(side, bytes, cx);
                self.judge(verdict, cx);
                0
            }
            State::Undecided { .. } => self.detect(side, bytes, cx),
            State::Opaque => bytes.len() as u64,
        }
    }

    /// Bytes that `side` sent and nobody captured.
    pub fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) {
        match &mut self.0 {
            State::Known { parser, .. } => {
                let verdict = parser.gap(side, lost, cx);
                self.judge(verdict, cx);
            }
            State::Undecided { pending, .. } => pending[side.index()].clear(),
            State::Opaque => {}
        }
    }

    /// `side` sends no more.
    pub fn end(&mut self, side: Side, cx: &mut Context<'_>) {
        if let State::Known { parser, .. } = &mut self.0 {
            let verdict = parser.end(side, cx);
            self.judge(verdict, cx);
        }
    }

    /// The connection is over.
    pub fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        if let State::Known { parser, .. } = &mut self.0 {
            parser.close(close, cx);
        }
        self.0 = State::Opaque;
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        match &self.0 {
            State::Known { parser, .. } => parser.memory(),
            State::Undecided { pending, .. } => pending.iter().map(Vec::capacity).sum(),
            State::Opaque => 0,
        }
    }

    /// Client and server were guessed the wrong way round.
    pub fn swap_roles(&mut self) {
        if let State::Undecided { pending, .. } = &mut self.0 {
            pending.swap(0, 1);
        }
    }

    fn judge(&mut self, verdict: Verdict, cx: &mut Context<'_>) {
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched => self.0 = State::default(),
            Verdict::Dead(_) => {
                cx.sink.parse_error();
                self.0 = State::Opaque;
            }
        }
    }

    fn detect(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> u64 {
        let State::Undecided { pending, attempts } = &mut self.0 else { return 0 };
        let mine = &mut pending[side.index()];
        let joined;
        let seen: &[u8] = if mine.is_empty() {
            bytes
        } else {
            mine.extend_from_slice(bytes);
            joined = core::mem::take(mine);
            &joined
        };
        let mut undecided = false;
        for protocol in PROTOCOLS {
            match (protocol.probe)(side, seen) {
                Probe::Yes => {
                    let before = core::mem::take(&mut pending[side.peer().index()]);
                    self.0 =
                        State::Known { name: protocol.name, parser: (protocol.open)(cx.settings) };
                    if !before.is_empty() {
                        self.data(side.peer(), &before, cx);
                    }
                    return self.data(side, seen, cx);
                }
                Probe::NeedMore => undecided = true,
                Probe::No => {}
            }
        }
        if undecided && seen.len() < DETECTION_BYTES {
            pending[side.index()] = seen.to_vec();
            return 0;
        }
        *attempts += 1;
        if *attempts >= DETECTION_ATTEMPTS {
            self.0 = State::Opaque;
        }
        seen.len() as u64
    }
}

/// Which side would send `bytes` first, in a protocol that we know; asked where following
/// began in the middle and roles were guessed from ports.
pub(crate) fn side_of(bytes: &[u8]) -> Option<Side> {
    let begins =
        |side| PROTOCOLS.iter().any(|protocol| (protocol.probe)(side, bytes) == Probe::Yes);
    [Side::Client, Side::Server].into_iter().find(|&side| begins(side))
}
