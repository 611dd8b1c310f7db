//! DHCP for IPv6.

use super::labelled_name;
use super::said::{Said, text};
use crate::event::{Lease, LeaseStep};
use crate::proto::datagram::{Datagram, Recognised};
use crate::proto::{Context, Side};
use crate::wire::Address;

/// Ports of clients and servers (RFC 8415 section 7.2).
const PORTS: [u16; 2] = [546, 547];
/// Type and transaction.
const HEADER: usize = 4;

/// Messages (RFC 8415 section 7.3).
mod message {
    pub(super) const SOLICIT: u8 = 1;
    pub(super) const ADVERTISE: u8 = 2;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const RENEW: u8 = 5;
    pub(super) const REBIND: u8 = 6;
    pub(super) const REPLY: u8 = 7;
    pub(super) const RECONFIGURE: u8 = 10;
    pub(super) const INFORMATION_REQUEST: u8 = 11;
}

/// Options (RFC 8415 section 21, RFC 4704).
mod option {
    pub(super) const CLIENT_ID: u16 = 1;
    pub(super) const IA_NA: u16 = 3;
    pub(super) const IA_ADDRESS: u16 = 5;
    pub(super) const VENDOR_CLASS: u16 = 16;
    pub(super) const CLIENT_FQDN: u16 = 39;
}

/// The ports, a known message, and options that end where the datagram does.
pub(super) fn probe(datagram: &Datagram<'_>) -> Recognised {
    let (ports, bytes) = (datagram.ports, datagram.bytes);
    let Some(options) = bytes.get(HEADER..) else { return Recognised::No };
    let is_known = PORTS.iter().any(|&port| ports.has(port))
        && (message::SOLICIT..=message::INFORMATION_REQUEST).contains(&bytes[0])
        && (datagram.cut > 0 || Options(options).all(|option| option.is_some()));
    let is_servers = matches!(bytes[0], message::ADVERTISE | message::REPLY | message::RECONFIGURE);
    match (is_known, is_servers) {
        (false, _) => Recognised::No,
        (true, true) => Recognised::Yes(Some(Side::Server)),
        (true, false) => Recognised::Yes(Some(Side::Client)),
    }
}

/// Options in a row: code and value; `None`, and then no more, where one goes beyond the end.
struct Options<'a>(&'a [u8]);

impl<'a> Iterator for Options<'a> {
    type Item = Option<(u16, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let rest = core::mem::take(&mut self.0);
        let Some((&[a, b, c, d], rest)) = rest.split_first_chunk() else { return Some(None) };
        let len = usize::from(u16::from_be_bytes([c, d]));
        let Some((value, next)) = rest.split_at_checked(len) else { return Some(None) };
        self.0 = next;
        Some(Some((u16::from_be_bytes([a, b]), value)))
    }
}

/// The first option of a kind; `None` within: there is none. `None`: the options are malformed.
fn first(options: &[u8], wanted: u16) -> Option<Option<&[u8]>> {
    for option in Options(options) {
        let (code, value) = option?;
        if code == wanted {
            return Some(Some(value));
        }
    }
    Some(None)
}

/// Notes what a message says, and tells what that is of leases.
pub(super) fn read(datagram: &Datagram<'_>, said: &mut Said, cx: &mut Context<'_>) -> Option<()> {
    /// Flags before the name (RFC 4704 section 4).
    const BEFORE: usize = 1;
    let (header, options) = datagram.bytes.split_at_checked(HEADER)?;
    let client = first(options, option::CLIENT_ID)?.unwrap_or_default();
    let name = first(options, option::CLIENT_FQDN)?.and_then(|fqdn| fqdn.get(BEFORE..));
    let name = name.and_then(labelled_name);
    note(header[0], options, said, name.as_deref())?;
    let transaction = [&header[1..], client].concat();
    let lease = Lease {
        time: cx.time,
        source: "dhcpv6",
        transaction: &transaction,
        // An identifier of the client may hold a hardware address, but of any interface.
        mac: None,
        name: name.as_deref(),
        step: LeaseStep::Asked,
    };
    match header[0] {
        message::SOLICIT | message::REQUEST | message::RENEW | message::REBIND => {
            cx.sink.lease(&lease);
        }
        message::REPLY => {
            let (ip, ttl_s) = match granted(options)? {
                Some(granted) => granted,
                None => return Some(()),
            };
            let step = LeaseStep::Given { ip, ttl_s: Some(ttl_s), by: datagram.side };
            cx.sink.lease(&Lease { step, ..lease });
        }
        _ => {}
    }
    Some(())
}

/// What a message says for the flow's summary; `None`: its options are malformed.
fn note(kind: u8, options: &[u8], said: &mut Said, name: Option<&str>) -> Option<()> {
    /// Enterprise number and length before the first class (RFC 8415 section 21.16).
    const BEFORE: usize = 6;
    let class = first(options, option::VENDOR_CLASS)?.and_then(|class| class.get(BEFORE..));
    let address = address(options)?;
    said.count(&name_of(kind));
    said.host_name = name.map(str::to_owned).or(said.host_name.take());
    said.vendor_class = class.and_then(text).or(said.vendor_class.take());
    if let Some((ip, valid)) = address {
        let is_servers = matches!(kind, message::ADVERTISE | message::REPLY);
        if is_servers {
            (said.given, said.lease_s) = (Some(ip.to_string()), Some(valid));
        } else {
            said.requested = Some(ip.to_string());
        }
    }
    Some(())
}

/// A message by its name (RFC 8415 section 7.3).
fn name_of(kind: u8) -> String {
    const NAMES: [&str; 13] = [
        "SOLICIT",
        "ADVERTISE",
        "REQUEST",
        "CONFIRM",
        "RENEW",
        "REBIND",
        "REPLY",
        "RELEASE",
        "DECLINE",
        "RECONFIGURE",
        "INFORMATION-REQUEST",
        "RELAY-FORW",
        "RELAY-REPL",
    ];
    match NAMES.get(usize::from(kind).wrapping_sub(1)) {
        Some(name) => (*name).to_owned(),
        None => format!("message {kind}"),
    }
}

/// The first address that a message grants, and for how long; `None` within: it grants none.
fn granted(options: &[u8]) -> Option<Option<(Address, u32)>> {
    Some(address(options)?.filter(|(_, valid)| *valid > 0))
}

/// The first address of a message, and for how long it is valid; `None` within: it has none.
fn address(options: &[u8]) -> Option<Option<(Address, u32)>> {
    /// Identifier and two times before the options of an association.
    const BEFORE: usize = 12;
    let Some(association) = first(options, option::IA_NA)? else { return Some(None) };
    let Some(granted) = first(association.get(BEFORE..)?, option::IA_ADDRESS)? else {
        return Some(None);
    };
    let (ip, times) = granted.split_first_chunk::<16>()?;
    // The preferred lifetime, then the valid one; of 0 the address is taken away.
    let valid = times.get(4..8)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))?;
    Some(Some((Address::v6(*ip), valid)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;
    use crate::proto::dialogue::facts;

    fn option(code: u16, value: &[u8]) -> Vec<u8> {
        [&code.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
    }

    fn bytes(kind: u8, options: &[Vec<u8>]) -> Vec<u8> {
        [&[kind, 1, 2, 3][..], &options.concat()].concat()
    }

    fn association(valid: u32) -> Vec<u8> {
        let mut address = vec![0; 20];
        (address[0], address[1], address[15]) = (0xfd, 0, 7);
        address.extend(valid.to_be_bytes());
        option(option::IA_NA, &[vec![0; 12], option(option::IA_ADDRESS, &address)].concat())
    }

    #[test]
    fn a_client_asks_and_a_server_gives() {
        let fqdn = option(option::CLIENT_FQDN, b"\x00\x02Pc");
        let asked = told(read, &bytes(message::REQUEST, &[fqdn]));
        assert_eq!(asked.leases, ["pc None asks"]);
        let given = told(read, &bytes(message::REPLY, &[association(60)]));
        assert_eq!(given.leases, ["- None fd00::7 for Some(60) by Server"]);
        let taken = told(read, &bytes(message::REPLY, &[association(0)]));
        assert!(taken.leases.is_empty() && taken.errors == 0);
    }

    #[test]
    fn the_flow_has_a_summary() {
        let class = option(option::VENDOR_CLASS, b"\0\0\x01\x37\0\x04acme");
        let fqdn = option(option::CLIENT_FQDN, b"\x00\x02Pc");
        let asked = told(read, &bytes(message::REQUEST, &[class, fqdn, association(0)]));
        assert_eq!(
            facts(&asked.summary),
            "messages=REQUEST: 1; requested_address=fd00::7; host_name=pc; vendor_class=acme"
        );
        let given = told(read, &bytes(message::REPLY, &[association(60)]));
        assert_eq!(facts(&given.summary), "messages=REPLY: 1; given_address=fd00::7; lease_s=60");
        assert_eq!(facts(&told(read, &bytes(99, &[])).summary), "messages=message 99: 1");
    }

    #[test]
    fn malformed_messages_say_nothing_and_are_counted() {
        let whole = bytes(message::REPLY, &[association(60)]);
        for cut in [2, 6, whole.len() - 1] {
            let told = told(read, &whole[..cut]);
            assert!(told.leases.is_empty() && told.errors == 1, "{cut} bytes");
        }
    }
}
