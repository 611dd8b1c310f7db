//! Where data goes, as `PORT`, `EPRT` and the replies to `PASV` and `EPSV` say it.

use core::net::{IpAddr, Ipv4Addr};

/// `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2), anywhere in a text, as an address and a port.
pub(super) fn listed(text: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(text).ok()?;
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[begin..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let numbers: Vec<u8> = rest[..end].split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let &[a, b, c, d, high, low] = &numbers[..] else { return None };
    Some(format!("{}:{}", Ipv4Addr::from([a, b, c, d]), u16::from_be_bytes([high, low])))
}

/// `|family|address|port|` (RFC 2428 section 2), with a mark of the sender's choice.
pub(super) fn extended(text: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(text).ok()?;
    let mark = text.chars().next()?;
    let mut parts = text.split(mark).skip(2);
    let (address, port): (IpAddr, u16) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(core::net::SocketAddr::new(address, port).to_string())
}

/// `(|||port|)` (RFC 2428 section 3): at the server's own address.
pub(super) fn port(text: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(text).ok()?;
    let within = text.split_once('(')?.1.split_once(')')?.0;
    let mark = within.chars().next()?;
    let port: u16 = within.split(mark).nth(3)?.parse().ok()?;
    Some(format!("port {port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let passive = listed(b"Entering Passive Mode (10,0,0,2,195,80).");
        assert_eq!(passive.as_deref(), Some("10.0.0.2:50000"));
        assert_eq!(listed(b"10,0,0,2,0,20").as_deref(), Some("10.0.0.2:20"));
        for other in ["", "10,0,0,2,0", "10,0,0,2,0,20,1", "10,0,0,256,0,1", "\u{e9}", "none"] {
            assert_eq!(listed(other.as_bytes()), None, "{other}");
        }
        assert_eq!(extended(b"|1|10.0.0.2|20|").as_deref(), Some("10.0.0.2:20"));
        assert_eq!(extended(b"!2!fd00::1!20!").as_deref(), Some("[fd00::1]:20"));
        assert_eq!(extended(b"|1|x|20|"), None);
        assert_eq!(port(b"Entering (|||50000|)").as_deref(), Some("port 50000"));
        assert_eq!(port(b"Entering (|||x|)"), None);
        assert_eq!(port(b"()"), None);
    }
}
