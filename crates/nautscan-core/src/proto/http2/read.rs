//! Frames of one direction, as their bytes come.

use super::Http2;
use super::frame::{HEAD, Head, PREFACE, flag, kind};
use super::half::{Payload, State};
use super::oddity::{BLOCK_INTERRUPTED, EARLY_DATA};
use super::probe::{Run, run};
use super::sought::Times;
use crate::limits::{H2_FRAME, H2_LOOKED, H2_SEEK, H2_SOUGHT};
use crate::proto::{Context, Side};

/// The connection is not followed any further, and why.
pub(super) type Dead = &'static str;

impl Http2 {
    /// Consumes all of `bytes`.
    pub(super) fn feed(
        &mut self,
        side: Side,
        mut bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        while !bytes.is_empty() {
            let used = match self.half(side).state {
                State::Start => self.begin(side, bytes, cx)?,
                State::Seek => self.seek(side, bytes, cx)?,
                State::Head => self.head(side, bytes, cx)?,
                State::Payload(payload) => self.payload(side, payload, bytes, cx)?,
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    /// The first bytes of a side: the client's preface, the server's settings, or the middle of a
    /// connection.
    fn begin(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Result<usize, Dead> {
        let half = self.half(side);
        let enough = if side == Side::Client { PREFACE.len() } else { HEAD };
        let take = bytes.len().min(enough - half.buf.len());
        half.hold(&bytes[..take], cx.time);
        let is_client = side == Side::Client;
        if is_client && !PREFACE.starts_with(&half.buf) {
            half.state = State::Seek;
            self.seek(side, &[], cx)?;
            return Ok(take);
        }
        if half.buf.len() < enough {
            return Ok(take);
        }
        let held = core::mem::take(&mut half.buf);
        let times = core::mem::take(&mut half.times);
        if is_client {
            half.state = State::Head;
            half.is_whole = true;
            self.settle_start();
            return Ok(take);
        }
        let is_settings = Head::read(&held).is_some_and(|head| {
            head.kind == kind::SETTINGS && head.flags & flag::ACK == 0 && head.is_usual()
        });
        let half = self.half(side);
        half.state = if is_settings { State::Head } else { State::Seek };
        half.is_whole = is_settings;
        self.settle_start();
        self.feed_held(side, &held, &times, cx)?;
        Ok(take)
    }

    /// Consumes what was held, each piece at its own time.
    fn feed_held(
        &mut self,
        side: Side,
        held: &[u8],
        times: &Times,
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let (place, settings) = (cx.place, cx.settings);
        for (time, piece) in times.pieces(held) {
            self.feed(side, piece, &mut Context { time, place, settings, sink: &mut *cx.sink })?;
        }
        Ok(())
    }

    /// Once both sides were seen to begin, nothing of their tables is unseen.
    fn settle_start(&mut self) {
        if self.halves.iter().all(|half| half.is_whole) {
            self.halves.iter_mut().for_each(|half| half.hpack.seen_from_start());
        }
    }

    /// Looks for frames.
    fn seek(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Result<usize, Dead> {
        let half = &mut self.halves[side.index()];
        half.hold(bytes, cx.time);
        half.sought += bytes.len() as u64;
        if half.sought > H2_SOUGHT {
            return Err("no HTTP/2 frames found");
        }
        if half.buf.len() < half.needed {
            return Ok(bytes.len());
        }
        let mut held = core::mem::take(&mut half.buf);
        let streams = &self.streams;
        let is_open: &dyn Fn(u32) -> bool = &|id| streams.is_open(id);
        let most = H2_SEEK as u64 + H2_LOOKED * half.sought;
        let mut budget = most.saturating_sub(half.looked);
        let mut at = 0;
        half.needed = 0;
        // Every usual frame is shorter than 64 KiB: its head begins with a zero.
        while let Some(zero) = held.get(at..).and_then(|rest| memchr::memchr(0, rest)) {
            at += zero;
            let found = run(&held[at..], side, Some(is_open), &mut budget);
            half.looked = most - budget;
            match found {
                Run::Yes => {
                    if half.has_passed || at > 0 {
                        // It may have been of streams that were opened since the loss.
                        self.streams.lose(side);
                    }
                    half.times.drop_first(at);
                    let times = core::mem::take(&mut half.times);
                    half.begin(State::Head);
                    self.feed_held(side, &held[at..], &times, cx)?;
                    return Ok(bytes.len());
                }
                Run::More(needed) if needed <= H2_SEEK => {
                    held.drain(..at);
                    half.times.drop_first(at);
                    half.has_passed |= at > 0;
                    half.needed = needed;
                    half.buf = held;
                    return Ok(bytes.len());
                }
                Run::More(_) | Run::No => at += 1,
            }
        }
        half.buf = held;
        half.pass_over();
        Ok(bytes.len())
    }

    /// The head of a frame.
    fn head(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Result<usize, Dead> {
        let half = self.half(side);
        if half.buf.is_empty() {
            half.begin = cx.time;
        }
        let take = bytes.len().min(HEAD - half.buf.len());
        half.buf.extend_from_slice(&bytes[..take]);
        let Some(head) = Head::read(&half.buf) else { return Ok(take) };
        half.buf.clear();
        if head.is_broken() {
            return Err("not HTTP/2");
        }
        let is_expected = half
            .block
            .as_ref()
            .is_none_or(|block| head.kind == kind::CONTINUATION && head.stream == block.stream);
        if !is_expected {
            cx.sink.parse_error();
            self.cut_block(side, Some(BLOCK_INTERRUPTED), cx)?;
        }
        let payload = Payload { head, left: head.len, pad: None, lost: 0, is_end_lost: false };
        if head.len == 0 {
            self.frame(side, payload, &[], cx)?;
        } else {
            self.half(side).state = State::Payload(payload);
        }
        Ok(take)
    }

    /// Bytes of a frame's payload.
    fn payload(
        &mut self,
        side: Side,
        mut payload: Payload,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<usize, Dead> {
        let take = bytes.len().min(payload.left as usize);
        let bytes = &bytes[..take];
        let is_last = take == payload.left as usize;
        match payload.head.kind {
            kind::DATA => self.data(side, &mut payload, bytes, cx),
            kind::HEADERS
            | kind::PUSH_PROMISE
            | kind::CONTINUATION
            | kind::RST_STREAM
            | kind::SETTINGS
            | kind::GOAWAY => {
                let half = self.half(side);
                // What comes after a loss does not belong to what came before.
                let is_whole = payload.lost == 0;
                if is_last && is_whole && half.buf.is_empty() {
                    self.frame(side, payload, bytes, cx)?;
                    return Ok(take);
                }
                let fits = if is_whole { take.min(H2_FRAME - half.buf.len()) } else { 0 };
                half.buf.extend_from_slice(&bytes[..fits]);
                if is_whole && fits < take {
                    payload.lost = 1;
                    if let Some(block) = &mut half.block {
                        block.is_large = true;
                    }
                }
            }
            _ => {}
        }
        payload.left -= take as u32;
        if is_last {
            self.end_payload(side, payload, cx)?;
        } else {
            self.half(side).state = State::Payload(payload);
        }
        Ok(take)
    }

    fn end_payload(
        &mut self,
        side: Side,
        payload: Payload,
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let buf = core::mem::take(&mut self.half(side).buf);
        self.frame(side, payload, &buf, cx)
    }

    /// Content: without the octet that says how long the padding is, and without that.
    fn data(&mut self, side: Side, payload: &mut Payload, bytes: &[u8], cx: &mut Context<'_>) {
        let mut bytes = bytes;
        let (mut left, head) = (payload.left as usize, payload.head);
        if head.has(flag::PADDED) && payload.pad.is_none() {
            if left == head.len as usize
                && let Some((&pad, rest)) = bytes.split_first()
            {
                payload.pad = Some(pad);
                (bytes, left) = (rest, left - 1);
            } else {
                // The octet that says it was lost: where the padding begins is not known.
                payload.pad = Some(u8::MAX);
            }
        }
        let padding = usize::from(payload.pad.unwrap_or(0));
        let content = bytes.len().min(left.saturating_sub(padding));
        let id = head.stream;
        let Some(stream) = self.streams.get(id) else { return };
        match stream.progress[side.index()] {
            super::stream::Progress::Absent if content > 0 => {
                let may_be_lost = !self.halves[side.index()].is_whole;
                if let Some(stream) = self.streams.get(id) {
                    match may_be_lost {
                        true => stream.lose_place(side),
                        false => stream.note(EARLY_DATA),
                    }
                }
            }
            _ => {
                stream.content(side, &bytes[..content], cx);
                if let Some(exchange) = stream.open_row(cx.time) {
                    cx.sink.exchange(&exchange);
                }
            }
        }
    }

    /// `lost` bytes of `side` were not captured.
    pub(super) fn lose(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Result<(), Dead> {
        let half = self.half(side);
        half.is_whole = false;
        let mut beyond = lost;
        if let State::Payload(mut payload) = half.state {
            let within = lost.min(u64::from(payload.left));
            beyond = lost - within;
            if payload.head.kind == kind::DATA {
                let content = payload.content_within(within);
                if let Some(stream) = self.streams.get(payload.head.stream) {
                    stream.lose_content(side, within, content, cx);
                }
            }
            payload.left -= within as u32;
            payload.lost += within;
            if payload.left > 0 {
                self.half(side).state = State::Payload(payload);
                return Ok(());
            }
            payload.is_end_lost = true;
            self.end_payload(side, payload, cx)?;
        }
        if beyond > 0 {
            self.cut_block(side, None, cx)?;
            let half = self.half(side);
            half.begin(State::Seek);
            half.hpack.forget();
            self.streams.lose(side);
        }
        Ok(())
    }
}
