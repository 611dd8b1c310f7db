//! Loss: whatever bytes are missing, what is reported is true.

use super::dialogue::GET;
use super::*;
use crate::event::Completeness;
use proptest::prelude::*;

/// A dialogue of which every exchange is known, told apart by target and body.
struct Known {
    acts: Vec<Act>,
    truth: Vec<Exchange>,
}

impl Known {
    fn new(acts: Vec<Act>) -> Self {
        let whole = observe(&acts, Close::CaptureEnd);
        assert!(
            whole.exchanges.iter().all(|e| e.completeness == Completeness::Complete),
            "{:?}",
            briefs(&whole)
        );
        Self { truth: timeless(&whole), acts }
    }

    /// Requests in one go, then responses.
    fn pipelined() -> Self {
        Self::new(vec![
            says(
                C,
                "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nreq-1HEAD /2 HTTP/1.1\r\nHost: b\r\n\r\nPOST /3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: c\r\n\r\n5\r\nreq-3\r\n0\r\n\r\nGET /4 HTTP/1.1\r\nHost: d\r\n\r\n",
            ),
            says(
                S,
                "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nres-1HTTP/1.1 202 Accepted\r\nContent-Length: 77\r\n\r\nHTTP/1.1 203 Non-Authoritative Information\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nres-3\r\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nres-4",
            ),
        ])
    }

    /// Each request after the response to the last.
    fn lockstep() -> Self {
        let turn = |n: u32| {
            [
                says(
                    C,
                    format!("POST /{n} HTTP/1.1\r\nHost: h{n}\r\nContent-Length: 5\r\n\r\nreq-{n}"),
                ),
                says(
                    S,
                    format!(
                        "HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nres-{n}\r\n0\r\n\r\n",
                        200 + n
                    ),
                ),
            ]
        };
        Self::new((1..=6).flat_map(turn).collect())
    }

    /// Both kinds, and an interim response.
    fn mixed() -> Self {
        Self::new(vec![
            says(C, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nres-1"),
            says(
                C,
                "POST /3 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            ),
            says(S, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
            says(C, "req-3"),
            says(S, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nres-3"),
            says(C, "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n"),
            says(S, "HTTP/1.1 304 Not Modified\r\n\r\n"),
        ])
    }

    /// Length of what `side` says in all.
    fn len(&self, side: Side) -> usize {
        self.acts
            .iter()
            .map(|a| {
                if let Act::Data(s, b) = a
                    && *s == side
                {
                    b.len()
                } else {
                    0
                }
            })
            .sum()
    }

    /// The dialogue without the bytes `from..to` of one side.
    fn without(&self, side: Side, from: usize, to: usize) -> Vec<Act> {
        let (mut out, mut at) = (Vec::new(), 0);
        for act in &self.acts {
            match act {
                Act::Data(s, bytes) if *s == side => {
                    let end = at + bytes.len();
                    let (a, b) = (from.clamp(at, end) - at, to.clamp(at, end) - at);
                    let parts = [(0..a, true), (a..b, false), (b..bytes.len(), true)];
                    for (range, seen) in parts.into_iter().filter(|(r, _)| !r.is_empty()) {
                        out.push(if seen {
                            says(side, &bytes[range])
                        } else {
                            Act::Gap(side, range.len() as u64)
                        });
                    }
                    at = end;
                }
                other => out.push(other.clone()),
            }
        }
        out
    }
}

fn text(bytes: &Option<Vec<u8>>) -> &[u8] {
    bytes.as_deref().unwrap_or_default()
}

/// Nothing in `got` may contradict the truth: it is one of its exchanges, or a part of one that
/// says it is a part.
fn check(got: &Exchange, truth: &[Exchange], context: &dyn Fn() -> String) {
    if got.completeness == Completeness::Complete {
        assert!(truth.contains(got), "{}: {} is not exact", context(), brief(got));
        return;
    }
    // An informational response of which the final one was lost stands alone.
    if got.status == Some(100)
        && got.request.is_none()
        && truth.iter().any(|t| t.detail.iter().any(|d| d.1 == "100"))
    {
        return;
    }
    let body_fits = |got: &Option<crate::event::Message>, want: &Option<crate::event::Message>| {
        let (Some(got), Some(want)) = (got, want) else { return got.is_none() };
        let kept = text(&got.body.kept);
        let whole = !got.body.truncated;
        let known = got.headers.iter().all(|h| want.headers.iter().any(|w| w == h));
        known
            && text(&want.body.kept).starts_with(kept)
            && (!whole || kept == text(&want.body.kept))
            && got.body.bytes.is_none_or(|n| n <= want.body.bytes.unwrap_or(0))
    };
    let fits = |want: &Exchange| {
        (got.method.is_none() || got.method == want.method)
            && (got.target.is_none() || got.target == want.target)
            && (got.host.is_none() || got.host == want.host)
            && (got.status.is_none() || got.status == want.status)
            && body_fits(&got.request, &want.request)
            && body_fits(&got.response, &want.response)
    };
    assert!(truth.iter().any(fits), "{}: {} is not part of any truth", context(), brief(got));
}

fn check_all(known: &Known, acts: &[Act], context: &dyn Fn() -> String) -> Vec<Exchange> {
    let got = timeless(&play(acts, Close::CaptureEnd, &Settings::default()));
    got.iter().for_each(|e| check(e, &known.truth, context));
    let statuses: Vec<_> = got.iter().filter_map(|e| e.status).collect();
    let mut unique = statuses.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), statuses.len(), "{}: a response was reported twice", context());
    got
}

/// Leaves out every range of bytes in turn.
fn every_loss(known: &Known, mut also: impl FnMut(Side, usize, usize, &[Exchange])) {
    for side in [C, S] {
        let len = known.len(side);
        for from in 0..len {
            for to in from + 1..=len {
                let context = || format!("without {side:?} {from}..{to}");
                let acts = known.without(side, from, to);
                let got = check_all(known, &acts, &context);
                also(side, from, to, &got);
            }
        }
    }
}

#[test]
fn every_loss_in_a_pipelined_dialogue_is_reported_truly() {
    let known = Known::pipelined();
    // Where each exchange's message ends, for each side.
    every_loss(&known, |_, from, to, got| {
        let touched = known.truth.iter().filter(|t| !got.contains(t)).count();
        assert!(touched > 0, "{from}..{to}: a loss left no trace");
    });
}

#[test]
fn every_loss_in_a_mixed_dialogue_is_reported_truly() {
    every_loss(&Known::mixed(), |_, _, _, _| {});
}

#[test]
fn a_loss_in_lockstep_costs_little() {
    let known = Known::lockstep();
    let turn = [known.len(C) / 6, known.len(S) / 6];
    every_loss(&known, |side, from, to, got| {
        // Without a turn seen before the loss, three must be seen after it.
        let size = turn[side.index()];
        let (first, last) = (from / size, (to - 1) / size);
        let exact = |n: usize| got.contains(&known.truth[n]);
        assert!((0..first).all(exact), "{side:?} {from}..{to}: exchanges before the loss");
        let back = if first >= 2 { last + 1 } else { last + 4 };
        assert!(
            (back..6).all(exact),
            "{side:?} {from}..{to}: exchanges after the loss: {:?}",
            got.iter().map(brief).collect::<Vec<_>>()
        );
    });
}

#[test]
fn a_loss_within_a_body_is_exact() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let next = [says(C, get), says(S, "HTTP/1.1 204 No Content\r\n\r\n")];
    let cases = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "hi"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "hi\r\n0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabc", "\r\n0\r\n\r\n"),
    ];
    for (before, after) in cases {
        let mut acts = vec![says(C, get), says(S, before), Act::Gap(S, 4)];
        if !after.is_empty() {
            acts.push(says(S, after));
        }
        acts.extend(next.clone());
        let got = observe(&acts, Close::Finished);
        let size = if after.starts_with("hi") { 9 } else { 7 };
        assert_eq!(
            briefs(&got),
            [format!("GET / [0] 200 [{size}:abc~] gap"), "GET / [0] 204 [0] complete".into()]
        );
        assert_eq!(got.exchanges[0].gap_bytes, 4);
        assert!(got.exchanges[0].oddities.is_empty());
    }
}

#[test]
fn a_loss_at_a_boundary_marks_the_answer_that_was_due() {
    let get = |n| says(C, format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let ok = |n: i32| says(S, format!("HTTP/1.1 {n} OK\r\nContent-Length: 0\r\n\r\n"));
    let got = observe(
        &[get(1), ok(201), get(2), ok(202), get(3), Act::Gap(S, 38), get(4), ok(204)],
        Close::Finished,
    );
    assert_eq!(
        briefs(&got),
        [
            "GET /1 [0] 201 [0] complete",
            "GET /2 [0] 202 [0] complete",
            "GET /3 [0] - [-] gap",
            "GET /4 [0] 204 [0] complete"
        ]
    );
    assert_eq!(got.exchanges[2].gap_bytes, 38);
}

#[test]
fn a_lost_request_costs_one_pair() {
    let get = |n| says(C, format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let ok = |n: i32| says(S, format!("HTTP/1.1 {n} OK\r\nContent-Length: 0\r\n\r\n"));
    // The loss is known when the server answers, save for its last byte, which may be a FIN.
    let acts = [
        get(1),
        ok(201),
        get(2),
        ok(202),
        Act::Gap(C, 26),
        ok(203),
        Act::Gap(C, 1),
        get(4),
        ok(204),
    ];
    let got = observe(&acts, Close::Finished);
    assert_eq!(
        briefs(&got),
        [
            "GET /1 [0] 201 [0] complete",
            "GET /2 [0] 202 [0] complete",
            "- - [-] 203 [0] response_only",
            "GET /4 [0] 204 [0] complete"
        ]
    );
    assert!(got.exchanges[2].oddities.is_empty(), "whose answer it is was lost, and is certain");
}

#[test]
fn a_pipelining_client_stays_uncertain_after_a_loss() {
    let get = |n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n");
    let ok = |n: i32| says(S, format!("HTTP/1.1 {n} OK\r\nContent-Length: 0\r\n\r\n"));
    let acts = [
        says(C, get(1) + &get(2)),
        Act::Gap(C, 27),
        says(C, get(4)),
        ok(201),
        ok(202),
        ok(203),
        ok(204),
    ];
    let got = observe(&acts, Close::Finished);
    assert_eq!(
        briefs(&got),
        [
            "GET /1 [0] 201 [0] complete",
            "GET /2 [0] 202 [0] complete",
            "- - [-] 203 [0] response_only",
            "- - [-] 204 [0] response_only",
            "GET /4 [0] - [-] request_only"
        ]
    );
}

#[test]
fn responses_lost_while_all_requests_are_known_are_counted_back() {
    let get = |n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n");
    let ok = |n: i32| says(S, format!("HTTP/1.1 {n} OK\r\nContent-Length: 0\r\n\r\n"));
    let two = |a: i32, b: i32| says(C, get(a) + &get(b));
    // The second pair's answers are both seen, one in doubt: all that waited is answered.
    let acts = [two(1, 2), Act::Gap(S, 10), ok(202), ok(201), two(3, 4), ok(203), ok(204)];
    let got = observe(&acts, Close::Finished);
    assert_eq!(briefs(&got)[4..], ["GET /3 [0] 203 [0] complete", "GET /4 [0] 204 [0] complete"]);
    assert!(got.exchanges[..4].iter().all(|e| e.completeness != Completeness::Complete));
}

/// A line that stops looking like a request in the last byte before a change of turns.
#[test]
fn what_is_held_while_looking_is_judged_with_its_last_byte() {
    let acts = [
        says(C, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nnoise\r\nL\0"),
        says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        says(C, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    let got = observe(&acts, Close::CaptureEnd);
    assert_eq!(got.exchanges.last().and_then(|e| e.target.as_deref()), Some(&b"/2"[..]));
}

#[test]
fn too_many_waiting_requests_are_let_go() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(crate::limits::HTTP_PIPELINE + 3);
    let got = observe(
        &[says(C, request), says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
        Close::Finished,
    );
    let overflown =
        got.exchanges.iter().filter(|e| e.oddities.contains(&"pipeline_overflow")).count();
    assert_eq!(overflown, 3);
    assert!(
        got.exchanges.iter().all(|e| e.completeness != Completeness::Complete),
        "which one was answered is unknown"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two losses, any pieces: still nothing but the truth.
    #[test]
    fn two_losses_are_reported_truly(
        which in 0..3usize,
        cuts in prop::array::uniform4(0.0..1.0f64),
        sides in prop::array::uniform2(any::<bool>()),
    ) {
        let known = [Known::lockstep, Known::pipelined, Known::mixed][which]();
        let side = |b: bool| if b { C } else { S };
        let range = |side: Side, a: f64, b: f64| {
            let len = known.len(side) as f64;
            let (a, b) = ((a.min(b) * len) as usize, (a.max(b) * len) as usize);
            (a, b.max(a + 1))
        };
        let (first, second) = (side(sides[0]), side(!sides[0]));
        let (a, b) = range(first, cuts[0], cuts[1]);
        let (c, d) = range(second, cuts[2], cuts[3]);
        let once = Known { acts: known.without(first, a, b), truth: known.truth.clone() };
        let acts = once.without(second, c, d);
        check_all(&known, &acts, &|| format!("{first:?} {a}..{b} and {second:?} {c}..{d}"));
    }
}

/// Found by fuzzing: a line that was taken for a start line while one was looked for, and was none
/// when its head was read, was read again for ever, until the stack was full.
#[test]
fn a_start_line_that_is_none_is_not_read_twice() {
    let lines: [&[u8]; 5] = [
        b"HTTP/1.0 100\r\r\r\n",
        b"HTTP/1.1 200 OK\r\r\n",
        b"HTTP/1.1 200\x0c\r\n",
        b"HTTP/1.1 200\x0b \n",
        b"HTTP/1.1 200 OK\0\r\n",
    ];
    for line in lines {
        let said = [b"no message\n", line, b"X: y\r\n\r\n", line].concat();
        let got = observe(&[says(C, GET), says(S, &said), says(S, line)], Close::CaptureEnd);
        let asked = got.exchanges.iter().filter(|e| e.target.is_some()).count();
        assert_eq!(asked, 1, "{}: {:?}", line.escape_ascii(), briefs(&got));
    }
}

#[test]
fn a_request_line_that_is_none_is_not_read_twice() {
    for line in ["GET /a HTTP/1.1\r\r\n", "GET /a HTTP/1.1 \x0b\n", "GET /a\0b HTTP/1.1\r\n"] {
        let said = format!("no message\n{line}Host: a\r\n\r\n{GET}");
        let got = observe(&[says(C, GET), says(C, said)], Close::CaptureEnd);
        let last = got.exchanges.last().expect("the first request at least");
        assert_eq!(last.target.as_deref(), Some(b"/".as_slice()), "{}", line.escape_debug());
    }
}

/// Found by fuzzing: what the client received while it asked was called lost, though it was captured.
#[test]
fn a_garbled_interim_response_is_no_loss() {
    let turn =
        |n: u32| [says(C, GET), says(S, format!("HTTP/1.1 20{n} X\r\nContent-Length: 0\r\n\r\n"))];
    let mut acts: Vec<Act> = (0..3).flat_map(turn).collect();
    acts.extend([
        says(C, "POST /w HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
        says(S, "HTTP/1.1 1\x000 Continue\r\n\r\n"),
        says(C, "body"),
    ]);
    acts.extend([says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), says(C, GET)]);
    let got = observe(&acts, Close::CaptureEnd);
    let row = got.exchanges.iter().find(|e| e.target.as_deref() == Some(b"/w")).expect("its row");
    assert_eq!(
        (row.gap_bytes, row.completeness),
        (0, Completeness::Complete),
        "{:?}",
        briefs(&got)
    );
    assert_eq!(row.status, Some(200));
}

/// Found by fuzzing: bytes of an answer that were lost while its request came counted twice.
#[test]
fn what_is_lost_of_an_answer_counts_once() {
    let mut acts = vec![says(C, "GET / HTTP/1.1\r\nHo")];
    acts.extend([Act::Gap(S, 40), Act::Gap(S, 60), says(C, "st: a\r\n\r\n")]);
    acts.push(says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let turn = [says(C, GET), says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")];
    acts.extend(turn.iter().cloned().chain(turn.iter().cloned()));
    let got = observe(&acts, Close::CaptureEnd);
    let lost: u64 = got.exchanges.iter().map(|e| e.gap_bytes).sum();
    assert!(lost <= 100, "{lost}: {:?}", briefs(&got));
    assert_eq!(got.exchanges[0].status, Some(200), "{:?}", briefs(&got));
}

/// A success without a length may have answered a CONNECT that was not seen: what follows is no content,
/// however the connection ends.
#[test]
fn what_may_be_a_tunnel_is_no_content() {
    let acts = [
        Act::Gap(C, 80),
        says(S, "HTTP/1.1 200 Connection established\r\n\r\n"),
        says(C, "\x16\x03\x01\x02\0\x01"),
        says(S, "\x16\x03\x03\0\x7a\x02"),
    ];
    for close in [Close::Finished, Close::Reset(S), Close::Timeout, Close::CaptureEnd] {
        let got = observe(&acts, close);
        let response = got.exchanges.iter().find_map(|e| e.response.as_ref()).expect("a response");
        assert_eq!(response.body.bytes, None, "{close:?}: {:?}", briefs(&got));
    }
}
