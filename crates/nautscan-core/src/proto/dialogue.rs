//! Dialogues for tests: what both sides said, played to a parser in pieces of several lengths.

use super::{Close, Context, Parser, Place, Settings, Side, Sink, Verdict};
use crate::event::{Exchange, Summary};

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Collected(pub(crate) Vec<Exchange>);

impl Sink for Collected {
    fn exchange(&mut self, exchange: &Exchange) {
        for (at, (name, _)) in exchange.detail.iter().enumerate() {
            let before = &exchange.detail[..at];
            assert!(before.iter().all(|(other, _)| other != name), "{name} is told twice");
        }
        self.0.push(exchange.clone());
    }
    fn parse_error(&mut self) {}
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Says(Side, Vec<u8>),
    Loses(Side, u64),
}

pub(crate) fn says(side: Side, bytes: impl AsRef<[u8]>) -> Act {
    Act::Says(side, bytes.as_ref().to_vec())
}

/// Plays acts in pieces of at most `piece` bytes until the parser wants no more; each side has
/// received all that was said.
pub(crate) fn play(parser: impl Parser, acts: &[Act], piece: usize) -> (Vec<Exchange>, Verdict) {
    play_with(parser, acts, piece, &Settings::default())
}

/// The same with settings.
pub(crate) fn play_with(
    parser: impl Parser,
    acts: &[Act],
    piece: usize,
    settings: &Settings,
) -> (Vec<Exchange>, Verdict) {
    let mut sink = Collected::default();
    let verdict = play_to(&mut sink, parser, acts, piece, settings);
    (sink.0, verdict)
}

fn play_to(
    sink: &mut dyn Sink,
    mut parser: impl Parser,
    acts: &[Act],
    piece: usize,
    settings: &Settings,
) -> Verdict {
    let (mut said, mut time) = ([0u64; 2], 0);
    for act in acts {
        time += 1000;
        let (side, lost, bytes): (_, _, &[u8]) = match act {
            Act::Says(side, bytes) => (*side, 0, bytes),
            Act::Loses(side, lost) => (*side, *lost, &[]),
        };
        let received = said[side.peer().index()];
        let place = Place { offset: said[side.index()], received };
        let mut cx = Context { time, place, settings, sink };
        let mut verdict = Verdict::Continue;
        if lost > 0 {
            verdict = parser.gap(side, lost, &mut cx);
        }
        for bytes in bytes.chunks(piece) {
            verdict = parser.data(side, bytes, &mut cx);
            cx.place.offset += bytes.len() as u64;
            if verdict != Verdict::Continue {
                break;
            }
        }
        if verdict != Verdict::Continue {
            return verdict;
        }
        said[side.index()] += lost + bytes.len() as u64;
    }
    let mut cx = Context { time, place: Place::default(), settings, sink };
    parser.close(Close::Finished, &mut cx);
    Verdict::Continue
}

/// Keeps the flow's summary, and wants no rows.
#[derive(Default)]
pub(crate) struct Summarised(pub(crate) Summary);

impl Sink for Summarised {
    fn exchange(&mut self, exchange: &Exchange) {
        panic!("a row: {exchange:?}");
    }
    fn parse_error(&mut self) {}
    fn summary(&mut self, facts: &Summary) {
        self.0.clone_from(facts);
    }
}

/// A summary as one text: `name=value; name=value`.
pub(crate) fn facts(summary: &Summary) -> String {
    let facts: Vec<_> = summary.iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.join("; ").replace('\n', ", ")
}

/// The summary of the flow, and that it is so however the bytes are cut.
pub(crate) fn summary<P: Parser>(new: impl Fn() -> P, acts: &[Act]) -> String {
    let summary = |piece| {
        let mut sink = Summarised::default();
        play_to(&mut sink, new(), acts, piece, &Settings::default());
        facts(&sink.0)
    };
    let whole = summary(usize::MAX);
    for piece in [1, 2, 3, 7, 40] {
        assert_eq!(summary(piece), whole, "in pieces of {piece}");
    }
    whole
}

/// A line a row, and that it is so however the bytes are cut.
pub(crate) fn told<P: Parser>(
    new: impl Fn() -> P,
    acts: &[Act],
    brief: impl Fn(&Exchange) -> String,
) -> Vec<String> {
    let briefs = |piece| play(new(), acts, piece).0.iter().map(&brief).collect::<Vec<_>>();
    let whole = briefs(usize::MAX);
    for piece in [1, 2, 3, 7, 40] {
        assert_eq!(briefs(piece), whole, "in pieces of {piece}");
    }
    whole
}

/// Of a method or target; `-` where there is none.
pub(crate) fn text(bytes: &Option<Vec<u8>>) -> String {
    bytes.as_ref().map_or("-".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// A value of the detail; `-` where there is none.
pub(crate) fn detail<'a>(exchange: &'a Exchange, name: &str) -> &'a str {
    exchange.detail.iter().find(|pair| pair.0 == name).map_or("-", |pair| &pair.1)
}
