//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{MYSQL_KEPT, MYSQL_PIPELINE, MYSQL_STATEMENTS, MYSQL_ZSTD};
use nautscan_core::proto::mysql::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// What both directions hold to unpack.
const PACKED: usize = 2 * (2 * MYSQL_ZSTD + 64 * 1024);
/// All that may wait, each with its texts twice, since buffers double.
const MOST_HELD: usize = 2 * (MYSQL_PIPELINE + MYSQL_STATEMENTS) * (2048 + 4 * MYSQL_KEPT) + PACKED;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
