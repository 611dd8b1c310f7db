//! What connection tracking tells, for Python to carry to a capture.

use std::sync::Arc;

use nautscan_capture::conntrack::translations;
use nautscan_core::Translation;
use pyo3::prelude::*;

use crate::error::engine_error;

const REMEDY: &str = "Connections older than the capture are told apart on each side of a \
     translation until then: give the sensor CAP_NET_ADMIN at its start (root, or \
     AmbientCapabilities), on a Linux with connection tracking.";

/// Connections of this host's network namespace that it translates, when this was made.
#[pyclass(name = "Translations", module = "nautscan._engine", frozen)]
pub(crate) struct PyTranslations {
    pub(crate) found: Arc<[Translation]>,
    /// Those that there was no room for.
    #[pyo3(get)]
    left_out: u64,
}

#[pymethods]
impl PyTranslations {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        let told = py.detach(translations);
        told.map(|told| Self { found: told.translations.into(), left_out: told.left_out })
            .map_err(|error| engine_error("no_conntrack", &error.to_string(), REMEDY))
    }

    fn __len__(&self) -> usize {
        self.found.len()
    }
}
