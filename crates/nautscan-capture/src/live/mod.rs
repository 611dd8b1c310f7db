//! Live capture through libpcap or Npcap.

pub(crate) mod ffi;
mod open;
mod source;
mod wait;

pub use open::{DEFAULT_BUFFER_BYTES, LiveOptions, capture_library, check_filter};
pub use source::{BURST, LiveSource};
pub use wait::Stopper;
