//! The Python door to the engine: types and errors are translated here, nothing is decided.
//! The boundary as Python sees it is written down in `src/nautscan/_engine.pyi`.

mod arrow;
mod capture;
mod conntrack;
mod error;
mod files;
mod host;
mod inspect;
mod json;
mod namespace;
mod options;
mod reader;
mod schemas;

#[pyo3::pymodule]
mod _engine {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::arrow::{PyColumn, PyRecordBatch, PySchema, columns, counters, json_lines, schema};
    #[pymodule_export]
    use crate::capture::PyCapture;
    #[pymodule_export]
    use crate::conntrack::PyTranslations;
    #[pymodule_export]
    use crate::error::EngineError;
    #[pymodule_export]
    use crate::files::copy_packets;
    #[pymodule_export]
    use crate::host::{capture_library, check_filter, default_interfaces, interfaces};
    #[pymodule_export]
    use crate::inspect::{dissect, protocols};
    #[pymodule_export]
    use crate::namespace::PyNamespace;
    #[pymodule_export]
    use crate::reader::PyReader;
    #[pymodule_export]
    use crate::schemas::PySchemas;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let names = nautscan_core::event::Table::ALL.map(nautscan_core::event::Table::name);
        module.add("TABLES", pyo3::types::PyTuple::new(module.py(), names)?)
    }
}
