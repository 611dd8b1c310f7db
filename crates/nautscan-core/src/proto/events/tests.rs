use super::*;
use crate::event::Exchange;
use crate::limits::{
    EVENT_BROTLI_WINDOW, EVENT_GZIP_HEAD, EVENT_LINE, EVENT_NAMES, EVENT_ZSTD, EVENTS_SHOWN,
};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{Act, Collected, detail, says};
use crate::proto::growth::FIRST_NUMBER;
use crate::proto::{App, Close, Context, Place, Settings};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write as _;

fn coded(coding: &[u8]) -> Codings {
    let mut codings = Codings::default();
    codings.content_encoding(coding);
    codings
}

/// What a row tells of a stream that came in pieces of `piece` bytes.
fn told(bytes: &[u8], coding: &[u8], piece: usize) -> Exchange {
    let mut stream = EventStream::new(&coded(coding), None);
    bytes.chunks(piece).for_each(|bytes| stream.data(bytes, 1_500_000, 1 << 20));
    let mut exchange = Exchange::default();
    if stream.tell(&mut exchange) {
        exchange.note(UNDECODABLE);
    }
    exchange
}

/// The same however it is cut: the detail, a line each.
fn events(text: &str) -> String {
    let lines = |piece| {
        let row = told(text.as_bytes(), b"", piece);
        row.detail.iter().map(|(name, text)| format!("{name}={text}\n")).collect::<String>()
    };
    for piece in [1, 2, 3, 7, 40] {
        assert_eq!(lines(piece), lines(usize::MAX), "in pieces of {piece}");
    }
    lines(usize::MAX)
}

#[test]
fn the_examples_of_the_standard() {
    let one = "data: YHOO\ndata: +2\ndata: 10\n\n";
    assert_eq!(
        events(one),
        "events=1\nevents_by_name=message 1\nlatest_events=+0.001500 message 10: YHOO\\n+2\\n10\n"
    );
    let four = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n";
    let told = events(four);
    // The last block has no empty line behind it, and is no event.
    assert!(told.starts_with("events=2\nevents_by_name=message 2\ncomments=1\n"), "{told}");
    assert!(told.contains("message 12: second event") && !told.contains("third"), "{told}");
    let empty = "data\n\ndata\ndata\n\ndata:\n";
    assert!(events(empty).contains("message 0\n+0.001500 message 1: \\n\n"));
    let same = "data:test\n\ndata: test\n\n";
    assert_eq!(events(same).matches("message 4: test").count(), 2);
}

#[test]
fn names_identifiers_times_and_line_ends() {
    let text = "\u{feff}event: tick\r\nid: 7\r\nretry: 2500\r\ndata: a\r\rdata: b\revent:x\n\nid: 9\0\nevent: none\n\nretry: 1x\nid: 8\n\n";
    assert_eq!(
        events(text),
        "events=2\nevents_by_name=tick 1, x 1\nlast_event_id=8\nretry_ms=2500\n\
         latest_events=+0.001500 tick 1: a\n+0.001500 x 1: b\n"
    );
}

#[test]
fn a_loss_costs_the_event_that_it_lies_in() {
    let mut stream = EventStream::new(&coded(b""), None);
    stream.data(b"data: 1\n\ndata: lo", 0, 100);
    stream.lose();
    stream.data(b"st\ndata: still\n\ndata: 2\n\n", 0, 100);
    let mut row = Exchange::default();
    assert!(!stream.tell(&mut row));
    assert_eq!(detail(&row, "events"), "2");
    assert!(detail(&row, "latest_events").ends_with("message 1: 2"));
}

#[test]
fn codings_are_undone_while_it_lasts() {
    let text = b"data: hello\n\n".repeat(50);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&text).unwrap();
    gzip.flush().unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&text).unwrap();
    for (coding, bytes) in
        [(&b"gzip"[..], gzip.get_ref().clone()), (b"deflate", zlib.finish().unwrap())]
    {
        for piece in [1, 9, usize::MAX] {
            assert_eq!(detail(&told(&bytes, coding, piece), "events"), "50");
        }
    }
    let part = gzip.get_ref()[..gzip.get_ref().len() / 2].to_vec();
    let members = gzip.finish().unwrap();
    let members = [&members[..], &[0; 3], &members, &[0; 9]].concat();
    for piece in [1, 9, usize::MAX] {
        let row = told(&members, b"gzip", piece);
        assert_eq!((detail(&row, "events"), row.oddities.len()), ("100", 0), "several members");
    }
    let row = told(&[0xff; 30], b"deflate", 7);
    assert_eq!((row.oddities, row.detail[0].0), (vec![UNDECODABLE], "events_unread"));
    assert!(told(b"x", b"br, gzip", 7).detail[0].1.starts_with("its content coding"));
    let mut stream = EventStream::new(&coded(b"gzip"), None);
    // How much the text packs to is the library's affair.
    stream.data(&part, 0, 0);
    stream.lose();
    let mut row = Exchange::default();
    assert!(!stream.tell(&mut row) && detail(&row, "events_unread").starts_with("bytes were lost"));
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len() / 2).map(|at| &hex[2 * at..2 * at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}

/// Three events of `data: tick N of the clock`, flushed one after the other: by Node's brotli, and by
/// libzstd with a checksum. Each is told as soon as its last byte has come.
#[test]
fn events_of_brotli_and_zstd_are_told_when_they_come() {
    let brotli = "0b0d0000a441146274e6209274d29d079e8c2c1da24da0d85419d000004042a6940026aa2d03d0000\
                  04062a6805022006700";
    let zstd = "28b52ffd0438d80000646174613a207469636b2031206f662074686520636c6f636b0a0a4c0000083202\
                00a08b1b13084c00001064330200a0cb06ae010000b721cb89";
    for (coding, hex, ends) in [(&b"br"[..], brotli, [26, 38, 50]), (b"zstd", zstd, [36, 48, 60])] {
        let packed = bytes(hex);
        for piece in [1, 9, usize::MAX] {
            assert_eq!(detail(&told(&packed, coding, piece), "events"), "3");
        }
        let (mut stream, mut from) = (EventStream::new(&coded(coding), None), 0);
        for (n, end) in ends.into_iter().enumerate() {
            stream.data(&packed[from..end], n as i64 * 1_000_000, 100);
            from = end;
        }
        let mut row = Exchange::default();
        assert!(!stream.tell(&mut row));
        let want = "+0.000000 message 19: tick 1 of the clock\n\
                    +0.001000 message 19: tick 2 of the clock\n\
                    +0.002000 message 19: tick 3 of the clock";
        assert_eq!(detail(&row, "latest_events"), want);
        stream.lose();
        stream.data(&packed[from..], 0, 100);
        let mut row = Exchange::default();
        assert!(!stream.tell(&mut row));
        assert!(detail(&row, "events_unread").starts_with("bytes were lost"));
        assert_eq!(detail(&row, "events"), "3");
        // What is not of the coding, wherever it begins to be.
        let broken = (0..packed.len()).map(|at| {
            let mut broken = packed.clone();
            broken[at] ^= 0x5a;
            let [row, whole] = [1, usize::MAX].map(|piece| told(&broken, coding, piece));
            assert_eq!(row.oddities, whole.oddities, "byte {at}");
            row.oddities == [UNDECODABLE]
        });
        assert!(broken.filter(|is_noted| *is_noted).count() > 0);
    }
}

/// Blocks of zstd that repeat a byte; frames, one of them to be skipped, one after the other.
#[test]
fn frames_of_zstd_follow_each_other() {
    let skipped = [&0x184d_2a53u32.to_le_bytes()[..], &3u32.to_le_bytes(), b"abc"].concat();
    let raw = |text: &[u8], last: u32| {
        let head = (text.len() as u32) << 3 | last;
        [&head.to_le_bytes()[..3], text].concat()
    };
    let begin = bytes("28b52ffd0038");
    let repeated = [&((5u32 << 3) | 2).to_le_bytes()[..3], b"x"].concat();
    let packed = [
        &begin[..],
        &raw(b"data: ", 0),
        &repeated,
        &raw(b"\n\n", 1),
        &skipped,
        &begin,
        &raw(b"data: y\n\n", 0),
        &raw(b"", 1),
    ]
    .concat();
    for piece in [1, 3, usize::MAX] {
        let row = told(&packed, b"zstd", piece);
        assert_eq!(row.oddities.len(), 0);
        assert!(detail(&row, "latest_events").contains("message 5: xxxxx\n"), "{row:?}");
        assert_eq!(detail(&row, "events"), "2");
    }
}

/// Reaches `EVENT_BROTLI_WINDOW`, `EVENT_ZSTD`.
#[test]
fn decoders_hold_as_much_as_they_may() {
    // Of a window of 8 MiB.
    let large = bytes("0d0480646174613a20780a0a");
    assert_eq!(brotli::window(large[0]), EVENT_BROTLI_WINDOW + 1);
    let row = told(&large, b"br", 1);
    assert!(detail(&row, "events_unread").starts_with("the window") && row.oddities.is_empty());
    assert_eq!(detail(&row, "events"), "-");
    let mut stream = EventStream::new(&coded(b"zstd"), None);
    stream.data(&bytes("28b52ffd0038"), 0, 100);
    let text = [&b"data: "[..], &[b'x'; 100_000], b"\n\n"].concat();
    let block = [&((text.len() as u32) << 3).to_le_bytes()[..3], &text].concat();
    for _ in 0..EVENT_ZSTD / text.len() + 2 {
        stream.data(&block, 0, 100);
        assert!(stream.memory() < 2 * EVENT_ZSTD + 4 * text.len() + (1 << 20));
    }
    let mut row = Exchange::default();
    assert!(!stream.tell(&mut row), "it is as its coding says");
    assert_eq!(detail(&row, "events"), (EVENT_ZSTD / text.len() + 1).to_string());
    assert!(detail(&row, "events_unread").starts_with("more came of it"), "{row:?}");
    assert!(stream.memory() < 1 << 20, "the decoder is gone");
    // What comes to far more than its size.
    let bomb = [&bytes("28b52ffd0038")[..], &bytes("02001000").repeat(40)].concat();
    assert_eq!(told(&bomb, b"zstd", 64).oddities, [UNDECODABLE]);
}

/// What a bomb may come to counts each byte before it once, however many members these are.
#[test]
fn a_bomb_behind_many_members_of_gzip_is_given_up() {
    let packed = |text: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    };
    let members = packed(b"").repeat(1500);
    let bomb = packed(&vec![b'\n'; 16 << 20]);
    let row = told(&[&members[..], &bomb].concat(), b"gzip", usize::MAX);
    assert_eq!(row.oddities, [UNDECODABLE]);
    assert!(detail(&row, "events_unread").starts_with("it inflates to too much"));
}

/// Reaches `EVENT_GZIP_HEAD`.
#[test]
fn a_head_of_gzip_without_end_is_given_up() {
    let endless = [&b"\x1f\x8b\x08\x08"[..], &[b'n'; EVENT_GZIP_HEAD]].concat();
    assert_eq!(told(&endless, b"gzip", 100).oddities, [UNDECODABLE]);
}

/// Reaches `EVENT_LINE`, `EVENT_TEXT`, `EVENT_NAMES` and `EVENTS_SHOWN`.
#[test]
fn what_is_kept_is_bounded() {
    let mut stream = EventStream::new(&coded(b""), None);
    for n in 0..1000 {
        let name = "n".repeat(n % 40 + 1);
        let long = "d".repeat(4000 + n);
        stream.data(format!("event: {name}\nid: {long}\ndata: {long}\n\n").as_bytes(), 0, 1 << 20);
    }
    assert!(stream.memory() < 4 * EVENT_LINE * EVENTS_SHOWN, "{}", stream.memory());
    let mut row = Exchange::default();
    stream.tell(&mut row);
    let names = detail(&row, "events_by_name");
    assert!(names.ends_with(", 600 of other names"), "{names}");
    assert_eq!(names.split(", ").count(), EVENT_NAMES + 1);
    assert!(detail(&row, "latest_events").lines().last().unwrap().contains(" 4999: ddd"));
}

#[test]
fn it_is_told_while_it_lasts() {
    let settings = Settings { growing: true, ..Settings::default() };
    let growth = Growth::new(FIRST_NUMBER, &settings);
    let mut stream = EventStream::new(&coded(b""), growth);
    let mut told = Vec::new();
    for n in 0..5 {
        let now = n * 600_000_000;
        stream.data(b"data: x\n\n", now, 0);
        if stream.is_due(now) {
            let mut row = Exchange::default();
            stream.tell_open(&mut row, now);
            told.push((row.completeness.name(), detail(&row, "events").to_owned()));
        }
    }
    assert!(!stream.is_late(9_000_000_000));
    assert_eq!(told, ["1", "3", "5"].map(|count| ("open", count.to_owned())));
}

/// Plays a connection of HTTP/1 from its first byte; each act is 0.6 seconds after the one before.
fn connection(acts: &[Act], piece: usize, growing: bool) -> Vec<Exchange> {
    let (mut app, mut sink) = (App::default(), Collected::default());
    let settings = Settings { growing, ..Settings::default() };
    let (mut time, mut said) = (0, [0u64; 2]);
    for act in acts {
        time += 600_000_000;
        let (side, lost, bytes) = match act {
            Act::Says(side, bytes) => (*side, 0, &bytes[..]),
            Act::Loses(side, lost) => (*side, *lost, &[][..]),
        };
        let mut place = Place { offset: said[side.index()], received: said[side.peer().index()] };
        let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
        if lost > 0 {
            app.gap(side, lost, &mut cx);
        }
        for bytes in bytes.chunks(piece) {
            let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
            app.data(side, bytes, &mut cx);
            place.offset += bytes.len() as u64;
        }
        said[side.index()] += lost + bytes.len() as u64;
    }
    let place = Place::default();
    let mut cx = Context { time, place, settings: &settings, sink: &mut sink };
    app.close(Close::Finished, &mut cx);
    sink.0
}

const ASKS: &str = "GET /events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[test]
fn a_response_of_http_1_grows() {
    let acts = [
        says(C, ASKS),
        says(S, CHUNKED),
        says(S, chunk("data: one\n\nda")),
        says(S, chunk("ta: two\n\n")),
        says(S, chunk("data: three\n\n")),
        says(S, "0\r\n\r\n"),
        // The connection goes on, and with it another stream.
        says(C, ASKS.replace("events", "more")),
        says(S, [CHUNKED, &chunk("data: x\n\n"), "0\r\n\r\n"].concat()),
    ];
    for piece in [1, 3, usize::MAX] {
        let rows = connection(&acts, piece, false);
        let told = rows.iter().map(|row| (row.completeness.name(), detail(row, "events")));
        assert_eq!(told.collect::<Vec<_>>(), [("complete", "3"), ("complete", "1")]);
        assert!(rows.iter().all(|row| row.growing.is_none() && row.protocol == "http"));
    }
    let rows = connection(&acts, usize::MAX, true);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let growing = row.growing.expect("each");
            let number = growing.id - FIRST_NUMBER;
            (number, growing.again, row.completeness.name(), detail(row, "events"))
        })
        .collect();
    let want = [
        (1, false, "open", "0"),
        (1, true, "open", "2"),
        (1, true, "complete", "3"),
        (2, false, "open", "0"),
        (2, true, "complete", "1"),
    ];
    assert_eq!(told, want);
    let first = &rows[1];
    let response = first.response.as_ref().expect("one");
    assert_eq!((response.last_time, response.body.bytes), (None, Some(22)));
    assert_eq!(first.target.as_deref(), Some(&b"/events"[..]));
}

#[test]
fn a_loss_within_a_stream_of_http_1_is_marked() {
    let acts = [
        says(C, ASKS),
        says(S, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\ndata: 2"),
        Act::Loses(S, 40),
        says(S, "data: cut\n\ndata: whole\n\n"),
    ];
    let rows = connection(&acts, usize::MAX, true);
    let last = rows.last().expect("one");
    assert_eq!((last.completeness.name(), last.gap_bytes), ("gap", 40));
    assert_eq!(detail(last, "events"), "2");
    assert!(detail(last, "latest_events").ends_with("message 5: whole"));
}
