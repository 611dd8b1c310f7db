//! What a command is called, and what it is about.
//!
//! Source: the command reference, <https://redis.io/docs/latest/commands/>.

use crate::proto::keys;

/// Every command of Redis 8 and Valkey 8, to know one by its bytes. Those of modules have a dot in
/// their name (`JSON.GET`).
#[rustfmt::skip]
static COMMANDS: &[&str] = &[
    "ACL", "APPEND", "ASKING", "AUTH", "BGREWRITEAOF", "BGSAVE", "BITCOUNT", "BITFIELD", "BITFIELD_RO",
    "BITOP", "BITPOS", "BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX",
    "BZPOPMIN", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "COPY", "DBSIZE", "DEBUG", "DECR", "DECRBY",
    "DEL", "DELEX", "DIGEST", "DISCARD", "DUMP", "ECHO", "EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO",
    "EXEC", "EXISTS", "EXPIRE", "EXPIREAT", "EXPIRETIME", "FAILOVER", "FCALL", "FCALL_RO", "FLUSHALL",
    "FLUSHDB", "FUNCTION", "GEOADD", "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUS",
    "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH", "GEOSEARCHSTORE",
    "GET", "GETBIT", "GETDEL", "GETEX", "GETRANGE", "GETSET", "HDEL", "HELLO", "HEXISTS", "HEXPIRE",
    "HEXPIREAT", "HEXPIRETIME", "HGET", "HGETALL", "HGETDEL", "HGETEX", "HINCRBY", "HINCRBYFLOAT",
    "HKEYS", "HLEN", "HMGET", "HMSET", "HPERSIST", "HPEXPIRE", "HPEXPIREAT", "HPEXPIRETIME", "HPTTL",
    "HRANDFIELD", "HSCAN", "HSET", "HSETEX", "HSETNX", "HSTRLEN", "HTTL", "HVALS", "INCR", "INCRBY",
    "INCRBYFLOAT", "INFO", "KEYS", "LASTSAVE", "LATENCY", "LCS", "LINDEX", "LINSERT", "LLEN", "LMOVE",
    "LMPOP", "LOLWUT", "LPOP", "LPOS", "LPUSH", "LPUSHX", "LRANGE", "LREM", "LSET", "LTRIM", "MEMORY",
    "MGET", "MIGRATE", "MODULE", "MONITOR", "MOVE", "MSET", "MSETEX", "MSETNX", "MULTI", "OBJECT",
    "PERSIST", "PEXPIRE", "PEXPIREAT", "PEXPIRETIME", "PFADD", "PFCOUNT", "PFDEBUG", "PFMERGE",
    "PFSELFTEST", "PING", "PSETEX", "PSUBSCRIBE", "PSYNC", "PTTL", "PUBLISH", "PUBSUB",
    "PUNSUBSCRIBE", "QUIT", "RANDOMKEY", "READONLY", "READWRITE", "RENAME", "RENAMENX", "REPLCONF",
    "REPLICAOF", "RESET", "RESTORE", "RESTORE-ASKING", "ROLE", "RPOP", "RPOPLPUSH", "RPUSH",
    "RPUSHX", "SADD", "SAVE", "SCAN", "SCARD", "SCRIPT", "SDIFF", "SDIFFSTORE", "SELECT", "SENTINEL",
    "SET", "SETBIT", "SETEX", "SETNX", "SETRANGE", "SHUTDOWN", "SINTER", "SINTERCARD", "SINTERSTORE",
    "SISMEMBER", "SLAVEOF", "SLOWLOG", "SMEMBERS", "SMISMEMBER", "SMOVE", "SORT", "SORT_RO", "SPOP",
    "SPUBLISH", "SRANDMEMBER", "SREM", "SSCAN", "SSUBSCRIBE", "STRLEN", "SUBSCRIBE", "SUBSTR",
    "SUNION", "SUNIONSTORE", "SUNSUBSCRIBE", "SWAPDB", "SYNC", "TIME", "TOUCH", "TTL", "TYPE",
    "UNLINK", "UNSUBSCRIBE", "UNWATCH", "WAIT", "WAITAOF", "WATCH", "XACK", "XACKDEL", "XADD",
    "XAUTOCLAIM", "XCLAIM", "XDEL", "XDELEX", "XGROUP", "XINFO", "XLEN", "XPENDING", "XRANGE",
    "XREAD", "XREADGROUP", "XREVRANGE", "XSETID", "XTRIM", "ZADD", "ZCARD", "ZCOUNT", "ZDIFF",
    "ZDIFFSTORE", "ZINCRBY", "ZINTER", "ZINTERCARD", "ZINTERSTORE", "ZLEXCOUNT", "ZMPOP", "ZMSCORE",
    "ZPOPMAX", "ZPOPMIN", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANGESTORE",
    "ZRANK", "ZREM", "ZREMRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREVRANGE",
    "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE", "ZUNION", "ZUNIONSTORE",
];

/// Commands whose second word is a part of their name.
#[rustfmt::skip]
static CONTAINERS: &[&str] = &[
    "ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY",
    "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
];

/// Those of them that are about a key, channel or parameter.
#[rustfmt::skip]
static CONTAINERS_WITH_KEY: &[&str] = &[
    "CONFIG GET", "CONFIG SET", "MEMORY USAGE", "OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME",
    "OBJECT REFCOUNT", "PUBSUB CHANNELS", "PUBSUB NUMSUB", "PUBSUB SHARDCHANNELS",
    "PUBSUB SHARDNUMSUB", "XGROUP CREATE", "XGROUP CREATECONSUMER", "XGROUP DELCONSUMER",
    "XGROUP DESTROY", "XGROUP SETID", "XINFO CONSUMERS", "XINFO GROUPS", "XINFO STREAM",
];

/// Commands that are about no key or channel.
#[rustfmt::skip]
static WITHOUT_KEY: &[&str] = &[
    "ASKING", "AUTH", "BGREWRITEAOF", "BGSAVE", "DBSIZE", "DISCARD", "ECHO", "EXEC", "FAILOVER",
    "FLUSHALL", "FLUSHDB", "HELLO", "INFO", "LASTSAVE", "LOLWUT", "MONITOR", "MULTI", "PING", "PSYNC",
    "QUIT", "RANDOMKEY", "READONLY", "READWRITE", "REPLCONF", "REPLICAOF", "RESET", "ROLE", "SAVE",
    "SCAN", "SELECT", "SHUTDOWN", "SLAVEOF", "SWAPDB", "SYNC", "TIME", "UNWATCH", "WAIT", "WAITAOF",
];

/// Letters of the longest name that is taken for one.
pub(super) const NAME: usize = 32;

/// What a connection does from a command on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Effect {
    #[default]
    None,
    /// (P, S)SUBSCRIBE: an answer for each channel, and messages unasked.
    Subscribe(usize),
    /// (P, S)UNSUBSCRIBE: an answer for each channel, or for all that are subscribed to.
    Unsubscribe(usize),
    /// Every command that the server runs is told.
    Monitor,
    /// The server's data follow: from here on it is not a conversation.
    Replicate,
    /// How far a replica is, which is not answered: it is no conversation.
    Replicated,
    /// CLIENT REPLY.
    Reply(Replies),
    /// The answers to the commands of a transaction are within the answer to this.
    Execute,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Replies {
    /// Every command.
    #[default]
    All,
    /// All but the next command.
    AllButNext,
    /// None.
    None,
}

/// A command as it is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// `None`: the first word is no name.
    pub(super) name: Option<Vec<u8>>,
    /// The grouping form of its first key, its channel, or what else it is about.
    pub(super) target: Option<Vec<u8>>,
    pub(super) effect: Effect,
    /// Its arguments hold a password.
    pub(super) is_secret: bool,
    /// Its answer may hold one.
    pub(super) hides_answer: bool,
}

/// Whether a word is the name of a command, in letters of any case.
pub(super) fn is_name(word: &[u8]) -> bool {
    let name = word.to_ascii_uppercase();
    let is_of_module = || {
        let (begin, end) = (name.first(), name.last());
        let is_letters = name.iter().all(|b| b.is_ascii_uppercase() || *b == b'.');
        is_letters && name.contains(&b'.') && begin != Some(&b'.') && end != Some(&b'.')
    };
    name.len() <= NAME && (is_in(COMMANDS, &name) || is_of_module())
}

fn is_in(names: &[&str], name: &[u8]) -> bool {
    names.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
}

/// Reads a command from its words, of which there are `len`; `None` without any.
pub(super) fn read(words: &[Vec<u8>], len: u64) -> Option<Command> {
    let first = words.first()?;
    let is_plain = |word: &[u8]| {
        let is_letter = |b: &u8| b.is_ascii_alphanumeric() || b"._|-".contains(b);
        (1..=NAME).contains(&word.len()) && word.iter().all(is_letter)
    };
    if !is_plain(first) {
        return Some(Command::default());
    }
    let mut name = first.to_ascii_uppercase();
    let mut key = Some(1);
    if is_in(CONTAINERS, &name) {
        if let Some(second) = words.get(1).filter(|second| is_plain(second)) {
            name.push(b' ');
            name.extend(second.to_ascii_uppercase());
        }
        key = is_in(CONTAINERS_WITH_KEY, &name).then_some(2);
    }
    let key = key.and_then(|first| key_at(&name, first, words));
    let target = key.and_then(|at| words.get(at)).map(|key| keys::pattern(key));
    let (is_secret, hides_answer) = (is_secret(&name, words), hides_answer(&name, words));
    let effect = effect(&name, words, len);
    Some(Command { name: Some(name), target, effect, is_secret, hides_answer })
}

fn effect(name: &[u8], words: &[Vec<u8>], len: u64) -> Effect {
    let given = usize::try_from(len).unwrap_or(usize::MAX).saturating_sub(1);
    let second = words.get(1).map(|word| word.to_ascii_uppercase());
    match (name, second.as_deref(), words.get(2).map(|word| word.to_ascii_uppercase()).as_deref()) {
        (b"SUBSCRIBE" | b"PSUBSCRIBE" | b"SSUBSCRIBE", ..) => Effect::Subscribe(given),
        (b"UNSUBSCRIBE" | b"PUNSUBSCRIBE" | b"SUNSUBSCRIBE", ..) => Effect::Unsubscribe(given),
        (b"MONITOR", ..) => Effect::Monitor,
        (b"SYNC" | b"PSYNC", ..) => Effect::Replicate,
        (b"REPLCONF", Some(b"ACK"), _) => Effect::Replicated,
        (b"CLIENT REPLY", _, Some(b"ON")) => Effect::Reply(Replies::All),
        (b"CLIENT REPLY", _, Some(b"OFF")) => Effect::Reply(Replies::None),
        (b"CLIENT REPLY", _, Some(b"SKIP")) => Effect::Reply(Replies::AllButNext),
        (b"EXEC", ..) => Effect::Execute,
        _ => Effect::None,
    }
}

/// Index of the first key among the words.
fn key_at(name: &[u8], first: usize, words: &[Vec<u8>]) -> Option<usize> {
    let has_keys = |count: usize| words.get(count).is_some_and(|text| text != b"0");
    match name {
        b"EVAL" | b"EVALSHA" | b"EVAL_RO" | b"EVALSHA_RO" | b"FCALL" | b"FCALL_RO" => {
            has_keys(2).then_some(3)
        }
        b"XREAD" | b"XREADGROUP" => {
            words.iter().position(|word| word.eq_ignore_ascii_case(b"STREAMS")).map(|at| at + 1)
        }
        b"BITOP" => Some(2),
        b"MIGRATE" => Some(3),
        b"ZMPOP" | b"LMPOP" | b"SINTERCARD" | b"ZINTERCARD" | b"ZUNION" | b"ZINTER" | b"ZDIFF"
        | b"MSETEX" => Some(2),
        b"BZMPOP" | b"BLMPOP" => Some(3),
        name if is_in(WITHOUT_KEY, name) => None,
        _ => Some(first),
    }
}

/// Parameters that are passwords.
const PASSWORDS: &[&str] = &[
    "auth-pass",
    "masterauth",
    "primaryauth",
    "requirepass",
    "sentinel-pass",
    "tls-client-key-file-pass",
    "tls-key-file-pass",
];

/// Whether passwords may be among the values of the answer.
fn hides_answer(name: &[u8], words: &[Vec<u8>]) -> bool {
    let may_be = |word: &Vec<u8>| word.iter().any(|b| b"*?[".contains(b)) || is_password(word);
    match name {
        b"CONFIG GET" | b"SENTINEL CONFIG" => words[2..].iter().any(may_be),
        b"ACL GENPASS" => true,
        _ => false,
    }
}

fn is_password(parameter: &[u8]) -> bool {
    PASSWORDS.iter().any(|known| parameter.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether a password is among the arguments.
fn is_secret(name: &[u8], words: &[Vec<u8>]) -> bool {
    let has = |text: &[u8]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    match name {
        b"AUTH" | b"ACL SETUSER" => true,
        b"HELLO" | b"MIGRATE" => has(b"AUTH") || has(b"AUTH2"),
        b"CONFIG SET" | b"SENTINEL SET" | b"SENTINEL CONFIG" => {
            words.iter().any(|word| is_password(word))
        }
        _ => false,
    }
}

/// The code that begins an error answer, as one of those that the server documents.
pub(super) fn error_code(text: &[u8]) -> &'static str {
    #[rustfmt::skip]
    const CODES: &[&str] = &[
        "ASK", "BUSY", "BUSYGROUP", "BUSYKEY", "CLUSTERDOWN", "CROSSSLOT", "DENIED", "ERR",
        "EXECABORT", "INPROG", "INVALIDOBJ", "IOERR", "LOADING", "MASTERDOWN", "MISCONF", "MOVED",
        "NOADDR", "NOAUTH", "NOGOODSLAVE", "NOGROUP", "NOMASTERLINK", "NOPERM", "NOPROTO", "NOQUORUM",
        "NOREPLICAS", "NOSCRIPT", "NOTBUSY", "NOTREADY", "OOM", "READONLY", "TRYAGAIN", "UNBLOCKED",
        "UNKILLABLE", "WRONGPASS", "WRONGTYPE",
    ];
    let word = text.split(|&b| b == b' ').next().unwrap_or_default();
    CODES.iter().find(|code| code.as_bytes() == word).copied().unwrap_or("error answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> (String, Option<String>, bool) {
        let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let command = read(&words, words.len() as u64).expect("there is a word");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it was text");
        let name = command.name.map_or("-".to_owned(), text);
        (name, command.target.map(text), command.is_secret)
    }

    #[test]
    fn commands_are_told_by_name_and_key() {
        let cases = [
            ("get a", "GET", Some("a"), false),
            ("get user:17", "GET", Some("user:*"), false),
            ("PING", "PING", None, false),
            ("config get maxmemory", "CONFIG GET", Some("maxmemory"), false),
            ("CONFIG SET requirepass x", "CONFIG SET", Some("requirepass"), true),
            ("SCRIPT LOAD return", "SCRIPT LOAD", None, false),
            ("AUTH x", "AUTH", None, true),
            ("HELLO 3", "HELLO", None, false),
            ("HELLO 3 AUTH u p", "HELLO", None, true),
            ("EVAL script 1 k v", "EVAL", Some("k"), false),
            ("EVAL script 0 v", "EVAL", None, false),
            ("XREAD COUNT 2 STREAMS s 0", "XREAD", Some("s"), false),
            ("PUBLISH c m", "PUBLISH", Some("c"), false),
            ("BITOP AND to a b", "BITOP", Some("to"), false),
            ("JSON.GET doc $", "JSON.GET", Some("doc"), false),
            ("MSETEX 1 k v", "MSETEX", Some("k"), false),
            ("SENTINEL SET m auth-pass x", "SENTINEL SET", None, true),
            ("pass\u{1}word", "-", None, false),
        ];
        for (line, name, target, secret) in cases {
            assert_eq!(told(line), (name.to_owned(), target.map(str::to_owned), secret), "{line}");
        }
    }

    #[test]
    fn lists_are_in_order_so_that_names_are_found() {
        for list in [COMMANDS, CONTAINERS, CONTAINERS_WITH_KEY, WITHOUT_KEY] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|name| is_in(list, name.as_bytes())));
        }
        assert!(is_name(b"zscore") && is_name(b"Acl") && is_name(b"ft.search"));
        assert!(!is_name(b"message") && !is_name(b"1.5") && !is_name(b""));
    }

    #[test]
    fn errors_are_told_by_their_code() {
        assert_eq!(error_code(b"WRONGTYPE Operation against a key"), "WRONGTYPE");
        assert_eq!(error_code(b"ERR"), "ERR");
        assert_eq!(error_code(b"whatever a script says"), "error answer");
    }
}
