//! Invariant: whatever two sides say over UDP or TCP, the DNS parser does not panic and keeps no
//! more than its caps allow; rows are documented, names are names; and how a connection without
//! loss was cut into segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::Exchange;
use nautscan_core::limits::{DNS_DATA, DNS_RECORDS, DNS_WAITING};
use nautscan_core::proto::dns::{ODDITIES, PROTOCOL};
use nautscan_core::proto::{Chosen, Context, Place, Settings, Verdict};
use nautscan_fuzz::{DatagramScript, Told, told_of_datagrams};

/// What messages of DNS are told as.
const NAMES: [&str; 3] = ["dns", "mdns", "llmnr"];
/// Longest name as text: every byte escaped.
const NAME: usize = 4 * 255;
/// What one question may hold: its name twice, its detail, itself.
const QUESTION: usize = 2 * NAME + (DNS_RECORDS + 8) * 2 * (NAME + DNS_DATA) + 4096;
/// All that may wait.
const MOST_HELD: usize = 4096 + DNS_WAITING * QUESTION;
/// Messages of a connection in the making, besides.
const MOST_HELD_OF_STREAM: usize = MOST_HELD + 4 * (1 << 16);

/// Feeds a connection in pieces of at most `piece` bytes. `false`: it was given up.
fn stream<'a>(
    script: DatagramScript<'_>,
    settings: &'a Settings,
    piece: usize,
) -> (Told<'a>, bool) {
    let (mut told, place) = (Told::new(settings), Place::default());
    let mut parser = (PROTOCOL.open)(settings);
    'said: for said in script {
        told.now = said.time;
        told.lost += said.lost as u64;
        let mut cx = Context { time: said.time, place, settings, sink: &mut told };
        let mut verdict = Verdict::Continue;
        if said.lost > 0 {
            verdict = parser.gap(said.side, said.lost as u64, &mut cx);
        }
        let mut pieces = said.bytes.chunks(piece);
        while verdict == Verdict::Continue {
            let Some(bytes) = pieces.next() else { continue 'said };
            verdict = parser.data(said.side, bytes, &mut cx);
            assert!(parser.memory() <= MOST_HELD_OF_STREAM, "{} bytes held", parser.memory());
        }
        return (told, false);
    }
    parser.close(script.close(), &mut Context { time: told.now, place, settings, sink: &mut told });
    (told, true)
}

fn check(told: &Told<'_>) {
    assert!(told.names.iter().all(|(_, name)| name.len() <= NAME), "{:?}", told.names);
    told.exchanges.iter().for_each(check_row);
}

fn check_row(row: &Exchange) {
    assert!(row.request.is_some() || row.response.is_some());
    assert_eq!(row.status.is_some(), row.response.is_some());
    assert!(row.target.as_ref().is_none_or(|name| name.len() <= NAME));
    for oddity in &row.oddities {
        assert!(ODDITIES.iter().any(|(name, _)| name == oddity), "{oddity} is not documented");
    }
    for (name, text) in &row.detail {
        assert!(text.lines().count() <= DNS_RECORDS.max(1), "{name} has too many lines");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DatagramScript::read(bytes) else { return };
    let chosen = Chosen::of(&NAMES).expect("they are known");
    let settings = Settings { chosen, ..Settings::default() };
    if !script.is_stream() {
        check(&told_of_datagrams(script, &settings, MOST_HELD));
        return;
    }
    let (whole, is_followed) = stream(script, &settings, usize::MAX);
    check(&whole);
    if is_followed && script.into_iter().all(|said| said.lost == 0) {
        let (in_pieces, is_followed) = stream(script, &settings, script.piece());
        assert!(is_followed, "whole, and in pieces");
        whole.check_same_as(&in_pieces);
    }
});
