//! Transport headers.

use super::{Trace, Transport, Walk};
use crate::wire::tcp::{self, Tcp, TcpError};
use crate::wire::udp::{self, Udp};
use crate::wire::{Layer, Reason, Stop, icmp, protocol};

impl<'a, T: Trace> Walk<'_, 'a, T> {
    /// The payload of an IP packet of type `kind`. `end` is where the packet ends, counted from
    /// the first captured byte; link-layer padding stands behind it.
    #[inline]
    pub(super) fn transport(&mut self, kind: u8, offset: usize, end: usize) -> Result<(), Stop> {
        // A length beyond the frame is not believed: bytes that were never on the wire are not
        // missing from the capture.
        let end = end.min(self.wire_len);
        let captured_end = end.min(self.data.len());
        let bytes = self.data.get(offset..captured_end).unwrap_or_default();
        self.out.payload = bytes;
        self.out.payload_len = end.saturating_sub(offset);
        match kind {
            protocol::TCP => self.tcp(bytes, offset, end),
            protocol::UDP => {
                self.udp(bytes, offset, end)?;
                self.udp_payload(offset + udp::LEN)
            }
            other => self.rare_transport(other, bytes, offset, end),
        }
    }

    /// The header alone, of a kind that has ports or message types.
    pub(super) fn header(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        offset: usize,
        end: usize,
    ) -> Result<(), Stop> {
        match kind {
            protocol::TCP => self.tcp(bytes, offset, end),
            protocol::UDP => self.udp(bytes, offset, end),
            protocol::ICMP => self.icmp(Layer::Icmp, bytes, offset, end),
            protocol::ICMPV6 => self.icmp(Layer::Icmpv6, bytes, offset, end),
            protocol::SCTP => {
                self.ports(bytes);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn rare_transport(
        &mut self,
        kind: u8,
        bytes: &'a [u8],
        offset: usize,
        end: usize,
    ) -> Result<(), Stop> {
        match kind {
            protocol::ICMP | protocol::ICMPV6 | protocol::SCTP => {
                self.header(kind, bytes, offset, end)
            }
            protocol::AUTHENTICATION => self.authenticated(offset, end),
            other => self.ip_carries(other, offset, end),
        }
    }

    /// The ports, where the rest of the header may be missing.
    #[cold]
    fn ports(&mut self, bytes: &[u8]) {
        if let Some(&[a, b, c, d]) = bytes.first_chunk::<4>() {
            self.out.transport = Some(Transport::Ports {
                source_port: u16::from_be_bytes([a, b]),
                destination_port: u16::from_be_bytes([c, d]),
            });
        }
    }

    #[inline]
    fn tcp(&mut self, bytes: &'a [u8], offset: usize, end: usize) -> Result<(), Stop> {
        let view = match Tcp::new_checked(bytes) {
            Ok(view) => view,
            Err(error) => return Err(self.tcp_fault(error, bytes, offset, end)),
        };
        self.out.transport = Some(Transport::Tcp {
            source_port: view.source_port(),
            destination_port: view.destination_port(),
            sequence: view.sequence(),
            acknowledgement: view.acknowledgement(),
            flags: view.flags(),
            window: view.window(),
            options: view.options(),
        });
        let header_len = view.header_len();
        self.trace.header(Layer::Tcp, offset, header_len);
        self.out.payload = &bytes[header_len..];
        self.out.payload_len = end.saturating_sub(offset + header_len);
        Ok(())
    }

    #[cold]
    fn tcp_fault(&mut self, error: TcpError, bytes: &[u8], offset: usize, end: usize) -> Stop {
        self.ports(bytes);
        match error {
            TcpError::Short { needed } => self.short_in(Layer::Tcp, offset, end, needed),
            TcpError::DataOffset => Stop {
                layer: Layer::Tcp,
                offset: offset + tcp::MIN_LEN,
                reason: Reason::Invalid("data offset below 20 bytes"),
            },
        }
    }

    #[inline]
    fn udp(&mut self, bytes: &'a [u8], offset: usize, end: usize) -> Result<(), Stop> {
        let Some(view) = Udp::new_checked(bytes) else {
            self.ports(bytes);
            return Err(self.short_in(Layer::Udp, offset, end, udp::LEN));
        };
        let stated = view.length();
        let room = end.saturating_sub(offset);
        if stated != 0 && stated < udp::LEN {
            self.ports(bytes);
            return Err(Stop {
                layer: Layer::Udp,
                offset,
                reason: Reason::Invalid("length below 8 bytes"),
            });
        }
        let len = if stated == 0 { room } else { stated.min(room) };
        self.out.transport = Some(Transport::Udp {
            source_port: view.source_port(),
            destination_port: view.destination_port(),
        });
        self.trace.header(Layer::Udp, offset, udp::LEN);
        self.out.payload = &bytes[udp::LEN..len.min(bytes.len()).max(udp::LEN)];
        self.out.payload_len = len.saturating_sub(udp::LEN);
        Ok(())
    }

    fn icmp(&mut self, layer: Layer, bytes: &[u8], offset: usize, end: usize) -> Result<(), Stop> {
        let &[kind, code] = bytes
            .first_chunk::<{ icmp::TYPE_CODE_LEN }>()
            .ok_or_else(|| self.short_in(layer, offset, end, icmp::LEN))?;
        self.trace.header(layer, offset, icmp::LEN.min(bytes.len()));
        self.out.transport = Some(Transport::Icmp { kind, code });
        Ok(())
    }

    /// As [`Self::short`], for a layer that its IP packet ends at `end`.
    #[cold]
    pub(super) fn short_in(&self, layer: Layer, offset: usize, end: usize, needed: usize) -> Stop {
        if end <= self.data.len() {
            let had = end.saturating_sub(offset);
            let offset = offset.min(self.data.len());
            return Stop { layer, offset, reason: Reason::TooShort { needed, had } };
        }
        self.short(layer, offset, needed)
    }
}
