//! Fragments in, flows and requests of whole datagrams out.

use super::*;
use crate::limits::{FRAGMENT_BYTES, FRAGMENT_DATAGRAMS, FRAGMENT_PIECES};
use crate::testing::{fragment, fragment_v6, framed, ipv4, vxlan};

const REQUEST: &[u8] = b"GET /whole HTTP/1.1\r\nHost: fragments.example\r\n\r\n";

impl Bench {
    fn raw(&mut self, bytes: &[u8]) -> Option<u64> {
        self.time += MS;
        self.engine.packet(&raw(self.time, self.eth0, bytes))
    }

    fn stat(&self, name: &str) -> u64 {
        let stats = self.engine.stats();
        stats.iter().find(|stat| stat.name == name).unwrap().value
    }

    /// Opens a connection.
    fn handshake(&mut self) {
        self.tcp((1, 40000), (2, 80), SYN, (100, 0), b"");
        self.tcp((2, 80), (1, 40000), SYN | ACK, (500, 101), b"");
        self.tcp((1, 40000), (2, 80), ACK, (101, 501), b"");
    }
}

fn request() -> Vec<u8> {
    let (from, to, flags) = ((1, 40000), (2, 80), ACK);
    let packet = Tcp { from, to, sequence: 101, acknowledgement: 501, flags, payload: REQUEST };
    packet.bytes(77)
}

/// One row for each packet that `Bench` fed, by flow.
fn flow_packets(tables: &Tables) -> Vec<Option<i64>> {
    int(&tables.flows, "client_packets")
}

#[test]
fn a_request_in_fragments_is_read_in_any_order() {
    let whole = request();
    let pieces: Vec<_> = [0..24, 24..48, 48..200].map(|range| fragment(&whole, range)).into();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut bench = Bench::new(all_tables());
        bench.handshake();
        for at in order {
            bench.raw(&pieces[at]);
        }
        let tables = bench.finish();
        assert_eq!(text(&tables.requests, "target"), some(&["/whole"]), "{order:?}");
        assert_eq!(flow_packets(&tables), [Some(5)], "{order:?}");
        let payload = Some(REQUEST.len() as i64);
        assert_eq!(int(&tables.flows, "client_payload_bytes"), [payload], "{order:?}");
        let bytes = pieces.iter().map(Vec::len).sum::<usize>() + 2 * 40;
        assert_eq!(int(&tables.flows, "client_bytes"), [Some(bytes as i64)], "{order:?}");
        let Totals { fragments, datagrams, unattributed, flows, .. } = tables.totals;
        assert_eq!((fragments, datagrams, unattributed, flows), (3, 1, 0, 1), "{order:?}");
    }
}

#[test]
fn packets_name_their_flow_as_soon_as_the_ports_are_known() {
    let whole = udp((1, 5000), (2, 2000), 5, &[7; 40]);
    let mut bench = Bench::new(all_tables());
    assert_eq!(bench.raw(&fragment(&whole, 16..32)), None);
    assert_eq!(bench.raw(&fragment(&whole, 0..16)), Some(1));
    assert_eq!(bench.raw(&fragment(&whole, 32..48)), Some(1));
    let tables = bench.finish();
    assert_eq!(int(&tables.packets, "flow_id"), [None, Some(1), Some(1)]);
    let info = |offset| format!("fragment id=0x0005 offset={offset} len=16");
    let lines: Vec<_> = [16, 0, 32].map(|offset| Some(info(offset))).into();
    assert_eq!(text(&tables.packets, "info"), lines);
    assert_eq!(flow_packets(&tables), [Some(3)]);
    assert_eq!(int(&tables.flows, "client_payload_bytes"), [Some(40)]);
}

/// RFC 791 leaves it open; the copy that was captured first is kept.
#[test]
fn where_ipv4_fragments_overlap_the_first_copy_wins() {
    let whole = request();
    let mut forged = fragment(&whole, 16..48);
    let at = 20 + 20 - 16 + "GET /".len();
    forged[at..at + 5].copy_from_slice(b"FORGE");
    let mut bench = Bench::new(all_tables());
    bench.handshake();
    bench.raw(&fragment(&whole, 0..32));
    bench.raw(&forged);
    bench.raw(&fragment(&whole, 48..200));
    assert_eq!(bench.stat("fragments_overlapping"), 1);
    assert_eq!(text(&bench.finish().requests, "target"), some(&["/whole"]));
    let mut bench = Bench::new(all_tables());
    bench.handshake();
    bench.raw(&forged);
    bench.raw(&fragment(&whole, 0..32));
    bench.raw(&fragment(&whole, 48..200));
    assert_eq!(text(&bench.finish().requests, "target"), some(&["/FORGE"]));
}

/// RFC 5722: all of the datagram is discarded; RFC 8200: a repetition may be ignored.
#[test]
fn an_ipv6_datagram_with_an_overlap_is_discarded() {
    let whole = &udp((1, 5000), (2, 2000), 5, &[7; 40])[20..];
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment_v6(17, 9, 0, true, &whole[..24]));
    bench.raw(&fragment_v6(17, 9, 0, true, &whole[..24]));
    bench.raw(&fragment_v6(17, 9, 24, false, &whole[24..]));
    assert_eq!((bench.stat("datagrams"), bench.stat("fragments_overlapping")), (1, 0));
    bench.raw(&fragment_v6(17, 10, 0, true, &whole[..24]));
    bench.raw(&fragment_v6(17, 10, 16, false, &whole[16..]));
    bench.raw(&fragment_v6(17, 10, 24, false, &whole[24..]));
    assert_eq!((bench.stat("datagrams"), bench.stat("fragments_overlapping")), (1, 1));
    assert_eq!((bench.stat("fragments_refused"), bench.stat("datagrams_active")), (1, 1));
    let tables = bench.finish();
    assert_eq!(flow_packets(&tables), [Some(6)]);
    assert_eq!(tables.totals.datagrams_incomplete, 1);
}

#[test]
fn an_ipv6_transport_header_behind_destination_options_is_found() {
    let transport = &udp((1, 5000), (2, 2000), 5, &[7; 24])[20..];
    let whole = [&[17, 0, 0, 0, 0, 0, 0, 0][..], transport].concat();
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment_v6(60, 9, 16, false, &whole[16..]));
    bench.raw(&fragment_v6(60, 9, 0, true, &whole[..16]));
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "transport"), some(&["udp"]));
    assert_eq!(int(&tables.flows, "client_payload_bytes"), [Some(24)]);
}

#[test]
fn impossible_fragments_are_refused_and_counted() {
    let mut bench = Bench::new(all_tables());
    let whole = ipv4(17, 1, 2, 7, &[1; 2000]);
    let mut death = fragment(&whole, 1504..2000);
    death[6..8].copy_from_slice(&(8190u16).to_be_bytes());
    bench.raw(&death);
    let mut empty = fragment(&whole, 8..8);
    empty[6..8].copy_from_slice(&0x2001u16.to_be_bytes());
    bench.raw(&empty);
    bench.raw(&fragment_v6(17, 9, 0, true, &[1; 23]));
    bench.raw(&fragment_v6(17, 9, 65_528, false, &[1; 8]));
    assert_eq!((bench.stat("fragments_refused"), bench.stat("datagrams_active")), (4, 0));
    let totals = bench.finish().totals;
    assert_eq!((totals.unattributed, totals.datagrams_incomplete, totals.flows), (4, 0, 0));
}

/// Two ends of one datagram: the second is not believed.
#[test]
fn a_second_end_is_refused() {
    let whole = ipv4(17, 1, 2, 7, &[1; 64]);
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment(&whole, 32..64));
    let mut early = fragment(&whole, 8..16);
    early[6] = 0;
    bench.raw(&early);
    let mut late = fragment(&whole, 32..64);
    late[7] = 8;
    bench.raw(&late);
    assert_eq!(bench.stat("fragments_refused"), 2);
    bench.raw(&fragment(&whole, 0..32));
    assert_eq!(bench.stat("datagrams"), 1);
}

#[test]
fn what_stays_incomplete_is_given_up_after_a_minute() {
    let whole = udp((1, 5000), (2, 2000), 5, &[7; 40]);
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment(&whole, 0..16));
    bench.raw(&fragment(&udp((3, 5000), (2, 2000), 6, &[7; 40]), 16..48));
    bench.engine.advance(59 * SECOND);
    assert_eq!(bench.stat("datagrams_active"), 2);
    bench.engine.advance(62 * SECOND);
    assert_eq!((bench.stat("datagrams_active"), bench.stat("datagrams_incomplete")), (0, 2));
    let tables = bench.finish();
    assert_eq!(flow_packets(&tables), [Some(1)]);
    assert_eq!(int(&tables.flows, "client_payload_bytes"), [Some(8)]);
    assert_eq!((tables.totals.unattributed, tables.totals.flows), (1, 1));
}

/// Identifications are used again: what comes a minute later is of another datagram.
#[test]
fn an_old_fragment_is_not_mixed_with_a_new_one() {
    let whole = request();
    let mut bench = Bench::new(all_tables());
    bench.handshake();
    bench.raw(&fragment(&whole, 48..200));
    bench.time += 61 * SECOND;
    bench.raw(&fragment(&whole, 0..48));
    assert_eq!((bench.stat("datagrams"), bench.stat("datagrams_incomplete")), (0, 1));
}

#[test]
fn a_transport_header_in_pieces_is_read_when_it_is_whole() {
    let whole = Tcp {
        from: (1, 40000),
        to: (2, 80),
        sequence: 100,
        acknowledgement: 0,
        flags: SYN,
        payload: b"",
    }
    .bytes(9);
    let mut bench = Bench::new(all_tables());
    assert_eq!(bench.raw(&fragment(&whole, 0..8)), None);
    assert_eq!(bench.raw(&fragment(&whole, 8..16)), None);
    assert_eq!(bench.raw(&fragment(&whole, 16..20)), Some(1));
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "state"), some(&["syn_sent"]));
    assert_eq!((flow_packets(&tables), tables.totals.decode_errors), (vec![Some(3)], 0));
}

#[test]
fn a_snapped_fragment_keeps_its_place() {
    let whole = udp((1, 5000), (2, 2000), 5, &[7; 40]);
    let mut bench = Bench::new(all_tables());
    let first = fragment(&whole, 0..24);
    let mut packet = raw(MS, bench.eth0, &first[..40]);
    packet.wire_len = first.len() as u32;
    bench.engine.packet(&packet);
    bench.raw(&fragment(&whole, 24..48));
    assert_eq!(bench.stat("datagrams"), 1);
    let tables = bench.finish();
    assert_eq!(int(&tables.flows, "client_payload_bytes"), [Some(40)]);
    assert_eq!(tables.totals.decode_errors, 0);
}

#[test]
fn a_tunnel_in_fragments_and_fragments_in_a_tunnel() {
    let inner = request();
    let outer = udp((3, 5000), (4, 4789), 9, &vxlan(&framed(&inner)));
    let mut bench = Bench::new(all_tables());
    bench.handshake();
    bench.raw(&fragment(&outer, 64..400));
    bench.raw(&fragment(&outer, 0..64));
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "target"), some(&["/whole"]));
    assert_eq!((flow_packets(&tables), tables.totals.flows), (vec![Some(4)], 1));

    let carried = |range| {
        let piece = fragment(&request(), range);
        udp((3, 5000), (4, 4789), 9, &vxlan(&framed(&piece)))
    };
    let mut bench = Bench::new(all_tables());
    bench.handshake();
    bench.raw(&carried(24..200));
    // A fragment in a datagram in fragments.
    let second = carried(0..24);
    bench.raw(&fragment(&second, 0..40));
    bench.raw(&fragment(&second, 40..400));
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "target"), some(&["/whole"]));
    assert_eq!((flow_packets(&tables), tables.totals.datagrams), (vec![Some(5)], 2));
}

/// The same fragments on a veth and on its bridge.
#[test]
fn fragments_seen_twice_count_once() {
    let whole = request();
    let mut bench = Bench::new(all_tables());
    let other = bench.engine.add_interface(Some("br0"));
    bench.handshake();
    for range in [0..24, 24..200] {
        let bytes = fragment(&whole, range);
        bench.raw(&bytes);
        bench.engine.packet(&raw(bench.time, other, &bytes));
    }
    let tables = bench.finish();
    assert_eq!(text(&tables.requests, "target"), some(&["/whole"]));
    assert_eq!((flow_packets(&tables), tables.totals.datagrams), (vec![Some(4)], 1));
    assert_eq!((int(&tables.flows, "duplicates"), tables.totals.duplicates), (vec![Some(2)], 2));
}

#[test]
fn packets_of_which_no_port_was_seen_make_no_flow() {
    let whole = udp((1, 5000), (2, 2000), 5, &[7; 40]);
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment(&whole, 16..48));
    let mut cut = raw(MS, bench.eth0, &whole[..22]);
    cut.wire_len = whole.len() as u32;
    bench.engine.packet(&cut);
    let tables = bench.finish();
    assert_eq!((tables.totals.flows, tables.totals.unattributed), (0, 2));
    assert_eq!(text(&tables.packets, "community_id"), [None, None]);
}

/// A protocol without ports needs no first fragment to tell its flow.
#[test]
fn fragments_without_ports_belong_to_their_addresses() {
    let whole = ipv4(50, 1, 2, 7, &[1; 64]);
    let mut bench = Bench::new(all_tables());
    bench.raw(&fragment(&whole, 32..64));
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "transport"), some(&["ip-50"]));
    assert_eq!(flow_packets(&tables), [Some(1)]);
}

/// Reaches `FRAGMENT_DATAGRAMS`.
#[test]
fn a_flood_of_datagrams_evicts_the_oldest() {
    let mut bench = Bench::new(Config::default());
    let whole = ipv4(17, 1, 2, 0, &[1; 64]);
    let over = 10;
    for id in 0..(FRAGMENT_DATAGRAMS + over) as u16 {
        let mut bytes = fragment(&whole, 8..16);
        bytes[4..6].copy_from_slice(&id.to_be_bytes());
        bench.engine.packet(&raw(1, bench.eth0, &bytes));
    }
    assert_eq!(bench.stat("datagrams_evicted"), over as u64);
    assert_eq!(bench.stat("datagrams_active"), FRAGMENT_DATAGRAMS as u64);
}

/// Reaches `FRAGMENT_BYTES`.
#[test]
fn a_flood_of_bytes_evicts_the_oldest() {
    let mut bench = Bench::new(Config::default());
    let whole = ipv4(17, 1, 2, 0, &[1; 32_000]);
    for id in 0..200u16 {
        let mut bytes = fragment(&whole, 8..30_008);
        bytes[4..6].copy_from_slice(&id.to_be_bytes());
        bench.engine.packet(&raw(1, bench.eth0, &bytes));
    }
    assert!(bench.stat("datagrams_evicted") > 0);
    assert!(bench.stat("datagrams_active") * 30_000 <= FRAGMENT_BYTES as u64);
}

/// Reaches `FRAGMENT_PIECES`: between any two there is a hole.
#[test]
fn more_pieces_than_a_datagram_may_have_are_refused() {
    let mut bench = Bench::new(Config::default());
    let whole = ipv4(17, 1, 2, 7, &[1; 60_000]);
    for piece in 0..FRAGMENT_PIECES + 5 {
        let at = 8 + piece * 16;
        bench.engine.packet(&raw(1, bench.eth0, &fragment(&whole, at..at + 8)));
    }
    assert_eq!(bench.stat("fragments_refused"), 5);
}
