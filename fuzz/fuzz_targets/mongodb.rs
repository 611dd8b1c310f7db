//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{MONGODB_FIELD, MONGODB_KEPT, MONGODB_PIPELINE, MONGODB_STREAMS};
use nautscan_core::proto::mongodb::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// All that may wait, each with its texts, and two messages on their way, since buffers double.
const MOST_HELD: usize =
    4 * (MONGODB_PIPELINE + MONGODB_STREAMS) * (2048 + 8 * MONGODB_FIELD) + 4 * MONGODB_KEPT;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
