//! Keyword arguments to engine settings.

use std::sync::Arc;

use nautscan_core::Config;
use nautscan_core::event::{Redactor, Table};
use nautscan_core::limits::MIN_BATCH_ROWS;
use nautscan_core::proto::grpc::Schemas;
use nautscan_core::proto::{Chosen, Settings, UnknownProtocol};
use pyo3::PyResult;

use crate::arrow;
use crate::error::bad_argument;

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
    /// Protocols to look for; `None`: all.
    pub(crate) protocols: Option<Vec<String>>,
}

impl EngineOptions {
    pub(crate) fn config(self) -> PyResult<Config> {
        let chosen = match &self.protocols {
            None => Chosen::default(),
            Some(names) => Chosen::of(names).map_err(|UnknownProtocol(name)| {
                bad_argument(
                    &format!("No protocol is called {name:?}."),
                    "`nautscan protocols` lists them.",
                )
            })?,
        };
        Ok(Config {
            sensor: self.sensor,
            tables: self.tables,
            settings: Settings {
                body_limit: self.body_limit,
                headers: self.headers,
                schemas: self.schemas,
                hides_fields: self.redact,
                chosen,
                ..Settings::default()
            },
            redactor: self.redact.then(Redactor::default),
            max_flows: self.max_flows,
            batch_rows: self.batch_rows.max(MIN_BATCH_ROWS),
            ..Config::default()
        })
    }
}
