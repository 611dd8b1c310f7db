//! What a client's message asks for.

use super::frame::{Framed, Kind};

/// What the body of a start message says first.
pub(super) mod code {
    /// Version 3.0 and the later ones that begin with 3.
    pub(crate) const VERSION: u16 = 3;
    pub(crate) const CANCEL: u32 = 80_877_102;
    pub(crate) const ENCRYPTION: u32 = 80_877_103;
    pub(crate) const GSS_ENCRYPTION: u32 = 80_877_104;
}

/// A message of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    Start {
        parameters: Vec<(&'a [u8], &'a [u8])>,
    },
    Encryption {
        gss: bool,
    },
    Cancel,
    /// A body that cannot be read.
    Unreadable,
    Query(&'a [u8]),
    Parse {
        name: &'a [u8],
        text: &'a [u8],
    },
    Bind {
        portal: &'a [u8],
        statement: &'a [u8],
    },
    /// `true`: of a statement, not of a portal.
    Describe(bool),
    Execute {
        portal: &'a [u8],
    },
    Close {
        is_statement: bool,
        name: &'a [u8],
    },
    Function,
    Sync,
    Flush,
    Password,
    CopyData,
    CopyEnd,
    Terminate,
}

/// Reads a message.
pub(super) fn read(framed: &Framed) -> Asked<'_> {
    let body = framed.body.as_slice();
    let Kind::Typed(kind) = framed.kind else { return start(body) };
    let text = |body| cut_text(body, framed.is_cut);
    let read = match kind {
        b'Q' => text(body).map(|(text, _)| Asked::Query(text)),
        b'P' => string(body)
            .and_then(|(name, rest)| text(rest).map(|(text, _)| Asked::Parse { name, text })),
        b'B' => string(body).and_then(|(portal, rest)| {
            string(rest).map(|(statement, _)| Asked::Bind { portal, statement })
        }),
        b'D' => body.first().map(|what| Asked::Describe(*what == b'S')),
        b'E' => string(body).map(|(portal, _)| Asked::Execute { portal }),
        b'C' => body.split_first().and_then(|(what, rest)| {
            string(rest).map(|(name, _)| Asked::Close { is_statement: *what == b'S', name })
        }),
        b'F' => Some(Asked::Function),
        b'S' => Some(Asked::Sync),
        b'H' => Some(Asked::Flush),
        b'p' => Some(Asked::Password),
        b'd' => Some(Asked::CopyData),
        b'c' | b'f' => Some(Asked::CopyEnd),
        b'X' => Some(Asked::Terminate),
        _ => None,
    };
    read.unwrap_or(Asked::Unreadable)
}

fn start(body: &[u8]) -> Asked<'_> {
    let Some((code, rest)) = body.split_first_chunk::<4>() else { return Asked::Unreadable };
    match u32::from_be_bytes(*code) {
        code::CANCEL => Asked::Cancel,
        code::ENCRYPTION => Asked::Encryption { gss: false },
        code::GSS_ENCRYPTION => Asked::Encryption { gss: true },
        version if version >> 16 == u32::from(code::VERSION) => {
            let mut words = rest.split(|b| *b == 0);
            let mut parameters = Vec::new();
            while let (Some(name), Some(value)) = (words.next(), words.next()) {
                if name.is_empty() {
                    break;
                }
                parameters.push((name, value));
            }
            Asked::Start { parameters }
        }
        _ => Asked::Unreadable,
    }
}

/// A text and what follows its zero.
fn string(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, body)?;
    Some((&body[..end], &body[end + 1..]))
}

/// The same of one whose end may not have been kept.
fn cut_text(body: &[u8], is_cut: bool) -> Option<(&[u8], &[u8])> {
    string(body).or(is_cut.then_some((body, &[])))
}
