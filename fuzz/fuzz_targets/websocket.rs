//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::WEBSOCKET_WAITING;
use nautscan_core::proto::websocket::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Two messages in the making, and all that may wait, each twice, since buffers double.
const MOST_HELD: usize = 16 * 1024 + 2 * (WEBSOCKET_WAITING + 2) * 2048;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
