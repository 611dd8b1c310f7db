//! What a client does with one or more messages, and what comes of it: a row in the making.

use std::sync::Arc;

use super::frame::Framed;
use super::oddity::STATEMENT_UNKNOWN;
use super::sqlstate;
use crate::event::{Body, Completeness, Exchange, Message};
use crate::limits::POSTGRES_FIELD;
use crate::proto::Context;
use crate::proto::sql::{self, Statement};

/// A name, and the statement that it shall stand for.
pub(super) type Parsed = (Vec<u8>, Arc<Statement>);

/// A row in the making.
#[derive(Debug)]
pub(super) struct Unit {
    exchange: Exchange,
    pub(super) statement: Option<Arc<Statement>>,
    /// What it prepares.
    pub(super) parsed: Option<Parsed>,
    /// More messages of the client may belong to it.
    pub(super) is_open: bool,
    /// Answers that are still to come.
    pub(super) steps: usize,
    /// A message of it was answered.
    pub(super) is_answered: bool,
    /// Its error ends the session: no more answers come.
    pub(super) ends_session: bool,
    /// Rows that came.
    rows: u64,
    tags: Vec<String>,
    notices: u64,
    copied: [u64; 2],
}

/// Tags of one simple query that are shown.
const TAGS: usize = 8;

impl Unit {
    /// A unit that begins with a message.
    pub(super) fn begin(framed: &Framed) -> Self {
        let request = Message {
            first_time: framed.time,
            body: Body { bytes: Some(0), ..Body::default() },
            ..Message::default()
        };
        let mut unit = Self::unasked();
        unit.exchange.request = Some(request);
        (unit.is_open, unit.is_answered) = (true, false);
        unit
    }

    /// What the server says without having been asked.
    pub(super) fn unasked() -> Self {
        let exchange = Exchange { protocol: "postgresql", ..Exchange::default() };
        Self {
            exchange,
            statement: None,
            parsed: None,
            is_open: false,
            steps: 0,
            is_answered: true,
            ends_session: false,
            rows: 0,
            tags: Vec::new(),
            notices: 0,
            copied: [0; 2],
        }
    }

    /// Sets the method and the target where no statement says them.
    pub(super) fn named(&mut self, method: &str, target: Option<Vec<u8>>) {
        self.exchange.method = Some(method.as_bytes().to_vec());
        self.exchange.target = target;
    }

    /// A message of the client that belongs to it, whole at `time`.
    pub(super) fn asks(&mut self, framed: &Framed, time: i64) {
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(framed.lost);
        if let Some(request) = &mut self.exchange.request {
            request.last_time = (!framed.is_end_lost).then_some(time);
            add(&mut request.body, framed.bytes);
        }
    }

    /// A message of the server that belongs to it, whole at `time`.
    pub(super) fn hears(&mut self, framed: &Framed, time: i64) {
        self.is_answered = true;
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(framed.lost);
        let response = self.exchange.response.get_or_insert_with(|| Message {
            first_time: framed.time,
            body: Body { bytes: Some(0), ..Body::default() },
            ..Message::default()
        });
        response.last_time = (!framed.is_end_lost).then_some(time);
        add(&mut response.body, framed.bytes);
    }

    /// The end of the answer was not seen.
    pub(super) fn is_cut(&mut self) {
        if let Some(response) = &mut self.exchange.response {
            response.last_time = None;
        }
    }

    /// Bytes of it that are missing.
    pub(super) fn loses(&mut self, lost: u64) {
        self.exchange.gap_bytes = self.exchange.gap_bytes.saturating_add(lost);
    }

    pub(super) fn row(&mut self) {
        self.rows += 1;
    }

    pub(super) fn notice(&mut self) {
        self.notices += 1;
    }

    /// Data that were copied: 0 in, 1 out.
    pub(super) fn copies(&mut self, way: usize, bytes: u64) {
        self.copied[way] = self.copied[way].saturating_add(bytes);
    }

    /// The tag of a command that was completed.
    pub(super) fn completed(&mut self, tag: &[u8]) {
        if self.tags.len() < TAGS && !tag.is_empty() {
            self.tags.push(shown(tag, POSTGRES_FIELD));
        }
    }

    pub(super) fn detail(&mut self, name: &'static str, value: &[u8]) {
        if !value.is_empty() {
            self.exchange.detail.push((name, shown(value, POSTGRES_FIELD)));
        }
    }

    pub(super) fn note(&mut self, oddity: &'static str) {
        self.exchange.note(oddity);
    }

    /// It was executed by a name of which no text is known.
    pub(super) fn unknown(&mut self, name: &[u8]) {
        self.note(STATEMENT_UNKNOWN);
        self.detail("prepared_name", name);
    }

    pub(super) fn failed(&mut self, error: &'static str) {
        self.exchange.error = Some(error);
    }

    /// How the server wants to know who it is.
    pub(super) fn authentication(&mut self, body: &[u8]) {
        let Some((code, rest)) = body.split_first_chunk::<4>() else { return };
        let way: &[u8] = match u32::from_be_bytes(*code) {
            2 => b"kerberos",
            3 => b"password",
            5 => b"md5",
            7 => b"gss",
            9 => b"sspi",
            10 => rest.split(|b| *b == 0).next().unwrap_or_default(),
            _ => return,
        };
        self.detail("authentication", way);
    }

    /// An error answer.
    pub(super) fn error(&mut self, body: &[u8]) {
        const FIELDS: &[(u8, &str)] = &[
            (b'C', "sqlstate"),
            (b'V', "severity"),
            (b'M', "error_message"),
            (b's', "schema"),
            (b't', "table"),
            (b'c', "column"),
            (b'n', "constraint"),
        ];
        // What has no end was cut off.
        let whole = memchr::memrchr(0, body).map_or(0, |end| end + 1);
        let fields: Vec<&[u8]> = body[..whole].split(|b| *b == 0).collect();
        let field = |letter: u8| fields.iter().find(|text| text.first() == Some(&letter));
        let code = field(b'C').map_or(&b""[..], |text| &text[1..]);
        if self.exchange.error.is_some() {
            return;
        }
        self.exchange.error = Some(sqlstate::condition(code));
        self.ends_session =
            field(b'V').is_some_and(|text| matches!(&text[1..], b"FATAL" | b"PANIC"));
        for (letter, name) in FIELDS {
            if let Some(text) = field(*letter) {
                self.detail(name, &text[1..]);
            }
        }
    }

    /// Whether it failed.
    pub(super) fn has_failed(&self) -> bool {
        self.exchange.error.is_some()
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let detail: usize = self.exchange.detail.iter().map(|(_, text)| text.capacity()).sum();
        let tags: usize = self.tags.iter().map(String::capacity).sum();
        let target = self.exchange.target.as_ref().map_or(0, Vec::capacity);
        let statement = self.statement.as_ref().map_or(0, |statement| statement.memory());
        let parsed = self.parsed.as_ref().map_or(0, |(name, _)| name.capacity());
        size_of::<Self>() + detail + tags + target + statement + parsed
    }

    /// Emits it; so much of it was seen.
    pub(super) fn emit(mut self, seen: Completeness, database: Option<&str>, cx: &mut Context<'_>) {
        let exchange = &mut self.exchange;
        let mut detail: Vec<(&'static str, String)> = Vec::new();
        if let Some(statement) = &self.statement {
            let form = &statement.form;
            exchange.target.get_or_insert_with(|| form.clone());
            if exchange.method.is_none() {
                exchange.method = sql::verb(form);
            }
            detail.push(("statement", statement.text.clone()));
        }
        detail.extend(database.map(|name| ("database", name.to_owned())));
        let counts = [
            ("rows", self.rows),
            ("notices", self.notices),
            ("copied_in_bytes", self.copied[0]),
            ("copied_out_bytes", self.copied[1]),
        ];
        if !self.tags.is_empty() {
            detail.push(("tag", self.tags.join(", ")));
        }
        let counted = counts.into_iter().filter(|(name, n)| {
            *n > 0 || (*name == "rows" && self.tags.iter().any(|tag| tag.starts_with("SELECT")))
        });
        detail.extend(counted.map(|(name, count)| (name, count.to_string())));
        detail.append(&mut exchange.detail);
        exchange.detail = detail;
        exchange.completeness = if exchange.gap_bytes > 0 { Completeness::Gap } else { seen };
        cx.sink.exchange(exchange);
    }
}

fn add(body: &mut Body, bytes: u64) {
    let more = i64::try_from(bytes).unwrap_or(i64::MAX);
    body.bytes = body.bytes.map(|bytes| bytes.saturating_add(more));
}

/// The beginning of a text.
pub(super) fn shown(text: &[u8], room: usize) -> String {
    String::from_utf8_lossy(&text[..text.len().min(room)]).into_owned()
}
