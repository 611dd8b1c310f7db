//! What a frame means for the streams.

use super::Http2;
use super::fields::Section;
use super::frame::{before_fragment, enables_connect, error_name, flag, fragment, kind};
use super::half::{Block, Payload, State};
use super::hpack::Malformed;
use super::oddity::{BLOCK_INVALID, BLOCK_TOO_LARGE, PADDING};
use super::read::Dead;
use super::stream::Progress;
use crate::limits::H2_BLOCK;
use crate::proto::{Context, Side};

impl Http2 {
    /// A frame is over, of whose payload this is the beginning: all, but for DATA or after a loss.
    pub(super) fn frame(
        &mut self,
        side: Side,
        payload: Payload,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        self.half(side).state = State::Head;
        let head = payload.head;
        match head.kind {
            kind::DATA if head.has(flag::END_STREAM) => {
                let ended = (!payload.is_end_lost).then_some(cx.time);
                self.end_stream(side, head.stream, ended, cx);
                Ok(())
            }
            kind::HEADERS | kind::PUSH_PROMISE => self.begin_block(side, payload, bytes, cx),
            kind::CONTINUATION => self.continue_block(side, payload, bytes, cx),
            kind::RST_STREAM => {
                if let Some(code) = word(bytes, 0) {
                    self.reset(side, head.stream, code, cx);
                }
                Ok(())
            }
            kind::SETTINGS if side == Side::Server => {
                // What is not here may say it.
                self.enables_connect |= payload.lost > 0 || enables_connect(bytes);
                Ok(())
            }
            kind::GOAWAY => {
                if let (Some(last), Some(code)) = (word(bytes, 0), word(bytes, 4)) {
                    self.go_away(side, last & 0x7fff_ffff, code, cx);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin_block(
        &mut self,
        side: Side,
        payload: Payload,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let head = payload.head;
        let is_promise = head.kind == kind::PUSH_PROMISE;
        let before = before_fragment(head);
        let from = usize::from(head.has(flag::PADDED));
        let block = Block {
            stream: head.stream,
            promised: is_promise.then(|| word(bytes, from).unwrap_or(0) & 0x7fff_ffff),
            ends_stream: !is_promise && head.has(flag::END_STREAM),
            begin: self.half(side).begin,
            is_large: payload.lost > 0 && self.half(side).is_whole,
            ..Block::default()
        };
        self.half(side).block = Some(block);
        self.add_to_block(side, payload, bytes, before, cx)
    }

    fn continue_block(
        &mut self,
        side: Side,
        payload: Payload,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        if self.half(side).block.is_none() {
            // Its beginning was not seen.
            self.half(side).hpack.forget();
            return Ok(());
        }
        self.add_to_block(side, payload, bytes, 0, cx)
    }

    /// Takes in a fragment, and reads the block if it was the last.
    fn add_to_block(
        &mut self,
        side: Side,
        payload: Payload,
        bytes: &[u8],
        before: usize,
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let Some(block) = &mut self.half(side).block else { return Ok(()) };
        let Some((piece, is_whole)) = fragment(payload.head, bytes, before) else {
            cx.sink.parse_error();
            return self.cut_block(side, Some(PADDING), cx);
        };
        if !block.is_cut {
            let fits = piece.len().min(H2_BLOCK - block.bytes.len());
            block.bytes.extend_from_slice(&piece[..fits]);
            block.is_large |= fits < piece.len();
            block.is_cut = block.is_large || !is_whole;
        }
        block.end = (!payload.is_end_lost).then_some(cx.time);
        block.lost += if block.is_large { 0 } else { payload.lost };
        if payload.head.has(flag::END_HEADERS) {
            return self.end_block(side, None, cx);
        }
        Ok(())
    }

    /// No more of the block that is being read will come.
    pub(super) fn cut_block(
        &mut self,
        side: Side,
        oddity: Option<&'static str>,
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let Some(block) = &mut self.half(side).block else { return Ok(()) };
        (block.is_cut, block.end) = (true, None);
        self.end_block(side, oddity, cx)
    }

    /// Reads a block, or what there is of it: the fields that stand before a loss are right.
    fn end_block(
        &mut self,
        side: Side,
        oddity: Option<&'static str>,
        cx: &mut Context<'_>,
    ) -> Result<(), Dead> {
        let half = self.half(side);
        let Some(block) = half.block.take() else { return Ok(()) };
        let mut section = Section::default();
        let read = half.hpack.decode(&block.bytes, |field| section.take(field));
        oddity.into_iter().for_each(|oddity| section.note(oddity));
        if block.is_cut {
            half.hpack.forget();
        }
        if block.is_large || section.is_large {
            section.is_large = true;
            section.note(BLOCK_TOO_LARGE);
        }
        let is_broken = !block.is_cut && read.is_err();
        if is_broken {
            section.note(BLOCK_INVALID);
        }
        self.section(side, &block, section, cx);
        match read {
            Err(Malformed::NoSuchEntry) if is_broken => Err("no such entry of the HPACK table"),
            Err(_) if is_broken => Err("not HPACK"),
            _ => Ok(()),
        }
    }

    /// The fields of a block belong to a stream.
    fn section(&mut self, side: Side, block: &Block, section: Section, cx: &mut Context<'_>) {
        if let Some(promised) = block.promised {
            return self.promise(block, promised, section, cx);
        }
        let id = block.stream;
        // Of a stream that was not seen, trailers alone make no row.
        let is_head = match side {
            Side::Client => section.is_request(),
            Side::Server => section.pseudo.status.is_some(),
        };
        let may_be_head = is_head || section.unseen > 0 || block.is_cut;
        if !self.streams.is_open(id) && !may_be_head {
            return;
        }
        let may_connect = self.enables_connect || !self.halves[Side::Server.index()].is_whole;
        let Some(stream) = self.streams.get_or_open(id, cx) else { return };
        if block.is_cut && !block.is_large {
            stream.lose(side, block.lost);
        }
        stream.section(side, section, block.begin, cx);
        stream.open_tunnel(may_connect, cx);
        if let Some(exchange) = stream.open_row(cx.time) {
            cx.sink.exchange(&exchange);
        }
        if block.ends_stream {
            self.end_stream(side, id, block.end, cx);
        }
    }

    /// The server promises to answer what nobody asked (RFC 9113 section 8.4).
    fn promise(&mut self, block: &Block, id: u32, section: Section, cx: &mut Context<'_>) {
        if id == 0 {
            return;
        }
        let Some(stream) = self.streams.get_or_open(id, cx) else { return };
        stream.detail("pushed_on_stream", block.stream.to_string());
        if block.is_cut && !block.is_large {
            stream.lose(Side::Client, block.lost);
        }
        stream.section(Side::Client, section, block.begin, cx);
        stream.end(Side::Client, block.end, cx);
    }

    /// `side` sends no more on a stream. `ended`: when its last octet was captured, if it was.
    fn end_stream(&mut self, side: Side, id: u32, ended: Option<i64>, cx: &mut Context<'_>) {
        if let Some(stream) = self.streams.get(id) {
            stream.end(side, ended, cx);
        }
        self.settle(id, cx);
    }

    /// Emits a stream if it is over.
    fn settle(&mut self, id: u32, cx: &mut Context<'_>) {
        // A client that was seen from its first byte on has asked, or will have.
        let asks = self.halves[Side::Client.index()].is_whole && id % 2 == 1;
        self.streams.settle(id, asks, cx);
    }

    /// RST_STREAM: both sides are done with a stream (RFC 9113 section 6.4).
    fn reset(&mut self, side: Side, id: u32, code: u32, cx: &mut Context<'_>) {
        let Some(stream) = self.streams.get(id) else { return };
        // What was lost may have been all of the answer.
        let is_answered = stream.response() == Progress::Ended || stream.may_have_ended();
        if stream.response() == Progress::Open {
            stream.gap = true;
        }
        let by = if side == Side::Client { "client" } else { "server" };
        stream.detail("reset_by", by.to_owned());
        // After a whole answer, NO_ERROR asks the client to stop sending (section 8.1).
        let error = (!is_answered || code != 0).then(|| error_name(code));
        let exchange = stream.exchange_mut();
        exchange.error = exchange.error.or(error);
        stream.cut(Side::Client, cx);
        stream.cut(Side::Server, cx);
        self.streams.finish(id, None, cx);
    }

    /// GOAWAY: streams of the other side behind `last` are not, and will not be, looked at (RFC 9113
    /// section 6.8).
    fn go_away(&mut self, side: Side, last: u32, code: u32, cx: &mut Context<'_>) {
        if code != 0 {
            self.goaway = Some(error_name(code));
        }
        if side == Side::Server {
            let error = if code == 0 { "refused by GOAWAY" } else { error_name(code) };
            let is_meant = |id: u32, stream: &super::stream::Stream| {
                id > last && id % 2 == 1 && stream.response() == Progress::Absent
            };
            self.streams.finish_all(Some(error), is_meant, cx);
        }
    }
}

/// A 32-bit number in a payload.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let &[a, b, c, d] = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes([a, b, c, d]))
}
