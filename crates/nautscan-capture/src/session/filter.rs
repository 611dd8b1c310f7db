//! One filter for a source of many link types.

use nautscan_core::packet::{LinkType, Packet};

use crate::{CaptureError, MAX_PACKET_BYTES, OfflineFilter, SourceInterface};

/// A filter text, compiled for each link type that the source's interfaces have.
///
/// Invariant: `of_interface` has, for each interface admitted, its index in `compiled`.
pub(super) struct SourceFilter {
    text: String,
    compiled: Vec<(LinkType, OfflineFilter)>,
    of_interface: Vec<usize>,
    rejected: u64,
}

impl SourceFilter {
    /// A filter that nothing is compiled of yet; `None` for a text that accepts everything.
    pub(super) fn new(text: Option<String>) -> Option<Self> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(Self { text, compiled: Vec::new(), of_interface: Vec::new(), rejected: 0 })
    }

    /// Compiles for packets of a link type, unless that was done; gives the index in `compiled`.
    pub(super) fn compile(&mut self, link_type: LinkType) -> Result<usize, CaptureError> {
        if let Some(index) = self.compiled.iter().position(|(known, _)| *known == link_type) {
            return Ok(index);
        }
        // What a filter accepts does not depend on the snapshot length, only how much it keeps.
        let filter = OfflineFilter::compile(&self.text, link_type, MAX_PACKET_BYTES)?;
        self.compiled.push((link_type, filter));
        Ok(self.compiled.len() - 1)
    }

    /// Takes note of the next interface of the source.
    pub(super) fn admit(&mut self, interface: &SourceInterface) -> Result<(), CaptureError> {
        let index = self.compile(interface.link_type)?;
        self.of_interface.push(index);
        Ok(())
    }

    /// Whether the filter accepts a packet of an admitted interface; counts those it does not.
    #[inline]
    pub(super) fn accepts(&mut self, packet: &Packet<'_>) -> bool {
        let index = self.of_interface.get(usize::from(packet.interface.0));
        let filter = index.and_then(|&index| self.compiled.get(index));
        let accepted = filter.is_some_and(|(_, filter)| filter.matches(packet));
        self.rejected += u64::from(!accepted);
        accepted
    }

    /// Packets that were not accepted.
    pub(super) fn rejected(&self) -> u64 {
        self.rejected
    }
}
