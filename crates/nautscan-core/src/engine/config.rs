//! How an engine is to work.

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
    /// Flow ids count up from here.
    pub flow_id_base: u64,
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
        }
    }
}
