//! What capture files say besides packets, and their packets written again.

use std::fs::File;
use std::io::BufWriter;

use nautscan_capture::session::{CopyError, Offline, copy};
use nautscan_capture::{InterfaceStats, Notes, SourceInterface};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::error::{engine_error, from_capture};
use crate::reader::{Origin, open};

/// Writes the packets of capture files as one pcapng file.
#[pyfunction]
#[pyo3(signature = (sources, path, *, filter=None))]
pub(crate) fn copy_packets<'py>(
    py: Python<'py>,
    sources: Vec<Origin>,
    path: &str,
    filter: Option<String>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut signal = None;
    // Ctrl-C is noticed also while a stream is quiet.
    let mut go_on = || {
        signal = Python::attach(|py| py.check_signals()).err();
        signal.is_none()
    };
    let copied = py.detach(|| {
        let mut source = open(sources)?;
        let mut out = BufWriter::new(File::create(path)?);
        copy(&mut source, filter, &mut out, &mut go_on)
    });
    if let Some(raised) = signal {
        return Err(raised);
    }
    let copied = copied.map_err(|error| match error {
        CopyError::Stopped => engine_error("closed", "stopped", "Start again."),
        CopyError::Capture(error) => from_capture(&error),
        CopyError::Write(error) => engine_error(
            "cannot_write",
            &format!("{path} cannot be written: {error}"),
            "Check the path and the space on the disk.",
        ),
    })?;
    let warnings = copied.damage.iter().map(|error| format!("{error}. {}", error.remedy()));
    let dict = PyDict::new(py);
    dict.set_item("packets", copied.packets)?;
    dict.set_item("filtered_out", copied.filtered_out)?;
    dict.set_item("not_expressible", copied.not_expressible)?;
    dict.set_item("damaged", !copied.damage.is_empty())?;
    dict.set_item("warnings", warnings.collect::<Vec<_>>())?;
    Ok(dict)
}

/// What was counted of all files together while they were read.
pub(crate) fn counts<'py>(py: Python<'py>, offline: &Offline) -> PyResult<Bound<'py, PyDict>> {
    let sums = PyDict::new(py);
    for (name, _) in Notes::default().counts() {
        sums.set_item(name, 0)?;
    }
    for (_, notes) in offline.notes() {
        for (name, count) in notes.counts() {
            let before = sums.get_item(name)?.map_or(Ok(0), |value| value.extract::<u64>())?;
            sums.set_item(name, before + count)?;
        }
    }
    Ok(sums)
}

/// What one file says.
pub(crate) fn notes_dict<'py>(
    py: Python<'py>,
    file: &str,
    notes: &Notes,
) -> PyResult<Bound<'py, PyDict>> {
    let packet_comments = notes.packet_comments.iter().map(|c| (c.packet, &*c.text));
    let names = notes.names.iter().map(|name| (name.address.to_string(), &*name.name));
    let secrets = PyList::empty(py);
    for secret in &notes.secrets {
        secrets.append((secret.kind, PyBytes::new(py, &secret.data)))?;
    }
    let dict = PyDict::new(py);
    dict.set_item("file", file)?;
    dict.set_item("comments", &notes.comments)?;
    dict.set_item("packet_comments", packet_comments.collect::<Vec<_>>())?;
    dict.set_item("names", names.collect::<Vec<_>>())?;
    dict.set_item("secrets", secrets)?;
    for (name, count) in notes.counts() {
        dict.set_item(name, count)?;
    }
    Ok(dict)
}

/// An interface as its file describes it.
pub(crate) fn interface_dict<'py>(
    py: Python<'py>,
    interface: &SourceInterface,
    stats: Option<&InterfaceStats>,
) -> PyResult<Bound<'py, PyDict>> {
    let number = || interface.link_type.0.to_string();
    let dict = PyDict::new(py);
    dict.set_item("file", &interface.origin)?;
    dict.set_item("name", &interface.name)?;
    dict.set_item("description", &interface.description)?;
    dict.set_item("link_type", interface.link_type.name().map_or_else(number, str::to_owned))?;
    dict.set_item("snaplen", interface.snaplen)?;
    dict.set_item("filter", &interface.filter)?;
    dict.set_item("speed", interface.speed)?;
    dict.set_item("os", &interface.os)?;
    dict.set_item("hardware", &interface.hardware)?;
    dict.set_item("fcs_bytes", interface.fcs_bytes)?;
    dict.set_item("received", stats.and_then(|stats| stats.received))?;
    dict.set_item("kernel_drops", stats.and_then(|stats| stats.kernel_drops))?;
    dict.set_item("interface_drops", stats.and_then(|stats| stats.interface_drops))?;
    Ok(dict)
}
