//! Anything at all, in any order: no panic, no growth, no difference between ways to cut.

use super::*;
use crate::limits::{HTTP_HEAD, HTTP_PIPELINE};
use proptest::prelude::*;

/// Pieces that dialogues are made of, some of them broken.
const PIECES: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "HEAD /h HTTP/1.0\r\n",
    "POST /p HTTP/1.1\r\n",
    "CONNECT a:1 HTTP/1.1\r\n",
    "CONNECT a:1 HTTP/1.1\r\n\r\n",
    "GET /old\r\n",
    "GET HTTP/1.1\r\n",
    "GET/ HTTP/1.",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.0 304 Not Modified\r\n",
    "HTTP/1.1 99",
    "Content-Length: 3\r\n",
    "Content-Length: 3, 4\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Content-Encoding: gzip\r\n",
    "Content-Encoding: br, zstd\r\n",
    "Upgrade: x\r\n",
    "Host: b\r\n",
    " folded\r\n",
    "no colon\r\n",
    "X : y\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "3\r\nabc\r\n",
    "ffffffffffffffff\r\n",
    "0\r\n\r\n",
    "0\r\nT: u\r\n\r\n",
    "abc",
    "\0",
    "\u{1f}\u{8b}\u{8}",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 1..20);
    prop::collection::vec(prop_oneof![9 => piece, 1 => noise], 1..8).prop_map(|v| v.concat())
}

fn act() -> impl Strategy<Value = Act> {
    let side = prop_oneof![Just(C), Just(S)];
    (side, 0..20u8, bytes(), any::<u64>(), 0..40u64).prop_map(|(side, kind, bytes, huge, small)| {
        match kind {
            0 => Act::Gap(side, huge.max(1)),
            1..3 => Act::Gap(side, small.max(1)),
            3 => Act::End(side),
            _ => Act::Data(side, bytes),
        }
    })
}

fn close() -> impl Strategy<Value = Close> {
    prop::sample::select(vec![
        Close::Finished,
        Close::Reset(C),
        Close::Reset(S),
        Close::Timeout,
        Close::Evicted,
        Close::CaptureEnd,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the bytes are cut, the exchanges are the same; each is consistent in itself.
    #[test]
    fn cutting_does_not_matter(
        acts in prop::collection::vec(act(), 1..12),
        close in close(),
        cuts in prop::collection::vec(1..9usize, 1..50),
        body_limit in prop::sample::select(vec![0, 2, 1000]),
        headers in any::<bool>(),
    ) {
        let settings = Settings { body_limit, headers, ..Settings::default() };
        let whole = play(&acts, close, &settings);
        let mut next = cuts.iter().copied().cycle();
        let pieces = play(&split(&acts, || next.next().unwrap()), close, &settings);
        prop_assert_eq!(timeless(&whole), timeless(&pieces));
        prop_assert_eq!(whole.parse_errors, pieces.parse_errors);
        prop_assert_eq!(whole.switched, pieces.switched);
        for e in &whole.exchanges {
            prop_assert!(e.request.is_some() || e.response.is_some());
            prop_assert!(e.status.is_none() || e.response.is_some());
            prop_assert!(e.method.is_none() == e.request.is_none());
            for m in [&e.request, &e.response].into_iter().flatten() {
                prop_assert!(m.body.kept.as_ref().is_none_or(|k| !k.is_empty() && k.len() <= body_limit || m.body.truncated));
                prop_assert!(headers || m.headers.is_empty());
            }
        }
    }

    /// The same with both sides cut into single bytes.
    #[test]
    fn byte_by_byte_is_no_different(acts in prop::collection::vec(act(), 1..6), close in close()) {
        let whole = play(&acts, close, &Settings::default());
        let bytes = play(&split(&acts, || 1), close, &Settings::default());
        prop_assert_eq!(timeless(&whole), timeless(&bytes));
    }
}

/// Feeds one side without end and answers the most memory held.
fn most_memory(side: Side, first: &[u8], piece: &[u8], rounds: usize) -> usize {
    let (mut parser, mut sink, settings) =
        (Http1::default(), Collected::default(), Settings::default());
    let mut most = 0;
    for i in 0..rounds {
        let bytes = if i == 0 { first } else { piece };
        let mut cx =
            Context { time: 0, place: Place::default(), settings: &settings, sink: &mut sink };
        if parser.data(side, bytes, &mut cx) != Verdict::Continue {
            break;
        }
        most = most.max(parser.memory());
    }
    most
}

#[test]
fn nothing_grows_without_bound() {
    let cases: [(Side, &[u8], &[u8]); 7] = [
        (C, b"GET / HTTP/1.1\r\n", b"X-Header: value value value\r\n"),
        (C, b"GET /", &[b'a'; 1000]),
        (S, b"HTTP/1.1 200 OK\r\n", b"\r:::::\n"),
        (S, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", &[b'e'; 1000]),
        (S, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: x\r\n"),
        (S, b"HTTP/1.1 200 OK\r\n\r\n", &[b'b'; 1000]),
        (S, b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ];
    for (side, first, piece) in cases {
        let most = most_memory(side, first, piece, 20_000);
        assert!(most < 6 * HTTP_HEAD, "{most} bytes for {}", String::from_utf8_lossy(first));
    }
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert!(most_memory(C, request, request, 5_000) < HTTP_PIPELINE * 4096);
}

#[test]
fn an_idle_connection_is_small() {
    let (mut parser, mut sink, settings) =
        (Http1::default(), Collected::default(), Settings::default());
    let mut cx = Context { time: 0, place: Place::default(), settings: &settings, sink: &mut sink };
    parser.data(C, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut cx);
    parser.data(S, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &mut cx);
    assert!(parser.memory() <= 512, "{}", parser.memory());
}

#[test]
fn a_head_without_end_is_cut_and_reported() {
    let long = format!("GET /long HTTP/1.1\r\nHost: a\r\nX: {}", "y".repeat(2 * HTTP_HEAD));
    let got = observe(
        &[
            says(C, long),
            says(S, "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n"),
        ],
        Close::Finished,
    );
    assert_eq!(briefs(&got), ["GET /long [?~] 431 [0] complete"]);
    assert_eq!(got.exchanges[0].oddities, ["head_too_large"]);
    assert_eq!(got.parse_errors, 1);
}
