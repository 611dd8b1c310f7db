//! Schemas of Protocol Buffers, read once for all workers.

use std::path::PathBuf;
use std::sync::Arc;

use nautscan_capture::schemas;
use nautscan_core::proto::grpc::Schemas;
use pyo3::prelude::*;

use crate::error::from_capture;

/// Schemas of Protocol Buffers, to decode messages of gRPC with.
#[pyclass(name = "Schemas", module = "nautscan._engine", frozen)]
pub(crate) struct PySchemas {
    pub(crate) found: Arc<Schemas>,
}

#[pymethods]
impl PySchemas {
    #[new]
    fn new(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Self> {
        let found = py.detach(|| schemas::load(&paths));
        found.map(|found| Self { found: Arc::new(found) }).map_err(|error| from_capture(&error))
    }

    /// How many methods are known.
    fn __len__(&self) -> usize {
        self.found.methods()
    }

    /// Names of the services.
    fn services(&self) -> Vec<String> {
        self.found.services()
    }
}
