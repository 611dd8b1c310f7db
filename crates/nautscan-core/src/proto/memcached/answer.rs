//! One line of a server.

use super::command::{Wants, number};

/// What a line means for the answer that it is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A value of so many bytes follows, and then more.
    Value(u64),
    /// A value of so many bytes follows, and ends the answer.
    LastValue(u64),
    /// More lines follow.
    More,
    /// The answer is whole.
    Last,
}

/// What a line says to a command that wants its answer so. `None`: it is no answer to that.
pub(super) fn read(line: &[u8], wants: Wants) -> Option<Line> {
    let mut words = line.split(|b| *b == b' ');
    let code = words.next().unwrap_or_default();
    if error(line).is_some() {
        return Some(Line::Last);
    }
    match (wants, code) {
        (Wants::Values, b"VALUE") => words.nth(2).and_then(number).map(Line::Value),
        (Wants::Values, b"END") => Some(Line::Last),
        (Wants::Values, _) => None,
        // With EN ends what `lru_crawler mgdump` tells.
        (Wants::End, b"END" | b"EN" | b"RESET" | b"OK" | b"BUSY" | b"BADCLASS") => Some(Line::Last),
        (Wants::End, _) => Some(Line::More),
        (Wants::Meta, b"VA") => words.next().and_then(number).map(Line::LastValue),
        (Wants::Meta, b"HD" | b"EN" | b"NF" | b"NS" | b"EX" | b"MN" | b"ME") => Some(Line::Last),
        (Wants::Meta, _) => None,
        _ if is_line(code) => Some(Line::Last),
        _ => None,
    }
}

/// The error that a line tells of.
pub(super) fn error(line: &[u8]) -> Option<&'static str> {
    match line.split(|b| *b == b' ').next().unwrap_or_default() {
        // With a colon to `shutdown`, where that is not allowed.
        b"ERROR" | b"ERROR:" => Some("ERROR"),
        b"CLIENT_ERROR" => Some("CLIENT_ERROR"),
        b"SERVER_ERROR" => Some("SERVER_ERROR"),
        _ => None,
    }
}

/// Whether an answer of one line may begin so: with a word in capitals, or a number.
fn is_line(code: &[u8]) -> bool {
    let is_word = !code.is_empty() && code.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    is_word || number(code).is_some()
}

/// Whether a line is surely Memcached's.
pub(super) fn is_surely(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ');
    match words.next().unwrap_or_default() {
        b"VALUE" => {
            words.nth(1).and_then(number).is_some() && words.next().and_then(number).is_some()
        }
        b"STAT" => words.next().is_some_and(|name| !name.is_empty()) && words.next().is_some(),
        b"VERSION" => words.next().is_some_and(|text| text.first().is_some_and(u8::is_ascii_digit)),
        b"STORED" | b"NOT_STORED" | b"CLIENT_ERROR" | b"SERVER_ERROR" => true,
        _ => false,
    }
}
