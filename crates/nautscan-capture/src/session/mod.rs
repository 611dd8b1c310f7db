//! A source and an engine at work together.

mod copy;
mod filter;
mod live;
mod offline;
mod reorder;
mod ring;

pub use copy::{Copied, CopyError, copy};
pub use live::{Live, LiveConfig, LiveSourceKind, LiveStatus};
pub use offline::{Offline, Step};
pub use ring::{PacketRing, RingEntry};
