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
    pub(super) start: usize,
    pub(super) len: usize,
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
    /// Options that contradict their format and were left out.
    pub bad_options: u64,
}
