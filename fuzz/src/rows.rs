//! What holds of every row, whatever the protocol.

use std::collections::HashMap;

use nautscan_core::event::{Completeness, Exchange, Handshake, Message, Naming, Summary};
use nautscan_core::proto::{Settings, Sink};

/// Takes what a parser tells, and holds each row to what is true of all.
#[derive(Debug)]
pub struct Told<'a> {
    settings: &'a Settings,
    /// Time of what the parser is being given; 0 before anything.
    pub now: i64,
    /// Bytes lost so far.
    pub lost: u64,
    /// Rows, those of exchanges that go on included.
    pub exchanges: Vec<Exchange>,
    /// Violations of the protocol.
    pub parse_errors: u32,
    /// What is known of TLS.
    pub handshake: Handshake,
    /// What is told of the flow.
    pub summary: Summary,
    /// Addresses, and what was said to be their names.
    pub names: Vec<(String, String)>,
    /// Of exchanges that are told more than once: whether the last row said that they go on.
    open: HashMap<u32, bool>,
}

impl<'a> Told<'a> {
    /// Nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            now: 0,
            lost: 0,
            exchanges: Vec::new(),
            parse_errors: 0,
            handshake: Handshake::default(),
            summary: Summary::default(),
            names: Vec::new(),
            open: HashMap::new(),
        }
    }

    /// Whether nothing was out of order, and every exchange came to its end.
    pub fn is_in_step(&self) -> bool {
        let is_known = |row: &Exchange| {
            matches!(row.completeness, Completeness::Complete | Completeness::Open)
                && row.oddities.is_empty()
        };
        self.parse_errors == 0 && self.exchanges.iter().all(is_known)
    }

    /// Whether a row has this oddity.
    pub fn is_marked(&self, oddity: &str) -> bool {
        self.exchanges.iter().any(|row| row.oddities.contains(&oddity))
    }

    /// Rows that do not depend on when their exchange was told while it lasted.
    fn last_rows(&self) -> Vec<Exchange> {
        let rows = self.exchanges.iter().filter(|row| row.completeness != Completeness::Open);
        let mut rows: Vec<_> = rows.cloned().collect();
        for growing in rows.iter_mut().filter_map(|row| row.growing.as_mut()) {
            growing.again = false;
        }
        rows
    }

    /// Holds what is told of the same bytes in other segments to be the same: where they end decides only
    /// when a row of what lasts is told.
    pub fn check_same_as(&self, other: &Self) {
        assert_eq!(self.last_rows(), other.last_rows(), "whole, and in pieces");
        assert_eq!(self.parse_errors, other.parse_errors, "whole, and in pieces");
        assert_eq!(self.handshake, other.handshake, "whole, and in pieces");
        assert_eq!(self.summary, other.summary, "whole, and in pieces");
        assert_eq!(self.names, other.names, "whole, and in pieces");
    }

    fn check(&self, row: &Exchange) {
        self.check_completeness(row);
        for message in [&row.request, &row.response].into_iter().flatten() {
            self.check_message(message);
        }
        // Where framing was broken, what is passed over counts as lost.
        let is_counted = row.gap_bytes <= self.lost || self.parse_errors > 0;
        assert!(is_counted, "{} lost of {}: {row:?}", row.gap_bytes, self.lost);
        for (at, (name, _)) in row.detail.iter().enumerate() {
            assert!(row.detail[..at].iter().all(|(other, _)| other != name), "{name} twice");
        }
        for (at, oddity) in row.oddities.iter().enumerate() {
            assert!(!row.oddities[..at].contains(oddity), "{oddity} is there twice");
        }
        let mut trace = row.trace_id.iter().flatten();
        assert!(trace.all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')), "{row:?}");
    }

    fn check_completeness(&self, row: &Exchange) {
        match row.completeness {
            Completeness::Complete => {
                assert_eq!(row.gap_bytes, 0, "complete, with bytes lost: {row:?}");
                // A request may be broken off by who was answered before its end.
                let may_lack_end = matches!(row.protocol, "http" | "grpc" | "fastcgi");
                let halves = [&row.request, &row.response].into_iter();
                let mut halves = halves.skip(usize::from(may_lack_end)).flatten();
                let has_ended = halves.all(|half| half.last_time.is_some());
                assert!(has_ended || !row.oddities.is_empty(), "complete, without an end: {row:?}");
            }
            Completeness::RequestOnly => assert!(row.response.is_none(), "{row:?}"),
            // A WebSocket's request is what asked for it; frames of the client count as its bytes.
            Completeness::ResponseOnly => {
                assert!(row.request.is_none() || row.protocol == "websocket", "{row:?}");
            }
            Completeness::Gap => {}
            Completeness::Open => {
                assert!(row.growing.is_some(), "open, and never told again: {row:?}");
                assert!(row.error.is_none(), "it goes on, and has failed: {row:?}");
            }
        }
    }

    fn check_message(&self, message: &Message) {
        let (settings, now) = (self.settings, self.now);
        let kept = message.body.kept.as_ref().map_or(0, Vec::len);
        assert!(kept <= settings.body_limit, "{kept} bytes kept");
        assert!(message.body.bytes.is_none_or(|bytes| bytes >= 0), "{message:?}");
        assert!((0..=now).contains(&message.first_time), "of another time: {message:?}");
        let last = message.last_time.unwrap_or(now);
        assert!((message.first_time..=now).contains(&last), "of another time: {message:?}");
    }

    /// Rows of one number come in their order: as many that go on as there may be, and one that ends.
    fn check_growing(&mut self, row: &Exchange) {
        let Some(growing) = row.growing else { return };
        assert!(self.settings.growing, "nobody asked for rows that grow");
        let goes_on = row.completeness == Completeness::Open;
        let before = self.open.insert(growing.id, goes_on);
        assert!(before.is_none() || growing.again, "told as if for the first time: {row:?}");
        assert_ne!(before, Some(false), "a row of an exchange that is over: {row:?}");
    }
}

impl Sink for Told<'_> {
    fn exchange(&mut self, exchange: &Exchange) {
        self.check(exchange);
        self.check_growing(exchange);
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn name(&mut self, naming: &Naming<'_>) {
        let name = naming.name;
        assert!(!name.is_empty(), "{naming:?}");
        assert!(!name.contains(|c: char| c.is_control() || c.is_ascii_uppercase()), "{name:?}");
        self.names.push((naming.ip.to_string(), name.to_owned()));
    }
    fn handshake(&mut self, handshake: &Handshake) {
        self.handshake = handshake.clone();
    }
    fn summary(&mut self, facts: &Summary) {
        for (at, (name, _)) in facts.iter().enumerate() {
            assert!(facts[..at].iter().all(|(other, _)| other != name), "{name} twice");
        }
        self.summary.clone_from(facts);
    }
}
