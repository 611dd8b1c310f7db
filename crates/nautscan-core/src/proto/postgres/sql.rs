//! The grouping form of a statement: what it does, without what it does it with.
//!
//! Literals become `?`, lists of them one `?`, comments go, and white space is made one space. What
//! is quoted with `"` is a name and stays. Nothing is understood but where a literal begins and ends,
//! so that a statement of any dialect has a form, and none keeps a literal.
//!
//! Source: the manual's chapter "Lexical Structure".

/// The grouping form of a statement.
pub(super) fn normalised(text: &[u8]) -> Vec<u8> {
    let mut form = Form { out: Vec::with_capacity(text.len()), space: false };
    let mut at = 0;
    while at < text.len() {
        at += form.take(&text[at..]);
    }
    form.out.truncate(form.out.trim_ascii_end().trim_suffix_semicolons());
    form.out
}

/// The first word of a statement, in capitals.
pub(super) fn verb(normalised: &[u8]) -> Option<Vec<u8>> {
    const LONGEST: usize = 24;
    let from = normalised.iter().position(|b| !matches!(b, b'(' | b' ' | b';'))?;
    let word = normalised[from..].iter().take_while(|b| b.is_ascii_alphabetic()).copied();
    let word: Vec<u8> = word.take(LONGEST).collect();
    (!word.is_empty()).then(|| word.to_ascii_uppercase())
}

trait Trimmed {
    fn trim_suffix_semicolons(&self) -> usize;
}

impl Trimmed for [u8] {
    /// Length without semicolons and spaces at the end.
    fn trim_suffix_semicolons(&self) -> usize {
        self.iter().rposition(|b| !matches!(b, b';' | b' ')).map_or(0, |last| last + 1)
    }
}

struct Form {
    out: Vec<u8>,
    /// White space or a comment came.
    space: bool,
}

impl Form {
    /// Takes the next piece; answers how long it is, which is at least 1.
    fn take(&mut self, text: &[u8]) -> usize {
        match text {
            [b'-', b'-', ..] => self.skip(line(text)),
            [b'/', b'*', ..] => self.skip(comment(text)),
            [b'\'', ..] => self.literal(quoted(text, false)),
            [b'e' | b'E', b'\'', ..] => self.literal(1 + quoted(&text[1..], true)),
            [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
                self.literal(1 + quoted(&text[1..], false))
            }
            [b'u' | b'U', b'&', b'\'', ..] => self.literal(2 + quoted(&text[2..], false)),
            [b'"', ..] => self.copy(&text[..name(text)]),
            [b'$', ..] => match dollar(text) {
                Some(len) => self.literal(len),
                None => self.copy(&text[..1 + word(&text[1..])]),
            },
            [digit, ..] if digit.is_ascii_digit() => self.literal(numeral(text)),
            [b'.', digit, ..] if digit.is_ascii_digit() && !self.is_after_word() => {
                self.literal(numeral(text))
            }
            [byte, ..] if is_word(*byte) => self.copy(&text[..word(text)]),
            [byte, ..] if byte.is_ascii_whitespace() || *byte == 0 => self.skip(1),
            _ => self.copy(&text[..1]),
        }
    }

    fn is_after_word(&self) -> bool {
        !self.space && self.out.last().is_some_and(|b| is_word(*b) || *b == b'"')
    }

    fn skip(&mut self, len: usize) -> usize {
        self.space = true;
        len
    }

    fn copy(&mut self, text: &[u8]) -> usize {
        if core::mem::take(&mut self.space) && !self.out.is_empty() {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(text);
        if text == b")" {
            self.fold(b"(?), (?)", b"(?)");
            self.fold(b"(?),(?)", b"(?)");
        }
        text.len()
    }

    fn literal(&mut self, len: usize) -> usize {
        self.copy(b"?");
        self.fold(b"?, ?", b"?");
        self.fold(b"?,?", b"?");
        len
    }

    /// Makes one of two that end what there is.
    fn fold(&mut self, two: &[u8], one: &[u8]) {
        if self.out.ends_with(two) {
            let rest = self.out.len() - two.len();
            self.out.truncate(rest);
            self.out.extend_from_slice(one);
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word(text: &[u8]) -> usize {
    text.iter().take_while(|b| is_word(**b) || **b == b'$').count()
}

/// Length of what begins like a number, its fraction and exponent.
fn numeral(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(byte) = text.get(len) {
        let has_sign = matches!(byte, b'+' | b'-')
            && matches!(text[len - usize::from(len > 0)], b'e' | b'E')
            && !text.starts_with(b"0x");
        if !(is_word(*byte) || *byte == b'.' || has_sign) {
            break;
        }
        len += 1;
    }
    len.max(1)
}

fn line(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)
}

/// Comments may hold comments.
fn comment(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        let two = text.get(at..at + 2).unwrap_or_default();
        match two {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// A text in `'`: one that is doubled, or escaped where that holds, does not end it.
fn quoted(text: &[u8], escapes: bool) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' if escapes => at += 2,
            b'\'' if text.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// A name in `"`.
fn name(text: &[u8]) -> usize {
    memchr::memchr(b'"', &text[1..]).map_or(text.len(), |at| at + 2)
}

/// A text between `$tag$` and the same; `None` where it is a parameter or stands alone.
fn dollar(text: &[u8]) -> Option<usize> {
    let tag = text[1..].iter().take_while(|b| is_word(**b)).count();
    let is_parameter = text.get(1).is_some_and(u8::is_ascii_digit);
    if is_parameter || text.get(1 + tag) != Some(&b'$') {
        return None;
    }
    let (mark, rest) = text.split_at(tag + 2);
    let end = memchr::memmem::find(rest, mark);
    Some(end.map_or(text.len(), |at| 2 * mark.len() + at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_do_not_stay() {
        let cases = [
            ("SELECT * FROM t WHERE id = 42;", "SELECT * FROM t WHERE id = ?"),
            ("select 'it''s',  E'a\\'b', x'ff', U&'d'", "select ?"),
            (
                "SELECT \"a b\" FROM \"T1\" -- secret\nWHERE c=1.5e-3",
                "SELECT \"a b\" FROM \"T1\" WHERE c=?",
            ),
            ("/* a /* b */ c */SELECT 1", "SELECT ?"),
            (
                "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'),(3,'z')",
                "INSERT INTO t (a, b) VALUES (?)",
            ),
            (
                "SELECT $1, t1.c2 FROM t1 WHERE a IN (1,2, 3)",
                "SELECT $1, t1.c2 FROM t1 WHERE a IN (?)",
            ),
            ("DO $x$ BEGIN 'secret' $$ END $x$ LANGUAGE plpgsql", "DO ? LANGUAGE plpgsql"),
            ("SELECT 'unclosed secret", "SELECT ?"),
            ("SELECT $$unclosed secret", "SELECT ?"),
            ("ALTER USER u PASSWORD 'secret'", "ALTER USER u PASSWORD ?"),
            ("SELECT .5, -1, 0x1F, 1_000, 'a'::text", "SELECT ?, -?::text"),
            ("SELECT a.b, \u{e9}t\u{e9}", "SELECT a.b, \u{e9}t\u{e9}"),
            ("  ;", ""),
        ];
        for (text, want) in cases {
            let got = String::from_utf8(normalised(text.as_bytes())).unwrap();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn statements_are_told_by_their_first_word() {
        let told = |text: &str| verb(text.as_bytes()).map(|word| String::from_utf8(word).unwrap());
        assert_eq!(told("select 1").as_deref(), Some("SELECT"));
        assert_eq!(told("(SELECT 1) UNION").as_deref(), Some("SELECT"));
        assert_eq!(told("?"), None);
    }
}
