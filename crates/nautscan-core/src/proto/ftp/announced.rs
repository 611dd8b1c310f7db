//! Announcements of connections of data, told from a single segment: for who sees segments only, and has
//! to bring together what belongs together before anybody reads it.

use core::net::IpAddr;

use super::place::{self, Place};

/// Whether bytes begin with a word of [`announced`].
#[inline]
pub fn begins_announcement(bytes: &[u8]) -> bool {
    let Some(word) = bytes.first_chunk::<4>() else { return false };
    matches!(word.to_ascii_uppercase().as_slice(), b"227 " | b"229 " | b"PORT" | b"EPRT")
}

/// Where the sender of a segment listens, if that says so: at its own address where it names none.
pub fn announced(segment: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let (word, rest) = segment.split_first_chunk::<4>()?;
    let line = rest.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let Place { address, port } = match word.to_ascii_uppercase().as_slice() {
        b"227 " | b"PORT" => place::listed(line)?,
        b"229 " => place::port(line)?,
        b"EPRT" => place::extended(line)?,
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_that_announce() {
        let told = |text: &str| {
            assert_eq!(begins_announcement(text.as_bytes()), announced(text.as_bytes()).is_some());
            announced(text.as_bytes()).map(|(address, port)| {
                (address.map_or("-".to_owned(), |address| address.to_string()), port)
            })
        };
        let place = |address: &str, port| Some((address.to_owned(), port));
        let passive = "227 Entering Passive Mode (10,0,0,2,195,80).\r\n";
        assert_eq!(told(passive), place("10.0.0.2", 50_000));
        assert_eq!(told("229 Entering (|||50001|)\r\n220 x\r\n"), place("-", 50_001));
        assert_eq!(told("port 10,0,0,1,0,20\r\n"), place("10.0.0.1", 20));
        assert_eq!(told("EPRT |2|fd00::1|20|\r\n"), place("fd00::1", 20));
        for other in ["", "22", "220 FTP\r\n", "GET / HTTP/1.1\r\n"] {
            assert_eq!(told(other), None, "{other}");
        }
        assert_eq!(announced(b"227 nowhere\r\n"), None);
    }
}
