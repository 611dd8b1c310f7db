//! Dialogues: what both sides said, and the exchanges that come of it.

use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, text};

fn client(messages: &[Vec<u8>]) -> Act {
    Act::Says(C, messages.concat())
}

fn server(messages: &[Vec<u8>]) -> Act {
    Act::Says(S, messages.concat())
}

fn message(kind: u8, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

fn untyped(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

fn query(text: &str) -> Vec<u8> {
    message(b'Q', format!("{text}\0"))
}

fn parse(name: &str, text: &str) -> Vec<u8> {
    message(b'P', format!("{name}\0{text}\0\0\0"))
}

fn bind(portal: &str, name: &str) -> Vec<u8> {
    message(b'B', format!("{portal}\0{name}\0\0\0\0\0\0\0"))
}

fn execute(portal: &str) -> Vec<u8> {
    message(b'E', format!("{portal}\0\0\0\0\0"))
}

fn sync() -> Vec<u8> {
    message(b'S', "")
}

fn tag(text: &str) -> Vec<u8> {
    message(b'C', format!("{text}\0"))
}

fn ready() -> Vec<u8> {
    message(b'Z', "I")
}

fn error(code: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0VERROR\0C{code}\0Mwhat failed with 'x'\0tt1\0\0"))
}

fn play(acts: &[Act], piece: usize) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Postgres::default(), acts, piece)
}

/// `method | target | tag | rows | error | completeness`.
fn brief(e: &Exchange) -> String {
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    let (tag, rows) = (detail(e, "tag"), detail(e, "rows"));
    format!("{method} | {target} | {tag} | {rows} | {error} | {}", e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Postgres::default, acts, brief)
}

#[test]
fn a_connection_begins_and_is_used() {
    let acts = [
        client(&[untyped(&80_877_103u32.to_be_bytes())]),
        Act::Says(S, b"N".to_vec()),
        client(&[untyped(b"\0\x03\0\0user\0bob\0database\0shop\0\0")]),
        server(&[message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")]),
        client(&[message(b'p', b"SCRAM-SHA-256\0secret")]),
        server(&[
            message(b'R', b"\0\0\0\0"),
            message(b'S', "a\0b\0"),
            message(b'K', "12345678"),
            ready(),
        ]),
        client(&[query("SELECT * FROM t WHERE a = 'secret'")]),
        server(&[
            message(b'T', "x"),
            message(b'D', "1"),
            message(b'D', "2"),
            tag("SELECT 2"),
            ready(),
        ]),
        client(&[query("INSERT INTO t VALUES (1)")]),
        server(&[error("23505"), ready()]),
        client(&[message(b'X', "")]),
    ];
    let rows = [
        "SSLREQUEST | - | - | - | - | complete",
        "STARTUP | shop | - | - | - | complete",
        "SELECT | SELECT * FROM t WHERE a = ? | SELECT 2 | 2 | - | complete",
        "INSERT | INSERT INTO t VALUES (?) | - | - | unique_violation | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[0], "encryption"), "refused");
    assert_eq!(
        (detail(&got[1], "user"), detail(&got[1], "authentication")),
        ("bob", "SCRAM-SHA-256")
    );
    assert_eq!(detail(&got[2], "statement"), "SELECT * FROM t WHERE a = 'secret'");
    assert_eq!((detail(&got[3], "sqlstate"), detail(&got[3], "table")), ("23505", "t1"));
    assert_eq!(detail(&got[3], "database"), "shop");
    assert!(!format!("{:?}", got[1]).contains("secret"));
    let bytes = |m: &Option<crate::event::Message>| m.as_ref().and_then(|m| m.body.bytes);
    let (asked, answer) = (query("INSERT INTO t VALUES (1)"), [error("23505"), ready()].concat());
    let want = (Some(asked.len() as i64), Some(answer.len() as i64));
    assert_eq!((bytes(&got[3].request), bytes(&got[3].response)), want);
}

/// No server does, and a detail is told once all the same.
#[test]
fn a_server_may_ask_twice_who_it_is() {
    let acts = [
        client(&[untyped(b"\0\x03\0\0user\0bob\0\0")]),
        server(&[message(b'R', b"\0\0\0\x03"), message(b'R', b"\0\0\0\x05salt")]),
        server(&[message(b'R', b"\0\0\0\0"), ready()]),
    ];
    assert_eq!(told(&acts), ["STARTUP | bob | - | - | - | complete"]);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[0], "authentication"), "md5");
}

#[test]
fn names_of_prepared_statements_are_resolved() {
    let acts = [
        client(&[parse("s1", "UPDATE t SET a = $1 WHERE b = 7"), message(b'D', "Ss1\0"), sync()]),
        server(&[message(b'1', ""), message(b't', "x"), message(b'n', ""), ready()]),
        client(&[bind("", "s1"), execute(""), sync()]),
        server(&[message(b'2', ""), tag("UPDATE 3"), ready()]),
        client(&[bind("", "before"), execute(""), sync()]),
        server(&[message(b'2', ""), tag("DELETE 1"), ready()]),
        client(&[message(b'C', "Ss1\0"), bind("", "s1"), execute(""), sync()]),
        server(&[message(b'3', ""), error("26000"), ready()]),
    ];
    let rows = [
        "PREPARE | UPDATE t SET a = ? WHERE b = ? | - | - | - | complete",
        "UPDATE | UPDATE t SET a = ? WHERE b = ? | UPDATE 3 | - | - | complete",
        "- | - | DELETE 1 | - | - | complete",
        "- | - | - | - | invalid_sql_statement_name | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[1], "prepared_name"), "s1");
    assert_eq!(
        (got[2].oddities[0], detail(&got[2], "prepared_name")),
        ("statement_unknown", "before")
    );
}

#[test]
fn an_error_passes_over_what_is_behind_it_up_to_the_next_sync() {
    let one =
        |text: &str| [parse("", text), bind("", ""), message(b'D', "P\0"), execute("")].concat();
    let done =
        [message(b'1', ""), message(b'2', ""), message(b'n', ""), tag("INSERT 0 1")].concat();
    let acts = [
        client(&[
            one("INSERT 1"),
            one("INSERT bad"),
            one("INSERT 3"),
            sync(),
            one("INSERT 4"),
            sync(),
        ]),
        server(&[done.clone(), error("42601"), ready(), done, ready()]),
    ];
    let rows = [
        "INSERT | INSERT ? | INSERT 0 1 | - | - | complete",
        "INSERT | INSERT bad | - | - | syntax_error | complete",
        "INSERT | INSERT ? | - | - | passed over after an error | request_only",
        "INSERT | INSERT ? | INSERT 0 1 | - | - | complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn rows_are_copied_both_ways() {
    let acts = [
        client(&[query("COPY t FROM STDIN")]),
        server(&[message(b'G', "xxx")]),
        client(&[message(b'd', "1\t2\n"), message(b'd', "3\t4\n"), message(b'c', "")]),
        server(&[tag("COPY 2"), ready()]),
        client(&[query("COPY t TO STDOUT")]),
        server(&[
            message(b'H', "xxx"),
            message(b'd', "1\t2\n"),
            message(b'c', ""),
            tag("COPY 1"),
            ready(),
        ]),
    ];
    let rows = [
        "COPY | COPY t FROM STDIN | COPY 2 | - | - | complete",
        "COPY | COPY t TO STDOUT | COPY 1 | - | - | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    let copied = (detail(&got[0], "copied_in_bytes"), detail(&got[1], "copied_out_bytes"));
    assert_eq!(copied, ("8", "4"));
}

/// The extended protocol's COPY: libpq and tokio-postgres send a Sync with the execution, which the
/// server passes over, and one behind the rows.
#[test]
fn a_sync_before_copied_rows_is_not_answered() {
    let begins = || {
        let copy = [parse("", "COPY t FROM STDIN"), bind("", ""), execute(""), sync()];
        (client(&copy), server(&[message(b'1', ""), message(b'2', ""), message(b'G', "xxx")]))
    };
    let rows = || client(&[message(b'd', "1\t2\n"), message(b'c', ""), sync()]);
    let ((first, goes), (again, goes_again)) = (begins(), begins());
    let acts = [
        first,
        goes,
        rows(),
        server(&[tag("COPY 1"), ready()]),
        again,
        goes_again,
        rows(),
        server(&[error("22P02"), ready()]),
        client(&[query("SELECT 1")]),
        server(&[tag("SELECT 1"), ready()]),
    ];
    let want = [
        "COPY | COPY t FROM STDIN | COPY 1 | - | - | complete",
        "COPY | COPY t FROM STDIN | - | - | invalid_text_representation | complete",
        "SELECT | SELECT ? | SELECT 1 | 0 | - | complete",
    ];
    assert_eq!(told(&acts), want);
}

/// Without a transaction around it a statement is committed with the Sync behind it: constraints that
/// are deferred fail then.
#[test]
fn what_fails_when_it_is_committed_has_failed() {
    let one = || client(&[parse("", "INSERT 1"), bind("", ""), execute(""), sync()]);
    let done = || [message(b'1', ""), message(b'2', ""), tag("INSERT 0 1")].concat();
    let acts = [
        one(),
        server(&[done(), error("23505"), ready()]),
        one(),
        server(&[done(), ready()]),
        one(),
        server(&[done()]),
    ];
    let rows = [
        "INSERT | INSERT ? | INSERT 0 1 | - | unique_violation | complete",
        "INSERT | INSERT ? | INSERT 0 1 | - | - | complete",
        "INSERT | INSERT ? | INSERT 0 1 | - | connection closed before response | gap",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_name_that_was_not_given_stands_for_what_it_did() {
    let run = || client(&[bind("", "s"), execute(""), sync()]);
    let done = || server(&[message(b'2', ""), tag("SELECT 1"), ready()]);
    let acts = [
        client(&[parse("s", "SELECT a"), sync()]),
        server(&[message(b'1', ""), ready()]),
        client(&[parse("s", "SELECT b"), sync()]),
        server(&[error("42P05"), ready()]),
        run(),
        done(),
        client(&[parse("s", "SELECT c"), sync()]),
        server(&[message(b'1', ""), ready()]),
        client(&[query("DEALLOCATE s; PREPARE s AS SELECT d")]),
        server(&[tag("DEALLOCATE"), tag("PREPARE"), ready()]),
        run(),
        done(),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let unknown: Vec<usize> =
        (0..got.len()).filter(|&at| got[at].oddities == ["statement_unknown"]).collect();
    assert_eq!(unknown, [2, 5], "what they run was not seen, or no longer is");
}

#[test]
fn an_error_that_ends_the_session_is_an_answer() {
    let fatal = message(b'E', "SFATAL\0VFATAL\0C57P01\0Mended\0\0");
    let rows = told(&[client(&[query("SELECT a")]), server(&[message(b'T', "x"), fatal])]);
    assert_eq!(rows, ["SELECT | SELECT a | - | - | admin_shutdown | complete"]);
}

/// A password, and rows to be copied, are sent while an answer is due: that says nothing of whether
/// the client waits for its answers.
#[test]
fn a_loss_after_a_password_does_not_end_it() {
    let acts = [
        client(&[untyped(b"\0\x03\0\0user\0bob\0\0")]),
        server(&[message(b'R', b"\0\0\0\x05salt")]),
        client(&[message(b'p', b"md5secret\0")]),
        server(&[message(b'R', b"\0\0\0\0"), ready()]),
        client(&[query("COPY t FROM STDIN")]),
        server(&[message(b'G', "xxx")]),
        client(&[message(b'd', "1\t2\n"), message(b'c', "")]),
        server(&[tag("COPY 1"), ready()]),
        client(&[query("SELECT a")]),
        Act::Loses(S, 50),
        client(&[query("SELECT b")]),
        server(&[tag("SELECT 7"), ready()]),
    ];
    // Behind a loss a turn of the client is known as a whole.
    let rows: Vec<_> = play(&acts, usize::MAX).0.iter().map(brief).collect();
    assert_eq!(
        rows.last().map(String::as_str),
        Some("SELECT | SELECT b | SELECT 7 | 0 | - | complete")
    );
}

#[test]
fn a_tag_that_was_cut_by_a_loss_is_not_told() {
    let done = tag("INSERT 0 17");
    let acts = [
        client(&[query("INSERT 1")]),
        server(&[done[..done.len() - 2].to_vec()]),
        Act::Loses(S, 2),
        server(&[ready()]),
    ];
    assert_eq!(told(&acts), ["INSERT | INSERT ? | - | - | - | gap"]);
}

#[test]
fn several_statements_in_one_query_have_their_tags() {
    let acts = [
        client(&[query("BEGIN; SELECT 1; COMMIT")]),
        server(&[
            tag("BEGIN"),
            message(b'T', ""),
            message(b'D', ""),
            tag("SELECT 1"),
            tag("COMMIT"),
            ready(),
        ]),
    ];
    assert_eq!(
        told(&acts),
        ["BEGIN | BEGIN; SELECT ?; COMMIT | BEGIN, SELECT 1, COMMIT | 1 | - | complete"]
    );
}

#[test]
fn notifications_come_unasked() {
    let acts = [server(&[message(b'A', b"\0\0\0\x01jobs\0payload\0"), ready()])];
    assert_eq!(told(&acts), ["NOTIFICATION | jobs | - | - | - | complete"]);
}

#[test]
fn encryption_that_is_accepted_ends_it() {
    let acts = [client(&[untyped(&80_877_103u32.to_be_bytes())]), Act::Says(S, b"S".to_vec())];
    let (got, verdict) = play(&acts, usize::MAX);
    assert_eq!(
        (detail(&got[0], "encryption"), verdict),
        ("accepted", Verdict::Switched { consumed: 1 })
    );
}

#[test]
fn a_loss_within_a_row_is_marked_and_no_more() {
    let acts = [
        client(&[query("SELECT a")]),
        server(&[message(b'T', "x"), message(b'D', "0123456789")[..9].to_vec()]),
        Act::Loses(S, 4),
        server(&[b"89".to_vec(), tag("SELECT 1"), ready()]),
        client(&[query("SELECT b")]),
        server(&[tag("SELECT 0"), ready()]),
    ];
    let rows = [
        "SELECT | SELECT a | SELECT 1 | 1 | - | gap",
        "SELECT | SELECT b | SELECT 0 | 0 | - | complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn who_waits_is_followed_again_after_a_loss() {
    for side in [C, S] {
        let loss = Act::Loses(side, 50);
        let (first, then) = match side {
            C => (loss, server(&[tag("SELECT 9"), ready()])),
            S => (client(&[query("SELECT b")]), loss),
        };
        let acts = [
            client(&[parse("s", "SELECT a"), bind("", "s"), execute(""), sync()]),
            server(&[message(b'1', ""), message(b'2', ""), tag("SELECT 1"), ready()]),
            first,
            then,
            client(&[bind("", "s"), execute(""), sync()]),
            server(&[message(b'2', ""), tag("SELECT 2"), ready()]),
        ];
        let (got, _) = play(&acts, usize::MAX);
        let rows: Vec<_> = got.iter().map(brief).collect();
        assert_eq!(rows[0], "SELECT | SELECT a | SELECT 1 | 0 | - | complete");
        // The name may stand for something else by now.
        assert_eq!(rows.last().unwrap(), "- | - | SELECT 2 | 0 | - | complete");
        assert_eq!(got.len(), if side == C { 2 } else { 3 }, "{rows:?}");
    }
}

#[test]
fn what_was_asked_before_is_an_answer_alone() {
    let acts = [
        server(&[message(b'D', "x"), tag("SELECT 1"), ready()]),
        client(&[query("SELECT b")]),
        server(&[tag("SELECT 0"), ready()]),
    ];
    let rows = [
        "- | - | SELECT 1 | 1 | - | response_only",
        "SELECT | SELECT b | SELECT 0 | 0 | - | complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let rows = told(&[client(&[query("SELECT 1")]), server(&[message(b'D', "")])]);
    assert_eq!(rows, ["SELECT | SELECT ? | - | 1 | connection closed before response | gap"]);
}

#[test]
fn requests_to_cancel_are_not_answered() {
    let cancel = untyped(&[&80_877_102u32.to_be_bytes()[..], b"12345678"].concat());
    assert_eq!(told(&[client(&[cancel])]), ["CANCEL | - | - | - | - | request_only"]);
}

/// Reaches `POSTGRES_MESSAGE`: what claims to be longer is nothing of PostgreSQL.
#[test]
fn a_message_has_an_end() {
    let endless = [&b"Q"[..], &(POSTGRES_MESSAGE + 5).to_be_bytes(), b"SELECT"].concat();
    let (_, verdict) = play(&[Act::Says(C, endless)], usize::MAX);
    assert_eq!(verdict, Verdict::Dead("no message of PostgreSQL"));
}

/// Reaches `POSTGRES_KEPT`, `POSTGRES_FIELD`: a statement and a field are told by their beginning.
#[test]
fn texts_are_kept_up_to_the_caps() {
    let text = format!("SELECT {}", "a".repeat(POSTGRES_KEPT));
    let acts = [client(&[query(&text)]), server(&[tag(&"T".repeat(POSTGRES_FIELD + 1)), ready()])];
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(detail(&got[0], "statement").len(), POSTGRES_KEPT);
    assert_eq!(detail(&got[0], "tag").len(), POSTGRES_FIELD);
    assert_eq!(got[0].completeness, Completeness::Complete);
}

/// Reaches `POSTGRES_STATEMENTS`: one more has no text when it is executed, and its row says so.
#[test]
fn statements_are_known_up_to_the_cap() {
    let mut acts = Vec::new();
    for n in 0..=POSTGRES_STATEMENTS {
        acts.push(client(&[parse(&format!("s{n}"), "SELECT 1"), sync()]));
        acts.push(server(&[message(b'1', ""), ready()]));
    }
    acts.push(client(&[bind("", &format!("s{POSTGRES_STATEMENTS}")), execute(""), sync()]));
    acts.push(server(&[message(b'2', ""), tag("SELECT 1"), ready()]));
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(got.last().unwrap().oddities, ["statement_unknown"]);
}

/// Reaches `POSTGRES_PIPELINE`: what waits is told without its answers, and no more is followed.
#[test]
fn a_pipeline_is_followed_up_to_the_cap() {
    let (got, verdict) = play(&[client(&vec![query("SELECT 1"); POSTGRES_PIPELINE])], usize::MAX);
    assert_eq!((got.len(), verdict), (POSTGRES_PIPELINE, Verdict::Dead("too much waits")));
    assert!(got.iter().all(|e| e.oddities == ["pipeline_overflow"]));
}

/// Reaches `POSTGRES_START`: what claims to begin a connection with more is something else.
#[test]
fn a_beginning_is_short() {
    let begin = |length: u32| [&length.to_be_bytes()[..], b"\0\x03\0\0user\0"].concat();
    assert_eq!((PROTOCOL.probe)(C, &begin(POSTGRES_START)), crate::proto::Probe::Yes);
    assert_eq!((PROTOCOL.probe)(C, &begin(POSTGRES_START + 1)), crate::proto::Probe::No);
}
