//! Invariant: whatever two sides say, lose and end, the parser does not panic and keeps no more than
//! its caps allow; and of exchanges that are complete and orderly, how the bytes were cut into
//! segments changes nothing in what is reported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{MQTT_ALIASES, MQTT_HELD, MQTT_KEPT, MQTT_TEXT, MQTT_WAITING};
use nautscan_core::proto::mqtt::PROTOCOL;
use nautscan_fuzz::check_dialogue;

/// Largest body limit of a script, and room to grow.
const BODY: usize = 2 * 16 * 1024;
/// All that may wait and be remembered on both sides, each twice, since buffers double.
const MOST_HELD: usize = 4 * (MQTT_KEPT + BODY)
    + 4 * (MQTT_HELD + BODY + (MQTT_WAITING + 2) * 1024)
    + 4 * MQTT_ALIASES * (MQTT_TEXT + 64);

fuzz_target!(|bytes: &[u8]| check_dialogue(&PROTOCOL, MOST_HELD, bytes));
