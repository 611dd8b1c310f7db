//! Arrow over the C data interface (the PyCapsule protocol): columns change hands without a
//! copy, and without pyarrow.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, RecordBatch, RecordBatchIterator, StructArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, SchemaRef};
use nautscan_core::event::Table;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::error::{bad_argument, engine_error};

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
