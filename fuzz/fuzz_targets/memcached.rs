//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{MEMCACHED_LINE, MEMCACHED_PIPELINE, MEMCACHED_TEXT};
use nautscan_core::proto::memcached::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// All that may wait, each with its texts twice, since buffers double.
const MOST_HELD: usize =
    4 * MEMCACHED_LINE + 2 * BODY + (MEMCACHED_PIPELINE + 2) * (2048 + 4 * MEMCACHED_TEXT + BODY);

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
