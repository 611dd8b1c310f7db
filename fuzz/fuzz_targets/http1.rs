//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more
//! than its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::{Completeness, Exchange, Message};
use nautscan_core::limits::{HTTP_HEAD, HTTP_INFORMATIONAL, HTTP_PIPELINE};
use nautscan_core::proto::http1::{ODDITIES, PROTOCOL};
use nautscan_core::proto::{Context, Parser, Place, Settings, Side, Sink, Verdict};
use nautscan_fuzz::{HttpScript, Operation};

/// What a run reported.
#[derive(Debug, Default, PartialEq)]
struct Report {
    exchanges: Vec<Exchange>,
    parse_errors: u32,
}

impl Sink for Report {
    fn exchange(&mut self, exchange: &Exchange) {
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
}

/// Feeds the script, data in pieces of at most `piece` bytes.
fn run(script: HttpScript<'_>, settings: &Settings, piece: usize) -> Report {
    let mut report = Report::default();
    let mut parser = (PROTOCOL.open)(settings);
    let (mut time, mut ended, mut said) = (0, [false; 2], [0u64; 2]);
    for operation in script {
        if ended[operation.side().index()] {
            continue;
        }
        time += 1000;
        let place = place(operation, &mut said);
        let mut cx = Context { time, place, settings, sink: &mut report };
        let verdict = apply(&mut *parser, operation, piece, &mut cx);
        ended[operation.side().index()] |= matches!(operation, Operation::End(_));
        assert!(parser.memory() <= most_held(settings), "{} bytes held", parser.memory());
        match verdict {
            Verdict::Continue => {}
            Verdict::Switched { consumed } => {
                assert!(consumed > 0, "a switch that consumes nothing could repeat for ever");
                parser.early();
                break;
            }
            Verdict::Over { .. } | Verdict::Dead(_) => return report,
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

/// Two buffered heads, and for each exchange that waits two heads in parts (fields, target, host)
/// and two bodies, coded and not; each list with room for as much again.
fn most_held(settings: &Settings) -> usize {
    let exchange = 2 * 2 * (3 * HTTP_HEAD + 2 * settings.body_limit) + 4096;
    4 * HTTP_HEAD + (HTTP_PIPELINE + 2) * exchange
}

fn check(exchange: &Exchange, settings: &Settings) {
    assert!(matches!(exchange.protocol, "http" | "grpc"));
    let informational = exchange.detail.iter().filter(|(name, _)| *name == "informational").count();
    assert!(informational <= HTTP_INFORMATIONAL);
    let is_something = exchange.request.is_some() || exchange.response.is_some();
    assert!(is_something || informational > 0, "{exchange:?}");
    let messages = [&exchange.request, &exchange.response];
    messages.into_iter().flatten().for_each(|message| check_message(message, settings));
    for (at, oddity) in exchange.oddities.iter().enumerate() {
        assert!(ODDITIES.iter().any(|(name, _)| name == oddity), "{oddity} is not documented");
        assert!(!exchange.oddities[..at].contains(oddity), "{oddity} is there twice");
    }
    if let Some(trace) = exchange.trace_id {
        assert!(trace.iter().all(u8::is_ascii_hexdigit));
    }
}

fn check_message(message: &Message, settings: &Settings) {
    let kept = message.body.kept.as_ref().map_or(0, Vec::len);
    assert!(kept <= settings.body_limit, "{kept} bytes kept");
    assert!(message.body.bytes.is_none_or(|bytes| bytes >= 0));
    assert!(settings.headers || message.headers.is_empty());
    let fields: usize = message.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(fields <= 2 * HTTP_HEAD, "{fields} bytes of fields (head and trailer)");
    assert!(message.first_time < i64::MAX, "left over from another exchange");
    assert!(message.last_time.is_none_or(|last| last >= message.first_time));
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = HttpScript::read(bytes) else { return };
    let settings = script.settings();
    let whole = run(script, &settings, usize::MAX);
    whole.exchanges.iter().for_each(|exchange| check(exchange, &settings));
    // Where a message is looked for in the midst of other bytes, the start of a segment is a hint.
    let is_in_step = whole.parse_errors == 0
        && whole
            .exchanges
            .iter()
            .all(|known| known.completeness == Completeness::Complete && known.oddities.is_empty());
    let is_lossless = !script.into_iter().any(|operation| matches!(operation, Operation::Gap(..)));
    if is_lossless && is_in_step {
        assert_eq!(whole, run(script, &settings, script.piece()), "whole, and in pieces");
    }
});
