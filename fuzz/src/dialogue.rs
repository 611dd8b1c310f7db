//! Runs a parser of a connection over a script, for the targets of protocols that share one
//! invariant.

use nautscan_core::event::{Completeness, Exchange, Handshake, Message, Summary};
use nautscan_core::proto::websocket;
use nautscan_core::proto::{Context, Parser, Place, Protocol, Settings, Side, Sink, Verdict};

use crate::{HttpScript, Operation};

/// What a run reported.
#[derive(Debug, Default, PartialEq)]
struct Report {
    exchanges: Vec<Exchange>,
    handshake: Handshake,
    summary: Summary,
    parse_errors: u32,
}

impl Sink for Report {
    fn exchange(&mut self, exchange: &Exchange) {
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn handshake(&mut self, handshake: &Handshake) {
        self.handshake = handshake.clone();
    }
    fn summary(&mut self, facts: &Summary) {
        self.summary.clone_from(facts);
    }
}

/// Holds a protocol to it: whatever two sides say, lose and end, the parser does not panic, holds no
/// more than `most_held` bytes, and documents each oddity; and of exchanges that are complete and
/// orderly, how the bytes were cut into segments changes nothing.
pub fn check_dialogue(protocol: &Protocol, most_held: usize, bytes: &[u8]) {
    let Some(script) = HttpScript::read(bytes) else { return };
    let settings = script.settings();
    let whole = run(protocol, script, &settings, usize::MAX, most_held);
    whole.exchanges.iter().for_each(|exchange| check(protocol, exchange, &settings));
    let is_in_step = whole.parse_errors == 0
        && whole
            .exchanges
            .iter()
            .all(|known| known.completeness == Completeness::Complete && known.oddities.is_empty());
    let is_lossless = !script.into_iter().any(|operation| matches!(operation, Operation::Gap(..)));
    if is_lossless && is_in_step {
        let in_pieces = run(protocol, script, &settings, script.piece(), most_held);
        assert_eq!(whole, in_pieces, "whole, and in pieces");
    }
}

/// Feeds the script, data in pieces of at most `piece` bytes.
fn run(
    protocol: &Protocol,
    script: HttpScript<'_>,
    settings: &Settings,
    piece: usize,
    most_held: usize,
) -> Report {
    let mut report = Report::default();
    let mut parser = (protocol.open)(settings);
    let (mut time, mut said) = (0, [0u64; 2]);
    for operation in script {
        time += 1000;
        let place = place(operation, &mut said);
        let mut cx = Context { time, place, settings, sink: &mut report };
        let verdict = apply(&mut *parser, operation, piece, &mut cx);
        assert!(parser.memory() <= most_held, "{} bytes held", parser.memory());
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched { consumed } => {
                assert!(consumed > 0, "a switch that consumes nothing could repeat for ever");
                return report;
            }
            Verdict::Over { .. } => return report,
            Verdict::Dead(_) => {
                report.parse_error();
                return report;
            }
        }
    }
    let mut cx = Context { time, place: Place::default(), settings, sink: &mut report };
    parser.close(script.close(), &mut cx);
    report
}

/// Where an operation stands behind what was `said`, all of which its side has received.
fn place(operation: Operation<'_>, said: &mut [u64; 2]) -> Place {
    let side: Side = operation.side();
    let place = Place { offset: said[side.index()], received: said[side.peer().index()] };
    said[side.index()] += match operation {
        Operation::Data(_, bytes) => bytes.len() as u64,
        Operation::Gap(_, lost) => lost,
        Operation::End(_) => 0,
    };
    place
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

fn check(protocol: &Protocol, exchange: &Exchange, settings: &Settings) {
    let told_as: &[&str] = match protocol.name {
        // Which version of HTTP it is stands in a column of its own.
        "http2" => &["http", "grpc", "websocket"],
        ref name => core::slice::from_ref(name),
    };
    assert!(told_as.contains(&exchange.protocol), "{}", exchange.protocol);
    assert!(exchange.request.is_some() || exchange.response.is_some(), "{exchange:?}");
    let messages = [&exchange.request, &exchange.response];
    messages.into_iter().flatten().for_each(|message| check_message(message, settings));
    for (at, oddity) in exchange.oddities.iter().enumerate() {
        let mut known = protocol.about.oddities.iter().chain(websocket::ODDITIES);
        let is_known = known.any(|(name, _)| name == oddity);
        assert!(is_known, "{oddity} is not documented");
        assert!(!exchange.oddities[..at].contains(oddity), "{oddity} is there twice");
    }
}

fn check_message(message: &Message, settings: &Settings) {
    let kept = message.body.kept.as_ref().map_or(0, Vec::len);
    assert!(kept <= settings.body_limit, "{kept} bytes kept");
    assert!(message.body.bytes.is_none_or(|bytes| bytes >= 0));
    assert!(message.last_time.is_none_or(|last| last >= message.first_time));
}
