//! What this host can capture.

use nautscan_capture::Interface;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::from_capture;
use crate::inspect;

/// Version text of libpcap or Npcap.
#[pyfunction]
pub(crate) fn capture_library() -> PyResult<String> {
    nautscan_capture::capture_library().map_err(|error| from_capture(&error))
}

/// Compiles a BPF filter; raises `bad_filter` with the compiler's words.
#[pyfunction]
#[pyo3(signature = (text, link_type="ETHERNET", snaplen=262_144))]
pub(crate) fn check_filter(text: &str, link_type: &str, snaplen: u32) -> PyResult<()> {
    let link_type = inspect::link_type(link_type)?;
    nautscan_capture::check_filter(text, link_type, snaplen).map_err(|error| from_capture(&error))
}

/// Capture interfaces of this host.
#[pyfunction]
pub(crate) fn interfaces(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let listing = py.detach(nautscan_capture::interfaces);
    let out = PyList::empty(py);
    for interface in &listing.interfaces {
        out.append(interface_dict(py, interface)?)?;
    }
    Ok(out)
}

/// Names to capture on where the user named none, and why these.
#[pyfunction]
pub(crate) fn default_interfaces(py: Python<'_>) -> (Vec<String>, String) {
    let listing = py.detach(nautscan_capture::interfaces);
    let selection = nautscan_capture::default_interfaces(&listing.interfaces);
    (selection.names, selection.reason)
}

pub(crate) fn interface_dict<'py>(
    py: Python<'py>,
    interface: &Interface,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &interface.name)?;
    dict.set_item("description", &interface.description)?;
    dict.set_item("kind", interface.kind.name())?;
    dict.set_item("up", interface.up)?;
    dict.set_item("running", interface.running)?;
    dict.set_item("loopback", interface.loopback)?;
    dict.set_item("wireless", interface.wireless)?;
    let addresses: Vec<String> =
        interface.addresses.iter().map(|address| address.address.to_string()).collect();
    dict.set_item("addresses", addresses)?;
    dict.set_item("mac", &interface.mac)?;
    dict.set_item("link_type", interface.link_type)?;
    dict.set_item("connected", interface.connected)?;
    dict.set_item("mtu", interface.mtu)?;
    dict.set_item("index", interface.index)?;
    dict.set_item("peer_index", interface.peer_index)?;
    dict.set_item("master", &interface.master)?;
    dict.set_item("default_route", interface.default_route)?;
    dict.set_item("capturable", interface.capturable)?;
    dict.set_item("reason", &interface.reason)?;
    Ok(dict)
}
