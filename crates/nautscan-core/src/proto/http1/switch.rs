//! Connections that change their protocol: CONNECT, and upgrades (RFC 9110 section 7.8).

use super::Http1;
use super::fields;
use super::half::State;
use super::oddity::{OddSet, Oddity};
use super::pending::{self, Pending, Progress};
use crate::event::{Exchange, Growing};
use crate::proto::Context;
use crate::proto::websocket::handshake::{Fields, tell};

/// Whether a value of Upgrade names `protocol`.
fn names(upgrade: &[u8], protocol: &[u8]) -> bool {
    upgrade.split(|&byte| byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(protocol))
}

/// The fields of a WebSocket's handshake, of a section of fields that was read before.
fn handshake(section: &[u8]) -> Fields {
    let mut found = Fields::default();
    fields::read(section, &mut OddSet::default(), |name, value| found.field(name, value));
    found
}

/// What a request that has the Upgrade `to` says of the WebSocket that it asks for, if it does.
#[cold]
pub(super) fn offer(to: &[u8], section: &[u8]) -> Option<Box<Fields>> {
    names(to, b"websocket").then(|| Box::new(handshake(section)))
}

impl Http1 {
    /// The connection changes its protocol with the response just read, whose fields are in
    /// `section`.
    #[cold]
    pub(super) fn switch(
        &mut self,
        status: i32,
        upgrade: Option<Vec<u8>>,
        section: &[u8],
        cx: &mut Context<'_>,
    ) {
        let seen = self.halves[1].seen;
        let pending = self.pairing.current();
        if let Some(message) = &mut pending.exchange.response {
            message.last_time = Some(seen);
        }
        pending.response = Progress::Ended;
        if pending.request == Progress::Open {
            pending.request = Progress::Ended;
        }
        let to_websocket =
            status == 101 && upgrade.as_ref().is_some_and(|to| names(to, b"websocket"));
        let answer = if to_websocket { handshake(section) } else { Fields::default() };
        if answer.has_accept() {
            let pending = self.pairing.take_switched(&answer);
            self.unanswered = Some(Box::new(self.hand_over(pending, &answer)));
        } else {
            self.conclude_switch(status, upgrade, cx);
        }
        self.pairing.flush(None, false, cx);
        // What the client sent meanwhile is of the new protocol and stays for it.
        for half in self.halves.iter_mut().filter(|half| half.state != State::Held) {
            half.state = State::Closed;
        }
    }

    /// The exchange ends here; what comes next is another.
    fn conclude_switch(&mut self, status: i32, upgrade: Option<Vec<u8>>, cx: &mut Context<'_>) {
        let pending = self.pairing.current();
        if status == 101 && pending.request != Progress::Absent && !pending.upgrade {
            pending.note(Oddity::UnexpectedSwitch);
        }
        let unanswered = match &upgrade {
            // Stream 1 of HTTP/2 answers it (RFC 7540 section 3.2).
            Some(to) if to.eq_ignore_ascii_case(b"h2c") && pending.request != Progress::Absent => {
                Some(Box::new(pending.asked()))
            }
            _ => None,
        };
        if let Some(protocol) = upgrade {
            pending.detail("upgrade", ',', &String::from_utf8_lossy(&protocol));
        }
        self.unanswered = unanswered;
        self.pairing.response_over(cx);
    }

    /// The exchange that a WebSocket goes on with.
    fn hand_over(&mut self, mut pending: Box<Pending>, answer: &Fields) -> Exchange {
        pending.settle(None);
        let mut exchange = core::mem::take(&mut pending.exchange);
        let offer = pending.offer.take().filter(|_| pending.request != Progress::Absent);
        pending::put(pending);
        exchange.growing = Some(Growing { id: self.next_number(), again: false });
        tell(&mut exchange, offer.as_deref(), answer);
        exchange
    }
}
