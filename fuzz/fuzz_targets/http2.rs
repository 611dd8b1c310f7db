//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{
    H2_BLOCK, H2_CLOSED, H2_FIELDS, H2_FRAME, H2_SEEK, H2_STREAMS, H2_TABLE,
};
use nautscan_core::proto::http2::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// What each side's frames, header block and table hold, and all streams with two messages each; twice,
/// since buffers double.
const MOST_HELD: usize = 2 * 2 * (H2_BLOCK + H2_FRAME + 2 * H2_SEEK + 4 * H2_TABLE)
    + H2_STREAMS * (4096 + 2 * (2 * H2_FIELDS + BODY))
    + 8 * H2_CLOSED;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
