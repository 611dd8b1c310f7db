//! Every cap is reached once, through the whole engine where it can be, and what was counted is
//! looked at. A house test holds each constant against the words "Reaches `NAME`" of a test here or
//! beside the part.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};

use super::*;
use crate::event::{COUNTERS, Table};
use crate::packet::InterfaceId;
use crate::testing::{ipv4, raw, udp};
use crate::wire::tcp::flag::{ACK, FIN, SYN};
use crate::{Config, Engine};

const CLIENT: (u8, u16) = (1, 40_000);
const SERVER: (u8, u16) = (2, 80);
const MS: i64 = 1_000_000;
/// Payload bytes of a segment: what fits an IPv4 packet.
const SEGMENT: usize = 60_000;

/// One engine, and one TCP connection through it.
struct Wire {
    engine: Engine,
    eth0: InterfaceId,
    time: i64,
    packets: u16,
    /// Next sequence number of client and server.
    next: [u32; 2],
    batches: Vec<(Table, RecordBatch)>,
}

impl Wire {
    fn new(config: Config) -> Self {
        let mut engine = Engine::new(config);
        let eth0 = engine.add_interface(Some("eth0"));
        Self { engine, eth0, time: MS, packets: 0, next: [101, 501], batches: Vec::new() }
    }

    /// With the handshake done.
    fn connected(config: Config) -> Self {
        let mut wire = Self::new(config);
        wire.segment(0, SYN, 100, b"");
        wire.segment(1, SYN | ACK, 500, b"");
        wire.segment(0, ACK, 101, b"");
        wire
    }

    fn segment(&mut self, side: usize, flags: u8, sequence: u32, payload: &[u8]) {
        let (from, to) = if side == 0 { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        self.time += MS;
        self.packets = self.packets.wrapping_add(1);
        let mut tcp = Vec::with_capacity(20 + payload.len());
        tcp.extend(from.1.to_be_bytes());
        tcp.extend(to.1.to_be_bytes());
        tcp.extend(sequence.to_be_bytes());
        tcp.extend(self.next[1 - side].to_be_bytes());
        tcp.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend(payload);
        let bytes = ipv4(6, from.0, to.0, self.packets, &tcp);
        self.engine.packet(&raw(self.time, self.eth0, &bytes));
        while let Some(batch) = self.engine.take_batch() {
            self.batches.push(batch);
        }
    }

    /// Sends bytes in order.
    fn says(&mut self, side: usize, bytes: &[u8]) -> &mut Self {
        for part in bytes.chunks(SEGMENT) {
            self.segment(side, ACK, self.next[side], part);
            self.next[side] = self.next[side].wrapping_add(part.len() as u32);
        }
        self
    }

    fn asks(&mut self, path: &str) -> &mut Self {
        self.says(0, format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes())
    }

    fn finish(mut self) -> Self {
        self.segment(0, FIN | ACK, self.next[0], b"");
        self.segment(1, FIN | ACK, self.next[1], b"");
        self.engine.finish();
        self.engine.flush();
        while let Some(batch) = self.engine.take_batch() {
            self.batches.push(batch);
        }
        self
    }

    fn stat(&self, stage: &str, name: &str) -> u64 {
        let stats = self.engine.stats();
        let stat = stats.iter().find(|stat| (stat.stage, stat.name) == (stage, name));
        stat.unwrap_or_else(|| panic!("no counter {stage}/{name}")).value
    }

    fn rows_of(&self, table: Table) -> impl Iterator<Item = &RecordBatch> {
        self.batches.iter().filter(move |(kind, _)| *kind == table).map(|(_, batch)| batch)
    }

    fn requests(&self) -> usize {
        self.rows_of(Table::Requests).map(RecordBatch::num_rows).sum()
    }

    /// Every oddity of every request.
    fn oddities(&self) -> Vec<String> {
        let column = |batch: &RecordBatch| {
            let lists = batch.column_by_name("oddities").unwrap().as_list::<i32>().clone();
            let each = lists.iter().flatten();
            each.flat_map(|list| {
                let texts = list.as_string::<i32>().clone();
                (0..texts.len()).map(move |i| texts.value(i).to_owned()).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
        };
        self.rows_of(Table::Requests).flat_map(column).collect()
    }

    fn has(&self, oddity: &str) -> bool {
        self.oddities().iter().any(|known| known == oddity)
    }
}

fn answer(body: &[u8], more: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{more}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Reaches `BODY_KEPT`: the body is cut, and its row says so.
#[test]
fn a_body_is_kept_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    wire.asks("/").says(1, &answer(&vec![b'x'; BODY_KEPT + 1], ""));
    let wire = wire.finish();
    let batch = wire.rows_of(Table::Requests).next().unwrap();
    let body = batch.column_by_name("response_body").unwrap().as_binary::<i32>().value(0).len();
    let cut = batch.column_by_name("response_body_truncated").unwrap().as_boolean().value(0);
    assert_eq!((body, cut), (BODY_KEPT, true));
}

/// Reaches `HELD_BYTES`: the hole is given up and counted.
#[test]
fn bytes_behind_a_hole_are_held_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    wire.next[0] += 10;
    wire.says(0, &vec![b'x'; HELD_BYTES + SEGMENT]);
    assert_eq!((wire.stat("stream", "gaps"), wire.stat("stream", "gap_bytes")), (1, 10));
}

/// Reaches `HELD_SEGMENTS`: likewise, long before the bytes are too many.
#[test]
fn segments_behind_a_hole_are_held_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    wire.next[0] += 10;
    for _ in 0..=HELD_SEGMENTS {
        // A hole before each, so that none joins the one before.
        wire.next[0] += 1;
        wire.says(0, b"x");
    }
    assert!(wire.stat("stream", "gaps") >= 1);
    assert!(wire.stat("stream", "gap_bytes") >= 11);
}

/// Reaches `MAX_WINDOW`: a segment further off is of another connection; no gap is made of it.
#[test]
fn a_segment_beyond_any_window_is_not_taken_for_loss() {
    let mut wire = Wire::connected(Config::default());
    let far = wire.next[0].wrapping_add(MAX_WINDOW as u32 + 1);
    wire.segment(0, ACK, far, b"stray");
    wire.asks("/");
    let wire = wire.finish();
    assert_eq!((wire.stat("stream", "gaps"), wire.requests()), (0, 1));
}

/// Reaches `DETECTION_BYTES`: what a probe could not decide is counted as of no protocol.
#[test]
fn bytes_of_no_protocol_are_looked_at_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    let start = b"FROB /";
    wire.says(0, start);
    assert_eq!(wire.stat("proto", "opaque_bytes"), 0);
    wire.says(0, &vec![b'a'; DETECTION_BYTES]);
    let all = (start.len() + DETECTION_BYTES) as u64;
    assert_eq!(wire.stat("proto", "opaque_bytes"), all);
}

/// Reaches `DETECTION_PIECES`: likewise, however few bytes they are.
#[test]
fn pieces_of_no_protocol_are_held_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    let start = b"FROB /";
    wire.says(0, start);
    for _ in 1..DETECTION_PIECES {
        wire.time += 1;
        wire.says(0, b"a");
    }
    assert_eq!(wire.stat("proto", "opaque_bytes"), 0);
    wire.time += 1;
    wire.says(0, b"a");
    let held = start.len() + DETECTION_PIECES - 1;
    // The last may begin something else.
    assert_eq!(wire.stat("proto", "opaque_bytes"), held as u64);
}

/// Reaches `DETECTION_ATTEMPTS`: after so many turns no request is looked for any more.
#[test]
fn a_protocol_is_looked_for_so_many_times() {
    let sent = |turns: u8| {
        let mut wire = Wire::connected(Config::default());
        for turn in 0..turns {
            wire.says(usize::from(turn % 2), b"\0noise");
        }
        wire.asks("/");
        let wire = wire.finish();
        (wire.requests(), wire.stat("proto", "opaque_bytes"))
    };
    let noise = 6 * u64::from(DETECTION_ATTEMPTS);
    assert_eq!(sent(DETECTION_ATTEMPTS - 1), (1, noise - 6));
    assert_eq!(sent(DETECTION_ATTEMPTS).0, 0);
    assert!(sent(DETECTION_ATTEMPTS).1 > noise);
}

/// Reaches `DETECTION_PASSED`: after so many bytes, all of one turn, likewise.
#[test]
fn a_protocol_is_looked_for_in_so_many_bytes() {
    const NOISE: [u8; 1024] = [0; 1024];
    let sent = |pieces: u64| {
        let mut wire = Wire::connected(Config::default());
        for _ in 0..pieces {
            wire.says(0, &NOISE);
        }
        wire.asks("/");
        let wire = wire.finish();
        (wire.requests(), wire.stat("proto", "opaque_bytes"))
    };
    let pieces = DETECTION_PASSED / NOISE.len() as u64;
    assert_eq!(sent(pieces), (1, DETECTION_PASSED));
    assert_eq!(sent(pieces + 1).0, 0);
    assert!(sent(pieces + 1).1 > DETECTION_PASSED + NOISE.len() as u64);
}

/// Reaches `FLOWS`: one more makes another give way, and is counted.
#[test]
fn flows_beyond_the_cap_make_others_give_way() {
    let mut wire = Wire::new(Config { tables: Vec::new(), ..Config::default() });
    for number in 0..=FLOWS as u32 {
        let [high, low] = [(number >> 16) as u16 + 1, number as u16];
        wire.engine.packet(&raw(wire.time, wire.eth0, &udp((1, high), (2, low), 1, b"q")));
    }
    assert_eq!(wire.stat("flow", "created"), FLOWS as u64 + 1);
    assert_eq!((wire.stat("flow", "active"), wire.stat("flow", "evicted")), (FLOWS as u64, 1));
}

/// Reaches `BATCH_ROWS` and `MIN_BATCH_ROWS`: a batch is handed out when it is full, and no row
/// is lost for it.
#[test]
fn a_batch_has_so_many_rows() {
    for rows in [BATCH_ROWS, MIN_BATCH_ROWS] {
        let config = Config { batch_rows: rows, tables: vec![Table::Packets], ..Config::default() };
        let mut wire = Wire::new(config);
        for _ in 0..=rows {
            wire.segment(0, ACK, 1, b"");
        }
        let wire = wire.finish();
        let sizes: Vec<_> = wire.rows_of(Table::Packets).map(RecordBatch::num_rows).collect();
        assert_eq!(sizes, [rows, 3]);
        assert_eq!(wire.stat("queue", "rows_dropped"), 0);
    }
    assert_eq!(Config::default().batch_rows, BATCH_ROWS);
}

/// Reaches `BATCH_BYTES`: bodies fill a batch before its rows do.
#[test]
fn a_batch_has_so_many_bytes() {
    let mut config = Config { tables: vec![Table::Requests], ..Config::default() };
    config.settings.body_limit = BATCH_BYTES;
    let mut wire = Wire::connected(config);
    let body = answer(&vec![b'x'; BATCH_BYTES / 4], "");
    for _ in 0..6 {
        wire.asks("/").says(1, &body);
    }
    let wire = wire.finish();
    let sizes: Vec<_> = wire.rows_of(Table::Requests).map(RecordBatch::num_rows).collect();
    assert_eq!(sizes, [4, 2]);
}

/// Reaches `READY_BATCHES`: the oldest are dropped and counted.
#[test]
fn batches_that_nobody_takes_are_dropped_and_counted() {
    let config = Config { batch_rows: 1, tables: vec![Table::Packets], ..Config::default() };
    let mut wire = Wire::new(config);
    let bytes = udp((1, 1), (2, 2), 1, b"q");
    for _ in 0..READY_BATCHES + 3 {
        wire.engine.packet(&raw(wire.time, wire.eth0, &bytes));
    }
    let dropped = (wire.stat("queue", "batches_dropped"), wire.stat("queue", "rows_dropped"));
    assert_eq!(dropped, (3, 3));
}

/// Reaches `SIGHTINGS`: packets forgotten too soon to be recognised again are counted.
#[test]
fn sightings_beyond_the_cap_are_forgotten_and_counted() {
    let mut wire = Wire::new(Config { tables: Vec::new(), ..Config::default() });
    wire.engine.add_interface(Some("eth1"));
    let count = 4 * SIGHTINGS as u32;
    for number in 0..count {
        let payload = number.to_be_bytes();
        wire.engine.packet(&raw(wire.time, wire.eth0, &udp((1, 1), (2, 2), 1, &payload)));
    }
    let forgotten = wire.stat("decode", "sightings_overwritten");
    assert!(forgotten >= u64::from(count) - SIGHTINGS as u64, "{forgotten}");
}

/// Headers beyond any of the caps on nesting have one counter.
#[test]
fn what_is_nested_too_deep_is_counted() {
    let mut wire = Wire::new(Config::default());
    let mut bytes = udp((1, 1), (2, 2), 1, b"q");
    for _ in 0..=ENCAPSULATIONS {
        wire.engine.packet(&raw(wire.time, wire.eth0, &bytes));
        bytes = ipv4(4, 1, 2, 1, &bytes);
    }
    assert_eq!(wire.stat("decode", "too_deep"), 0);
    wire.engine.packet(&raw(wire.time, wire.eth0, &bytes));
    assert_eq!(wire.stat("decode", "too_deep"), 1);
}

/// Reaches `HTTP_HEAD`: the row says that the head's rest was not read.
#[test]
fn a_head_is_read_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    let long = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(HTTP_HEAD));
    wire.says(0, long.as_bytes());
    let wire = wire.finish();
    assert!(wire.has("head_too_large"), "{:?}", wire.oddities());
}

/// Reaches `HTTP_PROBE`: a line without end is not waited for, and counted as of no protocol.
#[test]
fn a_request_line_is_looked_for_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    wire.says(0, &[b"FROB /".as_slice(), &[b'a'; HTTP_PROBE]].concat());
    assert_eq!(wire.stat("proto", "opaque_bytes"), (6 + HTTP_PROBE) as u64);
}

/// Reaches `HTTP_PIPELINE`: each request has its row, and those given up say so.
#[test]
fn requests_wait_for_responses_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    for number in 0..HTTP_PIPELINE + 2 {
        wire.asks(&format!("/{number}"));
    }
    let wire = wire.finish();
    assert_eq!(wire.requests(), HTTP_PIPELINE + 2);
    assert!(wire.has("pipeline_overflow"), "{:?}", wire.oddities());
}

/// Reaches `HTTP_SCAN`: the connection is held to be of no known protocol, and counted.
#[test]
fn a_first_message_is_looked_for_up_to_the_cap() {
    let mut wire = Wire::connected(Config::default());
    wire.asks("/").says(1, &vec![b'x'; HTTP_SCAN as usize + SEGMENT]);
    assert_eq!(wire.stat("proto", "parse_errors"), 1);
    let wire = wire.finish();
    assert!(wire.has("not_http"), "{:?}", wire.oddities());
}

/// Reaches `HTTP_INFORMATIONAL`: the row says that there were more.
#[test]
fn interim_responses_are_noted_up_to_the_cap() {
    let odd = |count: usize| {
        let mut wire = Wire::connected(Config::default());
        wire.asks("/").says(1, "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count).as_bytes());
        wire.says(1, &answer(b"ok", ""));
        wire.finish().oddities()
    };
    assert_eq!(odd(HTTP_INFORMATIONAL), Vec::<String>::new());
    assert_eq!(odd(HTTP_INFORMATIONAL + 1), ["informational_overflow"]);
}

/// Reaches `HTTP_CODINGS`: the row says that the content could not be decoded.
#[test]
fn content_codings_are_undone_up_to_the_cap() {
    let stacked = ["gzip"; HTTP_CODINGS + 1].join(", ");
    let mut wire = Wire::connected(Config::default());
    wire.asks("/").says(1, &answer(b"none of these", &format!("Content-Encoding: {stacked}\r\n")));
    let wire = wire.finish();
    assert_eq!(wire.oddities(), ["unknown_content_coding"]);
}

/// Reaches `ZSTD_WINDOW`: a frame that wants more memory is not decoded, and the row says so.
#[test]
fn a_zstandard_window_is_accepted_up_to_the_cap() {
    // Frame header of RFC 8878 section 3.1.1.1: window descriptor with exponent e for 2^(10+e).
    let exponent = ZSTD_WINDOW.ilog2() as u8 - 10;
    let decoded = |exponent: u8| {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, 0x11, 0, 0, b'o', b'k'];
        let mut wire = Wire::connected(Config::default());
        wire.asks("/").says(1, &answer(&frame, "Content-Encoding: zstd\r\n"));
        wire.finish().oddities()
    };
    assert_eq!(decoded(exponent), Vec::<String>::new());
    assert_eq!(decoded(exponent + 1), ["content_undecodable"]);
}

/// A counter that is put out is explained, and one that is explained once.
#[test]
fn every_counter_is_documented() {
    let known: Vec<_> = COUNTERS.iter().map(|&(stage, name, _)| (stage, name)).collect();
    for stat in Wire::new(Config::default()).engine.stats() {
        assert!(known.contains(&(stat.stage, stat.name)), "{}/{}", stat.stage, stat.name);
    }
    let distinct: std::collections::HashSet<_> = known.iter().collect();
    assert_eq!(distinct.len(), known.len());
}

/// Times beyond the range that is calculated with are taken for its ends, and counted.
#[test]
fn times_out_of_range_are_counted() {
    let mut wire = Wire::new(Config::default());
    for time in [-1, 0, i64::MAX] {
        wire.engine.packet(&raw(time, wire.eth0, &udp((1, 1), (2, 2), 1, b"q")));
    }
    assert_eq!(wire.stat("decode", "time_clamped"), 2);
}
