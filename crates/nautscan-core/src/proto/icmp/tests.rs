//! Messages, and what the flow's summary says of them.

use super::*;
use crate::proto::dialogue::facts;

fn echo(kind: u8, number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    vec![kind, 0, 0, 0, 7, 7, high, low, 1, 2, 3]
}

/// What is told of messages at their times.
fn told(transport: u8, messages: &[(i64, Vec<u8>)]) -> String {
    let mut icmp = Icmp::new(transport);
    for (time, message) in messages {
        icmp.take(message, *time);
    }
    facts(&icmp.summary())
}

#[test]
fn answers_find_their_requests() {
    let (ask, answer) = (|n| echo(8, n), |n| echo(0, n));
    let messages = [
        (0, ask(1)),
        (10, ask(2)),
        (40, answer(2)),
        (90, answer(1)),
        (95, answer(1)),
        (100, ask(3)),
    ];
    assert_eq!(
        told(protocol::ICMP, &messages),
        "messages=Echo: 3, Echo Reply: 3; answered=2; rtt_min_ns=30; rtt_mean_ns=60; rtt_max_ns=90"
    );
    let messages = [(5, echo(128, 1)), (5, echo(129, 1))];
    assert_eq!(
        told(protocol::ICMPV6, &messages),
        "messages=Echo Request: 1, Echo Reply: 1; answered=1; rtt_min_ns=0; rtt_mean_ns=0; rtt_max_ns=0"
    );
    let messages = [(5, echo(8, 1)), (6, vec![8, 0, 1])];
    assert_eq!(told(protocol::ICMP, &messages), "messages=Echo: 2; answered=0");
}

fn error(kind: u8, code: u8, field: [u8; 4], port: u8) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(field);
    message.extend([0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    message.extend([1, 0, 2, port]);
    message
}

#[test]
fn errors_tell_what_they_are_about() {
    let messages = [(0, error(3, 3, [0; 4], 1)), (1, error(3, 3, [0; 4], 1))];
    assert_eq!(
        told(protocol::ICMP, &messages),
        "messages=Destination Unreachable: Port Unreachable: 2; about=udp 10.0.0.1:256 > 10.0.0.2:513"
    );
    let messages = [(0, error(3, 4, [0, 0, 5, 0], 1)), (1, error(3, 4, [0, 0, 4, 0], 1))];
    assert!(told(protocol::ICMP, &messages).ends_with("; next_hop_mtu=1024"));
    let messages = [(0, error(5, 1, [10, 0, 0, 9], 1))];
    assert!(told(protocol::ICMP, &messages).ends_with("; gateway=10.0.0.9"));
    let messages = [(0, error(2, 0, [0, 0, 5, 0], 1))];
    assert!(told(protocol::ICMPV6, &messages).ends_with("; next_hop_mtu=1280"));
}

#[test]
fn numbers_without_a_name_are_told_as_numbers() {
    let messages = [(0, vec![99, 0]), (0, vec![99, 1]), (0, vec![8, 5])];
    assert_eq!(
        told(protocol::ICMP, &messages),
        "messages=type 99: 1, type 99: code 1: 1, Echo: code 5: 1; answered=0"
    );
    assert_eq!(told(protocol::ICMP, &[(0, vec![8])]), "");
}

/// Reaches `ICMP_WAITING`.
#[test]
fn requests_that_nobody_answers_make_room() {
    let mut icmp = Icmp::new(protocol::ICMP);
    for number in 0..=ICMP_WAITING as u16 {
        icmp.take(&echo(8, number), 0);
    }
    icmp.take(&echo(0, 0), 1);
    assert!(facts(&icmp.summary()).ends_with("answered=0"));
    icmp.take(&echo(0, 1), 1);
    assert!(facts(&icmp.summary()).contains("answered=1;"));
    assert!(icmp.memory() < size_of::<Icmp>() + 2 * ICMP_WAITING * size_of::<Asked>() + 200);
}

/// Reaches `ICMP_KINDS`.
#[test]
fn more_kinds_are_counted_together() {
    let messages: Vec<_> = (0..=ICMP_KINDS as u8).map(|code| (0, vec![200, code])).collect();
    assert!(told(protocol::ICMP, &messages).ends_with("; other_messages=1"));
}

/// Reaches `ICMP_QUOTED`.
#[test]
fn more_packets_are_not_told() {
    let messages: Vec<_> =
        (0..=ICMP_QUOTED as u8).map(|port| (0, error(3, 3, [0; 4], port))).collect();
    let told = told(protocol::ICMP, &messages);
    assert!(told.contains(":519") && !told.contains(":520"), "{told}");
    assert!(told.ends_with("; about_more=yes"));
}
