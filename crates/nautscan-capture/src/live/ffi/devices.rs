//! The library's list of interfaces, copied into owned values.

use std::net::IpAddr;
use std::ptr;

use super::api::{Api, ERROR_BUFFER, PcapAddr, PcapIf, text};

/// Enough for any list; keeps a damaged one from running on.
const MAX_ENTRIES: usize = 65_536;

/// One interface as the library lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) description: String,
    /// `PCAP_IF_*` bits.
    pub(crate) flags: u32,
    pub(crate) addresses: Vec<DeviceAddress>,
    /// Where the list has it: on macOS and its relatives.
    pub(crate) hardware_address: Option<Vec<u8>>,
}

/// An address with its netmask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceAddress {
    pub(crate) address: IpAddr,
    pub(crate) netmask: Option<IpAddr>,
}

/// Lists the interfaces. The error is the library's.
pub(crate) fn devices(api: &Api) -> Result<Vec<Device>, String> {
    let mut first: *mut PcapIf = ptr::null_mut();
    let mut error = [0; ERROR_BUFFER];
    // SAFETY: the pointer is writable and the buffer of the size that the library demands.
    if unsafe { (api.findalldevs)(&mut first, error.as_mut_ptr()) } != 0 {
        return Err(text(error.as_ptr()));
    }
    let mut list = Vec::new();
    let mut next = first;
    // SAFETY: the list ends with null and stays allocated until freealldevs below.
    while let Some(entry) = unsafe { next.as_ref() } {
        if list.len() >= MAX_ENTRIES {
            break;
        }
        list.push(Device {
            name: text(entry.name),
            description: text(entry.description),
            flags: entry.flags,
            addresses: addresses(entry.addresses),
            hardware_address: hardware_address(entry.addresses),
        });
        next = entry.next;
    }
    // SAFETY: `first` came from findalldevs; everything of it was copied.
    unsafe { (api.freealldevs)(first) };
    Ok(list)
}

fn addresses(first: *const PcapAddr) -> Vec<DeviceAddress> {
    let mut list = Vec::new();
    let mut next = first;
    // SAFETY: part of the list that `devices` walks: valid until that is freed, ends with null.
    while let Some(entry) = unsafe { next.as_ref() } {
        if list.len() >= MAX_ENTRIES {
            break;
        }
        if let Some(address) = socket_address(entry.address) {
            let netmask = socket_address(entry.netmask);
            list.push(DeviceAddress { address, netmask });
        }
        next = entry.next;
    }
    list
}

/// The hardware address among an interface's addresses, as BSD systems list it.
fn hardware_address(first: *const PcapAddr) -> Option<Vec<u8>> {
    if !cfg!(any(target_os = "macos", target_os = "ios", target_os = "freebsd")) {
        return None;
    }
    let mut next = first;
    for _ in 0..MAX_ENTRIES {
        // SAFETY: as in `addresses`.
        let entry = unsafe { next.as_ref() }?;
        if !entry.address.is_null() {
            // SAFETY: on these systems a sockaddr begins with its length in bytes, all readable.
            let bytes =
                unsafe { std::slice::from_raw_parts(entry.address, usize::from(*entry.address)) };
            if let Some(found) = link_address(bytes) {
                return Some(found);
            }
        }
        next = entry.next;
    }
    None
}

/// The address in a `struct sockaddr_dl`: length, AF_LINK, index (2), type, lengths of name,
/// address and selector, then the name and the address.
fn link_address(bytes: &[u8]) -> Option<Vec<u8>> {
    const AF_LINK: u8 = 18;
    let (&[_, family, _, _, _, name, address, _], rest) = bytes.split_first_chunk::<8>()?;
    let start = usize::from(name);
    let found = rest.get(start..start + usize::from(address))?;
    (family == AF_LINK && found.len() == 6).then(|| found.to_vec())
}

/// An interface as Linux lists it for the network namespace of the calling thread.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SystemLink {
    pub(crate) name: String,
    /// `IFF_*` bits.
    pub(crate) flags: u32,
    pub(crate) index: Option<u32>,
    /// `ARPHRD_*` number.
    pub(crate) hardware_type: Option<u16>,
    pub(crate) hardware_address: Vec<u8>,
    pub(crate) addresses: Vec<DeviceAddress>,
}

/// The interfaces of the calling thread's network namespace. Unlike `/sys`, which shows the
/// namespace that it was mounted in, the C library asks the kernel for the thread's.
#[cfg(target_os = "linux")]
pub(crate) fn system_links() -> Vec<SystemLink> {
    let mut links: Vec<SystemLink> = Vec::new();
    each_address(&mut |entry| {
        let name = text(entry.ifa_name);
        // A label such as `eth0:1` is an address of `eth0`.
        let name = name.split(':').next().unwrap_or_default();
        let index = links.iter().position(|link| link.name == name).unwrap_or_else(|| {
            links.push(SystemLink { name: name.to_owned(), ..SystemLink::default() });
            links.len() - 1
        });
        let link = &mut links[index];
        link.flags = entry.ifa_flags;
        if let Some(address) = socket_address(entry.ifa_addr.cast()) {
            let netmask = socket_address(entry.ifa_netmask.cast());
            link.addresses.push(DeviceAddress { address, netmask });
        }
        if let Some(facts) = link_layer_address(entry.ifa_addr) {
            link.index = u32::try_from(facts.sll_ifindex).ok();
            link.hardware_type = Some(facts.sll_hatype);
            let length = usize::from(facts.sll_halen).min(facts.sll_addr.len());
            link.hardware_address = facts.sll_addr[..length].to_vec();
        }
    });
    links
}

/// The `struct sockaddr_ll` behind a pointer to a socket address, if it is one.
#[cfg(target_os = "linux")]
fn link_layer_address(pointer: *const libc::sockaddr) -> Option<libc::sockaddr_ll> {
    // SAFETY: null, or an address of getifaddrs, which begins with its family.
    let family = i32::from(unsafe { pointer.as_ref() }?.sa_family);
    // SAFETY: an address of this family is a sockaddr_ll.
    (family == libc::AF_PACKET)
        .then(|| unsafe { pointer.cast::<libc::sockaddr_ll>().read_unaligned() })
}

/// The addresses of all interfaces as the system itself lists them, for when there is no library.
#[cfg(unix)]
pub(crate) fn system_addresses() -> Vec<(String, DeviceAddress)> {
    let mut list = Vec::new();
    each_address(&mut |entry| {
        if let Some(address) = socket_address(entry.ifa_addr.cast()) {
            let netmask = socket_address(entry.ifa_netmask.cast());
            list.push((text(entry.ifa_name), DeviceAddress { address, netmask }));
        }
    });
    list
}

/// Shows every entry of `getifaddrs`; none where the system cannot list them.
#[cfg(unix)]
fn each_address(show: &mut dyn FnMut(&libc::ifaddrs)) {
    let mut first: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: the pointer is writable.
    if unsafe { libc::getifaddrs(&mut first) } != 0 {
        return;
    }
    let mut next = first;
    for _ in 0..MAX_ENTRIES {
        // SAFETY: the list ends with null and stays allocated until freeifaddrs below.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        show(entry);
        next = entry.ifa_next;
    }
    // SAFETY: `first` came from getifaddrs; what is needed of it was copied.
    unsafe { libc::freeifaddrs(first) };
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const AF_INET6: u16 = 10;
#[cfg(windows)]
const AF_INET6: u16 = 23;
#[cfg(any(target_os = "macos", target_os = "ios"))]
const AF_INET6: u16 = 30;
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    windows,
    target_os = "macos",
    target_os = "ios"
)))]
const AF_INET6: u16 = 28;
const AF_INET: u16 = 2;

/// The IP address in a `struct sockaddr`; `None` for null and for other families.
fn socket_address(pointer: *const u8) -> Option<IpAddr> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: every sockaddr starts with two bytes that hold the family.
    let head: [u8; 2] = unsafe { pointer.cast::<[u8; 2]>().read_unaligned() };
    // BSD systems keep the length in the first byte and the family in the second.
    let family = if cfg!(any(target_os = "linux", target_os = "android", windows)) {
        u16::from_ne_bytes(head)
    } else {
        u16::from(head[1])
    };
    match family {
        AF_INET => {
            // SAFETY: a sockaddr_in has its address at byte 4.
            let bytes: [u8; 4] = unsafe { pointer.add(4).cast::<[u8; 4]>().read_unaligned() };
            Some(bytes.into())
        }
        AF_INET6 => {
            // SAFETY: a sockaddr_in6 has its address at byte 8.
            let bytes: [u8; 16] = unsafe { pointer.add(8).cast::<[u8; 16]>().read_unaligned() };
            Some(bytes.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardware_address_of_a_sockaddr_dl() {
        let head = [20, 18, 6, 0, 6, 3, 6, 0];
        let full = [&head[..], b"en0", &[0x3c, 0x22, 0xfb, 0xbb, 0x9b, 0x70], &[0; 3]].concat();
        let mac = vec![0x3c, 0x22, 0xfb, 0xbb, 0x9b, 0x70];
        assert_eq!(link_address(&full), Some(mac));
        for cut in 0..full.len() - 3 {
            assert_eq!(link_address(&full[..cut]), None);
        }
        let other = [&[16, 2, 0, 0][..], &[0; 12]].concat();
        assert_eq!(link_address(&other), None, "an IPv4 address");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_links_of_this_namespace() {
        let links = system_links();
        let lo = links.iter().find(|link| link.name == "lo").expect("lo");
        assert_eq!((lo.index, lo.hardware_type), (Some(1), Some(772)));
    }
}
