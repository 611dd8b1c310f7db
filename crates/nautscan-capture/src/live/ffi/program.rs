//! A compiled filter.

use super::api::{Api, BpfProgram, PacketHeader, TimeVal};

/// A compiled filter: belongs to no handle, and is freed when dropped.
///
/// Invariant: `raw` was filled by `pcap_compile`, and only `pcap_freecode` changes it.
pub(crate) struct Program {
    api: &'static Api,
    raw: BpfProgram,
}

// SAFETY: the instructions are plain memory of the C heap that this value alone points to, and
// libpcap ties them to no thread.
unsafe impl Send for Program {}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: the program was compiled, and is not used after this.
        unsafe { (self.api.freecode)(&mut self.raw) };
    }
}

impl Program {
    /// Takes over a program that `pcap_compile` has filled.
    pub(super) fn own(api: &'static Api, raw: BpfProgram) -> Self {
        Self { api, raw }
    }

    /// For functions that copy the program or attach it elsewhere.
    pub(super) fn raw_mut(&mut self) -> *mut BpfProgram {
        &mut self.raw
    }

    /// Whether the filter accepts a packet of this length on the wire, of which `data` was
    /// captured.
    #[inline]
    pub(crate) fn matches(&self, wire_len: u32, data: &[u8]) -> bool {
        // Filters look at bytes and lengths, never at the time. The header is larger than the
        // struct on macOS, whose further fields no filter reads either.
        let header = PacketHeader {
            time: TimeVal { tv_sec: 0, tv_usec: 0 },
            captured: u32::try_from(data.len()).unwrap_or(u32::MAX),
            on_wire: wire_len,
        };
        // SAFETY: the program was compiled, so pcap_compile has checked that it ends and stays in
        // its memory; the interpreter reads no more than `captured` bytes, which `data` has.
        unsafe { (self.api.offline_filter)(&self.raw, &header, data.as_ptr()) != 0 }
    }
}
