//! What a client's command asks for, and how it is answered.
//!
//! Source: MySQL's internals, "Command Phase"; MariaDB's knowledge base, "2 - Text Protocol" and
//! "3 - Binary Protocol".

use super::greeting::can;
use super::read::Reader;

/// How a command is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Not at all.
    Nothing,
    /// A talk about who it is.
    Login,
    /// OK, an error, or the end of nothing.
    Outcome,
    /// The same, a request for a file, or rows behind their columns.
    Result,
    /// Rows.
    Rows,
    /// Columns without their number.
    Columns,
    /// What was prepared, with its parameters and columns.
    Prepared,
    /// A line of text.
    Text,
    /// No end of it.
    Stream,
}

#[rustfmt::skip]
static COMMANDS: &[(u8, &str, Shape)] = &[
    (0x01, "QUIT", Shape::Nothing), (0x02, "INIT_DB", Shape::Outcome),
    (0x03, "QUERY", Shape::Result), (0x04, "FIELD_LIST", Shape::Columns),
    (0x05, "CREATE_DB", Shape::Outcome), (0x06, "DROP_DB", Shape::Outcome),
    (0x07, "REFRESH", Shape::Outcome), (0x08, "SHUTDOWN", Shape::Outcome),
    (0x09, "STATISTICS", Shape::Text), (0x0a, "PROCESS_INFO", Shape::Result),
    (0x0c, "PROCESS_KILL", Shape::Outcome), (0x0d, "DEBUG", Shape::Outcome),
    (0x0e, "PING", Shape::Outcome), (0x11, "CHANGE_USER", Shape::Login),
    (0x12, "BINLOG_DUMP", Shape::Stream), (0x13, "TABLE_DUMP", Shape::Stream),
    (0x15, "REGISTER_SLAVE", Shape::Outcome), (0x16, "STMT_PREPARE", Shape::Prepared),
    (0x17, "STMT_EXECUTE", Shape::Result), (0x18, "STMT_SEND_LONG_DATA", Shape::Nothing),
    (0x19, "STMT_CLOSE", Shape::Nothing), (0x1a, "STMT_RESET", Shape::Outcome),
    (0x1b, "SET_OPTION", Shape::Outcome), (0x1c, "STMT_FETCH", Shape::Rows),
    (0x1e, "BINLOG_DUMP_GTID", Shape::Stream), (0x1f, "RESET_CONNECTION", Shape::Outcome),
    (0x20, "CLONE", Shape::Stream), (0x21, "SUBSCRIBE_GROUP_REPLICATION_STREAM", Shape::Stream),
    (0xfa, "STMT_BULK_EXECUTE", Shape::Result),
];

/// First bytes of commands with a statement.
pub(super) const QUERY: u8 = 0x03;
pub(super) const PREPARE: u8 = 0x16;
pub(super) const EXECUTE: u8 = 0x17;

/// A command of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// Without `COM_`.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) about: Option<About<'a>>,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About<'a> {
    Query(&'a [u8]),
    Prepare(&'a [u8]),
    /// A statement by its number.
    Execute(u32),
    LongData(u32),
    Forget(u32),
    OfStatement(u32),
    ChangeUser(&'a [u8]),
    UseDatabase(&'a [u8]),
    /// A table or database.
    Named(&'a [u8]),
}

/// Whether a byte begins a command.
pub(super) fn is_known(first: u8) -> bool {
    COMMANDS.iter().any(|known| known.0 == first)
}

impl<'a> Command<'a> {
    /// Reads a command on a connection where both sides `can` that, if it is known. `is_whole`: no
    /// bytes of the body were lost.
    pub(super) fn read(body: &'a [u8], can: Option<u64>, is_whole: bool) -> Option<Self> {
        let (first, rest) = body.split_first()?;
        let (_, name, shape) = *COMMANDS.iter().find(|known| known.0 == *first)?;
        let number = || Reader(rest).u32();
        let about = match name {
            _ if !is_whole => None,
            "QUERY" => query(rest, can).map(About::Query),
            "STMT_PREPARE" => Some(About::Prepare(rest)),
            "STMT_EXECUTE" | "STMT_BULK_EXECUTE" => number().map(About::Execute),
            "STMT_SEND_LONG_DATA" => number().map(About::LongData),
            "STMT_CLOSE" => number().map(About::Forget),
            "STMT_RESET" | "STMT_FETCH" => number().map(About::OfStatement),
            "CHANGE_USER" => Some(About::ChangeUser(rest)),
            "INIT_DB" => Some(About::UseDatabase(rest)),
            "FIELD_LIST" => Some(About::Named(Reader(rest).string())),
            "CREATE_DB" | "DROP_DB" => Some(About::Named(rest)),
            _ => None,
        };
        Some(Self { name, shape, about })
    }
}

/// The text of a query behind its attributes.
pub(super) fn query(rest: &[u8], can: Option<u64>) -> Option<&[u8]> {
    let has_attributes = match can {
        Some(can) => can & can::QUERY_ATTRIBUTES != 0,
        // No statement begins like that.
        None => matches!(rest, [0..=8, ..]),
    };
    if has_attributes { behind_attributes(rest) } else { Some(rest) }
}

fn behind_attributes(rest: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(rest);
    let count = usize::try_from(reader.number()?).ok()?;
    let _sets = reader.number()?;
    if count == 0 {
        return Some(reader.0);
    }
    let nulls = reader.take(count.checked_add(7)? / 8)?;
    if reader.byte()? != 1 {
        return None;
    }
    let mut kinds = Vec::new();
    for _ in 0..count {
        kinds.push(reader.u16()?);
        reader.text()?;
    }
    for (at, kind) in kinds.into_iter().enumerate() {
        if nulls[at / 8] >> (at % 8) & 1 == 0 {
            pass_value(&mut reader, kind as u8)?;
        }
    }
    Some(reader.0)
}

/// Passes over a value of a type.
fn pass_value(reader: &mut Reader<'_>, kind: u8) -> Option<()> {
    let len = match kind {
        1 => 1,
        2 | 13 => 2,
        3 | 4 | 9 => 4,
        5 | 8 => 8,
        6 => 0,
        7 | 10 | 11 | 12 => usize::from(reader.byte()?),
        _ => return reader.text().map(drop),
    };
    reader.take(len).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_query_is_behind_its_attributes() {
        let with = Some(can::QUERY_ATTRIBUTES);
        let long = b"\x02\x01\x00\x01\xfd\x00\x01a\x08\x00\x01b\x03oneAAAAAAAASELECT 1";
        type Case<'a> = (&'a [u8], Option<u64>, Option<&'a [u8]>);
        let cases: [Case<'_>; 6] = [
            (b"SELECT 1", Some(0), Some(b"SELECT 1")),
            (b"SELECT 1", None, Some(b"SELECT 1")),
            (b"\x00\x01SELECT 1", with, Some(b"SELECT 1")),
            (b"\x00\x01SELECT 1", None, Some(b"SELECT 1")),
            (long, with, Some(b"SELECT 1")),
            (b"\x01\x01\x00\x01\xfd\x00\x00\x09one", with, None),
        ];
        for (body, can, want) in cases {
            assert_eq!(query(body, can), want, "{}", body.escape_ascii());
        }
    }
}
