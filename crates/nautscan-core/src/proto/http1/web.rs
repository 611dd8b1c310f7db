//! gRPC-Web: calls of gRPC whose trailers stand in the content (`PROTOCOL-WEB.md`).
//!
//! Whether a message is of one its media type says, once; all else is out of the way of other HTTP.

use super::Http1;
use super::framing::Facts;
use super::pending::{Pending, Progress};
use crate::event::Message;
use crate::proto::grpc::{Call, HalfCall};
use crate::proto::{Settings, Side};

/// Whether a message is of a call.
#[inline]
pub(super) fn is_call(message: &Message) -> bool {
    let media_type = message.content_type.as_deref();
    media_type.is_some_and(|text| text.starts_with(b"application/grpc-web"))
}

impl Http1 {
    /// The body of a message of a call begins.
    #[cold]
    pub(super) fn begin_call(&mut self, side: Side, facts: &mut Facts) {
        let fields = facts.grpc.take().unwrap_or_default();
        let codings = facts.codings;
        let Some(pending) = self.pending(side) else { return };
        let message = match side {
            Side::Client => pending.exchange.request.as_ref(),
            Side::Server => pending.exchange.response.as_ref(),
        };
        let media_type = message.and_then(|message| message.content_type.as_deref());
        let half = HalfCall::new(media_type, fields.encoding, &codings);
        if half.messages.is_none() {
            return;
        }
        let call = pending.call.get_or_insert_default();
        call.halves[side.index()] = half;
        if side == Side::Server {
            (call.status, call.message) = (fields.status, fields.message);
        }
    }
}

/// Takes in content. `hole`: some is missing before it.
#[cold]
pub(super) fn add_content(call: &mut Call, side: Side, piece: &[u8], hole: bool) {
    let half = &mut call.halves[side.index()];
    if hole {
        half.lose();
    }
    half.feed(piece);
}

/// Makes a row of gRPC of an exchange that is settled.
#[cold]
pub(super) fn tell(pending: &mut Pending, settings: &Settings) {
    let Some(mut call) = pending.call.take() else { return };
    let progress = [pending.request, pending.response];
    for (half, progress) in call.halves.iter_mut().zip(progress) {
        half.is_ended = progress == Progress::Ended;
        if pending.gap {
            half.lose();
        }
    }
    call.is_whole = pending.response == Progress::Ended && !pending.gap;
    if let Some(version) = pending.exchange.version {
        pending.detail("http_version", ',', version);
    }
    call.tell(&mut pending.exchange, settings);
}
