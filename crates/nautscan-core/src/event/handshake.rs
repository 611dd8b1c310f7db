//! What a TLS handshake shows of itself: a flow's `tls_` columns.

use crate::proto::Side;

/// What was seen of a connection's TLS handshake so far. What was not seen is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Name of the server that the client asked for (RFC 6066 section 3).
    pub server_name: Option<String>,
    /// Version that the server chose, as on the wire.
    pub version: Option<u16>,
    /// Cipher suite that the server chose.
    pub cipher: Option<u16>,
    /// Application protocol that the server chose (RFC 7301).
    pub alpn: Option<String>,
    /// Application protocols that the client offered, joined by commas.
    pub alpn_offered: Option<String>,
    /// Whether an earlier session, or another key known before, was taken up.
    pub resumed: Option<bool>,
    /// JA3 of the client's first hello.
    pub ja3: Option<[u8; 16]>,
    /// JA4 of the client's first hello.
    pub ja4: Option<String>,
    /// The server's own certificate.
    pub certificate: Option<Certificate>,
    /// The alert that was sent in clear: the first fatal one, or else the first.
    pub alert: Option<Alert>,
}

/// What a certificate states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Distinguished name (RFC 4514).
    pub subject: String,
    /// Distinguished name (RFC 4514).
    pub issuer: String,
    /// Not valid before, ns since 1970 UTC; `None` beyond what 64 bits can say.
    pub not_before: Option<i64>,
    /// Not valid after, likewise.
    pub not_after: Option<i64>,
}

/// An alert in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// Who sent it.
    pub side: Side,
    /// Whether it ends the connection.
    pub is_fatal: bool,
    /// Its description, as on the wire.
    pub description: u8,
}

impl Handshake {
    /// Bytes that it holds, itself included.
    pub fn memory(&self) -> usize {
        let texts = [&self.server_name, &self.alpn, &self.alpn_offered, &self.ja4];
        let held: usize = texts.into_iter().flatten().map(String::capacity).sum();
        let names = self.certificate.as_ref().map_or(0, |certificate| {
            certificate.subject.capacity() + certificate.issuer.capacity()
        });
        size_of::<Self>() + held + names
    }
}
