//! Translations that the host's connection tracking knows of: connections that were there before
//! the capture began, whose first packet nobody will see.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::flow::{Endpoints, Flow, FlowKey, Leg};
use crate::wire::{Beginning, Decoded, Network, Stations};

/// A connection that the host translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Translation {
    /// IP protocol number: TCP's or UDP's.
    pub protocol: u8,
    /// As the client began it.
    pub before: Endpoints,
    /// As it reaches the server.
    pub after: Endpoints,
    /// It is forgotten at this time unless a packet comes, ns since 1970.
    pub until: i64,
}

impl Translation {
    /// Its keys before and after, each with whether the client is the lower endpoint.
    pub(super) fn keys(&self) -> [(FlowKey, bool); 2] {
        [self.before, self.after].map(|ends| {
            let Endpoints { client, client_port, server, server_port } = ends;
            FlowKey::new(self.protocol, client, client_port, server, server_port)
        })
    }
}

/// Those that no packet was seen of so far, by their key before.
#[derive(Default)]
pub(super) struct Told(HashMap<FlowKey, Translation, RandomState>);

impl Told {
    pub(super) fn insert(&mut self, root: FlowKey, translation: Translation) {
        self.0.insert(root, translation);
    }

    pub(super) fn remove(&mut self, root: &FlowKey) {
        self.0.remove(root);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn memory(&self) -> usize {
        self.0.allocation_size()
    }

    /// What was told of a flow that begins with this packet, once: the key after. A packet that
    /// begins a connection, and one that comes after the host has forgotten, is of another.
    #[cold]
    pub(super) fn take_up(
        &mut self,
        flow: &mut Flow,
        decoded: &Decoded<'_>,
        network: &Network,
    ) -> Result<(), Option<FlowKey>> {
        let Some(translation) = self.0.remove(&flow.key) else { return Err(None) };
        let [(_, client_is_low), (other, _)] = translation.keys();
        let is_syn = flow.key.protocol() == crate::wire::protocol::TCP
            && Beginning::is_one(decoded, network);
        if is_syn || flow.first_time > translation.until {
            return Err(Some(other));
        }
        // The order of the legs is known; the time to live stands for it.
        let leg = |ends, hop_limit| Leg {
            ends,
            hop_limit,
            time: flow.first_time,
            stations: Stations::default(),
        };
        let (near, far) = (leg(translation.before, u8::MAX), leg(translation.after, 0));
        flow.client_is_low = client_is_low;
        flow.add_leg((near, client_is_low), (far, other), None);
        Ok(())
    }
}
