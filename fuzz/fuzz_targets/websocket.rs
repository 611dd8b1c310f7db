//! Invariant: whatever two sides say, lose and end after the handshake, the parser does not panic and
//! keeps no more than its caps allow; and of exchanges that are complete and orderly, how the bytes
//! were cut into segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{WEBSOCKET_MESSAGES, WEBSOCKET_PREVIEW};
use nautscan_core::proto::websocket::UPGRADED;
use nautscan_fuzz::check_dialogue;

/// A decoder each way, and all that is shown, each twice, since buffers double.
const MOST_HELD: usize = 2 * 64 * 1024 + 4 * (WEBSOCKET_MESSAGES + 2) * (WEBSOCKET_PREVIEW + 256);

fuzz_target!(|bytes: &[u8]| check_dialogue(&UPGRADED, MOST_HELD, bytes));
