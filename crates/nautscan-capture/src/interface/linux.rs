//! What Linux says of its links in `/sys/class/net` and `/proc/net`.

use std::fs;
use std::path::{Path, PathBuf};

use super::kind::{LinkFacts, LinkKind, classify};
use super::{Interface, Platform, names};

const LINKS: &str = "/sys/class/net";

/// The interfaces of the calling thread's network namespace. `/sys` shows another one there, so
/// that the kernel's answer to the C library is all there is: of the kind, that it is the loopback,
/// or what a customary name says.
#[cfg(target_os = "linux")]
pub(crate) fn links_of_this_namespace() -> Vec<Interface> {
    crate::live::ffi::system_links().into_iter().map(of_system_link).collect()
}

#[cfg(target_os = "linux")]
fn of_system_link(link: crate::live::ffi::SystemLink) -> Interface {
    const IFF_UP: u32 = 0x1;
    const IFF_LOOPBACK: u32 = 0x8;
    const IFF_RUNNING: u32 = 0x40;
    let loopback = link.flags & IFF_LOOPBACK != 0;
    let up = link.flags & IFF_UP != 0;
    Interface {
        kind: names::kind_by_name(Platform::Linux, &link.name, "", loopback),
        link_type: link.hardware_type.map(u32::from).and_then(names::link_type_of_hardware),
        up: Some(up),
        running: Some(link.flags & IFF_RUNNING != 0),
        loopback,
        addresses: link.addresses.into_iter().map(Into::into).collect(),
        mac: super::mac_text(&link.hardware_address),
        index: link.index,
        capturable: up,
        reason: (!up).then(|| format!("{} is down; bring it up first", link.name)),
        name: link.name,
        ..Interface::default()
    }
}

/// The interfaces without the library's help.
pub(super) fn bare_interfaces() -> Vec<Interface> {
    let mut interfaces: Vec<Interface> = link_names(Path::new(LINKS))
        .into_iter()
        .map(|name| Interface { name, ..Interface::default() })
        .collect();
    for interface in &mut interfaces {
        set_state(interface, &Path::new(LINKS).join(&interface.name));
    }
    add_addresses(&mut interfaces);
    interfaces
}

#[cfg(unix)]
fn add_addresses(interfaces: &mut [Interface]) {
    for (name, address) in crate::live::ffi::system_addresses() {
        // A label such as `eth0:1` is an address of `eth0`.
        let name = name.split(':').next().unwrap_or_default();
        if let Some(interface) = interfaces.iter_mut().find(|one| one.name == name) {
            interface.addresses.push(address.into());
        }
    }
}

/// There are no links under `/sys` to add addresses to.
#[cfg(not(unix))]
fn add_addresses(_interfaces: &mut [Interface]) {}

/// Adds what the system knows to each interface that is a link.
pub(super) fn describe(interfaces: &mut [Interface]) {
    let default_routes = default_routes(&read("/proc/net/route"), &read("/proc/net/ipv6_route"));
    for interface in interfaces {
        describe_link(interface, &Path::new(LINKS).join(&interface.name));
        interface.default_route = default_routes.contains(&interface.name);
    }
}

fn link_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    // bonding_masters is a file among the links.
    let mut names: Vec<String> =
        names.filter(|name| folder.join(name).join("ifindex").exists()).collect();
    names.sort();
    names
}

fn describe_link(interface: &mut Interface, folder: &Path) {
    // A name with a slash would lead elsewhere, and one without a folder is no link.
    if interface.name.contains('/') || !folder.join("ifindex").exists() {
        return;
    }
    let facts = facts(&interface.name, folder);
    interface.kind = classify(&facts);
    interface.link_type = facts.hardware_type.and_then(names::link_type_of_hardware);
    if interface.description.is_none() {
        interface.description = names::known_as(Platform::Linux, &facts.name).map(str::to_owned);
    }
    interface.loopback |= interface.kind == LinkKind::Loopback;
    interface.index = facts.index;
    let linked = facts.link_index.filter(|&link| link != 0 && facts.index != Some(link));
    interface.peer_index = linked;
    interface.mtu = number(folder, "mtu");
    interface.mac = hardware_address(folder);
    interface.master = fs::read_link(folder.join("master")).ok().and_then(last_part);
}

/// State flags, for when the library does not give them.
fn set_state(interface: &mut Interface, folder: &Path) {
    const IFF_UP: u32 = 1;
    let flags = line(folder, "flags")
        .and_then(|flags| u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok());
    interface.up = flags.map(|flags| flags & IFF_UP != 0);
    // Reading `carrier` fails while the link is down.
    interface.running = Some(line(folder, "carrier").as_deref() == Some("1"));
}

fn facts(name: &str, folder: &Path) -> LinkFacts {
    let has = |entry: &str| folder.join(entry).exists();
    let uevent = read(folder.join("uevent"));
    let device_type = uevent.lines().find_map(|line| line.strip_prefix("DEVTYPE="));
    LinkFacts {
        name: name.to_owned(),
        hardware_type: number(folder, "type"),
        device_type: device_type.map(str::to_owned),
        has_device: has("device"),
        has_bridge: has("bridge"),
        has_bonding: has("bonding"),
        has_tun_flags: has("tun_flags"),
        has_wireless: has("wireless") || has("phy80211"),
        index: number(folder, "ifindex"),
        link_index: number(folder, "iflink"),
    }
}

/// `None` where there is none, or only zeros as of the loopback.
fn hardware_address(folder: &Path) -> Option<String> {
    let address = line(folder, "address")?;
    let meaningful = address.chars().any(|c| c != '0' && c != ':');
    meaningful.then_some(address)
}

/// Names of the interfaces that default routes lead through, of both IP versions.
fn default_routes(ipv4: &str, ipv6: &str) -> Vec<String> {
    let via_ipv4 = ipv4.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_default = fields.get(1) == Some(&"00000000") && fields.get(7) == Some(&"00000000");
        is_default.then(|| fields[0].to_owned())
    });
    let via_ipv6 = ipv6.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let everything = fields.first()?.bytes().all(|digit| digit == b'0');
        let name = *fields.last()?;
        // The kernel keeps a route for what is unreachable on lo.
        (everything && fields.get(1) == Some(&"00") && name != "lo").then(|| name.to_owned())
    });
    via_ipv4.chain(via_ipv6).collect()
}

fn last_part(path: PathBuf) -> Option<String> {
    path.file_name()?.to_str().map(str::to_owned)
}

fn number(folder: &Path, entry: &str) -> Option<u32> {
    line(folder, entry)?.parse().ok()
}

fn line(folder: &Path, entry: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(entry)).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Empty where the file is absent, as without IPv6.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes_of_both_versions() {
        let ipv4 = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n\
                    eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n\
                    eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n";
        let zero = "0".repeat(32);
        let ipv6 = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 1 0 00000003 wlan0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 1 0 00200200 lo\n"
        );
        assert_eq!(default_routes(ipv4, &ipv6), ["eth0", "wlan0"]);
        assert!(default_routes("", "").is_empty());
        assert!(default_routes("x\n\ny", "\n z").is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_list_without_the_library_has_the_loopback() {
        let mut list = bare_interfaces();
        describe(&mut list);
        let loopback = list.iter().find(|one| one.name == "lo").expect("lo");
        assert_eq!(loopback.kind, LinkKind::Loopback);
        assert!(loopback.loopback && loopback.mac.is_none());
        assert!(loopback.mtu.is_some());
        let addresses: Vec<String> =
            loopback.addresses.iter().map(|one| one.address.to_string()).collect();
        assert!(addresses.contains(&"127.0.0.1".to_owned()), "{addresses:?}");
    }

    #[test]
    fn names_that_lead_elsewhere_are_not_followed() {
        let mut interface = Interface { name: "../net/lo".into(), ..Interface::default() };
        describe_link(&mut interface, &Path::new(LINKS).join("../net/lo"));
        assert_eq!(interface.index, None);
    }
}
