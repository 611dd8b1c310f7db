//! Connections of data: what is known of them was said on the connection that announced them.

use crate::event::Summary;
use crate::proto::facts::Facts;
use crate::proto::{About, Announcement, Side};

/// The value of the `protocol` column.
pub static DATA: &str = "ftp-data";

/// It in words.
pub static ABOUT: About = About {
    title: "FTP, connections of data",
    extracts: "Summarised on the flow, from what was said on the control connection: passive or active, the command, the Community ID of the control connection. The file's name only where nothing is redacted. What is carried is not read.",
    limits: &[
        "Known where the control connection was seen and followed: it is not encrypted, nothing of it was lost before. Otherwise the flow is what its bytes say, or of no known protocol.",
        "An announcement is of one connection, the first within 5 minutes to the port where a side says that it listens, at its own address or the one that it names, from the other side's address.",
        "The command is left out where it was sent before the server had said where it listens. Of a connection that encrypts its data (`PROT P`) the handshake is not read.",
        "The latest 4,096 announcements are known; the counter `announcements_forgotten` tells of more.",
    ],
    oddities: &[],
};

/// What a flow says of itself that was announced on the one with this Community ID.
pub fn summary_of_data(said: &Announcement, control: &str) -> Summary {
    let mode = match said.listener {
        Side::Server => "passive",
        Side::Client => "active",
    };
    let (command, file) =
        said.transfer.as_ref().map(|(command, file)| (&**command, &**file)).unzip();
    let mut facts = Facts::default();
    facts
        .text("protocol", Some(DATA))
        .text("mode", Some(mode))
        .text("transfer", command)
        .text("file", file.filter(|file| !file.is_empty()))
        .text("control_community_id", Some(control));
    facts.summary()
}
