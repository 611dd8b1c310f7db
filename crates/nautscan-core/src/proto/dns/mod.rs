//! DNS over UDP and TCP (RFC 1035, RFC 7766), EDNS (RFC 6891), multicast DNS (RFC 6762) and LLMNR
//! (RFC 4795), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it DNS? |
//! | `message` | what one message says; its bytes are read by the crate `domain` |
//! | `detail` | flags, EDNS and records as text |
//! | `naming` | which addresses have which names by an answer |
//! | `pair` | questions that wait, and which answer is whose |
//! | `transfer` | where the answer to a question for a zone ends |
//! | `datagrams` | messages of a UDP flow |
//! | `stream` | messages of a TCP connection |
//! | `oddity` | what a peer did that it should not |
//!
//! A row is a question with its answer: the one that comes from the asked end with the same
//! identifier, opcode and question (names compared without regard to case). A question that is
//! sent again while it waits is the same row, counted in `retransmissions`, and its latency is
//! that from the first copy on. One that waits longer than [`ANSWER_WAIT`] after its last copy is
//! a row without an answer, and an answer that comes later is a row of its own. The messages of a
//! zone's transfer are one answer.
//!
//! What is sent to a multicast group is answered in other flows, by none or by many: there
//! question and answer are rows of their own.

mod datagrams;
mod detail;
mod message;
mod naming;
mod oddity;
mod pair;
mod probe;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transfer;

pub use oddity::ODDITIES;

use super::{About, DatagramProtocol, Protocol};

/// How long a question waits for its answer after it was last sent, ns: longer than stub
/// resolvers do (5 s of glibc, musl and dig, 10 s of Windows).
pub const ANSWER_WAIT: i64 = 15_000_000_000;

/// Registry line of DNS over UDP.
pub const DATAGRAMS: DatagramProtocol =
    DatagramProtocol { name: "dns", probe: probe::dns, open: datagrams::dns, about: &ABOUT };
/// Registry line of multicast DNS.
pub const MDNS: DatagramProtocol =
    DatagramProtocol { name: "mdns", probe: probe::mdns, open: datagrams::mdns, about: &MULTICAST };
/// Registry line of LLMNR over UDP.
pub const LLMNR: DatagramProtocol = DatagramProtocol {
    name: "llmnr",
    probe: probe::llmnr,
    open: datagrams::llmnr,
    about: &LLMNR_ABOUT,
};
/// Registry line of DNS over TCP.
pub const PROTOCOL: Protocol =
    Protocol { name: "dns", probe: probe::stream, open: stream::open, about: &ABOUT };

static ABOUT: About = About {
    title: "DNS with EDNS",
    extracts: "Type, name, response code, latency, message sizes, the records of all sections, flags, EDNS options, retransmissions; transfers of zones as one row; names of addresses go to the table `names`.",
    limits: &[
        "DNS over TLS, HTTPS and QUIC is encrypted and not read.",
        "24 records of a section are shown, 256 characters of each.",
        "A question waits 15 s for its answer, up to 512 in one flow.",
    ],
    oddities: ODDITIES,
};
static MULTICAST: About = About {
    title: "Multicast DNS",
    extracts: "Questions and announcements, each a row of its own; names of addresses go to the table `names`.",
    limits: &["Who answers does so in other flows: a question has no answer in its row."],
    oddities: ODDITIES,
};
static LLMNR_ABOUT: About = About {
    title: "LLMNR",
    extracts: "As DNS.",
    limits: &[
        "Who answers does so in other flows: a question to the group has no answer in its row.",
    ],
    oddities: ODDITIES,
};
