//! The `stats` table: counters of every stage, cumulative.

use arrow_array::builder::{Int64Builder, StringBuilder, TimestampNanosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use std::sync::Arc;

use super::column::{self, Column, Kind, always, maybe};

/// Columns in order.
pub(super) const COLUMNS: &[Column] = &[
    always("time", Kind::Time, "When the counters were read, by the sensor's clock."),
    always("sensor", Kind::Text, "Name of the sensor."),
    maybe(
        "interface",
        Kind::Text,
        "Capture interface that the counter belongs to. Null for those of all.",
    ),
    always(
        "stage",
        Kind::Text,
        "`capture`, `decode`, `flow`, `stream`, `proto` or `queue`, in the order in which a packet meets them.",
    ),
    always("name", Kind::Text, "What is counted."),
    always(
        "value",
        Kind::Int,
        "Count since the sensor's capture started; for `active`, `datagrams_active`, `aliases_active` and `memory` the present value.",
    ),
];

/// Every counter: stage, name, meaning. A test holds the stages against it.
pub const COUNTERS: &[(&str, &str, &str)] = &[
    ("capture", "received", "Packets that reached the capture on this interface."),
    ("capture", "kernel_drops", "Packets lost because they were not taken in time."),
    ("capture", "interface_drops", "Packets lost by the interface or its driver."),
    ("capture", "sections", "pcapng sections of the stream."),
    ("capture", "skipped_blocks", "pcapng blocks of a kind that is not read."),
    ("capture", "reordered", "Packets that stood behind later ones and were put in their place."),
    (
        "capture",
        "reorder_full",
        "Packets handed on before all that may be earlier were read, because as many as may be were held; of live interfaces, times that this happened.",
    ),
    (
        "capture",
        "time_went_back",
        "Times that a packet was handed on after a later one: a clock was set back, or the packet lay further back than is looked.",
    ),
    (
        "capture",
        "times_out_of_range",
        "Packets whose time nanoseconds since 1970 in 64 bits cannot hold.",
    ),
    (
        "capture",
        "untimed",
        "Packets stored without a time; they have that of the packet before them.",
    ),
    ("capture", "longer_than_wire", "Packets longer than they are said to have been on the wire."),
    ("capture", "bad_options", "pcapng options that contradict the format and were left out."),
    ("capture", "texts_cut", "Names, filters or comments longer than is kept."),
    ("capture", "comments_dropped", "Comments beyond those that are kept."),
    ("capture", "names_dropped", "Names of addresses beyond those that are kept."),
    ("capture", "secrets_dropped", "Decryption secrets beyond those that are kept."),
    (
        "capture",
        "custom_dropped",
        "Custom blocks that are not kept, for their size or their byte order.",
    ),
    ("decode", "packets", "Packets fed."),
    ("decode", "bytes", "Their bytes on the wire."),
    ("decode", "errors", "Packets that were malformed."),
    ("decode", "truncated", "Packets whose headers the snap length cut."),
    ("decode", "not_ip", "Packets without an IP header that could be read."),
    (
        "decode",
        "time_clamped",
        "Packets whose time lay before 1970 or after 2116, and was taken for the nearest end.",
    ),
    (
        "decode",
        "too_deep",
        "Packets of which not all headers were walked: more are nested than the caps allow.",
    ),
    (
        "decode",
        "aggregated_skipped",
        "Aggregated 802.11 units that were not decoded: of each frame the first is.",
    ),
    ("decode", "fragments", "IP fragments."),
    ("decode", "fragments_overlapping", "Fragments part of which was there before."),
    (
        "decode",
        "fragments_refused",
        "Fragments that no datagram can have: empty, of an impossible length or place, or beyond the pieces that one may have.",
    ),
    ("decode", "datagrams", "Datagrams put together from fragments."),
    ("decode", "datagrams_active", "Datagrams that wait for fragments."),
    (
        "decode",
        "datagrams_incomplete",
        "Datagrams of which fragments were missing when they were given up.",
    ),
    ("decode", "datagrams_evicted", "Those of them given up early because too many were waiting."),
    (
        "decode",
        "unattributed",
        "Packets with an IP header that were counted to no flow: what tells their ports was cut off, or is in a fragment that was not seen.",
    ),
    ("decode", "duplicates", "Further sightings of packets already counted."),
    (
        "decode",
        "sightings_overwritten",
        "Packets forgotten so soon that a further sighting would not be recognised.",
    ),
    (
        "decode",
        "beginnings_overwritten",
        "First packets of connections forgotten so soon that they would not be known again behind a translation of addresses.",
    ),
    ("flow", "created", "Flows begun."),
    ("flow", "active", "Flows that are being followed."),
    (
        "flow",
        "aliases_active",
        "Further addresses of flows that were seen on both sides of a translation.",
    ),
    ("flow", "aliases_refused", "Those that there was no room for: the flow shows as two."),
    ("flow", "evicted", "Flows given up because as many as may be were followed."),
    (
        "flow",
        "memory",
        "Bytes that following flows takes: table, connections, held segments, parsers, fragments, sightings.",
    ),
    (
        "stream",
        "gaps",
        "Times that bytes of a TCP stream were missing, or given up because no more could be held.",
    ),
    ("stream", "gap_bytes", "Bytes that were missing."),
    ("proto", "requests", "Rows of `requests`."),
    ("proto", "parse_errors", "Violations of an application protocol."),
    ("proto", "opaque_bytes", "TCP payload bytes of no known protocol."),
    (
        "proto",
        "names_overwritten",
        "Names forgotten so soon that `names` may say them again before their time.",
    ),
    (
        "proto",
        "announcements_forgotten",
        "Connections of data that were announced (FTP) and forgotten so soon that they might not be known when they come.",
    ),
    ("queue", "batches_dropped", "Batches dropped because nobody took them in time."),
    ("queue", "rows_dropped", "Their rows."),
];

/// One counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// See the column `interface`.
    pub interface: Option<String>,
    /// See the column `stage`.
    pub stage: &'static str,
    /// See the column `name`.
    pub name: &'static str,
    /// See the column `value`.
    pub value: u64,
}

/// `stats` as one record batch, read at `time`.
pub fn stats_batch(time: i64, sensor: &str, stats: &[Stat]) -> RecordBatch {
    let mut times = TimestampNanosecondBuilder::new();
    let mut sensors = StringBuilder::new();
    let mut interfaces = StringBuilder::new();
    let mut stages = StringBuilder::new();
    let mut names = StringBuilder::new();
    let mut values = Int64Builder::new();
    for stat in stats {
        times.append_value(time);
        sensors.append_value(sensor);
        interfaces.append_option(stat.interface.as_deref());
        stages.append_value(stat.stage);
        names.append_value(stat.name);
        values.append_value(i64::try_from(stat.value).unwrap_or(i64::MAX));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times.finish()),
        Arc::new(sensors.finish()),
        Arc::new(interfaces.finish()),
        Arc::new(stages.finish()),
        Arc::new(names.finish()),
        Arc::new(values.finish()),
    ];
    super::batch(&column::schema(COLUMNS), columns)
}
