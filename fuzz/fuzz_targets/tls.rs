//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of what comes without loss, how the bytes were cut into segments changes
//! nothing in what is noted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{TLS_MESSAGE, TLS_TEXT};
use nautscan_core::proto::tls::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// A message of each side, twice, since buffers double; the texts of both; and the parser itself.
/// A text may grow to three times its bytes where they are no UTF-8.
const MOST_HELD: usize = 2 * 2 * TLS_MESSAGE + 8 * 4 * TLS_TEXT + 4096;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
