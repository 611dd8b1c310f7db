//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{NATS_HELD, NATS_KEPT, NATS_LINE, NATS_WAITING};
use nautscan_core::proto::nats::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// All that may wait, each twice, since buffers double, and reply subjects.
const MOST_HELD: usize = 4 * (NATS_KEPT + BODY)
    + 2 * (NATS_HELD + BODY)
    + 8 * (NATS_WAITING + 2) * 1024
    + (NATS_WAITING + 2) * NATS_LINE;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
