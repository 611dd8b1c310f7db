//! What kind of link an interface is: pure functions of what the system says.

/// Kinds of link that matter for choosing and for naming.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkKind {
    /// A network card.
    Physical,
    /// A wireless card.
    Wireless,
    /// The machine to itself.
    Loopback,
    /// A software bridge: `docker0`, `br-…`.
    Bridge,
    /// One end of a pair, the other one usually in a container.
    Veth,
    /// Several cards as one.
    Bond,
    /// A VLAN on another interface.
    Vlan,
    /// A macvlan or ipvlan on another interface.
    Macvlan,
    /// A VXLAN, GRE or other tunnel of Ethernet frames.
    Overlay,
    /// A tunnel that a process has the other end of: VPNs, virtual machines.
    Tun,
    /// WireGuard.
    Wireguard,
    /// An IP tunnel of the system's own: IPIP, SIT, GRE, 6to4.
    Tunnel,
    /// Device to device, beside the network: AWDL, Wi-Fi Direct.
    PeerToPeer,
    /// All interfaces at once.
    Any,
    /// Not a network: USB, Bluetooth, D-Bus and netfilter logs.
    Pseudo,
    /// Another link made by software: dummy, ifb.
    Virtual,
    /// The system does not say.
    #[default]
    Unknown,
}

impl LinkKind {
    /// Stable name, for programs and people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Wireless => "wireless",
            Self::Loopback => "loopback",
            Self::Bridge => "bridge",
            Self::Veth => "veth",
            Self::Bond => "bond",
            Self::Vlan => "vlan",
            Self::Macvlan => "macvlan",
            Self::Overlay => "overlay",
            Self::Tun => "tun",
            Self::Wireguard => "wireguard",
            Self::Tunnel => "tunnel",
            Self::PeerToPeer => "peer_to_peer",
            Self::Any => "any",
            Self::Pseudo => "pseudo",
            Self::Virtual => "virtual",
            Self::Unknown => "unknown",
        }
    }
}

/// What `/sys/class/net/NAME` says of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkFacts {
    /// The interface's name.
    pub name: String,
    /// `type`: ARPHRD number.
    pub hardware_type: Option<u32>,
    /// `DEVTYPE` of `uevent`.
    pub device_type: Option<String>,
    /// `device` exists: there is hardware, or a virtual machine's idea of it.
    pub has_device: bool,
    /// `bridge` exists.
    pub has_bridge: bool,
    /// `bonding` exists.
    pub has_bonding: bool,
    /// `tun_flags` exists.
    pub has_tun_flags: bool,
    /// `wireless` or `phy80211` exists.
    pub has_wireless: bool,
    /// `ifindex`.
    pub index: Option<u32>,
    /// `iflink`: number of the link beneath, or of the other end.
    pub link_index: Option<u32>,
}

const ARPHRD_LOOPBACK: u32 = 772;
/// IPIP, IPv6 in IPv6, SIT, GRE, GRE over IPv6: tunnels of packets.
const ARPHRD_TUNNELS: [u32; 5] = [768, 769, 776, 778, 823];

/// Classifies a Linux link.
///
/// The kernel names the kind of most software links in `DEVTYPE`, but not of veth. A veth is
/// known by its other end's number; in another namespace that number can by chance equal its own,
/// so the name `veth…`, which Docker uses, counts too.
pub fn classify(facts: &LinkFacts) -> LinkKind {
    if facts.hardware_type == Some(ARPHRD_LOOPBACK) {
        return LinkKind::Loopback;
    }
    match facts.device_type.as_deref() {
        Some("bridge") => return LinkKind::Bridge,
        Some("bond") => return LinkKind::Bond,
        Some("vlan") => return LinkKind::Vlan,
        Some("wlan") => return LinkKind::Wireless,
        Some("wireguard") => return LinkKind::Wireguard,
        Some("macvlan" | "macvtap" | "ipvlan" | "ipvtap") => return LinkKind::Macvlan,
        Some("vxlan" | "geneve" | "gre" | "gretap" | "ip6gre" | "ip6gretap") => {
            return LinkKind::Overlay;
        }
        _ => {}
    }
    match facts {
        LinkFacts { has_bridge: true, .. } => LinkKind::Bridge,
        LinkFacts { has_bonding: true, .. } => LinkKind::Bond,
        LinkFacts { has_tun_flags: true, .. } => LinkKind::Tun,
        LinkFacts { has_wireless: true, .. } => LinkKind::Wireless,
        LinkFacts { has_device: true, .. } => LinkKind::Physical,
        _ if facts.hardware_type.is_some_and(|kind| ARPHRD_TUNNELS.contains(&kind)) => {
            LinkKind::Tunnel
        }
        _ if is_veth(facts) => LinkKind::Veth,
        _ => LinkKind::Virtual,
    }
}

fn is_veth(facts: &LinkFacts) -> bool {
    const ARPHRD_ETHER: u32 = 1;
    let linked = facts.link_index.is_some_and(|link| link != 0) && facts.link_index != facts.index;
    facts.name.starts_with("veth") || (linked && facts.hardware_type == Some(ARPHRD_ETHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str) -> LinkFacts {
        LinkFacts {
            name: name.into(),
            hardware_type: Some(1),
            index: Some(7),
            link_index: Some(7),
            ..LinkFacts::default()
        }
    }

    #[test]
    fn device_types_of_the_kernel() {
        for (device_type, kind) in [
            ("bridge", LinkKind::Bridge),
            ("bond", LinkKind::Bond),
            ("vlan", LinkKind::Vlan),
            ("wlan", LinkKind::Wireless),
            ("wireguard", LinkKind::Wireguard),
            ("macvlan", LinkKind::Macvlan),
            ("vxlan", LinkKind::Overlay),
        ] {
            let link = LinkFacts { device_type: Some(device_type.into()), ..facts("x0") };
            assert_eq!(classify(&link), kind);
        }
    }

    #[test]
    fn a_link_to_another_number_is_a_veth() {
        let eth0_in_container = LinkFacts { link_index: Some(12), ..facts("eth0") };
        assert_eq!(classify(&eth0_in_container), LinkKind::Veth);
        assert_eq!(classify(&facts("veth12ab34c")), LinkKind::Veth);
        assert_eq!(classify(&facts("dummy0")), LinkKind::Virtual);
        let tunnel = LinkFacts { link_index: Some(0), hardware_type: Some(768), ..facts("tunl0") };
        assert_eq!(classify(&tunnel), LinkKind::Tunnel);
    }

    #[test]
    fn hardware_loopback_and_tun() {
        let physical = LinkFacts { has_device: true, ..facts("enp3s0") };
        assert_eq!(classify(&physical), LinkKind::Physical);
        let loopback = LinkFacts { hardware_type: Some(772), ..facts("lo") };
        assert_eq!(classify(&loopback), LinkKind::Loopback);
        let tun = LinkFacts { has_tun_flags: true, ..facts("tailscale0") };
        assert_eq!(classify(&tun), LinkKind::Tun);
    }
}
