//! Invariant: whatever two sides say in datagrams, the Memcached parser does not panic and keeps no more
//! than its caps allow; rows are documented, and a whole one has both halves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::{Completeness, Exchange};
use nautscan_core::limits::{MEMCACHED_EARLY, MEMCACHED_LINE, MEMCACHED_NUMBERS, MEMCACHED_TEXT};
use nautscan_core::proto::datagram::{App, Datagram};
use nautscan_core::proto::memcached::ODDITIES;
use nautscan_core::proto::{Chosen, Context, Place, Settings, Sink};
use nautscan_fuzz::DnsScript;

/// What may be held of one datagram's commands, each of which has two bytes at least.
const NUMBER: usize = 4 * MEMCACHED_LINE + (1 << 15) * (2048 + 4 * MEMCACHED_TEXT);

struct Checked;

impl Sink for Checked {
    fn exchange(&mut self, exchange: &Exchange) {
        let is_whole = exchange.request.is_some() && exchange.response.is_some();
        assert!(is_whole || exchange.completeness != Completeness::Complete);
        assert!(exchange.request.is_some() || exchange.response.is_some());
        for (at, oddity) in exchange.oddities.iter().enumerate() {
            assert!(ODDITIES.iter().any(|(name, _)| name == oddity), "{oddity} is not documented");
            assert!(!exchange.oddities[..at].contains(oddity), "{oddity} is there twice");
        }
    }
    fn parse_error(&mut self) {}
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DnsScript::read(bytes) else { return };
    let chosen = Chosen::of(&["memcached"]).expect("it is known");
    let (settings, place) = (Settings { chosen, ..Settings::default() }, Place::default());
    let (mut app, mut time) = (None, 0);
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
        }
        let Some(app) = &mut app else { continue };
        let mut cx = Context { time, place, settings: &settings, sink: &mut Checked };
        app.datagram(&datagram, &mut cx);
        app.settle(&mut cx);
        let most = 4 * MEMCACHED_EARLY + MEMCACHED_NUMBERS * NUMBER.min(64 * bytes.len() + 8192);
        assert!(app.memory() <= most, "{} bytes held", app.memory());
    }
    if let Some(app) = &mut app {
        let mut cx = Context { time, place, settings: &settings, sink: &mut Checked };
        app.close(script.close(), &mut cx);
    }
});
