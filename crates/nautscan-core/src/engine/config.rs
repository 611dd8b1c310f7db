//! How an engine is to work.

use std::sync::Arc;

use super::translation::Translation;
use crate::event::{Redactor, Table};
use crate::limits;
use crate::proto::Settings;

/// How an engine is to work.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name that goes into the `sensor` column.
    pub sensor: String,
    /// Tables to fill.
    pub tables: Vec<Table>,
    /// What protocol parsers keep.
    pub settings: Settings,
    /// Removes secrets from rows.
    pub redactor: Option<Redactor>,
    /// Flows followed at once.
    pub max_flows: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// A flow that lives on gets a row this often, ns; `None`: only when it ends.
    pub flow_update: Option<i64>,
    /// The first flow's id is the next number.
    pub flow_id_base: u64,
    /// Flow ids go up by this, so that those of several engines can differ.
    pub flow_id_step: u64,
    /// Connections that the capturing host translates, as it knows them when the capture begins.
    pub translations: Arc<[Translation]>,
}

impl Config {
    /// What engine `index` of `count` is told, of those that share one input: flow ids that no
    /// other gives, and its share of the flow table with a little more, since a hash does not
    /// spread flows quite evenly.
    pub fn share(&self, index: usize, count: usize) -> Self {
        let share = self.max_flows.div_ceil(count);
        Self {
            flow_id_base: self.flow_id_base + index as u64,
            flow_id_step: self.flow_id_step * count as u64,
            max_flows: share.saturating_add(share / 64),
            ..self.clone()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sensor: "local".to_owned(),
            tables: vec![Table::Requests, Table::Flows],
            settings: Settings::default(),
            redactor: None,
            max_flows: limits::FLOWS,
            batch_rows: limits::BATCH_ROWS,
            flow_update: None,
            flow_id_base: 0,
            flow_id_step: 1,
            translations: Arc::default(),
        }
    }
}
