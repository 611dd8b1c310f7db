//! Conversations of lines: a client's commands, a server's replies of three digits and text, as SMTP
//! (RFC 5321 section 4.2) and FTP (RFC 959 section 4.2) have them.

use super::facts::Facts;
use super::lines::Lines;
use super::{Announcement, Close, Context, Parser, Side, Sink, Verdict};

/// One line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reply<'a> {
    pub(super) code: u16,
    /// What stands behind the code.
    pub(super) text: &'a [u8],
    /// It is the first line of its reply.
    pub(super) is_first: bool,
    /// It is the last one.
    pub(super) is_last: bool,
}

impl Reply<'_> {
    /// Done as asked.
    pub(super) fn is_success(&self) -> bool {
        self.code / 100 == 2
    }
    /// Not done, now or ever.
    pub(super) fn is_failure(&self) -> bool {
        self.code >= 400
    }
}

/// What comes of a reply, or of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Goes,
    /// Both sides speak another protocol from here on.
    Switches,
    /// It can no longer be followed.
    Lost,
}

/// What a client sends next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Command,
    /// A line that is nobody's business.
    Secret,
    /// Lines up to one that is a single dot.
    Content,
    /// So many bytes.
    Chunk(u64),
}

/// What one protocol makes of commands and replies.
pub(super) trait Session: Default + Send {
    /// Bytes kept of a line.
    const LINE: usize;
    /// Lines within a reply need not begin with its code.
    const IS_FREE: bool;
    /// A command of the client, without its end.
    fn command(&mut self, line: &[u8]) -> Next;
    /// A line of a reply.
    fn reply(&mut self, reply: &Reply<'_>) -> Next;
    /// What the client sends next.
    fn expected(&self) -> Expected {
        Expected::Command
    }
    /// What was expected has come: a secret, all content, or so many bytes of a chunk.
    fn came(&mut self, _bytes: u64) {}
    /// A connection that was announced, or what it is for: asked after each line, since it is news
    /// once.
    fn announced(&mut self) -> Option<Announcement> {
        None
    }
    /// The summary so far. `is_whole`: nothing was lost.
    fn facts(&self, is_whole: bool) -> Facts;
    /// Heap bytes held.
    fn memory(&self) -> usize;
}

/// Follows one connection.
pub(super) struct Talk<S> {
    session: S,
    client: Lines,
    server: Lines,
    /// Lines of content, of which only a dot counts.
    content: Lines,
    /// The code of a reply that goes on.
    open: Option<u16>,
    has_begun: bool,
    /// Bytes were lost that may have held what counts.
    is_lossy: bool,
    is_news: bool,
}

impl<S: Session> Default for Talk<S> {
    fn default() -> Self {
        Self {
            session: S::default(),
            client: Lines::new(S::LINE),
            server: Lines::new(S::LINE),
            content: Lines::new(1),
            open: None,
            has_begun: false,
            is_lossy: false,
            is_news: false,
        }
    }
}

/// Reads a line of a reply. `open`: the code of the reply that it is within.
pub(super) fn read_reply(line: &[u8], open: Option<u16>, is_free: bool) -> Option<Reply<'_>> {
    let known = match *line {
        [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', ref rest @ ..] => {
            let code = [a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
            match rest {
                [b'-', text @ ..] => Some((code, text, false)),
                [b' ', text @ ..] => Some((code, text, true)),
                [] => Some((code, &[][..], true)),
                _ => None,
            }
        }
        _ => None,
    };
    match (known, open) {
        (Some((code, text, is_last)), None) => Some(Reply { code, text, is_first: true, is_last }),
        (Some((code, text, is_last)), Some(open)) if code == open => {
            Some(Reply { code, text, is_first: false, is_last })
        }
        (_, Some(code)) if is_free => {
            Some(Reply { code, text: line, is_first: false, is_last: false })
        }
        _ => None,
    }
}

impl<S: Session> Talk<S> {
    fn feed(&mut self, side: Side, bytes: &[u8], sink: &mut dyn Sink) -> Verdict {
        self.has_begun = true;
        let mut at = 0;
        while at < bytes.len() {
            let (used, next) = match side {
                Side::Client => self.asked(&bytes[at..]),
                Side::Server => match self.said(&bytes[at..]) {
                    Some(said) => said,
                    None => return Verdict::Dead("no reply of three digits"),
                },
            };
            at += used;
            if let Some(announced) = self.session.announced() {
                sink.announce(announced);
            }
            match next {
                Next::Goes => {}
                Next::Switches => return Verdict::Switched { consumed: at },
                Next::Lost => {
                    self.is_lossy = true;
                    return Verdict::Over { consumed: at };
                }
            }
        }
        Verdict::Continue
    }

    /// Takes a part of what the client sends.
    fn asked(&mut self, bytes: &[u8]) -> (usize, Next) {
        match self.session.expected() {
            Expected::Command => {
                let (used, line) = self.client.next(bytes);
                let Some(line) = line else { return (used, Next::Goes) };
                let next = self.session.command(line.bytes);
                // It may have held a password.
                self.client.forget();
                self.is_news = true;
                (used, next)
            }
            Expected::Secret => {
                let end = memchr::memchr(b'\n', bytes);
                if end.is_some() {
                    self.session.came(0);
                }
                (end.map_or(bytes.len(), |end| end + 1), Next::Goes)
            }
            Expected::Content => {
                let (used, line) = self.content.next(bytes);
                if line.is_some_and(|line| line.bytes == b"." && !line.is_cut) {
                    self.session.came(0);
                }
                (used, Next::Goes)
            }
            Expected::Chunk(left) => {
                let used = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.session.came(used as u64);
                (used, Next::Goes)
            }
        }
    }

    /// Takes a part of what the server sends; `None`: it is no reply.
    fn said(&mut self, bytes: &[u8]) -> Option<(usize, Next)> {
        let (used, line) = self.server.next(bytes);
        let Some(line) = line else { return Some((used, Next::Goes)) };
        let reply = read_reply(line.bytes, self.open, S::IS_FREE)?;
        self.open = (!reply.is_last).then_some(reply.code);
        let before = self.session.expected();
        let next = self.session.reply(&reply);
        if self.session.expected() != before {
            self.content.reset();
        }
        self.is_news = true;
        Some((used, next))
    }

    /// Bytes are missing: of content they do not count, unless its end is among them, which the reply
    /// tells. Of anything else nothing that comes after can be told for certain.
    fn lose(&mut self, side: Side, lost: u64) -> Verdict {
        if !self.has_begun {
            self.is_lossy = true;
            return Verdict::Continue;
        }
        match (side, self.session.expected()) {
            (Side::Client, Expected::Content) => {
                // What comes next is no line of its own: a dot in it is none.
                self.content.resume();
                return Verdict::Continue;
            }
            (Side::Client, Expected::Chunk(left)) if lost <= left => {
                self.session.came(lost);
                return Verdict::Continue;
            }
            _ => {}
        }
        self.is_lossy = true;
        self.is_news = true;
        Verdict::Over { consumed: 0 }
    }

    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.is_news) {
            cx.sink.summary(&self.session.facts(!self.is_lossy).summary());
        }
    }
}

impl<S: Session> Parser for Talk<S> {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let verdict = self.feed(side, bytes, cx.sink);
        self.tell(cx);
        verdict
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let verdict = self.lose(side, lost);
        self.tell(cx);
        verdict
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, _: Close, _: &mut Context<'_>) {}

    fn memory(&self) -> usize {
        size_of::<Self>()
            + [&self.client, &self.server, &self.content].map(Lines::memory).iter().sum::<usize>()
            + self.session.memory()
    }
}

/// The first word of a command in upper case, if it could be one, and what follows it.
pub(super) fn verb(line: &[u8]) -> Option<(String, &[u8])> {
    /// Bytes of the longest one.
    const LONGEST: usize = 12;
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let word = &line[..end];
    let is_verb = (1..=LONGEST).contains(&end) && word.iter().all(u8::is_ascii_alphabetic);
    let rest = line.get(end + 1..).unwrap_or_default();
    let text = core::str::from_utf8(word).ok().filter(|_| is_verb)?;
    Some((text.to_ascii_uppercase(), rest.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_one_line_and_of_several() {
        let read = |line: &'static str, open, is_free| {
            read_reply(line.as_bytes(), open, is_free).map(|reply| (reply.code, reply.is_last))
        };
        assert_eq!(read("220 hello", None, false), Some((220, true)));
        assert_eq!(read("220-hello", None, false), Some((220, false)));
        assert_eq!(read("220", None, false), Some((220, true)));
        assert_eq!(read("220-more", Some(220), false), Some((220, false)));
        assert_eq!(read("220 last", Some(220), false), Some((220, true)));
        assert_eq!(read(" 230 text", Some(220), true), Some((220, false)));
        assert_eq!(read("230 text", Some(220), true), Some((220, false)));
        for other in ["", "22", "22x hello", "620 hello", "220hello"] {
            assert_eq!(read(other, None, true), None, "{other}");
            assert_eq!(read(other, Some(220), false), None, "{other}");
        }
    }

    #[test]
    fn verbs() {
        assert_eq!(verb(b"user  a b "), Some(("USER".to_owned(), &b"a b"[..])));
        assert_eq!(verb(b"QUIT"), Some(("QUIT".to_owned(), &b""[..])));
        assert_eq!(verb(b"a-b c"), None);
        assert_eq!(verb(b" x"), None);
    }
}
