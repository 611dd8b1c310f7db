//! Invariant: whatever two sides say over UDP or TCP, the DNS parser does not panic and keeps no
//! more than its caps allow; rows are documented, names are names; and how a connection without
//! loss was cut into segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::{Exchange, Naming};
use nautscan_core::limits::{DNS_DATA, DNS_RECORDS, DNS_WAITING};
use nautscan_core::proto::datagram::{App, Datagram};
use nautscan_core::proto::dns::{ODDITIES, PROTOCOL};
use nautscan_core::proto::{Context, Place, Settings, Sink, Verdict};
use nautscan_fuzz::DnsScript;

/// What messages of DNS are told as.
const NAMES: [&str; 3] = ["dns", "mdns", "llmnr"];
/// Longest name as text: every byte escaped.
const NAME: usize = 4 * 255;
/// What one question may hold: its name twice, its detail, itself.
const QUESTION: usize = 2 * NAME + (DNS_RECORDS + 8) * 2 * (NAME + DNS_DATA) + 4096;

/// What a run reported.
#[derive(Debug, Default, PartialEq)]
struct Report {
    exchanges: Vec<Exchange>,
    names: Vec<String>,
    parse_errors: u32,
    is_dead: bool,
}

impl Sink for Report {
    fn exchange(&mut self, exchange: &Exchange) {
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn name(&mut self, naming: &Naming<'_>) {
        assert!(!naming.name.is_empty() && naming.name.len() <= NAME, "{:?}", naming.name);
        assert!(!naming.name.contains(|c: char| c.is_control() || c.is_ascii_uppercase()));
        self.names.push(format!("{} {}", naming.ip, naming.name));
    }
}

fn datagrams(script: DnsScript<'_>) -> Report {
    let (mut report, settings, place) = (Report::default(), Settings::default(), Place::default());
    let mut app = None;
    let mut time = 0;
    for said in script {
        if said.bytes.is_empty() {
            continue;
        }
        time = said.time;
        let (ports, to_group) = (script.ports(said.side), script.to_group());
        let datagram =
            Datagram { side: said.side, bytes: said.bytes, cut: said.lost, ports, to_group };
        if app.is_none() {
            app = App::recognise(&datagram, &settings).map(|(app, _)| app);
            app = app.filter(|app| NAMES.contains(app.protocol()));
        }
        let Some(app) = &mut app else { continue };
        let mut cx = Context { time, place, settings: &settings, sink: &mut report };
        app.datagram(&datagram, &mut cx);
        app.settle(&mut cx);
        assert!(app.memory() <= 4096 + DNS_WAITING * QUESTION, "{} bytes held", app.memory());
    }
    if let Some(app) = &mut app {
        let mut cx = Context { time, place, settings: &settings, sink: &mut report };
        app.close(script.close(), &mut cx);
    }
    report
}

/// Feeds a connection in pieces of at most `piece` bytes.
fn stream(script: DnsScript<'_>, piece: usize) -> Report {
    const MESSAGES: usize = 4 * (1 << 16);
    let (mut report, settings, place) = (Report::default(), Settings::default(), Place::default());
    let mut parser = (PROTOCOL.open)(&settings);
    let mut time = 0;
    'said: for said in script {
        time = said.time;
        let mut cx = Context { time, place, settings: &settings, sink: &mut report };
        let mut verdict = Verdict::Continue;
        if said.lost > 0 {
            verdict = parser.gap(said.side, said.lost as u64, &mut cx);
        }
        let mut pieces = said.bytes.chunks(piece);
        while verdict == Verdict::Continue {
            let Some(bytes) = pieces.next() else { continue 'said };
            verdict = parser.data(said.side, bytes, &mut cx);
            let most = MESSAGES + DNS_WAITING * QUESTION;
            assert!(parser.memory() <= most, "{} bytes held", parser.memory());
        }
        report.is_dead = true;
        return report;
    }
    let mut cx = Context { time, place, settings: &settings, sink: &mut report };
    parser.close(script.close(), &mut cx);
    report
}

fn check(exchange: &Exchange) {
    assert!(exchange.request.is_some() || exchange.response.is_some());
    assert_eq!(exchange.status.is_some(), exchange.response.is_some());
    assert!(exchange.target.as_ref().is_none_or(|name| name.len() <= NAME));
    for (at, oddity) in exchange.oddities.iter().enumerate() {
        assert!(ODDITIES.iter().any(|(name, _)| name == oddity), "{oddity} is not documented");
        assert!(!exchange.oddities[..at].contains(oddity), "{oddity} is there twice");
    }
    for (at, (name, text)) in exchange.detail.iter().enumerate() {
        assert!(exchange.detail[..at].iter().all(|(other, _)| other != name), "{name} twice");
        assert!(text.lines().count() <= DNS_RECORDS.max(1), "{name} has too many lines");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DnsScript::read(bytes) else { return };
    let report = if script.is_stream() { stream(script, usize::MAX) } else { datagrams(script) };
    report.exchanges.iter().for_each(check);
    if script.is_stream() && !report.is_dead && script.into_iter().all(|said| said.lost == 0) {
        assert_eq!(report, stream(script, script.piece()), "whole, and in pieces");
    }
});
