//! FTP (RFC 959) with its extensions for IPv6 (RFC 2428) and TLS (RFC 4217): the control connection,
//! observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `probe` | is it FTP? |
//! | `place` | where data goes |
//! | `verbs` | which commands there are |
//! | `session` | what commands and replies come to |
//! | `announced` | what announces a connection, in a segment by itself |
//! | `data` | connections of data |
//!
//! There are no rows of `requests`: what is learned becomes the `summary` of the flow, and of the flows of
//! data that it announces. Passwords are not kept.

mod announced;
mod data;
mod place;
pub(super) mod probe;
mod session;
#[cfg(test)]
mod tests;
mod verbs;

pub use announced::{announced, begins_announcement};
pub use data::{ABOUT as ABOUT_DATA, DATA, summary_of_data};

use super::talk::Talk;
use super::{About, Parser, Protocol, Settings};
use session::Ftp;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "ftp", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "FTP, the control connection",
    extracts: "Summarised on the flow: greeting, system, whether TLS was asked for and agreed on (what follows is read as TLS), the code that answered the login, commands counted by name (words that are none together), transfers done and failed, where data connections went, the last reply code. The user's name only where nothing is redacted.",
    limits: &[
        "It gives no rows of `requests`. Passwords are never kept.",
        "A server whose greeting does not name the protocol is known by its answer to `USER`.",
        "After a loss the connection is not followed any more: the summary says `incomplete`, and its counts are those up to there.",
        "Of 32 different commands, 16 data connections and 256 commands without a reply more are not followed.",
    ],
    oddities: &[],
};

fn open(_: &Settings) -> Box<dyn Parser> {
    Box::new(Talk::<Ftp>::default())
}
