//! The engine: packets in, record batches out.

mod announced;
mod config;
mod datagrams;
mod defrag;
mod fragments;
mod lone;
mod memory;
mod names;
mod output;
mod places;
mod roles;
mod rows;
mod seen;
mod sightings;
mod stats;
#[cfg(test)]
mod tests;
mod totals;
mod translation;

use arrow_array::RecordBatch;

use crate::event::Table;
use crate::flow::{Flow, FlowKey, FlowTable, Macs, State, key_ports};
use crate::packet::{InterfaceId, Packet};
use crate::proto::{Close, Side};
use crate::stream::{Connection, Segment};
use crate::wire::{Decoded, Network, decode, protocol, tcp::flag};
use datagrams::take_datagram;
use fragments::Fragments;
use memory::Held;
use output::Output;
use places::Places;
use seen::{FlowRef, Seen};
use sightings::Sightings;
use translation::{Resolved, Translations};

pub use config::Config;
pub use totals::Totals;
pub use translation::Translation;

const SECOND: i64 = 1_000_000_000;
/// Times after this (the year 2116) are taken for it, and times before 1970 for 1970: a capture
/// file may state any, and differences of times must not overflow.
const TIME_LIMIT: i64 = i64::MAX / 2;
/// Packets this far behind the latest one are not out of order: the clock was set back.
const CLOCK_STEP: i64 = 10 * SECOND;

/// Packets in, record batches out. Single-threaded; packets should come in order of time,
/// small disorder is tolerated.
pub struct Engine {
    out: Output,
    flows: FlowTable,
    sightings: Sightings,
    translations: Translations,
    held: Held,
    fragments: Fragments,
    places: Places,
    /// Whether a packet may be seen at several points of observation: interfaces, directions of
    /// `any`, inside and outside of a tunnel; and with that under several addresses.
    has_several_points: bool,
    next_flow_id: u64,
    flow_id_step: u64,
    /// Latest packet time: the engine's clock.
    now: i64,
    next_sweep: i64,
}

impl Engine {
    /// An engine without interfaces.
    pub fn new(config: Config) -> Self {
        let mut translations = Translations::new();
        translations.tell(&config.translations);
        Self {
            flows: FlowTable::new(config.max_flows),
            sightings: Sightings::new(),
            translations,
            held: Held::default(),
            fragments: Fragments::new(),
            places: Places::default(),
            has_several_points: false,
            next_flow_id: config.flow_id_base + 1,
            flow_id_step: config.flow_id_step.max(1),
            now: 0,
            next_sweep: 0,
            out: Output::new(config),
        }
    }

    /// Makes a capture interface known; `None`: the capture does not name it. A name that ends
    /// in `@PLACE` is one of the network namespace of that name: loopback addresses seen there
    /// are kept apart from those of the host and of other namespaces.
    pub fn add_interface(&mut self, name: Option<&str>) -> InterfaceId {
        self.has_several_points |= !self.out.interfaces.is_empty();
        self.out.interfaces.push(name.map(str::to_owned));
        self.places.add(name);
        InterfaceId((self.out.interfaces.len() - 1) as u16)
    }

    /// Totals since the engine was made.
    pub fn totals(&self) -> Totals {
        self.out.totals
    }

    /// Takes one packet; answers the flow that it belongs to.
    #[inline]
    pub fn packet(&mut self, packet: &Packet<'_>) -> Option<u64> {
        self.numbered_packet(self.out.totals.packets + 1, packet)
    }

    /// Like [`Self::packet`], for an engine that is given a share of the packets: `number` is the
    /// packet's in the whole capture.
    #[inline]
    pub fn numbered_packet(&mut self, number: u64, packet: &Packet<'_>) -> Option<u64> {
        let time = packet.time.clamp(0, TIME_LIMIT);
        self.out.totals.time_clamped += u64::from(time != packet.time);
        let packet = &Packet { time, ..*packet };
        self.keep_time(packet.time);
        self.out.totals.count_packet(packet);
        let decoded = decode(packet);
        if let Some(stop) = &decoded.stop {
            self.out.totals.count_stop(stop, decoded.network.is_some());
        }
        self.out.totals.aggregated_skipped += u64::from(decoded.skipped);
        let flow_id = match &decoded.network {
            Some(network) => self.network(packet, &decoded, network),
            None => None,
        };
        if self.out.rows.wants_packets() {
            let Output { rows, config, interfaces, .. } = &mut self.out;
            rows.packet(number, flow_id, packet, config, interfaces);
        }
        if self.now >= self.next_sweep {
            self.sweep();
        }
        flow_id
    }

    #[inline]
    fn keep_time(&mut self, time: i64) {
        if time > self.now {
            self.now = time;
        } else if time < self.now - CLOCK_STEP {
            // The capturing host's clock was set back: time goes on from there.
            self.now = time;
            self.next_sweep = time + SECOND;
        }
    }

    #[inline]
    fn network(
        &mut self,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> Option<u64> {
        let seen = Seen::of(packet);
        if let Some(fragment) = &network.fragment {
            self.out.totals.fragments += 1;
            return self.fragment(&seen, decoded, network, fragment);
        }
        self.whole_packet(&seen, decoded, network)
    }

    /// As [`Self::whole_packet`], for packets that came in pieces.
    #[cold]
    #[inline(never)]
    fn whole(&mut self, seen: &Seen<'_>, decoded: &Decoded<'_>, network: &Network) -> Option<u64> {
        self.whole_packet(seen, decoded, network)
    }

    #[inline(always)]
    fn whole_packet(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> Option<u64> {
        if decoded.transport.is_none() && protocol::has_ports(network.protocol) {
            // Without ports it cannot be told whose it is.
            self.out.totals.unattributed += seen.load.packets;
            return None;
        }
        let (from, to) = key_ports(decoded.transport.as_ref(), network.protocol);
        let (key, source_is_low) =
            FlowKey::new(network.protocol, network.source, from, network.destination, to);
        let place = self.places.of(seen.interface, network);
        let mut flow = FlowRef { key: key.within(place), source_is_low };
        if self.has_several_points(decoded) {
            // Loopback inside a namespace is seen there alone: what begins like it is another.
            let resolved = match place {
                0 => self.resolve(seen, decoded, network, flow),
                _ => Resolved { flow, leg: 0 },
            };
            if self.is_repeat(seen, decoded, network, &resolved) {
                return self.count_duplicate(&resolved.flow, seen, decoded);
            }
            flow = resolved.flow;
        }
        let FlowRef { key, source_is_low } = flow;
        let segment = roles::tcp_segment(seen.time, decoded);
        let slot = self.flow_of(key, source_is_low, seen, decoded, segment.as_ref());
        let flow = self.flows.get_mut(slot)?;
        let id = flow.id;
        let side = flow.side(source_is_low);
        flow.last_time = flow.last_time.max(seen.time);
        let sent = &mut flow.sent[side.index()];
        sent.packets += seen.load.packets;
        sent.bytes += seen.load.bytes;
        sent.payload += decoded.payload_len as u64;
        match &segment {
            Some(segment) => take_segment(&mut self.out, flow, side, segment),
            None => take_datagram(&mut self.out, flow, side, seen.time, decoded),
        }
        Some(id)
    }

    /// Whether the packet may be seen at several points of observation.
    #[inline(always)]
    fn has_several_points(&mut self, decoded: &Decoded<'_>) -> bool {
        self.has_several_points |= decoded.tunnel.is_some() || decoded.point != 0;
        self.has_several_points
    }

    /// Whether the packet was seen before at another point of observation. Asked only where
    /// there are several.
    fn is_repeat(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
        resolved: &Resolved,
    ) -> bool {
        self.sightings.is_repeat(seen.time, seen.interface, decoded, network, resolved)
    }

    #[cold]
    #[inline(never)]
    fn count_duplicate(
        &mut self,
        flow: &FlowRef,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
    ) -> Option<u64> {
        self.out.totals.duplicates += seen.load.packets;
        let slot = self.flows.find(&flow.key)?;
        let found = self.flows.get_mut(slot)?;
        found.duplicates += seen.load.packets;
        found.set_carrier(decoded, flow.source_is_low);
        Some(found.id)
    }

    /// The flow of a packet; a new one if there is none, or if its ports are used again.
    #[inline]
    fn flow_of(
        &mut self,
        key: FlowKey,
        source_is_low: bool,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        segment: Option<&Segment<'_>>,
    ) -> u32 {
        let mut rival = None;
        if let Some(slot) = self.flows.find(&key) {
            let Some(close) = self.is_over(slot, source_is_low, seen, segment) else {
                return slot;
            };
            rival = self
                .flows
                .get_mut(slot)
                .and_then(|old| roles::take_rival(old, source_is_low, segment));
            self.retire(slot, close);
        } else if let Some(victim) = self.flows.victim() {
            self.out.totals.evicted += 1;
            self.retire(victim, Close::Evicted);
        }
        let id = self.next_flow_id;
        self.next_flow_id += self.flow_id_step;
        self.out.totals.flows += 1;
        let source_is_client = roles::source_is_client(decoded, segment);
        let mut flow = Flow {
            key,
            client_is_low: source_is_low == source_is_client,
            state: State::Active,
            ended: None,
            interface: seen.interface,
            vlan: decoded.vlan,
            rare: None,
            id,
            first_time: seen.since,
            last_time: seen.time,
            sent: Default::default(),
            duplicates: 0,
            requests: 0,
            reported: i64::MIN,
            protocol: None,
            tcp: None,
            udp: None,
            unrecognised: 0,
            lone: None,
            macs: Macs::of(seen.stations(decoded), source_is_low),
        };
        if decoded.tunnel.is_some() {
            flow.set_carrier(decoded, source_is_low);
        }
        if let Some(rival) = rival {
            roles::begin(&mut flow, &rival);
        }
        if !self.out.announced.is_empty() {
            self.out.recognise_data(&mut flow);
        }
        self.translations.begin(&mut flow, decoded);
        self.flows.insert(flow)
    }

    /// Writes the row of a flow and lets go of it.
    #[inline(never)]
    fn retire(&mut self, slot: u32, close: Close) {
        if let Some(flow) = self.flows.get_mut(slot) {
            self.out.retire(flow, close);
            self.translations.forget(flow);
            self.flows.remove(slot);
        }
    }

    /// How the flow that holds a packet's ports has ended, if the packet cannot be of it.
    #[inline]
    fn is_over(
        &mut self,
        slot: u32,
        source_is_low: bool,
        seen: &Seen<'_>,
        segment: Option<&Segment<'_>>,
    ) -> Option<Close> {
        let flow = self.flows.get_mut(slot)?;
        if flow.is_idle(seen.since) {
            return Some(Close::Timeout);
        }
        let segment = segment.filter(|segment| segment.flags & flag::SYN != 0)?;
        self.out.unfold(flow);
        let side = flow.side(source_is_low);
        roles::is_replaced(flow, side, segment, seen.load).then_some(Close::Replaced)
    }

    /// Time passes without a packet (live capture on a quiet network).
    pub fn advance(&mut self, now: i64) {
        self.follow_clock(self.now.max(now));
    }

    /// It is `now` by packets that other engines were given; as a packet's time, it may be earlier
    /// than before.
    pub fn follow_clock(&mut self, now: i64) {
        self.keep_time(now.clamp(0, TIME_LIMIT));
        while self.now >= self.next_sweep && !(self.flows.is_empty() && self.fragments.is_empty()) {
            self.sweep();
        }
    }

    /// One second's share of housekeeping: silent flows leave, long ones get a row, holes that
    /// have waited are given up.
    #[cold]
    fn sweep(&mut self) {
        let now = self.now;
        let is_behind = self.next_sweep < now.saturating_sub(10 * SECOND);
        self.next_sweep = if is_behind { now + SECOND } else { self.next_sweep + SECOND };
        self.expire_fragments();
        let Self { flows, out, held, translations, .. } = self;
        held.begin();
        flows.sweep(|flow| {
            if flow.is_idle(now) {
                out.retire(flow, Close::Timeout);
                translations.forget(flow);
                return true;
            }
            out.settle(flow, now);
            out.report(flow, now);
            held.add(flow);
            false
        });
    }

    /// The input is at its end: every flow is retired.
    pub fn finish(&mut self) {
        while self.finish_some(usize::MAX) {}
    }

    /// Likewise, `count` flows at a time, so that their rows can be taken in between; answers
    /// whether there are more. No packet may come after the first call.
    pub fn finish_some(&mut self, count: usize) -> bool {
        while let Some(datagram) = self.fragments.pop_oldest() {
            self.give_up(&datagram);
        }
        let Self { flows, out, now, .. } = self;
        out.rows.let_the_rest_come();
        flows.drain(count, |flow| {
            // The hand may not have come to it: that is no reason to call it open.
            out.settle_datagrams(flow, *now);
            let close = if flow.is_idle(*now) { Close::Timeout } else { Close::CaptureEnd };
            out.retire(flow, close);
        })
    }

    /// The next batch that is full; after [`Self::flush`], any.
    pub fn take_batch(&mut self) -> Option<(Table, RecordBatch)> {
        self.out.rows.take()
    }

    /// Rows dropped because nobody took their batches.
    pub fn dropped_rows(&self) -> u64 {
        self.out.rows.dropped().1
    }

    /// Makes batches of the rows that wait, however few.
    pub fn flush(&mut self) {
        self.out.rows.flush();
    }

    /// Bytes that following flows takes: the table, what its flows hold, fragments and sightings.
    pub fn memory(&self) -> usize {
        self.flows.memory()
            + self.held.bytes(&self.flows)
            + self.sightings.memory()
            + self.translations.memory()
            + self.fragments.memory()
            + self.out.rows.names_memory()
            + self.out.announced.memory()
    }
}

/// Follows a connection by one segment.
#[inline]
fn take_segment(out: &mut Output, flow: &mut Flow, mut side: Side, segment: &Segment<'_>) {
    if flow.tcp.is_none() && !out.begin(flow, side, segment) {
        return;
    }
    if flow.ended.is_some() && !roles::resumes(flow, side, segment) {
        return roles::stray(flow, side, segment);
    }
    if let Some(tcp) = &flow.tcp
        && !tcp.connection.roles_known
        && tcp.app.is_undecided()
    {
        side = roles::settle_roles(flow, side, segment);
    }
    let before = flow.state;
    let (close, state) = out.follow(flow, segment.time, |connection, feed| {
        let event = connection.segment(side, segment, feed);
        let close = Connection::close_of(event);
        if let Some(close) = close {
            feed.close(close);
        }
        // Only these, or an end, move an open connection on.
        let is_special = segment.flags & (flag::SYN | flag::FIN | flag::RST) != 0;
        let stays = before == State::Established && !is_special && close.is_none();
        (close, if stays { before } else { connection.state(event) })
    });
    flow.state = state;
    flow.ended = close;
}
