//! Field lines of a head or a trailer section (RFC 9112 section 5), in one pass.

use super::oddity::{OddSet, Oddity};
use super::probe::TOKEN;

/// Reads field lines from the start of `bytes` up to and including the empty line that ends
/// them, and hands each to `field`. The answer is their length, or `None` if the empty line is
/// not there: then `field` saw the lines that are certainly whole, and `odd` may lack some.
pub(super) fn read(
    bytes: &[u8],
    odd: &mut OddSet,
    mut field: impl FnMut(&[u8], &[u8]),
) -> Option<usize> {
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'\r' if *bytes.get(at + 1)? == b'\n' => return Some(at + 2),
            b'\n' => {
                odd.insert(Oddity::BareLf);
                return Some(at + 1);
            }
            _ => {}
        }
        // The end of the line is sought from its start, not from its colon: so the next line
        // need not wait for this one's name.
        let rest = &bytes[at..];
        let line = line(rest, odd)?;
        let name_len = token_len(rest);
        let (name_len, from) = if rest.get(name_len) == Some(&b':') && name_len > 0 {
            (name_len, name_len + 1)
        } else {
            after_odd_name(line.text, name_len, odd)
        };
        let value = trim_blanks(&line.text[from..]);
        let next = at + line.next;
        if matches!(*bytes.get(next)?, b' ' | b'\t') && name_len > 0 {
            odd.insert(Oddity::FoldedField);
            let mut whole = value.to_vec();
            at = unfold(bytes, next, &mut whole, odd)?;
            field(&rest[..name_len], &whole);
        } else {
            if name_len > 0 {
                field(&rest[..name_len], value);
            }
            at = next;
        }
    }
}

/// Where the value begins on a line whose name is not followed by a colon at once; a name
/// length of 0 says that the line is no field.
#[cold]
fn after_odd_name(rest: &[u8], name_len: usize, odd: &mut OddSet) -> (usize, usize) {
    let blanks = rest[name_len..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if name_len > 0 && rest.get(name_len + blanks) == Some(&b':') {
        odd.insert(Oddity::SpaceBeforeColon);
        return (name_len, name_len + blanks + 1);
    }
    odd.insert(Oddity::MalformedField);
    (0, name_len)
}

/// Every lane of a word that holds eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of every lane.
const HIGH: u64 = 0x80 * ONES;

/// The next eight bytes, the first in the lowest lane.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// Number of token characters at the start of `bytes`. Eight at a time are held against
/// letters and the hyphen; from the first that is neither on, the table decides.
#[inline]
fn token_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(raw) = word(bytes, at) {
        let low = raw & !HIGH;
        let lower = low | (0x20 * ONES);
        // Sums of lanes below 0x80 do not carry into the next; their high bit is the answer.
        let letter =
            (lower + (0x80 - u64::from(b'a')) * ONES) & !(lower + (0x7f - u64::from(b'z')) * ONES);
        let hyphen = HIGH - (low ^ (u64::from(b'-') * ONES));
        let stop = (!(letter | hyphen) | raw) & HIGH;
        if stop != 0 {
            at += stop.trailing_zeros() as usize / 8;
            if bytes[at] == b':' {
                return at;
            }
            break;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|&&b| TOKEN[b as usize]).count()
}

/// Where the first CR, LF or NUL is. Most lines are too short to be worth a call.
#[inline]
fn line_end(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 64;
    let mut at = 0;
    while at < NEAR
        && let Some(lanes) = word(bytes, at)
    {
        // The lowest lane marked is a byte below 0x0e; lanes above it may be marked by borrow.
        let control = lanes.wrapping_sub(0x0e * ONES) & !lanes & HIGH;
        if control != 0 {
            at += control.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    if bytes.get(at) == Some(&b'\r') {
        return Some(at);
    }
    memchr::memchr3(b'\r', b'\n', 0, &bytes[at..]).map(|n| at + n)
}

/// One line.
pub(super) struct LineText<'a> {
    /// Without the line end.
    pub(super) text: &'a [u8],
    /// Just after the line end.
    pub(super) next: usize,
}

/// Reads a line; `None` if its end is not there. Notes a line end without CR, and CR and NUL
/// within the line.
#[inline]
pub(super) fn line<'a>(bytes: &'a [u8], odd: &mut OddSet) -> Option<LineText<'a>> {
    let end = line_end(bytes)?;
    if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') {
        return Some(LineText { text: &bytes[..end], next: end + 2 });
    }
    odd_line(bytes, odd)
}

#[cold]
fn odd_line<'a>(bytes: &'a [u8], odd: &mut OddSet) -> Option<LineText<'a>> {
    let lf = memchr::memchr(b'\n', bytes)?;
    let text = &bytes[..lf];
    let text = match text.strip_suffix(b"\r") {
        Some(text) => text,
        None => {
            odd.insert(Oddity::BareLf);
            text
        }
    };
    if text.contains(&b'\r') {
        odd.insert(Oddity::BareCr);
    }
    if text.contains(&0) {
        odd.insert(Oddity::NulInHead);
    }
    Some(LineText { text, next: lf + 1 })
}

/// Without blanks at both ends.
#[inline]
fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Appends continuation lines to `value`, each after one space (RFC 9112 section 5.2).
fn unfold(bytes: &[u8], mut at: usize, value: &mut Vec<u8>, odd: &mut OddSet) -> Option<usize> {
    while matches!(*bytes.get(at)?, b' ' | b'\t') {
        let line = line(&bytes[at..], odd)?;
        value.push(b' ');
        value.extend_from_slice(trim_blanks(line.text));
        at += line.next;
    }
    Some(at)
}

/// Where the head that starts `bytes` ends: just after its first empty line. `scanned` is what
/// an earlier call looked at, and is moved on; a head has less than `HTTP_HEAD` bytes.
pub(super) fn find_end(bytes: &[u8], scanned: &mut u32) -> Option<usize> {
    let mut at = *scanned as usize;
    while let Some(lf) = memchr::memchr(b'\n', &bytes[at..]).map(|n| at + n) {
        match (bytes.get(lf + 1), bytes.get(lf + 2)) {
            (Some(b'\n'), _) => return Some(lf + 2),
            (Some(b'\r'), Some(b'\n')) => return Some(lf + 3),
            (None, _) | (Some(b'\r'), None) => {
                *scanned = lf as u32;
                return None;
            }
            _ => at = lf + 1,
        }
    }
    *scanned = bytes.len() as u32;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, String)>;

    fn parse(text: &str) -> (Option<usize>, Pairs, Vec<&'static str>) {
        let (mut odd, mut pairs) = (OddSet::default(), Pairs::new());
        let text8 = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let end = read(text.as_bytes(), &mut odd, |n, v| pairs.push((text8(n), text8(v))));
        let (mut seen, mut names) = (OddSet::default(), Vec::new());
        odd.move_into(&mut seen, &mut names);
        (end, pairs, names)
    }

    fn pairs(list: &[(&str, &str)]) -> Pairs {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn reads_every_shape_of_line() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case<'_>; 10] = [
            ("\r\n", &[], &[]),
            ("A: b\r\nC:d\r\n\r\n", &[("A", "b"), ("C", "d")], &[]),
            ("A: \t b c \t\r\nD:\r\n\r\n", &[("A", "b c"), ("D", "")], &[]),
            ("A: b\nC: d\n\n", &[("A", "b"), ("C", "d")], &["bare_lf"]),
            ("A : b\r\n\r\n", &[("A", "b")], &["space_before_colon"]),
            (
                "A: b\r\n  c\r\n\td\r\nE: f\r\n\r\n",
                &[("A", "b c d"), ("E", "f")],
                &["folded_field"],
            ),
            ("no colon\r\nA: b\r\n: x\r\n\r\n", &[("A", "b")], &["malformed_field"]),
            (" first: folded\r\nA: b\r\n\r\n", &[("A", "b")], &["malformed_field"]),
            ("A: b\rc\r\n\r\n", &[("A", "b\rc")], &["bare_cr"]),
            ("A: b\0c\r\n\r\n", &[("A", "b\0c")], &["nul_in_head"]),
        ];
        for (text, want, oddities) in cases {
            let (end, got, names) = parse(text);
            assert_eq!(
                (end, got, names.as_slice()),
                (Some(text.len()), pairs(want), oddities),
                "{text:?}"
            );
            assert_eq!(parse(&format!("{text}more: x\r\n\r\n")).0, Some(text.len()));
        }
    }

    #[test]
    fn token_characters_are_counted_as_the_table_says() {
        for length in 0..20 {
            for byte in 0..=255u8 {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let want = if TOKEN[byte as usize] { length } else { at };
                    assert_eq!(token_len(&text), want, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn the_first_byte_that_may_end_a_line_is_found() {
        for length in [0, 1, 7, 8, 9, 40, 63, 64, 65, 200] {
            for byte in [0, 1, b'\t', b'\n', b'\r', 0x0e, 0x1f, 0x80, 0x8d, 0xff] {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let want = matches!(byte, b'\r' | b'\n' | 0).then_some(at);
                    assert_eq!(line_end(&text), want, "{byte} at {at} of {length}");
                    text[length - 1] = b'\n';
                    assert_eq!(
                        line_end(&text),
                        Some(want.unwrap_or(length - 1)),
                        "{byte} at {at} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_unfinished_head_gives_only_whole_lines() {
        let text = "A: b\r\nC: d\r\n e\r\nF: g\r\n\r\n";
        let all = pairs(&[("A", "b"), ("C", "d e"), ("F", "g")]);
        for cut in 0..text.len() {
            let (end, got, _) = parse(&text[..cut]);
            assert_eq!(end, None);
            assert!(all.starts_with(&got), "{cut}: {got:?}");
        }
    }

    #[test]
    fn the_end_is_found_however_the_head_arrives() {
        for text in ["A: b\r\n\r\nX\r\n\r\n", "A: b\n\nX", "A: b\r\n\nX", "A\r\r\n\r\n"] {
            let mut scanned = 0;
            let whole = find_end(text.as_bytes(), &mut scanned).unwrap();
            let mut scanned = 0;
            let found =
                (0..=text.len()).find_map(|n| find_end(&text.as_bytes()[..n], &mut scanned));
            assert_eq!(found, Some(whole), "{text:?}");
        }
    }
}
