//! A connection that a client has begun: what opens its Initial packets, and what they carry.

use super::keys::{Keys, Opened};
use super::packet::Long;
use super::stream::Stream;
use super::version::Version;
use crate::limits::QUIC_VERSIONS_TRIED;
use crate::proto::Side;

/// Begun by one Initial packet of a client. What it sends after a Retry counts as another.
pub(super) struct Connection {
    /// Where that packet went: keys are made of it.
    pub(super) destination: Box<[u8]>,
    /// One a version in which both have spoken: a server may answer in another (RFC 9368).
    spoken: Vec<Spoken>,
    /// What each side says in CRYPTO frames; `None`: its hello was read, or it cannot be.
    pub(super) streams: [Option<Stream>; 2],
}

/// Keys of both sides in a version, with the largest packet number that each opened.
struct Spoken {
    version: Version,
    keys: [Keys; 2],
    largest: [Option<u64>; 2],
}

impl Connection {
    /// The connection that a client begins with this packet, and the packet opened; `None`: it does
    /// not begin one.
    pub(super) fn begin(packet: &Long<'_>) -> Option<(Self, Opened)> {
        let (spoken, opened) = Spoken::open(packet.destination, Side::Client, packet)?;
        let connection = Self {
            destination: packet.destination.into(),
            spoken: vec![spoken],
            streams: [Some(Stream::default()), Some(Stream::default())],
        };
        Some((connection, opened))
    }

    /// Opens an Initial packet of this connection.
    pub(super) fn open(&mut self, side: Side, packet: &Long<'_>) -> Option<Opened> {
        let at = side.index();
        let same = self.spoken.iter_mut().filter(|spoken| spoken.version == packet.version);
        for spoken in same {
            if let Some(opened) = spoken.keys[at].open(packet, spoken.largest[at]) {
                spoken.largest[at] = spoken.largest[at].max(Some(opened.number));
                return Some(opened);
            }
        }
        None
    }

    /// Pairs of keys.
    pub(super) fn keys(&self) -> usize {
        self.spoken.len()
    }

    /// Whether its packets may also be of this version: it is new here, and there is room.
    pub(super) fn may_speak(&self, version: Version) -> bool {
        self.spoken.len() < QUIC_VERSIONS_TRIED
            && self.spoken.iter().all(|spoken| spoken.version != version)
    }

    /// Opens the first packet of this connection in another version.
    pub(super) fn open_in_new(&mut self, side: Side, packet: &Long<'_>) -> Option<Opened> {
        let (spoken, opened) = Spoken::open(&self.destination, side, packet)?;
        self.spoken.push(spoken);
        Some(opened)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let streams = self.streams.iter().flatten().map(Stream::memory);
        self.destination.len()
            + self.spoken.capacity() * size_of::<Spoken>()
            + streams.sum::<usize>()
    }
}

impl Spoken {
    fn open(destination: &[u8], side: Side, packet: &Long<'_>) -> Option<(Self, Opened)> {
        let keys = Keys::initial(packet.version, destination);
        let opened = keys[side.index()].open(packet, None)?;
        let mut largest = [None; 2];
        largest[side.index()] = Some(opened.number);
        Some((Self { version: packet.version, keys, largest }, opened))
    }
}
