//! A container's network namespace for Python.

use std::sync::Arc;

use nautscan_capture::{Namespace, Target};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::error::from_capture;
use crate::host::interface_dict;

/// A network namespace, held open for as long as this object or a capture in it lives.
#[pyclass(name = "Namespace", module = "nautscan._engine", frozen)]
pub(crate) struct PyNamespace(Arc<Namespace>);

#[pymethods]
impl PyNamespace {
    #[new]
    fn new(py: Python<'_>, pid: u32, container_id: &str) -> PyResult<Self> {
        let opened = py.detach(|| Namespace::of_container(pid, container_id));
        opened.map(|namespace| Self(Arc::new(namespace))).map_err(|error| from_capture(&error))
    }

    /// Whether it is the one of this process.
    #[getter]
    fn is_own(&self) -> bool {
        self.0.is_own()
    }

    /// The interfaces in it.
    fn interfaces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = py.detach(|| self.0.interfaces()).map_err(|error| from_capture(&error))?;
        let out = PyList::empty(py);
        for interface in &found {
            out.append(interface_dict(py, interface)?)?;
        }
        Ok(out)
    }

    /// Descriptor of a netlink socket in it, owned by the caller.
    #[cfg(target_os = "linux")]
    fn changes(&self, py: Python<'_>) -> PyResult<i32> {
        use std::os::fd::IntoRawFd;
        let opened = py.detach(|| self.0.changes()).map_err(|error| from_capture(&error))?;
        Ok(opened.into_raw_fd())
    }
}

/// An interface in a namespace, under a label of its own.
pub(crate) fn target(label: &str, device: &str, namespace: &PyNamespace) -> Target {
    Target {
        label: label.to_owned(),
        device: device.to_owned(),
        namespace: Some(Arc::clone(&namespace.0)),
    }
}
