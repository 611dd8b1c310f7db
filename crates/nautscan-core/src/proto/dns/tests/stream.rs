//! Over TCP.

use domain::base::iana::Rtype;

use super::Told;
use crate::limits::DNS_LOST;
use crate::proto::dns::PROTOCOL;
use crate::proto::dns::testing::{Record, answer, name, question};
use crate::proto::{Close, Context, Parser, Place, Settings, Side, Verdict};

/// A connection.
struct Connection {
    parser: Box<dyn Parser>,
    settings: Settings,
    told: Told,
    time: i64,
}

impl Connection {
    fn new() -> Self {
        let settings = Settings::default();
        let parser = (PROTOCOL.open)(&settings);
        Self { parser, settings, told: Told::default(), time: 0 }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut dyn Parser, &mut Context<'_>) -> T) -> T {
        self.time += 1;
        let (time, place) = (self.time, Place::default());
        act(
            &mut *self.parser,
            &mut Context { time, place, settings: &self.settings, sink: &mut self.told },
        )
    }

    fn say(&mut self, side: Side, bytes: &[u8]) -> Verdict {
        self.with(|parser, cx| parser.data(side, bytes, cx))
    }

    fn lose(&mut self, side: Side, lost: usize) {
        let verdict = self.with(|parser, cx| parser.gap(side, lost as u64, cx));
        assert_eq!(verdict, Verdict::Continue);
    }

    fn end(mut self, close: Close) -> Told {
        self.with(|parser, cx| parser.close(close, cx));
        self.told
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn ask(id: u16) -> Vec<u8> {
    framed(&question(id, "a.example", Rtype::A))
}

fn reply(id: u16) -> Vec<u8> {
    framed(&answer(id, "a.example", Rtype::A, 0, &[]))
}

const ROW: &str = "A a.example 0 complete -";

/// Three questions in one piece, answered in another order, in pieces of every size.
#[test]
fn messages_are_whole_however_they_come() {
    let asked = [ask(1), ask(2), ask(3)].concat();
    let answered = [reply(3), reply(1), reply(2)].concat();
    for piece in 1..=answered.len() {
        let mut connection = Connection::new();
        for bytes in asked.chunks(piece) {
            connection.say(Side::Client, bytes);
        }
        for bytes in answered.chunks(piece) {
            connection.say(Side::Server, bytes);
        }
        let told = connection.end(Close::Finished);
        assert_eq!(told.rows, [ROW, ROW, ROW], "pieces of {piece}");
        let ids: Vec<_> = (0..3).map(|row| told.detail(row, "id").unwrap().to_owned()).collect();
        assert_eq!(ids, ["0x0003", "0x0001", "0x0002"]);
    }
}

/// A loss within a message leaves the next one where the length says.
#[test]
fn a_loss_within_a_message_leaves_the_next_in_its_place() {
    let answered = reply(1);
    for kept in 2..answered.len() {
        for lost in 1..=answered.len() - kept {
            let mut connection = Connection::new();
            connection.say(Side::Client, &[ask(1), ask(2)].concat());
            connection.say(Side::Server, &answered[..kept]);
            connection.lose(Side::Server, lost);
            let rest = [&answered[kept + lost..], &reply(2)].concat();
            connection.say(Side::Server, &rest);
            let told = connection.end(Close::CaptureEnd);
            assert_eq!(told.exchanges.len(), 2);
            assert_eq!(told.rows.iter().filter(|row| *row == ROW).count(), 1, "{kept} {lost}");
            // What came behind the loss cannot be read, but was not lost.
            let gaps: Vec<u64> = told.exchanges.iter().map(|row| row.gap_bytes).collect();
            assert_eq!(gaps.iter().sum::<u64>(), lost as u64, "{kept} {lost}");
        }
    }
}

#[test]
fn after_a_loss_of_unknown_extent_messages_are_looked_for() {
    let mut connection = Connection::new();
    connection.say(Side::Client, &[ask(1), ask(2)].concat());
    connection.lose(Side::Server, 1000);
    assert_eq!(connection.say(Side::Server, b"tail of a message"), Verdict::Continue);
    // Its length comes alone.
    let answered = reply(2);
    connection.say(Side::Server, &answered[..2]);
    connection.say(Side::Server, &answered[2..]);
    let told = connection.end(Close::Finished);
    // What was lost may have answered it: that the server did not is not known.
    assert_eq!(told.rows, [ROW, "A a.example - gap -"]);
    assert_eq!(told.exchanges.iter().map(|row| row.gap_bytes).collect::<Vec<_>>(), [0, 1000]);
    assert_eq!(told.errors, 0);
}

/// What was passed over may have answered what was asked since the loss; where nothing came, nothing did.
#[test]
fn an_answer_may_be_in_what_was_passed_over() {
    let after_loss = |said: &[&[u8]]| {
        let mut connection = Connection::new();
        connection.say(Side::Client, &ask(1));
        connection.lose(Side::Server, 1000);
        connection.say(Side::Client, &ask(2));
        for bytes in said {
            connection.say(Side::Server, bytes);
        }
        let told = connection.end(Close::Finished);
        let lost: Vec<_> = told.exchanges.iter().map(|row| row.gap_bytes).collect();
        (told.rows, lost)
    };
    const GAP: &str = "A a.example - gap -";
    let passed = [b"tail".to_vec(), reply(2)].concat();
    assert_eq!(after_loss(&[&passed]), (vec![GAP.to_owned(); 2], vec![1000, 0]));
    // Held, since it may begin a message.
    assert_eq!(after_loss(&[b"\0"]).0, [GAP, GAP]);
    let (rows, _) = after_loss(&[&passed, &reply(1)]);
    assert_eq!(rows, [ROW, GAP]);
    let closed = "A a.example - request_only connection closed before response";
    assert_eq!(after_loss(&[]).0, [GAP, closed]);
    assert_eq!(after_loss(&[&reply(1)]).0, [ROW, closed]);
}

/// Whatever came of an answer, what never came of it was not lost.
#[test]
fn an_answer_that_is_not_finished_is_no_loss() {
    let closed = "A a.example - request_only connection closed before response";
    let answered = reply(1);
    for (kept, says_end) in (1..answered.len()).flat_map(|kept| [(kept, false), (kept, true)]) {
        let mut connection = Connection::new();
        connection.say(Side::Client, &[ask(1), ask(2)].concat());
        connection.say(Side::Server, &answered[..kept]);
        if says_end {
            let verdict = connection.with(|parser, cx| parser.end(Side::Server, cx));
            assert_eq!(verdict, Verdict::Continue);
        }
        let told = connection.end(Close::Finished);
        let has_header = kept >= 14;
        let first = if has_header { "A a.example 0 gap -" } else { closed };
        assert_eq!(told.rows, [first, closed], "{kept}");
        assert!(told.exchanges.iter().all(|row| row.gap_bytes == 0), "{kept}");
        let response = told.exchanges[0].response.as_ref();
        assert_eq!(response.is_some(), has_header);
        assert!(response.is_none_or(|it| it.last_time.is_none() && it.body.bytes.is_none()));
    }
}

/// Of a message that was damaged before its header was whole it is not known what it answered.
#[test]
fn a_damaged_answer_may_be_to_any_question() {
    let answered = reply(1);
    for kept in 2..14 {
        let mut connection = Connection::new();
        connection.say(Side::Client, &[ask(1), ask(2)].concat());
        connection.say(Side::Server, &answered[..kept]);
        connection.lose(Side::Server, answered.len() - kept);
        connection.say(Side::Server, &reply(2));
        let told = connection.end(Close::Finished);
        assert_eq!(told.rows, [ROW, "A a.example - gap -"], "{kept}");
        assert_eq!(told.exchanges[1].gap_bytes, (answered.len() - kept) as u64, "{kept}");
    }
}

/// Reaches `DNS_LOST`: no message is looked for any more.
#[test]
fn after_a_loss_messages_are_looked_for_so_long() {
    let mut connection = Connection::new();
    connection.say(Side::Client, &ask(1));
    connection.lose(Side::Server, 1000);
    let noise = [0xff; 1 << 16];
    let turns = (1..).find(|_| connection.say(Side::Server, &noise) != Verdict::Continue);
    assert_eq!(turns, Some((DNS_LOST + 1 - 1000).div_ceil(1 << 16)));
    assert_eq!(connection.told.rows, ["A a.example - gap -"]);
}

#[test]
fn a_connection_that_is_something_else_is_given_up() {
    let mut connection = Connection::new();
    connection.say(Side::Client, &ask(1));
    let other = [&[0, 20][..], &[0xff; 20]].concat();
    let verdicts: Vec<_> = (0..3).map(|_| connection.say(Side::Client, &other)).collect();
    assert!(matches!(verdicts[..], [Verdict::Continue, Verdict::Continue, Verdict::Dead(_)]));
    assert_eq!(connection.told.rows, ["A a.example - request_only -"]);
}

#[test]
fn a_reset_is_the_fault_of_who_sent_it() {
    let mut connection = Connection::new();
    connection.say(Side::Client, &ask(1));
    let told = connection.end(Close::Reset(Side::Server));
    assert_eq!(told.rows, ["A a.example - request_only connection reset by server"]);
}

/// What is lost of a transfer is counted, and once, though a message of it ends within the loss.
#[test]
fn what_is_lost_of_a_transfer_is_counted_once() {
    let names = [name("ns.example"), name("admin.example")].concat();
    let soa =
        Record { owner: "example", kind: Rtype::SOA, ttl: 60, data: [names, vec![0; 20]].concat() };
    let text = Record { owner: "example", kind: Rtype::TXT, ttl: 60, data: vec![7; 400] };
    let first = framed(&answer(7, "example", Rtype::AXFR, 0, &[soa, text]));
    for kept in [first.len(), 100] {
        let mut connection = Connection::new();
        connection.say(Side::Client, &framed(&question(7, "example", Rtype::AXFR)));
        connection.say(Side::Server, &first[..kept]);
        connection.lose(Side::Server, 1000);
        let told = connection.end(Close::Finished);
        assert_eq!(told.rows, ["AXFR example 0 gap -"], "{kept}");
        assert_eq!(told.exchanges[0].gap_bytes, 1000, "{kept}");
        assert_eq!(told.exchanges[0].response.as_ref().unwrap().last_time, None);
    }
}

/// A transfer of a zone (RFC 5936) in messages of one or two records; those behind the first need not
/// repeat the question.
#[test]
fn a_transfer_is_one_answer() {
    let record = |kind, data: &[u8]| Record { owner: "example", kind, ttl: 60, data: data.into() };
    let version = |serial: u8| {
        let names = [name("ns.example"), name("admin.example")].concat();
        record(Rtype::SOA, &[names, vec![0, 0, 0, serial], vec![0; 16]].concat())
    };
    let address = || record(Rtype::A, &[10, 0, 0, 1]);
    let message = |kind, records: &[Record<'_>]| framed(&answer(7, "example", kind, 0, records));
    let bare = |records: &[Record<'_>]| {
        let mut bytes = answer(7, "", Rtype::A, 0, records);
        bytes.drain(12..17);
        bytes[5] = 0;
        framed(&bytes)
    };
    let full = |kind| [message(kind, &[version(9)]), bare(&[address()]), bare(&[version(9)])];
    let several = [
        message(Rtype::IXFR, &[version(9), version(8), address()]),
        bare(&[version(9), address()]),
        bare(&[version(9)]),
    ];
    for (kind, messages) in [(Rtype::AXFR, full(Rtype::AXFR)), (Rtype::IXFR, several)] {
        let mut connection = Connection::new();
        connection.say(Side::Client, &framed(&question(7, "example", kind)));
        for message in &messages {
            connection.say(Side::Server, message);
        }
        connection.say(Side::Client, &ask(7));
        connection.say(Side::Server, &reply(7));
        let told = connection.end(Close::Finished);
        assert_eq!(told.rows, [format!("{kind} example 0 complete -"), ROW.to_owned()]);
        assert_eq!(told.detail(0, "messages"), Some("3"));
        let body = &told.exchanges[0].response.as_ref().unwrap().body;
        assert_eq!(body.bytes, Some((messages.concat().len() - 6) as i64));
    }
    // One record a message (RFC 5936 section 2.2), and the differences of two versions.
    let one_by_one = [version(9), version(7), address(), version(8), version(8), version(9)]
        .into_iter()
        .chain([address(), version(9)]);
    let mut asked = question(7, "example", Rtype::IXFR);
    asked[9] = 1;
    asked.extend(&answer(7, "example", Rtype::IXFR, 0, &[version(7)])[12 + 13..]);
    let mut connection = Connection::new();
    connection.say(Side::Client, &framed(&asked));
    for record in one_by_one {
        connection.say(Side::Server, &message(Rtype::IXFR, &[record]));
    }
    let told = connection.end(Close::Finished);
    assert_eq!(told.rows, ["IXFR example 0 complete -"]);
    assert_eq!(told.detail(0, "messages"), Some("8"));
    // What ends early says so; a refusal and what is up to date end at once.
    let mut connection = Connection::new();
    connection.say(Side::Client, &framed(&question(7, "example", Rtype::AXFR)));
    connection.say(Side::Server, &message(Rtype::AXFR, &[version(9), address()]));
    for (id, code, records) in [(1, 5, vec![]), (2, 0, vec![version(9)])] {
        connection.say(Side::Client, &framed(&question(id, "example", Rtype::IXFR)));
        let refusal = answer(id, "example", Rtype::IXFR, code, &records);
        connection.say(Side::Server, &framed(&refusal));
    }
    let told = connection.end(Close::Finished);
    let rows =
        ["IXFR example 5 complete REFUSED", "IXFR example 0 complete -", "AXFR example 0 gap -"];
    assert_eq!(told.rows, rows);
}
