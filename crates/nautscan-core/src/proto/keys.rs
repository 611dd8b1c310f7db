//! The grouping form of the keys of a store: what tells keys of one kind from those of another
//! stays, what tells one key from the next of its kind becomes `*`.
//!
//! A key may hold what is secret (a session, a token, an address), so only what looks like a word
//! stays: letters, of a length and with capitals as names have them. `session:9f8c2e` and
//! `session:kjHgTrEwQaYx` are both `session:*`, and `page_17` is `page_*`.

use core::ops::Range;

/// Letters of a word at most; longer ones are random or encoded.
const LETTERS: usize = 14;
/// Words in one segment at most: `shoppingCart`, `rate-limit-window`.
const WORDS: usize = 4;
/// Letters at least before a number that belongs to a word: fewer may be a part of a coded number.
const NUMBERED: usize = 3;
/// Segments at most; what is behind them becomes one `*`.
const SEGMENTS: usize = 8;

/// The grouping form of a key.
pub(super) fn pattern(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().min(64));
    for (at, segment) in segments(key).enumerate() {
        if at == SEGMENTS {
            out.push(b'*');
            break;
        }
        let (text, end) = (&key[segment.clone()], key.get(segment.end));
        push_segment(&mut out, text);
        out.extend(end);
    }
    out
}

/// The grouping form of a topic or subject, whose segments stand between `separator`s: as for keys, and
/// wildcards stay, as do a `$` before a word and a version (`v2`).
pub(super) fn topic(topic: &[u8], separator: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(topic.len().min(64));
    for (at, segment) in topic.split(|byte| *byte == separator).enumerate() {
        if at > 0 {
            out.push(separator);
        }
        match segment {
            _ if at == SEGMENTS => {
                out.push(b'*');
                break;
            }
            b"+" | b"#" | b"*" | b">" => out.extend_from_slice(segment),
            [b'v', number @ ..]
                if matches!(number.len(), 1 | 2) && number.iter().all(u8::is_ascii_digit) =>
            {
                out.extend_from_slice(segment);
            }
            [b'$', word @ ..] => {
                out.push(b'$');
                push_segment(&mut out, word);
            }
            _ => push_segment(&mut out, segment),
        }
    }
    out
}

/// Where the segments between `:`, `/`, `|`, `#` and, outside of mail addresses, `.` are.
fn segments(key: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let is_end = |byte: &u8| matches!(byte, b':' | b'/' | b'|' | b'#');
    let has_address = key.contains(&b'@');
    let mut from = 0;
    let mut is_over = false;
    core::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let rest = &key[from..];
        let len = rest.iter().position(|byte| is_end(byte) || (*byte == b'.' && !has_address));
        is_over = len.is_none();
        let segment = from..from + len.unwrap_or(rest.len());
        from = segment.end + 1;
        Some(segment)
    })
}

/// The grouping form of a segment: words stay, a number among or behind them becomes `*`; of anything
/// else nothing stays.
fn push_segment(out: &mut Vec<u8>, segment: &[u8]) {
    let from = out.len();
    let is_joint = |byte: u8| matches!(byte, b'_' | b'-' | b'{' | b'}' | b'*');
    let (mut words, mut numbers) = (0, 0);
    for part in segment.chunk_by(|one, next| is_joint(*one) == is_joint(*next)) {
        if part.first().is_some_and(|byte| is_joint(*byte)) {
            out.extend_from_slice(part);
            continue;
        }
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, number) = part.split_at(letters);
        let is_numbered = !number.is_empty();
        numbers += usize::from(is_numbered);
        words += humps(word).unwrap_or(WORDS + 1);
        let is_known = number.iter().all(u8::is_ascii_digit)
            && !(is_numbered && (1..NUMBERED).contains(&letters));
        if !is_known || words > WORDS || numbers > 1 {
            out.truncate(from);
            return out.push(b'*');
        }
        out.extend_from_slice(word);
        out.extend(is_numbered.then_some(b'*'));
    }
}

/// Words in letters of which capitals begin one; `None`: one is too long.
fn humps(letters: &[u8]) -> Option<usize> {
    let parts = letters.chunk_by(|one, next| !is_hump(*one, *next));
    parts.map(|part| (part.len() <= LETTERS).then_some(1)).sum()
}

/// Whether a word ends between two letters: `tC` of `shoppingCart`.
fn is_hump(one: u8, next: u8) -> bool {
    one.is_ascii_lowercase() && next.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{pattern, topic};

    #[test]
    fn topics_keep_what_says_what_they_are_about() {
        let cases = [
            ("sensors/4711/temperature", b'/', "sensors/*/temperature"),
            ("sensors/+/#", b'/', "sensors/+/#"),
            ("$SYS/broker/uptime", b'/', "$SYS/broker/uptime"),
            ("v1/devices/me/telemetry", b'/', "v1/devices/me/telemetry"),
            ("/leading", b'/', "/leading"),
            ("_INBOX.kjHgTrEwQaYxkj22.1", b'.', "_INBOX.*.*"),
            ("orders.>", b'.', "orders.>"),
            ("$JS.API.STREAM.INFO.orders", b'.', "$JS.API.STREAM.INFO.orders"),
            ("a.b.c.d.e.f.g.h.i.j", b'.', "a.b.c.d.e.f.g.h.*"),
            ("", b'.', ""),
        ];
        for (text, separator, want) in cases {
            let got = String::from_utf8(topic(text.as_bytes(), separator));
            assert_eq!(got.as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_word_stays() {
        let cases = [
            ("user:1000:profile", "user:*:profile"),
            ("shoppingCart", "shoppingCart"),
            ("rate-limit-window:10.0.0.1", "rate-limit-window:*.*.*.*"),
            ("{user}:cart", "{user}:cart"),
            ("session:9f8c2e", "session:*"),
            ("session:kjHgTrEwQaYx", "session:*"),
            ("token/thequickbrownfoxjumps", "token/*"),
            ("mail:alice.smith@example.com", "mail:*"),
            ("a b", "*"),
            ("", ""),
            (":", ":"),
            ("a:b:c:d:e:f:g:h:i:j", "a:b:c:d:e:f:g:h:*"),
            ("cache.page.7", "cache.page.*"),
            ("user:*", "user:*"),
            ("user_conf_config_1", "user_conf_config_*"),
            ("Key17", "Key*"),
            ("day:2024-05-01", "day:*"),
            ("password:hunter2-4711", "password:*"),
            ("id:550e8400-e29b-41d4-a716-446655440000", "id:*"),
        ];
        for (key, want) in cases {
            assert_eq!(String::from_utf8(pattern(key.as_bytes())).as_deref(), Ok(want), "{key}");
        }
        assert_eq!(pattern(b"bin:\xff\x00"), b"bin:*");
    }
}
