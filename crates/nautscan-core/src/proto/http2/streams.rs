//! The streams of a connection.

use std::collections::{BTreeMap, VecDeque};

use super::oddity::OVERFLOW;
use super::stream::{Progress, Stream};
use crate::limits::{H2_CLOSED, H2_STREAMS};
use crate::proto::{Close, Context, Side};

/// Those that are open, and the numbers of some that were.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<u32, Box<Stream>>,
    closed: VecDeque<u32>,
    /// The highest number that was opened.
    highest: u32,
}

impl Streams {
    /// The stream of that number; `None`: it is not open.
    pub(super) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        self.open.get_mut(&id).map(|stream| &mut **stream)
    }

    pub(super) fn is_open(&self, id: u32) -> bool {
        self.open.contains_key(&id)
    }

    /// The stream of that number, opened if it is new; `None`: it is over.
    pub(super) fn get_or_open(&mut self, id: u32, cx: &mut Context<'_>) -> Option<&mut Stream> {
        if !self.is_open(id) {
            if id <= self.highest && self.closed.contains(&id) {
                return None;
            }
            self.open_with(id, Stream::new(id), cx);
        }
        self.get(id)
    }

    /// Opens a stream; if there are too many, the oldest is given up.
    pub(super) fn open_with(&mut self, id: u32, stream: Stream, cx: &mut Context<'_>) {
        self.highest = self.highest.max(id);
        if self.open.len() >= H2_STREAMS
            && let Some((&oldest, _)) = self.open.first_key_value()
            && let Some(mut stream) = self.take(oldest)
        {
            stream.note(OVERFLOW);
            emit(*stream, None, cx);
        }
        self.open.insert(id, Box::new(stream));
    }

    fn take(&mut self, id: u32) -> Option<Box<Stream>> {
        let stream = self.open.remove(&id)?;
        if self.closed.len() == H2_CLOSED {
            self.closed.pop_front();
        }
        self.closed.push_back(id);
        Some(stream)
    }

    /// Emits a stream if it is over. `asks`: its request may still come, if none has.
    pub(super) fn settle(&mut self, id: u32, asks: bool, cx: &mut Context<'_>) {
        let Some(stream) = self.open.get(&id) else { return };
        let is_asked = match stream.progress[0] {
            Progress::Absent => !asks,
            // Whether it has ended may be among what was lost.
            Progress::Open => stream.has_lost_request(),
            Progress::Ended | Progress::Cut => true,
        };
        if is_asked && stream.response().is_over() {
            self.finish(id, None, cx);
        }
    }

    /// Emits a stream. `error`: why it is not finished.
    pub(super) fn finish(&mut self, id: u32, error: Option<&'static str>, cx: &mut Context<'_>) {
        if let Some(stream) = self.take(id) {
            emit(*stream, error, cx);
        }
    }

    /// Emits all of which `is_meant`.
    pub(super) fn finish_all(
        &mut self,
        error: Option<&'static str>,
        is_meant: impl Fn(u32, &Stream) -> bool,
        cx: &mut Context<'_>,
    ) {
        let meant = self.open.iter().filter(|(id, stream)| is_meant(**id, stream));
        let meant: Vec<u32> = meant.map(|(id, _)| *id).collect();
        meant.into_iter().for_each(|id| self.finish(id, error, cx));
    }

    /// Emits the WebSockets, since the connection has ended. `error`: why, if a side has said it.
    pub(super) fn finish_tunnels(
        &mut self,
        error: Option<&'static str>,
        close: Close,
        cx: &mut Context<'_>,
    ) {
        let tunnels = self.open.iter().filter(|(_, stream)| stream.is_tunnel());
        let tunnels: Vec<u32> = tunnels.map(|(id, _)| *id).collect();
        for id in tunnels {
            if let Some(mut stream) = self.take(id)
                && let Some(exchange) = stream.finish_tunnel(error, Some(close))
            {
                cx.sink.exchange(&exchange);
            }
        }
    }

    /// Bytes of `side` were lost that may be of any of them.
    pub(super) fn lose(&mut self, side: Side) {
        let unfinished = |stream: &&mut Box<Stream>| !stream.progress[side.index()].is_over();
        self.open.values_mut().filter(unfinished).for_each(|stream| stream.lose_place(side));
    }

    /// Tells what is still to be told of event streams.
    pub(super) fn tell_events(&mut self, cx: &mut Context<'_>) {
        for stream in self.open.values_mut() {
            if let Some(exchange) = stream.late_row(cx.time) {
                cx.sink.exchange(&exchange);
            }
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let streams: usize = self.open.values().map(|stream| stream.memory()).sum();
        streams + self.closed.capacity() * size_of::<u32>()
    }
}

/// Emits a stream, unless nothing was seen of it but an informational response: whose answer that
/// preceded was not captured.
fn emit(stream: Stream, error: Option<&'static str>, cx: &mut Context<'_>) {
    let exchange = stream.finish(error, cx);
    if exchange.request.is_some() || exchange.response.is_some() {
        cx.sink.exchange(&exchange);
    }
}
