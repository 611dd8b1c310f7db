//! Which answer is to which command.

use std::collections::VecDeque;

use super::answer;
use super::command::{Command, Wants};
use super::half::Whole;
use super::oddity::{NO_NAME, PAIRING_UNCERTAIN, PIPELINE_OVERFLOW};
use super::reply::{Asked, First};
use crate::event::{Completeness, Exchange};
use crate::limits::{MEMCACHED_PIPELINE, MEMCACHED_TEXT};
use crate::proto::{Context, Side};

/// A command that waits for its answer.
#[derive(Debug)]
struct Pending {
    exchange: Exchange,
    wants: Wants,
    is_quiet: bool,
    makes: bool,
    opaque: Option<Vec<u8>>,
    /// Its key, if the answer repeats it.
    echo: Option<Vec<u8>>,
    keys: usize,
    offset: u64,
    /// An answer came that may be to this or to another.
    is_doubtful: bool,
}

/// Which answer is to which command is not known any more.
#[derive(Debug)]
pub(super) struct Unclear;

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
    /// Its first line names a key that only the first command asked for.
    is_named: bool,
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
    /// That an answer is missing cannot be seen: its place in the order does not tell what it is to.
    in_datagrams: bool,
    /// An answer was told that may be to another command.
    has_guessed: bool,
}

impl Pairing {
    pub(super) fn in_datagrams() -> Self {
        Self { in_datagrams: true, ..Self::default() }
    }

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
    pub(super) fn command(&mut self, whole: Whole, cx: &mut Context<'_>) -> Result<(), Unclear> {
        let Some((command, text)) = self.begun.take() else { return Ok(()) };
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
        let Command { wants, is_quiet, makes, opaque, echo, keys, .. } = command;
        let (offset, is_doubtful) = (whole.offset, false);
        let pending =
            Pending { exchange, wants, is_quiet, makes, opaque, echo, keys, offset, is_doubtful };
        if wants == Wants::Nothing {
            unanswered(pending, "none wanted", cx);
            return Ok(());
        }
        self.texts += pending.memory();
        self.queue.push_back(pending);
        if self.queue.len() <= MEMCACHED_PIPELINE {
            return Ok(());
        }
        let Some(mut oldest) = self.pop() else { return Ok(()) };
        oldest.exchange.oddities.push(PIPELINE_OVERFLOW);
        emit(oldest.exchange, Completeness::RequestOnly, cx);
        if oldest.is_quiet {
            // Whether there is an answer to pass over is not known.
            return Err(Unclear);
        }
        self.skip.push_back(oldest.wants);
        Ok(())
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
    ) -> Result<Option<Wants>, Unclear> {
        let Some(received) = received else { return Ok(self.wants()) };
        if !self.skip.is_empty() {
            return Ok(self.wants());
        }
        if self.queue.front().is_none_or(|front| received <= front.offset) {
            return Ok(None);
        }
        self.find_named(line);
        for _ in 0..self.due(received, line)? {
            // A quiet command before one that is answered has nothing to say.
            if let Some(mut silent) = self.pop() {
                silent.is_doubtful |= self.in_datagrams;
                unanswered(silent, "quiet", cx);
            }
        }
        Ok(self.wants())
    }

    /// Puts the command first that alone asked for the key that a line names.
    fn find_named(&mut self, line: &[u8]) {
        let mut words = line.split(|b| *b == b' ');
        if !self.in_datagrams || words.next() != Some(&b"VALUE"[..]) {
            return;
        }
        let key = words.next().unwrap_or_default();
        let mut its = (0..self.queue.len()).filter(|&at| self.queue[at].asks_for(key));
        if let (Some(at), None) = (its.next(), its.next())
            && let Some(pending) = self.queue.remove(at)
        {
            // Of several keys one may be missing, and the next value be of another answer.
            self.answer.is_named = pending.keys == 1;
            self.queue.push_front(pending);
        }
    }

    /// Whether the answer that is coming is to the first command for certain.
    pub(super) fn is_sure(&self) -> bool {
        !self.in_datagrams || self.answer.is_named || (self.queue.len() == 1 && !self.has_guessed)
    }

    /// The same of one that seems to be whole: of several keys each may have been answered in a
    /// datagram of its own.
    fn is_whole(&self, pending: &Pending, answer: &Answer) -> bool {
        !self.in_datagrams
            || pending.keys == answer.hits
            || answer.error.is_some()
            || (pending.keys <= 1 && answer.hits == 0)
    }

    /// Which of the commands that the server had `received` a line is to: it may be to quiet ones, and
    /// to the first that is answered in any case. Where it may be to several quiet ones, all these are
    /// doubtful; where to that one as well, it is not known what the next line is to.
    fn due(&mut self, received: u64, line: &[u8]) -> Result<usize, Unclear> {
        let first = First::read(line);
        let quiet = self.queue.iter().take_while(|pending| pending.is_quiet).count();
        let asked = self.queue.iter_mut().take(quiet + 1).enumerate();
        let asked = asked.take_while(|(_, pending)| pending.offset < received);
        let mut fits = asked.filter(|(_, pending)| first.can_answer(pending.asked()));
        let (due, pending) = fits.next().ok_or(Unclear)?;
        let Some((next, other)) = fits.next() else { return Ok(due) };
        (pending.is_doubtful, other.is_doubtful) = (true, true);
        let mut last = next;
        for (at, other) in fits {
            (last, other.is_doubtful) = (at, true);
        }
        if last == quiet { Err(Unclear) } else { Ok(due) }
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
        answer.hits += usize::from(matches!(code, b"VALUE" | b"VA"));
        if answer.error.is_none() {
            answer.error = answer::error(line);
            let text = &line[..line.len().min(MEMCACHED_TEXT)];
            answer.message = answer.error.map(|_| String::from_utf8_lossy(text).into_owned());
        }
    }

    /// The answer is whole.
    pub(super) fn answer(&mut self, whole: Whole, cx: &mut Context<'_>) {
        let is_sure = self.is_sure();
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
        let is_sure = is_sure && self.is_whole(&pending, &answer);
        self.has_guessed |= !is_sure;
        let mut exchange = pending.exchange;
        if pending.is_doubtful || !is_sure {
            exchange.note(PAIRING_UNCERTAIN);
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

    /// No more is read of the answer that is coming; `has_line`: its first line was. False: it is not
    /// known what it is to.
    pub(super) fn leave_open(&mut self, part: Whole, has_line: bool) -> bool {
        let is_sure = self.is_sure();
        if self.answer.stray.is_some() || !self.skip.is_empty() {
            return true;
        }
        let front = self.queue.front_mut().filter(|front| part.received > front.offset);
        let Some(front) = front else { return true };
        if front.is_quiet && !has_line {
            return false;
        }
        front.is_doubtful |= !is_sure;
        front.exchange.gap_bytes = front.exchange.gap_bytes.saturating_add(part.lost);
        front.exchange.response = Some(part.message);
        true
    }

    /// Tells all that waits. `lost`: the answers may have come.
    pub(super) fn flush(&mut self, error: Option<&'static str>, lost: bool, cx: &mut Context<'_>) {
        (self.begun, self.answer, self.texts) = (None, Answer::default(), 0);
        self.skip.clear();
        for mut pending in core::mem::take(&mut self.queue) {
            let has_part = pending.exchange.response.is_some();
            pending.is_doubtful |= !has_part && (lost || self.has_guessed);
            if pending.is_quiet && !lost && !has_part {
                pending.is_doubtful |= self.in_datagrams;
                unanswered(pending, "quiet", cx);
                continue;
            }
            if pending.is_doubtful {
                pending.exchange.note(PAIRING_UNCERTAIN);
            }
            if has_part {
                emit(pending.exchange, Completeness::Gap, cx);
                continue;
            }
            pending.exchange.error = error.filter(|_| !lost);
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
        length(&exchange.method)
            + length(&exchange.target)
            + detail
            + body
            + length(&self.opaque)
            + length(&self.echo)
    }

    /// Whether its line may ask for a key: it names it, or is longer than is kept.
    fn asks_for(&self, key: &[u8]) -> bool {
        let text = self.exchange.detail.first().map_or("", |(_, text)| text);
        let names = || text.split(' ').skip(1).any(|word| word.as_bytes() == key);
        self.wants == Wants::Values && (text.len() >= MEMCACHED_TEXT || names())
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            name: self.exchange.method.as_deref().unwrap_or_default(),
            is_quiet: self.is_quiet,
            makes: self.makes,
            opaque: self.opaque.as_deref(),
            key: self.echo.as_deref(),
        }
    }
}

/// Tells a command that is not answered.
fn unanswered(pending: Pending, why: &str, cx: &mut Context<'_>) {
    let mut exchange = pending.exchange;
    if pending.is_doubtful {
        exchange.note(PAIRING_UNCERTAIN);
    }
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
    // Who asks for no value is told HD if there is one; stores and deletions are no hits.
    let is_hit = answer.code == b"HD";
    if exchange.method.is_none() && answer.hits > 0 || keys > 0 && reads(&exchange) {
        exchange.detail.push(("hits", (answer.hits + usize::from(is_hit)).to_string()));
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
