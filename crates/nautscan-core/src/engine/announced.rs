//! Connections of data that conversations announce, and the flows that they turn out to be.
//!
//! An announcement counts for one connection: the first, within [`AGE`], that goes to the port where it
//! says that a side listens, at that side's own address or the one that it names (it may not know how
//! its address is translated), and comes from the other side's address. What is announced anew at the
//! same port takes its place.

use std::collections::{HashMap, VecDeque};

use crate::event::Summary;
use crate::flow::{Endpoints, Flow, FlowKey, community_id};
use crate::limits::ANNOUNCED;
use crate::proto::{Announcement, Side, ftp};
use crate::wire::Address;

/// How long a connection may be waited for, ns: servers wait for 30 s to a few minutes.
const AGE: i64 = 300_000_000_000;

/// Where a side may be reached.
type Listener = (Address, u16);

/// An announcement, and what came of it.
#[derive(Debug)]
struct Known {
    /// The flow that announces.
    by: u64,
    ends: Endpoints,
    key: FlowKey,
    said: Announcement,
    time: i64,
    /// Where the connection may come from.
    peers: [Option<Address>; 2],
    /// Places of `at` that are of this one.
    listeners: [Option<Listener>; 3],
    is_claimed: bool,
}

/// The latest announcements.
#[derive(Debug, Default)]
pub(super) struct Announced {
    latest: VecDeque<Known>,
    /// Number of the first of them.
    first: u64,
    at: HashMap<Listener, u64>,
    forgotten: u64,
}

impl Announced {
    /// Whether nothing is awaited, or known.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }

    /// Announcements that were forgotten, for want of room, while their connection might still have come.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let files = self.latest.iter().filter_map(|known| known.said.transfer.as_ref());
        let files: usize = files.map(|(verb, file)| verb.capacity() + file.capacity()).sum();
        self.latest.capacity() * size_of::<Known>()
            + self.at.capacity() * size_of::<(Listener, u64)>()
            + files
    }

    /// `flow` announces a connection, or says what it is for.
    #[cold]
    pub(super) fn announce(&mut self, said: Announcement, flow: &Flow, time: i64) {
        let ends = flow.endpoints();
        let own = (end(&ends, said.listener), said.port);
        if said.transfer.is_some() {
            let number = self.at.get(&own).copied();
            if let Some(known) = number.and_then(|number| self.known_mut(number))
                && known.by == flow.id
            {
                known.said.transfer = said.transfer;
            }
            return;
        }
        // Seen on one side of a translation alone, a connection goes by the addresses there.
        let (client, server) = flow.translated();
        let translated = match said.listener {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let address = |end: Option<(Address, u16)>| end.map(|(address, _)| address);
        let listeners = [
            Some(own),
            said.address.map(|named| (Address::from(named), said.port)),
            address(translated.0).map(|other| (other, said.port)),
        ];
        let peers = [Some(end(&ends, said.listener.peer())), address(translated.1)];
        let number = self.first + self.latest.len() as u64;
        self.at.extend(listeners.into_iter().flatten().map(|listener| (listener, number)));
        let (by, key, is_claimed) = (flow.id, flow.key, false);
        self.latest.push_back(Known { by, key, ends, said, time, peers, listeners, is_claimed });
        if self.latest.len() > ANNOUNCED {
            self.forget(time);
        }
    }

    fn forget(&mut self, now: i64) {
        let Some(oldest) = self.latest.pop_front() else { return };
        let number = self.first;
        self.first += 1;
        for listener in oldest.listeners.into_iter().flatten() {
            if self.at.get(&listener) == Some(&number) {
                self.at.remove(&listener);
            }
        }
        self.forgotten += u64::from(!oldest.is_claimed && now - oldest.time <= AGE);
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    fn known_mut(&mut self, number: u64) -> Option<&mut Known> {
        let index = self.index(number)?;
        self.latest.get_mut(index)
    }

    /// The announcement of a connection that begins, with this key; none but it has this number.
    #[cold]
    pub(super) fn claim(&mut self, key: &FlowKey, time: i64) -> Option<u64> {
        let ends = key.endpoints(true);
        [ends, ends.swapped()].into_iter().find_map(|ends| {
            let number = *self.at.get(&(ends.server, ends.server_port))?;
            let known = self.known_mut(number)?;
            let is_it = !known.is_claimed
                && known.key.is_beside(key)
                && known.peers.contains(&Some(ends.client))
                && (time - known.time).abs() <= AGE;
            known.is_claimed |= is_it;
            is_it.then_some(number)
        })
    }

    /// Whether the client of a connection with this key is its lower end, as the announcement says.
    pub(super) fn client_is_low(&self, number: u64, key: &FlowKey) -> Option<bool> {
        let known = self.latest.get(self.index(number)?)?;
        let ends = key.endpoints(true);
        Some(known.listeners.contains(&Some((ends.server, ends.server_port))))
    }

    /// What is known of the connection that an announcement was of. `None`: no more than before.
    pub(super) fn summary(&self, number: u64) -> Option<Summary> {
        let known = self.latest.get(self.index(number)?)?;
        let control = community_id(known.key.protocol(), &known.ends);
        Some(ftp::summary_of_data(&known.said, control.as_str()))
    }
}

fn end(ends: &Endpoints, side: Side) -> Address {
    match side {
        Side::Client => ends.client,
        Side::Server => ends.server,
    }
}
