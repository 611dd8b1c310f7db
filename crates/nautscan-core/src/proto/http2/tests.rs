//! Dialogues: what both sides said, and the exchanges that come of it.

mod tunnel;

use super::frame::PREFACE;
use super::*;
use crate::event::Completeness;
use crate::limits::{
    H2_BLOCK, H2_CLOSED, H2_FIELDS, H2_FRAME, H2_LOOKED, H2_SEEK, H2_SOUGHT, H2_STREAMS,
};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, Collected, detail, says, text};
use crate::proto::{App, Place};

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const BOTH: u8 = END_STREAM | END_HEADERS;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    let head = [&len[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Fields as literals; those whose name begins with `+` are added to the table.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    let string = |text: &str| {
        assert!(text.len() < 127);
        [&[text.len() as u8], text.as_bytes()].concat()
    };
    for (name, value) in fields {
        let (first, name) = name.strip_prefix('+').map_or((0, *name), |name| (0x40, name));
        out.push(first);
        out.extend([string(name), string(value)].concat());
    }
    out
}

fn headers(flags: u8, stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(1, flags, stream, &block(fields))
}

fn get(stream: u32, path: &str) -> Vec<u8> {
    let fields =
        [(":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", path)];
    headers(BOTH, stream, &fields)
}

fn ok(stream: u32, flags: u8) -> Vec<u8> {
    headers(flags, stream, &[(":status", "200"), ("content-type", "text/plain")])
}

fn data(flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    frame(0, flags, stream, content)
}

fn settings() -> Vec<u8> {
    frame(4, 0, 0, b"\0\x03\0\0\0\x64")
}

/// Both sides begin.
fn begin() -> Vec<Act> {
    vec![says(C, [&PREFACE[..], &settings()].concat()), says(S, settings())]
}

fn after_begin(acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
    begin().into_iter().chain(acts).collect()
}

fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let body = e.response.as_ref().and_then(|message| message.body.bytes);
    format!(
        "{} {} {} {status} {} {} {}",
        detail(e, "stream"),
        text(&e.method),
        text(&e.target),
        body.map_or("-".to_owned(), |bytes| bytes.to_string()),
        e.error.unwrap_or("-"),
        e.completeness.name()
    )
}

/// `STREAM METHOD target status response-bytes error completeness`.
fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Http2::default, acts, brief)
}

fn play(acts: &[Act]) -> Vec<Exchange> {
    dialogue::play(Http2::default(), acts, usize::MAX).0
}

#[test]
fn a_request_has_its_response() {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/orders?x=1"),
        (":authority", "shop:8080"),
        ("content-type", "application/json"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ];
    let acts = after_begin([
        says(C, [headers(END_HEADERS, 1, &fields), data(END_STREAM, 1, b"{}")].concat()),
        says(S, frame(8, 0, 0, b"\0\0\x10\0")),
        says(S, [ok(1, END_HEADERS), data(0, 1, b"do"), data(END_STREAM, 1, b"ne")].concat()),
    ]);
    assert_eq!(told(&acts), ["1 POST /orders?x=1 200 4 - complete"]);
    let rows = play(&acts);
    let e = &rows[0];
    assert_eq!((e.protocol, e.version, text(&e.host).as_str()), ("http", Some("2"), "shop:8080"));
    let (request, response) = (e.request.as_ref().expect("it"), e.response.as_ref().expect("it"));
    assert_eq!((request.first_time, request.last_time), (3000, Some(3000)));
    assert_eq!((response.first_time, response.last_time), (5000, Some(5000)));
    assert_eq!(request.body.kept.as_deref(), Some(&b"{}"[..]));
    assert_eq!(response.body.kept.as_deref(), Some(&b"done"[..]));
    assert_eq!(request.headers.len(), 2, "without pseudo-header fields");
    assert_eq!(response.content_type.as_deref(), Some(&b"text/plain"[..]));
    assert_eq!(e.trace_id.as_ref(), Some(b"0af7651916cd43dd8448eb211c80319c"));
    assert_eq!((detail(e, "scheme"), e.oddities.len()), ("http", 0));
}

#[test]
fn streams_are_told_apart_by_their_numbers() {
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b"), get(5, "/c")].concat()),
        says(S, [ok(5, END_HEADERS), ok(1, END_HEADERS), data(0, 5, b"55")].concat()),
        says(S, [data(END_STREAM, 1, b"1"), data(END_STREAM, 5, b"5"), ok(3, BOTH)].concat()),
    ]);
    let rows =
        ["1 GET /a 200 1 - complete", "5 GET /c 200 3 - complete", "3 GET /b 200 0 - complete"];
    assert_eq!(told(&acts), rows);
}

#[test]
fn padding_priority_continuation_and_unknown_frames() {
    let fields = block(&[(":method", "GET"), (":scheme", "http"), (":path", "/p")]);
    let (first, rest) = fields.split_at(5);
    let padded = [&[3], &b"\0\0\0\0\x10"[..], first, &[0; 3]].concat();
    let asked = [
        frame(0x16, 0xff, 7, b"what is this"),
        frame(1, 8 | 0x20 | END_STREAM, 1, &padded),
        frame(9, 0, 1, &rest[..2]),
        frame(9, 0, 1, b""),
        frame(9, END_HEADERS, 1, &rest[2..]),
        frame(2, 0, 1, b"\0\0\0\0\x10"),
    ];
    let answered = [ok(1, END_HEADERS), data(8 | END_STREAM, 1, b"\x04body\0\0\0\0")];
    let acts = after_begin([says(C, asked.concat()), says(S, answered.concat())]);
    assert_eq!(told(&acts), ["1 GET /p 200 4 - complete"]);
    assert!(play(&acts)[0].oddities.is_empty());
}

/// Found by fuzzing: it made a row with neither request nor response.
#[test]
fn an_informational_response_alone_is_no_row() {
    let acts = [says(S, settings()), says(S, headers(END_HEADERS, 1, &[(":status", "100")]))];
    assert_eq!(told(&acts), [""; 0]);
}

#[test]
fn trailers_and_informational_responses_belong_to_the_row() {
    let acts = after_begin([
        says(C, get(1, "/t")),
        says(S, headers(END_HEADERS, 1, &[(":status", "103"), ("link", "x")])),
        says(S, [ok(1, END_HEADERS), data(0, 1, b"x")].concat()),
        says(S, headers(BOTH, 1, &[("digest", "abc"), ("server-timing", "1")])),
    ]);
    assert_eq!(told(&acts), ["1 GET /t 200 1 - complete"]);
    let rows = play(&acts);
    assert_eq!(detail(&rows[0], "informational"), "103");
    assert_eq!(detail(&rows[0], "response_trailers"), "digest: abc\nserver-timing: 1");
    let response = rows[0].response.as_ref().expect("it");
    assert_eq!(response.first_time, 5000, "of the final response");
}

#[test]
fn content_is_decoded() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"hello hello hello").expect("memory");
    let coded = encoder.finish().expect("memory");
    let head = [(":status", "200"), ("content-encoding", "gzip")];
    let acts = after_begin([
        says(C, get(1, "/z")),
        says(S, [headers(END_HEADERS, 1, &head), data(END_STREAM, 1, &coded)].concat()),
    ]);
    let rows = play(&acts);
    let body = &rows[0].response.as_ref().expect("it").body;
    assert_eq!(body.kept.as_deref(), Some(&b"hello hello hello"[..]));
    assert_eq!((body.bytes, body.truncated), (Some(coded.len() as i64), false));
}

#[test]
fn what_is_pushed_is_a_row() {
    let asked = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/css")];
    let promise = frame(5, END_HEADERS, 1, &[&[0, 0, 0, 2], &block(&asked)[..]].concat());
    let acts = after_begin([
        says(C, get(1, "/")),
        says(S, [promise, ok(1, BOTH), ok(2, END_HEADERS), data(END_STREAM, 2, b"css")].concat()),
    ]);
    assert_eq!(told(&acts), ["1 GET / 200 0 - complete", "2 GET /css 200 3 - complete"]);
    assert_eq!(detail(&play(&acts)[1], "pushed_on_stream"), "1");
}

#[test]
fn resets_have_the_names_of_the_rfc() {
    let acts = after_begin([
        says(C, [get(1, "/refused"), get(3, "/cancelled"), get(5, "/early")].concat()),
        says(S, frame(3, 0, 1, &7u32.to_be_bytes())),
        says(S, [ok(3, END_HEADERS), data(0, 3, b"part")].concat()),
        says(C, frame(3, 0, 3, &8u32.to_be_bytes())),
        says(S, data(END_STREAM, 3, b"late")),
        says(
            C,
            headers(END_HEADERS, 7, &[(":method", "PUT"), (":path", "/up"), (":scheme", "http")]),
        ),
        says(S, [ok(7, BOTH), frame(3, 0, 7, &0u32.to_be_bytes())].concat()),
        says(S, ok(5, BOTH)),
    ]);
    let rows = [
        "1 GET /refused - - REFUSED_STREAM request_only",
        "3 GET /cancelled 200 4 CANCEL gap",
        "7 PUT /up 200 0 - complete",
        "5 GET /early 200 0 - complete",
    ];
    assert_eq!(told(&acts), rows);
    assert_eq!(detail(&play(&acts)[1], "reset_by"), "client");
}

#[test]
fn what_goaway_leaves_is_not_answered() {
    let goaway =
        |last: u32, code: u32| frame(7, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat());
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b")].concat()),
        says(S, goaway(1, 0)),
        says(S, ok(1, BOTH)),
        says(C, get(5, "/c")),
        says(S, goaway(1, 11)),
    ]);
    let rows = [
        "3 GET /b - - refused by GOAWAY request_only",
        "1 GET /a 200 0 - complete",
        "5 GET /c - - ENHANCE_YOUR_CALM request_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let acts =
        after_begin([says(C, [get(1, "/a"), get(3, "/b")].concat()), says(S, ok(3, END_HEADERS))]);
    let rows = [
        "3 GET /b 200 0 connection closed during response gap",
        "1 GET /a - - connection closed before response request_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_call_of_grpc_tells_its_status_and_messages() {
    let asked = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/shop.Orders/Find"),
        (":authority", "orders:50051"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("grpc-timeout", "1S"),
    ];
    let head = [(":status", "200"), ("content-type", "application/grpc+proto")];
    let end = [("grpc-status", "5"), ("grpc-message", "no order%20 17")];
    let message = |bytes: &[u8]| [&[0, 0, 0, 0, bytes.len() as u8], bytes].concat();
    let several = [message(b"abc"), message(b""), b"\x01\0\0\0\x02zz".to_vec()].concat();
    let acts = after_begin([
        says(C, [headers(END_HEADERS, 1, &asked), data(END_STREAM, 1, &message(b"q"))].concat()),
        says(S, [headers(END_HEADERS, 1, &head), data(0, 1, &several)].concat()),
        says(S, headers(BOTH, 1, &end)),
    ]);
    assert_eq!(told(&acts), ["1 Find /shop.Orders/Find 5 20 NOT_FOUND complete"]);
    let rows = play(&acts);
    let e = &rows[0];
    assert_eq!((e.protocol, e.oddities.len()), ("grpc", 0), "{:?}", e.oddities);
    let of = |name| detail(e, name);
    assert_eq!((of("service"), of("grpc_message")), ("shop.Orders", "no order  17"));
    assert_eq!((of("request_messages"), of("request_message_bytes")), ("1", "1"));
    assert_eq!((of("response_messages"), of("response_message_bytes")), ("3", "5"));
    assert_eq!((of("response_compressed"), of("timeout")), ("1", "1S"));
    assert_eq!(of("request_protobuf"), "\"q\"");
}

#[test]
fn a_call_may_be_answered_by_trailers_alone() {
    let asked = [(":method", "POST"), (":path", "/a.B/C"), ("content-type", "application/grpc")];
    let only = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "12")];
    let acts = after_begin([
        says(C, headers(END_HEADERS, 1, &asked)),
        says(S, headers(BOTH, 1, &only)),
        says(C, data(END_STREAM, 1, b"\0\0\0\0\0")),
    ]);
    assert_eq!(told(&acts), ["1 C /a.B/C 12 0 UNIMPLEMENTED complete"]);
    // One that fails below gRPC has no status of its own.
    let html = [(":status", "502"), ("content-type", "text/html")];
    let acts = after_begin([says(C, headers(BOTH, 1, &asked)), says(S, headers(BOTH, 1, &html))]);
    assert_eq!(told(&acts), ["1 C /a.B/C - 0 - complete"]);
    let rows = play(&acts);
    assert_eq!(
        (detail(&rows[0], "http_status"), &rows[0].oddities[..]),
        ("502", &["grpc_status_missing"][..])
    );
}

#[test]
fn in_the_middle_of_a_connection_only_what_is_known_is_told() {
    // `:method GET` of the static table, a path and an authority that were added before.
    let asked = frame(1, BOTH, 7, &[0x82, 0x86, 0xbe, 0xbf]);
    let acts = [says(C, asked), says(S, frame(1, BOTH, 7, b"\x88"))];
    assert_eq!(told(&acts), ["7 GET - 200 0 - complete"]);
    let rows = play(&acts);
    assert_eq!((&rows[0].oddities[..], &rows[0].host), (&["hpack_entry_unseen"][..], &None));
}

#[test]
fn a_response_in_the_middle_of_a_connection_stands_alone() {
    let acts = [
        says(S, [ok(9, END_HEADERS), data(END_STREAM, 9, b"abc")].concat()),
        says(C, get(11, "/next")),
        says(S, ok(11, BOTH)),
    ];
    let rows = ["9 - - 200 3 - response_only", "11 GET /next 200 0 - complete"];
    assert_eq!(told(&acts), rows);
}

/// What was added to the table before a loss is not known after it, though the same index names
/// something in a table of which nothing is missing.
#[test]
fn a_loss_within_a_header_block_makes_the_table_unknown() {
    let first = headers(BOTH, 1, &[(":method", "GET"), ("+:path", "/one"), ("+:scheme", "http")]);
    let second = headers(BOTH, 3, &[(":method", "GET"), ("+:path", "/two"), ("+x", "y")]);
    let third = frame(1, BOTH, 5, &[0x82, 0x86, 0xbe]);
    let fourth = headers(BOTH, 7, &[(":method", "GET"), ("+:path", "/four")]);
    let fifth = frame(1, BOTH, 9, &[0x82, 0x86, 0xbe, 0xbf]);
    let lost = 6;
    let cut = second.len() - 16;
    let acts = after_begin([
        says(C, first),
        says(C, &second[..cut]),
        Act::Loses(C, lost),
        says(C, &second[cut + lost as usize..]),
        says(C, [third, fourth, fifth].concat()),
        says(S, [1, 3, 5, 7, 9].map(|stream| ok(stream, BOTH)).concat()),
    ]);
    let rows = [
        "1 GET /one 200 0 - complete",
        "3 GET - 200 0 - gap",
        "5 GET - 200 0 - complete",
        "7 GET /four 200 0 - complete",
        "9 GET /four 200 0 - complete",
    ];
    assert_eq!(told(&acts), rows);
    let exchanges = play(&acts);
    assert_eq!(exchanges[1].gap_bytes, lost);
    let unseen: Vec<bool> =
        exchanges.iter().map(|e| e.oddities.contains(&"hpack_entry_unseen")).collect();
    assert_eq!(unseen, [false, false, true, false, true]);
}

#[test]
fn a_loss_within_content_concerns_its_stream_alone() {
    let content = data(END_STREAM, 1, &[b'x'; 100]);
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b")].concat()),
        says(S, [ok(1, END_HEADERS), ok(3, END_HEADERS)].concat()),
        says(S, &content[..50]),
        Act::Loses(S, 20),
        says(S, &content[70..]),
        says(S, data(END_STREAM, 3, b"b")),
    ]);
    assert_eq!(told(&acts), ["1 GET /a 200 100 - gap", "3 GET /b 200 1 - complete"]);
    let rows = play(&acts);
    assert_eq!(rows[0].gap_bytes, 20);
    let body = &rows[0].response.as_ref().expect("it").body;
    assert_eq!((body.kept.as_ref().map(Vec::len), body.truncated), (Some(41), true));
}

/// Lost content is content all the same; lost padding is none, and without the octet that says how
/// much there is of it, nobody knows what was lost.
#[test]
fn what_was_lost_of_content_is_counted_without_its_padding() {
    const PADDED: u8 = 8;
    let content = data(END_STREAM | PADDED, 1, &[&[49][..], &[b'x'; 50], &[0; 49]].concat());
    let of = |from: usize, lost: usize| {
        let acts = after_begin([
            says(C, get(1, "/a")),
            says(S, ok(1, END_HEADERS)),
            says(S, &content[..from]),
            Act::Loses(S, lost as u64),
            says(S, &content[from + lost..]),
        ]);
        let rows = play(&acts);
        let body = &rows[0].response.as_ref().expect("it").body;
        assert_eq!(rows[0].completeness, Completeness::Gap);
        (body.bytes, body.truncated)
    };
    assert_eq!(of(20, 10), (Some(50), true));
    assert_eq!(of(50, 20), (Some(50), true), "some padding with it");
    assert_eq!(of(70, 20), (Some(50), false), "padding alone");
    assert_eq!(of(9, 5), (None, true));
}

/// The head was lost, and maybe content with it: the trailers say nothing of that.
#[test]
fn content_behind_a_lost_head_is_not_counted() {
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b")].concat()),
        Act::Loses(S, 60),
        says(S, [ok(3, BOTH), headers(BOTH, 1, &[("x", "y")])].concat()),
    ]);
    assert_eq!(told(&acts), ["3 GET /b 200 0 - complete", "1 GET /a - - - gap"]);
}

#[test]
fn frames_are_found_again_after_a_loss() {
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b"), get(5, "/c")].concat()),
        says(S, [ok(1, END_HEADERS), data(0, 1, b"begin")].concat()),
        Act::Loses(S, 30),
        says(S, [b'x'; 25]),
        says(S, [data(0, 1, &[b'y'; 30]), data(END_STREAM, 1, b"end")].concat()),
        says(S, ok(3, BOTH)),
        says(S, [ok(5, END_HEADERS), data(END_STREAM, 5, b"c")].concat()),
    ]);
    let rows = ["1 GET /a 200 - - gap", "3 GET /b 200 0 - complete", "5 GET /c 200 1 - complete"];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_may_have_ended_in_a_loss_is_not_said_to_have_failed() {
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b")].concat()),
        says(S, ok(1, END_HEADERS)),
        Act::Loses(S, 30),
        says(C, get(5, "/c")),
        says(S, ok(5, BOTH)),
    ]);
    let rows = ["5 GET /c 200 0 - complete", "1 GET /a 200 - - gap", "3 GET /b - - - gap"];
    assert_eq!(told(&acts), rows);
}

/// suricata-verify/http2-range: the answer was lost, and NO_ERROR asks the client to stop sending.
#[test]
fn a_reset_behind_a_lost_answer_is_no_failure() {
    let reset = |code: u8| frame(3, 0, 1, &[0, 0, 0, code]);
    let acts = |code| {
        let post = headers(END_HEADERS, 1, &[(":method", "POST"), (":path", "/a")]);
        let then = [reset(code), frame(8, 0, 0, b"\0\0\x10\0")].concat();
        after_begin([says(C, post), Act::Loses(S, 90), says(S, then)])
    };
    assert_eq!(told(&acts(0)), ["1 POST /a - - - gap"]);
    assert_eq!(told(&acts(8)), ["1 POST /a - - CANCEL gap"]);
}

/// What is held until it is certain that frames begin there came when it came.
#[test]
fn frames_that_are_found_later_keep_their_times() {
    let promise =
        frame(5, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &block(&[(":path", "/css")])].concat());
    let acts = after_begin([
        says(C, [get(1, "/a"), get(3, "/b")].concat()),
        Act::Loses(S, 30),
        // Alone it may be by chance.
        says(S, frame(8, 0, 0, b"\0\0\x10\0")),
        says(S, &promise[..12]),
        says(S, &promise[12..]),
        says(S, &ok(3, BOTH)[..10]),
        says(S, &ok(3, BOTH)[10..]),
        says(S, ok(2, BOTH)),
    ]);
    let rows = ["3 GET /b 200 0 - complete", "2 - /css 200 0 - complete", "1 GET /a - - - gap"];
    assert_eq!(told(&acts), rows);
    let times = |message: &Option<crate::event::Message>| {
        message.as_ref().map(|message| (message.first_time, message.last_time))
    };
    let exchanges = play(&acts);
    assert_eq!(times(&exchanges[0].response), Some((8000, Some(9000))));
    assert_eq!(times(&exchanges[1].request), Some((6000, Some(7000))));
    assert_eq!(times(&exchanges[1].response), Some((10_000, Some(10_000))));
}

/// Where frames are still looked for at the end, an answer may have been among them.
#[test]
fn an_answer_may_be_in_what_no_frames_were_found_in() {
    let acts = after_begin([
        says(C, get(1, "/a")),
        says(S, ok(1, BOTH)),
        Act::Loses(S, 10),
        says(C, get(3, "/b")),
        says(S, [b'x'; 60]),
    ]);
    assert_eq!(told(&acts), ["1 GET /a 200 0 - complete", "3 GET /b - - - gap"]);
}

/// Of a stream that was opened behind a loss nothing was lost if nothing came since.
#[test]
fn what_is_asked_after_a_loss_is_not_in_doubt_for_it() {
    let acts = after_begin([
        says(C, get(1, "/a")),
        says(S, ok(1, BOTH)),
        Act::Loses(S, 10),
        says(C, get(3, "/b")),
    ]);
    let rows = [
        "1 GET /a 200 0 - complete",
        "3 GET /b - - connection closed before response request_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_is_no_http2_ends_it() {
    let broken = [
        frame(6, 0, 0, b"short"),
        frame(0, 0, 0, b"no stream"),
        frame(1, BOTH, 3, b"\xbe"),
        frame(1, BOTH, 3, b"\x41\xff"),
    ];
    for bytes in broken {
        let acts = after_begin([says(C, get(1, "/a")), says(C, bytes)]);
        let (rows, verdict) = dialogue::play(Http2::default(), &acts, usize::MAX);
        assert!(matches!(verdict, Verdict::Dead(_)), "{verdict:?}");
        assert_eq!(brief(&rows[0]), "1 GET /a - - - request_only", "what waits is reported");
    }
}

#[test]
fn what_peers_must_not_do_is_noted() {
    let mut fields = vec![(":method", "GET"), (":path", "/a"), (":scheme", "http")];
    fields.extend([("Upper", "1"), ("connection", "close"), (":late", "x")]);
    let acts = after_begin([
        says(C, headers(BOTH, 1, &fields)),
        says(S, [headers(END_HEADERS, 1, &[(":status", "200"), ("content-length", "5")])].concat()),
        says(S, data(END_STREAM, 1, b"abc")),
    ]);
    let want = [
        "field_name_invalid",
        "connection_specific_field",
        "pseudo_header_fields",
        "content_length_mismatch",
    ];
    assert_eq!(play(&acts)[0].oddities, want);
}

/// From the first byte of a connection that changes from HTTP/1.1 to its last.
fn called(path: &str, kind: &str, asked: &[u8], answered: &[u8]) -> Vec<Act> {
    let fields =
        [(":method", "POST"), (":scheme", "http"), (":path", path), ("content-type", kind)];
    let head = [(":status", "200"), ("content-type", kind)];
    after_begin([
        says(C, [headers(END_HEADERS, 1, &fields), data(END_STREAM, 1, asked)].concat()),
        says(S, [headers(END_HEADERS, 1, &head), data(END_STREAM, 1, answered)].concat()),
    ])
}

#[test]
fn trailers_of_the_web_stand_in_the_content() {
    let answered = b"\0\0\0\0\x02\x08\x02\x80\0\0\0\x0fgrpc-status:0\r\n";
    let acts = called("/a.B/C", "application/grpc-web+proto", b"\0\0\0\0\0", answered);
    let rows = play(&acts);
    assert_eq!((rows[0].protocol, rows[0].status, rows[0].error), ("grpc", Some(0), None));
    assert_eq!(
        (detail(&rows[0], "grpc_web"), detail(&rows[0], "response_messages")),
        ("binary", "1")
    );
    assert!(rows[0].oddities.is_empty(), "{:?}", rows[0].oddities);
}

#[test]
fn messages_are_decoded_by_the_schema_of_their_method() {
    let settings = |hides_fields| Settings {
        schemas: Some(crate::proto::grpc::shop()),
        hides_fields,
        ..Settings::default()
    };
    let find = called(
        "/shop.Orders/Find",
        "application/grpc",
        b"\0\0\0\0\x05\x0a\x03hat",
        b"\0\0\0\0\x02\x08\x07",
    );
    let row = &dialogue::play_with(Http2::default(), &find, usize::MAX, &settings(true)).0[0];
    assert_eq!(detail(row, "request_protobuf"), r#"{"name":"hat"}"#);
    assert_eq!(detail(row, "request_message_type"), "shop.Item");
    assert_eq!(detail(row, "response_protobuf"), r#"{"orderId":"7"}"#);
    let kept = |row: &Exchange| row.request.as_ref().is_some_and(|m| m.body.kept.is_some());
    assert!(kept(row), "an item has no credentials");

    let enter = called(
        "/shop.Orders/Enter",
        "application/grpc",
        b"\0\0\0\0\x05\x0a\x03\x12\x01x",
        b"\0\0\0\0\x02\x08\x07",
    );
    let row = &dialogue::play_with(Http2::default(), &enter, usize::MAX, &settings(true)).0[0];
    assert_eq!(detail(row, "request_protobuf"), r#"{"login":{"passWord":"[redacted]"}}"#);
    assert!(!kept(row), "what is hidden stands in the content");
    assert_eq!(row.oddities, ["grpc_status_missing", "schema_mismatch"]);
    assert_eq!(detail(row, "schema_mismatch"), "response is no shop.Item");
    assert_eq!(
        (detail(row, "response_message_type"), detail(row, "response_protobuf")),
        ("-", "1: 7")
    );
    let row = &dialogue::play_with(Http2::default(), &enter, usize::MAX, &settings(false)).0[0];
    assert!(kept(row) && detail(row, "request_protobuf").contains("\"x\""));
}

const UPGRADE: &str = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                       Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/// The request is handed over before it is told what was lost behind the switch.
#[test]
fn an_answer_lost_behind_an_upgrade_is_not_said_to_have_failed() {
    let acts = [
        says(C, UPGRADE),
        says(S, SWITCH),
        Act::Loses(S, 90),
        says(C, [&PREFACE[..], &settings(), &get(3, "/two")].concat()),
        says(S, ok(3, BOTH)),
    ];
    let (mut app, mut sink, mut said) = (App::default(), Collected::default(), [0u64; 2]);
    let settings = Settings::default();
    for act in &acts {
        let (Act::Says(side, _) | Act::Loses(side, _)) = act;
        let place = Place { offset: said[side.index()], received: said[side.peer().index()] };
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        said[side.index()] += match act {
            Act::Says(_, bytes) => {
                app.data(*side, bytes, &mut cx);
                bytes.len() as u64
            }
            Act::Loses(_, lost) => {
                app.gap(*side, *lost, &mut cx);
                *lost
            }
        };
    }
    let place = Place::default();
    app.close(
        Close::Finished,
        &mut Context { time: 2, place, settings: &settings, sink: &mut sink },
    );
    let rows: Vec<String> = sink.0.iter().map(brief).collect();
    let want = ["- GET /up 101 0 - complete", "3 GET /two 200 0 - complete", "1 GET /up - - - gap"];
    assert_eq!(rows, want);
}

#[test]
fn an_upgrade_hands_the_request_over() {
    let (upgrade, switch) = (UPGRADE, SWITCH);
    // Content before it, whose buffer is used again and must not show.
    let post = "POST /before HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    let said: [(Side, Vec<u8>); 7] = [
        (C, post.into()),
        (S, "HTTP/1.1 204 No Content\r\n\r\n".into()),
        (C, upgrade.into()),
        (
            S,
            [switch.as_bytes(), &settings(), &ok(1, END_HEADERS), &data(END_STREAM, 1, b"x")]
                .concat(),
        ),
        (C, [&PREFACE[..], &settings()].concat()),
        (C, get(3, "/two")),
        (S, ok(3, BOTH)),
    ];
    for piece in [1, 2, 3, 7, 40, usize::MAX] {
        let (mut app, mut sink) = (App::default(), Collected::default());
        let mut offsets = [0u64; 2];
        for (side, bytes) in &said {
            for part in bytes.chunks(piece) {
                let received = offsets[side.peer().index()];
                let place = Place { offset: offsets[side.index()], received };
                let settings = Settings { body_limit: 100, ..Settings::default() };
                let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
                assert_eq!(app.data(*side, part, &mut cx), 0);
                offsets[side.index()] += part.len() as u64;
            }
        }
        let rows: Vec<String> = sink.0.iter().map(brief).collect();
        let content = |row: &Exchange| Some(row.request.as_ref()?.body.kept.is_some());
        let contents: Vec<Option<bool>> = sink.0.iter().map(content).collect();
        assert_eq!(contents, [Some(true), Some(false), Some(false), Some(false)]);
        let want = [
            "- POST /before 204 0 - complete",
            "- GET /up 101 0 - complete",
            "1 GET /up 200 1 - complete",
            "3 GET /two 200 0 - complete",
        ];
        assert_eq!(rows, want, "in pieces of {piece}");
        let [_, first, second, _] = &sink.0[..] else { panic!("four rows") };
        assert_eq!((first.version, second.version), (Some("1.1"), Some("2")));
        assert_eq!(detail(second, "upgraded_from"), "1.1");
    }
}

/// Reaches `H2_STREAMS`, `H2_CLOSED`: the oldest stream is given up and says so; what comes of it
/// later makes no second row.
#[test]
fn streams_are_followed_up_to_the_cap() {
    let count = H2_STREAMS as u32 + 2;
    let asked: Vec<u8> = (0..count).flat_map(|i| get(2 * i + 1, "/")).collect();
    let answered: Vec<u8> = (0..count).flat_map(|i| ok(2 * i + 1, BOTH)).collect();
    let rows = play(&after_begin([says(C, asked), says(S, answered)]));
    assert_eq!(rows.len(), count as usize);
    for (row, stream) in rows[..2].iter().zip(["1", "3"]) {
        assert_eq!((detail(row, "stream"), row.oddities[0]), (stream, "stream_overflow"));
        assert_eq!((row.completeness, row.error), (Completeness::RequestOnly, None));
    }
    assert!(rows[2..].iter().all(|row| row.oddities.is_empty()));
    assert!(count as usize > H2_CLOSED, "numbers are forgotten, the oldest first");
}

/// Reaches `H2_BLOCK`, `H2_FRAME`, `H2_FIELDS`: what is larger is not kept, the row says so, and
/// what it added to the table is not known.
#[test]
fn header_blocks_are_read_up_to_the_caps() {
    let too_large = |row: &Exchange| row.oddities.contains(&"header_block_too_large");
    let begun = block(&[(":method", "GET"), (":path", "/flood"), (":scheme", "http")]);
    let mut flood = frame(1, END_STREAM, 1, &begun);
    let part = [&block(&[("x", "y")])[..]; 100].concat();
    for _ in 0..=H2_BLOCK / part.len() {
        flood.extend(frame(9, 0, 1, &part));
    }
    flood.extend(frame(9, END_HEADERS, 1, b""));
    let one = frame(1, BOTH, 1, &[&begun[..], &vec![0; H2_FRAME]].concat());
    // A few octets name a field of four thousand each.
    let large = [&[0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'v'; 4000]].concat();
    let bomb = [&begun[..], &large, &[0xbe; H2_FIELDS / 4000 + 1]].concat();
    let bomb = frame(1, BOTH, 1, &bomb);
    for asked in [flood, one, bomb] {
        let acts = after_begin([says(C, asked), says(C, get(3, "/next")), says(S, ok(3, BOTH))]);
        let rows = play(&acts);
        assert_eq!(brief(&rows[0]), "3 GET /next 200 0 - complete");
        assert!(too_large(&rows[1]) && !too_large(&rows[0]));
        assert_eq!(text(&rows[1].target), "/flood");
        assert!(rows[1].request.as_ref().expect("it").headers.memory() < 4 * H2_FIELDS);
    }
}

/// Reaches `H2_SEEK`, `H2_SOUGHT`: frames are not looked for forever, nor is all held meanwhile.
#[test]
fn frames_are_looked_for_within_the_caps() {
    let (mut parser, mut sink, settings) =
        (Http2::default(), Collected::default(), Settings::default());
    let place = Place::default();
    let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
    // Always the head of a frame of the usual size, which never comes whole.
    let bytes = [0, 0x40, 0, 0, 0, 0, 0, 0, 1].repeat(1000);
    let mut fed = 0;
    loop {
        fed += bytes.len();
        let verdict = parser.data(S, &bytes, &mut cx);
        if fed as u64 > H2_SOUGHT {
            assert_eq!(verdict, Verdict::Dead("no HTTP/2 frames found"));
            return;
        }
        assert_eq!(verdict, Verdict::Continue);
        assert!(parser.memory() < 4 * H2_SEEK + size_of::<Http2>());
    }
}

/// Reaches `H2_LOOKED`: heads of frames within each other's payload are not each read to their end.
#[test]
fn header_blocks_are_read_in_vain_within_the_cap() {
    let (mut parser, mut sink, settings) =
        (Http2::default(), Collected::default(), Settings::default());
    let place = Place::default();
    let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
    let bytes = [0, 0x20, 0, 1, END_HEADERS, 0, 0, 0, 1].repeat(5000);
    assert_eq!(parser.data(S, &bytes, &mut cx), Verdict::Continue);
    let (looked, most) = (parser.half(S).looked, H2_LOOKED * bytes.len() as u64);
    assert!((most / 2..most + H2_SEEK as u64 + 1).contains(&looked), "{looked} of {most}");
    let behind = [vec![b'x'; 1 << 16], ok(1, BOTH)].concat();
    assert_eq!(parser.data(S, &behind, &mut cx), Verdict::Continue);
    assert_eq!(parser.half(S).state, half::State::Head, "what comes behind is found");
}

/// Dialogues with octets changed, cut and lost anywhere: nothing panics, memory stays in bounds, and
/// every oddity is documented.
#[test]
fn hostile_bytes_do_no_harm() {
    let head = [(":status", "200"), ("content-type", "application/grpc"), ("+x", "y")];
    let asked = [("+:method", "POST"), (":path", "/a.B/C"), ("content-type", "application/grpc")];
    let client = [
        &PREFACE[..],
        &settings(),
        &headers(END_HEADERS, 1, &asked),
        &data(END_STREAM, 1, b"\0\0\0\0\x02\x08\x01"),
        &get(3, "/x"),
        &frame(3, 0, 3, &8u32.to_be_bytes()),
        &frame(1, BOTH, 5, &[0x82, 0x86, 0xbe]),
    ]
    .concat();
    let server = [
        &settings()[..],
        &frame(5, END_HEADERS, 1, &[&[0, 0, 0, 2], &block(&[(":path", "/p")])[..]].concat()),
        &frame(1, 8 | END_HEADERS, 1, &[&[2], &block(&head)[..], &[0, 0]].concat()),
        &data(8, 1, b"\x01\0\0\0\0\x02\x08\x01\0"),
        &headers(BOTH, 1, &[("grpc-status", "5"), ("grpc-message", "%zz%41")]),
        &frame(7, 0, 0, &[0; 8]),
        &ok(5, BOTH),
    ]
    .concat();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..3000 {
        let (mut acts, mut sides) = (Vec::new(), [client.clone(), server.clone()]);
        for bytes in &mut sides {
            for _ in 0..random(4) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
        }
        while sides.iter().any(|bytes| !bytes.is_empty()) {
            let side = if random(2) == 0 { C } else { S };
            let bytes = &mut sides[side.index()];
            let rest = bytes.split_off(bytes.len().min(1 + random(60)));
            let piece = core::mem::replace(bytes, rest);
            match random(12) {
                _ if piece.is_empty() => {}
                0 => acts.push(Act::Loses(side, piece.len() as u64)),
                _ => acts.push(says(side, piece)),
            }
        }
        let (rows, _) = dialogue::play(Http2::default(), &acts, 1 + random(50));
        for row in &rows {
            assert!(row.oddities.iter().all(|name| ODDITIES.iter().any(|known| known.0 == *name)));
            assert!(row.request.is_some() || row.response.is_some(), "{row:?}");
        }
    }
}

#[test]
fn events_of_a_stream_are_told_on_its_row() {
    let head = [(":status", "200"), ("content-type", "text/event-stream; charset=utf-8")];
    let acts = after_begin([
        says(C, get(1, "/events")),
        says(S, headers(END_HEADERS, 1, &head)),
        says(S, data(0, 1, b"event: tick\nda")),
        says(S, data(END_STREAM, 1, b"ta: 1\nid: 9\n\ndata: unfinished")),
    ]);
    assert_eq!(told(&acts), ["1 GET /events 200 43 - complete"]);
    let row = play(&acts).remove(0);
    let shown = ["events", "events_by_name", "last_event_id", "latest_events"];
    let shown = shown.map(|name| detail(&row, name));
    assert_eq!(shown, ["1", "tick 1", "9", "+0.000002 tick 1: 1"]);
    assert_eq!(row.growing, None);
}
