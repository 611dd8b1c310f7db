use super::tests_support::upgraded;
use super::*;
use crate::event::Exchange;
use crate::limits::WEBSOCKET_MESSAGES;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{Act, Collected, detail, play, says, told};
use crate::proto::{App, Place};
use flate2::{Compress, Compression, FlushCompress};

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame: its first byte, then the payload, masked if the client sends it.
fn frame(side: Side, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if side == C { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        short @ ..126 => out.push(mask | short as u8),
        long => {
            out.push(mask | 126);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    if side == S {
        return [&out[..], payload].concat();
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

fn sends(side: Side, first: u8, payload: impl AsRef<[u8]>) -> Act {
    says(side, frame(side, first, payload.as_ref()))
}

/// Completeness, error, bytes each way, oddities, and the detail but for the extensions.
fn brief(exchange: &Exchange) -> String {
    let bytes = |half: &Option<crate::event::Message>| {
        half.as_ref().map_or("-".to_owned(), |half| {
            half.body.bytes.map_or("?".to_owned(), |bytes| bytes.to_string())
        })
    };
    let detail = exchange.detail.iter().filter(|(name, _)| *name != "extensions");
    let detail: Vec<_> = detail.map(|(name, text)| format!("{name}={text}")).collect();
    let (request, response) = (bytes(&exchange.request), bytes(&exchange.response));
    let completeness = exchange.completeness.name();
    let error = exchange.error.unwrap_or("-");
    let oddities = exchange.oddities.join(",");
    format!("{completeness} {error} {request}/{response} [{oddities}] {}", detail.join(" "))
}

fn follows(extensions: &str, acts: &[Act]) -> Vec<String> {
    told(|| upgraded(extensions, &Settings::default()), acts, brief)
}

#[test]
fn messages_of_both_sides_and_an_orderly_end() {
    let acts = [
        sends(C, 0x81, "hello\n"),
        sends(S, 0x82, b"\x00\xffx"),
        sends(S, 0x89, "are you there"),
        sends(C, 0x8a, "are you there"),
        sends(C, 0x88, b"\x03\xe8done"),
        sends(S, 0x88, b"\x03\xe8"),
    ];
    assert_eq!(
        follows("", &acts),
        ["complete - 6/3 [] request_messages=1 response_messages=1 client_texts=1 client_pongs=1 \
          server_binaries=1 server_pings=1 closed_by=client close_code=1000 \
          close_name=normal closure close_reason=done messages=+0.000001 client text 6: hello\\n\n\
          +0.000002 server binary 3: \\x00\\xffx"]
    );
}

#[test]
fn fragments_with_control_frames_between_them() {
    let long = "y".repeat(300);
    let acts = [
        sends(S, 0x01, "one "),
        sends(S, 0x89, ""),
        sends(S, 0x00, "two "),
        sends(S, 0x80, &long),
        sends(C, 0x82, ""),
        sends(S, 0x88, b"\x03\xf3"),
    ];
    let row = follows("", &acts).remove(0);
    let shown = format!("server text 308, 3 fragments: one two {}…", "y".repeat(248));
    assert!(row.contains(&shown) && row.contains("server_fragments=3 server_pings=1"), "{row}");
    assert!(row.starts_with("complete internal error 0/308 []"), "{row}");
    assert!(row.ends_with("client binary 0"), "{row}");
}

/// Messages as a sender with permessage-deflate sends them; `keeps`: with context takeover.
fn deflated(messages: &[&str], keeps: bool) -> Vec<Vec<u8>> {
    let mut stream = Compress::new(Compression::best(), false);
    let mut deflate = |text: &&str| {
        let mut out = Vec::with_capacity(text.len() + 64);
        stream.compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync).unwrap();
        out.truncate(out.len() - 4);
        if !keeps {
            stream.reset();
        }
        out
    };
    messages.iter().map(&mut deflate).collect()
}

#[test]
fn compressed_messages_with_and_without_context() {
    let said = ["tick 1 of the clock", "tick 2 of the clock"];
    for (extensions, keeps) in
        [("permessage-deflate", true), ("permessage-deflate; client_no_context_takeover", false)]
    {
        let packed = deflated(&said, keeps);
        let (first, second) = packed[1].split_at(3);
        let acts = [
            sends(C, 0xc1, &packed[0]),
            // In fragments, of which the first alone says that it is compressed.
            sends(C, 0x41, first),
            sends(C, 0x80, second),
            sends(C, 0x81, "plain"),
        ];
        let row = follows(extensions, &acts).remove(0);
        let length = packed[1].len();
        assert!(row.contains("19 inflated: tick 1 of the clock\n"), "{row}");
        let second = format!("{length}, 19 inflated, 2 fragments: tick 2 of the clock\n");
        assert!(row.contains(&second) && row.contains("text 5: plain"), "{row}");
        assert!(row.contains(" [] "), "{row}");
    }
}

#[test]
fn a_loss_within_a_message_costs_what_refers_to_it() {
    let packed = deflated(&["one one one one", "two two", "three three"], true);
    let (begin, end) = (frame(S, 0xc1, &packed[1]), packed[1].len() as u64 - 1);
    let acts = [
        sends(S, 0xc1, &packed[0]),
        says(S, &begin[..begin.len() - end as usize]),
        Act::Loses(S, end),
        sends(S, 0xc1, &packed[2]),
        sends(C, 0x81, "untouched"),
        sends(S, 0x81, "plain"),
    ];
    let row = follows("permessage-deflate", &acts).remove(0);
    let bytes: usize = packed.iter().map(Vec::len).sum::<usize>() + 5;
    assert!(row.starts_with(&format!("gap connection closed without a close frame 9/{bytes} []")));
    for line in [
        "15 inflated: one one one one\n",
        &format!("server text {}, bytes lost\n", packed[1].len()),
        &format!("server text {}, unreadable without what came before\n", packed[2].len()),
        "client text 9: untouched\n",
        "server text 5: plain",
    ] {
        assert!(row.contains(line), "{line} in {row}");
    }
}

#[test]
fn a_loss_beyond_a_frame_ends_that_side_alone() {
    let acts = [
        sends(S, 0x81, "seen"),
        Act::Loses(S, 100),
        says(S, b"\x81\x04what"),
        sends(C, 0x81, "still"),
        sends(C, 0x88, b"\x03\xe9"),
    ];
    let row = follows("", &acts).remove(0);
    assert!(row.starts_with("gap - 5/? [websocket_place_lost] request_messages=1"), "{row}");
    assert!(row.contains("close_code=1001") && !row.contains("what"), "{row}");
}

#[test]
fn violations_are_noted() {
    let odd = |acts: &[Act]| {
        let row = follows("", acts).remove(0);
        row[row.find('[').unwrap() + 1..row.find(']').unwrap()].to_owned()
    };
    assert_eq!(
        odd(&[says(C, b"\x81\x02hi"), says(S, b"\x81\x81\0\0\0\0x")]),
        "websocket_masking_wrong"
    );
    assert_eq!(odd(&[sends(S, 0xc1, "x")]), "websocket_reserved_bits");
    assert_eq!(odd(&[sends(S, 0x91, "x")]), "websocket_reserved_bits");
    assert_eq!(odd(&[says(S, b"\x81\x7e\0\x01x")]), "websocket_length_not_minimal");
    assert_eq!(odd(&[sends(S, 0x09, "x")]), "websocket_control_frame_invalid");
    assert_eq!(odd(&[sends(S, 0x89, [0; 126])]), "websocket_control_frame_invalid");
    assert_eq!(odd(&[sends(S, 0x80, "x")]), "websocket_fragments_out_of_order");
    assert_eq!(
        odd(&[sends(S, 0x01, "x"), sends(S, 0x81, "y")]),
        "websocket_fragments_out_of_order"
    );
    assert_eq!(odd(&[sends(S, 0x88, b"\x03")]), "websocket_close_invalid");
    assert_eq!(odd(&[sends(S, 0x88, b"\x03\xed")]), "websocket_close_invalid");
    let after = [sends(S, 0x88, b"\x03\xe8"), sends(S, 0x81, "x")];
    assert_eq!(odd(&after), "websocket_frame_after_close");
    assert_eq!(odd(&[sends(S, 0x81, b"\xff")]), "websocket_text_not_utf8");
    assert_eq!(odd(&[sends(S, 0x83, "x"), sends(S, 0x81, "y")]), "websocket_not_frames");
    let corrupt = [sends(S, 0xc1, [0xff; 9])];
    assert!(follows("permessage-deflate", &corrupt)[0].contains("websocket_message_undecodable"));
    let bomb = "0".repeat(8 << 20);
    let packed = deflated(&[&bomb], true).remove(0);
    let row = follows("permessage-deflate", &[sends(S, 0xc2, packed)]).remove(0);
    assert!(row.contains("[websocket_message_too_large]") && row.contains("inflates to too much"));
}

#[test]
fn payloads_under_an_unknown_extension_are_not_read() {
    let row = follows("x-own", &[sends(S, 0xf1, "what?")]).remove(0);
    assert!(row.contains("[] ") && row.ends_with("server text 5"), "{row}");
}

/// Reaches `WEBSOCKET_MESSAGES`, `WEBSOCKET_PREVIEW` and `WEBSOCKET_TEXT`.
#[test]
fn the_latest_messages_are_shown() {
    let acts: Vec<_> = (0..100).map(|n| sends(S, 0x81, format!("{n:0999}"))).collect();
    let row = play(upgraded("", &Settings::default()), &acts, usize::MAX).0.remove(0);
    let lines: Vec<_> = detail(&row, "messages").lines().collect();
    assert_eq!((lines.len(), detail(&row, "response_messages")), (WEBSOCKET_MESSAGES, "100"));
    assert!(lines[0].starts_with("+0.000085 server text 999: 000") && lines[0].len() < 300);
}

#[test]
fn nothing_is_shown_where_no_bodies_are_kept() {
    let settings = Settings { body_limit: 0, ..Settings::default() };
    let mut sink = Collected::default();
    let mut parser = upgraded("permessage-deflate", &settings);
    let mut cx = Context { time: 9, place: Place::default(), settings: &settings, sink: &mut sink };
    parser.data(S, &frame(S, 0x81, b"secret"), &mut cx);
    parser.data(S, &frame(S, 0xc1, b"packed"), &mut cx);
    parser.close(Close::Timeout, &mut cx);
    assert_eq!(detail(&sink.0[0], "messages"), "+0.000000 server text 6\n+0.000000 server text 6");
    assert_eq!((sink.0[0].error, sink.0[0].completeness), (None, Completeness::Gap));
}

const ASKS: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
const ANSWERS: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Plays a connection from its first byte, in pieces; the rows, and what was not understood.
fn connection(acts: &[Act], piece: usize, growing: bool) -> (Vec<Exchange>, u64) {
    let (mut app, mut sink) = (App::default(), Collected::default());
    let settings = Settings { growing, ..Settings::default() };
    let (mut time, mut said, mut opaque) = (0, [0u64; 2], 0);
    for act in acts {
        time += 400_000_000;
        let (side, bytes) = match act {
            Act::Says(side, bytes) => (*side, bytes),
            Act::Loses(side, lost) => {
                let place = Place { offset: said[side.index()], received: 0 };
                let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
                opaque += app.gap(*side, *lost, &mut cx);
                said[side.index()] += lost;
                continue;
            }
        };
        for bytes in bytes.chunks(piece) {
            let received = said[side.peer().index()];
            let place = Place { offset: said[side.index()], received };
            let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
            opaque += app.data(side, bytes, &mut cx);
            said[side.index()] += bytes.len() as u64;
        }
    }
    let place = Place::default();
    let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
    opaque += app.close(Close::Finished, &mut cx);
    (sink.0, opaque)
}

#[test]
fn the_upgrade_and_its_frames_are_one_row() {
    // The server's first frame comes with its answer, the client's before it has that.
    let answers = [ANSWERS.as_bytes(), &frame(S, 0x81, b"welcome")].concat();
    let acts = [
        says(C, ASKS),
        sends(C, 0x81, "early"),
        says(S, answers),
        sends(C, 0x81, "late"),
        sends(S, 0x88, b"\x03\xe8"),
        sends(C, 0x88, b"\x03\xe8"),
    ];
    for piece in [1, 5, 64, usize::MAX] {
        let (mut rows, opaque) = connection(&acts, piece, false);
        assert_eq!((rows.len(), opaque), (1, 0), "in pieces of {piece}: {rows:?}");
        let row = rows.remove(0);
        assert_eq!((row.protocol, row.version, row.status), (NAME, Some("13"), Some(101)));
        assert_eq!(row.target.as_deref(), Some(&b"/chat?room=1"[..]));
        assert_eq!((row.host.as_deref(), row.oddities.len()), (Some(&b"example"[..]), 0));
        assert_eq!(row.growing, None);
        assert_eq!(detail(&row, "subprotocol"), "chat");
        let response = row.response.as_ref().expect("one");
        assert_eq!((response.first_time, response.last_time), (1_200_000_000, Some(2_000_000_000)));
        let messages = detail(&row, "messages");
        let want = "+0.400000 client text 5: early\n+0.800000 server text 7: welcome\n\
                    +1.200000 client text 4: late";
        assert_eq!(messages, want, "in pieces of {piece}");
    }
}

#[test]
fn an_answer_without_a_request_and_one_to_another_key() {
    let acts = [says(S, ANSWERS), sends(S, 0x81, "x"), sends(C, 0x81, "y")];
    let (rows, _) = connection(&acts, usize::MAX, false);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].protocol, rows[0].completeness), (NAME, Completeness::ResponseOnly));
    assert_eq!((&rows[0].method, detail(&rows[0], "request_messages")), (&None, "1"));
    let acts = [says(C, ASKS.replace("dGhl", "eGhl")), says(S, ANSWERS)];
    assert_eq!(connection(&acts, usize::MAX, false).0[0].oddities, [oddity::ACCEPT]);
    // Of old, without a proof: not this protocol.
    let acts = [says(C, ASKS), says(S, ANSWERS.replace("Accept", "Old"))];
    assert_eq!(connection(&acts, usize::MAX, false).0[0].protocol, "http");
}

#[test]
fn after_a_loss_the_proof_finds_the_request() {
    let other = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    let acts = [says(C, other), Act::Loses(S, 50), says(C, ASKS), says(S, ANSWERS)];
    let (rows, _) = connection(&acts, usize::MAX, false);
    let row = rows.iter().find(|row| row.protocol == NAME).expect("one");
    assert_eq!(row.target.as_deref(), Some(&b"/chat?room=1"[..]));
    assert_eq!(rows.len(), 2);
}

/// Reaches `GROWTH_EVERY`: a row when it begins, then at most one a second, and the last.
#[test]
fn it_is_told_while_it_lasts() {
    let mut acts = vec![says(C, ASKS), says(S, ANSWERS)];
    acts.extend((0..6).map(|n| sends(S, 0x81, format!("message {n}"))));
    acts.push(sends(S, 0x88, b"\x03\xe8"));
    let (rows, _) = connection(&acts, usize::MAX, true);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.completeness.name(), detail(row, "response_messages").to_owned()))
        .collect();
    let want = [("open", "0"), ("open", "3"), ("open", "6"), ("complete", "6")];
    assert_eq!(told, want.map(|(completeness, count)| (completeness, count.to_owned())));
    let growing: Vec<_> = rows.iter().map(|row| row.growing.expect("each")).collect();
    assert!(growing.iter().all(|growing| growing.id == growing_id(&rows)));
    assert_eq!(growing.iter().map(|g| g.again).collect::<Vec<_>>(), [false, true, true, true]);
    let lasts: Vec<_> = rows.iter().map(|row| row.response.as_ref().unwrap().last_time).collect();
    assert_eq!(lasts, [None, None, None, Some(3_600_000_000)]);
}

#[test]
fn what_came_within_a_second_is_told_when_that_is_over() {
    let (mut app, mut sink) = (App::default(), Collected::default());
    let settings = Settings { growing: true, ..Settings::default() };
    let server = [ANSWERS.as_bytes(), &frame(S, 0x81, b"one")].concat();
    for (side, bytes) in [(C, ASKS.as_bytes()), (S, &server)] {
        let place = Place::default();
        let mut cx = Context { time: 5, place, settings: &settings, sink: &mut sink };
        app.data(side, bytes, &mut cx);
    }
    let mut counts = Vec::new();
    for time in [500_000_000, 1_100_000_000, 2_500_000_000] {
        let place = Place::default();
        let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
        app.tick(&mut cx);
        counts.push(sink.0.len());
    }
    // Of one that is silent nothing more is told.
    assert_eq!(counts, [1, 2, 2]);
    assert_eq!(detail(&sink.0[1], "response_messages"), "1");
}

fn growing_id(rows: &[Exchange]) -> u32 {
    rows[0].growing.expect("one").id
}

/// What a dialogue becomes when bytes of it are changed, left out or lost does no harm, is bounded, and
/// what is complete and orderly of it does not depend on how it is cut.
#[test]
fn hostile_bytes_do_no_harm() {
    let packed = deflated(&["tick 1 of the clock", "tick 2 of the clock"], true);
    let whole = [
        frame(C, 0x81, b"hello"),
        frame(C, 0xc1, &packed[0]),
        frame(C, 0x01, b"in "),
        frame(C, 0x89, b"ping"),
        frame(C, 0x80, &[b'x'; 300]),
        frame(C, 0xc2, &packed[1]),
        frame(C, 0x88, b"\x03\xe8bye"),
    ]
    .concat();
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..next(4) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        let cut = next(bytes.len());
        let mut acts = vec![says(C, &bytes[..cut])];
        if next(3) == 0 {
            acts.push(Act::Loses(C, next(40) as u64 + 1));
        }
        acts.push(says(C, &bytes[cut..]));
        let rows = |piece| {
            let parser = upgraded("permessage-deflate", &Settings::default());
            play(parser, &acts, piece).0.iter().map(brief).collect::<Vec<_>>()
        };
        let piece = next(60) + 1;
        assert_eq!(rows(usize::MAX), rows(piece), "{acts:?} in pieces of {piece}");
    }
}
