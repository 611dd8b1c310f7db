//! Runs a parser of a connection over a script, for the targets of protocols that share one
//! invariant.

use nautscan_core::event::Exchange;
use nautscan_core::proto::websocket;
use nautscan_core::proto::{Context, Parser, Place, Protocol, Settings, Side, Verdict};

use crate::{Act, DialogueScript, Operation, Told};

/// The oddity of an answer that may have been passed over.
const ANSWER_UNCERTAIN: &str = "answer_uncertain";

/// Holds a protocol to it: whatever two sides say, lose and end, the parser does not panic, holds no
/// more than `most_held` bytes, documents each oddity, and tells rows that are well formed ([`Told`]);
/// and of exchanges that are complete and orderly, how the bytes were cut into segments changes
/// nothing.
pub fn check_dialogue(protocol: &Protocol, most_held: usize, bytes: &[u8]) {
    check_dialogue_with(protocol, most_held, bytes, |row, _| {
        assert!(row.request.is_some() || row.response.is_some(), "{row:?}");
    });
}

/// The same, with what holds of the protocol's rows besides.
pub fn check_dialogue_with(
    protocol: &Protocol,
    most_held: usize,
    bytes: &[u8],
    check_row: fn(&Exchange, &Settings),
) {
    let Some(script) = DialogueScript::read(bytes) else { return };
    let settings = script.settings();
    let whole = run(protocol, script, &settings, usize::MAX, most_held);
    for row in &whole.exchanges {
        check_names(protocol, row);
        check_row(row, &settings);
        assert!(texts(row) <= most_held, "a row of {} bytes", texts(row));
    }
    if whole.lost == 0 && whole.is_in_step() {
        let in_pieces = run(protocol, script, &settings, script.piece(), most_held);
        // Where following began within a message, the start of a segment is a hint, and rows say so.
        if !in_pieces.is_marked(ANSWER_UNCERTAIN) {
            whole.check_same_as(&in_pieces);
        }
    }
}

/// Feeds the script, data in pieces of at most `piece` bytes.
fn run<'a>(
    protocol: &Protocol,
    script: DialogueScript<'_>,
    settings: &'a Settings,
    piece: usize,
    most_held: usize,
) -> Told<'a> {
    let mut told = Told::new(settings);
    let mut parser = (protocol.open)(settings);
    let mut sides = Sides::default();
    for act in script {
        let Some(place) = sides.place(&act) else { continue };
        told.now += act.step;
        if act.tick && settings.growing {
            let place = Place::default();
            parser.tick(&mut Context { time: told.now, place, settings, sink: &mut told });
        }
        told.lost = sides.lost;
        let mut cx = Context { time: told.now, place, settings, sink: &mut told };
        let verdict = apply(&mut *parser, act.operation, piece, &mut cx);
        assert!(parser.memory() <= most_held, "{} bytes held", parser.memory());
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched { consumed } => {
                assert!(consumed > 0, "a switch that consumes nothing could repeat for ever");
                parser.successor();
                parser.unanswered();
                parser.early();
                return told;
            }
            Verdict::Over { .. } => return told,
            Verdict::Dead(_) => {
                told.parse_errors += 1;
                return told;
            }
        }
    }
    let place = Place::default();
    parser.close(script.close(), &mut Context { time: told.now, place, settings, sink: &mut told });
    told
}

/// How far both sides have come.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    said: [u64; 2],
    received: [u64; 2],
    ended: [bool; 2],
    /// Bytes of both that were lost.
    pub(crate) lost: u64,
}

impl Sides {
    /// How many bytes both have sent, those that were lost among them.
    pub(crate) fn said(&self) -> u64 {
        self.said.iter().sum()
    }

    /// Where an operation stands. `None`: its side has ended before.
    pub(crate) fn place(&mut self, act: &Act<'_>) -> Option<Place> {
        let side: Side = act.operation.side();
        let (own, peer) = (side.index(), side.peer().index());
        if self.ended[own] {
            return None;
        }
        if !act.is_behind {
            self.received[own] = self.said[peer];
        }
        let (offset, received) = (self.said[own], self.received[own]);
        Some(match act.operation {
            Operation::Data(_, bytes) => {
                self.said[own] += bytes.len() as u64;
                Place { offset, received }
            }
            Operation::Gap(_, lost) => {
                self.said[own] += lost;
                self.lost += lost;
                Place { offset, received: 0 }
            }
            Operation::End(_) => {
                self.ended[own] = true;
                Place::default()
            }
        })
    }
}

fn apply(
    parser: &mut dyn Parser,
    operation: Operation<'_>,
    piece: usize,
    cx: &mut Context<'_>,
) -> Verdict {
    match operation {
        Operation::Gap(side, lost) => parser.gap(side, lost, cx),
        Operation::End(side) => parser.end(side, cx),
        Operation::Data(side, bytes) => {
            for bytes in bytes.chunks(piece) {
                match parser.data(side, bytes, cx) {
                    Verdict::Continue => cx.place.offset += bytes.len() as u64,
                    other => return other,
                }
            }
            Verdict::Continue
        }
    }
}

/// Names in a row are those that the protocol documents.
fn check_names(protocol: &Protocol, row: &Exchange) {
    let told_as: &[&str] = match protocol.name {
        "http" => &["http", "grpc"],
        // Which version of HTTP it is stands in a column of its own.
        "http2" => &["http", "grpc", "websocket"],
        ref name => core::slice::from_ref(name),
    };
    assert!(told_as.contains(&row.protocol), "{}", row.protocol);
    for oddity in &row.oddities {
        let mut known = protocol.about.oddities.iter().chain(websocket::ODDITIES);
        assert!(known.any(|(name, _)| name == oddity), "{oddity} is not documented");
    }
}

/// Bytes of a row's texts.
fn texts(row: &Exchange) -> usize {
    let texts = [&row.method, &row.host, &row.target].into_iter().flatten().map(Vec::len);
    let details = row.detail.iter().map(|(_, text)| text.len());
    let messages = [&row.request, &row.response].into_iter().flatten().map(|message| {
        let fields = message.headers.iter().map(|(name, value)| name.len() + value.len());
        let content_type = message.content_type.as_ref().map_or(0, Vec::len);
        fields.sum::<usize>() + content_type + message.body.kept.as_ref().map_or(0, Vec::len)
    });
    texts.chain(details).chain(messages).sum()
}
