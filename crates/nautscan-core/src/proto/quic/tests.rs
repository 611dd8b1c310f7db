//! Whole flows: what is told of them.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use proptest::prelude::*;

use super::keys::Keys;
use super::testing::{
    CLIENT, FIRST, Flow, Initial, ONE, SERVER, TWO, Told, client_hello, crypto, head, hex,
    sealed_elsewhere, server_hello,
};
use super::version::{Kind, Version};
use crate::event::{Alert, Table};
use crate::limits::{
    QUIC_CONNECTIONS, QUIC_CRYPTO, QUIC_DERIVATIONS, QUIC_HELD, QUIC_PACKETS, QUIC_PATIENCE,
    QUIC_REASON, QUIC_VERSIONS, QUIC_VERSIONS_TRIED,
};
use crate::proto::Side::{self, Client as C, Server as S};
use crate::testing::{raw, udp};
use crate::{Config, Engine};

type Said = (Side, Vec<u8>);

fn told(said: &[Said]) -> Told {
    let mut flow = Flow::default();
    for (side, bytes) in said {
        flow.datagram(*side, bytes);
    }
    flow.told()
}

/// The client's hello in three datagrams, the last piece first; the server's answer with what else
/// it sends, and what the client says to that.
fn handshake() -> Vec<Said> {
    let hello = client_hello();
    let piece = |number, from: usize, to: usize| {
        let frames = crypto(from, &hello[from..to]);
        (C, Initial { number, ..Initial::client(frames) }.sealed())
    };
    let answer = Initial::server([&[2, 2, 0, 0, 2][..], &crypto(0, &server_hello())].concat());
    let more = sealed_elsewhere(Kind::Handshake, CLIENT, SERVER);
    let acknowledged =
        Initial { destination: SERVER, number: 3, ..Initial::client(vec![2, 0, 0, 0, 0]) };
    let short = [&[0x40][..], SERVER, &[7; 40]].concat();
    vec![
        piece(0, 200, hello.len()),
        piece(1, 0, 100),
        piece(2, 90, 210),
        (S, [answer.sealed(), more.clone()].concat()),
        (
            C,
            [acknowledged.sealed(), sealed_elsewhere(Kind::Handshake, SERVER, CLIENT), short]
                .concat(),
        ),
        (S, more),
    ]
}

#[test]
fn a_handshake_shows_what_tls_does() {
    let told = told(&handshake());
    let handshake = &told.handshake;
    assert_eq!(handshake.server_name.as_deref(), Some("example.com"));
    assert_eq!(handshake.alpn_offered.as_deref(), Some("alpn"));
    assert_eq!((handshake.version, handshake.cipher), (Some(0x0304), Some(0x1301)));
    assert_eq!((handshake.resumed, &handshake.alpn), (Some(false), &None));
    assert!(handshake.ja4.as_deref().unwrap().starts_with("q13d0211an_"), "{:?}", handshake.ja4);
    assert_eq!((handshake.alert, told.parse_errors), (None, 0));
    let facts = [("version", "1"), ("client_id_bytes", "4"), ("server_id_bytes", "8")];
    assert_eq!(told.summary, facts.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn version_two_and_drafts_are_read() {
    for (version, name) in [(TWO, "2"), (0xff00_001d, "draft-29"), (0xff00_0017, "draft-23")] {
        let client = Initial { version, ..Initial::client(crypto(0, &client_hello())) };
        let server = Initial { version, ..Initial::server(crypto(0, &server_hello())) };
        let told = told(&[(C, client.sealed()), (S, server.sealed())]);
        assert_eq!(told.fact("version"), Some(name));
        assert_eq!(told.handshake.server_name.as_deref(), Some("example.com"));
        assert_eq!(told.handshake.cipher, Some(0x1301));
    }
}

/// RFC 9368 section 2.3: the server answers in the version that it chose.
#[test]
fn a_server_may_answer_in_another_version() {
    let server = Initial { version: TWO, ..Initial::server(crypto(0, &server_hello())) };
    let client = Initial::client(crypto(0, &client_hello()));
    let next = Initial {
        version: TWO,
        destination: SERVER,
        number: 1,
        ..Initial::client(vec![0x1c, 0x0a, 0, 0])
    };
    let said = [(C, client.sealed()), (S, server.sealed()), (C, next.sealed())];
    let told = told(&said);
    assert_eq!(
        (told.fact("version"), told.fact("client_close")),
        (Some("2"), Some("PROTOCOL_VIOLATION"))
    );
    assert_eq!(told.handshake.cipher, Some(0x1301));
}

fn retry(version: u32, destination: &[u8], source: &[u8], begun: &[u8]) -> Vec<u8> {
    let packet = [&head(version, Kind::Retry, destination, source)[..], b"token"].concat();
    let tag = Keys::retry_tag(Version::of(version).unwrap(), begun, &packet);
    [&packet[..], &tag].concat()
}

/// RFC 9001 section 5.2: keys change with what the client sends to after it.
fn retried() -> Vec<Said> {
    let first = Initial::client(crypto(0, &client_hello())).sealed();
    let again = Initial {
        begun: SERVER,
        destination: SERVER,
        token: b"token",
        number: 1,
        ..Initial::client(crypto(0, &client_hello()))
    };
    let answer =
        Initial { begun: SERVER, source: &[9; 5], ..Initial::server(crypto(0, &server_hello())) };
    vec![
        (C, first),
        (S, retry(ONE, CLIENT, SERVER, FIRST)),
        (C, again.sealed()),
        (S, answer.sealed()),
    ]
}

#[test]
fn a_retry_is_seen_and_its_answer_read() {
    let told = told(&retried());
    assert_eq!((told.fact("retry"), told.fact("server_id_bytes")), (Some("true"), Some("5")));
    assert_eq!((told.handshake.cipher, told.parse_errors), (Some(0x1301), 0));
}

#[test]
fn a_retry_that_answers_nothing_is_none() {
    let mut said = retried();
    said[1].1 = retry(ONE, CLIENT, SERVER, CLIENT);
    assert_eq!(told(&said).fact("retry"), None);
}

fn negotiation(versions: &[u32]) -> Vec<u8> {
    let versions: Vec<u8> = versions.iter().flat_map(|version| version.to_be_bytes()).collect();
    [&[0x80, 0, 0, 0, 0, 4][..], CLIENT, &[8], FIRST, &versions].concat()
}

#[test]
fn versions_are_negotiated() {
    let mut said = handshake();
    let mut strange = said[0].1.clone();
    strange[1..5].copy_from_slice(&[0x1a, 0x2a, 0x3a, 0x4a]);
    let offer = negotiation(&[0x0a2a_4a6a, ONE, 0xff00_001d, 0xface_b002]);
    said.splice(0..0, [(C, strange), (S, offer)]);
    let told = told(&said);
    assert_eq!(told.fact("versions_offered"), Some("0x0a2a4a6a,1,draft-29,0xfaceb002"));
    assert_eq!(told.handshake.server_name.as_deref(), Some("example.com"));
}

#[test]
fn early_data_are_seen() {
    let first = Initial::client(crypto(0, &client_hello())).sealed();
    let early = sealed_elsewhere(Kind::ZeroRtt, FIRST, CLIENT);
    let told = told(&[(C, [first, early].concat())]);
    assert_eq!(told.fact("zero_rtt"), Some("true"));
}

/// A frame that ends a connection with an error of this code.
fn close(code: [u8; 2], reason: &[u8]) -> Vec<u8> {
    let length = (0x4000 | reason.len() as u16).to_be_bytes();
    [&[0x1c, 0x40 | code[0], code[1], 6][..], &length, reason].concat()
}

/// RFC 9001 section 4.8.
#[test]
fn an_end_during_the_handshake_is_told_with_its_alert() {
    let said = [
        (C, Initial::client(crypto(0, &client_hello())).sealed()),
        (S, Initial::server(close([1, 120], b"no ALPN")).sealed()),
        (C, Initial { number: 1, ..Initial::client(close([0, 0], b"")) }.sealed()),
    ];
    let shown = told(&said);
    assert_eq!(shown.handshake.alert, Some(Alert { side: S, is_fatal: true, description: 120 }));
    assert_eq!(shown.fact("server_close"), Some("CRYPTO_ERROR 0x178"));
    assert_eq!(shown.fact("server_close_reason"), Some("no ALPN"));
    assert_eq!(
        (shown.fact("client_close"), shown.fact("client_close_reason")),
        (Some("NO_ERROR"), None)
    );
}

/// Reaches `QUIC_REASON`: what is cut shows it.
#[test]
fn reasons_are_shown_up_to_the_cap() {
    let said = [
        (C, Initial::client(crypto(0, &client_hello())).sealed()),
        (S, Initial::server(close([1, 120], &[b'x'; QUIC_REASON + 1])).sealed()),
    ];
    let shown = told(&said);
    assert_eq!(shown.fact("server_close_reason"), Some(&*("x".repeat(QUIC_REASON) + "…")));
}

#[test]
fn a_beginning_in_the_middle_is_an_opaque_flow() {
    let said = &handshake()[3..];
    let told = told(said);
    assert_eq!(told.handshake, Default::default());
    assert_eq!(told.summary, [("version", "1".to_owned())]);
    assert_eq!(told.parse_errors, 0);
}

#[test]
fn others_are_not_taken_for_it() {
    let hello = Initial::client(crypto(0, &client_hello())).sealed();
    let changed = |at: usize, byte: u8| {
        let mut bytes = hello.clone();
        bytes[at] = byte;
        bytes
    };
    let cases: [(&str, Vec<u8>); 8] = [
        ("short header", changed(0, 0x43)),
        ("another version", changed(4, 2)),
        ("an identifier that is too long", changed(5, 21)),
        ("no packet to the end", hello[..hello.len() - 1].to_vec()),
        ("a negotiation of nothing known", negotiation(&[5, 6])),
        ("a negotiation of odd length", negotiation(&[ONE])[..22].to_vec()),
        ("a Retry alone", retry(ONE, CLIENT, SERVER, FIRST)),
        ("zeros", [&[0xc0, 0, 0, 0, 1][..], &[0; 60]].concat()),
    ];
    for (what, bytes) in cases {
        let mut flow = Flow::default();
        flow.datagram(C, &bytes);
        assert_eq!(flow.protocol(), None, "{what}");
    }
    // What follows the packets is odd, but the keys fit.
    let mut flow = Flow::default();
    flow.datagram(C, &[&hello[..], &[0xff; 9]].concat());
    assert_eq!(flow.protocol(), Some("quic"));
}

#[test]
fn a_cut_datagram_is_known_but_not_read() {
    let hello = Initial::client(crypto(0, &client_hello())).sealed();
    let mut flow = Flow::default();
    flow.cut(C, &hello[..100], hello.len() - 100);
    assert_eq!(flow.protocol(), Some("quic"));
    let told = flow.told();
    assert_eq!((told.handshake.server_name, told.parse_errors), (None, 0));
}

#[test]
fn what_is_no_hello_is_an_error() {
    let cases = [
        crypto(0, &[2, 0, 0, 0]),
        crypto(0, &[1, 0, 0, 2, 3, 3]),
        crypto(QUIC_CRYPTO - 1, b"xx"),
        vec![0x08, 1, 2, 3],
    ];
    for frames in cases {
        let told = told(&[(C, Initial::client(frames).sealed())]);
        assert_eq!((told.parse_errors, told.handshake.ja4.is_none()), (1, true));
    }
}

/// A request for another hello (RFC 8446 section 4.1.4) is no answer.
#[test]
fn a_second_hello_is_waited_for() {
    let retry =
        hex("020000340303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c001301\
         00000c002b00020304003300020017");
    let both = [retry, server_hello()].concat();
    let said = [
        (C, Initial::client(crypto(0, &client_hello())).sealed()),
        (S, Initial::server(crypto(0, &both[..60])).sealed()),
        (S, Initial { number: 1, ..Initial::server(crypto(60, &both[60..])) }.sealed()),
    ];
    let told = told(&said);
    assert_eq!((told.handshake.cipher, told.handshake.resumed), (Some(0x1301), Some(false)));
    assert_eq!(told.parse_errors, 0);
}

#[test]
fn who_answers_first_is_the_server() {
    let mut said = handshake();
    said.rotate_left(3);
    let expected = told(&handshake());
    // The first sender is held to be the client: it is not.
    let mut flow = Flow { turned: true, ..Flow::default() };
    for (side, bytes) in &said {
        flow.datagram(*side, bytes);
    }
    assert!(!flow.turned);
    assert_eq!(flow.told(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn order_and_repeats_change_nothing(
        order in Just((0..6).chain(0..6).collect::<Vec<usize>>()).prop_shuffle(),
        turned in any::<bool>(),
    ) {
        let said = handshake();
        let mut flow = Flow { turned, ..Flow::default() };
        for at in order {
            flow.datagram(said[at].0, &said[at].1);
        }
        prop_assert_eq!(flow.told(), told(&said));
    }

    /// A Retry is none that a flow would be known by: something else comes first.
    #[test]
    fn order_changes_nothing_after_a_retry(
        order in Just(vec![1usize, 2, 3, 1, 2, 3, 0]).prop_shuffle(),
        first in prop::sample::select(vec![0usize, 2, 3]),
    ) {
        let said = retried();
        let mut flow = Flow::default();
        for at in [first].into_iter().chain(order) {
            flow.datagram(said[at].0, &said[at].1);
        }
        prop_assert_eq!(flow.told(), told(&said));
    }

    #[test]
    fn no_bytes_do_harm(mut bytes in prop::collection::vec(any::<u8>(), 1..80), side in any::<bool>()) {
        let mut flow = Flow::default();
        flow.datagram(C, &handshake()[1].1);
        bytes[0] |= 0xc0;
        let side = if side { C } else { S };
        flow.datagram(side, &bytes);
        bytes.splice(0..bytes.len().min(5), [0xc0, 0, 0, 0, 1]);
        flow.datagram(side, &bytes);
        flow.told();
    }
}

/// Server packets that nothing opens.
fn unopened(length: usize) -> Vec<u8> {
    Initial { begun: b"elsewhere", ..Initial::server(vec![0; length]) }.sealed()
}

/// Reaches `QUIC_HELD`, `QUIC_PACKETS` and `QUIC_PATIENCE`: no more is held, and no longer.
#[test]
fn packets_wait_up_to_the_caps() {
    let held = |flow: &mut Flow, packet: &[u8], times: usize| {
        (0..times).for_each(|_| flow.datagram(S, packet));
        flow.memory()
    };
    let (large, small) = (unopened(4000), unopened(20));
    let mut flow = Flow::default();
    let most = held(&mut flow, &large, 9);
    assert_eq!(most, held(&mut flow, &large, 1));
    assert!(most < QUIC_HELD + 4096, "{most}");
    let mut flow = Flow::default();
    assert_eq!(held(&mut flow, &small, QUIC_PACKETS), held(&mut flow, &small, 1));
    flow.time = QUIC_PATIENCE + 1;
    flow.settle();
    assert!(flow.memory() < most - QUIC_HELD / 2);
}

/// Reaches `QUIC_CONNECTIONS`: what else is begun is not read.
#[test]
fn connections_are_begun_up_to_the_cap() {
    let mut flow = Flow::default();
    for begun in 0..=QUIC_CONNECTIONS as u8 {
        let id = [begun; 8];
        let frames =
            if begun as usize == QUIC_CONNECTIONS { crypto(0, &client_hello()) } else { vec![1] };
        flow.datagram(
            C,
            &Initial { begun: &id, destination: &id, ..Initial::client(frames) }.sealed(),
        );
    }
    assert_eq!(flow.told().handshake.server_name, None);
}

/// Reaches `QUIC_VERSIONS_TRIED`: a third version of one connection is not read.
#[test]
fn versions_are_tried_up_to_the_cap() {
    let mut said = vec![(C, Initial::client(vec![1]).sealed())];
    for version in [TWO, 0xff00_001d].into_iter().take(QUIC_VERSIONS_TRIED) {
        let frames = crypto(0, &server_hello());
        said.push((S, Initial { version, ..Initial::server(frames) }.sealed()));
    }
    said.remove(1);
    assert!(told(&said).handshake.cipher.is_some());
    said.insert(1, (S, Initial { version: TWO, ..Initial::server(vec![1]) }.sealed()));
    assert_eq!(told(&said).handshake.cipher, None);
}

/// Reaches `QUIC_DERIVATIONS`: keys are not sought for ever.
#[test]
fn keys_are_sought_up_to_the_cap() {
    let seen = |times: u8| {
        let mut flow = Flow::default();
        for _ in 0..times {
            flow.datagram(S, &unopened(20));
        }
        flow.datagram(C, &Initial::client(crypto(0, &client_hello())).sealed());
        flow.told().handshake.server_name.is_some()
    };
    assert_eq!([seen(QUIC_DERIVATIONS - 1), seen(QUIC_DERIVATIONS)], [true, false]);
}

/// Reaches `QUIC_VERSIONS`: the rest is left out.
#[test]
fn versions_are_shown_up_to_the_cap() {
    let offer = negotiation(&[ONE; QUIC_VERSIONS + 1]);
    let told = told(&[(S, offer)]);
    let shown: Vec<&str> = told.fact("versions_offered").unwrap().split(',').collect();
    assert_eq!((shown.len(), shown[QUIC_VERSIONS]), (QUIC_VERSIONS + 1, "…"));
}

/// Through the engine: the row has what was told, with roles as the keys say.
#[test]
fn the_row_of_a_flow_tells_it() {
    let mut engine = Engine::new(Config::default());
    let eth0 = engine.add_interface(None);
    let mut said = handshake();
    said.rotate_left(3);
    for (at, (side, bytes)) in said.iter().enumerate() {
        let (client, server) = ((1, 40_000), (2, 40_001));
        let (from, to) = if *side == C { (client, server) } else { (server, client) };
        engine.packet(&raw(at as i64, eth0, &udp(from, to, at as u16, bytes)));
    }
    engine.finish();
    engine.flush();
    let flows =
        core::iter::from_fn(|| engine.take_batch()).find(|(table, _)| *table == Table::Flows);
    let (_, flows) = flows.unwrap();
    let text = |name| flows.column_by_name(name).unwrap().as_string::<i32>().value(0).to_owned();
    let number = |name| flows.column_by_name(name).unwrap().as_primitive::<Int64Type>().value(0);
    assert_eq!(flows.num_rows(), 1);
    assert_eq!((text("protocol"), text("server_name")), ("quic".into(), "example.com".into()));
    assert_eq!((text("client_ip"), text("server_ip")), ("10.0.0.1".into(), "10.0.0.2".into()));
    assert_eq!((number("client_packets"), number("server_packets")), (4, 2));
    assert_eq!(text("summary"), r#"{"version":"1","client_id_bytes":"4","server_id_bytes":"8"}"#);
}
