//! One conversation under several addresses (ADR 0020): before and after a host on its way has
//! translated them. Its first packet is known again by what translation leaves as it is; from
//! then on the other addresses are an alias of the flow, and its packets further sightings.

mod beginnings;
#[cfg(test)]
mod tests;
mod told;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Engine;
use super::seen::{FlowRef, Seen};
use crate::flow::{Flow, FlowKey, Leg};
use crate::limits::ALIASES;
use crate::proto::Close;
use crate::wire::{Beginning, Decoded, Network, Transport, hop_limit};
use beginnings::{Beginnings, Begun};
use told::Told;
pub use told::Translation;

/// Other addresses of a flow.
#[derive(Debug, Clone, Copy)]
struct Alias {
    /// The key under which the flow is in the table.
    root: FlowKey,
    /// Whether the lower endpoint here is the higher one there.
    flips: bool,
    /// Tells a flow's legs apart; the root's is 0.
    leg: u32,
}

/// A packet's place in a flow, whatever addresses it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolved {
    pub(super) flow: FlowRef,
    /// See [`Alias::leg`].
    pub(super) leg: u32,
}

/// What is known of translations.
pub(super) struct Translations {
    aliases: HashMap<FlowKey, Alias, RandomState>,
    beginnings: Beginnings,
    told: Told,
    /// Aliases that there was no room for.
    refused: u64,
}

impl Translations {
    pub(super) fn new() -> Self {
        Self {
            aliases: HashMap::default(),
            beginnings: Beginnings::new(),
            told: Told::default(),
            refused: 0,
        }
    }

    /// Takes in what the host's connection tracking tells.
    pub(super) fn tell(&mut self, translations: &[Translation]) {
        for translation in translations {
            let [(root, root_is_low), (other, other_is_low)] = translation.keys();
            if root == other {
                continue;
            }
            if self.aliases.len() >= ALIASES {
                self.refused += 1;
                continue;
            }
            let flips = root_is_low != other_is_low;
            self.aliases.insert(other, Alias { root, flips, leg: 1 });
            self.told.insert(root, *translation);
        }
    }

    /// What was told of a new flow becomes part of it.
    #[inline]
    pub(super) fn begin(&mut self, flow: &mut Flow, decoded: &Decoded<'_>) {
        if self.told.is_empty() {
            return;
        }
        let Some(network) = &decoded.network else { return };
        if let Err(Some(other)) = self.told.take_up(flow, decoded, network) {
            self.aliases.remove(&other);
        }
    }

    /// Where a packet with these addresses belongs.
    pub(super) fn resolve(&self, flow: FlowRef) -> Resolved {
        match self.aliases.get(&flow.key) {
            None => Resolved { flow, leg: 0 },
            Some(alias) => Resolved {
                flow: FlowRef { key: alias.root, source_is_low: flow.source_is_low != alias.flips },
                leg: alias.leg,
            },
        }
    }

    /// A flow is over: its other addresses are free.
    #[inline]
    pub(super) fn forget(&mut self, flow: &Flow) {
        let Some(nat) = flow.nat() else { return };
        for key in &nat.aliases {
            if self.aliases.get(key).is_some_and(|alias| alias.root == flow.key) {
                self.aliases.remove(key);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.aliases.len()
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    pub(super) fn overwritten(&self) -> u64 {
        self.beginnings.overwritten()
    }

    pub(super) fn memory(&self) -> usize {
        self.aliases.allocation_size() + self.beginnings.memory() + self.told.memory()
    }
}

impl Engine {
    /// Where a packet belongs that was captured at one of several points of observation.
    #[inline(never)]
    pub(super) fn resolve(
        &mut self,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
        network: &Network,
        flow: FlowRef,
    ) -> Resolved {
        let is_syn = match decoded.transport {
            Some(Transport::Tcp { .. }) if Beginning::is_one(decoded, network) => true,
            Some(Transport::Udp { .. }) if Beginning::is_one(decoded, network) => false,
            _ => return self.translations.resolve(flow),
        };
        let known = self.translations.resolve(flow);
        if !is_syn && (known.leg != 0 || self.flows.find(&flow.key).is_some()) {
            return known;
        }
        let hasher = self.translations.beginnings.hasher();
        let Some(beginning) = Beginning::of(decoded, hasher) else { return known };
        let known = if known.leg != 0 && !self.is_of(&known, &beginning) {
            // The ports are used again, of which only one side was seen so far.
            self.translations.aliases.remove(&flow.key);
            self.translations.told.remove(&known.flow.key);
            Resolved { flow, leg: 0 }
        } else {
            known
        };
        let FlowRef { key, source_is_low } = flow;
        let point = self.sightings.point(seen.interface, decoded);
        let Some(hop_limit) = seen.packet.and_then(hop_limit) else { return known };
        let begun = Begun { beginning, hop_limit, point, key, source_is_low, time: seen.since };
        match self.translations.beginnings.find(&begun) {
            Some(other) if known.leg == 0 => {
                self.join(&other, &begun, seen, decoded).unwrap_or(known)
            }
            _ => known,
        }
    }

    /// Whether a SYN is of the very connection that its addresses are an alias of.
    fn is_of(&mut self, known: &Resolved, beginning: &Beginning) -> bool {
        let slot = self.flows.find(&known.flow.key);
        let nat = slot.and_then(|slot| self.flows.get_mut(slot)).and_then(|flow| flow.nat());
        nat.is_some_and(|nat| nat.sequence == beginning.sequence)
    }

    /// The flow that `other` began goes on under the addresses of `begun`.
    #[cold]
    fn join(
        &mut self,
        other: &Begun,
        begun: &Begun,
        seen: &Seen<'_>,
        decoded: &Decoded<'_>,
    ) -> Option<Resolved> {
        let of = FlowRef { key: other.key, source_is_low: other.source_is_low };
        let root = self.translations.resolve(of).flow;
        if root.key == begun.key {
            return None;
        }
        if self.translations.aliases.len() >= ALIASES {
            self.translations.refused += 1;
            return None;
        }
        let slot = self.flows.find(&root.key)?;
        let flow = self.flows.get_mut(slot)?;
        // What `other` began may have been replaced since.
        if flow.first_time > other.time || flow.ended.is_some() {
            return None;
        }
        let own = (other.leg(), root.source_is_low);
        let further = Leg { stations: seen.stations(decoded), ..begun.leg() };
        if !flow.add_leg(own, (further, begun.key), begun.beginning.sequence) {
            self.translations.refused += 1;
            return None;
        }
        if (begun.time, seen.interface.0) < (flow.first_time, flow.interface.0) {
            (flow.first_time, flow.interface) = (begun.time, seen.interface);
        }
        let leg = flow.nat().map_or(0, |nat| nat.aliases.len()) as u32;
        let flips = begun.source_is_low != root.source_is_low;
        self.translations.aliases.insert(begun.key, Alias { root: root.key, flips, leg });
        if let Some(slot) = self.flows.find(&begun.key) {
            // Ports used again: the flow that had these addresses is over.
            self.retire(slot, Close::Replaced);
        }
        Some(Resolved { flow: root, leg })
    }
}
