//! Capture files for Python.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nautscan_capture::session::{Offline, Step};
use nautscan_capture::{CaptureError, FileSource, MergedSource};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrow::PyRecordBatch;
use crate::error::{engine_error, from_capture};
use crate::files;
use crate::options::{EngineOptions, tables};
use crate::schemas::PySchemas;

/// How long a stream's read waits before the caller is asked whether to go on.
const STREAM_WAIT: Duration = Duration::from_millis(100);

/// A path, or a file descriptor.
#[derive(FromPyObject)]
pub(crate) enum Origin {
    Descriptor(i32),
    Path(String),
}

/// Capture files through the engine, tables out. One pass, bounded memory.
#[pyclass(name = "Reader", module = "nautscan._engine", frozen)]
pub(crate) struct PyReader(Mutex<Option<Offline>>);

#[pymethods]
impl PyReader {
    #[new]
    #[pyo3(signature = (sources, *, tables=None, filter=None, body_limit=0, headers=true, redact=false, sensor="file", max_flows=1_000_000, batch_rows=65_536, workers=0, protocols=None, schemas=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python constructor")]
    fn new(
        py: Python<'_>,
        sources: Vec<Origin>,
        tables: Option<Vec<String>>,
        filter: Option<String>,
        body_limit: usize,
        headers: bool,
        redact: bool,
        sensor: &str,
        max_flows: usize,
        batch_rows: usize,
        workers: usize,
        protocols: Option<Vec<String>>,
        schemas: Option<PyRef<'_, PySchemas>>,
    ) -> PyResult<Self> {
        let names = tables.unwrap_or_else(|| vec!["requests".to_owned(), "flows".to_owned()]);
        let tables = self::tables(&names)?;
        let options = EngineOptions {
            tables,
            body_limit,
            headers,
            redact,
            sensor: sensor.to_owned(),
            max_flows,
            batch_rows,
            schemas: schemas.map(|schemas| Arc::clone(&schemas.found)),
            protocols,
        };
        let config = options.config()?;
        let offline = py.detach(|| Offline::new(open(sources)?, config, filter, workers));
        Ok(Self(Mutex::new(Some(offline.map_err(|error| from_capture(&error))?))))
    }

    /// The next batch; None at the end (then `ended`) or after `timeout_ms`.
    #[pyo3(signature = (timeout_ms=None))]
    fn next(
        &self,
        py: Python<'_>,
        timeout_ms: Option<u64>,
    ) -> PyResult<Option<(&'static str, PyRecordBatch)>> {
        loop {
            // In slices, so that Ctrl-C is noticed while a stream is quiet or a file is long.
            let wait = Duration::from_millis(timeout_ms.unwrap_or(250));
            let step = py.detach(|| self.with(|offline| offline.next(Some(wait))))?;
            match step.map_err(|error| from_capture(&error))? {
                Step::Batch(table, batch) => return Ok(Some((table.name(), PyRecordBatch(batch)))),
                Step::End => return Ok(None),
                Step::Idle if timeout_ms.is_some() => return Ok(None),
                Step::Idle => py.check_signals()?,
            }
        }
    }

    /// Whether all was read and handed out.
    #[getter]
    fn ended(&self) -> PyResult<bool> {
        self.with(|offline| offline.is_ended())
    }

    /// Bytes read and bytes in all.
    fn progress(&self) -> PyResult<(u64, Option<u64>)> {
        self.with(|offline| {
            let progress = offline.progress();
            (progress.bytes_done, progress.bytes_total)
        })
    }

    /// Totals so far.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (totals, filtered_out, warnings, damaged) = self.with(|offline| {
            (offline.totals(), offline.filtered_out(), offline.warnings(), offline.is_damaged())
        })?;
        let dict = PyDict::new(py);
        dict.set_item("packets", totals.packets)?;
        dict.set_item("bytes", totals.bytes)?;
        dict.set_item("flows", totals.flows)?;
        dict.set_item("requests", totals.requests)?;
        dict.set_item("parse_errors", totals.parse_errors)?;
        dict.set_item("gaps", totals.gaps)?;
        dict.set_item("gap_bytes", totals.gap_bytes)?;
        dict.set_item("first_time", totals.first_time)?;
        dict.set_item("last_time", totals.last_time)?;
        dict.set_item("decode_errors", totals.decode_errors)?;
        dict.set_item("truncated", totals.truncated)?;
        dict.set_item("not_ip", totals.not_ip)?;
        dict.set_item("unattributed", totals.unattributed)?;
        dict.set_item("datagrams_incomplete", totals.datagrams_incomplete)?;
        dict.set_item("too_deep", totals.too_deep)?;
        dict.set_item("aggregated_skipped", totals.aggregated_skipped)?;
        dict.set_item("fragments", totals.fragments)?;
        dict.set_item("duplicates", totals.duplicates)?;
        dict.set_item("opaque_bytes", totals.opaque_bytes)?;
        dict.set_item("evicted", totals.evicted)?;
        dict.set_item("time_clamped", totals.time_clamped)?;
        dict.set_item("input", self.with(|offline| files::counts(py, offline))??)?;
        dict.set_item("filtered_out", filtered_out)?;
        dict.set_item("warnings", warnings)?;
        dict.set_item("damaged", damaged)?;
        Ok(dict)
    }

    /// What each file says besides packets.
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.with(|offline| {
            let told = offline.notes();
            told.iter().map(|(file, notes)| files::notes_dict(py, file, notes)).collect()
        })?
    }

    /// Interfaces that the files describe.
    fn interfaces<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.with(|offline| {
            let (interfaces, stats) = offline.interfaces();
            let described = interfaces.iter().enumerate().map(|(index, interface)| {
                let stats = stats.iter().find(|stats| stats.interface == index);
                files::interface_dict(py, interface, stats)
            });
            described.collect()
        })?
    }

    /// Ends reading; later calls raise `closed`.
    fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl PyReader {
    fn with<T>(&self, use_it: impl FnOnce(&mut Offline) -> T) -> PyResult<T> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match guard.as_mut() {
            Some(offline) => Ok(use_it(offline)),
            None => Err(engine_error("closed", "this reader was closed", "Open the files again.")),
        }
    }
}

pub(crate) fn open(sources: Vec<Origin>) -> Result<MergedSource, CaptureError> {
    let (mut paths, mut streams) = (Vec::new(), Vec::new());
    for source in sources {
        match source {
            Origin::Path(path) if path == "-" => streams.push(FileSource::stdin(STREAM_WAIT)?),
            Origin::Path(path) => paths.push(path),
            Origin::Descriptor(fd) => {
                streams.push(FileSource::from_raw_fd(fd, &format!("descriptor {fd}"), STREAM_WAIT)?)
            }
        }
    }
    MergedSource::open_with(&paths, streams)
}
