//! Link layers, and what EtherTypes name.

use super::{Trace, Walk};
use crate::limits::VLAN_TAGS;
use crate::packet::LinkType;
use crate::wire::encap::{Fault, Inner, Shell, chdlc, frame_relay, nflog, ppp, shim, wlan};
use crate::wire::ethernet::{self, Ethernet, Vlan, ethertype};
use crate::wire::linux_sll::{self, LinuxSll, LinuxSll2};
use crate::wire::{Layer, Reason, Stop, null};

/// Protocol of cooked captures that stands for 802.2 LLC (Linux `ETH_P_802_2`).
const COOKED_LLC: u16 = 0x0004;
/// Length of the header of LINKTYPE_SLIP: direction and 15 bytes of a compressed header.
const SLIP_LEN: usize = 16;

impl<'a, T: Trace> Walk<'_, 'a, T> {
    #[inline]
    pub(super) fn link(&mut self, link_type: LinkType) -> Result<(), Stop> {
        match link_type {
            LinkType::ETHERNET => self.ethernet(0),
            LinkType::LINUX_SLL => {
                let view = LinuxSll::new_checked(self.data)
                    .ok_or_else(|| self.short(Layer::LinuxSll, 0, linux_sll::LEN))?;
                self.out.point = u32::from(view.packet_type()) + 1;
                self.trace.header(Layer::LinuxSll, 0, linux_sll::LEN);
                self.cooked(view.ethertype(), linux_sll::LEN)
            }
            LinkType::LINUX_SLL2 => {
                let view = LinuxSll2::new_checked(self.data)
                    .ok_or_else(|| self.short(Layer::LinuxSll2, 0, linux_sll::LEN_V2))?;
                let direction = u32::from(view.packet_type()) + 1;
                self.out.point = view.interface_index().wrapping_mul(8).wrapping_add(direction);
                self.trace.header(Layer::LinuxSll2, 0, linux_sll::LEN_V2);
                self.cooked(view.ethertype(), linux_sll::LEN_V2)
            }
            LinkType::NULL | LinkType::LOOP => {
                let header = self
                    .data
                    .first_chunk::<{ null::LEN }>()
                    .ok_or_else(|| self.short(Layer::Null, 0, null::LEN))?;
                self.trace.header(Layer::Null, 0, null::LEN);
                let kind = null::ethertype_of(*header).map_err(|family| Stop {
                    layer: Layer::Null,
                    offset: null::LEN,
                    reason: Reason::NotDecoded { kind: family },
                })?;
                self.ethertype(kind, null::LEN)
            }
            LinkType::RAW | LinkType::RAW_DLT | LinkType::IPV4 | LinkType::IPV6 => self.raw_ip(0),
            other => self.rare_link(other, 0),
        }
    }

    /// Link types that few captures have, and those that stand inside another.
    #[cold]
    #[inline(never)]
    pub(super) fn rare_link(&mut self, link_type: LinkType, at: usize) -> Result<(), Stop> {
        match link_type {
            LinkType::ETHERNET => self.ethernet(at),
            LinkType::RAW | LinkType::RAW_DLT | LinkType::IPV4 | LinkType::IPV6 => self.raw_ip(at),
            LinkType::PPP => self.enter(Layer::Ppp, at, ppp::read),
            LinkType::PPP_HDLC | LinkType::C_HDLC => self.enter(Layer::CiscoHdlc, at, chdlc::read),
            LinkType::PPP_PPPD | LinkType::PPP_WITH_DIR => {
                self.enter(Layer::Ppp, at, ppp::read_directed)
            }
            LinkType::PPP_ETHER => self.enter(Layer::Pppoe, at, ppp::read_pppoe),
            LinkType::FRELAY => self.enter(Layer::FrameRelay, at, frame_relay::read),
            LinkType::SLIP => self.enter(Layer::Slip, at, |bytes| match bytes.first() {
                Some(0 | 1) if bytes.len() >= SLIP_LEN => Ok(Shell::new(SLIP_LEN, Inner::Ip)),
                Some(0 | 1) | None => Err(Fault::Short(SLIP_LEN)),
                Some(_) => Err(Fault::Invalid("direction is neither in nor out")),
            }),
            LinkType::NFLOG => self.enter(Layer::Nflog, at, nflog::read),
            LinkType::IEEE802_11 => self.wlan(at, false),
            LinkType::IEEE802_11_PRISM => self.enter(Layer::Prism, at, wlan::monitor::prism),
            LinkType::IEEE802_11_RADIOTAP => {
                self.enter(Layer::Radiotap, at, wlan::monitor::radiotap)
            }
            LinkType::IEEE802_11_AVS => self.enter(Layer::Prism, at, wlan::monitor::avs),
            LinkType::PPI => self.enter(Layer::Ppi, at, wlan::monitor::ppi),
            other => Err(Stop {
                layer: Layer::Link,
                offset: at.min(self.data.len()),
                reason: Reason::NotDecoded { kind: u32::from(other.0) },
            }),
        }
    }

    #[inline]
    pub(super) fn ethernet(&mut self, at: usize) -> Result<(), Stop> {
        let view = Ethernet::new_checked(self.from(at))
            .ok_or_else(|| self.short(Layer::Ethernet, at, ethernet::LEN))?;
        self.trace.header(Layer::Ethernet, at, ethernet::LEN);
        self.ethertype(view.type_or_length(), at + ethernet::LEN)
    }

    #[inline]
    fn cooked(&mut self, kind: u16, offset: usize) -> Result<(), Stop> {
        if kind == COOKED_LLC {
            return self.inner(Inner::Llc, Layer::LinuxSll, offset);
        }
        self.ethertype(kind, offset)
    }

    pub(super) fn raw_ip(&mut self, at: usize) -> Result<(), Stop> {
        match self.data.get(at).map(|byte| byte >> 4) {
            Some(4) => self.ipv4(at),
            Some(6) => self.ipv6(at),
            Some(_) => Err(Stop {
                layer: Layer::Link,
                offset: at,
                reason: Reason::Invalid("first nibble is no IP version"),
            }),
            None => Err(self.short(Layer::Link, at, 1)),
        }
    }

    #[inline]
    pub(super) fn ethertype(&mut self, mut kind: u16, mut offset: usize) -> Result<(), Stop> {
        let mut tags = 0;
        while ethernet::is_vlan(kind) {
            tags += 1;
            if tags > VLAN_TAGS {
                return Err(self.fault(Layer::Vlan, offset, Fault::TooDeep));
            }
            let tag = Vlan::new_checked(self.from(offset))
                .ok_or_else(|| self.short(Layer::Vlan, offset, ethernet::VLAN_LEN))?;
            self.out.vlan = Some(tag.id());
            kind = tag.ethertype();
            self.trace.header(Layer::Vlan, offset, ethernet::VLAN_LEN);
            offset += ethernet::VLAN_LEN;
        }
        match kind {
            ethertype::IPV4 => self.ipv4(offset),
            ethertype::IPV6 => self.ipv6(offset),
            other => self.rare_ethertype(other, offset),
        }
    }

    #[cold]
    #[inline(never)]
    fn rare_ethertype(&mut self, kind: u16, offset: usize) -> Result<(), Stop> {
        match kind {
            ethertype::MPLS | ethertype::MPLS_UPSTREAM => {
                self.inner(Inner::Mpls, Layer::Ethernet, offset)
            }
            ethertype::PPPOE_SESSION => self.enter(Layer::Pppoe, offset, ppp::read_pppoe),
            ethertype::BRIDGED => self.inner(Inner::Ethernet, Layer::Ethernet, offset),
            ethertype::NSH => self.inner(Inner::Nsh, Layer::Ethernet, offset),
            // IEEE 802.3: a length, then LLC; padding may stand behind.
            length if length <= ethernet::MAX_LENGTH => {
                self.bound(offset + usize::from(length));
                self.inner(Inner::Llc, Layer::Ethernet, offset)
            }
            other => match shim::reader(other) {
                Some(read) => self.enter(Layer::Shim, offset, read),
                None => Err(Stop {
                    layer: Layer::Ethernet,
                    offset: offset.min(self.data.len()),
                    reason: Reason::NotDecoded { kind: u32::from(other) },
                }),
            },
        }
    }

    /// An 802.11 frame. Its direction is a point of observation: an access point sends on what
    /// it received from another station.
    pub(super) fn wlan(&mut self, at: usize, aligned: bool) -> Result<(), Stop> {
        let frame = self.from(at);
        if let Ok(header) = wlan::header(frame) {
            let direction = header.flags & (wlan::flag::TO_DS | wlan::flag::FROM_DS);
            self.out.point = u32::from(direction) + 1;
            if header.is_aggregate {
                let body = frame.get(header.len..).unwrap_or_default();
                self.out.skipped = u16::try_from(wlan::further_units(body)).unwrap_or(u16::MAX);
            }
        }
        self.enter(Layer::Wlan, at, if aligned { wlan::read_aligned } else { wlan::read })
    }
}
