//! What an engine has counted.

use super::Engine;
use crate::event::Stat;

impl Engine {
    /// Counters of this engine's stages, for the `stats` table.
    pub fn stats(&self) -> Vec<Stat> {
        let totals = &self.out.totals;
        let stat = |stage, name, value| Stat { interface: None, stage, name, value };
        let (dropped_batches, dropped_rows) = self.out.rows.dropped();
        vec![
            stat("decode", "packets", totals.packets),
            stat("decode", "bytes", totals.bytes),
            stat("decode", "errors", totals.decode_errors),
            stat("decode", "truncated", totals.truncated),
            stat("decode", "not_ip", totals.not_ip),
            stat("decode", "too_deep", totals.too_deep),
            stat("decode", "aggregated_skipped", totals.aggregated_skipped),
            stat("decode", "time_clamped", totals.time_clamped),
            stat("decode", "fragments", totals.fragments),
            stat("decode", "fragments_overlapping", totals.fragments_overlapping),
            stat("decode", "fragments_refused", totals.fragments_refused),
            stat("decode", "datagrams", totals.datagrams),
            stat("decode", "datagrams_active", self.fragments.len() as u64),
            stat("decode", "datagrams_incomplete", totals.datagrams_incomplete),
            stat("decode", "datagrams_evicted", totals.datagrams_evicted),
            stat("decode", "unattributed", totals.unattributed),
            stat("decode", "duplicates", totals.duplicates),
            stat("decode", "sightings_overwritten", self.sightings.overwritten()),
            stat("decode", "beginnings_overwritten", self.translations.overwritten()),
            stat("flow", "created", totals.flows),
            stat("flow", "active", self.flows.len() as u64),
            stat("flow", "evicted", totals.evicted),
            stat("flow", "aliases_active", self.translations.len() as u64),
            stat("flow", "aliases_refused", self.translations.refused()),
            stat("flow", "memory", self.memory() as u64),
            stat("stream", "gaps", totals.gaps),
            stat("stream", "gap_bytes", totals.gap_bytes),
            stat("proto", "requests", totals.requests),
            stat("proto", "parse_errors", totals.parse_errors),
            stat("proto", "opaque_bytes", totals.opaque_bytes),
            stat("proto", "names_overwritten", self.out.rows.names_overwritten()),
            stat("proto", "announcements_forgotten", self.out.announced.forgotten()),
            stat("queue", "batches_dropped", dropped_batches),
            stat("queue", "rows_dropped", dropped_rows),
        ]
    }
}
