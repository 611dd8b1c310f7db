//! MQTT 3.1, 3.1.1 and 5, observed from the side.
//!
//! | file | idea |
//! |---|---|
//! | `packet` | types of packets, and whether bytes are packets at all |
//! | `probe` | is it MQTT? |
//! | `properties`, `reason` | what MQTT 5 adds, and codes by name |
//! | `tell` | packets as exchanges |
//! | `session`, `waiting` | which acknowledgement is of which packet |
//! | `oddity` | what is noted on rows |
//!
//! Packets state their length, and acknowledgements name what they are of. So a loss within a packet
//! costs that packet; behind any other loss a segment that is nothing but packets is where following
//! goes on.

mod oddity;
mod packet;
mod probe;
mod properties;
mod reason;
mod session;
mod tell;
#[cfg(test)]
mod tests;
mod waiting;

pub use oddity::ODDITIES;

use super::frames::{Frames, Half};
use super::{About, Close, Context, Parser, Protocol, Settings, Side, UNANSWERED, Verdict};
use crate::limits::MQTT_KEPT;
use packet::Looks;
use session::Session;

/// Registry line.
pub const PROTOCOL: Protocol = Protocol { name: "mqtt", probe: probe::probe, open, about: &ABOUT };

static ABOUT: About = About {
    title: "MQTT (3.1, 3.1.1, 5)",
    extracts: "Packet type, client identifier, the grouping form of the topic, quality of service, reason code by number and name, codes of each topic of a subscription, time from a message to its last acknowledgement, user properties as headers; a message that a server delivers is a row without a request. The topic itself and payloads only where nothing is redacted; passwords never.",
    limits: &[
        "MQTT over WebSocket or QUIC and MQTT-SN are not read.",
        "Where a connection's beginning was not seen, the version is not known until a packet tells it: payloads are not shown until then.",
        "A topic alias is resolved only if the message that defined it was seen; 256 are remembered for each side.",
        "1,024 packets, and 1 MiB of them, wait for acknowledgements on each side of a connection.",
    ],
    oddities: ODDITIES,
};

fn open(settings: &Settings) -> Box<dyn Parser> {
    Box::new(Mqtt::new(settings))
}

/// Follows one connection.
struct Mqtt {
    halves: [Half; 2],
    session: Session,
}

impl Mqtt {
    fn new(settings: &Settings) -> Self {
        let keep = MQTT_KEPT.saturating_add(settings.body_limit);
        let half = || Half::new(Frames::new(packet::head, keep));
        Self { halves: [half(), half()], session: Session::default() }
    }
}

impl Parser for Mqtt {
    fn data(&mut self, side: Side, bytes: &[u8], cx: &mut Context<'_>) -> Verdict {
        let half = &mut self.halves[side.index()];
        if !half.finds(|| matches!(packet::looks(side, bytes), Looks::Whole { .. })) {
            return Verdict::Continue;
        }
        if half.take_passed() {
            // It may have answered what was asked since the place was lost.
            self.session.lose(side, cx);
        }
        let mut at = 0;
        while at < bytes.len() {
            let Ok((used, framed)) = self.halves[side.index()].next(&bytes[at..], cx) else {
                self.session.close(None, cx);
                return Verdict::Dead("not MQTT");
            };
            at += used;
            let ended = Some(cx.time);
            if framed.is_some_and(|framed| self.session.packet(side, &framed, ended, cx).is_err()) {
                self.session.close(None, cx);
                return Verdict::Dead("a packet that this side does not send");
            }
        }
        Verdict::Continue
    }

    fn gap(&mut self, side: Side, lost: u64, cx: &mut Context<'_>) -> Verdict {
        let (framed, is_lost) = self.halves[side.index()].lose(lost);
        if let Some(framed) = framed
            && self.session.packet(side, &framed, None, cx).is_err()
        {
            self.session.close(None, cx);
            return Verdict::Dead("a packet that this side does not send");
        }
        if is_lost {
            self.session.lose(side, cx);
        }
        Verdict::Continue
    }

    fn end(&mut self, _: Side, _: &mut Context<'_>) -> Verdict {
        Verdict::Continue
    }

    fn close(&mut self, close: Close, cx: &mut Context<'_>) {
        let error = close.failure(UNANSWERED);
        for side in [Side::Client, Side::Server] {
            if self.halves[side.index()].take_passed() {
                // It may have answered what was asked since the place was lost.
                self.session.lose(side, cx);
            }
            // The end of a packet that was begun never came.
            if let Some(framed) = self.halves[side.index()].part() {
                let _ = self.session.packet(side, &framed, None, cx);
            }
        }
        self.session.close(error, cx);
    }

    fn memory(&self) -> usize {
        let halves: usize = self.halves.iter().map(Half::memory).sum();
        size_of::<Self>() + halves + self.session.memory()
    }
}
