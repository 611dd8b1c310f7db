//! What carried a packet: the encapsulations around its innermost IP header.

use core::fmt;

use super::Address;
use crate::limits::ENCAPSULATIONS;

/// A protocol that carries packets of another network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// MPLS label stack (RFC 3032).
    Mpls,
    /// PPP over Ethernet (RFC 2516).
    Pppoe,
    /// Provider backbone bridging, 802.1ah.
    Pbb,
    /// GRE (RFC 2784, RFC 2890).
    Gre,
    /// GRE version 1, as PPTP uses it (RFC 2637).
    Pptp,
    /// ERSPAN in GRE, types I to III.
    Erspan,
    /// IPv4 in IPv4 (RFC 2003).
    IpIp,
    /// IPv6 in IPv4 (RFC 4213).
    SixInFour,
    /// IPv4 in IPv6 (RFC 2473).
    FourInSix,
    /// IPv6 in IPv6 (RFC 2473).
    SixInSix,
    /// Ethernet behind a segment routing header (RFC 8986).
    SegmentRouted,
    /// Ethernet in IP (RFC 3378).
    EtherIp,
    /// VXLAN (RFC 7348).
    Vxlan,
    /// VXLAN with a protocol field (draft-ietf-nvo3-vxlan-gpe).
    VxlanGpe,
    /// Network service header (RFC 8300).
    Nsh,
    /// Geneve (RFC 8926).
    Geneve,
    /// GTP-U version 1 (3GPP TS 29.281).
    Gtp,
    /// Teredo (RFC 4380).
    Teredo,
    /// L2TP version 2 (RFC 2661).
    L2tp,
}

impl Kind {
    /// Its name in the `tunnel` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mpls => "mpls",
            Self::Pppoe => "pppoe",
            Self::Pbb => "pbb",
            Self::Gre => "gre",
            Self::Pptp => "pptp",
            Self::Erspan => "erspan",
            Self::IpIp => "ipip",
            Self::SixInFour => "6in4",
            Self::FourInSix => "4in6",
            Self::SixInSix => "6in6",
            Self::SegmentRouted => "srv6",
            Self::EtherIp => "etherip",
            Self::Vxlan => "vxlan",
            Self::VxlanGpe => "vxlan-gpe",
            Self::Nsh => "nsh",
            Self::Geneve => "geneve",
            Self::Gtp => "gtp",
            Self::Teredo => "teredo",
            Self::L2tp => "l2tp",
        }
    }
}

/// The encapsulations of a packet. Displays as in the `tunnel` column: names, outermost first,
/// joined by `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tunnel {
    kinds: [Option<Kind>; ENCAPSULATIONS],
    /// The innermost identifier that one of them has: VNI, GRE key, PPTP call, ERSPAN session,
    /// PPPoE session, TEID, L2TP session, service path or MPLS label.
    pub id: Option<u32>,
    /// Source and destination of the outermost IP header, if one stands outside the innermost.
    pub outer: Option<(Address, Address)>,
}

impl Tunnel {
    /// The encapsulations, outermost first.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds.iter().flatten().copied()
    }

    /// Adds an encapsulation inside the others; false if there is no room for it.
    pub(super) fn push(&mut self, kind: Kind, id: Option<u32>) -> bool {
        let Some(free) = self.kinds.iter_mut().find(|slot| slot.is_none()) else { return false };
        *free = Some(kind);
        self.id = id.or(self.id);
        true
    }
}

impl fmt::Display for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, kind) in self.kinds().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            f.write_str(kind.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_the_outside_in_and_the_innermost_identifier() {
        let mut tunnel = Tunnel::default();
        assert!(tunnel.push(Kind::Mpls, Some(16)));
        assert!(tunnel.push(Kind::Vxlan, Some(42)));
        assert!(tunnel.push(Kind::IpIp, None));
        assert_eq!((tunnel.to_string().as_str(), tunnel.id), ("mpls/vxlan/ipip", Some(42)));
    }

    #[test]
    fn a_full_stack_refuses_more() {
        let mut tunnel = Tunnel::default();
        assert!((0..ENCAPSULATIONS).all(|_| tunnel.push(Kind::Gre, None)));
        assert!(!tunnel.push(Kind::Vxlan, Some(1)));
        assert_eq!(tunnel.id, None);
    }
}
