//! What is seen on both sides of a translation is one flow; what only looks like it is not.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt16Type};
use arrow_array::{Array, RecordBatch};

use super::*;
use crate::event::Table;
use crate::packet::InterfaceId;
use crate::testing::{ipv4, raw};
use crate::wire::tcp::flag::{ACK, FIN, SYN};
use crate::{Config, Engine};

const US: i64 = 1_000;
const MS: i64 = 1_000_000;

/// Last byte of a 10.0.0.0/24 address, and a port.
type End = (u8, u16);

/// Two ends on one side of a translation, the interface that sees them, and the routers before it.
#[derive(Debug, Clone, Copy)]
struct Side {
    client: End,
    server: End,
    interface: u16,
    hops: u8,
}

/// One segment, whatever its addresses.
#[derive(Debug, Clone, Copy)]
struct Segment {
    from_client: bool,
    flags: u8,
    sequence: u32,
    acknowledgement: u32,
    payload: &'static [u8],
    id: u16,
}

/// No-operations and timestamps, as in a SYN of Linux.
const TIMESTAMPS: [u8; 12] = [1, 1, 8, 10, 9, 8, 7, 6, 0, 0, 0, 0];

fn bytes(side: &Side, segment: &Segment, options: &[u8]) -> Vec<u8> {
    let Segment { from_client, flags, sequence, acknowledgement, payload, id } = *segment;
    let (from, to) =
        if from_client { (side.client, side.server) } else { (side.server, side.client) };
    let mut tcp = Vec::new();
    tcp.extend(from.1.to_be_bytes());
    tcp.extend(to.1.to_be_bytes());
    tcp.extend(sequence.to_be_bytes());
    tcp.extend(acknowledgement.to_be_bytes());
    let header = 5 + options.len() as u8 / 4;
    tcp.extend([header << 4, flags, 0x10, 0, 0, 0, 0, 0]);
    tcp.extend(options);
    tcp.extend(payload);
    let mut bytes = ipv4(6, from.0, to.0, id, &tcp);
    bytes[8] = 64 - side.hops;
    bytes
}

fn engine(interfaces: usize) -> Engine {
    let mut engine = Engine::new(Config::default());
    for number in 0..interfaces {
        engine.add_interface(Some(&format!("if{number}")));
    }
    engine
}

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A connection with one request.
fn connection(initial: u32) -> Vec<Segment> {
    let (c, s) = (initial + 1, 501);
    let (asked, answered) = (c + REQUEST.len() as u32, s + RESPONSE.len() as u32);
    let all: [(bool, u8, u32, u32, &'static [u8]); 7] = [
        (true, SYN, initial, 0, b""),
        (false, SYN | ACK, 500, c, b""),
        (true, ACK, c, s, b""),
        (true, ACK, c, s, REQUEST),
        (false, ACK, s, asked, RESPONSE),
        (true, FIN | ACK, asked, answered, b""),
        (false, FIN | ACK, answered, asked + 1, b""),
    ];
    let number = |(at, segment): (usize, (bool, u8, u32, u32, &'static [u8]))| {
        let (from_client, flags, sequence, acknowledgement, payload) = segment;
        let id = initial as u16 + at as u16;
        Segment { from_client, flags, sequence, acknowledgement, payload, id }
    };
    all.into_iter().enumerate().map(number).collect()
}

/// Feeds a connection that every one of `sides` sees, in their order.
fn feed(engine: &mut Engine, start: i64, initial: u32, sides: &[Side], options: &[u8]) {
    for (at, segment) in connection(initial).iter().enumerate() {
        for side in sides {
            let options = if segment.flags & SYN != 0 { options } else { &[] };
            // Farther ones are reached later, in whatever order they come to us.
            let time = start + at as i64 * MS + i64::from(side.server == CONTAINER) * US;
            engine.packet(&raw(time, InterfaceId(side.interface), &bytes(side, segment, options)));
        }
    }
}

struct Rows {
    flows: Vec<RecordBatch>,
    requests: Vec<RecordBatch>,
}

impl Rows {
    fn of(mut engine: Engine) -> Self {
        engine.finish();
        engine.flush();
        let mut rows = Self { flows: Vec::new(), requests: Vec::new() };
        while let Some((table, batch)) = engine.take_batch() {
            match table {
                Table::Requests => rows.requests.push(batch),
                Table::Flows => rows.flows.push(batch),
                _ => {}
            }
        }
        rows
    }

    fn ends(batches: &[RecordBatch], columns: [&str; 2]) -> Vec<Option<(String, u16)>> {
        let of_batch = |batch: &RecordBatch| {
            let ip = batch.column_by_name(columns[0]).unwrap().as_string::<i32>().clone();
            let port =
                batch.column_by_name(columns[1]).unwrap().as_primitive::<UInt16Type>().clone();
            (0..ip.len())
                .map(|i| ip.is_valid(i).then(|| (ip.value(i).to_owned(), port.value(i))))
                .collect::<Vec<_>>()
        };
        batches.iter().flat_map(of_batch).collect()
    }

    fn int(&self, column: &str) -> Vec<i64> {
        let of_batch = |batch: &RecordBatch| {
            let values = batch.column_by_name(column).unwrap().as_primitive::<Int64Type>();
            values.values().to_vec()
        };
        self.flows.iter().flat_map(of_batch).collect()
    }
}

fn end((last, port): End) -> Option<(String, u16)> {
    Some((format!("10.0.0.{last}"), port))
}

const CLIENT: End = (1, 40_000);
const HOST: End = (9, 8080);
const MASQUERADED: End = (8, 50_000);
const CONTAINER: End = (2, 80);

const fn side(client: End, server: End, interface: u16, hops: u8) -> Side {
    Side { client, server, interface, hops }
}

/// Sides near the client and far from it.
const DESTINATION: [Side; 2] = [side(CLIENT, HOST, 0, 0), side(CLIENT, CONTAINER, 1, 1)];
const SOURCE: [Side; 2] = [side(CLIENT, CONTAINER, 0, 0), side(MASQUERADED, CONTAINER, 1, 1)];
const BOTH: [Side; 2] = [side(CLIENT, HOST, 0, 0), side(MASQUERADED, CONTAINER, 1, 1)];
/// Out again where it came in.
const HAIRPIN: [Side; 2] = [side(CLIENT, HOST, 0, 0), side(MASQUERADED, CONTAINER, 0, 1)];
/// A bridge that translates does not lower the time to live.
const BRIDGED: [Side; 2] = [side(CLIENT, HOST, 0, 0), side(CLIENT, CONTAINER, 1, 0)];

/// A container that calls itself by its host's address, through a bridge that translates.
const TO_ITSELF: [Side; 2] = [side(CLIENT, HOST, 0, 0), side(MASQUERADED, CONTAINER, 0, 0)];

#[test]
fn a_connection_on_both_sides_is_one_flow_between_its_true_ends() {
    let cases = [
        ("destination", DESTINATION, None, end(HOST)),
        ("source", SOURCE, end(MASQUERADED), None),
        ("both", BOTH, end(MASQUERADED), end(HOST)),
        ("hairpin", HAIRPIN, end(MASQUERADED), end(HOST)),
        ("bridged", BRIDGED, None, end(HOST)),
        ("to itself", TO_ITSELF, end(MASQUERADED), end(HOST)),
    ];
    for (name, sides, nat_client, nat_server) in cases {
        let mut reversed = sides;
        reversed.reverse();
        for order in [sides, reversed] {
            let mut engine = engine(2);
            feed(&mut engine, MS, 100, &order, &TIMESTAMPS);
            assert_eq!(engine.totals().duplicates, 7, "{name} {order:?}");
            let rows = Rows::of(engine);
            let client = Rows::ends(&rows.flows, ["client_ip", "client_port"]);
            assert_eq!(client, [end(CLIENT)], "{name} {order:?}");
            let server = Rows::ends(&rows.flows, ["server_ip", "server_port"]);
            assert_eq!(server, [end(CONTAINER)], "{name} {order:?}");
            let other = Rows::ends(&rows.flows, ["nat_client_ip", "nat_client_port"]);
            assert_eq!(other, std::slice::from_ref(&nat_client), "{name} {order:?}");
            let other = Rows::ends(&rows.flows, ["nat_server_ip", "nat_server_port"]);
            assert_eq!(other, std::slice::from_ref(&nat_server), "{name} {order:?}");
            assert_eq!(rows.int("client_packets"), [4]);
            assert_eq!(rows.int("server_packets"), [3]);
            assert_eq!(rows.int("retransmissions"), [0]);
            let asked = Rows::ends(&rows.requests, ["client_ip", "client_port"]);
            assert_eq!(asked, [end(CLIENT)], "one row, {name} {order:?}");
            let answered = Rows::ends(&rows.requests, ["server_ip", "server_port"]);
            assert_eq!(answered, [end(CONTAINER)], "{name} {order:?}");
        }
    }
}

/// A container in a container: two translations, three pairs of addresses.
#[test]
fn three_pairs_of_addresses_are_one_flow() {
    let sides = [
        side(CLIENT, CONTAINER, 0, 0),
        side(MASQUERADED, CONTAINER, 1, 1),
        side((7, 60_000), CONTAINER, 2, 2),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
        let mut engine = engine(3);
        feed(&mut engine, MS, 100, &order.map(|at: usize| sides[at]), &[]);
        let rows = Rows::of(engine);
        assert_eq!(Rows::ends(&rows.flows, ["client_ip", "client_port"]), [end(CLIENT)]);
        let outside = Rows::ends(&rows.flows, ["nat_client_ip", "nat_client_port"]);
        assert_eq!(outside, [end((7, 60_000))], "{order:?}");
        assert_eq!(rows.int("duplicates"), [14]);
    }
}

#[test]
fn packets_that_only_one_side_saw_count() {
    let mut engine = engine(2);
    for (at, segment) in connection(100).iter().enumerate() {
        for side in &BOTH[usize::from(at % 2 == 1)..][..if at == 0 { 2 } else { 1 }] {
            let bytes = bytes(side, segment, if at < 2 { &TIMESTAMPS } else { &[] });
            engine.packet(&raw(at as i64 * MS, InterfaceId(side.interface), &bytes));
        }
    }
    let rows = Rows::of(engine);
    assert_eq!((rows.int("client_packets"), rows.int("server_packets")), (vec![4], vec![3]));
    assert_eq!(Rows::ends(&rows.requests, ["client_ip", "client_port"]), [end(CLIENT)]);
}

#[test]
fn two_connections_of_a_proxy_stay_two_flows() {
    let mut engine = engine(2);
    feed(&mut engine, MS, 100, &DESTINATION[..1], &TIMESTAMPS);
    feed(&mut engine, MS + 50 * US, 7000, &[side((9, 33_000), CONTAINER, 1, 0)], &TIMESTAMPS);
    assert_eq!(engine.totals().duplicates, 0);
    assert_eq!(Rows::of(engine).flows.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

/// Scanners begin every connection alike: that tells nothing.
#[test]
fn beginnings_that_several_share_join_nothing() {
    let mut engine = engine(2);
    let syn = connection(0)[0];
    for host in 10..20 {
        let scanned = side(CLIENT, (host, 80), 0, 0);
        engine.packet(&raw(MS, InterfaceId(0), &bytes(&scanned, &syn, &[])));
    }
    let elsewhere = side(CLIENT, (30, 80), 1, 1);
    engine.packet(&raw(2 * MS, InterfaceId(1), &bytes(&elsewhere, &syn, &[])));
    assert_eq!((engine.totals().flows, engine.totals().duplicates), (11, 0));
}

#[test]
fn what_differs_is_another_connection() {
    let syn = connection(100)[0];
    let first = DESTINATION[0];
    let other = DESTINATION[1];
    let late = 1_100 * MS;
    let cases: [(&str, Side, Segment, &[u8], i64); 6] = [
        ("sequence number", other, Segment { sequence: 101, ..syn }, &[], MS),
        ("identification", other, Segment { id: 9, ..syn }, &[], MS),
        ("options", other, syn, &TIMESTAMPS, MS),
        ("time", other, syn, &[], late),
        ("no router between", Side { hops: 0, ..other }, syn, &[], MS),
        ("both ends, no timestamps", BOTH[1], syn, &[], MS),
    ];
    for (name, second, segment, options, time) in cases {
        let mut engine = engine(2);
        engine.packet(&raw(0, InterfaceId(0), &bytes(&first, &syn, &[])));
        engine.packet(&raw(time, InterfaceId(1), &bytes(&second, &segment, options)));
        assert_eq!(engine.totals().flows, 2, "{name}");
    }
}

#[test]
fn ports_used_again_are_another_flow_on_both_sides() {
    for order in [[0, 1], [1, 0]] {
        let mut engine = engine(2);
        let sides = order.map(|at: usize| BOTH[at]);
        feed(&mut engine, MS, 100, &sides, &TIMESTAMPS);
        feed(&mut engine, 100 * MS, 90_000, &sides, &TIMESTAMPS);
        assert_eq!(engine.totals().duplicates, 14);
        let rows = Rows::of(engine);
        assert_eq!(rows.int("requests"), [1, 1], "{order:?}");
        let clients = Rows::ends(&rows.flows, ["client_ip", "client_port"]);
        assert_eq!(clients, [end(CLIENT), end(CLIENT)]);
        let servers = Rows::ends(&rows.flows, ["nat_server_ip", "nat_server_port"]);
        assert_eq!(servers, [end(HOST), end(HOST)], "{order:?}");
    }
}

fn datagram(side: &Side, id: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = crate::testing::udp(side.client, side.server, id, payload);
    bytes[8] = 64 - side.hops;
    bytes
}

#[test]
fn a_datagram_with_a_number_is_known_again() {
    for order in [[0, 1], [1, 0]] {
        let mut engine = engine(2);
        for side in order.map(|at: usize| SOURCE[at]) {
            let bytes = datagram(&side, 77, b"question");
            engine.packet(&raw(MS, InterfaceId(side.interface), &bytes));
        }
        for side in order.map(|at: usize| SOURCE[at]) {
            let back = Side { client: side.server, server: side.client, ..side };
            let bytes = datagram(&back, 0, b"answer");
            engine.packet(&raw(2 * MS, InterfaceId(side.interface), &bytes));
        }
        assert_eq!((engine.totals().flows, engine.totals().duplicates), (1, 2));
        let rows = Rows::of(engine);
        assert_eq!(Rows::ends(&rows.flows, ["client_ip", "client_port"]), [end(CLIENT)]);
        let seen_as = Rows::ends(&rows.flows, ["nat_client_ip", "nat_client_port"]);
        assert_eq!(seen_as, [end(MASQUERADED)]);
        assert_eq!((rows.int("client_packets"), rows.int("server_packets")), (vec![1], vec![1]));
    }
}

#[test]
fn a_datagram_without_a_number_is_not_guessed_at() {
    let mut engine = engine(2);
    for side in SOURCE {
        engine.packet(&raw(MS, InterfaceId(side.interface), &datagram(&side, 0, b"question")));
    }
    assert_eq!(engine.totals().flows, 2);
}

#[test]
fn the_addresses_of_a_flow_that_is_over_are_free() {
    let mut engine = engine(2);
    feed(&mut engine, MS, 100, &BOTH, &TIMESTAMPS);
    assert_eq!(engine.translations.len(), 1);
    for second in 1..60 {
        engine.advance(second * 1000 * MS);
    }
    assert_eq!(engine.translations.len(), 0);
}

/// Reaches `BEGINNINGS`: the newest take the places of others, and that is counted.
#[test]
fn so_many_beginnings_are_remembered() {
    let mut engine = engine(2);
    let mut syn = connection(0)[0];
    for number in 0..crate::limits::BEGINNINGS as u32 {
        syn.sequence = number;
        let side = side((1, number as u16), (2, (number >> 8) as u16), 0, 0);
        engine.packet(&raw(MS, InterfaceId(0), &bytes(&side, &syn, &[])));
    }
    assert!(engine.translations.overwritten() > 0);
    let before = engine.translations.memory();
    syn.sequence = u32::MAX;
    engine.packet(&raw(MS, InterfaceId(0), &bytes(&DESTINATION[0], &syn, &[])));
    assert_eq!(engine.translations.memory(), before);
}

/// A bug: one in 8,000 connections of which both ends are translated was two flows, since entries
/// of its own had driven out the only one that tells.
#[test]
fn both_ends_translated_is_one_flow_whatever_the_hashes() {
    const COUNT: u32 = 60_000;
    let mut engine = engine(2);
    let mut syn = connection(0)[0];
    for number in 0..COUNT {
        (syn.sequence, syn.id) = (number, number as u16);
        let from = number as u16;
        for side in [side((1, from), (9, 8080), 0, 0), side((8, from), (2, 80), 1, 1)] {
            let bytes = bytes(&side, &syn, &TIMESTAMPS);
            engine.packet(&raw(i64::from(number) * 2 * MS, InterfaceId(side.interface), &bytes));
        }
    }
    assert_eq!(engine.totals().flows, u64::from(COUNT));
}

/// Reaches `ALIASES`: what more are translated stay two flows, and are counted.
#[test]
fn so_many_aliases_are_kept() {
    let mut engine = engine(2);
    let mut syn = connection(0)[0];
    let mut time = MS;
    for number in 0..ALIASES as u32 + 200 {
        (syn.sequence, syn.id) = (number, number as u16);
        time += US;
        let from = ((number >> 16) as u8, number as u16);
        for side in [side(from, (100, 80), 0, 0), side((from.0 + 50, from.1), (100, 80), 1, 1)] {
            let bytes = bytes(&side, &syn, &[]);
            engine.packet(&raw(time, InterfaceId(side.interface), &bytes));
        }
    }
    assert_eq!(engine.translations.len(), ALIASES);
    assert_eq!(engine.translations.refused(), 200);
}

fn told(sides: [Side; 2], until: i64) -> Translation {
    let ends = |side: Side| {
        let address = |end: End| crate::wire::Address::v4([10, 0, 0, end.0]);
        crate::flow::Endpoints {
            client: address(side.client),
            client_port: side.client.1,
            server: address(side.server),
            server_port: side.server.1,
        }
    };
    let [before, after] = sides.map(ends);
    Translation { protocol: crate::wire::protocol::TCP, before, after, until }
}

fn engine_told(translations: &[Translation]) -> Engine {
    let mut engine = Engine::new(Config { translations: translations.into(), ..Config::default() });
    engine.add_interface(Some("if0"));
    engine.add_interface(Some("if1"));
    engine
}

/// Feeds what comes after the handshake.
fn feed_the_rest(engine: &mut Engine, start: i64, sides: &[Side]) {
    for (at, segment) in connection(100).iter().enumerate().skip(3) {
        for side in sides {
            let time = start + at as i64 * MS + i64::from(side.server == CONTAINER) * US;
            engine.packet(&raw(time, InterfaceId(side.interface), &bytes(side, segment, &[])));
        }
    }
}

#[test]
fn a_connection_that_was_there_before_is_one_flow_if_the_host_tells() {
    for (sides, nat_client, nat_server) in [
        (DESTINATION, None, end(HOST)),
        (SOURCE, end(MASQUERADED), None),
        (BOTH, end(MASQUERADED), end(HOST)),
    ] {
        let mut reversed = sides;
        reversed.reverse();
        for order in [sides, reversed] {
            let mut engine = engine_told(&[told(sides, i64::MAX)]);
            feed_the_rest(&mut engine, MS, &order);
            assert_eq!(engine.totals().duplicates, 4, "{order:?}");
            let rows = Rows::of(engine);
            assert_eq!(Rows::ends(&rows.flows, ["client_ip", "client_port"]), [end(CLIENT)]);
            assert_eq!(Rows::ends(&rows.flows, ["server_ip", "server_port"]), [end(CONTAINER)]);
            let other = Rows::ends(&rows.flows, ["nat_client_ip", "nat_client_port"]);
            assert_eq!(other, std::slice::from_ref(&nat_client));
            let other = Rows::ends(&rows.flows, ["nat_server_ip", "nat_server_port"]);
            assert_eq!(other, std::slice::from_ref(&nat_server));
            assert_eq!(Rows::ends(&rows.requests, ["server_ip", "server_port"]), [end(CONTAINER)]);
        }
    }
}

#[test]
fn what_the_host_does_not_tell_of_stays_two_flows() {
    let mut engine = engine_told(&[]);
    feed_the_rest(&mut engine, MS, &DESTINATION);
    assert_eq!(engine.totals().duplicates, 0);
    assert_eq!(Rows::of(engine).flows.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

/// What was told is of the connection that was there then, not of a later one with its ports.
#[test]
fn what_was_told_ends_with_its_connection() {
    let near = Side { interface: 0, ..DESTINATION[0] };
    // After the host has forgotten it.
    let mut engine = engine_told(&[told(DESTINATION, 2 * MS)]);
    feed_the_rest(&mut engine, MS, &[near]);
    assert_eq!(Rows::ends(&Rows::of(engine).flows, ["server_ip", "server_port"]), [end(HOST)]);
    // A new connection, on either side, one side of which is not captured.
    for (side, server) in [(DESTINATION[0], HOST), (DESTINATION[1], CONTAINER)] {
        let mut engine = engine_told(&[told(DESTINATION, i64::MAX)]);
        feed(&mut engine, MS, 100, &[side], &TIMESTAMPS);
        assert_eq!((engine.translations.len(), engine.translations.told.is_empty()), (0, true));
        let rows = Rows::of(engine);
        assert_eq!(Rows::ends(&rows.flows, ["server_ip", "server_port"]), [end(server)]);
        assert_eq!(Rows::ends(&rows.flows, ["nat_server_ip", "nat_server_port"]), [None]);
    }
    // And what follows it under the same addresses is joined by its own SYN.
    let mut engine = engine_told(&[told(DESTINATION, i64::MAX)]);
    feed_the_rest(&mut engine, MS, &DESTINATION);
    feed(&mut engine, 2_000 * MS, 9000, &DESTINATION, &TIMESTAMPS);
    assert_eq!(engine.totals().duplicates, 4 + 7);
    let rows = Rows::of(engine);
    assert_eq!(
        Rows::ends(&rows.flows, ["server_ip", "server_port"]),
        [end(CONTAINER), end(CONTAINER)]
    );
}
