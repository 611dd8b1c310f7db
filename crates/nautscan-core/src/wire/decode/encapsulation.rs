//! From a packet to the one inside it. Everything here is out of line: few packets come by.

use super::{Network, Trace, Transport, Walk};
use crate::limits::ENCAPSULATING_HEADERS;
use crate::wire::encap::{
    Fault, Inner, Read, Shell, geneve, gre, gtp, l2tp, llc, mpls, nsh, ppp, teredo, vxlan,
};
use crate::wire::ethernet::{self, ethertype};
use crate::wire::tunnel::Kind;
use crate::wire::{Layer, Reason, Stop, Tunnel, protocol};

/// Length of an EtherIP header: version 3 and reserved bits.
const ETHER_IP: [u8; 2] = [0x30, 0x00];

impl<'a, T: Trace> Walk<'_, 'a, T> {
    /// Reads a header of `layer` at `offset` and goes on with what it announces.
    #[cold]
    #[inline(never)]
    pub(super) fn enter(&mut self, layer: Layer, offset: usize, read: Read) -> Result<(), Stop> {
        let shell = self.open(layer, offset, read)?;
        self.inner(shell.inner, layer, offset + shell.len)
    }

    /// Reads a header and steps into what it bounds.
    fn open(&mut self, layer: Layer, offset: usize, read: Read) -> Result<Shell, Stop> {
        let shell = read(self.from(offset)).map_err(|fault| self.fault(layer, offset, fault))?;
        self.headers += 1;
        if self.headers > ENCAPSULATING_HEADERS || !self.push(shell.kind, shell.id) {
            return Err(self.fault(layer, offset, Fault::TooDeep));
        }
        self.trace.header(layer, offset, shell.len);
        if let Some(room) = shell.room {
            self.bound(offset + shell.len + room);
        }
        Ok(shell)
    }

    /// Notes an encapsulation; false if there are too many.
    fn push(&mut self, kind: Option<Kind>, id: Option<u32>) -> bool {
        let Some(kind) = kind else { return true };
        self.out.tunnel.get_or_insert_default().push(kind, id)
    }

    /// What a header of `layer` announces at `offset`.
    #[cold]
    #[inline(never)]
    pub(super) fn inner(&mut self, inner: Inner, layer: Layer, offset: usize) -> Result<(), Stop> {
        match inner {
            Inner::Ethernet => self.ethernet(offset),
            // Only in an Ethernet header can it be a length.
            Inner::EtherType(kind) if kind > ethernet::MAX_LENGTH => self.ethertype(kind, offset),
            Inner::EtherType(kind) => self.inner(Inner::Other(u32::from(kind)), layer, offset),
            Inner::Ip => self.raw_ip(offset),
            Inner::Ppp => self.enter(Layer::Ppp, offset, ppp::read),
            Inner::Llc => self.enter(Layer::Llc, offset, llc::read),
            Inner::Nsh => self.enter(Layer::Nsh, offset, nsh::read),
            Inner::Mpls => self.enter(Layer::Mpls, offset, mpls::read),
            Inner::Labelled => self.labelled(offset),
            Inner::Erspan2 => self.enter(Layer::Erspan, offset, gre::read_erspan_2),
            Inner::Erspan3 => self.enter(Layer::Erspan, offset, gre::read_erspan_3),
            Inner::Wlan { aligned } => self.wlan(offset, aligned),
            Inner::Link(link_type) => self.rare_link(link_type, offset),
            Inner::Other(kind) => Err(Stop {
                layer,
                offset: offset.min(self.data.len()),
                reason: Reason::NotDecoded { kind },
            }),
        }
    }

    /// What stands below an MPLS label stack.
    fn labelled(&mut self, offset: usize) -> Result<(), Stop> {
        let room = self.wire_len.saturating_sub(offset);
        let (control, inner) = mpls::below(self.from(offset), room)
            .map_err(|fault| self.fault(Layer::Mpls, offset, fault))?;
        if control > 0 {
            self.trace.header(Layer::ControlWord, offset, control);
        }
        self.inner(inner, Layer::Mpls, offset + control)
    }

    /// The payload of an IP packet of a type without ports: another packet, or none that is
    /// decoded.
    #[cold]
    #[inline(never)]
    pub(super) fn ip_carries(&mut self, kind: u8, offset: usize, end: usize) -> Result<(), Stop> {
        let Some(outer) = self.out.network else { return Ok(()) };
        let (is_v6, protocol) = (outer.source.is_v6(), kind);
        match protocol {
            protocol::IPV4 | protocol::IPV6 => self.within(outer, end, |walk| {
                let (kind, inner) = match (is_v6, protocol == protocol::IPV6) {
                    (false, false) => (Kind::IpIp, ethertype::IPV4),
                    (false, true) => (Kind::SixInFour, ethertype::IPV6),
                    (true, false) => (Kind::FourInSix, ethertype::IPV4),
                    (true, true) => (Kind::SixInSix, ethertype::IPV6),
                };
                walk.bare(kind, Inner::EtherType(inner), offset)
            }),
            protocol::GRE => {
                self.within(outer, end, |walk| walk.enter(Layer::Gre, offset, gre::read))
            }
            protocol::MPLS => {
                self.within(outer, end, |walk| walk.enter(Layer::Mpls, offset, mpls::read))
            }
            protocol::ETHERNET if is_v6 => self
                .within(outer, end, |walk| walk.bare(Kind::SegmentRouted, Inner::Ethernet, offset)),
            protocol::ETHER_IP => self.within(outer, end, |walk| {
                walk.enter(Layer::EtherIp, offset, |bytes| match bytes.first_chunk::<2>() {
                    Some(&ETHER_IP) => {
                        Ok(Shell::new(2, Inner::Ethernet).tunnel(Kind::EtherIp, None))
                    }
                    Some(_) => Err(Fault::Invalid("version is not 3")),
                    None => Err(Fault::Short(2)),
                })
            }),
            _ => Ok(()),
        }
    }

    /// An encapsulation that has no header of its own.
    fn bare(&mut self, kind: Kind, inner: Inner, offset: usize) -> Result<(), Stop> {
        self.headers += 1;
        if self.headers > ENCAPSULATING_HEADERS || !self.push(Some(kind), None) {
            return Err(self.fault(Layer::Link, offset, Fault::TooDeep));
        }
        self.inner(inner, Layer::Link, offset)
    }

    /// Goes on inside the packet `outer`, which ends at `end`. If no IP packet is found there,
    /// everything but the reason is as if nobody had looked.
    fn within(
        &mut self,
        outer: Network,
        end: usize,
        walk: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let before = (self.data, self.wire_len, *self.out);
        self.bound(end);
        self.out.network = None;
        self.out.transport = None;
        let tunnel = self.out.tunnel.get_or_insert_with(Tunnel::default);
        tunnel.outer.get_or_insert((outer.source, outer.destination));
        let result = walk(self);
        if self.out.network.is_none() {
            (self.data, self.wire_len, *self.out) = before;
        }
        result
    }

    /// Looks for a tunnel in the payload of a UDP datagram, at `offset`.
    #[inline]
    pub(super) fn udp_payload(&mut self, offset: usize) -> Result<(), Stop> {
        let Some(Transport::Udp { source_port, destination_port }) = self.out.transport else {
            return Ok(());
        };
        if is_tunnel_port(source_port)
            || is_tunnel_port(destination_port)
            || matches!(self.out.payload, [8, 0, 0, 0, ..])
            || teredo::is_beyond_doubt(self.out.payload, self.out.payload_len)
        {
            return self.udp_carries(source_port, destination_port, offset);
        }
        Ok(())
    }

    /// A datagram that may carry a packet. It is believed to if its header is well-formed and
    /// what follows begins as announced; otherwise it is a datagram like others.
    #[cold]
    #[inline(never)]
    fn udp_carries(&mut self, source: u16, destination: u16, offset: usize) -> Result<(), Stop> {
        let (payload, stated) = (self.out.payload, self.out.payload_len);
        let (layer, read): (Layer, Read) = match (source, destination) {
            (_, vxlan::PORT | vxlan::PORT_LINUX | vxlan::PORT_GPE) => (Layer::Vxlan, vxlan::read),
            (_, geneve::PORT) => (Layer::Geneve, geneve::read),
            (gtp::PORT, _) | (_, gtp::PORT) => (Layer::Gtp, gtp::read),
            (l2tp::PORT, _) | (_, l2tp::PORT) => (Layer::L2tp, l2tp::read),
            (teredo::PORT, _) | (_, teredo::PORT) => (Layer::Teredo, teredo::read),
            _ if vxlan::is_beyond_doubt(payload, stated) => (Layer::Vxlan, vxlan::read),
            _ if teredo::is_beyond_doubt(payload, stated) => (Layer::Teredo, teredo::read),
            _ => return Ok(()),
        };
        let Some(outer) = self.out.network else { return Ok(()) };
        let is_cut = payload.len() < stated;
        match read(payload) {
            Ok(shell) if begins_as(shell.inner, &payload[shell.len..], is_cut) => {}
            Err(Fault::Short(_)) if is_cut => {}
            _ => return Ok(()),
        }
        self.within(outer, offset + stated, |walk| walk.enter(layer, offset, read))
    }
}

/// Whether datagrams to or from `port` are looked into.
#[inline]
fn is_tunnel_port(port: u16) -> bool {
    matches!(
        port,
        vxlan::PORT
            | vxlan::PORT_LINUX
            | vxlan::PORT_GPE
            | geneve::PORT
            | gtp::PORT
            | l2tp::PORT
            | teredo::PORT
    )
}

/// Whether `bytes` begin as what was announced; `is_cut`: more of them were on the wire.
fn begins_as(inner: Inner, bytes: &[u8], is_cut: bool) -> bool {
    let version = bytes.first().map(|byte| byte >> 4);
    match inner {
        Inner::Ethernet | Inner::EtherType(ethertype::BRIDGED) => {
            mpls::looks_like_ethernet(bytes) || is_cut && bytes.len() < ethernet::LEN
        }
        Inner::EtherType(ethertype::IPV4) => version.map_or(is_cut, |version| version == 4),
        Inner::EtherType(ethertype::IPV6) => version.map_or(is_cut, |version| version == 6),
        Inner::Ip => version.map_or(is_cut, |version| version == 4 || version == 6),
        Inner::Other(_) => false,
        _ => true,
    }
}
