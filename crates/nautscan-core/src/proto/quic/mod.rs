//! QUIC (RFC 8999, RFC 9000, RFC 9001, RFC 9369, and the later drafts), observed from the side: who
//! is asked for what, before all else is encrypted.
//!
//! | file | idea |
//! |---|---|
//! | `version` | versions, and what differs between them |
//! | `probe` | is it QUIC? |
//! | `packet` | packets with long headers in a datagram |
//! | `keys` | keys of Initial packets, and what they open |
//! | `frames` | frames in those |
//! | `stream` | the bytes of CRYPTO frames in order |
//! | `connection` | a connection that a client has begun |
//! | `session` | a flow: its datagrams in any order |
//! | `google` | hellos of what Google had before |
//! | `facts` | the summary of the flow |
//!
//! Nothing becomes a row of `requests`: what is learned goes to the flow, as soon as it is known.

mod connection;
mod facts;
mod frames;
mod google;
mod keys;
mod packet;
mod probe;
mod session;
mod stream;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod version;

use super::{About, DatagramProtocol};
use session::Session;

/// Registry line.
pub const PROTOCOL: DatagramProtocol = DatagramProtocol {
    name: "quic",
    probe: probe::probe,
    open: |_, _| Box::new(Session::default()),
    about: &ABOUT,
};

static ABOUT: About = About {
    title: "QUIC 1 and 2, drafts 23 to 34; Google's Q024 to Q046",
    extracts: "On the flow: of the handshake what TLS shows (the server's name, version, cipher suite, ALPN offered, resumption, JA3, JA4), and in `summary` the version, versions that the server offered, Retry, 0-RTT, lengths of the connection IDs, and how either side ended the connection during the handshake.",
    limits: &[
        "It gives no rows of `requests`: all behind the hellos is encrypted, HTTP/3 and DNS included.",
        "The certificate and the application protocol that the server chose are encrypted: null.",
        "Of a connection whose first packets were not captured, the handshake is not read; one of which only packets with short headers were captured is not recognised, nor one that went on from another address.",
        "Two connections that share addresses and ports are one flow: what is told is of the first.",
        "Datagrams in the wrong order are put in order where they come within 2 s of each other. Up to 32 KiB of a side's handshake are held; more counts as a parse error.",
        "Of Google's QUIC before the IETF's (`Q024` to `Q046`) the client's hello tells version and server name; there is no TLS in it. Other versions, `Q050` and Meta's among them, are not read.",
    ],
    oddities: &[],
};
