//! Dialogues: what both sides said, and the exchanges that come of it.

use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, detail, says, text};

mod versions;

/// A message with its length.
fn sized(parts: &[&[u8]]) -> Vec<u8> {
    let inner = parts.concat();
    [&(inner.len() as u32).to_be_bytes()[..], &inner].concat()
}

/// A text with its length in two bytes.
fn short(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

/// Elements with their count.
fn array(elements: &[Vec<u8>]) -> Vec<u8> {
    [&(elements.len() as u32).to_be_bytes()[..], &elements.concat()].concat()
}

fn ask(key: i16, version: i16, number: i32, body: &[u8]) -> Vec<u8> {
    let head = [key.to_be_bytes(), version.to_be_bytes()].concat();
    sized(&[&head, &number.to_be_bytes(), &short("shop"), body])
}

fn answer(number: i32, body: &[u8]) -> Vec<u8> {
    sized(&[&number.to_be_bytes(), body])
}

/// Metadata of version 1 of topics.
fn metadata(number: i32, topics: &[&str]) -> Vec<u8> {
    let topics: Vec<_> = topics.iter().map(|topic| short(topic)).collect();
    ask(3, 1, number, &array(&topics))
}

/// Its answer: a broker, and topics with their errors.
fn described(number: i32, topics: &[(&str, i16)]) -> Vec<u8> {
    let broker = [&[0, 0, 0, 1][..], &short("kafka"), &[0, 0, 0x23, 0x84, 0xff, 0xff]].concat();
    let topic = |(name, error): &(&str, i16)| {
        let partition = [&[0; 10][..], &[0; 8]].concat();
        [&error.to_be_bytes()[..], &short(name), &[0], &array(&[partition])].concat()
    };
    let topics: Vec<_> = topics.iter().map(topic).collect();
    answer(number, &[&array(&[broker])[..], &[0, 0, 0, 1], &array(&topics)].concat())
}

/// A batch of so many records.
fn batch(records: i32, compression: u8) -> Vec<u8> {
    let payload = b"secret records";
    let length = 49 + payload.len() as i32;
    [
        &[0; 8][..],
        &length.to_be_bytes(),
        &[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, compression],
        &[0; 34],
        &records.to_be_bytes(),
        payload,
    ]
    .concat()
}

/// Produce of version 3 to two partitions of a topic.
fn produce(number: i32, acks: i16, batches: &[Vec<u8>]) -> Vec<u8> {
    let records = batches.concat();
    let partition =
        |at: i32| [&at.to_be_bytes()[..], &(records.len() as u32).to_be_bytes(), &records].concat();
    let topic = [short("orders.eu"), array(&[partition(0), partition(1)])].concat();
    let body = [&[0xff, 0xff][..], &acks.to_be_bytes(), &[0, 0, 0x75, 0x30], &array(&[topic])];
    ask(0, 3, number, &body.concat())
}

fn produced(number: i32, errors: [i16; 2], throttle: i32) -> Vec<u8> {
    let partition =
        |at: i32| [&at.to_be_bytes()[..], &errors[at as usize].to_be_bytes(), &[0; 16]].concat();
    let topic = [short("orders.eu"), array(&[partition(0), partition(1)])].concat();
    answer(number, &[&array(&[topic])[..], &throttle.to_be_bytes()].concat())
}

fn heartbeat(number: i32) -> Vec<u8> {
    ask(12, 0, number, &[&short("billing")[..], &[0, 0, 0, 7], &short("member-1")].concat())
}

fn play(acts: &[Act]) -> (Vec<Exchange>, Verdict) {
    dialogue::play(Kafka::default(), acts, usize::MAX)
}

/// `method | target | status error | completeness`.
fn brief(e: &Exchange) -> String {
    let status = e.status.map_or("-".to_owned(), |status| status.to_string());
    let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
    format!("{method} | {target} | {status} {error} | {}", e.completeness.name())
}

fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Kafka::default, acts, brief)
}

#[test]
fn requests_are_told_with_their_answers() {
    let acts = [
        says(C, ask(18, 0, 1, b"")),
        says(S, answer(1, &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 9])),
        says(C, metadata(2, &["orders.eu", "user-17", "user-18"])),
        says(S, described(2, &[("orders.eu", 0), ("user-17", 3), ("user-18", 0)])),
        says(C, [heartbeat(3), heartbeat(4)].concat()),
        says(S, [answer(3, &[0, 0]), answer(4, &[0, 27])].concat()),
        says(C, ask(17, 1, 5, &short("PLAIN"))),
        says(S, answer(5, &[&[0, 0][..], &array(&[short("PLAIN")])].concat())),
    ];
    let rows = [
        "ApiVersions | - | 0 - | complete",
        "Metadata | orders.eu, user-* | 3 UNKNOWN_TOPIC_OR_PARTITION | complete",
        "Heartbeat | billing | 0 - | complete",
        "Heartbeat | billing | 27 REBALANCE_IN_PROGRESS | complete",
        "SaslHandshake | PLAIN | 0 - | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    let of = |name| detail(&got[1], name);
    assert_eq!((of("topics"), of("client_id")), ("orders.eu, user-17, user-18", "shop"));
    assert_eq!(of("errors"), "user-*: UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!((of("api_version"), of("correlation_id")), ("1", "2"));
    let of = |name| detail(&got[2], name);
    assert_eq!((of("group"), of("generation"), of("member")), ("billing", "7", "member-1"));
    let response = got[0].response.as_ref().unwrap();
    assert_eq!((response.body.bytes, response.last_time), (Some(20), Some(2000)));
}

#[test]
fn records_are_counted_and_never_kept() {
    let acts = [
        says(C, produce(1, -1, &[batch(3, 0), batch(4, 0)])),
        says(S, produced(1, [0, 6], 250)),
        says(C, produce(2, 0, &[batch(1, 4)])),
        says(C, metadata(3, &["orders.eu"])),
        says(S, described(3, &[("orders.eu", 0)])),
    ];
    let rows = [
        "Produce | orders.eu | 6 NOT_LEADER_OR_FOLLOWER | complete",
        "Produce | orders.eu | - - | request_only",
        "Metadata | orders.eu | 0 - | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    let of = |name| detail(&got[0], name);
    assert_eq!((of("acks"), of("partitions"), of("throttle_ms")), ("all", "2", "250"));
    assert_eq!((of("records"), of("batches"), of("compression")), ("14", "4", "none"));
    assert_eq!(of("record_bytes"), (4 * batch(1, 0).len()).to_string());
    assert_eq!(of("errors"), "orders.eu[1]: NOT_LEADER_OR_FOLLOWER");
    assert_eq!((detail(&got[1], "reply"), detail(&got[1], "compression")), ("none wanted", "zstd"));
    assert!(!format!("{got:?}").contains("secret"));
}

/// Fetch of version 0, and an answer of which the last message is cut.
#[test]
fn messages_of_before_batches_are_counted() {
    let partition = [0u8; 16];
    let topic = [short("logs"), array(&[partition.to_vec()])].concat();
    let asked = ask(1, 0, 1, &[&[0; 12][..], &array(&[topic])].concat());
    let message = |attributes: u8| {
        let inner = [&[0, 0, 0, 0, 0, attributes][..], &[0xff; 8]].concat();
        [&[0; 8][..], &(inner.len() as u32).to_be_bytes(), &inner].concat()
    };
    let said = |set: &[u8]| {
        let partition = [&[0; 14][..], &(set.len() as u32).to_be_bytes(), set].concat();
        let topic = [short("logs"), array(&[partition])].concat();
        answer(1, &array(&[topic]))
    };
    let row = ["Fetch | logs | 0 - | complete"];
    let plain = said(&[&message(0)[..], &message(0), &message(0)[..20]].concat());
    let acts = [says(C, &asked), says(S, plain)];
    assert_eq!(told(&acts), row);
    let (got, _) = play(&acts);
    assert_eq!((detail(&got[0], "records"), detail(&got[0], "batches")), ("2", "2"));
    let acts = [says(C, &asked), says(S, said(&message(1)))];
    assert_eq!(told(&acts), row);
    let (got, _) = play(&acts);
    let of = |name| detail(&got[0], name);
    assert_eq!((of("records"), of("batches"), of("compression")), ("-", "1", "gzip"));
}

/// In version 3 a broker that does not know it answers as in version 0.
#[test]
fn who_does_not_know_a_version_answers_in_the_oldest() {
    let asked = ask(18, 3, 1, b"\0\x05java\x043.7\0");
    let refused = answer(1, &[0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2]);
    let known = answer(1, &[0, 0, 2, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 9, 1, 0, 1, 7]);
    let rows = told(&[says(C, &asked), says(S, refused)]);
    assert_eq!(rows, ["ApiVersions | - | 35 UNSUPPORTED_VERSION | complete"]);
    let acts = [says(C, &asked), says(S, known)];
    assert_eq!(told(&acts), ["ApiVersions | - | 0 - | complete"]);
    let (got, _) = play(&acts);
    assert_eq!((detail(&got[0], "software"), detail(&got[0], "throttle_ms")), ("java 3.7", "9"));
    assert!(got[0].oddities.is_empty());
}

/// Metadata of version 12 gives ids with names, Fetch of version 13 has ids alone.
#[test]
fn topics_by_id_have_the_name_that_was_seen() {
    let id = *b"0123456789abcdef";
    let asked = ask(3, 12, 1, &[&[0, 2][..], &[0; 16], b"\x07orders\0", &[1, 0, 0]].concat());
    let topic = [&[0, 0, 7][..], b"orders", &id, &[0, 1, 0, 0, 0, 0, 0]].concat();
    let said = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2][..], &topic, &[0]].concat();
    let fetch = |number: i32, id: &[u8; 16]| {
        let topics = [&[2][..], id, &[2], &[0; 32], &[0, 0]].concat();
        ask(1, 13, number, &[&[0; 22][..], b"\xff\xff\xff\xff", &topics, &[1, 1, 0]].concat())
    };
    let acts = [
        says(C, asked),
        says(S, answer(1, &said)),
        says(C, fetch(2, &id)),
        says(S, answer(2, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])),
        says(C, fetch(3, b"another topic...")),
        says(S, answer(3, &[0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 1, 0])),
    ];
    let rows = [
        "Metadata | orders | 0 - | complete",
        "Fetch | orders | 0 - | complete",
        "Fetch | 616e6f74-6865-7220-746f-7069632e2e2e | 100 UNKNOWN_TOPIC_ID | complete",
    ];
    assert_eq!(told(&acts), rows);
    assert!(play(&acts).0.iter().all(|e| e.oddities.is_empty()));
}

#[test]
fn tokens_are_passed_over() {
    let token = |text: &str| sized(&[text.as_bytes()]);
    let acts = [
        says(C, ask(17, 0, 1, &short("PLAIN"))),
        says(S, answer(1, &[0, 0, 0, 0, 0, 0])),
        says(C, token("\0alice\0secret word")),
        says(S, token("")),
        says(C, token("v=abc")),
        says(S, token("v=wxyzabcd")),
        says(C, heartbeat(2)),
        says(S, answer(2, &[0, 0])),
        says(C, ask(36, 0, 3, &sized(&[b"secret word"]))),
        says(S, answer(3, &[&[0, 58][..], &short("wrong"), &[0; 4]].concat())),
    ];
    let rows = [
        "SaslHandshake | PLAIN | 0 - | complete",
        "Heartbeat | billing | 0 - | complete",
        "SaslAuthenticate | - | 58 SASL_AUTHENTICATION_FAILED | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert_eq!(detail(&got[2], "error_message"), "wrong");
    assert!(!format!("{got:?}").contains("secret"));
}

#[test]
fn what_went_well_has_no_error_message() {
    let found = |code: u8, text: &str| {
        let place = [&[0, 0, 0, 1][..], &short("host"), &[0, 0, 35, 132]].concat();
        let said = [&[0, 0, 0, 0, 0, code][..], &short(text), &place].concat();
        let acts = [
            says(C, ask(10, 1, 1, &[&short("billing")[..], &[0]].concat())),
            says(S, answer(1, &said)),
        ];
        let (got, _) = play(&acts);
        (got[0].status, detail(&got[0], "error_message").to_owned())
    };
    assert_eq!(found(0, "NONE"), (Some(0), "-".to_owned()));
    assert_eq!(found(15, "not yet"), (Some(15), "not yet".to_owned()));
}

#[test]
fn what_is_not_read_is_told_by_name() {
    let acts = [
        says(C, ask(16, 0, 1, b"")),
        says(S, answer(1, &[0, 15, 0, 0, 0, 0])),
        says(C, ask(12, 99, 2, b"what there will be")),
        says(S, answer(2, b"some day")),
        says(C, ask(900, 0, 3, b"")),
        says(S, answer(3, b"")),
    ];
    let rows = [
        "ListGroups | - | - - | complete",
        "Heartbeat | - | - - | complete",
        "- | - | - - | complete",
    ];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert!(got[0].oddities.is_empty());
    assert_eq!(got[1].oddities, [oddity::UNREAD_VERSION]);
    assert_eq!((got[2].oddities[0], detail(&got[2], "api_key")), (oddity::UNREAD_VERSION, "900"));
}

#[test]
fn fields_that_do_not_fit_are_said_to_be_so() {
    let acts = [
        says(C, ask(12, 0, 1, &short("billing"))),
        says(S, answer(1, &[0, 0, 0])),
        says(C, heartbeat(2)),
        says(S, answer(2, &[0, 0])),
    ];
    let rows = ["Heartbeat | billing | 0 - | complete", "Heartbeat | billing | 0 - | complete"];
    assert_eq!(told(&acts), rows);
    let (got, _) = play(&acts);
    assert_eq!(got[0].oddities, [oddity::MALFORMED_FIELDS, oddity::BEHIND_FIELDS]);
    assert!(got[1].oddities.is_empty());
}

/// As clients of before 2018 ask for versions: with an empty list, which the request does not have.
#[test]
fn what_is_behind_the_fields_is_passed_over() {
    let asked = ask(18, 0, 1, &[0; 4]);
    assert_eq!(probe::probe(C, &asked), Probe::Yes);
    assert_eq!(probe::probe(C, &ask(18, 0, 1, &[0; 5])), Probe::No);
    let acts = [says(C, asked), says(S, answer(1, &[0; 6]))];
    assert_eq!(told(&acts), ["ApiVersions | - | 0 - | complete"]);
    assert_eq!(play(&acts).0[0].oddities, [oddity::BEHIND_FIELDS]);
}

#[test]
fn a_loss_puts_in_doubt_what_it_touched() {
    let (first, third) = (described(1, &[("orders", 0)]), described(3, &[("orders", 0)]));
    let asked = [metadata(1, &["orders"]), metadata(2, &["orders"]), metadata(3, &["orders"])];
    let acts = [
        says(C, asked.concat()),
        says(S, &first[..20]),
        Act::Loses(S, first.len() as u64 - 20 + 15),
        says(S, b"the end of the second"),
        says(S, third),
    ];
    let (got, _) = play(&acts);
    let rows: Vec<_> = got.iter().map(brief).collect();
    let want = [
        "Metadata | orders | - - | gap",
        "Metadata | orders | - - | request_only",
        "Metadata | orders | 0 - | complete",
    ];
    assert_eq!(rows, want);
    assert_eq!(got[1].oddities, [oddity::ANSWER_UNCERTAIN]);
    assert!(got[0].oddities.is_empty() && got[2].oddities.is_empty());
}

/// What is lost of records leaves the fields behind them readable.
#[test]
fn a_loss_within_records_is_marked_and_no_more() {
    let (asked, lost) = (produce(1, 1, &[batch(3, 0)]), 10);
    let at = asked.len() - batch(3, 0).len() - 8 - 12;
    let acts = [
        says(C, &asked[..at]),
        Act::Loses(C, lost),
        says(C, &asked[at + lost as usize..]),
        says(S, produced(1, [0, 0], 0)),
        says(C, heartbeat(2)),
        says(S, answer(2, &[0, 0])),
    ];
    let (got, _) = play(&acts);
    let rows: Vec<_> = got.iter().map(brief).collect();
    assert_eq!(rows, ["Produce | orders.eu | 0 - | gap", "Heartbeat | billing | 0 - | complete"]);
    assert_eq!((detail(&got[0], "records"), detail(&got[0], "partitions")), ("6", "2"));
    assert_eq!((got[0].gap_bytes, got[0].oddities.len()), (lost, 0));
}

#[test]
fn a_lost_request_leaves_its_answer_without_a_name() {
    let acts = [
        says(C, heartbeat(1)),
        says(S, answer(1, &[0, 0])),
        Act::Loses(C, heartbeat(2).len() as u64),
        says(S, answer(2, &[0, 0])),
        says(C, b"what is in the middle"),
        says(C, heartbeat(4)),
        says(S, answer(4, &[0, 0])),
    ];
    let (got, verdict) = play(&acts);
    let rows: Vec<_> = got.iter().map(brief).collect();
    let row = "Heartbeat | billing | 0 - | complete";
    assert_eq!(rows, [row, "- | - | - - | response_only", row]);
    assert_eq!((detail(&got[1], "correlation_id"), verdict), ("2", Verdict::Continue));
}

/// Following began in the middle: an answer that nobody was seen to ask for, and the end of one.
#[test]
fn what_came_before_is_passed_over() {
    let acts = [
        says(C, heartbeat(7)),
        says(S, &described(5, &[("orders", 0)])[30..]),
        says(S, answer(6, &[0, 0])),
        says(S, answer(7, &[0, 0])),
    ];
    let (got, _) = play(&acts);
    assert_eq!(got.iter().map(brief).collect::<Vec<_>>(), ["Heartbeat | billing | 0 - | complete"]);
}

/// Where the place is lost, answers are known by where segments begin, and shorter ones than a head are
/// not: what was asked meanwhile may have been answered.
#[test]
fn answers_that_were_not_recognised_leave_requests_in_doubt() {
    let mut acts = vec![says(S, [0xff; 8])];
    acts.push(says(C, heartbeat(1)));
    acts.extend(answer(1, &[0, 0, 0, 0, 0, 0]).iter().map(|byte| says(S, [*byte])));
    let (got, _) = play(&acts);
    assert_eq!((got.len(), got[0].response.is_none(), got[0].error), (1, true, None));
    assert_eq!(got[0].oddities, ["answer_uncertain"]);
}

#[test]
fn what_is_passed_over_says_so() {
    let acts = [says(C, [heartbeat(1), heartbeat(2)].concat()), says(S, answer(2, &[0, 0]))];
    let (got, _) = play(&acts);
    assert_eq!((got[0].completeness, got[0].error), (Completeness::RequestOnly, None));
    assert_eq!(got[0].oddities, [oddity::PASSED_OVER]);
    assert_eq!(brief(&got[1]), "Heartbeat | billing | 0 - | complete");
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let open = ["Heartbeat | billing | - connection closed before response | request_only"];
    assert_eq!(told(&[says(C, heartbeat(1))]), open);
    let acts = [says(C, heartbeat(1)), says(S, &answer(1, &[0, 0])[..9])];
    assert_eq!(told(&acts), ["Heartbeat | billing | - - | gap"]);
    let cut = &produce(1, 1, &[batch(1, 0)])[..60];
    assert_eq!(
        told(&[says(C, cut)]),
        ["Produce | orders.eu | - connection closed before response | gap"]
    );
}

#[test]
fn bytes_of_something_else_end_it() {
    let (got, verdict) = play(&[says(C, heartbeat(1)), says(C, b"GET / HTTP/1.1\r\n\r\n")]);
    assert_eq!((got.len(), verdict), (1, Verdict::Dead("no message of Kafka")));
    let said = [says(C, heartbeat(1)), says(S, answer(1, &[0, 0])), says(S, [0xff; 12])];
    assert_eq!(play(&said).1, Verdict::Dead("no message of Kafka"));
}

#[test]
fn probes_know_it_by_its_bytes() {
    let all = [
        heartbeat(1),
        metadata(1, &["orders"]),
        produce(1, 1, &[batch(3, 0)]),
        ask(18, 0, 0, b""),
        ask(18, 3, 1, b"\0\x05java\x043.7\0"),
        ask(16, 4, 1, b"\0\x01\0"),
        sized(&[&[0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]]),
    ];
    for bytes in &all {
        assert_eq!(probe::probe(C, bytes), Probe::Yes, "{}", bytes.escape_ascii());
        assert_eq!(probe::probe(S, bytes), Probe::No);
        for cut in 0..14 {
            assert_eq!(probe::probe(C, &bytes[..cut]), Probe::NeedMore, "{cut}");
        }
    }
    // A large request is known by its beginning.
    let large = produce(1, 1, &vec![batch(3, 0); 100]);
    assert_eq!(probe::probe(C, &large[..100]), Probe::Yes);
    let text =
        ask(12, 0, 1, &[&short("bill\x01ng")[..], &[0, 0, 0, 7], &short("member-1")].concat());
    let no: [&[u8]; 8] = [
        b"GET / HTTP/1.1\r\n",
        &[0; 24],
        &sized(&[&[0; 20]]),
        &ask(12, 5, 1, b""),
        &ask(99, 0, 1, b""),
        &ask(12, 0, 1, b"\0\0"),
        &text,
        b"\0\0\0\x55\0\x03\0\0user\0postgres\0database\0shop\0application_name\0psql\0\0",
    ];
    for bytes in no {
        assert_eq!(probe::probe(C, bytes), Probe::No, "{}", bytes.escape_ascii());
    }
}

/// Reaches `KAFKA_WAITING`: the oldest request is told without its answer.
#[test]
fn requests_wait_up_to_the_cap() {
    let count = KAFKA_WAITING as i32 + 1;
    let asked: Vec<_> = (0..count).flat_map(|number| ask(18, 0, number, b"")).collect();
    let (got, _) = play(&[says(C, asked)]);
    assert_eq!(got.len(), KAFKA_WAITING + 1);
    assert_eq!((&got[0].oddities[..], got[0].error), (&[oddity::WAITING_OVERFLOW][..], None));
    assert!(got[1..].iter().all(|e| e.oddities.is_empty() && e.error.is_some()));
}

/// Reaches `KAFKA_HELD`: likewise, long before they are too many.
#[test]
fn requests_hold_up_to_the_cap() {
    let topics: Vec<_> = (0..KAFKA_LISTED).map(|at| format!("{}{at}", "x".repeat(200))).collect();
    let topics: Vec<_> = topics.iter().map(String::as_str).collect();
    let asked: Vec<_> = (0..KAFKA_WAITING as i32).flat_map(|at| metadata(at, &topics)).collect();
    let mut parser = Kafka::default();
    let (settings, mut sink) = (Settings::default(), dialogue::Collected::default());
    let place = crate::proto::Place::default();
    let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
    assert_eq!(parser.data(C, &asked, &mut cx), Verdict::Continue);
    let most = KAFKA_HELD + 2 * KAFKA_WAITING * size_of::<Exchange>() + 64 * 1024;
    assert!(parser.memory() < most, "{}", parser.memory());
    assert!(!sink.0.is_empty() && sink.0.iter().all(|e| e.oddities == [oddity::WAITING_OVERFLOW]));
}

/// Reaches `KAFKA_TEXT` and `KAFKA_LISTED`: what is more is counted, and not shown.
#[test]
fn texts_and_lists_are_shown_up_to_the_cap() {
    let long = "y".repeat(KAFKA_TEXT + 1);
    let many: Vec<_> =
        (0..KAFKA_LISTED + 2).map(|at| format!("{}.a", "abcdefghij".split_at(at).0)).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let failed: Vec<_> = many.iter().map(|topic| (*topic, 3)).collect();
    let acts = [
        says(C, metadata(1, &[&long])),
        says(C, metadata(2, &many)),
        says(S, described(1, &[])),
        says(S, described(2, &failed)),
    ];
    assert_eq!(
        told(&acts)[1],
        "Metadata | .a, a.a, ab.a and 7 more | 3 UNKNOWN_TOPIC_OR_PARTITION | complete"
    );
    let (got, _) = play(&acts);
    assert_eq!(detail(&got[0], "topics").len(), KAFKA_TEXT);
    assert!(detail(&got[1], "topics").ends_with(", abcdefg.a and 2 more"));
    assert!(detail(&got[1], "errors").ends_with(": UNKNOWN_TOPIC_OR_PARTITION and 2 more"));
}

/// Reaches `KAFKA_TOPIC_IDS`: those that come later are told by their ids.
#[test]
fn ids_are_remembered_up_to_the_cap() {
    let mut ids = Ids::default();
    let id = |at: usize| (at as u128).to_be_bytes();
    ids.learn((0..=KAFKA_TOPIC_IDS).map(|at| (id(at), b"orders".to_vec())).collect());
    let full = ids.memory();
    ids.learn(vec![(id(1), b"again".to_vec()), (id(usize::MAX), b"other".to_vec())]);
    assert!(ids.memory() <= full);
}

/// Reaches `KAFKA_CLIENT` and `KAFKA_MESSAGE`: what is longer is not of this protocol.
#[test]
fn names_and_messages_have_a_length_that_can_be() {
    let asked = |size: usize| sized(&[&[0, 18, 0, 0, 0, 0, 0, 1], &short(&"c".repeat(size))]);
    assert_eq!(probe::probe(C, &asked(KAFKA_CLIENT)), Probe::Yes);
    assert_eq!(probe::probe(C, &asked(KAFKA_CLIENT + 1)), Probe::No);
    let claims = |length: u32| [&length.to_be_bytes()[..], &produce(1, 1, &[])[4..]].concat();
    assert_eq!(probe::probe(C, &claims(KAFKA_MESSAGE)), Probe::Yes);
    assert_eq!(probe::probe(C, &claims(KAFKA_MESSAGE + 1)), Probe::No);
}
