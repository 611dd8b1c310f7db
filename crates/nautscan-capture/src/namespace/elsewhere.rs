//! Systems without network namespaces: nothing can be entered, and that is said.

use super::check_id;
use crate::{CaptureError, Interface};

/// Never made here.
#[derive(Debug)]
pub struct Namespace(std::convert::Infallible);

impl Namespace {
    /// Always an error.
    pub fn of_container(pid: u32, container: &str) -> Result<Self, CaptureError> {
        check_id(pid, container)?;
        Err(CaptureError::CannotEnter {
            whose: format!("the container {}", &container[..12]),
            detail: "this system has no network namespaces".to_owned(),
        })
    }

    /// See the Linux one.
    pub fn is_own(&self) -> bool {
        match self.0 {}
    }

    /// See the Linux one.
    pub fn within<T: Send>(&self, _call: impl FnOnce() -> T + Send) -> Result<T, CaptureError> {
        match self.0 {}
    }

    /// See the Linux one.
    pub fn interfaces(&self) -> Result<Vec<Interface>, CaptureError> {
        match self.0 {}
    }
}
