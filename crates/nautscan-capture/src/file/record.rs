//! What the format parsers hand to the reader.

use std::net::IpAddr;

use nautscan_core::packet::LinkType;

use crate::{DamageKind, MAX_MESSAGE_BYTES, MAX_PACKET_BYTES};

/// One packet record: its fields, and where its bytes lie from the start of the parsed data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) time: i64,
    pub(super) interface: u16,
    pub(super) link_type: LinkType,
    pub(super) wire_len: u32,
    /// Positions fit: a window holds one record and what else its buffer has room for.
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Outcome of looking at the next bytes of a capture.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A packet, and the bytes its record takes.
    Packet(Record, usize),
    /// Something other than a packet, of this many bytes, was taken in.
    Other(usize),
    /// Nothing of interest for this many bytes, which need not be at hand.
    Skip(u64),
    /// At least this many bytes must be at hand; always more than there are.
    Need(usize),
}

/// The capture contradicts its format here.
#[derive(Debug, Clone)]
pub(super) struct Damage {
    pub(super) kind: DamageKind,
    pub(super) what: String,
}

impl Damage {
    #[cold]
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self { kind: DamageKind::Corrupt, what: what.into() }
    }
}

/// Longest packet believable for a link type.
pub(super) fn max_packet(link_type: LinkType) -> u32 {
    match link_type.0 {
        // USB_LINUX, USB_LINUX_MMAPPED, DBUS, USBPCAP, USB_DARWIN, EBHSCR: whole transfers.
        189 | 220 | 231 | 249 | 266 | 279 => MAX_MESSAGE_BYTES,
        _ => MAX_PACKET_BYTES,
    }
}

/// A comment on one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketComment {
    /// Number of the packet in its file, from 1.
    pub packet: u64,
    /// The comment.
    pub text: String,
}

/// An address and a name that the capturing host had for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRecord {
    /// The address.
    pub address: IpAddr,
    /// The name.
    pub name: String,
}

/// Decryption secrets embedded in a pcapng file.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Kind as registered: `0x544c534b` is a TLS key log, `0x5353484b` SSH, `0x57474b4c` WireGuard.
    pub kind: u32,
    /// The secrets as stored.
    pub data: Vec<u8>,
}

impl Secret {
    /// TLS key log in NSS format.
    pub const TLS_KEY_LOG: u32 = 0x544c_534b;
}

impl std::fmt::Debug for Secret {
    /// Names kind and length only, so that secrets do not end up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret(kind {:#x}, {} bytes)", self.kind, self.data.len())
    }
}

/// A pcapng block that others have defined and that may be copied into another file.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomBlock {
    /// Private enterprise number of who defined it (IANA).
    pub enterprise: u32,
    /// Their data, options included, as stored in a little-endian section.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for CustomBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CustomBlock(enterprise {}, {} bytes)", self.enterprise, self.data.len())
    }
}

/// What a file says besides its packets, and what was odd about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Comments on sections and interfaces, in order.
    pub comments: Vec<String>,
    /// Comments on packets, in order.
    pub packet_comments: Vec<PacketComment>,
    /// Comments beyond [`crate::MAX_COMMENTS`], not kept.
    pub comments_dropped: u64,
    /// Names from name resolution blocks.
    pub names: Vec<NameRecord>,
    /// Names beyond [`crate::MAX_NAME_RECORDS`], not kept.
    pub names_dropped: u64,
    /// Decryption secrets.
    pub secrets: Vec<Secret>,
    /// Secrets beyond [`crate::MAX_SECRET_BYTES`], not kept.
    pub secrets_dropped: u64,
    /// Custom blocks that may be copied.
    pub custom: Vec<CustomBlock>,
    /// Custom blocks beyond [`crate::MAX_CUSTOM_BYTES`], or of a big-endian section, not kept.
    pub custom_dropped: u64,
    /// pcapng sections.
    pub sections: u64,
    /// Blocks of a kind that holds nothing for us, custom blocks included.
    pub skipped_blocks: u64,
    /// Packets captured longer than they claim to have been on the wire.
    pub longer_than_wire: u64,
    /// Packets stored without a time (pcapng simple packets), given the time of the packet
    /// before them.
    pub untimed: u64,
    /// Times outside the range of nanoseconds since 1970 in 64 bits, held at its ends.
    pub times_out_of_range: u64,
    /// Packets that came behind a later one and were put in their place.
    pub reordered: u64,
    /// Packets handed on before all that may be earlier were read, because
    /// [`crate::REORDER_PACKETS`] or [`crate::REORDER_BYTES`] were held.
    pub reorder_full: u64,
    /// Times that a packet was handed on after a later one: the clock was set back, or the packet
    /// lay further back than is looked.
    pub time_went_back: u64,
    /// Options that contradict their format and were left out.
    pub bad_options: u64,
    /// Texts (comments, names, filters) longer than [`crate::MAX_OPTION_TEXT`], cut.
    pub texts_cut: u64,
}

impl Notes {
    /// Everything counted, by name.
    pub fn counts(&self) -> [(&'static str, u64); 14] {
        [
            ("sections", self.sections),
            ("skipped_blocks", self.skipped_blocks),
            ("reordered", self.reordered),
            ("reorder_full", self.reorder_full),
            ("time_went_back", self.time_went_back),
            ("times_out_of_range", self.times_out_of_range),
            ("untimed", self.untimed),
            ("longer_than_wire", self.longer_than_wire),
            ("bad_options", self.bad_options),
            ("texts_cut", self.texts_cut),
            ("comments_dropped", self.comments_dropped),
            ("names_dropped", self.names_dropped),
            ("secrets_dropped", self.secrets_dropped),
            ("custom_dropped", self.custom_dropped),
        ]
    }
}
