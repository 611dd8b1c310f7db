//! Is it QUIC?

use super::connection::Connection;
use super::google;
use super::packet::{self, Long, Packet, is_long};
use super::version::{Kind, is_named, is_plausible};
use crate::proto::Side;
use crate::proto::datagram::{Datagram, Recognised};

/// The fewest bytes of the connection ID that a client makes up for a server (RFC 9000 section 7.2).
const FIRST_ID: usize = 8;

pub(super) fn probe(datagram: &Datagram<'_>) -> Recognised {
    match datagram.bytes.first() {
        Some(&first) if is_long(first) || google::may_begin(datagram.bytes) => examine(datagram),
        _ => Recognised::No,
    }
}

#[cold]
fn examine(datagram: &Datagram<'_>) -> Recognised {
    if google::may_begin(datagram.bytes) {
        let is_hello = google::hello(datagram.bytes).is_some();
        return if is_hello { Recognised::Yes(Some(Side::Client)) } else { Recognised::No };
    }
    let mut rest = datagram.bytes;
    match packet::next(&mut rest, datagram.cut) {
        None => Recognised::No,
        Some(Packet::Negotiation { source, versions }) => {
            if datagram.cut == 0 && source.len() >= FIRST_ID && is_offer(versions) {
                Recognised::Yes(Some(Side::Server))
            } else {
                Recognised::No
            }
        }
        Some(Packet::Long(first)) => {
            if is_coherent(&first, rest, datagram.cut) {
                let is_clients = first.kind == Kind::ZeroRtt || !first.token.is_empty();
                return Recognised::Yes(is_clients.then_some(Side::Client));
            }
            // Odd to look at, but keys do not fit by chance.
            let begins = first.kind == Kind::Initial && Connection::begin(&first).is_some();
            if begins { Recognised::Yes(Some(Side::Client)) } else { Recognised::No }
        }
    }
}

/// Whether these are versions, one of which has a name.
pub(super) fn is_offer(versions: &[u8]) -> bool {
    let (all, odd) = versions.as_chunks::<4>();
    let mut numbers = all.iter().map(|&number| u32::from_be_bytes(number));
    odd.is_empty() && numbers.clone().any(is_named) && numbers.all(is_plausible)
}

/// Whether a datagram is made of packets from its first byte to its last, all to one receiver.
fn is_coherent(first: &Long<'_>, mut rest: &[u8], cut: usize) -> bool {
    if !has_form(first) {
        return false;
    }
    while let Some(&byte) = rest.first() {
        if !is_long(byte) {
            // The last one may have a short header, with the identifier behind its first byte.
            return byte & 0x40 != 0 && rest[1..].starts_with(first.destination);
        }
        match packet::next(&mut rest, cut) {
            Some(Packet::Long(next))
                if has_form(&next)
                    && next.destination == first.destination
                    && next.version == first.version => {}
            _ => return false,
        }
    }
    true
}

/// Whether a packet looks as one does, Retry excepted, which has no length: its second bit is set,
/// and somebody has an identifier.
fn has_form(packet: &Long<'_>) -> bool {
    packet.bytes.first().is_some_and(|first| first & 0x40 != 0)
        && packet.kind != Kind::Retry
        && !(packet.destination.is_empty() && packet.source.is_empty())
}
