//! Encapsulations made by hand: bounds, nesting, and what only looks like one.

use super::*;
use crate::limits::{ENCAPSULATIONS, IP_EXTENSIONS, VLAN_TAGS};
use crate::testing::{framed, ipv4, udp, vxlan};
use crate::wire::tunnel::Kind;

fn raw(data: &[u8]) -> Decoded<'_> {
    decode(&packet(LinkType::RAW, data))
}

fn kinds(decoded: &Decoded<'_>) -> Vec<Kind> {
    decoded.tunnel.iter().flat_map(|tunnel| tunnel.kinds().collect::<Vec<_>>()).collect()
}

fn protocol_of(decoded: &Decoded<'_>) -> u8 {
    decoded.network.unwrap().protocol
}

#[test]
fn the_outermost_addresses_are_kept() {
    let inner = udp((7, 53), (8, 5000), 1, b"x");
    let outer = udp((1, 40000), (2, 4789), 1, &vxlan(&framed(&inner)));
    let decoded = raw(&outer);
    assert_eq!(kinds(&decoded), [Kind::Vxlan]);
    let (source, destination) = decoded.tunnel.unwrap().outer.unwrap();
    assert_eq!(
        (source.to_string(), destination.to_string()),
        ("10.0.0.1".into(), "10.0.0.2".into())
    );
    let twice = ipv4(protocol::IPV4, 3, 4, 1, &outer);
    let decoded = raw(&twice);
    assert_eq!(kinds(&decoded), [Kind::IpIp, Kind::Vxlan]);
    assert_eq!(decoded.tunnel.unwrap().outer.unwrap().0.to_string(), "10.0.0.3");
    assert_eq!((decoded.payload, decoded.tunnel.unwrap().id), (&b"x"[..], Some(42)));
}

#[test]
fn the_port_of_a_tunnel_makes_none() {
    for payload in [&b"no vxlan at all"[..], b"", &[8, 0, 0, 0, 0, 0, 1, 0], &vxlan(&[7; 40])] {
        let bytes = udp((1, 40000), (2, 4789), 1, payload);
        let decoded = raw(&bytes);
        assert!(decoded.stop.is_none() && decoded.tunnel.is_none(), "{payload:?}");
        assert_eq!((protocol_of(&decoded), decoded.payload), (protocol::UDP, payload));
    }
}

#[test]
fn on_other_ports_vxlan_must_fit_to_the_byte() {
    let inner = framed(&udp((7, 53), (8, 5000), 1, b"x"));
    let fits = udp((1, 40000), (2, 9999), 1, &vxlan(&inner));
    assert_eq!(kinds(&raw(&fits)), [Kind::Vxlan]);
    let longer = udp((1, 40000), (2, 9999), 1, &vxlan(&[&inner[..], b"!"].concat()));
    assert_eq!(kinds(&raw(&longer)), []);
}

/// Nothing but ARP inside: the tunnel's own datagram is all that has a flow.
#[test]
fn without_an_inner_packet_the_outer_one_stands() {
    let arp = [&[2; 12][..], &[8, 6], &[0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    let bytes = udp((1, 40000), (2, 4789), 1, &vxlan(&arp));
    let decoded = raw(&bytes);
    assert_eq!((protocol_of(&decoded), decoded.payload_len), (protocol::UDP, 8 + arp.len()));
    assert!(decoded.tunnel.is_none());
    assert_eq!(decoded.stop.unwrap().reason, Reason::NotDecoded { kind: 0x0806 });
}

#[test]
fn a_malformed_inner_packet_leaves_the_outer_one_and_says_so() {
    let bytes = ipv4(protocol::GRE, 1, 2, 1, &[0, 0, 8, 0, 0x45, 0, 0]);
    let decoded = raw(&bytes);
    assert_eq!((protocol_of(&decoded), decoded.payload.len()), (protocol::GRE, 7));
    assert!(decoded.stop.unwrap().is_malformed());
}

/// The inner packet says more than the outer one holds.
#[test]
fn an_inner_packet_ends_where_the_outer_one_does() {
    let mut inner = udp((7, 53), (8, 5000), 1, b"inside");
    inner[2..4].copy_from_slice(&1000u16.to_be_bytes());
    inner[24..26].copy_from_slice(&980u16.to_be_bytes());
    let mut bytes = ipv4(protocol::IPV4, 1, 2, 1, &inner);
    bytes.extend(b"trailer");
    let decoded = raw(&bytes);
    assert_eq!((decoded.payload, decoded.payload_len), (&b"inside"[..], 6));
}

/// Reaches `ENCAPSULATIONS`: the packet stands as far as it was walked; see `limits::tests` for its
/// counter.
#[test]
fn more_encapsulations_than_are_walked_are_counted_not_followed() {
    let mut bytes = udp((7, 53), (8, 5000), 1, b"x");
    for _ in 0..ENCAPSULATIONS {
        bytes = ipv4(protocol::IPV4, 1, 2, 1, &bytes);
    }
    assert_eq!((raw(&bytes).payload, raw(&bytes).stop), (&b"x"[..], None));
    bytes = ipv4(protocol::IPV4, 1, 2, 1, &bytes);
    let decoded = raw(&bytes);
    assert_eq!(decoded.stop.unwrap().reason, Reason::TooDeep);
    assert_eq!(protocol_of(&decoded), protocol::IPV4);
}

/// Reaches `VLAN_TAGS`, `ENCAPSULATING_HEADERS` and `IP_EXTENSIONS`: likewise.
#[test]
fn other_towers_of_headers_end_too() {
    let tags: Vec<[u8; 4]> = vec![[0x81, 0, 0, 1]; VLAN_TAGS + 1];
    let frame = ethernet(&tags, 0);
    assert_eq!(decode(&packet(LinkType::ETHERNET, &frame)).stop.unwrap().reason, Reason::TooDeep);
    assert!(decode(&packet(LinkType::ETHERNET, &ethernet(&tags[1..], 0))).stop.is_none());

    let mut shims = vec![2; 12];
    shims.extend([0x89, 0x26]);
    shims.extend([0, 0, 0, 0, 0x89, 0x26].repeat(10_000));
    assert_eq!(decode(&packet(LinkType::ETHERNET, &shims)).stop.unwrap().reason, Reason::TooDeep);

    let mut ipv6 = vec![0x60, 0, 0, 0, 0xff, 0xff, 60, 64];
    ipv6.extend([0; 32]);
    ipv6.extend([60, 0, 0, 0, 0, 0, 0, 0].repeat(IP_EXTENSIONS + 1));
    assert_eq!(raw(&ipv6).stop.unwrap().reason, Reason::TooDeep);

    let headers = [51, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].repeat(IP_EXTENSIONS + 1);
    let bytes = ipv4(protocol::AUTHENTICATION, 1, 2, 1, &headers);
    assert_eq!(raw(&bytes).stop.unwrap().reason, Reason::TooDeep);
}

#[test]
fn an_authentication_header_hides_nothing() {
    let inner = udp((1, 1000), (2, 2000), 1, b"seen");
    let mut payload = vec![17, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    payload.extend([0; 12]);
    payload.extend(&inner[20..]);
    let bytes = ipv4(protocol::AUTHENTICATION, 1, 2, 1, &payload);
    let decoded = raw(&bytes);
    assert_eq!((protocol_of(&decoded), decoded.payload), (protocol::UDP, &b"seen"[..]));
}

#[test]
fn a_pseudowire_is_looked_into_with_and_without_control_word() {
    let frame = framed(&udp((1, 1000), (2, 2000), 1, b"x"));
    for control in [&[][..], &[0; 4]] {
        let bytes = [&[2; 12][..], &[0x88, 0x47, 0, 1, 1, 64], control, &frame].concat();
        let decoded = decode(&packet(LinkType::ETHERNET, &bytes));
        assert_eq!((kinds(&decoded), decoded.payload), (vec![Kind::Mpls], &b"x"[..]));
        assert_eq!(decoded.tunnel.unwrap().outer, None);
    }
}

#[test]
fn every_framing_of_ppp() {
    let ip = ip_tcp();
    for (link_type, header) in [
        (LinkType::PPP, &[0xff, 3, 0, 0x21][..]),
        (LinkType::PPP, &[0x21]),
        (LinkType::PPP_HDLC, &[0xff, 3, 0, 0x21]),
        (LinkType::PPP_HDLC, &[0x0f, 0, 8, 0]),
        (LinkType::C_HDLC, &[0x8f, 0, 8, 0]),
        (LinkType::PPP_ETHER, &[0x11, 0, 0, 1, 0, 47, 0, 0x21]),
        (LinkType::PPP_PPPD, &[0, 3, 0, 0x21]),
        (LinkType::PPP_WITH_DIR, &[1, 0xff, 3, 0, 0x21]),
        (LinkType::FRELAY, &[0x18, 0x61, 3, 0xcc]),
        (LinkType::SLIP, &[0; 16]),
    ] {
        let bytes = [header, &ip].concat();
        let decoded = decode(&packet(link_type, &bytes));
        assert_eq!((decoded.payload, decoded.stop), (&b"hello"[..], None), "{link_type:?}");
        for cut in 0..bytes.len() {
            let mut snapped = packet(link_type, &bytes[..cut]);
            snapped.wire_len = bytes.len() as u32;
            let stop = decode(&snapped).stop;
            assert!(!stop.is_some_and(|stop| stop.is_malformed()), "{link_type:?} cut at {cut}");
        }
    }
}

#[test]
fn wireless_frames_that_hold_no_packet_are_no_damage() {
    let mut frame = vec![0x08, 0x41];
    frame.resize(24, 0);
    frame.extend([1; 40]);
    let decoded = decode(&packet(LinkType::IEEE802_11, &frame));
    let stop = decoded.stop.unwrap();
    assert_eq!(stop.reason, Reason::Unreadable("802.11 frame is encrypted"));
    assert!(!stop.is_malformed());
}

#[test]
fn of_aggregated_units_the_first_is_read_and_the_others_are_counted() {
    let unit = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ip_tcp()].concat();
    let mut frame = vec![0x88, 0x01];
    frame.resize(24, 0);
    frame.extend([0x80, 0]);
    for _ in 0..3 {
        frame.extend([2; 12]);
        frame.extend((unit.len() as u16).to_be_bytes());
        frame.extend(&unit);
        frame.resize((frame.len() - 26).next_multiple_of(4) + 26, 0);
    }
    let decoded = decode(&packet(LinkType::IEEE802_11, &frame));
    assert_eq!((decoded.payload, decoded.skipped), (&b"hello"[..], 2));
}

#[test]
fn a_segment_routed_packet_is_for_its_last_segment() {
    let mut bytes = vec![0x60, 0, 0, 0, 0, 40 + 8, 43, 64];
    bytes.extend([1; 32]);
    bytes.extend([17, 4, 4, 1, 1, 0, 0, 0]);
    bytes.extend([9; 16]);
    bytes.extend([1; 16]);
    bytes.extend([0, 53, 0, 54, 0, 8, 0, 0]);
    let decoded = raw(&bytes);
    assert_eq!(decoded.network.unwrap().destination, Address::v6([9; 16]));
    assert_eq!(protocol_of(&decoded), protocol::UDP);
}

#[test]
fn a_first_fragment_names_ports_and_keeps_its_payload_whole() {
    let mut bytes = udp((1, 1000), (2, 4789), 1, &vxlan(&framed(&ip_tcp())));
    bytes[6] = 0x20;
    let decoded = raw(&bytes);
    assert_eq!(decoded.transport.unwrap().ports(), Some((1000, 4789)));
    assert_eq!((decoded.payload, decoded.tunnel), (&bytes[20..], None));
    let rest = decode_datagram(&decoded, protocol::UDP, decoded.payload, decoded.payload_len);
    assert_eq!((kinds(&rest), rest.payload), (vec![Kind::Vxlan], &b"hello"[..]));
}

#[test]
fn a_fragment_too_short_for_its_transport_header_is_no_damage() {
    let mut bytes = ipv4(protocol::TCP, 1, 2, 1, &[3, 232, 0, 80, 0, 0, 0, 9]);
    bytes[6] = 0x20;
    let decoded = raw(&bytes);
    assert_eq!(decoded.transport.unwrap().ports(), Some((1000, 80)));
    assert!(decoded.stop.is_none());
}
