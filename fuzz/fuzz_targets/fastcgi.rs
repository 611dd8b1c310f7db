//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{
    FASTCGI_HEADER, FASTCGI_HELD, FASTCGI_PARAMETERS, FASTCGI_QUESTIONS, FASTCGI_RECORD,
};
use nautscan_core::proto::fastcgi::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// All that requests hold while there are several, or one of them by itself with its texts and fields,
/// each twice, since buffers double; questions, and a record of each side.
const MOST_HELD: usize = FASTCGI_HELD
    + 4 * (FASTCGI_PARAMETERS + FASTCGI_HEADER + BODY)
    + 4 * (FASTCGI_QUESTIONS + 2) * (FASTCGI_RECORD + 512);

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
