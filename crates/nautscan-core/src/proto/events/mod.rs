//! Event streams (`text/event-stream`, WHATWG HTML section 9.2) in responses of any version of
//! HTTP, as they come.
//!
//! | file | idea |
//! |---|---|
//! | `content` | the content coding undone while the stream lasts |
//! | `brotli`, `gzip`, `zstd` | those that come in pieces |
//! | `lines` | lines of any ending |
//! | `event` | events in the making, and what rows show of them |
//!
//! A stream is part of its response's row, which is told while the stream lasts. A loss costs the
//! event that it lies in: the next empty line ends it.

mod brotli;
mod content;
mod event;
mod gzip;
mod lines;
#[cfg(test)]
mod tests;
mod zstd;

use super::growth::Growth;
use super::http1::Codings;
use crate::event::Exchange;
use content::Content;
use event::Reader;
use lines::Lines;

/// The content does not decode, or comes to far more than its size: events behind were not read.
pub(super) const UNDECODABLE: &str = "event_stream_undecodable";

/// Name and meaning of what is noted on rows with event streams.
pub(super) const ODDITY: (&str, &str) = (
    UNDECODABLE,
    "The events of a stream were not read to its end: its content does not decode as its content coding says, or comes to more than 64 times its size.",
);

/// Whether a media type is of an event stream.
#[inline]
pub(super) fn is_stream(content_type: Option<&[u8]>) -> bool {
    const TYPE: &[u8] = b"text/event-stream";
    content_type
        .and_then(|stated| stated.split_at_checked(TYPE.len()))
        .is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(TYPE))
}

/// One event stream.
#[derive(Debug)]
pub(super) struct EventStream {
    content: Content,
    lines: Lines,
    reader: Reader,
    pub(super) growth: Option<Growth>,
}

impl EventStream {
    /// One whose content is coded so.
    pub(super) fn new(codings: &Codings, growth: Option<Growth>) -> Box<Self> {
        Box::new(Self {
            content: Content::new(codings.streamed()),
            lines: Lines::default(),
            reader: Reader::default(),
            growth,
        })
    }

    /// Content that came next, at `time`. `limit`: bytes of each event that may be shown.
    pub(super) fn data(&mut self, bytes: &[u8], time: i64, limit: usize) {
        let Self { content, lines, reader, .. } = self;
        content.push(bytes, &mut |plain| {
            lines.push(plain, &mut |line, length| reader.line(line, length, time, limit));
        });
    }

    /// Bytes of it were lost.
    pub(super) fn lose(&mut self) {
        self.content.lose();
        self.lines.lose();
        self.reader.lose();
    }

    /// Puts into `exchange` what has come so far; answers whether its content is not what its coding
    /// says.
    pub(super) fn tell(&self, exchange: &mut Exchange) -> bool {
        let begun = exchange.request.as_ref().or(exchange.response.as_ref());
        let since = begun.map_or(0, |message| message.first_time);
        if let Some(why) = self.content.unread() {
            exchange.detail.push(("events_unread", why.to_owned()));
        }
        if self.content.was_read() {
            self.reader.tell(&mut exchange.detail, since);
        }
        self.content.is_broken()
    }

    /// Makes a row of `exchange` that tells what has come so far.
    pub(super) fn tell_open(&mut self, exchange: &mut Exchange, now: i64) {
        if self.tell(exchange) {
            exchange.note(UNDECODABLE);
        }
        if !self.content.is_plain()
            && let Some(response) = &mut exchange.response
        {
            // It is still as it was sent, and decoded once it has ended.
            response.body.truncated |= response.body.kept.take().is_some();
        }
        if let Some(growth) = &mut self.growth {
            growth.mark_open(exchange, now);
        }
    }

    /// Whether a row of what has come so far is due.
    pub(super) fn is_due(&mut self, now: i64) -> bool {
        self.growth.as_mut().is_some_and(|growth| growth.is_due(now))
    }

    /// Whether something that came before is still to be told.
    pub(super) fn is_late(&self, now: i64) -> bool {
        self.growth.is_some_and(|growth| growth.is_late(now))
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.content.memory() + self.lines.memory() + self.reader.memory()
    }
}
