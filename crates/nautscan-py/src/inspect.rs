//! Single packets, and what the engine knows, for people.

use nautscan_core::packet::{InterfaceId, LinkType, Packet};
use nautscan_core::proto::about;
use nautscan_core::wire::dissect::{DissectedLayer, dissect as dissect_packet};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::bad_argument;

/// A link type by its registered name or its number.
pub(crate) fn link_type(name: &str) -> PyResult<LinkType> {
    let named = (0..=u16::MAX).map(LinkType).find(|link| link.name() == Some(name));
    named.or_else(|| name.parse().ok().map(LinkType)).ok_or_else(|| {
        bad_argument(
            &format!("unknown link type `{name}`"),
            "Give a LINKTYPE name such as ETHERNET, or its number.",
        )
    })
}

/// Layers of a packet as a list of dictionaries.
pub(crate) fn layers<'py>(py: Python<'py>, packet: &Packet<'_>) -> PyResult<Bound<'py, PyList>> {
    let out = PyList::empty(py);
    for layer in dissect_packet(packet) {
        out.append(layer_dict(py, &layer)?)?;
    }
    Ok(out)
}

fn layer_dict<'py>(py: Python<'py>, layer: &DissectedLayer) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyList::empty(py);
    for field in &layer.fields {
        let dict = PyDict::new(py);
        dict.set_item("name", field.name)?;
        dict.set_item("value", &field.value)?;
        dict.set_item("offset", field.offset)?;
        dict.set_item("length", field.length)?;
        fields.append(dict)?;
    }
    let dict = PyDict::new(py);
    dict.set_item("name", layer.name)?;
    dict.set_item("offset", layer.offset)?;
    dict.set_item("length", layer.length)?;
    dict.set_item("fields", fields)?;
    dict.set_item("error", &layer.error)?;
    Ok(dict)
}

/// Layers of one packet.
#[pyfunction]
pub(crate) fn dissect<'py>(
    py: Python<'py>,
    data: &[u8],
    link_type: &str,
) -> PyResult<Bound<'py, PyList>> {
    let link_type = self::link_type(link_type)?;
    let wire_len = u32::try_from(data.len())
        .map_err(|_| bad_argument("packet of 4 GiB or more", "Give one packet."))?;
    layers(py, &Packet { time: 0, interface: InterfaceId::default(), link_type, wire_len, data })
}

/// Every protocol that is followed, as a list of dictionaries.
#[pyfunction]
pub(crate) fn protocols(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let out = PyList::empty(py);
    for known in about::known() {
        let dict = PyDict::new(py);
        dict.set_item("name", known.name)?;
        dict.set_item("transports", known.transports)?;
        dict.set_item("table", known.table)?;
        dict.set_item("title", known.about.title)?;
        dict.set_item("extracts", known.about.extracts)?;
        dict.set_item("limits", known.about.limits)?;
        dict.set_item("oddities", known.about.oddities)?;
        out.append(dict)?;
    }
    Ok(out)
}
