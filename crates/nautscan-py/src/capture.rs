//! Live capture for Python.

use std::sync::Arc;
use std::time::Duration;

use nautscan_capture::session::{Live, LiveConfig, LiveSourceKind, PacketRing};
use nautscan_capture::{
    FileSource, LiveOptions, LiveSource, PcapngWriter, SourceInterface, Target,
};
use nautscan_core::event::{PacketsBuilder, Table};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::arrow::PyRecordBatch;
use crate::conntrack::PyTranslations;
use crate::error::{bad_argument, engine_error, from_capture};
use crate::inspect;
use crate::namespace::{PyNamespace, target};
use crate::options::EngineOptions;
use crate::schemas::PySchemas;

/// How long the kernel gathers packets: short, because where there are several interfaces an
/// answer may be that far ahead of its question.
const GATHER_MS: u32 = 10;
/// Packets are held this long for those of other interfaces, ns: twice the kernel's block.
const DISORDER: i64 = 25_000_000;
/// How long a stream's read waits before the thread looks at its commands.
const STREAM_WAIT: Duration = Duration::from_millis(50);

/// Interface, stage, name, value.
type PyStat = (Option<String>, &'static str, &'static str, u64);

/// Live capture. A thread of the engine captures; Python takes batches.
#[pyclass(name = "Capture", module = "nautscan._engine", frozen)]
pub(crate) struct PyCapture {
    live: Live,
    sensor: String,
}

#[pymethods]
impl PyCapture {
    #[new]
    #[pyo3(signature = (interfaces, *, inside=Vec::new(), stream=None, stream_name="stdin", filter=None, promiscuous=true, snaplen=262_144, buffer_bytes=33_554_432, ring_bytes=67_108_864, flush_ms=250, body_limit=16_384, headers=true, redact=true, sensor="local", flow_update_s=10, flow_id_base=0, max_flows=1_000_000, max_batches=256, workers=1, translations=None, schemas=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python constructor")]
    fn new(
        py: Python<'_>,
        interfaces: Vec<String>,
        inside: Vec<(String, String, PyRef<'_, PyNamespace>)>,
        stream: Option<i32>,
        stream_name: &str,
        filter: Option<String>,
        promiscuous: bool,
        snaplen: u32,
        buffer_bytes: u32,
        ring_bytes: usize,
        flush_ms: u64,
        body_limit: usize,
        headers: bool,
        redact: bool,
        sensor: &str,
        flow_update_s: i64,
        flow_id_base: u64,
        max_flows: usize,
        max_batches: usize,
        workers: usize,
        translations: Option<PyRef<'_, PyTranslations>>,
        schemas: Option<PyRef<'_, PySchemas>>,
    ) -> PyResult<Self> {
        let tables = vec![Table::Requests, Table::Flows, Table::Names];
        let options = EngineOptions {
            tables,
            body_limit,
            headers,
            redact,
            sensor: sensor.to_owned(),
            max_flows,
            batch_rows: 16_384,
            schemas: schemas.map(|schemas| Arc::clone(&schemas.found)),
            protocols: None,
        };
        let mut engine = options.config()?;
        engine.flow_update =
            (flow_update_s > 0).then(|| flow_update_s.saturating_mul(1_000_000_000));
        engine.flow_id_base = flow_id_base;
        // A file's rows come when it is read; live, what lasts is to be seen while it does.
        engine.settings.growing = true;
        if let Some(told) = translations {
            engine.translations = Arc::clone(&told.found);
        }
        let config = LiveConfig {
            engine,
            ring_bytes,
            flush: Duration::from_millis(flush_ms.max(10)),
            workers,
            max_batches,
            disorder: DISORDER,
        };
        let here = interfaces.iter().map(|name| Target::from(name.as_str()));
        let there =
            inside.iter().map(|(label, device, namespace)| target(label, device, namespace));
        let targets: Vec<Target> = here.chain(there).collect();
        let started = py.detach(|| {
            let source = match stream {
                Some(fd) => {
                    LiveSourceKind::Stream(FileSource::from_raw_fd(fd, stream_name, STREAM_WAIT)?)
                }
                None => {
                    let options = LiveOptions {
                        filter,
                        promiscuous,
                        snaplen,
                        buffer_bytes,
                        timeout_ms: GATHER_MS,
                        ..LiveOptions::default()
                    };
                    LiveSourceKind::Interfaces(LiveSource::open_targets(&targets, options)?)
                }
            };
            Live::start(source, config)
        });
        let live = started.map_err(|error| from_capture(&error))?;
        Ok(Self { live, sensor: sensor.to_owned() })
    }

    /// The next batch, or None after `timeout_ms` or when capture has ended.
    fn next(
        &self,
        py: Python<'_>,
        timeout_ms: u64,
    ) -> PyResult<Option<(&'static str, PyRecordBatch)>> {
        let next = py.detach(|| self.live.next(Duration::from_millis(timeout_ms)));
        Ok(next.map(|(table, batch)| (table.name(), PyRecordBatch(batch))))
    }

    /// State of the capture.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let status = py.detach(|| self.live.status());
        let dict = PyDict::new(py);
        dict.set_item("running", !status.ended)?;
        dict.set_item("ended", status.ended)?;
        let error = status.error.map(|(code, message, remedy)| {
            [("code", code), ("message", message), ("remedy", remedy)]
        });
        dict.set_item(
            "error",
            error.map(|pairs| pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>()),
        )?;
        let interfaces = PyList::empty(py);
        for (index, interface) in status.interfaces.iter().enumerate() {
            let stats = status.stats.iter().find(|stats| stats.interface == index);
            interfaces.append(interface_dict(py, interface, stats)?)?;
        }
        dict.set_item("interfaces", interfaces)?;
        Ok(dict)
    }

    /// Counters as (interface, stage, name, value), cumulative.
    fn stats(&self, py: Python<'_>) -> Vec<PyStat> {
        let stages = py.detach(|| self.live.status().stages);
        stages.into_iter().map(|stat| (stat.interface, stat.stage, stat.name, stat.value)).collect()
    }

    /// Rows of `packets` from the ring.
    #[pyo3(signature = (limit, before=None))]
    fn recent(&self, py: Python<'_>, limit: usize, before: Option<u64>) -> PyResult<PyRecordBatch> {
        let interfaces = self.live.status().interfaces;
        let recent = |ring: &PacketRing| {
            let mut rows = PacketsBuilder::default();
            for entry in ring.recent(limit, before) {
                let packet = ring.packet(entry);
                let interface = name_of(&interfaces, packet.interface.0);
                rows.push(entry.id, entry.flow_id, &packet, &self.sensor, interface);
            }
            rows.finish()
        };
        let batch = py.detach(|| self.live.with_ring(recent));
        Ok(PyRecordBatch(batch))
    }

    /// One packet of the ring.
    fn packet<'py>(&self, py: Python<'py>, id: u64) -> PyResult<Option<Bound<'py, PyDict>>> {
        let interfaces = self.live.status().interfaces;
        self.live.with_ring(|ring| packet_dict(py, ring, id, &interfaces))
    }

    /// pcapng of the ring's packets, or of those named.
    #[pyo3(signature = (ids=None))]
    fn export<'py>(&self, py: Python<'py>, ids: Option<Vec<u64>>) -> PyResult<Bound<'py, PyBytes>> {
        let interfaces = self.live.status().interfaces;
        let write = |ring: &PacketRing| write_pcapng(ring, &interfaces, ids.as_deref());
        let written = py.detach(|| self.live.with_ring(write));
        let bytes = written.map_err(|error| {
            engine_error("capture_failed", &format!("cannot write pcapng: {error}"), "Try again.")
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Begins to capture on another interface; with a namespace, on `device` in it.
    #[pyo3(signature = (name, device=None, namespace=None))]
    fn add_interface(
        &self,
        py: Python<'_>,
        name: &str,
        device: Option<&str>,
        namespace: Option<PyRef<'_, PyNamespace>>,
    ) -> PyResult<()> {
        let wanted = match &namespace {
            Some(namespace) => target(name, device.unwrap_or(name), namespace),
            None => Target::from(name),
        };
        let added = py.detach(|| self.live.add_interface(wanted));
        match added {
            Ok(true) => Ok(()),
            Ok(false) => Err(bad_argument(
                "this capture reads a stream or is over",
                "Start a capture on the interface.",
            )),
            Err(error) => Err(from_capture(&error)),
        }
    }

    /// Ends capture on an interface.
    fn remove_interface(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let removed = py.detach(|| self.live.remove_interface(name));
        removed.map(|_| ()).map_err(|error| from_capture(&error))
    }

    /// Stops capturing. Batches that wait can still be taken.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.live.stop());
    }
}

fn write_pcapng(
    ring: &PacketRing,
    interfaces: &[SourceInterface],
    ids: Option<&[u64]>,
) -> std::io::Result<Vec<u8>> {
    let mut writer = PcapngWriter::new(Vec::new(), None)?;
    for interface in interfaces {
        writer.add_interface(interface)?;
    }
    let all = ring.recent(if ids.is_none() { usize::MAX } else { 0 }, None);
    let named = ids.unwrap_or_default().iter().filter_map(|&id| ring.find(id));
    for entry in all.chain(named) {
        writer.packet(&ring.packet(entry), None)?;
    }
    writer.finish()
}

fn name_of(interfaces: &[SourceInterface], index: u16) -> Option<&str> {
    interfaces.get(usize::from(index))?.name.as_deref()
}

fn interface_dict<'py>(
    py: Python<'py>,
    interface: &SourceInterface,
    stats: Option<&nautscan_capture::InterfaceStats>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &interface.name)?;
    match interface.link_type.name() {
        Some(name) => dict.set_item("link_type", name)?,
        None => dict.set_item("link_type", interface.link_type.0.to_string())?,
    }
    dict.set_item("received", stats.and_then(|stats| stats.received))?;
    dict.set_item("kernel_drops", stats.and_then(|stats| stats.kernel_drops))?;
    dict.set_item("interface_drops", stats.and_then(|stats| stats.interface_drops))?;
    dict.set_item("error", stats.and_then(|stats| stats.error.clone()))?;
    Ok(dict)
}

fn packet_dict<'py>(
    py: Python<'py>,
    ring: &PacketRing,
    id: u64,
    interfaces: &[SourceInterface],
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(entry) = ring.find(id) else { return Ok(None) };
    let packet = ring.packet(entry);
    let dict = PyDict::new(py);
    dict.set_item("id", id)?;
    dict.set_item("time", packet.time)?;
    dict.set_item("interface", name_of(interfaces, packet.interface.0))?;
    match packet.link_type.name() {
        Some(name) => dict.set_item("link_type", name)?,
        None => dict.set_item("link_type", packet.link_type.0.to_string())?,
    }
    dict.set_item("length", packet.wire_len)?;
    dict.set_item("captured_length", packet.data.len())?;
    dict.set_item("bytes", PyBytes::new(py, packet.data))?;
    dict.set_item("layers", inspect::layers(py, &packet)?)?;
    Ok(Some(dict))
}
