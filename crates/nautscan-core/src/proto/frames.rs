//! Messages of one direction that state their length, as bytes come.
//!
//! A message that came in one piece is lent out of it; of others the beginning is kept. Whatever the
//! length that is stated, no more than that is held.

use super::Context;
use crate::event::{Body, Completeness, Exchange, Message};

/// What the first bytes of a message say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// More of them are needed.
    More,
    /// They begin no message.
    Malformed,
    /// So many bytes of head, then so many of body.
    Whole { head: usize, body: u64 },
}

/// Reads the head of a message. It may be asked again with more bytes.
pub(super) type ReadHead = fn(&[u8]) -> Head;

/// A message that has ended.
#[derive(Debug)]
pub(super) struct Framed<'a> {
    /// Its beginning, head included, up to what was lost of it or to the cap.
    pub(super) bytes: &'a [u8],
    /// Bytes of the head.
    pub(super) head: usize,
    /// Bytes on the wire.
    pub(super) length: u64,
    /// Bytes of them that were lost.
    pub(super) lost: u64,
    /// When its first byte was captured.
    pub(super) time: i64,
    /// All of its bytes were sent.
    pub(super) is_sent: bool,
}

impl Framed<'_> {
    /// What there is of the body.
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }
    /// Not all of it is there.
    pub(super) fn is_cut(&self) -> bool {
        (self.bytes.len() as u64) < self.length
    }
    /// Bytes on the wire, as rows have them.
    pub(super) fn wire_bytes(&self) -> Option<i64> {
        i64::try_from(self.length).ok()
    }
}

/// A message as one half of an exchange. `ended`: when its last byte was captured.
pub(super) fn message(framed: &Framed<'_>, ended: Option<i64>) -> Message {
    let bytes = framed.wire_bytes().filter(|_| framed.is_sent);
    Message {
        first_time: framed.time,
        last_time: ended,
        body: Body { bytes, ..Body::default() },
        ..Message::default()
    }
}

/// Emits an exchange of which so much was seen, or less where bytes were lost.
pub(super) fn emit(mut exchange: Exchange, seen: Completeness, cx: &mut Context<'_>) {
    if seen == Completeness::RequestOnly
        && let Some(part) = &mut exchange.response
    {
        // An answer in several messages, of which the last was not seen.
        (part.last_time, part.body.bytes) = (None, None);
    }
    let halves = [&exchange.request, &exchange.response];
    let is_open = halves.into_iter().flatten().any(|half| half.last_time.is_none());
    let is_gap = exchange.gap_bytes > 0 || is_open;
    exchange.completeness = if is_gap { Completeness::Gap } else { seen };
    cx.sink.exchange(&exchange);
}

/// Bytes that begin no message.
#[derive(Debug)]
pub(super) struct Malformed;

/// What a loss does to the order of messages.
#[derive(Debug)]
pub(super) enum Loss<'a> {
    /// It lies within a message, which ends with it if it is here.
    Within(Option<Framed<'a>>),
    /// Where the next message begins is not known. The message that lacks its end, if one was begun.
    Beyond(Option<Framed<'a>>),
}

/// Bytes of a line that are taken at once, and after which one without an end is asked for.
const STEP: usize = 512;

/// One direction.
#[derive(Debug)]
pub(super) struct Frames {
    read: ReadHead,
    /// The last byte of every head, if that is known.
    head_end: Option<u8>,
    /// Bytes kept of a message at most; not fewer than its head.
    keep: usize,
    kept: Vec<u8>,
    /// Bytes of the message that have come or were lost.
    seen: u64,
    lost: u64,
    /// Its head and whole length, once they are known.
    known: Option<(usize, u64)>,
    time: i64,
}

impl Frames {
    pub(super) fn new(read: ReadHead, keep: usize) -> Self {
        let head_end = None;
        Self { read, head_end, keep, kept: Vec::new(), seen: 0, lost: 0, known: None, time: 0 }
    }

    /// Of messages whose head is a line: while its end is not there, it is asked for only now and then, since
    /// it may be too long.
    pub(super) fn of_lines(read: ReadHead, keep: usize) -> Self {
        Self { head_end: Some(b'\n'), ..Self::new(read, keep) }
    }

    /// Takes what there is of the next message out of `bytes`, which are not empty. Answers how many
    /// that were, and the message if it has ended.
    pub(super) fn next<'a>(
        &'a mut self,
        bytes: &'a [u8],
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed<'a>>), Malformed> {
        if self.seen == 0 {
            self.kept.clear();
            (self.known, self.lost, self.time) = (None, 0, cx.time);
            if let Head::Whole { head, body } = (self.read)(bytes)
                && let Some(whole) = usize::try_from(body).ok().and_then(|b| b.checked_add(head))
                && whole <= bytes.len()
            {
                let length = whole as u64;
                let bytes = &bytes[..whole.min(self.keep)];
                return Ok((
                    whole,
                    Some(Framed { bytes, head, length, lost: 0, time: cx.time, is_sent: true }),
                ));
            }
        }
        let mut used = 0;
        let (_, length) = loop {
            if let Some(known) = self.known {
                break known;
            }
            let next = self.of_head(&bytes[used..]);
            if next.is_empty() {
                return Ok((used, None));
            }
            let before = self.kept.len();
            self.kept.extend_from_slice(next);
            used += next.len();
            self.seen += next.len() as u64;
            let is_due = self.head_end.is_none_or(|end| next.last() == Some(&end))
                || self.kept.len() / STEP > before / STEP;
            let head = if is_due { (self.read)(&self.kept) } else { Head::More };
            match head {
                Head::More => {}
                Head::Malformed => return Err(Malformed),
                Head::Whole { head, body } => {
                    self.known = Some((head, body.saturating_add(head as u64)));
                }
            }
        };
        let rest = &bytes[used..];
        let left = usize::try_from(length.saturating_sub(self.seen)).unwrap_or(usize::MAX);
        let rest = &rest[..rest.len().min(left)];
        if self.lost == 0 {
            let fits = rest.len().min(self.keep.saturating_sub(self.kept.len()));
            self.kept.extend_from_slice(&rest[..fits]);
        }
        self.seen += rest.len() as u64;
        Ok((used + rest.len(), if rest.len() == left { self.finish() } else { None }))
    }

    /// The next bytes that are of the head for certain.
    fn of_head<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let bytes = &bytes[..bytes.len().min(STEP)];
        let end = match self.head_end {
            Some(last) => memchr::memchr(last, bytes).map_or(bytes.len(), |at| at + 1),
            None => bytes.len().min(1),
        };
        &bytes[..end]
    }

    /// `lost` bytes are missing.
    pub(super) fn lose(&mut self, lost: u64) -> Loss<'_> {
        let Some((_, length)) = self.known.filter(|_| self.seen > 0) else {
            self.seen = 0;
            return Loss::Beyond(None);
        };
        let left = length.saturating_sub(self.seen);
        self.lost += lost.min(left);
        self.seen += lost.min(left);
        match lost.cmp(&left) {
            core::cmp::Ordering::Less => Loss::Within(None),
            core::cmp::Ordering::Equal => Loss::Within(self.finish()),
            core::cmp::Ordering::Greater => Loss::Beyond(self.finish()),
        }
    }

    /// The message whose end never came.
    pub(super) fn part(&mut self) -> Option<Framed<'_>> {
        self.known.filter(|_| self.seen > 0)?;
        self.finish()
    }

    fn finish(&mut self) -> Option<Framed<'_>> {
        let (head, length) = self.known.take()?;
        let is_sent = core::mem::take(&mut self.seen) >= length;
        Some(Framed { bytes: &self.kept, head, length, lost: self.lost, time: self.time, is_sent })
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.kept.capacity()
    }
}

/// One direction of messages that are looked for again where their place is lost.
#[derive(Debug)]
pub(super) struct Half {
    frames: Frames,
    /// Where the next message begins is not known.
    is_lost: bool,
    /// Since then bytes were passed over, or more were lost.
    has_passed: bool,
}

impl Half {
    pub(super) fn new(frames: Frames) -> Self {
        Self { frames, is_lost: false, has_passed: false }
    }

    /// Whether a message is known to begin, or to go on, with the bytes at hand. Where the place is lost,
    /// `begins` says so; if it does not, they are passed over.
    pub(super) fn finds(&mut self, begins: impl FnOnce() -> bool) -> bool {
        if self.is_lost {
            self.is_lost = !begins();
            self.has_passed |= self.is_lost;
        }
        !self.is_lost
    }

    /// Whether bytes were passed over, or lost besides, since the place was lost: they may have answered
    /// what was asked meanwhile. Tells it once.
    pub(super) fn take_passed(&mut self) -> bool {
        core::mem::take(&mut self.has_passed)
    }

    /// [`Frames::next`].
    pub(super) fn next<'a>(
        &'a mut self,
        bytes: &'a [u8],
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed<'a>>), Malformed> {
        self.frames.next(bytes, cx)
    }

    /// `lost` bytes are missing. Answers the message that ends with them, or lacks its end, and whether
    /// the place is lost by that.
    pub(super) fn lose(&mut self, lost: u64) -> (Option<Framed<'_>>, bool) {
        if self.is_lost {
            self.has_passed = true;
            return (None, false);
        }
        match self.frames.lose(lost) {
            Loss::Within(framed) => (framed, false),
            Loss::Beyond(framed) => {
                self.is_lost = true;
                (framed, true)
            }
        }
    }

    /// The message whose end never came.
    pub(super) fn part(&mut self) -> Option<Framed<'_>> {
        self.frames.part()
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.frames.memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::dialogue::Collected;
    use crate::proto::{Place, Settings};

    /// A byte of mark, a byte of length.
    fn read(bytes: &[u8]) -> Head {
        match bytes {
            [b'#', body, ..] => Head::Whole { head: 2, body: u64::from(*body) },
            [b'#'] | [] => Head::More,
            _ => Head::Malformed,
        }
    }

    fn with<T>(act: impl FnOnce(&mut Frames, &mut Context<'_>) -> T) -> T {
        let (settings, mut sink) = (Settings::default(), Collected::default());
        let mut cx =
            Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
        act(&mut Frames::new(read, 5), &mut cx)
    }

    #[test]
    fn a_message_is_the_same_however_it_is_cut() {
        for piece in [1, 2, 3, 100] {
            let told = with(|frames, cx| {
                let mut told = Vec::new();
                for bytes in b"#\x02ab#\x00#\x05abcde".chunks(piece) {
                    let mut at = 0;
                    while at < bytes.len() {
                        let (used, framed) = frames.next(&bytes[at..], cx).expect("it");
                        at += used;
                        told.extend(framed.map(|f| (f.body().to_vec(), f.length, f.is_cut())));
                    }
                }
                told
            });
            let want = [(b"ab".to_vec(), 4, false), (vec![], 2, false), (b"abc".to_vec(), 7, true)];
            assert_eq!(told, want, "in pieces of {piece}");
        }
    }

    /// A long line that came in two pieces is not read again with every byte.
    #[test]
    fn a_line_is_asked_for_once_it_has_an_end() {
        use core::sync::atomic::{AtomicUsize, Ordering};
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        fn line(bytes: &[u8]) -> Head {
            ASKED.fetch_add(1, Ordering::Relaxed);
            let end = memchr::memchr(b'\n', bytes);
            end.map_or(Head::More, |end| Head::Whole { head: end + 1, body: 1 })
        }
        let (settings, mut sink) = (Settings::default(), Collected::default());
        let place = Place::default();
        let cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        let mut frames = Frames::of_lines(line, 9000);
        let text = [&[b'x'; 8000][..], b"\n!"].concat();
        assert!(frames.next(&text[..1], &cx).expect("it").1.is_none());
        let (used, framed) = frames.next(&text[1..], &cx).expect("it");
        assert_eq!((used, framed.expect("whole").bytes), (text.len() - 1, &text[..]));
        assert!(ASKED.load(Ordering::Relaxed) < 20);
        // However many segments a line comes in: but for the first, it waits for its end.
        ASKED.store(0, Ordering::Relaxed);
        let text = [&[b'x'; 300][..], b"\n!"].concat();
        let (last, rest) = text.split_last().expect("bytes");
        for byte in rest {
            assert!(frames.next(&[*byte], &cx).expect("it").1.is_none());
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 2);
        let (_, framed) = frames.next(core::slice::from_ref(last), &cx).expect("it");
        assert_eq!(framed.expect("whole").bytes, &text[..]);
    }

    #[test]
    fn a_loss_within_a_message_is_counted_and_no_more() {
        with(|frames, cx| {
            assert!(frames.next(b"#\x09ab", cx).expect("it").1.is_none());
            assert!(matches!(frames.lose(3), Loss::Within(None)));
            let (used, framed) = frames.next(b"fghi#", cx).expect("it");
            let framed = framed.expect("its end");
            assert_eq!(
                (used, framed.body(), framed.lost, framed.is_cut()),
                (4, &b"ab"[..], 3, true)
            );
        });
        with(|frames, cx| {
            assert!(frames.next(b"#\x03a", cx).expect("it").1.is_none());
            assert!(matches!(frames.lose(2), Loss::Within(Some(Framed { lost: 2, .. }))));
            assert!(matches!(frames.lose(2), Loss::Beyond(None)));
            assert!(frames.next(b"#\x03a", cx).expect("it").1.is_none());
            assert!(matches!(frames.lose(20), Loss::Beyond(Some(Framed { lost: 2, .. }))));
            assert!(frames.next(b"#", cx).expect("it").1.is_none());
            assert!(matches!(frames.lose(1), Loss::Beyond(None)));
            assert!(frames.part().is_none() && frames.next(b"x", cx).is_err());
        });
    }
}
