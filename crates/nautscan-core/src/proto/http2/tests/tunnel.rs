//! WebSockets on streams.

use super::*;
use crate::limits::H2_EARLY;
use crate::proto::websocket;

const RST_STREAM: u8 = 3;
const CANCEL: &[u8] = &[0, 0, 0, 8];
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a WebSocket of fewer than 126 bytes: its first byte, then the payload.
fn ws(side: Side, first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u8;
    if side == S {
        return [&[first, length], payload].concat();
    }
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [&[first, 0x80 | length][..], &MASK].concat().into_iter().chain(masked).collect()
}

/// The same in a DATA frame of its own.
fn sends(side: Side, stream: u32, first: u8, payload: &[u8]) -> Act {
    says(side, data(0, stream, &ws(side, first, payload)))
}

fn connect(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    let fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/chat"),
        (":authority", "a.example"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat, mail"),
    ];
    headers(END_HEADERS, stream, &[&fields[..], more].concat())
}

fn granted(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    let fields = [(":status", "200"), ("sec-websocket-protocol", "chat")];
    headers(END_HEADERS, stream, &[&fields[..], more].concat())
}

/// Both sides begin, and the server lets clients ask for it.
fn enabled(acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
    let server = frame(4, 0, 0, b"\0\x03\0\0\0\x64\0\x08\0\0\0\x01");
    let begin = [says(C, [&PREFACE[..], &settings()].concat()), says(S, server)];
    begin.into_iter().chain(acts).collect()
}

/// A WebSocket on stream 1 that was granted, and then `acts`.
fn granted_first(acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
    enabled([says(C, connect(1, &[])), says(S, granted(1, &[]))].into_iter().chain(acts))
}

/// Protocol, completeness, error, bytes each way, oddities and the latest messages.
fn shown(e: &Exchange) -> String {
    let bytes = |half: &Option<crate::event::Message>| {
        let bytes = half.as_ref().and_then(|half| half.body.bytes);
        bytes.map_or("?".to_owned(), |bytes| bytes.to_string())
    };
    format!(
        "{} {} {} {}/{} [{}] {}",
        e.protocol,
        e.completeness.name(),
        e.error.unwrap_or("-"),
        bytes(&e.request),
        bytes(&e.response),
        e.oddities.join(","),
        detail(e, "latest_messages")
    )
}

fn follows(acts: &[Act]) -> Vec<String> {
    dialogue::told(Http2::default, acts, shown)
}

#[test]
fn a_stream_that_connects_is_a_websocket() {
    let acts = granted_first([
        says(C, get(3, "/other")),
        sends(C, 1, 0x81, b"hello"),
        says(S, [ok(3, BOTH), data(0, 1, &ws(S, 0x81, b"you"))].concat()),
        sends(S, 1, 0x88, b"\x03\xe8"),
        says(C, data(END_STREAM, 1, &ws(C, 0x88, b"\x03\xe8"))),
        says(S, data(END_STREAM, 1, b"")),
    ]);
    let told = follows(&acts);
    let messages = "+0.000003 client text 5: hello\n+0.000004 server text 3: you";
    assert_eq!(
        told,
        ["http complete - 0/0 [] -", &format!("websocket complete - 5/3 [] {messages}")]
    );
    let row = play(&acts).remove(1);
    assert_eq!((text(&row.method).as_str(), text(&row.target).as_str()), ("CONNECT", "/chat"));
    assert_eq!(
        (text(&row.host).as_str(), row.status, row.version),
        ("a.example", Some(200), Some("13"))
    );
    let names = ["stream", "upgraded_from", "subprotocol", "closed_by", "close_code"];
    assert_eq!(names.map(|name| detail(&row, name)), ["1", "2", "chat", "server", "1000"]);
    let (request, response) = (row.request.expect("it"), row.response.expect("it"));
    assert_eq!((request.first_time, request.last_time), (3000, Some(9000)));
    assert_eq!((response.first_time, response.last_time), (4000, Some(8000)));
    assert_eq!((request.headers.len(), response.headers.len()), (2, 1));
}

#[test]
fn frames_lie_across_data_frames_and_padding() {
    let [first, second] = [ws(S, 0x01, b"in two"), ws(S, 0x80, b" pieces")];
    let said = [first, second].concat();
    let (head, rest) = said.split_at(9);
    let padded = [&[3], rest, &[0; 3]].concat();
    let acts = granted_first([
        says(S, [data(0, 1, head), data(8, 1, &padded)].concat()),
        says(S, data(END_STREAM, 1, &ws(S, 0x88, b"\x03\xe9"))),
    ]);
    let want = "websocket complete - 0/13 [] +0.000002 server text 13, 2 fragments: in two pieces";
    assert_eq!(follows(&acts), [want]);
}

#[test]
fn what_is_compressed_is_inflated() {
    let deflate = ("sec-websocket-extensions", "permessage-deflate");
    let packed = [0x4a, 0x4c, 0x4a, 0x06, 0x00];
    let acts = enabled([
        says(C, connect(1, &[deflate])),
        says(S, granted(1, &[deflate])),
        sends(S, 1, 0xc1, &packed),
        sends(S, 1, 0x88, b"\x03\xe8"),
    ]);
    let want = "websocket complete - 0/5 [] +0.000002 server text 5, 3 inflated: abc";
    assert_eq!(follows(&acts), [want]);
}

#[test]
fn ends_of_a_stream_are_ends_of_a_connection() {
    let unclosed = "connection closed without a close frame";
    let end = |side| says(side, data(END_STREAM, 1, b""));
    let reset = |side| says(side, frame(RST_STREAM, 0, 1, CANCEL));
    let close = sends(S, 1, 0x88, b"\x03\xe8");
    let goaway = says(S, frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 2]));
    for (acts, completeness, error) in [
        (vec![end(C), end(S)], "complete", unclosed),
        (vec![], "complete", unclosed),
        (vec![reset(C)], "complete", "CANCEL"),
        (vec![goaway], "complete", "INTERNAL_ERROR"),
        (vec![close.clone(), end(S), reset(C)], "complete", "-"),
        (vec![close.clone()], "complete", "-"),
        (vec![says(S, data(0, 1, b"\x81\x05ha")), reset(S)], "gap", "CANCEL"),
        // Frames that are none: the connection is given up.
        (vec![says(S, frame(6, 0, 1, b"not"))], "gap", "-"),
    ] {
        let told = follows(&granted_first(acts.clone()));
        assert_eq!(told.len(), 1, "{acts:?}");
        assert!(told[0].starts_with(&format!("websocket {completeness} {error} 0/")), "{told:?}");
    }
    let row = play(&granted_first([reset(C)])).remove(0);
    assert_eq!(detail(&row, "reset_by"), "client");
    // Of one that goes on nothing has failed.
    let (mut parser, mut sink, settings) =
        (Http2::default(), Collected::default(), Settings::default());
    let place = Place::default();
    let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
    for act in granted_first([]) {
        let Act::Says(side, bytes) = act else { continue };
        parser.data(side, &bytes, &mut cx);
    }
    parser.close(Close::CaptureEnd, &mut cx);
    assert_eq!(shown(&sink.0[0]), "websocket gap - 0/0 [] -");
}

#[test]
fn what_is_refused_or_of_another_protocol_is_a_tunnel() {
    let no = headers(BOTH, 1, &[(":status", "403")]);
    let acts =
        enabled([says(C, connect(1, &[])), says(C, data(END_STREAM, 1, b"early")), says(S, no)]);
    assert_eq!(told(&acts), ["1 CONNECT /chat 403 0 - complete"]);
    let row = play(&acts).remove(0);
    assert_eq!((row.protocol, detail(&row, "connect_protocol")), ("http", "websocket"));
    assert_eq!(row.request.expect("it").body.bytes, Some(5));
    let udp = [
        (":method", "CONNECT"),
        (":protocol", "connect-udp"),
        (":scheme", "http"),
        (":path", "/udp"),
        (":authority", "a.example"),
    ];
    let acts = enabled([
        says(C, headers(END_HEADERS, 1, &udp)),
        says(
            S,
            [headers(END_HEADERS, 1, &[(":status", "200")]), data(END_STREAM, 1, b"x")].concat(),
        ),
        says(C, data(END_STREAM, 1, b"")),
    ]);
    assert_eq!(told(&acts), ["1 CONNECT /udp 200 1 - complete"]);
}

#[test]
fn one_that_was_not_permitted_is_noted() {
    let acts =
        after_begin([says(C, connect(1, &[])), says(S, granted(1, &[])), sends(S, 1, 0x88, b"")]);
    assert_eq!(follows(&acts), ["websocket complete - 0/0 [connect_protocol_not_enabled] -"]);
    // Of a server that was not seen to begin it is not known.
    let acts = [
        says(C, [&PREFACE[..], &settings(), &connect(1, &[])].concat()),
        says(S, [&[9; 20][..], &granted(1, &[])].concat()),
        sends(S, 1, 0x88, b""),
    ];
    let rows = play(&acts);
    let row = rows.iter().find(|row| row.protocol == "websocket").expect("one");
    assert!(row.oddities.is_empty(), "{row:?}");
}

#[test]
fn a_loss_within_content_costs_a_message() {
    let second = ws(S, 0x81, b"second");
    for flags in [0, 8] {
        let pad: &[u8] = if flags == 0 { b"" } else { &[4] };
        let length = pad.len() + second.len() + pad.len() * 4;
        let whole = frame(0, flags, 1, &vec![0; length]);
        let head = [&whole[..9], pad, &second[..3]].concat();
        let (lost, behind) = (4, [&second[7..], &vec![0; pad.len() * 4]].concat());
        let acts = granted_first([
            sends(S, 1, 0x81, b"first"),
            says(S, head),
            Act::Loses(S, lost),
            says(S, behind),
            sends(S, 1, 0x81, b"third"),
            sends(C, 1, 0x81, b"untouched"),
            sends(S, 1, 0x88, b""),
        ]);
        let want = "websocket gap - 9/16 [] +0.000002 server text 5: first\n\
                    +0.000003 server text 6, bytes lost: s…\n\
                    +0.000006 server text 5: third\n\
                    +0.000007 client text 9: untouched";
        assert_eq!(follows(&acts), [want], "flags {flags}");
        assert_eq!(play(&acts)[0].gap_bytes, 4);
    }
}

#[test]
fn where_a_frames_beginning_may_be_lost_that_side_is_not_followed() {
    // The octet that says how long the padding is, and a whole frame of HTTP/2.
    let cut = data(8, 1, &[&[2], &ws(S, 0x81, b"what")[..], &[0; 2]].concat());
    let next = [says(S, ok(7, BOTH))];
    for lost in
        [vec![says(S, &cut[..9]), Act::Loses(S, 1), says(S, &cut[10..])], vec![Act::Loses(S, 50)]]
    {
        let mut acts = granted_first([sends(S, 1, 0x81, b"seen")]);
        acts.extend(lost);
        acts.extend(next.clone());
        acts.extend([sends(S, 1, 0x81, b"unseen"), sends(C, 1, 0x81, b"still")]);
        let rows = play(&acts);
        let row = rows.iter().find(|row| row.protocol == "websocket").expect("one");
        let told = shown(row);
        assert!(told.starts_with("websocket gap - 5/? [websocket_place_lost]"), "{told}");
        assert!(
            told.contains("seen") && told.contains("still") && !told.contains("unseen"),
            "{told}"
        );
    }
    // Of the request's side, before it was granted.
    let acts = enabled([
        says(C, connect(1, &[])),
        sends(C, 1, 0x81, b"one"),
        Act::Loses(C, 30),
        says(S, granted(1, &[])),
        sends(S, 1, 0x81, b"two"),
        sends(S, 1, 0x88, b""),
    ]);
    let row = follows(&acts).remove(0);
    assert!(row.starts_with("websocket gap - ?/3 [websocket_place_lost]"), "{row}");
    assert!(row.contains("client text 3: one") && row.contains("server text 3: two"), "{row}");
}

/// Reaches `H2_EARLY`.
#[test]
fn what_comes_before_the_answer_is_held_up_to_the_cap() {
    let early = |count: usize| {
        let one = data(0, 1, &ws(C, 0x82, &[b'x'; 94]));
        let acts = enabled([
            says(C, connect(1, &[])),
            says(C, one.repeat(count)),
            says(S, granted(1, &[])),
            sends(C, 1, 0x81, b"late"),
            sends(S, 1, 0x88, b""),
        ]);
        let row = play(&acts).remove(0);
        (row.request.expect("it").body.bytes, row.oddities)
    };
    assert_eq!(early(2), (Some(2 * 94 + 4), vec![]));
    assert_eq!(early(H2_EARLY / 100 + 1), (None, vec!["websocket_place_lost"]));
}

#[test]
fn it_is_told_while_it_lasts() {
    let settings = Settings { growing: true, ..Settings::default() };
    let acts = granted_first([sends(S, 1, 0x81, b"one"), sends(S, 1, 0x88, b"\x03\xe8")]);
    let (mut parser, mut sink) = (Http2::default(), Collected::default());
    for (n, act) in acts.into_iter().enumerate() {
        let Act::Says(side, bytes) = act else { continue };
        let place = Place::default();
        let time = n as i64 * 700_000_000;
        let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
        parser.data(side, &bytes, &mut cx);
    }
    let mut cx = Context {
        time: 9_000_000_000,
        place: Place::default(),
        settings: &settings,
        sink: &mut sink,
    };
    parser.tick(&mut cx);
    parser.tick(&mut cx);
    parser.close(Close::Finished, &mut cx);
    let told: Vec<_> = sink
        .0
        .iter()
        .map(|row| {
            (row.completeness.name(), detail(row, "response_messages"), row.growing.expect("each"))
        })
        .map(|(completeness, count, growing)| (completeness, count, growing.id, growing.again))
        .collect();
    let want = [("open", "0", 1, false), ("open", "1", 1, true), ("complete", "1", 1, true)];
    assert_eq!(told, want);
}

/// Dialogues with octets changed and lost anywhere: nothing panics, every oddity is documented, and what
/// is complete and orderly does not depend on how it is cut.
#[test]
fn hostile_bytes_do_no_harm() {
    let deflate = ("sec-websocket-extensions", "permessage-deflate");
    let client = [
        connect(1, &[deflate]),
        data(0, 1, &ws(C, 0x81, b"hello")),
        data(8, 1, &[&[2], &ws(C, 0xc1, &[0x4a, 0x4c, 0x4a, 0x06, 0x00])[..], &[0; 2]].concat()),
        connect(3, &[]),
        data(END_STREAM, 1, &ws(C, 0x88, b"\x03\xe8")),
        frame(RST_STREAM, 0, 3, CANCEL),
    ]
    .concat();
    let server = [
        granted(1, &[deflate]),
        data(0, 1, &ws(S, 0x01, b"in ")),
        granted(3, &[]),
        data(0, 1, &ws(S, 0x80, b"two")),
        data(END_STREAM, 1, &ws(S, 0x88, b"\x03\xe8")),
        frame(7, 0, 0, &[0; 8]),
    ]
    .concat();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..2000 {
        let (mut acts, mut sides) = (enabled([]), [client.clone(), server.clone()]);
        for bytes in &mut sides {
            for _ in 0..random(3) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
        }
        let mut has_loss = false;
        while sides.iter().any(|bytes| !bytes.is_empty()) {
            let side = if random(2) == 0 { C } else { S };
            let bytes = &mut sides[side.index()];
            let rest = bytes.split_off(bytes.len().min(1 + random(60)));
            let piece = core::mem::replace(bytes, rest);
            match random(20) {
                _ if piece.is_empty() => {}
                0 => {
                    has_loss = true;
                    acts.push(Act::Loses(side, piece.len() as u64));
                }
                _ => acts.push(says(side, piece)),
            }
        }
        let (rows, _) = dialogue::play(Http2::default(), &acts, usize::MAX);
        let known =
            |name: &&str| ODDITIES.iter().chain(websocket::ODDITIES).any(|known| known.0 == *name);
        for row in &rows {
            assert!(row.oddities.iter().all(known), "{row:?}");
            assert!(row.request.is_some() || row.response.is_some(), "{row:?}");
        }
        let is_orderly =
            |row: &Exchange| row.completeness == Completeness::Complete && row.oddities.is_empty();
        if !has_loss && rows.iter().all(is_orderly) {
            let (pieces, _) = dialogue::play(Http2::default(), &acts, 1 + random(30));
            let told = |rows: &[Exchange]| rows.iter().map(shown).collect::<Vec<_>>();
            assert_eq!(told(&rows), told(&pieces));
        }
    }
}
