//! Messages of a UDP flow: one a datagram.

use super::message::Heard;
use super::pair::{Arrival, Pairing};
use super::probe::has_header;
use crate::proto::datagram::Datagram;
use crate::proto::{Close, Context, DatagramParser, Settings, Verdict};

/// Datagrams in a row that are not DNS, after which the flow is held to be something else.
const STRANGERS: u8 = 3;

/// The protocols that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dns,
    Llmnr,
    Mdns,
}

/// Follows one flow.
struct Datagrams {
    kind: Kind,
    pairing: Pairing,
    strangers: u8,
}

pub(super) fn dns(_: &Datagram<'_>, _: &Settings) -> Box<dyn DatagramParser> {
    open(Kind::Dns, "dns")
}

pub(super) fn llmnr(_: &Datagram<'_>, _: &Settings) -> Box<dyn DatagramParser> {
    open(Kind::Llmnr, "llmnr")
}

pub(super) fn mdns(_: &Datagram<'_>, _: &Settings) -> Box<dyn DatagramParser> {
    open(Kind::Mdns, "mdns")
}

fn open(kind: Kind, name: &'static str) -> Box<dyn DatagramParser> {
    Box::new(Datagrams { kind, pairing: Pairing::new(name, false), strangers: 0 })
}

impl DatagramParser for Datagrams {
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict {
        let heard = Heard::read(datagram.bytes, datagram.cut);
        let is_known = |heard: &Heard<'_>| self.kind == Kind::Mdns || has_header(heard.message);
        let Some(heard) = heard.filter(is_known) else { return self.strange(cx) };
        self.strangers = 0;
        let arrival = Arrival { side: datagram.side, first: cx.time, last: cx.time };
        match (heard.is_answer(), self.kind) {
            (true, Kind::Mdns) => self.pairing.announcement(heard, arrival, cx),
            (true, _) => self.pairing.answer(heard, arrival, cx),
            (false, _) => self.pairing.question(heard, arrival, datagram.to_group, cx),
        }
        Verdict::Continue
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        self.pairing.expire(cx.time, cx);
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = match close {
            Close::Timeout => Some("no answer"),
            // The observer stopped looking; nothing is known to have failed.
            _ => None,
        };
        self.pairing.flush(error, cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.pairing.memory()
    }
}

impl Datagrams {
    /// A datagram without a header of DNS.
    fn strange(&mut self, cx: &mut Context<'_>) -> Verdict {
        self.strangers += 1;
        if self.strangers < STRANGERS {
            cx.sink.parse_error();
            return Verdict::Continue;
        }
        self.pairing.flush(None, cx);
        Verdict::Dead("datagrams are not DNS")
    }
}
