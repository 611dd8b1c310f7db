//! Dialogues: what both sides said, and the exchanges that come of it.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::greeting::can;
use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};

/// What clients of today can, without what each test is about.
const CAN: u64 = can::MYSQL
    | can::PROTOCOL_41
    | can::SECURE_CONNECTION
    | can::PLUGIN_AUTH
    | can::WITH_DATABASE
    | can::ATTRIBUTES
    | can::LONG_AUTH;

fn packet(number: u8, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let [a, b, c, _] = (body.len() as u32).to_le_bytes();
    [&[a, b, c, number], body].concat()
}

/// Packets of one answer, numbered.
fn answer(bodies: &[&[u8]]) -> Vec<u8> {
    bodies.iter().enumerate().flat_map(|(at, body)| packet(at as u8 + 1, body)).collect()
}

fn command(first: u8, rest: impl AsRef<[u8]>) -> Vec<u8> {
    packet(0, [&[first], rest.as_ref()].concat())
}

fn query(text: &str) -> Vec<u8> {
    command(3, text)
}

fn greeting(can: u64) -> Vec<u8> {
    let can = (can | can::SSL).to_le_bytes();
    let fixed = [&b"\x0a8.0.32\0\x07\0\0\0abcdefgh\0"[..], &can[..2], b"\x08\x02\0", &can[2..4]];
    packet(0, [&fixed.concat()[..], b"\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0plugin\0"].concat())
}

fn fixed(can: u64) -> Vec<u8> {
    let mut fixed = can.to_le_bytes()[..4].to_vec();
    fixed.extend([0, 0, 0, 1, 8]);
    fixed.extend([0; 23]);
    fixed
}

fn login(can: u64) -> Vec<u8> {
    let rest = b"bob\0\x06secretshop\0caching_sha2_password\0\x12\x0cprogram_name\x04tool";
    packet(1, [&fixed(can)[..], rest].concat())
}

const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];
const END: &[u8] = &[0xfe, 0, 0, 2, 0];
const ROWS_OK: &[u8] = &[0xfe, 0, 0, 2, 0, 0, 0];
const COLUMN: &[u8] = b"\x03def\0\0\0";

fn error(code: u16, text: &str) -> Vec<u8> {
    [&[0xff][..], &code.to_le_bytes(), b"#42000", text.as_bytes()].concat()
}

/// The same, whole: behind a loss a turn of the client is known as a whole.
fn told_whole(acts: &[Act]) -> Vec<String> {
    play(acts, usize::MAX).0.iter().map(brief).collect()
}

/// A connection with a login that both sides `can`, behind which there is `rest`.
fn session(can: u64, rest: Vec<Act>) -> Vec<Act> {
    let mut acts = vec![says(S, greeting(can)), says(C, login(can)), says(S, packet(2, OK))];
    acts.extend(rest);
    acts
}

fn play(acts: &[Act], piece: usize) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Mysql::default(), acts, piece)
}

/// `method | target | rows | error | completeness`.
fn brief(e: &Exchange) -> String {
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    format!("{method} | {target} | {} | {error} | {}", detail(e, "rows"), e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Mysql::default, acts, brief)
}

#[test]
fn a_connection_begins_and_is_used() {
    let acts = [
        says(S, greeting(CAN)),
        says(C, login(CAN)),
        says(S, packet(2, b"\xfemysql_native_password\0salt")),
        says(C, packet(3, b"secret")),
        says(S, packet(4, OK)),
        says(C, query("SELECT * FROM `t` WHERE a = 'secret'")),
        says(S, answer(&[b"\x01", COLUMN, END, b"\x011", b"\xfb", END])),
        says(C, query("UPDATE t SET a = \"secret\"")),
        says(S, answer(&[b"\0\x03\0\x02\0\x01\0"])),
        says(C, query("SELEKT 1")),
        says(S, answer(&[&error(1064, "near 'SELEKT'")])),
        says(C, command(0x0e, "")),
        says(S, answer(&[OK])),
        says(C, command(2, "other")),
        says(S, answer(&[OK])),
        says(C, command(9, "")),
        says(S, answer(&[b"Uptime: 7"])),
        says(C, command(4, "t\0")),
        says(S, answer(&[COLUMN, COLUMN, END])),
        says(C, query("USE `third`")),
        says(S, answer(&[OK])),
        says(C, command(1, "")),
    ];
    let rows = [
        "CONNECT | shop | - | - | complete",
        "SELECT | SELECT * FROM `t` WHERE a = ? | 2 | - | complete",
        "UPDATE | UPDATE t SET a = ? | - | - | complete",
        "SELEKT | SELEKT ? | - | ER_PARSE_ERROR | complete",
        "PING | - | - | - | complete",
        "INIT_DB | other | - | - | complete",
        "STATISTICS | - | - | - | complete",
        "FIELD_LIST | t | - | - | complete",
        "USE | USE `third` | - | - | complete",
        "QUIT | - | - | - | request_only",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    let of = |at: usize, names: [&str; 3]| names.map(|name| detail(&got[at], name).to_owned());
    assert_eq!(
        of(0, ["user", "authentication", "application"]),
        ["bob", "mysql_native_password", "tool"]
    );
    assert_eq!(of(0, ["server_version", "database", "compression"]), ["8.0.32", "shop", "-"]);
    assert_eq!(of(2, ["affected_rows", "warnings", "database"]), ["3", "1", "shop"]);
    assert_eq!(
        of(3, ["error_code", "sqlstate", "error_message"]),
        ["1064", "42000", "near 'SELEKT'"]
    );
    let databases: Vec<_> = got[4..].iter().map(|row| detail(row, "database")).collect();
    assert_eq!(databases, ["shop", "other", "other", "other", "third", "third"]);
    assert!(!format!("{:?}", got[0]).contains("secret"));
    let bytes = |m: &Option<crate::event::Message>| m.as_ref().and_then(|m| m.body.bytes);
    let answered = answer(&[b"\x01", COLUMN, END, b"\x011", b"\xfb", END]).len();
    assert_eq!(bytes(&got[1].response), Some(answered as i64));
}

/// MariaDB's plugin `dialog`, as for PAM, asks in its own words.
#[test]
fn a_plugin_may_ask_in_its_own_words() {
    let acts = [
        says(S, greeting(CAN)),
        says(C, login(CAN)),
        says(S, packet(2, b"\xfedialog\0")),
        says(C, packet(3, b"")),
        says(S, packet(4, b"\x05Password: ")),
        says(C, packet(5, b"secret\0")),
        says(S, packet(6, OK)),
        says(C, query("SELECT 1")),
        says(S, answer(&[OK])),
    ];
    let rows = ["CONNECT | shop | - | - | complete", "SELECT | SELECT ? | - | - | complete"];
    assert_eq!(told(&acts), rows);
}

/// `resultset_metadata = NONE`: a zero and the number of columns, without these.
#[test]
fn a_result_may_come_without_its_columns() {
    let can = CAN | can::OPTIONAL_METADATA | can::DEPRECATE_EOF;
    let acts = [
        says(C, query("SELECT a")),
        says(S, answer(&[b"\0\x01", b"\x011", b"\x012", ROWS_OK])),
        says(C, query("DO 1")),
        says(S, answer(&[OK])),
    ];
    let rows = [
        "CONNECT | shop | - | - | complete",
        "SELECT | SELECT a | 2 | - | complete",
        "DO | DO ? | - | - | complete",
    ];
    assert_eq!(told(&session(can, acts.to_vec())), rows);
}

#[test]
fn a_beginning_is_read_without_its_greeting() {
    let acts = [says(C, login(CAN)), says(S, packet(2, OK))];
    assert_eq!(told(&acts), ["CONNECT | shop | - | - | complete"]);
}

#[test]
fn encryption_hands_the_connection_over() {
    let hello = [&packet(1, fixed(CAN | can::SSL))[..], b"\x16\x03\x01"].concat();
    let acts = [says(S, greeting(CAN)), says(C, &hello)];
    let (got, verdict) = play(&acts, usize::MAX);
    assert_eq!(verdict, Verdict::Switched { consumed: hello.len() - 3 });
    assert_eq!(
        got.iter().map(brief).collect::<Vec<_>>(),
        ["SSLREQUEST | - | - | - | request_only"]
    );
}

/// Reaches `MYSQL_FIELD`.
#[test]
fn a_refusal_is_a_row() {
    let text = b"\xff\x6a\x04Host 'a' is not allowed to connect";
    assert_eq!(
        told(&[says(S, packet(0, text))]),
        ["- | - | - | ER_HOST_NOT_PRIVILEGED | response_only"]
    );
    let long = error(1045, &"a".repeat(300));
    let acts = [says(S, greeting(CAN)), says(C, login(CAN)), says(S, packet(2, long))];
    assert_eq!(told(&acts), ["CONNECT | shop | - | ER_ACCESS_DENIED_ERROR | complete"]);
    assert_eq!(detail(&play(&acts, usize::MAX).0[0], "error_message").len(), MYSQL_FIELD);
}

#[test]
fn prepared_statements_show_their_text() {
    let prepared = |number: u8, columns: u8, parameters: u8| {
        vec![0, number, 0, 0, 0, columns, 0, parameters, 0, 0, 0, 0]
    };
    let execute =
        |number: u32| command(0x17, [&number.to_le_bytes()[..], &[0, 1, 0, 0, 0]].concat());
    let rest = |has_end: bool| {
        let end: &[&[u8]] = if has_end { &[END] } else { &[] };
        let last: &[u8] = if has_end { END } else { ROWS_OK };
        let first = prepared(7, 2, 1);
        let answers = [&[&first[..], COLUMN][..], end, &[COLUMN, COLUMN], end].concat();
        let result = [&[&b"\x02"[..], COLUMN, COLUMN][..], end, &[b"\0\x00row", last]].concat();
        vec![
            says(C, command(0x16, "SELECT a, b FROM t WHERE c = ? AND d = 'secret'")),
            says(S, answer(&answers)),
            says(C, [command(0x18, b"\x07\0\0\0\0\0secret"), execute(7)].concat()),
            says(S, answer(&result)),
            says(C, execute(8)),
            says(S, answer(&result)),
            says(C, [command(0x19, b"\x07\0\0\0"), execute(7)].concat()),
            says(S, answer(&[&error(1243, "unknown")])),
            // Prepared and executed at once.
            says(C, [command(0x16, "DELETE FROM t"), execute(u32::MAX)].concat()),
            says(S, [answer(&[&prepared(9, 0, 0)]), answer(&[OK])].concat()),
        ]
    };
    let form = "SELECT a, b FROM t WHERE c = ? AND d = ?";
    let rows = [
        "CONNECT | shop | - | - | complete",
        &format!("PREPARE | {form} | - | - | complete"),
        &format!("SELECT | {form} | 1 | - | complete"),
        "STMT_EXECUTE | - | 1 | - | complete",
        "STMT_EXECUTE | - | - | ER_UNKNOWN_STMT_HANDLER | complete",
        "PREPARE | DELETE FROM t | - | - | complete",
        "DELETE | DELETE FROM t | - | - | complete",
    ];
    assert_eq!(told(&session(CAN, rest(true))), rows);
    assert_eq!(told(&session(CAN | can::DEPRECATE_EOF, rest(false))), rows);
    // Following begins in the middle: what each side can is told by the bytes.
    assert_eq!(told(&rest(true)), rows[1..]);
    assert_eq!(told(&rest(false)), rows[1..]);
    let (got, _) = play(&session(CAN, rest(true)), usize::MAX);
    assert_eq!(
        (detail(&got[2], "statement_id"), &*got[3].oddities),
        ("7", &[oddity::STATEMENT_UNKNOWN][..])
    );
    let sent = command(0x18, b"\x07\0\0\0\0\0secret").len() + execute(7).len();
    assert_eq!(got[2].request.as_ref().unwrap().body.bytes, Some(sent as i64));
}

#[test]
fn columns_may_be_cached_and_rows_fetched() {
    let cached = CAN & !can::MYSQL | can::CACHE_METADATA;
    let mut hello = greeting(cached);
    let end = hello.len() - "abcdefghijkl\0plugin\0".len();
    hello[end - 4] = 0x10;
    let mut answered = login(cached);
    answered[4 + 28] = 0x10;
    let execute = command(0x17, b"\x01\0\0\0\0\x01\0\0\0");
    let acts = [
        says(S, hello),
        says(C, answered),
        says(S, packet(2, OK)),
        says(C, &execute),
        says(S, answer(&[b"\x01\x00", END, b"\0\0a", END])),
        says(C, &execute),
        says(S, answer(&[b"\x01\x01", COLUMN, &[0xfe, 0, 0, 0x42, 0]])),
        says(C, command(0x1c, b"\x01\0\0\0\x05\0\0\0")),
        says(S, answer(&[b"\0\0a", b"\0\0b", END])),
    ];
    let rows = [
        "CONNECT | shop | - | - | complete",
        "STMT_EXECUTE | - | 1 | - | complete",
        "STMT_EXECUTE | - | 0 | - | complete",
        "STMT_FETCH | - | 2 | - | complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_command_may_have_several_results_and_send_a_file() {
    let more: &[u8] = &[0xfe, 0, 0, 0x0a, 0];
    let acts = session(
        CAN,
        vec![
            says(C, query("CALL p(1)")),
            says(
                S,
                answer(&[
                    b"\x01", COLUMN, END, b"\x011", more, b"\x01", COLUMN, END, b"\x011", more, OK,
                ]),
            ),
            says(C, query("LOAD DATA LOCAL INFILE 'secret' INTO TABLE t")),
            says(S, answer(&[b"\xfb/secret"])),
            says(C, [packet(2, "1\tsecret\n"), packet(3, "2\tx\n"), packet(4, "")].concat()),
            says(S, packet(5, b"\0\x02\0\x02\0\0\0")),
            says(C, query("SELECT 1; SELEKT")),
            says(S, answer(&[b"\x01", COLUMN, END, b"\x011", more, &error(1064, "x")])),
        ],
    );
    let rows = [
        "CONNECT | shop | - | - | complete",
        "CALL | CALL p(?) | 2 | - | complete",
        "LOAD | LOAD DATA LOCAL INFILE ? INTO TABLE t | - | - | complete",
        "SELECT | SELECT ?; SELEKT | 1 | ER_PARSE_ERROR | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[1], "results"), "3");
    assert_eq!((detail(&got[2], "copied_in_bytes"), detail(&got[2], "affected_rows")), ("13", "2"));
}

/// An envelope, packed if `packs`.
fn envelope(number: u8, plain: &[u8], packs: bool) -> Vec<u8> {
    let packed = if packs {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    } else {
        plain.to_vec()
    };
    let [a, b, c, _] = (packed.len() as u32).to_le_bytes();
    let [d, e, f, _] = (if packs { plain.len() as u32 } else { 0 }).to_le_bytes();
    [&[a, b, c, number, d, e, f][..], &packed].concat()
}

#[test]
fn what_is_compressed_is_unpacked() {
    let row = [b"\xfc\x88\x13".as_slice(), &[b'a'; 5000]].concat();
    let plain = answer(&[b"\x01", COLUMN, END, &row, &row, END]);
    let (one, two) = plain.split_at(3000);
    let zstd =
        ruzstd::encoding::compress_to_vec(&plain[..], ruzstd::encoding::CompressionLevel::Fastest);
    let [a, b, c, _] = (zstd.len() as u32).to_le_bytes();
    let [d, e, f, _] = (plain.len() as u32).to_le_bytes();
    let rest = vec![
        says(C, envelope(0, &query("SELECT 1"), false)),
        says(S, [envelope(1, one, true), envelope(2, two, true)].concat()),
        says(C, envelope(0, &query("SELECT 2"), true)),
        says(S, [&[a, b, c, 1, d, e, f][..], &zstd].concat()),
    ];
    let acts = session(CAN | can::COMPRESS, rest.clone());
    let row = "SELECT | SELECT ? | 2 | - | complete";
    assert_eq!(told(&acts), ["CONNECT | shop | - | - | complete", row, row]);
    assert_eq!(detail(&play(&acts, usize::MAX).0[0], "compression"), "zlib");
    assert_eq!(told(&rest), [row, row], "from the middle");
    // What does not unpack is a loss, behind which it goes on.
    let mut bad = envelope(1, &plain, true);
    bad[20] ^= 0x55;
    let mut acts = session(CAN | can::COMPRESS, vec![rest[0].clone(), says(S, bad)]);
    acts.extend(rest);
    let rows = told_whole(&acts);
    assert_eq!(rows[1], "SELECT | SELECT ? | - | - | request_only");
    assert_eq!(rows[2..], [row, row]);
}

/// Reaches `MYSQL_ZSTD`.
#[test]
fn what_zstd_packs_is_bounded() {
    let mut envelope = Envelope::default();
    let mut head = (MYSQL_ZSTD as u32 + 1).to_le_bytes();
    head[3] = 1;
    let head = [&head[..], &[0, 0, 1]].concat();
    let mut out = Vec::new();
    assert_eq!(envelope.next(&head, &mut out), Ok(7));
    assert!(envelope.next(&[0x28, 0xb5, 0x2f, 0xfd], &mut out).is_err());
    assert!(envelope.memory() < 4096);
}

/// Reaches `MYSQL_KEPT`.
#[test]
fn a_packet_may_go_on_in_the_next() {
    let text = format!("SELECT '{}'", "a".repeat(0xff_ffff));
    let body = [&[3], text.as_bytes()].concat();
    let (one, two) = body.split_at(0xff_ffff);
    let acts = session(
        CAN,
        vec![
            says(C, [packet(0, one), packet(1, two)].concat()),
            says(S, packet(2, error(1153, "big"))),
        ],
    );
    let (got, verdict) = play(&acts, 1 << 20);
    assert_eq!(verdict, Verdict::Continue);
    // The answer is numbered on behind all of the command.
    assert_eq!(brief(&got[1]), "SELECT | SELECT ? | - | ER_NET_PACKET_TOO_LARGE | complete");
    assert_eq!(detail(&got[1], "statement").len(), MYSQL_KEPT - 1);
}

#[test]
fn who_waits_is_followed_again_after_a_loss() {
    let rest = |lost: u64| {
        vec![
            says(C, query("SELECT 1")),
            says(S, answer(&[b"\x01", COLUMN, END, b"\x011"])),
            Act::Loses(S, lost),
            says(S, b"\x031"),
            says(C, query("SELECT a")),
            says(S, answer(&[b"\x01", COLUMN, END, b"\x011", END])),
        ]
    };
    let rows = [
        "CONNECT | shop | - | - | complete",
        "SELECT | SELECT ? | - | - | gap",
        "SELECT | SELECT a | 1 | - | complete",
    ];
    assert_eq!(told_whole(&session(CAN, rest(100))), rows);
    let (got, _) = play(&session(CAN, rest(100)), usize::MAX);
    assert_eq!(
        (&*got[1].oddities, detail(&got[2], "database")),
        (&[oddity::PAIRING_UNCERTAIN][..], "-")
    );
    // Within a row, all stays known but its bytes.
    let long = packet(4, b"\x05abcde");
    let within = session(
        CAN,
        vec![
            says(C, query("SELECT 1")),
            says(S, [&answer(&[b"\x01", COLUMN, END])[..], &long[..7]].concat()),
            Act::Loses(S, 2),
            says(S, [&long[9..], &packet(5, END)].concat()),
        ],
    );
    assert_eq!(told(&within)[1], "SELECT | SELECT ? | 1 | - | gap");
}

#[test]
fn a_lost_command_is_no_guess() {
    let long = query("SELECT 'a long text that is lost in its middle' FROM t");
    let acts = session(
        CAN,
        vec![
            says(C, &long[..12]),
            Act::Loses(C, 10),
            says(C, &long[22..]),
            says(S, answer(&[OK])),
            says(C, query("SELECT b")),
            says(S, answer(&[OK])),
        ],
    );
    let rows = told(&acts);
    assert_eq!(rows[1..], ["QUERY | - | - | - | gap", "SELECT | SELECT b | - | - | complete"]);
}

#[test]
fn a_client_that_does_not_wait_is_given_up_after_a_loss() {
    let acts = session(
        CAN,
        vec![
            says(C, query("SELECT 1")),
            says(S, &answer(&[b"\x01", COLUMN, END])[..9]),
            says(C, query("SELECT 2")),
            Act::Loses(S, 5000),
            says(S, b"x"),
        ],
    );
    assert!(matches!(play(&acts, usize::MAX).1, Verdict::Dead(_)));
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let acts = session(CAN, vec![says(C, query("SELECT 1"))]);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(
        brief(&got[1]),
        "SELECT | SELECT ? | - | connection closed before response | request_only"
    );
}

#[test]
fn a_stream_of_replication_ends_it() {
    let acts =
        session(CAN, vec![says(C, command(0x12, "\0\0\0\0\0\0")), says(S, answer(&[b"\0event"]))]);
    let (got, verdict) = play(&acts, usize::MAX);
    assert!(matches!(verdict, Verdict::Over { .. }), "{verdict:?}");
    assert_eq!(brief(&got[1]), "BINLOG_DUMP | - | - | - | complete");
}

#[test]
fn an_answer_that_cannot_be_is_noted() {
    let acts = session(
        CAN,
        vec![
            says(C, command(0x0e, "")),
            says(S, answer(&[b"\x07"])),
            says(C, query("SELECT b")),
            says(S, answer(&[OK])),
        ],
    );
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(got[1].oddities, [oddity::UNEXPECTED_ANSWER, oddity::PAIRING_UNCERTAIN]);
    assert_eq!(brief(&got[2]), "SELECT | SELECT b | - | - | complete");
}

#[test]
fn progress_is_no_error() {
    let progress = [&[0xff, 0xff, 0xff][..], b"\x01\x01\x02abc\x05stage"].concat();
    let acts = session(
        CAN,
        vec![
            says(C, query("ALTER TABLE t ADD c int")),
            says(S, answer(&[&progress, &progress, OK])),
        ],
    );
    assert_eq!(told(&acts)[1], "ALTER | ALTER TABLE t ADD c int | - | - | complete");
}

/// Reaches `MYSQL_STATEMENTS` and `MYSQL_PIPELINE`.
#[test]
fn statements_and_commands_are_known_up_to_the_caps() {
    let mut rest = Vec::new();
    for number in 0..=MYSQL_STATEMENTS as u32 {
        let answered = [&[0][..], &number.to_le_bytes(), &[0, 0, 0, 0, 0, 0, 0]].concat();
        rest.push(says(C, command(0x16, "DELETE FROM t")));
        rest.push(says(S, answer(&[&answered])));
    }
    for number in [0, MYSQL_STATEMENTS as u32] {
        let body = [&number.to_le_bytes()[..], &[0, 1, 0, 0, 0]].concat();
        rest.push(says(C, command(0x17, body)));
        rest.push(says(S, answer(&[OK])));
    }
    let (got, _) = play(&session(CAN, rest), usize::MAX);
    let last: Vec<_> = got[got.len() - 2..].iter().map(brief).collect();
    assert_eq!(
        last,
        ["DELETE | DELETE FROM t | - | - | complete", "STMT_EXECUTE | - | - | - | complete"]
    );

    let many = vec![says(C, query("SELECT 1").repeat(MYSQL_PIPELINE + 1))];
    let (got, verdict) = play(&session(CAN, many), usize::MAX);
    assert!(matches!(verdict, Verdict::Dead(_)));
    assert!(got[1..].iter().all(|row| row.oddities == [oddity::PIPELINE_OVERFLOW]));
    assert!(got[1..].iter().all(|row| row.completeness == Completeness::RequestOnly));
    assert_eq!(got.len(), MYSQL_PIPELINE + 2);
}

#[test]
fn a_pipeline_is_answered_in_order() {
    let acts = session(
        CAN,
        vec![
            says(C, [query("SELECT 1"), query("DELETE FROM t"), command(1, "")].concat()),
            says(
                S,
                [answer(&[b"\x01", COLUMN, END, b"\x011", END]), answer(&[&error(1146, "t")])]
                    .concat(),
            ),
        ],
    );
    let rows = [
        "SELECT | SELECT ? | 1 | - | complete",
        "DELETE | DELETE FROM t | - | ER_NO_SUCH_TABLE | complete",
        "QUIT | - | - | - | request_only",
    ];
    assert_eq!(told(&acts)[1..], rows);
}

#[test]
fn a_backslash_is_read_as_the_server_is_set() {
    let no_escapes: &[u8] = &[0, 0, 0, 2, 2, 0, 0];
    let acts = session(
        CAN,
        vec![
            says(C, query(r"SELECT 'a\' secret', b")),
            says(S, answer(&[no_escapes])),
            says(C, query(r"SELECT 'a\', b")),
            says(S, answer(&[OK])),
        ],
    );
    let rows =
        ["SELECT | SELECT ?, b | - | - | complete", "SELECT | SELECT ?, b | - | - | complete"];
    assert_eq!(told(&acts)[1..], rows);
}
