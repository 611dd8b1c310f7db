//! The latest messages of one side, as rows show them.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::limits::WEBSOCKET_MESSAGES;
use crate::proto::shown::{push_offset, push_text};

/// Why a message's content is not shown whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// Bytes of it were lost.
    Lost,
    /// It refers to what was sent before, and that was not read.
    Window,
    /// It does not inflate.
    Corrupt,
    /// It inflates to too much.
    TooLarge,
}

impl Unread {
    fn text(self) -> &'static str {
        match self {
            Self::Lost => "bytes lost",
            Self::Window => "unreadable without what came before",
            Self::Corrupt => "not inflatable",
            Self::TooLarge => "inflates to too much",
        }
    }
}

/// A message that has ended.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// How many messages of both sides ended before it.
    pub(super) order: u64,
    /// When its first byte was captured.
    pub(super) time: i64,
    pub(super) is_text: bool,
    /// Bytes of its payload.
    pub(super) length: u64,
    pub(super) frames: u32,
    /// Bytes that it inflates to, if that is known.
    pub(super) inflated: Option<u64>,
    pub(super) unread: Option<Unread>,
    /// The beginning of its content; `None`: nothing of it is kept.
    pub(super) kept: Option<Vec<u8>>,
}

impl Said {
    /// `+1.203456 client text 56: hello`. Behind the colon stands what was said.
    fn line(&self, side: &str, since: i64, out: &mut String) {
        let kind = if self.is_text { "text" } else { "binary" };
        push_offset(self.time, since, out);
        // Writing to a String cannot fail.
        let _ = write!(out, " {side} {kind} {}", self.length);
        if let Some(inflated) = self.inflated {
            let _ = write!(out, ", {inflated} inflated");
        }
        if self.frames > 1 {
            let _ = write!(out, ", {} fragments", self.frames);
        }
        if let Some(unread) = self.unread {
            let _ = write!(out, ", {}", unread.text());
        }
        let Some(kept) = self.kept.as_deref().filter(|kept| !kept.is_empty()) else { return };
        out.push_str(": ");
        if self.is_text {
            push_text(kept, out);
        } else {
            let _ = write!(out, "{}", kept.escape_ascii());
        }
        if self.inflated.unwrap_or(self.length) > kept.len() as u64 {
            out.push('…');
        }
    }
}

/// The latest messages of one side.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Said>);

impl Recent {
    pub(super) fn push(&mut self, said: Said) {
        if self.0.len() == WEBSOCKET_MESSAGES {
            self.0.pop_front();
        }
        self.0.push_back(said);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let kept: usize = self.0.iter().flat_map(|said| &said.kept).map(Vec::capacity).sum();
        kept + self.0.capacity() * size_of::<Said>()
    }
}

/// Both sides' messages in the order in which they ended, a line each; times since `since`.
pub(super) fn lines([client, server]: [&Recent; 2], since: i64) -> String {
    let mut all: Vec<_> = client.0.iter().map(|said| ("client", said)).collect();
    all.extend(server.0.iter().map(|said| ("server", said)));
    all.sort_unstable_by_key(|(_, said)| said.order);
    let mut out = String::new();
    for (side, said) in all {
        if !out.is_empty() {
            out.push('\n');
        }
        said.line(side, since, &mut out);
    }
    out
}
