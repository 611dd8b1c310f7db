//! Invariant: whatever packets come, every batch is valid Arrow of its table's schema, every packet
//! has its row, every request is counted, well formed and of a flow that has a row, and every flow ends
//! exactly once.
#![no_main]

use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use libfuzzer_sys::fuzz_target;
use nautscan_core::Engine;
use nautscan_core::event::{Table, stats_batch};
use nautscan_fuzz::EngineScript;

/// What the batches taken so far hold.
#[derive(Default)]
struct Seen {
    packets: u64,
    requests: u64,
    /// Rows with an end reason of each flow.
    ends: HashMap<i64, u32>,
    /// Flows that requests are of.
    asked: HashSet<i64>,
    /// Of the exchanges of flows that are told more than once: whether the last row said so.
    open: HashMap<(i64, i64), bool>,
}

impl Seen {
    fn take(&mut self, engine: &mut Engine) {
        while let Some((table, batch)) = engine.take_batch() {
            check(table, &batch);
            let rows = batch.num_rows() as u64;
            assert!(rows > 0, "an empty batch");
            match table {
                Table::Packets => self.packets += rows,
                Table::Requests => self.requests(&batch),
                Table::Flows => self.flows(&batch),
                Table::Names | Table::Stats => {}
            }
        }
    }

    fn requests(&mut self, batch: &RecordBatch) {
        let column = |name| batch.column_by_name(name).expect("a column of the schema");
        let numbers = |name| column(name).as_primitive::<Int64Type>();
        let value =
            |name, row| Some(numbers(name)).filter(|c| c.is_valid(row)).map(|c| c.value(row));
        let completeness = column("completeness").as_string::<i32>();
        for row in 0..batch.num_rows() {
            let (flow, seen) = (numbers("flow_id").value(row), completeness.value(row));
            self.asked.insert(flow);
            for name in ["ttfb_ns", "duration_ns", "request_bytes", "response_bytes", "gap_bytes"] {
                assert!(value(name, row).is_none_or(|value| value >= 0), "{name} below 0");
            }
            if let (Some(ttfb), Some(duration)) = (value("ttfb_ns", row), value("duration_ns", row))
            {
                assert!(ttfb <= duration, "ended {duration} ns, begun {ttfb} ns after the request");
            }
            let lost = value("gap_bytes", row).expect("always there");
            assert!(lost == 0 || seen != "complete", "complete, with {lost} bytes lost");
            let exchange = value("exchange_id", row);
            assert!(exchange.is_some() || seen != "open", "open, and never told again");
            let before = exchange.and_then(|id| self.open.insert((flow, id), seen == "open"));
            assert_ne!(before, Some(false), "a row of an exchange that is over");
            self.requests += u64::from(before.is_none());
        }
    }

    fn flows(&mut self, batch: &RecordBatch) {
        let column = |name| batch.column_by_name(name).expect("a column of the schema");
        let (ids, ends) = (column("flow_id").as_primitive::<Int64Type>(), column("end_reason"));
        for row in 0..batch.num_rows() {
            let count = self.ends.entry(ids.value(row)).or_default();
            assert_eq!(*count, 0, "a row of a flow that has ended");
            *count += u32::from(ends.is_valid(row));
        }
    }
}

fn check(table: Table, batch: &RecordBatch) {
    assert_eq!(batch.schema(), table.schema());
    for column in batch.columns() {
        column.to_data().validate_full().expect("valid Arrow");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(script) = EngineScript::read(bytes) else { return };
    let (mut engine, mut seen, mut packets) = (script.engine(), Seen::default(), 0);
    for fuzzed in script {
        if fuzzed.flush {
            engine.flush();
            seen.take(&mut engine);
        }
        engine.packet(&fuzzed.packet);
        packets += 1;
    }
    engine.finish();
    engine.flush();
    seen.take(&mut engine);
    let totals = engine.totals();
    assert_eq!(totals.packets, packets);
    let stats = engine.stats();
    if stats.iter().all(|stat| stat.name != "rows_dropped" || stat.value == 0) {
        assert_eq!(seen.packets, packets);
        assert_eq!(seen.requests, totals.requests);
        assert_eq!(seen.ends.len() as u64, totals.flows, "each flow has a row");
        assert!(seen.ends.values().all(|ends| *ends == 1), "and each ends");
        assert!(
            seen.asked.iter().all(|flow| seen.ends.contains_key(flow)),
            "no flow without a row"
        );
    }
    check(Table::Stats, &stats_batch(0, "fuzz", &stats));
});
