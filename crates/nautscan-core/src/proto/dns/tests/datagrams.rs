//! Over UDP.

use domain::base::iana::Rtype;

use super::Told;
use crate::limits::{
    DNS_ADDRESSES, DNS_ALIASES, DNS_DATA, DNS_QUESTIONS, DNS_RECORDS, DNS_WAITING,
};
use crate::proto::datagram::{App, Datagram, Ports};
use crate::proto::dns::testing::{Record, answer, name, question};
use crate::proto::{Close, Context, Place, Settings, Side};

const MS: i64 = 1_000_000;
const SECOND: i64 = 1000 * MS;

/// A flow between a client and port 53, or another.
struct Flow {
    app: Option<App>,
    port: u16,
    told: Told,
}

impl Flow {
    fn new(port: u16) -> Self {
        Self { app: None, port, told: Told::default() }
    }

    fn say(&mut self, time: i64, side: Side, bytes: &[u8]) {
        self.say_cut(time, side, bytes, 0);
    }

    fn say_cut(&mut self, time: i64, side: Side, bytes: &[u8], cut: usize) {
        let (source, destination) = match side {
            Side::Client => (4000, self.port),
            Side::Server => (self.port, 4000),
        };
        let to_group = self.port != 53;
        let datagram =
            Datagram { side, bytes, cut, ports: Ports { source, destination }, to_group };
        let settings = Settings::default();
        if self.app.is_none() {
            self.app = App::recognise(&datagram, &settings).map(|(app, _)| app);
        }
        let place = Place::default();
        let mut cx = Context { time, place, settings: &settings, sink: &mut self.told };
        self.app.as_mut().unwrap().datagram(&datagram, &mut cx);
    }

    fn end(mut self, close: Close) -> Told {
        let (settings, place) = (Settings::default(), Place::default());
        let mut cx = Context { time: 0, place, settings: &settings, sink: &mut self.told };
        self.app.unwrap().close(close, &mut cx);
        self.told
    }
}

fn ask(id: u16) -> Vec<u8> {
    question(id, "www.example.com", Rtype::A)
}

fn a(owner: &str, last: u8, ttl: u32) -> Record<'_> {
    Record { owner, kind: Rtype::A, ttl, data: vec![10, 0, 0, last] }
}

fn cname<'a>(owner: &'a str, target: &str, ttl: u32) -> Record<'a> {
    Record { owner, kind: Rtype::CNAME, ttl, data: name(target) }
}

fn reply(id: u16, records: &[Record<'_>]) -> Vec<u8> {
    answer(id, "www.example.com", Rtype::A, 0, records)
}

#[test]
fn answers_out_of_order_find_their_questions() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &question(1, "a.example", Rtype::A));
    flow.say(MS, Side::Client, &question(2, "b.example", Rtype::AAAA));
    flow.say(5 * MS, Side::Server, &answer(2, "B.example", Rtype::AAAA, 3, &[]));
    flow.say(9 * MS, Side::Server, &answer(1, "a.example", Rtype::A, 0, &[]));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["AAAA b.example 3 complete NXDOMAIN", "A a.example 0 complete -"]);
}

/// One row, with the time since the first copy.
#[test]
fn a_question_sent_again_is_counted() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    flow.say(10 * SECOND, Side::Client, &ask(1));
    flow.say(20 * SECOND, Side::Server, &reply(1, &[]));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["A www.example.com 0 complete -"]);
    assert_eq!(told.detail(0, "retransmissions"), Some("1"));
    let Some(request) = &told.exchanges[0].request else { panic!("a request") };
    assert_eq!(request.first_time, 0);
}

#[test]
fn an_answer_that_comes_too_late_is_a_row_of_its_own() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    flow.say(16 * SECOND, Side::Server, &reply(1, &[a("www.example.com", 9, 60)]));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(
        told.rows,
        [
            "A www.example.com - request_only no answer",
            "A www.example.com 0 response_only - unsolicited_answer",
        ]
    );
    assert!(told.names.is_empty(), "who knows who sent it");
}

#[test]
fn stray_answers_say_what_is_odd_about_them() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    flow.say(1, Side::Server, &answer(1, "evil.example", Rtype::A, 0, &[]));
    flow.say(2, Side::Server, &reply(1, &[]));
    flow.say(3, Side::Server, &reply(1, &[]));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(
        told.rows,
        [
            "A evil.example 0 response_only - question_mismatch",
            "A www.example.com 0 complete -",
            "A www.example.com 0 response_only - repeated_answer",
        ]
    );
}

#[test]
fn addresses_have_the_name_that_was_asked_for() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    let records = [
        a("c.example", 9, 60),
        cname("b.example", "c.example", 30),
        cname("WWW.example.com", "b.example", 500),
        a("other.example", 10, 60),
        a("www.example.com", 0, 60),
    ];
    flow.say(1, Side::Server, &reply(1, &records));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.names, ["10.0.0.9 www.example.com 30", "10.0.0.0 www.example.com 60"]);
    assert_eq!(told.detail(0, "answers").unwrap().lines().next(), Some("c.example 60 A 10.0.0.9"));
}

/// Aliases that lead round in a circle end.
#[test]
fn circles_of_aliases_end() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    let records = [
        cname("www.example.com", "b.example", 1),
        cname("b.example", "www.example.com", 1),
        a("b.example", 9, 60),
    ];
    flow.say(1, Side::Server, &reply(1, &records));
    assert_eq!(flow.end(Close::CaptureEnd).names, ["10.0.0.9 www.example.com 1"]);
}

#[test]
fn names_of_addresses_count_where_they_are_local() {
    let mut flow = Flow::new(53);
    for (id, asked, target) in
        [(1, "9.0.0.10.in-addr.arpa", "Printer.lan"), (2, "8.8.8.8.in-addr.arpa", "dns.google")]
    {
        flow.say(0, Side::Client, &question(id, asked, Rtype::PTR));
        let record = Record { owner: asked, kind: Rtype::PTR, ttl: 7, data: name(target) };
        flow.say(1, Side::Server, &answer(id, asked, Rtype::PTR, 0, &[record]));
    }
    assert_eq!(flow.end(Close::CaptureEnd).names, ["10.0.0.9 printer.lan 7"]);
}

/// Reaches `DNS_RECORDS` and `DNS_ADDRESSES`: the row says how many there were.
#[test]
fn a_message_of_many_records_is_capped() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    let many: Vec<_> = (0..200).map(|last| a("www.example.com", last, 60)).collect();
    flow.say(1, Side::Server, &reply(1, &many));
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.detail(0, "answers").unwrap().lines().count(), DNS_RECORDS);
    assert_eq!(told.detail(0, "answers_total"), Some("200"));
    assert_eq!(told.names.len(), DNS_ADDRESSES);
}

/// Reaches `DNS_QUESTIONS`: of the questions of one message.
#[test]
fn many_questions_of_one_message_are_capped() {
    let mut asked = question(0, "a.local", Rtype::A);
    let one = asked[12..].to_vec();
    asked[5] = 20;
    (1..20).for_each(|_| asked.extend(&one));
    let mut flow = Flow::new(5353);
    flow.say(0, Side::Client, &asked);
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["A a.local - request_only -"]);
    assert_eq!(told.detail(0, "questions").unwrap().lines().count(), DNS_QUESTIONS);
}

/// Reaches `DNS_DATA`: of a record's data, the beginning.
#[test]
fn long_data_is_capped() {
    let data = [&[255][..], &[b'x'; 255], &[255], &[b'y'; 255]].concat();
    let record = Record { owner: "www.example.com", kind: Rtype::TXT, ttl: 1, data };
    let mut flow = Flow::new(53);
    flow.say(0, Side::Server, &answer(1, "www.example.com", Rtype::TXT, 0, &[record]));
    let told = flow.end(Close::CaptureEnd);
    let shown = told.detail(0, "answers").unwrap();
    let data = shown.strip_prefix("www.example.com 1 TXT ").unwrap();
    assert_eq!(data.strip_suffix('…').unwrap().len(), DNS_DATA);
}

/// Reaches `DNS_ALIASES`: an address behind more of them is nobody's.
#[test]
fn aliases_are_followed_so_far() {
    let addressed = |count: usize| {
        let owners: Vec<_> = (0..=count).map(|at| format!("a{at}.example")).collect();
        let mut records: Vec<_> =
            (0..count).map(|at| cname(&owners[at], &owners[at + 1], 60)).collect();
        records.push(a(&owners[count], 9, 60));
        let mut flow = Flow::new(53);
        flow.say(0, Side::Server, &answer(1, "a0.example", Rtype::A, 0, &records));
        flow.end(Close::CaptureEnd).names.len()
    };
    assert_eq!((addressed(DNS_ALIASES), addressed(DNS_ALIASES + 1)), (1, 0));
}

/// Reaches `DNS_WAITING`: the oldest is told without its answer.
#[test]
fn questions_that_wait_are_bounded() {
    let mut flow = Flow::new(53);
    for id in 0..DNS_WAITING as u16 + 3 {
        flow.say(0, Side::Client, &ask(id));
    }
    assert_eq!(flow.told.rows.len(), 3);
    let told = flow.end(Close::Timeout);
    assert_eq!(told.rows[0], "A www.example.com - request_only - too_many_waiting");
    assert_eq!(told.rows[3], "A www.example.com - request_only no answer");
}

/// What the snap length left says what was asked; the rest is known to be missing.
#[test]
fn a_message_that_was_cut_is_a_gap() {
    let mut flow = Flow::new(53);
    let (asked, answered) = (ask(1), reply(1, &[a("www.example.com", 9, 60)]));
    flow.say(0, Side::Client, &asked);
    let kept = asked.len() + 4;
    flow.say_cut(1, Side::Server, &answered[..kept], answered.len() - kept);
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["A www.example.com 0 gap -"]);
    assert_eq!(told.exchanges[0].gap_bytes, (answered.len() - kept) as u64);
}

#[test]
fn malformed_records_are_odd_and_what_stands_before_is_shown() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    let mut answered = reply(1, &[a("www.example.com", 9, 60), a("x.example", 8, 60)]);
    answered.truncate(answered.len() - 2);
    flow.say(1, Side::Server, &answered);
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["A www.example.com 0 complete - malformed_message"]);
    assert_eq!(told.names, ["10.0.0.9 www.example.com 60"]);
}

/// A name that points to itself, and one that points ahead.
#[test]
fn compression_that_leads_nowhere_ends() {
    for pointer in [12, 13, 40] {
        let mut asked = question(1, "", Rtype::A);
        asked.splice(12..13, [0xc0, pointer]);
        let mut flow = Flow::new(53);
        flow.say(0, Side::Client, &asked);
        let told = flow.end(Close::CaptureEnd);
        assert_eq!(told.rows, ["- - - request_only - malformed_message,no_question"]);
    }
}

/// What goes to a group is answered elsewhere: nothing waits.
#[test]
fn multicast_questions_and_announcements_are_rows_of_their_own() {
    let mut flow = Flow::new(5353);
    let mut asked = question(0, "Büro.local", Rtype::A);
    let at = asked.len() - 2;
    asked[at] = 0x80;
    flow.say(0, Side::Client, &asked);
    let mut said = answer(0, "", Rtype::A, 0, &[a("Büro.local", 9, 120), a("x.local", 8, 0)]);
    said[4..6].copy_from_slice(&[0, 0]);
    said.drain(12..17);
    flow.say(1, Side::Client, &said);
    let told = flow.end(Close::CaptureEnd);
    assert_eq!(told.rows, ["A Büro.local - request_only -", "A Büro.local 0 response_only -"]);
    assert_eq!(told.names, ["10.0.0.9 büro.local 120"], "the other takes leave");
    assert_eq!(told.exchanges[0].protocol, "mdns");
}

#[test]
fn what_is_no_message_is_counted_and_then_given_up() {
    let mut flow = Flow::new(53);
    flow.say(0, Side::Client, &ask(1));
    for _ in 0..3 {
        flow.say(1, Side::Client, b"no message");
    }
    assert!(flow.app.as_ref().unwrap().is_over());
    assert_eq!(flow.told.errors, 3);
    assert_eq!(flow.told.rows.len(), 1, "what waited is told");
}
