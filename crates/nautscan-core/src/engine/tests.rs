//! Packets in, rows out.

mod data;
mod datagrams;
mod fragments;
mod places;
mod summaries;
mod tunnels;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};

use super::*;
use crate::testing::{Tcp, raw, udp};
use crate::wire::tcp::flag::{ACK, FIN, RST, SYN};

const MS: i64 = 1_000_000;

/// An engine under test with one interface.
struct Bench {
    engine: Engine,
    eth0: InterfaceId,
    time: i64,
    id: u16,
}

impl Bench {
    fn new(config: Config) -> Self {
        let mut engine = Engine::new(config);
        let eth0 = engine.add_interface(Some("eth0"));
        Self { engine, eth0, time: 0, id: 0 }
    }

    fn tcp(
        &mut self,
        from: (u8, u16),
        to: (u8, u16),
        flags: u8,
        seq_ack: (u32, u32),
        payload: &'static [u8],
    ) {
        self.time += MS;
        self.id += 1;
        let (sequence, acknowledgement) = seq_ack;
        let bytes = Tcp { from, to, sequence, acknowledgement, flags, payload }.bytes(self.id);
        self.engine.packet(&raw(self.time, self.eth0, &bytes));
    }

    /// Opens a connection, asks once, answers once.
    fn exchange(&mut self, client: (u8, u16), server: (u8, u16), initial: u32) {
        let request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let (c, s) = (initial + 1, 501);
        self.tcp(client, server, SYN, (initial, 0), b"");
        self.tcp(server, client, SYN | ACK, (500, c), b"");
        self.tcp(client, server, ACK, (c, s), b"");
        self.tcp(client, server, ACK, (c, s), request);
        self.tcp(server, client, ACK, (s, c + request.len() as u32), response);
    }

    fn finish(mut self) -> Tables {
        self.engine.finish();
        self.tables()
    }

    fn tables(&mut self) -> Tables {
        self.engine.flush();
        let mut tables = Tables::default();
        while let Some((table, batch)) = self.engine.take_batch() {
            match table {
                Table::Requests => tables.requests.push(batch),
                Table::Flows => tables.flows.push(batch),
                Table::Packets => tables.packets.push(batch),
                Table::Names => tables.names.push(batch),
                Table::Stats => unreachable!("the engine makes no stats rows by itself"),
            }
        }
        tables.totals = self.engine.totals();
        tables
    }
}

#[derive(Default)]
struct Tables {
    requests: Vec<RecordBatch>,
    flows: Vec<RecordBatch>,
    packets: Vec<RecordBatch>,
    names: Vec<RecordBatch>,
    totals: Totals,
}

fn text(batches: &[RecordBatch], column: &str) -> Vec<Option<String>> {
    let values = |batch: &RecordBatch| {
        let column = batch.column_by_name(column).unwrap().as_string::<i32>().clone();
        (0..column.len())
            .map(move |i| column.is_valid(i).then(|| column.value(i).to_owned()))
            .collect::<Vec<_>>()
    };
    batches.iter().flat_map(values).collect()
}

fn int(batches: &[RecordBatch], column: &str) -> Vec<Option<i64>> {
    let values = |batch: &RecordBatch| {
        batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().iter().collect::<Vec<_>>()
    };
    batches.iter().flat_map(values).collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

fn all_tables() -> Config {
    Config { tables: vec![Table::Requests, Table::Flows, Table::Packets], ..Config::default() }
}

/// Clocks of two interfaces differ, or the clock was set back: that is no time that anybody waited.
#[test]
fn an_answer_captured_before_its_question_tells_no_latency() {
    let mut bench = Bench::new(all_tables());
    let (client, server) = ((1, 40_000), (2, 80));
    bench.time = 10 * MS;
    bench.tcp(client, server, ACK, (1, 1), b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    bench.time = 5 * MS;
    bench.tcp(server, client, ACK, (1, 28), b"HTTP/1.1 204 No Content\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete"]));
    for column in ["ttfb_ns", "duration_ns"] {
        assert_eq!(int(&tables.requests, column), [None], "{column}");
    }
}

/// Builders and column lists agree: a batch of each table has the table's schema.
#[test]
fn every_table_has_its_schema() {
    let mut bench = Bench::new(all_tables());
    bench.exchange((1, 40000), (2, 80), 100);
    let tables = bench.finish();
    assert_eq!(tables.requests[0].schema(), Table::Requests.schema());
    assert_eq!(tables.flows[0].schema(), Table::Flows.schema());
    assert_eq!(tables.packets[0].schema(), Table::Packets.schema());
    let stats = crate::event::stats_batch(0, "s", &Bench::new(all_tables()).engine.stats());
    assert_eq!(stats.schema(), Table::Stats.schema());
    for table in Table::ALL {
        for column in table.columns() {
            assert!(column.doc.ends_with('.'), "{} lacks a sentence", column.name);
        }
    }
}

#[test]
fn an_exchange_is_one_row_with_the_packets_own_times() {
    let mut bench = Bench::new(all_tables());
    bench.exchange((1, 40000), (2, 80), 100);
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "client_ip"), some(&["10.0.0.1"]));
    assert_eq!(text(&tables.requests, "target"), some(&["/a"]));
    assert_eq!(int(&tables.requests, "ttfb_ns"), [Some(MS)]);
    assert_eq!(int(&tables.requests, "duration_ns"), [Some(MS)]);
    assert_eq!(text(&tables.requests, "interface"), some(&["eth0"]));
    assert_eq!(int(&tables.flows, "handshake_ns"), [Some(2 * MS)]);
    assert_eq!(int(&tables.flows, "requests"), [Some(1)]);
    assert_eq!(text(&tables.flows, "protocol"), some(&["http"]));
    assert_eq!(text(&tables.flows, "end_reason"), some(&["capture_end"]));
    assert_eq!(text(&tables.flows, "community_id"), text(&tables.requests, "community_id"));
    assert_eq!(text(&tables.packets, "community_id")[0], text(&tables.flows, "community_id")[0]);
    assert_eq!((tables.totals.packets, tables.totals.requests), (5, 1));
}

#[test]
fn ports_used_again_are_a_new_flow() {
    let mut bench = Bench::new(Config::default());
    bench.exchange((1, 40000), (2, 80), 100);
    bench.exchange((1, 40000), (2, 80), 70_000);
    let tables = bench.finish();
    assert_eq!(tables.totals.flows, 2);
    assert_eq!(int(&tables.flows, "requests"), [Some(1), Some(1)]);
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete", "complete"]));
}

#[test]
fn following_that_begins_in_the_middle_learns_the_roles_from_what_is_said() {
    let mut bench = Bench::new(Config::default());
    // By its port the asking end would be taken for the server.
    bench.tcp((1, 80), (2, 40000), ACK, (1, 1), b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    bench.tcp((2, 40000), (1, 80), ACK, (1, 28), b"HTTP/1.1 204 No Content\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "client_ip"), some(&["10.0.0.1"]));
    assert_eq!(text(&tables.requests, "target"), some(&["/x"]), "the first message is not lost");
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete"]));
    assert_eq!(text(&tables.flows, "server_ip"), some(&["10.0.0.2"]));
    assert_eq!(int(&tables.flows, "client_packets"), [Some(1)]);
}

#[test]
fn one_packet_at_two_interfaces_counts_once() {
    let mut engine = Engine::new(all_tables());
    let (veth, bridge) =
        (engine.add_interface(Some("veth1")), engine.add_interface(Some("docker0")));
    for (time, sequence) in [(10, 1), (20, 2)] {
        let bytes = Tcp {
            from: (1, 4000),
            to: (2, 80),
            sequence,
            acknowledgement: 1,
            flags: ACK,
            payload: b"x",
        }
        .bytes(7);
        engine.packet(&raw(time, veth, &bytes));
        engine.packet(&raw(time + 1, bridge, &bytes));
    }
    engine.finish();
    // The very first packet is alone: nothing yet says that there are two interfaces.
    assert_eq!(engine.totals().duplicates, 2);
    assert_eq!(engine.totals().packets, 4);
}

#[test]
fn a_retransmission_at_one_interface_is_no_further_sighting() {
    let mut engine = Engine::new(Config::default());
    let (one, other) = (engine.add_interface(None), engine.add_interface(None));
    let segment = |id| {
        Tcp {
            from: (1, 4000),
            to: (2, 80),
            sequence: 5,
            acknowledgement: 1,
            flags: ACK,
            payload: b"xyz",
        }
        .bytes(id)
    };
    engine.packet(&raw(0, other, &udp((1, 1), (2, 2), 0, b"q")));
    engine.packet(&raw(10, one, &segment(7)));
    engine.packet(&raw(20, one, &segment(7)));
    engine.packet(&raw(30, one, &segment(8)));
    assert_eq!(engine.totals().duplicates, 0);
}

#[test]
fn a_full_table_evicts_and_counts() {
    let mut bench = Bench::new(Config { max_flows: 10, ..Config::default() });
    for port in 1..=200u16 {
        bench.time += MS;
        let bytes = udp((1, 30_000 + port), (2, 53), port, b"q");
        bench.engine.packet(&raw(bench.time, bench.eth0, &bytes));
    }
    let tables = bench.finish();
    assert_eq!((tables.totals.flows, tables.totals.evicted), (200, 190));
    let reasons = text(&tables.flows, "end_reason");
    assert_eq!(reasons.iter().filter(|reason| reason.as_deref() == Some("evicted")).count(), 190);
    assert_eq!(reasons.len(), 200);
}

#[test]
fn silent_flows_leave_while_others_go_on() {
    let mut bench = Bench::new(Config::default());
    let ask = udp((1, 5000), (2, 53), 1, b"q");
    let other = udp((3, 5000), (2, 53), 1, b"q");
    bench.engine.packet(&raw(0, bench.eth0, &ask));
    for second in 0..200i64 {
        bench.engine.packet(&raw(second * 1000 * MS, bench.eth0, &other));
    }
    let tables = bench.tables();
    assert_eq!(text(&tables.flows, "end_reason"), some(&["timeout"]));
    assert_eq!(text(&tables.flows, "client_ip"), some(&["10.0.0.1"]));
}

#[test]
fn long_flows_get_rows_while_they_live() {
    let mut bench = Bench::new(Config { flow_update: Some(10_000 * MS), ..Config::default() });
    for second in 0..35i64 {
        bench.engine.packet(&raw(
            second * 1000 * MS,
            bench.eth0,
            &udp((1, 5000), (2, 53), 1, b"q"),
        ));
    }
    let tables = bench.finish();
    let packets = int(&tables.flows, "client_packets");
    assert!((3..=6).contains(&packets.len()), "{packets:?}");
    assert!(packets.windows(2).all(|pair| pair[0] <= pair[1]), "cumulative: {packets:?}");
    assert_eq!(packets.last(), Some(&Some(35)));
    let ids = int(&tables.flows, "flow_id");
    assert!(ids.iter().all(|id| *id == ids[0]), "one flow, one id");
}

#[test]
fn a_clock_that_was_set_back_ends_nothing() {
    let mut bench = Bench::new(Config::default());
    let ask = udp((1, 5000), (2, 53), 1, b"q");
    bench.engine.packet(&raw(10_000_000 * MS, bench.eth0, &ask));
    for second in 0..100i64 {
        bench.engine.packet(&raw(second * 1000 * MS, bench.eth0, &ask));
    }
    assert_eq!(bench.finish().totals.flows, 1);
}

#[test]
fn a_reset_is_told_on_the_row_and_the_flow() {
    let mut bench = Bench::new(Config::default());
    let request = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
    bench.tcp((1, 40000), (2, 80), SYN, (1, 0), b"");
    bench.tcp((2, 80), (1, 40000), SYN | ACK, (1, 2), b"");
    bench.tcp((1, 40000), (2, 80), ACK, (2, 2), request);
    bench.tcp((2, 80), (1, 40000), RST | ACK, (2, 2 + request.len() as u32), b"");
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "completeness"), some(&["request_only"]));
    assert_eq!(text(&tables.requests, "error"), some(&["connection reset by server"]));
    assert_eq!(text(&tables.flows, "state"), some(&["reset"]));
    assert_eq!(int(&tables.flows, "resets"), [Some(1)]);
}

/// Bytes held behind a hole that is given up have the time of their own packet.
#[test]
fn a_gap_does_not_make_an_answer_later() {
    let mut bench = Bench::new(Config::default());
    let request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    let asked = 2 + request.len() as u32;
    bench.tcp((1, 40000), (2, 80), SYN, (1, 0), b"");
    bench.tcp((2, 80), (1, 40000), SYN | ACK, (1, 2), b"");
    bench.tcp((1, 40000), (2, 80), ACK, (2, 2), request);
    bench.tcp(
        (2, 80),
        (1, 40000),
        ACK,
        (2, asked),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    );
    bench.tcp((2, 80), (1, 40000), ACK, (2 + 38 + 6, asked), b"end");
    bench.time += 500 * MS;
    bench.tcp((1, 40000), (2, 80), ACK, (asked, 2 + 38 + 9), b"GET /b HTTP/1.1\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(int(&tables.requests, "gap_bytes")[0], Some(6));
    assert_eq!(int(&tables.requests, "duration_ns")[0], Some(2 * MS));
}

#[test]
fn secrets_in_trailers_are_not_stored() {
    for (redactor, want) in
        [(Some(crate::event::Redactor::default()), "[redacted]"), (None, "sesame")]
    {
        let mut bench = Bench::new(Config { redactor, ..Config::default() });
        let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\nSet-Cookie: sesame\r\n\r\n";
        bench.tcp((1, 40000), (2, 80), ACK, (1, 1), b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        bench.tcp((2, 80), (1, 40000), ACK, (1, 28), response);
        let detail = text(&bench.finish().requests, "detail");
        let want = format!(r#"{{"response_trailers":"Digest: x\u000aSet-Cookie: {want}"}}"#);
        assert_eq!(detail, [Some(want)]);
    }
}

/// suricata-verify/bug-3286-02-linux-evasion: RST and FIN from somebody in the middle.
#[test]
fn a_forged_reset_before_the_answer_ends_nothing() {
    let mut bench = Bench::new(Config::default());
    bench.tcp((1, 40000), (2, 80), SYN, (100, 0), b"");
    bench.tcp((2, 80), (1, 40000), RST | ACK, (0, 101), b"");
    bench.tcp((2, 80), (1, 40000), FIN | ACK, (0, 101), b"");
    bench.tcp((2, 80), (1, 40000), SYN | ACK, (500, 101), b"");
    bench.tcp((1, 40000), (2, 80), ACK, (101, 501), b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    bench.tcp((2, 80), (1, 40000), ACK, (501, 128), b"HTTP/1.1 204 No Content\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete"]));
    assert_eq!(tables.totals.flows, 1);
}

#[test]
fn stragglers_of_an_ended_connection_stay_with_it() {
    let mut bench = Bench::new(Config::default());
    bench.tcp((1, 40000), (2, 80), SYN, (1, 0), b"");
    bench.tcp((2, 80), (1, 40000), SYN | ACK, (1, 2), b"");
    bench.tcp((1, 40000), (2, 80), FIN | ACK, (2, 2), b"");
    bench.tcp((2, 80), (1, 40000), FIN | ACK, (2, 3), b"");
    bench.tcp((1, 40000), (2, 80), ACK, (3, 3), b"");
    let tables = bench.finish();
    assert_eq!(tables.totals.flows, 1);
    assert_eq!(text(&tables.flows, "state"), some(&["closed"]));
    assert_eq!(text(&tables.flows, "end_reason"), some(&["finished"]));
    assert_eq!(int(&tables.flows, "client_packets"), [Some(3)]);
}

#[test]
fn absurd_times_are_survived() {
    let mut bench = Bench::new(Config { flow_update: Some(1), ..Config::default() });
    for time in [i64::MIN, i64::MAX, 0, -1, i64::MAX - 1, 5] {
        bench.engine.packet(&raw(time, bench.eth0, &udp((1, 1), (2, 2), 1, b"q")));
    }
    bench.engine.advance(i64::MAX / 2);
    assert_eq!(bench.finish().totals.packets, 6);
}

#[test]
fn batches_that_nobody_takes_are_dropped_and_counted() {
    let mut bench = Bench::new(Config { batch_rows: 1, ..all_tables() });
    let more = 3;
    for _ in 0..crate::limits::READY_BATCHES + more {
        bench.tcp((1, 4000), (2, 80), ACK, (1, 1), b"");
    }
    let stats = bench.engine.stats();
    let queue = |name| stats.iter().find(|s| (s.stage, s.name) == ("queue", name)).unwrap().value;
    assert_eq!((queue("batches_dropped"), queue("rows_dropped")), (more as u64, more as u64));
}

/// More open flows at the end than batches may wait: all of them are told.
#[test]
fn the_end_of_the_input_drops_nothing() {
    let flows = crate::limits::READY_BATCHES as u16 + 50;
    let config = Config { batch_rows: 1, tables: vec![Table::Flows], ..Config::default() };
    let mut bench = Bench::new(config);
    for port in 1..=flows {
        bench.engine.packet(&raw(5, bench.eth0, &udp((1, port), (2, 53), port, b"q")));
    }
    let tables = bench.finish();
    assert_eq!(tables.flows.len(), usize::from(flows));
}

/// RFC 5961 section 4: a SYN in the middle of a connection is challenged and changes nothing.
#[test]
fn a_forged_syn_ends_nothing() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    let request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    bench.tcp(client, server, SYN, (100, 0), b"");
    bench.tcp(server, client, SYN | ACK, (500, 101), b"");
    bench.tcp(client, server, ACK, (101, 501), request);
    bench.tcp(client, server, SYN, (70_000, 0), b"");
    bench.tcp(server, client, ACK, (501, 128), b"");
    bench.tcp(server, client, ACK, (501, 128), b"HTTP/1.1 204 No Content\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(tables.totals.flows, 1);
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete"]));
    assert_eq!(int(&tables.flows, "client_packets"), [Some(3)]);
}

/// A client that has restarted: the server still holds the old connection, challenges the SYN, is
/// reset, and then answers.
#[test]
fn a_half_open_connection_gives_way() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    bench.exchange(client, server, 100);
    bench.time += 3 * 3_600_000 * MS;
    bench.tcp(client, server, SYN, (70_000, 0), b"");
    bench.tcp(server, client, ACK, (541, 129), b"");
    bench.tcp(client, server, RST, (129, 0), b"");
    bench.exchange(client, server, 70_000);
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "end_reason"), some(&["reset", "capture_end"]));
    assert_eq!(int(&tables.flows, "requests"), [Some(1), Some(1)]);
    assert_eq!(int(&tables.flows, "handshake_ns"), [Some(2 * MS), Some(2 * MS)]);
    assert_eq!(text(&tables.requests, "completeness"), some(&["complete", "complete"]));
}

/// The SYN is the new connection's, though it was only known to be so once it was answered.
#[test]
fn an_open_connection_gives_way_to_an_answered_syn() {
    let mut bench = Bench::new(Config::default());
    bench.exchange((1, 40000), (2, 80), 100);
    bench.exchange((1, 40000), (2, 80), 70_000);
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "end_reason"), some(&["replaced", "capture_end"]));
    for column in ["client_packets", "server_packets", "handshake_ns", "client_bytes"] {
        let values = int(&tables.flows, column);
        assert_eq!(values[0], values[1], "{column}");
    }
    assert_eq!(int(&tables.flows, "retransmissions"), [Some(0), Some(0)]);
}

#[test]
fn ports_used_again_while_the_old_connection_lingers_are_a_new_flow() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    bench.exchange(client, server, 100);
    bench.tcp(client, server, FIN | ACK, (129, 541), b"");
    bench.tcp(server, client, FIN | ACK, (541, 130), b"");
    bench.tcp(client, server, ACK, (130, 542), b"");
    bench.exchange(client, server, 70_000);
    // A straggler of the first one would be of the second now; it is too far away to matter.
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "end_reason"), some(&["finished", "capture_end"]));
    assert_eq!(int(&tables.flows, "client_packets"), [Some(5), Some(3)]);
    assert_eq!(int(&tables.flows, "requests"), [Some(1), Some(1)]);
}

#[test]
fn what_comes_after_the_end_is_counted_and_told_to_nobody() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    bench.exchange(client, server, 100);
    bench.tcp(client, server, FIN | ACK, (129, 541), b"");
    bench.tcp(server, client, FIN | ACK, (541, 130), b"");
    bench.time += 300 * MS;
    bench.tcp(server, client, FIN | ACK, (541, 130), b"");
    bench.tcp(client, server, RST, (130, 0), b"");
    let tables = bench.finish();
    assert_eq!(tables.totals.flows, 1);
    assert_eq!(int(&tables.flows, "retransmissions"), [Some(1)]);
    assert_eq!(int(&tables.flows, "resets"), [Some(1)]);
    assert_eq!(text(&tables.flows, "state"), some(&["closed"]));
}

/// Keep-alives every hour, then silence that is shorter than a connection's timeout.
#[test]
fn an_idle_connection_is_followed_for_hours() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    bench.exchange(client, server, 100);
    for _ in 0..3 {
        bench.time += 3_600_000 * MS;
        bench.tcp(client, server, ACK, (128, 541), b"");
        bench.tcp(server, client, ACK, (541, 129), b"");
    }
    bench.time += 3 * 3_600_000 * MS;
    bench.tcp(client, server, ACK, (129, 541), b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    let tables = bench.finish();
    assert_eq!(tables.totals.flows, 1);
    assert_eq!(int(&tables.flows, "requests"), [Some(2)]);
    assert_eq!(int(&tables.flows, "keep_alives"), [Some(3)]);
    assert_eq!(int(&tables.flows, "duplicate_acks"), [Some(0)]);
}

/// Only what the server sends was captured: its answers are told, and what was asked is counted
/// as missing.
#[test]
fn one_direction_alone_gives_answers() {
    let mut bench = Bench::new(Config::default());
    let (client, server) = ((1, 40000), (2, 80));
    bench.tcp(server, client, SYN | ACK, (500, 101), b"");
    bench.tcp(server, client, ACK, (501, 129), b"HTTP/1.1 204 No Content\r\n\r\n");
    bench.tcp(server, client, FIN | ACK, (528, 129), b"");
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "completeness"), some(&["response_only"]));
    assert_eq!(text(&tables.flows, "client_ip"), some(&["10.0.0.1"]));
    assert_eq!(text(&tables.flows, "state"), some(&["closing"]));
    assert_eq!(int(&tables.flows, "client_packets"), [Some(0)]);
}
