//! What the engine does with fragments: finds their flow, and goes on with the datagram when it
//! is whole.

use super::fragments::{Datagram, Fragments, Insert, Key};
use super::places::Places;
use super::seen::{FlowRef, Load, Seen};
use super::translation::Resolved;
use super::{Engine, roles, take_datagram, take_segment};
use crate::flow::{FlowKey, key_ports};
use crate::wire::{Decoded, Fragment, Network, decode_datagram, protocol};

/// The flow of a packet; `None` where what tells it was not seen.
fn flow_ref(places: &Places, seen: &Seen, decoded: &Decoded<'_>) -> Option<FlowRef> {
    let network = decoded.network.filter(|network| network.fragment.is_none())?;
    if decoded.transport.is_none() && protocol::has_ports(network.protocol) {
        return None;
    }
    let (from, to) = key_ports(decoded.transport.as_ref(), network.protocol);
    let (key, source_is_low) =
        FlowKey::new(network.protocol, network.source, from, network.destination, to);
    let key = key.within(places.of(seen.interface, &network));
    Some(FlowRef { key, source_is_low })
}

impl Engine {
    /// Whether a fragment was seen before at another point of observation.
    fn is_further_sighting(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> bool {
        let (key, source_is_low) =
            FlowKey::new(network.protocol, network.source, 0, network.destination, 0);
        let key = key.within(self.places.of(seen.interface, network));
        let resolved = Resolved { flow: FlowRef { key, source_is_low }, leg: 0 };
        self.has_several_points(decoded) && self.is_repeat(seen, decoded, network, &resolved)
    }

    /// The flow that fragments are of, whatever addresses they have.
    fn known_as(&self, flow: FlowRef) -> FlowRef {
        self.translations.resolve(flow).flow
    }

    /// Takes a fragment; answers its flow, if that is known by now.
    #[cold]
    #[inline(never)]
    pub(super) fn fragment(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
        fragment: &Fragment,
    ) -> Option<u64> {
        let key = Key::new(network, fragment, self.places.of(seen.interface, network));
        if self.is_further_sighting(seen, decoded, network) {
            self.out.totals.duplicates += seen.load.packets;
            let flow = self.fragments.flow(&key)?;
            let slot = self.flows.find(&flow.key)?;
            let flow = self.flows.get_mut(slot)?;
            flow.duplicates += seen.load.packets;
            return Some(flow.id);
        }
        let is_v6 = network.source.is_v6();
        let Some(len) = Fragments::sound_len(fragment, decoded.payload_len, is_v6) else {
            self.out.totals.fragments_refused += seen.load.packets;
            return self.count(self.fragments.flow(&key), seen, 0);
        };
        if let Some(stale) = self.fragments.remove_stale(&key, seen.time) {
            self.give_up(&stale);
        }
        while let Some(oldest) = self.fragments.make_room(len) {
            self.out.totals.datagrams_evicted += 1;
            self.give_up(&oldest);
        }
        let (insert, datagram) =
            self.fragments.insert(key, seen.since, seen.interface, decoded, fragment, len);
        datagram.waiting.add(seen.load);
        match insert {
            Insert::Kept | Insert::Duplicate => {}
            Insert::Overlap => self.out.totals.fragments_overlapping += seen.load.packets,
            Insert::Refused => self.out.totals.fragments_refused += seen.load.packets,
        }
        if let Some(datagram) = self.fragments.take_complete(&key) {
            return self.reassembled(seen, decoded, &key, &datagram);
        }
        self.early_flow(seen, decoded, fragment, &key)
    }

    /// The flow of a datagram that is not complete, and its packets counted there.
    fn early_flow(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        fragment: &Fragment,
        key: &Key,
    ) -> Option<u64> {
        let datagram = self.fragments.get_mut(key)?;
        if datagram.flow.is_none() && fragment.offset == 0 {
            let (payload, len) = (decoded.payload, decoded.payload_len);
            let first = decode_datagram(decoded, fragment.protocol, payload, len);
            // Headers that go on in the next fragment, and tunnels, are left until all is there.
            if first.stop.is_none()
                && first.tunnel == decoded.tunnel
                && let Some(flow) = flow_ref(&self.places, seen, &first)
            {
                let flow = self.translations.resolve(flow).flow;
                datagram.flow = Some(flow);
                datagram.header_len = len.saturating_sub(first.payload_len);
                let seen = Seen { since: datagram.first_time, ..*seen };
                let segment = roles::tcp_segment(seen.time, &first);
                self.flow_of(flow.key, flow.source_is_low, &seen, &first, segment.as_ref());
            }
        }
        let datagram = self.fragments.get_mut(key)?;
        let flow = datagram.flow?;
        let load = core::mem::take(&mut datagram.waiting);
        self.count(Some(flow), &Seen { load, ..*seen }, 0)
    }

    /// Goes on with a datagram that is whole.
    fn reassembled(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        key: &Key,
        datagram: &Datagram,
    ) -> Option<u64> {
        self.out.totals.datagrams += 1;
        let (data, len) = datagram.join();
        let whole = decode_datagram(decoded, datagram.protocol, &data, len);
        if let Some(stop) = &whole.stop {
            self.out.totals.count_stop(stop, true);
        }
        let network = whole.network?;
        let named = || flow_ref(&self.places, seen, &whole).map(|flow| self.known_as(flow));
        if let Some(flow) = datagram.flow.or_else(named) {
            self.fragments.set_latest(*key, flow);
        }
        let seen = Seen { since: datagram.first_time, load: datagram.waiting, ..*seen };
        let Some(flow) = datagram.flow else {
            return match &network.fragment {
                Some(fragment) => self.fragment(&seen, &whole, &network, fragment),
                None => self.whole(&seen, &whole, &network),
            };
        };
        let id = self.count(Some(flow), &seen, whole.payload_len);
        let slot = self.flows.find(&flow.key)?;
        let resolved = Resolved { flow, leg: 0 };
        let repeats =
            self.has_several_points(&whole) && self.is_repeat(&seen, &whole, &network, &resolved);
        if !repeats && let Some(found) = self.flows.get_mut(slot) {
            let side = found.side(flow.source_is_low);
            match roles::tcp_segment(seen.time, &whole) {
                Some(segment) => take_segment(&mut self.out, found, side, &segment),
                None => take_datagram(&mut self.out, found, side, seen.time, &whole),
            }
        }
        id
    }

    /// The rest of a datagram never came: its packets are counted to the flow that its first
    /// fragment names; without that, to none.
    #[cold]
    pub(super) fn give_up(&mut self, datagram: &Datagram) {
        self.out.totals.datagrams_incomplete += 1;
        let seen = Seen::given_up(datagram.first_time, datagram.interface, datagram.waiting);
        if let Some(flow) = datagram.flow {
            let payload = datagram.covered.saturating_sub(datagram.header_len);
            self.count(Some(flow), &seen, payload);
            return;
        }
        let (data, _) = datagram.join();
        let first = decode_datagram(&datagram.context, datagram.protocol, &data, data.len());
        let named = flow_ref(&self.places, &seen, &first).map(|flow| self.known_as(flow));
        let Some(flow) = named else {
            self.out.totals.unattributed += seen.load.packets;
            return;
        };
        self.flow_of(flow.key, flow.source_is_low, &seen, &first, None);
        let header = data.len().saturating_sub(first.payload_len);
        self.count(Some(flow), &seen, datagram.covered.saturating_sub(header));
    }

    /// Counts packets of a flow that is known, of none otherwise.
    fn count(&mut self, flow: Option<FlowRef>, seen: &Seen<'_>, payload: usize) -> Option<u64> {
        let slot = flow.and_then(|flow| self.flows.find(&flow.key));
        let (Some(flow), Some(found)) = (flow, slot.and_then(|slot| self.flows.get_mut(slot)))
        else {
            self.out.totals.unattributed += seen.load.packets;
            return None;
        };
        let Load { packets, bytes } = seen.load;
        found.last_time = found.last_time.max(seen.time);
        let side = found.side(flow.source_is_low);
        let sent = &mut found.sent[side.index()];
        sent.packets += packets;
        sent.bytes += bytes;
        sent.payload += payload as u64;
        Some(found.id)
    }

    /// Gives up the datagrams that have waited too long.
    pub(super) fn expire_fragments(&mut self) {
        while let Some(datagram) = self.fragments.pop_expired(self.now) {
            self.give_up(&datagram);
        }
    }
}
