//! Invariant: whatever segments come, each side's bytes are told once, in the order of their
//! sequence numbers, with gaps exactly as long as what is missing; nothing after the end, which
//! comes at most once; and what is held stays under its cap.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{HELD_BYTES, HELD_SEGMENTS};
use nautscan_core::proto::{Place, Side};
use nautscan_core::stream::{Connection, Event, Receiver};
use nautscan_fuzz::{Script, SegmentFields, Segments};

/// What was told of one side.
#[derive(Default)]
struct Told {
    /// Low byte of the next sequence number; `None` before the first byte.
    phase: Option<u8>,
    bytes: u64,
    /// When the last of them was there to be read.
    time: i64,
    ended: bool,
}

#[derive(Default)]
struct Check {
    told: [Told; 2],
    gaps: u32,
    gap_bytes: u64,
}

impl Receiver for Check {
    fn data(&mut self, side: Side, bytes: &[u8], _: Place, time: i64) {
        let told = &mut self.told[side.index()];
        assert!(!told.ended, "data after the end");
        assert!(!bytes.is_empty());
        assert!(time >= told.time, "bytes were there before those before them");
        told.time = time;
        let mut phase = told.phase.unwrap_or(bytes[0]);
        for &byte in bytes {
            assert_eq!(byte, phase, "a byte out of its place");
            phase = phase.wrapping_add(1);
        }
        told.phase = Some(phase);
        told.bytes += bytes.len() as u64;
    }

    fn gap(&mut self, side: Side, lost: u64, _: u64) {
        let told = &mut self.told[side.index()];
        assert!(!told.ended, "a gap after the end");
        assert!(lost > 0);
        told.phase = told.phase.map(|phase| phase.wrapping_add(lost as u8));
        // What was never captured keeps nothing behind it waiting.
        told.time = 0;
        self.gaps += 1;
        self.gap_bytes += lost;
    }

    fn end(&mut self, side: Side) {
        let told = &mut self.told[side.index()];
        assert!(!told.ended, "a second end");
        told.ended = true;
    }
}

/// Most that a connection may hold: the last segment taken may pass the cap, and lists have room
/// for as many entries again.
const MOST_HELD: usize = 2 * (HELD_BYTES + 4096 + 2 * (HELD_SEGMENTS + 2) * 64 + 1024);

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let (mut connection, mut check) = (Connection::default(), Check::default());
    let (mut segments, mut sent) = (Segments::default(), [0u64; 2]);
    let mut over = None;
    while let Some(fields) = SegmentFields::read(&mut script) {
        let segment = segments.make(&fields);
        // As the engine does: a connection that is over takes no more, unless its reset proves
        // not to have been believed.
        match over {
            Some(Event::Reset(_)) if connection.is_continued_by(fields.side, &segment) => {}
            Some(_) => continue,
            None if connection.is_reused_by(fields.side, &segment) => break,
            None => {}
        }
        sent[fields.side.index()] += u64::from(fields.length);
        let event = connection.segment(fields.side, &segment, &mut check);
        over = (event != Event::None).then_some(event);
        assert!(connection.memory() <= MOST_HELD, "{} bytes held", connection.memory());
    }
    if over.is_none() {
        connection.finish(&mut check);
    }
    for (told, sent) in check.told.iter().zip(sent) {
        assert!(told.bytes <= sent, "{} bytes told of {sent}", told.bytes);
    }
    assert_eq!(connection.counters.gaps, check.gaps);
    assert_eq!(connection.counters.gap_bytes, check.gap_bytes);
});
