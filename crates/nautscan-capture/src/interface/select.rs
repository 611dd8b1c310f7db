//! Which interfaces to capture on when nobody has said.
//!
//! On a machine with containers: their bridges, in promiscuous mode. A bridge hands a copy of
//! every frame that it forwards to its own device while that is promiscuous, so one capture sees
//! the calls between all containers of a network, and those with the host and the outside. Each
//! veth would show the same packet once more for each of its two ends: they would be recognised
//! as duplicates, but only after having been copied and decoded. The physical interface and the
//! loopback show a call through a published port a second time: under the host's addresses, which
//! are known again, or, through a proxy, as a connection of its own. They carry the host's own
//! traffic besides, which who watches containers has not asked for, so they are left out while
//! containers are attached; naming them adds them.
//!
//! Veths are chosen where they are not ports of a chosen bridge, as with some container networks.

use super::{Interface, LinkKind};

/// Systems with rules of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Linux.
    Linux,
    /// macOS.
    Mac,
    /// Windows with Npcap.
    Windows,
    /// Any other.
    Other,
}

impl Platform {
    /// The system this was built for.
    pub const CURRENT: Self = if cfg!(target_os = "linux") {
        Self::Linux
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Other
    };
}

/// A choice of interfaces, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Names to capture by; empty if there is nothing to capture on.
    pub names: Vec<String>,
    /// The reason, as a sentence for people.
    pub reason: String,
}

/// Chooses the interfaces to capture on by default on this system.
pub fn default_interfaces(interfaces: &[Interface]) -> Selection {
    default_interfaces_on(Platform::CURRENT, interfaces)
}

/// Chooses the interfaces to capture on by default on a system.
pub fn default_interfaces_on(platform: Platform, interfaces: &[Interface]) -> Selection {
    let choice = match platform {
        Platform::Linux => containers(interfaces).or_else(|| default_route(interfaces)),
        Platform::Mac => mac(interfaces),
        Platform::Windows => windows(interfaces),
        Platform::Other => default_route(interfaces),
    };
    choice.or_else(|| first_up(interfaces, &[])).unwrap_or_else(|| Selection {
        names: Vec::new(),
        reason: "No interface is up.".to_owned(),
    })
}

/// Bridges that containers are attached to, or veths without such a bridge.
fn containers(interfaces: &[Interface]) -> Option<Selection> {
    let bridges: Vec<&Interface> = interfaces
        .iter()
        .filter(|one| is_up(one) && is_container_bridge(one, interfaces))
        .collect();
    let is_chosen = |name: &str| bridges.iter().any(|bridge| bridge.name == name);
    let veths: Vec<&Interface> = interfaces
        .iter()
        .filter(|one| one.kind == LinkKind::Veth && is_up(one) && is_host_end(one))
        .filter(|one| !has_earlier_end(one, interfaces))
        .filter(|one| !one.master.as_deref().is_some_and(is_chosen))
        .collect();
    if bridges.is_empty() && veths.is_empty() {
        return None;
    }
    let chosen: Vec<&Interface> = bridges.iter().chain(&veths).copied().collect();
    if chosen.iter().any(|one| one.running != Some(false)) {
        return Some(selection(chosen, containers_reason(&bridges, &veths)));
    }
    let mut names: Vec<String> = chosen.iter().map(|one| one.name.clone()).collect();
    let host = default_route(interfaces).or_else(|| first_up(interfaces, &names));
    names.extend(host.map(|host| host.names).unwrap_or_default());
    Some(Selection {
        names,
        reason: "There are container networks, but no container is attached to them yet, so the \
                 host's own interfaces are captured too."
            .to_owned(),
    })
}

fn containers_reason(bridges: &[&Interface], veths: &[&Interface]) -> &'static str {
    match (bridges, veths) {
        (_, []) => {
            "The bridges of container networks: in promiscuous mode each sees every packet of its \
             containers once."
        }
        ([], _) => "The host's ends of container links, which belong to no bridge here.",
        _ => {
            "The bridges of container networks, and container links that are no ports of these \
             bridges."
        }
    }
}

/// A bridge that Docker made, or that has a container's link as a port: networks with names of
/// their own, LXD, CNI, Podman.
fn is_container_bridge(bridge: &Interface, interfaces: &[Interface]) -> bool {
    let has_veth = || {
        interfaces
            .iter()
            .any(|port| port.kind == LinkKind::Veth && port.master.as_deref() == Some(&bridge.name))
    };
    bridge.kind == LinkKind::Bridge && (is_docker_bridge(&bridge.name) || has_veth())
}

/// `docker0`, `docker_gwbridge`, and `br-` with the first twelve digits of a network's id.
fn is_docker_bridge(name: &str) -> bool {
    let is_id = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(name, "docker0" | "docker_gwbridge") || name.strip_prefix("br-").is_some_and(is_id)
}

/// False for a container's own `eth0`, which is a veth too when seen from inside.
fn is_host_end(veth: &Interface) -> bool {
    !veth.default_route && !veth.name.starts_with("eth")
}

/// Whether the other end of a veth is here too, and comes first: as of `cilium_net` and
/// `cilium_host`. Numbers are unique in one namespace, so both must name each other.
fn has_earlier_end(veth: &Interface, interfaces: &[Interface]) -> bool {
    interfaces.iter().any(|other| {
        other.kind == LinkKind::Veth
            && other.index.is_some()
            && other.index == veth.peer_index
            && other.peer_index == veth.index
            && other.index < veth.index
    })
}

fn default_route(interfaces: &[Interface]) -> Option<Selection> {
    let routes: Vec<&Interface> =
        interfaces.iter().filter(|one| one.default_route && is_up(one)).collect();
    if routes.is_empty() {
        return None;
    }
    let loopbacks = interfaces.iter().filter(|one| one.loopback && is_up(one));
    let reason = "The interface of the default route, and the loopback.";
    Some(selection(routes.into_iter().chain(loopbacks), reason))
}

/// macOS: cards and Wi-Fi that have an address, bridges of virtual machines, and the loopback.
/// Containers run inside a virtual machine there: what they say to each other cannot be seen from
/// outside. Tunnels of VPNs are left out, since what they carry leaves by a card too; links from
/// device to device (AWDL) have no address that others reach.
fn mac(interfaces: &[Interface]) -> Option<Selection> {
    let cards = interfaces.iter().filter(|one| {
        matches!(one.kind, LinkKind::Physical | LinkKind::Wireless | LinkKind::Bridge)
            && one.connected != Some(false)
            && is_running(one)
            && has_routable_address(one)
    });
    let cards: Vec<&Interface> = cards.collect();
    if cards.is_empty() {
        return None;
    }
    let loopbacks = interfaces.iter().filter(|one| one.loopback && is_up(one));
    let reason = "Network cards and bridges of virtual machines that have an address, and the \
                  loopback.";
    Some(selection(cards.into_iter().chain(loopbacks), reason))
}

/// Windows: adapters that are connected and have an address, Hyper-V's switches for WSL and Docker
/// among them, and Npcap's loopback adapter. VPNs are left out as on macOS.
fn windows(interfaces: &[Interface]) -> Option<Selection> {
    let kinds = [LinkKind::Physical, LinkKind::Wireless, LinkKind::Virtual, LinkKind::Bridge];
    let adapters = interfaces.iter().filter(|one| {
        kinds.contains(&one.kind)
            && one.connected != Some(false)
            && is_running(one)
            && has_routable_address(one)
    });
    let adapters: Vec<&Interface> = adapters.collect();
    if adapters.is_empty() {
        return None;
    }
    let reason = "Connected adapters that have an address, and the loopback.";
    Some(selection(adapters.into_iter().chain(npcap_loopback(interfaces)), reason))
}

/// One of Npcap's loopbacks, which show the same packets: the new one rather than the old one.
fn npcap_loopback(interfaces: &[Interface]) -> Option<&Interface> {
    let loopbacks = || interfaces.iter().filter(|one| one.kind == LinkKind::Loopback);
    loopbacks()
        .find(|one| one.loopback || one.name.ends_with("Loopback"))
        .or_else(|| loopbacks().next())
}

/// Of those that are not `chosen` already.
fn first_up(interfaces: &[Interface], chosen: &[String]) -> Option<Selection> {
    let is_link = |one: &&Interface| {
        let beside = [LinkKind::Any, LinkKind::Pseudo, LinkKind::PeerToPeer];
        is_up(one) && !beside.contains(&one.kind) && !chosen.contains(&one.name)
    };
    let links = || interfaces.iter().filter(is_link);
    let found = links().find(|one| !one.loopback).or_else(|| links().next())?;
    let reason = "The first interface that is up: none has a default route.";
    Some(selection([found], reason))
}

fn is_up(interface: &Interface) -> bool {
    interface.up == Some(true)
}

fn is_running(interface: &Interface) -> bool {
    is_up(interface) && interface.running != Some(false)
}

/// True unless all addresses are of the link only (169.254/16, fe80::/10).
fn has_routable_address(interface: &Interface) -> bool {
    interface.addresses.iter().any(|entry| match entry.address {
        std::net::IpAddr::V4(address) => !address.is_link_local(),
        std::net::IpAddr::V6(address) => !address.is_unicast_link_local(),
    })
}

fn selection<'a>(chosen: impl IntoIterator<Item = &'a Interface>, reason: &str) -> Selection {
    Selection {
        names: chosen.into_iter().map(|one| one.name.clone()).collect(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::InterfaceAddress;

    fn link(name: &str, kind: LinkKind) -> Interface {
        Interface {
            name: name.into(),
            kind,
            up: Some(true),
            running: Some(true),
            loopback: kind == LinkKind::Loopback,
            ..Interface::default()
        }
    }

    fn with_address(mut interface: Interface, address: &str) -> Interface {
        interface
            .addresses
            .push(InterfaceAddress { address: address.parse().expect("address"), prefix: None });
        interface
    }

    fn host() -> Vec<Interface> {
        let mut card = link("eth0", LinkKind::Physical);
        card.default_route = true;
        vec![link("any", LinkKind::Any), link("lo", LinkKind::Loopback), card]
    }

    fn chosen(platform: Platform, interfaces: &[Interface]) -> Vec<String> {
        let selection = default_interfaces_on(platform, interfaces);
        assert!(selection.reason.ends_with('.'));
        selection.names
    }

    #[test]
    fn bridges_of_containers_and_not_their_veths() {
        let mut list = host();
        list.push(link("docker0", LinkKind::Bridge));
        list.push(link("br-0123456789ab", LinkKind::Bridge));
        let mut port = link("veth1", LinkKind::Veth);
        port.master = Some("br-0123456789ab".into());
        list.push(port);
        list.push(link("virbr0", LinkKind::Bridge));
        list.push(link("br-lan", LinkKind::Bridge));
        assert_eq!(chosen(Platform::Linux, &list), ["docker0", "br-0123456789ab"]);
    }

    #[test]
    fn a_bridge_by_any_name_counts_by_its_veths() {
        let mut list = host();
        list.push(link("shop", LinkKind::Bridge));
        let mut port = link("veth1", LinkKind::Veth);
        port.master = Some("shop".into());
        list.push(port);
        assert_eq!(chosen(Platform::Linux, &list), ["shop"]);
    }

    #[test]
    fn veths_without_a_bridge() {
        let mut list = host();
        list.push(link("veth9", LinkKind::Veth));
        assert_eq!(chosen(Platform::Linux, &list), ["veth9"]);
    }

    #[test]
    fn idle_bridges_come_with_the_host() {
        let mut list = host();
        let mut bridge = link("docker0", LinkKind::Bridge);
        bridge.running = Some(false);
        list.push(bridge);
        assert_eq!(chosen(Platform::Linux, &list), ["docker0", "eth0", "lo"]);
        list[2].default_route = false;
        assert_eq!(chosen(Platform::Linux, &list), ["docker0", "eth0"], "no way out, yet a host");
        list[2].default_route = true;
        list[3].up = Some(false);
        assert_eq!(chosen(Platform::Linux, &list), ["eth0", "lo"]);
    }

    #[test]
    fn inside_a_container_its_own_link() {
        let mut list = host();
        list[2].kind = LinkKind::Veth;
        assert_eq!(chosen(Platform::Linux, &list), ["eth0", "lo"]);
    }

    #[test]
    fn without_a_route_the_first_that_is_up() {
        let mut list = host();
        list[2].default_route = false;
        assert_eq!(chosen(Platform::Linux, &list), ["eth0"]);
        list[2].up = Some(false);
        assert_eq!(chosen(Platform::Linux, &list), ["lo"]);
        list[1].up = None;
        assert!(chosen(Platform::Linux, &list).is_empty(), "`any` is no choice");
        assert!(chosen(Platform::Linux, &[]).is_empty());
    }

    #[test]
    fn mac_cards_with_an_address() {
        let list = [
            with_address(link("lo0", LinkKind::Loopback), "127.0.0.1"),
            with_address(link("en0", LinkKind::Physical), "192.168.1.7"),
            with_address(link("en5", LinkKind::Physical), "fe80::1"),
            with_address(link("bridge100", LinkKind::Bridge), "192.168.64.1"),
            with_address(link("utun3", LinkKind::Tun), "10.1.1.1"),
        ];
        assert_eq!(chosen(Platform::Mac, &list), ["en0", "bridge100", "lo0"]);
    }

    #[test]
    fn windows_adapters_that_are_connected() {
        let mut unplugged = with_address(link("a", LinkKind::Physical), "10.0.0.1");
        unplugged.connected = Some(false);
        let list = [
            unplugged,
            with_address(link("b", LinkKind::Physical), "10.0.0.2"),
            with_address(link("wsl", LinkKind::Virtual), "172.28.0.1"),
            with_address(link("wan", LinkKind::Tun), "169.254.1.1"),
            link(r"\Device\NPF_Loopback", LinkKind::Loopback),
        ];
        assert_eq!(chosen(Platform::Windows, &list), ["b", "wsl", r"\Device\NPF_Loopback"]);
    }
}
