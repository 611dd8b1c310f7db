//! What this host can capture.

use nautscan_core::packet::LinkType;
use pyo3::prelude::*;

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
    let link_type: LinkType = inspect::link_type(link_type)?;
    nautscan_capture::check_filter(text, link_type, snaplen).map_err(|error| from_capture(&error))
}
