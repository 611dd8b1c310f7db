//! Records of one direction, as bytes come. Content of streams is handed on as it comes, so that no
//! record is held; what is short is held until it is whole.

use crate::limits::FASTCGI_RECORD;
use crate::proto::{Context, Side};

/// Bytes of a record's head.
pub(super) const HEAD: usize = 8;

/// Types of records (section 8 of the specification).
pub(super) mod kind {
    pub(in super::super) const BEGIN: u8 = 1;
    pub(in super::super) const ABORT: u8 = 2;
    pub(in super::super) const END: u8 = 3;
    pub(in super::super) const PARAMETERS: u8 = 4;
    pub(in super::super) const INPUT: u8 = 5;
    pub(in super::super) const OUTPUT: u8 = 6;
    pub(in super::super) const ERRORS: u8 = 7;
    pub(in super::super) const DATA: u8 = 8;
    pub(in super::super) const GET_VALUES: u8 = 9;
    pub(in super::super) const VALUES: u8 = 10;
    pub(in super::super) const UNKNOWN: u8 = 11;
}

/// What the head of a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: u8,
    /// Of the request; 0: the record is about the connection.
    pub(super) number: u16,
    /// Bytes of content, and of padding behind it.
    pub(super) content: u16,
    pub(super) padding: u8,
    /// The byte that is kept for later is 0.
    pub(super) is_plain: bool,
}

impl Head {
    /// The head of a record that `side` may send. `None`: the bytes are none.
    pub(super) fn read(bytes: &[u8], side: Side) -> Option<Self> {
        let &[1, kind, high, low, long, short, padding, reserved, ..] = bytes else { return None };
        let number = u16::from_be_bytes([high, low]);
        let is_of_request = match (kind, side) {
            (
                kind::BEGIN | kind::ABORT | kind::PARAMETERS | kind::INPUT | kind::DATA,
                Side::Client,
            )
            | (kind::END | kind::OUTPUT | kind::ERRORS, Side::Server) => true,
            (kind::GET_VALUES, Side::Client) | (kind::VALUES | kind::UNKNOWN, Side::Server) => {
                false
            }
            // Types to come are of the connection (section 4).
            (12.., _) => false,
            _ => return None,
        };
        let content = u16::from_be_bytes([long, short]);
        let head = Self { kind, number, content, padding, is_plain: reserved == 0 };
        (is_of_request != (number == 0)).then_some(head)
    }

    /// Bytes of the whole record.
    pub(super) fn length(self) -> i64 {
        HEAD as i64 + i64::from(self.content) + i64::from(self.padding)
    }

    /// Its content is a piece of a stream.
    fn is_stream(self) -> bool {
        let streams = [kind::PARAMETERS, kind::INPUT, kind::OUTPUT, kind::ERRORS, kind::DATA];
        streams.contains(&self.kind)
    }
}

/// What came of a record: of a stream as it comes, of others all at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) head: Head,
    pub(super) content: &'a [u8],
    /// Bytes of its content that are missing behind those.
    pub(super) missing: u64,
    /// When the record's first byte was captured.
    pub(super) time: i64,
    /// Where that stands, and what its sender had received when it was sent.
    pub(super) offset: u64,
    pub(super) received: u64,
}

impl Piece<'_> {
    /// It ends its stream (section 3.3).
    pub(super) fn ends_stream(&self) -> bool {
        self.head.content == 0
    }
}

/// Bytes that begin no record of their side.
#[derive(Debug)]
pub(super) struct Malformed;

/// A record of which the head is known.
#[derive(Debug, Clone, Copy)]
struct Record {
    head: Head,
    /// Bytes that are still to come.
    content: u64,
    padding: u64,
    lost: u64,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, Default)]
struct Begun {
    time: i64,
    offset: u64,
    received: u64,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Half {
    side: Side,
    head: [u8; HEAD],
    have: usize,
    begun: Begun,
    record: Option<Record>,
    /// Content of a record that is held until it is whole.
    held: Vec<u8>,
    /// Where a record begins is not known.
    pub(super) is_lost: bool,
    /// It was once.
    pub(super) was_lost: bool,
}

impl Half {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            head: [0; HEAD],
            have: 0,
            begun: Begun::default(),
            record: None,
            held: Vec::new(),
            is_lost: false,
            was_lost: false,
        }
    }

    /// Takes what there is of the next record out of `bytes`, which are not empty and begin `at` bytes
    /// behind the context's place. Answers how many that were, and what came of it.
    pub(super) fn next<'a>(
        &'a mut self,
        bytes: &'a [u8],
        at: usize,
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Piece<'a>>), Malformed> {
        let Some(mut record) = self.record.take() else { return self.next_head(bytes, at, cx) };
        let used = bytes.len().min(usize::try_from(record.content).unwrap_or(usize::MAX));
        if used == 0 {
            let used = bytes.len().min(usize::try_from(record.padding).unwrap_or(usize::MAX));
            record.padding -= used as u64;
            self.put(record);
            return Ok((used, None));
        }
        record.content -= used as u64;
        self.put(record);
        let came = &bytes[..used];
        if record.head.is_stream() {
            return Ok((used, Some(self.piece(record.head, came, 0))));
        }
        if record.lost == 0 {
            let room = FASTCGI_RECORD.saturating_sub(self.held.len());
            self.held.extend_from_slice(&came[..used.min(room)]);
        }
        let is_whole = record.content == 0;
        Ok((used, is_whole.then(|| self.piece(record.head, &self.held, record.lost))))
    }

    fn next_head<'a>(
        &'a mut self,
        bytes: &'a [u8],
        at: usize,
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Piece<'a>>), Malformed> {
        if self.have == 0 {
            let offset = cx.place.offset.saturating_add(at as u64);
            self.begun = Begun { time: cx.time, offset, received: cx.place.received };
        }
        let used = bytes.len().min(HEAD - self.have);
        self.head[self.have..self.have + used].copy_from_slice(&bytes[..used]);
        self.have += used;
        if self.have < HEAD {
            return Ok((used, None));
        }
        self.have = 0;
        self.held.clear();
        let head = Head::read(&self.head, self.side).ok_or(Malformed)?;
        let (content, padding) = (u64::from(head.content), u64::from(head.padding));
        self.put(Record { head, content, padding, lost: 0 });
        Ok((used, (content == 0).then(|| self.piece(head, &[], 0))))
    }

    /// Keeps a record of which more is to come.
    fn put(&mut self, record: Record) {
        self.record = (record.content > 0 || record.padding > 0).then_some(record);
    }

    fn piece<'a>(&self, head: Head, content: &'a [u8], missing: u64) -> Piece<'a> {
        let Begun { time, offset, received } = self.begun;
        Piece { head, content, missing, time, offset, received }
    }

    /// `lost` bytes are missing. Answers what that is of the record at hand; where they are more than
    /// that, where the next begins is not known.
    pub(super) fn lose(&mut self, lost: u64) -> Option<Piece<'_>> {
        let Some(mut record) = self.record.take() else {
            self.stray();
            return None;
        };
        let content = lost.min(record.content);
        let padding = (lost - content).min(record.padding);
        record.content -= content;
        record.padding -= padding;
        record.lost += content;
        self.put(record);
        if lost > content + padding {
            self.stray();
        }
        match record.head.is_stream() {
            _ if content == 0 => None,
            true => Some(self.piece(record.head, &[], content)),
            false => {
                (record.content == 0).then(|| self.piece(record.head, &self.held, record.lost))
            }
        }
    }

    /// Where the next record begins is not known.
    pub(super) fn stray(&mut self) {
        (self.record, self.have) = (None, 0);
        (self.is_lost, self.was_lost) = (true, true);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.held.capacity()
    }
}
