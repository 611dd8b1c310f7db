//! Packets that wait for their acknowledgements.

use std::collections::VecDeque;

use super::oddity::PAIRING_UNCERTAIN;
use super::packet;
use super::tell;
use crate::event::{Completeness, Exchange, Message};
use crate::proto::Side;

/// What an acknowledgement refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Connect,
    Ping,
    Auth,
    Publish(u16),
    Subscribe(u16),
    Unsubscribe(u16),
}

impl Key {
    pub(super) fn method(self) -> &'static str {
        tell::method(match self {
            Self::Connect => packet::CONNECT,
            Self::Ping => packet::PINGREQ,
            Self::Auth => packet::AUTH,
            Self::Publish(_) => packet::PUBLISH,
            Self::Subscribe(_) => packet::SUBSCRIBE,
            Self::Unsubscribe(_) => packet::UNSUBSCRIBE,
        })
    }
    /// Whether only one of it can wait.
    pub(super) fn is_single(self) -> bool {
        self != Self::Ping
    }
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: Key,
    pub(super) exchange: Exchange,
    pub(super) memory: usize,
    /// Bytes of client, of server were lost since.
    pub(super) lost: [bool; 2],
}

/// Packets of one side that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) queue: VecDeque<Pending>,
    pub(super) held: usize,
}

impl Waiting {
    pub(super) fn remove(&mut self, at: usize) -> Option<Pending> {
        let pending = self.queue.remove(at)?;
        self.held = self.held.saturating_sub(pending.memory);
        Some(pending)
    }
    pub(super) fn position(&self, key: Key) -> Option<usize> {
        self.queue.iter().position(|pending| pending.key == key)
    }
}

/// Heap bytes of an exchange.
pub(super) fn memory(exchange: &Exchange) -> usize {
    let text = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::capacity);
    let message = |message: &Option<Message>| {
        message
            .as_ref()
            .map_or(0, |m| text(&m.body.kept) + text(&m.content_type) + m.headers.memory())
    };
    text(&exchange.method)
        + text(&exchange.target)
        + message(&exchange.request)
        + message(&exchange.response)
        + exchange.detail.iter().map(|(_, text)| text.capacity() + 40).sum::<usize>()
}

/// How much is seen of what `side` said without its acknowledgement.
pub(super) fn side_seen(side: Side) -> Completeness {
    match side {
        Side::Client => Completeness::RequestOnly,
        Side::Server => Completeness::Complete,
    }
}

/// What waits is told without its acknowledgement.
pub(super) fn give_up(pending: &mut Pending, error: Option<&'static str>) {
    let exchange = &mut pending.exchange;
    let acknowledged_by = if exchange.request.is_some() { Side::Server } else { Side::Client };
    if pending.lost[acknowledged_by.index()] {
        exchange.note(PAIRING_UNCERTAIN);
    } else if exchange.error.is_none() {
        exchange.error = error;
    }
    if exchange.request.is_none() {
        exchange.detail.push(("acknowledged", "not seen".to_owned()));
    }
}
