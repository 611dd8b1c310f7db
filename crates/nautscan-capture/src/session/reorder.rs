//! Packets of several interfaces into one order of time.
//!
//! Each interface hands over blocks of packets, so that an answer seen on one may come before
//! the question seen on another. They are held for a moment and sorted.

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

use crate::LIVE_REORDER_BYTES;

#[derive(Debug, Clone, Copy)]
struct Waiting {
    time: i64,
    interface: InterfaceId,
    link_type: LinkType,
    wire_len: u32,
    start: usize,
    len: usize,
}

/// Holds packets for `hold` nanoseconds of packet time.
pub(super) struct Reorder {
    hold: i64,
    latest: i64,
    bytes: Vec<u8>,
    waiting: Vec<Waiting>,
    /// Times that the cap was reached, and what was held went on before its time.
    given_up: u64,
}

impl Reorder {
    pub(super) fn new(hold: i64) -> Self {
        Self { hold, latest: i64::MIN, bytes: Vec::new(), waiting: Vec::new(), given_up: 0 }
    }

    pub(super) fn push(&mut self, packet: &Packet<'_>) {
        self.latest = self.latest.max(packet.time);
        self.waiting.push(Waiting {
            time: packet.time,
            interface: packet.interface,
            link_type: packet.link_type,
            wire_len: packet.wire_len,
            start: self.bytes.len(),
            len: packet.data.len(),
        });
        self.bytes.extend_from_slice(packet.data);
    }

    /// Hands on what has waited long enough; everything if `all`.
    pub(super) fn release(&mut self, all: bool, mut each: impl FnMut(&Packet<'_>)) {
        let is_full = self.bytes.len() > LIVE_REORDER_BYTES;
        self.given_up += u64::from(is_full && !all);
        let until = if all || is_full { i64::MAX } else { self.latest.saturating_sub(self.hold) };
        // Stable: packets of one interface keep their order.
        self.waiting.sort_by_key(|waiting| waiting.time);
        let due = self.waiting.partition_point(|waiting| waiting.time <= until);
        for waiting in &self.waiting[..due] {
            each(&Packet {
                time: waiting.time,
                interface: waiting.interface,
                link_type: waiting.link_type,
                wire_len: waiting.wire_len,
                data: &self.bytes[waiting.start..waiting.start + waiting.len],
            });
        }
        self.keep(due);
    }

    /// Times that [`LIVE_REORDER_BYTES`] was reached.
    pub(super) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Drops the first `due` entries and moves the bytes of the others together.
    fn keep(&mut self, due: usize) {
        if due == self.waiting.len() {
            self.waiting.clear();
            self.bytes.clear();
            return;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        self.waiting.drain(..due);
        for waiting in &mut self.waiting {
            let data = &self.bytes[waiting.start..waiting.start + waiting.len];
            waiting.start = bytes.len();
            bytes.extend_from_slice(data);
        }
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_in_order_of_time_after_their_wait() {
        let mut reorder = Reorder::new(10);
        let packet = |time, data| Packet {
            time,
            interface: InterfaceId(0),
            link_type: LinkType::RAW,
            wire_len: 1,
            data,
        };
        for (time, data) in [(5, b"b"), (20, b"d"), (3, b"a"), (9, b"c")] {
            reorder.push(&packet(time, data));
        }
        let mut out = Vec::new();
        reorder.release(false, |packet| out.push((packet.time, packet.data.to_vec())));
        assert_eq!(out, [(3, b"a".to_vec()), (5, b"b".to_vec()), (9, b"c".to_vec())]);
        out.clear();
        reorder.release(true, |packet| out.push((packet.time, packet.data.to_vec())));
        assert_eq!(out, [(20, b"d".to_vec())]);
        assert!(reorder.bytes.is_empty());
        assert_eq!(reorder.given_up(), 0);
    }

    /// Reaches `LIVE_REORDER_BYTES`: what is held goes on, and that is counted.
    #[test]
    fn packets_are_held_up_to_the_cap() {
        let mut reorder = Reorder::new(1_000_000_000);
        let data = vec![0; 1 << 20];
        let packet = |time| Packet {
            time,
            interface: InterfaceId(0),
            link_type: LinkType::RAW,
            wire_len: 1 << 20,
            data: &data,
        };
        let count = LIVE_REORDER_BYTES as i64 / data.len() as i64 + 1;
        let mut released = 0;
        for time in 0..count {
            reorder.push(&packet(time));
            reorder.release(false, |_| released += 1);
        }
        assert_eq!((released, reorder.given_up()), (count, 1));
    }
}
