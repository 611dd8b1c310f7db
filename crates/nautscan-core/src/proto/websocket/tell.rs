//! A WebSocket as a row.

use super::close::{self, Closing};
use super::half::Half;
use super::recent;
use crate::event::{Exchange, Message};
use crate::proto::shown::push_text;

/// Puts into `exchange` what both sides have sent so far.
pub(super) fn tell(exchange: &mut Exchange, halves: &[Half; 2], first: Option<usize>) {
    let [client, server] = halves;
    take_half(&mut exchange.request, client);
    take_half(&mut exchange.response, server);
    let begun = exchange.request.as_ref().or(exchange.response.as_ref());
    let since = begun.map_or(0, |message| message.first_time);
    tell_counts(exchange, halves);
    if let Some(first) = first {
        tell_closing(exchange, halves, first);
    }
    let lines = recent::lines([&client.recent, &server.recent], since);
    if !lines.is_empty() {
        exchange.detail.push(("messages", lines));
    }
}

/// What one side has sent. Where its half of the handshake was not seen, frames are all there is.
fn take_half(slot: &mut Option<Message>, half: &Half) {
    if let (None, Some((first_time, _))) = (&slot, half.times) {
        *slot = Some(Message { first_time, ..Message::default() });
    }
    let Some(message) = slot else { return };
    message.body.bytes = half.bytes();
    message.body.kept = None;
    message.body.truncated = half.tally.bytes > 0;
    if let Some((_, last)) = half.times {
        message.last_time = message.last_time.max(Some(last));
    }
}

fn tell_counts(exchange: &mut Exchange, [client, server]: &[Half; 2]) {
    let (client, server) = (&client.tally, &server.tally);
    let detail = &mut exchange.detail;
    detail.push(("request_messages", (client.texts + client.binaries).to_string()));
    detail.push(("response_messages", (server.texts + server.binaries).to_string()));
    for (name, count) in [
        ("client_texts", client.texts),
        ("client_binaries", client.binaries),
        ("client_fragments", client.fragments),
        ("client_pings", client.pings),
        ("client_pongs", client.pongs),
        ("server_texts", server.texts),
        ("server_binaries", server.binaries),
        ("server_fragments", server.fragments),
        ("server_pings", server.pings),
        ("server_pongs", server.pongs),
    ] {
        if count > 0 {
            detail.push((name, count.to_string()));
        }
    }
}

/// `first`: which side closed it.
fn tell_closing(exchange: &mut Exchange, halves: &[Half; 2], first: usize) {
    let Some(closing) = &halves[first].closing else { return };
    let by = if first == 0 { "client" } else { "server" };
    exchange.detail.push(("closed_by", by.to_owned()));
    tell_code(exchange, closing);
    if !closing.reason.is_empty() {
        let mut reason = String::new();
        push_text(&closing.reason, &mut reason);
        exchange.detail.push(("close_reason", reason));
    }
    let answer = halves[1 - first].closing.as_ref().and_then(|answer| answer.code);
    if let Some(answer) = answer.filter(|answer| Some(*answer) != closing.code) {
        exchange.detail.push(("close_answer", answer.to_string()));
    }
}

fn tell_code(exchange: &mut Exchange, closing: &Closing) {
    let Some(code) = closing.code else { return };
    exchange.detail.push(("close_code", code.to_string()));
    if let Some((name, is_failure)) = close::name(code) {
        exchange.detail.push(("close_name", name.to_owned()));
        if is_failure {
            exchange.error = Some(name);
        }
    }
}
