//! Arrow over the C data interface (the PyCapsule protocol): columns change hands without a
//! copy, and without pyarrow.

use std::collections::VecDeque;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, RecordBatch, RecordBatchIterator, StructArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, SchemaRef};
use nautscan_core::event::Table;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::error::{bad_argument, engine_error};
use crate::json;

/// Finds a table by name.
pub(crate) fn table(name: &str) -> PyResult<Table> {
    Table::from_name(name).ok_or_else(|| {
        let names = Table::ALL.map(Table::name).join(", ");
        bad_argument(&format!("there is no table `{name}`"), &format!("Name one of: {names}."))
    })
}

fn arrow_error(error: &ArrowError) -> PyErr {
    engine_error("closed", &format!("Arrow: {error}"), "Report this as a fault of NautScan.")
}

fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let exported =
        FFI_ArrowSchema::try_from(schema.as_ref()).map_err(|error| arrow_error(&error))?;
    PyCapsule::new_with_value(py, exported, c"arrow_schema")
}

/// A table's Arrow schema.
#[pyclass(name = "Schema", module = "nautscan._engine", frozen)]
pub(crate) struct PySchema(SchemaRef);

#[pymethods]
impl PySchema {
    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.0)
    }
}

/// Rows of one table.
#[pyclass(name = "RecordBatch", module = "nautscan._engine", frozen)]
pub(crate) struct PyRecordBatch(pub(crate) RecordBatch);

#[pymethods]
impl PyRecordBatch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.0.schema())
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // The protocol allows a producer to leave a requested schema aside.
        let _ = requested_schema;
        let array = FFI_ArrowArray::new(&StructArray::from(self.0.clone()).to_data());
        let capsule = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        Ok((schema_capsule(py, &self.0.schema())?, capsule))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let reader = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// Arrow IPC stream format: schema, this batch, end of stream.
    fn to_ipc<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| ipc_stream(&self.0)).map_err(|error| arrow_error(&error))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

fn ipc_stream(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    writer.into_inner()
}

/// Rows as JSON lines, in pieces: `columns` are pairs of name and kind (see `nautscan.schema`), in
/// the order in which they are written.
#[pyfunction]
pub(crate) fn json_lines(
    rows: &Bound<'_, PyAny>,
    columns: Vec<(String, String)>,
) -> PyResult<PyJsonLines> {
    Ok(PyJsonLines { batches: batches_of(rows)?.into(), row: 0, columns, text: Vec::new() })
}

/// What is left to be written of some rows.
#[pyclass(name = "JsonLines", module = "nautscan._engine")]
pub(crate) struct PyJsonLines {
    batches: VecDeque<RecordBatch>,
    /// The next one of the first batch.
    row: usize,
    columns: Vec<(String, String)>,
    /// The last piece, whose memory the next one takes.
    text: Vec<u8>,
}

#[pymethods]
impl PyJsonLines {
    fn __iter__(lines: PyRef<'_, Self>) -> PyRef<'_, Self> {
        lines
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(piece) = self.piece() else { return Ok(None) };
        self.text.clear();
        let done = py.detach(|| json::lines(&piece, &self.columns, &mut self.text));
        done.map_err(|error| arrow_error(&error))?;
        Ok(Some(PyBytes::new(py, &self.text)))
    }
}

impl PyJsonLines {
    /// The next rows that are written together; the last ones of a batch are fewer.
    fn piece(&mut self) -> Option<RecordBatch> {
        while let Some(batch) = self.batches.front() {
            let count = json::PIECE_ROWS.min(batch.num_rows() - self.row);
            if count > 0 {
                let piece = batch.slice(self.row, count);
                self.row += count;
                return Some(piece);
            }
            self.batches.pop_front();
            self.row = 0;
        }
        None
    }
}

/// The batches of our own object, or of any that speaks the Arrow PyCapsule protocol.
fn batches_of(rows: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    if let Ok(own) = rows.cast::<PyRecordBatch>() {
        return Ok(vec![own.get().0.clone()]);
    }
    if rows.hasattr("__arrow_c_stream__")? {
        return batches_of_stream(rows);
    }
    Ok(vec![batch_of_array(rows)?])
}

fn batches_of_stream(rows: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let capsule = rows.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a valid stream (PyCapsule protocol), whose content
    // is moved out here; what stays behind is marked as released.
    let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr().cast()) };
    let batches = reader.and_then(Iterator::collect::<Result<Vec<_>, _>>);
    batches.map_err(|error| arrow_error(&error))
}

fn batch_of_array(rows: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    type Capsules<'py> = (Bound<'py, PyCapsule>, Bound<'py, PyCapsule>);
    let (schema, array): Capsules<'_> = rows.call_method0("__arrow_c_array__")?.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?;
    let array = array.pointer_checked(Some(c"arrow_array"))?;
    // SAFETY: capsules of these names hold a valid schema and array (PyCapsule protocol). The
    // array is moved out, what stays behind is marked as released; the schema is only read,
    // while its capsule lives.
    let data = unsafe {
        let array = FFI_ArrowArray::from_raw(array.as_ptr().cast());
        from_ffi(array, schema.cast::<FFI_ArrowSchema>().as_ref())
    };
    Ok(RecordBatch::from(StructArray::from(data.map_err(|error| arrow_error(&error))?)))
}

/// One column of a table.
#[pyclass(name = "Column", module = "nautscan._engine", frozen, get_all)]
pub(crate) struct PyColumn {
    name: &'static str,
    r#type: &'static str,
    nullable: bool,
    doc: &'static str,
}

/// The columns of a table in order.
#[pyfunction]
pub(crate) fn columns(table: &str) -> PyResult<Vec<PyColumn>> {
    let columns = self::table(table)?.columns();
    let describe = |column: &nautscan_core::event::Column| PyColumn {
        name: column.name,
        r#type: column.kind.name(),
        nullable: column.nullable,
        doc: column.doc,
    };
    Ok(columns.iter().map(describe).collect())
}

/// Every counter of the `stats` table: stage, name, meaning.
#[pyfunction]
pub(crate) fn counters() -> Vec<(&'static str, &'static str, &'static str)> {
    nautscan_core::event::COUNTERS.to_vec()
}

/// The Arrow schema of a table.
#[pyfunction]
pub(crate) fn schema(table: &str) -> PyResult<PySchema> {
    Ok(PySchema(self::table(table)?.schema()))
}
