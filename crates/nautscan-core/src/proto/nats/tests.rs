//! Dialogues: what both sides said, and the exchanges that come of it.

use super::probe::probe;
use super::*;
use crate::event::Exchange;
use crate::limits::{
    NATS_HELD, NATS_LINE, NATS_PATIENCE, NATS_PAYLOAD, NATS_PROBE, NATS_TEXT, NATS_WAITING,
};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, Collected, detail, says, text};
use crate::proto::{Place, Probe};

const INFO: &str = "INFO {\"server_id\":\"N\",\"server_name\":\"bus\",\"version\":\"2.9.10\",\"tls_required\":false} \r\n";
const CONNECT: &str = "CONNECT {\"verbose\":false,\"user\":\"ann\",\"pass\":\"hunter2\",\"auth_token\":\"hunter2\",\"name\":\"shop\"}\r\n";

fn play(acts: &[Act]) -> Vec<Exchange> {
    dialogue::play(Nats::new(&Settings::default()), acts, usize::MAX).0
}

/// `METHOD target status error completeness`.
fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let (method, target) = (text(&e.method), text(&e.target));
    let seen = e.completeness.name();
    format!("{method} {target} {status} {} {seen}", e.error.unwrap_or("-"))
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(|| Nats::new(&Settings::default()), acts, brief)
}

#[test]
fn a_session() {
    let headers = "NATS/1.0\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nA: 1\r\n\r\n";
    let acts = [
        says(S, INFO),
        says(C, [CONNECT, "PING\r\n"].concat()),
        says(S, "PONG\r\n"),
        says(C, "sub orders.*.new workers 7\r\nPUB orders.4711.new 5\r\nhello\r\n"),
        says(S, "MSG orders.4711.new 7 5\r\nhello\r\n"),
        says(
            C,
            format!(
                "HPUB orders.x.new {0} {1}\r\n{headers}hi\r\n",
                headers.len(),
                headers.len() + 2
            ),
        ),
        says(S, "PING\r\n"),
        says(C, "PONG\r\n"),
        says(C, "UNSUB 7 3\r\n"),
        says(S, "-ERR 'Permissions Violation for Publish to \"secret\"'\r\n"),
    ];
    let rows = [
        "INFO bus - - complete",
        "CONNECT shop - - request_only",
        "PING - - - complete",
        "SUB orders.*.new - - request_only",
        "PUB orders.*.new - - request_only",
        "MSG orders.*.new - - complete",
        "HPUB orders.x.new - - request_only",
        "PING - - - complete",
        "UNSUB - - - request_only",
        "-ERR - - Permissions Violation complete",
    ];
    assert_eq!(told(&acts), rows);
    let got = play(&acts);
    assert!(!format!("{got:?}").contains("hunter2") && format!("{got:?}").contains("ann"));
    assert_eq!(
        (detail(&got[0], "server_version"), detail(&got[1], "reply")),
        ("2.9.10", "none wanted")
    );
    assert_eq!((detail(&got[3], "queue"), detail(&got[3], "subscription")), ("workers", "7"));
    let published = got[4].request.as_ref().expect("it");
    assert_eq!(published.body.kept.as_deref(), Some(&b"hello"[..]));
    assert_eq!((published.body.bytes, published.body.truncated), (Some(30), false));
    assert!(got[5].request.is_none() && got[5].holds_values);
    let request = got[6].request.as_ref().expect("it");
    assert_eq!((request.headers.len(), request.body.kept.as_deref()), (2, Some(&b"hi"[..])));
    assert!(got[6].trace_id.is_some());
    assert_eq!((detail(&got[7], "sender"), detail(&got[7], "acknowledged_ns")), ("server", "1000"));
}

/// As a server with `allow_non_tls` has it.
#[test]
fn a_client_may_choose_tls_where_it_is_offered() {
    let hello = [22, 3, 1, 0, 200, 1];
    let info = INFO.replace("tls_required\":false", "tls_available\":true");
    let (got, verdict) = dialogue::play(
        Nats::new(&Settings::default()),
        &[says(S, &info), says(C, hello)],
        usize::MAX,
    );
    assert_eq!((got.len(), verdict), (1, Verdict::Switched { consumed: 6 }));
    let mut parser = Nats::new(&Settings::default());
    let (settings, mut sink) = (Settings::default(), Collected::default());
    let place = Place { offset: 9, received: 7 };
    let mut cx = Context { time: 5, place, settings: &settings, sink: &mut sink };
    parser.data(C, &hello, &mut cx);
    let early = Early { side: C, time: 5, place, bytes: hello.to_vec() };
    assert_eq!(parser.early(), Some(early));
    let later = [says(S, &info), says(C, CONNECT), says(C, hello)];
    let (_, verdict) = dialogue::play(Nats::new(&Settings::default()), &later, usize::MAX);
    assert_eq!(verdict, Verdict::Continue, "who has said CONNECT goes on without");
}

/// Reaches `NATS_HELD` and `NATS_WAITING`: of a client that wants all confirmed no confirmation comes.
#[test]
fn what_is_to_be_confirmed_is_held_up_to_the_caps() {
    let payload = "x".repeat(8 << 10);
    let large = format!("PUB a {}\r\n{payload}\r\n", payload.len());
    for (publish, times) in [(&large[..], 300), ("PUB a b{} 0\r\n\r\n", 20 * NATS_WAITING)] {
        let mut parser = Nats::new(&Settings::default());
        let (settings, mut sink) = (Settings::default(), Collected::default());
        let place = Place::default();
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        parser.data(C, b"CONNECT {}\r\n", &mut cx);
        for n in 0..times {
            let publish = publish.replace("{}", &n.to_string());
            assert_eq!(parser.data(C, publish.as_bytes(), &mut cx), Verdict::Continue);
        }
        let fixed = 6 * NATS_WAITING * size_of::<Exchange>();
        assert!(parser.memory() < 2 * NATS_HELD + fixed, "{}", parser.memory());
        assert_eq!(sink.0[0].oddities, [oddity::WAITING_OVERFLOW]);
    }
}

#[test]
fn a_request_has_the_reply_to_its_inbox() {
    let none = "NATS/1.0 503\r\n\r\n";
    let acts = [
        says(S, INFO),
        says(C, [CONNECT, "PING\r\n"].concat()),
        says(S, "PONG\r\n"),
        says(C, "SUB _INBOX.abc.* 1\r\n"),
        says(C, "PUB svc.add _INBOX.abc.1 3\r\n1 2\r\nPUB svc.gone _INBOX.abc.2 0\r\n\r\n"),
        says(S, format!("HMSG _INBOX.abc.2 1 {0} {0}\r\n{none}\r\n", none.len())),
        says(S, "MSG _INBOX.abc.1 1 1\r\n3\r\nMSG _INBOX.abc.1 1 1\r\n3\r\n"),
        says(C, "PUB svc.slow _INBOX.abc.3 0\r\n\r\n"),
    ];
    let rows = [
        "INFO bus - - complete",
        "CONNECT shop - - request_only",
        "PING - - - complete",
        "SUB _INBOX.abc.* - - request_only",
        "PUB svc.gone 503 No Responders complete",
        "PUB svc.add - - complete",
        "MSG _INBOX.abc.* - - complete",
        "PUB svc.slow - - request_only",
    ];
    assert_eq!(told(&acts), rows);
    let got = play(&acts);
    let times = |e: &Exchange| {
        (e.request.as_ref().expect("it").first_time, e.response.as_ref().expect("it").last_time)
    };
    assert_eq!(times(&got[5]), (5000, Some(7000)));
    assert_eq!(detail(&got[7], "reply"), "not seen");
    // The other end of a request: who answers.
    let acts =
        [says(S, "MSG svc.add 1 _INBOX.x.1 0\r\n\r\n"), says(C, "PUB _INBOX.x.1 1\r\n3\r\n")];
    assert_eq!(detail(&play(&acts)[1], "answers_after_ns"), "1000");
}

/// As pulls of JetStream with one inbox: messages come under their own subjects, and the status that is
/// told to the inbox may be of the second pull or late of the first.
#[test]
fn a_reply_to_a_subject_that_two_requests_named_is_in_doubt() {
    let pull = "PUB $JS.API.CONSUMER.MSG.NEXT.S.c _INBOX.x 1\r\n1\r\n";
    let acts = [
        says(C, [CONNECT, "SUB _INBOX.x 1\r\n", pull].concat()),
        says(S, "MSG orders.new 1 $JS.ACK.S.c.1.1.1.1.0 2\r\nhi\r\n"),
        says(C, pull.replace("\n1", "\n2")),
        status("404 No Messages"),
    ];
    let rows = [("1", Some(404), "complete", 1), ("2", None, "request_only", 1)];
    assert_eq!(pulls(&acts), rows.map(|row| (row.0.to_owned(), row.1, row.2, row.3)));
}

/// Of the requests in their order: payload, status, completeness, number of oddities.
fn pulls(acts: &[Act]) -> Vec<(String, Option<i32>, &'static str, usize)> {
    let mut got = play(acts);
    got.retain(|e| e.method.as_deref() == Some(b"PUB"));
    got.sort_by_key(|e| e.request.as_ref().expect("it").first_time);
    let row = |e: &Exchange| {
        let payload = text(&e.request.as_ref().expect("it").body.kept);
        (payload, e.status, e.completeness.name(), e.oddities.len())
    };
    got.iter().map(row).collect()
}

fn status(line: &str) -> Act {
    let head = format!("NATS/1.0 {line}\r\n\r\n");
    says(S, format!("HMSG _INBOX.x 1 {0} {0}\r\n{head}\r\n", head.len()))
}

/// The reply that comes late shifts the next by one, and the next: each is in doubt.
#[test]
fn doubt_lasts_while_a_request_of_the_same_reply_subject_waits() {
    let pull = |n: u8| says(C, format!("PUB svc _INBOX.x 1\r\n{n}\r\n"));
    let (none, late) = (|| status("404 No Messages"), || status("408 Request Timeout"));
    let acts = [
        says(C, [CONNECT, "SUB _INBOX.x 1\r\n"].concat()),
        pull(1),
        pull(2),
        late(),
        pull(3),
        none(),
        pull(4),
        none(),
        none(),
        pull(5),
        none(),
    ];
    let rows = [
        ("1", Some(408), 1),
        ("2", Some(404), 1),
        ("3", Some(404), 1),
        ("4", Some(404), 1),
        // None waited when it was asked.
        ("5", Some(404), 0),
    ];
    assert_eq!(pulls(&acts), rows.map(|row| (row.0.to_owned(), row.1, "complete", row.2)));
}

/// A pull that asks for them gets any number of them before what answers it.
#[test]
fn a_heartbeat_of_jetstream_is_no_reply() {
    let acts = [
        says(C, [CONNECT, "SUB _INBOX.x 1\r\n", "PUB svc _INBOX.x 1\r\n1\r\n"].concat()),
        status("100 Idle Heartbeat"),
        status("100 Idle Heartbeat"),
        status("408 Request Timeout"),
    ];
    assert_eq!(pulls(&acts), [("1".to_owned(), Some(408), "complete", 0)]);
    assert_eq!(play(&acts).iter().filter(|e| e.status == Some(100)).count(), 2);
}

#[test]
fn who_wants_confirmations_gets_them_in_order() {
    let connect = CONNECT.replace("false", "true");
    let acts = [
        says(S, INFO),
        says(C, connect),
        says(S, "+OK\r\n"),
        says(C, "PUB a 1\r\nx\r\nSUB b 1\r\nPUB c r 1\r\nx\r\nPUB d 1\r\nx\r\n"),
        says(S, "+OK\r\n-ERR 'Permissions Violation for Subscription to \"b\"'\r\n+OK\r\n+OK\r\n"),
    ];
    let rows = [
        "INFO bus - - complete",
        "CONNECT shop - - complete",
        "PUB a - - complete",
        "SUB b - Permissions Violation complete",
        "PUB d - - complete",
        "PUB c - - request_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn who_is_refused_was_connecting() {
    let acts = [
        says(S, INFO),
        says(C, [CONNECT, "PING\r\n"].concat()),
        says(S, "-ERR 'Authorization Violation'\r\n"),
    ];
    let rows = [
        "INFO bus - - complete",
        "CONNECT shop - Authorization Violation complete",
        "PING - - connection closed before response request_only",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_comes_behind_a_demand_for_encryption_is_something_else() {
    let info = INFO.replace("tls_required\":false", "tls_required\":true");
    let (got, verdict) =
        dialogue::play(Nats::new(&Settings::default()), &[says(S, &info)], usize::MAX);
    assert_eq!((got.len(), verdict), (1, Verdict::Switched { consumed: info.len() }));
}

#[test]
fn a_loss_within_a_payload_costs_that_message_only() {
    let acts = [
        says(C, "PUB a 10\r\n012"),
        Act::Loses(C, 4),
        says(C, "789\r\nPUB b 1\r\nx\r\n"),
        says(S, "MSG c 1 5\r\nab"),
        Act::Loses(S, 5),
        says(S, "MSG d 1 1\r\nx\r\n"),
    ];
    let rows = ["PUB a - - gap", "PUB b - - request_only", "MSG c - - gap", "MSG d - - complete"];
    assert_eq!(told(&acts), rows);
}

#[test]
fn behind_another_loss_a_message_is_where_it_goes_on() {
    let acts = [
        says(S, INFO),
        says(C, [CONNECT, "PING\r\n"].concat()),
        says(S, "PONG\r\n"),
        says(C, "PUB a _INBOX.a.1 1\r\nx\r\n"),
        Act::Loses(S, 30),
        says(S, "text of a payload\r\nMSG a 1 1\r\nx\r\n"),
        says(S, "MSG _INBOX.b.1 1 1\r\nx\r\n"),
        Act::Loses(C, 3),
        says(C, "3 4\r\n"),
        says(C, "PUB b 1\r\nx\r\n"),
    ];
    let got = play(&acts);
    let rows: Vec<_> = got.iter().map(brief).collect();
    assert_eq!(
        rows[3..],
        ["PUB a - - request_only", "MSG _INBOX.b.* - - complete", "PUB b - - request_only"]
    );
    assert_eq!(got[3].oddities, ["pairing_uncertain"]);
}

#[test]
fn what_is_not_nats_ends_it() {
    for (side, bytes) in [
        (C, &b"FROB x\r\n"[..]),
        (C, b"PUB a x\r\n"),
        (C, b"PUB a 1\nx"),
        (C, b"PUB a 1\r\nxyz"),
        (C, b"HPUB a 9 1\r\n"),
        (C, b"INFO {}\r\n"),
        (S, b"SUB a 1\r\n"),
        (S, b"PUB a 1\r\nx\r\n"),
    ] {
        let (_, verdict) = dialogue::play(Nats::new(&Settings::default()), &[says(side, bytes)], 1);
        assert!(matches!(verdict, Verdict::Dead(_)), "{}", bytes.escape_ascii());
    }
}

#[test]
fn probes_know_nats_by_its_bytes() {
    assert_eq!((probe(S, INFO.as_bytes()), probe(C, CONNECT.as_bytes())), (Probe::Yes, Probe::Yes));
    assert_eq!((probe(S, b"INFO"), probe(C, b"CONNECT ")), (Probe::NeedMore, Probe::NeedMore));
    assert_eq!(
        (probe(C, b"PUB a.b 5\r\nhello\r\n"), probe(S, b"MSG a.b 9 5\r\nhel")),
        (Probe::Yes, Probe::Yes)
    );
    assert_eq!(probe(S, b"HMSG a.b 9 5"), Probe::NeedMore);
    for (side, other) in [
        (C, &b"CONNECT example.com:443 HTTP/1.1\r\n\r\n"[..]),
        (C, b"PING\r\n"),
        (C, b"PUBLISH a b\r\n"),
        (C, b"PUB a 1\r\nxyz"),
        (C, b"MSG a 1 1\r\nx\r\n"),
        (S, b"MSG somebody hello there\r\n"),
        (S, b"+OK\r\n"),
        (S, b"INFO something\r\n"),
        (S, b"\x16\x03\x01"),
    ] {
        assert_eq!(probe(side, other), Probe::No, "{}", other.escape_ascii());
    }
}

/// Reaches `NATS_PROBE`: a line that is longer is not waited for.
#[test]
fn a_line_is_looked_for_within_the_cap() {
    let long = format!("PUB {}", "a".repeat(NATS_PROBE));
    assert_eq!(probe(C, &long.as_bytes()[..NATS_PROBE - 1]), Probe::NeedMore);
    assert_eq!(probe(C, &long.as_bytes()[..NATS_PROBE]), Probe::No);
}

/// Reaches `NATS_LINE`, `NATS_PAYLOAD`: what is longer is not NATS.
#[test]
fn lines_and_payloads_have_an_end() {
    let too_long = format!("PUB {}", "a".repeat(NATS_LINE));
    let too_large = format!("PUB a {}\r\n", NATS_PAYLOAD + 1);
    for bytes in [too_long, too_large] {
        let (_, verdict) = dialogue::play(Nats::new(&Settings::default()), &[says(C, bytes)], 100);
        assert_eq!(verdict, Verdict::Dead("not NATS"));
    }
    assert_eq!(told(&[says(C, format!("PUB a {NATS_PAYLOAD}\r\nx"))]), ["PUB a - - gap"]);
}

/// What was lost may have been asked, or answered: what counts answers would be off by one.
#[test]
fn behind_a_loss_nothing_is_paired_by_its_order() {
    let connect = CONNECT.replace("false", "true");
    let acts = [
        says(C, connect),
        says(S, "+OK\r\n"),
        Act::Loses(C, 30),
        says(C, "PUB b 1\r\nx\r\nPING\r\n"),
        says(S, "MSG a 1 1\r\nx\r\n+OK\r\nPONG\r\n"),
        says(C, "PUB c 1\r\nx\r\n"),
        says(S, "+OK\r\nPONG\r\n"),
    ];
    let got = play(&acts);
    let rows: Vec<_> = got.iter().map(brief).collect();
    assert_eq!(
        rows,
        [
            "CONNECT shop - - complete",
            "PUB b - - request_only",
            "PING - - - request_only",
            "MSG a - - complete",
            "PUB c - - request_only",
        ]
    );
    assert_eq!(got[2].oddities, ["pairing_uncertain"]);
}

/// Reaches `NATS_PATIENCE`: a minute after a loss a PONG is of the PING before it.
#[test]
fn pings_are_paired_again_after_a_while() {
    let (mut parser, mut sink, settings) =
        (Nats::new(&Settings::default()), Collected::default(), Settings::default());
    for (time, side, bytes) in [
        (0, C, b"PUB a 0\r\n\r\n".as_slice()),
        (NATS_PATIENCE + 2, C, b"PUB a 0\r\n\r\nPING\r\n"),
        (NATS_PATIENCE + 3, S, b"PONG\r\n"),
    ] {
        let mut cx =
            Context { time, place: Place::default(), settings: &settings, sink: &mut sink };
        parser.data(side, bytes, &mut cx);
        if time == 0 {
            parser.gap(C, 9, &mut cx);
        }
    }
    assert_eq!(sink.0.last().map(brief).as_deref(), Some("PING - - - complete"));
}

/// Reaches `NATS_WAITING`, `NATS_HELD`: the oldest is told without its reply.
#[test]
fn requests_wait_up_to_the_caps() {
    let overflown = |acts: &[Act]| {
        let got = play(acts);
        let count = got.iter().filter(|e| e.oddities == ["waiting_overflow"]).count();
        (got.len(), count)
    };
    let asked: String = (0..=NATS_WAITING).map(|n| format!("PUB a r.{n} 0\r\n\r\n")).collect();
    assert_eq!(overflown(&[says(C, asked)]), (NATS_WAITING + 1, 1));
    let pings = "PING\r\n".repeat(NATS_WAITING + 1);
    assert_eq!(overflown(&[says(C, pings)]), (NATS_WAITING + 1, NATS_WAITING + 1));
    let confirmed =
        [CONNECT.replace("false", "true"), "PUB a 0\r\n\r\n".repeat(NATS_WAITING)].concat();
    assert_eq!(overflown(&[says(C, confirmed)]), (NATS_WAITING + 1, NATS_WAITING + 1));
    let kept = crate::limits::BODY_KEPT;
    let count = NATS_HELD / kept;
    let payload = "x".repeat(kept);
    let asked: String =
        (0..count).map(|n| format!("PUB a r.{n} {kept}\r\n{payload}\r\n")).collect();
    assert_eq!(overflown(&[says(C, asked)]), (count, 1));
}

/// Reaches `NATS_PATIENCE`: a request that waited for longer is told when the client says more.
#[test]
fn replies_are_waited_for_up_to_the_cap() {
    let (mut parser, mut sink, settings) =
        (Nats::new(&Settings::default()), Collected::default(), Settings::default());
    for time in [0, NATS_PATIENCE, NATS_PATIENCE + 1] {
        let mut cx =
            Context { time, place: Place::default(), settings: &settings, sink: &mut sink };
        parser.data(C, format!("PUB a r{time} 0\r\n\r\n").as_bytes(), &mut cx);
    }
    assert_eq!(sink.0.len(), 1);
    assert_eq!(detail(&sink.0[0], "reply"), "not seen");
}

/// Reaches `NATS_KEPT`, `NATS_TEXT`: what is longer is held and shown by its beginning.
#[test]
fn a_message_is_kept_up_to_the_caps() {
    let kept = crate::limits::BODY_KEPT;
    let payload = "x".repeat(NATS_KEPT + kept);
    let subject = "s".repeat(NATS_TEXT + 1);
    let mut parser = Nats::new(&Settings::default());
    let (mut sink, settings) = (Collected::default(), Settings::default());
    let mut cx = Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
    let said = format!("PUB {subject} {}\r\n{payload}\r\n", payload.len());
    for bytes in said.as_bytes().chunks(1000) {
        assert_eq!(parser.data(C, bytes, &mut cx), Verdict::Continue);
        assert!(parser.memory() < 4 * (NATS_KEPT + kept));
    }
    let body = &sink.0[0].request.as_ref().expect("it").body;
    assert_eq!((body.kept.as_ref().map(Vec::len), body.truncated), (Some(kept), true));
    assert_eq!(detail(&sink.0[0], "subject").len(), NATS_TEXT);
}
