//! The binary protocol: messages with a header of 24 bytes, and answers that repeat the number and
//! the token of what they answer.

use std::collections::VecDeque;

use super::oddity::{PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use super::opcode::{self, Opcode};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::{MEMCACHED_PIPELINE, MEMCACHED_TEXT, MEMCACHED_VALUE};
use crate::proto::turns::Turns;
use crate::proto::{Context, Place, Probe, Side, Verdict, keys};

/// First byte of a request.
const REQUEST: u8 = 0x80;
/// First byte of an answer.
const ANSWER: u8 = 0x81;
/// Bytes of a header.
const HEADER: usize = 24;
/// Bytes of the longest key.
const KEY: u16 = 250;

/// Whether a connection that begins with this byte speaks the binary protocol.
pub(super) fn begins(byte: u8) -> bool {
    matches!(byte, REQUEST | ANSWER)
}

/// A header.
#[derive(Debug, Clone, Copy)]
struct Header {
    opcode: &'static Opcode,
    key: u16,
    extras: u8,
    status: u16,
    body: u32,
    opaque: [u8; 4],
}

impl Header {
    /// Reads the header of a message of `side`; `None`: it is none.
    fn read(side: Side, bytes: &[u8]) -> Option<Self> {
        let &[magic, code, k1, k0, extras, kind, s1, s0, b3, b2, b1, b0, o3, o2, o1, o0] =
            bytes.first_chunk::<16>()?;
        let opcode = opcode::named(code)?;
        let (key, body) = (u16::from_be_bytes([k1, k0]), u32::from_be_bytes([b3, b2, b1, b0]));
        let is_built = u32::from(key) + u32::from(extras) <= body && body <= MEMCACHED_VALUE;
        let is_known = match side {
            // A key after `stat` says which facts.
            Side::Client => {
                magic == REQUEST && (opcode.fits(extras, key) || opcode.has_many_answers())
            }
            Side::Server => magic == ANSWER && extras <= 4,
        };
        let is_header = is_built && is_known && kind == 0 && key <= KEY;
        let (status, opaque) = (u16::from_be_bytes([s1, s0]), [o3, o2, o1, o0]);
        is_header.then_some(Self { opcode, key, extras, status, body, opaque })
    }
}

/// The registry's probe for the binary protocol.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let magic = if side == Side::Client { REQUEST } else { ANSWER };
    match bytes {
        [first, ..] if *first != magic => Probe::No,
        [_, code, ..] if opcode::named(*code).is_none() => Probe::No,
        _ if bytes.len() < HEADER => Probe::NeedMore,
        _ if Header::read(side, bytes).is_some() => Probe::Yes,
        _ => Probe::No,
    }
}

/// A message that is coming.
#[derive(Debug)]
struct Current {
    header: Header,
    begun: (i64, Place),
    /// What there is of extras and key.
    head: Vec<u8>,
    kept: Vec<u8>,
    is_cut: bool,
    left: u64,
    lost: u64,
    is_end_lost: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Half {
    header: Vec<u8>,
    begun: (i64, Place),
    current: Option<Current>,
}

impl Half {
    fn reset(&mut self) {
        self.header.clear();
        self.current = None;
    }

    fn is_within(&self) -> bool {
        self.current.is_some() || !self.header.is_empty()
    }

    /// Takes what there is of the next message; answers how many bytes that were, and the message if
    /// it is whole. `None`: it is none.
    fn next(
        &mut self,
        side: Side,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> Option<(usize, Option<Current>)> {
        let Some(mut current) = self.current.take() else {
            return self.begin(side, bytes, place, cx);
        };
        let used = usize::try_from(current.left).unwrap_or(usize::MAX).min(bytes.len());
        current.take(&bytes[..used], cx.settings.body_limit);
        current.left -= used as u64;
        Some((used, self.after(current)))
    }

    fn begin(
        &mut self,
        side: Side,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> Option<(usize, Option<Current>)> {
        if self.header.is_empty() {
            self.begun = (cx.time, place);
        }
        let used = bytes.len().min(HEADER - self.header.len());
        self.header.extend_from_slice(&bytes[..used]);
        if self.header.len() < HEADER {
            return Some((used, None));
        }
        let header = Header::read(side, &self.header)?;
        self.header.clear();
        let (begun, left) = (self.begun, u64::from(header.body));
        let (head, kept) = (Vec::new(), Vec::new());
        let current =
            Current { header, begun, head, kept, is_cut: false, left, lost: 0, is_end_lost: false };
        Some((used, self.after(current)))
    }

    fn after(&mut self, current: Current) -> Option<Current> {
        if current.left == 0 {
            return Some(current);
        }
        self.current = Some(current);
        None
    }

    /// `lost` bytes are missing. `None`: it is not known where the next message begins; otherwise the
    /// message that ends with them.
    fn lose(&mut self, lost: u64) -> Option<Option<Current>> {
        let current = self.current.as_mut();
        let current = current.filter(|current| lost <= current.left && current.has_head())?;
        current.left -= lost;
        current.lost += lost;
        current.is_cut = true;
        current.is_end_lost = current.left == 0;
        let current = self.current.take()?;
        Some(self.after(current))
    }

    fn memory(&self) -> usize {
        let current = self.current.as_ref();
        let texts = current.map_or(0, |c| c.head.capacity() + c.kept.capacity());
        self.header.capacity() + texts
    }
}

impl Current {
    fn head_len(&self) -> usize {
        usize::from(self.header.extras) + usize::from(self.header.key)
    }

    fn has_head(&self) -> bool {
        self.head.len() == self.head_len()
    }

    fn take(&mut self, bytes: &[u8], limit: usize) {
        let head = bytes.len().min(self.head_len() - self.head.len());
        self.head.extend_from_slice(&bytes[..head]);
        let value = &bytes[head..];
        let fits = value.len().min(limit.saturating_sub(self.kept.len()));
        self.kept.extend_from_slice(&value[..fits]);
        self.is_cut |= fits < value.len();
    }

    fn key(&self) -> &[u8] {
        self.head.get(usize::from(self.header.extras)..).unwrap_or_default()
    }

    fn bytes(&self) -> u64 {
        HEADER as u64 + u64::from(self.header.body)
    }

    fn message(&mut self, time: i64) -> Message {
        let kept = core::mem::take(&mut self.kept);
        let last_time = (!self.is_end_lost).then_some(time);
        let body = Body {
            bytes: i64::try_from(self.bytes()).ok().filter(|_| self.left == 0),
            kept: (!kept.is_empty()).then_some(kept),
            truncated: self.is_cut,
        };
        Message { first_time: self.begun.0, last_time, body, ..Message::default() }
    }
}

/// A command that waits for its answer.
#[derive(Debug)]
struct Pending {
    exchange: Exchange,
    opcode: &'static Opcode,
    opaque: [u8; 4],
    key: Vec<u8>,
    offset: u64,
}

/// Follows one connection.
#[derive(Debug, Default)]
pub(super) struct Binary {
    halves: [Half; 2],
    queue: VecDeque<Pending>,
    turns: Turns,
    texts: usize,
}

impl Binary {
    /// Bytes that `side` sent.
    pub(super) fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        if !self.is_readable(side, bytes, cx) {
            return Verdict::Continue;
        }
        let mut at = 0;
        while at < bytes.len() {
            let place = Place { offset: cx.place.offset + at as u64, ..cx.place };
            let next = self.halves[side.index()].next(side, &bytes[at..], place, cx);
            let Some((used, current)) = next else {
                self.flush(None, true, cx);
                return Verdict::Dead("no message of Memcached's binary protocol");
            };
            at += used;
            match current {
                None => {}
                Some(current) if side == Side::Client => self.command(current, cx),
                Some(current) => self.answer(current, cx),
            }
        }
        Verdict::Continue
    }

    fn is_readable(&mut self, side: Side, bytes: &[u8], cx: &Context<'_>) -> bool {
        let is_within = self.halves[side.index()].is_within();
        if side == Side::Server {
            return is_within || self.turns.is_readable(cx.place.offset);
        }
        let is_due = !is_within && self.queue.iter().any(|pending| !pending.opcode.is_quiet);
        let has_turn = self.turns.client(cx.place, is_due);
        if !self.turns.is_lost() {
            return true;
        }
        let is_begun = has_turn && probe(side, bytes) == Probe::Yes;
        if is_begun {
            self.turns.resume(cx.place);
        }
        is_begun
    }

    /// `lost` bytes of `side` were not captured.
    pub(super) fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        match self.halves[side.index()].lose(lost) {
            Some(None) => return Verdict::Continue,
            Some(Some(current)) => {
                match side {
                    Side::Client => self.command(current, cx),
                    Side::Server => self.answer(current, cx),
                }
                return Verdict::Continue;
            }
            None => {}
        }
        if side == Side::Server
            && let Some(front) = self.queue.front_mut()
        {
            front.exchange.gap_bytes = front.exchange.gap_bytes.saturating_add(lost);
        }
        self.flush(None, true, cx);
        self.halves.iter_mut().for_each(Half::reset);
        if self.turns.lose() {
            Verdict::Continue
        } else {
            Verdict::Dead("order is lost, and the client does not wait")
        }
    }

    fn command(&mut self, mut current: Current, cx: &mut Context<'_>) {
        let Header { opcode, opaque, .. } = current.header;
        let key = current.key().to_vec();
        let mut text = opcode.name.to_owned();
        if !key.is_empty() {
            text.push(' ');
            text.push_str(&String::from_utf8_lossy(&key[..key.len().min(MEMCACHED_TEXT)]));
        }
        if opcode.name.starts_with("sasl") {
            // What follows is a password.
            (current.kept, current.is_cut) = (Vec::new(), true);
        }
        let offset = current.begun.1.offset;
        let exchange = Exchange {
            protocol: "memcached",
            version: Some("binary"),
            method: Some(opcode.name.as_bytes().to_vec()),
            target: (!key.is_empty()).then(|| keys::pattern(&key)),
            gap_bytes: current.lost,
            request: Some(current.message(cx.time)),
            holds_values: true,
            detail: vec![("command", text)],
            ..Exchange::default()
        };
        let pending = Pending { exchange, opcode, opaque, key, offset };
        self.texts += pending.memory();
        self.queue.push_back(pending);
        if self.queue.len() > MEMCACHED_PIPELINE
            && let Some(mut oldest) = self.pop()
        {
            // Its answer, if it comes, finds none that it repeats the number and the token of.
            oldest.exchange.oddities.push(PIPELINE_OVERFLOW);
            emit(oldest.exchange, Completeness::RequestOnly, cx);
        }
    }

    fn pop(&mut self) -> Option<Pending> {
        let pending = self.queue.pop_front()?;
        self.texts = self.texts.saturating_sub(pending.memory());
        Some(pending)
    }

    fn answer(&mut self, mut current: Current, cx: &mut Context<'_>) {
        let Header { opcode, opaque, status, key, body, .. } = current.header;
        let received = current.begun.1.received;
        let has_key = opcode.repeats_key() && key > 0;
        let is_its = |pending: &Pending| {
            let is_same = (pending.opcode.name, pending.opaque) == (opcode.name, opaque);
            is_same && received > pending.offset && (!has_key || pending.key == current.key())
        };
        let Some(at) = self.queue.iter().position(is_its) else {
            let exchange = Exchange {
                protocol: "memcached",
                version: Some("binary"),
                method: Some(opcode.name.as_bytes().to_vec()),
                holds_values: true,
                ..Exchange::default()
            };
            return said(exchange, opcode, current, Completeness::ResponseOnly, cx);
        };
        if opcode.is_quiet && self.queue.iter().skip(at + 1).any(is_its) {
            // Clients that give all the same token: which of them had something to say is not known.
            let same = self.queue.iter_mut().filter(|pending| is_its(pending));
            same.for_each(|pending| pending.exchange.note(PAIRING_UNCERTAIN));
        }
        for _ in 0..at {
            let Some(pending) = self.pop() else { break };
            unanswered(pending, cx);
        }
        let is_last = !opcode.has_many_answers() || status != 0 || (key == 0 && body == 0);
        if !is_last {
            let Some(front) = self.queue.front_mut() else { return };
            match &mut front.exchange.response {
                Some(response) => add(&mut response.body, current.bytes()),
                response => *response = Some(current.message(cx.time)),
            }
            return;
        }
        if let Some(pending) = self.pop() {
            said(pending.exchange, opcode, current, Completeness::Complete, cx);
        }
    }

    /// Tells all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        if let Some(mut part) = self.halves[Side::Server.index()].current.take()
            && part.has_head()
        {
            (part.is_cut, part.is_end_lost) = (true, true);
            self.answer(part, cx);
        }
        while let Some(mut pending) = self.pop() {
            if pending.opcode.is_quiet && !lost {
                unanswered(pending, cx);
                continue;
            }
            if lost {
                pending.exchange.note(PAIRING_UNCERTAIN);
            } else {
                pending.exchange.error = error;
            }
            emit(pending.exchange, Completeness::RequestOnly, cx);
        }
        self.texts = 0;
    }

    /// When the message began that the server is sending.
    pub(super) fn begun(&self) -> Option<i64> {
        let half = &self.halves[Side::Server.index()];
        let begun = half.current.as_ref().map_or(half.begun, |current| current.begun);
        half.is_within().then_some(begun.0)
    }

    /// Whether it says what it is to.
    pub(super) fn is_named(&self) -> bool {
        self.halves[Side::Server.index()].current.as_ref().is_some_and(Current::has_head)
    }

    /// Whether it is known what it is to.
    pub(super) fn is_sure(&self) -> bool {
        self.queue.len() == 1 || self.is_named()
    }

    /// Whether nothing has begun that is not whole, or waits.
    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty() && !self.halves.iter().any(Half::is_within)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        halves + self.queue.capacity() * size_of::<Pending>() + self.texts
    }
}

impl Pending {
    fn memory(&self) -> usize {
        let length = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::capacity);
        let exchange = &self.exchange;
        let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let body = exchange.request.as_ref().map_or(0, |m| length(&m.body.kept));
        length(&exchange.method) + length(&exchange.target) + detail + body + self.key.capacity()
    }
}

/// Tells a command that another's answer says will not be answered.
fn unanswered(pending: Pending, cx: &mut Context<'_>) {
    let mut exchange = pending.exchange;
    if pending.opcode.is_quiet {
        exchange.detail.push(("reply", "quiet".to_owned()));
    } else {
        exchange.note(PAIRING_UNCERTAIN);
    }
    emit(exchange, Completeness::RequestOnly, cx);
}

fn said(
    mut exchange: Exchange,
    opcode: &Opcode,
    mut current: Current,
    seen: Completeness,
    cx: &mut Context<'_>,
) {
    let (reply, is_error) = opcode::status(current.header.status);
    exchange.status = Some(i32::from(current.header.status));
    exchange.error = is_error.then_some(reply);
    exchange.detail.push(("reply", reply.to_owned()));
    if opcode.reads() {
        let hits = u8::from(current.header.status == 0);
        exchange.detail.push(("hits", hits.to_string()));
    }
    exchange.gap_bytes = exchange.gap_bytes.saturating_add(current.lost);
    let bytes = current.bytes();
    match &mut exchange.response {
        Some(response) => {
            response.last_time = (!current.is_end_lost).then_some(cx.time);
            add(&mut response.body, bytes);
            response.body.bytes = response.body.bytes.filter(|_| current.left == 0);
        }
        None => exchange.response = Some(current.message(cx.time)),
    }
    let seen = if current.left == 0 { seen } else { Completeness::Gap };
    emit(exchange, seen, cx);
}

fn add(body: &mut Body, bytes: u64) {
    let more = i64::try_from(bytes).unwrap_or(i64::MAX);
    body.bytes = body.bytes.map(|bytes| bytes.saturating_add(more));
    body.truncated = true;
}

fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    let mut is_gap = exchange.gap_bytes > 0;
    if seen == Completeness::RequestOnly
        && let Some(part) = &mut exchange.response
    {
        // An answer of several packets, of which the last was not seen.
        (part.last_time, part.body.bytes, is_gap) = (None, None, true);
    }
    exchange.completeness = if is_gap { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}
