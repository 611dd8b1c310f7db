//! Invariant: whatever datagrams two sides send, whole or cut, the parser of QUIC does not panic, keeps no
//! more than its caps allow, and gives no rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{
    QUIC_CONNECTIONS, QUIC_CRYPTO, QUIC_HELD, QUIC_PIECES, QUIC_REASON, TLS_TEXT,
};
use nautscan_core::proto::{Chosen, Settings};
use nautscan_fuzz::{DatagramScript, told_of_datagrams};

/// Streams of both sides of each connection, twice, since buffers double, with their pieces; packets
/// that wait; texts, which may grow to three times their bytes where they are no UTF-8; the parser.
const MOST_HELD: usize = 2 * 2 * QUIC_CONNECTIONS * (QUIC_CRYPTO + 64 * QUIC_PIECES)
    + QUIC_HELD
    + 8 * 4 * TLS_TEXT
    + 2 * 4 * QUIC_REASON
    + 8192;

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = DatagramScript::read(bytes) else { return };
    let chosen = Chosen::of(&["quic"]).expect("it is known");
    let settings = Settings { chosen, ..Settings::default() };
    let told = told_of_datagrams(script, &settings, MOST_HELD);
    assert!(told.exchanges.is_empty(), "a row: {:?}", told.exchanges);
    assert!(told.handshake.certificate.is_none() && told.handshake.alpn.is_none());
    for (name, value) in &told.summary {
        assert!(!value.is_empty(), "{name} is empty");
    }
});
