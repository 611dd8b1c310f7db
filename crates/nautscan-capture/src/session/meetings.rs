//! Connections of data go to the engine that has the conversation which announced them (FTP).

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use nautscan_core::packet::Packet;
use nautscan_core::proto::ftp;
use nautscan_core::wire::{Address, Shard, Transport, decode, protocol, tcp::flag};

use crate::limits::{MEETING, MEETINGS};

/// Bytes of a packet that may begin a connection: all headers with options.
const LARGEST_SYN: usize = 160;

/// Where somebody listens.
type Listener = (Address, u16);

/// Which shards go with which others.
#[derive(Default)]
pub(super) struct Meetings {
    /// The shard that announced it.
    at: HashMap<Listener, u64>,
    /// Keys of `at`, the oldest first.
    listeners: VecDeque<Listener>,
    /// From a connection's own shard to that which announced it.
    leads: HashMap<u64, u64>,
    /// Keys of `leads`, the oldest first.
    order: VecDeque<u64>,
}

impl Meetings {
    /// Where a packet belongs whose own shard is `own`.
    #[inline]
    pub(super) fn shard_of(&mut self, packet: &Packet<'_>, own: u64) -> u64 {
        if self.at.is_empty() && !Shard::may_announce(packet) {
            return own;
        }
        self.meet(packet, own)
    }

    #[cold]
    fn meet(&mut self, packet: &Packet<'_>, own: u64) -> u64 {
        if let Some(shard) = self.leads.get(&own) {
            return *shard;
        }
        if packet.data.len() > LARGEST_SYN && !Shard::may_announce(packet) {
            return own;
        }
        let decoded = decode(packet);
        let (Some(network), Some(Transport::Tcp { destination_port, flags, .. })) =
            (decoded.network, decoded.transport)
        else {
            return own;
        };
        if network.protocol != protocol::TCP {
            return own;
        }
        if flags & (flag::SYN | flag::ACK) == flag::SYN {
            let listener = (network.destination, destination_port);
            let Some(shard) = self.at.get(&listener).copied() else { return own };
            self.lead(own, shard);
            return shard;
        }
        if let Some((named, port)) = ftp::announced(decoded.payload) {
            self.listens((network.source, port), own);
            if let Some(named) = named.map(plain) {
                self.listens((named, port), own);
            }
        }
        own
    }

    fn listens(&mut self, listener: Listener, shard: u64) {
        if self.at.insert(listener, shard).is_some() {
            return;
        }
        self.listeners.push_back(listener);
        if self.at.len() > 2 * MEETINGS
            && let Some(oldest) = self.listeners.pop_front()
        {
            self.at.remove(&oldest);
        }
    }

    fn lead(&mut self, own: u64, shard: u64) {
        if self.leads.insert(own, shard).is_some() {
            return;
        }
        self.order.push_back(own);
        if self.leads.len() > MEETING
            && let Some(oldest) = self.order.pop_front()
        {
            self.leads.remove(&oldest);
        }
    }
}

fn plain(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(address) => Address::v4(address.octets()),
        IpAddr::V6(address) => Address::v6(address.octets()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(port: u16) -> Listener {
        (Address::v4([10, 0, 0, 2]), port)
    }

    /// Reaches `MEETINGS`: the oldest is forgotten.
    #[test]
    fn so_many_listeners_are_remembered() {
        let mut meetings = Meetings::default();
        for port in 0..=2 * MEETINGS as u16 {
            meetings.listens(listener(port), u64::from(port));
        }
        assert_eq!(meetings.at.len(), 2 * MEETINGS);
        assert_eq!(meetings.at.get(&listener(0)), None);
        assert_eq!(meetings.at.get(&listener(1)), Some(&1));
    }

    /// Reaches `MEETING`: the oldest is forgotten.
    #[test]
    fn so_many_connections_are_led() {
        let mut meetings = Meetings::default();
        for own in 0..=MEETING as u64 {
            meetings.lead(own, u64::MAX);
        }
        assert_eq!((meetings.leads.len(), meetings.leads.get(&0)), (MEETING, None));
        assert_eq!(meetings.leads.get(&1), Some(&u64::MAX));
    }
}
