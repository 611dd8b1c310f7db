//! Packets in, layers out.

mod real;
mod tunnels;

use super::*;
use crate::packet::{InterfaceId, LinkType};
use crate::wire::protocol;

fn packet(link_type: LinkType, data: &[u8]) -> Packet<'_> {
    Packet { time: 0, interface: InterfaceId(0), link_type, wire_len: data.len() as u32, data }
}

/// 10.0.0.1:1000 → 10.0.0.2:80, "hello", as raw IP.
fn ip_tcp() -> Vec<u8> {
    let mut bytes = vec![0x45, 0, 0, 45, 0, 7, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    bytes.extend([3, 232, 0, 80, 0, 0, 0, 9, 0, 0, 0, 5, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
    bytes.extend(b"hello");
    bytes
}

fn ethernet(tags: &[[u8; 4]], padding: usize) -> Vec<u8> {
    let mut frame = vec![0u8; 12];
    for tag in tags {
        frame.extend(tag);
    }
    frame.extend([8, 0]);
    frame.extend(ip_tcp());
    frame.extend(vec![0xee; padding]);
    frame
}

#[test]
fn padding_is_not_payload() {
    let frame = ethernet(&[], 6);
    let decoded = decode(&packet(LinkType::ETHERNET, &frame));
    assert_eq!((decoded.payload, decoded.payload_len), (&b"hello"[..], 5));
    assert!(decoded.stop.is_none());
    assert!(matches!(
        decoded.transport,
        Some(Transport::Tcp { source_port: 1000, destination_port: 80, sequence: 9, .. })
    ));
}

#[test]
fn stacked_tags_give_the_inner_vlan() {
    let frame = ethernet(&[[0x88, 0xa8, 0, 5], [0x81, 0, 0, 7]], 0);
    let decoded = decode(&packet(LinkType::ETHERNET, &frame));
    assert_eq!((decoded.vlan, decoded.payload), (Some(7), &b"hello"[..]));
}

#[test]
fn a_snapped_packet_keeps_its_wire_length() {
    let bytes = ip_tcp();
    let mut cut = packet(LinkType::RAW, &bytes[..42]);
    cut.wire_len = bytes.len() as u32;
    let decoded = decode(&cut);
    assert_eq!((decoded.payload, decoded.payload_len), (&b"he"[..], 5));
    cut.data = &bytes[..30];
    let stop = decode(&cut).stop.unwrap();
    assert!(matches!(stop.reason, Reason::Truncated { needed: 20, had: 10 }));
    assert!(!stop.is_malformed());
}

#[test]
fn a_packet_that_ends_early_is_malformed() {
    let mut bytes = ip_tcp();
    bytes[3] = 30;
    let stop = decode(&packet(LinkType::RAW, &bytes)).stop.unwrap();
    assert_eq!(stop.layer, Layer::Tcp);
    assert!(stop.is_malformed());
}

#[test]
fn every_cut_of_every_link_type_is_survived() {
    let frame = ethernet(&[[0x81, 0, 0, 7]], 0);
    for link in [0, 1, 12, 101, 108, 113, 228, 229, 276, 999] {
        for cut in 0..frame.len() {
            let mut p = packet(LinkType(link), &frame[..cut]);
            p.wire_len = frame.len() as u32;
            let decoded = decode(&p);
            assert!(decoded.payload.len() <= decoded.payload_len.max(cut));
        }
    }
}

/// A header that states 44 kB in a frame of 45 bytes: nothing is missing from the capture.
#[test]
fn a_stated_length_beyond_the_frame_is_not_believed() {
    let mut bytes = ip_tcp();
    bytes[2..4].copy_from_slice(&44_716u16.to_be_bytes());
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    assert_eq!((decoded.payload, decoded.payload_len), (&b"hello"[..], 5));
}

#[test]
fn later_fragments_have_no_ports() {
    let mut bytes = ip_tcp();
    bytes[7] = 2;
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    assert!(decoded.transport.is_none() && decoded.stop.is_none());
    assert_eq!(decoded.network.unwrap().fragment.unwrap().offset, 16);
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let mut bytes = vec![0x60, 0, 0, 0, 0, 16 + 8 + 3, 0, 64];
    bytes.extend([0; 32]);
    bytes.extend([60, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([17, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0, 53, 0, 54, 0, 11, 0, 0]);
    bytes.extend(b"abc");
    let decoded = decode(&packet(LinkType::IPV6, &bytes));
    assert_eq!(decoded.payload, b"abc");
    assert_eq!(decoded.network.unwrap().protocol, protocol::UDP);
}
