//! SMTP (RFC 5321) with its extensions for TLS (RFC 3207), authentication (RFC 4954), chunks (RFC 3030)
//! and pipelining (RFC 2920), observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it SMTP? |
//! | `session` | what commands and replies come to |
//!
//! There are no rows of `requests`: what is learned becomes the flow's `summary`. Addresses, subjects and
//! contents of mails are nobody's business here: mails are counted, and none of these is kept.

mod probe;
mod session;
#[cfg(test)]
mod tests;

use super::talk::Talk;
use super::{About, Parser, Protocol, Settings};
use session::Smtp;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "smtp", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "SMTP and ESMTP",
    extracts: "Summarised on the flow: the names by which server and client introduce themselves, the server's extensions, whether TLS was asked for and agreed on (what follows is read as TLS), the mechanism of authentication and the code that answered it, how many mails and recipients were accepted and refused, the last reply code.",
    limits: &[
        "It gives no rows of `requests`. Addresses and contents of mails, and all that is said in an authentication, are never kept.",
        "A server whose greeting does not name the protocol is known by what the client says next. LMTP is not read.",
        "After a loss outside of a mail's content the connection is not followed any more: the summary says `incomplete`, and its counts are those up to there.",
        "Of 32 extensions and 256 commands without a reply more are not followed.",
    ],
    oddities: &[],
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Talk::<Smtp>::default())
}
