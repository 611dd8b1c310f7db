//! Dialogues: what both sides said, and the exchanges that come of it.

use super::probe::probe;
use super::*;
use crate::event::Exchange;
use crate::limits::{AMQP_FRAME, AMQP_PATIENCE, AMQP_PROBE, AMQP_TEXT, AMQP_WAITING, BODY_KEPT};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, Collected, detail, says, text};
use crate::proto::{Place, Probe};

fn frame(kind: u8, channel: u16, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = (content.len() as u32).to_be_bytes();
    [&[kind], &channel.to_be_bytes()[..], &length, &content, &[0xce]].concat()
}

fn method(channel: u16, class: u16, number: u16, parts: &[&[u8]]) -> Vec<u8> {
    let id = [class.to_be_bytes(), number.to_be_bytes()].concat();
    frame(1, channel, &[&id, &parts.concat()])
}

/// A short text.
fn t(text: &str) -> Vec<u8> {
    [&[text.len() as u8], text.as_bytes()].concat()
}

/// A long text.
fn l(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes()[..], text].concat()
}

fn content(channel: u16, properties: &[u8], body: &str) -> Vec<u8> {
    let size = (body.len() as u64).to_be_bytes();
    let mut out = frame(2, channel, &[&[0, 60, 0, 0], &size, properties]);
    for piece in body.as_bytes().chunks(8) {
        out.extend(frame(3, channel, &[piece]));
    }
    out
}

fn publish(channel: u16, exchange: &str, key: &str, body: &str) -> Vec<u8> {
    let publish = method(channel, 60, 40, &[&[0, 0], &t(exchange), &t(key), &[0]]);
    [publish, content(channel, &[0, 0], body)].concat()
}

fn deliver(channel: u16, consumer: &str, tag: u64, body: &str) -> Vec<u8> {
    let parts = [&t(consumer)[..], &tag.to_be_bytes(), &[0], &t("logs"), &t("a.b")];
    [method(channel, 60, 60, &parts), content(channel, &[0, 0], body)].concat()
}

fn ack(channel: u16, number: u16, tag: u64, bits: u8) -> Vec<u8> {
    method(channel, 60, number, &[&tag.to_be_bytes(), &[bits]])
}

fn opened() -> Vec<Act> {
    let table = [&t("product")[..], b"S", &l(b"RabbitMQ")].concat();
    vec![
        says(C, frame::BEGIN),
        says(S, method(0, 10, 10, &[&[0, 9], &l(&table), &l(b"PLAIN"), &l(b"en_US")])),
        says(C, method(0, 10, 11, &[&l(b""), &t("PLAIN"), &l(b"\0ann\0hunter2"), &t("en_US")])),
        says(S, method(0, 10, 30, &[&[0; 8]])),
        says(C, method(0, 10, 31, &[&[0; 8]])),
        says(C, method(0, 10, 40, &[&t("/"), &t(""), &[0]])),
        says(S, method(0, 10, 41, &[&t("")])),
        says(C, method(1, 20, 10, &[&t("")])),
        says(S, method(1, 20, 11, &[&l(b"")])),
    ]
}

fn after_opening(acts: &[Act]) -> Vec<Act> {
    [opened(), acts.to_vec()].concat()
}

fn play(acts: &[Act]) -> Vec<Exchange> {
    dialogue::play(Amqp::new(&Settings::default()), acts, usize::MAX).0
}

/// `METHOD target status error completeness`.
fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let (method, target) = (text(&e.method), text(&e.target));
    let seen = e.completeness.name();
    format!("{method} {target} {status} {} {seen}", e.error.unwrap_or("-"))
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(|| Amqp::new(&Settings::default()), acts, brief)
}

/// Behind the opening of a connection and a channel.
fn told_after(acts: &[Act]) -> Vec<String> {
    told(&after_opening(acts)).split_off(4)
}

#[test]
fn a_connection_begins() {
    let rows = [
        "connection.start - - - complete",
        "connection.tune - - - complete",
        "connection.open / - - complete",
        "channel.open - - - complete",
    ];
    assert_eq!(told(&opened()), rows);
    let got = play(&opened());
    assert!(!format!("{got:?}").contains("hunter2"));
    assert_eq!((detail(&got[0], "product"), detail(&got[0], "user")), ("RabbitMQ", "ann"));
    assert_eq!((detail(&got[0], "sender"), detail(&got[0], "acknowledged_ns")), ("server", "1000"));
    assert!(got[0].request.is_none() && got[2].request.is_some());
}

#[test]
fn a_password_out_of_its_place_is_no_name() {
    for response in [&b"ann\0hunter2"[..], b"\0hunter2", b"\0ann\0hunter2\0hunter2", b"hunter2"] {
        let start = method(0, 10, 11, &[&l(b""), &t("PLAIN"), &l(response), &t("en_US")]);
        let got = play(&[opened()[0].clone(), opened()[1].clone(), says(C, start)]);
        assert_eq!(detail(&got[0], "mechanism"), "PLAIN");
        assert!(!format!("{got:?}").contains("hunter2"), "{}", response.escape_ascii());
    }
}

/// RabbitMQ takes a second `confirm.select`, and goes on counting.
#[test]
fn confirms_asked_for_again_are_counted_on() {
    let select = |number| method(1, 85, number, if number == 10 { &[&[0]] } else { &[] });
    let acts = [
        says(C, [select(10), publish(1, "", "one", "1")].concat()),
        says(S, select(11)),
        says(C, [select(10), publish(1, "", "two", "2")].concat()),
        says(S, [select(11), ack(1, 80, 2, 0)].concat()),
        says(S, ack(1, 80, 1, 0)),
    ];
    let rows = [
        "confirm.select - - - complete",
        "confirm.select - - - complete",
        "basic.publish two - - complete",
        "basic.publish one - - complete",
    ];
    assert_eq!(told_after(&acts), rows);
}

/// Bytes of a content's header are lost: where the message ends is not known, nor then the numbers of
/// those behind it.
#[test]
fn behind_a_message_that_was_not_counted_no_confirmation_is_paired() {
    let lossy = publish(1, "", "two", "2");
    let at = method(1, 60, 40, &[&[0, 0], &t(""), &t("two"), &[0]]).len() + 9;
    let acts = [
        says(C, [method(1, 85, 10, &[&[0]]), publish(1, "", "one", "1")].concat()),
        says(S, method(1, 85, 11, &[])),
        says(C, &lossy[..at]),
        Act::Loses(C, 4),
        says(C, [&lossy[at + 4..], &publish(1, "", "three", "3")].concat()),
        says(S, [ack(1, 80, 1, 0), ack(1, 80, 2, 0), ack(1, 80, 3, 0)].concat()),
    ];
    let got = play(&after_opening(&acts)).split_off(4);
    let rows = [
        "confirm.select - - - complete",
        "basic.publish two - - gap",
        "basic.publish three - - request_only",
        "basic.publish one - - complete",
    ];
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows);
    assert!(got.iter().all(|row| row.oddities.is_empty()));
}

/// Bytes of a method's numbers are lost: which of two that wait it answers is not known.
#[test]
fn a_method_of_which_the_number_is_lost_leaves_no_pair() {
    let declare = |name: &str| method(1, 50, 10, &[&[0, 0], &t(name), &[0], &l(b"")]);
    let declared = |name: &str| method(1, 50, 11, &[&t(name), &[0; 8]]);
    let acts = [
        says(C, [declare("one"), declare("two")].concat()),
        says(S, &declared("one")[..8]),
        Act::Loses(S, 5),
        says(S, [&declared("one")[13..], &declared("two")].concat()),
    ];
    let got = play(&after_opening(&acts)).split_off(4);
    let rows = [
        "queue.declare one - - request_only",
        "queue.declare two - - request_only",
        "queue.declare two - - response_only",
    ];
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows);
    assert!(got[..2].iter().all(|row| row.oddities == [oddity::PAIRING_UNCERTAIN]));
}

#[test]
fn methods_have_their_answers_on_each_channel() {
    let declare =
        |channel, name: &str| method(channel, 50, 10, &[&[0, 0], &t(name), &[0b10], &l(b"")]);
    let acts = [
        says(C, [declare(1, "jobs.4711"), declare(1, "")].concat()),
        says(C, method(2, 20, 10, &[&t("")])),
        says(S, method(2, 20, 11, &[&l(b"")])),
        says(S, method(1, 50, 11, &[&t("jobs.4711"), &[0, 0, 0, 7, 0, 0, 0, 1]])),
        says(S, method(1, 50, 11, &[&t("amq.gen-x1y2"), &[0; 8]])),
        says(C, method(1, 40, 10, &[&[0, 0], &t("logs"), &t("topic"), &[0b10000], &l(b"")])),
        says(C, method(1, 60, 70, &[&[0, 0], &t("jobs"), &[1]])),
        says(S, method(1, 60, 72, &[&t("")])),
        says(C, method(1, 60, 70, &[&[0, 0], &t("jobs"), &[1]])),
        says(
            S,
            [
                method(1, 60, 71, &[&[0; 8], &[0], &t("logs"), &t("k"), &[0; 4]]),
                content(1, &[0, 0], "hello, world"),
            ]
            .concat(),
        ),
        says(C, frame(8, 0, &[])),
        says(S, frame(8, 0, &[])),
    ];
    let rows = [
        "channel.open - - - complete",
        "queue.declare jobs.* - - complete",
        "queue.declare amq.* - - complete",
        "exchange.declare logs - - request_only",
        "basic.get jobs - - complete",
        "basic.get jobs - - complete",
    ];
    assert_eq!(told_after(&acts), rows);
    let got = play(&after_opening(&acts)).split_off(4);
    assert_eq!((detail(&got[1], "durable"), detail(&got[1], "messages")), ("true", "7"));
    assert_eq!((detail(&got[3], "type"), detail(&got[3], "reply")), ("topic", "none wanted"));
    assert_eq!(detail(&got[4], "reply"), "empty");
    let answer = got[5].response.as_ref().expect("it");
    assert_eq!(
        (answer.body.kept.as_deref(), got[5].holds_values),
        (Some(&b"hello, world"[..]), true)
    );
}

#[test]
fn what_is_published_is_confirmed_where_that_was_asked_for() {
    let acts = [
        says(C, publish(1, "", "jobs", "one")),
        says(C, method(1, 85, 10, &[&[0]])),
        says(S, method(1, 85, 11, &[])),
        says(C, publish(1, "logs", "a.17", "two")),
        says(C, publish(1, "logs", "", "three")),
        says(C, publish(1, "logs", "b", "four")),
        says(S, ack(1, 80, 2, 1)),
        says(
            S,
            [
                method(1, 60, 50, &[&[1, 56], &t("NO_ROUTE"), &t("logs"), &t("b")]),
                content(1, &[0, 0], "four"),
            ]
            .concat(),
        ),
        says(S, ack(1, 120, 3, 0)),
    ];
    let rows = [
        "basic.publish jobs - - request_only",
        "confirm.select - - - complete",
        "basic.publish logs/a.* - - complete",
        "basic.publish logs - - complete",
        "basic.return logs/b 312 NO_ROUTE complete",
        "basic.publish logs/b - nack complete",
    ];
    assert_eq!(told_after(&acts), rows);
    let got = play(&after_opening(&acts)).split_off(4);
    assert_eq!((detail(&got[0], "reply"), detail(&got[2], "routing_key")), ("none wanted", "a.17"));
    let (request, response) =
        (got[2].request.as_ref().expect("it"), got[2].response.as_ref().expect("it"));
    assert_eq!((request.first_time, response.last_time), (13_000, Some(16_000)));
    assert_eq!(request.body.kept.as_deref(), Some(&b"two"[..]));
}

#[test]
fn what_is_delivered_is_acknowledged() {
    let consume = |name: &str, bits: u8| {
        method(1, 60, 20, &[&[0, 0], &t("jobs"), &t(name), &[bits], &l(b"")])
    };
    let acts = [
        says(C, consume("", 0)),
        says(S, method(1, 60, 21, &[&t("ctag-1")])),
        says(C, consume("silent", 2)),
        says(S, method(1, 60, 21, &[&t("silent")])),
        says(
            S,
            [
                deliver(1, "silent", 1, "x"),
                deliver(1, "ctag-1", 2, "y"),
                deliver(1, "ctag-1", 3, "z"),
                deliver(1, "ctag-1", 4, ""),
            ]
            .concat(),
        ),
        says(C, ack(1, 80, 3, 1)),
        says(C, ack(1, 90, 4, 1)),
        says(S, deliver(1, "ctag-1", 5, "last")),
        says(S, method(1, 60, 30, &[&t("ctag-1"), &[1]])),
    ];
    let rows = [
        "basic.consume jobs - - complete",
        "basic.consume jobs - - complete",
        "basic.deliver logs/a.b - - complete",
        "basic.deliver logs/a.b - - complete",
        "basic.deliver logs/a.b - - complete",
        "basic.deliver logs/a.b - rejected complete",
        "basic.cancel - - - complete",
        "basic.deliver logs/a.b - - complete",
    ];
    assert_eq!(told_after(&acts), rows);
    let got = play(&after_opening(&acts)).split_off(4);
    let acknowledged: Vec<_> = got[2..6].iter().map(|e| detail(e, "acknowledged_ns")).collect();
    assert_eq!(acknowledged, ["-", "1000", "1000", "2000"]);
    assert!(got[2].request.is_none() && got[2].response.is_some());
    assert_eq!(detail(&got[7], "acknowledged"), "not seen");
}

#[test]
fn what_fails_is_answered_by_what_closes() {
    let close = |class: u8, code: u16, failed: [u8; 4]| {
        method(
            u16::from(class == 20),
            class.into(),
            if class == 20 { 40 } else { 50 },
            &[&code.to_be_bytes(), &t("because"), &failed],
        )
    };
    let acts = [
        says(C, method(1, 50, 10, &[&[0, 0], &t("jobs"), &[1], &l(b"")])),
        says(S, close(20, 404, [0, 50, 0, 10])),
        says(C, method(1, 20, 41, &[])),
        says(C, method(1, 20, 10, &[&t("")])),
        says(S, method(1, 20, 11, &[&l(b"")])),
        says(C, publish(1, "gone", "k", "x")),
        says(S, close(20, 404, [0, 60, 0, 40])),
        says(C, method(1, 20, 41, &[])),
        says(C, close(10, 200, [0; 4])),
        says(S, method(0, 10, 51, &[])),
    ];
    let rows = [
        "queue.declare jobs 404 NOT_FOUND complete",
        "channel.open - - - complete",
        "basic.publish gone/k - - request_only",
        "channel.close - 404 NOT_FOUND complete",
        "connection.close - 200 - complete",
    ];
    assert_eq!(told_after(&acts), rows);
    assert_eq!(detail(&play(&after_opening(&acts))[4], "error_message"), "because");
    let refused = [
        says(C, method(0, 10, 40, &[&t("none"), &t(""), &[0]])),
        says(S, close(10, 530, [0, 10, 0, 40])),
    ];
    assert_eq!(told(&refused), ["connection.open none 530 NOT_ALLOWED complete"]);
}

#[test]
fn properties_and_headers_are_read() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let table = [
        &t("traceparent")[..],
        b"S",
        &l(trace.as_bytes()),
        &t("n"),
        b"I",
        &[0, 0, 0, 7],
        &t("deep"),
        b"F",
        &l(b"\x01ax"),
    ]
    .concat();
    let properties = [
        &[0b1011_0110, 0x08][..],
        &t("text/plain"),
        &l(&table),
        &[2],
        &t("id-1"),
        &t("answers"),
        &t("app"),
    ]
    .concat();
    let sent =
        [method(1, 60, 40, &[&[0, 0], &t(""), &t("jobs"), &[1]]), content(1, &properties, "")]
            .concat();
    let got = play(&after_opening(&[says(C, sent)])).split_off(4);
    let request = got[0].request.as_ref().expect("it");
    assert_eq!(request.content_type.as_deref(), Some(&b"text/plain"[..]));
    assert_eq!(request.headers.get(b"n"), Some(&b"7"[..]));
    assert_eq!(request.headers.get(b"deep"), Some(&b"(table)"[..]));
    assert!(got[0].trace_id.is_some() && got[0].oddities.is_empty());
    let of = |name| detail(&got[0], name);
    assert_eq!(
        (of("delivery_mode"), of("correlation_id"), of("reply_to")),
        ("persistent", "id-1", "answers")
    );
    assert_eq!((of("app_id"), of("mandatory")), ("app", "true"));
    let odd =
        [method(1, 60, 40, &[&[0, 0], &t(""), &t("jobs"), &[1]]), content(1, &[0x80, 0, 9], "")]
            .concat();
    assert_eq!(play(&[says(C, odd)])[0].oddities, ["malformed_frame"]);
}

/// A second header within a content is of no method: it is not told as if it were of the first.
#[test]
fn a_header_in_place_of_a_body_ends_what_was_begun() {
    let header = |id: &str| {
        let size = 3u64.to_be_bytes();
        frame(2, 1, &[&[0, 60, 0, 0], &size, &[0, 0x80], &t(id)])
    };
    let method = method(1, 60, 40, &[&[0, 0], &t(""), &t("jobs"), &[0]]);
    let acts = [
        says(C, [method, header("one"), header("two"), frame(3, 1, &[b"abc"])].concat()),
        says(C, publish(1, "", "next", "x")),
    ];
    let rows = ["basic.publish jobs - - gap", "basic.publish next - - request_only"];
    assert_eq!(told_after(&acts), rows);
    let got = play(&after_opening(&acts));
    assert_eq!(
        (detail(&got[4], "message_id"), &got[4].oddities[..]),
        ("one", &["malformed_frame"][..])
    );
}

#[test]
fn a_loss_within_a_frame_costs_what_it_is_of() {
    let sent = publish(1, "", "jobs", "0123");
    let cut = sent.len() - 4;
    let acts = [
        says(C, &sent[..cut]),
        Act::Loses(C, 2),
        says(C, &sent[cut + 2..]),
        says(C, publish(1, "", "next", "x")),
    ];
    let rows = ["basic.publish jobs - - gap", "basic.publish next - - request_only"];
    assert_eq!(told_after(&acts), rows);
}

#[test]
fn behind_another_loss_a_method_is_where_it_goes_on() {
    let acts = [
        says(C, method(1, 85, 10, &[&[0]])),
        says(S, method(1, 85, 11, &[])),
        says(C, publish(1, "", "one", "x")),
        Act::Loses(S, 30),
        says(S, frame(3, 1, &[b"a body"])),
        says(S, ack(1, 80, 1, 0)),
        Act::Loses(C, 30),
        says(C, "text"),
        says(C, publish(1, "", "two", "x")),
        says(C, method(1, 50, 30, &[&[0, 0], &t("jobs"), &[0]])),
        says(S, method(1, 50, 31, &[&[0; 4]])),
    ];
    let got = play(&after_opening(&acts)).split_off(5);
    let rows: Vec<_> = got.iter().map(brief).collect();
    let want = [
        "basic.publish one - - request_only",
        "basic.publish two - - request_only",
        "queue.purge jobs - - complete",
    ];
    assert_eq!(rows, want);
    assert_eq!((&got[0].oddities[..], detail(&got[1], "reply")), (&["pairing_uncertain"][..], "-"));
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let acts = [
        says(C, method(1, 50, 30, &[&[0, 0], &t("jobs"), &[0]])),
        says(C, &publish(1, "", "jobs", "0123")[..40]),
    ];
    let rows = [
        "basic.publish jobs - connection closed before response gap",
        "queue.purge jobs - connection closed before response request_only",
    ];
    assert_eq!(told_after(&acts), rows);
}

#[test]
fn what_is_not_amqp_ends_it() {
    for (side, bytes) in [
        (C, &b"AMQP\0\x01\0\0"[..]),
        (C, b"\x04\0\0\0\0\0\0\xce"),
        (C, b"\x08\0\0\0\0\0\0\xcf"),
        (C, b"\x08\0\0\0\0\0\x01x\xce"),
        (C, b"\x01\0\0\0\0\0\x04\0\x0a\0\x33\0"),
        (C, b"\x01\0\0\0\0\0\x04\0\x0a\0\x0b\xcf"),
        (C, b"\x01\0\0\0\0\0\x04\0\x0a\0\x0a\xce"),
        (S, b"\x01\0\0\0\0\0\x04\0\x0b\0\x0a\xce"),
    ] {
        let (_, verdict) = dialogue::play(Amqp::new(&Settings::default()), &[says(side, bytes)], 1);
        assert!(matches!(verdict, Verdict::Dead(_)), "{}", bytes.escape_ascii());
    }
}

#[test]
fn probes_know_amqp_by_its_bytes() {
    assert_eq!((probe(C, frame::BEGIN), probe(S, frame::BEGIN)), (Probe::Yes, Probe::No));
    for cut in 0..frame::BEGIN.len() {
        assert_eq!(probe(C, &frame::BEGIN[..cut]), Probe::NeedMore);
    }
    let delivered = deliver(1, "c", 1, "x");
    assert_eq!((probe(S, &delivered), probe(C, &delivered)), (Probe::Yes, Probe::No));
    assert_eq!(probe(S, &delivered[..20]), Probe::NeedMore);
    for other in [
        &b"AMQP\0\x01\0\0"[..],
        b"AMQP\x03\x01\0\0",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"\x01\0\0\0\0\0\x04\xff\xff\0\x0a\xce",
        b"\x03\0\x01\0\0\0\x01x\xce",
        b"\x01\x02\x03\x04\x05",
    ] {
        assert_eq!(probe(C, other), Probe::No, "{}", other.escape_ascii());
    }
}

/// Reaches `AMQP_PROBE`, `AMQP_FRAME`: a frame that is longer is not waited for, or none.
#[test]
fn frames_have_an_end() {
    let long = method(1, 60, 40, &[&vec![0; AMQP_PROBE]]);
    assert_eq!(probe(C, &long[..AMQP_PROBE - 1]), Probe::NeedMore);
    assert_eq!(probe(C, &long[..AMQP_PROBE]), Probe::No);
    let too_large = [&[3, 0, 1][..], &(AMQP_FRAME + 1).to_be_bytes()].concat();
    let (_, verdict) = dialogue::play(Amqp::new(&Settings::default()), &[says(C, too_large)], 3);
    assert_eq!(verdict, Verdict::Dead("not AMQP 0-9-1"));
}

/// Reaches `AMQP_WAITING`, `AMQP_HELD`, `AMQP_CHANNELS`: what is beyond is told without its answer.
#[test]
fn what_waits_is_followed_up_to_the_caps() {
    let overflown =
        |acts: &[Act]| play(acts).iter().filter(|e| e.oddities == ["waiting_overflow"]).count();
    let purge = |channel| method(channel, 50, 30, &[&[0, 0], &t("q"), &[0]]);
    assert_eq!(overflown(&[says(C, purge(1).repeat(AMQP_WAITING + 1))]), 1);
    let confirm = method(1, 85, 10, &[&[0]]);
    let many = [confirm.clone(), publish(1, "", "q", "x").repeat(AMQP_WAITING + 1)].concat();
    assert_eq!(overflown(&[says(C, many)]), 1);
    let body = "x".repeat(BODY_KEPT);
    let large = [confirm, publish(1, "", "q", &body).repeat(AMQP_HELD / BODY_KEPT)].concat();
    assert!(overflown(&[says(C, large)]) > 100);
    let channels: Vec<u8> = (0..=AMQP_CHANNELS as u16).flat_map(purge).collect();
    assert_eq!(overflown(&[says(C, channels)]), 1);
}

/// Reaches `AMQP_PATIENCE`: a delivery that waited for longer is told when there is another.
#[test]
fn acknowledgements_are_waited_for_up_to_the_cap() {
    let (mut parser, mut sink, settings) =
        (Amqp::new(&Settings::default()), Collected::default(), Settings::default());
    let consume = method(1, 60, 20, &[&[0, 0], &t("q"), &t("c"), &[0b1000], &l(b"")]);
    let said = [
        (0, C, consume),
        (0, S, deliver(1, "c", 1, "x")),
        (AMQP_PATIENCE + 1, S, deliver(1, "c", 2, "x")),
    ];
    for (time, side, bytes) in said {
        let mut cx =
            Context { time, place: Place::default(), settings: &settings, sink: &mut sink };
        assert_eq!(parser.data(side, &bytes, &mut cx), Verdict::Continue);
    }
    assert_eq!(sink.0.len(), 2);
    assert_eq!(detail(&sink.0[1], "acknowledged"), "not seen");
}

/// Reaches `AMQP_KEPT`, `AMQP_TEXT`: what is longer is held and shown by its beginning.
#[test]
fn a_frame_is_kept_up_to_the_caps() {
    let body = vec![b'x'; AMQP_KEPT + BODY_KEPT];
    let size = (body.len() as u64).to_be_bytes();
    let long = "t".repeat(AMQP_TEXT + 1);
    let table = [&t("long")[..], b"S", &l(long.as_bytes())].concat();
    let sent = [
        method(1, 60, 40, &[&[0, 0], &t(""), &t("jobs"), &[0]]),
        frame(2, 1, &[&[0, 60, 0, 0], &size, &[0x20, 0], &l(&table)]),
        frame(3, 1, &[&body]),
    ]
    .concat();
    let mut parser = Amqp::new(&Settings::default());
    let (mut sink, settings) = (Collected::default(), Settings::default());
    let mut cx = Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
    for bytes in sent.chunks(1000) {
        assert_eq!(parser.data(C, bytes, &mut cx), Verdict::Continue);
        assert!(parser.memory() < 4 * (AMQP_KEPT + BODY_KEPT));
    }
    let request = sink.0[0].request.as_ref().expect("it");
    assert_eq!(
        (request.body.kept.as_ref().map(Vec::len), request.body.truncated),
        (Some(BODY_KEPT), true)
    );
    assert_eq!(request.headers.get(b"long").map(<[u8]>::len), Some(AMQP_TEXT));
}
