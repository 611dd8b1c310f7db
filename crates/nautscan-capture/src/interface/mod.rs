//! Which interfaces there are, what they are, and which to capture on by default.

mod kind;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "read on Linux only"))]
mod linux;
mod names;
mod permission;
#[cfg(test)]
mod recorded;
mod select;

use std::net::IpAddr;

#[cfg(target_os = "linux")]
pub(crate) use linux::links_of_this_namespace;

pub use kind::{LinkFacts, LinkKind, classify};
pub use permission::{CapturePermission, capture_permission};
pub use select::{Platform, Selection, default_interfaces, default_interfaces_on};

#[cfg(test)]
use names::kind_by_name;

use crate::CaptureError;
use crate::live::ffi::{Api, Device, DeviceAddress, devices};

/// An address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of the network prefix; `None` where unknown.
    pub prefix: Option<u8>,
}

/// A network interface of this machine. `None` means that the system does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// The name to capture by. On Windows `\Device\NPF_{…}`; the description is for people.
    pub name: String,
    /// What the system calls it; else what is known of its name.
    pub description: Option<String>,
    /// What it is.
    pub kind: LinkKind,
    /// Administratively up.
    pub up: Option<bool>,
    /// Has a carrier and can pass packets.
    pub running: Option<bool>,
    /// Loops back.
    pub loopback: bool,
    /// Uses radio.
    pub wireless: Option<bool>,
    /// Connected to a network, where that makes sense.
    pub connected: Option<bool>,
    /// IP addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// Hardware address, as `02:42:ac:11:00:02`.
    pub mac: Option<String>,
    /// Link type of its packets, as capture files name it, as far as it can be told without
    /// opening it.
    pub link_type: Option<&'static str>,
    /// Maximum transmission unit.
    pub mtu: Option<u32>,
    /// The system's number for it.
    pub index: Option<u32>,
    /// Number of the other end of a veth pair, or of the interface that a VLAN is on. It may be
    /// in another network namespace.
    pub peer_index: Option<u32>,
    /// The bridge or bond that it is a port of.
    pub master: Option<String>,
    /// The default route leads through it.
    pub default_route: bool,
    /// Capture on it is possible, as far as can be told without trying.
    pub capturable: bool,
    /// Why it is not, and what to do.
    pub reason: Option<String>,
}

/// The interfaces, and what stands in the way of capturing on them.
#[derive(Debug)]
pub struct Listing {
    /// In the order of the system.
    pub interfaces: Vec<Interface>,
    /// Why none can be captured on: no library, no permission.
    pub problem: Option<CaptureError>,
}

/// Lists the interfaces of this machine (of this network namespace). Without a capture library
/// they can still be listed on Linux, from `/sys` and the C library; elsewhere the list is then
/// empty.
pub fn interfaces() -> Listing {
    let (mut interfaces, problem) = match listed_by_library() {
        Ok(interfaces) => (interfaces, None),
        Err(problem) => (linux::bare_interfaces(), Some(problem)),
    };
    linux::describe(&mut interfaces);
    let problem = problem.or_else(permission_problem);
    let reason = problem.as_ref().map(|error| format!("{error}. {}", error.remedy()));
    for interface in &mut interfaces {
        set_capturable(interface, reason.as_deref());
    }
    Listing { interfaces, problem }
}

fn listed_by_library() -> Result<Vec<Interface>, CaptureError> {
    let list = devices(Api::get()?).map_err(|detail| CaptureError::List { detail })?;
    Ok(list.into_iter().map(|device| from_device(Platform::CURRENT, device)).collect())
}

fn permission_problem() -> Option<CaptureError> {
    match capture_permission() {
        CapturePermission::Denied(detail) => {
            Some(CaptureError::NoPermission { interface: "any interface".to_owned(), detail })
        }
        CapturePermission::Granted | CapturePermission::Unknown => None,
    }
}

fn set_capturable(interface: &mut Interface, problem: Option<&str>) {
    let name = &interface.name;
    let own = match (interface.kind, interface.up) {
        (LinkKind::Pseudo, _) => Some(format!("{name} is not a network interface")),
        (_, Some(false)) => Some(format!("{name} is down; bring it up first")),
        _ => None,
    };
    interface.reason = problem.map(str::to_owned).or(own);
    interface.capturable = interface.reason.is_none();
}

/// Flags of `pcap_findalldevs`.
mod flag {
    pub(super) const LOOPBACK: u32 = 0x01;
    pub(super) const UP: u32 = 0x02;
    pub(super) const RUNNING: u32 = 0x04;
    pub(super) const WIRELESS: u32 = 0x08;
    pub(super) const CONNECTION: u32 = 0x30;
    pub(super) const CONNECTED: u32 = 0x10;
    pub(super) const DISCONNECTED: u32 = 0x20;
}

/// What the library says of an interface, with the kind guessed by its name.
fn from_device(platform: Platform, device: Device) -> Interface {
    let has = |bit| device.flags & bit != 0;
    let addresses = device.addresses.into_iter().map(InterfaceAddress::from);
    let (name, said) = (&device.name, &device.description);
    let kind = match names::kind_by_name(platform, name, said, has(flag::LOOPBACK)) {
        LinkKind::Physical if has(flag::WIRELESS) => LinkKind::Wireless,
        kind => kind,
    };
    let known = names::known_as(platform, name).map(str::to_owned);
    Interface {
        kind,
        link_type: names::link_type_by_name(platform, name, kind),
        description: if said.is_empty() { known } else { Some(said.clone()) },
        mac: device.hardware_address.as_deref().and_then(mac_text),
        up: Some(has(flag::UP)),
        running: Some(has(flag::RUNNING)),
        loopback: has(flag::LOOPBACK),
        wireless: Some(has(flag::WIRELESS)),
        connected: match device.flags & flag::CONNECTION {
            flag::CONNECTED => Some(true),
            flag::DISCONNECTED => Some(false),
            _ => None,
        },
        addresses: addresses.collect(),
        name: device.name,
        ..Interface::default()
    }
}

impl From<DeviceAddress> for InterfaceAddress {
    fn from(entry: DeviceAddress) -> Self {
        Self { address: entry.address, prefix: entry.netmask.and_then(prefix_length) }
    }
}

/// `None` for only zeros, as of the loopback.
fn mac_text(bytes: &[u8]) -> Option<String> {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.iter().any(|&byte| byte != 0).then(|| digits.join(":"))
}

/// Length of a netmask; `None` for one with holes.
fn prefix_length(netmask: IpAddr) -> Option<u8> {
    let (bits, width) = match netmask {
        IpAddr::V4(mask) => (u128::from(u32::from(mask)) << 96, 32),
        IpAddr::V6(mask) => (u128::from(mask), 128),
    };
    let length = bits.leading_ones();
    (bits.count_ones() == length && length <= width).then_some(length as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netmasks_become_prefix_lengths() {
        let length = |mask: &str| prefix_length(mask.parse().expect("address"));
        assert_eq!(length("255.255.240.0"), Some(20));
        assert_eq!(length("255.255.255.255"), Some(32));
        assert_eq!(length("0.0.0.0"), Some(0));
        assert_eq!(length("255.0.255.0"), None);
        assert_eq!(length("ffff:ffff:ffff:ffff::"), Some(64));
    }

    #[test]
    fn flags_of_the_library_are_taken_over() {
        let interface = from_device(
            Platform::CURRENT,
            Device { name: "wlan0".into(), flags: 0x02 | 0x08 | 0x20, ..Device::default() },
        );
        assert_eq!(interface.up, Some(true));
        assert_eq!(interface.running, Some(false));
        assert_eq!(interface.connected, Some(false));
        assert_eq!((interface.wireless, interface.loopback), (Some(true), false));
    }

    #[test]
    fn a_listing_never_fails_and_says_why_capture_would() {
        let listing = interfaces();
        for interface in &listing.interfaces {
            assert!(!interface.name.is_empty());
            assert_eq!(interface.capturable, interface.reason.is_none());
        }
        if cfg!(target_os = "linux") {
            let loopback = listing.interfaces.iter().find(|one| one.loopback).expect("lo");
            assert_eq!(loopback.kind, LinkKind::Loopback);
            assert!(loopback.index.is_some());
        }
    }
}
