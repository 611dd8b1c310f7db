//! Dialogues in, ordered bytes out.

use proptest::prelude::*;

use super::*;
use crate::proto::Place;
use crate::proto::Side::{self, Client, Server};
use crate::wire::tcp::flag::{ACK, FIN, RST, SYN};

/// What a receiver was told, adjacent data joined.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Data(Side, Vec<u8>),
    Gap(Side, u64),
    End(Side),
}

#[derive(Default)]
struct Log(Vec<Told>);

impl Receiver for Log {
    fn data(&mut self, side: Side, bytes: &[u8], _: Place, _: i64) {
        assert!(!bytes.is_empty());
        match self.0.last_mut() {
            Some(Told::Data(last, joined)) if *last == side => joined.extend_from_slice(bytes),
            _ => self.0.push(Told::Data(side, bytes.to_vec())),
        }
    }
    fn gap(&mut self, side: Side, lost: u64, _: u64) {
        self.0.push(Told::Gap(side, lost));
    }
    fn end(&mut self, side: Side) {
        self.0.push(Told::End(side));
    }
}

/// A connection under test, with a clock that moves a millisecond a segment.
struct Dialogue {
    connection: Connection,
    log: Log,
    time: i64,
    last: Event,
}

impl Dialogue {
    fn new() -> Self {
        Self { connection: Connection::default(), log: Log::default(), time: 0, last: Event::None }
    }

    fn send(
        &mut self,
        side: Side,
        flags: u8,
        sequence: u32,
        acknowledgement: u32,
        payload: &[u8],
    ) -> &mut Self {
        self.send_cut(side, flags, sequence, acknowledgement, payload, 0)
    }

    fn send_cut(
        &mut self,
        side: Side,
        flags: u8,
        sequence: u32,
        acknowledgement: u32,
        payload: &[u8],
        cut: u32,
    ) -> &mut Self {
        self.time += 1_000_000;
        let segment = Segment {
            time: self.time,
            sequence,
            acknowledgement,
            flags,
            window: 1000,
            options: &[],
            payload,
            cut,
        };
        self.last = self.connection.segment(side, &segment, &mut self.log);
        self
    }

    /// Handshake: the client's first byte is 101, the server's 501.
    fn opened() -> Self {
        let mut dialogue = Self::new();
        dialogue
            .send(Client, SYN, 100, 0, b"")
            .send(Server, SYN | ACK, 500, 101, b"")
            .send(Client, ACK, 101, 501, b"");
        dialogue
    }

    fn data(side: Side, bytes: &[u8]) -> Told {
        Told::Data(side, bytes.to_vec())
    }
}

#[test]
fn handshake_data_and_an_orderly_end() {
    let mut d = Dialogue::opened();
    assert_eq!(d.connection.handshake_ns(), Some(2_000_000));
    d.send(Client, ACK, 101, 501, b"ask").send(Server, ACK, 501, 104, b"answer");
    d.send(Client, FIN | ACK, 104, 507, b"").send(Server, FIN | ACK, 507, 105, b"");
    assert_eq!(d.last, Event::Finished);
    let told = [
        Dialogue::data(Client, b"ask"),
        Dialogue::data(Server, b"answer"),
        Told::End(Client),
        Told::End(Server),
    ];
    assert_eq!(d.log.0, told);
    assert_eq!(d.connection.counters.retransmissions, 0);
}

#[test]
fn the_other_side_may_go_on_after_one_has_finished() {
    let mut d = Dialogue::opened();
    d.send(Client, FIN | ACK, 101, 501, b"bye").send(Server, ACK, 501, 105, b"more");
    assert_eq!(d.last, Event::None);
    assert_eq!(
        d.log.0,
        [Dialogue::data(Client, b"bye"), Told::End(Client), Dialogue::data(Server, b"more")]
    );
}

#[test]
fn retransmission_overlap_and_keep_alive() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 101, 501, b"abcd");
    d.send(Client, ACK, 101, 501, b"abcd");
    d.send(Client, ACK, 103, 501, b"XXef");
    d.send(Client, ACK, 106, 501, b"f");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abcdef")]);
    assert_eq!(d.connection.counters.retransmissions, 2, "the last one is a keep-alive");
}

/// Found by the fuzz target `reassembly`: a gap was told after the end.
#[test]
fn nothing_is_told_after_the_end() {
    let mut d = Dialogue::opened();
    d.send(Client, FIN | ACK, 101, 501, b"bye");
    let told = [Dialogue::data(Client, b"bye"), Told::End(Client)];
    d.send_cut(Client, ACK, 5000, 501, b"", 17).send(Client, ACK, 6000, 501, b"far");
    d.send(Client, ACK, 101, 501, b"bye, and more");
    d.connection.finish(&mut d.log);
    assert_eq!(d.log.0, told);
    assert_eq!(d.connection.counters.gap_bytes, 0);
}

/// Found by the fuzz target `reassembly`: a gap that a reset revealed was counted twice.
#[test]
fn a_gap_that_a_reset_reveals_is_counted_once() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 105, 501, b"later").send(Client, RST | ACK, 110, 501, b"");
    assert_eq!(d.last, Event::Reset(Client));
    assert_eq!(d.log.0, [Told::Gap(Client, 4), Dialogue::data(Client, b"later")]);
    assert_eq!((d.connection.counters.gaps, d.connection.counters.gap_bytes), (1, 4));
}

/// Who resets says what it had received: an answer that was lost is not missing.
#[test]
fn what_a_reset_acknowledges_was_sent() {
    let acknowledged = |number| {
        let mut d = Dialogue::opened();
        d.send(Client, ACK, 101, 501, b"ask").send(Client, RST | ACK, 104, number, b"");
        assert_eq!(d.last, Event::Reset(Client));
        d.log.0.split_off(1)
    };
    assert_eq!(acknowledged(501), []);
    assert_eq!(acknowledged(502), [], "it may be a FIN");
    assert_eq!(acknowledged(541), [Told::Gap(Server, 39)], "and the last of them too");
    assert_eq!(acknowledged(0x9000_0000), [], "of another connection");
}

/// When each run of bytes was there to be read.
#[derive(Default)]
struct Times(Vec<i64>);

impl Receiver for Times {
    fn data(&mut self, _: Side, _: &[u8], _: Place, time: i64) {
        self.0.push(time);
    }
    fn gap(&mut self, _: Side, _: u64, _: u64) {}
    fn end(&mut self, _: Side) {}
}

/// Found by the fuzz target `reassembly`: behind a hole that was given up, bytes were told to have
/// been there before those that stand before them.
#[test]
fn no_byte_is_there_before_the_one_before_it() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 108, 501, b"later").send(Client, ACK, 105, 501, b"the");
    let mut times = Times::default();
    d.connection.finish(&mut times);
    assert_eq!(times.0, [d.time, d.time]);
}

#[test]
fn a_side_that_ended_without_a_byte_ends_once() {
    let mut d = Dialogue::new();
    d.send(Server, SYN | ACK | FIN, 500, 101, b"").send(Server, SYN | ACK | FIN, 900, 101, b"");
    assert_eq!(d.log.0, [Told::End(Server)]);
}

#[test]
fn a_segment_that_overtook_waits_for_the_one_before_it() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 104, 501, b"def").send(Client, ACK, 101, 501, b"abc");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abcdef")]);
    assert_eq!((d.connection.counters.out_of_order, d.connection.counters.gaps), (1, 0));
}

#[test]
fn bytes_acknowledged_by_an_answer_but_never_captured_are_lost() {
    let mut d = Dialogue::opened();
    d.send(Server, ACK, 501, 111, b"answer").send(Client, ACK, 111, 507, b"next");
    let told = [
        // The tenth byte might have been a FIN's until more came.
        Told::Gap(Client, 9),
        Dialogue::data(Server, b"answer"),
        Told::Gap(Client, 1),
        Dialogue::data(Client, b"next"),
    ];
    assert_eq!(d.log.0, told);
    assert_eq!(d.connection.counters.gap_bytes, 10);
}

#[test]
fn a_hole_is_given_up_once_acknowledged_and_waited_for() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 111, 501, b"second");
    assert_eq!(d.log.0, [], "not acknowledged: it may be sent again");
    d.send(Server, ACK, 501, 117, b"");
    d.time += 20_000_000;
    d.send(Server, ACK, 501, 117, b"");
    assert_eq!(d.log.0, [Told::Gap(Client, 10), Dialogue::data(Client, b"second")]);
}

#[test]
fn one_direction_alone_is_followed() {
    let mut d = Dialogue::new();
    d.send(Server, ACK, 1000, 1, b"one").send(Server, ACK, 1008, 1, b"three");
    assert_eq!(d.log.0, [Dialogue::data(Server, b"one")]);
    d.time += 3_000_000_000;
    d.send(Server, ACK, 1013, 1, b"four");
    assert_eq!(d.log.0[1..], [Told::Gap(Server, 5), Dialogue::data(Server, b"threefour")]);
}

#[test]
fn a_fin_before_its_data_ends_only_after_them() {
    let mut d = Dialogue::opened();
    d.send(Client, FIN | ACK, 104, 501, b"").send(Client, ACK, 101, 501, b"abc");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abc"), Told::End(Client)]);
}

#[test]
fn bytes_cut_by_the_snap_length_are_a_gap() {
    let mut d = Dialogue::opened();
    d.send_cut(Client, ACK, 101, 501, b"ab", 8).send(Client, ACK, 111, 501, b"next");
    assert_eq!(
        d.log.0,
        [Dialogue::data(Client, b"ab"), Told::Gap(Client, 8), Dialogue::data(Client, b"next")]
    );
}

/// A host that still holds an earlier connection challenges a SYN (RFC 5961 section 4) with the numbers
/// of that; its client resets it and asks again. What was acknowledged so is not of the new one.
#[test]
fn a_challenge_acknowledges_nothing_of_the_connection_that_begins() {
    let mut d = Dialogue::new();
    d.send(Client, SYN, 999, 0, b"").send(Server, ACK, 70_000, 500_000, b"");
    d.send(Client, RST, 500_000, 0, b"").send(Client, SYN, 999, 0, b"");
    d.send(Server, SYN | ACK, 4999, 1000, b"");
    d.send(Client, ACK, 1000, 5000, b"ask").send(Server, ACK, 5000, 1003, b"answer");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"ask"), Dialogue::data(Server, b"answer")]);
}

#[test]
fn sequence_numbers_wrap() {
    let mut d = Dialogue::new();
    d.send(Client, SYN, u32::MAX - 2, 0, b"").send(Server, SYN | ACK, 500, u32::MAX - 1, b"");
    d.send(Client, ACK, u32::MAX - 1, 501, b"abcd").send(Client, ACK, 2, 501, b"efgh");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abcdefgh")]);
}

#[test]
fn data_in_the_syn_is_read() {
    let mut d = Dialogue::new();
    d.send(Client, SYN, 100, 0, b"GET")
        .send(Server, SYN | ACK, 500, 104, b"")
        .send(Client, ACK, 104, 501, b" /");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"GET /")]);
}

#[test]
fn a_reset_hands_out_what_was_held() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 111, 501, b"late").send(Server, RST | ACK, 501, 101, b"");
    assert_eq!(d.last, Event::Reset(Server));
    assert_eq!(d.log.0, [Told::Gap(Client, 10), Dialogue::data(Client, b"late")]);
}

#[test]
fn a_reset_from_nowhere_is_not_believed() {
    let mut d = Dialogue::opened();
    d.send(Server, RST, 0x9000_0000, 0, b"");
    assert_eq!(d.last, Event::None);
    d.send(Client, ACK, 101, 501, b"on");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"on")]);
}

#[test]
fn held_bytes_are_capped_and_nothing_is_lost_silently() {
    let mut d = Dialogue::opened();
    let block = vec![7u8; 60_000];
    for i in 0..40u32 {
        d.send(Client, ACK, 201 + i * 60_000, 501, &block);
    }
    let limit = crate::limits::HELD_BYTES + 60_000 + 1024 * 64;
    assert!(d.connection.memory() < limit, "{} held", d.connection.memory());
    d.connection.finish(&mut d.log);
    let told: u64 = d
        .log
        .0
        .iter()
        .map(|t| match t {
            Told::Data(_, bytes) => bytes.len() as u64,
            Told::Gap(_, lost) => *lost,
            Told::End(_) => 0,
        })
        .sum();
    assert_eq!(told, 100 + 40 * 60_000);
}

#[test]
fn ports_used_again_are_recognised() {
    let mut d = Dialogue::opened();
    let segment = |flags, sequence| Segment {
        time: 0,
        sequence,
        acknowledgement: 101,
        flags,
        window: 1,
        options: &[],
        payload: b"",
        cut: 0,
    };
    let syn = |sequence| segment(SYN, sequence);
    assert!(
        !d.connection.is_reused_by(Server, &segment(SYN | ACK, 7777)),
        "an answer opens nothing"
    );
    assert!(!d.connection.is_reused_by(Client, &syn(100)), "a repeated SYN");
    assert!(d.connection.is_reused_by(Client, &syn(9000)));
    d.send(Client, SYN, 100, 0, b"");
    assert_eq!(d.connection.counters.retransmissions, 1);
}

/// zeek/tcp__handshake-reorder.pcap: the SYN was captured after its answer.
#[test]
fn a_syn_behind_its_answer_is_no_new_connection() {
    let mut d = Dialogue::new();
    d.send(Server, SYN | ACK, 500, 101, b"");
    let syn = Segment {
        time: 0,
        sequence: 100,
        acknowledgement: 0,
        flags: SYN,
        window: 1,
        options: &[],
        payload: b"",
        cut: 0,
    };
    assert!(!d.connection.is_reused_by(Client, &syn));
    d.send(Client, SYN, 100, 0, b"").send(Client, ACK, 101, 501, b"hi");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"hi")]);
}

/// deepflow/tcp-n-syn-ack.pcap: an attempt that nobody answered, made again.
#[test]
fn an_unanswered_attempt_may_be_made_again() {
    let mut d = Dialogue::new();
    d.send(Client, SYN, 100, 0, b"");
    let again = Segment {
        time: 0,
        sequence: 9000,
        acknowledgement: 0,
        flags: SYN,
        window: 1,
        options: &[],
        payload: b"",
        cut: 0,
    };
    assert!(!d.connection.is_reused_by(Client, &again));
    d.send(Client, SYN, 9000, 0, b"").send(Server, SYN | ACK, 500, 9001, b"");
    d.send(Client, ACK, 9001, 501, b"hi");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"hi")]);
}

/// Pieces of a stream: any cover of it, in any order, some more than once.
fn pieces(len: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    let cuts = prop::collection::vec(0..=len, 0..12);
    let extra = prop::collection::vec((0..len, 1..=len), 0..8);
    (cuts, extra, any::<u64>()).prop_map(move |(mut cuts, extra, seed)| {
        cuts.extend([0, len]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut all: Vec<_> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
        all.extend(extra.into_iter().map(|(start, size)| (start, (start + size).min(len))));
        // A shuffle that shrinks with its seed.
        let mut state = seed;
        for i in (1..all.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            all.swap(i, (state >> 33) as usize % (i + 1));
        }
        all
    })
}

proptest! {
    /// Any segmentation, order and duplication of a stream gives the stream.
    #[test]
    fn the_stream_does_not_depend_on_its_segments(initial in any::<u32>(), pieces in pieces(300)) {
        let stream: Vec<u8> = (0..300u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut d = Dialogue::new();
        d.send(Client, SYN, initial, 0, b"").send(Server, SYN | ACK, 0, initial.wrapping_add(1), b"");
        for (start, end) in pieces {
            let sequence = initial.wrapping_add(1).wrapping_add(start as u32);
            d.send(Client, ACK, sequence, 1, &stream[start..end]);
        }
        d.send(Client, FIN | ACK, initial.wrapping_add(301), 1, b"");
        prop_assert_eq!(d.log.0, vec![Told::Data(Client, stream), Told::End(Client)]);
    }

    /// Whatever comes, nothing panics, and what is told about one side is at most a window.
    #[test]
    fn arbitrary_segments_are_survived(
        segments in prop::collection::vec((any::<bool>(), any::<u8>(), any::<u32>(), any::<u32>(), 0usize..40, 0u32..10, 0i64..5_000_000_000), 0..60)
    ) {
        let mut d = Dialogue::new();
        for (client, flags, sequence, ack, len, cut, wait) in segments {
            let side = if client { Client } else { Server };
            d.time += wait;
            d.send_cut(side, flags, sequence % 4096, ack % 4096, &vec![1; len], cut);
        }
        d.connection.finish(&mut d.log);
    }
}

#[test]
fn the_first_captured_copy_wins() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 101, 501, b"ab").send(Client, ACK, 107, 501, b"gh");
    // Over what was told, over what is held, and over the hole between them.
    d.send(Client, ACK, 101, 501, b"XXcdXX").send(Client, ACK, 105, 501, b"YYYYij");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abcdXXghij")]);
}

/// RFC 9293 section 3.5.3: a reset may say why, which is no part of the stream.
#[test]
fn what_a_reset_says_is_not_data() {
    let mut d = Dialogue::opened();
    d.send(Server, ACK, 501, 101, b"half").send(Server, RST | ACK, 505, 101, b"No cookie!");
    assert_eq!(d.last, Event::Reset(Server));
    assert_eq!(d.log.0, [Dialogue::data(Server, b"half")]);
}

/// RFC 6093 section 2: urgent data stand in line.
#[test]
fn urgent_data_stand_in_line() {
    const URG: u8 = 0x20;
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 101, 501, b"ab").send(Client, ACK | URG, 103, 501, b"!");
    d.send(Client, ACK, 104, 501, b"cd");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"ab!cd")]);
}

/// TCP Fast Open (RFC 7413): whether or not the server takes the data in the SYN, and whether or
/// not the SYN is sent again without them.
#[test]
fn data_in_the_syn_are_read_once() {
    for (acknowledged, again) in [(104, false), (101, false), (101, true)] {
        let mut d = Dialogue::new();
        d.send(Client, SYN, 100, 0, b"GET");
        if again {
            d.send(Client, SYN, 100, 0, b"");
        }
        d.send(Server, SYN | ACK, 500, acknowledged, b"");
        if acknowledged == 101 {
            d.send(Client, ACK, 101, 501, b"GET");
        }
        d.send(Client, ACK, 104, 501, b" /").send(Server, ACK, 501, 106, b"ok");
        assert_eq!(d.log.0, [Dialogue::data(Client, b"GET /"), Dialogue::data(Server, b"ok")]);
        assert_eq!(d.connection.counters.gaps, 0);
    }
}

#[test]
fn both_sides_may_open_at_once() {
    let mut d = Dialogue::new();
    d.send(Client, SYN, 100, 0, b"").send(Server, SYN, 500, 0, b"");
    d.send(Client, SYN | ACK, 100, 501, b"").send(Server, SYN | ACK, 500, 101, b"");
    d.send(Client, ACK, 101, 501, b"ask").send(Server, ACK, 501, 104, b"answer");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"ask"), Dialogue::data(Server, b"answer")]);
    assert_eq!(d.connection.state(d.last), State::Established);
}

/// The byte of a probe is the next one; the receiver may refuse it until its window opens.
#[test]
fn a_probe_of_a_closed_window_tells_its_byte_once() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 101, 501, b"a").send(Server, ACK, 501, 101, b"");
    d.send(Client, ACK, 101, 501, b"a").send(Server, ACK, 501, 101, b"");
    d.send(Client, ACK, 101, 501, b"abc").send(Server, ACK, 501, 104, b"");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abc")]);
}

#[test]
fn a_keep_alive_tells_nothing() {
    let mut d = Dialogue::opened();
    d.send(Client, ACK, 101, 501, b"ab").send(Client, ACK, 102, 501, b"\0");
    d.send(Client, ACK, 102, 501, b"").send(Client, ACK, 103, 501, b"cd");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"abcd")]);
}

#[test]
fn a_repeated_fin_ends_once() {
    let mut d = Dialogue::opened();
    d.send(Client, FIN | ACK, 101, 501, b"bye").send(Client, FIN | ACK, 101, 501, b"bye");
    d.send(Client, FIN | ACK, 104, 501, b"");
    assert_eq!(d.log.0, [Dialogue::data(Client, b"bye"), Told::End(Client)]);
    assert_eq!(d.connection.counters.retransmissions, 2);
}

/// RFC 5961 section 3.2: what stands outside the window is ignored; within it, but not next, it is
/// challenged. What the receiver had in its window is not certain here, so that is believed.
#[test]
fn a_reset_is_believed_within_a_window() {
    let window = 64 * 1024u32;
    for (sequence, believed) in
        [(501, true), (600, true), (501 + window, false), (501u32.wrapping_sub(window), false)]
    {
        let mut d = Dialogue::opened();
        d.send(Server, RST, sequence, 0, b"");
        assert_eq!(d.last == Event::Reset(Server), believed, "{sequence}");
    }
}

/// Its scale counts, if both sides offered one.
#[test]
fn a_scaled_window_is_wider() {
    for (scale, believed) in [(&[3, 3, 10][..], true), (&[], false)] {
        let mut d = Dialogue::new();
        let syn = |sequence, flags, acknowledgement, options| Segment {
            time: 0,
            sequence,
            acknowledgement,
            flags,
            window: 1000,
            options,
            payload: b"",
            cut: 0,
        };
        d.connection.segment(Client, &syn(100, SYN, 0, &[3, 3, 10]), &mut d.log);
        d.connection.segment(Server, &syn(500, SYN | ACK, 101, scale), &mut d.log);
        d.send(Client, ACK, 101, 501, b"").send(Server, RST, 501 + 900_000, 0, b"");
        assert_eq!(d.last == Event::Reset(Server), believed);
    }
}

/// RFC 9293 section 3.10.7.3: a refusal acknowledges the SYN.
#[test]
fn a_refusal_acknowledges_the_syn() {
    for (flags, acknowledgement, believed) in
        [(RST | ACK, 101, true), (RST | ACK, 7777, false), (RST, 101, false)]
    {
        let mut d = Dialogue::new();
        d.send(Client, SYN, 100, 0, b"").send(Server, flags, 0, acknowledgement, b"");
        assert_eq!(d.last == Event::Reset(Server), believed);
    }
}

/// A hole that waits when the clock is set back by an hour waits no hour.
#[test]
fn a_clock_that_is_set_back_keeps_no_hole_open() {
    let mut d = Dialogue::opened();
    d.time = 3_600_000_000_000;
    d.send(Client, ACK, 111, 501, b"second").send(Server, ACK, 501, 117, b"");
    d.time = 0;
    d.send(Server, ACK, 501, 117, b"");
    d.time += 20_000_000;
    d.send(Server, ACK, 501, 117, b"");
    assert_eq!(d.log.0, [Told::Gap(Client, 10), Dialogue::data(Client, b"second")]);
}

/// What each side was told to have sent.
fn sides(told: &[Told]) -> [Vec<u8>; 2] {
    let mut sent = [Vec::new(), Vec::new()];
    for told in told {
        match told {
            Told::Data(side, bytes) => sent[side.index()].extend_from_slice(bytes),
            Told::Gap(side, lost) => panic!("{lost} bytes of {side:?} lost"),
            Told::End(_) => {}
        }
    }
    sent
}

/// Which of `a` and `b` pieces comes next, until both are through.
fn woven(a: usize, b: usize, seed: u64) -> Vec<Side> {
    let (mut left, mut state) = ([a, b], seed);
    let mut order = Vec::with_capacity(a + b);
    while left != [0, 0] {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let side =
            if (state >> 33) as usize % (left[0] + left[1]) < left[0] { Client } else { Server };
        left[side.index()] -= 1;
        order.push(side);
    }
    order
}

proptest! {
    /// Both sides at once, in pieces of any size, order and number: each side's bytes are told as
    /// they were sent, and nothing is missing. Acknowledgements are of what came in order.
    #[test]
    fn both_streams_are_told_as_they_were_sent(
        initial in any::<[u32; 2]>(),
        client in pieces(300),
        server in pieces(300),
        streams in prop::collection::vec(prop::collection::vec(any::<u8>(), 300), 2),
        seed in any::<u64>(),
    ) {
        let first = initial.map(|number| number.wrapping_add(1));
        let mut d = Dialogue::new();
        d.send(Client, SYN, initial[0], 0, b"").send(Server, SYN | ACK, initial[1], first[0], b"");
        d.send(Client, ACK, first[0], first[1], b"");
        let mut left = [client.iter(), server.iter()];
        for side in woven(client.len(), server.len(), seed) {
            let (own, peer) = (side.index(), side.peer().index());
            let &(start, end) = left[own].next().unwrap();
            let sequence = first[own].wrapping_add(start as u32);
            let received = sides(&d.log.0)[peer].len() as u32;
            d.send(side, ACK, sequence, first[peer].wrapping_add(received), &streams[own][start..end]);
        }
        prop_assert_eq!(sides(&d.log.0).to_vec(), streams);
        prop_assert_eq!(d.connection.counters.gaps, 0);
    }

    /// Overlapping pieces that do not agree: of each byte, the first copy that was captured.
    #[test]
    fn of_copies_that_differ_the_first_is_told(
        initial in any::<u32>(),
        pieces in pieces(120),
    ) {
        let first = initial.wrapping_add(1);
        let mut d = Dialogue::new();
        d.send(Client, SYN, initial, 0, b"").send(Server, SYN | ACK, 0, first, b"");
        let mut expected = vec![None; 120];
        for (copy, (start, end)) in pieces.into_iter().enumerate() {
            let bytes = vec![copy as u8; end - start];
            for byte in &mut expected[start..end] {
                byte.get_or_insert(copy as u8);
            }
            d.send(Client, ACK, first.wrapping_add(start as u32), 1, &bytes);
        }
        let expected: Vec<u8> = expected.into_iter().flatten().collect();
        prop_assert_eq!(d.log.0, vec![Told::Data(Client, expected)]);
    }
}

/// There may be a million connections.
#[test]
fn a_connection_is_small() {
    assert!(size_of::<Connection>() <= 320);
}
