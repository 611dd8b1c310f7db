//! The header with which an answer begins (RFC 3875 section 6.3).

/// Where a header ends, and what is behind it begins; `None`: not yet. `from`: what was looked at
/// before.
pub(super) fn end(header: &[u8], from: usize) -> Option<(usize, usize)> {
    // No fields at all.
    match header {
        [b'\n', ..] => return Some((0, 1)),
        [b'\r', b'\n', ..] => return Some((0, 2)),
        _ => {}
    }
    let from = from.saturating_sub(3);
    memchr::memchr_iter(b'\n', &header[from..]).map(|at| from + at).find_map(|at| {
        match &header[at + 1..] {
            [b'\n', ..] => Some((at, at + 2)),
            [b'\r', b'\n', ..] => Some((at, at + 3)),
            _ => None,
        }
    })
}

/// What a line of a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Field(&'a [u8], &'a [u8]),
    /// It goes on with the value of the field before.
    Folded(&'a [u8]),
    /// None of these.
    Other,
}

/// Lines of a header that ends before its empty line.
pub(super) fn lines(header: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let lines = header.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_folded = matches!(line, [b' ' | b'\t', ..]);
        match memchr::memchr(b':', line) {
            _ if is_folded => Line::Folded(line.trim_ascii()),
            Some(colon) if line[..colon].iter().all(is_of_name) && colon > 0 => {
                Line::Field(&line[..colon], line[colon + 1..].trim_ascii())
            }
            _ => Line::Other,
        }
    })
}

/// A character of a token (RFC 9110 section 5.6.2).
fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// What a header says of the outcome.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// `Err`: what it states is no status.
    stated: Option<Result<i32, ()>>,
    /// Where it sends the client: to another host, or to a path.
    location: Option<bool>,
    has_fields: bool,
    has_others: bool,
}

impl Outcome {
    /// Takes in a line.
    pub(super) fn take(&mut self, line: &Line<'_>) {
        match line {
            Line::Field(name, value) => {
                self.has_fields = true;
                if name.eq_ignore_ascii_case(b"status") && self.stated.is_none() {
                    self.stated = Some(status(value).ok_or(()));
                } else if name.eq_ignore_ascii_case(b"location") {
                    self.location = Some(!value.starts_with(b"/"));
                }
            }
            Line::Folded(_) => {}
            Line::Other => self.has_others = true,
        }
    }

    pub(super) fn is_malformed(&self) -> bool {
        !self.has_fields || self.has_others || matches!(self.stated, Some(Err(())))
    }

    /// The status is one that the header states, in words or by leaving it out.
    pub(super) fn is_stated(&self) -> bool {
        matches!(self.stated, Some(Ok(_)))
    }

    /// The status. A header that states none means 200 (RFC 3875 section 6.3.3), or 302 where it
    /// sends the client to another address (section 6.2.3); where it names a path the web server
    /// answers with what it finds there (section 6.2.2), which is not said here.
    pub(super) fn status(&self) -> Option<i32> {
        match (self.stated, self.location) {
            (Some(stated), _) => stated.ok(),
            _ if self.is_malformed() => None,
            (None, None) => Some(200),
            (None, Some(true)) => Some(302),
            (None, Some(false)) => None,
        }
    }
}

/// Three digits, alone or with words behind them.
fn status(value: &[u8]) -> Option<i32> {
    let (digits, rest) = value.split_first_chunk::<3>()?;
    let is_alone = rest.first().is_none_or(|byte| *byte == b' ');
    let is_status = is_alone && digits.iter().all(u8::is_ascii_digit);
    is_status.then(|| digits.iter().fold(0, |status, digit| status * 10 + i32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(header: &str) -> (Option<i32>, bool, bool) {
        let mut outcome = Outcome::default();
        lines(header.as_bytes()).for_each(|line| outcome.take(&line));
        (outcome.status(), outcome.is_stated(), outcome.is_malformed())
    }

    #[test]
    fn a_status_is_stated_or_left_out() {
        for (header, want) in [
            ("Status: 404 Not Found\r\nContent-type: a/b", (Some(404), true, false)),
            ("content-type: a/b\nstatus:204", (Some(204), true, false)),
            ("Content-type: a/b\r", (Some(200), false, false)),
            ("Location: https://a.example/b", (Some(302), false, false)),
            ("Location: /b", (None, false, false)),
            ("Status: 301 Moved\r\nLocation: /b", (Some(301), true, false)),
            ("Status: fine\nA: b", (None, false, true)),
            ("Status: 2000", (None, false, true)),
            ("HTTP/1.1 500 Oops\r\nContent-type: a/b", (None, false, true)),
            ("A: b\n c: d", (Some(200), false, false)),
            ("", (None, false, true)),
        ] {
            assert_eq!(outcome(header), want, "{header}");
        }
    }

    #[test]
    fn a_header_ends_with_an_empty_line() {
        assert_eq!(end(b"A: b\r\n\r\nc", 0), Some((5, 8)));
        assert_eq!(end(b"A: b\n\nc", 5), Some((4, 6)));
        assert_eq!(end(b"\r\nc", 0), Some((0, 2)));
        assert_eq!((end(b"A: b\r\n\r", 0), end(b"\r", 0)), (None, None));
    }
}
