//! Invariant: whatever two sides say in datagrams, the Memcached parser does not panic and keeps no more
//! than its caps allow; rows are documented, and a whole one has both halves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::{Completeness, Exchange};
use nautscan_core::limits::{MEMCACHED_EARLY, MEMCACHED_LINE, MEMCACHED_NUMBERS, MEMCACHED_TEXT};
use nautscan_core::proto::memcached::ODDITIES;
use nautscan_core::proto::{Chosen, Settings};
use nautscan_fuzz::{DatagramScript, told_of_datagrams};

/// What may be held of one datagram's commands, each of which has two bytes at least.
const NUMBER: usize = 4 * MEMCACHED_LINE + (1 << 15) * (2048 + 4 * MEMCACHED_TEXT);

fn check(row: &Exchange) {
    let is_whole = row.request.is_some() && row.response.is_some();
    assert!(is_whole || row.completeness != Completeness::Complete);
    assert!(row.request.is_some() || row.response.is_some());
    for oddity in &row.oddities {
        assert!(ODDITIES.iter().any(|(name, _)| name == oddity), "{oddity} is not documented");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DatagramScript::read(bytes) else { return };
    let chosen = Chosen::of(&["memcached"]).expect("it is known");
    let settings = Settings { chosen, ..Settings::default() };
    let most_held = 4 * MEMCACHED_EARLY + MEMCACHED_NUMBERS * NUMBER.min(64 * bytes.len() + 8192);
    told_of_datagrams(script, &settings, most_held).exchanges.iter().for_each(check);
});
