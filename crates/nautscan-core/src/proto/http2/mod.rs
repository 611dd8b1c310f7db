//! HTTP/2 (RFC 9113) and gRPC over it, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it HTTP/2, and do frames begin here? |
//! | `frame` | heads of frames |
//! | `huffman`, `hpack` | header compression (RFC 7541), also where not all of it was seen |
//! | `half` | state of one direction |
//! | `read` | frames, as bytes come, and the way back after a loss |
//! | `sought` | when the bytes came in which frames are looked for |
//! | `act` | what a frame means for the streams |
//! | `fields` | what a header block says |
//! | `stream`, `streams` | exchanges in the making |
//! | `tunnel` | WebSockets on a stream (RFC 8441) |
//! | `oddity` | what is noted on rows |
//!
//! Streams have numbers, so that a loss shifts nothing. What it does take away is the compression
//! table: fields that refer to entries from before it are left out, and rows say so.

mod act;
mod fields;
mod frame;
mod half;
mod hpack;
mod huffman;
mod oddity;
mod probe;
mod read;
mod sought;
mod stream;
mod streams;
#[cfg(test)]
mod tests;
mod tunnel;

pub use oddity::ODDITIES;

use super::{About, Close, Context, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use crate::event::Exchange;
use half::{Half, State};
use read::Dead;
use stream::Stream;
use streams::Streams;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "http2", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "HTTP/2 and gRPC",
    extracts: "A row a stream, `protocol` `http` with version `2`: method, host, target, status, header fields, bodies without their codings, trailers, informational responses, pushed responses, resets and GOAWAY by their names; event streams as for HTTP/1; WebSockets (RFC 8441) as over HTTP/1, with `protocol` `websocket`; after an upgrade (`h2c`) the upgraded request too. Calls of gRPC have `protocol` `grpc`: `method` and the path as `target`, `status` is the grpc-status and `error` its name, with the number and size of messages each way, and what was kept of them as Protocol Buffers: by the schemas that are given (`--protobuf`) as JSON, else without names. gRPC-Web likewise, over HTTP/1 too.",
    limits: &[
        "Without TLS alone; what is encrypted is opaque.",
        "In the middle of a connection it is known by its header blocks. Fields that refer to entries of the compression table from before are left out: `oddities` has `hpack_entry_unseen`, and what they would say is null.",
        "Where bytes are lost that held a frame's head, frames are looked for again; which streams ended meanwhile is not known, and their rows come when the connection ends.",
        "1,024 streams of one connection are followed at once; a header block has up to 64 KiB, the compression table of each side too.",
        "Messages of gRPC are shown up to 2,048 bytes of text each way and 8 levels, with a schema 16 KiB and 64 levels; those that are not kept whole are not shown.",
        "A WebSocket (extended CONNECT) is followed where its request and the answer were read; its limits are those of WebSockets over HTTP/1, and a loss that may have held frames of it ends the following of that side. The content of any other tunnel (CONNECT) is not looked at.",
    ],
    oddities: ODDITIES,
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::<Http2>::default()
}

/// Follows one connection.
#[derive(Debug, Default)]
struct Http2 {
    halves: [Half; 2],
    streams: Streams,
    /// Why a side said that it goes, if not in order.
    goaway: Option<&'static str>,
    /// The server lets clients ask for other protocols on a stream (RFC 8441 section 3), or may do so.
    enables_connect: bool,
}

impl Http2 {
    fn half(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// Ends it where it cannot be followed any further.
    fn judge(&mut self, result: Result<(), Dead>, cx: &mut Context<'_>) -> Verdict {
        let Err(why) = result else { return Verdict::Continue };
        self.streams.finish_all(None, |_, _| true, cx);
        Verdict::Dead(why)
    }
}

impl Parser for Http2 {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let result = self.feed(side, bytes, cx);
        self.judge(result, cx)
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let result = self.lose(side, lost, cx);
        self.judge(result, cx)
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let during = close.failure("connection closed during response");
        let before = close.failure(UNANSWERED);
        for side in [Side::Client, Side::Server] {
            let half = self.half(side);
            if half.state == State::Seek && (half.has_passed || !half.buf.is_empty()) {
                // In what no frames were found there may have been some.
                self.streams.lose(side);
            }
        }
        self.streams.finish_tunnels(self.goaway, close, cx);
        let has_begun = |_, stream: &Stream| stream.response() != stream::Progress::Absent;
        self.streams.finish_all(self.goaway.or(during), has_begun, cx);
        self.streams.finish_all(self.goaway.or(before), |_, _| true, cx);
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        self.streams.tell_events(cx);
    }

    fn inherit(&mut self, asked: Exchange, cx: &mut Context<'_>) {
        self.streams.open_with(1, Stream::upgraded(asked), cx);
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.streams.memory()
    }
}
