//! NTP (RFC 5905) and SNTP, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `header` | what a message says, and whether it is one |
//!
//! There are no rows of `requests`: what is learned becomes the flow's `summary`.

mod header;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::datagram::Datagram;
use super::facts::Facts;
use super::trips::Trips;
use super::{About, Close, Context, DatagramParser, DatagramProtocol, Side, Verdict};
use crate::limits::NTP_WAITING;
use header::Header;

/// Registry line.
pub const PROTOCOL: DatagramProtocol = DatagramProtocol {
    name: "ntp",
    probe: header::probe,
    open: |_, _| Box::new(Ntp::default()),
    about: &ABOUT,
};

static ABOUT: About = About {
    title: "NTP 1 to 4 and SNTP",
    extracts: "Summarised on the flow: version and mode each way, the server's stratum, reference identifier, leap indicator and kiss code, messages each way, how many requests were answered, and the least, mean and largest time that took.",
    limits: &[
        "It gives no rows of `requests`; the clocks' offset is not computed.",
        "On other ports than 123 only a client's plain request and a server's synchronised answer are recognised; control messages (modes 6 and 7) are not read.",
        "An answer is found by the timestamp that it repeats among the last 64 requests of a flow that wait for theirs.",
    ],
    oddities: &[],
};

/// Follows one flow.
#[derive(Debug, Default)]
struct Ntp {
    /// What each side said last.
    said: [Option<Header>; 2],
    messages: [u64; 2],
    /// Requests that wait for their answers, the oldest first: their timestamp, and when they came.
    waiting: VecDeque<([u8; 8], i64)>,
    answered: Trips,
    /// A server's code for a client to go away (RFC 5905 section 7.4).
    kiss: Option<String>,
    is_news: bool,
}

impl DatagramParser for Ntp {
    fn datagram(&mut self, datagram: &Datagram<'_>, cx: &mut Context<'_>) -> Verdict {
        let Some(header) = Header::read(datagram.bytes) else {
            // What was cut is nobody's fault; messages of control are in order, and not read.
            let is_control = datagram.bytes.first().is_some_and(|first| matches!(first & 7, 6 | 7));
            if datagram.cut == 0 && !is_control {
                cx.sink.parse_error();
            }
            return Verdict::Continue;
        };
        self.is_news = true;
        self.messages[datagram.side.index()] += 1;
        if header.asks() {
            if self.waiting.len() >= NTP_WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back((header.transmitted, cx.time));
        } else if let Some(at) =
            self.waiting.iter().rposition(|(transmitted, _)| *transmitted == header.origin)
            && let Some((_, asked)) = self.waiting.remove(at)
        {
            self.answered.add(asked, cx.time);
        }
        self.kiss = header.kiss().or(self.kiss.take());
        self.said[datagram.side.index()] = Some(header);
        Verdict::Continue
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        self.tell(cx);
    }

    fn close(&mut self, _: Close, cx: &mut Context<'_>) {
        self.tell(cx);
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + self.waiting.capacity() * size_of::<([u8; 8], i64)>()
            + self.kiss.as_ref().map_or(0, String::capacity)
    }
}

impl Ntp {
    fn tell(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.is_news) {
            cx.sink.summary(&self.facts().summary());
        }
    }

    fn facts(&self) -> Facts {
        let [client, server] = &self.said;
        let of = |header: &Option<Header>| header.as_ref().map(|header| header.version);
        let mode = |header: &Option<Header>| header.as_ref().map(Header::mode);
        let (ours, theirs) = (of(client), of(server));
        let mut facts = Facts::default();
        facts
            .number("version", ours.or(theirs))
            .number(
                "server_version",
                theirs.filter(|version| Some(*version) != ours && ours.is_some()),
            )
            .text("client_mode", mode(client).as_deref())
            .text("server_mode", mode(server).as_deref());
        // Who tells the time: the server, or a client that has a clock of its own.
        if let Some(clock) = server.as_ref().or(client.as_ref().filter(|header| !header.is_plain()))
        {
            facts
                .number("stratum", Some(clock.stratum))
                .text("reference_id", clock.reference().as_deref())
                .text("leap", Some(clock.leap()));
        }
        let [from_client, from_server] = self.messages;
        facts
            .text("kiss_code", self.kiss.as_deref())
            .count("client_messages", from_client)
            .count("server_messages", from_server)
            .number("answered", Some(self.answered.count));
        if let Some([least, mean, most]) = self.answered.times() {
            facts
                .number("latency_min_ns", Some(least))
                .number("latency_mean_ns", Some(mean))
                .number("latency_max_ns", Some(most));
        }
        facts
    }
}

/// Which side sends messages of a mode; `None`: both do.
fn side_of(mode: u8) -> Option<Side> {
    match mode {
        header::mode::CLIENT => Some(Side::Client),
        header::mode::SERVER | header::mode::BROADCAST => Some(Side::Server),
        _ => None,
    }
}
