//! A source and an engine at work together.

mod companions;
mod copy;
mod engines;
mod filter;
mod inline;
mod live;
mod meetings;
mod offline;
mod parcel;
mod reorder;
mod ring;
mod sharded;
mod shared;
mod workers;

pub use copy::{Copied, CopyError, copy};
pub use live::{Live, LiveConfig, LiveSourceKind, LiveStatus};
pub use offline::{Offline, Step};
pub use ring::{PacketRing, RingEntry};
use workers::workers_of;
