//! The engine: packets in, record batches out.

mod rows;
mod sightings;
#[cfg(test)]
mod tests;

use arrow_array::RecordBatch;

use crate::event::{Redactor, Stat, Table};
use crate::flow::{Flow, FlowKey, FlowTable, State, TcpFlow, key_ports};
use crate::limits;
use crate::packet::{InterfaceId, Packet};
use crate::proto::{App, Close, Settings, Side, side_of};
use crate::stream::{Connection, Segment};
use crate::wire::{Decoded, Network, Transport, decode, icmp, protocol, tcp::flag};
use rows::{Feed, Rows};
use sightings::Sightings;

const SECOND: i64 = 1_000_000_000;
/// Times after this (the year 2116) are taken for it, and times before 1970 for 1970: a capture
/// file may state any, and differences of times must not overflow.
const TIME_LIMIT: i64 = i64::MAX / 2;
/// Packets this far behind the latest one are not out of order: the clock was set back.
const CLOCK_STEP: i64 = 10 * SECOND;

/// How an engine is to work.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name that goes into the `sensor` column.
    pub sensor: String,
    /// Tables to fill.
    pub tables: Vec<Table>,
    /// What protocol parsers keep.
    pub settings: Settings,
    /// Removes secrets from rows.
    pub redactor: Option<Redactor>,
    /// Flows followed at once.
    pub max_flows: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// A flow that lives on gets a row this often, ns; `None`: only when it ends.
    pub flow_update: Option<i64>,
    /// Flow ids count up from here.
    pub flow_id_base: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sensor: "local".to_owned(),
            tables: vec![Table::Requests, Table::Flows],
            settings: Settings::default(),
            redactor: None,
            max_flows: limits::FLOWS,
            batch_rows: limits::BATCH_ROWS,
            flow_update: None,
            flow_id_base: 0,
        }
    }
}

/// Totals since the engine was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets fed.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets that were malformed.
    pub decode_errors: u64,
    /// Packets whose headers the snap length cut.
    pub truncated: u64,
    /// Packets without an IP header that could be read.
    pub not_ip: u64,
    /// IP fragments.
    pub fragments: u64,
    /// Further sightings of packets already counted.
    pub duplicates: u64,
    /// Flows begun.
    pub flows: u64,
    /// Flows given up because the table was full.
    pub evicted: u64,
    /// Times that bytes of a TCP stream were missing.
    pub gaps: u64,
    /// Bytes that were missing.
    pub gap_bytes: u64,
    /// Rows of `requests`.
    pub requests: u64,
    /// Violations of an application protocol.
    pub parse_errors: u64,
    /// TCP payload bytes of no known protocol.
    pub opaque_bytes: u64,
    /// Batches dropped because nobody took them.
    pub batches_dropped: u64,
    /// Rows in them.
    pub rows_dropped: u64,
    /// Earliest packet time.
    pub first_time: Option<i64>,
    /// Latest packet time.
    pub last_time: Option<i64>,
}

/// Packets in, record batches out. Single-threaded; packets should come in order of time,
/// small disorder is tolerated.
pub struct Engine {
    config: Config,
    interfaces: Vec<Option<String>>,
    flows: FlowTable,
    sightings: Sightings,
    rows: Rows,
    totals: Totals,
    next_flow_id: u64,
    /// Latest packet time: the engine's clock.
    now: i64,
    next_sweep: i64,
}

impl Engine {
    /// An engine without interfaces.
    pub fn new(config: Config) -> Self {
        Self {
            interfaces: Vec::new(),
            flows: FlowTable::new(config.max_flows),
            sightings: Sightings::new(),
            rows: Rows::new(&config),
            totals: Totals::default(),
            next_flow_id: config.flow_id_base,
            now: 0,
            next_sweep: 0,
            config,
        }
    }

    /// Makes a capture interface known; `None`: the capture does not name it.
    pub fn add_interface(&mut self, name: Option<&str>) -> InterfaceId {
        self.interfaces.push(name.map(str::to_owned));
        InterfaceId((self.interfaces.len() - 1) as u16)
    }

    /// Totals since the engine was made.
    pub fn totals(&self) -> Totals {
        let (batches_dropped, rows_dropped) = self.rows.dropped();
        Totals { batches_dropped, rows_dropped, ..self.totals }
    }

    /// Takes one packet; answers the flow that it belongs to.
    #[inline]
    pub fn packet(&mut self, packet: &Packet<'_>) -> Option<u64> {
        let packet = &Packet { time: packet.time.clamp(0, TIME_LIMIT), ..*packet };
        self.count(packet);
        let decoded = decode(packet);
        if let Some(stop) = &decoded.stop {
            self.count_stop(stop, decoded.network.is_some());
        }
        let flow_id = match decoded.network {
            Some(network) => self.network(packet, &decoded, &network),
            None => None,
        };
        if self.rows.wants_packets() {
            self.rows.packet(self.totals.packets, flow_id, packet, &self.config, &self.interfaces);
        }
        if self.now >= self.next_sweep {
            self.sweep();
        }
        flow_id
    }

    #[inline]
    fn count(&mut self, packet: &Packet<'_>) {
        if packet.time > self.now {
            self.now = packet.time;
        } else if packet.time < self.now - CLOCK_STEP {
            self.clock_set_back(packet.time);
        }
        let totals = &mut self.totals;
        totals.packets += 1;
        totals.bytes += u64::from(packet.wire_len);
        if totals.last_time.is_none_or(|last| packet.time > last) {
            totals.last_time = Some(packet.time);
        }
        if totals.first_time.is_none_or(|first| packet.time < first) {
            totals.first_time = Some(packet.time);
        }
    }

    /// The capturing host's clock was set back: time goes on from there.
    #[cold]
    fn clock_set_back(&mut self, now: i64) {
        self.now = now;
        self.next_sweep = now + SECOND;
    }

    #[cold]
    fn count_stop(&mut self, stop: &crate::wire::Stop, has_network: bool) {
        let totals = &mut self.totals;
        if stop.is_malformed() {
            totals.decode_errors += 1;
        } else if matches!(stop.reason, crate::wire::Reason::Truncated { .. }) {
            totals.truncated += 1;
        }
        if !has_network {
            totals.not_ip += 1;
        }
    }

    #[inline]
    fn network(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>, network: &Network) -> Option<u64> {
        if let Some(fragment) = &network.fragment {
            self.totals.fragments += 1;
            if fragment.offset > 0 {
                // Without ports it cannot be told whose it is.
                return None;
            }
        }
        let (from, to) = key_ports(decoded.transport.as_ref(), network.protocol);
        let (key, source_is_low) =
            FlowKey::new(network.protocol, network.source, from, network.destination, to);
        let several = self.interfaces.len() > 1 || decoded.point != 0;
        let repeat = several && self.sightings.is_repeat(packet, decoded, network);
        if repeat {
            self.totals.duplicates += 1;
            let slot = self.flows.find(&key)?;
            let flow = self.flows.get_mut(slot)?;
            flow.duplicates += 1;
            return Some(flow.id);
        }
        let segment = tcp_segment(packet, decoded);
        let slot = self.flow_of(key, source_is_low, packet, decoded, segment.as_ref());
        let flow = self.flows.get_mut(slot)?;
        let id = flow.id;
        let side = flow.side(source_is_low);
        flow.last_time = flow.last_time.max(packet.time);
        let sent = &mut flow.sent[side.index()];
        sent.packets += 1;
        sent.bytes += u64::from(packet.wire_len);
        sent.payload += decoded.payload_len as u64;
        if let Some(segment) = &segment {
            self.segment(slot, side, segment);
        }
        Some(id)
    }

    /// The flow of a packet; a new one if there is none, or if its ports are used again.
    #[inline]
    fn flow_of(
        &mut self,
        key: FlowKey,
        source_is_low: bool,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        segment: Option<&Segment<'_>>,
    ) -> u32 {
        if let Some(slot) = self.flows.find(&key) {
            if !self.is_over(slot, source_is_low, packet.time, segment) {
                return slot;
            }
            if let Some(old) = self.flows.remove(slot) {
                self.retire(old, Close::Replaced);
            }
        }
        let flow = self.new_flow(key, source_is_low, packet, decoded, segment);
        let inserted = self.flows.insert(flow);
        if let Some(evicted) = inserted.evicted {
            self.totals.evicted += 1;
            self.retire(evicted, Close::Evicted);
        }
        inserted.slot
    }

    /// Whether this packet cannot belong to the flow that holds its ports.
    #[inline]
    fn is_over(
        &mut self,
        slot: u32,
        source_is_low: bool,
        time: i64,
        segment: Option<&Segment<'_>>,
    ) -> bool {
        let Some(flow) = self.flows.get_mut(slot) else { return true };
        if flow.is_idle(time) {
            return true;
        }
        let (Some(segment), Some(tcp)) = (segment, &flow.tcp) else { return false };
        if segment.flags & flag::SYN == 0 {
            return false;
        }
        tcp.connection.is_reused_by(flow.side(source_is_low), segment)
    }

    fn new_flow(
        &mut self,
        key: FlowKey,
        source_is_low: bool,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        segment: Option<&Segment<'_>>,
    ) -> Flow {
        self.next_flow_id += 1;
        self.totals.flows += 1;
        let source_is_client = source_is_client(decoded, segment);
        Flow {
            key,
            client_is_low: source_is_low == source_is_client,
            state: State::Active,
            ended: None,
            interface: packet.interface,
            id: self.next_flow_id,
            first_time: packet.time,
            last_time: packet.time,
            sent: Default::default(),
            duplicates: 0,
            requests: 0,
            reported: i64::MIN,
            protocol: None,
            tcp: segment.is_some().then(Box::<TcpFlow>::default),
        }
    }

    #[inline]
    fn segment(&mut self, slot: u32, mut side: Side, segment: &Segment<'_>) {
        let Some(flow) = self.flows.get_mut(slot) else { return };
        if flow.ended.is_some() && !resumes(flow, side, segment) {
            return stray(flow, segment);
        }
        if let Some(tcp) = &flow.tcp
            && !tcp.connection.roles_known
            && tcp.app.is_undecided()
        {
            side = settle_roles(flow, side, segment);
        }
        // Made late where the first packets were cut inside the TCP header.
        let mut tcp = flow.tcp.take().unwrap_or_default();
        let TcpFlow { connection, app, community_id } = &mut *tcp;
        let gaps_before = connection.counters;
        let mut feed = Feed {
            app,
            time: segment.time,
            settings: &self.config.settings,
            opaque: 0,
            sink: self.rows.sink(flow, community_id, &self.config, &self.interfaces),
        };
        let event = connection.segment(side, segment, &mut feed);
        let close = Connection::close_of(event);
        if let Some(close) = close {
            feed.close(close);
        }
        let (opaque, counted) = (feed.opaque, feed.sink.counted());
        if app.protocol().is_some() {
            flow.protocol = app.protocol();
        }
        flow.state = connection.state(event);
        flow.ended = close;
        flow.requests += counted.requests;
        let totals = &mut self.totals;
        totals.opaque_bytes += opaque;
        totals.requests += counted.requests;
        totals.parse_errors += counted.parse_errors;
        totals.gaps += u64::from(connection.counters.gaps - gaps_before.gaps);
        totals.gap_bytes += connection.counters.gap_bytes - gaps_before.gap_bytes;
        flow.tcp = Some(tcp);
    }

    /// Ends what a flow still carries, and writes its row.
    fn retire(&mut self, mut flow: Flow, close: Close) {
        let close = flow.ended.unwrap_or(close);
        self.settle(&mut flow, Some(close));
        let end = match close {
            Close::Timeout if flow.state == State::Closed => Close::Finished,
            other => other,
        };
        self.rows.flow(&flow, Some(end), &self.config, &self.interfaces);
    }

    /// Lets a connection give up holes; with `close`, ends it.
    fn settle(&mut self, flow: &mut Flow, close: Option<Close>) {
        if flow.ended.is_some() {
            return;
        }
        let Some(mut tcp) = flow.tcp.take() else { return };
        let TcpFlow { connection, app, community_id } = &mut *tcp;
        let before = connection.counters;
        let mut feed = Feed {
            app,
            time: flow.last_time,
            settings: &self.config.settings,
            opaque: 0,
            sink: self.rows.sink(flow, community_id, &self.config, &self.interfaces),
        };
        match close {
            Some(close) => {
                connection.finish(&mut feed);
                feed.close(close);
            }
            None => connection.settle(self.now, &mut feed),
        }
        let (opaque, counted) = (feed.opaque, feed.sink.counted());
        flow.requests += counted.requests;
        let totals = &mut self.totals;
        totals.opaque_bytes += opaque;
        totals.requests += counted.requests;
        totals.parse_errors += counted.parse_errors;
        totals.gaps += u64::from(connection.counters.gaps - before.gaps);
        totals.gap_bytes += connection.counters.gap_bytes - before.gap_bytes;
        flow.tcp = Some(tcp);
    }

    /// Time passes without a packet (live capture on a quiet network).
    pub fn advance(&mut self, now: i64) {
        self.now = self.now.max(now.clamp(0, TIME_LIMIT));
        while self.now >= self.next_sweep && !self.flows.is_empty() {
            self.sweep();
        }
    }

    /// One second's share of housekeeping: silent flows leave, long ones get a row, holes that
    /// have waited are given up.
    #[cold]
    fn sweep(&mut self) {
        self.next_sweep = if self.next_sweep < self.now.saturating_sub(10 * SECOND) {
            self.now + SECOND
        } else {
            self.next_sweep + SECOND
        };
        let now = self.now;
        let mut flows = core::mem::replace(&mut self.flows, FlowTable::new(1));
        let mut gone = Vec::new();
        flows.sweep(
            |flow| {
                if flow.is_idle(now) {
                    return true;
                }
                self.settle(flow, None);
                self.report(flow);
                false
            },
            |flow| gone.push(flow),
        );
        self.flows = flows;
        for flow in gone {
            self.retire(flow, Close::Timeout);
        }
    }

    /// Writes a row for a flow that lives on, if it is time for one and there is news.
    fn report(&mut self, flow: &mut Flow) {
        let Some(every) = self.config.flow_update else { return };
        let due = match flow.reported {
            // Most flows are over sooner, and one row does.
            i64::MIN => self.now - flow.first_time >= SECOND,
            reported => self.now - reported >= every && flow.last_time >= reported,
        };
        if due {
            flow.reported = self.now;
            self.rows.flow(flow, None, &self.config, &self.interfaces);
        }
    }

    /// The input is at its end: every flow is retired.
    pub fn finish(&mut self) {
        let mut flows = core::mem::replace(&mut self.flows, FlowTable::new(self.config.max_flows));
        for flow in flows.drain() {
            self.retire(flow, Close::CaptureEnd);
        }
    }

    /// The next batch that is full; after [`Self::flush`], any.
    pub fn take_batch(&mut self) -> Option<(Table, RecordBatch)> {
        self.rows.take()
    }

    /// Makes batches of the rows that wait, however few.
    pub fn flush(&mut self) {
        self.rows.flush();
    }

    /// Counters of this engine's stages, for the `stats` table.
    pub fn stats(&self) -> Vec<Stat> {
        let totals = &self.totals;
        let stat = |stage, name, value| Stat { interface: None, stage, name, value };
        let (dropped_batches, dropped_rows) = self.rows.dropped();
        vec![
            stat("decode", "packets", totals.packets),
            stat("decode", "bytes", totals.bytes),
            stat("decode", "errors", totals.decode_errors),
            stat("decode", "truncated", totals.truncated),
            stat("decode", "not_ip", totals.not_ip),
            stat("decode", "fragments", totals.fragments),
            stat("decode", "duplicates", totals.duplicates),
            stat("flow", "created", totals.flows),
            stat("flow", "active", self.flows.len() as u64),
            stat("flow", "evicted", totals.evicted),
            stat("flow", "memory", (self.flows.memory() + self.sightings.memory()) as u64),
            stat("stream", "gaps", totals.gaps),
            stat("stream", "gap_bytes", totals.gap_bytes),
            stat("proto", "requests", totals.requests),
            stat("proto", "parse_errors", totals.parse_errors),
            stat("proto", "opaque_bytes", totals.opaque_bytes),
            stat("queue", "batches_dropped", dropped_batches),
            stat("queue", "rows_dropped", dropped_rows),
        ]
    }
}

/// The TCP part of a packet, if it has one.
#[inline]
fn tcp_segment<'a>(packet: &Packet<'a>, decoded: &Decoded<'a>) -> Option<Segment<'a>> {
    let Some(Transport::Tcp { sequence, acknowledgement, flags, window, .. }) = decoded.transport
    else {
        return None;
    };
    Some(Segment {
        time: packet.time,
        sequence,
        acknowledgement,
        flags,
        window,
        payload: decoded.payload,
        cut: u32::try_from(decoded.payload_len.saturating_sub(decoded.payload.len()))
            .unwrap_or(u32::MAX),
    })
}

/// Whether the sender of a flow's first packet is its client. A SYN says so; without one, a
/// well-known port is taken for the server's, until what is said tells.
fn source_is_client(decoded: &Decoded<'_>, segment: Option<&Segment<'_>>) -> bool {
    const WELL_KNOWN: u16 = 1024;
    if let Some(segment) = segment
        && segment.flags & flag::SYN != 0
    {
        return segment.flags & flag::ACK == 0;
    }
    let Some(network) = decoded.network else { return true };
    match decoded.transport {
        Some(Transport::Icmp { kind, .. }) => {
            let v6 = network.protocol == protocol::ICMPV6;
            let answer = if v6 { icmp::counterpart_v6(kind) } else { icmp::counterpart(kind) };
            answer.is_none() || icmp::is_request(kind, v6)
        }
        other => match other.as_ref().and_then(Transport::ports) {
            Some((from, to)) if network.protocol == protocol::TCP => from >= to,
            Some((from, to)) => !(from < WELL_KNOWN && to >= WELL_KNOWN),
            None => true,
        },
    }
}

/// Where following began in the middle, the first message tells who is who.
fn settle_roles(flow: &mut Flow, side: Side, segment: &Segment<'_>) -> Side {
    let Some(tcp) = flow.tcp.as_deref_mut() else { return side };
    match side_of(segment.payload) {
        None => side,
        Some(spoken) if spoken == side => {
            tcp.connection.roles_known = true;
            side
        }
        Some(spoken) => {
            tcp.connection.swap_roles();
            tcp.app.swap_roles();
            flow.client_is_low = !flow.client_is_low;
            flow.sent.swap(0, 1);
            spoken
        }
    }
}

/// Whether a connection that seemed to be reset goes on; if so, it is followed again.
fn resumes(flow: &mut Flow, side: Side, segment: &Segment<'_>) -> bool {
    let (Some(Close::Reset(_)), Some(tcp)) = (flow.ended, flow.tcp.as_deref_mut()) else {
        return false;
    };
    let continued = tcp.connection.is_continued_by(side, segment);
    if continued {
        flow.ended = None;
        tcp.app = App::default();
    }
    continued
}

/// A packet of a connection that is over: a last acknowledgement, a late retransmission.
fn stray(flow: &mut Flow, segment: &Segment<'_>) {
    if let Some(tcp) = flow.tcp.as_deref_mut() {
        let counters = &mut tcp.connection.counters;
        if segment.flags & flag::RST != 0 {
            counters.resets += 1;
        } else if !segment.payload.is_empty() || segment.flags & flag::FIN != 0 {
            counters.retransmissions += 1;
        }
    }
}
