//! Calls of gRPC-Web.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::event::Exchange;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};
use crate::proto::http1::Http1;

const ASKED: &[u8] = b"\0\0\0\0\x02\x08\x01";
const ANSWERED: &[u8] = b"\0\0\0\0\x02\x08\x02\x80\0\0\0\x21grpc-status:5\r\ngrpc-message:%41\r\n";

fn asks(media_type: &str, content: &[u8]) -> Act {
    let head = format!(
        "POST /a.B/C HTTP/1.1\r\nHost: h\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\n\r\n",
        content.len()
    );
    says(C, [head.as_bytes(), content].concat())
}

fn answers(media_type: &str, more: &str, content: &[u8]) -> Act {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n{more}\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        content.len()
    );
    says(S, [head.as_bytes(), content, b"\r\n0\r\n\r\n"].concat())
}

fn brief(e: &Exchange) -> String {
    let counts = ["request_messages", "response_messages"].map(|name| detail(e, name));
    format!(
        "{} {} {} {:?} {} {} {}",
        e.protocol,
        text(&e.method),
        text(&e.target),
        e.status,
        e.error.unwrap_or("-"),
        counts.join("/"),
        detail(e, "response_protobuf")
    )
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Http1::default, acts, brief)
}

const ROW: &str = "grpc C /a.B/C Some(5) NOT_FOUND 1/1 1: 2";

#[test]
fn a_call_is_a_row_of_grpc() {
    let binary = "application/grpc-web+proto";
    let acts = [asks(binary, ASKED), answers(binary, "", ANSWERED)];
    assert_eq!(told(&acts), [ROW]);
    let row = &dialogue::play(Http1::default(), &acts, usize::MAX).0[0];
    assert_eq!(detail(row, "grpc_web"), "binary");
    assert_eq!((detail(row, "service"), detail(row, "grpc_message")), ("a.B", "A"));
    assert_eq!((row.version, detail(row, "http_version")), (None, "1.1"));
    assert_eq!(detail(row, "response_trailers"), "grpc-status: 5\ngrpc-message: %41");
    assert_eq!((detail(row, "request_protobuf"), row.oddities.len()), ("1: 1", 0));

    let kind = "application/grpc-web-text";
    let (asked, answer) = (BASE64_STANDARD.encode(ASKED), BASE64_STANDARD.encode(ANSWERED));
    let acts = [asks(kind, asked.as_bytes()), answers(kind, "", answer.as_bytes())];
    assert_eq!(told(&acts), [ROW]);
    let row = &dialogue::play(Http1::default(), &acts, usize::MAX).0[0];
    assert_eq!(detail(row, "grpc_web"), "text");
}

#[test]
fn a_status_may_stand_in_the_head_and_others_be_missing() {
    let kind = "application/grpc-web";
    let in_head = [asks(kind, ASKED), answers(kind, "grpc-status: 16\r\n", b"")];
    assert_eq!(told(&in_head), ["grpc C /a.B/C Some(16) UNAUTHENTICATED 1/0 -"]);
    let none = [asks(kind, ASKED), answers(kind, "", &ANSWERED[..9])];
    assert_eq!(told(&none), ["grpc C /a.B/C None - 1/1 1: 2"]);
    let row = &dialogue::play(Http1::default(), &none, usize::MAX).0[0];
    assert_eq!(row.oddities, ["grpc_status_missing", "grpc_message_unfinished"]);
    let refused = [asks(kind, ASKED), says(S, "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n")];
    assert_eq!(told(&refused), ["grpc C /a.B/C None - 1/- -"]);
    let row = &dialogue::play(Http1::default(), &refused, usize::MAX).0[0];
    assert_eq!(detail(row, "http_status"), "502");
}

#[test]
fn what_was_lost_is_not_counted() {
    let kind = "application/grpc-web";
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web\r\nContent-Length: 45\r\n\r\n";
    let acts = [asks(kind, ASKED), says(S, head), Act::Loses(S, 7), says(S, &ANSWERED[7..])];
    let rows = dialogue::play(Http1::default(), &acts, usize::MAX).0;
    assert_eq!(rows[0].status, None);
    assert_eq!(detail(&rows[0], "response_messages"), "-");
    assert!(rows[0].oddities.is_empty(), "{:?}", rows[0].oddities);
}

#[test]
fn codings_are_undone_before_frames_are_read() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(ANSWERED).expect("memory");
    let packed = encoder.finish().expect("memory");
    let kind = "application/grpc-web";
    let acts = [asks(kind, ASKED), answers(kind, "Content-Encoding: gzip\r\n", &packed)];
    assert_eq!(told(&acts), [ROW]);
}

/// What a call leaves behind is not seen in the next exchange.
#[test]
fn calls_and_other_requests_share_a_connection() {
    let kind = "application/grpc-web";
    let acts = [
        asks(kind, ASKED),
        answers(kind, "", ANSWERED),
        says(C, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"),
        says(S, "HTTP/1.1 204 No Content\r\n\r\n"),
    ];
    assert_eq!(told(&acts), [ROW, "http GET /x Some(204) - -/- -"]);
}
