//! Packet sources: capture files, streams of them, and live interfaces.
//!
//! Everything that yields packets is a [`PacketSource`]. Packets are borrowed from the source's
//! own buffer, so that handing one on costs no copy.
//!
//! - [`FileSource`]: one pcap or pcapng file, plain, gzip or zstd, or a pipe carrying one
//! - [`MergedSource`]: many files as one stream in order of time
//! - [`LiveSource`]: interfaces, through libpcap or Npcap loaded at run time
//!
//! [`PcapngWriter`] writes packets to a file that other tools read, [`interfaces`] lists what can
//! be captured on, and [`default_interfaces`] chooses among it.
//!
//! `unsafe` is confined to the files named `ffi`, each block with the reason why it is sound.

#![deny(unsafe_code)]

mod block;
pub mod conntrack;
mod error;
mod file;
mod interface;
mod limits;
mod live;
mod namespace;
#[cfg(unix)]
mod poll_ffi;
pub mod schemas;
pub mod session;
mod source;
mod write;

pub use error::{CaptureError, DamageKind};
pub use file::{CustomBlock, FileSource, MergedSource, NameRecord, Notes, PacketComment, Secret};
pub use interface::{
    CapturePermission, Interface, InterfaceAddress, LinkFacts, LinkKind, Listing, Platform,
    Selection, capture_permission, classify, default_interfaces, default_interfaces_on, interfaces,
};
pub use limits::*;
pub use live::{
    BURST, DEFAULT_BUFFER_BYTES, LiveOptions, LiveSource, OfflineFilter, Stopper, Target,
    capture_library, check_filter,
};
pub use namespace::Namespace;
pub use source::{InterfaceStats, PacketSource, Progress, Pulled, SourceInterface};
pub use write::PcapngWriter;
