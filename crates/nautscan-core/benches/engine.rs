//! What each stage of the engine costs: `make bench-micro`, or
//! `cargo bench -p nautscan-core -- NAME` for some of them.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nautscan_core::event::{Exchange, Table};
use nautscan_core::proto::{Context, PROTOCOLS, Place, Settings, Side, Sink};
use nautscan_core::stream::{Connection, Receiver, Segment};
use nautscan_core::wire::{Shard, decode, tcp::flag};
use nautscan_core::{Config, Engine, InterfaceId, LinkType, Packet};

const MICROSECOND: i64 = 1000;
/// Payload of a full segment on Ethernet.
const FULL: usize = 1448;

/// An Ethernet frame with IPv4 and what follows it.
fn frame(protocol: u8, source: [u8; 4], destination: [u8; 4], rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(((20 + rest.len()) as u16).to_be_bytes());
    frame.extend([0, 1, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(source);
    frame.extend(destination);
    frame.extend(rest);
    frame
}

fn tcp(source_port: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut rest = source_port.to_be_bytes().to_vec();
    rest.extend(80_u16.to_be_bytes());
    rest.extend(sequence.to_be_bytes());
    rest.extend([0, 0, 0, 1, 0x50, flag::ACK, 1, 0, 0, 0, 0, 0]);
    rest.extend(payload);
    frame(6, [10, 0, 0, 1], [10, 0, 0, 2], &rest)
}

fn udp(number: u32) -> Vec<u8> {
    let [a, b, c, d] = number.to_be_bytes();
    let rest = [c, d, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    frame(17, [10, 1, a, b], [10, 2, 0, 1], &rest)
}

fn packet(time: i64, data: &[u8]) -> Packet<'_> {
    let wire_len = data.len() as u32;
    Packet { time, interface: InterfaceId(0), link_type: LinkType::ETHERNET, wire_len, data }
}

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Elements(1));
    for (name, data) in [("tcp", tcp(1000, 1, &[7; FULL])), ("udp", udp(1))] {
        let packet = packet(0, &data);
        group.bench_function(format!("decode {name}"), |bench| {
            bench.iter(|| decode(black_box(&packet)).payload_len);
        });
        group.bench_function(format!("shard {name}"), |bench| {
            bench.iter(|| Shard::of(black_box(&packet)));
        });
    }
    group.finish();
}

/// A datagram of one flow among many, from headers to counters.
fn flow_lookup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flow look-up");
    group.throughput(Throughput::Elements(1));
    for flows in [1_u32, 1000, 100_000] {
        let frames: Vec<_> = (0..flows).map(udp).collect();
        let mut engine = Engine::new(Config { tables: vec![Table::Flows], ..Config::default() });
        let mut next = 0_usize;
        group.bench_function(format!("among {flows}"), |bench| {
            bench.iter(|| {
                // A stride that shares no factor with the number of flows: no two in a row.
                next = (next + 7919) % frames.len();
                engine.packet(&packet(0, black_box(&frames[next])))
            });
        });
    }
    group.finish();
}

/// Counts what came in order.
#[derive(Default)]
struct Count(u64);

impl Receiver for Count {
    fn data(&mut self, _side: Side, bytes: &[u8], _place: Place, _time: i64) {
        self.0 += bytes.len() as u64;
    }
    fn gap(&mut self, _side: Side, lost: u64, _offset: u64) {
        self.0 += lost;
    }
    fn end(&mut self, _side: Side) {}
}

fn segment(number: u32, payload: &[u8]) -> Segment<'_> {
    Segment {
        time: i64::from(number) * MICROSECOND,
        sequence: number * FULL as u32,
        acknowledgement: 1,
        flags: flag::ACK,
        window: 1000,
        options: &[],
        payload,
        cut: 0,
    }
}

/// Which segment comes next.
type Order = fn(u32) -> u32;

/// A thousand full segments: in order; each pair swapped; the first of each ten last.
fn reassembly(criterion: &mut Criterion) {
    const SEGMENTS: u32 = 1000;
    let payload = vec![7; FULL];
    let orders: [(&str, Order); 3] = [
        ("in order", |n| n),
        ("pairs swapped", |n| n ^ 1),
        ("a hole for nine", |n| if n % 10 == 9 { n - 9 } else { n + 1 }),
    ];
    let mut group = criterion.benchmark_group("reassembly");
    group.throughput(Throughput::Bytes(u64::from(SEGMENTS) * FULL as u64));
    for (name, order) in orders {
        group.bench_function(name, |bench| {
            bench.iter_batched(
                || {
                    let mut connection = Connection::default();
                    // Following begins at sequence number 0.
                    connection.segment(Side::Client, &segment(0, &[]), &mut Count::default());
                    connection
                },
                |mut connection| {
                    let mut count = Count::default();
                    for number in 0..SEGMENTS {
                        let segment = segment(order(number), &payload);
                        connection.segment(Side::Client, &segment, &mut count);
                    }
                    connection.finish(&mut count);
                    count.0
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

#[derive(Default)]
struct Exchanges(u64);

impl Sink for Exchanges {
    fn exchange(&mut self, exchange: &Exchange) {
        self.0 += u64::from(black_box(exchange).status.is_some());
    }
    fn parse_error(&mut self) {}
}

const REQUEST: &[u8] =
    b"GET /api/items/42 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: wrk/4.2\r\nAccept: */*\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 23:19:09 GMT\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"ok\": true}\n";

fn http(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http");
    group.throughput(Throughput::Elements(1));
    for (name, headers) in [("exchange", false), ("exchange, headers kept", true)] {
        let settings = Settings { body_limit: 0, headers, ..Settings::default() };
        let mut parser = (PROTOCOLS[0].open)(&settings);
        let mut sink = Exchanges::default();
        let (mut asked, mut answered) = (0, 0);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let place = Place { offset: asked, received: answered };
                let mut cx = Context { time: 0, place, settings: &settings, sink: &mut sink };
                parser.data(Side::Client, black_box(REQUEST), &mut cx);
                asked += REQUEST.len() as u64;
                cx.place = Place { offset: answered, received: asked };
                answered += RESPONSE.len() as u64;
                parser.data(Side::Server, black_box(RESPONSE), &mut cx)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, wire, flow_lookup, reassembly, http);
criterion_main!(benches);
