//! Ordinary and odd conversations without loss.

use super::*;

#[test]
fn a_request_and_its_response() {
    let got = observe(
        &[
            says(C, "GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nTraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"),
            says(S, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"),
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
fn keep_alive_pipelining_and_empty_lines() {
    let got = observe(
        &[
            says(C, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            says(S, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"),
            says(C, "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"),
            says(S, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
        ],
        Close::Finished,
    );
    assert_eq!(
        briefs(&got),
        ["GET /1 [0] 200 [1:1] complete", "POST /2 [3:abc] 404 [0] complete", "GET /3 [0] 200 [5:hello] complete"]
    );
    assert_eq!(got.exchanges[1].oddities, ["leading_empty_line"]);
    assert_eq!(got.exchanges[2].detail, [("response_trailers", "A: b\nC: d".to_owned())]);
}
