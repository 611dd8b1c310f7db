//! What the engine is fed: one captured packet.

/// The link-layer type of a packet, as registered for pcap files (LINKTYPE_ values,
/// <https://www.tcpdump.org/linktypes.html>). Unknown numbers are kept, so that a message
/// can name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a four-byte address family in host byte order.
    pub const NULL: Self = Self(0);
    /// IEEE 802.3 Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Serial line IP, behind a header of 16 bytes.
    pub const SLIP: Self = Self(8);
    /// PPP, with or without its framing.
    pub const PPP: Self = Self(9);
    /// Raw IP, as DLT_RAW was numbered on most systems before LINKTYPE_RAW.
    pub const RAW_DLT: Self = Self(12);
    /// PPP in HDLC-like framing, or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, from the PPPoE header on.
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC, or PPP in HDLC-like framing.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11 without a header of the driver's.
    pub const IEEE802_11: Self = Self(105);
    /// Frame Relay.
    pub const FRELAY: Self = Self(107);
    /// OpenBSD loopback: a four-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture v1.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 behind a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// IEEE 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// IEEE 802.11 behind an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// PPP of which the address byte says the direction.
    pub const PPP_PPPD: Self = Self(166);
    /// A packet behind per-packet information that names its link type.
    pub const PPI: Self = Self(192);
    /// PPP behind a byte that says the direction.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Packets logged by Linux netfilter.
    pub const NFLOG: Self = Self(239);
    /// Linux cooked capture v2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The registered name, or `None` for a type this engine does not decode.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL => "NULL",
            Self::ETHERNET => "ETHERNET",
            Self::SLIP => "SLIP",
            Self::PPP => "PPP",
            Self::PPP_HDLC => "PPP_HDLC",
            Self::PPP_ETHER => "PPP_ETHER",
            Self::RAW_DLT | Self::RAW => "RAW",
            Self::C_HDLC => "C_HDLC",
            Self::IEEE802_11 => "IEEE802_11",
            Self::FRELAY => "FRELAY",
            Self::LOOP => "LOOP",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IEEE802_11_PRISM => "IEEE802_11_PRISM",
            Self::IEEE802_11_RADIOTAP => "IEEE802_11_RADIOTAP",
            Self::IEEE802_11_AVS => "IEEE802_11_AVS",
            Self::PPP_PPPD => "PPP_PPPD",
            Self::PPI => "PPI",
            Self::PPP_WITH_DIR => "PPP_WITH_DIR",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::NFLOG => "NFLOG",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

/// Names one capture interface within an engine; made by `Engine::add_interface`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct InterfaceId(pub u16);

/// One packet as captured. The bytes are borrowed: the engine copies only what it must keep.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Capture time, nanoseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Where it was captured.
    pub interface: InterfaceId,
    /// How to read the first byte of `data`.
    pub link_type: LinkType,
    /// Length on the wire, in bytes; at least `data.len()` unless the capture file is wrong.
    pub wire_len: u32,
    /// The captured bytes, from the link-layer header on.
    pub data: &'a [u8],
}
