//! The `packets` table: one line a packet, made on demand from captured bytes.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};
use super::sized::{Int64Builder, StringBuilder, TimestampNanosecondBuilder, UInt16Builder};
use super::text::TextBuffer;
use super::transport::transport_name;
use crate::flow::{FlowKey, community_id, key_ports};
use crate::packet::Packet;
use crate::wire::{
    Decoded, Layer, Network, Reason, Transport, arp, decode, ethernet, protocol, tcp,
};

/// Columns in order.
pub(super) const COLUMNS: &[Column] = &[
    always("id", Kind::Int, "Number of the packet in its capture, from 1."),
    always("time", Kind::Time, "When it was captured."),
    always("sensor", Kind::Text, "Name of the sensor that saw it."),
    maybe(
        "interface",
        Kind::Text,
        "Capture interface. Null where the capture file does not name one.",
    ),
    always("link_type", Kind::Text, "Link-layer type by its registered name, or its number."),
    always("length", Kind::Int, "Bytes on the wire."),
    always("captured_length", Kind::Int, "Bytes captured of it."),
    maybe("source_ip", Kind::Text, "Address of the sender. Null where there is no IP header."),
    maybe("source_port", Kind::Port, "Its port. Null without TCP or UDP."),
    maybe(
        "destination_ip",
        Kind::Text,
        "Address of the receiver. Null where there is no IP header.",
    ),
    maybe("destination_port", Kind::Port, "Its port. Null without TCP or UDP."),
    maybe("transport", Kind::Text, "`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`. Null for others."),
    always("protocol", Kind::Text, "Highest layer that was decoded."),
    always("info", Kind::Text, "The packet in a line."),
    maybe(
        "flow_id",
        Kind::Int,
        "The flow in `flows` that it belongs to. Null without an IP header, and for fragments of which the ports were not known yet.",
    ),
    maybe(
        "community_id",
        Kind::Text,
        "Community ID v1 of its flow. Null without an IP header, and for later fragments.",
    ),
    maybe("vlan", Kind::Port, "Innermost VLAN identifier. Null where there is no tag."),
    maybe(
        "tunnel",
        Kind::Text,
        "What carried it, as in `flows`. Addresses and ports are those inside. Null where it came in no tunnel.",
    ),
    maybe("error", Kind::Text, "Why decoding stopped early. Null where it did not."),
];

/// Gathers rows of `packets` into columns.
pub struct PacketsBuilder {
    schema: SchemaRef,
    rows: usize,
    text: TextBuffer,
    id: Int64Builder,
    time: TimestampNanosecondBuilder,
    sensor: StringBuilder,
    interface: StringBuilder,
    link_type: StringBuilder,
    length: Int64Builder,
    captured_length: Int64Builder,
    source_ip: StringBuilder,
    source_port: UInt16Builder,
    destination_ip: StringBuilder,
    destination_port: UInt16Builder,
    transport: StringBuilder,
    protocol: StringBuilder,
    info: StringBuilder,
    flow_id: Int64Builder,
    community_id: StringBuilder,
    vlan: UInt16Builder,
    tunnel: StringBuilder,
    error: StringBuilder,
}

impl Default for PacketsBuilder {
    fn default() -> Self {
        Self {
            schema: column::schema(COLUMNS),
            rows: 0,
            text: TextBuffer::default(),
            id: Int64Builder::default(),
            time: TimestampNanosecondBuilder::default(),
            sensor: StringBuilder::default(),
            interface: StringBuilder::default(),
            link_type: StringBuilder::default(),
            length: Int64Builder::default(),
            captured_length: Int64Builder::default(),
            source_ip: StringBuilder::default(),
            source_port: UInt16Builder::default(),
            destination_ip: StringBuilder::default(),
            destination_port: UInt16Builder::default(),
            transport: StringBuilder::default(),
            protocol: StringBuilder::default(),
            info: StringBuilder::default(),
            flow_id: Int64Builder::default(),
            community_id: StringBuilder::default(),
            vlan: UInt16Builder::default(),
            tunnel: StringBuilder::default(),
            error: StringBuilder::default(),
        }
    }
}

impl PacketsBuilder {
    /// Rows since the last [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds packet number `id`, which belongs to flow `flow_id`.
    pub fn push(
        &mut self,
        id: u64,
        flow_id: Option<u64>,
        packet: &Packet<'_>,
        sensor: &str,
        interface: Option<&str>,
    ) {
        let decoded = decode(packet);
        self.id.append_value(id as i64);
        self.time.append_value(packet.time);
        self.flow_id.append_option(flow_id.map(|id| id as i64));
        self.sensor.append_value(sensor);
        self.interface.append_option(interface);
        match packet.link_type.name() {
            Some(name) => self.link_type.append_value(name),
            None => self.link_type.append_value(packet.link_type.0.to_string()),
        }
        self.length.append_value(i64::from(packet.wire_len));
        self.captured_length.append_value(packet.data.len() as i64);
        self.push_ends(&decoded);
        self.vlan.append_option(decoded.vlan);
        self.tunnel.append_option(decoded.tunnel.map(|tunnel| tunnel.to_string()));
        self.protocol.append_value(highest_layer(&decoded));
        self.info.append_value(info(packet, &decoded));
        self.error.append_option(
            decoded.stop.filter(|stop| !is_other_kind(&stop.reason)).map(|stop| stop.to_string()),
        );
        self.rows += 1;
    }

    fn push_ends(&mut self, decoded: &Decoded<'_>) {
        let Some(network) = decoded.network else {
            self.source_ip.append_null();
            self.destination_ip.append_null();
            self.source_port.append_null();
            self.destination_port.append_null();
            self.transport.append_null();
            self.community_id.append_null();
            return;
        };
        self.text.append_address(&mut self.source_ip, network.source);
        self.text.append_address(&mut self.destination_ip, network.destination);
        let ports = decoded.transport.as_ref().and_then(Transport::ports);
        self.source_port.append_option(ports.map(|(source, _)| source));
        self.destination_port.append_option(ports.map(|(_, destination)| destination));
        self.transport.append_option(transport_name(network.protocol));
        if decoded.transport.is_none() && protocol::has_ports(network.protocol) {
            return self.community_id.append_null();
        }
        let (from, to) = key_ports(decoded.transport.as_ref(), network.protocol);
        let (key, source_is_low) =
            FlowKey::new(network.protocol, network.source, from, network.destination, to);
        self.community_id
            .append_value(community_id(network.protocol, &key.endpoints(source_is_low)).as_str());
    }

    /// The rows as one record batch; the builder is empty after it.
    pub fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.time.finish()),
            Arc::new(self.sensor.finish()),
            Arc::new(self.interface.finish()),
            Arc::new(self.link_type.finish()),
            Arc::new(self.length.finish()),
            Arc::new(self.captured_length.finish()),
            Arc::new(self.source_ip.finish()),
            Arc::new(self.source_port.finish()),
            Arc::new(self.destination_ip.finish()),
            Arc::new(self.destination_port.finish()),
            Arc::new(self.transport.finish()),
            Arc::new(self.protocol.finish()),
            Arc::new(self.info.finish()),
            Arc::new(self.flow_id.finish()),
            Arc::new(self.community_id.finish()),
            Arc::new(self.vlan.finish()),
            Arc::new(self.tunnel.finish()),
            Arc::new(self.error.finish()),
        ];
        super::batch(&self.schema, columns)
    }
}

/// A payload that is merely not decoded, or not for us to read, is no error; `info` says so.
fn is_other_kind(reason: &Reason) -> bool {
    matches!(reason, Reason::NotDecoded { .. } | Reason::Unreadable(_))
}

fn highest_layer(decoded: &Decoded<'_>) -> &'static str {
    match (&decoded.network, &decoded.transport) {
        (_, Some(Transport::Tcp { .. })) => "TCP",
        (_, Some(Transport::Udp { .. })) => "UDP",
        (Some(Network { protocol: protocol::ICMP, .. }), Some(_)) => "ICMP",
        (_, Some(Transport::Icmp { .. })) => "ICMPv6",
        (Some(network), Some(Transport::Ports { .. })) => match network.protocol {
            protocol::TCP => "TCP",
            protocol::UDP => "UDP",
            _ => "SCTP",
        },
        (None, Some(Transport::Ports { .. })) => Layer::Link.name(),
        (Some(network), None) if network.source.is_v6() => "IPv6",
        (Some(_), None) => "IPv4",
        (None, None) => match decoded.stop {
            Some(stop) if matches!(stop.reason, Reason::NotDecoded { kind } if kind == u32::from(ethernet::ethertype::ARP)) => {
                "ARP"
            }
            Some(stop) => stop.layer.name(),
            None => Layer::Link.name(),
        },
    }
}

fn info(packet: &Packet<'_>, decoded: &Decoded<'_>) -> String {
    match (decoded.transport, decoded.network) {
        (_, Some(Network { fragment: Some(fragment), .. })) => {
            format!(
                "fragment id={:#06x} offset={} len={}",
                fragment.id, fragment.offset, decoded.payload_len
            )
        }
        (
            Some(Transport::Tcp {
                source_port,
                destination_port,
                sequence,
                acknowledgement,
                flags,
                window,
                ..
            }),
            _,
        ) => format!(
            "{source_port} → {destination_port} [{}] seq={sequence} ack={acknowledgement} win={window} len={}",
            tcp::flag_names(flags),
            decoded.payload_len
        ),
        (Some(Transport::Udp { source_port, destination_port }), _) => {
            format!("{source_port} → {destination_port} len={}", decoded.payload_len)
        }
        (Some(Transport::Icmp { kind, code }), _) => format!("type {kind} code {code}"),
        (Some(Transport::Ports { source_port, destination_port }), _) => {
            format!("{source_port} → {destination_port}")
        }
        (None, Some(network)) => {
            format!("protocol {}", crate::wire::dissect::protocol_text(network.protocol))
        }
        (None, None) => match decoded.stop {
            Some(stop) => arp_info(packet, stop.offset).unwrap_or_else(|| stop.to_string()),
            None => String::new(),
        },
    }
}

fn arp_info(packet: &Packet<'_>, offset: usize) -> Option<String> {
    let view = arp::Arp::new_checked(packet.data.get(offset..)?)?;
    let (sender, target) =
        (std::net::Ipv4Addr::from(view.sender_ip()), std::net::Ipv4Addr::from(view.target_ip()));
    Some(match view.operation() {
        1 => format!("who has {target}? tell {sender}"),
        2 => format!("{sender} is here"),
        other => format!("operation {other}, {sender} to {target}"),
    })
}
