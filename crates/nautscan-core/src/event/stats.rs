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
        "Count since the sensor's capture started; for `active` and `memory` the present value.",
    ),
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
