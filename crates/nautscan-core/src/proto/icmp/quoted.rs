//! The packet that an error is about: as much of it as its sender quotes (RFC 792, RFC 4443 section 3).

use crate::wire::ipv4::Ipv4;
use crate::wire::ipv6::{self, Ipv6};
use crate::wire::{Address, protocol};

/// Length of an IPv6 header.
const IPV6: usize = 40;
/// Extension headers that are walked.
const EXTENSIONS: usize = 8;

/// Transport, addresses and ports, in the direction of the packet: `udp 192.0.2.1:5353 > 192.0.2.2:53`.
/// `None`: no header of IP is quoted.
pub(super) fn quoted(bytes: &[u8]) -> Option<String> {
    match bytes.first()? >> 4 {
        4 => {
            let view = Ipv4::new_checked(bytes).ok()?;
            let payload =
                if view.fragment_offset() == 0 { &bytes[view.header_len()..] } else { &[] };
            Some(text(view.protocol(), view.source(), view.destination(), payload))
        }
        6 => {
            let view = Ipv6::new_checked(bytes)?;
            let (next, payload) = behind_extensions(view.next_header(), &bytes[IPV6..]);
            Some(text(next, view.source(), view.destination(), payload))
        }
        _ => None,
    }
}

/// What comes after the extension headers, as far as they are quoted. Behind a header of a fragment that
/// is not the first there is nothing to read.
fn behind_extensions(mut next: u8, mut rest: &[u8]) -> (u8, &[u8]) {
    for _ in 0..EXTENSIONS {
        if !ipv6::is_extension(next) {
            break;
        }
        let Ok(extension) = ipv6::extension(next, rest) else { return (next, &[]) };
        next = extension.next_header;
        rest = &rest[extension.len..];
        if extension.fragment.is_some_and(|(offset, ..)| offset > 0) {
            return (next, &[]);
        }
    }
    (next, rest)
}

fn text(transport: u8, source: Address, destination: Address, payload: &[u8]) -> String {
    let has_ports = matches!(transport, protocol::TCP | protocol::UDP | protocol::SCTP);
    let ports = payload
        .first_chunk()
        .filter(|_| has_ports)
        .map(|&[a, b, c, d]| (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
    let name = match transport {
        protocol::TCP => "tcp".to_owned(),
        protocol::UDP => "udp".to_owned(),
        protocol::SCTP => "sctp".to_owned(),
        protocol::ICMP => "icmp".to_owned(),
        protocol::ICMPV6 => "icmpv6".to_owned(),
        other => format!("ip-{other}"),
    };
    match ports {
        Some((from, to)) => {
            format!("{name} {} > {}", end(source, from), end(destination, to))
        }
        None => format!("{name} {source} > {destination}"),
    }
}

/// Address and port, as a URL has them.
fn end(address: Address, port: u16) -> String {
    if address.is_v6() { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_told_as_far_as_it_goes() {
        let mut v4 = vec![0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        assert_eq!(quoted(&v4).as_deref(), Some("udp 192.0.2.1 > 192.0.2.2"));
        v4.extend([0x14, 0xe9, 0, 53]);
        assert_eq!(quoted(&v4).as_deref(), Some("udp 192.0.2.1:5353 > 192.0.2.2:53"));
        v4[7] = 9;
        assert_eq!(quoted(&v4).as_deref(), Some("udp 192.0.2.1 > 192.0.2.2"), "a later fragment");
        for length in 0..20 {
            assert_eq!(quoted(&v4[..length]), None);
        }
        let mut v6 = vec![0x60, 0, 0, 0, 0, 8, 0, 64];
        for last in [1, 2] {
            v6.extend([0xfd; 1]);
            v6.extend([0; 14]);
            v6.push(last);
        }
        assert_eq!(quoted(&v6).as_deref(), Some("ip-0 fd00::1 > fd00::2"), "its options are cut");
        v6.extend([6, 0, 0, 0, 0, 0, 0, 0]);
        v6.extend([0, 80, 1, 0]);
        assert_eq!(quoted(&v6).as_deref(), Some("tcp [fd00::1]:80 > [fd00::2]:256"));
        v6[40] = protocol::ICMPV6;
        assert_eq!(quoted(&v6).as_deref(), Some("icmpv6 fd00::1 > fd00::2"));
    }
}
