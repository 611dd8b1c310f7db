//! One error type for Python, made from each of ours.

use nautscan_capture::CaptureError;
use pyo3::prelude::*;
use pyo3::{PyErr, create_exception};

create_exception!(
    _engine,
    EngineError,
    pyo3::exceptions::PyException,
    "What the engine could not do."
);

/// An `EngineError` with its code, message and remedy.
pub(crate) fn engine_error(code: &str, message: &str, remedy: &str) -> PyErr {
    Python::attach(|py| {
        let error = EngineError::new_err(message.to_owned());
        let value = error.value(py);
        let set = |name, text: &str| value.setattr(name, text);
        match set("code", code).and(set("message", message)).and(set("remedy", remedy)) {
            Ok(()) => error,
            Err(failed) => failed,
        }
    })
}

/// A wrong argument: the caller's fault.
pub(crate) fn bad_argument(message: &str, remedy: &str) -> PyErr {
    engine_error("bad_argument", message, remedy)
}

/// Translates a capture error.
pub(crate) fn from_capture(error: &CaptureError) -> PyErr {
    engine_error(error.code(), &error.to_string(), &error.remedy())
}
