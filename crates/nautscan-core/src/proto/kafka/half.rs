//! Messages of one direction, as bytes come: a length, a head, and fields that are read along their
//! tables.

use super::api::Api;
use super::facts::{Facts, Ids};
use super::read::Reader;
use crate::event::{Body, Exchange, Message};
use crate::limits::{KAFKA_CLIENT, KAFKA_MESSAGE};

/// What the first bytes of a message say.
pub(super) enum Head<T> {
    /// So many of them are needed.
    Wants(usize),
    /// They begin no message of this protocol.
    Malformed,
    Whole(T),
}

/// Bytes of a length.
pub(super) const LENGTH: usize = 4;
/// Bytes of a request's head before the client's name, with the length.
const REQUEST: usize = 14;
/// Bytes of an answer's head, with the length.
pub(super) const ANSWER: usize = 8;

/// The head of a request.
#[derive(Debug)]
pub(super) struct Asked {
    /// Bytes of the whole message, the length itself too.
    pub(super) length: u64,
    /// Bytes of the head, tagged fields not among them.
    pub(super) head: usize,
    pub(super) key: i16,
    pub(super) version: i16,
    pub(super) number: i32,
    pub(super) client: Option<Vec<u8>>,
}

fn short(bytes: &[u8], at: usize) -> Option<i16> {
    let two = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<2>());
    two.map(|two| i16::from_be_bytes(*two))
}

fn long(bytes: &[u8], at: usize) -> Option<i32> {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
    four.map(|four| i32::from_be_bytes(*four))
}

/// The length of a message that begins so, itself included.
pub(super) fn length(bytes: &[u8]) -> Option<Result<u64, super::read::Malformed>> {
    let length = u32::try_from(long(bytes, 0)?).unwrap_or(u32::MAX);
    let fits = (4..=KAFKA_MESSAGE).contains(&length);
    Some(if fits { Ok(u64::from(length) + LENGTH as u64) } else { Err(super::read::Malformed) })
}

/// Reads the head of a request.
pub(super) fn asked(bytes: &[u8]) -> Head<Asked> {
    let Some(length) = length(bytes) else { return Head::Wants(LENGTH) };
    let Ok(length) = length else { return Head::Malformed };
    if length < ANSWER as u64 + LENGTH as u64 {
        return Head::Malformed;
    }
    let (Some(key), Some(version), Some(number)) =
        (short(bytes, 4), short(bytes, 6), long(bytes, 8))
    else {
        return Head::Wants(12);
    };
    if key < 0 || version < 0 {
        return Head::Malformed;
    }
    let mut asked = Asked { length, head: 12, key, version, number, client: None };
    if Api::of(key).is_some_and(|api| !api.names_client(version)) {
        return Head::Whole(asked);
    }
    if length < REQUEST as u64 {
        return Head::Malformed;
    }
    let Some(size) = short(bytes, 12) else { return Head::Wants(REQUEST) };
    asked.head = REQUEST;
    // -1: none.
    let Ok(size) = usize::try_from(size) else {
        return if size == -1 { Head::Whole(asked) } else { Head::Malformed };
    };
    asked.head += size;
    if size > KAFKA_CLIENT || asked.head as u64 > length {
        return Head::Malformed;
    }
    let Some(client) = bytes.get(REQUEST..asked.head) else { return Head::Wants(asked.head) };
    asked.client = Some(client.to_vec());
    Head::Whole(asked)
}

/// A message of which the head is known.
#[derive(Debug)]
pub(super) struct Begun {
    /// The exchange that it begins or ends; `None`: it is passed over.
    pub(super) exchange: Option<Exchange>,
    pub(super) length: u64,
    /// Bytes of it that are still to come.
    pub(super) left: u64,
    pub(super) lost: u64,
    /// When its first byte was captured.
    pub(super) time: i64,
    pub(super) number: i32,
    pub(super) key: i16,
    pub(super) version: i16,
    /// `None`: its fields are not read, or no longer.
    pub(super) reader: Option<Reader>,
    pub(super) facts: Facts,
    /// Its fields are not as their table says.
    pub(super) is_malformed: bool,
    /// It answers a request that was seen.
    pub(super) is_paired: bool,
}

impl Begun {
    fn take(&mut self, bytes: &[u8], is_asked: bool, ids: &Ids) {
        self.left -= bytes.len() as u64;
        let Some(reader) = &mut self.reader else { return };
        let facts = &mut self.facts;
        if reader.read(bytes, &mut |told| facts.take(told, is_asked, ids)).is_err() {
            self.reader = None;
            self.is_malformed = true;
        }
        if self.left == 0 && self.reader.as_ref().is_some_and(|reader| !reader.is_whole()) {
            self.reader = None;
            self.is_malformed = self.lost == 0;
        }
    }

    /// There are bytes behind its last field.
    pub(super) fn has_more(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.behind() > 0)
    }

    /// All of its fields were read.
    pub(super) fn is_read(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::is_whole)
    }

    /// It as one half of an exchange. `ended`: when its last byte was captured.
    pub(super) fn message(&self, ended: Option<i64>) -> Message {
        let bytes = i64::try_from(self.length).ok().filter(|_| self.left == 0);
        let body = Body { bytes, ..Body::default() };
        Message { first_time: self.time, last_time: ended, body, ..Message::default() }
    }

    fn memory(&self) -> usize {
        let reader = self.reader.as_ref().map_or(0, Reader::memory);
        reader + self.facts.memory() + self.exchange.as_ref().map_or(0, super::pair::memory)
    }
}

/// Bytes that begin no message.
#[derive(Debug)]
pub(super) struct Malformed;

/// One direction.
#[derive(Debug)]
pub(super) struct Half {
    /// The direction of the client.
    is_asking: bool,
    head: Vec<u8>,
    time: i64,
    current: Option<Begun>,
    /// Where a message begins is not known.
    pub(super) is_lost: bool,
}

impl Half {
    pub(super) fn new(is_asking: bool) -> Self {
        Self { is_asking, head: Vec::new(), time: 0, current: None, is_lost: false }
    }

    /// Whether a message has begun.
    pub(super) fn is_within(&self) -> bool {
        self.current.is_some() || !self.head.is_empty()
    }

    /// Takes what there is of the next message out of `bytes`, which are not empty. Answers how many
    /// that were, and the message if it has ended.
    pub(super) fn next(
        &mut self,
        bytes: &[u8],
        ids: &Ids,
        begin: &mut dyn FnMut(&[u8]) -> Head<Begun>,
        time: i64,
    ) -> Result<(usize, Option<Begun>), Malformed> {
        if let Some(mut begun) = self.current.take() {
            let used = usize::try_from(begun.left).unwrap_or(usize::MAX).min(bytes.len());
            begun.take(&bytes[..used], self.is_asking, ids);
            return Ok((used, self.unless_open(begun)));
        }
        if self.head.is_empty() {
            self.time = time;
        }
        let mut used = 0;
        loop {
            match begin(&self.head) {
                Head::Malformed => return Err(Malformed),
                Head::Whole(mut begun) => {
                    begun.time = self.time;
                    self.head.clear();
                    // What has no bytes is over at once.
                    begun.take(&[], self.is_asking, ids);
                    return Ok((used, self.unless_open(begun)));
                }
                Head::Wants(wanted) => {
                    let missing = wanted.saturating_sub(self.head.len());
                    let more = missing.min(bytes.len() - used);
                    self.head.extend_from_slice(&bytes[used..used + more]);
                    used += more;
                    if more < missing {
                        return Ok((used, None));
                    }
                }
            }
        }
    }

    fn unless_open(&mut self, begun: Begun) -> Option<Begun> {
        if begun.left == 0 {
            return Some(begun);
        }
        self.current = Some(begun);
        None
    }

    /// `lost` bytes are missing. Answers the message that ends with them, or without its end.
    pub(super) fn lose(&mut self, lost: u64) -> Option<Begun> {
        self.head.clear();
        let Some(mut begun) = self.current.take() else {
            self.is_lost = true;
            return None;
        };
        let within = lost.min(begun.left);
        begun.lost += within;
        begun.left -= within;
        if begun.reader.as_mut().is_some_and(|reader| !reader.lose(within)) {
            begun.reader = None;
        }
        self.is_lost = lost > within;
        if self.is_lost { Some(begun) } else { self.unless_open(begun) }
    }

    /// The message whose end never came.
    pub(super) fn part(&mut self) -> Option<Begun> {
        self.head.clear();
        let mut begun = self.current.take()?;
        begun.reader = None;
        Some(begun)
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.head.capacity() + self.current.as_ref().map_or(0, Begun::memory)
    }
}
