//! Live capture through libpcap or Npcap.

pub(crate) mod ffi;
mod offline_filter;
mod open;
mod source;
mod wait;

pub use offline_filter::{OfflineFilter, check_filter};
pub use open::{DEFAULT_BUFFER_BYTES, LiveOptions, capture_library};
pub use source::{BURST, LiveSource, Target};
pub use wait::Stopper;
