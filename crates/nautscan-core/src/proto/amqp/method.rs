//! Methods by number, and codes by name.
//!
//! Source: AMQP 0-9-1 with RabbitMQ's additions, `amqp0-9-1.stripped.extended.xml`.

use crate::proto::Side;

/// Class and method.
pub(super) type Id = (u16, u16);

/// What follows from a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is answered by the method (of its class) with this number, or one of these two.
    Asks(u16, u16),
    /// It is an answer.
    Answers,
    /// Nobody answers it.
    Tells,
}

/// A method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// Who sends it; either side if `None`.
    pub(super) side: Option<Side>,
    pub(super) role: Role,
}

pub(super) const START: Id = (10, 10);
pub(super) const START_OK: Id = (10, 11);
pub(super) const OPEN: Id = (10, 40);
pub(super) const CLOSE: Id = (10, 50);
pub(super) const CHANNEL_CLOSE: Id = (20, 40);
pub(super) const EXCHANGE_DECLARE: Id = (40, 10);
pub(super) const EXCHANGE_DELETE: Id = (40, 20);
pub(super) const EXCHANGE_BIND: Id = (40, 30);
pub(super) const EXCHANGE_UNBIND: Id = (40, 40);
pub(super) const QUEUE_DECLARE: Id = (50, 10);
pub(super) const QUEUE_DECLARE_OK: Id = (50, 11);
pub(super) const QUEUE_BIND: Id = (50, 20);
pub(super) const QUEUE_PURGE: Id = (50, 30);
pub(super) const QUEUE_DELETE: Id = (50, 40);
pub(super) const QUEUE_UNBIND: Id = (50, 50);
pub(super) const CONSUME: Id = (60, 20);
pub(super) const CONSUME_OK: Id = (60, 21);
pub(super) const CANCEL: Id = (60, 30);
pub(super) const PUBLISH: Id = (60, 40);
pub(super) const RETURN: Id = (60, 50);
pub(super) const DELIVER: Id = (60, 60);
pub(super) const GET: Id = (60, 70);
pub(super) const GET_OK: Id = (60, 71);
pub(super) const GET_EMPTY: Id = (60, 72);
pub(super) const ACK: Id = (60, 80);
pub(super) const REJECT: Id = (60, 90);
pub(super) const NACK: Id = (60, 120);
pub(super) const CONFIRM: Id = (85, 10);

/// A method by its numbers. `None`: there is none.
pub(super) fn of(id: Id) -> Option<Method> {
    use Role::{Answers, Asks, Tells};
    const C: Option<Side> = Some(Side::Client);
    const S: Option<Side> = Some(Side::Server);
    let ask = |number: u16| Asks(number, number);
    let (name, side, role) = match id {
        (10, 10) => ("connection.start", S, ask(11)),
        (10, 11) => ("connection.start-ok", C, Answers),
        (10, 20) => ("connection.secure", S, ask(21)),
        (10, 21) => ("connection.secure-ok", C, Answers),
        (10, 30) => ("connection.tune", S, ask(31)),
        (10, 31) => ("connection.tune-ok", C, Answers),
        (10, 40) => ("connection.open", C, ask(41)),
        (10, 41) => ("connection.open-ok", S, Answers),
        (10, 50) => ("connection.close", None, ask(51)),
        (10, 51) => ("connection.close-ok", None, Answers),
        (10, 60) => ("connection.blocked", S, Tells),
        (10, 61) => ("connection.unblocked", S, Tells),
        (10, 70) => ("connection.update-secret", C, ask(71)),
        (10, 71) => ("connection.update-secret-ok", S, Answers),
        (20, 10) => ("channel.open", C, ask(11)),
        (20, 11) => ("channel.open-ok", S, Answers),
        (20, 20) => ("channel.flow", None, ask(21)),
        (20, 21) => ("channel.flow-ok", None, Answers),
        (20, 40) => ("channel.close", None, ask(41)),
        (20, 41) => ("channel.close-ok", None, Answers),
        (40, 10) => ("exchange.declare", C, ask(11)),
        (40, 11) => ("exchange.declare-ok", S, Answers),
        (40, 20) => ("exchange.delete", C, ask(21)),
        (40, 21) => ("exchange.delete-ok", S, Answers),
        (40, 30) => ("exchange.bind", C, ask(31)),
        (40, 31) => ("exchange.bind-ok", S, Answers),
        (40, 40) => ("exchange.unbind", C, ask(51)),
        (40, 51) => ("exchange.unbind-ok", S, Answers),
        (50, 10) => ("queue.declare", C, ask(11)),
        (50, 11) => ("queue.declare-ok", S, Answers),
        (50, 20) => ("queue.bind", C, ask(21)),
        (50, 21) => ("queue.bind-ok", S, Answers),
        (50, 30) => ("queue.purge", C, ask(31)),
        (50, 31) => ("queue.purge-ok", S, Answers),
        (50, 40) => ("queue.delete", C, ask(41)),
        (50, 41) => ("queue.delete-ok", S, Answers),
        (50, 50) => ("queue.unbind", C, ask(51)),
        (50, 51) => ("queue.unbind-ok", S, Answers),
        (60, 10) => ("basic.qos", C, ask(11)),
        (60, 11) => ("basic.qos-ok", S, Answers),
        (60, 20) => ("basic.consume", C, ask(21)),
        (60, 21) => ("basic.consume-ok", S, Answers),
        (60, 30) => ("basic.cancel", None, ask(31)),
        (60, 31) => ("basic.cancel-ok", None, Answers),
        (60, 40) => ("basic.publish", C, Tells),
        (60, 50) => ("basic.return", S, Tells),
        (60, 60) => ("basic.deliver", S, Tells),
        (60, 70) => ("basic.get", C, Asks(71, 72)),
        (60, 71) => ("basic.get-ok", S, Answers),
        (60, 72) => ("basic.get-empty", S, Answers),
        (60, 80) => ("basic.ack", None, Tells),
        (60, 90) => ("basic.reject", C, Tells),
        (60, 100) => ("basic.recover-async", C, Tells),
        (60, 110) => ("basic.recover", C, ask(111)),
        (60, 111) => ("basic.recover-ok", S, Answers),
        (60, 120) => ("basic.nack", None, Tells),
        (85, 10) => ("confirm.select", C, ask(11)),
        (85, 11) => ("confirm.select-ok", S, Answers),
        (90, 10) => ("tx.select", C, ask(11)),
        (90, 11) => ("tx.select-ok", S, Answers),
        (90, 20) => ("tx.commit", C, ask(21)),
        (90, 21) => ("tx.commit-ok", S, Answers),
        (90, 30) => ("tx.rollback", C, ask(31)),
        (90, 31) => ("tx.rollback-ok", S, Answers),
        _ => return None,
    };
    Some(Method { name, side, role })
}

/// Whether a method with content follows it by header and body.
pub(super) fn has_content(id: Id) -> bool {
    matches!(id, PUBLISH | RETURN | DELIVER | GET_OK)
}

/// Name of a reply code that tells of a failure.
pub(super) fn failure(code: u16) -> Option<&'static str> {
    Some(match code {
        0..300 => return None,
        311 => "CONTENT_TOO_LARGE",
        312 => "NO_ROUTE",
        313 => "NO_CONSUMERS",
        320 => "CONNECTION_FORCED",
        402 => "INVALID_PATH",
        403 => "ACCESS_REFUSED",
        404 => "NOT_FOUND",
        405 => "RESOURCE_LOCKED",
        406 => "PRECONDITION_FAILED",
        501 => "FRAME_ERROR",
        502 => "SYNTAX_ERROR",
        503 => "COMMAND_INVALID",
        504 => "CHANNEL_ERROR",
        505 => "UNEXPECTED_FRAME",
        506 => "RESOURCE_ERROR",
        530 => "NOT_ALLOWED",
        540 => "NOT_IMPLEMENTED",
        541 => "INTERNAL_ERROR",
        _ => "reply code without a name",
    })
}
