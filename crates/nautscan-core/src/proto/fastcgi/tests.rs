//! Dialogues: what both sides said, and the exchanges that come of it.

use super::oddity::*;
use super::*;
use crate::event::Exchange;
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};

fn a_record(kind: u8, number: u16, content: &[u8]) -> Vec<u8> {
    let [long, short] = (content.len() as u16).to_be_bytes();
    let [high, low] = number.to_be_bytes();
    [&[1, kind, high, low, long, short, 3, 0][..], content, b"pad"].concat()
}

fn begin(number: u16) -> Vec<u8> {
    begin_as(1, number)
}

fn begin_as(role: u8, number: u16) -> Vec<u8> {
    a_record(kind::BEGIN, number, &[0, role, 1, 0, 0, 0, 0, 0])
}

fn parameters(pairs: &[(&str, &str)]) -> Vec<u8> {
    let length = |text: &str| match text.len() {
        short @ ..0x80 => vec![short as u8],
        long => (long as u32 | 0x8000_0000).to_be_bytes().to_vec(),
    };
    let pair = |(name, value): &(&str, &str)| {
        [length(name), length(value), name.as_bytes().to_vec(), value.as_bytes().to_vec()].concat()
    };
    pairs.iter().flat_map(pair).collect()
}

/// A request of a web server, whole.
fn asked(number: u16, uri: &str, content: &str) -> Vec<u8> {
    let all = parameters(&[
        ("REQUEST_METHOD", "POST"),
        ("REQUEST_URI", uri),
        ("SCRIPT_NAME", "/index.php"),
        ("SERVER_NAME", "inner.example"),
        ("REMOTE_ADDR", "10.0.0.7"),
        ("CONTENT_TYPE", "text/plain"),
        ("HTTP_HOST", "shop.example"),
        ("HTTP_USER_AGENT", &"curl ".repeat(40)),
        ("HTTP_COOKIE", "id=1"),
        ("DB_PASSWORD", "secret"),
    ]);
    let (one, two) = all.split_at(30);
    [
        begin(number),
        a_record(kind::PARAMETERS, number, one),
        a_record(kind::PARAMETERS, number, two),
        a_record(kind::PARAMETERS, number, b""),
        if content.is_empty() { vec![] } else { a_record(kind::INPUT, number, content.as_bytes()) },
        a_record(kind::INPUT, number, b""),
    ]
    .concat()
}

fn out(number: u16, text: &str) -> Vec<u8> {
    a_record(kind::OUTPUT, number, text.as_bytes())
}

fn over(number: u16, exit: u8, status: u8) -> Vec<u8> {
    a_record(kind::END, number, &[0, 0, 0, exit, status, 0, 0, 0])
}

/// An answer, whole.
fn answer(number: u16, content: &str) -> Vec<u8> {
    [out(number, &format!("A: b\n\n{content}")), out(number, ""), over(number, 0, 0)].concat()
}

fn play(acts: &[Act]) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Fastcgi::default(), acts, usize::MAX)
}

/// `method target | status error | completeness`.
fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    format!("{method} {target} | {status} {error} | {}", e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Fastcgi::default, acts, brief)
}

/// Rows of a dialogue with losses, each with its oddities.
fn marked(acts: &[Act]) -> Vec<String> {
    let mark = |e: &Exchange| format!("{} {}", brief(e), e.oddities.join(","));
    play(acts).0.iter().map(mark).collect()
}

fn body(exchange: &Exchange, side: Side) -> (Option<i64>, String, bool) {
    let half = if side == C { &exchange.request } else { &exchange.response };
    let body = &half.as_ref().expect("a half").body;
    (body.bytes, text(&body.kept), body.truncated)
}

#[test]
fn a_request_has_its_answer() {
    let header = "Status: 404 Not Found\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\n\r\n<p>";
    let acts = [
        says(C, asked(1, "/a?x=1", "hello")),
        says(S, a_record(kind::ERRORS, 1, b"PHP message: oops\n")),
        says(S, [out(1, header), out(1, "gone"), out(1, ""), over(1, 0, 0)].concat()),
        says(C, asked(1, "/b", "")),
        says(S, [out(1, "X: y\nContent-type: text/plain\n\nhi"), over(1, 3, 0)].concat()),
        says(C, asked(1, "/c", "")),
        says(S, [out(1, "Location: /d\r\n\r\n"), over(1, 0, 0)].concat()),
        says(C, asked(1, "/d", "")),
        says(S, over(1, 0, 2)),
    ];
    let rows = [
        "POST /a?x=1 | 404 - | complete",
        "POST /b | 200 - | complete",
        "POST /c | - - | complete",
        "POST /d | - OVERLOADED | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert_eq!(text(&got[0].host), "shop.example");
    assert_eq!(body(&got[0], C), (Some(5), "hello".to_owned(), false));
    assert_eq!(body(&got[0], S), (Some(7), "<p>gone".to_owned(), false));
    let (request, response) = (got[0].request.as_ref(), got[0].response.as_ref());
    let (request, response) = (request.expect("it"), response.expect("it"));
    assert_eq!(text(&response.content_type), "text/html");
    assert_eq!((request.first_time, request.last_time), (1000, Some(1000)));
    assert_eq!((response.first_time, response.last_time), (3000, Some(3000)));
    let fields: Vec<_> = request.headers.iter().map(|(name, _)| name.to_vec()).collect();
    assert_eq!(fields, [&b"content-type"[..], b"host", b"user-agent", b"cookie"]);
    let wanted = [
        ("role", "responder"),
        ("keep_conn", "true"),
        ("script_name", "/index.php"),
        ("remote_addr", "10.0.0.7"),
        ("stderr", "PHP message: oops"),
        ("stderr_bytes", "18"),
        ("app_status", "0"),
        ("protocol_status", "REQUEST_COMPLETE"),
        ("status_stated", "-"),
    ];
    for (name, value) in wanted {
        assert_eq!(detail(&got[0], name), value, "{name}");
    }
    assert_eq!((detail(&got[1], "app_status"), detail(&got[1], "status_stated")), ("3", "false"));
    assert!(!format!("{got:?}").contains("secret"));
    assert!(got.iter().all(|e| e.oddities.is_empty()));
}

#[test]
fn other_roles_end_otherwise() {
    let named =
        parameters(&[("REQUEST_METHOD", "GET"), ("SCRIPT_NAME", "/s"), ("PATH_INFO", "/i")]);
    let named = |number| {
        let query = parameters(&[("QUERY_STRING", "a=b"), ("SERVER_NAME", "inner.example")]);
        let (one, two) = (a_record(kind::PARAMETERS, number, &named), query);
        let two = a_record(kind::PARAMETERS, number, &two);
        [one, two, a_record(kind::PARAMETERS, number, b"")].concat()
    };
    let file = [a_record(kind::DATA, 1, b"a file"), a_record(kind::DATA, 1, b"")].concat();
    let acts = [
        says(C, [begin_as(2, 1), named(1)].concat()),
        says(S, [out(1, "Status: 403 No\n\n"), over(1, 0, 0)].concat()),
        says(C, [begin_as(3, 1), named(1), a_record(kind::INPUT, 1, b""), file].concat()),
        says(S, answer(1, "")),
    ];
    assert_eq!(told(&acts), ["GET /s/i?a=b | 403 - | complete", "GET /s/i?a=b | 200 - | complete"]);
    let (got, _) = play(&acts);
    let ended = |e: &Exchange| e.request.as_ref().and_then(|half| half.last_time);
    assert_eq!((ended(&got[0]), ended(&got[1])), (Some(1000), Some(3000)));
    assert_eq!((detail(&got[0], "role"), detail(&got[1], "role")), ("authorizer", "filter"));
    assert_eq!((detail(&got[1], "data_bytes"), text(&got[1].host)), ("6", "inner.example".into()));
}

#[test]
fn requests_share_a_connection() {
    let acts = [
        says(C, [asked(1, "/a", ""), asked(2, "/b", "")].concat()),
        says(S, [out(2, "A: b\n\ntwo"), out(1, "A: b\n\none"), over(2, 0, 0)].concat()),
        says(C, a_record(kind::ABORT, 1, b"")),
        says(S, over(1, 1, 0)),
    ];
    let rows = ["POST /b | 200 - | complete", "POST /a | 200 aborted by client | complete"];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert_eq!((detail(&got[1], "aborted"), detail(&got[1], "request_id")), ("true", "1"));
}

#[test]
fn values_of_the_connection_are_asked_for() {
    let names = parameters(&[("FCGI_MAX_CONNS", ""), ("FCGI_MPXS_CONNS", "")]);
    let values = parameters(&[("FCGI_MAX_CONNS", "8"), ("FCGI_MPXS_CONNS", "0")]);
    let question = a_record(kind::GET_VALUES, 0, &names);
    let acts = [
        says(C, [&question[..], &question, &question].concat()),
        says(S, a_record(kind::VALUES, 0, &values)),
        says(S, a_record(kind::UNKNOWN, 0, &[kind::GET_VALUES, 0, 0, 0, 0, 0, 0, 0])),
        says(C, asked(1, "/a", "")),
        says(S, answer(1, "")),
    ];
    let rows = [
        "GET_VALUES FCGI_MAX_CONNS FCGI_MPXS_CONNS | - - | complete",
        "GET_VALUES FCGI_MAX_CONNS FCGI_MPXS_CONNS | - UNKNOWN_TYPE | complete",
        "POST /a | 200 - | complete",
        "GET_VALUES FCGI_MAX_CONNS FCGI_MPXS_CONNS | - connection closed before response | request_only",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert_eq!(detail(&got[0], "values"), "FCGI_MAX_CONNS: 8\nFCGI_MPXS_CONNS: 0");
    assert_eq!(body(&got[0], S).0, Some(a_record(0, 0, &values).len() as i64));
    let broken = a_record(kind::GET_VALUES, 0, b"\x0e\0FCGI_MAX_CONNS\x05");
    assert_eq!(play(&[says(C, broken)]).0[0].oddities, [MALFORMED_RECORD]);
}

#[test]
fn a_loss_within_a_record_is_marked_and_no_more() {
    let whole = [out(1, "A: b\r\n\r\n0123456789"), over(1, 0, 0)].concat();
    let acts = [
        says(C, asked(1, "/a", "")),
        says(S, &whole[..20]),
        Act::Loses(S, 3),
        says(S, &whole[23..]),
        says(C, asked(1, "/b", "")),
        says(S, answer(1, "")),
    ];
    assert_eq!(marked(&acts), ["POST /a | 200 - | gap ", "POST /b | 200 - | complete "]);
    let (got, _) = play(&acts);
    assert_eq!((body(&got[0], S), got[0].gap_bytes), ((Some(10), "0123".into(), true), 3));
    // Of what is lost of padding alone, nobody needs to know.
    let whole = asked(1, "/a", "");
    let acts =
        [says(C, &whole[..17]), Act::Loses(C, 2), says(C, &whole[19..]), says(S, answer(1, ""))];
    assert_eq!(marked(&acts), ["POST /a | 200 - | complete "]);
}

#[test]
fn a_loss_in_the_parameters_costs_what_they_say() {
    let whole = asked(1, "/a", "hello");
    let acts =
        [says(C, &whole[..50]), Act::Loses(C, 5), says(C, &whole[55..]), says(S, answer(1, ""))];
    assert_eq!(marked(&acts), ["POST - | 200 - | gap "]);
}

#[test]
fn what_ends_a_request_is_known_though_it_lost_its_content() {
    let whole = answer(1, "");
    let head = whole.len() - 11;
    let acts =
        [says(C, asked(1, "/a", "")), says(S, &whole[..head]), Act::Loses(S, 8), says(S, b"pad")];
    assert_eq!(marked(&acts), ["POST /a | 200 - | gap "]);
    assert_eq!(detail(&play(&acts).0[0], "app_status"), "-");
}

#[test]
fn behind_a_loss_it_goes_on_where_a_record_begins() {
    // A record's head is among what was lost: the next segment that begins with a record is read.
    let acts = [
        says(C, asked(1, "/a", "")),
        says(S, out(1, "A: b\n\none")),
        Act::Loses(S, 2000),
        says(S, b"the rest of a record"),
        says(S, [out(1, "three"), over(1, 0, 0)].concat()),
        says(C, asked(1, "/b", "")),
        says(S, answer(1, "")),
    ];
    let rows = ["POST /a | 200 - | gap answer_uncertain", "POST /b | 200 - | complete "];
    assert_eq!(marked(&acts), rows);
    assert_eq!(body(&play(&acts).0[0], S), (None, "one".into(), true));
    // The end of the answer is among it: the next request with its number tells.
    let acts = [
        says(C, asked(1, "/a", "")),
        Act::Loses(S, 2000),
        says(C, asked(1, "/b", "")),
        says(S, answer(1, "")),
    ];
    let rows = ["POST /a | - - | gap answer_uncertain", "POST /b | 200 - | complete "];
    assert_eq!(marked(&acts), rows);
    // Nothing says more of it.
    assert_eq!(marked(&acts[..2]), rows[..1]);
}

#[test]
fn a_request_that_was_lost_takes_no_other_answer() {
    // Both the end of an answer and the next request may be among what was lost.
    let acts = [
        says(C, asked(1, "/a", "")),
        says(S, out(1, "A: b\n\none")),
        Act::Loses(S, 2000),
        Act::Loses(C, 500),
        says(S, answer(1, "of another")),
        says(C, asked(1, "/c", "")),
        says(S, answer(1, "")),
    ];
    let rows = ["POST /a | 200 - | gap answer_uncertain", "POST /c | 200 - | complete "];
    assert_eq!(marked(&acts), rows);
    // The request alone is: its answer stands for itself.
    let acts = [
        says(C, asked(1, "/a", "")),
        says(S, answer(1, "")),
        Act::Loses(C, 500),
        says(S, answer(1, "of another")),
        says(C, asked(1, "/c", "")),
        says(S, answer(1, "")),
    ];
    let rows = [
        "POST /a | 200 - | complete ",
        "- - | 200 - | response_only ",
        "POST /c | 200 - | complete ",
    ];
    assert_eq!(marked(&acts), rows);
}

/// What was sent before a request had come is not of its answer, though it comes later here.
#[test]
fn an_answer_knows_its_request() {
    let (mut parser, settings) = (Fastcgi::default(), Settings::default());
    let mut sink = dialogue::Collected::default();
    let mut say = |side, offset, received, bytes: &[u8]| {
        let place = crate::proto::Place { offset, received };
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        assert_eq!(parser.data(side, bytes, &mut cx), Verdict::Continue);
    };
    let (one, two) = (asked(1, "/a", ""), asked(1, "/b", ""));
    let (both, said) = ((one.len() + two.len()) as u64, answer(1, "x").len() as u64);
    say(C, 0, 0, &one);
    say(C, one.len() as u64, said, &two);
    say(S, 0, one.len() as u64, &answer(1, "x"));
    say(S, said, both, &[out(1, "Status: 500\n\n"), over(1, 0, 0)].concat());
    let rows: Vec<_> = sink.0.iter().map(brief).collect();
    assert_eq!(rows, ["POST /a | 200 - | complete", "POST /b | 500 - | complete"]);
}

#[test]
fn following_may_begin_within_an_answer() {
    let acts =
        [says(S, "the rest of a record"), says(C, asked(1, "/a", "")), says(S, answer(1, ""))];
    assert_eq!(marked(&acts), ["POST /a | 200 - | complete "]);
    let acts = [says(S, answer(1, "")), says(C, asked(1, "/a", "")), says(S, answer(1, ""))];
    assert_eq!(marked(&acts), ["POST /a | 200 - | complete "]);
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let rows = ["POST /a | - connection closed before response | request_only"];
    assert_eq!(told(&[says(C, asked(1, "/a", ""))]), rows);
    let acts = [says(C, asked(1, "/a", "")), says(S, out(1, "A: b\n\nhalf"))];
    assert_eq!(told(&acts), ["POST /a | 200 connection closed during response | gap"]);
    let acts = [says(C, asked(1, "/a", "")), says(S, out(1, "A: b\n"))];
    assert_eq!(marked(&acts), ["POST /a | - connection closed during response | gap header_cut"]);
    let acts = [says(C, &asked(1, "/a", "")[..60])];
    assert_eq!(
        marked(&acts),
        ["POST - | - connection closed before response | gap parameters_cut"]
    );
}

#[test]
fn what_is_not_as_it_ought_to_be_is_noted() {
    let acts = [
        says(C, [asked(1, "/a", ""), asked(1, "/b", "")].concat()),
        says(S, answer(1, "")),
        says(C, asked(1, "/c", "")),
        says(S, [out(1, "HTTP/1.1 500 Oops\n\n"), over(1, 0, 0)].concat()),
        says(C, [a_record(kind::BEGIN, 1, b"x"), a_record(kind::INPUT, 1, b"")].concat()),
        says(S, a_record(kind::END, 1, b"")),
        says(C, [begin(1), a_record(kind::PARAMETERS, 1, b"\x05"), asked(2, "/e", "")].concat()),
        says(C, a_record(kind::PARAMETERS, 1, b"")),
    ];
    let rows = [
        "POST /a | - - | request_only number_reused",
        "POST /b | 200 - | complete ",
        "POST /c | - - | complete header_malformed",
        "- - | - - | complete malformed_record",
        "- - | - connection closed before response | gap parameters_cut",
        "POST /e | - connection closed before response | request_only ",
    ];
    assert_eq!(marked(&acts), rows);
    let acts = [says(C, asked(1, "/a", "")), says(S, answer(1, "")), says(S, [7; 9])];
    assert_eq!(play(&acts).1, Verdict::Dead("no record of FastCGI"));
    let acts = [says(C, asked(1, "/a", "")), says(C, over(1, 0, 0))];
    assert_eq!(play(&acts).1, Verdict::Dead("no record of FastCGI"));
}

#[test]
fn contents_are_as_they_were_before_their_coding() {
    let header = "Content-Encoding: br2\n\n";
    let acts = [
        says(C, asked(1, "/a", "")),
        says(S, [out(1, header), out(1, "??"), over(1, 0, 0)].concat()),
    ];
    assert_eq!(marked(&acts), ["POST /a | 200 - | complete unknown_content_coding"]);
}

#[test]
fn probes_know_it_by_its_bytes() {
    let question = a_record(kind::GET_VALUES, 0, &parameters(&[("FCGI_MAX_CONNS", "")]));
    for bytes in [asked(1, "/", ""), question] {
        assert_eq!(probe::probe(C, &bytes), Probe::Yes);
        assert_eq!(probe::probe(S, &bytes), Probe::No);
        for cut in 0..15 {
            assert_eq!(probe::probe(C, &bytes[..cut]), Probe::NeedMore);
        }
    }
    let mut other_role = begin_as(4, 1);
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01",
        &begin(0),
        &over(1, 0, 0),
        &[1; 16],
        &other_role,
    ] {
        assert_eq!(probe::probe(C, other), Probe::No, "{}", other.escape_ascii());
    }
    other_role[9] = 3;
    assert_eq!(probe::probe(C, &other_role), Probe::Yes);
}

/// Reaches `FASTCGI_REQUESTS`: one of them is told as it is.
#[test]
fn requests_are_open_up_to_the_cap() {
    let count = FASTCGI_REQUESTS as u16 + 1;
    let all: Vec<_> = (1..=count).flat_map(|number| asked(number, "/", "")).collect();
    let (got, _) = play(&[says(C, all), says(S, [out(1, "A: b\n\n"), over(1, 0, 0)].concat())]);
    assert_eq!(got.len(), FASTCGI_REQUESTS + 1);
    assert_eq!(got[0].oddities, [REQUESTS_OVERFLOW]);
    assert!(got[1..].iter().all(|e| e.oddities.is_empty() && e.error.is_some()));
}

/// Reaches `FASTCGI_HELD`.
#[test]
fn requests_hold_up_to_the_cap() {
    let long = parameters(&[("X", &"x".repeat(60_000))]);
    let all = (1..=60).flat_map(|number| {
        let piece = a_record(kind::PARAMETERS, number, &long);
        [begin(number), piece, a_record(kind::OUTPUT, number, &long)]
    });
    let (mut parser, settings) = (Fastcgi::default(), Settings::default());
    let mut sink = dialogue::Collected::default();
    for (at, record) in all.enumerate() {
        let side = if at % 3 == 2 { S } else { C };
        let place = crate::proto::Place::default();
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        assert_eq!(parser.data(side, &record, &mut cx), Verdict::Continue);
        assert!(parser.memory() < FASTCGI_HELD + 8192);
    }
    assert!(!sink.0.is_empty() && sink.0.iter().all(|e| e.oddities[0] == REQUESTS_OVERFLOW));
}

/// Reaches `FASTCGI_PARAMETERS`, `FASTCGI_HEADER`, `FASTCGI_ERRORS` and `FASTCGI_TEXT`: what is longer
/// is not read.
#[test]
fn texts_are_read_up_to_the_cap() {
    let long = "x".repeat(60_000);
    let piece = |kind: u8, text: &str| a_record(kind, 1, text.as_bytes());
    let named = parameters(&[("REQUEST_METHOD", "GET"), ("REMOTE_ADDR", &long), ("Y", &long)]);
    let named = named.chunks(60_000).map(|part| a_record(kind::PARAMETERS, 1, part));
    let acts = [
        says(C, [begin(1), named.collect::<Vec<_>>().concat()].concat()),
        says(S, piece(kind::ERRORS, &long)),
        says(S, [piece(kind::OUTPUT, &long), piece(kind::OUTPUT, &long), out(1, "\n\n")].concat()),
        says(S, over(1, 0, 0)),
    ];
    let (got, _) = play(&acts);
    assert_eq!(got[0].oddities, [PARAMETERS_CUT, HEADER_CUT]);
    assert_eq!((brief(&got[0]), got[0].gap_bytes), ("GET - | - - | complete".into(), 0));
    assert_eq!(detail(&got[0], "stderr").len(), FASTCGI_ERRORS);
    assert_eq!(detail(&got[0], "stderr_bytes"), "60000");
    assert_eq!(detail(&got[0], "remote_addr").len(), FASTCGI_TEXT);
    assert_eq!(body(&got[0], S), (None, "-".into(), true));
}

/// Reaches `FASTCGI_QUESTIONS` and `FASTCGI_RECORD`.
#[test]
fn questions_wait_up_to_the_cap() {
    let names = parameters(&[("FCGI_MAX_CONNS", ""), ("FCGI_X", &"x".repeat(FASTCGI_RECORD))]);
    let question = a_record(kind::GET_VALUES, 0, &names);
    let (got, _) = play(&[says(C, question.repeat(FASTCGI_QUESTIONS + 1))]);
    assert_eq!(got.len(), FASTCGI_QUESTIONS + 1);
    assert_eq!((&got[0].oddities[..], got[0].error), (&[REQUESTS_OVERFLOW][..], None));
    assert_eq!((text(&got[1].target), got[1].oddities.len()), ("FCGI_MAX_CONNS".into(), 0));
}

#[test]
fn where_no_bodies_are_kept_nor_is_the_log() {
    let settings = Settings { body_limit: 0, headers: false, ..Settings::default() };
    let acts = [
        says(C, asked(1, "/a", "hello")),
        says(S, a_record(kind::ERRORS, 1, b"oops")),
        says(S, answer(1, "x")),
    ];
    let (got, _) = dialogue::play_with(Fastcgi::default(), &acts, usize::MAX, &settings);
    assert_eq!((detail(&got[0], "stderr"), detail(&got[0], "stderr_bytes")), ("-", "4"));
    assert_eq!(
        (body(&got[0], C), body(&got[0], S)),
        ((Some(5), "-".into(), true), (Some(1), "-".into(), true))
    );
    assert!(got[0].request.as_ref().is_some_and(|half| half.headers.is_empty()));
}
