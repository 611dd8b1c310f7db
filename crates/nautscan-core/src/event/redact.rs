//! Secrets that must not be stored. Applied where rows are made, so that no later part ever
//! sees them.

use std::borrow::Cow;

/// What stands in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Header fields whose value is a credential.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-csrf-token",
    "x-xsrf-token",
    "x-amz-security-token",
    "x-vault-token",
    // Browsers let pages set no other field of a WebSocket's handshake, so tokens are sent here.
    "sec-websocket-protocol",
];

/// Header fields whose value holds a URL, and that may hold credentials as a target may.
const ADDRESSES: &[&str] = &[
    "location",
    "content-location",
    "referer",
    "refresh",
    "link",
    // What a proxy asks who checks rights for it.
    "x-original-url",
    "x-original-uri",
    "x-forwarded-uri",
    "x-rewrite-url",
    "x-envoy-original-path",
];

/// Values of the detail that hold header fields.
const TRAILERS: &[&str] = &["request_trailers", "response_trailers"];

/// Values of the detail that repeat what was asked word for word, literals and all.
const TEXTS: &[&str] = &[
    "command",
    "statement",
    "error_message",
    // Where messages go and come from, in full.
    "topic",
    "topics",
    "will_topic",
    "response_topic",
    "subject",
    "reply_to",
    "exchange",
    "source",
    "routing_key",
    "queue",
    // What an application writes to its log.
    "stderr",
    // What a side says with which it leaves.
    "close_reason",
    // The name that a person logs in by, or a password put in the wrong place.
    "login",
    // What of FTP is sent or listed.
    "file",
    "group",
    "member",
    "transactional_id",
];

/// Values of the detail that list messages, one a line: behind the first colon stands what was said.
const CONTENTS: &[&str] = &["latest_messages", "latest_events"];

/// Query parameters whose value is a credential.
const PARAMETERS: &[&str] = &[
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "api_key",
    "apikey",
    "key",
    "password",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
    "signature",
    "sig",
    "x-amz-signature",
    "x-amz-security-token",
    "auth",
    "code",
];

/// Knows what is secret.
#[derive(Debug, Clone)]
pub struct Redactor {
    headers: Vec<Vec<u8>>,
    parameters: Vec<Vec<u8>>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::with(&[], &[])
    }
}

impl Redactor {
    /// The built-in names and `headers` and `parameters` beside them. Case does not matter.
    pub fn with(headers: &[String], parameters: &[String]) -> Self {
        let join = |built_in: &[&str], more: &[String]| {
            let more = more.iter().map(String::as_str);
            built_in
                .iter()
                .copied()
                .chain(more)
                .map(|name| name.to_ascii_lowercase().into_bytes())
                .collect()
        };
        Self { headers: join(HEADERS, headers), parameters: join(PARAMETERS, parameters) }
    }

    /// Whether the value of header `name` is a secret.
    #[inline]
    pub fn hides_header(&self, name: &[u8]) -> bool {
        self.headers.iter().any(|header| header.eq_ignore_ascii_case(name))
    }

    /// The value of header `name` without secrets.
    #[inline]
    pub(super) fn header<'a>(&self, name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
        if self.hides_header(name) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        match ADDRESSES.iter().any(|field| field.as_bytes().eq_ignore_ascii_case(name)) {
            true => self.target(value),
            false => Cow::Borrowed(value),
        }
    }

    /// `detail` with texts that hold literals replaced, and the values of secret trailer fields:
    /// trailers stand in it as lines of `name: value`.
    pub(super) fn detail<'a>(
        &self,
        detail: &'a [(&'static str, String)],
    ) -> Cow<'a, [(&'static str, String)]> {
        let hides = |line: &str| {
            line.split_once(':').is_some_and(|(name, _)| self.hides_header(name.as_bytes()))
        };
        let is_text = |name: &str| TEXTS.contains(&name);
        let is_secret = |(name, text): &(&str, String)| {
            is_text(name)
                || CONTENTS.contains(name) && text.contains(": ")
                || TRAILERS.contains(name) && text.split('\n').any(hides)
        };
        if !detail.iter().any(is_secret) {
            return Cow::Borrowed(detail);
        }
        let mut detail = detail.to_vec();
        for (name, text) in detail.iter_mut().filter(|pair| is_secret(pair)) {
            if is_text(name) {
                REDACTED.clone_into(text);
                continue;
            }
            let all = CONTENTS.contains(name);
            let lines = text.split('\n').map(|line| match line.split_once(':') {
                Some((name, _)) if all || hides(line) => format!("{name}: {REDACTED}"),
                _ => line.to_owned(),
            });
            *text = lines.collect::<Vec<_>>().join("\n");
        }
        Cow::Owned(detail)
    }

    /// `target` with the values of secret parameters of its query or fragment replaced, and user
    /// information of an absolute-form target.
    pub fn target<'a>(&self, target: &'a [u8]) -> Cow<'a, [u8]> {
        let target = without_userinfo(target);
        let Some(mut at) = memchr::memchr2(b'?', b'#', &target) else { return target };
        let hides = |name: &[u8]| self.parameters.iter().any(|p| p.eq_ignore_ascii_case(name));
        let (mut out, mut copied) = (Vec::new(), 0);
        // A name stands behind each of these; what it names goes on to the next parameter.
        while at < target.len() {
            let from = at + 1;
            at = next_of(b"=?&;#", &target, from);
            if target.get(at) != Some(&b'=') {
                continue;
            }
            if !hides(&target[from..at]) {
                at = next_of(b"?&;#", &target, at);
                continue;
            }
            out.extend_from_slice(&target[copied..=at]);
            out.extend_from_slice(REDACTED.as_bytes());
            at = next_of(b"&#", &target, at);
            copied = at;
        }
        if copied == 0 {
            return target;
        }
        out.extend_from_slice(&target[copied..]);
        Cow::Owned(out)
    }
}

/// Where the next of `bytes` stands from `from` on; behind the end if there is none.
fn next_of(bytes: &[u8], text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|byte| bytes.contains(byte)).map_or(text.len(), |n| from + n)
}

/// `scheme://user:password@host/…` without the user and password.
fn without_userinfo(target: &[u8]) -> Cow<'_, [u8]> {
    let Some(scheme) = memchr::memmem::find(target, b"://") else { return Cow::Borrowed(target) };
    let authority = scheme + 3;
    let end = target[authority..]
        .iter()
        .position(|byte| b"/?#".contains(byte))
        .map_or(target.len(), |at| authority + at);
    match memchr::memrchr(b'@', &target[authority..end]) {
        Some(at) if !target[..scheme].contains(&b'?') => Cow::Owned(
            [&target[..authority], REDACTED.as_bytes(), &target[authority + at..]].concat(),
        ),
        _ => Cow::Borrowed(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> String {
        String::from_utf8(Redactor::default().target(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn secrets_in_targets() {
        assert_eq!(target("/a?x=1&Token=abc&y=2"), "/a?x=1&Token=[redacted]&y=2");
        assert_eq!(target("/a?x=1"), "/a?x=1");
        assert_eq!(target("/token"), "/token");
        assert_eq!(target("/a?token"), "/a?token");
        assert_eq!(target("http://u:p@h/x?sig=1"), "http://[redacted]@h/x?sig=[redacted]");
        assert_eq!(target("/mail?to=a@b"), "/mail?to=a@b");
        assert_eq!(target("/a?x;token=b;c&y=1#z"), "/a?x;token=[redacted]&y=1#z");
        assert_eq!(target("/a#access_token=b&x=1"), "/a#access_token=[redacted]&x=1");
        assert_eq!(target("/a?to=/b?sig=c?d&e"), "/a?to=/b?sig=[redacted]&e");
        assert_eq!(target("/a?x=y=token=1&token="), "/a?x=y=token=1&token=[redacted]");
    }

    /// A log-in ends in a redirection that has what it gave in its address, and the next request says
    /// where it came from.
    #[test]
    fn secrets_in_headers_that_hold_an_address() {
        let header = |name: &str, value: &str| {
            let shown = Redactor::default().header(name.as_bytes(), value.as_bytes()).into_owned();
            String::from_utf8(shown).unwrap()
        };
        let callback = "https://app.example/cb?state=1&code=s3cret";
        assert_eq!(header("Location", callback), "https://app.example/cb?state=1&code=[redacted]");
        assert_eq!(header("referer", "https://u:p@a/"), "https://[redacted]@a/");
        assert_eq!(header("Refresh", "0; url=/a?Token=b"), "0; url=/a?Token=[redacted]");
        assert_eq!(header("Accept", "?token=a"), "?token=a");
        assert_eq!(header("Cookie", "a"), REDACTED);
    }

    #[test]
    fn secrets_in_trailers() {
        let redactor = Redactor::with(&["X-Ours".to_owned()], &[]);
        let lines = "Digest: a\nSet-Cookie: s1\nx-ours: s2: s3\nX:";
        let detail = [
            ("upgrade", "Cookie: not a field".to_owned()),
            ("request_trailers", "Digest: a".to_owned()),
            ("response_trailers", lines.to_owned()),
        ];
        let shown = redactor.detail(&detail);
        assert_eq!(shown[..2], detail[..2]);
        let want = "Digest: a\nSet-Cookie: [redacted]\nx-ours: [redacted]\nX:";
        assert_eq!(shown[2].1, want);
        assert!(matches!(redactor.detail(&detail[..2]), Cow::Borrowed(_)));
    }

    #[test]
    fn what_messages_say() {
        let messages = "+0.000001 client text 5: a: b\n+0.1 server binary 0\n+0.2 server text 1: x";
        let detail = [("latest_messages", messages.to_owned()), ("close_reason", "s1".to_owned())];
        let shown = Redactor::default().detail(&detail).into_owned();
        let want = "+0.000001 client text 5: [redacted]\n+0.1 server binary 0\n+0.2 server text 1: [redacted]";
        assert_eq!((&*shown[0].1, &*shown[1].1), (want, REDACTED));
    }

    #[test]
    fn texts_that_hold_literals() {
        let detail = [("command", "GET session:1".to_owned()), ("reply", "null".to_owned())];
        let shown = Redactor::default().detail(&detail).into_owned();
        assert_eq!(shown[0], ("command", REDACTED.to_owned()));
        assert_eq!(shown[1], detail[1]);
    }

    #[test]
    fn header_names_of_any_case_and_ones_of_the_user() {
        let redactor = Redactor::with(&["X-Ours".to_owned()], &[]);
        assert!(redactor.hides_header(b"AUTHORIZATION") && redactor.hides_header(b"x-ours"));
        assert!(!redactor.hides_header(b"accept"));
    }
}
