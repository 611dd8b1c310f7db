//! Protocols over datagrams (UDP): a folder and one registry line each, as for streams.
//!
//! A protocol is a `probe` and a [`DatagramParser`] that is fed the datagrams of one flow as they
//! come, both directions, and emits finished exchanges through the same [`Sink`](super::Sink).
//! The bytes decide; a port is a hint for the probe where they leave it open. Nothing is held
//! before a protocol is found: a datagram is whole, so it is one or it is not.
//!
//! To add one: a folder with a `DatagramProtocol`, and a line in [`DATAGRAM_PROTOCOLS`].

use core::fmt;

use super::{About, Close, Context, Settings, Side, Verdict, dhcp, dns, memcached, ntp, quic};

/// One datagram, and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Which end of its flow sent it.
    pub side: Side,
    /// What was captured of it; not empty.
    pub bytes: &'a [u8],
    /// Bytes that it had beyond those.
    pub cut: usize,
    /// Its ports.
    pub ports: Ports,
    /// It goes to a multicast group, or to all: whoever answers does so in another flow.
    pub to_group: bool,
}

/// Ports of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The sender's.
    pub source: u16,
    /// The receiver's.
    pub destination: u16,
}

impl Ports {
    /// Whether either is `port`.
    pub fn has(&self, port: u16) -> bool {
        self.source == port || self.destination == port
    }
}

/// What a probe says of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It is not of this protocol.
    No,
    /// It is, and comes from this side as the protocol has it; `None`: both say the same.
    Yes(Option<Side>),
}

/// One registry line.
pub struct DatagramProtocol {
    /// The value of the `protocol` column of the flow.
    pub name: &'static str,
    /// Looks at a datagram of a flow of which no protocol is known.
    pub probe: fn(&Datagram<'_>) -> Recognised,
    /// Makes a parser for the flow of a datagram that the probe recognised.
    pub open: fn(&Datagram<'_>, &Settings) -> Box<dyn DatagramParser>,
    /// It in words.
    pub about: &'static About,
}

/// Follows the datagrams of one flow. What is emitted depends on the datagrams and their times
/// alone: [`Self::settle`] comes when it comes, and may say earlier what would be said later, but
/// nothing else.
pub trait DatagramParser: Send {
    /// The next datagram, at `cx.time`.
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict;
    /// Whether there is anything in a datagram to look at: asked first, since most of what some
    /// protocols carry is encrypted.
    fn wants(&self, _datagram: &Datagram<'_>) -> bool {
        true
    }
    /// It is `cx.time`, and no datagram came: what has waited too long is emitted.
    fn settle(&mut self, cx: &mut Context<'_>);
    /// The flow is over: emit whatever is pending. Called once, last.
    fn close(&mut self, close: Close, cx: &mut Context<'_>);
    /// Heap bytes held, for the memory account.
    fn memory(&self) -> usize;
}

/// Every protocol over datagrams, in the order in which they are probed.
pub static DATAGRAM_PROTOCOLS: &[DatagramProtocol] = &[
    quic::PROTOCOL,
    dns::MDNS,
    dns::LLMNR,
    dns::DATAGRAMS,
    dhcp::V4,
    dhcp::V6,
    ntp::PROTOCOL,
    memcached::DATAGRAMS,
];

/// The application end of one flow of datagrams.
pub struct App {
    protocol: &'static DatagramProtocol,
    /// `None`: the datagrams turned out not to be of the protocol.
    parser: Option<Box<dyn DatagramParser>>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.protocol.name)
    }
}

impl App {
    /// The protocol of a flow with this datagram, and which side has sent it.
    pub fn recognise(datagram: &Datagram<'_>, settings: &Settings) -> Option<(Self, Option<Side>)> {
        settings.chosen.datagrams.iter().find_map(|&protocol| match (protocol.probe)(datagram) {
            Recognised::No => None,
            Recognised::Yes(sender) => {
                let parser = Some((protocol.open)(datagram, settings));
                Some((Self { protocol, parser }, sender))
            }
        })
    }

    /// Name of the protocol.
    pub fn protocol(&self) -> &'static &'static str {
        &self.protocol.name
    }

    /// Whether the datagrams turned out not to be of the protocol.
    pub fn is_over(&self) -> bool {
        self.parser.is_none()
    }

    /// Whether there is anything in a datagram to look at.
    #[inline]
    pub fn wants(&self, datagram: &Datagram<'_>) -> bool {
        self.parser.as_deref().is_some_and(|parser| parser.wants(datagram))
    }

    /// The next datagram.
    pub fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) {
        let Some(parser) = &mut self.parser else { return };
        if let Verdict::Dead(_) = parser.datagram(datagram, cx) {
            cx.sink.parse_error();
            self.parser = None;
        }
    }

    /// It is `cx.time`.
    pub fn settle(&mut self, cx: &mut Context<'_>) {
        if let Some(parser) = &mut self.parser {
            parser.settle(cx);
        }
    }

    /// The flow is over.
    pub fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        if let Some(mut parser) = self.parser.take() {
            parser.close(close, cx);
        }
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.parser.as_deref().map_or(0, DatagramParser::memory)
    }
}
