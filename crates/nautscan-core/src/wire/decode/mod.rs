//! Walks the layers of one packet, lax: keeps what parsed, and why it stopped.
//!
//! What most packets are (Ethernet, IP, TCP or UDP) is decoded inline; encapsulations are out
//! of line and cost other packets a comparison.

mod encapsulation;
mod ip;
mod link;
#[cfg(test)]
mod tests;
mod transport;

use super::encap::Fault;
use super::{Address, Layer, Reason, Stop, Tunnel};
use crate::packet::Packet;

/// A fragment of an IP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Identification, the same in all fragments of a packet.
    pub id: u32,
    /// Where this one's payload stands in the whole, in bytes.
    pub offset: usize,
    /// Whether others follow.
    pub more: bool,
    /// Type of the first byte of the whole payload, as this fragment states it.
    pub protocol: u8,
}

/// The network layer.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Sender; in IPv6 its home address where the packet states one (RFC 6275 section 6.3).
    pub source: Address,
    /// Receiver; in IPv6 the last one of a routing header (RFC 8200 section 8.1, RFC 8754).
    pub destination: Address,
    /// Protocol of the payload, extension headers stepped over.
    pub protocol: u8,
    /// IPv4 identification (0 for IPv6): tells a retransmission from a second sighting.
    pub identification: u16,
    /// Set if the packet is a fragment.
    pub fragment: Option<Fragment>,
}

/// The transport layer.
#[derive(Debug, Clone, Copy)]
pub enum Transport<'a> {
    /// TCP.
    Tcp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Sequence number.
        sequence: u32,
        /// Acknowledgement number.
        acknowledgement: u32,
        /// Control bits, see [`super::tcp::flag`].
        flags: u8,
        /// Window, not scaled.
        window: u16,
        /// Options, padding included.
        options: &'a [u8],
    },
    /// UDP.
    Udp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
    },
    /// SCTP; or TCP or UDP of which only the ports were captured or well-formed.
    Ports {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
    },
    /// ICMP or ICMPv6.
    Icmp {
        /// Message type.
        kind: u8,
        /// Message code.
        code: u8,
    },
}

impl Transport<'_> {
    /// Source and destination port, for what has ports.
    #[inline]
    pub fn ports(&self) -> Option<(u16, u16)> {
        match *self {
            Self::Tcp { source_port, destination_port, .. }
            | Self::Udp { source_port, destination_port }
            | Self::Ports { source_port, destination_port } => {
                Some((source_port, destination_port))
            }
            Self::Icmp { .. } => None,
        }
    }
}

/// What a packet held: of the innermost IP packet that was reached.
#[derive(Debug, Clone, Copy)]
pub struct Decoded<'a> {
    /// Innermost VLAN identifier.
    pub vlan: Option<u16>,
    /// Which of the capturing host's own devices or directions, for cooked captures: the same
    /// packet is seen there once for each. 0 otherwise.
    pub point: u32,
    /// What carried the packet, if not the link layer alone.
    pub tunnel: Option<Tunnel>,
    /// Aggregated 802.11 units beyond the first, which are not decoded.
    pub skipped: u16,
    /// The network layer, if it parsed.
    pub network: Option<Network>,
    /// The transport layer, if it parsed.
    pub transport: Option<Transport<'a>>,
    /// Transport payload, as far as it was captured. Without a transport header, and of a
    /// fragment, the IP payload.
    pub payload: &'a [u8],
    /// Length of that payload on the wire.
    pub payload_len: usize,
    /// Why decoding ended before the innermost transport payload.
    pub stop: Option<Stop>,
}

/// A header that was walked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub layer: Layer,
    /// Its offset from the first captured byte.
    pub offset: usize,
    /// Its length.
    pub len: usize,
}

/// Is told of every header that is walked over.
trait Trace {
    fn header(&mut self, layer: Layer, offset: usize, len: usize);
}

/// Nobody asks.
impl Trace for () {
    #[inline(always)]
    fn header(&mut self, _: Layer, _: usize, _: usize) {}
}

impl Trace for Vec<Step> {
    fn header(&mut self, layer: Layer, offset: usize, len: usize) {
        self.push(Step { layer, offset, len });
    }
}

/// Decodes `packet` as far as it can be.
#[inline]
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    let mut out = Decoded::default();
    if let Err(stop) = Walk::new(packet, (), &mut out).link(packet.link_type) {
        out.stop = Some(stop);
    }
    out
}

/// As [`decode`], with the headers that were walked over.
pub fn decode_steps<'a>(packet: &Packet<'a>) -> (Decoded<'a>, Vec<Step>) {
    let mut out = Decoded::default();
    let mut walk = Walk::new(packet, Vec::new(), &mut out);
    let (ended, steps) = (walk.link(packet.link_type), walk.trace);
    out.stop = ended.err();
    (out, steps)
}

/// Decodes the payload of an IP packet that came as the fragment `of` and others: `data` of
/// `wire_len` bytes, of type `protocol`. Of the first fragment alone it decodes what there is.
pub fn decode_datagram<'a>(
    of: &Decoded<'_>,
    protocol: u8,
    data: &'a [u8],
    wire_len: usize,
) -> Decoded<'a> {
    let (vlan, point, tunnel) = (of.vlan, of.point, of.tunnel);
    let mut out = Decoded { vlan, point, tunnel, ..Decoded::default() };
    let Some(network) = of.network else { return out };
    let network = Network { fragment: None, protocol, ..network };
    let mut walk = Walk { data, wire_len, headers: 0, trace: (), out: &mut out };
    out.stop = walk.ip_payload(network, 0, wire_len).err();
    out
}

impl Default for Decoded<'_> {
    #[inline]
    fn default() -> Self {
        Self {
            vlan: None,
            point: 0,
            tunnel: None,
            skipped: 0,
            network: None,
            transport: None,
            payload: &[],
            payload_len: 0,
            stop: None,
        }
    }
}

/// A packet being decoded. `data` and `wire_len` end where the innermost packet ends that was
/// entered so far; offsets count from the first captured byte throughout. What it finds is written
/// where the caller has it: moved, it would be copied for every packet.
struct Walk<'w, 'a, T> {
    data: &'a [u8],
    wire_len: usize,
    /// Encapsulating headers so far.
    headers: u8,
    trace: T,
    out: &'w mut Decoded<'a>,
}

impl<'w, 'a, T: Trace> Walk<'w, 'a, T> {
    #[inline]
    fn new(packet: &Packet<'a>, trace: T, out: &'w mut Decoded<'a>) -> Self {
        Self {
            data: packet.data,
            wire_len: (packet.wire_len as usize).max(packet.data.len()),
            headers: 0,
            trace,
            out,
        }
    }

    /// Bytes ran out at `offset`: whether by the snap length or by the sender's fault.
    #[cold]
    fn short(&self, layer: Layer, offset: usize, needed: usize) -> Stop {
        let had = self.data.len().saturating_sub(offset);
        let reason = if self.data.len() < self.wire_len {
            Reason::Truncated { needed, had }
        } else {
            Reason::TooShort { needed, had }
        };
        Stop { layer, offset: offset.min(self.data.len()), reason }
    }

    #[cold]
    fn fault(&self, layer: Layer, offset: usize, fault: Fault) -> Stop {
        let reason = match fault {
            Fault::Short(needed) => return self.short(layer, offset, needed),
            Fault::Invalid(what) => Reason::Invalid(what),
            Fault::Unreadable(what) => Reason::Unreadable(what),
            Fault::TooDeep => Reason::TooDeep,
        };
        Stop { layer, offset: offset.min(self.data.len()), reason }
    }

    #[inline]
    fn from(&self, offset: usize) -> &'a [u8] {
        self.data.get(offset..).unwrap_or_default()
    }

    /// What follows ends at `end`, if that is before the end of the packet around it.
    fn bound(&mut self, end: usize) {
        if end < self.wire_len {
            self.wire_len = end;
            self.data = &self.data[..end.min(self.data.len())];
        }
    }
}
