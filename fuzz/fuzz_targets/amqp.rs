//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{AMQP_CHANNELS, AMQP_HELD, AMQP_KEPT, AMQP_WAITING};
use nautscan_core::proto::amqp::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// All that may wait, each twice, since buffers double; and a content in the making on both sides of
/// each channel, of which a script holds few.
const MOST_HELD: usize = 4 * (AMQP_KEPT + BODY)
    + 2 * (AMQP_HELD + AMQP_KEPT + BODY)
    + 4 * (AMQP_WAITING + 2) * 1024
    + AMQP_CHANNELS * 16 * 1024;

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
