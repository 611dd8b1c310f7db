//! The `requests` table.

use arrow_array::builder::{self, BinaryBuilder, BooleanBuilder, ListBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};
use super::exchange::{Exchange, Message};
use super::flows::FlowFacts;
use super::redact::Redactor;
use super::sized::{
    Int32Builder, Int64Builder, StringBuilder, TimestampNanosecondBuilder, UInt16Builder,
};
use super::text::{HeaderListBuilder, TextBuffer, push_json_object};
use super::transport::append_transport;

/// Columns in order.
pub(super) const COLUMNS: &[Column] = &[
    always(
        "time",
        Kind::Time,
        "When the first byte of the request was captured, or of the response where no request was seen.",
    ),
    always("sensor", Kind::Text, "Name of the sensor that saw it."),
    maybe(
        "interface",
        Kind::Text,
        "Capture interface. Null where the capture file does not name one.",
    ),
    always("protocol", Kind::Text, "Application protocol, e.g. `http`, `dns`."),
    maybe(
        "version",
        Kind::Text,
        "Protocol version as spoken, e.g. `1.1`. Null where no message stated one.",
    ),
    always("flow_id", Kind::Int, "The flow in `flows` that carried it."),
    always("community_id", Kind::Text, "Community ID v1 of the flow, seed 0."),
    always("transport", Kind::Text, "What carried it: `tcp` or `udp`."),
    always("client_ip", Kind::Text, "Address of the end that asked."),
    always("client_port", Kind::Port, "Port of the end that asked."),
    always("server_ip", Kind::Text, "Address of the end that was asked."),
    always("server_port", Kind::Port, "Port of the end that was asked."),
    maybe(
        "method",
        Kind::Text,
        "What was to be done, e.g. `GET`; gRPC: the method; DNS: the type that was asked for, or the operation if it was no query; Redis, Memcached, MongoDB: the command; PostgreSQL, MySQL: the statement's first word, or the command; MQTT: the packet's type; NATS: the operation; AMQP: class and method; Kafka: the request; FastCGI: as in HTTP. Null where it was not seen.",
    ),
    maybe(
        "host",
        Kind::Text,
        "Authority that was asked (HTTP: Host header or absolute-form target). Null where none was stated.",
    ),
    maybe(
        "target",
        Kind::Text,
        "What it was asked of (HTTP, FastCGI: the request target; gRPC: the path; DNS: the name; Redis, Memcached: the grouping form of the key; PostgreSQL, MySQL: the statement without its literals; MongoDB: the database and collection; MQTT, NATS, AMQP, Kafka: the grouping form of the topic, subject, or exchange and key). Null where it was not seen, or there is none.",
    ),
    maybe(
        "status",
        Kind::Int32,
        "Outcome as a number of the protocol (HTTP, FastCGI: status code; DNS: response code). Null where no response was seen, or the protocol has no numbers.",
    ),
    maybe(
        "error",
        Kind::Text,
        "Why the exchange failed, in words: below the protocol's own status, e.g. `connection reset by server`, or by it where that is a number, e.g. `NXDOMAIN`, or a code, e.g. `WRONGTYPE`. Null where it did not.",
    ),
    maybe(
        "ttfb_ns",
        Kind::Int,
        "First byte of the request to first byte of the final response, ns. Null unless both were captured, in this order.",
    ),
    maybe(
        "duration_ns",
        Kind::Int,
        "First byte of the request to last byte of the response, ns. Null unless both were captured, in this order.",
    ),
    maybe(
        "request_bytes",
        Kind::Int,
        "Bytes of request content after transfer decoding, before content decoding; WebSocket: payload of its text and binary messages, as sent; other protocols: of the message. Null where not known.",
    ),
    maybe("response_bytes", Kind::Int, "Bytes of response content likewise."),
    maybe(
        "request_content_type",
        Kind::Text,
        "Media type of the request content as stated. Null where none was.",
    ),
    maybe(
        "content_type",
        Kind::Text,
        "Media type of the response content as stated. Null where none was.",
    ),
    maybe(
        "request_headers",
        Kind::Headers,
        "Header fields of the request in order. Null where the request was not captured or headers are not kept.",
    ),
    maybe("response_headers", Kind::Headers, "Header fields of the response likewise."),
    maybe(
        "request_body",
        Kind::Binary,
        "Content of the request, content codings removed, up to the body limit. Null where there was none or none was kept.",
    ),
    always(
        "request_body_truncated",
        Kind::Bool,
        "Whether `request_body` lacks bytes that the message had.",
    ),
    maybe("response_body", Kind::Binary, "Content of the response likewise."),
    always(
        "response_body_truncated",
        Kind::Bool,
        "Whether `response_body` lacks bytes that the message had.",
    ),
    maybe(
        "trace_id",
        Kind::Text,
        "Trace id of a W3C `traceparent` header. Null where none was sent.",
    ),
    maybe("decrypted", Kind::Text, "How the connection was decrypted. Null: it was not encrypted."),
    always(
        "completeness",
        Kind::Text,
        "`complete`; `request_only` or `response_only` where nothing of the other was seen; `gap` where bytes of it were not captured, or where the connection or the capture ended before it did; `open` where it was still going on when it was told.",
    ),
    maybe(
        "exchange_id",
        Kind::Int,
        "Number, within its flow, of an exchange that is told more than once while it lasts (a WebSocket, an event stream): rows of one flow and number are cumulative, the last one holds. Null for one that is told once.",
    ),
    always("gap_bytes", Kind::Int, "Bytes lost within it."),
    always(
        "oddities",
        Kind::TextList,
        "What was not as the protocol's specification wants it, each once.",
    ),
    maybe(
        "detail",
        Kind::Text,
        "Details of the protocol as a JSON object. Null where there are none.",
    ),
];

/// Gathers rows of `requests` into columns.
pub struct RequestsBuilder {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    text: TextBuffer,
    redactor: Option<Redactor>,
    time: TimestampNanosecondBuilder,
    sensor: StringBuilder,
    interface: StringBuilder,
    protocol: StringBuilder,
    version: StringBuilder,
    flow_id: Int64Builder,
    community_id: StringBuilder,
    transport: StringBuilder,
    client_ip: StringBuilder,
    client_port: UInt16Builder,
    server_ip: StringBuilder,
    server_port: UInt16Builder,
    method: StringBuilder,
    host: StringBuilder,
    target: StringBuilder,
    status: Int32Builder,
    error: StringBuilder,
    ttfb_ns: Int64Builder,
    duration_ns: Int64Builder,
    request: MessageBuilder,
    response: MessageBuilder,
    trace_id: StringBuilder,
    decrypted: StringBuilder,
    completeness: StringBuilder,
    exchange_id: Int64Builder,
    gap_bytes: Int64Builder,
    oddities: ListBuilder<builder::StringBuilder>,
    detail: StringBuilder,
}

/// The columns that a request and a response both have.
#[derive(Default)]
struct MessageBuilder {
    bytes: Int64Builder,
    content_type: StringBuilder,
    headers: HeaderListBuilder,
    body: BinaryBuilder,
    truncated: BooleanBuilder,
}

impl MessageBuilder {
    fn push(
        &mut self,
        message: Option<&Message>,
        keep_headers: bool,
        redactor: Option<&Redactor>,
        hides_body: bool,
        text: &mut TextBuffer,
    ) -> usize {
        let Some(message) = message else {
            self.bytes.append_null();
            self.content_type.append_null();
            self.headers.push_null();
            self.body.append_null();
            self.truncated.append_value(false);
            return 0;
        };
        self.bytes.append_option(message.body.bytes);
        text.append(&mut self.content_type, message.content_type.as_deref());
        if keep_headers {
            self.headers.push(&message.headers, redactor);
        } else {
            self.headers.push_null();
        }
        let kept = message.body.kept.as_deref();
        let shown = kept.filter(|_| !hides_body);
        self.body.append_option(shown);
        self.truncated.append_value(message.body.truncated || shown != kept);
        shown.map_or(0, <[u8]>::len) + message.headers.memory()
    }
}

impl RequestsBuilder {
    /// An empty builder. With a `redactor`, secrets never reach a column.
    pub fn new(redactor: Option<Redactor>) -> Self {
        Self {
            schema: column::schema(COLUMNS),
            rows: 0,
            bytes: 0,
            text: TextBuffer::default(),
            redactor,
            time: TimestampNanosecondBuilder::default(),
            sensor: StringBuilder::default(),
            interface: StringBuilder::default(),
            protocol: StringBuilder::default(),
            version: StringBuilder::default(),
            flow_id: Int64Builder::default(),
            community_id: StringBuilder::default(),
            transport: StringBuilder::default(),
            client_ip: StringBuilder::default(),
            client_port: UInt16Builder::default(),
            server_ip: StringBuilder::default(),
            server_port: UInt16Builder::default(),
            method: StringBuilder::default(),
            host: StringBuilder::default(),
            target: StringBuilder::default(),
            status: Int32Builder::default(),
            error: StringBuilder::default(),
            ttfb_ns: Int64Builder::default(),
            duration_ns: Int64Builder::default(),
            request: MessageBuilder::default(),
            response: MessageBuilder::default(),
            trace_id: StringBuilder::default(),
            decrypted: StringBuilder::default(),
            completeness: StringBuilder::default(),
            exchange_id: Int64Builder::default(),
            gap_bytes: Int64Builder::default(),
            oddities: ListBuilder::default().with_field(arrow_schema::Field::new(
                "item",
                arrow_schema::DataType::Utf8,
                false,
            )),
            detail: StringBuilder::default(),
        }
    }

    /// Rows since the last [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of headers, bodies and details since the last [`Self::finish`].
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds one row.
    pub fn push(&mut self, flow: &FlowFacts<'_>, exchange: &Exchange, keep_headers: bool) {
        let text = &mut self.text;
        let (request, response) = (exchange.request.as_ref(), exchange.response.as_ref());
        let begin = request.map(|message| message.first_time);
        let time = begin.or(response.map(|message| message.first_time)).unwrap_or(flow.first_time);
        self.time.append_value(time);
        self.sensor.append_value(flow.sensor);
        self.interface.append_option(flow.interface);
        self.protocol.append_value(exchange.protocol);
        self.version.append_option(exchange.version);
        self.flow_id.append_value(flow.id as i64);
        self.community_id.append_value(flow.community_id.as_str());
        append_transport(&mut self.transport, flow.transport);
        text.append_address(&mut self.client_ip, flow.ends.client);
        self.client_port.append_value(flow.ends.client_port);
        text.append_address(&mut self.server_ip, flow.ends.server);
        self.server_port.append_value(flow.ends.server_port);
        text.append(&mut self.method, exchange.method.as_deref());
        text.append(&mut self.host, exchange.host.as_deref());
        match (&self.redactor, exchange.target.as_deref()) {
            (Some(redactor), Some(target)) => {
                text.append(&mut self.target, Some(&redactor.target(target)))
            }
            (_, target) => text.append(&mut self.target, target),
        }
        self.status.append_option(exchange.status);
        self.error.append_option(exchange.error);
        // A clock that ran back has measured nothing.
        let since_request = |at: Option<i64>| Some(at? - begin?).filter(|took| *took >= 0);
        let first = response.filter(|message| !message.is_begin_lost);
        self.ttfb_ns.append_option(since_request(first.map(|message| message.first_time)));
        self.duration_ns
            .append_option(since_request(response.and_then(|message| message.last_time)));
        let redactor = self.redactor.as_ref();
        let hides_body = exchange.holds_values && redactor.is_some();
        self.bytes += self.request.push(request, keep_headers, redactor, hides_body, text);
        self.bytes += self.response.push(response, keep_headers, redactor, hides_body, text);
        let trace_id = exchange.trace_id.as_ref();
        self.trace_id.append_option(trace_id.and_then(|id| core::str::from_utf8(id).ok()));
        self.decrypted.append_null();
        self.completeness.append_value(exchange.completeness.name());
        self.exchange_id.append_option(exchange.growing.map(|growing| i64::from(growing.id)));
        self.gap_bytes.append_value(exchange.gap_bytes as i64);
        for oddity in &exchange.oddities {
            self.oddities.values().append_value(oddity);
        }
        self.oddities.append(true);
        self.bytes += exchange.detail.iter().map(|(_, text)| text.len()).sum::<usize>();
        match redactor {
            Some(redactor) => {
                push_json_object(&mut self.detail, &redactor.detail(&exchange.detail))
            }
            None => push_json_object(&mut self.detail, &exchange.detail),
        }
        self.rows += 1;
    }

    /// The rows as one record batch; the builder is empty after it.
    pub fn finish(&mut self) -> RecordBatch {
        (self.rows, self.bytes) = (0, 0);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.sensor.finish()),
            Arc::new(self.interface.finish()),
            Arc::new(self.protocol.finish()),
            Arc::new(self.version.finish()),
            Arc::new(self.flow_id.finish()),
            Arc::new(self.community_id.finish()),
            Arc::new(self.transport.finish()),
            Arc::new(self.client_ip.finish()),
            Arc::new(self.client_port.finish()),
            Arc::new(self.server_ip.finish()),
            Arc::new(self.server_port.finish()),
            Arc::new(self.method.finish()),
            Arc::new(self.host.finish()),
            Arc::new(self.target.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.error.finish()),
            Arc::new(self.ttfb_ns.finish()),
            Arc::new(self.duration_ns.finish()),
            Arc::new(self.request.bytes.finish()),
            Arc::new(self.response.bytes.finish()),
            Arc::new(self.request.content_type.finish()),
            Arc::new(self.response.content_type.finish()),
            Arc::new(self.request.headers.finish()),
            Arc::new(self.response.headers.finish()),
            Arc::new(self.request.body.finish()),
            Arc::new(self.request.truncated.finish()),
            Arc::new(self.response.body.finish()),
            Arc::new(self.response.truncated.finish()),
            Arc::new(self.trace_id.finish()),
            Arc::new(self.decrypted.finish()),
            Arc::new(self.completeness.finish()),
            Arc::new(self.exchange_id.finish()),
            Arc::new(self.gap_bytes.finish()),
            Arc::new(self.oddities.finish()),
            Arc::new(self.detail.finish()),
        ];
        super::batch(&self.schema, columns)
    }
}
