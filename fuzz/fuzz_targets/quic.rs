//! Invariant: whatever datagrams two sides send, whole or cut, the parser of QUIC does not panic, keeps no
//! more than its caps allow, and gives no rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::{Exchange, Handshake, Summary};
use nautscan_core::limits::{
    QUIC_CONNECTIONS, QUIC_CRYPTO, QUIC_HELD, QUIC_PIECES, QUIC_REASON, TLS_TEXT,
};
use nautscan_core::proto::datagram::{App, Datagram};
use nautscan_core::proto::{Context, Place, Settings, Sink};
use nautscan_fuzz::DnsScript;

/// Streams of both sides of each connection, twice, since buffers double, with their pieces; packets
/// that wait; texts, which may grow to three times their bytes where they are no UTF-8; the parser.
const MOST_HELD: usize = 2 * 2 * QUIC_CONNECTIONS * (QUIC_CRYPTO + 64 * QUIC_PIECES)
    + QUIC_HELD
    + 8 * 4 * TLS_TEXT
    + 2 * 4 * QUIC_REASON
    + 8192;

/// Takes what a flow is told.
#[derive(Default)]
struct Told(Handshake);

impl Sink for Told {
    fn exchange(&mut self, exchange: &Exchange) {
        panic!("a row: {exchange:?}");
    }
    fn parse_error(&mut self) {}
    fn handshake(&mut self, handshake: &Handshake) {
        assert!(handshake.certificate.is_none() && handshake.alpn.is_none());
        self.0.clone_from(handshake);
    }
    fn summary(&mut self, facts: &Summary) {
        for (at, (name, value)) in facts.iter().enumerate() {
            assert!(!value.is_empty(), "{name} is empty");
            assert!(facts[..at].iter().all(|(other, _)| other != name), "{name} twice");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DnsScript::read(bytes) else { return };
    let (mut told, settings, place) = (Told::default(), Settings::default(), Place::default());
    let mut app: Option<App> = None;
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
            app = app.filter(|app| *app.protocol() == "quic");
        }
        let Some(app) = &mut app else { continue };
        let mut cx = Context { time, place, settings: &settings, sink: &mut told };
        if app.wants(&datagram) {
            app.datagram(&datagram, &mut cx);
        }
        app.settle(&mut cx);
        assert!(app.memory() <= MOST_HELD, "{} bytes held", app.memory());
    }
    if let Some(app) = &mut app {
        let mut cx = Context { time, place, settings: &settings, sink: &mut told };
        app.close(script.close(), &mut cx);
    }
});
