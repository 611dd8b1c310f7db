//! What a message says: a command or an answer, whatever the form.
//!
//! Sources: MongoDB's manual, "MongoDB Wire Protocol" and "Legacy Opcodes"; its specifications,
//! "OP_MSG".

use super::bson::{Document, Value};
use super::frame::{Framed, op};
use super::unpack::unpack;
use crate::limits::{MONGODB_FIELD, MONGODB_KEPT};

/// Bits of OP_MSG.
mod flag {
    pub(crate) const CHECKSUM: u32 = 1;
    pub(crate) const MORE_TO_COME: u32 = 2;
}

/// Commands whose value is the name of a collection.
#[rustfmt::skip]
static OF_COLLECTION: &[&str] = &[
    "aggregate", "analyze", "cloneCollectionAsCapped", "collMod", "collStats", "compact",
    "convertToCapped", "count", "create", "createIndexes", "createSearchIndexes", "dataSize",
    "delete", "deleteIndexes", "distinct", "drop", "dropIndexes", "dropSearchIndex", "find",
    "findAndModify", "findandmodify", "geoSearch", "group", "insert", "killCursors", "listIndexes",
    "mapReduce", "mapreduce", "parallelCollectionScan", "planCacheClear", "reIndex", "update",
    "validate",
];

/// How a message is compressed.
static COMPRESSORS: &[&str] = &["noop", "snappy", "zlib", "zstd"];

/// Letters of a command's name at most.
const NAME: usize = 48;

/// A message of a client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Null where the message cannot be read.
    pub(super) method: Option<String>,
    /// `database.collection`, or the database alone.
    pub(super) target: Option<String>,
    /// Documents that it carries.
    pub(super) documents: Option<u64>,
    /// The name of the client's program.
    pub(super) application: Option<String>,
    /// No answer is wanted.
    pub(super) is_silent: bool,
    pub(super) compressor: Option<&'static str>,
    /// What it packs cannot be read.
    pub(super) is_unreadable: bool,
}

/// A message of a server.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Documents of a cursor.
    pub(super) documents: Option<u64>,
    /// Documents that were found, inserted, updated or deleted, and that were changed.
    pub(super) matched: Option<u64>,
    pub(super) modified: Option<u64>,
    pub(super) failed: Option<Failed>,
    /// Writes that failed.
    pub(super) write_errors: Option<u64>,
    /// Another answer follows unasked.
    pub(super) has_more: bool,
    pub(super) is_unreadable: bool,
}

/// Why it failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) code: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) message: Option<String>,
}

/// The form and body of a message, unpacked.
struct Plain<'a> {
    op: u32,
    body: std::borrow::Cow<'a, [u8]>,
    is_cut: bool,
    compressor: Option<&'static str>,
}

/// `None`: what is packed cannot be read.
fn plain(framed: &Framed) -> Option<Plain<'_>> {
    let body = framed.body.as_slice();
    if framed.head.op != op::COMPRESSED {
        let body = body.into();
        return Some(Plain { op: framed.head.op, body, is_cut: framed.is_cut, compressor: None });
    }
    let (head, packed) = body.split_first_chunk::<9>()?;
    let [a, b, c, d, e, f, g, h, compressor] = *head;
    let length = u32::from_le_bytes([e, f, g, h]) as usize;
    let body = unpack(compressor, packed, MONGODB_KEPT.min(length))?;
    let is_cut = body.len() < length;
    let compressor = COMPRESSORS.get(usize::from(compressor)).copied();
    Some(Plain { op: u32::from_le_bytes([a, b, c, d]), body: body.into(), is_cut, compressor })
}

/// Reads a message of a client.
pub(super) fn asked(framed: &Framed) -> Asked {
    let Some(plain) = plain(framed) else {
        return Asked { is_unreadable: true, ..Asked::default() };
    };
    let mut asked = match plain.op {
        op::MSG => modern(&plain.body, plain.is_cut),
        op::QUERY => query(&plain.body),
        _ => legacy(plain.op, &plain.body, plain.is_cut),
    };
    asked.compressor = plain.compressor;
    asked
}

/// The sections of OP_MSG: a document, and sequences of documents of which the number is told;
/// `None`: not all is there.
fn sections(body: &[u8], is_cut: bool) -> Option<(u32, Option<Document<'_>>, Option<u64>)> {
    let (flags, rest) = body.split_first_chunk::<4>()?;
    let flags = u32::from_le_bytes(*flags);
    let has_sum = flags & flag::CHECKSUM != 0 && !is_cut;
    let mut rest = if has_sum { &rest[..rest.len().saturating_sub(4)] } else { rest };
    let (mut document, mut count) = (None, None);
    let mut is_whole = !is_cut;
    while let Some((kind, after)) = rest.split_first() {
        if *kind == 0 {
            let (first, after) = Document::read(after)?;
            document = document.or(Some(first));
            rest = after;
            continue;
        }
        let Some((length, content)) = after.split_first_chunk::<4>().filter(|_| *kind == 1) else {
            break;
        };
        let length = (u32::from_le_bytes(*length) as usize).checked_sub(4)?;
        is_whole &= length <= content.len();
        let (mut content, next) = content.split_at(length.min(content.len()));
        rest = next;
        let end = memchr::memchr(0, content)?;
        if &content[..end] == b"nsInfo" {
            // Of `bulkWrite`: the collections that its operations are for.
            continue;
        }
        content = &content[end + 1..];
        let mut documents = 0;
        while let Some((_, after)) = Document::read(content) {
            (documents, content) = (documents + 1, after);
        }
        count = Some(count.unwrap_or(0) + documents);
    }
    Some((flags, document, count.filter(|_| is_whole)))
}

fn modern(body: &[u8], is_cut: bool) -> Asked {
    let Some((flags, document, in_sequences)) = sections(body, is_cut) else {
        return Asked::default();
    };
    let mut asked = document.map_or(Asked::default(), |document| command(document, None));
    asked.documents = in_sequences.or(asked.documents);
    asked.is_silent = flags & flag::MORE_TO_COME != 0;
    asked
}

/// What a document asks for, of a database that may be said elsewhere.
fn command(document: Document<'_>, database: Option<&[u8]>) -> Asked {
    let Some((name, value)) = document.elements().next() else { return Asked::default() };
    let is_name = (1..=NAME).contains(&name.len()) && name.iter().all(u8::is_ascii_alphanumeric);
    if !is_name {
        return Asked::default();
    }
    let method = String::from_utf8_lossy(name).into_owned();
    let text = |name: &str| match document.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let database = text("$db").or(database);
    let collection = match (value, method.as_str()) {
        (Value::Text(name), method) if OF_COLLECTION.contains(&method) => Some(name),
        (_, "getMore") => text("collection"),
        (Value::Document(inner), "explain") => match inner.elements().next() {
            Some((_, Value::Text(name))) => Some(name),
            _ => None,
        },
        _ => None,
    };
    let lists = ["documents", "updates", "deletes", "ops"];
    let list = lists.iter().find_map(|name| match document.get(name) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    });
    Asked {
        method: Some(method),
        target: target(database, collection),
        documents: list.and_then(Document::len),
        application: application(document),
        ..Asked::default()
    }
}

/// `client.application.name` of a greeting, or the driver's.
fn application(document: Document<'_>) -> Option<String> {
    let Some(Value::Document(client)) = document.get("client") else { return None };
    ["application", "driver"].iter().find_map(|what| match client.get(what) {
        Some(Value::Document(of)) => match of.get("name") {
            Some(Value::Text(name)) => Some(shown(name)),
            _ => None,
        },
        _ => None,
    })
}

fn target(database: Option<&[u8]>, collection: Option<&[u8]>) -> Option<String> {
    match (database, collection) {
        (Some(database), Some(collection)) => {
            Some(format!("{}.{}", shown(database), shown(collection)))
        }
        (one, other) => one.or(other).map(shown),
    }
}

/// OP_QUERY: a command of a database's collection `$cmd`, or a search.
fn query(body: &[u8]) -> Asked {
    let Some((name, rest)) = collection(body) else { return Asked::default() };
    let Some((document, _)) = rest.get(8..).and_then(Document::read) else {
        return Asked { target: Some(shown(name)), ..Asked::default() };
    };
    match name.strip_suffix(b".$cmd") {
        Some(database) => match document.get("$query") {
            Some(Value::Document(inner)) => command(inner, Some(database)),
            _ => command(document, Some(database)),
        },
        None => {
            Asked { method: Some("find".to_owned()), target: Some(shown(name)), ..Asked::default() }
        }
    }
}

/// What older forms ask for.
fn legacy(op: u32, body: &[u8], is_cut: bool) -> Asked {
    let (method, is_silent) = match op {
        op::UPDATE => ("update", true),
        op::INSERT => ("insert", true),
        op::DELETE => ("delete", true),
        op::KILL_CURSORS => ("killCursors", true),
        op::GET_MORE => ("getMore", false),
        _ => return Asked::default(),
    };
    let named = collection(body).filter(|_| op != op::KILL_CURSORS);
    let mut documents = None;
    if let Some((_, mut rest)) = named.filter(|_| op == op::INSERT && !is_cut) {
        let mut count = 0;
        while let Some((_, after)) = Document::read(rest) {
            (count, rest) = (count + 1, after);
        }
        documents = Some(count);
    }
    let target = named.map(|(name, _)| shown(name));
    Asked { method: Some(method.to_owned()), target, documents, is_silent, ..Asked::default() }
}

/// The collection's full name behind four bytes, and what follows it.
fn collection(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = body.get(4..)?;
    let end = memchr::memchr(0, rest)?;
    Some((&rest[..end], &rest[end + 1..]))
}

/// Reads a message of a server.
pub(super) fn said(framed: &Framed) -> Said {
    let Some(plain) = plain(framed) else {
        return Said { is_unreadable: true, ..Said::default() };
    };
    match plain.op {
        op::MSG => {
            let Some((flags, document, _)) = sections(&plain.body, plain.is_cut) else {
                return Said::default();
            };
            let mut said = document.map_or(Said::default(), outcome);
            said.has_more = flags & flag::MORE_TO_COME != 0;
            said
        }
        op::REPLY => reply(&plain.body),
        _ => Said::default(),
    }
}

/// OP_REPLY: flags, a cursor, where it is, how many documents follow, and these.
fn reply(body: &[u8]) -> Said {
    const FIXED: usize = 20;
    const CURSOR_NOT_FOUND: u8 = 1;
    let (Some(fixed), documents) = (body.get(..FIXED), body.get(FIXED..).unwrap_or_default())
    else {
        return Said::default();
    };
    let count = u64::from(u32::from_le_bytes([fixed[16], fixed[17], fixed[18], fixed[19]]));
    let mut said = match Document::read(documents) {
        Some((first, _)) if count == 1 => outcome(first),
        _ => Said::default(),
    };
    if fixed[0] & CURSOR_NOT_FOUND != 0 {
        said.failed.get_or_insert(Failed { code: Some(43), ..Failed::default() });
    }
    // Of an answer to a command the document is the outcome, and not what was found.
    let is_outcome = said.documents.is_some() || said.matched.is_some();
    said.documents = said.documents.or((!is_outcome).then_some(count));
    said
}

/// What an answer's document says.
fn outcome(document: Document<'_>) -> Said {
    let mut said = Said::default();
    let mut is_failed = false;
    let mut failed = Failed::default();
    for (name, value) in document.elements() {
        match (name, value) {
            (b"ok", value) => is_failed |= value.number() == Some(0.0),
            (b"code", value) => failed.code = value.count(),
            (b"codeName", Value::Text(name)) => failed.name = Some(shown(name)),
            (b"errmsg" | b"$err" | b"err", Value::Text(text)) => {
                failed.message = Some(shown(text));
                is_failed |= name != b"errmsg";
            }
            (b"n", value) => said.matched = value.count(),
            (b"nModified", value) => said.modified = value.count(),
            (b"cursor", Value::Document(cursor)) => {
                said.documents = cursor.elements().find_map(|known| match known {
                    (b"firstBatch" | b"nextBatch", Value::Array(batch)) => batch.len(),
                    _ => None,
                });
            }
            (b"writeErrors", Value::Array(errors)) => {
                said.write_errors = errors.len();
                if let Some((_, Value::Document(first))) = errors.elements().next() {
                    is_failed = true;
                    failed.code = first.get("code").and_then(Value::count);
                    failed.message = match first.get("errmsg") {
                        Some(Value::Text(text)) => Some(shown(text)),
                        _ => None,
                    };
                }
            }
            _ => {}
        }
    }
    said.failed = is_failed.then_some(failed);
    said
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(MONGODB_FIELD)]).into_owned()
}
