//! What the engine reports of packets.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use nautscan_core::event::Table;
use nautscan_core::{Config, Engine, LinkType, Packet};

use super::network::Frame;

/// A row of `requests`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) client: (String, u16),
    pub(crate) time: i64,
    pub(crate) method: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) status: Option<i32>,
    pub(crate) error: Option<String>,
    pub(crate) ttfb: Option<i64>,
    pub(crate) duration: Option<i64>,
    pub(crate) request_bytes: Option<i64>,
    pub(crate) response_bytes: Option<i64>,
    pub(crate) request_body: Option<Vec<u8>>,
    pub(crate) response_body: Option<Vec<u8>>,
    /// The `X-Id` field of the response.
    pub(crate) id: Option<String>,
    /// The head of the response was read.
    pub(crate) has_response: bool,
    pub(crate) completeness: String,
    pub(crate) gap_bytes: i64,
    pub(crate) oddities: Vec<String>,
    pub(crate) detail: Option<String>,
}

impl Row {
    /// It, without its bodies.
    pub(crate) fn brief(&self) -> String {
        let none = Self { request_body: None, response_body: None, ..self.clone() };
        format!("{none:?}")
    }
}

/// Runs the engine over all packets.
pub(crate) fn observe<'a>(frames: impl IntoIterator<Item = &'a Frame>) -> Vec<Row> {
    let mut engine = Engine::new(Config { tables: vec![Table::Requests], ..Config::default() });
    let interface = engine.add_interface(Some("eth0"));
    for Frame { time, bytes } in frames {
        engine.packet(&Packet {
            time: *time,
            interface,
            link_type: LinkType::RAW,
            wire_len: bytes.len() as u32,
            data: bytes,
        });
    }
    engine.finish();
    engine.flush();
    let mut rows = Vec::new();
    while let Some((_, batch)) = engine.take_batch() {
        rows.extend((0..batch.num_rows()).map(|at| row(&batch, at)));
    }
    rows
}

fn row(batch: &RecordBatch, at: usize) -> Row {
    let column = |name| batch.column_by_name(name).expect("a column of the schema");
    let text = |name| {
        let column = column(name).as_string::<i32>();
        column.is_valid(at).then(|| column.value(at).to_owned())
    };
    let int = |name| {
        let column = column(name).as_primitive::<Int64Type>();
        column.is_valid(at).then(|| column.value(at))
    };
    let body = |name| {
        let column = column(name).as_binary::<i32>();
        column.is_valid(at).then(|| column.value(at).to_vec())
    };
    let status = column("status").as_primitive::<Int32Type>();
    let port = column("client_port").as_primitive::<arrow_array::types::UInt16Type>();
    let oddities = column("oddities").as_list::<i32>().value(at);
    let oddities = oddities.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
    let headers = column("response_headers").as_list::<i32>();
    let fields: Vec<(String, String)> = if headers.is_valid(at) {
        let list = headers.value(at);
        let pairs = list.as_struct();
        let part = |n: usize| pairs.column(n).as_string::<i32>().clone();
        let (names, values) = (part(0), part(1));
        (0..pairs.len()).map(|i| (names.value(i).to_owned(), values.value(i).to_owned())).collect()
    } else {
        Vec::new()
    };
    Row {
        client: (text("client_ip").expect("always there"), port.value(at)),
        time: column("time").as_primitive::<TimestampNanosecondType>().value(at),
        method: text("method"),
        target: text("target"),
        status: status.is_valid(at).then(|| status.value(at)),
        error: text("error"),
        ttfb: int("ttfb_ns"),
        duration: int("duration_ns"),
        request_bytes: int("request_bytes"),
        response_bytes: int("response_bytes"),
        request_body: body("request_body"),
        response_body: body("response_body"),
        has_response: headers.is_valid(at),
        id: fields.into_iter().find(|field| field.0 == "X-Id").map(|field| field.1),
        completeness: text("completeness").expect("always there"),
        gap_bytes: int("gap_bytes").expect("always there"),
        oddities,
        detail: text("detail"),
    }
}
