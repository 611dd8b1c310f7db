//! Where data goes, as `PORT`, `EPRT` and the replies to `PASV` and `EPSV` say it.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where a side listens for a connection of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// `None`: at its own address.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{}", SocketAddr::new(address, self.port)),
            None => write!(f, "port {}", self.port),
        }
    }
}

/// `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2), anywhere in a text.
pub(super) fn listed(text: &[u8]) -> Option<Place> {
    let text = core::str::from_utf8(text).ok()?;
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[begin..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let numbers: Vec<u8> = rest[..end].split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let &[a, b, c, d, high, low] = &numbers[..] else { return None };
    let address = Some(IpAddr::V4(Ipv4Addr::from([a, b, c, d])));
    Some(Place { address, port: u16::from_be_bytes([high, low]) })
}

/// `|family|address|port|` (RFC 2428 section 2), with a mark of the sender's choice.
pub(super) fn extended(text: &[u8]) -> Option<Place> {
    let text = core::str::from_utf8(text).ok()?;
    let mark = text.chars().next()?;
    let mut parts = text.split(mark).skip(2);
    let address = Some(parts.next()?.parse().ok()?);
    Some(Place { address, port: parts.next()?.parse().ok()? })
}

/// `(|||port|)` (RFC 2428 section 3): at the server's own address.
pub(super) fn port(text: &[u8]) -> Option<Place> {
    let text = core::str::from_utf8(text).ok()?;
    let within = text.split_once('(')?.1.split_once(')')?.0;
    let mark = within.chars().next()?;
    let port = within.split(mark).nth(3)?.parse().ok()?;
    Some(Place { address: None, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(place: Option<Place>) -> String {
        place.map_or("-".to_owned(), |place| place.to_string())
    }

    #[test]
    fn places() {
        let passive = listed(b"Entering Passive Mode (10,0,0,2,195,80).");
        assert_eq!(said(passive), "10.0.0.2:50000");
        assert_eq!(said(listed(b"10,0,0,2,0,20")), "10.0.0.2:20");
        for other in ["", "10,0,0,2,0", "10,0,0,2,0,20,1", "10,0,0,256,0,1", "\u{e9}", "none"] {
            assert_eq!(listed(other.as_bytes()), None, "{other}");
        }
        assert_eq!(said(extended(b"|1|10.0.0.2|20|")), "10.0.0.2:20");
        assert_eq!(said(extended(b"!2!fd00::1!20!")), "[fd00::1]:20");
        assert_eq!(extended(b"|1|x|20|"), None);
        assert_eq!(said(port(b"Entering (|||50000|)")), "port 50000");
        assert_eq!(port(b"Entering (|||x|)"), None);
        assert_eq!(port(b"()"), None);
    }
}
