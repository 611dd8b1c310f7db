//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more
//! than its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::event::Exchange;
use nautscan_core::limits::{HTTP_HEAD, HTTP_INFORMATIONAL, HTTP_PIPELINE};
use nautscan_core::proto::Settings;
use nautscan_core::proto::http1::PROTOCOL;
use nautscan_fuzz::check_dialogue_with;

/// Largest body limit of a script.
const BODY: usize = 16 * 1024;
/// Of an exchange that waits: two heads in parts (fields, target, host) and two bodies, coded and not;
/// each list with room for as much again.
const EXCHANGE: usize = 2 * 2 * (3 * HTTP_HEAD + 2 * BODY) + 4096;
/// Two buffered heads, and exchanges.
const MOST_HELD: usize = 4 * HTTP_HEAD + (HTTP_PIPELINE + 2) * EXCHANGE;

fn check(row: &Exchange, settings: &Settings) {
    let informational = row.detail.iter().filter(|(name, _)| *name == "informational").count();
    assert!(informational <= HTTP_INFORMATIONAL);
    assert!(row.request.is_some() || row.response.is_some() || informational > 0, "{row:?}");
    for message in [&row.request, &row.response].into_iter().flatten() {
        assert!(settings.headers || message.headers.is_empty(), "{message:?}");
        let fields = message.headers.iter().map(|(name, value)| name.len() + value.len());
        let fields: usize = fields.sum();
        assert!(fields <= 2 * HTTP_HEAD, "{fields} bytes of fields (head and trailer)");
    }
}

fuzz_target!(|bytes: &[u8]| check_dialogue_with(&PROTOCOL, MOST_HELD, bytes, check));
