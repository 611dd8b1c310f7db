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

/// A packet of raw IP.
pub(crate) fn raw(time: i64, interface: InterfaceId, data: &[u8]) -> Packet<'_> {
    Packet { time, interface, link_type: LinkType::RAW, wire_len: data.len() as u32, data }
}
