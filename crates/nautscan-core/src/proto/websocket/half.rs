//! One direction: frames, the messages that they make, and what is read of those.

use super::close::{self, Closing};
use super::frame::{self, CONTROL_PAYLOAD, Head, LONGEST, Opcode, Read};
use super::handshake::Agreed;
use super::oddity::{
    AFTER_CLOSE, CLOSE, CONTROL, FRAGMENTS, INFLATE, INFLATED, LENGTH, LOST, MASKING, NOT_FRAMES,
    RESERVED_BITS, TEXT,
};
use super::recent::{Recent, Said, Unread};
use crate::event::Exchange;
use crate::limits::WEBSOCKET_PREVIEW;
use crate::proto::inflate::{DECODER, Inflater, Stopped};
use crate::proto::{Context, Side};

/// What both directions share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) exchange: Exchange,
    pub(super) agreed: Agreed,
    /// Messages of both sides that have ended.
    pub(super) order: u64,
    /// Bytes were lost, cut off, or came before following began.
    pub(super) gap: bool,
}

/// What came of one side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) texts: u64,
    pub(super) binaries: u64,
    pub(super) pings: u64,
    pub(super) pongs: u64,
    /// Frames of messages that came in several.
    pub(super) fragments: u64,
    /// Payload of text and binary messages.
    pub(super) bytes: u64,
}

/// The frame whose payload is being read.
#[derive(Debug)]
struct Frame {
    head: Head,
    left: u64,
    lost: bool,
}

/// The message whose frames are being read.
#[derive(Debug)]
struct Message {
    opcode: Opcode,
    is_compressed: bool,
    time: i64,
    length: u64,
    frames: u32,
    /// Bytes that came out of inflating.
    inflated: u64,
    /// No more is inflated: enough is kept.
    is_enough: bool,
    unread: Option<Unread>,
    kept: Vec<u8>,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Half {
    side: Side,
    /// A head in the making.
    head: [u8; LONGEST],
    head_len: usize,
    frame: Option<Frame>,
    message: Option<Message>,
    /// Payload of a close frame.
    control: Vec<u8>,
    inflater: Option<Inflater>,
    /// What was sent before is not known, and messages may refer to it.
    window: Option<Unread>,
    pub(super) tally: Tally,
    pub(super) recent: Recent,
    pub(super) closing: Option<Closing>,
    /// Not followed any further.
    is_stopped: bool,
    /// When the first and the last bytes were captured.
    pub(super) times: Option<(i64, i64)>,
}

impl Half {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            head: [0; LONGEST],
            head_len: 0,
            frame: None,
            message: None,
            control: Vec::new(),
            inflater: None,
            window: None,
            tally: Tally::default(),
            recent: Recent::default(),
            closing: None,
            is_stopped: false,
            times: None,
        }
    }

    /// Bytes that came next.
    pub(super) fn data(&mut self, mut bytes: &[u8], shared: &mut Shared, cx: &Context<'_>) {
        let (first, last) = self.times.unwrap_or((cx.time, cx.time));
        self.times = Some((first, last.max(cx.time)));
        while !bytes.is_empty() && !self.is_stopped {
            if self.closing.is_some() {
                shared.exchange.note(AFTER_CLOSE);
                self.is_stopped = true;
                return;
            }
            let used = match self.frame.is_some() {
                true => self.payload(bytes, shared, cx),
                false => self.next_head(bytes, shared, cx),
            };
            bytes = &bytes[used..];
        }
    }

    fn next_head(&mut self, bytes: &[u8], shared: &mut Shared, cx: &Context<'_>) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.head[self.head_len] = *byte;
            self.head_len += 1;
            match frame::read(&self.head[..self.head_len]) {
                Read::More => {}
                Read::Invalid => {
                    shared.exchange.note(NOT_FRAMES);
                    shared.gap = true;
                    self.stop();
                    return at + 1;
                }
                Read::Whole(head) => {
                    self.head_len = 0;
                    self.begin(head, shared, cx);
                    return at + 1;
                }
            }
        }
        bytes.len()
    }

    fn stop(&mut self) {
        self.is_stopped = true;
        (self.frame, self.message, self.inflater) = (None, None, None);
        self.head_len = 0;
    }

    /// A frame begins.
    fn begin(&mut self, head: Head, shared: &mut Shared, cx: &Context<'_>) {
        self.check(&head, shared);
        if !head.opcode.is_control() {
            self.begin_data(&head, shared, cx);
        }
        self.control.clear();
        self.frame = Some(Frame { head, left: head.payload, lost: false });
        if head.payload == 0 {
            self.end_frame(shared, cx);
        }
    }

    fn check(&self, head: &Head, shared: &mut Shared) {
        let Shared { exchange, agreed, .. } = shared;
        if (self.side == Side::Client) != head.mask.is_some() {
            exchange.note(MASKING);
        }
        let is_first = matches!(head.opcode, Opcode::Text | Opcode::Binary);
        let has_meaning = agreed.deflate.is_some() && is_first;
        if !agreed.has_others && (head.rsv23 || (head.rsv1 && !has_meaning)) {
            exchange.note(RESERVED_BITS);
        }
        if head.is_wide {
            exchange.note(LENGTH);
        }
        if head.opcode.is_control() && (!head.is_final || head.payload > CONTROL_PAYLOAD) {
            exchange.note(CONTROL);
        }
    }

    fn begin_data(&mut self, head: &Head, shared: &mut Shared, cx: &Context<'_>) {
        let is_first = head.opcode != Opcode::Continuation;
        if is_first == self.message.is_some() {
            shared.exchange.note(FRAGMENTS);
        }
        if !is_first {
            if let Some(message) = &mut self.message {
                message.frames = message.frames.saturating_add(1);
            }
            return;
        }
        if self.message.take().is_some() {
            // What the message before would have put into the window is not known.
            self.window = Some(Unread::Window);
        }
        let deflate = shared.agreed.deflate;
        let is_compressed = head.rsv1 && deflate.is_some();
        let takes_over = deflate.is_some_and(|keeps| keeps[self.side.index()]);
        if !takes_over {
            self.window = None;
        }
        let unread = self.window.filter(|_| is_compressed);
        self.message = Some(Message {
            opcode: head.opcode,
            is_compressed,
            time: cx.time,
            length: 0,
            frames: 1,
            inflated: 0,
            is_enough: false,
            unread,
            kept: Vec::new(),
        });
    }

    /// Takes payload out of `bytes`; answers how much.
    fn payload(&mut self, bytes: &[u8], shared: &mut Shared, cx: &Context<'_>) -> usize {
        let Some(frame) = &mut self.frame else { return 0 };
        let used = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
        let (head, at) = (frame.head, frame.head.payload - frame.left);
        frame.left -= used as u64;
        let is_over = frame.left == 0;
        if head.opcode == Opcode::Close {
            let room = (CONTROL_PAYLOAD as usize).saturating_sub(self.control.len()).min(used);
            if !frame.lost {
                keep(&mut self.control, &bytes[..room], head.mask, at);
            }
        } else if !head.opcode.is_control() {
            self.tally.bytes = self.tally.bytes.saturating_add(used as u64);
            self.content(&bytes[..used], head.mask, at, shared, cx);
        }
        if is_over {
            self.end_frame(shared, cx);
        }
        used
    }

    /// Content of the message being read.
    fn content(
        &mut self,
        bytes: &[u8],
        mask: Option<[u8; 4]>,
        at: u64,
        shared: &mut Shared,
        cx: &Context<'_>,
    ) {
        let Some(message) = &mut self.message else { return };
        message.length = message.length.saturating_add(bytes.len() as u64);
        let limit = preview(shared, cx);
        if message.unread.is_some() || limit == 0 {
            return;
        }
        if !message.is_compressed {
            let room = limit.saturating_sub(message.kept.len()).min(bytes.len());
            return keep(&mut message.kept, &bytes[..room], mask, at);
        }
        let mut plain = Vec::new();
        let mut at = at;
        for piece in bytes.chunks(4096) {
            plain.clear();
            keep(&mut plain, piece, mask, at);
            at += piece.len() as u64;
            self.inflate(&plain, limit, shared);
        }
    }

    /// Inflates a piece of the message being read.
    fn inflate(&mut self, piece: &[u8], limit: usize, shared: &mut Shared) {
        let Some(message) = &mut self.message else { return };
        if message.unread.is_some() || message.is_enough {
            return;
        }
        let takes_over = shared.agreed.deflate.is_some_and(|keeps| keeps[self.side.index()]);
        let inflater = self.inflater.get_or_insert_with(|| Inflater::new(false));
        let result = inflater.push(piece, |made| {
            let room = limit.saturating_sub(message.kept.len()).min(made.len());
            message.kept.extend_from_slice(&made[..room]);
            message.inflated = message.inflated.saturating_add(made.len() as u64);
            takes_over || room == made.len()
        });
        let (unread, oddity) = match result {
            Ok(()) => return,
            Err(Stopped::Enough) => {
                message.is_enough = true;
                return;
            }
            Err(Stopped::Corrupt) => (Unread::Corrupt, INFLATE),
            Err(Stopped::TooLarge) => (Unread::TooLarge, INFLATED),
        };
        shared.exchange.note(oddity);
        self.unreadable(unread);
    }

    /// The message being read cannot be read any further, nor what refers to it.
    fn unreadable(&mut self, unread: Unread) {
        if let Some(message) = &mut self.message {
            message.unread = message.unread.or(Some(unread));
            if matches!(unread, Unread::Corrupt | Unread::TooLarge) {
                // How much came out before that was known depends on how it was cut.
                message.kept.clear();
            }
            if message.is_compressed {
                self.window = Some(Unread::Window);
                self.inflater = None;
            }
        }
    }

    /// The frame being read is over.
    fn end_frame(&mut self, shared: &mut Shared, cx: &Context<'_>) {
        let Some(frame) = self.frame.take() else { return };
        match frame.head.opcode {
            Opcode::Ping => self.tally.pings += 1,
            Opcode::Pong => self.tally.pongs += 1,
            Opcode::Close => self.close(frame.lost, shared),
            _ if frame.head.is_final => self.end_message(shared, cx),
            _ => {}
        }
    }

    fn close(&mut self, lost: bool, shared: &mut Shared) {
        let mut closing = close::read(&self.control);
        if lost {
            // Of the reason a part may be missing; of the code too.
            closing = Closing { reason: Vec::new(), is_odd: false, ..closing };
        } else if closing.is_odd {
            shared.exchange.note(CLOSE);
        }
        self.closing = Some(closing);
    }

    fn end_message(&mut self, shared: &mut Shared, cx: &Context<'_>) {
        let limit = preview(shared, cx);
        let is_compressed = self.message.as_ref().is_some_and(|message| message.is_compressed);
        if is_compressed && limit > 0 {
            // What its sender has left out (RFC 7692 section 7.2.2).
            self.inflate(&[0, 0, 0xff, 0xff], limit, shared);
        }
        let Some(message) = self.message.take() else { return };
        let is_text = message.opcode == Opcode::Text;
        match is_text {
            true => self.tally.texts += 1,
            false => self.tally.binaries += 1,
        }
        if message.frames > 1 {
            self.tally.fragments += u64::from(message.frames);
        }
        let takes_over = shared.agreed.deflate.is_some_and(|keeps| keeps[self.side.index()]);
        if let Some(inflater) = &mut self.inflater
            && is_compressed
            && (!takes_over || inflater.is_over())
        {
            inflater.reset();
        }
        let is_read = limit > 0 && message.unread.is_none() && !message.is_enough;
        let inflated = (is_read && is_compressed).then_some(message.inflated);
        let is_whole = inflated.unwrap_or(message.length) == message.kept.len() as u64;
        if is_text && is_read && is_whole && core::str::from_utf8(&message.kept).is_err() {
            shared.exchange.note(TEXT);
        }
        self.recent.push(Said {
            order: shared.order,
            time: message.time,
            is_text,
            length: message.length,
            frames: message.frames,
            inflated,
            unread: message.unread,
            kept: (limit > 0).then_some(message.kept),
        });
        shared.order += 1;
    }

    /// Bytes are missing, nobody knows how many, and with them the place where a frame begins.
    pub(super) fn lose_place(&mut self, shared: &mut Shared) {
        if self.is_stopped || self.closing.is_some() {
            return;
        }
        shared.gap = true;
        shared.exchange.note(LOST);
        self.stop();
    }

    /// `lost` bytes are missing.
    pub(super) fn lose(&mut self, lost: u64, shared: &mut Shared, cx: &Context<'_>) {
        shared.gap = true;
        if self.is_stopped || self.closing.is_some() {
            return;
        }
        let Some(frame) = self.frame.as_mut().filter(|frame| lost <= frame.left) else {
            return self.lose_place(shared);
        };
        (frame.left, frame.lost) = (frame.left - lost, true);
        let is_over = frame.left == 0;
        if !frame.head.opcode.is_control() {
            self.tally.bytes = self.tally.bytes.saturating_add(lost);
            if let Some(message) = &mut self.message {
                message.length = message.length.saturating_add(lost);
            }
            self.unreadable(Unread::Lost);
        }
        if is_over {
            self.end_frame(shared, cx);
        }
    }

    /// Whether a frame or message was begun that has not ended.
    pub(super) fn is_within(&self) -> bool {
        self.frame.is_some() || self.message.is_some() || self.head_len > 0
    }

    /// Payload of its messages; `None`: not all of it was followed.
    pub(super) fn bytes(&self) -> Option<i64> {
        i64::try_from(self.tally.bytes).ok().filter(|_| self.is_followed())
    }

    /// All of its frames were read so far.
    pub(super) fn is_followed(&self) -> bool {
        !self.is_stopped || self.closing.is_some()
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let inflater = self.inflater.as_ref().map_or(0, |_| DECODER);
        let kept = self.message.as_ref().map_or(0, |message| message.kept.capacity());
        inflater + kept + self.control.capacity() + self.recent.memory()
    }
}

/// Bytes shown of a message.
fn preview(shared: &Shared, cx: &Context<'_>) -> usize {
    match shared.agreed.has_others {
        // What payloads mean is not known.
        true => 0,
        false => WEBSOCKET_PREVIEW.min(cx.settings.body_limit),
    }
}

/// Keeps bytes without their mask. `at`: offset of the first in the frame's payload.
fn keep(kept: &mut Vec<u8>, bytes: &[u8], mask: Option<[u8; 4]>, at: u64) {
    let from = kept.len();
    kept.extend_from_slice(bytes);
    if let Some(mask) = mask {
        frame::unmask(&mut kept[from..], mask, at);
    }
}
