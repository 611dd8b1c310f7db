//! Start lines: request line (RFC 9112 section 3) and status line (section 4).

use super::oddity::{OddSet, Oddity};
use super::probe::{METHOD_MAX, TOKEN, is_known_method};

/// A version of HTTP/1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V10,
    V11,
}

impl Version {
    /// The value of the `version` column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V10 => "1.0",
            Self::V11 => "1.1",
        }
    }
}

/// What a request line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub(super) method: &'a [u8],
    /// `None`: the line names none.
    pub(super) target: Option<&'a [u8]>,
    /// `None`: the line states none that is of HTTP/1.
    pub(super) version: Option<Version>,
}

/// What a status line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StatusLine<'a> {
    pub(super) version: Version,
    pub(super) status: i32,
    pub(super) reason: &'a [u8],
}

/// Reads `HTTP/1.x`.
fn version(text: &[u8], odd: &mut OddSet) -> Option<Version> {
    let &[b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] = text else { return None };
    match minor {
        b'0' => Some(Version::V10),
        b'1' => Some(Version::V11),
        b'2'..=b'9' => {
            odd.insert(Oddity::UnknownMinorVersion);
            Some(Version::V11)
        }
        _ => None,
    }
}

/// Reads a request line without its line end. `None`: it is not one.
pub(super) fn request_line<'a>(line: &'a [u8], odd: &mut OddSet) -> Option<RequestLine<'a>> {
    strict_request_line(line).or_else(|| lenient_request_line(line, odd))
}

/// The form that everybody sends.
#[inline]
fn strict_request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let (rest, version) = line.split_last_chunk::<9>()?;
    let version = match version {
        b" HTTP/1.1" => Version::V11,
        b" HTTP/1.0" => Version::V10,
        _ => return None,
    };
    let method_len = rest.iter().position(|&b| !TOKEN[b as usize])?;
    let (method, target) = rest.split_at(method_len);
    let target = target.strip_prefix(b" ")?;
    // Blanks, and what else is below them, are for the lenient reading to judge.
    let plain = !target.is_empty() && target.iter().all(|&b| b > b' ');
    ((1..=METHOD_MAX).contains(&method_len) && plain).then_some(RequestLine {
        method,
        target: Some(target),
        version: Some(version),
    })
}

/// Any other form that still is an attempt at a request: of a known method, or one that speaks
/// of HTTP/1. What is not there, or cannot be told apart, is `None`.
#[cold]
fn lenient_request_line<'a>(line: &'a [u8], odd: &mut OddSet) -> Option<RequestLine<'a>> {
    let body = line.trim_ascii_end();
    let word = body.iter().position(|&b| !TOKEN[b as usize]).unwrap_or(body.len());
    let is_parted = matches!(body.get(word), None | Some(b' ' | b'\t' | b'/'));
    if !(1..=METHOD_MAX).contains(&word) || !is_parted || body.starts_with(b"HTTP/") {
        return None;
    }
    let mut noted = OddSet::default();
    let parts = split_version(body, &mut noted);
    let method = &body[..word.min(parts.front.len())];
    let rest = &parts.front[method.len()..];
    let target = Some(rest.trim_ascii()).filter(|target| !target.is_empty());
    let known = is_known_method(method);
    let stated = target.is_some() && parts.version.is_some() && is_blank(rest[0]);
    if !(known && !parts.foreign || stated || parts.http && target.is_some()) {
        return None;
    }
    let end: &[u8] = if parts.front.len() < body.len() { b" " } else { b"" };
    if line.len() > body.len() || !is_spaced(rest, target, end) {
        noted.insert(Oddity::StartLineSpace);
    }
    note_missing(target, parts.version, &mut noted);
    odd.merge(noted);
    Some(RequestLine { method, target, version: parts.version })
}

/// A request line parted from what stands where its version belongs.
struct Parts<'a> {
    /// Method, target, and the blanks behind them.
    front: &'a [u8],
    version: Option<Version>,
    /// The line ends in something that begins `HTTP/1.`.
    http: bool,
    /// The line ends in the version of another protocol.
    foreign: bool,
}

fn split_version<'a>(body: &'a [u8], odd: &mut OddSet) -> Parts<'a> {
    let last = body.iter().rposition(|&b| is_blank(b)).map_or(0, |at| at + 1);
    let (front, word) = body.split_at(last);
    if let Some((front, tail)) = body.split_last_chunk::<8>()
        && let Some(version) = version(tail, odd)
    {
        // Grown together with a target it is a part of that: nothing says where that ends.
        let is_apart = front.last().is_some_and(|&b| is_blank(b) || TOKEN[b as usize])
            && (front.len() == last || last == 0);
        return match is_apart {
            true => Parts { front, version: Some(version), http: true, foreign: false },
            false => Parts { front: body, version: None, http: true, foreign: false },
        };
    }
    if last > 0 && word.starts_with(b"HTTP/") {
        let http = word.starts_with(b"HTTP/1.");
        return Parts { front, version: None, http, foreign: false };
    }
    Parts { front: body, version: None, http: false, foreign: is_foreign_version(word) }
}

/// Whether this is `RTSP/1.0`, `SIP/2.0` or the like.
fn is_foreign_version(word: &[u8]) -> bool {
    let Some((name, &[b'/', major, b'.', minor])) = word.split_last_chunk::<4>() else {
        return false;
    };
    name.len() > 1
        && name.iter().all(u8::is_ascii_uppercase)
        && major.is_ascii_digit()
        && minor.is_ascii_digit()
}

/// Whether single spaces stand between the parts, and nowhere else. `rest`: what is between
/// method and version, blanks included; `end`: what has to follow the target.
fn is_spaced(rest: &[u8], target: Option<&[u8]>, end: &[u8]) -> bool {
    match target {
        Some(target) => rest.strip_prefix(b" ").and_then(|r| r.strip_prefix(target)) == Some(end),
        None => rest == end,
    }
}

fn note_missing(target: Option<&[u8]>, version: Option<Version>, odd: &mut OddSet) {
    match target {
        None => _ = odd.insert(Oddity::MissingTarget),
        Some(target) if target.iter().any(|&b| is_blank(b)) => _ = odd.insert(Oddity::TargetSpace),
        Some(_) => {}
    }
    if version.is_none() {
        odd.insert(Oddity::MissingVersion);
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Reads a status line without its line end. `None`: it is not one.
pub(super) fn status_line<'a>(line: &'a [u8], odd: &mut OddSet) -> Option<StatusLine<'a>> {
    strict_status_line(line).or_else(|| lenient_status_line(line, odd))
}

/// The form that everybody sends.
#[inline]
fn strict_status_line(line: &[u8]) -> Option<StatusLine<'_>> {
    let (version, rest) = line.split_first_chunk::<9>()?;
    let version = match version {
        b"HTTP/1.1 " => Version::V11,
        b"HTTP/1.0 " => Version::V10,
        _ => return None,
    };
    let (&[a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' '], reason) =
        rest.split_first_chunk()?
    else {
        return None;
    };
    let digit = |byte: u8| i32::from(byte - b'0');
    let status = digit(a) * 100 + digit(b) * 10 + digit(c);
    Some(StatusLine { version, status, reason: reason.trim_ascii() })
}

/// Any other form that cannot be mistaken.
fn lenient_status_line<'a>(line: &'a [u8], odd: &mut OddSet) -> Option<StatusLine<'a>> {
    let version = version(line.get(..8)?, odd)?;
    let rest = &line[8..];
    let text = rest.trim_ascii_start();
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let blanks = rest.len() - text.len();
    if blanks == 0
        || digits == 0
        || digits > 9
        || text.get(digits).is_some_and(|&b| b != b' ' && b != b'\t')
    {
        return None;
    }
    let status = text[..digits].iter().fold(0, |n, b| n * 10 + i32::from(b - b'0'));
    if blanks > 1 || rest[0] != b' ' {
        odd.insert(Oddity::StartLineSpace);
    }
    if digits != 3 || !(100..600).contains(&status) {
        odd.insert(Oddity::AbsurdStatus);
    }
    Some(StatusLine { version, status, reason: text[digits..].trim_ascii() })
}

/// The authority that a request target names: that of an absolute-form target without user
/// information, or for CONNECT the target itself up to its first blank (authority-form).
pub(super) fn authority<'a>(method: &[u8], target: &'a [u8]) -> Option<&'a [u8]> {
    if method == b"CONNECT" {
        let authority = target.split(|&b| is_blank(b)).next();
        return authority.filter(|a| !a.is_empty() && !a.starts_with(b"/"));
    }
    if matches!(target.first(), Some(b'/' | b'*') | None) {
        return None;
    }
    let scheme = memchr::memmem::find(target, b"://")?;
    if !target[..scheme]
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    {
        return None;
    }
    let rest = &target[scheme + 3..];
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let start = memchr::memrchr(b'@', authority).map_or(0, |at| at + 1);
    (start < end).then(|| &authority[start..])
}

/// Whether `reason` is the registered phrase of `status` (RFC 9110 section 15 and the IANA
/// registry): such a phrase says nothing that the number does not.
pub(super) fn is_registered_reason(status: i32, reason: &[u8]) -> bool {
    if status == 200 && reason == b"OK" {
        return true;
    }
    let phrases: &[&[u8]] = match status {
        100 => &[b"Continue"],
        101 => &[b"Switching Protocols"],
        102 => &[b"Processing"],
        103 => &[b"Early Hints"],
        200 => &[b"OK"],
        201 => &[b"Created"],
        202 => &[b"Accepted"],
        203 => &[b"Non-Authoritative Information"],
        204 => &[b"No Content"],
        205 => &[b"Reset Content"],
        206 => &[b"Partial Content"],
        207 => &[b"Multi-Status"],
        208 => &[b"Already Reported"],
        226 => &[b"IM Used"],
        300 => &[b"Multiple Choices"],
        301 => &[b"Moved Permanently"],
        302 => &[b"Found"],
        303 => &[b"See Other"],
        304 => &[b"Not Modified"],
        305 => &[b"Use Proxy"],
        307 => &[b"Temporary Redirect"],
        308 => &[b"Permanent Redirect"],
        400 => &[b"Bad Request"],
        401 => &[b"Unauthorized"],
        402 => &[b"Payment Required"],
        403 => &[b"Forbidden"],
        404 => &[b"Not Found"],
        405 => &[b"Method Not Allowed"],
        406 => &[b"Not Acceptable"],
        407 => &[b"Proxy Authentication Required"],
        408 => &[b"Request Timeout"],
        409 => &[b"Conflict"],
        410 => &[b"Gone"],
        411 => &[b"Length Required"],
        412 => &[b"Precondition Failed"],
        413 => &[b"Content Too Large", b"Payload Too Large", b"Request Entity Too Large"],
        414 => &[b"URI Too Long", b"Request-URI Too Long"],
        415 => &[b"Unsupported Media Type"],
        416 => &[b"Range Not Satisfiable", b"Requested Range Not Satisfiable"],
        417 => &[b"Expectation Failed"],
        421 => &[b"Misdirected Request"],
        422 => &[b"Unprocessable Content", b"Unprocessable Entity"],
        423 => &[b"Locked"],
        424 => &[b"Failed Dependency"],
        425 => &[b"Too Early"],
        426 => &[b"Upgrade Required"],
        428 => &[b"Precondition Required"],
        429 => &[b"Too Many Requests"],
        431 => &[b"Request Header Fields Too Large"],
        451 => &[b"Unavailable For Legal Reasons"],
        500 => &[b"Internal Server Error"],
        501 => &[b"Not Implemented"],
        502 => &[b"Bad Gateway"],
        503 => &[b"Service Unavailable"],
        504 => &[b"Gateway Timeout"],
        505 => &[b"HTTP Version Not Supported"],
        506 => &[b"Variant Also Negotiates"],
        507 => &[b"Insufficient Storage"],
        508 => &[b"Loop Detected"],
        511 => &[b"Network Authentication Required"],
        _ => &[],
    };
    phrases.iter().any(|p| p.eq_ignore_ascii_case(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(odd: OddSet) -> Vec<&'static str> {
        let (mut seen, mut names) = (OddSet::default(), Vec::new());
        odd.move_into(&mut seen, &mut names);
        names
    }

    #[test]
    fn request_lines() {
        type Read<'a> = (&'a str, &'a str, Option<Version>);
        type Case<'a> = (&'a str, Option<Read<'a>>, &'a [&'a str]);
        let (v10, v11) = (Some(Version::V10), Some(Version::V11));
        let cases: [Case<'_>; 42] = [
            ("GET / HTTP/1.1", Some(("GET", "/", v11)), &[]),
            ("OPTIONS * HTTP/1.0", Some(("OPTIONS", "*", v10)), &[]),
            ("frob http://a/b HTTP/1.1", Some(("frob", "http://a/b", v11)), &[]),
            ("GET  / HTTP/1.1", Some(("GET", "/", v11)), &["start_line_space"]),
            ("GET /  HTTP/1.1", Some(("GET", "/", v11)), &["start_line_space"]),
            ("GET / HTTP/1.1 ", Some(("GET", "/", v11)), &["start_line_space"]),
            ("GET\t/\tHTTP/1.1 ", Some(("GET", "/", v11)), &["start_line_space"]),
            ("frob\t/ HTTP/1.1", Some(("frob", "/", v11)), &["start_line_space"]),
            ("GET /a b HTTP/1.1", Some(("GET", "/a b", v11)), &["target_space"]),
            ("GET / HTTP/1.7", Some(("GET", "/", v11)), &["unknown_minor_version"]),
            ("GET/ HTTP/1.1", Some(("GET", "/", v11)), &["start_line_space"]),
            ("GET HTTP/1.1", Some(("GET", "", v11)), &["missing_target"]),
            ("GET  HTTP/1.1", Some(("GET", "", v11)), &["start_line_space", "missing_target"]),
            ("GETHTTP/1.1", Some(("GET", "", v11)), &["start_line_space", "missing_target"]),
            ("GET /", Some(("GET", "/", None)), &["missing_version"]),
            ("GET / ", Some(("GET", "/", None)), &["start_line_space", "missing_version"]),
            ("GET\t/", Some(("GET", "/", None)), &["start_line_space", "missing_version"]),
            ("GET /a b", Some(("GET", "/a b", None)), &["target_space", "missing_version"]),
            ("GET /HTTP/1.1", Some(("GET", "/HTTP/1.1", None)), &["missing_version"]),
            ("GET xHTTP/1.1", Some(("GET", "xHTTP/1.1", None)), &["missing_version"]),
            (
                "GET/HTTP/1.1",
                Some(("GET", "/HTTP/1.1", None)),
                &["start_line_space", "missing_version"],
            ),
            ("FROB /HTTP/1.1", Some(("FROB", "/HTTP/1.1", None)), &["missing_version"]),
            ("GET", Some(("GET", "", None)), &["missing_target", "missing_version"]),
            ("GET / HTTP/1.", Some(("GET", "/", None)), &["missing_version"]),
            ("FROB / HTTP/1.", Some(("FROB", "/", None)), &["missing_version"]),
            ("GET / HTTP/2.0", Some(("GET", "/", None)), &["missing_version"]),
            ("CONNECT a:25 / HTTP/1.0", Some(("CONNECT", "a:25 /", v10)), &["target_space"]),
            ("GET /a/1.0", Some(("GET", "/a/1.0", None)), &["missing_version"]),
            ("frob", None, &[]),
            ("frob /", None, &[]),
            ("frob HTTP/1.1", None, &[]),
            ("frobHTTP/1.1", None, &[]),
            ("get key", None, &[]),
            ("OPTIONS rtsp://a/b RTSP/1.0", None, &[]),
            ("NOTIFY sip:a@b SIP/2.0", None, &[]),
            ("GET:/ HTTP/1.1", None, &[]),
            ("PRI * HTTP/2.0", None, &[]),
            (" GET / HTTP/1.1", None, &[]),
            ("/ HTTP/1.1", None, &[]),
            ("HTTP/1.1 200 OK", None, &[]),
            ("HTTP/1.1", None, &[]),
            ("", None, &[]),
        ];
        for (text, want, oddities) in cases {
            let mut odd = OddSet::default();
            let got = request_line(text.as_bytes(), &mut odd);
            let want = want.map(|(m, t, version)| RequestLine {
                method: m.as_bytes(),
                target: Some(t.as_bytes()).filter(|t| !t.is_empty()),
                version,
            });
            assert_eq!(got, want, "{text}");
            if want.is_some() {
                assert_eq!(names(odd), oddities, "{text}");
            }
        }
    }

    #[test]
    fn status_lines() {
        type Case<'a> = (&'a str, Option<(i32, &'a str)>, &'a [&'a str]);
        let cases: [Case<'_>; 12] = [
            ("HTTP/1.1 200 OK", Some((200, "OK")), &[]),
            ("HTTP/1.0 404 Not  Found", Some((404, "Not  Found")), &[]),
            ("HTTP/1.1 204 ", Some((204, "")), &[]),
            ("HTTP/1.1 204", Some((204, "")), &[]),
            ("HTTP/1.1  200 OK", Some((200, "OK")), &["start_line_space"]),
            ("HTTP/1.1 999 No", Some((999, "No")), &["absurd_status"]),
            ("HTTP/1.1 0 No", Some((0, "No")), &["absurd_status"]),
            ("HTTP/1.1 99999 No", Some((99999, "No")), &["absurd_status"]),
            ("HTTP/1.1 2x0 OK", None, &[]),
            ("HTTP/1.1", None, &[]),
            ("HTTP/1.1200 OK", None, &[]),
            ("HTTP/2 200", None, &[]),
        ];
        for (text, want, oddities) in cases {
            let mut odd = OddSet::default();
            let got = status_line(text.as_bytes(), &mut odd).map(|s| (s.status, s.reason));
            assert_eq!(got, want.map(|(s, r)| (s, r.as_bytes())), "{text}");
            if want.is_some() {
                assert_eq!(names(odd), oddities, "{text}");
            }
        }
    }

    #[test]
    fn authorities() {
        let cases = [
            ("CONNECT", "a.example:443", Some("a.example:443")),
            ("CONNECT", "a.example:25 /", Some("a.example:25")),
            ("CONNECT", "/", None),
            ("GET", "http://user:pw@a.example:8080/x?y@z", Some("a.example:8080")),
            ("GET", "http://a.example?x", Some("a.example")),
            ("GET", "/go?to=http://b/", None),
            ("GET", "go?to=http://b/", None),
            ("OPTIONS", "*", None),
            ("GET", "http:///x", None),
        ];
        for (method, target, want) in cases {
            assert_eq!(
                authority(method.as_bytes(), target.as_bytes()),
                want.map(str::as_bytes),
                "{target}"
            );
        }
    }

    #[test]
    fn only_registered_reasons_are_dropped() {
        assert!(is_registered_reason(200, b"OK") && is_registered_reason(404, b"not found"));
        assert!(
            !is_registered_reason(200, b"")
                && !is_registered_reason(200, b"Fine")
                && !is_registered_reason(299, b"x")
        );
    }
}
