//! One packet: link type, bytes beyond the captured ones, captured bytes.

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

use crate::{Scribe, Script};

/// The input of the target `wire`.
#[derive(Debug)]
pub struct WireInput;

impl WireInput {
    /// The packet that the bytes describe.
    pub fn read(bytes: &[u8]) -> Option<Packet<'_>> {
        let mut script = Script::new(bytes);
        let link_type = LinkType(script.word()?);
        let beyond = u32::from(script.word()?);
        let data = script.rest();
        let wire_len = data.len() as u32 + beyond;
        Some(Packet { time: 0, interface: InterfaceId(0), link_type, wire_len, data })
    }

    /// The bytes that describe a packet.
    pub fn write(packet: &Packet<'_>) -> Vec<u8> {
        let mut scribe = Scribe::default();
        scribe.word(packet.link_type.0).word(beyond(packet)).raw(packet.data);
        scribe.into_bytes()
    }
}

/// Bytes of a packet that were not captured, as far as two bytes can say.
pub(crate) fn beyond(packet: &Packet<'_>) -> u16 {
    let beyond = (packet.wire_len as usize).saturating_sub(packet.data.len());
    u16::try_from(beyond).unwrap_or(u16::MAX)
}
