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
    /// IPv6.
    Ipv6,
    /// IPv6 extension header.
    Ipv6Extension,
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
    /// 802.2 LLC, with SNAP.
    Llc,
    /// A tag between an EtherType and the next one: VN-Tag, E-Tag, 802.1ah, HSR.
    Shim,
    /// MPLS label stack.
    Mpls,
    /// Control word of a pseudowire.
    ControlWord,
    /// PPP over Ethernet.
    Pppoe,
    /// PPP.
    Ppp,
    /// Cisco HDLC.
    CiscoHdlc,
    /// Frame Relay.
    FrameRelay,
    /// Serial line IP.
    Slip,
    /// Netfilter log.
    Nflog,
    /// Radiotap.
    Radiotap,
    /// Prism or AVS header.
    Prism,
    /// Per-packet information.
    Ppi,
    /// 802.11.
    Wlan,
    /// Authentication header.
    Authentication,
    /// GRE.
    Gre,
    /// ERSPAN.
    Erspan,
    /// Ethernet in IP.
    EtherIp,
    /// VXLAN.
    Vxlan,
    /// Network service header.
    Nsh,
    /// Geneve.
    Geneve,
    /// GTP-U.
    Gtp,
    /// Teredo.
    Teredo,
    /// L2TP.
    L2tp,
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
            Self::Ipv6 | Self::Ipv6Extension => "IPv6",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
            Self::Link => "link layer",
            Self::Llc => "LLC",
            Self::Shim => "Tag",
            Self::Mpls => "MPLS",
            Self::ControlWord => "Pseudowire control word",
            Self::Pppoe => "PPPoE",
            Self::Ppp => "PPP",
            Self::CiscoHdlc => "Cisco HDLC",
            Self::FrameRelay => "Frame Relay",
            Self::Slip => "SLIP",
            Self::Nflog => "NFLOG",
            Self::Radiotap => "Radiotap",
            Self::Prism => "Prism",
            Self::Ppi => "PPI",
            Self::Wlan => "802.11",
            Self::Authentication => "Authentication Header",
            Self::Gre => "GRE",
            Self::Erspan => "ERSPAN",
            Self::EtherIp => "EtherIP",
            Self::Vxlan => "VXLAN",
            Self::Nsh => "NSH",
            Self::Geneve => "Geneve",
            Self::Gtp => "GTP-U",
            Self::Teredo => "Teredo",
            Self::L2tp => "L2TP",
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
    /// The payload cannot be read, for this reason: it is encrypted, or not complete.
    Unreadable(&'static str),
    /// More headers of this kind than are walked, see [`crate::limits`].
    TooDeep,
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
            Reason::Unreadable(what) => write!(f, "{name} at byte {at}: {what}"),
            Reason::TooDeep => write!(f, "{name} at byte {at}: more headers than are walked"),
            Reason::NotDecoded { kind } => {
                write!(f, "{name} at byte {at}: type {kind:#06x} is not decoded")
            }
        }
    }
}
