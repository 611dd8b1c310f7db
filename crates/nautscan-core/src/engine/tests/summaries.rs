//! What flows say of themselves, through the whole engine.

use super::*;
use crate::event::Redactor;
use crate::testing::{fragment, ipv4};

const CLIENT: (u8, u16) = (1, 40000);

/// One connection: what each side says, in order.
pub(super) struct Talk {
    pub(super) bench: Bench,
    server: (u8, u16),
    next: [u32; 2],
}

impl Talk {
    pub(super) fn new(config: Config, port: u16) -> Self {
        let (server, mut bench) = ((2, port), Bench::new(config));
        bench.tcp(CLIENT, server, SYN, (100, 0), b"");
        bench.tcp(server, CLIENT, SYN | ACK, (500, 101), b"");
        bench.tcp(CLIENT, server, ACK, (101, 501), b"");
        Self { bench, server, next: [101, 501] }
    }

    pub(super) fn asks(mut self, bytes: &'static [u8]) -> Self {
        let [ours, theirs] = self.next;
        self.bench.tcp(CLIENT, self.server, ACK, (ours, theirs), bytes);
        self.next[0] += bytes.len() as u32;
        self
    }

    pub(super) fn says(mut self, bytes: &'static [u8]) -> Self {
        let [ours, theirs] = self.next;
        self.bench.tcp(self.server, CLIENT, ACK, (theirs, ours), bytes);
        self.next[1] += bytes.len() as u32;
        self
    }

    /// Protocol, summary, and bytes that were not understood.
    fn told(self) -> (Option<String>, String, u64) {
        let tables = self.bench.finish();
        let mut protocol = text(&tables.flows, "protocol");
        let summary = text(&tables.flows, "summary").remove(0).unwrap_or_default();
        (protocol.remove(0), summary, tables.totals.opaque_bytes)
    }
}

/// The beginning of a TLS hello of a client.
const HELLO: &[u8] = b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03";

#[test]
fn a_greeting_that_does_not_tell_waits_for_what_follows() {
    let (protocol, summary, opaque) = Talk::new(Config::default(), 9000)
        .says(b"220 host.example ready\r\n")
        .asks(b"EHLO me\r\n")
        .says(b"250 host.example\r\n")
        .told();
    assert_eq!((protocol.as_deref(), opaque), (Some("smtp"), 0));
    assert_eq!(
        summary,
        r#"{"protocol":"smtp","server_name":"host.example","client_name":"me","last_reply":"250"}"#
    );
    let (protocol, summary, opaque) = Talk::new(Config::default(), 9000)
        .says(b"220 host.example ready\r\n")
        .asks(b"USER me\r\n")
        .says(b"331 Password\r\n")
        .told();
    assert_eq!((protocol.as_deref(), opaque), (Some("ftp"), 0));
    assert!(summary.contains(r#""greeting":"host.example ready","login":"me""#), "{summary}");
    let (protocol, summary, opaque) = Talk::new(Config::default(), 9000)
        .says(b"+OK POP3\r\n")
        .asks(b"USER me\r\n")
        .says(b"+OK\r\n")
        .asks(b"PASS x\r\n")
        .told();
    assert_eq!((protocol, summary.as_str()), (None, ""));
    assert_eq!(opaque, 32, "all of it");
}

#[test]
fn tls_follows_and_the_summary_stays() {
    let (protocol, summary, opaque) = Talk::new(Config::default(), 9000)
        .says(b"220 mail.example ESMTP\r\n")
        .asks(b"EHLO me\r\n")
        .says(b"250-mail.example\r\n250 STARTTLS\r\n")
        .asks(b"STARTTLS\r\n")
        .says(b"220 go\r\n")
        .asks(HELLO)
        .told();
    assert_eq!((protocol.as_deref(), opaque), (Some("tls"), 0));
    assert!(summary.contains(r#""protocol":"smtp""#), "{summary}");
    assert!(summary.contains(r#""starttls":"accepted""#), "{summary}");
}

#[test]
fn who_logs_in_is_hidden_where_secrets_are() {
    let config = Config { redactor: Some(Redactor::default()), ..Config::default() };
    let (_, summary, _) =
        Talk::new(config, 21).says(b"220 FTP\r\n").asks(b"USER me\r\n").says(b"331 ok\r\n").told();
    assert!(summary.contains(r#""login":"[redacted]""#), "{summary}");
}

#[test]
fn other_flows_have_no_summary() {
    let mut bench = Bench::new(Config::default());
    bench.exchange(CLIENT, (2, 80), 100);
    assert_eq!(text(&bench.finish().flows, "summary"), [None]);
}

fn echo(kind: u8, from: u8, to: u8, id: u16) -> Vec<u8> {
    ipv4(1, from, to, id, &[&[kind, 0, 0, 0, 7, 7, 0, 1][..], &[1; 40]].concat())
}

#[test]
fn a_ping_is_summed_up_also_where_it_came_in_fragments() {
    let (asked, answered) = (echo(8, 1, 2, 5), echo(0, 2, 1, 6));
    let pieces: Vec<_> = [0..24, 24..48].map(|range| fragment(&asked, range)).into();
    for packets in [vec![&asked, &answered], vec![&pieces[0], &pieces[1], &answered]] {
        let mut bench = Bench::new(Config::default());
        for packet in packets {
            bench.time += MS;
            bench.engine.packet(&raw(bench.time, bench.eth0, packet));
        }
        let tables = bench.finish();
        assert_eq!(text(&tables.flows, "protocol"), [Some("icmp".to_owned())]);
        let summary = text(&tables.flows, "summary").remove(0).expect("one");
        assert_eq!(
            summary,
            r#"{"message_types":"Echo: 1\u000aEcho Reply: 1","answered":"1","rtt_min_ns":"1000000","rtt_mean_ns":"1000000","rtt_max_ns":"1000000"}"#
        );
    }
}

/// What a scan by pings costs.
#[test]
fn a_ping_that_nobody_answers_takes_little() {
    let mut bench = Bench::new(Config::default());
    for host in 0..200 {
        bench.engine.packet(&raw(MS, bench.eth0, &echo(8, 254, host, u16::from(host))));
    }
    assert_eq!(bench.engine.totals().flows, 200);
    let tables = bench.engine.flows.memory();
    let each = bench.engine.flows.iter().map(Flow::memory).sum::<usize>() / 200;
    assert!(each <= 480 && tables < 200 * 1024, "{each} bytes a flow");
}
