//! Dialogues in, counts and times out. Each case is one that Wireshark's analysis knows; the
//! golden tests hold both against each other over captures.

use super::super::connection::{Connection, Counters, Segment};
use super::super::{Offer, Receiver};
use crate::proto::Place;
use crate::proto::Side::{self, Client, Server};
use crate::wire::tcp::flag::{ACK, FIN, RST, SYN};

const MS: i64 = 1_000_000;

/// Takes no notice of the bytes.
struct Nobody;

impl Receiver for Nobody {
    fn data(&mut self, _: Side, _: &[u8], _: Place, _: i64) {}
    fn gap(&mut self, _: Side, _: u64, _: u64) {}
    fn end(&mut self, _: Side) {}
}

/// A connection whose packets come when they are said to.
struct Tape {
    connection: Connection,
    window: u16,
}

impl Tape {
    fn new() -> Self {
        Self { connection: Connection::default(), window: 1000 }
    }

    /// SYN at 0, answer at 10 ms, acknowledgement at 12 ms; first bytes are 101 and 501.
    fn opened() -> Self {
        let mut tape = Self::new();
        tape.at(0, Client, SYN, 100, 0, 0)
            .at(10, Server, SYN | ACK, 500, 101, 0)
            .at(12, Client, ACK, 101, 501, 0);
        tape
    }

    fn at(&mut self, ms: i64, side: Side, flags: u8, seq: u32, ack: u32, len: usize) -> &mut Self {
        self.with(ms, side, flags, seq, ack, len, &[])
    }

    #[allow(clippy::too_many_arguments)]
    fn with(
        &mut self,
        ms: i64,
        side: Side,
        flags: u8,
        sequence: u32,
        acknowledgement: u32,
        len: usize,
        options: &[u8],
    ) -> &mut Self {
        let payload = vec![b'x'; len];
        let segment = Segment {
            time: ms * MS,
            sequence,
            acknowledgement,
            flags,
            window: self.window,
            options,
            payload: &payload,
            cut: 0,
        };
        self.connection.segment(side, &segment, &mut Nobody);
        self
    }

    fn window(&mut self, window: u16) -> &mut Self {
        self.window = window;
        self
    }

    fn counted(&self) -> Counters {
        self.connection.counters
    }

    fn round_trips(&self) -> (Option<i64>, Option<i64>) {
        let ms = |side| self.connection.round_trip(side).map(|ns| ns / MS);
        (ms(Client), ms(Server))
    }
}

#[test]
fn the_handshake_times_both_ways() {
    let tape = Tape::opened();
    assert_eq!(tape.connection.handshake_ns(), Some(12 * MS));
    assert_eq!(tape.round_trips(), (Some(2), Some(10)));
}

#[test]
fn a_repeated_syn_makes_connecting_longer_but_no_round_trip() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0)
        .at(1000, Client, SYN, 100, 0, 0)
        .at(1010, Server, SYN | ACK, 500, 101, 0)
        .at(1012, Client, ACK, 101, 501, 0);
    assert_eq!(tape.connection.handshake_ns(), Some(1012 * MS));
    assert_eq!(tape.round_trips(), (Some(2), None), "which SYN was answered is not known");
    assert_eq!(tape.counted().retransmissions, 1);
}

#[test]
fn an_attempt_with_another_number_is_no_retransmission() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0)
        .at(1000, Client, SYN, 9000, 0, 0)
        .at(1010, Server, SYN | ACK, 500, 9001, 0)
        .at(1012, Client, ACK, 9001, 501, 0);
    assert_eq!(tape.counted().retransmissions, 0);
    assert_eq!(tape.connection.handshake_ns(), Some(12 * MS));
}

#[test]
fn without_the_acknowledgement_there_is_no_handshake() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0).at(10, Server, SYN | ACK, 500, 101, 0);
    assert_eq!(tape.connection.handshake_ns(), None);
    tape.at(90, Client, ACK, 151, 501, 10);
    assert_eq!(tape.connection.handshake_ns(), None, "bytes before this were not captured");
}

#[test]
fn a_refusal_is_a_round_trip_but_no_handshake() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0).at(7, Server, RST | ACK, 0, 101, 0);
    assert_eq!(tape.connection.handshake_ns(), None);
    assert_eq!(tape.round_trips(), (None, Some(7)));
    assert_eq!(tape.counted().resets, 1);
}

/// Both directions may be captured, or one.
#[test]
fn the_clients_side_alone_gives_the_handshake() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0).at(12, Client, ACK, 101, 501, 0);
    assert_eq!(tape.connection.handshake_ns(), Some(12 * MS));
    assert_eq!(tape.round_trips(), (None, None));
}

#[test]
fn both_sides_may_open_at_once() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, 100, 0, 0)
        .at(1, Server, SYN, 500, 0, 0)
        .at(20, Client, SYN | ACK, 100, 501, 0)
        .at(21, Server, SYN | ACK, 500, 101, 0)
        .at(30, Client, ACK, 101, 501, 5);
    assert_eq!(tape.counted().retransmissions, 2, "the SYNs were sent again, with ACK");
}

#[test]
fn the_least_round_trip_counts_and_what_was_sent_again_does_not() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10).at(104, Server, ACK, 501, 111, 0);
    assert_eq!(tape.round_trips().1, Some(4));
    tape.at(200, Client, ACK, 111, 501, 10)
        .at(500, Client, ACK, 111, 501, 10)
        .at(501, Server, ACK, 501, 121, 0);
    assert_eq!(tape.round_trips().1, Some(4), "it may answer the first copy");
    tape.at(600, Client, ACK, 121, 501, 10).at(603, Server, ACK, 501, 131, 0);
    assert_eq!(tape.round_trips().1, Some(3));
}

#[test]
fn one_segment_within_a_flight_is_timed() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10)
        .at(105, Client, ACK, 111, 501, 10)
        .at(106, Server, ACK, 501, 111, 0)
        .at(107, Client, ACK, 121, 501, 10);
    assert_eq!(tape.round_trips().1, Some(6));
}

#[test]
fn a_clock_that_is_set_back_gives_no_round_trip() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10).at(50, Server, ACK, 501, 111, 0);
    assert_eq!(tape.round_trips().1, Some(10));
    tape.at(-9_000_000, Client, ACK, 111, 501, 10).at(-9_000_000, Server, ACK, 501, 111, 0);
    assert_eq!(tape.round_trips().1, Some(10));
}

#[test]
fn late_ones_are_out_of_order_later_ones_sent_again() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 111, 501, 10).at(111, Client, ACK, 101, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (1, 0));
    tape.at(200, Client, ACK, 131, 501, 10).at(213, Client, ACK, 121, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (1, 1));
}

#[test]
fn without_a_handshake_three_milliseconds_are_late() {
    let mut tape = Tape::new();
    tape.at(0, Client, ACK, 101, 501, 10).at(1, Client, ACK, 121, 501, 10);
    tape.at(3, Client, ACK, 111, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (1, 0));
    tape.at(11, Client, ACK, 141, 501, 10).at(14, Client, ACK, 131, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (1, 1));
}

#[test]
fn the_same_again_at_once_is_sent_again() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10).at(100, Client, ACK, 101, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (0, 1));
}

#[test]
fn what_duplicate_acknowledgements_ask_for_is_sent_again() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10)
        .at(101, Server, ACK, 501, 111, 0)
        .at(102, Client, ACK, 121, 501, 10)
        .at(102, Client, ACK, 131, 501, 10)
        .at(103, Server, ACK, 501, 111, 0)
        .at(103, Server, ACK, 501, 111, 0);
    assert_eq!(tape.counted().duplicate_acks, 2);
    tape.at(104, Client, ACK, 111, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (0, 1));
}

#[test]
fn what_was_acknowledged_already_is_sent_again() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 111, 501, 10)
        .at(101, Server, ACK, 501, 121, 0)
        .at(102, Client, ACK, 101, 501, 10);
    assert_eq!((tape.counted().out_of_order, tape.counted().retransmissions), (0, 1));
}

#[test]
fn window_updates_and_new_acknowledgements_are_no_duplicates() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10).at(101, Server, ACK, 501, 111, 0);
    tape.window(2000).at(102, Server, ACK, 501, 111, 0);
    assert_eq!(tape.counted().duplicate_acks, 0);
    tape.at(103, Server, ACK, 501, 111, 0);
    assert_eq!(tape.counted().duplicate_acks, 1);
}

#[test]
fn keep_alives_and_their_answers() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 101, 501, 10).at(101, Server, ACK, 501, 111, 0);
    for (hour, len) in [(1, 0), (2, 1)] {
        let ms = hour * 3_600_000;
        tape.at(ms, Client, ACK, 110, 501, len).at(ms + 9, Server, ACK, 501, 111, 0);
    }
    let counted = tape.counted();
    assert_eq!((counted.keep_alives, counted.duplicate_acks, counted.retransmissions), (2, 0, 0));
    assert_eq!(tape.round_trips().1, Some(1));
}

#[test]
fn a_closed_window_its_probes_and_their_answers() {
    let mut tape = Tape::opened();
    tape.window(0).at(100, Server, ACK, 501, 101, 0);
    for second in 1..=3 {
        let ms = second * 1000;
        tape.window(1000).at(ms, Client, ACK, 101, 501, 1);
        tape.window(0).at(ms + 5, Server, ACK, 501, 101, 0);
    }
    let counted = tape.counted();
    assert_eq!(counted.zero_windows, 4);
    assert_eq!((counted.keep_alives, counted.duplicate_acks, counted.retransmissions), (0, 0, 0));
    tape.window(1000).at(4000, Server, ACK, 501, 101, 0).at(4001, Client, ACK, 101, 501, 10);
    assert_eq!(tape.counted().retransmissions, 0, "the probes' byte was not taken");
}

#[test]
fn a_reset_closes_no_window() {
    let mut tape = Tape::opened();
    tape.window(0).at(100, Server, RST, 501, 0, 0);
    assert_eq!((tape.counted().zero_windows, tape.counted().resets), (0, 1));
}

#[test]
fn a_fin_is_repeated_and_acknowledged() {
    let mut tape = Tape::opened();
    tape.at(100, Client, FIN | ACK, 101, 501, 0)
        .at(400, Client, FIN | ACK, 101, 501, 0)
        .at(405, Server, ACK, 501, 102, 0)
        .at(410, Server, FIN | ACK, 501, 102, 0)
        .at(411, Client, ACK, 102, 502, 0);
    assert_eq!(tape.counted().retransmissions, 1);
    assert_eq!(tape.round_trips().0, Some(1));
}

#[test]
fn syn_options_and_selective_acknowledgements() {
    let block = [1, 1, 5, 10, 0, 0, 0, 121, 0, 0, 0, 131];
    let mut tape = Tape::new();
    tape.with(0, Client, SYN, 100, 0, 0, &[2, 4, 5, 180, 1, 3, 3, 7])
        .with(10, Server, SYN | ACK, 500, 101, 0, &[2, 4, 5, 100])
        .at(12, Client, ACK, 101, 501, 0)
        .with(20, Server, ACK, 501, 101, 0, &block);
    let offer = |mss, scale| Offer { maximum_segment_size: Some(mss), window_scale: scale };
    assert_eq!(tape.connection.offer(Client), offer(1460, Some(7)));
    assert_eq!(tape.connection.offer(Server), offer(1380, None));
    assert_eq!(tape.counted().sack_blocks, 1);
}

#[test]
fn numbers_wrap() {
    let mut tape = Tape::new();
    tape.at(0, Client, SYN, u32::MAX - 4, 0, 0)
        .at(10, Server, SYN | ACK, u32::MAX, u32::MAX - 3, 0)
        .at(12, Client, ACK, u32::MAX - 3, 0, 0)
        .at(20, Client, ACK, u32::MAX - 3, 0, 10)
        .at(25, Server, ACK, 0, 6, 0)
        .at(30, Client, ACK, 6, 0, 10)
        .at(99, Client, ACK, u32::MAX - 3, 0, 10);
    assert_eq!((tape.counted().retransmissions, tape.counted().out_of_order), (1, 0));
    assert_eq!(tape.round_trips(), (Some(2), Some(5)));
}

/// What cannot be of the connection changes nothing but the count of resets.
#[test]
fn strays_are_not_counted() {
    let mut tape = Tape::opened();
    tape.at(100, Client, ACK, 0x9000_0000, 501, 10).at(101, Client, RST, 0x9000_0000, 0, 0);
    tape.at(110, Client, ACK, 101, 501, 10).at(115, Server, ACK, 501, 111, 0);
    let counted = tape.counted();
    assert_eq!((counted.retransmissions, counted.out_of_order, counted.resets), (0, 0, 1));
    assert_eq!(tape.round_trips().1, Some(5));
}
