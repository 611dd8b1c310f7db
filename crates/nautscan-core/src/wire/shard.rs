//! Which packets must meet in one engine, told from their headers at little cost: for several
//! engines that share one input.
//!
//! Both directions of a flow have one value, and so has every sighting of one packet. TCP is
//! spread by addresses and ports, as network cards spread it, since one pair of hosts may carry
//! all there is; everything else by its addresses, so that what ICMP says stays with it. DHCP goes
//! one way, since a host that asks has no address yet, and is answered at another. Inside a
//! tunnel that [`decode`] looks into, the inner packet counts. Later fragments belong with the
//! first, which alone tells; one that comes before it is taken for one of its addresses' packets,
//! which for TCP and tunnels is a guess: such datagrams may not be put together.
//!
//! Where one packet may be seen under several addresses, before and after their translation, it is
//! not the headers that tell what belongs together: see [`Shard::of_translated`].

use core::hash::BuildHasher;

use super::ethernet::ethertype;
use super::tcp::flag;
use super::{
    Address, Beginning, Decoded, Network, be16, be32, decode, decode_datagram, ethernet, ipv4,
    protocol,
};
use crate::flow::Endpoints;
use crate::packet::{LinkType, Packet};
use crate::proto::ftp;

/// Where a packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shard {
    /// With all packets of this value.
    Flow(u64),
    /// Likewise; and the later fragments of the datagram belong with it.
    FirstFragment {
        /// Value of the flow.
        flow: u64,
        /// Tells datagrams apart.
        datagram: u64,
    },
    /// With its first fragment, which alone tells the flow.
    LaterFragment {
        /// Value where the first fragment is not known: that of the addresses.
        pair: u64,
        /// As in the first fragment.
        datagram: u64,
    },
}

impl Shard {
    /// The shard of `packet`.
    #[inline]
    pub fn of(packet: &Packet<'_>) -> Self {
        match plain_tcp(packet) {
            Some(value) => Self::Flow(value),
            None => Self::of_any(packet),
        }
    }

    /// The shard of a packet that may be seen under several addresses, and the digest of the
    /// [`Beginning`] if it is the SYN of a TCP client: connections that begin alike may be one,
    /// and belong together. All that is not TCP is one shard.
    pub fn of_translated(packet: &Packet<'_>, hasher: &impl BuildHasher) -> (Self, Option<u64>) {
        if let Some(value) = plain_tcp(packet)
            && !is_plain_syn(packet)
        {
            return (Self::Flow(value), None);
        }
        let decoded = decode(packet);
        let beginning = Beginning::of(&decoded, hasher).filter(|it| it.sequence.is_some());
        let is_tcp = |decoded: &Decoded<'_>| {
            decoded.network.is_some_and(|network| network.protocol == protocol::TCP)
        };
        let shard = match Self::of_decoded(&decoded) {
            shard if is_tcp(&decoded) => shard,
            Self::Flow(_) => Self::Flow(0),
            Self::FirstFragment { datagram, .. } => Self::FirstFragment { flow: 0, datagram },
            Self::LaterFragment { datagram, .. } => Self::LaterFragment { pair: 0, datagram },
        };
        (shard, beginning.map(|it| it.digest))
    }

    /// Whether a packet may be the SYN of a TCP client: of most packets that is told at little cost.
    #[inline]
    pub fn may_begin(packet: &Packet<'_>) -> bool {
        is_plain_syn(packet) || plain_tcp(packet).is_none()
    }

    /// Whether the payload of a TCP packet may begin with one of the words by which FTP announces a
    /// connection of data, and end with a line's end: most packets are told apart at little cost.
    #[inline]
    pub fn may_announce(packet: &Packet<'_>) -> bool {
        const LINE_FEED: u8 = 10;
        /// Announcements are short.
        const LONGEST: usize = 512;
        let data = packet.data;
        // The heads of HTTP end with an empty line; these do not.
        let ends_line =
            |data: &[u8]| matches!(data, [.., before, _, LINE_FEED] if *before != LINE_FEED);
        data.len() <= LONGEST && ends_line(data) && {
            let is_plain = plain_tcp(packet).is_some();
            let words = data.get(PLAIN_FLAGS - 1).map_or(0, |offset| usize::from(offset >> 4) * 4);
            let begin = ethernet::LEN + ipv4::MIN_LEN + words;
            !is_plain || data.get(begin..).is_some_and(ftp::begins_announcement)
        }
    }

    /// The value of the TCP packets between two ends.
    pub fn of_ends(ends: &Endpoints) -> u64 {
        symmetric(end(&ends.client, ends.client_port), end(&ends.server, ends.server_port))
    }

    fn of_any(packet: &Packet<'_>) -> Self {
        Self::of_decoded(&decode(packet))
    }

    fn of_decoded(decoded: &Decoded<'_>) -> Self {
        let Some(network) = decoded.network else { return Self::Flow(0) };
        let Some(fragment) = network.fragment else { return Self::Flow(value(decoded)) };
        let pair = pair(&network);
        let datagram = mix(u64::from(fragment.id))
            ^ mix(end(&network.source, 0))
            ^ end(&network.destination, 0);
        if fragment.offset > 0 {
            return Self::LaterFragment { pair, datagram };
        }
        let (payload, len) = (decoded.payload, decoded.payload_len);
        let first = decode_datagram(decoded, fragment.protocol, payload, len);
        Self::FirstFragment { flow: value(&first), datagram }
    }
}

/// The value of a packet that is whole, or of what its first fragment tells.
fn value(decoded: &Decoded<'_>) -> u64 {
    let Some(network) = &decoded.network else { return 0 };
    let ports = decoded.transport.and_then(|transport| transport.ports());
    if network.protocol == protocol::UDP && ports.is_some_and(|(_, to)| is_dhcp(to)) {
        return 0;
    }
    match ports.filter(|_| network.protocol == protocol::TCP) {
        Some((from, to)) => symmetric(end(&network.source, from), end(&network.destination, to)),
        None => pair(network),
    }
}

/// Whether a port is one that DHCP or DHCPv6 is sent to (RFC 2131 section 4.1, RFC 8415 section
/// 7.2): to a server or a client.
fn is_dhcp(port: u16) -> bool {
    matches!(port, 67 | 68 | 546 | 547)
}

fn pair(network: &Network) -> u64 {
    symmetric(end(&network.source, 0), end(&network.destination, 0))
}

/// Where the flags of such a segment stand.
const PLAIN_FLAGS: usize = ethernet::LEN + ipv4::MIN_LEN + 13;

/// The value of what most packets are: TCP in IPv4 without options or fragments, in Ethernet
/// without tags.
#[inline]
fn plain_tcp(packet: &Packet<'_>) -> Option<u64> {
    const IP: usize = ethernet::LEN;
    const TCP: usize = IP + ipv4::MIN_LEN;
    /// More fragments, and the fragment offset.
    const FRAGMENTED: u16 = 0x3fff;
    let header = packet.data.first_chunk::<{ TCP + 4 }>()?;
    let plain = packet.link_type == LinkType::ETHERNET
        && be16(header, ethernet::LEN - 2) == ethertype::IPV4
        && header[IP] == 0x45
        && header[IP + 9] == protocol::TCP
        && be16(header, IP + 6) & FRAGMENTED == 0
        // The ports lie inside the packet.
        && usize::from(be16(header, IP + 2)).wrapping_sub(1) >= ipv4::MIN_LEN + 3;
    plain.then(|| {
        let source = ipv4_end(be32(header, IP + 12), be16(header, TCP));
        symmetric(source, ipv4_end(be32(header, IP + 16), be16(header, TCP + 2)))
    })
}

/// Whether such a segment is the SYN of a client.
#[inline]
fn is_plain_syn(packet: &Packet<'_>) -> bool {
    packet.data.get(PLAIN_FLAGS).is_some_and(|flags| flags & (flag::SYN | flag::ACK) == flag::SYN)
}

fn ipv4_end(address: u32, port: u16) -> u64 {
    mix((u64::from(address) << 16) | u64::from(port))
}

fn end(address: &Address, port: u16) -> u64 {
    match *address.octets() {
        [a, b, c, d] => ipv4_end(u32::from_be_bytes([a, b, c, d]), port),
        _ => {
            let [high, low] = address.raw().as_chunks::<8>().0 else { return 0 };
            let high = mix(u64::from_be_bytes(*high));
            mix(high ^ u64::from_be_bytes(*low).wrapping_add(u64::from(port)))
        }
    }
}

#[inline]
fn symmetric(one: u64, other: u64) -> u64 {
    mix(one.wrapping_add(other))
}

/// Stirs all bits into all bits (the finisher of splitmix64, without its last step).
#[inline]
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::InterfaceId;
    use crate::testing::{Tcp, raw, udp};
    use crate::wire::tcp::flag;

    fn tcp(from: (u8, u16), to: (u8, u16)) -> Vec<u8> {
        Tcp { from, to, sequence: 1, acknowledgement: 0, flags: flag::ACK, payload: b"" }.bytes(9)
    }

    fn shard(bytes: &[u8]) -> Shard {
        Shard::of(&raw(0, InterfaceId(0), bytes))
    }

    fn in_ethernet(bytes: &[u8]) -> Shard {
        let mut frame = vec![0; 12];
        frame.extend([8, 0]);
        frame.extend(bytes);
        let packet = raw(0, InterfaceId(0), &frame);
        Shard::of(&Packet { link_type: LinkType::ETHERNET, ..packet })
    }

    #[test]
    fn both_directions_agree_and_so_do_the_short_and_the_long_way() {
        for port in 1000..1100 {
            let there = tcp((1, port), (2, 80));
            let back = tcp((2, 80), (1, port));
            assert_eq!(shard(&there), shard(&back));
            assert_eq!(shard(&there), in_ethernet(&there), "not decoded, and decoded");
        }
        assert_eq!(shard(&udp((1, 5), (2, 6), 1, b"x")), shard(&udp((2, 7), (1, 8), 2, b"y")));
    }

    #[test]
    fn who_asks_for_an_address_and_who_gives_it_meet() {
        let asks = udp((0, 68), (255, 67), 1, b"x");
        let answers = udp((1, 67), (77, 68), 2, b"y");
        assert_eq!(shard(&asks), shard(&answers));
        assert_ne!(
            shard(&udp((0, 9), (255, 67), 1, b"x")),
            shard(&udp((0, 9), (255, 69), 1, b"x"))
        );
    }

    #[test]
    fn connections_of_one_pair_of_hosts_are_spread_evenly() {
        let mut counts = [0; 8];
        for port in 0..8000 {
            let Shard::Flow(value) = shard(&tcp((1, port), (2, 80))) else { panic!("no fragment") };
            counts[(((value >> 32) * 8) >> 32) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn later_fragments_name_the_datagram_of_the_first() {
        let mut first = tcp((1, 1000), (2, 80));
        first[6] = 0x20;
        let mut later = first.clone();
        later[6..8].copy_from_slice(&[0, 5]);
        let (Shard::FirstFragment { flow, datagram }, Shard::LaterFragment { datagram: same, .. }) =
            (shard(&first), shard(&later))
        else {
            panic!("fragments")
        };
        assert_eq!(datagram, same);
        assert_eq!(Shard::Flow(flow), shard(&tcp((1, 1000), (2, 80))));
        later[5] += 1;
        assert!(!matches!(shard(&later), Shard::LaterFragment { datagram: d, .. } if d == same));
    }

    #[test]
    fn what_begins_alike_is_told_whatever_its_addresses() {
        let hasher = foldhash::fast::FixedState::default();
        let told = |bytes: &[u8]| Shard::of_translated(&raw(0, InterfaceId(0), bytes), &hasher);
        let syn = |from: (u8, u16)| {
            let mut bytes = tcp(from, (2, 80));
            bytes[33] = flag::SYN;
            bytes
        };
        let ((one, begun), (other, again)) = (told(&syn((1, 1000))), told(&syn((3, 2000))));
        assert!(begun.is_some() && begun == again && one != other);
        assert_eq!(told(&tcp((1, 1000), (2, 80))), (shard(&tcp((1, 1000), (2, 80))), None));
        assert_eq!(told(&udp((1, 5), (2, 6), 1, b"x")), (Shard::Flow(0), None));
        let mut frame = vec![0; 12];
        frame.extend([8, 0]);
        frame.extend(syn((1, 1000)));
        let packet = Packet { link_type: LinkType::ETHERNET, ..raw(0, InterfaceId(0), &frame) };
        assert_eq!(Shard::of_translated(&packet, &hasher), (one, begun));
    }

    #[test]
    fn a_packet_whose_ports_lie_outside_of_it_has_none() {
        let mut bytes = tcp((1, 1000), (2, 80));
        for stated in [20, 22, 24, 0] {
            bytes[3] = stated;
            assert_eq!(in_ethernet(&bytes), shard(&bytes), "stated length {stated}");
        }
    }
}
