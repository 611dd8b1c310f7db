//! Is it FastCGI?
//!
//! A connection is known by what a web server says first: the record that begins a request, every byte
//! of which has few values, or a question for values that has a name of the specification's own. What
//! applications say, and what is in progress, does not say enough.

use core::ops::RangeInclusive;

use super::record::kind;
use crate::proto::{Probe, Side};

/// What each byte of the record that begins a request may be: version, type, number, length, padding,
/// reserved; role, flags, reserved.
const BEGIN: [RangeInclusive<u8>; 16] = [
    1..=1,
    kind::BEGIN..=kind::BEGIN,
    0..=255,
    0..=255,
    0..=0,
    8..=8,
    0..=255,
    0..=0,
    0..=0,
    1..=3,
    0..=1,
    0..=0,
    0..=0,
    0..=0,
    0..=0,
    0..=0,
];

/// The same of a question for values, up to the first letters of a name: the length of its content, of
/// the name (two lengths of one byte, the second of a value that is empty), and `FCGI_`.
const VALUES: [RangeInclusive<u8>; 15] = [
    1..=1,
    kind::GET_VALUES..=kind::GET_VALUES,
    0..=0,
    0..=0,
    0..=3,
    0..=255,
    0..=255,
    0..=0,
    6..=127,
    0..=0,
    b'F'..=b'F',
    b'C'..=b'C',
    b'G'..=b'G',
    b'I'..=b'I',
    b'_'..=b'_',
];

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    if side == Side::Server {
        return Probe::No;
    }
    // No request has number 0.
    let begin = if bytes.get(2..4) == Some(&[0, 0]) { Probe::No } else { fits(bytes, &BEGIN) };
    match begin {
        Probe::No => fits(bytes, &VALUES),
        other => other,
    }
}

fn fits(bytes: &[u8], wanted: &[RangeInclusive<u8>]) -> Probe {
    match bytes.iter().zip(wanted).all(|(byte, allowed)| allowed.contains(byte)) {
        false => Probe::No,
        true if bytes.len() < wanted.len() => Probe::NeedMore,
        true => Probe::Yes,
    }
}
