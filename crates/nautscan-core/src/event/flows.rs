//! The `flows` table.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};
use super::flow_tls::{COLUMNS as TLS, TlsColumns};
use super::redact::Redactor;
use super::sized::{Int64Builder, StringBuilder, TimestampNanosecondBuilder, UInt16Builder};
use super::text::{TextBuffer, append_mac, push_json_object};
use super::transport::append_transport;
use crate::flow::{CommunityId, Endpoints, Flow};
use crate::proto::{Close, Side};
use crate::stream::{Connection, Counters, Offer};

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
    /// IP protocol number.
    pub transport: u8,
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
    maybe(
        "vlan",
        Kind::Port,
        "Innermost VLAN identifier of its first packet. Null where there was no tag.",
    ),
    maybe(
        "tunnel",
        Kind::Text,
        "What carried it, outermost first, joined by `/`: `vxlan`, `vxlan-gpe`, `geneve`, `gre`, `erspan`, `pptp`, `ipip`, `6in4`, `4in6`, `6in6`, `mpls`, `pppoe`, `gtp`, `teredo`, `l2tp`, `nsh`, `etherip`, `srv6`, `pbb`. Addresses, ports and sizes of payload are those inside. Null where it came in no tunnel.",
    ),
    maybe(
        "tunnel_id",
        Kind::Int,
        "Innermost identifier of the tunnels: VNI, GRE key, PPTP call, ERSPAN session, PPPoE session, TEID, L2TP session, service path or MPLS label. Null where none has one.",
    ),
    maybe(
        "tunnel_client_ip",
        Kind::Text,
        "Address in the outermost IP header on the client's side. Null without IP around the tunnel.",
    ),
    maybe("tunnel_server_ip", Kind::Text, "The same on the server's side."),
    maybe(
        "client_mac",
        Kind::Text,
        "Hardware address on the client's side in the frame of its first packet: the client's own, or that of the router, bridge or host that the frame came from or went to last. Of a frame in a tunnel, the inner one. Null where the link has none (loopback, raw IP; cooked captures keep the sender's alone), or it is a group's.",
    ),
    maybe("server_mac", Kind::Text, "The same on the server's side."),
    maybe(
        "nat_client_ip",
        Kind::Text,
        "Address under which the server saw the client, where one on the way translates it (SNAT, masquerading) and the flow was seen on both sides of that. `client_ip` is the client's own. Null where no other was seen.",
    ),
    maybe("nat_client_port", Kind::Port, "Its port. Null likewise."),
    maybe(
        "nat_server_ip",
        Kind::Text,
        "Address under which the client reached the server, where one on the way translates it (DNAT, a published port), likewise. `server_ip` is the server's own. Null where no other was seen.",
    ),
    maybe("nat_server_port", Kind::Port, "Its port. Null likewise."),
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
        "TCP: the client's first SYN to its first acknowledgement, ns: how long connecting took. Null where either was not captured, and where both sides opened at once.",
    ),
    maybe(
        "client_rtt_ns",
        Kind::Int,
        "TCP: least time from a segment of the server to the client's acknowledgement of exactly that, ns: the round trip between the point of capture and the client. Measured on SYN and FIN, on the furthest segment and on one more at a time, not on what was sent again (Karn's algorithm, RFC 6298 section 3). Null where none was measured.",
    ),
    maybe(
        "server_rtt_ns",
        Kind::Int,
        "TCP: the same between the point of capture and the server: from a segment of the client to the server's acknowledgement, ns.",
    ),
    maybe(
        "retransmissions",
        Kind::Int,
        "TCP segments with bytes, SYN or FIN that begin behind the furthest that their sender had sent, or whose bytes were acknowledged already: sent again, or, if the first copy was not captured, sent late. Not those that count as out of order or keep-alive. As Wireshark's retransmissions, fast and spurious ones included. Null for other transports.",
    ),
    maybe(
        "out_of_order",
        Kind::Int,
        "TCP segments behind later ones that came within the round trip of the handshake (3 ms where that is not known) of the furthest, and that were neither acknowledged nor asked for by duplicate acknowledgements. As Wireshark's. Null for other transports.",
    ),
    maybe(
        "zero_windows",
        Kind::Int,
        "TCP segments that announced a closed window; neither SYN, FIN or RST, nor probes of a closed window. Null for other transports.",
    ),
    maybe(
        "resets",
        Kind::Int,
        "RST segments, also those that were not believed. Null for other transports than TCP.",
    ),
    maybe(
        "duplicate_acks",
        Kind::Int,
        "TCP segments without payload that repeated acknowledgement number and window of the one before; not answers to keep-alives or to probes of a closed window. As Wireshark's. Null for other transports.",
    ),
    maybe(
        "keep_alives",
        Kind::Int,
        "TCP segments with at most one byte that stand one before the next number (RFC 9293 section 3.8.4). Null for other transports.",
    ),
    maybe(
        "client_mss",
        Kind::Port,
        "Largest segment, bytes, that the client's SYN asked for. Null where the SYN was not captured or has no such option.",
    ),
    maybe("server_mss", Kind::Port, "The same of the server's SYN."),
    maybe(
        "client_window_scale",
        Kind::Port,
        "Shift of the client's windows as its SYN states it (RFC 7323); in use if both sides state one. Null where the SYN was not captured or has no such option.",
    ),
    maybe("server_window_scale", Kind::Port, "The same of the server's SYN."),
    maybe(
        "sack_blocks",
        Kind::Int,
        "TCP segments that acknowledged bytes behind a hole (SACK blocks, RFC 2018). Null for other transports.",
    ),
    maybe(
        "gap_bytes",
        Kind::Int,
        "TCP bytes that were sent but not captured. Null for other transports.",
    ),
    always(
        "duplicates",
        Kind::Int,
        "Further sightings of packets already counted (another interface, another direction of `any`).",
    ),
    // Server name and handshake.
    TLS[0],
    TLS[1],
    TLS[2],
    TLS[3],
    TLS[4],
    TLS[5],
    TLS[6],
    TLS[7],
    TLS[8],
    TLS[9],
    TLS[10],
    TLS[11],
    TLS[12],
    TLS[13],
    maybe(
        "summary",
        Kind::Text,
        "What its protocol says of itself in a few facts, as a JSON object. Null where there is nothing to say.",
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
    redactor: Option<Redactor>,
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
    vlan: UInt16Builder,
    tunnel: StringBuilder,
    tunnel_id: Int64Builder,
    /// Client's and server's side.
    tunnel_ips: [StringBuilder; 2],
    /// Client's and server's side.
    macs: [StringBuilder; 2],
    /// Address and port of the client, of the server, on the other side of a translation.
    nat: [(StringBuilder, UInt16Builder); 2],
    /// Packets and bytes of the client, of the server, payload of the client, of the server.
    sent: [Int64Builder; 6],
    /// Handshake, round trip to the client, to the server.
    times: [Int64Builder; 3],
    /// Retransmissions, out of order, zero windows, resets, duplicate acknowledgements, keep-alives.
    counters: [Int64Builder; 6],
    /// Largest segment of the client, of the server, window scale of the client, of the server.
    offers: [UInt16Builder; 4],
    /// Segments with SACK blocks, gap bytes, duplicates.
    more_counters: [Int64Builder; 3],
    tls: TlsColumns,
    summary: StringBuilder,
    requests: Int64Builder,
    state: StringBuilder,
    end_reason: StringBuilder,
}

impl FlowsBuilder {
    /// An empty builder. With a `redactor`, secrets never reach a column.
    pub fn new(redactor: Option<Redactor>) -> Self {
        Self {
            schema: column::schema(COLUMNS),
            rows: 0,
            text: TextBuffer::default(),
            redactor,
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
            vlan: UInt16Builder::default(),
            tunnel: StringBuilder::default(),
            tunnel_id: Int64Builder::default(),
            tunnel_ips: Default::default(),
            macs: Default::default(),
            nat: Default::default(),
            sent: Default::default(),
            times: Default::default(),
            counters: Default::default(),
            offers: Default::default(),
            more_counters: Default::default(),
            tls: TlsColumns::default(),
            summary: StringBuilder::default(),
            requests: Int64Builder::default(),
            state: StringBuilder::default(),
            end_reason: StringBuilder::default(),
        }
    }

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
        self.protocol.append_option(flow.protocol.copied());
        text.append_address(&mut self.client_ip, facts.ends.client);
        self.client_port.append_value(facts.ends.client_port);
        text.append_address(&mut self.server_ip, facts.ends.server);
        self.server_port.append_value(facts.ends.server_port);
        self.community_id.append_value(facts.community_id.as_str());
        self.push_way(flow);
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
        self.push_tcp(flow.tcp.as_deref().map(|tcp| &tcp.connection), flow.duplicates);
        self.tls.push(flow.handshake());
        match (flow.summary(), &self.redactor) {
            (None, _) => self.summary.append_null(),
            (Some(facts), None) => push_json_object(&mut self.summary, facts),
            (Some(facts), Some(redactor)) => {
                push_json_object(&mut self.summary, &redactor.detail(facts))
            }
        }
        self.requests.append_value(flow.requests as i64);
        self.state.append_value(flow.state.name());
        self.end_reason.append_option(end.map(end_reason));
        self.rows += 1;
    }

    fn push_way(&mut self, flow: &Flow) {
        self.vlan.append_option(flow.vlan);
        let tunnel = flow.carrier().map(|carrier| carrier.tunnel);
        self.tunnel.append_option(tunnel.map(|tunnel| tunnel.to_string()));
        self.tunnel_id.append_option(tunnel.and_then(|tunnel| tunnel.id).map(i64::from));
        let ends = flow.carrier().and_then(|carrier| carrier.ends(flow.client_is_low));
        let [client, server] = &mut self.tunnel_ips;
        match ends {
            Some(ends) => {
                self.text.append_address(client, ends.0);
                self.text.append_address(server, ends.1);
            }
            None => {
                client.append_null();
                server.append_null();
            }
        }
        for (builder, mac) in self.macs.iter_mut().zip(flow.macs.of_sides(flow.client_is_low)) {
            append_mac(builder, mac);
        }
        let (client, server) = flow.translated();
        for ((ip, port), end) in self.nat.iter_mut().zip([client, server]) {
            match end {
                Some((address, number)) => {
                    self.text.append_address(ip, address);
                    port.append_value(number);
                }
                None => {
                    ip.append_null();
                    port.append_null();
                }
            }
        }
    }

    fn push_tcp(&mut self, connection: Option<&Connection>, duplicates: u64) {
        let round_trip = |side| connection.and_then(|connection| connection.round_trip(side));
        let times = [
            connection.and_then(Connection::handshake_ns),
            round_trip(Side::Client),
            round_trip(Side::Server),
        ];
        for (builder, time) in self.times.iter_mut().zip(times) {
            builder.append_option(time);
        }
        let counted = connection.map(|connection| connection.counters);
        let known = |count: fn(&Counters) -> u32| counted.as_ref().map(count);
        let counters = [
            known(|counted| counted.retransmissions),
            known(|counted| counted.out_of_order),
            known(|counted| counted.zero_windows),
            known(|counted| counted.resets),
            known(|counted| counted.duplicate_acks),
            known(|counted| counted.keep_alives),
        ];
        for (builder, count) in self.counters.iter_mut().zip(counters) {
            builder.append_option(count.map(i64::from));
        }
        let offer = |side| connection.map_or(Offer::default(), |connection| connection.offer(side));
        let (client, server) = (offer(Side::Client), offer(Side::Server));
        let offers = [
            client.maximum_segment_size,
            server.maximum_segment_size,
            client.window_scale.map(u16::from),
            server.window_scale.map(u16::from),
        ];
        for (builder, offer) in self.offers.iter_mut().zip(offers) {
            builder.append_option(offer);
        }
        let [sack_blocks, gap_bytes, seen_twice] = &mut self.more_counters;
        sack_blocks.append_option(known(|counted| counted.sack_blocks).map(i64::from));
        gap_bytes.append_option(counted.map(|counted| counted.gap_bytes as i64));
        seen_twice.append_value(duplicates as i64);
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
            Arc::new(self.vlan.finish()),
            Arc::new(self.tunnel.finish()),
            Arc::new(self.tunnel_id.finish()),
        ];
        columns.extend(self.tunnel_ips.iter_mut().map(|ip| Arc::new(ip.finish()) as ArrayRef));
        columns.extend(self.macs.iter_mut().map(|mac| Arc::new(mac.finish()) as ArrayRef));
        for (ip, port) in &mut self.nat {
            columns.push(Arc::new(ip.finish()));
            columns.push(Arc::new(port.finish()));
        }
        let int = |builder: &mut Int64Builder| Arc::new(builder.finish()) as ArrayRef;
        columns.extend(self.sent.iter_mut().map(int));
        columns.extend(self.times.iter_mut().map(int));
        columns.extend(self.counters.iter_mut().map(int));
        columns.extend(self.offers.iter_mut().map(|offer| Arc::new(offer.finish()) as ArrayRef));
        columns.extend(self.more_counters.iter_mut().map(int));
        columns.extend(self.tls.finish());
        columns.push(Arc::new(self.summary.finish()));
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
