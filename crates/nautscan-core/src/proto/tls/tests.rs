//! Dialogues: what both sides said, and what is noted of it.

use super::*;
use crate::event::{Certificate, Exchange};
use crate::limits::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::{Place, Sink};

#[derive(Default)]
struct Noted {
    handshake: Handshake,
    parse_errors: u32,
}

impl Sink for Noted {
    fn exchange(&mut self, exchange: &Exchange) {
        panic!("a row: {exchange:?}");
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn handshake(&mut self, handshake: &Handshake) {
        self.handshake.clone_from(handshake);
    }
}

/// One thing that happens.
enum Act {
    Says(Side, Vec<u8>),
    Loses(Side),
}

fn client(records: &[Vec<u8>]) -> Act {
    Act::Says(C, records.concat())
}

fn server(records: &[Vec<u8>]) -> Act {
    Act::Says(S, records.concat())
}

/// What is noted after the acts, each in segments of `piece` bytes; what the parser said last, and
/// how often it counted an error.
fn play(acts: &[Act], piece: usize) -> (Handshake, Verdict, u32) {
    let settings = Settings::default();
    let mut noted = Noted::default();
    let mut parser = (PROTOCOL.open)(&settings);
    let mut verdict = Verdict::Continue;
    for act in acts {
        let mut cx =
            Context { time: 0, place: Place::default(), settings: &settings, sink: &mut noted };
        match act {
            Act::Loses(side) => verdict = parser.gap(*side, 100, &mut cx),
            Act::Says(side, bytes) => {
                for bytes in bytes.chunks(piece) {
                    verdict = parser.data(*side, bytes, &mut cx);
                    if verdict != Verdict::Continue {
                        break;
                    }
                }
            }
        }
        if verdict != Verdict::Continue {
            break;
        }
    }
    (noted.handshake, verdict, noted.parse_errors)
}

/// What is noted, which is the same however the bytes are cut.
fn noted(acts: &[Act]) -> Handshake {
    let (whole, _, errors) = play(acts, usize::MAX);
    for piece in [1, 2, 7] {
        assert_eq!(play(acts, piece).0, whole, "in pieces of {piece}");
    }
    assert_eq!(errors, 0);
    whole
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(content.len() as u16).to_be_bytes(), content].concat()
}

/// A message, over as many records as it needs.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    let all = [&[kind], &length[1..], body].concat();
    all.chunks(1 << 14).flat_map(|piece| record(record::HANDSHAKE, piece)).collect()
}

fn wide(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &wide(data)].concat()
}

fn client_hello(extensions: &[Vec<u8>]) -> Vec<u8> {
    let body = [
        &[3, 3][..],
        &[7; 32],
        &[0],
        &wide(&[0x13, 0x01, 0xc0, 0x2f]),
        &[1, 0],
        &wide(&extensions.concat()),
    ];
    message(message::CLIENT_HELLO, &body.concat())
}

fn server_hello(random: [u8; 32], cipher: [u8; 2], extensions: &[Vec<u8>]) -> Vec<u8> {
    let body = [&[3, 3][..], &random, &[0], &cipher, &[0], &wide(&extensions.concat())];
    message(message::SERVER_HELLO, &body.concat())
}

fn named(name: &str) -> Vec<u8> {
    let entry = [&[0][..], &wide(name.as_bytes())].concat();
    extension(0, &wide(&entry))
}

fn alpn(names: &[&str]) -> Vec<u8> {
    let list: Vec<u8> =
        names.iter().flat_map(|name| [&[name.len() as u8], name.as_bytes()].concat()).collect();
    extension(16, &wide(&list))
}

fn change() -> Vec<u8> {
    record(record::CHANGE_CIPHER_SPEC, &[1])
}

fn data() -> Vec<u8> {
    record(record::APPLICATION_DATA, &[0x5a; 40])
}

fn alert(level: u8, description: u8) -> Vec<u8> {
    record(record::ALERT, &[level, description])
}

const RSA: [u8; 2] = [0, 0x2f];
const AES: [u8; 2] = [0x13, 0x01];

/// DER of a tag and its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = if length < 128 {
        vec![tag, length as u8]
    } else {
        vec![tag, 0x82, (length >> 8) as u8, length as u8]
    };
    [head, content.to_vec()].concat()
}

/// A certificate of which the subject has these values of the common name.
fn certificate(common_name: &str) -> Vec<u8> {
    let name = |value: &str| {
        let pair = [der(6, &[0x55, 4, 3]), der(0x0c, value.as_bytes())].concat();
        der(0x30, &der(0x31, &der(0x30, &pair)))
    };
    let algorithm = der(0x30, &der(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]));
    let validity =
        der(0x30, &[der(0x17, b"200101000000Z"), der(0x18, b"99991231235959Z")].concat());
    let key = der(0x30, &[algorithm.clone(), der(3, &[0, 1])].concat());
    let to_be_signed = der(
        0x30,
        &[der(2, &[1]), algorithm.clone(), name("CA, Inc."), validity, name(common_name), key]
            .concat(),
    );
    let whole = der(0x30, &[to_be_signed, algorithm, der(3, &[0, 1])].concat());
    let long = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat();
    long(&long(&whole))
}

#[test]
fn a_full_handshake_shows_everything() {
    let acts = [
        client(&[client_hello(&[named("example.org"), alpn(&["h2", "http/1.1"])])]),
        server(&[
            server_hello([9; 32], RSA, &[alpn(&["http/1.1"])]),
            message(message::CERTIFICATE, &certificate("example.org")),
            message(message::SERVER_HELLO_DONE, b""),
        ]),
        client(&[message(16, &[1; 60]), change(), record(record::HANDSHAKE, &[0xee; 40])]),
        server(&[change(), record(record::HANDSHAKE, &[0xee; 40]), data()]),
    ];
    let handshake = noted(&acts);
    let names = [&handshake.server_name, &handshake.alpn, &handshake.alpn_offered];
    assert_eq!(
        names.map(|name| name.as_deref().unwrap()),
        ["example.org", "http/1.1", "h2,http/1.1"]
    );
    assert_eq!((handshake.version, handshake.cipher), (Some(0x0303), Some(0x002f)));
    assert_eq!((handshake.resumed, handshake.alert), (Some(false), None));
    assert!(handshake.ja4.unwrap().starts_with("t12d0202h2_"));
    let shown = Certificate {
        subject: "CN=example.org".into(),
        issuer: "CN=CA\\, Inc.".into(),
        not_before: Some(1_577_836_800_000_000_000),
        not_after: None,
    };
    assert_eq!(handshake.certificate, Some(shown));
    // All but the server's `change` is left to nobody.
    assert_eq!(play(&acts, usize::MAX).1, Verdict::Over { consumed: 6 });
}

#[test]
fn a_session_that_is_taken_up_says_so() {
    let acts = [
        client(&[client_hello(&[])]),
        server(&[server_hello([9; 32], RSA, &[]), message(4, &[0; 90]), change(), data()]),
        client(&[change(), data()]),
    ];
    let handshake = noted(&acts);
    assert_eq!((handshake.resumed, handshake.certificate), (Some(true), None));
    assert_eq!(play(&acts, usize::MAX).1, Verdict::Over { consumed: 6 });
}

#[test]
fn tls_13_shows_the_hellos_and_alerts_in_clear() {
    let chosen = extension(43, &[3, 4]);
    let hellos = |more: &[Vec<u8>]| {
        [
            client(&[client_hello(&[extension(43, &[4, 3, 4, 3, 3])])]),
            server(&[
                server_hello([9; 32], AES, &[std::slice::from_ref(&chosen), more].concat()),
                change(),
                data(),
            ]),
        ]
    };
    let [hello, answer] = hellos(&[]);
    let acts = [hello, answer, client(&[change(), data()])];
    let handshake = noted(&acts);
    assert_eq!((handshake.version, handshake.resumed), (Some(0x0304), Some(false)));
    assert!(handshake.ja4.unwrap().starts_with("t13i020100_"));
    assert_eq!(play(&acts, usize::MAX).1, Verdict::Over { consumed: 6 + 45 });
    let [hello, answer] = hellos(&[extension(41, &[0, 0])]);
    let handshake = noted(&[hello, answer, client(&[alert(2, 47)])]);
    assert_eq!(handshake.resumed, Some(true));
    assert_eq!(handshake.alert, Some(Alert { side: C, is_fatal: true, description: 47 }));
}

#[test]
fn a_request_for_another_hello_is_no_answer() {
    let retry = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
    let chosen = extension(43, &[3, 4]);
    let acts = [
        client(&[client_hello(&[named("a.example")])]),
        server(&[server_hello(retry, AES, std::slice::from_ref(&chosen)), change()]),
        client(&[change(), client_hello(&[named("b.example"), extension(44, &[0, 1, 0])])]),
        server(&[server_hello([9; 32], AES, &[chosen, extension(41, &[0, 0])]), data()]),
        client(&[data()]),
    ];
    let handshake = noted(&acts);
    assert_eq!(handshake.server_name.as_deref(), Some("a.example"));
    assert_eq!((handshake.version, handshake.resumed), (Some(0x0304), Some(true)));
}

#[test]
fn a_fatal_alert_comes_before_a_warning() {
    let acts = [
        client(&[client_hello(&[])]),
        server(&[alert(1, 112), alert(2, 40)]),
        client(&[alert(2, 0)]),
    ];
    let refused = Alert { side: S, is_fatal: true, description: 40 };
    let handshake = noted(&acts);
    assert_eq!((handshake.alert, handshake.version), (Some(refused), None));
}

#[test]
fn early_data_do_not_hide_the_answer() {
    let acts = [
        client(&[client_hello(&[]), change(), data()]),
        server(&[server_hello([9; 32], AES, &[extension(43, &[3, 4])]), data()]),
    ];
    assert_eq!(noted(&acts).version, Some(0x0304));
    assert!(matches!(play(&acts, usize::MAX).1, Verdict::Over { .. }));
}

#[test]
fn a_side_is_not_read_after_a_loss() {
    let hello = || client(&[client_hello(&[named("example.org")])]);
    let chain = message(message::CERTIFICATE, &certificate("x"));
    let acts = [
        hello(),
        server(&[server_hello([9; 32], RSA, &[])]),
        Act::Loses(S),
        server(&[chain.clone(), change()]),
        client(&[change(), data()]),
    ];
    let handshake = noted(&acts);
    assert_eq!((handshake.version, handshake.resumed), (Some(0x0303), None));
    assert_eq!((handshake.certificate, handshake.server_name.is_some()), (None, true));
    // What comes after a lost beginning is read only where it is a hello.
    let lost = noted(&[hello(), Act::Loses(S), server(std::slice::from_ref(&chain))]);
    assert_eq!(lost.certificate, None);
    let found = [hello(), Act::Loses(S), server(&[server_hello([9; 32], RSA, &[]), chain])];
    assert!(play(&found, usize::MAX).0.certificate.is_some());
}

#[test]
fn a_hello_is_known_by_its_bytes() {
    let hello = client_hello(&[]);
    for length in 1..=hello.len() {
        let expected = if length < 11 { Probe::NeedMore } else { Probe::Yes };
        assert_eq!(probe::probe(C, &hello[..length]), expected, "{length}");
        assert_eq!(probe::probe(S, &hello[..length]) == Probe::No, length >= 6);
    }
    assert_eq!(probe::probe(S, &server_hello([0; 32], AES, &[])), Probe::Yes);
    // A first record of one byte is followed by another.
    assert_eq!(probe::probe(C, &[22, 3, 1, 0, 1, 1]), Probe::Yes);
    let others: [&[u8]; 5] = [
        &[22, 3, 1, 0, 0],
        &[22, 3, 1, 0xff, 0xff],
        &[22, 3, 5],
        &[23, 3, 3, 0, 9],
        b"GET / HTTP/1.1",
    ];
    assert!(others.iter().all(|bytes| probe::probe(C, bytes) == Probe::No));
}

#[test]
fn what_is_no_tls_ends_it() {
    let hello = client_hello(&[]);
    let cases: [(&[u8], &str); 3] = [
        (b"\x63nothing", "no record of TLS"),
        (&message(message::CLIENT_HELLO, b"\x03\x03 too short"), "no hello of a client"),
        (&message(message::SERVER_HELLO, b""), "a hello of the other side"),
    ];
    for (bytes, why) in cases {
        assert_eq!(play(&[Act::Says(C, bytes.to_vec())], usize::MAX).1, Verdict::Dead(why));
    }
    // An extension that is longer than what holds it says that nothing in the hello can be trusted.
    let mut torn = hello;
    let length = torn.len();
    torn.extend_from_slice(&[0; 0]);
    torn[length - 1] = 1;
    let (handshake, _, _) = play(&[Act::Says(C, torn)], usize::MAX);
    assert!(handshake.ja3.is_none() || handshake.server_name.is_none());
}

/// Reaches `TLS_MESSAGE`: a hello beyond it ends the reading, a chain is passed over; both count.
#[test]
fn messages_are_kept_up_to_the_cap() {
    let hello = message(message::CLIENT_HELLO, &vec![3; TLS_MESSAGE + 1]);
    let verdict = play(&[Act::Says(C, hello)], usize::MAX).1;
    assert_eq!(verdict, Verdict::Dead("a hello is too long"));
    let chain = |length| {
        let acts = [
            client(&[client_hello(&[])]),
            server(&[
                server_hello([9; 32], RSA, &[]),
                message(message::CERTIFICATE, &vec![0; length]),
                message(message::SERVER_HELLO_DONE, b""),
            ]),
        ];
        let (handshake, verdict, errors) = play(&acts, usize::MAX);
        assert_eq!((handshake.resumed, verdict), (Some(false), Verdict::Continue));
        errors
    };
    assert_eq!((chain(TLS_MESSAGE), chain(TLS_MESSAGE + 1)), (0, 1));
}

/// Reaches `TLS_TEXT`: what is cut shows it.
#[test]
fn texts_are_kept_up_to_the_cap() {
    let name = |length| {
        let hello = client_hello(&[named(&"x".repeat(length))]);
        noted(&[Act::Says(C, hello)]).server_name.unwrap()
    };
    assert_eq!(name(TLS_TEXT), "x".repeat(TLS_TEXT));
    assert_eq!(name(TLS_TEXT + 1), "x".repeat(TLS_TEXT) + "…");
}

/// Reaches `TLS_ONE_SIDED`: the connection is let go, and its bytes are counted from there on.
#[test]
fn a_side_that_says_nothing_is_waited_for_up_to_the_cap() {
    let settings = Settings::default();
    let mut noted = Noted::default();
    let mut parser = (PROTOCOL.open)(&settings);
    let mut cx =
        Context { time: 0, place: Place::default(), settings: &settings, sink: &mut noted };
    let hello = server_hello([9; 32], AES, &[extension(43, &[3, 4])]);
    assert_eq!(parser.data(S, &hello, &mut cx), Verdict::Continue);
    let encrypted = vec![0; TLS_ONE_SIDED as usize];
    assert_eq!(parser.data(S, &encrypted, &mut cx), Verdict::Continue);
    assert_eq!(parser.data(S, b"x", &mut cx), Verdict::Over { consumed: 0 });
}
