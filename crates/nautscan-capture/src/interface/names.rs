//! What an interface is, by the names that systems and their software give: for systems that say
//! no more, and for people. Pure, and the same on every system, so that the rules for each can be
//! held against recorded listings on any.

use super::Platform;
use super::kind::LinkKind;

/// The loopback as Npcap has called it since its version 0.9983.
const NPCAP_LOOPBACK: &str = r"\Device\NPF_Loopback";

/// The kind by name, description and the library's flag for loopbacks.
pub(super) fn kind_by_name(
    platform: Platform,
    name: &str,
    description: &str,
    loopback: bool,
) -> LinkKind {
    if loopback || name == NPCAP_LOOPBACK {
        return LinkKind::Loopback;
    }
    match platform {
        Platform::Linux => linux(name),
        Platform::Mac => mac(name),
        Platform::Windows => windows(name, description),
        Platform::Other => mac(name),
    }
}

/// A word, then digits: `en0`, `utun12`.
fn is_numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_any(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| is_numbered(name, prefix))
}

/// What libpcap lists beside the links, and, for links of which the kernel says nothing here
/// (those of another namespace), the names that are customary.
fn linux(name: &str) -> LinkKind {
    const PSEUDO: [&str; 5] = ["nflog", "nfqueue", "usbmon", "bluetooth", "dbus-"];
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    match name {
        "any" => LinkKind::Any,
        "lo" => LinkKind::Loopback,
        _ if begins(&PSEUDO) => LinkKind::Pseudo,
        _ if is_any(name, &["docker", "virbr", "podman", "cni", "lxcbr", "lxdbr"]) => {
            LinkKind::Bridge
        }
        _ if begins(&["br-", "docker_gwbridge"]) => LinkKind::Bridge,
        _ if begins(&["veth", "cali", "lxc"]) => LinkKind::Veth,
        "cilium_host" | "cilium_net" => LinkKind::Veth,
        _ if begins(&["flannel.", "vxlan", "cilium_vxlan", "geneve"]) => LinkKind::Overlay,
        _ if is_any(name, &["tunl", "sit", "ip6tnl", "gre", "ip_vti", "ip6_vti"]) => {
            LinkKind::Tunnel
        }
        _ if is_any(name, &["wg"]) => LinkKind::Wireguard,
        _ if is_any(name, &["tun", "tap", "vnet", "tailscale"]) => LinkKind::Tun,
        _ if is_any(name, &["bond"]) => LinkKind::Bond,
        _ if is_any(name, &["macvlan", "macvtap", "ipvlan"]) => LinkKind::Macvlan,
        _ if is_any(name, &["dummy", "ifb"]) || begins(&["kube-ipvs"]) => LinkKind::Virtual,
        _ => LinkKind::Unknown,
    }
}

/// macOS and its relatives name a link after its driver.
fn mac(name: &str) -> LinkKind {
    match name {
        "any" | "pktap" => LinkKind::Any,
        _ if is_any(name, &["lo"]) => LinkKind::Loopback,
        _ if is_any(name, &["en", "fw"]) => LinkKind::Physical,
        _ if is_any(name, &["awdl", "llw", "p2p"]) => LinkKind::PeerToPeer,
        _ if is_any(name, &["ap"]) => LinkKind::Wireless,
        _ if is_any(name, &["bridge", "vmnet"]) => LinkKind::Bridge,
        _ if is_any(name, &["vmenet", "vnic", "feth"]) => LinkKind::Veth,
        _ if is_any(name, &["utun", "tun", "tap", "ipsec", "ppp"]) => LinkKind::Tun,
        _ if is_any(name, &["gif", "stf"]) => LinkKind::Tunnel,
        _ if is_any(name, &["vlan"]) => LinkKind::Vlan,
        _ if is_any(name, &["bond"]) => LinkKind::Bond,
        _ if is_any(name, &["XHC", "VHC", "EHC", "pktap", "iptap"]) => LinkKind::Pseudo,
        // Between the processors of an Apple computer.
        _ if is_any(name, &["anpi"]) => LinkKind::Virtual,
        _ => LinkKind::Unknown,
    }
}

/// Windows names a link by a number of its own; what it is says the driver's description, which
/// is in English but for some of Microsoft's own.
fn windows(name: &str, description: &str) -> LinkKind {
    let says = |words: &[&str]| words.iter().any(|word| description.contains(word));
    if says(&["Npcap Loopback", "loopback traffic", "KM-TEST Loopback", "Microsoft Loopback"]) {
        return LinkKind::Loopback;
    }
    if says(&["Wi-Fi Direct", "Hosted Network"]) {
        return LinkKind::PeerToPeer;
    }
    if says(&["Hyper-V", "VMware", "VirtualBox", "Kernel Debug", "Npcap "]) {
        return LinkKind::Virtual;
    }
    if says(&["WireGuard"]) {
        return LinkKind::Wireguard;
    }
    const TUNNELS: [&str; 12] = [
        "WAN Miniport",
        "TAP-",
        "Tap Adapter",
        "Wintun",
        "VPN",
        "AnyConnect",
        "PANGP",
        "Fortinet",
        "OpenVPN",
        "Tailscale",
        "ZeroTier",
        "Juniper",
    ];
    if says(&TUNNELS) {
        return LinkKind::Tun;
    }
    if says(&["Teredo", "ISATAP", "6to4"]) {
        return LinkKind::Tunnel;
    }
    if says(&["Wi-Fi", "Wireless", "WLAN", "802.11", "WiFi", "Bluetooth"]) {
        return LinkKind::Wireless;
    }
    if says(&["Virtual"]) {
        return LinkKind::Virtual;
    }
    if name.starts_with(r"\Device\NPF_") { LinkKind::Physical } else { LinkKind::Unknown }
}

/// Whose interface it is, by a name that only one software gives: for people, where nobody who
/// knows better can be asked.
pub(super) fn known_as(platform: Platform, name: &str) -> Option<&'static str> {
    let begins = |prefix: &str| name.starts_with(prefix);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    match platform {
        Platform::Linux => match name {
            "docker0" => Some("Docker's default network"),
            "docker_gwbridge" => Some("Docker Swarm's way out"),
            _ if name.strip_prefix("br-").is_some_and(|id| is_hex(id, 12)) => {
                Some("a network of Docker")
            }
            _ if is_any(name, &["virbr"]) => Some("a network of libvirt's virtual machines"),
            _ if is_any(name, &["vnet"]) => Some("a virtual machine's link, of libvirt"),
            _ if is_any(name, &["podman"]) => Some("a network of Podman"),
            _ if is_any(name, &["cni"]) => Some("a network of containers, by CNI"),
            _ if begins("flannel.") => Some("between the nodes of Kubernetes, by Flannel"),
            _ if begins("cali") => Some("a pod's link, by Calico"),
            _ if begins("cilium_") => Some("of Cilium"),
            _ if is_any(name, &["lxcbr", "lxdbr"]) => Some("a network of LXC"),
            _ if begins("kube-ipvs") => Some("Kubernetes' service addresses"),
            _ if is_any(name, &["tailscale"]) => Some("Tailscale's network"),
            _ => None,
        },
        Platform::Mac => match name {
            _ if is_any(name, &["awdl"]) => Some("AirDrop and AirPlay, device to device"),
            _ if is_any(name, &["llw"]) => Some("low latency Wi-Fi, device to device"),
            _ if is_any(name, &["ap"]) => Some("this Mac as a Wi-Fi access point"),
            "bridge0" => Some("the Thunderbolt bridge"),
            _ if is_any(name, &["bridge"]) => Some("a network of virtual machines"),
            _ if is_any(name, &["vmenet"]) => Some("a virtual machine's link"),
            _ if is_any(name, &["vmnet"]) => Some("a network of VMware's virtual machines"),
            _ if is_any(name, &["utun"]) => Some("a VPN or a service of the system"),
            _ if is_any(name, &["anpi"]) => Some("between this Mac's processors"),
            _ => None,
        },
        Platform::Windows | Platform::Other => None,
    }
}

/// The link type of packets, as far as a name tells it without opening the interface.
pub(super) fn link_type_by_name(
    platform: Platform,
    name: &str,
    kind: LinkKind,
) -> Option<&'static str> {
    match (platform, kind) {
        (Platform::Mac, LinkKind::Loopback | LinkKind::Tunnel) => Some("NULL"),
        (Platform::Mac, LinkKind::Tun) if is_any(name, &["utun", "ipsec"]) => Some("NULL"),
        (Platform::Mac, _) if is_any(name, &["en", "bridge", "vmenet", "awdl", "llw", "ap"]) => {
            Some("ETHERNET")
        }
        (Platform::Windows, LinkKind::Loopback) if name == NPCAP_LOOPBACK => Some("NULL"),
        (Platform::Windows, LinkKind::Physical | LinkKind::Wireless | LinkKind::Virtual) => {
            Some("ETHERNET")
        }
        (Platform::Linux, LinkKind::Any) => Some("LINUX_SLL2"),
        _ => None,
    }
}

/// The link type of a Linux interface by its hardware type (ARPHRD number), of those that libpcap
/// maps one to one.
pub(super) fn link_type_of_hardware(hardware_type: u32) -> Option<&'static str> {
    match hardware_type {
        // Ethernet, and the loopback, which has Ethernet headers on Linux.
        1 | 772 => Some("ETHERNET"),
        // No header at all: tun, WireGuard.
        65_534 => Some("RAW"),
        801 => Some("IEEE802_11"),
        803 => Some("IEEE802_11_RADIOTAP"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(platform: Platform, expected: &[(&str, LinkKind)]) {
        for (name, kind) in expected {
            assert_eq!(kind_by_name(platform, name, "", false), *kind, "{name}");
        }
    }

    #[test]
    fn names_that_are_customary_on_linux() {
        use LinkKind::*;
        kinds(
            Platform::Linux,
            &[
                ("docker0", Bridge),
                ("br-0123456789ab", Bridge),
                ("docker_gwbridge", Bridge),
                ("virbr0", Bridge),
                ("podman1", Bridge),
                ("cni0", Bridge),
                ("veth12ab34c", Veth),
                ("cali1a2b3c4d5e6", Veth),
                ("lxc_health", Veth),
                ("cilium_host", Veth),
                ("cilium_vxlan", Overlay),
                ("flannel.1", Overlay),
                ("tunl0", Tunnel),
                ("sit0", Tunnel),
                ("wg0", Wireguard),
                ("tun0", Tun),
                ("tap3", Tun),
                ("vnet7", Tun),
                ("bond0", Bond),
                ("macvlan0", Macvlan),
                ("ipvlan1", Macvlan),
                ("dummy0", Virtual),
                ("kube-ipvs0", Virtual),
                ("usbmon1", Pseudo),
                ("eth0", Unknown),
                ("wlp3s0", Unknown),
                ("tunnel-to-office", Unknown),
            ],
        );
    }

    #[test]
    fn people_are_told_whose_a_name_is() {
        let said = |platform, name| known_as(platform, name).unwrap_or_default();
        assert_eq!(said(Platform::Linux, "docker0"), "Docker's default network");
        assert_eq!(said(Platform::Linux, "br-0123456789ab"), "a network of Docker");
        assert_eq!(said(Platform::Linux, "br-lan"), "");
        assert_eq!(said(Platform::Linux, "virbr0"), "a network of libvirt's virtual machines");
        assert_eq!(said(Platform::Mac, "bridge100"), "a network of virtual machines");
        assert_eq!(said(Platform::Mac, "en0"), "");
        assert_eq!(said(Platform::Windows, "docker0"), "");
    }

    #[test]
    fn hardware_types_become_link_types() {
        assert_eq!(link_type_of_hardware(1), Some("ETHERNET"));
        assert_eq!(link_type_of_hardware(65_534), Some("RAW"));
        assert_eq!(link_type_of_hardware(512), None);
        let by_name = |name| link_type_by_name(Platform::Mac, name, mac(name));
        assert_eq!(
            (by_name("en0"), by_name("utun3"), by_name("gif0")),
            (Some("ETHERNET"), Some("NULL"), Some("NULL"),)
        );
        assert_eq!(by_name("fw0"), None);
    }
}
