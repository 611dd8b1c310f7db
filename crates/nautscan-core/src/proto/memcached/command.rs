//! One line of a client.
//!
//! Source: `doc/protocol.txt` of Memcached, sections on the classic text and the meta commands.

use crate::proto::keys;

/// Letters of the longest name that is taken for one.
const NAME: usize = 24;
/// Bytes of the longest key.
const KEY: usize = 250;

/// How the answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wants {
    /// With its first line.
    #[default]
    Line,
    /// With `END`, behind values.
    Values,
    /// With a line that says so, behind facts.
    End,
    /// With its first line, or the value that this announces.
    Meta,
    /// It is not answered.
    Nothing,
    /// It never ends: log lines follow.
    Stream,
}

/// A command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// `None`: the first word is no name.
    pub(super) name: Option<Vec<u8>>,
    /// Grouping form of the first key.
    pub(super) key: Option<Vec<u8>>,
    /// How many keys.
    pub(super) keys: usize,
    /// Bytes of a value that follows the line.
    pub(super) value: Option<u64>,
    pub(super) wants: Wants,
    /// Its ordinary answer does not come (flag `q` of meta commands).
    pub(super) is_quiet: bool,
    /// It makes what is not there, and tells of that (flag `N` of meta commands).
    pub(super) makes: bool,
    /// What its answer repeats (flag `O` of meta commands).
    pub(super) opaque: Option<Vec<u8>>,
    /// The key as its answer repeats it (flag `k` of meta commands).
    pub(super) echo: Option<Vec<u8>>,
}

/// Reads a line without its end.
pub(super) fn read(line: &[u8]) -> Command {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').filter(|word| !word.is_empty()).collect();
    let Some((&name, arguments)) = words.split_first() else { return Command::default() };
    let is_name = name.len() <= NAME && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
    if !is_name {
        return Command::default();
    }
    let is_answered = arguments.last() != Some(&&b"noreply"[..]);
    let mut command = Command { name: Some(name.to_vec()), ..Command::default() };
    if !is_answered {
        command.wants = Wants::Nothing;
    }
    match name {
        b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas" => {
            command.value = arguments.get(3).and_then(|word| number(word));
            command.about(arguments, 1);
        }
        b"get" | b"gets" => command.loads(arguments),
        b"gat" | b"gats" => command.loads(arguments.get(1..).unwrap_or_default()),
        b"incr" | b"decr" | b"delete" | b"touch" => command.about(arguments, 1),
        b"mg" | b"ms" | b"md" | b"ma" | b"me" => command.meta(name, arguments),
        b"mn" => command.wants = Wants::Meta,
        b"stats" | b"lru_crawler" => command.wants = Wants::End,
        b"watch" => command.wants = Wants::Stream,
        b"quit" | b"shutdown" => command.wants = Wants::Nothing,
        _ => {}
    }
    command
}

impl Command {
    fn about(&mut self, keys: &[&[u8]], count: usize) {
        self.key = keys.first().map(|key| keys::pattern(key));
        self.keys = count.min(keys.len());
    }

    fn loads(&mut self, keys: &[&[u8]]) {
        self.wants = Wants::Values;
        self.about(keys, keys.len());
    }

    fn meta(&mut self, name: &[u8], arguments: &[&[u8]]) {
        self.wants = Wants::Meta;
        let takes_value = name == b"ms";
        if takes_value {
            self.value = arguments.get(1).and_then(|word| number(word));
        }
        let flags = arguments.get(1 + usize::from(takes_value)..).unwrap_or_default();
        let flag = |letter: u8| flags.iter().find(|flag| flag.first() == Some(&letter));
        // With the flag b the key is coded.
        let is_text = flag(b'b').is_none();
        self.about(arguments, 1);
        if !is_text {
            self.key = self.key.take().map(|_| b"*".to_vec());
        }
        if name == b"me" {
            // For people: it knows no flag but this, and is answered in any case.
            return;
        }
        self.is_quiet = flag(b'q').is_some();
        self.makes = flag(b'N').is_some();
        self.opaque = flag(b'O').map(|flag| flag[1..].to_vec());
        self.echo = flag(b'k').and(arguments.first()).map(|key| key.to_vec());
    }
}

/// Whether servers have a command of this name. Others they answer with `ERROR`.
pub(super) fn is_known(name: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "get",
        "gets",
        "gat",
        "gats",
        "set",
        "add",
        "replace",
        "append",
        "prepend",
        "cas",
        "incr",
        "decr",
        "delete",
        "touch",
        "mg",
        "ms",
        "md",
        "ma",
        "me",
        "mn",
        "stats",
        "version",
        "flush_all",
        "verbosity",
        "watch",
        "quit",
        "shutdown",
        "slabs",
        "lru",
        "lru_crawler",
        "cache_memlimit",
        "extstore",
        "refresh_certs",
        "misbehave",
        "debugtime",
    ];
    NAMES.iter().any(|known| known.as_bytes() == name)
}

/// Whether a line is surely one of Memcached: `None`, it could be one of several protocols.
pub(super) fn is_surely(line: &[u8]) -> Option<bool> {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
    let (name, arguments) = words.split_first()?;
    let is_key = |at: usize| arguments.get(at).is_some_and(|key| is_key(key));
    let is_number = |at: usize| arguments.get(at).is_some_and(|word| number(word).is_some());
    let has = |least: usize, most: usize| (least..=most).contains(&arguments.len());
    Some(match *name {
        b"set" | b"add" | b"replace" | b"append" | b"prepend" => {
            has(4, 5) && is_key(0) && is_number(1) && is_number(3)
        }
        b"cas" => has(5, 6) && is_key(0) && is_number(1) && is_number(3) && is_number(4),
        b"get" | b"gets" => has(1, usize::MAX) && arguments.iter().all(|key| self::is_key(key)),
        b"gat" | b"gats" => has(2, usize::MAX) && is_number(0) && is_key(1),
        b"incr" | b"decr" => has(2, 3) && is_key(0) && is_number(1),
        b"ms" => is_key(0) && is_number(1) && arguments[2..].iter().all(|flag| is_flag(flag)),
        b"mg" | b"md" | b"ma" => is_key(0) && arguments[1..].iter().all(|flag| is_flag(flag)),
        b"mn" | b"version" | b"stats" | b"flush_all" | b"verbosity" | b"delete" | b"touch" => {
            return None;
        }
        _ => false,
    })
}

fn is_key(word: &[u8]) -> bool {
    (1..=KEY).contains(&word.len()) && word.iter().all(|b| *b > b' ' && *b != 0x7f)
}

/// A flag of a meta command: one letter, and behind a capital one a token.
fn is_flag(word: &[u8]) -> bool {
    const ALONE: &[u8] = b"bcfhklpqstvx";
    match word {
        [] => true,
        [letter] => letter.is_ascii_uppercase() || ALONE.contains(letter),
        [letter, token @ ..] => letter.is_ascii_uppercase() && is_key(token),
    }
}

/// A number without sign.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let is_short = (1..=18).contains(&text.len());
    (is_short && text.iter().all(u8::is_ascii_digit))
        .then(|| text.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_follows() {
        let told = |line: &str| {
            let c = read(line.as_bytes());
            let text =
                |t: Option<Vec<u8>>| t.map_or("-".to_owned(), |t| String::from_utf8(t).unwrap());
            format!("{} {} {} {:?} {:?}", text(c.name), text(c.key), c.keys, c.value, c.wants)
        };
        let cases = [
            ("set user:1 0 0 5", "set user:* 1 Some(5) Line"),
            ("set k 0 0 5 noreply", "set k 1 Some(5) Nothing"),
            ("cas k 0 0 5 99", "cas k 1 Some(5) Line"),
            ("get a b c", "get a 3 None Values"),
            ("gat 10 a", "gat a 1 None Values"),
            ("incr n 1", "incr n 1 None Line"),
            ("delete k", "delete k 1 None Line"),
            ("stats items", "stats - 0 None End"),
            ("ms k 4 T0", "ms k 1 Some(4) Meta"),
            ("mg Zm9v b v", "mg * 1 None Meta"),
            ("quit", "quit - 0 None Nothing"),
            ("Password!", "- - 0 None Line"),
        ];
        for (line, want) in cases {
            assert_eq!(told(line), want, "{line}");
        }
        let quiet = read(b"mg k v q Oabc");
        assert_eq!((quiet.is_quiet, quiet.opaque.as_deref()), (true, Some(&b"abc"[..])));
    }

    #[test]
    fn only_what_no_other_protocol_says_is_sure() {
        let sure = [
            "get a",
            "gets a b",
            "set a 0 0 1",
            "incr a 1",
            "mg a v",
            "ms a 2 T0",
            "md a",
            "mg a s v Oq1",
        ];
        assert!(sure.iter().all(|line| is_surely(line.as_bytes()) == Some(true)));
        let not = [
            "get",
            "set a b c d",
            "GET a",
            "get  a",
            "helo a",
            "ms a b",
            "mg",
            "ms a",
            // The end of a tag of HTML.
            "mg src=\"a.gif\" alt=\"b\" border=\"0\"></td>",
        ];
        assert!(not.iter().all(|line| is_surely(line.as_bytes()) == Some(false)));
        assert!(["version", "delete 5"].iter().all(|line| is_surely(line.as_bytes()).is_none()));
    }
}
