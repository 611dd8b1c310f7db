//! Dialogues in datagrams: what was said, and the rows that come of it.

use super::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::datagram::{App, Ports};
use crate::proto::dialogue::{Collected, detail, text};

const SECOND: i64 = 1_000_000_000;

/// A datagram: who says it, the number, which of how many, what.
type Said<'a> = (Side, u16, u16, u16, &'a str);

fn bytes(&(_, number, at, of, text): &Said<'_>) -> Vec<u8> {
    let head = [number, at, of, 0].map(u16::to_be_bytes).concat();
    [&head[..], text.as_bytes()].concat()
}

fn datagram(side: Side, bytes: &[u8], cut: usize) -> Datagram<'_> {
    let ports = match side {
        C => Ports { source: 40_000, destination: PORT },
        S => Ports { source: PORT, destination: 40_000 },
    };
    Datagram { side, bytes, cut, ports, to_group: false }
}

/// Plays datagrams, each a time step after the other; answers rows and the last verdict.
fn play(said: &[Said<'_>], step: i64, close: Close) -> (Vec<Exchange>, Verdict) {
    let (mut parser, mut sink) = (Datagrams::default(), Collected::default());
    let settings = Settings::default();
    let mut time = 0;
    let mut verdict = Verdict::Continue;
    for one in said {
        time += step;
        let mut cx =
            Context { time, place: Place::default(), settings: &settings, sink: &mut sink };
        verdict = parser.datagram(&datagram(one.0, &bytes(one), 0), &mut cx);
    }
    let mut cx = Context { time, place: Place::default(), settings: &settings, sink: &mut sink };
    parser.close(close, &mut cx);
    assert!(parser.asked.is_empty());
    (sink.0, verdict)
}

/// `method key [reply] datagrams error completeness oddities`.
fn brief(e: &Exchange) -> String {
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    let (reply, came) = (detail(e, "reply"), detail(e, "answer_datagrams"));
    let (seen, oddities) = (e.completeness.name(), e.oddities.join(","));
    format!("{method} {target} [{reply}] {came} {error} {seen} {oddities}").trim_end().to_owned()
}

fn told(said: &[Said<'_>]) -> Vec<String> {
    play(said, 1000, Close::CaptureEnd).0.iter().map(brief).collect()
}

#[test]
fn rows_are_as_over_tcp() {
    let said = [
        (C, 7, 0, 1, "set user:1 0 0 5\r\nhello\r\n"),
        (S, 7, 0, 1, "STORED\r\n"),
        (C, 8, 0, 1, "get user:1\r\n"),
        (C, 9, 0, 1, "get none\r\n"),
        (S, 9, 0, 1, "END\r\n"),
        (S, 8, 0, 1, "VALUE user:1 0 5\r\nhello\r\nEND\r\n"),
        (C, 10, 0, 1, "set a 0 0 1 noreply\r\nx\r\n"),
        (C, 11, 0, 1, "version\r\n"),
        (S, 11, 0, 1, "VERSION 1.6.18\r\n"),
        (C, 12, 0, 1, "incr n x\r\n"),
        (S, 12, 0, 1, "CLIENT_ERROR invalid numeric delta argument\r\n"),
    ];
    let rows = [
        "set user:* [STORED] - - complete",
        "get none [END] - - complete",
        "get user:* [VALUE] - - complete",
        "set a [none wanted] - - request_only",
        "version - [VERSION] - - complete",
        "incr n [CLIENT_ERROR] - CLIENT_ERROR complete",
    ];
    assert_eq!(told(&said), rows);
    let (exchanges, _) = play(&said, 1000, Close::CaptureEnd);
    let (request, response) =
        (exchanges[2].request.as_ref().unwrap(), exchanges[2].response.as_ref().unwrap());
    assert_eq!((request.first_time, response.last_time), (3000, Some(6000)));
    assert_eq!((request.body.bytes, response.body.bytes), (Some(12), Some(30)));
    assert_eq!(response.body.kept.as_deref(), Some(&b"hello"[..]));
}

#[test]
fn one_datagram_may_ask_for_several_things() {
    let said = [
        (C, 1, 0, 1, "get a\r\nget b\r\n"),
        (S, 1, 0, 1, "END\r\n"),
        (S, 1, 0, 2, "VALUE b 0 3\r\nx"),
        (S, 1, 1, 2, "yz\r\nEND\r\n"),
    ];
    let first = "get a [END] - - complete pairing_uncertain";
    assert_eq!(told(&said), [first, "get b [VALUE] - - complete"]);
}

/// What is lost as a whole leaves no trace: a value goes to who asked for it, whatever its turn.
#[test]
fn an_answer_that_was_lost_moves_no_other() {
    let value = "VALUE b 0 3\r\nxyz\r\nEND\r\n";
    let cases: [(&str, &[&str], &[&str]); 7] = [
        (
            "get a\r\nget b\r\n",
            &[value],
            &["get b [VALUE] - - complete", "get a [-] - no answer request_only"],
        ),
        // The order on the way is not known either.
        (
            "get a\r\nget b\r\n",
            &[value, "END\r\n"],
            &["get b [VALUE] - - complete", "get a [END] - - complete"],
        ),
        (
            "get a\r\nget b\r\n",
            &["END\r\n"],
            &[
                "get a [END] - - complete pairing_uncertain",
                "get b [-] - no answer request_only pairing_uncertain",
            ],
        ),
        (
            "get b\r\nget b\r\n",
            &[value],
            &[
                "get b [VALUE] - - complete pairing_uncertain",
                "get b [-] - no answer request_only pairing_uncertain",
            ],
        ),
        // The end that comes need not be that of the value before it.
        (
            "get a b\r\nget c\r\n",
            &["VALUE a 0 1\r\nx\r\n", "VALUE c 0 1\r\nx\r\nEND\r\n"],
            &[
                "get a [VALUE] - - complete pairing_uncertain",
                "get c [-] - no answer request_only pairing_uncertain",
            ],
        ),
        // What is quiet, and what was lost, look the same.
        (
            "mg a v q\r\nmn\r\n",
            &["MN\r\n"],
            &["mg a [quiet] - - request_only pairing_uncertain", "mn - [MN] - - complete"],
        ),
        // Servers send each value in a datagram of its own.
        ("get a b\r\n", &[value], &["get a [VALUE] - - complete pairing_uncertain"]),
    ];
    for (asks, answers, rows) in cases {
        let mut said = vec![(C, 1, 0, 1, asks)];
        said.extend(answers.iter().map(|answer| (S, 1, 0, 1, *answer)));
        let (got, _) = play(&said, 1000, Close::Timeout);
        assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows, "{said:?}");
    }
    let all = [
        (C, 1, 0, 1, "get a b\r\n"),
        (S, 1, 0, 1, "VALUE a 0 1\r\nx\r\n"),
        (S, 1, 0, 1, "VALUE b 0 1\r\nx\r\nEND\r\n"),
    ];
    assert_eq!(told(&all), ["get a [VALUE] - - complete"]);
    let (got, _) = play(&all[..2], 1000, Close::Timeout);
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), ["get a [-] - - gap datagrams_lost"]);
    let response = got[0].response.as_ref().expect("a value");
    assert_eq!((response.first_time, response.last_time, response.body.bytes), (2000, None, None));
}

/// An answer whose first datagram is missing names nothing.
#[test]
fn what_a_part_of_an_answer_is_to_is_in_doubt() {
    let cases: [(&str, u16, &[&str]); 3] = [
        ("get a\r\n", 1, &["get a [-] 1 of 2 - gap datagrams_lost"]),
        (
            "mg a v q\r\nmg b v q\r\nmn\r\n",
            1,
            &[
                "mg a [-] 1 of 2 - gap pairing_uncertain,datagrams_lost",
                "mg b [-] - - request_only pairing_uncertain,datagrams_lost",
                "mn - [-] - - request_only pairing_uncertain,datagrams_lost",
            ],
        ),
        (
            "get a\r\nget b\r\n",
            0,
            &["get b [-] 1 of 2 - gap datagrams_lost", "get a [-] - - request_only datagrams_lost"],
        ),
    ];
    for (asks, at, rows) in cases {
        let said = [(C, 1, 0, 1, asks), (S, 1, at, 2, "VALUE b 0 9\r\nabc")];
        assert_eq!(told(&said), rows, "{said:?}");
    }
}

#[test]
fn what_was_asked_has_a_row_whatever_comes_for_it() {
    let said = [
        (C, 1, 0, 1, "get a\r\n"),
        (S, 1, 0, 1, "hello\r\n"),
        (C, 2, 0, 1, "foo\r\n"),
        (S, 2, 0, 1, "ERROR\r\n"),
        (C, 3, 0, 1, "watch fetchers\r\nget b\r\n"),
        (S, 3, 0, 1, "OK\r\n"),
    ];
    let rows = [
        "get a [-] - - request_only pairing_uncertain",
        "foo - [ERROR] - ERROR complete",
        "watch - [OK] - - complete pairing_uncertain",
        "get b [-] - - request_only pairing_uncertain",
    ];
    assert_eq!(told(&said), rows);
}

#[test]
fn an_answer_in_several_datagrams_is_one_in_whatever_order() {
    let answer =
        [(S, 1, 0, 3, "VALUE a 0 9\r\nabc"), (S, 1, 1, 3, "def"), (S, 1, 2, 3, "ghi\r\nEND\r\n")];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut said = vec![(C, 1, 0, 1, "get a\r\n")];
        said.extend(order.map(|at| answer[at]));
        // What comes twice is read once.
        said.insert(2, said[1]);
        said.insert(2, said[1]);
        let (rows, _) = play(&said, 1000, Close::CaptureEnd);
        let [row] = &rows[..] else { panic!("{order:?}: {rows:?}") };
        assert_eq!(brief(row), "get a [VALUE] - - complete", "{order:?}");
        let response = row.response.as_ref().unwrap();
        assert_eq!(response.body.kept.as_deref(), Some(&b"abcdefghi"[..]));
        assert_eq!(response.body.bytes, Some(29));
    }
}

#[test]
fn a_lost_datagram_makes_a_gap_of_unknown_length() {
    let asks = (C, 1, 0, 1, "get a\r\nget b\r\n");
    let (begins, ends) = ((S, 1, 0, 3, "VALUE a 0 9\r\nabc"), (S, 1, 2, 3, "ghi\r\nEND\r\n"));
    let rows = |came, oddities: &str| {
        let second = format!("get b [-] - - request_only {oddities}");
        [format!("get a [-] {came} of 3 - gap {oddities}"), second]
    };
    let unsure = "pairing_uncertain,datagrams_lost";
    let cases = [
        (vec![asks, begins, ends], rows(2, "datagrams_lost")),
        (vec![asks, begins], rows(1, "datagrams_lost")),
        (vec![asks, ends], rows(1, unsure)),
    ];
    for (said, rows) in cases {
        let (found, _) = play(&said, 1000, Close::Timeout);
        assert_eq!(found.iter().map(brief).collect::<Vec<_>>(), rows);
        let response = &found[0].response;
        // When the answer began is known where its first datagram came, and when it ended never.
        let begun = said.contains(&begins).then_some((2000, None, None));
        let times = response.as_ref().map(|r| (r.first_time, r.last_time, r.body.bytes));
        assert_eq!(times, begun);
        assert_eq!(found[1].response, None);
    }
    // What is asked anew under the number begins anew.
    let said = [asks, begins, (C, 1, 0, 1, "get c\r\n"), (S, 1, 0, 1, "END\r\n")];
    let [first, second] = rows(1, "datagrams_lost");
    assert_eq!(told(&said), [first, second, "get c [END] - - complete".to_owned()]);
    // So does another answer.
    let said = [asks, begins, (S, 1, 0, 1, "END\r\n")];
    let [first, second] = rows(1, "datagrams_lost");
    assert_eq!(told(&said), [first, second, "- - [END] - - response_only".to_owned()]);
}

#[test]
fn what_is_not_answered_in_time_has_no_answer() {
    let said = [(C, 1, 0, 1, "get a\r\n"), (C, 2, 0, 1, "get b\r\n"), (S, 1, 0, 1, "END\r\n")];
    let rows = |step, close| -> Vec<_> { play(&said, step, close).0.iter().map(brief).collect() };
    let late = [
        "get a [-] - no answer request_only",
        "- - [END] - - response_only",
        "get b [-] - no answer request_only",
    ];
    assert_eq!(rows(6 * SECOND, Close::Timeout), late);
    let ended = ["get a [END] - - complete", "get b [-] - - request_only"];
    assert_eq!(rows(5 * SECOND, Close::CaptureEnd), ended);
}

#[test]
fn answers_without_their_questions_are_rows_of_their_own() {
    let said = [
        (S, 1, 1, 2, "lo\r\nEND\r\n"),
        (S, 1, 0, 2, "VALUE a 0 5\r\nhel"),
        (S, 2, 0, 2, "VALUE a 0 5\r\nhel"),
    ];
    let rows = ["- - [VALUE] - - response_only", "- - [-] 1 of 2 - gap datagrams_lost"];
    assert_eq!(told(&said), rows);
}

#[test]
fn what_the_capture_cut_off_is_a_gap() {
    let (mut parser, mut sink) = (Datagrams::default(), Collected::default());
    let settings = Settings::default();
    let said = [(C, 1, 0, 1, "get a\r\n"), (S, 1, 0, 1, "VALUE a 0 900\r\nabc")];
    for (one, cut) in said.iter().zip([0, 904]) {
        let mut cx =
            Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
        let verdict = parser.datagram(&datagram(one.0, &bytes(one), cut), &mut cx);
        assert_eq!(verdict, Verdict::Continue);
    }
    let [row] = &sink.0[..] else { panic!("{:?}", sink.0) };
    assert_eq!((row.completeness, row.gap_bytes), (Completeness::Gap, 904));
}

#[test]
fn the_binary_protocol_is_read_too() {
    let binary = |magic: u8, status: u8, key: &[u8], value: &[u8]| {
        let extras: &[u8] = if magic == 0x81 && status == 0 { &[0; 4] } else { &[] };
        let body = (extras.len() + key.len() + value.len()) as u8;
        let mut head = [0; 24];
        (head[0], head[3], head[4], head[7], head[11]) =
            (magic, key.len() as u8, extras.len() as u8, status, body);
        [&[0, 1, 0, 0, 0, 1, 0, 0], &head[..], extras, key, value].concat()
    };
    let (mut parser, mut sink) = (Datagrams::default(), Collected::default());
    let settings = Settings::default();
    for (side, bytes) in [(C, binary(0x80, 0, b"a", b"")), (S, binary(0x81, 0, b"", b"hat"))] {
        assert_eq!(probe(&datagram(side, &bytes, 0)), Recognised::Yes(Some(side)));
        let mut cx =
            Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
        parser.datagram(&datagram(side, &bytes, 0), &mut cx);
    }
    let rows: Vec<_> = sink.0.iter().map(brief).collect();
    assert_eq!(rows, ["get a [ok] - - complete"]);
}

#[test]
fn only_what_surely_is_one_is_recognised() {
    let settings = Settings::default();
    let named = |side, bytes: &[u8]| {
        App::recognise(&datagram(side, bytes, 0), &settings)
            .map(|(app, from)| (*app.protocol(), from))
    };
    for (said, from) in [
        ((C, 1, 0, 1, "get a\r\n"), C),
        ((C, 1, 0, 1, "stats\r\n"), C),
        ((S, 1, 0, 1, "STORED\r\n"), S),
        ((S, 1, 0, 3, "VALUE a 0 5000\r\nabc"), S),
        // Whoever is held to be the client.
        ((S, 1, 0, 1, "get a\r\n"), C),
    ] {
        assert_eq!(named(said.0, &bytes(&said)), Some(("memcached", Some(from))), "{said:?}");
    }
    for other in [
        (C, 1, 1, 1, "get a\r\n"),
        (C, 1, 0, 0, "get a\r\n"),
        (C, 1, 0, 2, "get a\r\n"),
        (S, 1, 1, 2, "lo\r\nEND\r\n"),
        (S, 1, 0, 1, "hello\r\n"),
        (C, 1, 0, 1, ""),
    ] {
        assert_eq!(named(other.0, &bytes(&other)), None, "{other:?}");
    }
    // What is to be zero is whatever the client had there.
    let reserved = [0, 1, 0, 0, 0, 1, 0xf4, 0, b'g', b'e', b't', b' ', b'a', 13, 10];
    assert_eq!(named(C, &reserved), Some(("memcached", Some(C))));
    let question = b"\0\x01\0\0\0\x01\0\0\0\0\0\0\x01a\x03lab\0\0\x01\0\x01";
    assert_eq!(named(C, question).map(|(name, _)| name), Some("dns"));
}

#[test]
fn what_is_not_memcached_ends_it() {
    let strange = (C, 1, 0, 1, "\x01\x02");
    let asks = (C, 1, 0, 1, "get a\r\n");
    assert_eq!(play(&[asks, strange, strange], 1, Close::CaptureEnd).1, Verdict::Continue);
    let (rows, verdict) = play(&[asks, strange, strange, strange], 1, Close::CaptureEnd);
    assert!(matches!(verdict, Verdict::Dead(_)));
    assert_eq!(rows.iter().map(brief).collect::<Vec<_>>(), ["get a [-] - - request_only"]);
    let again = [asks, strange, strange, asks, strange, strange];
    assert_eq!(play(&again, 1, Close::CaptureEnd).1, Verdict::Continue);
}

/// Reaches `MEMCACHED_NUMBERS`.
#[test]
fn so_many_numbers_wait() {
    let numbers = 0..=u16::try_from(MEMCACHED_NUMBERS).unwrap();
    let said: Vec<_> = numbers.map(|number| (C, number, 0, 1, "get a\r\n")).collect();
    let rows = told(&said);
    assert_eq!(rows[0], "get a [-] - - request_only pipeline_overflow");
    assert!(rows[1..].iter().all(|row| row == "get a [-] - - request_only"));
    assert_eq!(rows.len(), MEMCACHED_NUMBERS + 1);
}

/// Reaches `MEMCACHED_EARLY`.
#[test]
fn so_much_waits_for_what_comes_before() {
    let piece = "x".repeat(1024);
    let each = piece.len() + OVERHEAD;
    let count = u16::try_from(MEMCACHED_EARLY / each).unwrap();
    let said = |count| {
        let mut said = vec![(C, 1, 0, 1, "get a\r\n")];
        said.extend((1..=count).map(|at| (S, 1, at, 1000, piece.as_str())));
        let (mut parser, mut sink) = (Datagrams::default(), Collected::default());
        let settings = Settings::default();
        for one in &said {
            let mut cx =
                Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
            parser.datagram(&datagram(one.0, &bytes(one), 0), &mut cx);
        }
        assert!(parser.memory() < 2 * MEMCACHED_EARLY);
        sink.0.iter().map(brief).collect::<Vec<_>>()
    };
    assert_eq!(said(count), [""; 0]);
    let row = format!("get a [-] {} of 1000 - gap datagrams_lost", count + 1);
    assert_eq!(said(count + 1), [row]);
}
