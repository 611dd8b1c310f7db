//! From the datagrams of a flow to its application protocol, and from messages of ICMP to its facts.

use super::output::Output;
use super::rows::Counted;
use crate::flow::{Flow, UdpFlow};
use crate::limits::DATAGRAM_ATTEMPTS;
use crate::proto::datagram::{App, Datagram, Ports};
use crate::proto::{Close, Context, Place, Side};
use crate::wire::{Decoded, Transport};

/// Hands a datagram to the protocol of its flow; finds out which that is, if it is not known. A
/// message of ICMP goes to the flow itself, and of anything else nothing is read.
#[inline(never)]
pub(super) fn take_datagram(
    out: &mut Output,
    flow: &mut Flow,
    mut side: Side,
    time: i64,
    decoded: &Decoded<'_>,
) {
    let (source_port, destination_port) = match decoded.transport {
        Some(Transport::Udp { source_port, destination_port }) => (source_port, destination_port),
        Some(Transport::Icmp { .. }) => return flow.take_icmp(decoded.payload, time),
        _ => return,
    };
    let bytes = decoded.payload;
    if bytes.is_empty() || (flow.udp.is_none() && flow.unrecognised >= DATAGRAM_ATTEMPTS) {
        return;
    }
    let mut datagram = Datagram {
        side,
        bytes,
        cut: decoded.payload_len.saturating_sub(bytes.len()),
        ports: Ports { source: source_port, destination: destination_port },
        to_group: decoded.network.is_some_and(|network| network.destination.is_group()),
    };
    if flow.udp.is_none() {
        let Some((app, sender)) = App::recognise(&datagram, &out.config.settings) else {
            flow.unrecognised += 1;
            return;
        };
        flow.protocol = Some(app.protocol());
        flow.udp = Some(Box::new(UdpFlow { app, community_id: None }));
        if sender.is_some_and(|sender| sender != side) {
            flow.swap_roles();
            side = side.peer();
            datagram.side = side;
        }
    }
    if !flow.udp.as_deref().is_some_and(|udp| udp.app.wants(&datagram)) {
        return;
    }
    out.with_app(flow, time, |app, cx| app.datagram(&datagram, cx));
    if flow.udp.as_deref().is_some_and(|udp| udp.app.is_over()) {
        flow.udp = None;
        flow.unrecognised = DATAGRAM_ATTEMPTS;
        flow.protocol = flow.protocol.filter(|_| flow.requests > 0);
    }
}

impl Output {
    /// Lets `act` work on the protocol of a UDP flow; accounts for what comes out of it.
    fn with_app(
        &mut self,
        flow: &mut Flow,
        time: i64,
        act: impl FnOnce(&mut App, &mut Context<'_>),
    ) {
        let Some(mut udp) = flow.udp.take() else { return };
        let UdpFlow { app, community_id } = &mut *udp;
        let mut sink = self.rows.sink(flow, community_id, &self.config, &self.interfaces);
        let settings = &self.config.settings;
        act(app, &mut Context { time, place: Place::default(), settings, sink: &mut sink });
        let Counted { requests, parse_errors } = sink.counted();
        if let Some(news) = sink.take_news() {
            news.note(flow);
        }
        flow.requests += requests;
        self.totals.requests += requests;
        self.totals.parse_errors += parse_errors;
        flow.udp = Some(udp);
    }

    /// Time has passed.
    pub(super) fn settle_datagrams(&mut self, flow: &mut Flow, now: i64) {
        self.with_app(flow, now, |app, cx| app.settle(cx));
    }

    /// The flow is over.
    pub(super) fn close_datagrams(&mut self, flow: &mut Flow, close: Close) {
        let time = flow.last_time;
        self.with_app(flow, time, |app, cx| app.close(close, cx));
    }
}
