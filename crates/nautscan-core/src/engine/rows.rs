//! Rows on their way into batches.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

use super::config::Config;
use super::names::{Carried, Names};
use crate::event::{
    Exchange, FlowFacts, FlowsBuilder, Handshake, Lease, Naming, PacketsBuilder, RequestsBuilder,
    Summary, Table,
};
use crate::flow::{CommunityId, Flow, community_id};
use crate::limits::{BATCH_BYTES, READY_BATCHES};
use crate::packet::{InterfaceId, Packet};
use crate::proto::{Announcement, App, Close, Context, Place, Settings, Side, Sink};
use crate::stream::Receiver;

/// The tables being filled, and batches that are ready.
pub(super) struct Rows {
    requests: Option<RequestsBuilder>,
    flows: Option<FlowsBuilder>,
    packets: Option<PacketsBuilder>,
    names: Option<Names>,
    batch_rows: usize,
    ready: VecDeque<(Table, RecordBatch)>,
    /// Set at the end of the input: what is still to come is bounded by the flow table.
    is_last: bool,
    batches_dropped: u64,
    rows_dropped: u64,
}

impl Rows {
    pub(super) fn new(config: &Config) -> Self {
        let wants = |table| config.tables.contains(&table);
        Self {
            requests: wants(Table::Requests).then(|| RequestsBuilder::new(config.redactor.clone())),
            flows: wants(Table::Flows).then(|| FlowsBuilder::new(config.redactor.clone())),
            packets: wants(Table::Packets).then(PacketsBuilder::default),
            names: wants(Table::Names).then(Names::default),
            batch_rows: config.batch_rows.max(1),
            ready: VecDeque::new(),
            is_last: false,
            batches_dropped: 0,
            rows_dropped: 0,
        }
    }

    #[inline]
    pub(super) fn wants_packets(&self) -> bool {
        self.packets.is_some()
    }

    pub(super) fn packet(
        &mut self,
        number: u64,
        flow_id: Option<u64>,
        packet: &Packet<'_>,
        config: &Config,
        interfaces: &[Option<String>],
    ) {
        let Some(packets) = &mut self.packets else { return };
        packets.push(
            number,
            flow_id,
            packet,
            &config.sensor,
            interface_name(interfaces, packet.interface),
        );
        if packets.rows() >= self.batch_rows {
            let batch = packets.finish();
            self.push(Table::Packets, batch);
        }
    }

    pub(super) fn flow(
        &mut self,
        flow: &Flow,
        end: Option<Close>,
        config: &Config,
        interfaces: &[Option<String>],
    ) {
        let Some(flows) = &mut self.flows else { return };
        let ends = flow.endpoints();
        let known = match (&flow.tcp, &flow.udp) {
            (Some(tcp), _) => tcp.community_id,
            (None, Some(udp)) => udp.community_id,
            (None, None) => None,
        };
        let facts = FlowFacts {
            id: flow.id,
            sensor: &config.sensor,
            interface: interface_name(interfaces, flow.interface),
            ends,
            transport: flow.key.protocol(),
            community_id: known.unwrap_or_else(|| community_id(flow.key.protocol(), &ends)),
            first_time: flow.first_time,
        };
        flows.push(&facts, flow, end);
        if flows.rows() >= self.batch_rows {
            let batch = flows.finish();
            self.push(Table::Flows, batch);
        }
    }

    /// Where the exchanges of `flow` go.
    #[inline]
    pub(super) fn sink<'a>(
        &'a mut self,
        flow: &Flow,
        community_id: &'a mut Option<CommunityId>,
        config: &'a Config,
        interfaces: &'a [Option<String>],
    ) -> FlowSink<'a> {
        FlowSink {
            rows: self,
            id: flow.id,
            transport: flow.key.protocol(),
            ends: flow.endpoints(),
            interface: flow.interface,
            first_time: flow.first_time,
            community_id,
            config,
            interfaces,
            counted: Counted::default(),
            news: None,
        }
    }

    pub(super) fn take(&mut self) -> Option<(Table, RecordBatch)> {
        self.ready.pop_front()
    }

    pub(super) fn flush(&mut self) {
        if let Some(batch) =
            self.requests.as_mut().filter(|builder| builder.rows() > 0).map(RequestsBuilder::finish)
        {
            self.push(Table::Requests, batch);
        }
        if let Some(batch) =
            self.flows.as_mut().filter(|builder| builder.rows() > 0).map(FlowsBuilder::finish)
        {
            self.push(Table::Flows, batch);
        }
        if let Some(batch) =
            self.packets.as_mut().filter(|builder| builder.rows() > 0).map(PacketsBuilder::finish)
        {
            self.push(Table::Packets, batch);
        }
        self.tell_names();
    }

    /// Hands on the names said so far. Names go before rows: whoever reads in order knows them
    /// when the rows come that they are for.
    fn tell_names(&mut self) {
        if let Some(batch) = self.names.as_mut().and_then(Names::take) {
            self.queue(Table::Names, batch);
        }
    }

    /// Bytes that are kept to know which names were said.
    pub(super) fn names_memory(&self) -> usize {
        self.names.as_ref().map_or(0, Names::memory)
    }

    /// Names said that made room for others' too soon.
    pub(super) fn names_overwritten(&self) -> u64 {
        self.names.as_ref().map_or(0, Names::overwritten)
    }

    /// From here on nothing is dropped: no more packets come, and rows end with the flows.
    pub(super) fn let_the_rest_come(&mut self) {
        self.is_last = true;
    }

    /// Batches and rows that nobody took in time.
    pub(super) fn dropped(&self) -> (u64, u64) {
        (self.batches_dropped, self.rows_dropped)
    }

    fn push(&mut self, table: Table, batch: RecordBatch) {
        self.tell_names();
        self.queue(table, batch);
    }

    fn queue(&mut self, table: Table, batch: RecordBatch) {
        if self.ready.len() >= READY_BATCHES
            && !self.is_last
            && let Some((_, oldest)) = self.ready.pop_front()
        {
            self.batches_dropped += 1;
            self.rows_dropped += oldest.num_rows() as u64;
        }
        self.ready.push_back((table, batch));
    }
}

fn interface_name(interfaces: &[Option<String>], id: InterfaceId) -> Option<&str> {
    interfaces.get(usize::from(id.0))?.as_deref()
}

/// What came out of one packet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) requests: u64,
    pub(super) parse_errors: u64,
}

/// What a protocol told of its flow during one packet.
#[derive(Debug, Default)]
pub(super) struct News {
    handshake: Option<Box<Handshake>>,
    summary: Option<Box<Summary>>,
    /// Client and server are the other way round.
    has_swapped: bool,
    announced: Vec<Announcement>,
}

impl News {
    /// Notes it at the flow; answers which connections were announced.
    #[cold]
    pub(super) fn note(self, flow: &mut Flow) -> Vec<Announcement> {
        if self.has_swapped {
            flow.swap_roles();
        }
        if let Some(handshake) = self.handshake {
            flow.set_handshake(handshake);
        }
        if let Some(summary) = self.summary {
            flow.set_summary(summary);
        }
        self.announced
    }
}

/// Takes the exchanges of one flow.
pub(super) struct FlowSink<'a> {
    rows: &'a mut Rows,
    id: u64,
    transport: u8,
    ends: crate::flow::Endpoints,
    interface: InterfaceId,
    first_time: i64,
    community_id: &'a mut Option<CommunityId>,
    config: &'a Config,
    interfaces: &'a [Option<String>],
    counted: Counted,
    /// What was learned of the flow itself.
    news: Option<Box<News>>,
}

impl FlowSink<'_> {
    pub(super) fn counted(&self) -> Counted {
        self.counted
    }

    /// What was learned of the flow itself, if anything was.
    #[inline]
    pub(super) fn take_news(&mut self) -> Option<Box<News>> {
        self.news.take()
    }
}

impl Sink for FlowSink<'_> {
    fn exchange(&mut self, exchange: &Exchange) {
        if !self.config.settings.chosen.shows(exchange.protocol) {
            return;
        }
        let is_counted = exchange.growing.is_some_and(|growing| growing.again);
        self.counted.requests += u64::from(!is_counted);
        let Some(requests) = &mut self.rows.requests else { return };
        let facts = FlowFacts {
            id: self.id,
            sensor: &self.config.sensor,
            interface: interface_name(self.interfaces, self.interface),
            ends: self.ends,
            transport: self.transport,
            community_id: *self
                .community_id
                .get_or_insert_with(|| community_id(self.transport, &self.ends)),
            first_time: self.first_time,
        };
        requests.push(&facts, exchange, self.config.settings.headers);
        if requests.rows() >= self.rows.batch_rows || requests.bytes() >= BATCH_BYTES {
            let batch = requests.finish();
            self.rows.push(Table::Requests, batch);
        }
    }

    fn parse_error(&mut self) {
        self.counted.parse_errors += 1;
    }

    fn name(&mut self, naming: &Naming<'_>) {
        let Some(names) = &mut self.rows.names else { return };
        let interface = interface_name(self.interfaces, self.interface);
        let (sensor, transport) = (&self.config.sensor, self.transport);
        names.said(naming, Carried { sensor, interface, ends: &self.ends, transport });
        if names.rows() >= self.rows.batch_rows {
            self.rows.tell_names();
        }
    }

    fn lease(&mut self, lease: &Lease<'_>) {
        let Some(names) = &mut self.rows.names else { return };
        let interface = interface_name(self.interfaces, self.interface);
        let (sensor, transport) = (&self.config.sensor, self.transport);
        names.lease(lease, Carried { sensor, interface, ends: &self.ends, transport });
    }

    #[cold]
    fn handshake(&mut self, handshake: &Handshake) {
        self.news.get_or_insert_default().handshake = Some(Box::new(handshake.clone()));
    }

    #[cold]
    fn sender_is_client(&mut self) {
        self.news.get_or_insert_default().has_swapped = true;
    }

    #[cold]
    fn summary(&mut self, facts: &Summary) {
        self.news.get_or_insert_default().summary = Some(Box::new(facts.clone()));
    }

    #[cold]
    fn announce(&mut self, announced: Announcement) {
        self.news.get_or_insert_default().announced.push(announced);
    }
}

/// From a connection's bytes to its application protocol.
pub(super) struct Feed<'a> {
    pub(super) app: &'a mut App,
    pub(super) time: i64,
    pub(super) settings: &'a Settings,
    pub(super) opaque: u64,
    pub(super) sink: FlowSink<'a>,
}

impl Feed<'_> {
    /// About a second has passed; it is `now`.
    pub(super) fn tick(&mut self, now: i64) {
        let (app, mut cx) = self.context(Place::default(), now);
        app.tick(&mut cx);
    }

    pub(super) fn close(&mut self, close: Close) {
        let time = self.time;
        let (app, mut cx) = self.context(Place::default(), time);
        let opaque = app.close(close, &mut cx);
        self.opaque += opaque;
    }

    #[inline]
    fn context(&mut self, place: Place, time: i64) -> (&mut App, Context<'_>) {
        (self.app, Context { time, place, settings: self.settings, sink: &mut self.sink })
    }
}

impl Receiver for Feed<'_> {
    #[inline]
    fn data(&mut self, side: Side, bytes: &[u8], place: Place, time: i64) {
        let (app, mut cx) = self.context(place, time);
        let opaque = app.data(side, bytes, &mut cx);
        self.opaque += opaque;
    }
    fn gap(&mut self, side: Side, lost: u64, offset: u64) {
        let time = self.time;
        let (app, mut cx) = self.context(Place { offset, received: 0 }, time);
        let opaque = app.gap(side, lost, &mut cx);
        self.opaque += opaque;
    }
    fn end(&mut self, side: Side) {
        let time = self.time;
        let (app, mut cx) = self.context(Place::default(), time);
        let opaque = app.end(side, &mut cx);
        self.opaque += opaque;
    }
}
