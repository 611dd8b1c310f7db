//! Messages, and what the flow's summary says of them.

use super::*;
use crate::proto::datagram::{Ports, Recognised};
use crate::proto::dialogue::{Summarised, facts};
use crate::proto::{Place, Settings};
use Side::{Client as C, Server as S};

fn request(transmitted: u8) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0] = 0x23;
    bytes[47] = transmitted;
    bytes
}

fn answer(stratum: u8, reference: &[u8; 4], origin: u8) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..4].copy_from_slice(&[0x24, stratum, 6, 0xe8]);
    bytes[12..16].copy_from_slice(reference);
    bytes[31] = origin;
    for at in [16, 32, 40] {
        bytes[at..at + 4].copy_from_slice(&[0xe8, 0, 0, 9]);
    }
    bytes
}

fn datagram(side: Side, bytes: &[u8], port: u16) -> Datagram<'_> {
    let ports = match side {
        C => Ports { source: 50_000, destination: port },
        S => Ports { source: port, destination: 50_000 },
    };
    Datagram { side, bytes, cut: 0, ports, to_group: false }
}

/// What is told of messages at their times.
fn told(messages: &[(i64, Side, Vec<u8>)]) -> String {
    let (mut ntp, mut sink) = (Ntp::default(), Summarised::default());
    let settings = Settings::default();
    let place = Place::default();
    for (time, side, bytes) in messages {
        let mut cx = Context { time: *time, place, settings: &settings, sink: &mut sink };
        ntp.datagram(&datagram(*side, bytes, 123), &mut cx);
    }
    ntp.close(
        Close::Timeout,
        &mut Context { time: 0, place, settings: &settings, sink: &mut sink },
    );
    facts(&sink.0)
}

#[test]
fn requests_and_answers() {
    let messages = [
        (0, C, request(1)),
        (50, S, answer(2, &[10, 0, 0, 9], 1)),
        (60, S, answer(2, &[10, 0, 0, 9], 1)),
        (100, C, request(2)),
        (200, S, answer(1, b"GPS\0", 2)),
        (300, C, request(3)),
    ];
    let want = "version=4; client_mode=client; server_mode=server; stratum=1; reference_id=GPS; leap=none; client_messages=3; server_messages=3; answered=2; latency_min_ns=50; latency_mean_ns=75; latency_max_ns=100";
    assert_eq!(told(&messages), want);
    assert!(told(&messages[..2]).contains("; stratum=2; reference_id=10.0.0.9;"));
    let want = "version=4; client_mode=client; client_messages=1; answered=0";
    assert_eq!(told(&messages[..1]), want);
}

#[test]
fn a_server_turns_clients_away() {
    let mut kiss = answer(0, b"RATE", 1);
    kiss[0] = 0xe4;
    let told = told(&[(0, C, request(1)), (1, S, kiss)]);
    assert!(told.contains("; stratum=0; leap=not synchronised; kiss_code=RATE;"), "{told}");
}

#[test]
fn other_modes_and_versions() {
    let mut broadcast = answer(3, &[1, 2, 3, 4], 0);
    broadcast[0] = 0x5d;
    let want = "version=3; server_mode=broadcast; stratum=3; reference_id=1.2.3.4; leap=last minute of the day has 61 seconds; server_messages=1; answered=0";
    assert_eq!(told(&[(0, S, broadcast)]), want);
    let mut old = answer(3, &[1, 2, 3, 4], 1);
    old[0] = 0x1c;
    assert!(told(&[(0, C, request(1)), (1, S, old)]).starts_with("version=4; server_version=3;"));
    assert_eq!(told(&[(0, C, vec![0x26; 12])]), "", "control");
}

/// Sinks that count.
#[derive(Default)]
struct Errors(u32);

impl crate::proto::Sink for Errors {
    fn exchange(&mut self, _: &crate::event::Exchange) {}
    fn parse_error(&mut self) {
        self.0 += 1;
    }
}

#[test]
fn messages_of_control_are_no_errors() {
    let (mut ntp, mut sink) = (Ntp::default(), Errors::default());
    for bytes in [&[0x26; 12][..], &[0x17; 8], &[0x23; 12]] {
        let (place, settings) = (Place::default(), Settings::default());
        let mut cx = Context { time: 0, place, settings: &settings, sink: &mut sink };
        ntp.datagram(&datagram(C, bytes, 123), &mut cx);
    }
    assert_eq!(sink.0, 1, "the one that is too short");
}

#[test]
fn its_bytes_tell_on_any_port() {
    let probe = |side, bytes: &[u8], port| header::probe(&datagram(side, bytes, port));
    for port in [123, 9999] {
        assert_eq!(probe(S, &request(1), port), Recognised::Yes(Some(C)));
        let answer = answer(2, &[10, 0, 0, 9], 1);
        assert_eq!(probe(C, &answer, port), Recognised::Yes(Some(S)));
        assert_eq!(probe(C, &answer[..47], port), Recognised::No);
        for first in [0x20, 0x26, 0x27, 0x03, 0x2b] {
            let other = [&[first][..], &answer[1..]].concat();
            assert_eq!(probe(S, &other, port), Recognised::No, "{first:#x}");
        }
    }
    assert_eq!(probe(S, &request(0), 9999), Recognised::No, "nothing at all");
    for at in [1, 3, 16, 32, 40] {
        let mut other = answer(2, &[10, 0, 0, 9], 1);
        other[at] = 0x33;
        assert_eq!(probe(S, &other, 9999), Recognised::No, "byte {at}");
    }
}

/// Reaches `NTP_WAITING`.
#[test]
fn requests_that_nobody_answers_make_room() {
    let mut messages: Vec<_> = (0..=NTP_WAITING as u8).map(|n| (0, C, request(n + 1))).collect();
    messages.push((1, S, answer(1, b"GPS\0", 1)));
    assert!(told(&messages).ends_with("answered=0"));
    messages.push((1, S, answer(1, b"GPS\0", 2)));
    assert!(told(&messages).contains("answered=1;"));
}
