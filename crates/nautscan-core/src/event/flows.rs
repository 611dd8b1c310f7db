//! The `flows` table.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};
use super::sized::{Int64Builder, StringBuilder, TimestampNanosecondBuilder, UInt16Builder};
use super::text::TextBuffer;
use crate::flow::{CommunityId, Endpoints, Flow};
use crate::proto::Close;
use crate::stream::Counters;
use crate::wire::protocol;

/// What a row of `requests` or `flows` says of its flow.
#[derive(Debug, Clone, Copy)]
pub struct FlowFacts<'a> {
    /// See [`Flow::id`].
    pub id: u64,
    /// Name of the sensor.
    pub sensor: &'a str,
    /// Name of the first interface that saw it.
    pub interface: Option<&'a str>,
    /// Client and server.
    pub ends: Endpoints,
    /// Its Community ID.
    pub community_id: CommunityId,
    /// Time of its first packet.
    pub first_time: i64,
}

/// Columns in order.
pub(super) const COLUMNS: &[Column] = &[
    always("flow_id", Kind::Int, "Unique within a sensor's run; rows of one flow share it."),
    always("time", Kind::Time, "When its first packet was captured."),
    always("last_time", Kind::Time, "When its latest packet was captured."),
    always("sensor", Kind::Text, "Name of the sensor that saw it."),
    maybe(
        "interface",
        Kind::Text,
        "Capture interface that saw it first. Null where the capture file does not name one.",
    ),
    always(
        "transport",
        Kind::Text,
        "`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, or `ip-` and the protocol number.",
    ),
    maybe("protocol", Kind::Text, "Application protocol, e.g. `http`. Null where it is not known."),
    always(
        "client_ip",
        Kind::Text,
        "Address of the end that opened the conversation; where its beginning was not captured, told from what was said or from the ports.",
    ),
    always("client_port", Kind::Port, "Its port; for ICMP the message type."),
    always("server_ip", Kind::Text, "Address of the other end."),
    always(
        "server_port",
        Kind::Port,
        "Its port; for ICMP the type that answers, or the code where none does.",
    ),
    always("community_id", Kind::Text, "Community ID v1, seed 0."),
    always("client_packets", Kind::Int, "Packets from the client."),
    always("client_bytes", Kind::Int, "Their bytes on the wire, link-layer headers included."),
    always("server_packets", Kind::Int, "Packets from the server."),
    always("server_bytes", Kind::Int, "Their bytes on the wire, link-layer headers included."),
    always(
        "client_payload_bytes",
        Kind::Int,
        "Bytes of transport payload from the client, retransmissions included.",
    ),
    always(
        "server_payload_bytes",
        Kind::Int,
        "Bytes of transport payload from the server, retransmissions included.",
    ),
    maybe(
        "handshake_ns",
        Kind::Int,
        "TCP: SYN to the client's first acknowledgement, ns. Null where the handshake was not seen in full.",
    ),
    always("retransmissions", Kind::Int, "TCP segments that repeated bytes, SYN or FIN."),
    always("out_of_order", Kind::Int, "TCP segments that arrived after later ones, within 3 ms."),
    always("zero_windows", Kind::Int, "TCP segments that announced a closed window."),
    always("resets", Kind::Int, "RST segments."),
    always("gap_bytes", Kind::Int, "TCP bytes that were sent but not captured."),
    always(
        "duplicates",
        Kind::Int,
        "Further sightings of packets already counted (another interface, another direction of `any`).",
    ),
    maybe(
        "server_name",
        Kind::Text,
        "Name of the server as the client stated it. Null where none was seen.",
    ),
    always("requests", Kind::Int, "Rows of `requests` that it carried so far."),
    always(
        "state",
        Kind::Text,
        "`syn_sent`, `established`, `closing`, `closed`, `reset`; `active` where there is no handshake or none was seen.",
    ),
    maybe(
        "end_reason",
        Kind::Text,
        "`finished`, `reset`, `timeout`, `evicted`, `replaced` (its ports were used again), `capture_end`. Null while it is open.",
    ),
];

/// Gathers rows of `flows` into columns.
pub struct FlowsBuilder {
    schema: SchemaRef,
    rows: usize,
    text: TextBuffer,
    flow_id: Int64Builder,
    time: TimestampNanosecondBuilder,
    last_time: TimestampNanosecondBuilder,
    sensor: StringBuilder,
    interface: StringBuilder,
    transport: StringBuilder,
    protocol: StringBuilder,
    client_ip: StringBuilder,
    client_port: UInt16Builder,
    server_ip: StringBuilder,
    server_port: UInt16Builder,
    community_id: StringBuilder,
    /// Packets and bytes of the client, of the server, payload of the client, of the server.
    sent: [Int64Builder; 6],
    handshake_ns: Int64Builder,
    /// Retransmissions, out of order, zero windows, resets, gap bytes, duplicates.
    counters: [Int64Builder; 6],
    server_name: StringBuilder,
    requests: Int64Builder,
    state: StringBuilder,
    end_reason: StringBuilder,
}

impl Default for FlowsBuilder {
    fn default() -> Self {
        Self {
            schema: column::schema(COLUMNS),
            rows: 0,
            text: TextBuffer::default(),
            flow_id: Int64Builder::default(),
            time: TimestampNanosecondBuilder::default(),
            last_time: TimestampNanosecondBuilder::default(),
            sensor: StringBuilder::default(),
            interface: StringBuilder::default(),
            transport: StringBuilder::default(),
            protocol: StringBuilder::default(),
            client_ip: StringBuilder::default(),
            client_port: UInt16Builder::default(),
            server_ip: StringBuilder::default(),
            server_port: UInt16Builder::default(),
            community_id: StringBuilder::default(),
            sent: Default::default(),
            handshake_ns: Int64Builder::default(),
            counters: Default::default(),
            server_name: StringBuilder::default(),
            requests: Int64Builder::default(),
            state: StringBuilder::default(),
            end_reason: StringBuilder::default(),
        }
    }
}

impl FlowsBuilder {
    /// Rows since the last [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds one row. `end`: why the flow is over, `None` while it is not.
    pub fn push(&mut self, facts: &FlowFacts<'_>, flow: &Flow, end: Option<Close>) {
        let text = &mut self.text;
        self.flow_id.append_value(facts.id as i64);
        self.time.append_value(flow.first_time);
        self.last_time.append_value(flow.last_time);
        self.sensor.append_value(facts.sensor);
        self.interface.append_option(facts.interface);
        append_transport(&mut self.transport, flow.key.protocol());
        self.protocol.append_option(flow.protocol);
        text.append_address(&mut self.client_ip, facts.ends.client);
        self.client_port.append_value(facts.ends.client_port);
        text.append_address(&mut self.server_ip, facts.ends.server);
        self.server_port.append_value(facts.ends.server_port);
        self.community_id.append_value(facts.community_id.as_str());
        let [client, server] = flow.sent;
        let sent = [
            client.packets,
            client.bytes,
            server.packets,
            server.bytes,
            client.payload,
            server.payload,
        ];
        append_all(&mut self.sent, sent);
        let tcp = flow.tcp.as_deref().map(|tcp| &tcp.connection);
        self.handshake_ns.append_option(tcp.and_then(|connection| connection.handshake_ns));
        let counted = tcp.map_or(Counters::default(), |connection| connection.counters);
        let counters = [
            u64::from(counted.retransmissions),
            u64::from(counted.out_of_order),
            u64::from(counted.zero_windows),
            u64::from(counted.resets),
            counted.gap_bytes,
            flow.duplicates,
        ];
        append_all(&mut self.counters, counters);
        self.server_name.append_null();
        self.requests.append_value(flow.requests as i64);
        self.state.append_value(flow.state.name());
        self.end_reason.append_option(end.map(end_reason));
        self.rows += 1;
    }

    /// The rows as one record batch; the builder is empty after it.
    pub fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.flow_id.finish()),
            Arc::new(self.time.finish()),
            Arc::new(self.last_time.finish()),
            Arc::new(self.sensor.finish()),
            Arc::new(self.interface.finish()),
            Arc::new(self.transport.finish()),
            Arc::new(self.protocol.finish()),
            Arc::new(self.client_ip.finish()),
            Arc::new(self.client_port.finish()),
            Arc::new(self.server_ip.finish()),
            Arc::new(self.server_port.finish()),
            Arc::new(self.community_id.finish()),
        ];
        let int = |builder: &mut Int64Builder| Arc::new(builder.finish()) as ArrayRef;
        columns.extend(self.sent.iter_mut().map(int));
        columns.push(int(&mut self.handshake_ns));
        columns.extend(self.counters.iter_mut().map(int));
        columns.push(Arc::new(self.server_name.finish()));
        columns.push(int(&mut self.requests));
        columns.push(Arc::new(self.state.finish()));
        columns.push(Arc::new(self.end_reason.finish()));
        super::batch(&self.schema, columns)
    }
}

fn append_all<const N: usize>(builders: &mut [Int64Builder; N], values: [u64; N]) {
    for (builder, value) in builders.iter_mut().zip(values) {
        builder.append_value(value as i64);
    }
}

fn append_transport(column: &mut StringBuilder, number: u8) {
    match transport_name(number) {
        Some(name) => column.append_value(name),
        None => column.append_value(format!("ip-{number}")),
    }
}

/// The value of `transport` for protocols that have one of their own.
pub(super) fn transport_name(number: u8) -> Option<&'static str> {
    Some(match number {
        protocol::TCP => "tcp",
        protocol::UDP => "udp",
        protocol::SCTP => "sctp",
        protocol::ICMP => "icmp",
        protocol::ICMPV6 => "icmpv6",
        _ => return None,
    })
}

fn end_reason(close: Close) -> &'static str {
    match close {
        Close::Finished => "finished",
        Close::Reset(_) => "reset",
        Close::Timeout => "timeout",
        Close::Evicted => "evicted",
        Close::Replaced => "replaced",
        Close::CaptureEnd => "capture_end",
    }
}
