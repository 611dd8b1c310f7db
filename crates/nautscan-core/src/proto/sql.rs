//! The grouping form of a statement: what it does, without what it does it with.
//!
//! Literals and places for parameters become `?`, lists of them one `?`, comments go, and white space
//! is made one space. What is quoted as a name stays. Nothing is understood but where a literal begins
//! and ends, so that a statement of any dialect has a form, and none keeps a literal: where it cannot
//! be known where a literal ends, the rest of the statement is held to be of it.
//!
//! Sources: PostgreSQL's manual, chapter "Lexical Structure"; MySQL's, chapter "Language Structure".

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `"` quotes names, comments may hold comments, texts may stand between `$tag$`.
    Postgres,
    /// `"` quotes literals, `` ` `` names; `#` begins a comment, `/*! */` holds code.
    Mysql,
}

/// Whether a backslash in a literal takes the next character with it, which is a setting of the
/// session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Escapes {
    Yes,
    /// It does where it is a character of its own, which in Big5, GBK and Shift_JIS it may not be
    /// behind a byte that is not ASCII. Behind a quote that depends on that, nothing is told.
    YesUnlessWithin,
    No,
    /// It was not seen. Behind an escaped quote, or what may be one, nothing is told.
    #[default]
    Unknown,
}

/// A statement that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its grouping form.
    pub(super) form: Vec<u8>,
    /// Its text, as far as it is kept.
    pub(super) text: String,
}

impl Statement {
    /// Of a text of which at most `kept` bytes are shown.
    pub(super) fn new(text: &[u8], kept: usize, dialect: Dialect, escapes: Escapes) -> Self {
        // PostgreSQL has put the text into its own encoding before it looks for literals.
        let may_be_within = dialect == Dialect::Mysql && !is_utf8(text);
        let escapes = match escapes {
            Escapes::Yes if may_be_within => Escapes::YesUnlessWithin,
            known => known,
        };
        let shown = String::from_utf8_lossy(&text[..text.len().min(kept)]).into_owned();
        Self { form: normalised(text, dialect, escapes), text: shown }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.form.capacity() + self.text.capacity()
    }
}

/// The grouping form of a statement.
fn normalised(text: &[u8], dialect: Dialect, escapes: Escapes) -> Vec<u8> {
    let out = Vec::with_capacity(text.len());
    let mut form = Form { out, space: false, dialect, escapes };
    form.take_all(text);
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
    dialect: Dialect,
    escapes: Escapes,
}

impl Form {
    fn take_all(&mut self, text: &[u8]) {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            at += match self.dialect {
                Dialect::Postgres => self.take_postgres(rest),
                Dialect::Mysql => self.take_mysql(rest),
            };
        }
    }

    /// Takes the next piece; answers how long it is, which is at least 1.
    fn take_postgres(&mut self, text: &[u8]) -> usize {
        match text {
            [b'-', b'-', ..] => self.skip(short_line(text)),
            [b'/', b'*', ..] => self.skip(comment(text, true)),
            [b'\'', ..] => self.literal(quoted(text, self.escapes)),
            [b'e' | b'E', b'\'', ..] => self.literal(1 + escaped(&text[1..])),
            // Bits, in which there is no backslash; of CockroachDB bytes, in which it escapes.
            [b'b' | b'B', b'\'', ..] => self.literal(1 + quoted(&text[1..], Escapes::Unknown)),
            [b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
                self.literal(1 + quoted(&text[1..], self.escapes))
            }
            [b'u' | b'U', b'&', b'\'', ..] => self.literal(2 + quoted(&text[2..], Escapes::No)),
            [quote @ b'"', ..] => self.copy(&text[..name(text, *quote)]),
            [b'$', ..] => match dollar(text) {
                Some(len) => self.literal(len),
                None => match digits(&text[1..]) {
                    0 => self.copy(&text[..1]),
                    // A parameter: which one does not count, as little as its value.
                    digits => self.literal(1 + digits),
                },
            },
            _ => self.take_common(text),
        }
    }

    fn take_mysql(&mut self, text: &[u8]) -> usize {
        match text {
            [b'#', ..] | [b'-', b'-'] => self.skip(line(text)),
            [b'-', b'-', next, ..] if *next <= b' ' => self.skip(line(text)),
            [b'/', b'*', b'!', ..] | [b'/', b'*', b'M', b'!', ..] => self.versioned(text),
            [b'/', b'*', ..] => self.skip(comment(text, false)),
            [b'\'' | b'"', ..] => self.literal(quoted(text, self.escapes)),
            [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
                self.literal(1 + quoted(&text[1..], self.escapes))
            }
            [quote @ b'`', ..] => self.copy(&text[..name(text, *quote)]),
            // The place of a parameter. In PostgreSQL it is an operator.
            [b'?', ..] => self.literal(1),
            _ => self.take_common(text),
        }
    }

    fn take_common(&mut self, text: &[u8]) -> usize {
        match text {
            [b'$', ..] => self.copy(&text[..word(text)]),
            [digit, ..] if digit.is_ascii_digit() => self.literal(numeral(text)),
            [b'.', digit, ..] if digit.is_ascii_digit() && !self.is_after_word() => {
                self.literal(numeral(text))
            }
            [byte, ..] if is_word(*byte) => self.copy(&text[..word(text)]),
            [byte, ..] if byte.is_ascii_whitespace() || *byte == 0 => self.skip(1),
            _ => self.copy(&text[..1]),
        }
    }

    /// Code in a comment, for servers of a version. Those of another pass it over up to the first
    /// `*/`: where the two may end at different places, the rest is held to be a literal.
    fn versioned(&mut self, text: &[u8]) -> usize {
        let from = 2 + text[2..].iter().take_while(|b| b"M!0123456789".contains(b)).count();
        let Some(len) = memchr::memmem::find(&text[from..], b"*/") else {
            return self.literal(text.len());
        };
        let code = &text[from..from + len];
        let has_comment = |mark: &[u8]| memchr::memmem::find(code, mark).is_some();
        if !is_apart(code) || [&b"#"[..], b"--", b"/*", b"\\"].into_iter().any(has_comment) {
            return self.literal(text.len());
        }
        self.space = true;
        self.take_all(code);
        self.skip(from + len + 2)
    }

    fn is_after_word(&self) -> bool {
        !self.space && self.out.last().is_some_and(|b| is_word(*b) || matches!(*b, b'"' | b'`'))
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

/// The same where a carriage return alone ends a line, too.
fn short_line(text: &[u8]) -> usize {
    memchr::memchr2(b'\n', b'\r', text).map_or(text.len(), |at| at + 1)
}

/// Digits at the front.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether a text is UTF-8, as far as it is there.
fn is_utf8(text: &[u8]) -> bool {
    core::str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Whether what is in quotes ends, and holds no quotes of another kind.
fn is_apart(code: &[u8]) -> bool {
    let mut open = None;
    for &byte in code.iter().filter(|byte| b"'\"`".contains(byte)) {
        open = match open {
            None => Some(byte),
            Some(quote) if quote == byte => None,
            Some(_) => return false,
        };
    }
    open.is_none()
}

/// Length of a comment; `nests`: it may hold comments.
fn comment(text: &[u8], nests: bool) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        let two = text.get(at..at + 2).unwrap_or_default();
        match two {
            b"/*" if nests || depth == 0 => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of a literal in quotes: one that is doubled, or escaped where that holds, does not end it.
fn quoted(text: &[u8], escapes: Escapes) -> usize {
    let quote = text[0];
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' if escapes == Escapes::Yes => at += 2,
            b'\\' if matches!(escapes, Escapes::Unknown | Escapes::YesUnlessWithin) => {
                let run = text[at..].iter().take_while(|b| **b == b'\\').count();
                let (is_odd, is_known) = (run % 2 == 1, escapes != Escapes::Unknown);
                let is_doubtful = if is_known { !text[at - 1].is_ascii() } else { is_odd };
                if is_doubtful && text.get(at + run) == Some(&quote) {
                    return text.len();
                }
                at += run + usize::from(is_odd && is_known);
            }
            byte if byte == quote && text.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Length of a text with escapes, which goes on behind white space with the end of a line.
fn escaped(text: &[u8]) -> usize {
    let mut at = quoted(text, Escapes::Yes);
    loop {
        let mut next = at;
        loop {
            next += text[next..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            if !text[next..].starts_with(b"--") {
                break;
            }
            next += short_line(&text[next..]);
        }
        let has_end = text[at..next].iter().any(|b| matches!(b, b'\n' | b'\r'));
        if !has_end || text.get(next) != Some(&b'\'') {
            return at;
        }
        at = next + quoted(&text[next..], Escapes::Yes);
    }
}

/// A name in quotes.
fn name(text: &[u8], quote: u8) -> usize {
    memchr::memchr(quote, &text[1..]).map_or(text.len(), |at| at + 2)
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
                "SELECT ?, t1.c2 FROM t1 WHERE a IN (?)",
            ),
            (
                "SELECT c FROM t WHERE a IN ($1,$2, $3) AND b=$4",
                "SELECT c FROM t WHERE a IN (?) AND b=?",
            ),
            (
                "INSERT INTO t (a, b) VALUES ($1,$2),($3, $4), ($5, 'x')",
                "INSERT INTO t (a, b) VALUES (?)",
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
            let got =
                String::from_utf8(normalised(text.as_bytes(), Dialect::Postgres, Escapes::No))
                    .unwrap();
            assert_eq!(got, want, "{text}");
        }
    }

    fn form(text: &str, dialect: Dialect, escapes: Escapes) -> String {
        String::from_utf8(normalised(text.as_bytes(), dialect, escapes)).unwrap()
    }

    #[test]
    fn where_a_literal_ends_depends_on_the_setting() {
        use Escapes::{No, Unknown, Yes};
        let cases = [
            (r"SELECT 'a\' secret', 1", Yes, "SELECT ?"),
            (r"SELECT 'a\', b, 1", No, "SELECT ?, b, ?"),
            (r"SELECT 'a\', b, 'secret'", Unknown, "SELECT ?"),
            (r"SELECT 'a\\', b", Unknown, "SELECT ?, b"),
            (r"SELECT 'a\n', b", Unknown, "SELECT ?, b"),
            ("SELECT E'a'\n 'b\\' secret', c", No, "SELECT ?, c"),
            ("SELECT E'a' -- x\n 'b\\' secret', c", No, "SELECT ?, c"),
            (r"SELECT E'a\' secret', c", Unknown, "SELECT ?, c"),
        ];
        for (text, escapes, want) in cases {
            assert_eq!(form(text, Dialect::Postgres, escapes), want, "{text}");
        }
    }

    /// Each of these, read otherwise than the server reads it, shows what is in a literal.
    #[test]
    fn literals_do_not_stay_where_what_is_around_them_is_odd() {
        let postgres = [
            ("SELECT $1$$secret$$", "SELECT ??"),
            ("SELECT 1 --'\r + ' \n secret'", "SELECT ? + ?"),
            (r"SELECT b'a\' , secret', 'b'", "SELECT ?"),
            ("SELECT a$b$, $x$secret$x$", "SELECT a$b$, ?"),
        ];
        for (text, want) in postgres {
            assert_eq!(form(text, Dialect::Postgres, Escapes::No), want, "{text}");
        }
        let mysql = [
            ("SELECT $a$ + '$a$ secret'", "SELECT $a$ + ?"),
            ("/*! \"'\" ' */ secret ' \"'\" */", "?"),
            ("/*!50003 CREATE TRIGGER `a` SET b='secret' */", "CREATE TRIGGER `a` SET b=?"),
        ];
        for (text, want) in mysql {
            assert_eq!(form(text, Dialect::Mysql, Escapes::Yes), want, "{text}");
        }
    }

    /// 運 of GBK ends in a backslash.
    #[test]
    fn a_backslash_within_a_character_hides_the_rest() {
        let form = |text: &[u8]| {
            let told = Statement::new(text, 99, Dialect::Mysql, Escapes::Yes);
            String::from_utf8_lossy(&told.form).into_owned()
        };
        assert_eq!(form(b"SELECT '\xdf\x5c', 'secret'"), "SELECT ?");
        assert_eq!(form(b"SELECT '\xe9', 'secret', a"), "SELECT ?, a", "Latin-1");
        assert_eq!(form(b"SELECT '\xdfa\\', secret', a"), "SELECT ?, a", "behind ASCII");
        assert_eq!(form("SELECT 'ü\\', secret', a".as_bytes()), "SELECT ?, a");
    }

    #[test]
    fn mysql_has_a_dialect() {
        let cases = [
            (
                "SELECT `a b`, \"secret\" FROM `x`.`y` # secret\nWHERE c=1",
                "SELECT `a b`, ? FROM `x`.`y` WHERE c=?",
            ),
            (r"SELECT 'it\'s secret', 'b'", "SELECT ?"),
            ("SELECT 5--1, a -- secret", "SELECT ?--?, a"),
            ("/* a /* b */ SELECT 1", "SELECT ?"),
            ("/*!40101 SET NAMES utf8 */;", "SET NAMES utf8"),
            ("/*!40101 SET a = 'secret', b = 1 */ , c", "SET a = ?, b = ? , c"),
            ("/*!99999 don't */ SELECT 'secret'", "?"),
            ("SELECT _utf8mb4'secret', N'x', x'ff', 0xff, @a, @'b'", "SELECT _utf8mb4?, @a, @?"),
            (
                "GRANT ALL ON *.* TO 'u'@'h' IDENTIFIED BY 'secret'",
                "GRANT ALL ON *.* TO ?@? IDENTIFIED BY ?",
            ),
            ("SELECT 'unclosed secret", "SELECT ?"),
            ("SELECT ?, a FROM t WHERE a IN (?, 1, 2)", "SELECT ?, a FROM t WHERE a IN (?)"),
            ("SELECT c FROM t WHERE a IN (?,?, ?)", "SELECT c FROM t WHERE a IN (?)"),
            ("INSERT INTO t VALUES (?, ?), (?, 'x'),(?, ?)", "INSERT INTO t VALUES (?)"),
        ];
        for (text, want) in cases {
            assert_eq!(form(text, Dialect::Mysql, Escapes::Yes), want, "{text}");
        }
        assert_eq!(form(r"SELECT 'a\', b, 'secret'", Dialect::Mysql, Escapes::Unknown), "SELECT ?");
        assert_eq!(
            form(r"SELECT 'a\', b, 'secret'", Dialect::Mysql, Escapes::No),
            "SELECT ?, b, ?"
        );
    }

    #[test]
    fn statements_are_told_by_their_first_word() {
        let told = |text: &str| verb(text.as_bytes()).map(|word| String::from_utf8(word).unwrap());
        assert_eq!(told("select 1").as_deref(), Some("SELECT"));
        assert_eq!(told("(SELECT 1) UNION").as_deref(), Some("SELECT"));
        assert_eq!(told("?"), None);
    }
}
