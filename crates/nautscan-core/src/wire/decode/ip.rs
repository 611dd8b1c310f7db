//! IPv4 and IPv6 with its extension headers.

use super::{Fragment, Network, Trace, Walk};
use crate::limits::IP_EXTENSIONS;
use crate::wire::encap::Fault;
use crate::wire::ipv4::{Ipv4, Ipv4Error};
use crate::wire::ipv6::{self, Ipv6};
use crate::wire::{Layer, Reason, Stop, protocol};

impl<'a, T: Trace> Walk<'_, 'a, T> {
    #[inline]
    pub(super) fn ipv4(&mut self, offset: usize) -> Result<(), Stop> {
        let view = Ipv4::new_checked(self.from(offset)).map_err(|error| match error {
            Ipv4Error::Short { needed } => self.short(Layer::Ipv4, offset, needed),
            Ipv4Error::Invalid(what) => self.fault(Layer::Ipv4, offset, Fault::Invalid(what)),
        })?;
        let (header_len, total_len) = (view.header_len(), view.total_len());
        if total_len != 0 && total_len < header_len {
            let reason = Reason::Invalid("total length below header length");
            return Err(Stop { layer: Layer::Ipv4, offset, reason });
        }
        let (fragment_offset, more) = (view.fragment_offset(), view.more_fragments());
        let fragment = (more || fragment_offset > 0).then(|| Fragment {
            id: u32::from(view.identification()),
            offset: fragment_offset,
            more,
            protocol: view.protocol(),
        });
        let network = Network {
            source: view.source(),
            destination: view.destination(),
            protocol: view.protocol(),
            identification: view.identification(),
            fragment,
        };
        self.out.network = Some(network);
        self.trace.header(Layer::Ipv4, offset, header_len);
        // A total length of zero: the sending host left segmentation to its network card.
        let end = if total_len == 0 { self.wire_len } else { offset + total_len };
        if fragment.is_some() {
            return self.fragment(network, offset + header_len, end);
        }
        self.transport(view.protocol(), offset + header_len, end)
    }

    #[inline]
    pub(super) fn ipv6(&mut self, offset: usize) -> Result<(), Stop> {
        let view = Ipv6::new_checked(self.from(offset))
            .ok_or_else(|| self.short(Layer::Ipv6, offset, ipv6::LEN))?;
        if view.version() != 6 {
            return Err(self.fault(Layer::Ipv6, offset, Fault::Invalid("version is not 6")));
        }
        let network = Network {
            source: view.source(),
            destination: view.destination(),
            protocol: view.next_header(),
            identification: 0,
            fragment: None,
        };
        self.out.network = Some(network);
        self.trace.header(Layer::Ipv6, offset, ipv6::LEN);
        // A length of zero: a jumbogram, or segmentation left to the network card; a packet that
        // says that nothing follows means it.
        let stated = view.payload_len();
        let has_length = stated != 0 || view.next_header() == protocol::NO_NEXT;
        let end = if has_length { offset + ipv6::LEN + stated } else { self.wire_len };
        if ipv6::is_extension(network.protocol) {
            return self.extended(network, offset + ipv6::LEN, end);
        }
        self.transport(network.protocol, offset + ipv6::LEN, end)
    }

    /// What follows the headers of `network`, from `offset` on.
    pub(super) fn ip_payload(
        &mut self,
        network: Network,
        offset: usize,
        end: usize,
    ) -> Result<(), Stop> {
        self.out.network = Some(network);
        if network.source.is_v6() {
            return self.extended(network, offset, end);
        }
        self.transport(network.protocol, offset, end)
    }

    /// The extension headers of an IPv6 packet. What follows a fragment's header is payload,
    /// whatever its type says.
    #[cold]
    #[inline(never)]
    fn extended(&mut self, mut network: Network, mut at: usize, end: usize) -> Result<(), Stop> {
        let mut seen = 0;
        while ipv6::is_extension(network.protocol) && network.fragment.is_none() {
            seen += 1;
            if seen > IP_EXTENSIONS {
                return Err(self.fault(Layer::Ipv6, at, Fault::TooDeep));
            }
            let extension = ipv6::extension(network.protocol, self.from(at))
                .map_err(|needed| self.short(Layer::Ipv6, at, needed))?;
            network.source = extension.source.unwrap_or(network.source);
            network.destination = extension.destination.unwrap_or(network.destination);
            network.protocol = extension.next_header;
            if let Some((offset, more, id)) = extension.fragment
                // RFC 6946: a lone "atomic" fragment is an ordinary packet.
                && (more || offset > 0)
            {
                let protocol = extension.next_header;
                network.fragment = Some(Fragment { id, offset, more, protocol });
            }
            self.trace.header(Layer::Ipv6Extension, at, extension.len);
            at += extension.len;
            self.out.network = Some(network);
        }
        if network.fragment.is_some() {
            return self.fragment(network, at, end);
        }
        self.transport(network.protocol, at, end)
    }

    /// The payload of a fragment is kept as a whole. Of a first one, the transport header is
    /// read if it is there; that it goes on in the next one is no fault.
    #[cold]
    #[inline(never)]
    fn fragment(&mut self, network: Network, offset: usize, end: usize) -> Result<(), Stop> {
        let end = end.min(self.wire_len);
        let bytes = self.data.get(offset..end.min(self.data.len())).unwrap_or_default();
        if network.fragment.is_some_and(|fragment| fragment.offset == 0)
            && !ipv6::is_extension(network.protocol)
        {
            let _continued_later = self.header(network.protocol, bytes, offset, end);
        }
        (self.out.payload, self.out.payload_len) = (bytes, end.saturating_sub(offset));
        Ok(())
    }

    /// An authentication header in front of the payload of an IPv4 packet (RFC 4302): it hides
    /// nothing. In IPv6 it is an extension header.
    pub(super) fn authenticated(&mut self, mut at: usize, end: usize) -> Result<(), Stop> {
        let Some(mut network) = self.out.network else { return Ok(()) };
        let mut seen = 0;
        while network.protocol == protocol::AUTHENTICATION {
            seen += 1;
            if seen > IP_EXTENSIONS {
                return Err(self.fault(Layer::Authentication, at, Fault::TooDeep));
            }
            let bytes = self.data.get(at..end.min(self.data.len())).unwrap_or_default();
            let extension = ipv6::extension(protocol::AUTHENTICATION, bytes)
                .map_err(|needed| self.short_in(Layer::Authentication, at, end, needed))?;
            self.trace.header(Layer::Authentication, at, extension.len);
            network.protocol = extension.next_header;
            at += extension.len;
            self.out.network = Some(network);
        }
        self.transport(network.protocol, at, end)
    }
}
