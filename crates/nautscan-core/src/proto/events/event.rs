//! Events in the making, and what rows show of them.

use std::collections::VecDeque;

use crate::limits::{EVENT_NAMES, EVENT_TEXT, EVENTS_SHOWN};
use crate::proto::shown::{push_offset, push_text};

/// An event that has ended.
#[derive(Debug)]
struct Shown {
    time: i64,
    name: Vec<u8>,
    /// Bytes of its data.
    length: u64,
    /// The beginning of them.
    data: Vec<u8>,
}

/// The event whose lines are being read.
#[derive(Debug, Default)]
struct Making {
    /// When its first line ended.
    time: Option<i64>,
    name: Vec<u8>,
    has_data: bool,
    length: u64,
    data: Vec<u8>,
}

/// Makes events of lines (WHATWG HTML section 9.2.6).
#[derive(Debug, Default)]
pub(super) struct Reader {
    making: Making,
    /// Lines up to the next empty one are of an event that was lost.
    skips: bool,
    events: u64,
    comments: u64,
    names: Vec<(Vec<u8>, u64)>,
    /// Events of names for which there was no room.
    other_names: u64,
    /// Last event ID: as the next event will have it, and as the last one had it.
    id: [Vec<u8>; 2],
    retry: Option<u64>,
    latest: VecDeque<Shown>,
}

impl Reader {
    /// The beginning of a line of `length` bytes. `limit`: bytes of data that may be shown.
    pub(super) fn line(&mut self, line: &[u8], length: u64, time: i64, limit: usize) {
        if length == 0 {
            return self.end_event();
        }
        if self.skips {
            return;
        }
        if line.first() == Some(&b':') {
            self.comments += 1;
            return;
        }
        self.making.time.get_or_insert(time);
        let colon = memchr::memchr(b':', line);
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let before = line.len() - value.len();
        match name {
            b"event" => self.making.name = cut(value).to_vec(),
            b"data" => self.data(value, length - before as u64, limit),
            b"id" if !value.contains(&0) => self.id[0] = cut(value).to_vec(),
            b"retry" => self.retry = decimal(value).or(self.retry),
            _ => {}
        }
    }

    fn data(&mut self, value: &[u8], length: u64, limit: usize) {
        let making = &mut self.making;
        let join: &[u8] = if making.has_data { b"\n" } else { b"" };
        for piece in [join, value] {
            let fits = limit.min(EVENT_TEXT).saturating_sub(making.data.len()).min(piece.len());
            making.data.extend_from_slice(&piece[..fits]);
        }
        making.length = making.length.saturating_add(length + join.len() as u64);
        making.has_data = true;
    }

    fn end_event(&mut self) {
        let making = core::mem::take(&mut self.making);
        if core::mem::take(&mut self.skips) {
            return;
        }
        let [next, last] = &mut self.id;
        last.clone_from(next);
        if !making.has_data {
            return;
        }
        self.events += 1;
        let name = if making.name.is_empty() { b"message".to_vec() } else { making.name };
        let has_room = self.names.len() < EVENT_NAMES;
        match self.names.iter_mut().find(|known| known.0 == name) {
            Some((_, count)) => *count += 1,
            None if has_room => self.names.push((name.clone(), 1)),
            None => self.other_names += 1,
        }
        if self.latest.len() == EVENTS_SHOWN {
            self.latest.pop_front();
        }
        let Making { time, length, data, .. } = making;
        self.latest.push_back(Shown { time: time.unwrap_or_default(), name, length, data });
    }

    /// Bytes were lost, and with them the rest of the event.
    pub(super) fn lose(&mut self) {
        self.making = Making::default();
        self.skips = true;
    }

    /// What has come so far; times since `since`.
    pub(super) fn tell(&self, detail: &mut Vec<(&'static str, String)>, since: i64) {
        detail.push(("events", self.events.to_string()));
        let mut names: Vec<String> = Vec::new();
        for (name, count) in &self.names {
            let mut text = String::new();
            push_text(name, &mut text);
            names.push(format!("{text} {count}"));
        }
        if self.other_names > 0 {
            names.push(format!("{} of other names", self.other_names));
        }
        let mut id = String::new();
        push_text(&self.id[1], &mut id);
        let lines: Vec<String> = self.latest.iter().map(|event| event.line(since)).collect();
        let number = |number: Option<u64>| number.map_or(String::new(), |n| n.to_string());
        for (name, text) in [
            ("events_by_name", names.join(", ")),
            ("last_event_id", id),
            ("retry_ms", number(self.retry)),
            ("comments", number(Some(self.comments).filter(|comments| *comments > 0))),
            ("latest_events", lines.join("\n")),
        ] {
            if !text.is_empty() {
                detail.push((name, text));
            }
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let Self { making, names, id, latest, .. } = self;
        let shown = latest.iter().map(|e| e.name.capacity() + e.data.capacity());
        making.name.capacity()
            + making.data.capacity()
            + names.iter().map(|(name, _)| name.capacity() + 32).sum::<usize>()
            + id.iter().map(Vec::capacity).sum::<usize>()
            + shown.sum::<usize>()
            + latest.capacity() * size_of::<Shown>()
    }
}

impl Shown {
    /// `+1.203456 tick 56: data`. Behind the last colon that a blank follows stands what was said.
    fn line(&self, since: i64) -> String {
        let mut out = String::new();
        push_offset(self.time, since, &mut out);
        out.push(' ');
        push_text(&self.name, &mut out);
        out.push_str(&format!(" {}", self.length));
        if !self.data.is_empty() {
            out.push_str(": ");
            push_text(&self.data, &mut out);
            if self.length > self.data.len() as u64 {
                out.push('…');
            }
        }
        out
    }
}

/// As much as is kept of a name or an identifier.
fn cut(value: &[u8]) -> &[u8] {
    &value[..value.len().min(EVENT_TEXT)]
}

/// Digits alone, as the standard wants them.
fn decimal(value: &[u8]) -> Option<u64> {
    let is_number = value.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(value).ok().filter(|_| is_number)?.parse().ok()
}
