//! The rules for macOS and Windows, held against listings that people have published of their own
//! machines: see `tests/data/listings/README.md`.

use super::*;

/// Sections of `ifconfig` as libpcap's list has them.
fn ifconfig(text: &str) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    for line in text.lines() {
        if let Some((name, rest)) = line.split_once(": flags=").filter(|_| !line.starts_with('\t'))
        {
            let words = rest.split_once('<').map_or("", |(_, words)| words);
            let has = |word: &str| words.split(['>', ',']).any(|one| one == word);
            let flags =
                [("LOOPBACK", flag::LOOPBACK), ("UP", flag::UP), ("RUNNING", flag::RUNNING)]
                    .map(|(word, bit)| if has(word) { bit } else { 0 });
            devices.push(Device {
                name: name.to_owned(),
                flags: flags.iter().sum(),
                ..Device::default()
            });
            continue;
        }
        let device = devices.last_mut().expect("a section");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["inet" | "inet6", address, ..] => {
                let address = address.split('%').next().expect("text");
                let address = address.parse().expect("an address");
                device.addresses.push(DeviceAddress { address, netmask: None });
            }
            ["status:", "active"] => device.flags |= flag::CONNECTED,
            ["status:", "inactive"] => device.flags |= flag::DISCONNECTED,
            _ => {}
        }
    }
    devices
}

/// Lines of `description|friendly name|GUID|MAC|status|address`, of which the last may be absent.
/// Npcap lists a device by GUID and description; without the GUID any other does.
fn adapters(text: &str) -> Vec<Device> {
    let adapter = |(index, line): (usize, &str)| {
        let mut fields = line.split('|').chain(std::iter::repeat(""));
        let mut next = || fields.next().expect("without end");
        let (description, _friendly, guid, _mac, status, address) =
            (next(), next(), next(), next(), next(), next());
        let guid = if guid.is_empty() { format!("{{{index}}}") } else { guid.to_owned() };
        let connection =
            if status == "Disconnected" { flag::DISCONNECTED } else { flag::CONNECTED };
        let address = address.parse().ok();
        Device {
            name: format!(r"\Device\NPF_{guid}"),
            description: description.to_owned(),
            flags: flag::UP | flag::RUNNING | connection,
            addresses: address
                .map(|address| DeviceAddress { address, netmask: None })
                .into_iter()
                .collect(),
            hardware_address: None,
        }
    };
    text.lines().enumerate().map(adapter).collect()
}

fn described(platform: Platform, devices: Vec<Device>) -> Vec<Interface> {
    devices.into_iter().map(|device| from_device(platform, device)).collect()
}

fn kinds(interfaces: &[Interface]) -> Vec<(&str, LinkKind)> {
    interfaces.iter().map(|one| (one.name.as_str(), one.kind)).collect()
}

/// Descriptions are what tells adapters of Windows apart.
fn described_kinds(interfaces: &[Interface]) -> Vec<(&str, LinkKind)> {
    interfaces
        .iter()
        .map(|one| (one.description.as_deref().unwrap_or_default(), one.kind))
        .collect()
}

macro_rules! listing {
    ($name:literal) => {
        include_str!(concat!("../../tests/data/listings/", $name, ".txt"))
    };
}

#[test]
fn a_macbook_on_wifi() {
    let list = described(Platform::Mac, ifconfig(listing!("macos-macbook")));
    use LinkKind::*;
    assert_eq!(
        kinds(&list),
        [
            ("lo0", Loopback),
            ("gif0", Tunnel),
            ("stf0", Tunnel),
            ("en5", Physical),
            ("ap1", Wireless),
            ("en0", Physical),
            ("awdl0", PeerToPeer),
        ]
    );
    let chosen = default_interfaces_on(Platform::Mac, &list);
    // en5 leads to the T2 chip: it has an address of its link only.
    assert_eq!(chosen.names, ["en0", "lo0"]);
    let en0 = &list[5];
    assert_eq!((en0.up, en0.running, en0.connected), (Some(true), Some(true), Some(true)));
    assert_eq!((en0.link_type, list[0].link_type), (Some("ETHERNET"), Some("NULL")));
    assert_eq!(list[6].description.as_deref(), Some("AirDrop and AirPlay, device to device"));
    assert_eq!(list[4].connected, Some(false));
}

#[test]
fn apple_silicon_and_its_device_to_device_links() {
    let list = described(Platform::Mac, ifconfig(listing!("macos-apple-silicon")));
    use LinkKind::*;
    assert_eq!(kinds(&list), [("llw0", PeerToPeer), ("bridge0", Bridge), ("utun0", Tun)]);
    // Nothing has an address beyond its link: the first that is up, and that is said.
    let chosen = default_interfaces_on(Platform::Mac, &list);
    assert_eq!(chosen.names, ["bridge0"]);
    assert!(chosen.reason.contains("first interface that is up"), "{}", chosen.reason);
    let list = described(Platform::Mac, ifconfig(listing!("macos-anpi")));
    assert_eq!(list.iter().filter(|one| one.kind == Virtual).count(), 2, "anpi0 and anpi1");
}

#[test]
fn a_virtual_machines_network_beside_the_card() {
    let both = [listing!("macos-macbook"), listing!("macos-colima")].concat();
    let list = described(Platform::Mac, ifconfig(&both));
    assert_eq!(default_interfaces_on(Platform::Mac, &list).names, ["en0", "bridge100", "lo0"]);
    assert_eq!(kind_by_name(Platform::Mac, "vmenet0", "", false), LinkKind::Veth);
}

#[test]
fn a_mac_mini_with_usb_controllers_among_its_interfaces() {
    let list = described(Platform::Mac, ifconfig(listing!("macos-mini")));
    let pseudo: Vec<&str> = list
        .iter()
        .filter(|one| one.kind == LinkKind::Pseudo)
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(pseudo, ["XHC1", "XHC20", "XHC0", "VHC128"]);
    assert_eq!(default_interfaces_on(Platform::Mac, &list).names, ["en6", "lo0"]);
}

#[test]
fn wifi_is_told_from_cables_by_the_librarys_flag() {
    // libpcap asks for the media; `networksetup` says that en0 is this machine's Wi-Fi.
    let ports: Vec<(&str, &str)> = listing!("macos-ports")
        .lines()
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|two| (&two[0]["Hardware Port: ".len()..], &two[1]["Device: ".len()..]))
        .collect();
    for (port, name) in ports {
        let flags = if port == "Wi-Fi" { flag::WIRELESS } else { 0 };
        let interface =
            from_device(Platform::Mac, Device { name: name.into(), flags, ..Device::default() });
        let expected = match port {
            "Wi-Fi" => LinkKind::Wireless,
            "Thunderbolt Bridge" => LinkKind::Bridge,
            _ => LinkKind::Physical,
        };
        assert_eq!(interface.kind, expected, "{port}");
    }
}

#[test]
fn adapters_of_windows() {
    use LinkKind::*;
    let list = described(Platform::Windows, adapters(listing!("windows-scapy")));
    let found: Vec<LinkKind> = described_kinds(&list).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(found, [Physical, Virtual, Tun, Wireless, Wireless]);
    let list = described(Platform::Windows, adapters(listing!("windows-wsl-miniports")));
    let expected = [Tun, Virtual, Wireless, Tun, Tun, Tun, Tun, Tun, Tun, Tun];
    for ((description, kind), expected) in described_kinds(&list).into_iter().zip(expected) {
        assert_eq!(kind, expected, "{description}");
    }
}

#[test]
fn disconnected_switches_of_hyper_v_are_left_out() {
    let mut list = described(Platform::Windows, adapters(listing!("windows-wsl")));
    assert_eq!(list.iter().filter(|one| one.kind == LinkKind::Virtual).count(), 6);
    assert_eq!(list.iter().filter(|one| one.connected == Some(false)).count(), 6);
    for interface in &mut list {
        let address = "192.168.7.2".parse().expect("address");
        interface.addresses = vec![InterfaceAddress { address, prefix: None }];
    }
    let chosen = default_interfaces_on(Platform::Windows, &list);
    assert_eq!(chosen.names, [r"\Device\NPF_{5}"], "the USB card, which alone is up");
}

#[test]
fn docker_for_windows_and_its_switch() {
    let list = described(Platform::Windows, adapters(listing!("windows-dockernat")));
    use LinkKind::*;
    assert_eq!(
        described_kinds(&list),
        [
            ("Hyper-V Virtual Ethernet Adapter #2", Virtual),
            ("Realtek PCIe GbE Family Controller", Physical),
        ]
    );
    // The card's address in this excerpt is one of its link only.
    let chosen = default_interfaces_on(Platform::Windows, &list);
    assert_eq!(chosen.names, [r"\Device\NPF_{0}"]);
    assert_eq!(list[0].link_type, Some("ETHERNET"));
}

#[test]
fn npcaps_loopbacks_old_and_new() {
    let mut devices = adapters(listing!("windows-npcap-loopback"));
    let tshark = listing!("windows-tshark").lines().filter_map(|line| {
        let (_, rest) = line.split_once(". ")?;
        let (name, friendly) = rest.split_once(" (")?;
        Some(Device {
            name: name.to_owned(),
            description: friendly.trim_end_matches(')').to_owned(),
            flags: flag::UP | flag::RUNNING,
            ..Device::default()
        })
    });
    devices.extend(tshark);
    let list = described(Platform::Windows, devices);
    let loopbacks: Vec<&str> = list
        .iter()
        .filter(|one| one.kind == LinkKind::Loopback)
        .map(|one| one.name.as_str())
        .collect();
    let old = r"\Device\NPF_{7B89C746-FAD2-429E-859A-1BEEA3670750}";
    assert_eq!(loopbacks, [old, r"\Device\NPF_Loopback"]);
    let chosen = default_interfaces_on(Platform::Windows, &list);
    let wifi = r"\Device\NPF_{F796B04D-769D-4784-8785-03A0D043B791}";
    // One loopback is enough: both show the same packets.
    assert_eq!(chosen.names, [wifi, r"\Device\NPF_Loopback"]);
}

#[test]
fn what_libpcap_lists_beside_links_on_linux() {
    for line in listing!("linux-laptop").lines() {
        let (_, rest) = line.split_once('.').expect("numbered");
        let (name, words) = rest.split_once(' ').expect("flags");
        let loopback = words.contains("Loopback");
        let kind = kind_by_name(Platform::Linux, name, words, loopback);
        let expected = match name {
            "any" => LinkKind::Any,
            "lo" => LinkKind::Loopback,
            "wlp170s0" => LinkKind::Unknown,
            _ => LinkKind::Pseudo,
        };
        assert_eq!(kind, expected, "{name}");
    }
}
