//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{KAFKA_HELD, KAFKA_TOPIC_IDS, KAFKA_WAITING};
use nautscan_core::proto::kafka::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// All that may wait, and the names of topics that are remembered, each twice, since buffers double.
const MOST_HELD: usize = 2 * (KAFKA_HELD + KAFKA_WAITING * 1024 + 3 * KAFKA_TOPIC_IDS * 512);

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
