//! The identity of a flow: protocol and two endpoints in canonical order, so that both
//! directions find the same entry.

use core::hash::{Hash, Hasher};

use crate::wire::{Address, Transport, icmp, protocol};

/// Protocol, addresses and ports; the lower endpoint first. And the network namespace in which
/// loopback addresses are to be understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowKey {
    low: Address,
    high: Address,
    low_port: u16,
    high_port: u16,
    protocol: u8,
    /// 0: the addresses mean the same everywhere.
    place: u8,
}

/// Client and server of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoints {
    /// Address of the client.
    pub client: Address,
    /// Port of the client; for ICMP the message type.
    pub client_port: u16,
    /// Address of the server.
    pub server: Address,
    /// Port of the server; for ICMP the answering type, or the code where none answers.
    pub server_port: u16,
}

impl Endpoints {
    /// Client and server changed over.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self {
            client: self.server,
            client_port: self.server_port,
            server: self.client,
            server_port: self.client_port,
        }
    }
}

impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let word = |bytes: &[u8; 16], at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_ne_bytes(eight)
        };
        state.write_u64(word(self.low.raw(), 0));
        state.write_u64(word(self.high.raw(), 0));
        if self.low.is_v6() {
            state.write_u64(word(self.low.raw(), 8));
            state.write_u64(word(self.high.raw(), 8));
        }
        let ports = u64::from(self.low_port) << 32 | u64::from(self.high_port) << 16;
        state.write_u64(ports | u64::from(self.place) << 8 | u64::from(self.protocol));
    }
}

impl FlowKey {
    /// The key of a packet, and whether its source is the lower endpoint.
    #[inline]
    pub fn new(
        protocol: u8,
        source: Address,
        source_port: u16,
        destination: Address,
        destination_port: u16,
    ) -> (Self, bool) {
        let source_is_low = (source.raw(), source_port) <= (destination.raw(), destination_port);
        let key = if source_is_low {
            Self {
                low: source,
                high: destination,
                low_port: source_port,
                high_port: destination_port,
                protocol,
                place: 0,
            }
        } else {
            Self {
                low: destination,
                high: source,
                low_port: destination_port,
                high_port: source_port,
                protocol,
                place: 0,
            }
        };
        (key, source_is_low)
    }

    /// The same in another network namespace; 0 stands for all of them.
    #[inline(always)]
    pub fn within(mut self, place: u8) -> Self {
        self.place = place;
        self
    }

    /// IP protocol number.
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Whether another flow is of the same protocol, and its addresses mean the same.
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.protocol, self.place) == (other.protocol, other.place)
    }

    /// The two ends with their roles.
    pub fn endpoints(&self, client_is_low: bool) -> Endpoints {
        let (low, high) = ((self.low, self.low_port), (self.high, self.high_port));
        let (client, server) = if client_is_low { (low, high) } else { (high, low) };
        Endpoints {
            client: client.0,
            client_port: client.1,
            server: server.0,
            server_port: server.1,
        }
    }
}

/// Ports of a packet as its flow key has them. ICMP has message types instead: type and
/// answering type, or type and code for messages that are not answered (the convention of
/// Community ID and of Zeek).
#[inline]
pub(crate) fn ports(transport: Option<&Transport<'_>>, kind: u8) -> (u16, u16) {
    match transport {
        Some(&Transport::Icmp { kind: message, code }) => {
            let answer = match kind {
                protocol::ICMPV6 => icmp::counterpart_v6(message),
                _ => icmp::counterpart(message),
            };
            (u16::from(message), u16::from(answer.unwrap_or(code)))
        }
        other => other.and_then(Transport::ports).unwrap_or((0, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_have_one_key() {
        let (a, b) = (Address::v4([10, 0, 0, 2]), Address::v4([10, 0, 0, 1]));
        let (there, source_is_low) = FlowKey::new(6, a, 1000, b, 80);
        let (back, answer_is_low) = FlowKey::new(6, b, 80, a, 1000);
        assert_eq!(there, back);
        assert!(!source_is_low && answer_is_low);
        let ends = there.endpoints(source_is_low);
        assert_eq!((ends.client, ends.client_port, ends.server_port), (a, 1000, 80));
    }

    #[test]
    fn one_address_in_two_namespaces_makes_two_keys_of_the_same_size() {
        let host = Address::v4([127, 0, 0, 1]);
        let key = FlowKey::new(6, host, 9, host, 5).0;
        assert_ne!(key.within(1), key.within(2));
        assert_eq!(key.within(0), key);
        assert_eq!(size_of::<FlowKey>(), 40);
    }

    #[test]
    fn a_host_talking_to_itself_is_ordered_by_port() {
        let host = Address::v4([127, 0, 0, 1]);
        assert_eq!(FlowKey::new(6, host, 9, host, 5).0, FlowKey::new(6, host, 5, host, 9).0);
    }

    #[test]
    fn an_answered_ping_is_one_flow() {
        let request = Transport::Icmp { kind: 8, code: 0 };
        let reply = Transport::Icmp { kind: 0, code: 0 };
        assert_eq!(ports(Some(&request), protocol::ICMP), (8, 0));
        assert_eq!(ports(Some(&reply), protocol::ICMP), (0, 8));
        let unreachable = Transport::Icmp { kind: 3, code: 1 };
        assert_eq!(ports(Some(&unreachable), protocol::ICMP), (3, 1));
    }
}
