//! From the first byte of a connection to rows, through every change of protocol.

use super::*;
use crate::event::{Exchange, Summary};
use crate::limits::DETECTION_PIECES;
use crate::proto::dialogue::{self, Act, says};
use crate::proto::{Settings, Side::Client as C, Side::Server as S, Sink};

#[derive(Default)]
struct Seen {
    rows: Vec<(String, i64)>,
    parse_errors: usize,
    summary: String,
}

impl Sink for Seen {
    fn exchange(&mut self, e: &Exchange) {
        let text = |t: &Option<Vec<u8>>| {
            t.as_ref().map_or("-".into(), |t| String::from_utf8_lossy(t).into_owned())
        };
        let status = e.status.map_or("-".into(), |status| status.to_string());
        let (method, target) = (text(&e.method), text(&e.target));
        let time = e.request.as_ref().or(e.response.as_ref()).map_or(-1, |m| m.first_time);
        self.rows.push((format!("{method} {target} {status} {}", e.completeness.name()), time));
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn summary(&mut self, summary: &Summary) {
        self.summary = dialogue::facts(summary);
    }
}

/// Plays a connection in pieces of `step` bytes; each act begins at its index. Answers what was
/// seen and how many bytes were not understood.
fn play(acts: &[(Side, &str)], step: usize) -> (Seen, u64) {
    let (mut app, mut seen, settings) = (App::default(), Seen::default(), Settings::default());
    let (mut opaque, mut said) = (0, [0u64; 2]);
    for (i, (side, text)) in acts.iter().enumerate() {
        for bytes in text.as_bytes().chunks(step) {
            let place = Place { offset: said[side.index()], received: said[side.peer().index()] };
            said[side.index()] += bytes.len() as u64;
            let mut cx = Context { time: i as i64, place, settings: &settings, sink: &mut seen };
            opaque += app.data(*side, bytes, &mut cx);
        }
    }
    let mut cx = Context {
        time: acts.len() as i64,
        place: Place::default(),
        settings: &settings,
        sink: &mut seen,
    };
    opaque += app.close(Close::Finished, &mut cx);
    (seen, opaque)
}

/// The rows, their times and the opaque bytes, however the bytes are cut.
fn observe(acts: &[(Side, &str)]) -> (Vec<(String, i64)>, u64) {
    let (whole, opaque) = play(acts, usize::MAX);
    for step in [1, 2, 3, 5, 8, 13, 40] {
        let (seen, in_pieces) = play(acts, step);
        assert_eq!((seen.rows, in_pieces), (whole.rows.clone(), opaque), "in pieces of {step}");
        assert_eq!(seen.parse_errors, whole.parse_errors, "in pieces of {step}");
    }
    (whole.rows, opaque)
}

fn rows(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|&(row, time)| (row.to_owned(), time)).collect()
}

/// A byte of which DNS could be made is held, and given up when what follows is something else: a
/// keep-alive before the first request is such a byte.
#[test]
fn what_is_held_for_one_protocol_does_not_hide_another() {
    for before in ["\0", "\0\x21"] {
        let (seen, opaque) = play(&[(C, before), (C, INNER), (S, ANSWER)], usize::MAX);
        assert_eq!(seen.rows, rows(&[("GET /inner 404 complete", 1)]));
        assert_eq!(opaque, before.len() as u64);
    }
}

/// In front of whatever is said, in one segment with it or apart.
#[test]
fn a_header_of_a_proxy_hides_no_protocol() {
    let binary = "\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x10\0\x01\x01";
    for header in ["PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", "PROXY UNKNOWN\r\n", binary] {
        let together = [header, INNER].concat();
        let (seen, opaque) = observe(&[(C, &together), (S, ANSWER)]);
        assert_eq!((seen, opaque), (rows(&[("GET /inner 404 complete", 0)]), 0));
        let (seen, opaque) = observe(&[(C, header), (C, INNER), (S, ANSWER)]);
        assert_eq!((seen, opaque), (rows(&[("GET /inner 404 complete", 1)]), 0));
        let redis = "*1\r\n$4\r\nPING\r\n";
        let (seen, opaque) = observe(&[(C, header), (C, redis), (S, "+PONG\r\n")]);
        assert_eq!((seen, opaque), (rows(&[("PING - - complete", 1)]), 0));
        assert_eq!(side_of(header.as_bytes()), Some(C));
    }
    let (seen, opaque) = observe(&[(C, "PROXY / HTTP/1.1\r\nHost: a\r\n\r\n"), (S, ANSWER)]);
    assert_eq!((seen, opaque), (rows(&[("PROXY / 404 complete", 0)]), 0), "a method");
}

const CONNECT: &str = "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n";
const INNER: &str = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";
const OPENED: &str = "HTTP/1.1 200 OK\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";

#[test]
fn http_within_a_tunnel_is_seen() {
    let want = rows(&[("CONNECT a:80 200 complete", 0), ("GET /inner 404 complete", 2)]);
    assert_eq!(observe(&[(C, CONNECT), (S, OPENED), (C, INNER), (S, ANSWER)]), (want, 0));
}

#[test]
fn http_within_a_tunnel_is_seen_in_the_same_segments() {
    let (ask, answer) = (format!("{CONNECT}{INNER}"), format!("{OPENED}{ANSWER}"));
    let (got, opaque) = observe(&[(C, CONNECT), (C, INNER), (S, &answer)]);
    let want = rows(&[("CONNECT a:80 200 complete", 0), ("GET /inner 404 complete", 1)]);
    assert_eq!((got, opaque), (want, 0));
    let (got, opaque) = observe(&[(C, &ask), (S, &answer)]);
    let want = rows(&[("CONNECT a:80 200 complete", 0), ("GET /inner 404 complete", 0)]);
    assert_eq!((got, opaque), (want, 0));
}

#[test]
fn tunnels_within_tunnels_end() {
    let (ask, answer) = (CONNECT.repeat(500), OPENED.repeat(500));
    let (got, opaque) = observe(&[(C, &ask), (S, &answer)]);
    assert_eq!((got.len(), opaque), (500, 0));
    assert!(got.iter().all(|row| row.0 == "CONNECT a:80 200 complete"));
}

#[test]
fn a_refused_tunnel_leaves_what_followed_to_http() {
    let (ask, refused) =
        (format!("{CONNECT}{INNER}"), "HTTP/1.1 407 No\r\nContent-Length: 1\r\n\r\nx");
    let answers = format!("{refused}{ANSWER}");
    let want = rows(&[("CONNECT a:80 407 complete", 0), ("GET /inner 404 complete", 0)]);
    assert_eq!(observe(&[(C, &ask), (S, &answers)]), (want, 0));
    let want = rows(&[("CONNECT a:80 - request_only", 0), ("GET /inner - request_only", 1)]);
    assert_eq!(observe(&[(C, CONNECT), (C, INNER)]), (want, 0));
}

#[test]
fn bytes_after_an_upgrade_are_counted() {
    let ask = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\u{1}\u{2}\u{3}";
    let (got, opaque) = observe(&[(C, ask), (C, "\u{4}\u{5}"), (S, answer), (C, "\u{6}")]);
    assert_eq!((got, opaque), (rows(&[("GET /chat 101 complete", 0)]), 6));
}

/// Redis typed by a person, and what only an answer can tell.
#[test]
fn protocols_are_known_by_either_side_on_any_port() {
    let dialogues = [
        (["PING\r\n", "+PONG\r\n"], "PING - - complete"),
        (["*1\r\n$4\r\nPING\r\n", "+PONG\r\n"], "PING - - complete"),
        (["get key\r\n", "END\r\n"], "get key - complete"),
        (["version\r\n", "VERSION 1.6.18\r\n"], "version - - complete"),
        (
            ["Q\0\0\0\x0dSELECT 1\0", "C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I"],
            "SELECT SELECT ? - complete",
        ),
    ];
    for ([ask, answer], want) in dialogues {
        assert_eq!(observe(&[(C, ask), (S, answer)]), (rows(&[(want, 0)]), 0), "{ask:?}");
    }
}

/// zeek/http__connect-with-smtp: the head of the request never ends.
#[test]
fn a_tunnel_opened_before_the_head_was_whole() {
    let ask = "CONNECT mail:25 / HTTP/1.0\r\nMozilla 4.0 (compatible)\r";
    let (got, opaque) = observe(&[(C, ask), (S, OPENED), (S, "220 mail\r\n"), (C, "HELO\r\n")]);
    assert_eq!((got, opaque), (rows(&[("CONNECT mail:25 / 200 complete", 0)]), 16));
}

/// zeek/http__methods and its like: the first line alone would not be taken for HTTP.
#[test]
fn malformed_first_requests_are_told_by_the_answer() {
    let cases = [
        ("GET HTTP/1.1", "GET -"),
        ("GET /HTTP/1.1", "GET /HTTP/1.1"),
        ("GET / HTTP/1.", "GET /"),
        ("GET/ HTTP/1.1", "GET /"),
        ("FROB / HTTP/1.", "FROB /"),
        ("OPTIONS", "OPTIONS -"),
        ("OPTIONSHTTP/1.1", "OPTIONS -"),
        ("GET /x", "GET /x"),
        ("GET\t/x\tHTTP/1.0 ", "GET /x"),
    ];
    for (line, want) in cases {
        for rest in ["\n", "\r\n", "\r\nHost: a\r\n\r\n", "\nHost: a\n\n"] {
            let ask = format!("{line}{rest}");
            let want = rows(&[(&format!("{want} 404 complete"), 0)]);
            assert_eq!(observe(&[(C, &ask), (S, ANSWER)]), (want, 0), "{ask:?}");
        }
    }
}

#[test]
fn lines_that_http_does_not_answer_are_no_requests() {
    let (got, opaque) = observe(&[(C, "OPTIONS\r\n"), (S, "+OK\r\n")]);
    assert_eq!((got, opaque), (vec![], 14));
    for ask in ["GET key\r\n", "GET /zeek.html\n"] {
        let (seen, _) = play(&[(C, ask), (S, "<html>\n")], usize::MAX);
        assert_eq!(seen.rows, []);
        let (seen, _) = play(&[(C, ask), (S, "<html>\n")], 1);
        assert_eq!(seen.rows, [], "taken for HTTP on its first letters, and not confirmed");
    }
}

/// What is held until a protocol is found is told in the order in which it came, with its times:
/// `version` alone could be said in other protocols, and what follows is sure.
#[test]
fn what_was_held_is_told_in_its_order() {
    let acts = [(C, "version\r\n"), (S, "VER"), (C, "get key\r\n"), (S, "SION 1.6\r\nEND\r\n")];
    let want = rows(&[("version - - complete", 0), ("get key - complete", 2)]);
    assert_eq!(observe(&acts), (want, 0));
}

/// packetbeat/memcache__memcache_text_tcp_delete from its seventh packet on: what no protocol was
/// found in may have been the answer to what is held, so the next answer is not.
#[test]
fn what_was_given_up_may_have_been_an_answer() {
    let acts = [(C, "delete key\r\n"), (S, "DELETED\r\n"), (C, "get key\r\n"), (S, "END\r\n")];
    let (seen, opaque) = play(&acts, usize::MAX);
    assert_eq!(seen.rows, rows(&[("delete key - gap", 0), ("get key - complete", 2)]));
    assert_eq!(opaque, 9);
}

/// Plays a connection of which not all was captured; each act begins at its index.
fn play_lossy(acts: &[Act]) -> Seen {
    let (mut app, mut seen, settings) = (App::default(), Seen::default(), Settings::default());
    let mut said = [0u64; 2];
    for (act, time) in acts.iter().zip(0..) {
        let (Act::Says(side, _) | Act::Loses(side, _)) = act;
        let place = Place { offset: said[side.index()], received: said[side.peer().index()] };
        let mut cx = Context { time, place, settings: &settings, sink: &mut seen };
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
    let (time, place) = (acts.len() as i64, Place::default());
    let mut cx = Context { time, place, settings: &settings, sink: &mut seen };
    app.close(Close::Finished, &mut cx);
    seen
}

/// The greeting is lost while a line is held that turns out to be of nothing.
#[test]
fn what_was_lost_beside_what_is_given_up_is_told() {
    let summary = |between| {
        let acts = [says(C, "version\r\n"), between, says(C, "EHLO x\r\n"), says(S, "250 ok\r\n")];
        play_lossy(&acts).summary
    };
    let lossy = summary(Act::Loses(S, 100));
    assert!(lossy.contains("protocol=smtp") && lossy.contains("incomplete"), "{lossy}");
    let whole = summary(says(S, "<html>\r\n"));
    assert!(whole.contains("protocol=smtp") && !whole.contains("incomplete"), "{whole}");
}

/// Reaches `DETECTION_PIECES`: the answer that decides is the second, and not to the first command.
#[test]
fn a_loss_beside_as_many_pieces_as_are_held_is_told() {
    let mut acts = vec![says(C, "version\r\n"); DETECTION_PIECES];
    acts.extend([Act::Loses(S, 16), says(S, "VERSION 1.6.18\r\n")]);
    let seen = play_lossy(&acts);
    let complete: Vec<_> = seen.rows.iter().filter(|row| row.0.ends_with(" complete")).collect();
    assert_eq!((seen.rows.len(), complete.len()), (DETECTION_PIECES, 0), "{:?}", seen.rows);
}
