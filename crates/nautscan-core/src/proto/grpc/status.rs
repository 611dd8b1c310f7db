//! What a call was of, and how it ended.

/// The service and the method that a path names: `/package.Service/Method`.
pub(super) fn called(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = path.strip_prefix(b"/")?;
    let at = memchr::memrchr(b'/', path)?;
    let (service, method) = (&path[..at], &path[at + 1..]);
    (!service.is_empty() && !method.is_empty()).then_some((service, method))
}

/// Name of a status.
pub(super) fn status_name(status: i32) -> &'static str {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = usize::try_from(status).ok().and_then(|at| NAMES.get(at));
    name.copied().unwrap_or("unregistered grpc-status")
}

/// A status as its field states it.
pub(super) fn status(text: &[u8]) -> Option<i32> {
    core::str::from_utf8(text).ok()?.parse().ok().filter(|status| *status >= 0)
}

/// Undoes the percent-encoding of a status message; what is not encoded so stays.
pub(super) fn message(text: &[u8]) -> String {
    let hex = |at: usize| text.get(at).and_then(|&digit| char::from(digit).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(called(b"/a.B/C"), Some((&b"a.B"[..], &b"C"[..])));
        assert_eq!((called(b"/a"), called(b"/a/"), called(b"*")), (None, None, None));
    }

    #[test]
    fn statuses_and_their_messages() {
        assert_eq!((status_name(5), status_name(16)), ("NOT_FOUND", "UNAUTHENTICATED"));
        assert_eq!(status_name(17), "unregistered grpc-status");
        assert_eq!((status(b"5"), status(b"-1"), status(b"x")), (Some(5), None, None));
        assert_eq!(message("100%25 %C3%BC%".as_bytes()), "100% ü%");
    }
}
