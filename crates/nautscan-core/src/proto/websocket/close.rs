//! Close frames: codes by name (RFC 6455 section 7.4, and what IANA has registered since).

/// A close frame's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    /// `None`: the frame states none.
    pub(super) code: Option<u16>,
    pub(super) reason: Vec<u8>,
    /// Half a code, one that must not be sent, or a reason that is not UTF-8.
    pub(super) is_odd: bool,
}

/// Reads the payload of a close frame.
pub(super) fn read(payload: &[u8]) -> Closing {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return Closing { code: None, reason: Vec::new(), is_odd: !payload.is_empty() };
    };
    let code = u16::from_be_bytes(*code);
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let is_odd = !may_be_sent || core::str::from_utf8(reason).is_err();
    Closing { code: Some(code), reason: reason.to_vec(), is_odd }
}

/// The name of a code, and whether it says that something failed.
pub(super) fn name(code: u16) -> Option<(&'static str, bool)> {
    Some(match code {
        1000 => ("normal closure", false),
        1001 => ("going away", false),
        1002 => ("protocol error", true),
        1003 => ("unsupported data", true),
        1007 => ("invalid frame payload data", true),
        1008 => ("policy violation", true),
        1009 => ("message too big", true),
        1010 => ("mandatory extension", true),
        1011 => ("internal error", true),
        1012 => ("service restart", true),
        1013 => ("try again later", true),
        1014 => ("bad gateway", true),
        3000 => ("unauthorized", true),
        3003 => ("forbidden", true),
        3008 => ("timeout", true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_may_be_sent() {
        assert_eq!(read(b""), Closing { code: None, reason: vec![], is_odd: false });
        assert!(read(b"\x03").is_odd);
        let bye = read(b"\x03\xe8bye");
        assert_eq!((bye.code, &bye.reason[..], bye.is_odd), (Some(1000), &b"bye"[..], false));
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
            assert!(read(&code.to_be_bytes()).is_odd, "{code}");
        }
        assert!(read(b"\x03\xe8\xff").is_odd);
        assert!(!read(&4001u16.to_be_bytes()).is_odd);
        assert_eq!((name(1011), name(4001)), (Some(("internal error", true)), None));
    }
}
