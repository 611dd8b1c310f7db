//! Is it Redis?
//!
//! A command is an array whose first text is the name of one; one that is typed as a line of words is
//! waited with until the answer tells. Answers are told from those of other protocols where they
//! have a length, or a word that only Redis has: `+OK` says nothing.

use super::command::{self, NAME};
use super::pair::is_confirmation;
use super::resp::number;
use crate::proto::{Probe, Side};

/// Bytes of a typed line without its end.
const TYPED: usize = 256;
/// Simple answers that only Redis gives.
const TELLING: &[&str] =
    &["+PONG\r\n", "+QUEUED\r\n", "-NOAUTH ", "-WRONGTYPE ", "-MOVED ", "-NOPERM "];

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    match side {
        Side::Client if bytes.first().is_some_and(u8::is_ascii_alphabetic) => may_be_typed(bytes),
        Side::Client => begins_command(bytes),
        Side::Server => begins_answer(bytes),
    }
}

/// Could this be a command as a person types it? Others have such lines too.
fn may_be_typed(bytes: &[u8]) -> Probe {
    let line = bytes.iter().take_while(|b| !matches!(b, b'\r' | b'\n'));
    let is_text = line.clone().all(|b| (b' '..0x7f).contains(b));
    let has_end = line.count() < bytes.len();
    let word = bytes.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'_').count();
    let is_name = command::is_name(&bytes[..word]);
    let is_part = word == bytes.len() && word < NAME;
    if is_text && (is_part || is_name && (has_end || bytes.len() < TYPED)) {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

/// Do these bytes begin a command: an array whose first element is the name of one?
pub(super) fn begins_command(bytes: &[u8]) -> Probe {
    match first_text(bytes) {
        Ok((word, true)) if command::is_name(word) => Probe::Yes,
        Ok((_, true)) => Probe::No,
        Ok((part, false)) if part.iter().all(|b| b.is_ascii_alphabetic() || b"._-".contains(b)) => {
            Probe::NeedMore
        }
        Ok(_) => Probe::No,
        Err(probe) => probe,
    }
}

/// The first element of an array, if it is a text that could be a name, and whether it is whole.
fn first_text(bytes: &[u8]) -> Result<(&[u8], bool), Probe> {
    let (_, rest) = after_count(bytes, b"*")?;
    let (length, rest) = after_count(rest, b"$")?;
    let length = number(length).and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| (1..=NAME).contains(length)).ok_or(Probe::No)?;
    Ok((&rest[..rest.len().min(length)], rest.len() >= length))
}

/// Do these bytes begin an answer that no other protocol's would? Short ones do not tell, and an
/// array that begins with a command's name is a command: the other end of a replica's connection
/// sends such.
fn begins_answer(bytes: &[u8]) -> Probe {
    if bytes.starts_with(b"$-1\r\n") {
        return Probe::Yes;
    }
    if b"$-1\r\n".starts_with(bytes) {
        return Probe::NeedMore;
    }
    if matches!(bytes, [b'+' | b'-', ..]) {
        let begins = |text: &&str| text.as_bytes().starts_with(bytes);
        return if TELLING.iter().any(|text| bytes.starts_with(text.as_bytes())) {
            Probe::Yes
        } else if TELLING.iter().any(begins) {
            Probe::NeedMore
        } else {
            Probe::No
        };
    }
    match after_count(bytes, b"$*%~>") {
        Ok((_, [])) => Probe::NeedMore,
        Ok(_) if bytes[0] == b'$' => Probe::Yes,
        Ok((_, [b'$', ..])) if bytes[0] == b'*' => match first_text(bytes) {
            Ok((word, true)) if command::is_name(word) && !is_confirmation(word) => Probe::No,
            Ok((_, true)) | Err(Probe::No) => Probe::Yes,
            Ok((_, false)) | Err(_) => Probe::NeedMore,
        },
        Ok((_, [b'$' | b'*' | b':' | b'+' | b'-' | b'_' | b'#' | b',' | b'%' | b'~', ..])) => {
            Probe::Yes
        }
        Ok(_) => Probe::No,
        Err(probe) => probe,
    }
}

/// The number behind one of `marks`, and what follows its line.
fn after_count<'a>(bytes: &'a [u8], marks: &[u8]) -> Result<(&'a [u8], &'a [u8]), Probe> {
    const DIGITS: usize = 10;
    let Some((mark, rest)) = bytes.split_first() else { return Err(Probe::NeedMore) };
    if !marks.contains(mark) {
        return Err(Probe::No);
    }
    let digits = rest.iter().take(DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
    if digits > DIGITS {
        return Err(Probe::No);
    }
    match (digits, &rest[digits..]) {
        (_, []) | (1.., [b'\r']) => Err(Probe::NeedMore),
        (1.., [b'\r', b'\n', behind @ ..]) => Ok((&rest[..digits], behind)),
        _ => Err(Probe::No),
    }
}
