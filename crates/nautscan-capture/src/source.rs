//! What the engine sees of a capture: interfaces, packets, statistics.

use nautscan_core::packet::{LinkType, Packet};

use crate::CaptureError;

/// One interface of a source; `Packet::interface` is its index in [`PacketSource::interfaces`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInterface {
    /// The interface's name; `None` where the capture does not say (pcap files never do).
    pub name: Option<String>,
    /// What the capture says about it.
    pub description: Option<String>,
    /// The capture it belongs to: a path, `stdin`; `None` for a live interface.
    pub origin: Option<String>,
    /// How to read the first byte of its packets.
    pub link_type: LinkType,
    /// Most bytes captured of a packet; 0 means no limit was stated.
    pub snaplen: u32,
    /// Capture filter in force, as stated.
    pub filter: Option<String>,
    /// Length of the frame check sequence at the end of each packet, where stated.
    pub fcs_bytes: Option<u8>,
    /// Speed in bits per second, as stated.
    pub speed: Option<u64>,
    /// The operating system of the machine that captured, as stated.
    pub os: Option<String>,
    /// The interface's hardware, as stated.
    pub hardware: Option<String>,
}

impl SourceInterface {
    /// An interface of which nothing is known but its link type.
    pub fn new(link_type: LinkType) -> Self {
        Self {
            name: None,
            description: None,
            origin: None,
            link_type,
            snaplen: 0,
            filter: None,
            fcs_bytes: None,
            speed: None,
            os: None,
            hardware: None,
        }
    }
}

/// What an interface has counted since the capture began. `None`: the source does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InterfaceStats {
    /// Index in [`PacketSource::interfaces`].
    pub interface: usize,
    /// Packets that reached the capture, dropped ones included where the system counts so. Of the
    /// instant between opening and filtering, those that the filter would refuse are counted too.
    pub received: Option<u64>,
    /// Packets lost because the reader was too slow.
    pub kernel_drops: Option<u64>,
    /// Packets lost by the interface or its driver.
    pub interface_drops: Option<u64>,
    /// Why the interface no longer delivers; `None` while it does.
    pub error: Option<String>,
}

/// Outcome of one pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// This many packets were handed over. May be 0 when only interfaces were added.
    Packets(usize),
    /// Nothing arrived within the source's timeout; more may come.
    Idle,
    /// The source is exhausted or was stopped.
    End,
}

/// How much of the source was read, in bytes as stored (compressed bytes for a compressed file).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Bytes there were when the source was opened; `None` for a stream or live capture.
    pub bytes_total: Option<u64>,
}

/// Something that yields packets.
///
/// Order of calls: read `interfaces()`, `pull`, read `interfaces()` again. A pull never hands
/// over a packet of an interface that was not listed when it was called: it returns early,
/// if need be with `Packets(0)`, when the list has grown.
///
/// An error that [`CaptureError::is_damage`] concerns one file: all packets before it were
/// delivered, and the next pull goes on with what else there is, or says `End`.
pub trait PacketSource: Send {
    /// Interfaces known so far. Entries are only ever appended.
    fn interfaces(&self) -> &[SourceInterface];

    /// Hands at most `max` packets to `each`.
    fn pull(
        &mut self,
        max: usize,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> Result<Pulled, CaptureError>;

    /// Counters of each interface that has any.
    fn stats(&mut self) -> Vec<InterfaceStats>;

    /// How far the source was read.
    fn progress(&self) -> Progress;
}
