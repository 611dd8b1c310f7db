//! The datagrams of one flow, in any order.

use super::connection::Connection;
use super::facts::{Facts, Sureness};
use super::frames::{self, Frame};
use super::google;
use super::keys::{Opened, is_retry_of};
use super::packet::{self, Long, Packet, is_long};
use super::probe::is_offer;
use super::version::Kind;
use crate::event::{Alert, Handshake};
use crate::limits::{QUIC_CONNECTIONS, QUIC_DERIVATIONS, QUIC_HELD, QUIC_PACKETS, QUIC_PATIENCE};
use crate::proto::datagram::Datagram;
use crate::proto::tls::{
    Answer, CLIENT_HELLO, Carrier, SERVER_HELLO, read_client, read_server, text,
};
use crate::proto::{Close, Context, DatagramParser, Side, Verdict};

/// Follows one flow.
#[derive(Default)]
pub(super) struct Session {
    /// What the client has begun: more than one after a Retry, or after versions were negotiated.
    connections: Vec<Connection>,
    /// Packets that nothing opens yet: what does may come later.
    held: Vec<Held>,
    /// Times that keys were derived in vain.
    in_vain: u8,
    handshake: Handshake,
    facts: Facts,
    /// The client's hello was read.
    has_offer: bool,
    /// The server's was.
    is_agreed: bool,
    /// There is something to tell of `handshake`.
    has_handshake_news: bool,
    /// And of `facts`.
    has_news: bool,
}

/// A packet that waits.
struct Held {
    side: Side,
    time: i64,
    bytes: Box<[u8]>,
}

impl DatagramParser for Session {
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict {
        if google::may_begin(datagram.bytes) {
            self.google(datagram.bytes);
            self.tell(cx);
            return Verdict::Continue;
        }
        let mut side = datagram.side;
        let mut rest = datagram.bytes;
        while let Some(packet) = packet::next(&mut rest, datagram.cut) {
            match packet {
                Packet::Negotiation { versions, .. } if datagram.cut == 0 && is_offer(versions) => {
                    self.has_news |= self.facts.offered(versions);
                }
                Packet::Negotiation { .. } => {}
                Packet::Long(long) => side = self.long(side, &long, cx),
            }
        }
        self.tell(cx);
        Verdict::Continue
    }

    fn wants(&self, datagram: &Datagram<'_>) -> bool {
        datagram.bytes.first().is_some_and(|&first| is_long(first))
            || google::may_begin(datagram.bytes)
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        self.forget(cx.time);
    }

    fn close(&mut self, _: Close, _: &mut Context<'_>) {}

    fn memory(&self) -> usize {
        let held = self.held.iter().map(|held| held.bytes.len());
        let connections = self.connections.iter().map(Connection::memory);
        size_of::<Self>()
            + self.held.capacity() * size_of::<Held>()
            + held.sum::<usize>()
            + self.connections.capacity() * size_of::<Connection>()
            + connections.sum::<usize>()
            + self.handshake.memory()
            + self.facts.memory()
    }
}

impl Session {
    /// A datagram of Google's QUIC.
    fn google(&mut self, bytes: &[u8]) {
        let Some(hello) = google::hello(bytes) else { return };
        self.has_news |= self.facts.version(hello.version, Sureness::Offered);
        if let Some(name) = hello.server_name.filter(|_| self.handshake.server_name.is_none()) {
            self.handshake.server_name = Some(text(name));
            self.has_handshake_news = true;
        }
    }

    /// A packet from `side`; answers which side it has turned out to be.
    fn long(&mut self, side: Side, packet: &Long<'_>, cx: &mut Context<'_>) -> Side {
        self.has_news |= self.facts.version(packet.version.number(), Sureness::Stated);
        match packet.kind {
            Kind::Handshake => {}
            Kind::ZeroRtt => {
                self.has_news |= !self.facts.has_early_data;
                self.facts.has_early_data = true;
            }
            Kind::Retry => {
                if !self.retry(packet) {
                    self.hold(side, packet, cx.time);
                }
            }
            Kind::Initial => return self.initial(side, packet, cx),
        }
        side
    }

    fn initial(&mut self, side: Side, packet: &Long<'_>, cx: &mut Context<'_>) -> Side {
        if self.connections.is_empty() {
            // Roles are as the ports said, or the order: who begins is the client.
            let Some((connection, opened)) = self.begin(packet) else {
                self.hold(side, packet, cx.time);
                return side;
            };
            if side == Side::Server {
                cx.sink.sender_is_client();
                self.held.iter_mut().for_each(|held| held.side = held.side.peer());
            }
            self.connections.push(connection);
            self.take(Side::Client, 0, packet, &opened, cx);
            self.release(cx);
            return Side::Client;
        }
        let before = self.keys();
        if self.opens(side, packet, cx) {
            if self.keys() > before {
                self.release(cx);
            }
        } else {
            self.hold(side, packet, cx.time);
        }
        side
    }

    /// Pairs of keys.
    fn keys(&self) -> usize {
        self.connections.iter().map(Connection::keys).sum()
    }

    /// Opens a packet with what is known, or with what it brings, and takes what is in it.
    fn opens(&mut self, side: Side, packet: &Long<'_>, cx: &mut Context<'_>) -> bool {
        let known = self.connections.iter_mut().enumerate();
        let mut known =
            known.filter_map(|(at, connection)| Some((at, connection.open(side, packet)?)));
        let mut found = known.next();
        if found.is_none() && side == Side::Client && self.connections.len() < QUIC_CONNECTIONS {
            found = self.begin(packet).map(|(connection, opened)| {
                self.connections.push(connection);
                (self.connections.len() - 1, opened)
            });
        }
        if found.is_none() {
            found = self.in_another_version(side, packet);
        }
        let Some((at, opened)) = found else { return false };
        self.take(side, at, packet, &opened, cx);
        true
    }

    /// The connection that a client's packet begins.
    fn begin(&mut self, packet: &Long<'_>) -> Option<(Connection, Opened)> {
        let is_known = self.connections.iter().any(|known| {
            *known.destination == *packet.destination && !known.may_speak(packet.version)
        });
        if self.in_vain >= QUIC_DERIVATIONS || is_known || !packet.is_whole {
            return None;
        }
        let begun = Connection::begin(packet);
        self.in_vain += u8::from(begun.is_none());
        begun
    }

    /// A packet in a version that its connection did not begin with (RFC 9368 section 2.3).
    fn in_another_version(&mut self, side: Side, packet: &Long<'_>) -> Option<(usize, Opened)> {
        for (at, connection) in self.connections.iter_mut().enumerate() {
            if !connection.may_speak(packet.version) || !packet.is_whole {
                continue;
            }
            if self.in_vain >= QUIC_DERIVATIONS {
                return None;
            }
            if let Some(opened) = connection.open_in_new(side, packet) {
                return Some((at, opened));
            }
            self.in_vain += 1;
        }
        None
    }

    /// What an opened packet of the connection at `at` says.
    fn take(
        &mut self,
        side: Side,
        at: usize,
        packet: &Long<'_>,
        opened: &Opened,
        cx: &mut Context<'_>,
    ) {
        let sureness = match side {
            Side::Client => Sureness::Offered,
            Side::Server => Sureness::Answered,
        };
        self.has_news |= self.facts.version(packet.version.number(), sureness);
        let length = &mut self.facts.id_lengths[side.index()];
        self.has_news |= length.is_none();
        length.get_or_insert(packet.source.len());
        let mut rest = &opened.frames[..];
        loop {
            match frames::next(&mut rest) {
                Ok(None) => break,
                Ok(Some(Frame::Crypto { offset, bytes })) => {
                    self.crypto(side, at, offset, bytes, cx);
                }
                Ok(Some(close)) => self.closed(side, &close),
                Err(_) => {
                    cx.sink.parse_error();
                    break;
                }
            }
        }
    }

    fn crypto(&mut self, side: Side, at: usize, offset: u64, bytes: &[u8], cx: &mut Context<'_>) {
        let is_read = if side == Side::Client { self.has_offer } else { self.is_agreed };
        let Some(connection) = self.connections.get_mut(at) else { return };
        let place = &mut connection.streams[side.index()];
        let Some(stream) = place.as_mut().filter(|_| !is_read) else {
            *place = None;
            return;
        };
        let mut is_right = stream.add(offset, bytes).is_ok();
        let mut is_over = !is_right;
        while !is_over && let Some((kind, body)) = stream.message() {
            let read = match (side, kind) {
                (Side::Client, CLIENT_HELLO) => {
                    read_client(body, Carrier::Quic, &mut self.handshake).map(|()| true)
                }
                (Side::Server, SERVER_HELLO) => {
                    read_server(body, &mut self.handshake).map(|answer| answer == Answer::Hello)
                }
                // Nothing else comes before a hello.
                _ => {
                    (is_right, is_over) = (false, true);
                    break;
                }
            };
            self.has_handshake_news = true;
            is_right = read.is_ok();
            is_over = read.unwrap_or(true);
        }
        if is_over {
            *place = None;
        }
        if !is_right {
            cx.sink.parse_error();
        }
        let known = if side == Side::Client { &mut self.has_offer } else { &mut self.is_agreed };
        *known |= is_over && is_right;
    }

    fn closed(&mut self, side: Side, close: &Frame<'_>) {
        self.has_news = true;
        let Some(description) = self.facts.close(side, close) else { return };
        if self.handshake.alert.is_none() {
            self.handshake.alert = Some(Alert { side, is_fatal: true, description });
            self.has_handshake_news = true;
        }
    }

    /// Whether a Retry packet answers one of the client's.
    fn retry(&mut self, packet: &Long<'_>) -> bool {
        let answers = |known: &Connection| is_retry_of(packet, &known.destination);
        let is_answer = packet.is_whole && self.connections.iter().any(answers);
        self.has_news |= is_answer && !self.facts.is_retried;
        self.facts.is_retried |= is_answer;
        is_answer
    }

    /// Keeps a packet that may be opened later.
    fn hold(&mut self, side: Side, packet: &Long<'_>, time: i64) {
        self.forget(time);
        let held: usize = self.held.iter().map(|held| held.bytes.len()).sum();
        let is_wanted = packet.kind == Kind::Retry || !(self.has_offer && self.is_agreed);
        let has_room = self.held.len() < QUIC_PACKETS && held + packet.bytes.len() <= QUIC_HELD;
        if is_wanted && packet.is_whole && has_room {
            self.held.push(Held { side, time, bytes: packet.bytes.into() });
        }
    }

    /// Tries held packets again, until none is opened any more.
    fn release(&mut self, cx: &mut Context<'_>) {
        self.forget(cx.time);
        loop {
            let waiting = core::mem::take(&mut self.held);
            let before = waiting.len();
            for held in waiting {
                if !self.try_again(&held, cx) {
                    self.held.push(held);
                }
            }
            if self.held.len() == before || self.held.is_empty() {
                break;
            }
        }
    }

    fn try_again(&mut self, held: &Held, cx: &mut Context<'_>) -> bool {
        match packet::next(&mut &held.bytes[..], 0) {
            Some(Packet::Long(packet)) if packet.kind == Kind::Retry => self.retry(&packet),
            Some(Packet::Long(packet)) => self.opens(held.side, &packet, cx),
            _ => true,
        }
    }

    /// Lets go of what has waited too long.
    fn forget(&mut self, now: i64) {
        self.held.retain(|held| now.saturating_sub(held.time) <= QUIC_PATIENCE);
        if self.held.is_empty() {
            self.held = Vec::new();
        }
    }

    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.has_handshake_news) {
            cx.sink.handshake(&self.handshake);
        }
        if core::mem::take(&mut self.has_news) {
            cx.sink.summary(&self.facts.summary());
        }
    }
}
