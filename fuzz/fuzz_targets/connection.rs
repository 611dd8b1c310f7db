//! Invariant: whatever two sides of a connection say, lose and end, in any protocol or several one
//! after another, nothing panics, no more is held than caps allow, rows are well formed, and not more
//! bytes are said not to be understood than there were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_fuzz::check_connection;

/// A script of 16 KiB cannot make any parser hold more: what is unpacked has caps of its own.
const MOST_HELD: usize = 64 << 20;

fuzz_target!(|bytes: &[u8]| check_connection(MOST_HELD, bytes));
