//! Heads, as their bytes come: whole in one slice as a rule, else from a buffer.

use super::fields::{self, LineText};
use super::framing::{Facts, Framing};
use super::half::State;
use super::head::{Met, Reader, RequestSlots};
use super::oddity::{OddSet, Oddity};
use super::pair::Answered;
use super::pending::{self, Asked, Pending, Progress, renew, set};
use super::start::{self, StatusLine, Version};
use super::{Http1, Step, probe, switch};
use crate::limits::{HTTP_HEAD, HTTP_INFORMATIONAL};
use crate::proto::{Context, Side, Verdict};

/// What became of a head.
pub(super) enum Head {
    /// It was read; it has so many bytes.
    Read(usize),
    /// It was read, has so many bytes, and ends the HTTP part of the connection.
    Switched(usize),
    /// Its end is not here.
    Part,
    /// It is not one.
    Bad,
}

/// Whether a head must be whole to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Whole,
    /// No more of it will come: read what is here.
    Rest,
}

impl Http1 {
    /// Reads from the first byte of a message.
    pub(super) fn start(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if matches!(bytes[0], b'\r' | b'\n') {
            self.half(side).blank = true;
            return Step::Used(1);
        }
        self.message_begins(side, bytes.len(), cx.time);
        let window = &bytes[..bytes.len().min(HTTP_HEAD)];
        match self.head(side, window, Need::Whole, cx) {
            Head::Read(n) => Step::Used(n),
            Head::Switched(n) => Step::Stop(Verdict::Switched { consumed: n }),
            Head::Bad => {
                self.garbage(side, cx);
                Step::Used(0)
            }
            Head::Part if bytes.len() >= HTTP_HEAD => {
                self.too_large(side, window, cx);
                Step::Used(HTTP_HEAD)
            }
            Head::Part => {
                let half = self.half(side);
                half.buf.clear();
                half.buf.extend_from_slice(bytes);
                half.scanned = 0;
                half.start_checked = memchr::memchr(b'\n', bytes).is_some();
                half.state = State::Head;
                self.choose_answer(side);
                Step::Used(bytes.len())
            }
        }
    }

    /// A response belongs to the request that waits when its first byte comes.
    pub(super) fn choose_answer(&mut self, side: Side) {
        if side == Side::Server {
            self.pairing.answer(self.halves[1].start);
        }
    }

    /// Reads on in a head of which the beginning is buffered.
    pub(super) fn more_head(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let half = self.half(side);
        let before = half.buf.len();
        let take = bytes.len().min(HTTP_HEAD.saturating_sub(before));
        half.buf.extend_from_slice(&bytes[..take]);
        let end = fields::find_end(&half.buf, &mut half.scanned);
        if end.is_none() && !half.start_checked && !self.start_holds(side, cx) {
            return self.rescan(side, take, bytes.len(), cx);
        }
        let half = self.half(side);
        if end.is_none() && half.buf.len() < HTTP_HEAD {
            return Step::Used(take);
        }
        let mut buf = std::mem::take(&mut half.buf);
        half.state = State::Start;
        let Some(end) = end else {
            self.too_large(side, &buf, cx);
            return Step::Used(take);
        };
        match self.head(side, &buf[..end], Need::Whole, cx) {
            Head::Read(_) => Step::Used(end - before),
            Head::Switched(_) => Step::Stop(Verdict::Switched { consumed: end - before }),
            Head::Bad | Head::Part => {
                buf.truncate(before + take);
                self.half(side).buf = buf;
                self.rescan(side, take, bytes.len(), cx)
            }
        }
    }

    /// Whether what is buffered can still be a message; looks at the start line once it is there.
    fn start_holds(&mut self, side: Side, cx: &mut Context<'_>) -> bool {
        let half = self.half(side);
        let mut odd = OddSet::default();
        let Some(line) = fields::line(&half.buf, &mut odd) else {
            return probe::plausible(side, &half.buf);
        };
        half.start_checked = true;
        let line = line.text;
        match side {
            Side::Client => start::request_line(line, &mut odd).is_some(),
            Side::Server => {
                let Some(status) = start::status_line(line, &mut odd).map(|line| line.status)
                else {
                    return false;
                };
                self.answers_early(status, cx);
                true
            }
        }
    }

    /// Reads a head from the start of `bytes`.
    pub(super) fn head(
        &mut self,
        side: Side,
        bytes: &[u8],
        need: Need,
        cx: &mut Context<'_>,
    ) -> Head {
        let mut facts = Facts::default();
        let Some(line) = fields::line(bytes, &mut facts.odd) else {
            return if probe::plausible(side, bytes) { Head::Part } else { Head::Bad };
        };
        if self.half(side).blank {
            facts.odd.insert(Oddity::LeadingEmptyLine);
        }
        match side {
            Side::Client => self.request(line, bytes, facts, need, cx),
            Side::Server => self.response(line, bytes, facts, need, cx),
        }
    }

    fn request(
        &mut self,
        LineText { text, next }: LineText<'_>,
        bytes: &[u8],
        mut facts: Facts,
        need: Need,
        cx: &mut Context<'_>,
    ) -> Head {
        let Some(line) = start::request_line(text, &mut facts.odd) else { return Head::Bad };
        let mut pending = pending::take();
        let e = &mut pending.exchange;
        let message = renew(&mut e.request, self.halves[0].begin);
        let reader = Reader {
            message,
            facts: &mut facts,
            request: Some(RequestSlots { host: &mut e.host, trace_id: &mut e.trace_id }),
            keep: cx.settings.headers,
        };
        let (used, met) = reader.read(&bytes[next..]);
        if used.is_none() && need == Need::Whole {
            pending::put(pending);
            return Head::Part;
        }
        e.version = line.version.map(Version::name);
        set(&mut e.method, line.method);
        match line.target {
            Some(target) => set(&mut e.target, target),
            None => e.target = None,
        }
        pending.unsure = line.version.is_none() && !self.is_http;
        self.is_http |= line.version.is_some();
        choose_host(&mut pending, &line, met, &mut facts, used.is_some());
        pending.asked = Asked::of(line.method);
        pending.upgrade = facts.upgrade.is_some();
        pending.offer = facts.upgrade.as_ref().and_then(|to| switch::offer(to, &bytes[next..]));
        pending.request = Progress::Open;
        let framing = facts.request_framing(line.version.unwrap_or(Version::V11));
        pending.note_all(facts.odd);
        self.take_request(pending, cx);
        let Some(used) = used else { return Head::Read(0) };
        self.begin_body(Side::Client, framing, &mut facts, cx);
        Head::Read(next + used)
    }

    /// Lets a request into the order of the connection.
    #[inline]
    pub(super) fn take_request(&mut self, mut pending: Box<Pending>, cx: &mut Context<'_>) {
        pending.start = self.halves[0].start;
        let between = self.answering || self.halves[1].is_between();
        if between && self.pairing.is_clear() {
            return self.pairing.push(pending, cx);
        }
        self.take_contended(pending, cx);
    }

    /// The same where earlier requests wait, or loss has left doubt.
    #[cold]
    fn take_contended(&mut self, pending: Box<Pending>, cx: &mut Context<'_>) {
        if !self.answering {
            self.catch_up(pending.start.received, cx);
        }
        let server = &self.halves[1];
        let answered = match self.answering {
            // A message that answers this one has begun after it.
            true => Answered { between: true, to: server.start.at, captured_to: server.start.at },
            false => Answered {
                between: server.is_between() || server.may_be_between(),
                to: server.end,
                captured_to: server.captured_to(),
            },
        };
        let resolved = self.pairing.contend(pending, answered, cx) && !self.answering;
        let server = self.half(Side::Server);
        if resolved && server.state == State::Scan {
            server.buf = Vec::new();
            server.state = State::Start;
            server.blank = false;
            server.assumed = true;
        }
    }

    fn response(
        &mut self,
        LineText { text, next }: LineText<'_>,
        bytes: &[u8],
        mut facts: Facts,
        need: Need,
        cx: &mut Context<'_>,
    ) -> Head {
        let Some(line) = start::status_line(text, &mut facts.odd) else { return Head::Bad };
        self.answers_early(line.status, cx);
        let begin = self.halves[1].begin;
        let start = self.halves[1].start;
        let pending = self.pairing.answer(start);
        let message = renew(&mut pending.exchange.response, begin);
        let reader =
            Reader { message, facts: &mut facts, request: None, keep: cx.settings.headers };
        let (used, _) = reader.read(&bytes[next..]);
        if used.is_none() && need == Need::Whole {
            return Head::Part;
        }
        self.is_http = true;
        let size = next + used.unwrap_or(0);
        if matches!(line.status, 100..=199) && line.status != 101 {
            self.informational(&line, &facts);
            return Head::Read(size);
        }
        let asked = pending.asked;
        let framing = match asked {
            Asked::Head => Framing::Length(0),
            _ => facts.response_framing(line.version, line.status),
        };
        take_status(pending, &line, &facts);
        pending.response = Progress::Open;
        self.pairing.response_begins(start);
        if used.is_none() {
            return Head::Read(size);
        }
        if line.status == 101 || (asked == Asked::Connect && matches!(line.status, 200..=299)) {
            self.switch(line.status, facts.upgrade, &bytes[next..], cx);
            return Head::Switched(size);
        }
        self.begin_body(Side::Server, framing, &mut facts, cx);
        Head::Read(size)
    }

    /// Notes an informational response: the final one is still to come.
    fn informational(&mut self, line: &StatusLine<'_>, facts: &Facts) {
        let seen = self.halves[1].seen;
        let pending = self.pairing.current();
        pending.note_all(facts.odd);
        if pending.request == Progress::Absent {
            pending.exchange.version = Some(line.version.name());
            pending.exchange.status = Some(line.status);
            if let Some(message) = &mut pending.exchange.response {
                message.last_time = Some(seen);
            }
        }
        pending.informational = pending.informational.saturating_add(1);
        if usize::from(pending.informational) <= HTTP_INFORMATIONAL {
            pending.detail("informational", ',', &line.status.to_string());
        } else {
            pending.note(Oddity::InformationalOverflow);
        }
        let half = self.half(Side::Server);
        half.found = true;
        half.next_message();
    }
}

/// The authority asked (RFC 9112 section 3.3): the target's, else the Host field.
fn choose_host(
    pending: &mut Pending,
    line: &start::RequestLine<'_>,
    met: Met,
    facts: &mut Facts,
    whole: bool,
) {
    let host = &mut pending.exchange.host;
    if let Some(authority) = line.target.and_then(|target| start::authority(line.method, target)) {
        if met.host && host.as_deref().is_some_and(|h| !h.eq_ignore_ascii_case(authority)) {
            facts.odd.insert(Oddity::HostMismatch);
        }
        set(host, authority);
    } else if !met.host {
        *host = None;
    }
    if !met.host && whole && line.version == Some(Version::V11) {
        facts.odd.insert(Oddity::MissingHost);
    }
}

/// Puts what the status line says into the exchange.
fn take_status(pending: &mut Pending, line: &StatusLine<'_>, facts: &Facts) {
    pending.note_all(facts.odd);
    let e = &mut pending.exchange;
    e.status = Some(line.status);
    let version = line.version.name();
    match e.version {
        Some(asked) if asked != version => pending.detail("response_version", ',', version),
        Some(_) => {}
        None => e.version = Some(version),
    }
    if !start::is_registered_reason(line.status, line.reason) {
        pending.detail("reason", ' ', &String::from_utf8_lossy(line.reason));
    }
}
