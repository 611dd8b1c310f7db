//! The handshake (RFC 6455 section 4): what was offered, what was agreed upon.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::oddity::{ACCEPT, NOT_OFFERED};
use crate::event::Exchange;
use crate::limits::WEBSOCKET_TEXT;

/// What the server's proof is made of besides the key (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The fields of a head that are of the handshake.
#[derive(Debug, Clone, Default)]
pub(in crate::proto) struct Fields {
    key: Vec<u8>,
    accept: Vec<u8>,
    version: Vec<u8>,
    subprotocols: Vec<u8>,
    extensions: Vec<u8>,
}

impl Fields {
    /// Takes in a field, if it is one of them.
    pub(in crate::proto) fn field(&mut self, name: &[u8], value: &[u8]) {
        let Some((prefix, rest)) = name.split_at_checked(14) else { return };
        if !prefix.eq_ignore_ascii_case(b"sec-websocket-") {
            return;
        }
        let slot = match &rest.to_ascii_lowercase()[..] {
            b"key" => &mut self.key,
            b"accept" => &mut self.accept,
            b"version" => &mut self.version,
            b"protocol" => &mut self.subprotocols,
            b"extensions" => &mut self.extensions,
            _ => return,
        };
        // A list may be spread over several fields.
        if !slot.is_empty() {
            slot.push(b',');
        }
        slot.extend_from_slice(value);
    }

    /// The server has stated the proof that makes it a WebSocket of RFC 6455.
    pub(in crate::proto) fn has_accept(&self) -> bool {
        !self.accept.is_empty()
    }

    /// Whether `answer` is to this request: its proof is of this key.
    pub(in crate::proto) fn is_answered_by(&self, answer: &Self) -> bool {
        let mut hash = Sha1::new();
        hash.update(&self.key);
        hash.update(GUID);
        STANDARD.encode(hash.finalize()).as_bytes() == answer.accept
    }

    /// Heap bytes held.
    pub(in crate::proto) fn memory(&self) -> usize {
        let all = [&self.key, &self.accept, &self.version, &self.subprotocols, &self.extensions];
        size_of::<Self>() + all.into_iter().map(Vec::capacity).sum::<usize>()
    }
}

/// Puts into `exchange` what the server has answered to what the client asked for, if that was seen.
pub(in crate::proto) fn tell(exchange: &mut Exchange, asked: Option<&Fields>, answer: &Fields) {
    if asked.is_some_and(|asked| !asked.is_answered_by(answer)) {
        exchange.note(ACCEPT);
    }
    tell_agreed(exchange, asked, answer);
}

/// The same without the proof, which HTTP/2 does not ask for (RFC 8441 section 5).
pub(in crate::proto) fn tell_agreed(
    exchange: &mut Exchange,
    asked: Option<&Fields>,
    answer: &Fields,
) {
    exchange.protocol = super::NAME;
    if let Some(version) = exchange.version.take() {
        exchange.detail.push(("upgraded_from", version.to_owned()));
    }
    for (name, text) in [("subprotocol", &answer.subprotocols), ("extensions", &answer.extensions)]
    {
        if !text.is_empty() {
            let text = &text[..text.len().min(WEBSOCKET_TEXT)];
            exchange.detail.push((name, String::from_utf8_lossy(text).into_owned()));
        }
    }
    let Some(asked) = asked else { return };
    exchange.version = (asked.version == b"13").then_some("13");
    let offers = |offered: &[u8], name: &[u8]| {
        items(offered, b',').any(|item| items(item, b';').next().is_some_and(|first| first == name))
    };
    let is_offered = items(&answer.subprotocols, b',')
        .all(|name| offers(&asked.subprotocols, name))
        && items(&answer.extensions, b',')
            .filter_map(|item| items(item, b';').next())
            .all(|name| offers(&asked.extensions, name));
    if !is_offered {
        exchange.note(NOT_OFFERED);
    }
}

/// The items of a list, without blanks around them and without empty ones.
fn items(list: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    list.split(move |&byte| byte == separator).map(<[u8]>::trim_ascii).filter(|i| !i.is_empty())
}

/// What the extensions mean for frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Agreed {
    /// permessage-deflate (RFC 7692): whether the window goes on from message to message, for what
    /// the client and what the server sends.
    pub(super) deflate: Option<[bool; 2]>,
    /// An extension that is not known may use reserved bits and change payloads.
    pub(super) has_others: bool,
}

impl Agreed {
    /// By the server's Sec-WebSocket-Extensions.
    pub(super) fn of(extensions: &[u8]) -> Self {
        let mut agreed = Self::default();
        for item in items(extensions, b',') {
            let mut parts = items(item, b';');
            if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"permessage-deflate")) {
                agreed.has_others = true;
                continue;
            }
            let mut keeps = [true; 2];
            for part in parts {
                keeps[0] &= !part.eq_ignore_ascii_case(b"client_no_context_takeover");
                keeps[1] &= !part.eq_ignore_ascii_case(b"server_no_context_takeover");
            }
            agreed.deflate = Some(keeps);
        }
        agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(all: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        all.iter().for_each(|(name, value)| fields.field(name.as_bytes(), value.as_bytes()));
        fields
    }

    #[test]
    fn the_example_of_rfc_6455() {
        let asked = fields(&[
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", "chat, superchat"),
            ("Sec-WebSocket-Version", "13"),
        ]);
        let answer = fields(&[
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("Sec-WebSocket-Protocol", "chat"),
        ]);
        let mut row = Exchange { version: Some("1.1"), ..Exchange::default() };
        tell(&mut row, Some(&asked), &answer);
        assert_eq!((row.protocol, row.version, row.oddities.len()), ("websocket", Some("13"), 0));
        assert_eq!(row.detail[1], ("subprotocol", "chat".to_owned()));
        let other = fields(&[("Sec-WebSocket-Accept", "s3p"), ("Sec-WebSocket-Extensions", "x")]);
        tell(&mut row, Some(&asked), &other);
        assert_eq!(row.oddities, [ACCEPT, NOT_OFFERED]);
    }

    #[test]
    fn what_extensions_mean() {
        let agreed = |text: &str| Agreed::of(text.as_bytes());
        assert_eq!(agreed(""), Agreed::default());
        assert_eq!(
            agreed("permessage-deflate; client_max_window_bits=10").deflate,
            Some([true; 2])
        );
        let one = agreed("Permessage-Deflate ;server_no_context_takeover");
        assert_eq!((one.deflate, one.has_others), (Some([true, false]), false));
        assert!(agreed("x-webkit-deflate-frame").has_others);
    }
}
