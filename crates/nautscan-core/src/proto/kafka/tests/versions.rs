//! Every version of every request that is read, and of its answer.
//!
//! `versions.txt` has a line for each: the kind's number, the version, the side, and the fields behind
//! the head. All lengths and lists are of two, errors are 3, texts are their meaning. The crates
//! `kafka-protocol` 0.14.1 and 0.18.0, which are generated from Apache Kafka's own schemas, read each of
//! them to its last byte, but for the newest version of the requests ListOffsets, OffsetCommit and
//! OffsetFetch, which they do not know.

use super::*;
use crate::proto::kafka::api::Api;
use crate::proto::kafka::facts::Facts;
use crate::proto::kafka::field::What;
use crate::proto::kafka::read::{Reader, Told};

/// Number of the kind, version, whether it is a request, bytes.
fn lines() -> impl Iterator<Item = (i16, i16, bool, Vec<u8>)> {
    include_str!("versions.txt").lines().map(|line| {
        let mut words = line.split(' ');
        let mut number = || words.next().unwrap().parse::<i16>().unwrap();
        let (key, version) = (number(), number());
        let is_asked = words.next() == Some("request");
        let hex = words.next().unwrap_or_default().as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
        let bytes = hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
        (key, version, is_asked, bytes)
    })
}

/// The id of every topic.
const ID: &str = "30313233-3435-3637-3839-616263646566";

/// Reads one in pieces.
fn read(
    key: i16,
    version: i16,
    is_asked: bool,
    bytes: &[u8],
    piece: usize,
) -> (Vec<String>, Exchange) {
    let api = Api::of(key).unwrap();
    let layout = api.layout(version).unwrap();
    let fields = if is_asked { layout.request } else { layout.answer };
    let flexible = api.is_flexible(version);
    let mut reader = Reader::new(fields, version, flexible, false, bytes.len() as u64);
    let (mut all, mut facts, ids) = (Vec::new(), Facts::default(), Ids::default());
    let mut tell = |told: Told<'_>| {
        all.push(format!("{told:?}"));
        facts.take(told, is_asked, &ids);
    };
    let mut pieces = bytes.chunks(piece).map(|bytes| reader.read(bytes, &mut tell));
    assert!(pieces.all(|outcome| outcome.is_ok()), "{} {version} {is_asked}", api.name);
    assert!(reader.is_whole() || bytes.is_empty(), "{} {version} {is_asked}", api.name);
    let mut exchange = Exchange::default();
    if is_asked {
        facts.ask(&mut exchange)
    } else {
        facts.answer(&mut exchange, true)
    }
    (all, exchange)
}

#[test]
fn every_version_is_read_to_its_end() {
    let mut count = 0;
    for (key, version, is_asked, bytes) in lines() {
        let (whole, exchange) = read(key, version, is_asked, &bytes, usize::MAX);
        let (pieces, _) = read(key, version, is_asked, &bytes, 1);
        assert_eq!(whole, pieces, "{key} {version}");
        count += 1;
        let layout = Api::of(key).unwrap().layout(version).unwrap();
        if !is_asked {
            // Every error is 3, and every answer has one.
            assert_eq!(exchange.status, Some(3), "{key} {version}");
            continue;
        }
        let names = |what: What| {
            layout.request.iter().any(|field| format!("{field:?}").contains(&format!("{what:?}")))
        };
        if names(What::Topic) {
            let target = text(&exchange.target);
            let is_named = target.contains("orders") || target.contains(ID);
            assert!(is_named, "{key} {version}: {target}");
        }
    }
    // From 0 to the newest, both sides.
    assert_eq!(count, 294);
}

/// What claims to be longer than it is, or ends too early, is found out and never read beyond.
#[test]
fn what_is_cut_or_claims_too_much_is_refused() {
    for (key, version, is_asked, bytes) in lines() {
        let api = Api::of(key).unwrap();
        let layout = api.layout(version).unwrap();
        let fields = if is_asked { layout.request } else { layout.answer };
        for end in 0..bytes.len() {
            let flexible = api.is_flexible(version);
            let mut reader = Reader::new(fields, version, flexible, false, end as u64);
            let outcome = reader.read(&bytes[..end], &mut |_| {});
            assert!(outcome.is_err() || !reader.is_whole(), "{key} {version} to {end}");
        }
    }
}
