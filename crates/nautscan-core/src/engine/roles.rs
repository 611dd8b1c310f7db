//! What a packet says of its flow: who asked, whether it goes on, whether it came late.

use super::seen::Load;
use crate::flow::Flow;
use crate::proto::{App, Close, Side, side_of};
use crate::stream::{Rival, Segment};
use crate::wire::{Decoded, Transport, icmp, protocol, tcp::flag};

/// The TCP part of a packet, if it has one.
#[inline]
pub(super) fn tcp_segment<'a>(time: i64, decoded: &Decoded<'a>) -> Option<Segment<'a>> {
    let Some(Transport::Tcp { sequence, acknowledgement, flags, window, options, .. }) =
        decoded.transport
    else {
        return None;
    };
    Some(Segment {
        time,
        sequence,
        acknowledgement,
        flags,
        window,
        options,
        payload: decoded.payload,
        cut: u32::try_from(decoded.payload_len.saturating_sub(decoded.payload.len()))
            .unwrap_or(u32::MAX),
    })
}

/// Whether the sender of a flow's first packet is its client. A SYN says so; without one, a
/// well-known port is taken for the server's, until what is said tells.
pub(super) fn source_is_client(decoded: &Decoded<'_>, segment: Option<&Segment<'_>>) -> bool {
    const WELL_KNOWN: u16 = 1024;
    if let Some(segment) = segment
        && segment.flags & flag::SYN != 0
    {
        return segment.flags & flag::ACK == 0;
    }
    let Some(network) = decoded.network else { return true };
    match decoded.transport {
        Some(Transport::Icmp { kind, .. }) => {
            let v6 = network.protocol == protocol::ICMPV6;
            let answer = if v6 { icmp::counterpart_v6(kind) } else { icmp::counterpart(kind) };
            answer.is_none() || icmp::is_request(kind, v6)
        }
        other => match other.as_ref().and_then(Transport::ports) {
            Some((from, to)) if network.protocol == protocol::TCP => from >= to,
            Some((from, to)) => !(from < WELL_KNOWN && to >= WELL_KNOWN),
            None => true,
        },
    }
}

/// Where following began in the middle, the first message tells who is who.
pub(super) fn settle_roles(flow: &mut Flow, side: Side, segment: &Segment<'_>) -> Side {
    let Some(tcp) = flow.tcp.as_deref_mut() else { return side };
    match side_of(segment.payload) {
        None => side,
        Some(spoken) if spoken == side => {
            tcp.connection.roles_known = true;
            side
        }
        Some(spoken) => {
            tcp.connection.swap_roles();
            tcp.app.swap_roles();
            flow.client_is_low = !flow.client_is_low;
            flow.sent.swap(0, 1);
            spoken
        }
    }
}

/// Whether a connection that seemed to be reset goes on; if so, it is followed again.
pub(super) fn resumes(flow: &mut Flow, side: Side, segment: &Segment<'_>) -> bool {
    let (Some(Close::Reset(_)), Some(tcp)) = (flow.ended, flow.tcp.as_deref_mut()) else {
        return false;
    };
    let continued = tcp.connection.is_continued_by(side, segment);
    if continued {
        flow.ended = None;
        tcp.app = if tcp.app.is_content() { App::content() } else { App::default() };
    }
    continued
}

/// A packet of a connection that is over: a last acknowledgement, a late retransmission.
#[cold]
pub(super) fn stray(flow: &mut Flow, side: Side, segment: &Segment<'_>) {
    if let Some(tcp) = flow.tcp.as_deref_mut() {
        tcp.connection.observe(side, segment);
    }
}

/// Whether a segment with SYN is of a connection that took the place of `flow`.
#[cold]
pub(super) fn is_replaced(flow: &mut Flow, side: Side, segment: &Segment<'_>, load: Load) -> bool {
    let has_ended = flow.ended.is_some();
    let Some(tcp) = flow.tcp.as_deref_mut() else { return false };
    let connection = &mut tcp.connection;
    connection.is_succeeded_by(side, segment)
        || (connection.is_reused_by(side, segment)
            && (has_ended || !connection.contest(side, segment, load.packets, load.bytes)))
}

/// The SYN that an answer to it proves not to be of `old`, where it was counted.
#[cold]
pub(super) fn take_rival(
    old: &mut Flow,
    source_is_low: bool,
    segment: Option<&Segment<'_>>,
) -> Option<Box<Rival>> {
    let side = old.side(source_is_low);
    let connection = &mut old.tcp.as_deref_mut()?.connection;
    if !connection.is_succeeded_by(side, segment?) {
        return None;
    }
    let rival = connection.take_rival()?;
    let sent = &mut old.sent[side.peer().index()];
    sent.packets = sent.packets.saturating_sub(rival.packets);
    sent.bytes = sent.bytes.saturating_sub(rival.bytes);
    Some(rival)
}

/// A flow begins with a SYN that was held to be of another.
#[cold]
pub(super) fn begin(flow: &mut Flow, rival: &Rival) {
    flow.first_time = rival.time;
    let sent = &mut flow.sent[Side::Client.index()];
    sent.packets += rival.packets;
    sent.bytes += rival.bytes;
    flow.tcp.get_or_insert_default().connection.begin(rival);
}
