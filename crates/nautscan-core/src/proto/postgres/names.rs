//! What statements do to the names of prepared ones: messages and SQL share them.
//!
//! Source: the manual's reference of PREPARE, DEALLOCATE and DISCARD.

/// What becomes of the texts that are known by names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Forgets {
    /// The text of this name is no longer known.
    One(Vec<u8>),
    All,
}

/// What a grouping form does to names, one statement of it after the other.
pub(super) fn forgotten(form: &[u8]) -> impl Iterator<Item = Forgets> {
    form.split(|byte| *byte == b';').filter_map(by_statement)
}

fn by_statement(statement: &[u8]) -> Option<Forgets> {
    let (verb, rest) = word(statement);
    let (second, behind) = word(rest);
    if verb.eq_ignore_ascii_case(b"DISCARD") {
        return second.eq_ignore_ascii_case(b"ALL").then_some(Forgets::All);
    }
    if verb.eq_ignore_ascii_case(b"PREPARE") {
        let is_statement = !second.eq_ignore_ascii_case(b"TRANSACTION");
        return is_statement.then(|| Forgets::One(name(rest)));
    }
    if !verb.eq_ignore_ascii_case(b"DEALLOCATE") {
        return None;
    }
    let rest = if second.eq_ignore_ascii_case(b"PREPARE") { behind } else { rest };
    let is_all = word(rest).0.eq_ignore_ascii_case(b"ALL");
    Some(if is_all { Forgets::All } else { Forgets::One(name(rest)) })
}

/// The first word, and what follows it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    text.split_at(end)
}

/// The name at the front: in quotes as it is, else in small letters.
fn name(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii_start();
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'(';
        let end = text.iter().position(is_end).unwrap_or(text.len());
        return text[..end].to_ascii_lowercase();
    };
    let mut name = Vec::new();
    let mut rest = quoted.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'"' && rest.next_if_eq(&b'"').is_none() {
            break;
        }
        name.push(byte);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgotten_by_what_statements_do() {
        let one = |name: &str| Some(Forgets::One(name.as_bytes().to_vec()));
        let cases = [
            ("SELECT deallocate", None),
            ("deallocate S1", one("s1")),
            ("DEALLOCATE PREPARE \"S \"\"1\"", one("S \"1")),
            ("DEALLOCATE prepare ALL", Some(Forgets::All)),
            ("DISCARD ALL", Some(Forgets::All)),
            ("DISCARD PLANS", None),
            ("PREPARE s2(int) AS SELECT ?", one("s2")),
            ("PREPARE TRANSACTION ?", None),
            ("BEGIN; DEALLOCATE a", one("a")),
        ];
        for (form, want) in cases {
            assert_eq!(forgotten(form.as_bytes()).next(), want, "{form}");
        }
    }
}
