//! Tunnels in, flows of the packets inside out.

use super::*;
use crate::limits::{ENCAPSULATING_HEADERS, ENCAPSULATIONS, IP_EXTENSIONS, MPLS_LABELS, VLAN_TAGS};
use crate::packet::LinkType;
use crate::testing::{framed, ipv4, vxlan};

fn packet(bench: &mut Bench, interface: InterfaceId, bytes: &[u8]) {
    bench.time += MS;
    bench.engine.packet(&raw(bench.time, interface, bytes));
}

#[test]
fn the_inner_flow_is_reported_with_the_tunnel_around_it() {
    let mut bench = Bench::new(all_tables());
    let eth0 = bench.eth0;
    let ask = udp((7, 5000), (8, 53), 1, b"ask");
    let answer = udp((8, 53), (7, 5000), 2, b"answer");
    let carried =
        |from, to, inner: &[u8]| udp((from, 40000), (to, 4789), 1, &vxlan(&framed(inner)));
    packet(&mut bench, eth0, &carried(2, 1, &answer));
    packet(&mut bench, eth0, &carried(1, 2, &ask));
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "client_ip"), some(&["10.0.0.7"]));
    assert_eq!(text(&tables.flows, "tunnel"), some(&["vxlan"]));
    assert_eq!(int(&tables.flows, "tunnel_id"), [Some(42)]);
    assert_eq!(text(&tables.flows, "tunnel_client_ip"), some(&["10.0.0.1"]));
    assert_eq!(text(&tables.flows, "tunnel_server_ip"), some(&["10.0.0.2"]));
    assert_eq!(text(&tables.packets, "tunnel"), some(&["vxlan", "vxlan"]));
    assert_eq!(int(&tables.flows, "server_payload_bytes"), [Some(6)]);
}

#[test]
fn without_a_tunnel_its_columns_are_null() {
    let mut bench = Bench::new(all_tables());
    bench.exchange((1, 40000), (2, 80), 100);
    let tables = bench.finish();
    for column in ["tunnel", "tunnel_client_ip", "tunnel_server_ip"] {
        assert_eq!(text(&tables.flows, column), [None]);
    }
    assert_eq!(int(&tables.flows, "tunnel_id"), [None]);
}

/// On the veth of a container, and inside VXLAN on the host's card.
#[test]
fn a_packet_inside_and_outside_of_a_tunnel_counts_once() {
    let mut bench = Bench::new(all_tables());
    let (eth0, veth) = (bench.eth0, bench.engine.add_interface(Some("veth")));
    for id in 1..=3 {
        let bare = udp((7, 5000), (8, 53), id, b"ask");
        packet(&mut bench, veth, &bare);
        packet(&mut bench, eth0, &udp((1, 40000), (2, 4789), id, &vxlan(&framed(&bare))));
    }
    let tables = bench.finish();
    assert_eq!(int(&tables.flows, "client_packets"), [Some(3)]);
    assert_eq!(int(&tables.flows, "duplicates"), [Some(3)]);
    assert_eq!(text(&tables.flows, "interface"), some(&["veth"]));
    assert_eq!(text(&tables.flows, "tunnel"), some(&["vxlan"]));
}

/// A router with one interface sends on what it received, in a tunnel.
#[test]
fn inside_and_outside_are_two_points_even_at_one_interface() {
    let mut bench = Bench::new(all_tables());
    let eth0 = bench.eth0;
    let bare = udp((7, 5000), (8, 53), 1, b"ask");
    packet(&mut bench, eth0, &ipv4(4, 1, 2, 1, &bare));
    packet(&mut bench, eth0, &bare);
    let tables = bench.finish();
    assert_eq!(int(&tables.flows, "client_packets"), [Some(1)]);
    assert_eq!(tables.totals.duplicates, 1);
}

#[test]
fn a_tunnel_without_a_packet_in_it_is_a_flow_of_its_own() {
    let mut bench = Bench::new(all_tables());
    let eth0 = bench.eth0;
    packet(&mut bench, eth0, &udp((1, 40000), (2, 4789), 1, b"not a tunnel"));
    packet(&mut bench, eth0, &ipv4(47, 1, 2, 1, &[0, 0, 0, 0]));
    let tables = bench.finish();
    let mut transports = text(&tables.flows, "transport");
    transports.sort();
    assert_eq!(transports, some(&["ip-47", "udp"]));
    assert_eq!(text(&tables.flows, "tunnel"), [None, None]);
    assert_eq!(tables.totals.decode_errors, 0);
}

/// Reaches `ENCAPSULATIONS`, `ENCAPSULATING_HEADERS`, `VLAN_TAGS`, `MPLS_LABELS` and
/// `IP_EXTENSIONS`: each packet is of nothing but headers of one kind, and `too_deep` counts it.
#[test]
fn towers_of_headers_are_counted() {
    let mut nested = udp((7, 5000), (8, 53), 1, b"x");
    for _ in 0..=ENCAPSULATIONS {
        nested = ipv4(4, 1, 2, 1, &nested);
    }
    let frame = |kind: u16, rest: Vec<u8>| [&[2; 12][..], &kind.to_be_bytes(), &rest].concat();
    let shims = [0, 0, 0, 0, 0x89, 0x26].repeat(usize::from(ENCAPSULATING_HEADERS) + 1);
    let options = [60, 0, 0, 0, 0, 0, 0, 0].repeat(IP_EXTENSIONS + 1);
    let ipv6 = [&[0x60, 0, 0, 0, 0xff, 0xff, 60, 64][..], &[1; 32], &options].concat();
    let towers = [
        (LinkType::RAW, nested),
        (LinkType::ETHERNET, frame(0x8926, shims)),
        (LinkType::ETHERNET, frame(0x8100, [0, 1, 0x81, 0].repeat(VLAN_TAGS + 1))),
        (LinkType::ETHERNET, frame(0x8847, [0, 1, 0, 64].repeat(MPLS_LABELS + 1))),
        (LinkType::RAW, ipv6),
    ];
    let mut bench = Bench::new(all_tables());
    for (counted, (link_type, bytes)) in towers.iter().enumerate() {
        bench.engine.packet(&Packet { link_type: *link_type, ..raw(1, bench.eth0, bytes) });
        assert_eq!(bench.engine.totals().too_deep, counted as u64 + 1, "{link_type:?}");
    }
    assert_eq!(bench.finish().totals.decode_errors, 0);
}
