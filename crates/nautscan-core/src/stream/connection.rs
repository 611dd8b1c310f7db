//! Both directions of a TCP connection, and what its packets tell about it.

use super::Receiver;
use super::half::{Came, Half, Kind};
use crate::flow::State;
use crate::proto::{Close, Place, Side};
use crate::wire::tcp::flag;

/// The TCP part of one packet.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Capture time, ns.
    pub time: i64,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// Control bits.
    pub flags: u8,
    /// Window, not scaled.
    pub window: u16,
    /// Payload as far as it was captured.
    pub payload: &'a [u8],
    /// Payload bytes on the wire that were not captured.
    pub cut: u32,
}

impl Segment<'_> {
    #[inline]
    fn has(&self, bits: u8) -> bool {
        self.flags & bits != 0
    }
    #[inline]
    fn has_payload(&self) -> bool {
        !self.payload.is_empty() || self.cut > 0
    }
}

/// Counts of a connection, both sides together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Segments that repeated bytes, SYN or FIN.
    pub retransmissions: u32,
    /// Segments that arrived after later ones, soon enough not to have been sent again.
    pub out_of_order: u32,
    /// Segments that announced a closed window.
    pub zero_windows: u32,
    /// RST segments.
    pub resets: u32,
    /// Bytes that were sent but not captured.
    pub gap_bytes: u64,
    /// Times that such bytes were met.
    pub gaps: u32,
}

/// What a segment did to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nothing out of the ordinary.
    None,
    /// Both sides have sent FIN, and all their bytes are in.
    Finished,
    /// RST by this side.
    Reset(Side),
}

/// A TCP connection.
#[derive(Debug, Default)]
pub struct Connection {
    halves: [Half; 2],
    /// When the client's SYN was seen.
    syn_time: Option<i64>,
    /// Initial sequence numbers, where the SYN was seen.
    initial: [Option<u32>; 2],
    /// SYN to the client's first acknowledgement, ns.
    pub handshake_ns: Option<i64>,
    /// See [`Counters`].
    pub counters: Counters,
    /// Roles are known from a SYN, or from what was said; otherwise guessed from ports.
    pub roles_known: bool,
}

impl Connection {
    /// Whether `segment` opens a new connection on ports that an old one still holds: a SYN
    /// with another initial sequence number. An attempt that nobody has answered yet may be
    /// made again with another number, and is the same attempt. A SYN inside an open
    /// connection may also be a stray that will be challenged (RFC 5961 section 4); ports used
    /// again after an end that was not captured are far more common, so that is assumed.
    pub fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        if segment.flags & (flag::SYN | flag::ACK | flag::RST) != flag::SYN {
            return false;
        }
        let (half, peer) = (&self.halves[side.index()], &self.halves[side.peer().index()]);
        let first = segment.sequence.wrapping_add(1);
        let repeated = self.initial[side.index()] == Some(segment.sequence)
            || (half.is_started() && half.base() == first);
        !repeated
            && half.is_started()
            && (peer.is_started() || self.initial[side.index()].is_none())
    }

    /// Whether `segment` shows that a reset was not taken: the handshake or the data go on where
    /// they were. Resets can be forged.
    pub fn is_continued_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        let (half, peer) = (&self.halves[side.index()], &self.halves[side.peer().index()]);
        if segment.has(flag::RST | flag::FIN) || !segment.has(flag::ACK) {
            return false;
        }
        if segment.has(flag::SYN) {
            return peer.is_started() && peer.base() == segment.acknowledgement;
        }
        segment.has_payload() && half.is_next(segment.sequence)
    }

    /// Takes one segment sent by `side`; passes what came in order on to `out`.
    #[inline]
    pub fn segment<R: Receiver>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        out: &mut R,
    ) -> Event {
        let mut out = Counting { inner: out, gaps: 0, gap_bytes: 0 };
        let event = self.segment_counted(side, segment, &mut out);
        if out.gaps > 0 {
            self.counters.gaps += out.gaps;
            self.counters.gap_bytes += out.gap_bytes;
        }
        event
    }

    #[inline]
    fn segment_counted<R: Receiver>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        out: &mut R,
    ) -> Event {
        let special = segment.has(flag::SYN | flag::RST | flag::FIN);
        if segment.window == 0 && !special {
            self.counters.zero_windows += 1;
        }
        if segment.has(flag::RST) {
            return self.reset(side, segment, out);
        }
        let mut sequence = segment.sequence;
        if segment.has(flag::SYN) {
            self.syn(side, segment);
            sequence = sequence.wrapping_add(1);
        }
        let mut came = Came { time: segment.time, received: 0 };
        if segment.has(flag::ACK) {
            came.received = self.acknowledgement(side, segment, out);
        }
        if segment.has_payload() {
            let half = &mut self.halves[side.index()];
            let kind = half.segment(side, sequence, segment.payload, segment.cut, came, out);
            self.count(kind);
        }
        if segment.has(flag::FIN) {
            let len = segment.payload.len() as u32 + segment.cut;
            let half = &mut self.halves[side.index()];
            if half.has_fin() && !segment.has_payload() {
                self.counters.retransmissions += 1;
            }
            half.fin(side, sequence.wrapping_add(len), out);
        }
        self.halves[0].settle(Side::Client, segment.time, out);
        self.halves[1].settle(Side::Server, segment.time, out);
        if self.halves.iter().all(Half::is_ended) { Event::Finished } else { Event::None }
    }

    fn reset<R: Receiver>(&mut self, side: Side, segment: &Segment<'_>, out: &mut R) -> Event {
        self.counters.resets += 1;
        // RFC 5961: a reset that is nowhere near the window is not believed by hosts either.
        let near = self.halves[side.index()].is_near(segment.sequence);
        let answers_syn = segment.has(flag::ACK) && !self.halves[side.index()].is_started();
        if !near && !answers_syn {
            return Event::None;
        }
        // `out` counts already.
        self.halves[0].finish(Side::Client, out);
        self.halves[1].finish(Side::Server, out);
        Event::Reset(side)
    }

    fn syn(&mut self, side: Side, segment: &Segment<'_>) {
        let initial = &mut self.initial[side.index()];
        if *initial == Some(segment.sequence) {
            self.counters.retransmissions += 1;
            return;
        }
        let again = initial.is_some();
        *initial = Some(segment.sequence);
        self.roles_known = true;
        if !segment.has(flag::ACK) && side == Side::Client {
            self.syn_time = Some(segment.time);
        }
        let half = &mut self.halves[side.index()];
        if again {
            self.counters.retransmissions += 1;
        }
        if !half.is_started() || half.is_unused() {
            // Where a stray packet had seemed to begin this direction, the SYN knows better.
            *half = Half::default();
            half.start(segment.sequence.wrapping_add(1));
        }
    }

    /// Takes the acknowledgement that `side` sends; answers what it has received, as an offset.
    #[inline]
    fn acknowledgement<R: Receiver>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        out: &mut R,
    ) -> u64 {
        let peer = &mut self.halves[side.peer().index()];
        if !peer.is_started() {
            peer.start(segment.acknowledgement);
        }
        let received = peer.acknowledge(segment.acknowledgement);
        // Who speaks after acknowledging has received: what we miss of it is lost.
        if segment.has_payload() && peer.owes() {
            peer.concede(side.peer(), out);
        }
        if self.handshake_ns.is_none() && side == Side::Client && !segment.has(flag::SYN) {
            self.handshake_ns = match (self.syn_time, self.initial[1]) {
                (Some(syn), Some(_)) => Some(segment.time - syn),
                _ => None,
            };
        }
        received
    }

    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::New | Kind::KeepAlive | Kind::Stray => {}
            Kind::Retransmission => self.counters.retransmissions += 1,
            Kind::OutOfOrder => self.counters.out_of_order += 1,
        }
    }

    /// Gives up holes that have waited long enough; called now and then while packets of other
    /// flows go by.
    pub fn settle<R: Receiver>(&mut self, now: i64, out: &mut R) {
        let mut out = Counting { inner: out, gaps: 0, gap_bytes: 0 };
        self.halves[0].settle(Side::Client, now, &mut out);
        self.halves[1].settle(Side::Server, now, &mut out);
        self.counters.gaps += out.gaps;
        self.counters.gap_bytes += out.gap_bytes;
    }

    /// No more packets will come: hands out what was held.
    pub fn finish<R: Receiver>(&mut self, out: &mut R) {
        let mut out = Counting { inner: out, gaps: 0, gap_bytes: 0 };
        self.halves[0].finish(Side::Client, &mut out);
        self.halves[1].finish(Side::Server, &mut out);
        self.counters.gaps += out.gaps;
        self.counters.gap_bytes += out.gap_bytes;
    }

    /// How far the connection has come.
    pub fn state(&self, event: Event) -> State {
        let [client, server] = &self.halves;
        match event {
            Event::Reset(_) => State::Reset,
            Event::Finished => State::Closed,
            Event::None if client.has_fin() || server.has_fin() => State::Closing,
            Event::None => match self.initial {
                [Some(_), None] if self.handshake_ns.is_none() && !server.is_started() => {
                    State::SynSent
                }
                [None, None] => State::Active,
                _ => State::Established,
            },
        }
    }

    /// Client and server were guessed the wrong way round.
    pub fn swap_roles(&mut self) {
        self.halves.swap(0, 1);
        self.initial.swap(0, 1);
        self.roles_known = true;
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.halves.iter().map(Half::memory).sum()
    }

    /// Why the connection ended, if `event` ended it.
    pub fn close_of(event: Event) -> Option<Close> {
        match event {
            Event::None => None,
            Event::Finished => Some(Close::Finished),
            Event::Reset(side) => Some(Close::Reset(side)),
        }
    }
}

/// Passes on, and counts gaps.
struct Counting<'a, R> {
    inner: &'a mut R,
    gaps: u32,
    gap_bytes: u64,
}

impl<R: Receiver> Receiver for Counting<'_, R> {
    #[inline]
    fn data(&mut self, side: Side, bytes: &[u8], place: Place, time: i64) {
        self.inner.data(side, bytes, place, time);
    }
    fn gap(&mut self, side: Side, lost: u64, offset: u64) {
        self.gaps += 1;
        self.gap_bytes += lost;
        self.inner.gap(side, lost, offset);
    }
    fn end(&mut self, side: Side) {
        self.inner.end(side);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
