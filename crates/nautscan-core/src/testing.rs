//! Packets for tests.

use crate::packet::{InterfaceId, LinkType, Packet};

/// One TCP segment between 10.0.0.1 (odd ports are anybody's) and 10.0.0.2, as raw IPv4.
pub(crate) struct Tcp {
    pub(crate) from: (u8, u16),
    pub(crate) to: (u8, u16),
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) flags: u8,
    pub(crate) payload: &'static [u8],
}

impl Tcp {
    /// The bytes from the IPv4 header on; `id` goes into the identification field.
    pub(crate) fn bytes(&self, id: u16) -> Vec<u8> {
        let mut tcp = Vec::new();
        tcp.extend(self.from.1.to_be_bytes());
        tcp.extend(self.to.1.to_be_bytes());
        tcp.extend(self.sequence.to_be_bytes());
        tcp.extend(self.acknowledgement.to_be_bytes());
        tcp.extend([0x50, self.flags, 0x10, 0, 0, 0, 0, 0]);
        tcp.extend(self.payload);
        ipv4(6, self.from.0, self.to.0, id, &tcp)
    }
}

/// An IPv4 packet from 10.0.0.`from` to 10.0.0.`to`.
pub(crate) fn ipv4(protocol: u8, from: u8, to: u8, id: u16, payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend([0, 0, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
    bytes.extend(payload);
    bytes
}

/// A UDP datagram likewise.
pub(crate) fn udp(from: (u8, u16), to: (u8, u16), id: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(from.1.to_be_bytes());
    bytes.extend(to.1.to_be_bytes());
    bytes.extend(((8 + payload.len()) as u16).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    ipv4(17, from.0, to.0, id, &bytes)
}

/// An Ethernet frame with an IPv4 packet in it.
pub(crate) fn framed(ip: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &[8, 0], ip].concat()
}

/// A VXLAN header, network 42, in front of a frame.
pub(crate) fn vxlan(frame: &[u8]) -> Vec<u8> {
    [&[8, 0, 0, 0, 0, 0, 42, 0][..], frame].concat()
}

/// The fragment of an IPv4 packet with a header of 20 bytes that has `range` of its payload.
pub(crate) fn fragment(packet: &[u8], range: core::ops::Range<usize>) -> Vec<u8> {
    let mut bytes = packet[..20].to_vec();
    let end = range.end.min(packet.len() - 20);
    let more = if end < packet.len() - 20 { 0x2000 } else { 0 };
    bytes.extend(&packet[20 + range.start..20 + end]);
    let total = bytes.len() as u16;
    bytes[2..4].copy_from_slice(&total.to_be_bytes());
    bytes[6..8].copy_from_slice(&(more | (range.start / 8) as u16).to_be_bytes());
    bytes
}

/// A fragment of an IPv6 packet between ::1 and ::2: `protocol` at the start of the whole.
pub(crate) fn fragment_v6(
    protocol: u8,
    id: u32,
    offset: usize,
    more: bool,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(((payload.len() + 8) as u16).to_be_bytes());
    bytes.extend([44, 64]);
    bytes.extend(core::net::Ipv6Addr::from(1u128).octets());
    bytes.extend(core::net::Ipv6Addr::from(2u128).octets());
    bytes.extend([protocol, 0]);
    bytes.extend((offset as u16 | u16::from(more)).to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A packet of raw IP.
pub(crate) fn raw(time: i64, interface: InterfaceId, data: &[u8]) -> Packet<'_> {
    Packet { time, interface, link_type: LinkType::RAW, wire_len: data.len() as u32, data }
}
