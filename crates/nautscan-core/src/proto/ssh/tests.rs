//! Dialogues: what both sides said, and what the flow's summary says of it.

use super::*;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{Act, says, summary};

fn noted(acts: &[Act]) -> String {
    summary(Ssh::default, acts)
}

/// A packet with so much padding that its length is a multiple of eight.
fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    let padding = 16 - (6 + body.len()) % 8;
    let length = (2 + body.len() + padding) as u32;
    [&length.to_be_bytes()[..], &[padding as u8, number], body, &vec![0; padding]].concat()
}

fn offer(key_exchange: &str, cipher: &str) -> Vec<u8> {
    let lists = [
        key_exchange,
        "ssh-ed25519",
        cipher,
        cipher,
        "hmac-sha2-256",
        "hmac-sha1,hmac-sha2-256",
        "none",
        "none",
    ];
    packet(message::KEXINIT, &offer::tests::message(lists))
}

fn keys() -> Vec<u8> {
    packet(message::NEWKEYS, b"")
}

fn begun() -> Vec<Act> {
    vec![
        says(S, "Be nice.\r\nSSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
        says(C, [b"SSH-2.0-Go\r\n", &offer("x,curve25519-sha256", "aes128-ctr")[..]].concat()),
        says(S, offer("curve25519-sha256", "aes256-ctr,aes128-ctr")),
        says(C, packet(30, &[1; 36])),
        says(S, [packet(31, &[2; 200]), keys()].concat()),
    ]
}

const AGREED: &str = "client_version=SSH-2.0-Go; server_version=SSH-2.0-OpenSSH_9.2p1 Debian; key_exchange=curve25519-sha256; host_key=ssh-ed25519; cipher=aes128-ctr; mac=hmac-sha2-256; mac_to_client=hmac-sha1; compression=none; ";

#[test]
fn versions_algorithms_and_fingerprints() {
    let told = noted(&begun());
    assert!(told.starts_with(AGREED) && told.ends_with("; newkeys_seen=no"), "{told}");
    let acts = [begun(), vec![says(C, [keys(), vec![9; 50]].concat()), says(S, [7; 90])]].concat();
    let told = noted(&acts);
    assert!(told.starts_with(AGREED) && told.ends_with("; newkeys_seen=yes"), "{told}");
    assert!(told.contains("; hassh=") && told.contains("; hassh_server="));
}

#[test]
fn the_rest_is_let_go() {
    let acts = [begun(), vec![says(C, [keys(), vec![9; 50]].concat())]].concat();
    let (_, verdict) = crate::proto::dialogue::play(Ssh::default(), &acts, usize::MAX);
    assert_eq!(verdict, Verdict::Over { consumed: keys().len() });
}

#[test]
fn the_first_version_is_told_alone() {
    let acts = [says(S, "SSH-1.5-old\n"), says(C, "SSH-1.5-older\n"), says(S, [1; 40])];
    let told = "client_version=SSH-1.5-older; server_version=SSH-1.5-old";
    assert_eq!(noted(&acts), told);
}

#[test]
fn what_was_lost_is_not_told() {
    let mut acts = begun();
    acts[2] = Act::Loses(S, 300);
    acts.push(says(C, keys()));
    let told = noted(&acts);
    assert!(!told.contains("cipher") && !told.contains("hassh_server"), "{told}");
    assert!(told.contains("hassh=") && !told.contains("newkeys"), "{told}");
    // An offer behind the loss is read.
    let mut acts = begun();
    acts[0] = Act::Loses(S, 40);
    let told = noted(&acts);
    assert!(told.contains("; cipher=aes128-ctr;") && !told.contains("server_version"), "{told}");
    // What was said of keys before a loss holds no longer behind it.
    for lost in [40, 300] {
        let acts = [begun(), vec![Act::Loses(C, lost)]].concat();
        let told = noted(&acts);
        assert!(told.contains("; hassh_server=") && !told.contains("newkeys"), "{told}");
    }
    // And a packet in which bytes are missing is passed over.
    let mut acts = begun();
    let whole = packet(31, &[2; 200]);
    acts[4] = says(S, &whole[..50]);
    acts.push(Act::Loses(S, 100));
    acts.push(says(S, [&whole[150..], &keys()].concat()));
    acts.push(says(C, keys()));
    assert!(noted(&acts).ends_with("; newkeys_seen=yes"));
}

#[test]
fn what_is_no_packet_ends_it() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n"[..],
        &[0, 0, 0, 5, 4, 20],
        &[0, 0, 0, 12, 3, 20],
        &[0, 0, 0, 12, 11, 20],
    ] {
        let acts = [says(C, b"SSH-2.0-x\r\n"), says(C, bytes)];
        let (_, verdict) = crate::proto::dialogue::play(Ssh::default(), &acts, usize::MAX);
        assert!(matches!(verdict, Verdict::Dead(_)), "{bytes:?}");
        assert_eq!(noted(&acts), "client_version=SSH-2.0-x; newkeys_seen=no");
    }
}

fn verdict_of(acts: &[Act]) -> Verdict {
    crate::proto::dialogue::play(Ssh::default(), acts, 1000).1
}

/// Reaches `SSH_VERSION`.
#[test]
fn a_version_longer_than_allowed_ends_it() {
    let line = |length: usize| {
        says(C, [b"SSH-2.0-".to_vec(), vec![b'a'; length - 8], b"\r\n".to_vec()].concat())
    };
    assert_eq!(verdict_of(&[line(SSH_VERSION)]), Verdict::Continue);
    assert!(matches!(verdict_of(&[line(SSH_VERSION + 1)]), Verdict::Dead(_)));
}

/// Reaches `SSH_BANNER`.
#[test]
fn a_notice_without_end_is_not_waited_for() {
    let acts = [says(S, vec![b'a'; SSH_BANNER])];
    assert_eq!(verdict_of(&acts), Verdict::Continue);
    assert!(matches!(verdict_of(&[acts[0].clone(), says(S, "a")]), Verdict::Dead(_)));
}

/// Reaches `SSH_PACKET` and `SSH_KEPT`.
#[test]
fn a_large_packet_is_passed_over_and_a_larger_one_ends_it() {
    let version = says(C, "SSH-2.0-x\r\n");
    let large = packet(30, &vec![1; SSH_PACKET as usize - 100]);
    let mut parser = Ssh::default();
    let settings = Settings::default();
    let mut sink = crate::proto::dialogue::Collected::default();
    let place = crate::proto::Place::default();
    let mut cx = Context { time: 0, place, settings: &settings, sink: &mut sink };
    assert_eq!(parser.data(C, b"SSH-2.0-x\r\n", &mut cx), Verdict::Continue);
    for bytes in large.chunks(1000) {
        assert_eq!(parser.data(C, bytes, &mut cx), Verdict::Continue);
    }
    assert!(parser.memory() <= 3 * SSH_KEPT, "{}", parser.memory());
    let larger = packet(30, &vec![1; SSH_PACKET as usize]);
    assert!(matches!(verdict_of(&[version, says(C, larger)]), Verdict::Dead(_)));
}

/// Reaches `SSH_ONE_SIDED`.
#[test]
fn a_side_that_is_never_seen_is_not_waited_for() {
    let first = says(C, [b"SSH-2.0-x\r\n".to_vec(), offer("a", "b"), keys()].concat());
    let rest = |length: u64| says(C, vec![9; length as usize]);
    assert_eq!(verdict_of(&[first.clone(), rest(SSH_ONE_SIDED)]), Verdict::Continue);
    let verdict = verdict_of(&[first, rest(SSH_ONE_SIDED + 1)]);
    assert!(matches!(verdict, Verdict::Over { .. }), "{verdict:?}");
}
