//! Conversations: who talks to whom, since when, how much.

mod community_id;
mod key;
mod lone;
mod macs;
mod nat;
mod table;

pub use community_id::{CommunityId, community_id};
pub(crate) use key::ports as key_ports;
pub use key::{Endpoints, FlowKey};
pub use lone::LoneSyn;
pub use macs::Macs;
pub use nat::{End, Leg, Nat, Translated};
pub use table::FlowTable;

use crate::event::{Handshake, Summary, summary_memory};
use crate::packet::InterfaceId;
use crate::proto::icmp::Icmp;
use crate::proto::{App, Close, Side, datagram};
use crate::stream::Connection;
use crate::wire::{Address, Decoded, Tunnel, protocol};

const SECOND: i64 = 1_000_000_000;

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// No TCP: packets were seen. TCP: first seen in the middle.
    #[default]
    Active,
    /// A SYN was seen, no answer.
    SynSent,
    /// Both sides have spoken.
    Established,
    /// One side has sent FIN.
    Closing,
    /// Both have.
    Closed,
    /// RST.
    Reset,
}

impl State {
    /// The value of the `state` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::SynSent => "syn_sent",
            Self::Established => "established",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Reset => "reset",
        }
    }

    /// How long a flow in this state may be silent before it is taken out of the table. Open
    /// TCP connections may idle for hours; the table's cap bounds what that costs.
    fn timeout(self, transport: u8) -> i64 {
        match (transport, self) {
            (protocol::TCP, Self::SynSent) => 120 * SECOND,
            // A share of TIME_WAIT, for last acknowledgements and stray retransmissions.
            (protocol::TCP, Self::Closed | Self::Reset) => 15 * SECOND,
            (protocol::TCP, Self::Closing) => 300 * SECOND,
            (protocol::TCP, _) => 4 * 3600 * SECOND,
            (protocol::UDP, _) => 120 * SECOND,
            _ => 60 * SECOND,
        }
    }
}

/// What one side of a flow has sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, link-layer header included.
    pub bytes: u64,
    /// Bytes of transport payload on the wire, retransmissions included.
    pub payload: u64,
}

/// One conversation. Kept small: there may be a million of them.
#[derive(Debug)]
pub struct Flow {
    /// Addresses, ports and protocol in canonical order.
    pub key: FlowKey,
    /// Whether the client is the key's lower endpoint.
    pub client_is_low: bool,
    /// See [`State`].
    pub state: State,
    /// Set when the conversation is over and only stragglers are awaited.
    pub ended: Option<Close>,
    /// First capture interface that saw it.
    pub interface: InterfaceId,
    /// Innermost VLAN identifier of its first packet.
    pub vlan: Option<u16>,
    /// What few flows have.
    pub rare: Option<Box<Rare>>,
    /// Unique within an engine.
    pub id: u64,
    /// Time of its first packet.
    pub first_time: i64,
    /// Time of its latest packet.
    pub last_time: i64,
    /// What each side has sent, by [`Side::index`].
    pub sent: [Sent; 2],
    /// Packets that were further sightings of one already counted.
    pub duplicates: u64,
    /// Rows of `requests` that came out of it.
    pub requests: u64,
    /// Last time a row of `flows` was written for it; `i64::MIN`: never.
    pub reported: i64,
    /// Name of the application protocol, once it is known; where it stands, to keep this small.
    pub protocol: Option<&'static &'static str>,
    /// TCP state; `None` for other transports, and while there is no more than `lone`.
    pub tcp: Option<Box<TcpFlow>>,
    /// What UDP flows of a known protocol have; `None` for others.
    pub udp: Option<Box<UdpFlow>>,
    /// Datagrams of which the protocol was sought in vain.
    pub unrecognised: u8,
    /// The client's SYN, where nothing came after it. Most flows of a scan or a flood are no more.
    pub lone: Option<Box<LoneSyn>>,
    /// Hardware addresses of its first packet's frame.
    pub macs: Macs,
}

/// What few flows have; each in a box of its own, since hardly any has both.
#[derive(Debug, Default)]
pub struct Rare {
    /// What carried its first packet that was seen in a tunnel.
    carrier: Option<Box<Carrier>>,
    /// Its addresses, where they are translated on its way.
    nat: Option<Box<Nat>>,
    /// What was seen of its TLS handshake.
    handshake: Option<Box<Handshake>>,
    /// What its protocol says of itself.
    summary: Option<Box<Summary>>,
    /// What its messages of ICMP come to.
    icmp: Option<Box<Icmp>>,
    /// Number of the announcement that it is the connection of.
    announced: Option<u64>,
}

/// The tunnel of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Carrier {
    /// Encapsulations of the packet that it was learned from.
    pub tunnel: Tunnel,
    /// Whether that packet came from the flow key's lower endpoint.
    source_is_low: bool,
}

impl Carrier {
    /// The tunnel of a packet, if it came in one.
    #[inline]
    pub fn of(decoded: &Decoded<'_>, source_is_low: bool) -> Option<Box<Self>> {
        decoded.tunnel.map(|tunnel| Box::new(Self { tunnel, source_is_low }))
    }

    /// Outermost IP addresses on the client's and on the server's side.
    pub fn ends(&self, client_is_low: bool) -> Option<(Address, Address)> {
        let (source, destination) = self.tunnel.outer?;
        let is_from_client = self.source_is_low == client_is_low;
        Some(if is_from_client { (source, destination) } else { (destination, source) })
    }
}

/// What a TCP flow has beyond other flows.
#[derive(Debug, Default)]
pub struct TcpFlow {
    /// Sequence numbers and reassembly.
    pub connection: Connection,
    /// The application protocol.
    pub app: App,
    /// Computed when a row first needs it.
    pub community_id: Option<CommunityId>,
}

impl TcpFlow {
    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.connection.memory() + self.app.memory()
    }
}

/// What a UDP flow has beyond other flows, once its protocol is known.
#[derive(Debug)]
pub struct UdpFlow {
    /// The application protocol.
    pub app: datagram::App,
    /// Computed when a row first needs it.
    pub community_id: Option<CommunityId>,
}

impl UdpFlow {
    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.app.memory()
    }
}

impl Rare {
    /// Bytes that it holds, itself included.
    fn memory(&self) -> usize {
        size_of::<Self>()
            + self.carrier.as_deref().map_or(0, size_of_val)
            + self.nat.as_deref().map_or(0, Nat::memory)
            + self.handshake.as_deref().map_or(0, Handshake::memory)
            + self.summary.as_deref().map_or(0, summary_memory)
            + self.icmp.as_deref().map_or(0, Icmp::memory)
    }
}

impl Flow {
    /// Which side the sender of a packet with these `endpoints` is.
    #[inline]
    pub fn side(&self, source_is_low: bool) -> Side {
        if source_is_low == self.client_is_low { Side::Client } else { Side::Server }
    }

    /// Client and server as the table shows them; where addresses are translated on the way, the
    /// true ones.
    #[inline]
    pub fn endpoints(&self) -> Endpoints {
        match self.nat() {
            None => self.key.endpoints(self.client_is_low),
            Some(nat) => nat.ends(self.client_is_low),
        }
    }

    /// Client and server turned out to be the other way round.
    #[cold]
    pub fn swap_roles(&mut self) {
        self.client_is_low = !self.client_is_low;
        self.sent.swap(0, 1);
    }

    /// What was seen of its TLS handshake.
    pub fn handshake(&self) -> Option<&Handshake> {
        self.rare.as_deref()?.handshake.as_deref()
    }

    /// Notes what was seen of its TLS handshake.
    #[cold]
    pub fn set_handshake(&mut self, handshake: Box<Handshake>) {
        self.rare.get_or_insert_default().handshake = Some(handshake);
    }

    /// What its protocol says of itself.
    pub fn summary(&self) -> Option<&Summary> {
        self.rare.as_deref()?.summary.as_deref()
    }

    /// Notes what its protocol says of itself, in place of what it said before.
    #[cold]
    pub fn set_summary(&mut self, summary: Box<Summary>) {
        self.rare.get_or_insert_default().summary = Some(summary);
    }

    /// Number of the announcement that it is the connection of.
    pub fn announced(&self) -> Option<u64> {
        self.rare.as_deref()?.announced
    }

    /// It is the connection of an announcement: what it carries is content, of no protocol.
    #[cold]
    pub fn set_announced(&mut self, number: u64, protocol: &'static &'static str) {
        self.rare.get_or_insert_default().announced = Some(number);
        self.protocol = Some(protocol);
        self.tcp.get_or_insert_default().app = App::content();
    }

    /// Takes a message of ICMP, as far as it was captured. Out of line: most flows have none.
    #[cold]
    #[inline(never)]
    pub fn take_icmp(&mut self, message: &[u8], time: i64) {
        let transport = self.key.protocol();
        let rare = self.rare.get_or_insert_default();
        let icmp = rare.icmp.get_or_insert_with(|| Box::new(Icmp::new(transport)));
        icmp.take(message, time);
        self.protocol = Some(icmp.protocol());
    }

    /// Writes the summary of what gathers facts by itself: asked before a row is made.
    pub fn sum_up(&mut self) {
        if let Some(rare) = self.rare.as_deref_mut()
            && let Some(icmp) = &rare.icmp
        {
            rare.summary = Some(Box::new(icmp.summary()));
        }
    }

    /// The tunnel that it was seen in.
    pub fn carrier(&self) -> Option<&Carrier> {
        self.rare.as_deref()?.carrier.as_deref()
    }

    /// Notes the tunnel of a packet, if it came in one and none is known.
    pub fn set_carrier(&mut self, decoded: &Decoded<'_>, source_is_low: bool) {
        if self.carrier().is_none()
            && let Some(carrier) = Carrier::of(decoded, source_is_low)
        {
            self.rare.get_or_insert_default().carrier = Some(carrier);
        }
    }

    /// Its addresses, where several are known.
    #[inline]
    pub fn nat(&self) -> Option<&Nat> {
        self.rare.as_deref()?.nat.as_deref()
    }

    /// Client's and server's address on the other side of a translation.
    pub fn translated(&self) -> Translated {
        self.nat().map_or((None, None), |nat| nat.translated(self.client_is_low))
    }

    /// Adds addresses under which it goes besides its `own`: the leg that these are of, with whether
    /// the first packet came from the lower endpoint; the other leg with its key; the initial
    /// sequence number of TCP. False: it has too many already.
    pub fn add_leg(
        &mut self,
        own: (Leg, bool),
        other: (Leg, FlowKey),
        sequence: Option<u32>,
    ) -> bool {
        let (leg, source_is_low) = own;
        let leg = Leg { stations: self.macs.stations(source_is_low), ..leg };
        let rare = self.rare.get_or_insert_default();
        let nat = rare.nat.get_or_insert_with(|| Box::new(Nat::new(leg, source_is_low, sequence)));
        if !nat.has_room() {
            return false;
        }
        nat.add(other.0, other.1);
        self.macs = Macs::of(nat.stations(), nat.source_is_low);
        true
    }

    /// Whether it has been silent for longer than its state allows.
    pub fn is_idle(&self, now: i64) -> bool {
        now - self.last_time > self.state.timeout(self.key.protocol())
    }

    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.tcp.as_deref().map_or(0, TcpFlow::memory)
            + self.udp.as_deref().map_or(0, UdpFlow::memory)
            + self.rare.as_deref().map_or(0, Rare::memory)
            + self.lone.as_deref().map_or(0, LoneSyn::memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a million flows cost; raise these knowingly, and `bench/README.md` with them.
    #[test]
    fn flows_are_small() {
        assert!(size_of::<Option<Flow>>() <= 200, "{}", size_of::<Option<Flow>>());
        assert!(size_of::<TcpFlow>() <= 352, "{}", size_of::<TcpFlow>());
        assert!(size_of::<LoneSyn>() <= 40, "{}", size_of::<LoneSyn>());
    }
}
