//! DHCP (RFC 2131, RFC 2132, RFC 4702) and DHCPv6 (RFC 8415, RFC 4704), as far as they say who is
//! called what: the name that a client asks by, and the address that it gets.
//!
//! There are no rows of `requests`: the flow has a summary, and `names` has what was agreed. A
//! client without an address asks and is answered in different flows, so the two are brought
//! together by their transaction, outside of the parsers (see [`Lease`](crate::event::Lease)).
//! What relay agents carry on is not read.

mod said;
mod v4;
mod v6;

use super::datagram::Datagram;
use super::{About, Close, Context, DatagramParser, DatagramProtocol, Verdict};
use said::Said;

/// Registry line of DHCP.
pub const V4: DatagramProtocol = DatagramProtocol {
    name: "dhcp",
    probe: v4::probe,
    open: |_, _| Box::new(Leases::new(v4::read)),
    about: &ABOUT,
};
/// Registry line of DHCPv6.
pub const V6: DatagramProtocol = DatagramProtocol {
    name: "dhcpv6",
    probe: v6::probe,
    open: |_, _| Box::new(Leases::new(v6::read)),
    about: &ABOUT_V6,
};

static ABOUT: About = About {
    title: "DHCP",
    extracts: "Summarised on the flow: messages counted by name, the address that was requested and the one that was offered or given, host name, vendor class, lease time, server. The name that a host asks by and the address that it gets also in the table `names`.",
    limits: &[
        "It gives no rows of `requests`. A client without an address asks and is answered in different flows, each with a summary of its own.",
        "Of what is said again in a flow, the summary has the latest.",
        "What relay agents carry on is not read.",
    ],
    oddities: &[],
};
static ABOUT_V6: About = About {
    title: "DHCPv6",
    extracts: "As DHCP; no server, which has an identifier in place of an address.",
    limits: &["As DHCP; of several addresses the first is told."],
    oddities: &[],
};

/// Reads a message, notes what it says, and tells what that is of a lease; `None`: it is malformed.
type Read = fn(&Datagram<'_>, &mut Said, &mut Context<'_>) -> Option<()>;

/// Follows one flow.
struct Leases {
    read: Read,
    said: Said,
}

impl Leases {
    fn new(read: Read) -> Self {
        Self { read, said: Said::default() }
    }

    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.said.is_news) {
            cx.sink.summary(&self.said.facts().summary());
        }
    }
}

impl DatagramParser for Leases {
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict {
        // Of a message that was cut by the snap length, nobody is to blame for what is missing.
        if (self.read)(datagram, &mut self.said, cx).is_none() && datagram.cut == 0 {
            cx.sink.parse_error();
        }
        Verdict::Continue
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        self.tell(cx);
    }

    fn close(&mut self, _: Close, cx: &mut Context<'_>) {
        self.tell(cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.said.memory()
    }
}

/// A host name as it stands in a message: lower case, no trailing dot or NUL. `None`: it is none
/// that a host can have.
fn host_name(bytes: &[u8]) -> Option<String> {
    /// Longest name (RFC 1035 section 2.3.4).
    const LONGEST: usize = 255;
    let text = core::str::from_utf8(bytes).ok()?.trim_end_matches(['\0', '.']);
    let is_name = !text.is_empty()
        && text.len() <= LONGEST
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    is_name.then(|| text.to_lowercase())
}

/// A name in labels without compression (RFC 1035 section 3.1); it may lack the root.
fn labelled_name(mut bytes: &[u8]) -> Option<String> {
    let mut labels = Vec::new();
    while let [len @ 1..=63, rest @ ..] = bytes {
        let (label, next) = rest.split_at_checked(usize::from(*len))?;
        labels.push(core::str::from_utf8(label).ok()?);
        bytes = next;
    }
    host_name(labels.join(".").as_bytes())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::event::{Exchange, Lease, LeaseStep, Summary};
    use crate::proto::datagram::Ports;
    use crate::proto::{Place, Settings, Side, Sink};

    /// What a message says, as text.
    #[derive(Default)]
    pub(super) struct Told {
        pub(super) leases: Vec<String>,
        pub(super) errors: u32,
        pub(super) summary: Summary,
    }

    impl Sink for Told {
        fn exchange(&mut self, _: &Exchange) {}
        fn parse_error(&mut self) {
            self.errors += 1;
        }
        fn lease(&mut self, lease: &Lease<'_>) {
            let step = match lease.step {
                LeaseStep::Asked => "asks".to_owned(),
                LeaseStep::Given { ip, ttl_s, by } => format!("{ip} for {ttl_s:?} by {by:?}"),
            };
            let name = lease.name.unwrap_or("-");
            self.leases.push(format!("{name} {:?} {step}", lease.mac.map(|mac| mac[5])));
        }
        fn summary(&mut self, facts: &Summary) {
            self.summary.clone_from(facts);
        }
    }

    /// What `read` makes of a message.
    pub(super) fn told(read: Read, bytes: &[u8]) -> Told {
        let mut told = Told::default();
        let ports = Ports { source: 68, destination: 67 };
        let datagram = Datagram { side: Side::Server, bytes, cut: 0, ports, to_group: true };
        let settings = Settings::default();
        let place = Place::default();
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut told };
        let mut leases = Leases::new(read);
        leases.datagram(&datagram, &mut cx);
        leases.settle(&mut cx);
        told
    }

    #[test]
    fn names_that_hosts_can_have() {
        assert_eq!(host_name(b"Laptop.\0\0").as_deref(), Some("laptop"));
        for other in [&b""[..], b"\0", b"two words", b"\xff", b"a\x07"] {
            assert_eq!(host_name(other), None, "{other:?}");
        }
        assert_eq!(labelled_name(b"\x02pC\x03lan\x00").as_deref(), Some("pc.lan"));
        assert_eq!(labelled_name(b"\x02pC").as_deref(), Some("pc"), "not qualified");
        assert_eq!(labelled_name(b"\x05pC"), None);
    }
}
