//! Bytes to headers: one file a protocol layer.
//!
//! A layer is a checked view: `new_checked` proves that every header byte is there, the
//! accessors cannot fail after it. Offsets are named once, beside their view. [`decode`] walks
//! the layers of a packet and keeps what parsed, with the reason why it stopped.

pub mod arp;
mod beginning;
mod decode;
pub mod dissect;
pub mod encap;
mod error;
pub mod ethernet;
mod hardware;
pub mod icmp;
mod ip;
pub mod ipv4;
pub mod ipv6;
pub mod linux_sll;
pub mod null;
mod shard;
pub mod tcp;
mod tunnel;
pub mod udp;

pub use beginning::{Beginning, hop_limit};
pub use decode::{
    Decoded, Fragment, Network, Step, Transport, decode, decode_datagram, decode_steps,
};
pub use error::{Layer, Reason, Stop};
pub use hardware::{Mac, Stations};
pub use ip::{Address, protocol};
pub use shard::Shard;
pub use tunnel::{Kind, Tunnel};

/// Big-endian u16 at `at`; the caller has checked the bounds.
#[inline(always)]
pub(crate) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Big-endian u32 at `at`; the caller has checked the bounds.
#[inline(always)]
pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
