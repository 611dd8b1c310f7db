//! One exchange in the making, and the spare ones kept for reuse.

use std::cell::RefCell;

use super::half::Start;
use super::oddity::{OddSet, Oddity};
use crate::event::{Completeness, Exchange, Message};
use crate::limits::{HTTP_SPARE, HTTP_SPARE_BYTES};
use crate::proto::events::EventStream;
use crate::proto::grpc::Call;
use crate::proto::websocket::handshake::Fields;

/// How far one half of an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Progress {
    /// Nothing of it was seen.
    #[default]
    Absent,
    /// Its head was read; its body is not finished.
    Open,
    /// Read to its end.
    Ended,
    /// Its end was not seen, and will not be.
    Cut,
}

impl Progress {
    /// No more of it will come.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Cut)
    }
}

/// What a request's method means for the framing of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// The method was not seen.
    #[default]
    Unknown,
    Head,
    Connect,
    Other,
}

impl Asked {
    /// By the method, which is case-sensitive.
    pub(super) fn of(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self::Head,
            b"CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }
}

/// An exchange that is not finished. Parts of `exchange` that the progress does not vouch for
/// may be left over from an earlier use; [`Pending::settle`] removes them.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) exchange: Exchange,
    /// Where the request begins; of a response without one, where that begins.
    pub(super) start: Start,
    /// What the sender of the last bytes of the request had received; 0 until it is over.
    pub(super) heard: u64,
    /// Bytes that were lost where its response had to begin; they count as its own already.
    pub(super) lost_ahead: u64,
    /// Offset of the next request, or of what may have held one and was lost; `None`: neither
    /// has come.
    pub(super) until: Option<u64>,
    pub(super) asked: Asked,
    pub(super) request: Progress,
    pub(super) response: Progress,
    /// The request asked for another protocol.
    pub(super) upgrade: bool,
    /// What it said of the WebSocket that it asked for.
    pub(super) offer: Option<Box<Fields>>,
    /// Nothing but its method says that the request is one: no version, and no other message of
    /// HTTP on the connection. A response makes it sure.
    pub(super) unsure: bool,
    /// The events of its response, if that is a stream of them.
    pub(super) events: Option<Box<EventStream>>,
    /// Bytes of it were lost or cut off.
    pub(super) gap: bool,
    /// Informational responses noted in the detail.
    pub(super) informational: u8,
    /// A call of gRPC-Web.
    pub(super) call: Option<Box<Call>>,
    odd: OddSet,
}

impl Pending {
    /// Notes an oddity, once.
    pub(super) fn note(&mut self, oddity: Oddity) {
        if self.odd.insert(oddity) {
            self.exchange.oddities.push(oddity.name());
        }
    }

    /// Notes all oddities of a set, each once.
    pub(super) fn note_all(&mut self, odd: OddSet) {
        if !odd.is_empty() {
            odd.move_into(&mut self.odd, &mut self.exchange.oddities);
        }
    }

    /// Says that bytes of it were lost.
    pub(super) fn lose(&mut self, bytes: u64) {
        self.gap = true;
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(bytes);
    }

    /// Says that bytes were lost where its response has to begin.
    pub(super) fn lose_ahead(&mut self, bytes: u64) {
        self.lose(bytes);
        self.lost_ahead = self.lost_ahead.saturating_add(bytes);
    }

    /// Appends to a value of the detail, or adds it.
    pub(super) fn detail(&mut self, name: &'static str, separator: char, value: &str) {
        match self.exchange.detail.iter_mut().find(|d| d.0 == name) {
            Some((_, text)) => {
                text.push(separator);
                text.push_str(value);
            }
            None => self.exchange.detail.push((name, value.to_owned())),
        }
    }

    /// Takes in a response that was read apart.
    pub(super) fn join(&mut self, mut response: Box<Self>) {
        let (e, other) = (&mut self.exchange, &mut response.exchange);
        std::mem::swap(&mut e.response, &mut other.response);
        e.status = other.status;
        e.error = other.error;
        e.gap_bytes = e.gap_bytes.saturating_add(other.gap_bytes);
        self.gap |= response.gap;
        self.response = response.response;
        self.events = response.events.take();
        self.informational = response.informational;
        match (e.version, other.version) {
            (Some(asked), Some(said)) if asked != said => {
                self.detail("response_version", ',', said);
            }
            (None, said) => e.version = said,
            _ => {}
        }
        if let Some(call) = response.call.take() {
            self.join_call(*call);
        }
        self.exchange.detail.append(&mut response.exchange.detail);
        self.note_all(response.odd);
        put(response);
    }

    /// What the response says of a call.
    #[cold]
    fn join_call(&mut self, response: Call) {
        let call = self.call.get_or_insert_default();
        let [_, half] = response.halves;
        call.halves[1] = half;
        (call.status, call.message) = (response.status, response.message);
    }

    /// What was asked, for the protocol that goes on with it.
    pub(super) fn asked(&self) -> Exchange {
        let mut asked = Exchange { response: None, ..self.exchange.clone() };
        asked.request.iter_mut().for_each(without_empty_content);
        asked
    }

    /// Makes the exchange say what was seen, and nothing else.
    pub(super) fn settle(&mut self, error: Option<&'static str>) {
        if let Some(stream) = self.events.take() {
            self.end_events(&stream);
        }
        let e = &mut self.exchange;
        leave_what_was_seen(e, self.request, self.response);
        if self.response == Progress::Ended {
            e.error = None;
        } else if e.error.is_none() {
            e.error = error;
        }
        e.completeness = match (self.request, self.response) {
            _ if self.gap => Completeness::Gap,
            (Progress::Absent, _) => Completeness::ResponseOnly,
            (_, Progress::Absent) => Completeness::RequestOnly,
            _ => Completeness::Complete,
        };
    }

    /// Tells what came of its events; no more will.
    #[cold]
    fn end_events(&mut self, stream: &EventStream) {
        if stream.tell(&mut self.exchange) {
            self.note(Oddity::EventsUndecodable);
        }
        if let Some(growth) = &stream.growth {
            growth.mark_last(&mut self.exchange);
        }
    }

    /// The row of an event stream that goes on.
    #[cold]
    pub(super) fn open_row(&mut self, now: i64) -> Option<Exchange> {
        let stream = self.events.as_mut()?;
        let mut exchange = self.exchange.clone();
        leave_what_was_seen(&mut exchange, self.request, self.response);
        stream.tell_open(&mut exchange, now);
        Some(exchange)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let e = &self.exchange;
        let message = |m: &Option<Message>| {
            m.as_ref()
                .map_or(0, |m| m.headers.memory() + m.body.kept.as_ref().map_or(0, Vec::capacity))
        };
        size_of::<Self>()
            + message(&e.request)
            + message(&e.response)
            + self.call.as_ref().map_or(0, |call| size_of::<Call>() + call.memory())
            + e.target.as_ref().map_or(0, Vec::capacity)
            + self.offer.as_ref().map_or(0, |offer| offer.memory())
            + self.events.as_ref().map_or(0, |events| events.memory())
    }

    /// Forgets the exchange and keeps its buffers.
    fn clear(&mut self) {
        let e = &mut self.exchange;
        e.version = None;
        e.status = None;
        e.error = None;
        e.gap_bytes = 0;
        e.trace_id = None;
        e.growing = None;
        e.oddities.clear();
        e.detail.clear();
        self.heard = 0;
        self.lost_ahead = 0;
        self.until = None;
        self.asked = Asked::Unknown;
        self.request = Progress::Absent;
        self.response = Progress::Absent;
        self.upgrade = false;
        self.offer = None;
        self.events = None;
        self.unsure = false;
        self.gap = false;
        self.informational = 0;
        self.odd = OddSet::default();
        self.call = None;
        // What is left over of the messages must never be reported: a time that nothing has
        // shows if it is.
        #[cfg(any(test, fuzzing))]
        for message in [&mut e.request, &mut e.response].into_iter().flatten() {
            message.first_time = i64::MAX;
        }
    }
}

thread_local! {
    /// Spare exchanges. They belong to the thread and not to a connection, so that a million
    /// idle connections hold none of them and a short connection finds one.
    ///
    /// Boxed, since they move between here and the queues of connections.
    #[allow(clippy::vec_box)]
    static SPARE: RefCell<Vec<Box<Pending>>> = const { RefCell::new(Vec::new()) };
}

/// An empty exchange.
pub(super) fn take() -> Box<Pending> {
    let mut pending = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    pending.exchange.protocol = "http";
    pending
}

/// Gives a finished exchange back.
pub(super) fn put(mut pending: Box<Pending>) {
    if pending.memory() > HTTP_SPARE_BYTES {
        return;
    }
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < HTTP_SPARE {
            pending.clear();
            spare.push(pending);
        }
    });
}

/// Copies into a slot, into the buffer that it has.
pub(super) fn set(slot: &mut Option<Vec<u8>>, value: &[u8]) {
    match slot {
        Some(buffer) => {
            buffer.clear();
            buffer.extend_from_slice(value);
        }
        None => *slot = Some(value.to_vec()),
    }
}

/// Prepares the slot of a message for a new one, keeping its buffers.
pub(super) fn renew(slot: &mut Option<Message>, time: i64) -> &mut Message {
    let message = slot.get_or_insert_default();
    message.first_time = time;
    message.last_time = None;
    message.headers.clear();
    message.body.bytes = Some(0);
    message.body.truncated = false;
    if let Some(kept) = &mut message.body.kept {
        kept.clear();
    }
    message
}

/// Removes what is left over from an earlier use.
fn leave_what_was_seen(e: &mut Exchange, request: Progress, response: Progress) {
    if request == Progress::Absent {
        (e.request, e.method, e.host, e.target) = (None, None, None, None);
    }
    if response == Progress::Absent {
        e.response = None;
    }
    [&mut e.request, &mut e.response].into_iter().flatten().for_each(without_empty_content);
}

/// A message that is used again keeps its buffer, though it may have no content.
fn without_empty_content(message: &mut Message) {
    message.body.kept.take_if(|kept| kept.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaches `HTTP_SPARE` and `HTTP_SPARE_BYTES`: what is beyond them is freed, so that finished
    /// exchanges hold a known amount of memory, and nothing is lost.
    #[test]
    fn exchanges_are_kept_for_reuse_up_to_the_caps() {
        let kept = || SPARE.with_borrow(Vec::len);
        let mut large = Box::<Pending>::default();
        set(&mut large.exchange.target, &vec![b'x'; HTTP_SPARE_BYTES + 1]);
        put(large);
        assert_eq!(kept(), 0);
        for _ in 0..HTTP_SPARE + 1 {
            put(Box::default());
        }
        assert_eq!(kept(), HTTP_SPARE);
    }
}
