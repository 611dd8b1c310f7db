//! Dialogues: what both sides said, and the exchanges that come of it.

use super::frame::{HEADER, op};
use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};

/// A document of elements.
fn document(elements: &[Vec<u8>]) -> Vec<u8> {
    let inner = elements.concat();
    [&(inner.len() as u32 + 5).to_le_bytes()[..], &inner, b"\0"].concat()
}

fn element(kind: u8, name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    [&[kind][..], name.as_bytes(), b"\0", value.as_ref()].concat()
}

fn string(name: &str, text: &str) -> Vec<u8> {
    let value = [&(text.len() as u32 + 1).to_le_bytes()[..], text.as_bytes(), b"\0"].concat();
    element(2, name, value)
}

fn int(name: &str, number: i32) -> Vec<u8> {
    element(0x10, name, number.to_le_bytes())
}

fn message(number: u32, answers: u32, op: u32, body: &[u8]) -> Vec<u8> {
    let head = [(body.len() + HEADER) as u32, number, answers, op];
    [head.map(u32::to_le_bytes).concat().as_slice(), body].concat()
}

fn msg(number: u32, answers: u32, flags: u32, elements: &[Vec<u8>]) -> Vec<u8> {
    let body = [&flags.to_le_bytes()[..], &[0], &document(elements)].concat();
    message(number, answers, op::MSG, &body)
}

fn find(number: u32) -> Vec<u8> {
    let filter = document(&[string("name", "secret")]);
    msg(
        number,
        0,
        0,
        &[string("find", "users"), element(3, "filter", filter), string("$db", "shop")],
    )
}

fn found(number: u32, answers: u32) -> Vec<u8> {
    let one = document(&[string("name", "secret")]);
    let batch = document(&[element(3, "0", &one), element(3, "1", &one)]);
    let cursor = document(&[element(4, "firstBatch", batch), string("ns", "shop.users")]);
    msg(number, answers, 0, &[element(3, "cursor", cursor), element(1, "ok", 1f64.to_le_bytes())])
}

fn play(acts: &[Act], piece: usize) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Mongodb::default(), acts, piece)
}

/// `method | target | error | completeness`.
fn brief(e: &Exchange) -> String {
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    format!("{method} | {target} | {error} | {}", e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Mongodb::default, acts, brief)
}

/// Of `bulkWrite` one sequence has the operations, and another the collections that they are for.
#[test]
fn collections_of_a_bulk_write_are_no_documents() {
    let sequence = |name: &str, documents: &[Vec<u8>]| {
        let content = [name.as_bytes(), b"\0", &documents.concat()].concat();
        [&[1][..], &(content.len() as u32 + 4).to_le_bytes(), &content].concat()
    };
    let operation = document(&[int("insert", 0)]);
    let body = [
        vec![0; 5],
        document(&[int("bulkWrite", 1), string("$db", "admin")]),
        sequence("ops", &[operation.clone(), operation]),
        sequence("nsInfo", &[document(&[string("ns", "shop.users")])]),
    ];
    let (got, _) = play(&[says(C, message(1, 0, op::MSG, &body.concat()))], usize::MAX);
    assert_eq!(detail(&got[0], "documents_sent"), "2");
}

#[test]
fn commands_are_told_with_their_answers() {
    let failed = [
        int("ok", 0),
        int("code", 26),
        string("codeName", "NamespaceNotFound"),
        string("errmsg", "ns secret"),
    ];
    let duplicate = document(&[element(
        3,
        "0",
        document(&[int("code", 11000), string("errmsg", "dup secret")]),
    )]);
    let sequence =
        [&b"documents\0"[..], &document(&[int("a", 1)]), &document(&[int("a", 2)])].concat();
    let insert = [
        &[0, 0, 0, 0, 0][..],
        &document(&[string("insert", "users"), string("$db", "shop")]),
        &[1],
        &(sequence.len() as u32 + 4).to_le_bytes(),
        &sequence,
    ]
    .concat();
    let more = [
        element(0x12, "getMore", 7u64.to_le_bytes()),
        string("collection", "users"),
        string("$db", "shop"),
    ];
    let acts = [
        says(C, find(1)),
        says(S, found(101, 1)),
        says(C, message(2, 0, op::MSG, &insert)),
        says(S, msg(102, 2, 0, &[int("n", 1), element(4, "writeErrors", duplicate), int("ok", 1)])),
        says(C, msg(3, 0, 0, &[string("drop", "none"), string("$db", "shop")])),
        says(S, msg(103, 3, 0, &failed)),
        says(C, msg(4, 0, 0, &more)),
        says(S, found(104, 4)),
        says(C, msg(5, 0, 0, &[string("createUser", "secret"), string("$db", "admin")])),
        says(S, msg(105, 5, 0, &[int("ok", 1)])),
        says(C, msg(6, 0, 2, &[string("insert", "log"), string("$db", "shop")])),
    ];
    let rows = [
        "find | shop.users | - | complete",
        "insert | shop.users | DuplicateKey | complete",
        "drop | shop.none | NamespaceNotFound | complete",
        "getMore | shop.users | - | complete",
        "createUser | admin | - | complete",
        "insert | shop.log | - | request_only",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!((detail(&got[0], "documents"), detail(&got[0], "documents_sent")), ("2", "-"));
    assert_eq!((detail(&got[1], "documents_sent"), detail(&got[1], "matched")), ("2", "1"));
    assert_eq!((detail(&got[1], "write_errors"), detail(&got[1], "error_code")), ("1", "11000"));
    assert_eq!(
        (detail(&got[2], "error_name"), detail(&got[2], "error_message")),
        ("NamespaceNotFound", "ns secret")
    );
    assert!(!format!("{:?} {:?}", got[0], got[4]).contains("secret"));
    let bytes = got[0].response.as_ref().unwrap().body.bytes;
    assert_eq!(bytes, Some(found(101, 1).len() as i64));
}

#[test]
fn operations_of_before_are_told_too() {
    let is_master = document(&[
        int("isMaster", 1),
        element(
            3,
            "client",
            document(&[element(3, "application", document(&[string("name", "tool")]))]),
        ),
    ]);
    let named = |first: &[u8], then: &[u8]| [&[0; 4][..], first, b"\0", then].concat();
    let search = document(&[string("name", "secret")]);
    let reply =
        |count: u32, document: &[u8]| [&[0; 16][..], &count.to_le_bytes(), document].concat();
    let many = [&search[..], &search].concat();
    let acts = [
        says(
            C,
            message(
                1,
                u32::MAX,
                op::QUERY,
                &named(b"admin.$cmd", &[&[0, 0, 0, 0, 1, 0, 0, 0], &is_master[..]].concat()),
            ),
        ),
        says(S, message(9, 1, op::REPLY, &reply(1, &document(&[int("ok", 1)])))),
        says(C, message(2, 0, op::QUERY, &named(b"shop.users", &[&[0; 8], &search[..]].concat()))),
        says(S, message(10, 2, op::REPLY, &reply(2, &many))),
        says(C, message(3, 0, op::INSERT, &named(b"shop.users", &many))),
        says(C, message(4, 0, op::GET_MORE, &named(b"shop.users", &[0; 12]))),
        says(S, message(11, 4, op::REPLY, &[&[1, 0, 0, 0][..], &[0; 16]].concat())),
    ];
    let rows = [
        "isMaster | admin | - | complete",
        "find | shop.users | - | complete",
        "insert | shop.users | - | request_only",
        "getMore | shop.users | CursorNotFound | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[0], "application"), "tool");
    assert_eq!((detail(&got[1], "documents"), detail(&got[2], "documents_sent")), ("2", "2"));
}

#[test]
fn what_is_compressed_is_unpacked() {
    let packed = |plain: &[u8], compressor: u8, content: Vec<u8>| {
        let inner = &plain[HEADER..];
        let length = (inner.len() as u32).to_le_bytes();
        [&plain[12..16], &length, &[compressor], &content[..]].concat()
    };
    let literal = |bytes: &[u8]| {
        // As a literal of two bytes of length.
        [
            &[0x80 | (bytes.len() & 0x7f) as u8, (bytes.len() >> 7) as u8, 61 << 2][..],
            &(bytes.len() as u16 - 1).to_le_bytes(),
            bytes,
        ]
        .concat()
    };
    let zlib = |bytes: &[u8]| {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    };
    let (ask, say) = (find(1), found(2, 1));
    type Pack<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
    let all: [(&str, u8, Pack<'_>); 3] =
        [("snappy", 1, &literal), ("zlib", 2, &zlib), ("zstd", 3, &zstd)];
    for (name, number, pack) in all {
        let acts = [
            says(C, message(1, 0, op::COMPRESSED, &packed(&ask, number, pack(&ask[HEADER..])))),
            says(S, message(2, 1, op::COMPRESSED, &packed(&say, number, pack(&say[HEADER..])))),
        ];
        assert_eq!(told(&acts), ["find | shop.users | - | complete"], "{name}");
        let (got, _) = play(&acts, usize::MAX);
        assert_eq!((detail(&got[0], "compression"), detail(&got[0], "documents")), (name, "2"));
    }
    let acts =
        [says(C, message(1, 0, op::COMPRESSED, b"\xdd\x07\0\0\x63\0\0\0\x02not zlib at all"))];
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(got[0].oddities, [oddity::NOT_UNPACKED]);
}

#[test]
fn what_follows_unasked_has_the_name_of_what_it_follows() {
    let hello = [int("hello", 1), string("$db", "admin")];
    let acts = [
        says(C, msg(1, 0, 1 << 16, &hello)),
        says(S, msg(101, 1, 2, &[int("ok", 1)])),
        says(S, msg(102, 101, 2, &[int("ok", 1)])),
        says(S, msg(103, 102, 0, &[int("ok", 1)])),
        says(S, msg(104, 77, 0, &[int("ok", 1)])),
    ];
    let rows = [
        "hello | admin | - | complete",
        "hello | admin | - | response_only",
        "hello | admin | - | response_only",
        "- | - | - | response_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_loss_leaves_all_else_in_order() {
    let (first, second) = (found(101, 1), found(102, 2));
    let acts = [
        says(C, [find(1), find(2), find(3)].concat()),
        says(S, &first[..30]),
        Act::Loses(S, first.len() as u64 - 30 + 20),
        says(S, &second[20..]),
        says(S, found(103, 3)),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let rows: Vec<_> = got.iter().map(brief).collect();
    assert_eq!(got[2].oddities, [oddity::ANSWER_UNCERTAIN]);
    let want = [
        "find | shop.users | - | gap",
        "find | shop.users | - | complete",
        "find | shop.users | - | request_only",
    ];
    assert_eq!(rows, want);
    // Within a message, nothing else is touched.
    let acts = [
        says(C, [find(1), find(2)].concat()),
        says(S, &first[..30]),
        Act::Loses(S, 10),
        says(S, [&first[40..], &second].concat()),
    ];
    assert_eq!(told(&acts), ["find | shop.users | - | gap", "find | shop.users | - | complete"]);
}

/// Reaches `MONGODB_PIPELINE` and `MONGODB_STREAMS`.
/// What is asked while bytes are passed over may have been answered in the next of them.
#[test]
fn an_answer_may_be_in_what_is_passed_over() {
    let tail = || says(S, [0xff; 30]);
    let acts = [says(C, find(1)), Act::Loses(S, 9), tail(), tail(), says(C, find(2)), tail()];
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(got.len(), 2);
    assert!(got.iter().all(|row| row.oddities == ["answer_uncertain"] && row.error.is_none()));
}

#[test]
fn numbers_that_are_used_again_and_caps_are_noted() {
    let (got, _) = play(&[says(C, find(1)), says(C, find(1)), says(S, found(9, 1))], usize::MAX);
    assert_eq!(
        (&*got[0].oddities, got[1].completeness),
        (&[oddity::NUMBER_REUSED][..], Completeness::Complete)
    );
    let many: Vec<u8> = (0..=MONGODB_PIPELINE as u32).flat_map(find).collect();
    let (got, verdict) = play(&[says(C, many)], usize::MAX);
    assert!(matches!(verdict, Verdict::Dead(_)));
    assert_eq!(got.len(), MONGODB_PIPELINE + 1);
    assert!(got.iter().all(|row| row.oddities == [oddity::PIPELINE_OVERFLOW]));
    let streams: Vec<_> = (0..=MONGODB_STREAMS as u32)
        .flat_map(|n| [says(C, find(n)), says(S, msg(100 + n, n, 2, &[int("ok", 1)]))])
        .chain([says(S, msg(500, 100 + MONGODB_STREAMS as u32, 0, &[int("ok", 1)]))])
        .collect();
    assert_eq!(told(&streams).last().map(String::as_str), Some("- | - | - | response_only"));
}

/// Reaches `MONGODB_KEPT`, `MONGODB_FIELD` and `MONGODB_MESSAGE`.
#[test]
fn a_message_is_read_up_to_the_cap() {
    let huge = "a".repeat(MONGODB_KEPT);
    let elements =
        [string("insert", "users"), string("$db", "shop"), string("note", &huge), int("z", 1)];
    let mut parser = Mongodb::default();
    let mut sink = dialogue::Collected::default();
    let settings = Settings::default();
    let mut cx =
        Context { time: 1, place: Default::default(), settings: &settings, sink: &mut sink };
    let bytes = msg(1, 0, 0, &elements);
    parser.data(C, &bytes[..bytes.len() - 1], &mut cx);
    assert!(parser.memory() < 3 * MONGODB_KEPT);
    assert_eq!(
        told(&[says(C, &bytes)]),
        ["insert | shop.users | connection closed before response | request_only"]
    );
    let too_long =
        [(MONGODB_MESSAGE + 1).to_le_bytes(), [0; 4], [0; 4], op::MSG.to_le_bytes()].concat();
    assert!(matches!(play(&[says(C, too_long)], usize::MAX).1, Verdict::Dead(_)));
}
