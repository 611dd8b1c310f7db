//! RESP, the Redis serialization protocol, versions 2 and 3: one value after another, as bytes
//! come. Nothing but short lines and the beginnings of texts is held.
//!
//! Source: the protocol's specification, <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use super::command::error_code;
use crate::limits::{REDIS_DEPTH, REDIS_ITEM, REDIS_ITEMS, REDIS_LINE};

/// What a value is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Simple,
    Error,
    Integer,
    Bulk,
    Array,
    Null,
    Boolean,
    Double,
    BigNumber,
    Map,
    Set,
    Push,
    /// A line of words from a client.
    Inline,
}

impl Kind {
    /// The specification's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple string",
            Self::Error => "error",
            Self::Integer => "integer",
            Self::Bulk => "bulk string",
            Self::Array => "array",
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::BigNumber => "big number",
            Self::Map => "map",
            Self::Set => "set",
            Self::Push => "push",
            Self::Inline => "inline",
        }
    }
}

/// A value that is whole, or all that there will be of it.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub(super) kind: Kind,
    /// The texts in it in order, a text alone likewise: the first [`REDIS_ITEMS`], of each the
    /// first [`REDIS_ITEM`] bytes.
    pub(super) items: Vec<Vec<u8>>,
    /// Elements of an aggregate, as it states them.
    pub(super) len: u64,
    /// Bytes on the wire, those lost included.
    pub(super) bytes: u64,
    /// Bytes lost within it.
    pub(super) lost: u64,
    /// Not all of a text, or not all texts, are in `items`.
    pub(super) cut: bool,
    /// How many elements it has was not stated.
    pub(super) is_streamed: bool,
    /// It has a type that only RESP3 has.
    pub(super) is_resp3: bool,
    /// Errors among its elements.
    pub(super) errors: u32,
    /// The code of the first of them.
    pub(super) first_error: Option<&'static str>,
}

impl Value {
    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.items.capacity() * size_of::<Vec<u8>>()
            + self.items.iter().map(Vec::capacity).sum::<usize>()
    }
}

/// Bytes that are not RESP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// A line that begins an element; what there is of it is in `line`.
    #[default]
    Line,
    /// So many bytes of a text, then its line end.
    Bulk { left: u64, streamed: bool },
    /// The line end behind a text: so many bytes of it are still to come.
    LineEnd { left: u8, streamed: bool },
}

/// An aggregate that is not whole: elements still to come, or `None` until a `.` ends it.
#[derive(Debug, Clone, Copy)]
struct Frame {
    left: Option<u64>,
    /// Says something about the value behind it, and is none itself.
    is_attribute: bool,
}

/// Reads values.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    line: Vec<u8>,
    stack: Vec<Frame>,
    value: Value,
    begun: bool,
    /// What comes of the text that is being read is not kept.
    is_dropping: bool,
    /// What comes may be a line of words.
    may_be_inline: bool,
    /// Pieces of a text whose length was not known come.
    in_pieces: bool,
}

impl Reader {
    /// A reader of what a client sends, or a server.
    pub(super) fn new(may_be_inline: bool) -> Self {
        Self { may_be_inline, ..Self::default() }
    }

    /// Whether a value has begun and is not whole.
    pub(super) fn is_within(&self) -> bool {
        self.begun
    }

    /// Reads up to the end of a value, and says how many bytes that took. A value of which only
    /// the beginning is here comes with a later call.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<(usize, Option<Value>), Malformed> {
        let mut at = 0;
        if !self.begun && !self.may_be_inline && bytes.first() == Some(&b'\n') {
            // So a server keeps a replica waiting whose data it prepares.
            return Ok((1, None));
        }
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (used, is_whole) = match self.state {
                State::Line => self.line(rest)?,
                State::Bulk { left, streamed } => (self.bulk(rest, left, streamed), false),
                State::LineEnd { left, streamed } => self.line_end(rest[0], left, streamed)?,
            };
            at += used;
            self.value.bytes += used as u64;
            if is_whole {
                return Ok((at, Some(self.take())));
            }
        }
        Ok((at, None))
    }

    /// `lost` bytes are missing. False if it cannot be known where the next value begins.
    pub(super) fn lose(&mut self, lost: u64) -> bool {
        let State::Bulk { left, streamed } = self.state else { return false };
        if lost > left {
            return false;
        }
        self.value.bytes += lost;
        self.value.lost += lost;
        self.value.cut = true;
        self.is_dropping = true;
        self.state = after_text(left - lost, streamed);
        true
    }

    /// What there is of a value, of which the rest will not come; the next byte begins another.
    pub(super) fn take(&mut self) -> Value {
        self.state = State::Line;
        self.line.clear();
        self.stack.clear();
        (self.begun, self.in_pieces, self.is_dropping) = (false, false, false);
        core::mem::take(&mut self.value)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.line.capacity() + self.stack.capacity() * size_of::<Frame>() + self.value.memory()
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(usize, bool), Malformed> {
        let Some(lf) = memchr::memchr(b'\n', bytes) else {
            if self.line.len() + bytes.len() > REDIS_LINE {
                return Err(Malformed);
            }
            self.line.extend_from_slice(bytes);
            self.begun = true;
            return Ok((bytes.len(), false));
        };
        let end = lf + 1;
        if self.line.len() + end > REDIS_LINE {
            return Err(Malformed);
        }
        if self.line.is_empty() {
            let is_whole = self.whole_line(&bytes[..lf])?;
            return Ok((end, is_whole));
        }
        self.line.extend_from_slice(&bytes[..lf]);
        let line = core::mem::take(&mut self.line);
        let is_whole = self.whole_line(&line)?;
        self.line = line;
        self.line.clear();
        Ok((end, is_whole))
    }

    /// Takes in a line without its LF; true if a value is whole with it.
    fn whole_line(&mut self, line: &[u8]) -> Result<bool, Malformed> {
        self.begun = true;
        let at_top = self.stack.is_empty();
        if self.in_pieces != line.starts_with(b";") {
            return self.words(line, at_top);
        }
        let (&mark, text) = match line.split_first() {
            Some(split) => split,
            None => return self.words(line, at_top),
        };
        let Some(text) = text.strip_suffix(b"\r") else { return self.words(line, at_top) };
        let kind = match mark {
            b'+' => Kind::Simple,
            b'-' => Kind::Error,
            b':' => Kind::Integer,
            b'$' | b'!' | b'=' => return self.begin_text(mark, text, at_top),
            b'*' | b'%' | b'~' | b'>' | b'|' => return self.begin_aggregate(mark, text, at_top),
            b'_' => Kind::Null,
            b'#' => Kind::Boolean,
            b',' => Kind::Double,
            b'(' => Kind::BigNumber,
            b';' => return self.begin_chunk(text),
            b'.' if text.is_empty() => return self.end_stream(),
            _ => return self.words(line, at_top),
        };
        self.value.is_resp3 |= !matches!(mark, b'+' | b'-' | b':');
        if at_top {
            self.value.kind = kind;
        } else if kind == Kind::Error {
            self.value.errors = self.value.errors.saturating_add(1);
            self.value.first_error.get_or_insert_with(|| error_code(text));
        }
        self.keep_whole(text);
        Ok(self.element_is_whole())
    }

    /// Words in a line: what a person types (`inline commands`).
    fn words(&mut self, line: &[u8], at_top: bool) -> Result<bool, Malformed> {
        if !at_top || !self.may_be_inline || self.in_pieces {
            return Err(Malformed);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_text = line.iter().all(|&b| b >= b' ' || b == b'\t');
        if !is_text {
            return Err(Malformed);
        }
        self.value.kind = Kind::Inline;
        let words = line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
        for word in words {
            self.value.len += 1;
            self.keep_whole(word);
        }
        Ok(true)
    }

    fn begin_text(&mut self, mark: u8, text: &[u8], at_top: bool) -> Result<bool, Malformed> {
        if at_top {
            self.value.kind = if mark == b'!' { Kind::Error } else { Kind::Bulk };
        }
        self.value.is_resp3 |= mark != b'$';
        if text == b"-1" && mark == b'$' {
            if at_top {
                self.value.kind = Kind::Null;
            }
            self.keep_whole(b"");
            return Ok(self.element_is_whole());
        }
        self.begin_item();
        if text == b"?" {
            (self.value.is_resp3, self.in_pieces) = (true, true);
            // Chunks follow, each begun by a line of its own.
            return Ok(false);
        }
        let left = number(text).ok_or(Malformed)?;
        self.state = after_text(left, false);
        Ok(false)
    }

    /// `;LENGTH`: a piece of a text whose length was not known; an empty one ends it.
    fn begin_chunk(&mut self, text: &[u8]) -> Result<bool, Malformed> {
        match number(text).ok_or(Malformed)? {
            0 => {
                self.in_pieces = false;
                Ok(self.element_is_whole())
            }
            left => {
                self.state = State::Bulk { left, streamed: true };
                Ok(false)
            }
        }
    }

    fn begin_aggregate(&mut self, mark: u8, text: &[u8], at_top: bool) -> Result<bool, Malformed> {
        let is_attribute = mark == b'|';
        self.value.is_resp3 |= mark != b'*';
        let kind = match mark {
            b'%' => Kind::Map,
            b'~' => Kind::Set,
            b'>' => Kind::Push,
            _ => Kind::Array,
        };
        if text == b"-1" && mark == b'*' {
            if at_top {
                self.value.kind = Kind::Null;
            }
            return Ok(self.element_is_whole());
        }
        let len = if text == b"?" { None } else { Some(number(text).ok_or(Malformed)?) };
        if at_top && !is_attribute {
            self.value.kind = kind;
            self.value.len = len.unwrap_or(0);
            self.value.is_streamed = len.is_none();
        }
        let pairs = matches!(mark, b'%' | b'|');
        let left = match len {
            Some(len) if pairs => Some(len.checked_mul(2).ok_or(Malformed)?),
            len => len,
        };
        if left == Some(0) {
            return Ok(if is_attribute { false } else { self.element_is_whole() });
        }
        if self.stack.len() == REDIS_DEPTH {
            return Err(Malformed);
        }
        self.stack.push(Frame { left, is_attribute });
        Ok(false)
    }

    fn end_stream(&mut self) -> Result<bool, Malformed> {
        match self.stack.pop() {
            Some(Frame { left: None, is_attribute }) => {
                Ok(!is_attribute && self.element_is_whole())
            }
            _ => Err(Malformed),
        }
    }

    fn bulk(&mut self, bytes: &[u8], left: u64, streamed: bool) -> usize {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.keep(&bytes[..used]);
        self.state = after_text(left - used as u64, streamed);
        used
    }

    fn line_end(&mut self, byte: u8, left: u8, streamed: bool) -> Result<(usize, bool), Malformed> {
        let expected = if left == 2 { b'\r' } else { b'\n' };
        if byte != expected {
            return Err(Malformed);
        }
        if left == 2 {
            self.state = State::LineEnd { left: 1, streamed };
            return Ok((1, false));
        }
        self.state = State::Line;
        let is_whole = !streamed && self.element_is_whole();
        Ok((1, is_whole))
    }

    /// An element is whole; true if with it the value is.
    fn element_is_whole(&mut self) -> bool {
        loop {
            let Some(frame) = self.stack.last_mut() else { return true };
            let Some(left) = &mut frame.left else { return false };
            *left -= 1;
            if *left > 0 {
                return false;
            }
            let is_attribute = frame.is_attribute;
            self.stack.pop();
            if is_attribute {
                return false;
            }
        }
    }

    fn begin_item(&mut self) {
        // What an attribute says is about the value, and no part of it.
        let is_aside = self.stack.iter().any(|frame| frame.is_attribute);
        let is_full = self.value.items.len() == REDIS_ITEMS;
        self.is_dropping = is_aside || is_full;
        self.value.cut |= is_full && !is_aside;
        if !self.is_dropping {
            self.value.items.push(Vec::new());
        }
    }

    /// Keeps a text that is whole.
    fn keep_whole(&mut self, text: &[u8]) {
        self.begin_item();
        self.keep(text);
    }

    /// Keeps more of the last text, as far as there is room.
    fn keep(&mut self, text: &[u8]) {
        if self.is_dropping {
            return;
        }
        let Some(item) = self.value.items.last_mut() else { return };
        let fits = text.len().min(REDIS_ITEM - item.len());
        item.extend_from_slice(&text[..fits]);
        self.value.cut |= fits < text.len();
    }
}

fn after_text(left: u64, streamed: bool) -> State {
    match left {
        0 => State::LineEnd { left: 2, streamed },
        left => State::Bulk { left, streamed },
    }
}

/// A number without sign, as lengths are written.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let is_short = (1..=18).contains(&text.len());
    (is_short && text.iter().all(u8::is_ascii_digit))
        .then(|| text.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}
