//! Frames of real networks, whole and cut at every byte.

use super::*;
use crate::wire::dissect::dissect;

const FRAMES: &str = include_str!("frames.txt");

/// Link type and bytes of a frame.
fn frame(name: &str) -> (LinkType, Vec<u8>) {
    let line = FRAMES.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let (link_type, hex) = (words[1].parse().unwrap(), words[4].as_bytes());
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    let bytes = hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    (LinkType(link_type), bytes)
}

struct Expected {
    name: &'static str,
    tunnel: &'static str,
    id: Option<u32>,
    /// Inner addresses and ports.
    from: (&'static str, u16),
    to: (&'static str, u16),
    layers: &'static str,
}

const fn expect(
    name: &'static str,
    tunnel: (&'static str, Option<u32>),
    from: (&'static str, u16),
    to: (&'static str, u16),
    layers: &'static str,
) -> Expected {
    Expected { name, tunnel: tunnel.0, id: tunnel.1, from, to, layers }
}

/// As tshark 4.0.17 reads them.
const EXPECTED: &[Expected] = &[
    expect(
        "radiotap",
        ("", None),
        ("172.5.5.113", 49417),
        ("14.17.32.211", 80),
        "Radiotap 802.11 LLC IPv4 TCP",
    ),
    expect("nflog", ("", None), ("10.10.10.10", 54064), ("52.43.228.156", 80), "NFLOG IPv4 TCP"),
    expect(
        "pppoe",
        ("pppoe", Some(0x069d)),
        ("172.202.246.57", 1063),
        ("64.12.189.217", 443),
        "Ethernet PPPoE PPP IPv4 TCP",
    ),
    expect(
        "mpls",
        ("mpls", Some(29)),
        ("10.1.2.1", 0),
        ("10.34.0.1", 0),
        "Ethernet MPLS IPv4 ICMP",
    ),
    expect("frame-relay", ("", None), ("10.0.0.1", 0), ("10.0.0.2", 0), "Frame Relay IPv4 ICMP"),
    expect(
        "gtp",
        ("gtp", Some(1)),
        ("202.11.40.158", 0),
        ("192.168.40.178", 0),
        "Ethernet IPv4 UDP GTP-U IPv4 ICMP",
    ),
    expect(
        "6in4",
        ("6in4", None),
        ("2001:db8:0:1::1", 0),
        ("2001:db8:0:1::2", 0),
        "Ethernet IPv4 IPv6 ICMPv6",
    ),
    expect(
        "geneve",
        ("geneve", Some(3)),
        ("10.156.0.50", 0),
        ("10.156.0.19", 0),
        "Ethernet IPv4 UDP Geneve Ethernet IPv4 ICMP",
    ),
    expect(
        "ipip",
        ("ipip", None),
        ("210.21.210.241", 60030),
        ("27.36.55.113", 49249),
        "Ethernet 802.1Q IPv4 IPv4 TCP",
    ),
    expect(
        "nsh",
        ("vxlan-gpe/nsh", Some(0)),
        ("172.16.3.10", 0),
        ("172.16.3.11", 0),
        "Ethernet IPv4 UDP VXLAN NSH IPv4 ICMP",
    ),
    expect(
        "teredo",
        ("teredo", None),
        ("fe80::8000:f227:bec8:61af", 0),
        ("fe80::8000:ffff:ffff:fffd", 0),
        "Ethernet IPv4 UDP Teredo IPv6 ICMPv6",
    ),
    expect(
        "erspan-3",
        ("erspan", Some(0)),
        ("172.31.10.31", 0),
        ("172.31.10.2", 0),
        "Ethernet IPv4 GRE ERSPAN Ethernet 802.1Q IPv4 ICMP",
    ),
    expect(
        "4in6",
        ("4in6", None),
        ("70.55.213.211", 31337),
        ("192.88.99.1", 80),
        "Ethernet IPv6 IPv4 TCP",
    ),
    expect(
        "vxlan",
        ("vxlan", Some(123)),
        ("10.0.0.1", 0),
        ("10.0.0.2", 0),
        "Ethernet IPv4 UDP VXLAN Ethernet IPv4 ICMP",
    ),
    expect(
        "erspan-2",
        ("erspan", Some(666)),
        ("10.48.6.1", 0),
        ("224.0.0.13", 0),
        "Ethernet IPv4 GRE ERSPAN Ethernet IPv4",
    ),
    expect(
        "erspan-vxlan",
        ("erspan/vxlan-gpe", Some(0)),
        ("10.16.27.131", 80),
        ("10.16.27.12", 65174),
        "Ethernet IPv4 GRE ERSPAN Ethernet IPv4 UDP VXLAN Ethernet IPv4 TCP",
    ),
    expect(
        "gre-options",
        ("gre", Some(40)),
        ("10.172.64.6", 0),
        ("10.172.64.7", 0),
        "Ethernet 802.1Q IPv4 GRE IPv4 GRE",
    ),
];

fn ports(decoded: &Decoded<'_>) -> (u16, u16) {
    decoded.transport.as_ref().and_then(Transport::ports).unwrap_or((0, 0))
}

#[test]
fn inner_packets_are_found_where_tshark_finds_them() {
    for expected in EXPECTED {
        let (link_type, bytes) = frame(expected.name);
        let decoded = decode(&packet(link_type, &bytes));
        let network = decoded.network.unwrap();
        let tunnel = decoded.tunnel.map(|tunnel| tunnel.to_string()).unwrap_or_default();
        assert_eq!(
            (tunnel.as_str(), decoded.tunnel.and_then(|tunnel| tunnel.id)),
            (expected.tunnel, expected.id),
            "{}",
            expected.name
        );
        let (from, to) = ports(&decoded);
        let ends = (network.source.to_string(), from, network.destination.to_string(), to);
        let (source, destination) = (expected.from.0.to_owned(), expected.to.0.to_owned());
        assert_eq!(ends, (source, expected.from.1, destination, expected.to.1));
    }
}

#[test]
fn their_layers_are_named_in_order() {
    for expected in EXPECTED {
        let (link_type, bytes) = frame(expected.name);
        let layers = dissect(&packet(link_type, &bytes));
        let names: Vec<&str> =
            layers.iter().map(|layer| layer.name).filter(|name| *name != "Payload").collect();
        assert_eq!(names.join(" "), expected.layers, "{}", expected.name);
        // A keepalive carries nothing.
        let is_read = expected.name == "gre-options" || layers.iter().all(|l| l.error.is_none());
        assert!(is_read, "{layers:?}");
    }
}

/// A snap length is not damage, however deep it cuts; and no byte beyond it is taken for one
/// that was seen.
#[test]
fn every_cut_is_survived_and_is_no_damage() {
    for expected in EXPECTED {
        let (link_type, bytes) = frame(expected.name);
        let whole = decode(&packet(link_type, &bytes));
        for cut in 0..bytes.len() {
            let mut snapped = packet(link_type, &bytes[..cut]);
            snapped.wire_len = bytes.len() as u32;
            let decoded = decode(&snapped);
            let name = expected.name;
            assert!(
                !decoded.stop.is_some_and(|stop| stop.is_malformed()),
                "{name} cut at {cut}: {:?}",
                decoded.stop
            );
            assert!(decoded.payload.len() <= decoded.payload_len, "{name} cut at {cut}");
            if decoded.stop.is_none() && decoded.tunnel == whole.tunnel {
                assert_eq!(decoded.payload_len, whole.payload_len, "{name} cut at {cut}");
                assert_eq!(decoded.payload, &whole.payload[..decoded.payload.len()]);
            }
            for layer in dissect(&snapped) {
                assert!(layer.offset + layer.length <= cut, "{name}: {layer:?} cut at {cut}");
            }
        }
    }
}

/// What the sender cut short, and any damage of one byte, is survived too.
#[test]
fn every_damaged_byte_is_survived() {
    for expected in EXPECTED {
        let (link_type, mut bytes) = frame(expected.name);
        for at in 0..bytes.len() {
            let _short = decode(&packet(link_type, &bytes[..at]));
            let before = bytes[at];
            for value in [0x00, 0xff, before ^ 0x08, before ^ 0x40] {
                bytes[at] = value;
                let decoded = decode(&packet(link_type, &bytes));
                assert!(decoded.payload.len() <= decoded.payload_len);
                for layer in dissect(&packet(link_type, &bytes)) {
                    assert!(layer.offset + layer.length <= bytes.len(), "{layer:?}");
                }
            }
            bytes[at] = before;
        }
    }
}

/// Checksums are left to network cards on the way out: whatever they say, the packet is read.
#[test]
fn no_checksum_is_verified() {
    let (link_type, bytes) = frame("pppoe");
    let whole = decode(&packet(link_type, &bytes));
    let mut wrong = bytes.clone();
    let ip = bytes.len() - 40;
    for at in [ip + 10, ip + 11, ip + 36, ip + 37] {
        wrong[at] = !wrong[at];
    }
    let decoded = decode(&packet(link_type, &wrong));
    assert!(decoded.stop.is_none() && whole.stop.is_none());
    assert_eq!(ports(&decoded), ports(&whole));
}
