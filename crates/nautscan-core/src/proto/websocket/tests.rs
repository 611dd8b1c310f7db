//! Dialogues: what both sides said, and the exchanges that come of it.

use super::*;
use crate::proto::Probe;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, says, text};

/// A message as peers send it.
fn said(body: &str) -> Vec<u8> {
    [MAGIC, &[body.len() as u8], body.as_bytes()].concat()
}

/// `METHOD completeness error`, and that it is so however the bytes are cut.
fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Websocket::default, acts, |e| {
        format!("{} {} {}", text(&e.method), e.completeness.name(), e.error.unwrap_or("-"))
    })
}

#[test]
fn a_request_has_its_answer() {
    let acts = [
        says(C, said("ASK")),
        says(C, [said("ONE"), said("TWO")].concat()),
        says(S, said("answer")),
        says(S, [said("1"), said("")].concat()),
    ];
    assert_eq!(told(&acts), ["ASK complete -", "ONE complete -", "TWO complete -"]);
}

#[test]
fn a_loss_within_a_message_is_marked_and_no_more() {
    let question = said("QUESTION");
    let (begin, end) = (&question[..MAGIC.len() + 3], &question[MAGIC.len() + 5..]);
    let acts = [
        says(C, begin),
        Act::Loses(C, 2),
        says(C, end),
        says(S, said("x")),
        says(C, said("NEXT")),
        says(S, said("y")),
    ];
    assert_eq!(told(&acts), ["QU gap -", "NEXT complete -"]);
}

#[test]
fn any_other_loss_ends_it() {
    let acts = [says(C, said("ASK")), Act::Loses(S, 9), says(S, said("x"))];
    let (got, verdict) = dialogue::play(Websocket::default(), &acts, usize::MAX);
    assert_eq!((got.len(), verdict), (1, Verdict::Dead("lost its place")));
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let rows = ["ASK request_only connection closed before response"];
    assert_eq!(told(&[says(C, said("ASK"))]), rows);
    assert_eq!(told(&[says(S, said("unasked"))]), ["- response_only -"]);
}

#[test]
fn probes_know_it_by_its_bytes() {
    assert_eq!((PROTOCOL.probe)(C, &said("ASK")), Probe::Yes);
    for cut in 0..=MAGIC.len() {
        assert_eq!(probe::probe(C, &said("ASK")[..cut]), Probe::NeedMore);
    }
    for other in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"*1\r\n"] {
        assert_eq!(probe::probe(C, other), Probe::No, "{}", other.escape_ascii());
    }
}

/// Reaches `WEBSOCKET_WAITING`: the oldest request is told without its answer.
#[test]
fn requests_wait_up_to_the_cap() {
    let asked = said("ASK").repeat(WEBSOCKET_WAITING + 1);
    let (got, _) = dialogue::play(Websocket::default(), &[says(C, asked)], usize::MAX);
    assert_eq!(got.len(), WEBSOCKET_WAITING + 1);
    assert_eq!((&got[0].oddities[..], got[0].error), (&["waiting_overflow"][..], None));
    assert!(got[1..].iter().all(|e| e.oddities.is_empty() && e.error.is_some()));
}
