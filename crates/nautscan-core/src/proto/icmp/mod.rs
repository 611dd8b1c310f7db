//! ICMP (RFC 792) and ICMPv6 (RFC 4443): what the messages of one flow come to.
//!
//! | file | idea |
//! |---|---|
//! | `names` | what types and codes are called |
//! | `quoted` | the packet that an error is about |
//!
//! A flow of ICMP is one type between two hosts with the type that answers it, or one type and code
//! (see [`Endpoints`](crate::flow::Endpoints)). There are no rows of `requests`; what is learned becomes
//! the flow's `summary`.

mod names;
mod quoted;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::About;
use super::facts::Facts;
use super::trips::Trips;
use crate::event::Summary;
use crate::limits::{ICMP_KINDS, ICMP_QUOTED, ICMP_WAITING};
use crate::wire::protocol;
use quoted::quoted;

pub(super) static ABOUT: About = About {
    title: "ICMP",
    extracts: "Summarised on the flow: messages counted by the names of their type and code; of echo requests how many were answered, and the least, mean and largest round trip; of errors the packets that they are about, the least MTU of the next hop, and the gateway of a redirect.",
    limits: &[
        "It gives no rows of `requests`.",
        "An answer is found by identifier and sequence number among the last 256 requests of a flow that wait for theirs.",
        "Of the packets that errors are about, eight different ones of a flow are told.",
    ],
    oddities: &[],
};
pub(super) static ABOUT_V6: About = About {
    title: "ICMPv6",
    extracts: "As ICMP.",
    limits: &[
        "As ICMP.",
        "What neighbour discovery, router advertisements and listener reports say is not read.",
    ],
    oddities: &[],
};

/// Values of the `protocol` column.
pub(super) static NAME: &str = "icmp";
pub(super) static NAME_V6: &str = "icmpv6";

/// What every message has before its own part.
const HEADER: usize = 8;

/// What one flow has said.
#[derive(Debug)]
pub struct Icmp {
    is_v6: bool,
    /// Messages by type and code.
    kinds: Vec<((u8, u8), u64)>,
    /// Messages of more than those.
    others: u64,
    /// Echo requests that wait for their answers, the oldest first.
    waiting: VecDeque<Asked>,
    answered: Trips,
    /// Packets that errors are about, each once.
    quoted: Vec<String>,
    /// Errors about more than those.
    is_more: bool,
    mtu: Option<u32>,
    gateway: Option<String>,
}

/// An echo request.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// Identifier and sequence number.
    id: [u8; 4],
    time: i64,
}

impl Icmp {
    /// Nothing yet. `transport`: the IP protocol number.
    pub fn new(transport: u8) -> Self {
        Self {
            is_v6: transport == protocol::ICMPV6,
            kinds: Vec::new(),
            others: 0,
            waiting: VecDeque::new(),
            answered: Trips::default(),
            quoted: Vec::new(),
            is_more: false,
            mtu: None,
            gateway: None,
        }
    }

    /// The value of the `protocol` column.
    pub fn protocol(&self) -> &'static &'static str {
        if self.is_v6 { &NAME_V6 } else { &NAME }
    }

    /// The next message, as far as it was captured: type, code, and what follows.
    pub fn take(&mut self, message: &[u8], time: i64) {
        let &[kind, code, ..] = message else { return };
        self.count(kind, code);
        let Some((header, body)) = message.split_first_chunk::<HEADER>() else { return };
        let [_, _, _, _, id @ ..] = *header;
        match (self.is_v6, kind) {
            (false, 8) | (true, 128) => self.ask(Asked { id, time }),
            (false, 0) | (true, 129) => self.answer(id, time),
            (false, 3..=5 | 11 | 12) | (true, 1..=4) => {
                self.error([kind, code], id, body);
            }
            _ => {}
        }
    }

    fn count(&mut self, kind: u8, code: u8) {
        let known = self.kinds.iter().position(|(known, _)| *known == (kind, code));
        match known {
            Some(at) => self.kinds[at].1 += 1,
            None if self.kinds.len() < ICMP_KINDS => {
                // Most flows have one or two: there may be very many of them.
                self.kinds.reserve_exact(1);
                self.kinds.push(((kind, code), 1));
            }
            None => self.others += 1,
        }
    }

    fn ask(&mut self, asked: Asked) {
        if self.waiting.len() >= ICMP_WAITING {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() {
            self.waiting.reserve_exact(1);
        }
        self.waiting.push_back(asked);
    }

    /// An answer is to the latest request of its numbers; a further answer to it is to none.
    fn answer(&mut self, id: [u8; 4], time: i64) {
        let Some(at) = self.waiting.iter().rposition(|asked| asked.id == id) else { return };
        let Some(asked) = self.waiting.remove(at) else { return };
        self.answered.add(asked.time, time);
    }

    fn error(&mut self, [kind, code]: [u8; 2], field: [u8; 4], body: &[u8]) {
        let mtu = match (self.is_v6, kind, code) {
            // Routers from before RFC 1191 leave it 0.
            (false, 3, 4) => u32::from(u16::from_be_bytes([field[2], field[3]])),
            (true, 2, _) => u32::from_be_bytes(field),
            _ => 0,
        };
        if mtu > 0 {
            self.mtu = Some(self.mtu.map_or(mtu, |least| least.min(mtu)));
        }
        if !self.is_v6 && kind == 5 {
            self.gateway = Some(crate::wire::Address::v4(field).to_string());
        }
        let Some(quoted) = quoted(body) else { return };
        if self.quoted.contains(&quoted) {
            return;
        }
        if self.quoted.len() < ICMP_QUOTED {
            self.quoted.push(quoted);
        } else {
            self.is_more = true;
        }
    }

    /// As the `summary` column has it.
    pub fn summary(&self) -> Summary {
        let mut facts = Facts::default();
        let name =
            |&((kind, code), count): &((u8, u8), u64)| (names::name(self.is_v6, kind, code), count);
        facts.counts("messages", self.kinds.iter().map(name)).count("other_messages", self.others);
        let is_asked = |((kind, _), _): &_| matches!((self.is_v6, kind), (false, 8) | (true, 128));
        facts.number("answered", self.kinds.iter().any(is_asked).then_some(self.answered.count));
        if let Some([least, mean, most]) = self.answered.times() {
            facts
                .number("rtt_min_ns", Some(least))
                .number("rtt_mean_ns", Some(mean))
                .number("rtt_max_ns", Some(most));
        }
        facts
            .list("about", &self.quoted)
            .flag("about_more", self.is_more.then_some(true))
            .number("next_hop_mtu", self.mtu)
            .text("gateway", self.gateway.as_deref());
        facts.summary()
    }

    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.kinds.capacity() * size_of::<((u8, u8), u64)>()
            + self.waiting.capacity() * size_of::<Asked>()
            + self.quoted.capacity() * size_of::<String>()
            + self.quoted.iter().map(String::capacity).sum::<usize>()
            + self.gateway.as_ref().map_or(0, String::capacity)
    }
}
