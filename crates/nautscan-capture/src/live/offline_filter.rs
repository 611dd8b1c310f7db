//! Filters of the kernel's kind on packets that come from elsewhere.

use nautscan_core::packet::{LinkType, Packet};

use super::ffi::{Api, Handle, Program};
use super::open::{check_length, clamp};
use crate::{CaptureError, MAX_PACKET_BYTES};

/// A BPF filter for packets of one link type, run in this process.
pub struct OfflineFilter {
    program: Program,
    link_type: LinkType,
}

impl OfflineFilter {
    /// Compiles a filter. libpcap does not say where in the text an error is, so there is only
    /// its message. `snaplen` is that of the capture; 0 stands for the largest.
    pub fn compile(text: &str, link_type: LinkType, snaplen: u32) -> Result<Self, CaptureError> {
        check_length(text)?;
        let api = Api::get()?;
        let bad = |message| CaptureError::BadFilter {
            filter: text.to_owned(),
            message,
            context: context(link_type),
        };
        // A filter answers with the bytes to keep, at most this many, and 0 means no match.
        let snaplen = if snaplen == 0 { MAX_PACKET_BYTES } else { snaplen };
        let mut handle = Handle::dead(api, link_type, clamp(snaplen))
            .ok_or_else(|| bad("the filter compiler is out of memory".to_owned()))?;
        Ok(Self { program: handle.compile(text).map_err(bad)?, link_type })
    }

    /// Whether the filter accepts a packet. One of another link type is never accepted, since
    /// the filter would read the wrong bytes.
    #[inline]
    pub fn matches(&self, packet: &Packet<'_>) -> bool {
        packet.link_type == self.link_type && self.program.matches(packet.wire_len, packet.data)
    }
}

/// Compiles a BPF filter for packets of a link type, without capturing.
pub fn check_filter(filter: &str, link_type: LinkType, snaplen: u32) -> Result<(), CaptureError> {
    OfflineFilter::compile(filter, link_type, snaplen).map(drop)
}

fn context(link_type: LinkType) -> String {
    match link_type.name() {
        Some(name) => format!("for packets of type {name}"),
        None => format!("for packets of link type {}", link_type.0),
    }
}
