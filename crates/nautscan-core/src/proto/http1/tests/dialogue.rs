//! Ordinary and odd conversations without loss.

use super::*;
use crate::limits::HTTP_PIPELINE;

pub(super) const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// One request and what the server says to it, which it may end by closing.
fn answer(request: &str, response: &[u8], end: bool) -> Collected {
    let mut acts = vec![says(C, request), says(S, response)];
    if end {
        acts.push(Act::End(S));
    }
    observe(&acts, Close::Finished)
}

#[test]
fn a_request_and_its_response() {
    let got = observe(
        &[
            says(
                C,
                "GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nTraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
            ),
            says(
                S,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello",
            ),
        ],
        Close::Finished,
    );
    assert_eq!(briefs(&got), ["GET /a?b=c [0] 200 [5:hello] complete"]);
    let e = &got.exchanges[0];
    assert_eq!((e.protocol, e.version, e.error), ("http", Some("1.1"), None));
    assert_eq!(e.host.as_deref(), Some(b"shop.example".as_slice()));
    assert_eq!(e.trace_id.as_ref(), Some(b"0af7651916cd43dd8448eb211c80319c"));
    assert!(e.oddities.is_empty() && e.detail.is_empty() && e.gap_bytes == 0);
    let (request, response) = (e.request.as_ref().unwrap(), e.response.as_ref().unwrap());
    assert_eq!((request.first_time, request.last_time), (1000, Some(1000)));
    assert_eq!((response.first_time, response.last_time), (2000, Some(2000)));
    assert_eq!(request.headers.len(), 2);
    assert_eq!(response.headers.get(b"content-length"), Some(b"5".as_slice()));
    assert_eq!(response.content_type.as_deref(), Some(b"text/plain; charset=utf-8".as_slice()));
    assert_eq!(request.content_type, None);
}

#[test]
fn times_are_those_of_first_and_last_bytes() {
    let got = play(
        &[
            says(C, "POST / HT"),
            says(C, "TP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"),
            says(C, "cd"),
            says(S, "HTTP/1.1 100 Continue\r\n\r\n"),
            says(S, "HTTP/1.1 2"),
            says(S, "00 OK\r\n\r\nabc"),
            says(S, "def"),
            Act::End(S),
        ],
        Close::Finished,
        &Settings::default(),
    );
    let e = &got.exchanges[0];
    let times = |m: &Option<crate::event::Message>| m.as_ref().map(|m| (m.first_time, m.last_time));
    assert_eq!(times(&e.request), Some((1000, Some(3000))));
    assert_eq!(times(&e.response), Some((5000, Some(7000))));
}

#[test]
fn keep_alive_pipelining_and_empty_lines() {
    let got = observe(
        &[
            says(C, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"),
            says(
                C,
                "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            ),
            says(
                S,
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\nC: d\r\n\r\n",
            ),
        ],
        Close::Finished,
    );
    assert_eq!(
        briefs(&got),
        [
            "GET /1 [0] 200 [1:1] complete",
            "POST /2 [3:abc] 404 [0] complete",
            "GET /3 [0] 200 [5:hello] complete"
        ]
    );
    assert_eq!(got.exchanges[1].oddities, ["leading_empty_line"]);
    assert_eq!(got.exchanges[2].detail, [("response_trailers", "A: b\nC: d".to_owned())]);
}

#[test]
fn chunked_requests_with_trailers() {
    let post = "POST /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nDigest: x\r\n\r\n";
    let got = answer(post, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false);
    assert_eq!(briefs(&got), ["POST /u [3:abc] 201 [0] complete"]);
    assert_eq!(got.exchanges[0].detail, [("request_trailers", "Digest: x".to_owned())]);
}

#[test]
fn bodies_that_never_come() {
    let head = "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n";
    let got = observe(
        &[
            says(C, head),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
            says(C, head),
            says(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            says(C, GET),
            says(S, "HTTP/1.1 204 No Content\r\n\r\n"),
            says(C, GET),
            says(S, "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
            says(C, GET),
            says(S, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
        ],
        Close::Finished,
    );
    assert_eq!(
        briefs(&got),
        [
            "HEAD /h [0] 200 [0] complete",
            "HEAD /h [0] 200 [0] complete",
            "GET / [0] 204 [0] complete",
            "GET / [0] 304 [0] complete",
            "GET / [0] 205 [0] complete"
        ]
    );
    assert!(got.exchanges.iter().all(|e| e.oddities.is_empty()));
    let got = answer(GET, b"HTTP/1.1 205 Reset Content\r\nContent-Length: 1\r\n\r\nx", false);
    assert_eq!(got.exchanges[0].oddities, ["content_in_205"]);
}

#[test]
fn informational_responses_come_before_the_final_one() {
    let got = observe(
        &[
            says(
                C,
                "PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
            ),
            says(S, "HTTP/1.1 100 Continue\r\n\r\n"),
            says(C, "ab"),
            says(
                S,
                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
            ),
        ],
        Close::Finished,
    );
    assert_eq!(briefs(&got), ["PUT /x [2:ab] 200 [1:!] complete"]);
    assert_eq!(got.exchanges[0].detail, [("informational", "100,102,103".to_owned())]);
    assert_eq!(got.exchanges[0].response.as_ref().unwrap().headers.len(), 1);
}

#[test]
fn a_response_may_come_before_the_request_ends() {
    let got = observe(
        &[
            says(C, "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc"),
            says(S, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"),
            says(C, "def"),
            says(C, GET),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ],
        Close::Finished,
    );
    assert_eq!(
        briefs(&got),
        ["POST /big [6:abcdef] 413 [0] complete", "GET / [0] 200 [0] complete"]
    );
}

#[test]
fn the_end_of_the_connection_ends_a_body_without_length() {
    for version in ["1.0", "1.1"] {
        let got = answer(GET, format!("HTTP/{version} 200 OK\r\n\r\nall of it").as_bytes(), true);
        assert_eq!(briefs(&got), ["GET / [0] 200 [9:all of it] complete"]);
    }
    let got = answer(GET, b"HTTP/1.0 200 OK\r\n\r\n", true);
    assert_eq!(briefs(&got), ["GET / [0] 200 [0] complete"]);
    assert_eq!(got.exchanges[0].detail, [("response_version", "1.0".to_owned())]);
    assert_eq!(got.exchanges[0].version, Some("1.1"));
}

#[test]
fn what_ends_too_early_says_so() {
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort";
    let got = answer(GET, short, true);
    assert_eq!(briefs(&got), ["GET / [0] 200 [5:short~] gap"]);
    assert_eq!(got.exchanges[0].error, Some("connection closed during response"));
    let closes = [
        (Close::Reset(S), Some("connection reset by server")),
        (Close::Reset(C), Some("connection reset by client")),
        (Close::Timeout, Some("timed out")),
        (Close::Evicted, None),
        (Close::CaptureEnd, None),
        (Close::Finished, Some("connection closed during response")),
    ];
    for (close, error) in closes {
        let got = observe(&[says(C, GET), says(S, short)], close);
        assert_eq!(briefs(&got), ["GET / [0] 200 [5:short~] gap"]);
        assert_eq!(got.exchanges[0].error, error);
        let got = observe(
            &[says(C, [GET, GET].concat()), says(S, b"HTTP/1.1 204 No Content\r\n\r\n")],
            close,
        );
        assert_eq!(briefs(&got), ["GET / [0] 204 [0] complete", "GET / [0] - [-] request_only"]);
        assert_eq!(got.exchanges[0].error, None);
        let want = if close == Close::Finished {
            Some("connection closed before response")
        } else {
            error
        };
        assert_eq!(got.exchanges[1].error, want);
    }
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
    assert_eq!(briefs(&answer(GET, chunked, true)), ["GET / [0] 200 [2:ab~] gap"]);
    let no_trailer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n";
    assert_eq!(briefs(&answer(GET, no_trailer, true)), ["GET / [0] 200 [2:ab] gap"]);
    let half_head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: ";
    let got = answer(GET, half_head, true);
    assert_eq!(briefs(&got), ["GET / [0] 200 [?~] gap"]);
    assert_eq!(got.exchanges[0].response.as_ref().unwrap().headers.len(), 1);
    let maybe_folded = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
    assert!(
        answer(GET, maybe_folded, true).exchanges[0].response.as_ref().unwrap().headers.is_empty()
    );
    assert_eq!(briefs(&answer(GET, b"HTTP/1.1 20", true)), ["GET / [0] - [?~] gap"]);
}

#[test]
fn an_unfinished_request_says_so() {
    let cases = [
        ("GE", vec![]),
        ("POST /x", vec!["POST - [?~] - [-] gap"]),
        ("POST /x HTTP/1.1\r\nHos", vec!["POST /x [?~] - [-] gap"]),
        (
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
            vec!["POST /x [2:ab~] - [-] gap"],
        ),
    ];
    for (request, want) in cases {
        let acts = [says(C, request), Act::End(C)];
        assert_eq!(briefs(&observe(&acts, Close::Finished)), want, "{request}");
        assert_eq!(briefs(&observe(&acts[..1], Close::Reset(C))), want, "{request}");
    }
}

#[test]
fn a_half_closed_connection_is_still_answered() {
    let acts = [says(C, GET), Act::End(C), says(S, "HTTP/1.0 200 OK\r\n\r\nlate"), Act::End(S)];
    assert_eq!(briefs(&observe(&acts, Close::Finished)), ["GET / [0] 200 [4:late] complete"]);
    let acts = [says(C, GET), Act::End(S), says(C, GET)];
    let got = observe(&acts, Close::Reset(S));
    assert_eq!(briefs(&got), ["GET / [0] - [-] request_only"; 2]);
    assert!(got.exchanges.iter().all(|e| e.error == Some("connection closed before response")));
}

#[test]
fn an_upgrade_ends_http() {
    let request =
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let response =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let got = answer(request, response.as_bytes(), false);
    assert_eq!(briefs(&got), ["GET /chat [0] 101 [0] complete"]);
    assert_eq!(got.exchanges[0].detail, [("upgrade", "websocket".to_owned())]);
    assert!(got.exchanges[0].oddities.is_empty());
    let refused = answer(request, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
    assert_eq!(briefs(&refused), ["GET /chat [0] 200 [0] complete"]);
    assert_eq!(
        answer(GET, response.as_bytes(), false).exchanges[0].oddities,
        ["unexpected_switch"]
    );
    let consumed = response.len();
    let after = format!("{response}\u{1}more");
    assert_eq!(verdict(&[says(C, request), says(S, after)]), Verdict::Switched { consumed });
}

/// Found by fuzzing: what came with the bytes that ended the wait was given the time of the wait.
#[test]
fn what_comes_behind_held_bytes_has_its_own_time() {
    let upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let content = "x".repeat(HTTP_HEAD);
    let post = format!("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: {HTTP_HEAD}\r\n\r\n");
    // The second act fills what may be held, so that the wait ends within the third.
    let acts = [says(C, upgrade), says(C, post), says(C, format!("{content}{GET}"))];
    let got = play(&acts, Close::CaptureEnd, &Settings::default());
    let times = |e: &Exchange| e.request.as_ref().map(|m| (m.first_time, m.last_time));
    let of: Vec<_> = got.exchanges.iter().map(times).collect();
    assert_eq!(of, [Some((1000, Some(1000))), Some((2000, Some(3000))), Some((3000, Some(3000)))]);
}

/// Found by fuzzing: the request that was being answered was given up, and the rest of its response
/// was added to what was left over of another exchange.
#[test]
fn a_full_pipeline_keeps_the_request_that_is_being_answered() {
    // Leaves exchanges for reuse, with messages in them.
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".repeat(40);
    observe(&[says(C, GET.repeat(40)), says(S, ok)], Close::Finished);
    let many: String =
        (0..HTTP_PIPELINE + 3).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    let acts = [
        says(C, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"),
        says(S, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst"),
        says(C, many),
        says(S, "-half"),
    ];
    let got = play(&acts, Close::CaptureEnd, &Settings::default());
    let answered: Vec<_> = got.exchanges.iter().filter(|e| e.response.is_some()).collect();
    assert_eq!(answered.len(), 1, "{answered:?}");
    assert_eq!(brief(answered[0]), "GET /first [0] 200 [10:first-half] complete");
}

#[test]
fn a_tunnel_ends_http() {
    let connect = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n";
    let got = answer(connect, b"HTTP/1.1 200 Connection Established\r\n\r\n", false);
    assert_eq!(briefs(&got), ["CONNECT a.example:443 [0] 200 [0] complete"]);
    assert_eq!(got.exchanges[0].detail, [("reason", "Connection Established".to_owned())]);
    assert_eq!(got.exchanges[0].host.as_deref(), Some(b"a.example:443".as_slice()));
    let acts = [
        says(C, connect),
        says(C, b"\x16\x03\x01\x00\x05early"),
        says(S, "HTTP/1.1 200 OK\r\n\r\n"),
    ];
    let consumed = "HTTP/1.1 200 OK\r\n\r\n".len();
    assert_eq!(
        verdict(&acts),
        Verdict::Switched { consumed },
        "a client may speak before it is answered"
    );
    let refused = observe(
        &[
            says(C, connect),
            says(S, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
            says(C, connect),
            says(S, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno"),
        ],
        Close::Finished,
    );
    assert_eq!(
        briefs(&refused),
        [
            "CONNECT a.example:443 [0] 407 [0] complete",
            "CONNECT a.example:443 [0] 502 [2:no] complete"
        ]
    );
}

#[test]
fn every_form_of_target_names_its_host() {
    let cases = [
        (
            "GET http://b.example:8080/x HTTP/1.1\r\nHost: b.example:8080\r\n\r\n",
            "b.example:8080",
            vec![],
        ),
        ("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "b", vec!["host_mismatch"]),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "a", vec![]),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "a", vec!["duplicate_host"]),
    ];
    for (request, host, oddities) in cases {
        let e = &answer(request, b"HTTP/1.1 204 No Content\r\n\r\n", false).exchanges[0];
        assert_eq!(e.host.as_deref(), Some(host.as_bytes()));
        assert_eq!(e.oddities, oddities);
    }
    let e =
        &answer("GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n", false).exchanges[0];
    assert_eq!((e.host.as_deref(), e.oddities.as_slice()), (None, ["missing_host"].as_slice()));
    let e =
        &answer("GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 204 No Content\r\n\r\n", false).exchanges[0];
    assert_eq!((e.host.as_deref(), e.version), (None, Some("1.0")));
    assert!(e.oddities.is_empty());
}

#[test]
fn malformed_heads_are_read_and_reported() {
    let request = "GET  /a b HTTP/1.1\nHost : a\r\nX: 1\r\n  2\r\nnonsense\r\n\r\n";
    let e = &answer(request, b"HTTP/1.1 777\r\nContent-Length: 0\r\n\r\n", false).exchanges[0];
    assert_eq!(brief(e), "GET /a b [0] 777 [0] complete");
    let mut oddities = e.oddities.clone();
    oddities.sort_unstable();
    assert_eq!(
        oddities,
        [
            "absurd_status",
            "bare_lf",
            "folded_field",
            "malformed_field",
            "space_before_colon",
            "start_line_space",
            "target_space"
        ]
    );
    assert_eq!(e.request.as_ref().unwrap().headers.get(b"X"), Some(b"1 2".as_slice()));
    assert_eq!(e.detail, [("reason", String::new())]);
}

#[test]
fn a_request_line_that_lacks_parts_is_a_request_all_the_same() {
    let bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let cases = [
        ("GET HTTP/1.1\r\nHost: a\r\n\r\n", "GET -", vec!["missing_target"]),
        ("GET /HTTP/1.1\r\nHost: a\r\n\r\n", "GET /HTTP/1.1", vec!["missing_version"]),
        ("GET /old\r\nHost: a\r\n\r\n", "GET /old", vec!["missing_version"]),
        ("DELETE\r\n\r\n", "DELETE -", vec!["missing_target", "missing_version"]),
    ];
    for (request, want, oddities) in cases {
        let got = observe(
            &[
                says(C, GET),
                says(S, bad),
                says(C, request),
                says(S, bad),
                says(C, GET),
                says(S, bad),
            ],
            Close::Finished,
        );
        let want = format!("{want} [0] 400 [0] complete");
        assert_eq!(
            briefs(&got),
            ["GET / [0] 400 [0] complete", &want, "GET / [0] 400 [0] complete"]
        );
        assert_eq!((&got.exchanges[1].oddities, got.parse_errors), (&oddities, 0), "{request}");
        let alone = observe(&[says(C, GET), says(S, bad), says(C, request)], Close::CaptureEnd);
        assert_eq!(alone.exchanges[1].version, request.contains(" HTTP/1.1").then_some("1.1"));
    }
    let body = "POST /x\r\nContent-Length: 2\r\n\r\nab";
    assert_eq!(briefs(&answer(body, bad.as_bytes(), false)), ["POST /x [2:ab] 400 [0] complete"]);
}

#[test]
fn a_request_is_answered_before_its_head_is_whole() {
    let bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let got = observe(
        &[says(C, "GET /old\r\n"), says(S, bad), says(C, GET), says(S, bad)],
        Close::Finished,
    );
    let want = ["GET /old [?~] 400 [0] complete", "GET / [0] 400 [0] complete"];
    assert_eq!(
        (briefs(&got).as_slice(), got.parse_errors),
        (want.map(str::to_owned).as_slice(), 0)
    );
    assert_eq!(got.exchanges[0].oddities, ["missing_version", "head_unfinished"]);
    // The rest of the head is not taken for a request.
    let got = observe(
        &[
            says(C, "POST /x HTTP/1.1\r\nHost: a\r\nCook"),
            says(S, bad),
            says(C, "ie: b\r\nX: y\r\n\r\n"),
            says(C, GET),
            says(S, bad),
        ],
        Close::Finished,
    );
    let want = ["POST /x [?~] 400 [0] complete", "GET / [0] 400 [0] complete"];
    assert_eq!(
        (briefs(&got).as_slice(), got.parse_errors),
        (want.map(str::to_owned).as_slice(), 0)
    );
    assert_eq!(got.exchanges[0].oddities, ["head_unfinished"]);
    assert_eq!(got.exchanges[0].request.as_ref().unwrap().headers.get(b"host"), Some(&b"a"[..]));
    // What is not an answer ends nothing.
    let (first, rest) = GET.split_at(20);
    for interim in ["HTTP/1.1 103 Early Hints\r\n\r\n", "no HTTP\r\n"] {
        let got = observe(&[says(C, first), says(S, interim), says(C, rest)], Close::CaptureEnd);
        assert_eq!(
            got.exchanges.last().map(brief).as_deref(),
            Some("GET / [0] - [-] request_only")
        );
    }
}

#[test]
fn smuggling_is_read_as_the_rfc_says_and_reported() {
    let both = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    let e = &answer(both, b"HTTP/1.1 204 No Content\r\n\r\n", false).exchanges[0];
    assert_eq!(brief(e), "POST / [1:x] 204 [0] complete");
    assert_eq!(e.oddities, ["content_length_and_transfer_encoding"]);
    let conflict = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy";
    let got = answer(conflict, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", false);
    assert_eq!(briefs(&got), ["POST / [?~] 400 [0] complete"]);
    assert_eq!(got.exchanges[0].oddities, ["conflicting_content_length"]);
    assert_eq!(got.parse_errors, 1);
    let bad_chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX";
    let got = answer(GET, bad_chunk, false);
    assert_eq!(briefs(&got), ["GET / [0] 200 [?:ab~] complete"]);
    assert_eq!(
        (got.exchanges[0].oddities.as_slice(), got.parse_errors),
        (["invalid_chunk"].as_slice(), 1)
    );
}

/// A range is of the coded content (RFC 9110 section 14.1.2), and decodes by itself if it is the first.
#[test]
fn a_range_of_coded_content_is_not_broken() {
    let head =
        "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxyz0";
    let got = answer(GET, head.as_bytes(), false);
    assert_eq!(briefs(&got), ["GET / [0] 206 [4~] complete"]);
    assert!(got.exchanges[0].oddities.is_empty());
}

/// RFC 2616 section 3.6 had `identity`, and some still send it: it says nothing of the length.
#[test]
fn identity_is_no_transfer_coding() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n";
    let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Identity\r\n\r\n";
    let got = observe(
        &[
            says(C, GET),
            says(S, format!("{head}Content-Length: 2\r\n\r\nhi")),
            says(C, post),
            says(S, "HTTP/1.1 204 No Content\r\n\r\n"),
            says(C, GET),
            says(S, format!("{head}\r\nmore")),
            Act::End(S),
        ],
        Close::Finished,
    );
    let want = [
        "GET / [0] 200 [2:hi] complete",
        "POST / [0] 204 [0] complete",
        "GET / [0] 200 [4:more] complete",
    ];
    assert_eq!(briefs(&got), want);
    assert!(got.exchanges.iter().all(|e| e.oddities == ["transfer_encoding_not_chunked"]));
}

#[test]
fn bodies_are_kept_up_to_the_limit() {
    let response = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
    for (body_limit, want) in
        [(0, "[10~]"), (3, "[10:012~]"), (10, "[10:0123456789]"), (11, "[10:0123456789]")]
    {
        let settings = Settings { body_limit, headers: false, ..Settings::default() };
        let got = observe_with(&[says(C, GET), says(S, response)], Close::Finished, &settings);
        assert_eq!(briefs(&got), [format!("GET / [0] 200 {want} complete")]);
        let e = &got.exchanges[0];
        assert!(
            e.request.as_ref().unwrap().headers.is_empty()
                && e.response.as_ref().unwrap().headers.is_empty()
        );
        assert_eq!(e.host.as_deref(), Some(b"a".as_slice()), "known fields are read all the same");
    }
}

#[test]
fn following_may_begin_anywhere() {
    let tail = observe(
        &[
            says(S, "rest of a body\r\nand more"),
            says(C, GET),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        ],
        Close::Finished,
    );
    assert_eq!(briefs(&tail), ["GET / [0] 200 [2:ok] complete"]);
    assert_eq!(tail.parse_errors, 0);
    let first = observe(
        &[says(S, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), says(C, GET)],
        Close::CaptureEnd,
    );
    assert_eq!(
        briefs(&first),
        ["- - [-] 200 [2:ok] response_only", "GET / [0] - [-] request_only"]
    );
    assert!(first.exchanges[0].oddities.is_empty());
    assert_eq!(first.exchanges[0].version, Some("1.1"));
}

#[test]
fn a_response_to_an_unseen_head_request_does_not_swallow_the_next() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    let got = observe(&[says(S, head), says(S, head), says(S, "HTTP/1.1")], Close::CaptureEnd);
    assert_eq!(briefs(&got), ["- - [-] 200 [0] response_only", "- - [-] 200 [8:HTTP/1.1~] gap"]);
    assert_eq!(got.exchanges[0].oddities, ["body_absent"]);
}

#[test]
fn a_response_nobody_asked_for_stands_alone() {
    let timeout = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    let got = observe(
        &[says(C, GET), says(S, "HTTP/1.1 204 No Content\r\n\r\n"), says(S, timeout), Act::End(S)],
        Close::Finished,
    );
    assert_eq!(briefs(&got), ["GET / [0] 204 [0] complete", "- - [-] 408 [0] response_only"]);
    assert_eq!(got.exchanges[1].oddities, ["unsolicited_response"]);
}

#[test]
fn what_is_not_http_is_given_up() {
    let noise = vec![b'x'; crate::limits::HTTP_SCAN as usize + 1];
    assert!(matches!(verdict(&[says(C, GET), says(S, &noise)]), Verdict::Dead(_)));
    let got = play(&[says(C, GET), says(S, &noise)], Close::Finished, &Settings::default());
    assert_eq!(briefs(&got), ["GET / [0] - [-] request_only"]);
    assert!(got.exchanges[0].oddities.contains(&"not_http"));
    assert_eq!(got.parse_errors, 0, "the verdict is counted instead");
}

/// The last verdict of a conversation.
fn verdict(acts: &[Act]) -> Verdict {
    let (mut parser, mut sink, settings) =
        (Http1::default(), Collected::default(), Settings::default());
    let mut last = Verdict::Continue;
    for act in acts {
        if let Act::Data(side, bytes) = act {
            last = parser.data(
                *side,
                bytes,
                &mut Context {
                    time: 0,
                    place: Place::default(),
                    settings: &settings,
                    sink: &mut sink,
                },
            );
        }
    }
    last
}
