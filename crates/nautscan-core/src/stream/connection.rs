//! Both directions of a TCP connection, and what its packets tell about it.

use super::Receiver;
use super::analysis::Analysis;
use super::half::{Came, Half};
use super::options::{self, Offer};
use super::rival::Rival;
use crate::flow::State;
use crate::limits::MAX_WINDOW;
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
    /// Options, padding included.
    pub options: &'a [u8],
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
    /// Bytes of payload on the wire.
    #[inline]
    fn length(&self) -> u32 {
        (self.payload.len() as u32).saturating_add(self.cut)
    }
}

/// Counts of a connection, both sides together. The first six as Wireshark defines them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Segments with bytes, SYN or FIN that had been sent before.
    pub retransmissions: u32,
    /// Segments behind a later one, soon enough not to have been sent again.
    pub out_of_order: u32,
    /// Segments that announced a closed window.
    pub zero_windows: u32,
    /// Empty segments that repeated acknowledgement and window of the one before.
    pub duplicate_acks: u32,
    /// Segments that asked whether the other side is still there.
    pub keep_alives: u32,
    /// RST segments.
    pub resets: u32,
    /// Segments that acknowledged bytes behind a hole.
    pub sack_blocks: u32,
    /// Times that bytes were sent but not captured.
    pub gaps: u32,
    /// Such bytes.
    pub gap_bytes: u64,
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
    analysis: Analysis,
    /// Initial sequence numbers, where the SYN was seen.
    initial: [Option<u32>; 2],
    /// What the SYNs offered.
    offers: [Offer; 2],
    /// See [`Counters`].
    pub counters: Counters,
    /// Roles are known from a SYN, or from what was said; otherwise guessed from ports.
    pub roles_known: bool,
    rival: Option<Box<Rival>>,
}

impl Connection {
    /// Whether `segment` opens a new connection on ports that an old one still holds: a SYN
    /// with another initial sequence number. An attempt that nobody has answered yet may be
    /// made again with another number, and is the same attempt.
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

    /// Notes a SYN for which [`Self::is_reused_by`] holds, if the connection may still be alive;
    /// answers false if it may not. A host that is in the middle of a connection challenges a SYN
    /// (RFC 5961 section 4), which may be forged: it opens another connection only once it is
    /// answered. `packets` and `bytes`: what it came in.
    #[cold]
    pub fn contest(&mut self, side: Side, segment: &Segment<'_>, packets: u64, bytes: u64) -> bool {
        let was_heard = self.analysis.window(side.peer()).is_some();
        let is_ending = self.halves.iter().any(Half::has_fin);
        if !was_heard || is_ending || segment.has_payload() {
            return false;
        }
        let known = self.rival.as_ref().map(|rival| rival.sequence);
        if known != Some(segment.sequence) {
            self.rival = Some(Box::new(Rival::new(side, segment, packets, bytes)));
        }
        true
    }

    /// Whether `segment` answers the SYN that contests this connection, which so is over.
    #[cold]
    pub fn is_succeeded_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        self.rival.as_ref().is_some_and(|rival| {
            segment.flags & (flag::SYN | flag::ACK | flag::RST) == flag::SYN | flag::ACK
                && rival.side == side.peer()
                && rival.sequence.wrapping_add(1) == segment.acknowledgement
        })
    }

    /// The SYN that contests this connection.
    pub fn take_rival(&mut self) -> Option<Box<Rival>> {
        self.rival.take()
    }

    /// Begins with a SYN that contested the connection before.
    #[cold]
    pub fn begin(&mut self, rival: &Rival) {
        let syn = rival.segment();
        self.observe(Side::Client, &syn);
        self.syn(Side::Client, &syn);
    }

    /// Whether `segment` is the SYN that contests this connection, and so is not of it.
    fn is_rival(&self, side: Side, segment: &Segment<'_>) -> bool {
        self.rival.as_ref().is_some_and(|rival| {
            rival.side == side
                && rival.sequence == segment.sequence
                && segment.flags & (flag::SYN | flag::ACK) == flag::SYN
        })
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
        if segment.has(flag::SYN) && self.is_rival(side, segment) {
            return Event::None;
        }
        self.observe(side, segment);
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
            half.segment(side, sequence, segment.payload, segment.cut, came, out);
        }
        if segment.has(flag::FIN) {
            let half = &mut self.halves[side.index()];
            half.fin(side, sequence.wrapping_add(segment.length()), out);
        }
        self.halves[0].settle(Side::Client, segment.time, out);
        self.halves[1].settle(Side::Server, segment.time, out);
        if self.halves.iter().all(Half::is_ended) { Event::Finished } else { Event::None }
    }

    /// Takes note of a segment without following its bytes: all that is left to do for one that
    /// comes after the end.
    #[inline(always)]
    pub fn observe(&mut self, side: Side, segment: &Segment<'_>) {
        if segment.has(flag::SYN) || options::are_notable(segment.options) {
            self.observe_rare(side, segment);
        }
        self.analysis.observe(side, segment, segment.length(), &mut self.counters);
    }

    /// As [`Self::observe`], for what few segments have: SYN, or options other than timestamps.
    #[cold]
    #[inline(never)]
    fn observe_rare(&mut self, side: Side, segment: &Segment<'_>) {
        self.counters.sack_blocks += u32::from(options::have_sack_blocks(segment.options));
        if !segment.has(flag::SYN) {
            return;
        }
        let initial = &mut self.initial[side.index()];
        if *initial == Some(segment.sequence) {
            return;
        }
        if initial.is_some() {
            self.analysis.restart(side);
        }
        *initial = Some(segment.sequence);
        self.offers[side.index()] = Offer::read(segment.options);
        self.roles_known = true;
    }

    fn reset<R: Receiver>(&mut self, side: Side, segment: &Segment<'_>, out: &mut R) -> Event {
        if !self.believes_reset(side, segment) {
            return Event::None;
        }
        let reach = self.reach(side);
        let peer = &mut self.halves[side.peer().index()];
        let has_received = segment.has(flag::ACK) && peer.is_started();
        if has_received && peer.is_within(segment.acknowledgement, reach) {
            // What it has received and we have not is lost.
            peer.acknowledge(segment.acknowledgement);
        }
        // `out` counts already.
        self.halves[0].finish(Side::Client, out);
        self.halves[1].finish(Side::Server, out);
        Event::Reset(side)
    }

    /// Whether the receiver of a reset may have taken it. RFC 9293 section 3.10.7: one that
    /// refuses a SYN acknowledges it, any other stands in the window. Hosts that keep to RFC 5961
    /// section 3 want the very next number; what that was is not certain here, so one window
    /// before and behind it is believed. Should the connection go on, it is followed again.
    fn believes_reset(&self, side: Side, segment: &Segment<'_>) -> bool {
        let (half, peer) = (&self.halves[side.index()], &self.halves[side.peer().index()]);
        if half.is_started() {
            let reach = self.reach(side.peer());
            return half.is_within(segment.sequence, reach)
                || self.analysis.is_within(side, segment.sequence, reach);
        }
        match self.initial[side.peer().index()] {
            Some(_) => segment.has(flag::ACK) && peer.may_be_acknowledged(segment.acknowledgement),
            None => true,
        }
    }

    /// The window that `side` had open, or the largest that it may have had.
    fn reach(&self, side: Side) -> u64 {
        /// Before anything is known of it.
        const LEAST: u64 = u16::MAX as u64;
        /// RFC 7323 section 2.3.
        const MOST_SHIFT: u8 = 14;
        let [client, server] = self.offers.map(|offer| offer.window_scale);
        let own = self.offers[side.index()].window_scale;
        let shift = match self.initial {
            // Windows are scaled only if both sides have offered it.
            [Some(_), Some(_)] if client.is_none() || server.is_none() => 0,
            [Some(_), Some(_)] => own.unwrap_or_default().min(MOST_SHIFT),
            _ => MOST_SHIFT,
        };
        self.analysis
            .window(side)
            .map_or(MAX_WINDOW, |window| u64::from(window) << shift)
            .max(LEAST)
    }

    /// Follows a SYN; its initial sequence number is noted already.
    fn syn(&mut self, side: Side, segment: &Segment<'_>) {
        let half = &mut self.halves[side.index()];
        let first = segment.sequence.wrapping_add(1);
        let is_new = !half.is_started() || half.base() != first;
        if is_new && (!half.is_started() || half.is_unused()) {
            // Where a stray packet had seemed to begin this direction, the SYN knows better.
            *half = Half::default();
            half.start(first);
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
        let is_silent = !self.halves[side.index()].is_started() && !segment.has_payload();
        let has_asked = self.initial[side.peer().index()].is_some();
        let peer = &mut self.halves[side.peer().index()];
        if !peer.is_started() {
            peer.start(segment.acknowledgement);
        } else if is_silent && has_asked {
            // No answer to the SYN but a challenge (RFC 5961 section 4) by a host that holds an earlier
            // connection: what it acknowledges is of that.
            return 0;
        }
        let received = peer.acknowledge(segment.acknowledgement);
        // Who speaks after acknowledging has received: what we miss of it is lost.
        if segment.has_payload() && peer.owes() {
            peer.concede(side.peer(), out);
        }
        received
    }

    /// SYN to the client's first acknowledgement, ns.
    pub fn handshake_ns(&self) -> Option<i64> {
        self.analysis.handshake()
    }

    /// Least time from a segment towards `side` to its acknowledgement, ns: the round trip
    /// between the point of capture and that side. Segments that were sent again do not count
    /// (Karn's algorithm, RFC 6298 section 3).
    pub fn round_trip(&self, side: Side) -> Option<i64> {
        self.analysis.round_trip(side)
    }

    /// What `side` offered in its SYN.
    pub fn offer(&self, side: Side) -> Offer {
        self.offers[side.index()]
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
                [Some(_), None] if self.handshake_ns().is_none() && !server.is_started() => {
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
        self.offers.swap(0, 1);
        self.analysis.swap_roles();
        self.roles_known = true;
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        let rival = self.rival.as_ref().map_or(0, |_| size_of::<Rival>());
        rival + self.halves.iter().map(Half::memory).sum::<usize>()
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
