//! SSH (RFC 4253), observed from the side: what both sides say before they encrypt.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it SSH? |
//! | `offer` | algorithms that a side offers, what both agree on, HASSH |
//!
//! There are no rows of `requests`: what is learned becomes the flow's `summary`. Each side is read up to
//! its NEWKEYS, after which what it sends is encrypted; when both are there the connection is let go, and
//! the rest of it counted as not understood.

mod offer;
mod probe;
#[cfg(test)]
mod tests;

use super::facts::{Facts, lossy};
use super::frames::{Framed, Frames, Head, Loss};
use super::lines::Lines;
use super::{About, Close, Context, Parser, Probe, Protocol, Settings, Side, Verdict};
use crate::limits::{SSH_BANNER, SSH_KEPT, SSH_ONE_SIDED, SSH_PACKET, SSH_VERSION};
use offer::{Offer, agree};

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "ssh", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "SSH 2 (and the version of SSH 1)",
    extracts: "Summarised on the flow: both sides' versions, the key exchange, host key, cipher, MAC and compression that they agree on, HASSH and HASSHserver, and whether both went on encrypted.",
    limits: &[
        "It gives no rows of `requests`; what is encrypted is not read, so neither users nor commands are known.",
        "What both agree on is told from what they offer by the rule of RFC 4253 section 7.1; a server that keeps to no rule is not noticed.",
        "A connection of which the beginning was not captured is not recognised. Where a side's offer was lost, what was agreed on is not told.",
        "Of SSH 1 there is the version alone.",
    ],
    oddities: &[],
};

/// Numbers of messages (RFC 4253 section 12).
mod message {
    pub(super) const KEXINIT: u8 = 20;
    pub(super) const NEWKEYS: u8 = 21;
}

/// Length of the packet, length of its padding, number of its message.
const HEADER: usize = 6;

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Ssh::default())
}

/// Follows one connection.
#[derive(Default)]
struct Ssh {
    halves: [Half; 2],
    /// There is something to tell.
    is_news: bool,
}

/// One direction.
struct Half {
    step: Step,
    lines: Lines,
    packets: Frames,
    /// Bytes of lines before its version.
    banner: usize,
    version: Option<String>,
    offer: Option<Offer>,
    /// It has said NEWKEYS.
    has_keys: bool,
    /// Bytes that came after it was over.
    passed: u64,
}

/// What a side says next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Its version, or lines before it.
    Version,
    Packets,
    /// What came before was lost: its first bytes, which do not show yet what they are.
    Doubtful(Vec<u8>),
    /// It is encrypted, or can no longer be read for a loss.
    Over,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            step: Step::Version,
            lines: Lines::new(SSH_VERSION),
            packets: Frames::new(head, SSH_KEPT),
            banner: 0,
            version: None,
            offer: None,
            has_keys: false,
            passed: 0,
        }
    }
}

/// Where a packet ends (RFC 4253 section 6).
fn head(bytes: &[u8]) -> Head {
    let Some((length, rest)) = bytes.split_first_chunk() else { return Head::More };
    let length = u32::from_be_bytes(*length);
    // A length of padding, a number, and at least four bytes of padding.
    if !(6..=SSH_PACKET).contains(&length) {
        return Head::Malformed;
    }
    match rest {
        [padding, _, ..] if *padding < 4 || u32::from(*padding) > length - 2 => Head::Malformed,
        [_, _, ..] => Head::Whole { head: HEADER, body: u64::from(length - 2) },
        _ => Head::More,
    }
}

/// Whether bytes after a loss begin with a message that says what it is: an offer, or a version.
fn begins(side: Side, bytes: &[u8]) -> Probe {
    let version = probe::probe(side, bytes);
    if version != Probe::No {
        return version;
    }
    match (head(bytes), bytes.get(HEADER - 1)) {
        (Head::Whole { .. }, Some(&message::KEXINIT)) => Probe::Yes,
        (Head::More, _) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// What came of bytes.
type Read<T> = Result<T, &'static str>;

impl Half {
    /// Takes a part of `bytes`, which are not empty; answers how many and whether there is news.
    fn take(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Read<(usize, bool)> {
        match self.step {
            Step::Version => self.line(bytes),
            Step::Packets => {
                let Ok((used, framed)) = self.packets.next(bytes, cx) else {
                    return Err("no packet of SSH");
                };
                let Some(framed) = framed else { return Ok((used, false)) };
                let is_news = packet(&mut self.offer, &mut self.has_keys, &framed, cx);
                if self.has_keys {
                    self.step = Step::Over;
                }
                Ok((used, is_news))
            }
            Step::Doubtful(_) => self.resolve(side, bytes, cx),
            Step::Over => {
                self.passed += bytes.len() as u64;
                Ok((bytes.len(), false))
            }
        }
    }

    /// After a loss.
    #[cold]
    fn resolve(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Read<(usize, bool)> {
        let Step::Doubtful(before) = core::mem::replace(&mut self.step, Step::Over) else {
            return Ok((0, false));
        };
        let joined = [&before, bytes].concat();
        match begins(side, &joined) {
            Probe::NeedMore => {
                self.step = Step::Doubtful(joined);
                return Ok((bytes.len(), false));
            }
            Probe::No => return Ok((0, false)),
            Probe::Yes => {}
        }
        let is_version = joined.first().is_some_and(u8::is_ascii_alphabetic);
        self.step = if is_version { Step::Version } else { Step::Packets };
        let (mut at, mut is_news) = (0, false);
        while at < joined.len() {
            let (used, news) = self.take(side, &joined[at..], cx)?;
            at += used;
            is_news |= news;
            if self.step == Step::Over {
                break;
            }
        }
        Ok((at.saturating_sub(before.len()), is_news))
    }

    /// A line with its version, or before it.
    fn line(&mut self, bytes: &[u8]) -> Read<(usize, bool)> {
        let (used, line) = self.lines.next(bytes);
        self.banner += used;
        let Some(line) = line else {
            let is_endless = self.banner > SSH_BANNER;
            return if is_endless { Err("no version of SSH") } else { Ok((used, false)) };
        };
        if !line.bytes.starts_with(b"SSH-") {
            let is_endless = self.banner > SSH_BANNER;
            return if is_endless { Err("no version of SSH") } else { Ok((used, false)) };
        }
        if line.is_cut {
            return Err("a version of SSH is too long");
        }
        let version = lossy(line.bytes);
        let is_2 = version.starts_with("SSH-2.") || version.starts_with("SSH-1.99-");
        self.step = if is_2 { Step::Packets } else { Step::Over };
        self.version = Some(version);
        Ok((used, true))
    }

    /// Whether its NEWKEYS may have been among what was lost.
    fn may_have_keys(&self) -> bool {
        !self.has_keys && matches!(self.step, Step::Over | Step::Doubtful(_))
    }

    /// Bytes were lost; answers whether that changes what can be told.
    fn lose(&mut self, lost: u64, cx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Version | Step::Doubtful(_) => {
                self.lines.reset();
                self.step = Step::Doubtful(Vec::new());
                true
            }
            Step::Packets => match self.packets.lose(lost) {
                Loss::Within(None) => false,
                Loss::Within(Some(framed)) => {
                    let is_news = packet(&mut self.offer, &mut self.has_keys, &framed, cx);
                    if self.has_keys {
                        self.step = Step::Over;
                    }
                    is_news
                }
                Loss::Beyond(_) => {
                    // An offer may still come.
                    let has_offer = self.offer.is_some();
                    self.step = if has_offer { Step::Over } else { Step::Doubtful(Vec::new()) };
                    true
                }
            },
            Step::Over => false,
        }
    }

    fn memory(&self) -> usize {
        let doubtful = match &self.step {
            Step::Doubtful(bytes) => bytes.capacity(),
            _ => 0,
        };
        self.lines.memory()
            + self.packets.memory()
            + doubtful
            + self.version.as_ref().map_or(0, String::capacity)
            + self.offer.as_ref().map_or(0, Offer::memory)
    }
}

/// A packet is whole, but for what was lost of it; answers whether it is news.
fn packet(
    offer: &mut Option<Offer>,
    has_keys: &mut bool,
    framed: &Framed<'_>,
    cx: &mut Context<'_>,
) -> bool {
    match framed.bytes.get(HEADER - 1) {
        Some(&message::KEXINIT) if offer.is_none() => {
            if framed.lost > 0 {
                return false;
            }
            *offer = Offer::read(framed.body());
            if offer.is_none() {
                cx.sink.parse_error();
            }
            offer.is_some()
        }
        Some(&message::NEWKEYS) => {
            *has_keys = true;
            true
        }
        _ => false,
    }
}

impl Ssh {
    fn feed(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let mut at = 0;
        while at < bytes.len() {
            if self.is_over() {
                return Verdict::Over { consumed: at };
            }
            match self.halves[side.index()].take(side, &bytes[at..], cx) {
                Ok((used, is_news)) => {
                    at += used;
                    self.is_news |= is_news;
                }
                Err(why) => return Verdict::Dead(why),
            }
        }
        if self.is_over() { Verdict::Over { consumed: at } } else { Verdict::Continue }
    }

    /// Whether nothing more can be read: both sides are over, or one has long gone on while the other
    /// is not captured, or never speaks.
    fn is_over(&self) -> bool {
        let is_over = |half: &Half| half.step == Step::Over;
        self.halves.iter().all(is_over)
            || self.halves.iter().any(|half| half.passed > SSH_ONE_SIDED)
    }

    /// Tells what is known, if there is news.
    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.is_news) {
            cx.sink.summary(&self.facts().summary());
        }
    }

    fn facts(&self) -> Facts {
        let [client, server] = &self.halves;
        let mut facts = Facts::default();
        facts
            .text("client_version", client.version.as_deref())
            .text("server_version", server.version.as_deref());
        if let (Some(ours), Some(theirs)) = (&client.offer, &server.offer) {
            let agreed = agree(ours, theirs);
            facts.text("key_exchange", agreed.key_exchange).text("host_key", agreed.host_key);
            both_ways(&mut facts, ["cipher", "cipher_to_client"], agreed.ciphers);
            both_ways(&mut facts, ["mac", "mac_to_client"], agreed.macs);
            both_ways(&mut facts, ["compression", "compression_to_client"], agreed.compressions);
        }
        let hassh = |side: Side| Some(self.halves[side.index()].offer.as_ref()?.hassh(side));
        facts
            .text("hassh", hassh(Side::Client).as_deref())
            .text("hassh_server", hassh(Side::Server).as_deref());
        let has_keys = match (client.has_keys, server.has_keys) {
            (true, true) => Some(true),
            // What was lost may have been its NEWKEYS.
            _ if self.halves.iter().any(Half::may_have_keys) => None,
            _ => Some(false),
        };
        facts.flag("newkeys_seen", has_keys);
        facts
    }
}

/// One fact where both directions have the same, or else two.
fn both_ways(
    facts: &mut Facts,
    names: [&'static str; 2],
    [to_server, to_client]: [Option<&str>; 2],
) {
    facts.text(names[0], to_server);
    if to_client != to_server {
        facts.text(names[1], to_client);
    }
}

impl Parser for Ssh {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let verdict = self.feed(side, bytes, cx);
        self.tell(cx);
        verdict
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        self.is_news |= self.halves[side.index()].lose(lost, cx);
        self.tell(cx);
        if self.is_over() { Verdict::Over { consumed: 0 } } else { Verdict::Continue }
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, _: Close, _: &mut Context<'_>) {}

    fn memory(&self) -> usize {
        size_of::<Self>() + self.halves.iter().map(Half::memory).sum::<usize>()
    }
}
