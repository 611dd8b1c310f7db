//! What IPv4 and IPv6 share: addresses and protocol numbers.

use core::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IP protocol numbers (IANA "Assigned Internet Protocol Numbers").
pub mod protocol {
    /// IPv6 hop-by-hop options.
    pub const HOP_BY_HOP: u8 = 0;
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// IPv4 in IP.
    pub const IPV4: u8 = 4;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// IPv6 in IP.
    pub const IPV6: u8 = 41;
    /// IPv6 routing header.
    pub const ROUTING: u8 = 43;
    /// IPv6 fragment header.
    pub const FRAGMENT: u8 = 44;
    /// GRE.
    pub const GRE: u8 = 47;
    /// Encapsulating security payload.
    pub const ESP: u8 = 50;
    /// Authentication header.
    pub const AUTHENTICATION: u8 = 51;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// IPv6: nothing follows.
    pub const NO_NEXT: u8 = 59;
    /// IPv6 destination options.
    pub const DESTINATION: u8 = 60;
    /// Ethernet in IP (RFC 3378).
    pub const ETHER_IP: u8 = 97;
    /// SCTP.
    pub const SCTP: u8 = 132;
    /// IPv6 mobility header.
    pub const MOBILITY: u8 = 135;
    /// MPLS in IP (RFC 4023).
    pub const MPLS: u8 = 137;
    /// Ethernet in a segment routing header (RFC 8986).
    pub const ETHERNET: u8 = 143;

    /// Whether packets of `kind` say more than their addresses who they belong to: ports, or the
    /// type of a message.
    #[inline]
    pub fn has_ports(kind: u8) -> bool {
        matches!(kind, TCP | UDP | SCTP | ICMP | ICMPV6)
    }
}

/// An IPv4 or IPv6 address in 17 bytes without padding, so that a flow key stays small.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// False: the first four octets are an IPv4 address, the others are zero.
    v6: bool,
    octets: [u8; 16],
}

impl Address {
    /// An IPv4 address.
    #[inline]
    pub fn v4(octets: [u8; 4]) -> Self {
        let mut all = [0; 16];
        all[..4].copy_from_slice(&octets);
        Self { v6: false, octets: all }
    }
    /// An IPv6 address.
    #[inline]
    pub fn v6(octets: [u8; 16]) -> Self {
        Self { v6: true, octets }
    }
    /// Four or sixteen octets in network order.
    #[inline]
    pub fn octets(&self) -> &[u8] {
        if self.v6 { &self.octets } else { &self.octets[..4] }
    }
    /// All sixteen octets (IPv4 in the first four), for hashing.
    #[inline]
    pub fn raw(&self) -> &[u8; 16] {
        &self.octets
    }
    /// Whether this is an IPv6 address.
    #[inline]
    pub fn is_v6(&self) -> bool {
        self.v6
    }
    /// An address of the machine itself (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
    pub fn is_loopback(&self) -> bool {
        match self.octets() {
            [first, _, _, _] => *first == 127,
            all => all[..15].iter().all(|octet| *octet == 0) && all[15] == 1,
        }
    }
    /// Multicast or IPv4 limited broadcast: never the source of a conversation.
    pub fn is_group(&self) -> bool {
        match self.octets() {
            [255, 255, 255, 255] => true,
            [first, _, _, _] => (224..240).contains(first),
            all => all[0] == 0xff,
        }
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::v4(address.octets()),
            IpAddr::V6(address) => Self::v6(address.octets()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v6 {
            write!(f, "{}", Ipv6Addr::from(self.octets))
        } else {
            let [a, b, c, d, ..] = self.octets;
            write!(f, "{}", Ipv4Addr::new(a, b, c, d))
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
