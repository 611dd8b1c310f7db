//! The `names` table: what the wire said about who is called what.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};
use super::sized::{Int64Builder, StringBuilder, TimestampNanosecondBuilder};
use super::text::TextBuffer;
use crate::flow::Endpoints;
use crate::proto::Side;
use crate::wire::Address;

/// Columns in order.
pub(super) const COLUMNS: &[Column] = &[
    always("time", Kind::Time, "When the message that said so was captured."),
    always("sensor", Kind::Text, "Name of the sensor that saw it."),
    maybe(
        "interface",
        Kind::Text,
        "Capture interface. Null where the capture file does not name one.",
    ),
    always("source", Kind::Text, "What said so: `dns`, `mdns`, `llmnr`, `dhcp` or `dhcpv6`."),
    always("ip", Kind::Text, "The address that has the name."),
    always(
        "name",
        Kind::Text,
        "The name in lower case without a trailing dot, as it was asked for: aliases (CNAME) are followed back to the question. DHCP: the host name that the client asked for.",
    ),
    maybe(
        "mac",
        Kind::Text,
        "Hardware address of the host, as its DHCP message states it. Null for other sources.",
    ),
    maybe("ttl_s", Kind::Int, "Seconds that it holds from `time` on. Null where it was not said."),
    maybe(
        "asked_by",
        Kind::Text,
        "Address of the host that asked. Null where a host announced itself.",
    ),
    maybe("answered_by", Kind::Text, "Address of the host that said so. Null if it has none yet."),
];

/// It was said that an address has a name.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// When the message that said so was captured, ns since 1970 UTC.
    pub time: i64,
    /// `source` column.
    pub source: &'static str,
    /// The address.
    pub ip: Address,
    /// Its name: lower case, no trailing dot.
    pub name: &'a str,
    /// Hardware address of the host.
    pub mac: Option<[u8; 6]>,
    /// Seconds that it holds.
    pub ttl_s: Option<u32>,
    /// Which end of the flow asked; `None`: nobody did.
    pub asked_by: Option<Side>,
    /// Which end of the flow said so.
    pub answered_by: Option<Side>,
}

/// A step of an address being leased. The host that asks has no address yet, so that question
/// and answer are of different flows; `transaction` holds them together.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// When the message was captured, ns since 1970 UTC.
    pub time: i64,
    /// `source` column: `dhcp` or `dhcpv6`.
    pub source: &'static str,
    /// What tells this transaction from others: identifiers of transaction and client.
    pub transaction: &'a [u8],
    /// Hardware address of the client.
    pub mac: Option<[u8; 6]>,
    /// Name of the client, as far as this message states it: lower case, no trailing dot.
    pub name: Option<&'a str>,
    /// What the message does.
    pub step: LeaseStep,
}

/// What a message does about a lease.
#[derive(Debug, Clone, Copy)]
pub enum LeaseStep {
    /// The client asks.
    Asked,
    /// The server gives `ip`.
    Given {
        /// The address.
        ip: Address,
        /// Seconds that the lease holds.
        ttl_s: Option<u32>,
        /// Which end of the flow gave it.
        by: Side,
    },
}

/// Gathers rows of `names` into columns.
pub struct NamesBuilder {
    schema: SchemaRef,
    rows: usize,
    text: TextBuffer,
    time: TimestampNanosecondBuilder,
    sensor: StringBuilder,
    interface: StringBuilder,
    source: StringBuilder,
    ip: StringBuilder,
    name: StringBuilder,
    mac: StringBuilder,
    ttl_s: Int64Builder,
    asked_by: StringBuilder,
    answered_by: StringBuilder,
}

impl Default for NamesBuilder {
    fn default() -> Self {
        Self {
            schema: column::schema(COLUMNS),
            rows: 0,
            text: TextBuffer::default(),
            time: TimestampNanosecondBuilder::default(),
            sensor: StringBuilder::default(),
            interface: StringBuilder::default(),
            source: StringBuilder::default(),
            ip: StringBuilder::default(),
            name: StringBuilder::default(),
            mac: StringBuilder::default(),
            ttl_s: Int64Builder::default(),
            asked_by: StringBuilder::default(),
            answered_by: StringBuilder::default(),
        }
    }
}

impl NamesBuilder {
    /// Rows since the last [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds one row; `ends` are those of the flow that carried the message.
    pub fn push(
        &mut self,
        naming: &Naming<'_>,
        sensor: &str,
        interface: Option<&str>,
        ends: &Endpoints,
    ) {
        self.time.append_value(naming.time);
        self.sensor.append_value(sensor);
        self.interface.append_option(interface);
        self.source.append_value(naming.source);
        self.text.append_address(&mut self.ip, naming.ip);
        self.name.append_value(naming.name);
        self.mac.append_option(naming.mac.map(hardware_text));
        self.ttl_s.append_option(naming.ttl_s.map(i64::from));
        let end = |side: Side| match side {
            Side::Client => ends.client,
            Side::Server => ends.server,
        };
        for (column, side) in
            [(&mut self.asked_by, naming.asked_by), (&mut self.answered_by, naming.answered_by)]
        {
            match side {
                Some(side) => self.text.append_address(column, end(side)),
                None => column.append_null(),
            }
        }
        self.rows += 1;
    }

    /// The rows as one record batch; the builder is empty after it.
    pub fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.sensor.finish()),
            Arc::new(self.interface.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.ip.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.mac.finish()),
            Arc::new(self.ttl_s.finish()),
            Arc::new(self.asked_by.finish()),
            Arc::new(self.answered_by.finish()),
        ];
        super::batch(&self.schema, columns)
    }
}

fn hardware_text([a, b, c, d, e, f]: [u8; 6]) -> String {
    format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
}
