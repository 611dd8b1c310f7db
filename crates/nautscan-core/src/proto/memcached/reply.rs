//! Which first lines the answer to a command can have.
//!
//! Source: `doc/protocol.txt` of Memcached; of the flag `q` what 1.6.18 and later do: some tell even a
//! quiet deletion that there was nothing, others do not.

use super::answer;
use super::command::number;

/// The first line of an answer.
#[derive(Debug)]
pub(super) struct First<'a> {
    code: &'a [u8],
    is_error: bool,
    /// The token that it repeats (flag `O` of meta commands).
    opaque: Option<&'a [u8]>,
    /// The key that it repeats (flag `k` of meta commands).
    key: Option<&'a [u8]>,
}

/// What a command says of its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) name: &'a [u8],
    pub(super) is_quiet: bool,
    /// What it changes is made if it is not there (flag `N` of meta commands).
    pub(super) makes: bool,
    pub(super) opaque: Option<&'a [u8]>,
    pub(super) key: Option<&'a [u8]>,
}

impl<'a> First<'a> {
    pub(super) fn read(line: &'a [u8]) -> Self {
        let mut words = line.split(|b| *b == b' ');
        let code = words.next().unwrap_or_default();
        let is_error = answer::error(line).is_some();
        // What follows these are no flags.
        let has_flags = !is_error && code != b"ME";
        let flag = |letter: u8| words.clone().find_map(|word| word.strip_prefix(&[letter]));
        let (opaque, key) = if has_flags { (flag(b'O'), flag(b'k')) } else { (None, None) };
        Self { code, is_error, opaque, key }
    }

    /// Whether the answer to a command can begin so; to a quiet one, what it keeps to itself cannot.
    pub(super) fn can_answer(&self, asked: Asked<'_>) -> bool {
        if self.is_error {
            return asked.name != b"mn";
        }
        self.is_of(asked) && (!is_meta(asked.name) || self.names(asked))
    }

    /// Whether this is what the command named so can be answered.
    fn is_of(&self, asked: Asked<'_>) -> bool {
        let code = self.code;
        match (asked.name, asked.is_quiet) {
            (b"mg", false) => matches!(code, b"HD" | b"VA" | b"EN"),
            (b"mg", true) => matches!(code, b"HD" | b"VA"),
            (b"ms", false) => matches!(code, b"HD" | b"NS" | b"EX" | b"NF"),
            (b"ms", true) => matches!(code, b"NS" | b"EX" | b"NF"),
            (b"md", false) => matches!(code, b"HD" | b"EX" | b"NF"),
            (b"md", true) => matches!(code, b"EX" | b"NF"),
            // What was not there and is made is told even so.
            (b"ma", is_quiet) => match code {
                b"HD" | b"VA" => !is_quiet || asked.makes,
                b"NS" | b"EX" | b"NF" => true,
                _ => false,
            },
            (b"me", _) => matches!(code, b"ME" | b"EN"),
            (b"mn", _) => code == b"MN",
            (b"get" | b"gets" | b"gat" | b"gats", _) => matches!(code, b"VALUE" | b"END"),
            (b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas", _) => {
                matches!(code, b"STORED" | b"NOT_STORED" | b"EXISTS" | b"NOT_FOUND")
            }
            (b"incr" | b"decr", _) => code == b"NOT_FOUND" || number(code).is_some(),
            (b"delete", _) => matches!(code, b"DELETED" | b"NOT_FOUND"),
            (b"touch", _) => matches!(code, b"TOUCHED" | b"NOT_FOUND"),
            (b"version", _) => code == b"VERSION",
            (b"flush_all" | b"verbosity" | b"cache_memlimit", _) => code == b"OK",
            (b"stats" | b"lru_crawler", _) => code != b"VALUE",
            _ => !matches!(code, b"VALUE" | b"STAT" | b"END"),
        }
    }

    /// Whether it has the token and the key that the command has. Of what is missed some servers do not
    /// repeat the key.
    fn names(&self, asked: Asked<'_>) -> bool {
        let is_missed = matches!(self.code, b"EN" | b"NF");
        self.opaque == asked.opaque && (self.key == asked.key || is_missed && self.key.is_none())
    }

    /// Whether it is surely a server's, if of another answer than the one that was waited for.
    pub(super) fn is_known(&self) -> bool {
        const CODES: &[&str] = &[
            "VALUE",
            "END",
            "STORED",
            "NOT_STORED",
            "EXISTS",
            "NOT_FOUND",
            "DELETED",
            "TOUCHED",
            "VERSION",
            "STAT",
            "OK",
            "HD",
            "VA",
            "EN",
            "NS",
            "EX",
            "NF",
            "MN",
            "ME",
        ];
        self.is_error
            || number(self.code).is_some()
            || CODES.iter().any(|known| known.as_bytes() == self.code)
    }
}

fn is_meta(name: &[u8]) -> bool {
    matches!(name, b"mg" | b"ms" | b"md" | b"ma")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn can(line: &str, name: &str, is_quiet: bool) -> bool {
        let name = name.as_bytes();
        let asked = Asked { name, is_quiet, makes: false, opaque: None, key: None };
        First::read(line.as_bytes()).can_answer(asked)
    }

    #[test]
    fn each_command_has_answers_of_its_own() {
        let of = [
            ("mg", "HD VA EN", "HD VA"),
            ("ms", "HD NS EX NF", "NS EX NF"),
            ("md", "HD EX NF", "EX NF"),
            ("ma", "HD VA NS EX NF", "NS EX NF"),
            ("me", "EN ME", "EN ME"),
            ("mn", "MN", "MN"),
            ("get", "VALUE END", "VALUE END"),
            ("delete", "DELETED NOT_FOUND", "DELETED NOT_FOUND"),
            ("incr", "7 NOT_FOUND", "7 NOT_FOUND"),
        ];
        let codes = "HD VA EN NS EX NF ME MN VALUE END DELETED 7 NOT_FOUND STORED VERSION OK";
        for (name, loud, quiet) in of {
            for (is_quiet, want) in [(false, loud), (true, quiet)] {
                for code in codes.split(' ') {
                    let is_wanted = want.split(' ').any(|one| one == code);
                    assert_eq!(can(code, name, is_quiet), is_wanted, "{name} {is_quiet} {code}");
                }
            }
        }
        assert!(can("SERVER_ERROR out of memory", "ms", true) && !can("ERROR", "mn", false));
    }

    #[test]
    fn an_answer_repeats_token_and_key() {
        let asked = Asked {
            name: b"md",
            is_quiet: true,
            makes: false,
            opaque: Some(b"7"),
            key: Some(b"a"),
        };
        let can = |line: &str| First::read(line.as_bytes()).can_answer(asked);
        assert!(can("NF ka O7") && can("NF O7") && can("CLIENT_ERROR bad key"));
        assert!(!can("NF kb O7") && !can("NF ka O8") && !can("EX O7") && !can("NF ka"));
    }
}
