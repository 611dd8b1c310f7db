//! DHCP for IPv4.

use super::said::{Said, text};
use super::{host_name, labelled_name};
use crate::event::{Lease, LeaseStep};
use crate::proto::datagram::{Datagram, Recognised};
use crate::proto::{Context, Side};
use crate::wire::Address;

/// Where fields stand in the fixed part (RFC 2131 section 2).
mod at {
    pub(super) const OPERATION: usize = 0;
    pub(super) const HARDWARE_TYPE: usize = 1;
    pub(super) const HARDWARE_LEN: usize = 2;
    pub(super) const TRANSACTION: core::ops::Range<usize> = 4..8;
    pub(super) const CLIENT_IP: core::ops::Range<usize> = 12..16;
    pub(super) const YOUR_IP: core::ops::Range<usize> = 16..20;
    pub(super) const HARDWARE: core::ops::Range<usize> = 28..44;
    pub(super) const SERVER_NAME: core::ops::Range<usize> = 44..108;
    pub(super) const FILE: core::ops::Range<usize> = 108..236;
    pub(super) const COOKIE: core::ops::Range<usize> = 236..240;
}

const OPTIONS: usize = at::COOKIE.end;
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ETHERNET: u8 = 1;

/// Options (RFC 2132, RFC 4702).
mod option {
    pub(super) const PAD: u8 = 0;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const REQUESTED: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const OVERLOAD: u8 = 52;
    pub(super) const MESSAGE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const VENDOR_CLASS: u8 = 60;
    pub(super) const CLIENT_FQDN: u8 = 81;
    pub(super) const END: u8 = 255;
}

/// Messages (RFC 2132 section 9.6).
mod message {
    pub(super) const DISCOVER: u8 = 1;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const ACK: u8 = 5;
    pub(super) const NAK: u8 = 6;
    pub(super) const INFORM: u8 = 8;
}

/// The magic cookie tells, whatever the ports.
pub(super) fn probe(datagram: &Datagram<'_>) -> Recognised {
    let bytes = datagram.bytes;
    if bytes.get(at::COOKIE) != Some(&COOKIE[..]) {
        return Recognised::No;
    }
    match bytes[at::OPERATION] {
        REQUEST => Recognised::Yes(Some(Side::Client)),
        REPLY => Recognised::Yes(Some(Side::Server)),
        _ => Recognised::No,
    }
}

/// What of the options counts here.
#[derive(Default)]
struct Options<'a> {
    message: Option<u8>,
    overload: Option<u8>,
    host_name: Option<&'a [u8]>,
    fqdn: Option<&'a [u8]>,
    lease_s: Option<u32>,
    requested: Option<[u8; 4]>,
    server: Option<[u8; 4]>,
    vendor_class: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// Reads the options of a message: those behind the cookie, then those that the fields for a file
    /// and for the server's name hold if an option says so (RFC 2131 section 4.1). `None`: one goes
    /// beyond its end. Of an option that comes twice the first counts.
    fn read(message: &'a [u8]) -> Option<Self> {
        let mut options = Self::default();
        options.add(message.get(OPTIONS..)?)?;
        let overload = options.overload.unwrap_or(0);
        for (bit, field) in [(1, at::FILE), (2, at::SERVER_NAME)] {
            if overload & bit != 0 {
                options.add(&message[field])?;
            }
        }
        Some(options)
    }

    fn add(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        loop {
            match bytes {
                [] | [option::END, ..] => return Some(()),
                [option::PAD, rest @ ..] => bytes = rest,
                [code, len, rest @ ..] => {
                    let (value, next) = rest.split_at_checked(usize::from(*len))?;
                    self.take(*code, value);
                    bytes = next;
                }
                [_] => return None,
            }
        }
    }

    fn take(&mut self, code: u8, value: &'a [u8]) {
        match code {
            option::MESSAGE => self.message = self.message.or(value.first().copied()),
            option::OVERLOAD => self.overload = self.overload.or(value.first().copied()),
            option::HOST_NAME => self.host_name = self.host_name.or(Some(value)),
            option::REQUESTED => self.requested = self.requested.or(value.first_chunk().copied()),
            option::SERVER => self.server = self.server.or(value.first_chunk().copied()),
            option::VENDOR_CLASS => self.vendor_class = self.vendor_class.or(Some(value)),
            option::CLIENT_FQDN => self.fqdn = self.fqdn.or(Some(value)),
            option::LEASE_TIME => {
                let seconds = value.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
                self.lease_s = self.lease_s.or(seconds);
            }
            _ => {}
        }
    }

    /// The name of the client: its host name, else its qualified name.
    fn name(&self) -> Option<String> {
        /// Flags and two response codes stand before the name (RFC 4702 section 2).
        const BEFORE: usize = 3;
        /// The flag E: the name is in labels.
        const IN_LABELS: u8 = 0x04;
        self.host_name.and_then(host_name).or_else(|| {
            let fqdn = self.fqdn?;
            let name = fqdn.get(BEFORE..)?;
            if fqdn[0] & IN_LABELS != 0 { labelled_name(name) } else { host_name(name) }
        })
    }
}

/// Notes what a message says, and tells what that is of a lease.
pub(super) fn read(datagram: &Datagram<'_>, said: &mut Said, cx: &mut Context<'_>) -> Option<()> {
    let bytes = datagram.bytes;
    if bytes.get(at::COOKIE)? != COOKIE {
        return None;
    }
    let options = Options::read(bytes)?;
    note(bytes, &options, said);
    let step = match options.message {
        Some(message::DISCOVER | message::REQUEST | message::INFORM) => LeaseStep::Asked,
        Some(message::ACK) => {
            LeaseStep::Given { ip: granted(bytes)?, ttl_s: options.lease_s, by: datagram.side }
        }
        _ => return Some(()),
    };
    let hardware = &bytes[at::HARDWARE];
    let is_ethernet = (bytes[at::HARDWARE_TYPE], bytes[at::HARDWARE_LEN]) == (ETHERNET, 6);
    let transaction = [&bytes[at::TRANSACTION], hardware].concat();
    let name = options.name();
    cx.sink.lease(&Lease {
        time: cx.time,
        source: "dhcp",
        transaction: &transaction,
        mac: hardware.first_chunk().copied().filter(|_| is_ethernet),
        name: name.as_deref(),
        step,
    });
    Some(())
}

/// What a message says for the flow's summary.
fn note(bytes: &[u8], options: &Options<'_>, said: &mut Said) {
    said.count(&name_of(options.message));
    let address = |octets: [u8; 4]| Address::v4(octets).to_string();
    said.requested = options.requested.map(address).or(said.requested.take());
    said.server = options.server.map(address).or(said.server.take());
    said.host_name = options.name().or(said.host_name.take());
    said.vendor_class = options.vendor_class.and_then(text).or(said.vendor_class.take());
    if bytes[at::OPERATION] == REPLY && options.message != Some(message::NAK) {
        said.given = granted(bytes).map(|ip| ip.to_string()).or(said.given.take());
        said.lease_s = options.lease_s.or(said.lease_s);
    }
}

/// A message by its name (RFC 2132 section 9.6; RFC 3203, RFC 4388).
fn name_of(message: Option<u8>) -> String {
    const NAMES: [&str; 13] = [
        "DHCPDISCOVER",
        "DHCPOFFER",
        "DHCPREQUEST",
        "DHCPDECLINE",
        "DHCPACK",
        "DHCPNAK",
        "DHCPRELEASE",
        "DHCPINFORM",
        "DHCPFORCERENEW",
        "DHCPLEASEQUERY",
        "DHCPLEASEUNASSIGNED",
        "DHCPLEASEUNKNOWN",
        "DHCPLEASEACTIVE",
    ];
    match message {
        None => "BOOTP".to_owned(),
        Some(number) => match NAMES.get(usize::from(number).wrapping_sub(1)) {
            Some(name) => (*name).to_owned(),
            None => format!("message {number}"),
        },
    }
}

/// The address that an ACK grants, or in answer to INFORM the one that the client has already.
fn granted(bytes: &[u8]) -> Option<Address> {
    let ips = [&bytes[at::YOUR_IP], &bytes[at::CLIENT_IP]];
    let ip = ips.into_iter().find(|ip| ip.iter().any(|&byte| byte != 0))?;
    Some(Address::v4(*ip.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;
    use crate::proto::dialogue::facts;

    fn bytes(operation: u8, yours: [u8; 4], options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; OPTIONS];
        bytes[..3].copy_from_slice(&[operation, ETHERNET, 6]);
        bytes[at::TRANSACTION].copy_from_slice(b"1234");
        bytes[at::YOUR_IP].copy_from_slice(&yours);
        bytes[33] = 9;
        bytes[at::COOKIE].copy_from_slice(&COOKIE);
        bytes.extend(options);
        bytes
    }

    #[test]
    fn a_client_asks_and_a_server_gives() {
        let asked = told(read, &bytes(1, [0; 4], b"\x35\x01\x03\x00\x0c\x02PC\xff"));
        assert_eq!(asked.leases, ["pc Some(9) asks"]);
        let options = b"\x35\x01\x05\x33\x04\x00\x00\x0e\x10\xff";
        let given = told(read, &bytes(2, [10, 0, 0, 7], options));
        assert_eq!(given.leases, ["- Some(9) 10.0.0.7 for Some(3600) by Server"]);
        let fqdn =
            told(read, &bytes(1, [0; 4], b"\x35\x01\x03\x51\x09\x04\x00\x00\x02pc\x01x\x00"));
        assert_eq!(fqdn.leases, ["pc.x Some(9) asks"]);
    }

    /// Long messages have options where a file's and a server's name would stand.
    #[test]
    fn options_stand_in_other_fields_if_one_says_so() {
        let mut message = bytes(2, [10, 0, 0, 7], b"\x34\x01\x03\x35\x01\x05\xff");
        message[at::FILE][..7].copy_from_slice(b"\x33\x04\x00\x00\x0e\x10\xff");
        message[at::SERVER_NAME][..5].copy_from_slice(b"\x0c\x02pc\xff");
        let leases = |message: &[u8]| told(read, message).leases;
        assert_eq!(leases(&message), ["pc Some(9) 10.0.0.7 for Some(3600) by Server"]);
        message[OPTIONS + 2] = 1;
        assert_eq!(leases(&message), ["- Some(9) 10.0.0.7 for Some(3600) by Server"]);
        message[OPTIONS + 2] = 2;
        assert_eq!(leases(&message), ["pc Some(9) 10.0.0.7 for None by Server"]);
        message[at::SERVER_NAME].fill(9);
        assert!(leases(&message).is_empty() && told(read, &message).errors == 1);
    }

    #[test]
    fn the_flow_has_a_summary() {
        let asked = b"\x35\x01\x03\x0c\x02PC\x32\x04\x0a\x00\x00\x07\x3c\x04acme\xff";
        assert_eq!(
            facts(&told(read, &bytes(1, [0; 4], asked)).summary),
            "message_types=DHCPREQUEST: 1; requested_address=10.0.0.7; host_name=pc; vendor_class=acme"
        );
        let offered = b"\x35\x01\x02\x33\x04\x00\x00\x0e\x10\x36\x04\x0a\x00\x00\x01\xff";
        assert_eq!(
            facts(&told(read, &bytes(2, [10, 0, 0, 7], offered)).summary),
            "message_types=DHCPOFFER: 1; given_address=10.0.0.7; lease_s=3600; server=10.0.0.1"
        );
        let refused = told(read, &bytes(2, [10, 0, 0, 7], b"\x35\x01\x06\xff")).summary;
        assert_eq!(facts(&refused), "message_types=DHCPNAK: 1");
        assert_eq!(
            facts(&told(read, &bytes(1, [0; 4], b"\xff")).summary),
            "message_types=BOOTP: 1"
        );
        let other = told(read, &bytes(1, [0; 4], b"\x35\x01\x63\xff")).summary;
        assert_eq!(facts(&other), "message_types=message 99: 1");
    }

    #[test]
    fn malformed_messages_say_nothing_and_are_counted() {
        let whole = bytes(1, [0; 4], b"\x35\x01\x03\x0c\x02PC");
        for cut in [OPTIONS + 1, OPTIONS + 4, whole.len() - 1] {
            let told = told(read, &whole[..cut]);
            assert!(told.leases.is_empty() && told.errors == 1, "{cut} bytes");
        }
        let none = told(read, &bytes(2, [0; 4], b"\x35\x01\x05"));
        assert!(none.leases.is_empty() && none.errors == 1, "grants nothing");
    }
}
