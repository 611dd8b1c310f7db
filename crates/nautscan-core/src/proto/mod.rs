//! Application protocols: a folder and one registry line each.
//!
//! A protocol is a `probe` (do these first bytes belong to it?) and a [`Parser`] that is fed
//! the reassembled bytes of one connection and emits finished [`Exchange`]s. Detection is a
//! hypothesis: ports are not asked, bytes decide, and a parser that meets bytes it cannot
//! belong to answers [`Verdict::Dead`], which ends parsing of that flow.
//!
//! Where nothing is put in order (UDP), the same is a [`DatagramProtocol`] and a
//! [`DatagramParser`]: see [`datagram`].
//!
//! A parser is sans-IO: it knows neither clock nor file nor thread. Time is that of the
//! packet that carried the bytes.

use core::net::IpAddr;
use std::sync::Arc;

use crate::event::{Exchange, Handshake, Lease, Naming, Summary};

pub mod about;
pub mod amqp;
mod chosen;
pub mod datagram;
mod detect;
pub mod dhcp;
#[cfg(test)]
mod dialogue;
pub mod dns;
mod events;
mod facts;
pub mod fastcgi;
mod frames;
pub mod ftp;
mod growth;
pub mod grpc;
pub mod http1;
pub mod http2;
pub mod icmp;
mod inflate;
pub mod kafka;
mod keys;
mod lines;
pub mod memcached;
pub mod mongodb;
pub mod mqtt;
pub mod mysql;
pub mod nats;
pub mod ntp;
pub mod postgres;
pub mod quic;
pub mod redis;
#[cfg(test)]
pub mod sample;
mod shown;
pub mod smtp;
mod sql;
pub mod ssh;
mod talk;
pub mod tls;
mod trips;
mod turns;
pub mod websocket;

pub use about::{About, Known};
pub use chosen::{Chosen, UnknownProtocol};
pub use datagram::{DATAGRAM_PROTOCOLS, DatagramParser, DatagramProtocol};
pub use detect::App;
pub(crate) use detect::side_of;

/// Which end of a connection sent the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that opened the connection, or is held to have done so.
    Client,
    /// The end that accepted it.
    Server,
}

impl Side {
    /// The other end.
    pub fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
    /// 0 for the client, 1 for the server.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Where bytes stand in what a connection carries, as TCP tells it. After a loss this says what
/// belongs together, when counting messages no longer does:
///
/// - What `side` sent with `received` = n it sent knowing no byte of its peer from n on, and
///   having all before n. So an answer never begins before what its question had received; and
///   where the client waits for each answer, it begins exactly there.
/// - An answer of which the first bytes had `received` = n is of a question that begins before n.
///
/// A copy sent again states what its sender had received by then, so that `received` may be more
/// than it was for the first copy, if that was not captured; it is never less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Offset of the first byte among all that its side sent, counted from where following began.
    pub offset: u64,
    /// Bytes of the other side that the sender had received when it sent these, counted likewise;
    /// 0 where no acknowledgement says so.
    pub received: u64,
}

/// What a probe says of the first bytes that one side sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// These bytes begin a message of the protocol.
    Yes,
    /// These bytes cannot.
    No,
    /// Not decided yet: the bytes are a prefix of what could be one.
    NeedMore,
}

/// What a parser says after each call. Unless it says otherwise it has consumed what it was
/// given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Carry on.
    Continue,
    /// From here on both sides speak another protocol (HTTP Upgrade or CONNECT): what comes
    /// next is probed afresh.
    Switched {
        /// How many bytes of the slice just given belong to the old protocol: the others were not
        /// looked at. At least 1.
        consumed: usize,
    },
    /// From here on the connection is no conversation any more (a stream of replication): what comes
    /// next is not looked at, and counted as not understood.
    Over {
        /// As for [`Self::Switched`].
        consumed: usize,
    },
    /// The bytes are not this protocol, or can no longer be followed. The parser has emitted
    /// what it held; it is not called again.
    Dead(&'static str),
}

/// Why a connection will carry no more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Both sides sent FIN and all of their bytes.
    Finished,
    /// RST, sent by this side.
    Reset(Side),
    /// No packet for the flow's timeout.
    Timeout,
    /// Pushed out of a full flow table.
    Evicted,
    /// Its ports were used for a new connection; how it ended was not captured.
    Replaced,
    /// The capture ended while the connection was open.
    CaptureEnd,
}

impl Close {
    /// What an exchange failed of that was open then. `finished`: if both sides ended in order.
    fn failure(self, finished: &'static str) -> Option<&'static str> {
        match self {
            Self::Finished => Some(finished),
            Self::Reset(Side::Client) => Some("connection reset by client"),
            Self::Reset(Side::Server) => Some("connection reset by server"),
            Self::Timeout => Some("timed out"),
            // The observer stopped looking; nothing is known to have failed.
            Self::Evicted | Self::Replaced | Self::CaptureEnd => None,
        }
    }
}

/// Of an exchange that was not answered before both sides ended in order.
const UNANSWERED: &str = "connection closed before response";

/// What a parser may use during a call: the packet's time, the limits and the way out.
pub struct Context<'a> {
    /// Time of the packet that carried (or ended) the bytes, ns since 1970 UTC.
    pub time: i64,
    /// Where the bytes given, lost or ended stand. Of a gap only the offset is known, of an end
    /// nothing.
    pub place: Place,
    /// Settings that hold for every parser.
    pub settings: &'a Settings,
    /// Where finished exchanges go; adds the flow's addresses to each.
    pub sink: &'a mut dyn Sink,
}

/// Takes what a parser has finished.
pub trait Sink {
    /// One request with its response, or what there was of them.
    fn exchange(&mut self, exchange: &Exchange);
    /// Counts one violation of the protocol (`parse_errors`).
    fn parse_error(&mut self);
    /// It was said that an address has a name (`names`). Who does not gather names need not care.
    fn name(&mut self, _naming: &Naming<'_>) {}
    /// An address was asked for, or given, by name (DHCP): likewise.
    fn lease(&mut self, _lease: &Lease<'_>) {}
    /// What is known of the connection's TLS handshake so far. Who tells nothing of flows need not
    /// care.
    fn handshake(&mut self, _handshake: &Handshake) {}
    /// The datagram at hand shows that its sender is the flow's client, though the other side was held
    /// to be. Who knows no flows need not care.
    fn sender_is_client(&mut self) {}
    /// What the flow's protocol says of itself so far, all of it each time: likewise.
    fn summary(&mut self, _facts: &Summary) {}
    /// Another connection will come, or what it is for: likewise.
    fn announce(&mut self, _announced: Announcement) {}
}

/// A connection of data that a conversation speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Which side of the conversation waits for it.
    pub listener: Side,
    /// At which address, as it says itself; `None`: at that of the conversation.
    pub address: Option<IpAddr>,
    /// At which port.
    pub port: u16,
    /// What it is for, once that is known: the command, and of what.
    pub transfer: Option<(String, String)>,
}

/// Settings that hold for every parser.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of each body to keep, after content decoding; 0 keeps none.
    pub body_limit: usize,
    /// Keep header lists.
    pub headers: bool,
    /// Tell exchanges that last while they do ([`Exchange::growing`]), not only when they end.
    pub growing: bool,
    /// What messages of gRPC are decoded with.
    pub schemas: Option<Arc<grpc::Schemas>>,
    /// Values of message fields that are credentials by their names are not shown, nor is content
    /// that may hold such.
    pub hides_fields: bool,
    /// Protocols that are looked for.
    pub chosen: Chosen,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_limit: crate::limits::BODY_KEPT,
            headers: true,
            growing: false,
            schemas: None,
            hides_fields: false,
            chosen: Chosen::default(),
        }
    }
}

/// Follows one connection. Calls come in stream order for each side; time never runs back
/// between calls by more than capture reordering allows.
pub trait Parser: Send {
    /// Bytes that `side` sent next. Never empty.
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict;
    /// `lost` bytes that `side` sent were not captured; what follows is after them.
    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict;
    /// `side` sends no more (FIN); the other side may.
    fn end(&mut self, side: Side, cx: &mut Context<'_>) -> Verdict;
    /// The connection is over: emit whatever is pending. Called once, last.
    fn close(&mut self, close: Close, cx: &mut Context<'_>);
    /// About a second has passed: tell what is still to be told of exchanges that last. Asked only where
    /// [`Settings::growing`] is set.
    fn tick(&mut self, _cx: &mut Context<'_>) {}
    /// What one side sent before the switch and the parser held, since it may be of the new
    /// protocol. Asked once, after [`Verdict::Switched`].
    fn early(&mut self) -> Option<Early> {
        None
    }
    /// The protocol that both sides have named, if they did; else what comes next is probed. Asked once,
    /// after [`Verdict::Switched`], before [`Self::unanswered`].
    fn successor(&mut self) -> Option<&'static Protocol> {
        None
    }
    /// What was asked before the switch and is to be answered in the new protocol. Asked once, after
    /// [`Verdict::Switched`].
    fn unanswered(&mut self) -> Option<Box<Exchange>> {
        None
    }
    /// Takes what was asked in the protocol before. Called at most once, first.
    fn inherit(&mut self, _asked: Exchange, _cx: &mut Context<'_>) {}
    /// Heap bytes held, for the memory account.
    fn memory(&self) -> usize;
}

/// Bytes that came before both sides had agreed on the protocol that they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    /// Who sent them.
    pub side: Side,
    /// When the first of them was captured.
    pub time: i64,
    /// Where it stands.
    pub place: Place,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One registry line.
pub struct Protocol {
    /// The value of the `protocol` column.
    pub name: &'static str,
    /// Looks at the first bytes that `side` sent on a connection, or after a gap.
    pub probe: fn(Side, &[u8]) -> Probe,
    /// Makes a parser for a connection that the probe accepted.
    pub open: fn(&Settings) -> Box<dyn Parser>,
    /// It in words.
    pub about: &'static About,
}

/// Every protocol, in the order in which they are probed.
pub static PROTOCOLS: &[Protocol] = &[
    http1::PROTOCOL,
    tls::PROTOCOL,
    http2::PROTOCOL,
    dns::PROTOCOL,
    redis::PROTOCOL,
    postgres::PROTOCOL,
    mysql::PROTOCOL,
    mongodb::PROTOCOL,
    memcached::PROTOCOL,
    mqtt::PROTOCOL,
    nats::PROTOCOL,
    amqp::PROTOCOL,
    websocket::PROTOCOL,
    ssh::PROTOCOL,
    smtp::PROTOCOL,
    ftp::PROTOCOL,
    kafka::PROTOCOL,
    fastcgi::PROTOCOL,
];
