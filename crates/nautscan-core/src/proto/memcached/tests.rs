//! Dialogues: what both sides said, and the exchanges that come of it.

use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::{MEMCACHED_LINE, MEMCACHED_PIPELINE, MEMCACHED_TEXT, MEMCACHED_VALUE};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};

fn play(acts: &[Act], piece: usize) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Either::Undecided, acts, piece)
}

/// `method key reply error completeness`.
fn brief(e: &Exchange) -> String {
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    format!("{method} {target} [{}] {error} {}", detail(e, "reply"), e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(|| Either::Undecided, acts, brief)
}

#[test]
fn a_command_has_its_answer() {
    let acts = [
        says(C, "set user:1 0 0 5\r\nhello\r\n"),
        says(S, "STORED\r\n"),
        says(C, "get user:1 user:2\r\n"),
        says(S, "VALUE user:1 0 5\r\nhello\r\nEND\r\n"),
        says(C, "get none\r\n"),
        says(S, "END\r\n"),
        says(C, "incr n 1\r\n"),
        says(S, "7\r\n"),
        says(C, "incr n x\r\n"),
        says(S, "CLIENT_ERROR invalid numeric delta argument\r\n"),
        says(C, "stats\r\n"),
        says(S, "STAT pid 1\r\nSTAT uptime 2\r\nEND\r\n"),
        says(C, "nothing\r\n"),
        says(S, "ERROR\r\n"),
        says(C, "quit\r\n"),
    ];
    let rows = [
        "set user:* [STORED] - complete",
        "get user:* [VALUE] - complete",
        "get none [END] - complete",
        "incr n [number] - complete",
        "incr n [CLIENT_ERROR] CLIENT_ERROR complete",
        "stats - [STAT] - complete",
        "nothing - [ERROR] ERROR complete",
        "quit - [none wanted] - request_only",
    ];
    assert_eq!(told(&acts), rows);
    let (exchanges, _) = play(&acts, usize::MAX);
    let [set, get, ..] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    let body = |message: &Option<crate::event::Message>| message.as_ref().unwrap().body.clone();
    assert_eq!(body(&set.request).bytes, Some(25));
    assert_eq!(body(&set.request).kept.as_deref(), Some(&b"hello"[..]));
    assert_eq!(body(&get.response).kept.as_deref(), Some(&b"hello"[..]));
    assert!(
        get.detail.contains(&("hits", "1".into())) && get.detail.contains(&("keys", "2".into()))
    );
    assert_eq!(get.duration(), Some(1000));
}

impl Exchange {
    fn duration(&self) -> Option<i64> {
        Some(self.response.as_ref()?.last_time? - self.request.as_ref()?.first_time)
    }
}

#[test]
fn a_value_may_hold_anything() {
    let acts = [
        says(C, "set k 0 0 11\r\nEND\r\nget x\r\n\r\n"),
        says(S, "STORED\r\n"),
        says(C, "get k\r\n"),
        says(S, "VALUE k 0 5\r\nEND\r\n\r\nEND\r\n"),
    ];
    assert_eq!(told(&acts), ["set k [STORED] - complete", "get k [VALUE] - complete"]);
}

#[test]
fn answers_of_a_pipeline_come_in_order() {
    let acts = [
        says(C, "set a 0 0 1 noreply\r\n1\r\nget a\r\nget b\r\ndelete a\r\n"),
        says(S, "VALUE a 0 1\r\n1\r\nEND\r\nEND\r\nNOT_FOUND\r\n"),
    ];
    let rows = [
        "set a [none wanted] - request_only",
        "get a [VALUE] - complete",
        "get b [END] - complete",
        "delete a [NOT_FOUND] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn meta_commands_and_quiet_ones() {
    let acts = [
        says(C, "ms k 2 T0\r\nhi\r\n"),
        says(S, "HD\r\n"),
        says(C, "mg k v\r\n"),
        says(S, "VA 2\r\nhi\r\n"),
        says(C, "mg a v q O1\r\nmg b v q O2\r\nms c 1 q\r\nx\r\nmn\r\n"),
        says(S, "VA 1 O2\r\ny\r\nMN\r\n"),
    ];
    let rows = [
        "ms k [HD] - complete",
        "mg k [VA] - complete",
        "mg a [quiet] - request_only",
        "mg b [VA] - complete",
        "ms c [quiet] - request_only",
        "mn - [MN] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

/// As Dalli asks for many: an answer names its key, and the first that was asked for need not be it.
#[test]
fn a_quiet_get_is_answered_by_the_line_with_its_key() {
    let acts = [
        says(C, "mg a v k q\r\nmg b v k q\r\nmg c v k q\r\nmn\r\n"),
        says(S, "VA 1 kb\r\ny\r\nMN\r\n"),
    ];
    let rows = [
        "mg a [quiet] - request_only",
        "mg b [VA] - complete",
        "mg c [quiet] - request_only",
        "mn - [MN] - complete",
    ];
    assert_eq!(told(&acts), rows);
    assert!(play(&acts, usize::MAX).0.iter().all(|row| row.oddities.is_empty()));
}

/// Without key or token any of them may be the one that is answered.
#[test]
fn quiet_gets_without_names_are_all_in_doubt() {
    let acts = [
        says(C, "mg a v q\r\nmg b v q\r\nmn\r\nmg c v q\r\nmn\r\n"),
        says(S, "VA 1\r\ny\r\nMN\r\nVA 1\r\ny\r\nMN\r\n"),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let doubts = got.iter().map(|row| format!("{} {}", text(&row.target), row.oddities.len()));
    assert_eq!(doubts.collect::<Vec<_>>(), ["a 1", "b 1", "- 0", "c 0", "- 0"]);
}

/// As Memcached 1.6.18 answers.
#[test]
fn a_quiet_deletion_may_be_told_that_there_was_nothing() {
    let acts = [
        says(C, "mg b v q\r\nmd a q\r\nms k 2 q\r\nhi\r\nmn\r\nmd a\r\n"),
        says(S, "NF\r\nMN\r\nNF\r\n"),
    ];
    let rows = [
        "mg b [quiet] - request_only",
        "md a [NF] - complete",
        "ms k [quiet] - request_only",
        "mn - [MN] - complete",
        "md a [NF] - complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    let doubts: Vec<_> = got.iter().map(|row| row.oddities.len()).collect();
    assert_eq!(doubts, [0, 1, 1, 0, 0], "a quiet store may be told so, too");
}

/// Where a line may be to a quiet command or to the next one, what follows is not paired one off.
#[test]
fn an_answer_to_a_quiet_command_or_the_next_shifts_nothing() {
    let next = [says(C, "mg c v\r\n"), says(S, "EN\r\n")];
    let asked =
        [("mg a v q\r\nmg b v\r\n", "VA 1\r\ny\r\n"), ("md a q\r\nmd b\r\n", "NF\r\nNF\r\n")];
    for (asks, answers) in asked {
        let acts = [&[says(C, asks), says(S, answers)], &next[..]].concat();
        let (got, _) = play(&acts, usize::MAX);
        let rows = got.iter().map(|row| format!("{} {:?}", brief(row), row.oddities));
        let method = &asks[..2];
        let unsure = |key| format!("{method} {key} [-] - request_only [\"pairing_uncertain\"]");
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows, [unsure("a"), unsure("b"), "mg c [EN] - complete []".into()]);
    }
}

#[test]
fn a_line_that_the_command_cannot_have_is_not_its_answer() {
    for (asks, other, answer) in [
        ("delete k\r\n", "END\r\n", "DELETED\r\n"),
        ("get k\r\n", "STORED\r\n", "END\r\n"),
        ("mg k v\r\n", "MN\r\n", "EN\r\n"),
    ] {
        let acts = [
            says(C, asks),
            says(S, other),
            says(S, answer),
            says(C, "get b\r\n"),
            says(S, "END\r\n"),
        ];
        let (got, _) = play(&acts, usize::MAX);
        let rows: Vec<_> = got.iter().map(brief).collect();
        let unsure = format!("{} k [-] - request_only", asks.split(' ').next().unwrap());
        assert_eq!(rows, [unsure, "get b [END] - complete".into()]);
        assert_eq!(got[0].oddities, ["pairing_uncertain"]);
    }
}

#[test]
fn what_is_for_people_is_answered_in_any_case() {
    let acts = [says(C, "me a q O1 k\r\nmg a v\r\n"), says(S, "ME a exp=-1 la=0 size=6\r\nEN\r\n")];
    assert_eq!(told(&acts), ["me a [ME] - complete", "mg a [EN] - complete"]);
}

#[test]
fn a_dump_for_meta_commands_ends_with_its_own_line() {
    let acts = [
        says(C, "lru_crawler mgdump all\r\n"),
        says(S, "mg a\r\nmg b\r\nEN\r\n"),
        says(C, "get a\r\n"),
        says(S, "END\r\n"),
    ];
    assert_eq!(told(&acts), ["lru_crawler - [mg] - complete", "get a [END] - complete"]);
}

#[test]
fn what_is_stored_or_deleted_is_no_hit() {
    let acts = [
        says(C, "ms k 2\r\nhi\r\nmd k\r\nmg k\r\nmg k v\r\n"),
        says(S, "HD\r\nHD\r\nHD\r\nEN\r\n"),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let hits = |row: &Exchange| {
        let hits = row.detail.iter().find(|(name, _)| *name == "hits");
        hits.map_or("-".to_owned(), |(_, hits)| hits.clone())
    };
    assert_eq!(got.iter().map(hits).collect::<Vec<_>>(), ["-", "-", "1", "0"]);
}

#[test]
fn a_loss_within_a_value_is_marked_and_no_more() {
    let acts = [
        says(C, "get a\r\n"),
        says(S, "VALUE a 0 10\r\nabc"),
        Act::Loses(S, 4),
        says(S, "hij\r\nEND\r\n"),
        says(C, "get b\r\n"),
        says(S, "END\r\n"),
    ];
    assert_eq!(told(&acts), ["get a [VALUE] - gap", "get b [END] - complete"]);
}

#[test]
fn who_waits_is_followed_again_after_a_loss() {
    let acts = [says(C, "get a\r\n"), Act::Loses(S, 30), says(C, "get b\r\n"), says(S, "END\r\n")];
    let (rows, _) = play(&acts, usize::MAX);
    let rows: Vec<_> = rows.iter().map(brief).collect();
    assert_eq!(rows, ["get a [-] - gap", "get b [END] - complete"]);
    let acts = [
        says(C, "get a\r\n"),
        says(S, "END\r\n"),
        Act::Loses(C, 7),
        says(S, "VALUE x 0 1\r\n1\r\nEND\r\n"),
        says(C, "get b\r\n"),
        says(S, "END\r\n"),
    ];
    let (rows, _) = play(&acts, usize::MAX);
    let rows: Vec<_> = rows.iter().map(brief).collect();
    assert_eq!(rows, ["get a [END] - complete", "get b [END] - complete"]);
}

#[test]
fn who_does_not_wait_is_given_up_after_a_loss() {
    let acts =
        [says(C, "get a\r\nget b\r\n"), says(S, "END\r\n"), says(C, "get c\r\n"), Act::Loses(S, 5)];
    let (rows, verdict) = play(&acts, usize::MAX);
    assert!(matches!(verdict, Verdict::Dead(_)));
    let rows: Vec<_> = rows.iter().map(brief).collect();
    assert_eq!(rows, ["get a [END] - complete", "get b [-] - gap", "get c [-] - request_only"]);
}

#[test]
fn what_was_asked_before_is_an_answer_alone() {
    let acts =
        [says(S, "VALUE user:1 0 2\r\nhi\r\nEND\r\n"), says(C, "get b\r\n"), says(S, "END\r\n")];
    assert_eq!(told(&acts), ["- - [VALUE] - response_only", "get b [END] - complete"]);
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let (got, _) = play(&[says(C, "get a\r\n")], usize::MAX);
    assert_eq!(brief(&got[0]), "get a [-] connection closed before response request_only");
}

/// An answer of which a part came is told as that, not as none; what is said of the others stays.
#[test]
fn an_answer_that_has_no_end_is_there_in_part() {
    let value = "VALUE a 0 100\r\n0123456789";
    let closed = "connection closed before response";
    let next = format!("get b [-] {closed} request_only");
    for (acts, rows, kept) in [
        (vec![says(C, "get a\r\nget b\r\n"), says(S, value)], vec!["get a [-] - gap", &next], 10),
        (vec![says(C, "get a\r\n"), says(S, "VAL")], vec!["get a [-] - gap"], 0),
        (vec![says(C, "mg a v q\r\n"), says(S, "VA 9\r\nx")], vec!["mg a [-] - gap"], 1),
        (
            vec![says(C, "get a\r\n"), says(S, value), Act::Loses(S, 200)],
            vec!["get a [-] - gap"],
            10,
        ),
    ] {
        assert_eq!(told(&acts), rows);
        let row = play(&acts, usize::MAX).0.remove(0);
        let response = row.response.as_ref().expect("a part");
        assert_eq!((response.first_time, response.last_time), (2000, None));
        assert_eq!((response.body.bytes, response.body.truncated), (None, true));
        assert_eq!(response.body.kept.as_ref().map_or(0, Vec::len), kept);
        assert!(row.oddities.is_empty());
    }
    // Whether this is of the quiet one is not known.
    let (got, _) = play(&[says(C, "mg a v q\r\nmg b v\r\n"), says(S, "VA")], usize::MAX);
    assert!(got.iter().all(|row| row.response.is_none() && row.oddities == ["pairing_uncertain"]));
}

#[test]
fn the_log_that_is_watched_is_no_conversation() {
    let (got, verdict) = play(&[says(C, "watch fetchers\r\n"), says(S, "OK\r\n")], usize::MAX);
    assert_eq!((got.len(), verdict), (1, Verdict::Over { consumed: 4 }));
}

/// Reaches `MEMCACHED_LINE`, `MEMCACHED_TEXT`: a longer line ends it; of others the beginning is kept.
#[test]
fn lines_are_read_up_to_the_cap() {
    let long = "a".repeat(MEMCACHED_LINE);
    let (_, verdict) = play(&[says(C, format!("get {long}\r\n"))], usize::MAX);
    assert_eq!(verdict, Verdict::Dead("a line is too long"));
    let (got, _) = play(&[says(C, format!("get {}\r\n", "a".repeat(MEMCACHED_TEXT)))], usize::MAX);
    assert_eq!(got[0].detail[0].1.len(), MEMCACHED_TEXT);
}

/// Reaches `MEMCACHED_PIPELINE`: the oldest command is told without its answer, which is passed over.
#[test]
fn a_pipeline_is_followed_up_to_the_cap() {
    let count = MEMCACHED_PIPELINE + 1;
    let acts = [says(C, "get a\r\n".repeat(count)), says(S, "END\r\n".repeat(count))];
    let (got, _) = play(&acts, usize::MAX);
    assert_eq!(got.len(), count);
    assert_eq!(
        (got[0].oddities[0], got[0].completeness),
        ("pipeline_overflow", Completeness::RequestOnly)
    );
    assert!(got[1..].iter().all(|e| e.completeness == Completeness::Complete));
}

/// Reaches `MEMCACHED_PIPELINE` with quiet commands: whether the oldest was answered is not known.
#[test]
fn a_quiet_pipeline_above_the_cap_shifts_nothing() {
    let acts = [
        says(C, "mg a v q\r\n".repeat(MEMCACHED_PIPELINE + 1) + "mn\r\n"),
        says(S, "VA 1\r\ny\r\nMN\r\n"),
        says(C, "get b\r\n"),
        says(S, "END\r\n"),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let (last, quiet) = got.split_last().unwrap();
    assert!(quiet.iter().all(|row| row.response.is_none() && !row.oddities.is_empty()));
    assert_eq!(brief(last), "get b [END] - complete");
}

/// A binary message: magic, number, status, token, extras, key, value.
fn message(
    magic: u8,
    code: u8,
    status: u16,
    token: u32,
    extras: &[u8],
    key: &str,
    value: &str,
) -> Vec<u8> {
    let body = [extras, key.as_bytes(), value.as_bytes()].concat();
    let mut bytes = vec![magic, code, 0, key.len() as u8, extras.len() as u8, 0];
    bytes.extend(status.to_be_bytes());
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(token.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes
}

fn asks(code: u8, token: u32, extras: &[u8], key: &str, value: &str) -> Vec<u8> {
    message(0x80, code, 0, token, extras, key, value)
}

fn answers(code: u8, token: u32, status: u16, value: &str) -> Vec<u8> {
    let extras: &[u8] = if code == 0 && status == 0 { &[0; 4] } else { &[] };
    message(0x81, code, status, token, extras, "", value)
}

#[test]
fn binary_messages_have_their_answers() {
    let acts = [
        Act::Says(C, asks(1, 7, &[0; 8], "user:1", "hello")),
        Act::Says(S, answers(1, 7, 0, "")),
        Act::Says(C, asks(0, 8, &[], "user:1", "")),
        Act::Says(S, answers(0, 8, 0, "hello")),
        Act::Says(C, asks(0, 9, &[], "none", "")),
        Act::Says(S, answers(0, 9, 1, "Not found")),
        Act::Says(
            C,
            [asks(9, 1, &[], "a", ""), asks(9, 2, &[], "b", ""), asks(10, 3, &[], "", "")].concat(),
        ),
        Act::Says(S, [answers(9, 2, 0, "x"), answers(10, 3, 0, "")].concat()),
        Act::Says(C, asks(0x10, 4, &[], "", "")),
        Act::Says(
            S,
            [message(0x81, 0x10, 0, 4, &[], "pid", "1"), answers(0x10, 4, 0, "")].concat(),
        ),
        Act::Says(C, asks(5, 5, &[0; 20], "user:1", "")),
        Act::Says(S, answers(5, 5, 6, "Non-numeric")),
    ];
    let rows = [
        "set user:* [ok] - complete",
        "get user:* [ok] - complete",
        "get none [key not found] - complete",
        "getq a [quiet] - request_only",
        "getq b [ok] - complete",
        "noop - [ok] - complete",
        "stat - [ok] - complete",
        "incr user:* [value not numeric] value not numeric complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts, usize::MAX);
    let response = got[1].response.as_ref().unwrap();
    assert_eq!((got[1].status, response.body.kept.as_deref()), (Some(0), Some(&b"hello"[..])));
    assert_eq!(got[6].response.as_ref().unwrap().body.bytes, Some(24 + 4 + 24));
}

/// An answer of several packets ends with an empty one.
#[test]
fn of_statistics_the_end_may_be_missing() {
    let acts = [
        Act::Says(C, asks(0x10, 4, &[], "", "")),
        Act::Says(S, message(0x81, 0x10, 0, 4, &[], "pid", "1")),
    ];
    assert_eq!(told(&acts), ["stat - [-] connection closed before response gap"]);
    let response = play(&acts, usize::MAX).0.remove(0).response.expect("it");
    assert_eq!((response.first_time, response.last_time), (2000, None));
    assert_eq!(response.body.bytes, None);
}

/// The part of an answer says what it is to.
#[test]
fn a_binary_answer_that_has_no_end_is_there_in_part() {
    let acts = [
        Act::Says(C, [asks(0, 1, &[], "a", ""), asks(0, 2, &[], "b", "")].concat()),
        Act::Says(S, answers(0, 1, 0, "0123456789")[..30].to_vec()),
    ];
    let rows = ["get a [ok] - gap", "get b [-] connection closed before response request_only"];
    assert_eq!(told(&acts), rows);
    let response = play(&acts, usize::MAX).0.remove(0).response.expect("a part");
    assert_eq!((response.first_time, response.last_time), (2000, None));
    assert_eq!((response.body.bytes, response.body.truncated), (None, true));
    assert_eq!(response.body.kept.as_deref(), Some(&b"01"[..]));
}

/// As libmemcached asks for many: all with the same token, and answers name their keys.
#[test]
fn a_binary_answer_is_to_the_request_of_its_key() {
    let asked = ["a", "b", "c"].map(|key| asks(0x0d, 0, &[], key, "")).concat();
    let noop = [asks(10, 0, &[], "", ""), answers(10, 0, 0, "")];
    let acts = [
        Act::Says(C, [&asked[..], &noop[0]].concat()),
        Act::Says(S, [message(0x81, 0x0d, 0, 0, &[0; 4], "b", "y"), noop[1].clone()].concat()),
    ];
    let rows = [
        "getkq a [quiet] - request_only",
        "getkq b [ok] - complete",
        "getkq c [quiet] - request_only",
        "noop - [ok] - complete",
    ];
    assert_eq!(told(&acts), rows);
    let asked = ["a", "b"].map(|key| asks(9, 0, &[], key, "")).concat();
    let acts = [
        Act::Says(C, [&asked[..], &noop[0]].concat()),
        Act::Says(S, [answers(9, 0, 0, "y"), noop[1].clone()].concat()),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let doubts: Vec<_> = got.iter().map(|row| row.oddities.len()).collect();
    assert_eq!(doubts, [1, 1, 0], "without keys, either may be it");
}

#[test]
fn binary_losses_are_marked_or_waited_for() {
    let value = answers(0, 1, 0, "0123456789");
    let acts = [
        Act::Says(C, asks(0, 1, &[], "a", "")),
        Act::Says(S, value[..30].to_vec()),
        Act::Loses(S, 4),
        Act::Says(S, value[34..].to_vec()),
        Act::Says(C, asks(0, 2, &[], "b", "")),
        Act::Loses(S, 28),
        Act::Says(C, asks(0, 3, &[], "c", "")),
        Act::Says(S, answers(0, 3, 0, "")),
    ];
    let (got, _) = play(&acts, usize::MAX);
    let rows: Vec<_> = got.iter().map(brief).collect();
    assert_eq!(rows, ["get a [ok] - gap", "get b [-] - gap", "get c [ok] - complete"]);
}

/// Reaches `MEMCACHED_VALUE`: what claims to be longer is no message.
#[test]
fn a_binary_message_has_an_end() {
    let mut endless = asks(1, 0, &[0; 8], "a", "");
    endless[8..12].copy_from_slice(&(MEMCACHED_VALUE + 1).to_be_bytes());
    assert_eq!((PROTOCOL.probe)(C, &endless), crate::proto::Probe::No);
    let (_, verdict) = play(&[Act::Says(C, endless)], usize::MAX);
    assert!(matches!(verdict, Verdict::Dead(_)));
}
