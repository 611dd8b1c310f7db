//! Is it SSH?
//!
//! Both sides begin with a line `SSH-2.0-software comments` (RFC 4253 section 4.2). A server may say
//! other lines before it.

use crate::limits::SSH_BANNER;
use crate::proto::{Probe, Side};

/// What a side of any version begins with.
const BEGIN: &[u8] = b"SSH-";

/// The registry's probe.
pub(super) fn probe(side: Side, bytes: &[u8]) -> Probe {
    let whole = begins(bytes);
    if whole != Probe::No || side == Side::Client {
        return whole;
    }
    // Only where it is there already: lines before it are seldom, and others' first lines are not to
    // wait for it.
    let bytes = &bytes[..bytes.len().min(SSH_BANNER)];
    let mut lines = memchr::memchr_iter(b'\n', bytes);
    if lines.any(|end| begins(&bytes[end + 1..]) == Probe::Yes) { Probe::Yes } else { Probe::No }
}

/// Do these bytes begin with a version, one that there is?
fn begins(bytes: &[u8]) -> Probe {
    let holds = [
        |byte| byte == BEGIN[0],
        |byte| byte == BEGIN[1],
        |byte| byte == BEGIN[2],
        |byte| byte == BEGIN[3],
        |byte: u8| matches!(byte, b'1' | b'2'),
        |byte| byte == b'.',
        |byte: u8| byte.is_ascii_digit(),
    ];
    if bytes.iter().zip(holds).any(|(byte, holds)| !holds(*byte)) {
        Probe::No
    } else if bytes.len() >= 7 {
        Probe::Yes
    } else {
        Probe::NeedMore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Client as C, Server as S};

    #[test]
    fn a_version_tells() {
        for version in ["SSH-2.0-OpenSSH_9.2p1", "SSH-1.99-x", "SSH-1.5-old"] {
            for side in [C, S] {
                assert_eq!(probe(side, version.as_bytes()), Probe::Yes, "{version}");
                assert_eq!(probe(side, &version.as_bytes()[..5]), Probe::NeedMore);
            }
        }
        assert_eq!(probe(S, b"Welcome.\r\nSSH-2.0-x\r\n"), Probe::Yes);
        assert_eq!(probe(C, b"Welcome.\r\nSSH-2.0-x\r\n"), Probe::No);
    }

    #[test]
    fn others_do_not() {
        for other in ["SSH2", "SSL-2.0", "SSH-3.0-x", "GET / HTTP/1.1", "SSH-2,0"] {
            assert_eq!(probe(S, other.as_bytes()), Probe::No, "{other}");
        }
        assert_eq!(
            probe(S, &[b"a".repeat(SSH_BANNER), b"\nSSH-2.0-x".to_vec()].concat()),
            Probe::No
        );
    }
}
