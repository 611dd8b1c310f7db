//! Dialogues: what both sides said, and the exchanges that come of it.

use super::*;
use crate::event::Exchange;
use crate::proto::{Side::Client as C, Side::Server as S, Sink};

mod chaos;
mod dialogue;
mod loss;
mod web;

/// Collects what a parser emits.
#[derive(Default)]
struct Collected {
    exchanges: Vec<Exchange>,
    parse_errors: usize,
    /// How many bytes were of HTTP when the protocol changed, and what was held of the next.
    switched: Option<(usize, Vec<u8>)>,
}

impl Sink for Collected {
    fn exchange(&mut self, exchange: &Exchange) {
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
}

/// One thing that happens on a connection.
#[derive(Debug, Clone, PartialEq)]
enum Act {
    Data(Side, Vec<u8>),
    Gap(Side, u64),
    End(Side),
}

impl Act {
    /// Where it stands behind what was `said`, which its side had received; adds it to that.
    fn follows(&self, said: &mut [u64; 2]) -> Place {
        let (side, len) = match self {
            Self::Data(side, bytes) => (*side, bytes.len() as u64),
            Self::Gap(side, lost) => (*side, *lost),
            Self::End(side) => (*side, 0),
        };
        let place = Place { offset: said[side.index()], received: said[side.peer().index()] };
        said[side.index()] = said[side.index()].saturating_add(len);
        place
    }
}

fn says(side: Side, bytes: impl AsRef<[u8]>) -> Act {
    Act::Data(side, bytes.as_ref().to_vec())
}

/// Plays acts, each `step` nanoseconds after the last, and closes.
fn play(acts: &[Act], close: Close, settings: &Settings) -> Collected {
    let mut sink = Collected::default();
    let mut parser = Http1::default();
    let mut verdict = Verdict::Continue;
    let (mut consumed, mut said) = (0, [0u64; 2]);
    for (i, act) in acts.iter().enumerate() {
        let time = 1000 * (i as i64 + 1);
        let place = act.follows(&mut said);
        let mut cx = Context { time, place, settings, sink: &mut sink };
        verdict = match act {
            Act::Data(side, bytes) => parser.data(*side, bytes, &mut cx),
            Act::Gap(side, lost) => parser.gap(*side, *lost, &mut cx),
            Act::End(side) => parser.end(*side, &mut cx),
        };
        if let Verdict::Switched { consumed: last } = verdict {
            let early = parser.early().map_or(Vec::new(), |early| early.bytes);
            sink.switched = Some((consumed + last - early.len(), early));
        }
        if verdict != Verdict::Continue {
            break;
        }
        if let Act::Data(_, bytes) = act {
            consumed += bytes.len();
        }
    }
    if verdict == Verdict::Continue {
        let time = 1000 * (acts.len() as i64 + 1);
        let mut cx = Context { time, place: Place::default(), settings, sink: &mut sink };
        parser.close(close, &mut cx);
    }
    sink
}

/// The same acts with data cut into pieces; `cut` says how long the next piece is.
fn split(acts: &[Act], mut cut: impl FnMut() -> usize) -> Vec<Act> {
    let mut out = Vec::new();
    for act in acts {
        match act {
            Act::Data(side, bytes) => {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let (piece, tail) = rest.split_at(cut().clamp(1, rest.len()));
                    out.push(says(*side, piece));
                    rest = tail;
                }
            }
            other => out.push(other.clone()),
        }
    }
    out
}

/// Exchanges without times, which depend on how data was cut.
fn timeless(collected: &Collected) -> Vec<Exchange> {
    let strip = |e: &Exchange| {
        let mut e = e.clone();
        for m in [&mut e.request, &mut e.response].into_iter().flatten() {
            m.first_time = 0;
            m.last_time = m.last_time.map(|_| 0);
        }
        e
    };
    collected.exchanges.iter().map(strip).collect()
}

/// Plays a dialogue whole, byte by byte and in odd pieces: all must agree.
fn observe_with(acts: &[Act], close: Close, settings: &Settings) -> Collected {
    let whole = play(acts, close, settings);
    for step in [1, 2, 3, 7, 13, 64] {
        let pieces = play(&split(acts, || step), close, settings);
        assert_eq!(timeless(&pieces), timeless(&whole), "in pieces of {step}");
        assert_eq!(pieces.parse_errors, whole.parse_errors, "in pieces of {step}");
        assert_eq!(pieces.switched, whole.switched, "in pieces of {step}");
    }
    whole
}

fn observe(acts: &[Act], close: Close) -> Collected {
    observe_with(acts, close, &Settings::default())
}

/// A short form of an exchange, for comparison: method, target, status, body, completeness.
fn brief(e: &Exchange) -> String {
    let text = |b: &Option<Vec<u8>>| {
        b.as_ref().map_or("-".into(), |b| String::from_utf8_lossy(b).into_owned())
    };
    let body = |m: &Option<crate::event::Message>| {
        m.as_ref().map_or("-".into(), |m| {
            let cut = if m.body.truncated { "~" } else { "" };
            format!(
                "{}{}{cut}",
                m.body.bytes.map_or("?".into(), |n| n.to_string()),
                m.body
                    .kept
                    .as_ref()
                    .map_or(String::new(), |k| format!(":{}", String::from_utf8_lossy(k)))
            )
        })
    };
    let status = e.status.map_or("-".into(), |s| s.to_string());
    format!(
        "{} {} [{}] {} [{}] {}",
        text(&e.method),
        text(&e.target),
        body(&e.request),
        status,
        body(&e.response),
        e.completeness.name()
    )
}

fn briefs(collected: &Collected) -> Vec<String> {
    collected.exchanges.iter().map(brief).collect()
}
