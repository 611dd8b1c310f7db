//! A request with its response: what protocol parsers emit, whatever the protocol.

/// How much of an exchange was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Completeness {
    /// Request and response, every byte.
    #[default]
    Complete,
    /// No response was seen before the connection ended.
    RequestOnly,
    /// The request was not captured.
    ResponseOnly,
    /// Bytes of the request or the response were lost, or cut off by the end of the
    /// connection or of the capture.
    Gap,
    /// It goes on: the row tells how far it has come ([`Exchange::growing`]).
    Open,
}

impl Completeness {
    /// The value of the `completeness` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::RequestOnly => "request_only",
            Self::ResponseOnly => "response_only",
            Self::Gap => "gap",
            Self::Open => "open",
        }
    }
}

/// A list of name/value pairs in one buffer: two allocations whatever the number of headers,
/// reusable after [`Headers::clear`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    /// Where each name and each value ends in `bytes`, in turn.
    ends: Vec<(u32, u32)>,
}

impl Headers {
    /// Adds one pair.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        let name_end = self.bytes.len() as u32;
        self.bytes.extend_from_slice(value);
        self.ends.push((name_end, self.bytes.len() as u32));
    }
    /// Appends to the value of the last pair (obsolete line folding).
    pub fn extend_last(&mut self, value: &[u8]) {
        if let Some(last) = self.ends.last_mut() {
            self.bytes.extend_from_slice(value);
            last.1 = self.bytes.len() as u32;
        }
    }
    /// The pairs in the order in which they were pushed.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.ends.iter().scan(0usize, |start, &(name_end, end)| {
            let pair = (
                &self.bytes[*start..name_end as usize],
                &self.bytes[name_end as usize..end as usize],
            );
            *start = end as usize;
            Some(pair)
        })
    }
    /// The first value under `name`, compared without regard to ASCII case.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// Forgets all pairs and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 8
    }
}

/// The content of a message, as far as it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Bytes of content after transfer decoding (chunked), before content decoding (gzip),
    /// captured or not kept. `None`: there was no way to know.
    pub bytes: Option<i64>,
    /// Kept content after content decoding, at most `Settings::body_limit` bytes. `None`:
    /// nothing was kept.
    pub kept: Option<Vec<u8>>,
    /// `kept` lacks bytes that the message had: cut at the limit, lost, or undecodable.
    pub truncated: bool,
}

/// One half of an exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// When its first byte was captured, ns since 1970 UTC.
    pub first_time: i64,
    /// That was not its first: bytes before it were lost.
    pub is_begin_lost: bool,
    /// When its last byte was captured; `None` while it has not ended.
    pub last_time: Option<i64>,
    /// Header fields in order.
    pub headers: Headers,
    /// Its content.
    pub body: Body,
    /// Media type as stated by the sender, parameters included.
    pub content_type: Option<Vec<u8>>,
}

/// Of an exchange that is told more than once while it lasts (a WebSocket, an event stream).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growing {
    /// Its number among the exchanges of its flow, the same each time.
    pub id: u32,
    /// It was told before: no further row is counted.
    pub again: bool,
}

/// A request with its response. Text is raw bytes from the wire: the table builder makes
/// UTF-8 of it (invalid sequences become U+FFFD).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// `protocol` column.
    pub protocol: &'static str,
    /// Version as spoken, e.g. `1.1`.
    pub version: Option<&'static str>,
    /// The request; `None` if it was not captured.
    pub request: Option<Message>,
    /// The response; `None` if none was seen.
    pub response: Option<Message>,
    /// What was asked for: `GET`, `SELECT`, …
    pub method: Option<Vec<u8>>,
    /// The authority asked: Host header, absolute-form target, :authority.
    pub host: Option<Vec<u8>>,
    /// What it was asked of: request target, normalised statement, key, …
    pub target: Option<Vec<u8>>,
    /// Outcome as a number of the protocol.
    pub status: Option<i32>,
    /// Why the exchange failed below the protocol's own status (`connection reset by server`).
    pub error: Option<&'static str>,
    /// How much of it was seen.
    pub completeness: Completeness,
    /// Set where it is told more than once.
    pub growing: Option<Growing>,
    /// Bytes lost within it.
    pub gap_bytes: u64,
    /// W3C trace context trace-id, 32 hex digits.
    pub trace_id: Option<[u8; 32]>,
    /// Typed oddities, each once, in order of discovery.
    pub oddities: Vec<&'static str>,
    /// Its bodies are values of a store (records, cached texts): shown only where nothing is
    /// redacted.
    pub holds_values: bool,
    /// Protocol detail: name and value, in order; becomes a JSON object.
    pub detail: Vec<(&'static str, String)>,
}

impl Exchange {
    /// Heap bytes held.
    pub(crate) fn memory(&self) -> usize {
        let message = |message: &Option<Message>| {
            message.as_ref().map_or(0, |message| {
                message.headers.memory() + message.body.kept.as_ref().map_or(0, Vec::capacity)
            })
        };
        let texts = [&self.method, &self.host, &self.target];
        let texts: usize = texts.into_iter().flatten().map(Vec::capacity).sum();
        let detail: usize = self.detail.iter().map(|(_, text)| text.capacity()).sum();
        message(&self.request) + message(&self.response) + texts + detail
    }
    /// Notes an oddity, once.
    pub(crate) fn note(&mut self, oddity: &'static str) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }
}
