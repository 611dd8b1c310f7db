//! Datagrams in, rows of `requests` and `names` out.

use super::*;
use crate::proto::dns::testing::{Record, answer, question};
use crate::testing::fragment;
use domain::base::iana::Rtype;

const CLIENT: (u8, u16) = (1, 40_000);
const SERVER: (u8, u16) = (53, 53);

fn config() -> Config {
    Config { tables: vec![Table::Requests, Table::Flows, Table::Names], ..Config::default() }
}

impl Bench {
    fn udp(&mut self, time_ms: i64, from: (u8, u16), to: (u8, u16), payload: &[u8]) {
        self.id += 1;
        let bytes = udp(from, to, self.id, payload);
        self.engine.packet(&raw(time_ms * MS, self.eth0, &bytes));
    }
}

fn address(last: u8) -> Record<'static> {
    Record { owner: "www.example.com", kind: Rtype::A, ttl: 60, data: vec![10, 0, 0, last] }
}

fn all(tables: &Tables, columns: &[&str]) -> Vec<Vec<Option<String>>> {
    let columns: Vec<_> = columns.iter().map(|column| text(&tables.requests, column)).collect();
    (0..columns[0].len()).map(|row| columns.iter().map(|c| c[row].clone()).collect()).collect()
}

#[test]
fn a_question_and_its_answer_are_a_row_and_name_an_address() {
    let mut bench = Bench::new(config());
    bench.udp(10, CLIENT, SERVER, &question(7, "WWW.example.com", Rtype::A));
    bench.udp(25, SERVER, CLIENT, &answer(7, "www.example.com", Rtype::A, 0, &[address(9)]));
    let tables = bench.finish();
    let columns = ["protocol", "transport", "method", "target", "error", "completeness"];
    let want =
        [Some("dns"), Some("udp"), Some("A"), Some("WWW.example.com"), None, Some("complete")];
    assert_eq!(all(&tables, &columns), [want.map(|value| value.map(str::to_owned))]);
    assert_eq!(int(&tables.requests, "duration_ns"), [Some(15 * MS)]);
    assert_eq!(int(&tables.requests, "request_bytes"), [Some(33)]);
    assert_eq!(text(&tables.flows, "protocol"), some(&["dns"]));
    assert_eq!(int(&tables.flows, "requests"), [Some(1)]);
    assert_eq!(tables.names[0].schema(), Table::Names.schema());
    let columns = ["source", "ip", "name", "asked_by", "answered_by"];
    let named: Vec<_> = columns.iter().flat_map(|column| text(&tables.names, column)).collect();
    assert_eq!(named, some(&["dns", "10.0.0.9", "www.example.com", "10.0.0.1", "10.0.0.53"]));
    assert_eq!(int(&tables.names, "ttl_s"), [Some(60)]);
}

/// Large answers come in fragments, in any order.
#[test]
fn an_answer_in_fragments_is_read() {
    for order in [[0, 1], [1, 0]] {
        let mut bench = Bench::new(config());
        bench.udp(10, CLIENT, SERVER, &question(7, "www.example.com", Rtype::A));
        let answered = answer(7, "www.example.com", Rtype::A, 0, &[address(9)]);
        let whole = udp(SERVER, CLIENT, 99, &answered);
        let pieces = [fragment(&whole, 0..24), fragment(&whole, 24..200)];
        for at in order {
            bench.engine.packet(&raw(20 * MS, bench.eth0, &pieces[at]));
        }
        let tables = bench.finish();
        assert_eq!(text(&tables.requests, "completeness"), some(&["complete"]), "{order:?}");
        assert_eq!(text(&tables.names, "ip"), some(&["10.0.0.9"]), "{order:?}");
    }
}

/// On any port, also where capture began with the answer: it tells who is the client.
#[test]
fn an_answer_alone_tells_who_was_asked() {
    let mut bench = Bench::new(config());
    bench.udp(10, (53, 5000), (1, 4000), &answer(7, "www.example.com", Rtype::A, 3, &[]));
    let tables = bench.finish();
    let columns = ["client_ip", "server_ip", "completeness", "error"];
    let want = ["10.0.0.1", "10.0.0.53", "response_only", "NXDOMAIN"];
    assert_eq!(all(&tables, &columns), [some(&want)]);
    assert_eq!(text(&tables.flows, "client_ip"), some(&["10.0.0.1"]));
    assert_eq!(int(&tables.flows, "server_packets"), [Some(1)]);
}

#[test]
fn a_question_that_is_never_answered_is_a_row_when_it_has_waited() {
    let mut bench = Bench::new(config());
    bench.udp(0, CLIENT, SERVER, &question(7, "www.example.com", Rtype::A));
    bench.engine.advance(40 * SECOND);
    let tables = bench.tables();
    let want = some(&["request_only", "no answer"]);
    assert_eq!(all(&tables, &["completeness", "error"]), [want]);
    assert_eq!(text(&bench.finish().requests, "error"), [], "once");
}

#[test]
fn what_waits_when_the_capture_ends_has_not_failed() {
    let mut bench = Bench::new(config());
    bench.udp(0, CLIENT, SERVER, &question(7, "www.example.com", Rtype::A));
    let tables = bench.finish();
    assert_eq!(
        all(&tables, &["completeness", "error"]),
        [[some(&["request_only"]), vec![None]].concat()]
    );
}

/// Reaches `DATAGRAM_ATTEMPTS`: after so many datagrams of a flow no protocol is looked for.
#[test]
fn other_datagrams_cost_a_few_probes_and_no_memory() {
    let mut bench = Bench::new(config());
    for number in 0..100 {
        bench.udp(number, CLIENT, (2, 9999), b"neither of these");
    }
    // The search is over by now.
    bench.udp(200, CLIENT, (2, 9999), &question(7, "www.example.com", Rtype::A));
    assert!(bench.engine.flows.iter().all(|flow| flow.udp.is_none()));
    let tables = bench.finish();
    assert_eq!((text(&tables.flows, "protocol"), tables.requests.len()), (vec![None], 0));
}

#[test]
fn a_host_that_asks_for_an_address_by_name_gets_both() {
    let dhcp = |operation: u8, yours: u8, options: &[u8]| {
        let mut bytes = vec![0; 240];
        bytes[..3].copy_from_slice(&[operation, 1, 6]);
        bytes[4..8].copy_from_slice(b"1234");
        bytes[16..20].copy_from_slice(&[10, 0, 0, yours]);
        bytes[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 9]);
        bytes[236..240].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
        bytes.extend(options);
        bytes
    };
    let mut bench = Bench::new(config());
    bench.udp(0, (0, 68), (255, 67), &dhcp(1, 0, b"\x35\x01\x03\x0c\x02PC\xff"));
    bench.udp(9, (1, 67), (77, 68), &dhcp(2, 77, b"\x35\x01\x05\x33\x04\x00\x00\x0e\x10\xff"));
    let tables = bench.finish();
    assert_eq!(text(&tables.flows, "protocol"), some(&["dhcp", "dhcp"]));
    let columns = ["source", "ip", "name", "mac", "asked_by", "answered_by"];
    let named: Vec<_> = columns.iter().flat_map(|column| text(&tables.names, column)).collect();
    let mut want = some(&["dhcp", "10.0.0.77", "pc", "02:00:00:00:00:09"]);
    want.extend([None, Some("10.0.0.1".to_owned())]);
    assert_eq!(named, want);
}
