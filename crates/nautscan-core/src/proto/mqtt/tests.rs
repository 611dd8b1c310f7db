//! Dialogues: what both sides said, and the exchanges that come of it.

use super::probe::probe;
use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::{MQTT_ALIASES, MQTT_HELD, MQTT_PROBE, MQTT_TEXT, MQTT_WAITING};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};
use crate::proto::{Place, Probe};

/// A packet: its first byte, and its body in parts.
fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut length = body.len();
    let mut out = vec![first];
    loop {
        let digit = (length & 0x7f) as u8;
        length >>= 7;
        out.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

/// A text with its length.
fn t(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn connect(level: u8) -> Vec<u8> {
    let properties: &[u8] = if level == 5 { &[0] } else { &[] };
    let name = [&t("MQTT")[..], &[level, 0xc2, 0, 60], properties].concat();
    packet(0x10, &[&name, &t("dev-7"), &t("ann"), &t("hunter2")])
}

fn publish(qos: u8, topic: &str, id: u16, rest: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    packet(0x30 | qos << 1, &[&t(topic), if qos > 0 { &id } else { &[] }, rest])
}

fn play(acts: &[Act]) -> Vec<Exchange> {
    dialogue::play(Mqtt::new(&Settings::default()), acts, usize::MAX).0
}

/// `METHOD target status error completeness`.
fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let (method, target) = (text(&e.method), text(&e.target));
    let seen = e.completeness.name();
    format!("{method} {target} {status} {} {seen}", e.error.unwrap_or("-"))
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(|| Mqtt::new(&Settings::default()), acts, brief)
}

#[test]
fn a_session_of_the_old_version() {
    let acts = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, packet(0x82, &[&[0, 1], &t("a/+"), &[1], &t("secret"), &[2]])),
        says(S, [0x90, 4, 0, 1, 1, 0x80]),
        says(C, publish(0, "a/b", 0, b"hi")),
        says(C, publish(1, "a/17", 5, b"one")),
        says(S, publish(1, "a/17", 1, b"one")),
        says(C, [0x40, 2, 0, 1]),
        says(S, [0x40, 2, 0, 5]),
        says(C, publish(2, "b", 6, b"two")),
        says(S, [0x50, 2, 0, 6]),
        says(C, [0x62, 2, 0, 6]),
        says(S, [0x70, 2, 0, 6]),
        says(C, [0xc0, 0]),
        says(S, [0xd0, 0]),
        says(C, packet(0xa2, &[&[0, 7], &t("a/+")])),
        says(S, [0xb0, 2, 0, 7]),
        says(C, [0xe0, 0]),
    ];
    let rows = [
        "CONNECT dev-7 0 - complete",
        "SUBSCRIBE a/+ 128 Unspecified error complete",
        "PUBLISH a/b - - request_only",
        "PUBLISH a/* - - complete",
        "PUBLISH a/* - - complete",
        "PUBLISH b - - complete",
        "PINGREQ - - - complete",
        "UNSUBSCRIBE a/+ - - complete",
        "DISCONNECT - - - request_only",
    ];
    assert_eq!(told(&acts), rows);
    let got = play(&acts);
    assert!(!format!("{got:?}").contains("hunter2") && format!("{got:?}").contains("ann"));
    assert!(got.iter().all(|e| e.version == Some("3.1.1") && e.oddities.is_empty()));
    assert_eq!(detail(&got[1], "codes"), "Granted QoS 1, Unspecified error");
    assert_eq!(detail(&got[1], "topics"), "a/+ QoS 1, secret QoS 2");
    assert_eq!(detail(&got[2], "reply"), "none wanted");
    let delivered = &got[3];
    assert!(delivered.request.is_none() && delivered.holds_values);
    assert_eq!(
        (detail(delivered, "sender"), detail(delivered, "acknowledged_ns")),
        ("server", "1000")
    );
    let twice = &got[5];
    let (request, response) =
        (twice.request.as_ref().expect("it"), twice.response.as_ref().expect("it"));
    assert_eq!((request.first_time, response.first_time), (10_000, 11_000));
    assert_eq!((response.last_time, response.body.bytes), (Some(13_000), Some(8)));
    assert_eq!(request.body.kept.as_deref(), Some(&b"two"[..]));
}

#[test]
fn version_5_has_codes_properties_and_aliases() {
    let alias =
        |topic: &str, alias: u8| publish(0, topic, 0, &[&[3, 35, 0, alias][..], b"x"].concat());
    let user = [
        &[38][..],
        &t("traceparent"),
        &t("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]
    .concat();
    let kind = [&[3][..], &t("text/plain"), &user].concat();
    let properties = [&[kind.len() as u8][..], &kind, b"hello"].concat();
    let acts = [
        says(C, connect(5)),
        says(S, packet(0x20, &[&[1, 0, 3, 34, 0, 10]])),
        says(C, publish(1, "orders/new", 1, &properties)),
        says(S, [0x40, 3, 0, 1, 0x10]),
        says(C, publish(1, "orders/old", 2, &[0])),
        says(S, [0x40, 4, 0, 2, 0x87, 0]),
        says(C, publish(2, "orders/big", 3, &[0])),
        says(S, [0x50, 3, 0, 3, 0x97]),
        says(C, alias("long/name", 1)),
        says(C, alias("", 1)),
        says(C, alias("", 2)),
        says(C, packet(0x82, &[&[0, 4, 2, 11, 1], &t("a"), &[1]])),
        says(S, [0x90, 4, 0, 4, 0, 1]),
        says(C, packet(0xa2, &[&[0, 5, 0], &t("a")])),
        says(S, [0xb0, 4, 0, 5, 0, 0x11]),
        says(S, [0xe0, 2, 0x8b, 0]),
    ];
    let rows = [
        "CONNECT dev-7 0 - complete",
        "PUBLISH orders/new 16 - complete",
        "PUBLISH orders/old 135 Not authorized complete",
        "PUBLISH orders/big 151 Quota exceeded complete",
        "PUBLISH long/name - - request_only",
        "PUBLISH long/name - - request_only",
        "PUBLISH - - - request_only",
        "SUBSCRIBE a 1 - complete",
        "UNSUBSCRIBE a 17 - complete",
        "DISCONNECT - 139 Server shutting down complete",
    ];
    assert_eq!(told(&acts), rows);
    let got = play(&acts);
    assert_eq!(detail(&got[0], "session_present"), "true");
    assert_eq!(detail(&got[0], "server_topic_alias_maximum"), "10");
    let request = got[1].request.as_ref().expect("it");
    assert_eq!(request.content_type.as_deref(), Some(&b"text/plain"[..]));
    assert_eq!((request.headers.len(), request.body.kept.as_deref()), (1, Some(&b"hello"[..])));
    assert!(got[1].trace_id.is_some() && detail(&got[1], "reason") == "No matching subscribers");
    assert_eq!(got[6].oddities, ["unknown_topic_alias"]);
}

#[test]
fn a_message_may_be_for_several_subscriptions() {
    let acts = [
        says(C, connect(5)),
        says(S, packet(0x20, &[&[0, 0, 0]])),
        says(S, publish(0, "a", 0, b"\x04\x0b\x01\x0b\x02x")),
    ];
    assert_eq!(detail(&play(&acts)[1], "subscription_identifier"), "1, 2");
}

/// MQTT 5 section 2.2.2.2: most properties more than once are an error of the protocol.
#[test]
fn a_property_that_is_said_twice_is_malformed() {
    for properties in
        [&b"\x02\0\0\0\x01\x02\0\0\0\x02"[..], b"\x23\0\x01\x23\0\x02", b"\x03\0\0\x03\0\0"]
    {
        let rest = [&[properties.len() as u8], properties, b"x"].concat();
        let acts = [
            says(C, connect(5)),
            says(S, packet(0x20, &[&[0, 0, 0]])),
            says(S, publish(0, "a", 0, &rest)),
        ];
        let got = play(&acts);

        assert_eq!(
            (&got[1].oddities[..], detail(&got[1], "topic")),
            (&["malformed_packet"][..], "a")
        );
    }
}

#[test]
fn further_steps_of_authentication_are_part_of_what_they_are_of() {
    let acts = [
        says(C, connect(5)),
        says(S, [0xf0, 1, 0x18]),
        says(C, [0xf0, 1, 0x18]),
        says(S, packet(0x20, &[&[0, 0x87, 0]])),
    ];
    assert_eq!(told(&acts), ["CONNECT dev-7 135 Not authorized complete"]);
    let again = [
        says(C, [0xf0, 1, 0x19]),
        says(S, [0xf0, 1, 0x18]),
        says(C, [0xf0, 1, 0x18]),
        says(S, [0xf0, 0]),
    ];
    assert_eq!(told(&again), ["AUTH - 0 - complete"]);
}

/// Platforms take a device's token in the place of the name, without a password or with an empty one.
#[test]
fn a_name_without_a_password_may_be_a_token() {
    for (flags, password) in [(0x82, &[][..]), (0xc2, &t("")[..])] {
        let name = [&t("MQTT")[..], &[4, flags, 0, 60]].concat();
        let asked = packet(0x10, &[&name, &t("dev-7"), &t("Tk9f2"), password]);
        let got = play(&[says(C, asked), says(S, [0x20, 2, 0, 0])]);
        assert_eq!(detail(&got[0], "login"), "Tk9f2");
        assert!(got[0].detail.iter().all(|(name, _)| *name != "user"));
    }
    let got = play(&[says(C, connect(4)), says(S, [0x20, 2, 0, 0])]);
    assert_eq!((detail(&got[0], "user"), detail(&got[0], "password")), ("ann", "[redacted]"));
}

/// Both sides name the method, and each packet of an exchange may state a reason; `PUBCOMP` says that
/// the exchange went well, not that somebody got the message.
#[test]
fn what_several_packets_say_of_the_same_is_told_once() {
    let method = |name: &str| [&[21][..], &t(name)].concat();
    let properties = method("SCRAM-SHA-1");
    let asked = [&t("MQTT")[..], &[5, 2, 0, 60, properties.len() as u8], &properties].concat();
    let reason = |id: u8, code: u8, text: &str| {
        let text = [&[31][..], &t(text)].concat();
        [&[0, id, code, text.len() as u8][..], &text].concat()
    };
    let acts = [
        says(C, packet(0x10, &[&asked, &t("dev-7")])),
        says(S, packet(0x20, &[&[0, 0, properties.len() as u8], &properties])),
        says(C, publish(2, "orders/new", 3, &[0])),
        says(S, packet(0x50, &[&reason(3, 0x10, "nobody")])),
        says(C, [0x62, 2, 0, 3]),
        says(S, packet(0x70, &[&reason(3, 0, "done")])),
    ];
    assert_eq!(told(&acts), ["CONNECT dev-7 0 - complete", "PUBLISH orders/new 16 - complete"]);
    let got = play(&acts);
    assert_eq!(detail(&got[0], "authentication_method"), "SCRAM-SHA-1");
    assert_eq!(
        (detail(&got[1], "reason"), detail(&got[1], "error_message")),
        ("No matching subscribers", "done")
    );
}

/// MQTT 3.1 marks `PUBREL` and `SUBSCRIBE` that are sent again.
#[test]
fn what_is_sent_again_in_3_1_is_no_other_protocol() {
    let asked = [&t("MQIsdp")[..], &[3, 2, 0, 60]].concat();
    let acts = [
        says(C, packet(0x10, &[&asked, &t("dev-7")])),
        says(S, [0x20, 2, 0, 0]),
        says(C, publish(2, "b", 6, b"two")),
        says(S, [0x50, 2, 0, 6]),
        says(C, [0x6a, 2, 0, 6]),
        says(S, [0x70, 2, 0, 6]),
    ];
    assert_eq!(told(&acts), ["CONNECT dev-7 0 - complete", "PUBLISH b - - complete"]);
}

/// A gap that ends a packet of the wrong side ends it all, and what waited is told.
#[test]
fn what_waits_is_told_where_a_gap_ends_it() {
    let acts = [says(C, connect(4)), says(S, [0x82, 2]), Act::Loses(S, 2)];
    assert_eq!(
        play(&acts).iter().map(brief).collect::<Vec<_>>(),
        ["CONNECT dev-7 - - request_only"]
    );
}

#[test]
fn where_following_began_in_the_middle_nothing_is_guessed() {
    let acts = [
        says(S, publish(0, "a", 0, b"\x00 payload or properties")),
        says(S, [0x40, 2, 0, 9]),
        says(C, publish(0, "", 0, &[3, 35, 0, 1])),
        says(S, [0xd0, 0]),
    ];
    let rows = [
        "PUBLISH a - - complete",
        "PUBLISH - - - response_only",
        "PUBLISH - - - request_only",
        "PINGREQ - - - response_only",
    ];
    assert_eq!(told(&acts), rows);
    let got = play(&acts);
    let body = &got[0].response.as_ref().expect("it").body;
    assert_eq!((body.kept.as_deref(), body.truncated, got[0].version), (None, true, None));
    assert_eq!(
        (got[2].oddities.as_slice(), got[2].version),
        (&["unknown_topic_alias"][..], Some("5"))
    );
    // Subscribing tells the version.
    let acts =
        [says(C, packet(0x82, &[&[0, 1, 0], &t("abc"), &[1]])), says(S, [0x90, 4, 0, 1, 0, 1])];
    assert_eq!(told(&acts), ["SUBSCRIBE abc 1 - complete"]);
}

#[test]
fn a_loss_within_a_payload_costs_that_packet_only() {
    let sent = publish(1, "a", 1, b"0123456789");
    let acts = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, &sent[..9]),
        Act::Loses(C, 4),
        says(C, &sent[13..]),
        says(C, publish(1, "b", 2, b"")),
        says(S, [0x40, 2, 0, 1, 0x40, 2, 0, 2]),
    ];
    let rows = ["CONNECT dev-7 0 - complete", "PUBLISH a - - gap", "PUBLISH b - - complete"];
    assert_eq!(told(&acts), rows);
    assert_eq!(play(&acts)[1].gap_bytes, 4);
}

/// PUBCOMP alone says that it was acknowledged, not when that began.
#[test]
fn an_acknowledgement_that_was_lost_is_missing() {
    let acts = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, publish(2, "a", 1, b"x")),
        Act::Loses(S, 4),
        says(C, [0x62, 2, 0, 1]),
        says(S, [0x70, 2, 0, 1]),
    ];
    let got = play(&acts);
    assert_eq!(brief(&got[1]), "PUBLISH a - - gap");
    let answer = got[1].response.as_ref().expect("PUBCOMP");
    assert_eq!(
        (answer.is_begin_lost, answer.body.bytes, answer.last_time),
        (true, None, Some(6000))
    );
}

/// What was asked since a loss may be answered by what is lost, or passed over, until a place is found.
#[test]
fn an_answer_may_be_in_what_is_passed_over() {
    let subscribe = packet(0x82, &[&[0, 7], &t("a"), &[0]]);
    for missing in [Act::Loses(S, 5), says(S, [0x90])] {
        let acts = [
            says(C, connect(4)),
            says(S, [0x20, 2, 0, 0]),
            Act::Loses(S, 20),
            says(C, &subscribe),
            missing,
            says(S, publish(0, "a", 0, b"x")),
        ];
        let got = play(&acts);
        let rows = [
            "CONNECT dev-7 0 - complete",
            "PUBLISH a - - complete",
            "SUBSCRIBE a - - request_only",
        ];
        assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows);
        assert_eq!(got[2].oddities, ["pairing_uncertain"]);
    }
}

#[test]
fn behind_another_loss_a_segment_of_packets_is_where_it_goes_on() {
    let acts = [
        says(C, connect(5)),
        says(S, [0x20, 3, 0, 0, 0]),
        says(C, publish(0, "topic", 0, &[3, 35, 0, 1])),
        says(C, publish(1, "one", 1, &[0])),
        Act::Loses(S, 20),
        says(S, b"\x00what is no packet"),
        says(S, [0x40, 2, 0, 2]),
        Act::Loses(C, 20),
        says(C, b"text"),
        says(C, publish(0, "", 0, &[3, 35, 0, 1])),
        says(C, publish(1, "two", 3, &[0])),
        says(S, [0x40, 2, 0, 3]),
    ];
    let got = play(&acts);
    let rows = [
        "CONNECT dev-7 0 - complete",
        "PUBLISH topic - - request_only",
        "PUBLISH - 0 - response_only",
        "PUBLISH one - - request_only",
        "PUBLISH - - - request_only",
        "PUBLISH two 0 - complete",
    ];
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows);
    assert_eq!(
        (&got[3].oddities[..], &got[4].oddities[..]),
        (&["pairing_uncertain"][..], &["unknown_topic_alias"][..])
    );
}

/// A PINGRESP names nothing: the next would be taken for the one that was lost, and so on.
#[test]
fn behind_a_loss_a_ping_waits_no_longer() {
    let acts = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, [0xc0, 0]),
        Act::Loses(S, 2),
        says(S, publish(0, "a", 0, &[])),
        says(C, [0xc0, 0]),
        says(S, [0xd0, 0]),
    ];
    let got = play(&acts);
    let rows = [
        "CONNECT dev-7 0 - complete",
        "PINGREQ - - - request_only",
        "PUBLISH a - - complete",
        "PINGREQ - - - complete",
    ];
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), rows);
    assert_eq!(got[1].oddities, ["pairing_uncertain"]);
    assert!(
        got[3].response.as_ref().map(|r| r.first_time)
            > got[3].request.as_ref().map(|r| r.first_time)
    );
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let acts =
        [says(C, connect(4)), says(C, publish(1, "a", 1, b"")), says(S, publish(1, "b", 1, b""))];
    let rows = [
        "CONNECT dev-7 - connection closed before response request_only",
        "PUBLISH a - connection closed before response request_only",
        "PUBLISH b - - complete",
    ];
    assert_eq!(told(&acts), rows);
    assert_eq!(detail(&play(&acts)[2], "acknowledged"), "not seen");
}

/// The first of two acknowledgements was seen: of the answer not nothing, and not the end.
#[test]
fn of_two_acknowledgements_one_may_be_missing() {
    let acts = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, publish(2, "b", 6, b"two")),
        says(S, [0x50, 2, 0, 6]),
    ];
    let row = "PUBLISH b - connection closed before response gap";
    assert_eq!(told(&acts), ["CONNECT dev-7 0 - complete", row]);
    assert_eq!(play(&acts)[1].response.as_ref().expect("it").last_time, None);
}

#[test]
fn oddities_of_a_peer() {
    let acts = [
        says(C, connect(5)),
        says(C, publish(1, "a", 1, &[9, 35, 0])),
        says(C, publish(1, "a", 1, &[0])),
    ];
    let got = play(&acts);
    let odd: Vec<_> = got.iter().map(|e| e.oddities.join(" ")).collect();
    assert_eq!(odd, ["malformed_packet", "", "packet_id_reused"]);
    for bytes in
        [&[0x00, 0][..], &[0xc0, 1], &[0x36, 2], &[0x30, 0xff, 0xff, 0xff, 0xff], &[0xd0, 0]]
    {
        let (_, verdict) = dialogue::play(Mqtt::new(&Settings::default()), &[says(C, bytes)], 1);
        assert!(matches!(verdict, Verdict::Dead(_)), "{bytes:x?}");
    }
}

#[test]
fn probes_know_mqtt_by_its_bytes() {
    let begins = connect(5);
    assert_eq!(probe(C, &begins), Probe::Yes);
    for cut in 0..9 {
        assert_eq!(probe(C, &begins[..cut]), Probe::NeedMore, "{cut}");
    }
    assert_eq!(probe(C, &packet(0x10, &[&t("MQIsdp"), &[3, 2, 0, 9], &t("x")])), Probe::Yes);
    assert_eq!(probe(S, &[0x20, 2, 0, 0]), Probe::Yes);
    assert_eq!(probe(S, &publish(0, "some/topic", 0, b"payload")), Probe::Yes);
    assert_eq!(probe(S, &publish(0, "some/topic", 0, b"payload")[..15]), Probe::NeedMore);
    assert_eq!(
        (probe(C, b"\xc0\x00"), probe(C, &[0xc0, 0].repeat(16))),
        (Probe::NeedMore, Probe::No)
    );
    // suricata-verify/mqtt-midstream-split: the first byte comes alone.
    assert_eq!((probe(S, b"\x20"), probe(S, b"\x20\x32\0")), (Probe::NeedMore, Probe::NeedMore));
    assert_eq!((probe(C, b"\x20"), probe(S, b"  text")), (Probe::No, Probe::No));
    for other in [
        &b"\x10\x0a\0\x04MQTX\x04\x02\0\0"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"0\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"*1\r\n$4\r\nPING\r\n",
        b"0123456789",
    ] {
        for side in [C, S] {
            assert_eq!(probe(side, other), Probe::No, "{}", other.escape_ascii());
        }
    }
}

/// Where following begins in the middle, roles are those of the ports until something tells.
#[test]
fn what_both_sides_send_does_not_tell_who_did() {
    use crate::proto::side_of;
    assert_eq!(side_of(&publish(0, "some/topic", 0, b"payload")), None);
    assert_eq!((side_of(&connect(4)), side_of(&[0x20, 2, 0, 0])), (Some(C), Some(S)));
}

/// Reaches `MQTT_PROBE`: a packet that is longer is not waited for.
#[test]
fn a_packet_is_looked_for_within_the_cap() {
    let long = publish(0, "topic", 0, &[b'x'; MQTT_PROBE]);
    assert_eq!(probe(S, &long[..MQTT_PROBE - 1]), Probe::NeedMore);
    assert_eq!(probe(S, &long[..MQTT_PROBE]), Probe::No);
}

/// Reaches `MQTT_WAITING`, `MQTT_HELD`: the oldest is told without its acknowledgement.
#[test]
fn packets_wait_up_to_the_caps() {
    let sent: Vec<u8> =
        (1..=MQTT_WAITING as u16 + 1).flat_map(|id| publish(1, "a", id, b"")).collect();
    let got = play(&[says(C, connect(4)), says(S, [0x20, 2, 0, 0]), says(C, sent)]);
    assert_eq!(
        (got.len(), got[1].oddities.as_slice()),
        (MQTT_WAITING + 2, &["waiting_overflow"][..])
    );
    assert!(got[2].oddities.is_empty());
    let count = MQTT_HELD / crate::limits::BODY_KEPT;
    let payload = [b'x'; crate::limits::BODY_KEPT];
    let sent: Vec<u8> = (1..=count as u16).flat_map(|id| publish(1, "a", id, &payload)).collect();
    let got = play(&[says(C, connect(4)), says(S, [0x20, 2, 0, 0]), says(C, sent)]);
    assert_eq!(got[1].oddities, ["waiting_overflow"]);
}

/// PUBREC is not all of the answer, whyever there is no more of it.
#[test]
fn of_an_acknowledgement_that_is_not_whole_the_size_is_not_known() {
    let begun = [
        says(C, connect(4)),
        says(S, [0x20, 2, 0, 0]),
        says(C, publish(2, "b", MQTT_WAITING as u16 + 1, b"two")),
        says(S, packet(0x50, &[&(MQTT_WAITING as u16 + 1).to_be_bytes()])),
    ];
    let more: Vec<u8> = (1..=MQTT_WAITING as u16).flat_map(|id| publish(1, "a", id, b"")).collect();
    for acts in [begun.to_vec(), [&begun[..], &[says(C, more)]].concat()] {
        let row = play(&acts).remove(1);
        let answer = row.response.as_ref().expect("PUBREC");
        assert_eq!((text(&row.target), row.completeness), ("b".to_owned(), Completeness::Gap));
        assert_eq!((answer.last_time, answer.body.bytes), (None, None));
    }
}

/// Reaches `MQTT_ALIASES`, `MQTT_TEXT`: what is beyond is not remembered, and its rows say so.
#[test]
fn aliases_are_remembered_up_to_the_caps() {
    let alias = |topic: &str, alias: u16| {
        let [high, low] = alias.to_be_bytes();
        publish(0, topic, 0, &[3, 35, high, low])
    };
    let mut acts = vec![says(C, connect(5))];
    for at in 0..=MQTT_ALIASES as u16 {
        acts.push(says(C, alias("a", at)));
    }
    acts.push(says(C, alias("", MQTT_ALIASES as u16)));
    acts.push(says(C, alias(&"t".repeat(MQTT_TEXT + 1), 0)));
    acts.push(says(C, alias("", 0)));
    let got = play(&acts);
    let at = |n: usize| got.iter().filter(|e| text(&e.method) == "PUBLISH").nth(n).expect("it");
    assert_eq!(at(MQTT_ALIASES + 1).oddities, ["unknown_topic_alias"]);
    assert_eq!(at(MQTT_ALIASES + 3).oddities, ["unknown_topic_alias"]);
    assert_eq!(detail(at(MQTT_ALIASES + 2), "topic").len(), MQTT_TEXT);
}

/// Reaches `MQTT_KEPT`: of a packet that is longer only the beginning is held, and the row says so.
#[test]
fn a_packet_is_kept_up_to_the_cap() {
    let payload = vec![b'x'; MQTT_KEPT + crate::limits::BODY_KEPT];
    let mut parser = Mqtt::new(&Settings::default());
    let (mut sink, settings) = (dialogue::Collected::default(), Settings::default());
    let mut cx = Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
    for bytes in [connect(4), publish(0, "a", 0, &payload)].concat().chunks(1000) {
        assert_eq!(parser.data(C, bytes, &mut cx), Verdict::Continue);
        assert!(parser.memory() < 4 * (MQTT_KEPT + crate::limits::BODY_KEPT));
    }
    let body = &sink.0[0].request.as_ref().expect("it").body;
    assert_eq!(
        (body.kept.as_ref().map(Vec::len), body.truncated),
        (Some(crate::limits::BODY_KEPT), true)
    );
    assert_eq!(
        (body.bytes, sink.0[0].completeness),
        (Some(payload.len() as i64 + 7), Completeness::RequestOnly)
    );
}
