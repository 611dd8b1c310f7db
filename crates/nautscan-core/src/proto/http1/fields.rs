//! Field lines of a head or a trailer section (RFC 9112 section 5), in one pass.

use super::oddity::{OddSet, Oddity};
use super::probe::TOKEN;

/// Reads field lines from the start of `bytes` up to and including the empty line that ends
/// them, and hands each to `field`. The answer is their length, or `None` if the empty line is
/// not there: then `field` saw the lines that are certainly whole, and `odd` may lack some.
pub(super) fn read(bytes: &[u8], odd: &mut OddSet, mut field: impl FnMut(&[u8], &[u8], bool)) -> Option<usize> {
    let mut at = 0;
    let mut crs = 0;
    loop {
        match *bytes.get(at)? {
            b'\r' if *bytes.get(at + 1)? == b'\n' => {
                check_controls(&bytes[..at + 2], crs + 1, odd);
                return Some(at + 2);
            }
            b'\n' => {
                odd.insert(Oddity::BareLf);
                check_controls(&bytes[..at], crs, odd);
                return Some(at + 1);
            }
            _ => {}
        }
        let line = Line::read(&bytes[at..])?;
        crs += usize::from(line.had_cr);
        let mut end = at + line.end;
        if !line.had_cr {
            odd.insert(Oddity::BareLf);
        }
        let folded = matches!(*bytes.get(end)?, b' ' | b'\t') && line.name_len > 0;
        let value = &bytes[at + line.value.0..at + line.value.1];
        let name = &bytes[at..at + line.name_len];
        line.note(odd);
        if folded {
            odd.insert(Oddity::FoldedField);
            let mut whole = value.to_vec();
            end = unfold(bytes, end, &mut whole, &mut crs, odd)?;
            field(name, &whole, true);
        } else if line.is_field {
            field(name, value, false);
        }
        at = end;
    }
}

/// Where the parts of one line are, relative to its start.
struct Line {
    name_len: usize,
    value: (usize, usize),
    /// Just after the LF.
    end: usize,
    had_cr: bool,
    is_field: bool,
    spaced: bool,
}

impl Line {
    /// Takes the line at the start of `bytes` apart; `None` without a line end.
    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        let name_len = bytes.iter().position(|&b| !TOKEN[b as usize])?;
        let mut colon = name_len;
        while matches!(bytes.get(colon), Some(b' ' | b'\t')) {
            colon += 1;
        }
        let is_field = bytes.get(colon) == Some(&b':') && name_len > 0;
        let from = if is_field { colon + 1 } else { name_len };
        let lf = from + memchr::memchr(b'\n', &bytes[from..])?;
        let had_cr = lf > from && bytes[lf - 1] == b'\r';
        let (mut start, mut stop) = (from, lf - usize::from(had_cr));
        while start < stop && matches!(bytes[start], b' ' | b'\t') {
            start += 1;
        }
        while start < stop && matches!(bytes[stop - 1], b' ' | b'\t') {
            stop -= 1;
        }
        let name_len = if is_field { name_len } else { 0 };
        Some(Self { name_len, value: (start, stop), end: lf + 1, had_cr, is_field, spaced: colon > name_len })
    }

    fn note(&self, odd: &mut OddSet) {
        if !self.is_field {
            odd.insert(Oddity::MalformedField);
        } else if self.spaced {
            odd.insert(Oddity::SpaceBeforeColon);
        }
    }
}

/// Appends continuation lines to `value`, each after one space (RFC 9112 section 5.2).
fn unfold(bytes: &[u8], mut at: usize, value: &mut Vec<u8>, crs: &mut usize, odd: &mut OddSet) -> Option<usize> {
    while matches!(*bytes.get(at)?, b' ' | b'\t') {
        let lf = at + memchr::memchr(b'\n', &bytes[at..])?;
        let line = &bytes[at..lf];
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if text.len() == line.len() {
            odd.insert(Oddity::BareLf);
        } else {
            *crs += 1;
        }
        value.push(b' ');
        value.extend_from_slice(text.trim_ascii());
        at = lf + 1;
    }
    Some(at)
}

/// Finds NUL, and CR that is not part of a line end: `expected` are.
fn check_controls(head: &[u8], expected: usize, odd: &mut OddSet) {
    if memchr::memchr_iter(b'\r', head).count() != expected {
        odd.insert(Oddity::BareCr);
    }
    if memchr::memchr(0, head).is_some() {
        odd.insert(Oddity::NulInHead);
    }
}

/// Where the head that starts `bytes` ends: just after its first empty line. `scanned` is what
/// an earlier call looked at, and is moved on.
pub(super) fn find_end(bytes: &[u8], scanned: &mut usize) -> Option<usize> {
    let mut at = *scanned;
    while let Some(lf) = memchr::memchr(b'\n', &bytes[at..]).map(|n| at + n) {
        match (bytes.get(lf + 1), bytes.get(lf + 2)) {
            (Some(b'\n'), _) => return Some(lf + 2),
            (Some(b'\r'), Some(b'\n')) => return Some(lf + 3),
            (None, _) | (Some(b'\r'), None) => {
                *scanned = lf;
                return None;
            }
            _ => at = lf + 1,
        }
    }
    *scanned = bytes.len();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, String)>;

    fn parse(text: &str) -> (Option<usize>, Pairs, Vec<&'static str>) {
        let (mut odd, mut pairs) = (OddSet::default(), Pairs::new());
        let text8 = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let end = read(text.as_bytes(), &mut odd, |n, v, _| pairs.push((text8(n), text8(v))));
        let (mut seen, mut names) = (OddSet::default(), Vec::new());
        odd.move_into(&mut seen, &mut names);
        (end, pairs, names)
    }

    fn pairs(list: &[(&str, &str)]) -> Pairs {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn reads_every_shape_of_line() {
        let cases: [(&str, &[(&str, &str)], &[&str]); 10] = [
            ("\r\n", &[], &[]),
            ("A: b\r\nC:d\r\n\r\n", &[("A", "b"), ("C", "d")], &[]),
            ("A: \t b c \t\r\nD:\r\n\r\n", &[("A", "b c"), ("D", "")], &[]),
            ("A: b\nC: d\n\n", &[("A", "b"), ("C", "d")], &["bare_lf"]),
            ("A : b\r\n\r\n", &[("A", "b")], &["space_before_colon"]),
            ("A: b\r\n  c\r\n\td\r\nE: f\r\n\r\n", &[("A", "b c d"), ("E", "f")], &["folded_field"]),
            ("no colon\r\nA: b\r\n: x\r\n\r\n", &[("A", "b")], &["malformed_field"]),
            (" first: folded\r\nA: b\r\n\r\n", &[("A", "b")], &["malformed_field"]),
            ("A: b\rc\r\n\r\n", &[("A", "b\rc")], &["bare_cr"]),
            ("A: b\0c\r\n\r\n", &[("A", "b\0c")], &["nul_in_head"]),
        ];
        for (text, want, oddities) in cases {
            let (end, got, names) = parse(text);
            assert_eq!((end, got, names.as_slice()), (Some(text.len()), pairs(want), oddities), "{text:?}");
            assert_eq!(parse(&format!("{text}more: x\r\n\r\n")).0, Some(text.len()));
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
            let found = (0..=text.len()).find_map(|n| find_end(&text.as_bytes()[..n], &mut scanned));
            assert_eq!(found, Some(whole), "{text:?}");
        }
    }
}
