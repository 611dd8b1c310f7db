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
    assert_eq!(told(&said), ["get a [END] - - complete", "get b [VALUE] - - complete"]);
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
    let rows = |came| {
        let second = "get b [-] - - request_only datagrams_lost".to_owned();
        [format!("get a [-] {came} of 3 - gap datagrams_lost"), second]
    };
    let cases = [(vec![asks, begins, ends], 2), (vec![asks, begins], 1), (vec![asks, ends], 1)];
    for (said, came) in cases {
        let (found, _) = play(&said, 1000, Close::Timeout);
        assert_eq!(found.iter().map(brief).collect::<Vec<_>>(), rows(came));
        let response = &found[0].response;
        // When the answer began is known where its first datagram came, and when it ended never.
        let begun = said.contains(&begins).then_some((2000, None, None));
        let times = response.as_ref().map(|r| (r.first_time, r.last_time, r.body.bytes));
        assert_eq!(times, begun);
        assert_eq!(found[1].response, None);
    }
    // What is asked anew under the number begins anew.
    let said = [asks, begins, (C, 1, 0, 1, "get c\r\n"), (S, 1, 0, 1, "END\r\n")];
    let [first, second] = rows(1);
    assert_eq!(told(&said), [first, second, "get c [END] - - complete".to_owned()]);
    // So does another answer.
    let said = [asks, begins, (S, 1, 0, 1, "END\r\n")];
    let [first, second] = rows(1);
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
