//! Types of packets, their heads, and whether bytes are packets at all.
//!
//! Source: MQTT 3.1.1 and 5, chapters 2 and 3.

use super::properties::{Fields, Properties};
use crate::proto::Side;
use crate::proto::frames::Head;

pub(super) const CONNECT: u8 = 1;
pub(super) const CONNACK: u8 = 2;
pub(super) const PUBLISH: u8 = 3;
pub(super) const PUBACK: u8 = 4;
pub(super) const PUBREC: u8 = 5;
pub(super) const PUBREL: u8 = 6;
pub(super) const PUBCOMP: u8 = 7;
pub(super) const SUBSCRIBE: u8 = 8;
pub(super) const SUBACK: u8 = 9;
pub(super) const UNSUBSCRIBE: u8 = 10;
pub(super) const UNSUBACK: u8 = 11;
pub(super) const PINGREQ: u8 = 12;
pub(super) const PINGRESP: u8 = 13;
pub(super) const DISCONNECT: u8 = 14;
pub(super) const AUTH: u8 = 15;

/// The version of the protocol, as far as it matters to how packets are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 3.1, 3.1.1, or one of them: packets tell those only where a connection begins.
    Old(Option<&'static str>),
    Five,
}

impl Version {
    /// The value of the `version` column.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Old(name) => name,
            Self::Five => Some("5"),
        }
    }
}

/// The head of a packet: its type with flags, and the length of what follows.
pub(super) fn head(bytes: &[u8]) -> Head {
    let Some((first, rest)) = bytes.split_first() else { return Head::More };
    let (kind, flags) = (first >> 4, first & 0x0f);
    let is_known = match kind {
        PUBLISH => flags & 0b110 != 0b110,
        // 3.1 marks those that are sent again.
        PUBREL | SUBSCRIBE | UNSUBSCRIBE => flags & 0b0111 == 0b10,
        CONNECT.. => flags == 0,
        _ => false,
    };
    if !is_known {
        return Head::Malformed;
    }
    let digits = rest.iter().take(4).take_while(|byte| **byte >= 0x80).count();
    let Some(body) = Fields(rest).varying() else {
        return if digits == 4 { Head::Malformed } else { Head::More };
    };
    let (least, most) = match kind {
        PINGREQ | PINGRESP => (0, 0),
        DISCONNECT | AUTH => (0, u32::MAX),
        CONNECT => (10, u32::MAX),
        _ => (2, u32::MAX),
    };
    if (least..=most).contains(&body) {
        Head::Whole { head: 2 + digits, body: u64::from(body) }
    } else {
        Head::Malformed
    }
}

/// Where a topic is published to: text without wildcards.
pub(super) fn is_topic(text: &[u8]) -> bool {
    is_filter(text) && !text.iter().any(|byte| b"+#".contains(byte))
}

/// What may be subscribed to.
fn is_filter(text: &[u8]) -> bool {
    !text.is_empty()
        && core::str::from_utf8(text).is_ok_and(|text| !text.chars().any(char::is_control))
}

/// The filters of SUBSCRIBE with their options, or of UNSUBSCRIBE without. `None`: this is no list
/// of them.
pub(super) fn filters(mut fields: Fields<'_>, options: bool) -> Option<Vec<(&[u8], Option<u8>)>> {
    let mut filters = Vec::new();
    while !fields.0.is_empty() {
        let filter = fields.text().filter(|text| is_filter(text))?;
        let option = if options { Some(fields.byte().filter(|o| o & 0b11 != 0b11)?) } else { None };
        filters.push((filter, option));
    }
    (!filters.is_empty()).then_some(filters)
}

/// The version that a list of filters is written in: none before 5 begins with the properties' length.
pub(super) fn filters_version(body: &[u8], options: bool) -> Option<Version> {
    let fields = Fields(body.get(2..)?);
    let is_old = |(_, option): &(&[u8], Option<u8>)| option.is_none_or(|option| option < 3);
    if filters(fields, options).is_some_and(|filters| filters.iter().all(is_old)) {
        return Some(Version::Old(None));
    }
    let mut fields = fields;
    Properties::read(&mut fields)?;
    filters(fields, options).map(|_| Version::Five)
}

/// What bytes are that may be packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// No packets, or not only.
    No,
    /// The last one is not whole.
    Part,
    /// Whole packets. `telling`: one of them is such as no other protocol has.
    Whole { telling: bool },
}

/// Whether bytes that `side` sent are nothing but packets, by all that can be checked.
pub(super) fn looks(side: Side, mut bytes: &[u8]) -> Looks {
    let mut telling = false;
    while !bytes.is_empty() {
        let is_connack = side == Side::Server && bytes[0] == CONNACK << 4;
        let Head::Whole { head, body } = head(bytes) else {
            let may_be = head(bytes) == Head::More && (telling || is_connack);
            return if may_be { Looks::Part } else { Looks::No };
        };
        let kind = bytes[0] >> 4;
        let rest = &bytes[head..];
        let length = usize::try_from(body).unwrap_or(usize::MAX);
        let Some((body, rest)) = rest.split_at_checked(length) else {
            let may_be = kind == PUBLISH && Fields(rest).text().is_some_and(is_topic)
                || is_connack && rest.first().is_none_or(|flags| *flags < 2);
            return if may_be { Looks::Part } else { Looks::No };
        };
        let Some(is_telling) = checked(side, kind, bytes[0], body) else { return Looks::No };
        telling |= is_telling;
        bytes = rest;
    }
    Looks::Whole { telling }
}

/// Whether this may be a packet of the side, and no other protocol's message.
fn checked(side: Side, kind: u8, first: u8, body: &[u8]) -> Option<bool> {
    let mut fields = Fields(body);
    let mut has_id = || fields.short().is_some_and(|id| id != 0);
    let is_of = |sender: Side| side == sender;
    let fits = match kind {
        CONNECT => is_of(Side::Client) && begins(body),
        CONNACK => is_of(Side::Server) && is_connack(body),
        PUBLISH => return is_publish(first, body),
        PUBACK | PUBREC | PUBREL | PUBCOMP => {
            has_id() && (body.len() == 2 || is_acknowledged(body))
        }
        SUBSCRIBE => {
            let fits = is_of(Side::Client) && has_id() && filters_version(body, true).is_some();
            return fits.then_some(true);
        }
        UNSUBSCRIBE => is_of(Side::Client) && has_id() && filters_version(body, false).is_some(),
        SUBACK | UNSUBACK => is_of(Side::Server) && has_id(),
        PINGREQ => is_of(Side::Client),
        PINGRESP => is_of(Side::Server),
        DISCONNECT => body.is_empty() || is_reasoned(body),
        _ => is_reasoned(body),
    };
    fits.then_some(matches!(kind, CONNECT | CONNACK))
}

/// Whether the content of CONNECT begins with a name and version of the protocol.
pub(super) fn begins(body: &[u8]) -> bool {
    // Brokers that bridge set the highest bit of the version.
    matches!(body, [0, 4, b'M', b'Q', b'T', b'T', level, ..] if matches!(level & 0x7f, 4 | 5))
        || matches!(body, [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', level, ..] if level & 0x7f == 3)
}

fn is_connack(body: &[u8]) -> bool {
    match body {
        [0 | 1, code] => *code <= 5,
        [0 | 1, code, properties @ ..] => {
            let mut fields = Fields(properties);
            (*code == 0 || *code >= 0x80)
                && Properties::read(&mut fields).is_some()
                && fields.0.is_empty()
        }
        _ => false,
    }
}

/// `None`: no PUBLISH. Whether it names its topic; one that has an alias instead does not tell.
fn is_publish(first: u8, body: &[u8]) -> Option<bool> {
    let mut fields = Fields(body);
    let (qos, is_again) = ((first >> 1) & 0b11, first & 0b1000 != 0);
    let topic = fields.text().filter(|topic| topic.is_empty() || is_topic(topic))?;
    match qos {
        0 if is_again => return None,
        0 => {}
        _ => fields.short().filter(|id| *id != 0).map(drop)?,
    }
    if topic.is_empty() {
        Properties::read(&mut fields)?.topic_alias?;
    }
    Some(!topic.is_empty())
}

/// A code and properties behind an identifier.
fn is_acknowledged(body: &[u8]) -> bool {
    body.get(2..).is_some_and(is_reasoned)
}

/// A code and properties.
fn is_reasoned(body: &[u8]) -> bool {
    let Some((code, rest)) = body.split_first() else { return false };
    let mut fields = Fields(rest);
    super::reason::name(*code, false).is_some()
        && (rest.is_empty() || Properties::read(&mut fields).is_some() && fields.0.is_empty())
}
