//! What the numbers of the binary protocol stand for.
//!
//! Source: the Memcached wiki, "BinaryProtocolRevamped"; of Couchbase, which begins connections with
//! commands of its own and goes on with these, `docs/BinaryProtocol.md` of its `kv_engine`.

/// What a command is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opcode {
    pub(super) name: &'static str,
    /// Bytes of extras that a request has.
    extras: &'static [u8],
    has_key: bool,
    /// Its ordinary answer does not come.
    pub(super) is_quiet: bool,
}

const fn opcode(
    name: &'static str,
    extras: &'static [u8],
    has_key: bool,
    is_quiet: bool,
) -> Opcode {
    Opcode { name, extras, has_key, is_quiet }
}

/// The command with a number.
pub(super) fn named(code: u8) -> Option<&'static Opcode> {
    let at = OPCODES.binary_search_by_key(&code, |(known, _)| *known).ok()?;
    Some(&OPCODES[at].1)
}

impl Opcode {
    /// Whether a request for this may be built so.
    pub(super) fn fits(&self, extras: u8, key: u16) -> bool {
        self.extras.contains(&extras) && (key > 0) == self.has_key
    }

    /// Whether it asks for a value.
    pub(super) fn reads(&self) -> bool {
        matches!(self.name, "get" | "getq" | "getk" | "getkq" | "gat" | "gatq" | "gatk" | "gatkq")
    }

    /// Whether an answer repeats the key.
    pub(super) fn repeats_key(&self) -> bool {
        matches!(self.name, "getk" | "getkq" | "gatk" | "gatkq")
    }

    /// Whether answers come until an empty one.
    pub(super) fn has_many_answers(&self) -> bool {
        self.name == "stat"
    }
}

#[rustfmt::skip]
static OPCODES: &[(u8, Opcode)] = &[
    (0x00, opcode("get", &[0], true, false)), (0x01, opcode("set", &[8], true, false)),
    (0x02, opcode("add", &[8], true, false)), (0x03, opcode("replace", &[8], true, false)),
    (0x04, opcode("delete", &[0], true, false)), (0x05, opcode("incr", &[20], true, false)),
    (0x06, opcode("decr", &[20], true, false)), (0x07, opcode("quit", &[0], false, false)),
    (0x08, opcode("flush", &[0, 4], false, false)), (0x09, opcode("getq", &[0], true, true)),
    (0x0a, opcode("noop", &[0], false, false)), (0x0b, opcode("version", &[0], false, false)),
    (0x0c, opcode("getk", &[0], true, false)), (0x0d, opcode("getkq", &[0], true, true)),
    (0x0e, opcode("append", &[0], true, false)), (0x0f, opcode("prepend", &[0], true, false)),
    (0x10, opcode("stat", &[0], false, false)), (0x11, opcode("setq", &[8], true, true)),
    (0x12, opcode("addq", &[8], true, true)), (0x13, opcode("replaceq", &[8], true, true)),
    (0x14, opcode("deleteq", &[0], true, true)), (0x15, opcode("incrq", &[20], true, true)),
    (0x16, opcode("decrq", &[20], true, true)), (0x17, opcode("quitq", &[0], false, true)),
    (0x18, opcode("flushq", &[0, 4], false, true)), (0x19, opcode("appendq", &[0], true, true)),
    (0x1a, opcode("prependq", &[0], true, true)), (0x1b, opcode("verbosity", &[4], false, false)),
    (0x1c, opcode("touch", &[4], true, false)), (0x1d, opcode("gat", &[4], true, false)),
    (0x1e, opcode("gatq", &[4], true, true)), (0x1f, opcode("hello", &[0], true, false)),
    (0x20, opcode("sasl_list_mechs", &[0], false, false)),
    (0x21, opcode("sasl_auth", &[0], true, false)), (0x22, opcode("sasl_step", &[0], true, false)),
    (0x23, opcode("gatk", &[4], true, false)), (0x24, opcode("gatkq", &[4], true, true)),
    (0x83, opcode("get_replica", &[0], true, false)),
    (0x89, opcode("select_bucket", &[0], true, false)),
    (0x94, opcode("get_locked", &[0, 4], true, false)),
    (0x95, opcode("unlock_key", &[0], true, false)),
    (0xb5, opcode("get_cluster_config", &[0], false, false)),
    (0xfe, opcode("get_error_map", &[0], false, false)),
];

/// What a status says, and whether it is an error.
pub(super) fn status(code: u16) -> (&'static str, bool) {
    match code {
        0x00 => ("ok", false),
        0x01 => ("key not found", false),
        0x02 => ("key exists", false),
        0x03 => ("value too large", true),
        0x04 => ("invalid arguments", true),
        0x05 => ("item not stored", false),
        0x06 => ("value not numeric", true),
        0x07 => ("wrong vbucket server", true),
        0x08 | 0x20 => ("authentication error", true),
        0x09 | 0x21 => ("authentication continues", false),
        0x81 => ("unknown command", true),
        0x82 => ("out of memory", true),
        0x83 => ("not supported", true),
        0x84 => ("internal error", true),
        0x85 => ("busy", true),
        0x86 => ("temporary failure", true),
        _ => ("status that is not assigned", true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_their_numbers() {
        assert!(OPCODES.is_sorted_by_key(|(code, _)| *code));
        assert_eq!(named(0x1d).map(|opcode| opcode.name), Some("gat"));
        assert_eq!(named(0x1f).map(|opcode| opcode.name), Some("hello"));
        assert_eq!(named(0x25), None);
        assert!(named(1).is_some_and(|set| set.fits(8, 3) && !set.fits(0, 3) && !set.fits(8, 0)));
    }
}
