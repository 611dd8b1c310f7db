//! A source and an engine at work together.

mod offline;

pub use offline::{Offline, Step};
