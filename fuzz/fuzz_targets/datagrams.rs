//! Invariant: whatever datagrams two sides send, whole or cut, of any protocol, nothing panics, no more is
//! held than caps allow, and rows are well formed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_fuzz::check_datagrams;

/// A script of 16 KiB cannot make any parser hold more.
const MOST_HELD: usize = 64 << 20;

fuzz_target!(|bytes: &[u8]| check_datagrams(MOST_HELD, bytes));
