//! Memcached over UDP (`doc/protocol.txt`, section "UDP protocol"): each datagram begins with the number
//! of the request, its own among those of the message, how many those are, and zero, 16 bits each.
//!
//! What is asked under one number is followed as if it were a connection of its own, which is told the
//! answer's datagrams in their order. How many bytes one had that did not come is not known: then the
//! answer is told as one that has a gap, and where it ends is not.
//!
//! That a whole answer did not come cannot be seen. So where several things were asked under one number
//! the order of the answers does not tell what they are to: a key does, and what is paired without one
//! is noted to be uncertain.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use super::oddity::{DATAGRAMS_LOST, PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use super::probe::probe as is_said;
use super::{Either, Memcached};
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::{MEMCACHED_EARLY, MEMCACHED_NUMBERS};
use crate::proto::datagram::{Datagram, Recognised};
use crate::proto::{
    Close, Context, DatagramParser, Parser, Place, Probe, Settings, Side, Sink, Verdict,
};

/// Where Memcached listens unless it is told otherwise.
const PORT: u16 = 11211;

/// How long a request waits for the next datagram of its answer, ns: longer than clients do.
const ANSWER_WAIT: i64 = 10_000_000_000;

/// Datagrams in a row that are not Memcached's, after which the flow is held to be something else.
const STRANGERS: u8 = 3;

/// What holding a datagram takes beside its bytes.
const OVERHEAD: usize = 64;

/// What a datagram begins with.
#[derive(Debug, Clone, Copy)]
struct Header {
    /// Of the request.
    number: u16,
    /// Which of the message's datagrams this is.
    at: u16,
    /// How many the message has.
    of: u16,
}

impl Header {
    /// The header and what is behind it; `None`: it is none.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        // The last two are to be zero, which not all clients keep to and no server asks for.
        let (&[n1, n0, a1, a0, o1, o0, _, _], rest) = bytes.split_first_chunk::<8>()?;
        let header = Self {
            number: u16::from_be_bytes([n1, n0]),
            at: u16::from_be_bytes([a1, a0]),
            of: u16::from_be_bytes([o1, o0]),
        };
        (header.at < header.of && !rest.is_empty()).then_some((header, rest))
    }
}

/// The registry's probe.
pub(super) fn probe(datagram: &Datagram<'_>) -> Recognised {
    let Some((header, rest)) = Header::read(datagram.bytes) else { return Recognised::No };
    let is_usual = datagram.ports.has(PORT) && rest.ends_with(b"\r\n");
    let is = |side| match is_said(side, rest) {
        Probe::Yes => true,
        Probe::NeedMore => is_usual,
        Probe::No => false,
    };
    match (header.at, header.of) {
        (0, 1) if is(Side::Client) => Recognised::Yes(Some(Side::Client)),
        (0, _) if is(Side::Server) => Recognised::Yes(Some(Side::Server)),
        _ => Recognised::No,
    }
}

pub(super) fn open(_: &Datagram<'_>, _: &Settings) -> Box<dyn DatagramParser> {
    Box::new(Datagrams::default())
}

/// The answer that is coming.
#[derive(Debug, Default)]
struct Answer {
    /// How many datagrams it has; 0: none has come.
    of: u16,
    /// Those that came in their order.
    read: u16,
    /// When the first of them came.
    begun: Option<i64>,
    /// Those that came before others, and how many bytes each lacks.
    early: BTreeMap<u16, (Vec<u8>, usize)>,
    /// Bytes that these take.
    held: usize,
}

impl Answer {
    fn hold(&mut self, at: u16, bytes: &[u8], cut: usize) {
        if let Entry::Vacant(place) = self.early.entry(at) {
            place.insert((bytes.to_vec(), cut));
            self.held += bytes.len() + OVERHEAD;
        }
    }

    fn next(&mut self) -> Option<(Vec<u8>, usize)> {
        let next = self.early.remove(&self.read)?;
        self.held -= next.0.len() + OVERHEAD;
        Some(next)
    }
}

/// What was asked under one number.
struct Asked {
    number: u16,
    /// When its latest datagram came.
    time: i64,
    talk: Either,
    /// Bytes that each side has said.
    said: [u64; 2],
    answer: Answer,
}

impl Asked {
    fn new(number: u16, time: i64) -> Self {
        let (talk, answer) = (Either::Undecided, Answer::default());
        Self { number, time, talk, said: [0; 2], answer }
    }

    /// The next bytes of a side, and how many are missing behind them.
    fn hears(&mut self, side: Side, bytes: &[u8], cut: usize, cx: &mut Context<'_>) -> Verdict {
        let place =
            Place { offset: self.said[side.index()], received: self.said[side.peer().index()] };
        let after = place.offset + bytes.len() as u64;
        self.said[side.index()] = after + cut as u64;
        let Context { time, settings, .. } = *cx;
        let mut cx = Context { time, place, settings, sink: &mut *cx.sink };
        if matches!(self.talk, Either::Undecided) {
            self.talk = Either::begun(bytes, Memcached::in_datagrams);
        }
        let verdict = self.talk.data(side, bytes, &mut cx);
        if cut == 0 || verdict != Verdict::Continue {
            return verdict;
        }
        cx.place.offset = after;
        self.talk.gap(side, cut as u64, &mut cx)
    }

    /// The next datagram of the answer.
    fn answers(&mut self, bytes: &[u8], cut: usize, cx: &mut Context<'_>) -> Verdict {
        self.answer.read += 1;
        self.hears(Side::Server, bytes, cut, cx)
    }

    /// Whether not all datagrams of an answer have come.
    fn is_within(&self) -> bool {
        self.answer.of > 0
    }

    /// Nothing more is to come under this number; `error`: why.
    fn end(mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        let answer = core::mem::take(&mut self.answer);
        // Servers send each value as a message of its own: that its end is missing tells the text of it.
        let begun = self.talk.answer_begun().or(answer.begun);
        if answer.of == 0 && begun.is_none() {
            return self.talk.flush(error, false, cx);
        }
        let came = usize::from(answer.read) + answer.early.len();
        let is_asked = self.said[Side::Client.index()] > 0;
        let mut sink = Lossy {
            sink: &mut *cx.sink,
            part: Some((answer.of > 0).then(|| format!("{came} of {}", answer.of))),
            begun,
            is_named: matches!(&self.talk, Either::Binary(binary) if binary.is_named()),
            is_sure: self.talk.is_sure(),
        };
        if !is_asked && begun.is_some() {
            let stray = Exchange { protocol: "memcached", ..Exchange::default() };
            return sink.exchange(&stray);
        }
        let Context { time, place, settings, .. } = *cx;
        self.talk.flush(None, true, &mut Context { time, place, settings, sink: &mut sink });
    }
}

/// Says of rows that datagrams were lost; of the first that was answered, that its answer has begun.
struct Lossy<'a> {
    sink: &'a mut dyn Sink,
    /// What is known of that answer, until it is told: how many of its datagrams came.
    part: Option<Option<String>>,
    begun: Option<i64>,
    /// The row has it already; otherwise it is the first one.
    is_named: bool,
    /// It is known which command that is.
    is_sure: bool,
}

impl Sink for Lossy<'_> {
    fn exchange(&mut self, exchange: &Exchange) {
        let mut exchange = exchange.clone();
        if self.is_sure {
            exchange.oddities.retain(|oddity| *oddity != PAIRING_UNCERTAIN);
        }
        exchange.note(DATAGRAMS_LOST);
        let is_its = exchange.response.is_some() || !self.is_named;
        if is_its && let Some(came) = self.part.take() {
            exchange.completeness = Completeness::Gap;
            exchange.detail.extend(came.map(|came| ("answer_datagrams", came)));
            let body = Body { truncated: true, ..Body::default() };
            let begun =
                self.begun.map(|first_time| Message { first_time, body, ..Message::default() });
            exchange.response = exchange.response.or(begun);
        }
        self.sink.exchange(&exchange);
    }

    fn parse_error(&mut self) {
        self.sink.parse_error();
    }
}

/// Follows one flow.
#[derive(Default)]
struct Datagrams {
    /// What waits for its answer, or the rest of it; what was heard of last is last.
    asked: VecDeque<Asked>,
    strangers: u8,
}

impl DatagramParser for Datagrams {
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict {
        self.settle(cx);
        let Some((header, bytes)) = Header::read(datagram.bytes) else { return self.strange(cx) };
        let is_read = match datagram.side {
            Side::Client => self.question(header, bytes, datagram.cut, cx),
            Side::Server => self.answer(header, bytes, datagram.cut, cx),
        };
        if !is_read {
            return self.strange(cx);
        }
        self.strangers = 0;
        Verdict::Continue
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        let is_over = |asked: &Asked| cx.time > asked.time.saturating_add(ANSWER_WAIT);
        if !self.asked.iter().any(is_over) {
            return;
        }
        let (over, waiting) =
            core::mem::take(&mut self.asked).into_iter().partition::<VecDeque<_>, _>(is_over);
        self.asked = waiting;
        over.into_iter().for_each(|asked| asked.end(Some("no answer"), cx));
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        // Otherwise the observer stopped looking; nothing is known to have failed.
        self.flush((close == Close::Timeout).then_some("no answer"), cx);
    }

    fn memory(&self) -> usize {
        let asked: usize =
            self.asked.iter().map(|asked| asked.talk.memory() + asked.answer.held).sum();
        size_of::<Self>() + self.asked.capacity() * size_of::<Asked>() + asked
    }
}

impl Datagrams {
    fn flush(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        self.asked.drain(..).for_each(|asked| asked.end(error, cx));
    }

    /// A datagram that is not Memcached's.
    fn strange(&mut self, cx: &mut Context<'_>) -> Verdict {
        self.strangers += 1;
        if self.strangers < STRANGERS {
            cx.sink.parse_error();
            return Verdict::Continue;
        }
        self.flush(None, cx);
        Verdict::Dead("datagrams are not Memcached's")
    }

    fn take(&mut self, number: u16) -> Option<Asked> {
        let at = self.asked.iter().position(|asked| asked.number == number)?;
        self.asked.remove(at)
    }

    fn keep(&mut self, asked: Asked, cx: &mut Context<'_>) {
        if self.asked.len() >= MEMCACHED_NUMBERS
            && let Some(oldest) = self.asked.pop_front()
        {
            let mut sink = Overflowing(&mut *cx.sink);
            let Context { time, place, settings, .. } = *cx;
            oldest.end(None, &mut Context { time, place, settings, sink: &mut sink });
        }
        self.asked.push_back(asked);
    }

    /// False: it is none. Servers refuse one of several datagrams.
    fn question(&mut self, header: Header, bytes: &[u8], cut: usize, cx: &mut Context<'_>) -> bool {
        if header.of != 1 || !may_ask(bytes) {
            return false;
        }
        if let Some(before) = self.take(header.number) {
            before.end(None, cx);
        }
        let mut asked = Asked::new(header.number, cx.time);
        if asked.hears(Side::Client, bytes, cut, cx) != Verdict::Continue {
            asked.talk.flush(None, true, cx);
            return false;
        }
        if !asked.talk.is_done() {
            self.keep(asked, cx);
        }
        true
    }

    /// False: it is none.
    fn answer(&mut self, header: Header, bytes: &[u8], cut: usize, cx: &mut Context<'_>) -> bool {
        let mut asked = match self.take(header.number) {
            Some(asked) if asked.is_within() && asked.answer.of != header.of => {
                // Of another answer: the rest of the first one is lost.
                asked.end(None, cx);
                Asked::new(header.number, cx.time)
            }
            found => found.unwrap_or_else(|| Asked::new(header.number, cx.time)),
        };
        asked.time = cx.time;
        asked.answer.of = header.of;
        if header.at == 0 {
            asked.answer.begun.get_or_insert(cx.time);
        }
        if header.at > asked.answer.read {
            asked.answer.hold(header.at, bytes, cut);
            let held: usize = self.asked.iter().map(|asked| asked.answer.held).sum();
            if held + asked.answer.held > MEMCACHED_EARLY {
                asked.end(None, cx);
            } else {
                self.keep(asked, cx);
            }
            return true;
        }
        if header.at == asked.answer.read {
            let (mut verdict, mut is_cut) = (asked.answers(bytes, cut, cx), cut > 0);
            while verdict == Verdict::Continue
                && let Some((bytes, cut)) = asked.answer.next()
            {
                (verdict, is_cut) = (asked.answers(&bytes, cut, cx), cut > 0);
            }
            if verdict != Verdict::Continue {
                asked.talk.flush(None, true, cx);
                return is_cut || matches!(verdict, Verdict::Over { .. });
            }
            if asked.answer.read == asked.answer.of {
                // One datagram may ask for several things, each answered as if it were alone.
                asked.answer = Answer::default();
            }
        }
        if asked.is_within() || !asked.talk.is_done() {
            self.keep(asked, cx);
        }
        true
    }
}

/// Whether this may be a command, in a flow that is Memcached's: servers answer mistakes, too.
fn may_ask(bytes: &[u8]) -> bool {
    let is_line = bytes.first().is_some_and(u8::is_ascii_lowercase) && bytes.contains(&b'\n');
    is_line || is_said(Side::Client, bytes) != Probe::No
}

/// Says of rows that more waited than is followed.
struct Overflowing<'a>(&'a mut dyn Sink);

impl Sink for Overflowing<'_> {
    fn exchange(&mut self, exchange: &Exchange) {
        let mut exchange = exchange.clone();
        exchange.note(PIPELINE_OVERFLOW);
        self.0.exchange(&exchange);
    }

    fn parse_error(&mut self) {
        self.0.parse_error();
    }
}

#[cfg(test)]
mod tests;
