//! Which answer is to which command.

use std::collections::VecDeque;

use super::answer;
use super::command::{Command, Wants};
use super::half::Whole;
use super::oddity::{NO_NAME, PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use crate::event::{Completeness, Exchange};
use crate::limits::{MEMCACHED_PIPELINE, MEMCACHED_TEXT};
use crate::proto::{Context, Side};

/// A command that waits for its answer.
#[derive(Debug)]
struct Pending {
    exchange: Exchange,
    wants: Wants,
    is_quiet: bool,
    opaque: Option<Vec<u8>>,
    keys: usize,
    offset: u64,
}

/// What is known of the answer that is coming.
#[derive(Debug, Default)]
struct Answer {
    /// First word of its first line.
    code: Vec<u8>,
    error: Option<&'static str>,
    message: Option<String>,
    hits: usize,
    /// It is to none of the commands that wait; what it looks like.
    stray: Option<Wants>,
}

/// Commands in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    /// The command that the client is sending, and its line.
    begun: Option<(Command, String)>,
    queue: VecDeque<Pending>,
    answer: Answer,
    /// How the answers end that are to be passed over.
    skip: VecDeque<Wants>,
    texts: usize,
}

impl Pairing {
    /// The client has sent the line of a command.
    pub(super) fn begin(&mut self, command: Command, line: &[u8]) {
        let text = String::from_utf8_lossy(&line[..line.len().min(MEMCACHED_TEXT)]);
        self.begun = Some((command, text.into_owned()));
    }

    /// Whether an answer is due.
    pub(super) fn is_due(&self) -> bool {
        self.queue.iter().any(|pending| !pending.is_quiet)
    }

    /// Whether no command waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The command that was begun is whole.
    pub(super) fn command(&mut self, whole: Whole, cx: &mut Context<'_>) {
        let Some((command, text)) = self.begun.take() else { return };
        let mut detail = vec![("command", text)];
        if command.keys > 1 {
            detail.push(("keys", command.keys.to_string()));
        }
        let oddities = if command.name.is_none() { vec![NO_NAME] } else { Vec::new() };
        let exchange = Exchange {
            protocol: "memcached",
            method: command.name,
            target: command.key,
            gap_bytes: whole.lost,
            request: Some(whole.message),
            holds_values: true,
            oddities,
            detail,
            ..Exchange::default()
        };
        let (wants, is_quiet, opaque) = (command.wants, command.is_quiet, command.opaque);
        let (offset, keys) = (whole.offset, command.keys);
        let pending = Pending { exchange, wants, is_quiet, opaque, keys, offset };
        if wants == Wants::Nothing {
            return unanswered(pending, "none wanted", cx);
        }
        self.texts += pending.memory();
        self.queue.push_back(pending);
        if self.queue.len() > MEMCACHED_PIPELINE
            && let Some(mut oldest) = self.pop()
        {
            self.skip.push_back(oldest.wants);
            oldest.exchange.oddities.push(PIPELINE_OVERFLOW);
            emit(oldest.exchange, Completeness::RequestOnly, cx);
        }
    }

    fn pop(&mut self) -> Option<Pending> {
        let pending = self.queue.pop_front()?;
        self.texts = self.texts.saturating_sub(pending.memory());
        Some(pending)
    }

    /// How the answer ends that the server is sending; `None`: nobody asked for it.
    pub(super) fn wants(&self) -> Option<Wants> {
        let skipped = self.skip.front().copied();
        let due = self.queue.front().map(|pending| pending.wants);
        self.answer.stray.or(skipped).or(due)
    }

    /// The same of an answer of which `line` has come; where that is the first one, `received` is
    /// what the server had received when it sent it.
    pub(super) fn wanted(
        &mut self,
        received: Option<u64>,
        line: &[u8],
        cx: &mut Context<'_>,
    ) -> Option<Wants> {
        let Some(received) = received else { return self.wants() };
        if !self.skip.is_empty() {
            return self.wants();
        }
        while let Some(front) = self.queue.front() {
            if received <= front.offset {
                return None;
            }
            if !front.is_quiet || front.is_answered_by(line) {
                break;
            }
            // A quiet command before one that is answered has nothing to say.
            if let Some(silent) = self.pop() {
                unanswered(silent, "quiet", cx);
            }
        }
        self.wants()
    }

    /// The answer that is coming is to no command that waits.
    pub(super) fn stray(&mut self, wants: Wants) {
        self.answer.stray = Some(wants);
    }

    /// A line of the answer.
    pub(super) fn line(&mut self, line: &[u8]) {
        let answer = &mut self.answer;
        let code = line.split(|b| *b == b' ').next().unwrap_or_default();
        if answer.code.is_empty() {
            answer.code = code[..code.len().min(MEMCACHED_TEXT)].to_vec();
        }
        answer.hits += usize::from(matches!(code, b"VALUE" | b"VA" | b"HD"));
        if answer.error.is_none() {
            answer.error = answer::error(line);
            let text = &line[..line.len().min(MEMCACHED_TEXT)];
            answer.message = answer.error.map(|_| String::from_utf8_lossy(text).into_owned());
        }
    }

    /// The answer is whole.
    pub(super) fn answer(&mut self, whole: Whole, cx: &mut Context<'_>) {
        let answer = core::mem::take(&mut self.answer);
        if answer.stray.is_none() && self.skip.pop_front().is_some() {
            return;
        }
        let due = self.queue.front().is_some_and(|front| whole.received > front.offset);
        let pending = if due && answer.stray.is_none() { self.pop() } else { None };
        let Some(pending) = pending else {
            let exchange =
                Exchange { protocol: "memcached", holds_values: true, ..Exchange::default() };
            return said(exchange, 0, answer, whole, Completeness::ResponseOnly, cx);
        };
        let mut exchange = pending.exchange;
        let is_uncertain = pending.is_quiet && pending.opaque.is_none() && !self.queue.is_empty();
        if is_uncertain {
            exchange.oddities.push(PAIRING_UNCERTAIN);
        }
        said(exchange, pending.keys, answer, whole, Completeness::Complete, cx);
    }

    /// So many bytes are missing that do not lie within a value.
    pub(super) fn lost(&mut self, side: Side, lost: u64) {
        if side == Side::Server
            && let Some(front) = self.queue.front_mut()
        {
            front.exchange.gap_bytes = front.exchange.gap_bytes.saturating_add(lost);
        }
    }

    /// Tells all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        (self.begun, self.answer, self.texts) = (None, Answer::default(), 0);
        self.skip.clear();
        for mut pending in core::mem::take(&mut self.queue) {
            if pending.is_quiet && !lost {
                unanswered(pending, "quiet", cx);
                continue;
            }
            if lost {
                pending.exchange.oddities.push(PAIRING_UNCERTAIN);
            } else {
                pending.exchange.error = error;
            }
            emit(pending.exchange, Completeness::RequestOnly, cx);
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let begun = self.begun.as_ref().map_or(0, |(_, text)| text.capacity());
        self.queue.capacity() * size_of::<Pending>() + self.texts + begun
    }
}

impl Pending {
    fn memory(&self) -> usize {
        let length = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::capacity);
        let exchange = &self.exchange;
        let detail: usize = exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let body = exchange.request.as_ref().map_or(0, |m| length(&m.body.kept));
        length(&exchange.method) + length(&exchange.target) + detail + body + length(&self.opaque)
    }

    /// Whether a line may be the answer to this quiet command: one that it does not keep to itself,
    /// with its token where it has one.
    fn is_answered_by(&self, line: &[u8]) -> bool {
        let mut words = line.split(|b| *b == b' ');
        let code = words.next().unwrap_or_default();
        let is_usual = match self.exchange.method.as_deref() {
            Some(b"mg") => code == b"EN",
            Some(b"ms") => code == b"HD",
            Some(_) => matches!(code, b"HD" | b"NF"),
            None => false,
        };
        if is_usual || code == b"MN" {
            return false;
        }
        let token = words.find_map(|word| word.strip_prefix(b"O"));
        match (&self.opaque, token) {
            (Some(own), Some(token)) => own == token,
            (Some(_), None) | (None, Some(_)) => answer::error(line).is_some(),
            (None, None) => true,
        }
    }
}

/// Tells a command that is not answered.
fn unanswered(pending: Pending, why: &str, cx: &mut Context<'_>) {
    let mut exchange = pending.exchange;
    exchange.detail.push(("reply", why.to_owned()));
    emit(exchange, Completeness::RequestOnly, cx);
}

fn said(
    mut exchange: Exchange,
    keys: usize,
    answer: Answer,
    whole: Whole,
    seen: Completeness,
    cx: &mut Context<'_>,
) {
    let is_number = answer.code.iter().all(u8::is_ascii_digit);
    let reply = if is_number { "number".into() } else { String::from_utf8_lossy(&answer.code) };
    exchange.detail.push(("reply", reply.into_owned()));
    if answer.hits > 0 || (keys > 0 && reads(&exchange)) {
        exchange.detail.push(("hits", answer.hits.to_string()));
    }
    exchange.error = answer.error;
    exchange.detail.extend(answer.message.map(|text| ("error_message", text)));
    exchange.gap_bytes = exchange.gap_bytes.saturating_add(whole.lost);
    exchange.response = Some(whole.message);
    emit(exchange, seen, cx);
}

/// Whether a command asks for values.
fn reads(exchange: &Exchange) -> bool {
    matches!(exchange.method.as_deref(), Some(b"get" | b"gets" | b"gat" | b"gats" | b"mg"))
}

fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    exchange.completeness = if exchange.gap_bytes > 0 { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}
