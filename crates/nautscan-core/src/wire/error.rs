//! Why decoding stopped: the layer, where, and what was wrong.

use core::fmt;

/// A protocol layer, as errors and dissections name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// BSD loopback header.
    Null,
    /// Ethernet II or 802.3.
    Ethernet,
    /// 802.1Q or 802.1ad tag.
    Vlan,
    /// Linux cooked capture v1.
    LinuxSll,
    /// Linux cooked capture v2.
    LinuxSll2,
    /// ARP.
    Arp,
    /// IPv4.
    Ipv4,
    /// IPv6 with its extension headers.
    Ipv6,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// ICMPv6.
    Icmpv6,
    /// The capture's link type as such.
    Link,
}

impl Layer {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "Null/Loopback",
            Self::Ethernet => "Ethernet",
            Self::Vlan => "802.1Q",
            Self::LinuxSll => "Linux cooked v1",
            Self::LinuxSll2 => "Linux cooked v2",
            Self::Arp => "ARP",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
            Self::Link => "link layer",
        }
    }
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The capture cut the packet (snap length) inside this header.
    Truncated {
        /// Bytes the header needs.
        needed: usize,
        /// Bytes there were.
        had: usize,
    },
    /// The packet itself ends inside this header: malformed by its sender.
    TooShort {
        /// Bytes the header needs.
        needed: usize,
        /// Bytes there were.
        had: usize,
    },
    /// A field has a value that the protocol forbids.
    Invalid(&'static str),
    /// The payload is of a kind that this engine does not decode.
    NotDecoded {
        /// What names the payload: an EtherType, an IP protocol number, a link type.
        kind: u32,
    },
}

/// Where and why decoding stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The layer that could not be read.
    pub layer: Layer,
    /// Its offset from the first captured byte.
    pub offset: usize,
    /// Why.
    pub reason: Reason,
}

impl Stop {
    /// Whether the packet is malformed, as opposed to cut by the capture or of another kind.
    pub fn is_malformed(&self) -> bool {
        matches!(self.reason, Reason::TooShort { .. } | Reason::Invalid(_))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, at) = (self.layer.name(), self.offset);
        match self.reason {
            Reason::Truncated { needed, had } => {
                write!(f, "{name} at byte {at}: capture cut the packet, {had} of {needed} bytes")
            }
            Reason::TooShort { needed, had } => {
                write!(f, "{name} at byte {at}: packet ends early, {had} of {needed} bytes")
            }
            Reason::Invalid(what) => write!(f, "{name} at byte {at}: {what}"),
            Reason::NotDecoded { kind } => {
                write!(f, "{name} at byte {at}: type {kind:#06x} is not decoded")
            }
        }
    }
}
