//! Is it Kafka?

use super::api::Api;
use super::facts::{Facts, Ids};
use super::half::{Asked, Head, asked};
use super::read::{Reader, Told};
use crate::proto::{Probe, Side};

/// Bytes of a request that are enough to be sure, if all of them fit.
const SURE: usize = 512;

/// Bytes behind the last field: old clients send four with ApiVersions, which brokers pass over.
const BEHIND: u64 = 4;

/// The registry's probe. Only requests say what they are: an answer begins with no more than a length
/// and a number.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    if side == Side::Server || !may_begin(bytes) {
        return Probe::No;
    }
    match asked(bytes) {
        Head::Malformed => Probe::No,
        Head::Wants(_) => Probe::NeedMore,
        Head::Whole(head) => coherent(&head, bytes),
    }
}

/// Whether the first bytes can be a length, a kind and a version that are known, and a client's name.
fn may_begin(bytes: &[u8]) -> bool {
    let at = |at: usize| bytes.get(at).copied();
    let key = match (at(4), at(5)) {
        (Some(high), Some(low)) => Some(i16::from_be_bytes([high, low])),
        (high, _) => return high.is_none_or(|high| high == 0),
    };
    let Some(api) = key.and_then(Api::of) else { return false };
    let version = match (at(6), at(7)) {
        (Some(high), Some(low)) => i16::from_be_bytes([high, low]),
        (high, _) => return high.is_none_or(|high| high == 0),
    };
    if !(0..=api.last).contains(&version) {
        return false;
    }
    let name = bytes.get(14..).filter(|_| api.names_client(version)).unwrap_or_default();
    let size = at(12).zip(at(13)).map_or(0, |(high, low)| i16::from_be_bytes([high, low]));
    let size = usize::try_from(size).unwrap_or(0).min(name.len());
    reads_as_text(&name[..size])
}

/// Whether what is there of a request is as its version has it.
fn coherent(head: &Asked, bytes: &[u8]) -> Probe {
    let Some(api) = Api::of(head.key) else { return Probe::No };
    let is_named = head.client.as_ref().is_some_and(|client| !client.is_empty());
    let body = bytes.get(head.head..).unwrap_or_default();
    let left = head.length - head.head as u64;
    let is_there = body.len() as u64 >= left;
    let body = &body[..body.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
    let Some(layout) = api.layout(head.version) else {
        return if is_named { Probe::Yes } else { Probe::No };
    };
    let is_flexible = api.is_flexible(head.version);
    let mut reader = Reader::new(layout.request, head.version, is_flexible, is_flexible, left);
    let (mut facts, ids, mut texts, mut is_text) = (Facts::default(), Ids::default(), 0, true);
    let outcome = reader.read(body, &mut |told| {
        if let Told::Text(_, Some(text)) = told {
            texts += usize::from(!text.is_empty());
            is_text &= reads_as_text(text);
        }
        facts.take(told, true, &ids);
    });
    if reader.behind() > if is_named { BEHIND } else { 0 } {
        return Probe::No;
    }
    if outcome.is_err() || !is_text || is_there && !reader.is_whole() {
        return Probe::No;
    }
    // Zeros can be a request for nothing: something is to be named.
    let has_name = is_named || texts > 0 || head.client.is_none() && head.key != 0;
    match (is_there, has_name) {
        (true, true) => Probe::Yes,
        (true, false) => Probe::No,
        (false, _) if is_named && (texts > 0 || bytes.len() >= SURE) => Probe::Yes,
        (false, _) if texts > 0 && bytes.len() >= SURE => Probe::Yes,
        (false, _) => Probe::NeedMore,
    }
}

/// Whether bytes are text without control characters; the last character may be cut.
fn reads_as_text(bytes: &[u8]) -> bool {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(char::is_control)
}
