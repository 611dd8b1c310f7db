//! Keyword arguments to engine settings.

use std::sync::Arc;

use nautscan_core::Config;
use nautscan_core::event::{Redactor, Table};
use nautscan_core::limits::MIN_BATCH_ROWS;
use nautscan_core::proto::Settings;
use nautscan_core::proto::grpc::Schemas;
use pyo3::PyResult;

use crate::arrow;

/// Tables by name, each once.
pub(crate) fn tables(names: &[String]) -> PyResult<Vec<Table>> {
    names.iter().map(|name| arrow::table(name)).collect()
}

/// What every engine is told.
pub(crate) struct EngineOptions {
    pub(crate) tables: Vec<Table>,
    pub(crate) body_limit: usize,
    pub(crate) headers: bool,
    pub(crate) redact: bool,
    pub(crate) sensor: String,
    pub(crate) max_flows: usize,
    pub(crate) batch_rows: usize,
    pub(crate) schemas: Option<Arc<Schemas>>,
}

impl EngineOptions {
    pub(crate) fn config(self) -> Config {
        Config {
            sensor: self.sensor,
            tables: self.tables,
            settings: Settings {
                body_limit: self.body_limit,
                headers: self.headers,
                schemas: self.schemas,
                hides_fields: self.redact,
                ..Settings::default()
            },
            redactor: self.redact.then(Redactor::default),
            max_flows: self.max_flows,
            batch_rows: self.batch_rows.max(MIN_BATCH_ROWS),
            ..Config::default()
        }
    }
}
