//! One question to ctnetlink (linux/netfilter/nfnetlink_conntrack.h), and its many answers.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nautscan_core::Translation;
use nautscan_core::flow::Endpoints;
use nautscan_core::limits::ALIASES;
use nautscan_core::wire::protocol;
use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_netfilter::conntrack::{
    ConntrackAttribute, ConntrackMessage, IPTuple, ProtoTuple, Tuple,
};
use netlink_packet_netfilter::{
    NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily,
};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

use super::Told;

/// What the kernel fills at once (`NLMSG_GOODSIZE` and more, nf_conntrack_netlink.c).
const BUFFER: usize = 64 * 1024;
/// The kernel answers while it is asked; longer means that it does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// TCP and UDP connections of this network namespace of which an address or a port is translated.
/// Takes `CAP_NET_ADMIN`. An error: the kernel has no connection tracking, or does not let us ask.
pub fn translations() -> io::Result<Told> {
    let flags = SocketFlags::CLOEXEC;
    let kind = Some(netlink::NETFILTER);
    let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, kind)?;
    set_socket_timeout(&fd, Timeout::Recv, Some(PATIENCE))?;
    send(&fd, &question(), SendFlags::empty())?;
    answers(&fd, now())
}

/// All connections, of IPv4 and IPv6.
fn question() -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let netfilter = NetfilterHeader::new(NetfilterProtoFamily::Unspec, 0, 0);
    let message = NetfilterMessage::new(netfilter, ConntrackMessage::Get(Vec::new()));
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn answers(fd: &OwnedFd, now: i64) -> io::Result<Told> {
    let mut told = Told::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        let (len, _) = recv(fd, &mut buffer[..], RecvFlags::empty())?;
        if len == 0 || take(&buffer[..len.min(BUFFER)], now, &mut told)? {
            return Ok(told);
        }
    }
}

/// Takes the messages of one datagram; true: the last one was among them.
fn take(mut datagram: &[u8], now: i64, told: &mut Told) -> io::Result<bool> {
    while !datagram.is_empty() {
        let message = NetlinkMessage::<NetfilterMessage>::deserialize(datagram)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        match message.payload {
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Error(error) => return Err(error.to_io()),
            NetlinkPayload::InnerMessage(NetfilterMessage {
                inner: NetfilterMessageInner::Conntrack(ConntrackMessage::New(attributes)),
                ..
            }) => translation(&attributes, now).into_iter().for_each(|found| told.add(found)),
            _ => {}
        }
        // Messages are aligned to four bytes; one of no length would never end.
        let len = (message.header.length as usize).next_multiple_of(4).max(4);
        datagram = datagram.get(len..).unwrap_or_default();
    }
    Ok(false)
}

impl Told {
    fn add(&mut self, found: Translation) {
        if self.translations.len() < ALIASES {
            self.translations.push(found);
        } else {
            self.left_out += 1;
        }
    }
}

/// The translation of a connection, if it has one.
fn translation(attributes: &[ConntrackAttribute], now: i64) -> Option<Translation> {
    let mut ends = [None, None];
    let mut left = 0;
    for attribute in attributes {
        match attribute {
            ConntrackAttribute::CtaTupleOrig(tuple) => ends[0] = ends_of(tuple),
            ConntrackAttribute::CtaTupleReply(tuple) => ends[1] = ends_of(tuple),
            ConntrackAttribute::CtaTimeout(seconds) => left = i64::from(*seconds),
            _ => {}
        }
    }
    let [Some((kind, before)), Some((_, reply))] = ends else { return None };
    // The answer comes from the server that is truly there to the client that it knows.
    let after = reply.swapped();
    let until = now.saturating_add(left.saturating_mul(1_000_000_000));
    (before != after).then_some(Translation { protocol: kind, before, after, until })
}

/// Protocol and ends of one direction: its sender is the client.
fn ends_of(tuple: &[Tuple]) -> Option<(u8, Endpoints)> {
    let (mut addresses, mut ports, mut kind) = ([None; 2], [None; 2], None);
    for part in tuple {
        match part {
            Tuple::Ip(parts) => parts.iter().for_each(|part| match part {
                IPTuple::SourceAddress(address) => addresses[0] = Some(*address),
                IPTuple::DestinationAddress(address) => addresses[1] = Some(*address),
                _ => {}
            }),
            Tuple::Proto(parts) => parts.iter().for_each(|part| match part {
                ProtoTuple::Protocol(number) => kind = Some(u8::from(*number)),
                ProtoTuple::SourcePort(port) => ports[0] = Some(*port),
                ProtoTuple::DestinationPort(port) => ports[1] = Some(*port),
                _ => {}
            }),
            _ => {}
        }
    }
    let kind = kind.filter(|kind| matches!(*kind, protocol::TCP | protocol::UDP))?;
    let ends = Endpoints {
        client: addresses[0]?.into(),
        client_port: ports[0]?,
        server: addresses[1]?.into(),
        server_port: ports[1]?,
    };
    Some((kind, ends))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use nautscan_core::wire::Address;

    use super::*;
    use netlink_packet_netfilter::conntrack::Protocol;

    fn tuple(from: ([u8; 4], u16), to: ([u8; 4], u16), kind: Protocol) -> Vec<Tuple> {
        vec![
            Tuple::Ip(vec![
                IPTuple::SourceAddress(IpAddr::from(from.0)),
                IPTuple::DestinationAddress(IpAddr::from(to.0)),
            ]),
            Tuple::Proto(vec![
                ProtoTuple::Protocol(kind),
                ProtoTuple::SourcePort(from.1),
                ProtoTuple::DestinationPort(to.1),
            ]),
        ]
    }

    const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 9], 40_000);
    const HOST: ([u8; 4], u16) = ([198, 51, 100, 1], 8080);
    const CONTAINER: ([u8; 4], u16) = ([172, 17, 0, 2], 80);

    fn connection(kind: Protocol, reply_from: ([u8; 4], u16)) -> Vec<ConntrackAttribute> {
        vec![
            ConntrackAttribute::CtaTupleOrig(tuple(CLIENT, HOST, kind)),
            ConntrackAttribute::CtaTupleReply(tuple(reply_from, CLIENT, kind)),
            ConntrackAttribute::CtaTimeout(30),
        ]
    }

    #[test]
    fn a_published_port_is_a_translation() {
        let found = translation(&connection(Protocol::Tcp, CONTAINER), 5).expect("translated");
        assert_eq!((found.protocol, found.until), (protocol::TCP, 30_000_000_005));
        let end = |client, server| (client, server);
        let ports = |ends: Endpoints| end(ends.client_port, ends.server_port);
        assert_eq!((ports(found.before), ports(found.after)), ((40_000, 8080), (40_000, 80)));
        assert_eq!(found.before.server, Address::v4(HOST.0));
        assert_eq!(found.after.server, Address::v4(CONTAINER.0));
        assert_eq!(found.after.client, found.before.client);
    }

    #[test]
    fn what_is_not_translated_and_what_has_no_ports_is_left() {
        assert_eq!(translation(&connection(Protocol::Tcp, HOST), 0), None);
        assert_eq!(translation(&connection(Protocol::Icmp, CONTAINER), 0), None);
        assert_eq!(translation(&connection(Protocol::Tcp, CONTAINER)[..1], 0), None);
    }

    /// What the kernel sends is taken apart message by message, and what is cut is refused.
    #[test]
    fn a_datagram_has_many_messages() {
        let message = |kind| {
            let netfilter = NetfilterHeader::new(NetfilterProtoFamily::IPv4, 0, 0);
            let inner = ConntrackMessage::New(connection(kind, CONTAINER));
            let message = NetfilterMessage::new(netfilter, inner);
            let mut message = NetlinkMessage::new(NetlinkHeader::default(), message.into());
            message.finalize();
            let mut bytes = vec![0; message.buffer_len()];
            message.serialize(&mut bytes);
            bytes
        };
        let datagram = [message(Protocol::Tcp), message(Protocol::Udp)].concat();
        let mut told = Told::default();
        assert!(!take(&datagram, 0, &mut told).expect("whole"));
        let kinds: Vec<u8> = told.translations.iter().map(|found| found.protocol).collect();
        assert_eq!(kinds, [protocol::TCP, protocol::UDP]);
        let cut = take(&datagram[..datagram.len() - 4], 0, &mut told);
        assert_eq!(cut.expect_err("cut").kind(), io::ErrorKind::InvalidData);
    }

    /// What more is told of than an engine keeps is counted.
    #[test]
    fn so_many_translations_are_kept() {
        let found = translation(&connection(Protocol::Tcp, CONTAINER), 0).expect("translated");
        let mut told = Told::default();
        for _ in 0..ALIASES + 3 {
            told.add(found);
        }
        assert_eq!((told.translations.len(), told.left_out), (ALIASES, 3));
    }
}
