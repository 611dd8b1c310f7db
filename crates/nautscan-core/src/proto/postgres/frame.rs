//! Messages of one direction, as bytes come: a type, a length, and a body of which the beginning is
//! kept where it is read.
//!
//! Source: the manual's chapter "Message Formats".

use crate::limits::{POSTGRES_KEPT, POSTGRES_MESSAGE};
use crate::proto::{Context, Place};

/// Bytes of a type and a length; of what begins a connection, a length alone.
const HEADER: usize = 5;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins a connection, and has no type.
    Start,
    /// The answer to a request for encryption, which is this byte alone.
    Encryption(u8),
    /// It has this type.
    Typed(u8),
}

/// A message that is whole.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) kind: Kind,
    /// The beginning of its body.
    pub(super) body: Vec<u8>,
    /// Not all of the body is there.
    pub(super) is_cut: bool,
    /// Bytes on the wire.
    pub(super) bytes: u64,
    /// Bytes of them that were lost.
    pub(super) lost: u64,
    /// The last byte is among those.
    pub(super) is_end_lost: bool,
    /// When its first byte was captured, and where it stands.
    pub(super) time: i64,
    pub(super) place: Place,
}

/// Bytes that are not of this protocol.
#[derive(Debug)]
pub(super) struct Malformed;

/// Who sends: what types there are, and of which the body is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types {
    pub(super) known: &'static [u8],
    pub(super) read: &'static [u8],
}

/// What a client sends. Of rows that are copied and of passwords nothing is kept.
pub(super) const CLIENT: Types = Types { known: b"BCDEFHPQSXcdfp", read: b"BCDEFPQ" };
/// What a server sends. Of rows nothing is kept.
pub(super) const SERVER: Types = Types { known: b"123ACDEGHIKNRSTVWZcdnstv", read: b"ACENRSZ" };

/// One direction.
#[derive(Debug)]
pub(super) struct Frames {
    types: Types,
    header: Vec<u8>,
    /// The message that has come so far, and how much of it is still to come.
    current: Option<(Framed, u64)>,
    begun: (i64, Place),
    /// What comes next is of this form.
    pub(super) next: Form,
}

/// How the next message begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Start,
    Encryption,
    Typed,
}

impl Frames {
    pub(super) fn new(types: Types, next: Form) -> Self {
        Self { types, header: Vec::new(), current: None, begun: Default::default(), next }
    }

    /// Whether a message has begun.
    pub(super) fn is_within(&self) -> bool {
        self.current.is_some() || !self.header.is_empty()
    }

    /// Takes what there is of the next message; answers how many bytes that were, and the message if
    /// it is whole.
    pub(super) fn next(
        &mut self,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed>), Malformed> {
        let Some((mut framed, left)) = self.current.take() else {
            return self.begin(bytes, place, cx);
        };
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        if self.is_read(framed.kind) && framed.lost == 0 {
            let fits = used.min(POSTGRES_KEPT.saturating_sub(framed.body.len()));
            framed.body.extend_from_slice(&bytes[..fits]);
            framed.is_cut |= fits < used;
        }
        framed.bytes += used as u64;
        Ok((used, self.after(framed, left - used as u64)))
    }

    /// The message, if nothing of it is still to come.
    fn after(&mut self, framed: Framed, left: u64) -> Option<Framed> {
        if left == 0 {
            return Some(framed);
        }
        self.current = Some((framed, left));
        None
    }

    fn is_read(&self, kind: Kind) -> bool {
        match kind {
            Kind::Start => true,
            Kind::Encryption(_) => false,
            Kind::Typed(kind) => self.types.read.contains(&kind),
        }
    }

    fn begin(
        &mut self,
        bytes: &[u8],
        place: Place,
        cx: &Context<'_>,
    ) -> Result<(usize, Option<Framed>), Malformed> {
        if self.header.is_empty() {
            self.begun = (cx.time, place);
        }
        if self.next == Form::Encryption {
            // An old server may answer with an error instead.
            self.next = Form::Typed;
            if bytes[0] != b'E' {
                return Ok((1, Some(self.framed(Kind::Encryption(bytes[0]), 1))));
            }
        }
        let wants = if self.next == Form::Start { HEADER - 1 } else { HEADER };
        let used = bytes.len().min(wants - self.header.len());
        self.header.extend_from_slice(&bytes[..used]);
        if self.header.len() < wants {
            return Ok((used, None));
        }
        let (kind, length) = match self.header.as_slice() {
            [kind, length @ ..] if wants == HEADER => (Kind::Typed(*kind), length),
            length => (Kind::Start, length),
        };
        let length = length.try_into().map_or(0, u32::from_be_bytes);
        let is_known = match kind {
            Kind::Typed(kind) => self.types.known.contains(&kind),
            _ => true,
        };
        let body = length.checked_sub(4).filter(|body| *body <= POSTGRES_MESSAGE && is_known);
        let body = u64::from(body.ok_or(Malformed)?);
        self.header.clear();
        self.next = Form::Typed;
        let framed = self.framed(kind, wants as u64);
        Ok((used, self.after(framed, body)))
    }

    fn framed(&self, kind: Kind, bytes: u64) -> Framed {
        let (time, place) = self.begun;
        Framed {
            kind,
            body: Vec::new(),
            is_cut: false,
            bytes,
            lost: 0,
            is_end_lost: false,
            time,
            place,
        }
    }

    /// `lost` bytes are missing. Answers whether it is known where the next message begins, and the
    /// message that ends with them.
    pub(super) fn lose(&mut self, lost: u64) -> Option<Option<Framed>> {
        let (framed, left) = self.current.as_mut().filter(|(_, left)| lost <= *left)?;
        framed.bytes += lost;
        framed.lost += lost;
        framed.is_cut = true;
        *left -= lost;
        if *left > 0 {
            return Some(None);
        }
        framed.is_end_lost = true;
        Some(self.current.take().map(|(framed, _)| framed))
    }

    /// What comes begins a message.
    pub(super) fn reset(&mut self) {
        self.header.clear();
        self.current = None;
        self.next = Form::Typed;
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let body = self.current.as_ref().map_or(0, |(framed, _)| framed.body.capacity());
        self.header.capacity() + body
    }
}
