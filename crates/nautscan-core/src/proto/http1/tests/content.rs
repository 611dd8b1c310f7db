//! Content codings: what decodes, what does not, and what it may cost.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const LIMIT: usize = 64 * 1024;

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn raw(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zst(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// `hello hello hello brotli`.
fn br() -> Vec<u8> {
    hex("1b1700f88d946ede445586d66c20696fd31049e2a903569a78b46806")
}

#[test]
fn every_coding_decodes() {
    let text = b"hello hello hello".as_slice();
    let cases = [
        (Coding::Gzip, gz(text)),
        (Coding::Deflate, zlib(text)),
        (Coding::Deflate, raw(text)),
        (Coding::Zstd, zst(text)),
    ];
    for (coding, coded) in cases {
        assert_eq!(decode(coded, &[coding], LIMIT), (text.to_vec(), Outcome::Whole), "{coding:?}");
    }
    assert_eq!(
        decode(br(), &[Coding::Brotli], LIMIT),
        (b"hello hello hello brotli".to_vec(), Outcome::Whole)
    );
}

#[test]
fn members_frames_and_stacks_decode() {
    let two = [gz(b"one "), gz(b"two"), vec![0; 512]].concat();
    assert_eq!(decode(two, &[Coding::Gzip], LIMIT), (b"one two".to_vec(), Outcome::Whole));
    let skippable = [hex("502a4d1803000000"), b"xyz".to_vec()].concat();
    let frames = [zst(b"one "), skippable, zst(b"two")].concat();
    assert_eq!(decode(frames, &[Coding::Zstd], LIMIT), (b"one two".to_vec(), Outcome::Whole));
    let stacked = gz(&zst(&zlib(b"deep")));
    let applied = [Coding::Deflate, Coding::Zstd, Coding::Gzip];
    assert_eq!(decode(stacked, &applied, LIMIT), (b"deep".to_vec(), Outcome::Whole));
}

#[test]
fn a_gzip_header_may_have_every_optional_part() {
    let plain = gz(b"x");
    let header = hex("1f8b081e0000000000ff0300616263");
    let coded =
        [header, b"name\0".to_vec(), b"comment\0".to_vec(), hex("beef"), plain[10..].to_vec()]
            .concat();
    assert_eq!(decode(coded, &[Coding::Gzip], LIMIT), (b"x".to_vec(), Outcome::Whole));
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0u8; 32 << 20];
    let bombs = [
        (Coding::Gzip, gz(&zeros)),
        (Coding::Deflate, zlib(&zeros)),
        (Coding::Zstd, zst(&zeros)),
        (Coding::Brotli, hex("cbffff3ff825f0e2b14020f7fe2ffffffff04b00c4611180eefd1f")),
    ];
    for (coding, bomb) in bombs {
        let (content, outcome) = decode(bomb, &[coding], 1000);
        assert_eq!((content.len(), outcome), (1000, Outcome::Limit), "{coding:?}");
    }
    let layered = gz(&gz(&gz(&zeros)));
    let (content, outcome) = decode(layered, &[Coding::Gzip; 3], 1000);
    assert!(content.len() <= 1000 && outcome != Outcome::Whole);
}

#[test]
fn exactly_the_limit_is_whole() {
    let content = vec![b'x'; 5000];
    for (coding, coded) in [
        (Coding::Gzip, gz(&content)),
        (Coding::Zstd, zst(&content)),
        (Coding::Deflate, raw(&content)),
    ] {
        assert_eq!(decode(coded, &[coding], 5000), (content.clone(), Outcome::Whole), "{coding:?}");
    }
}

#[test]
fn a_cut_gives_the_beginning() {
    let content: Vec<u8> =
        (0..300_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).collect();
    for (coding, coded) in [
        (Coding::Gzip, gz(&content)),
        (Coding::Deflate, zlib(&content)),
        (Coding::Zstd, zst(&content)),
    ] {
        let (got, outcome) =
            decode(coded[..coded.len() - 100].to_vec(), &[coding], usize::MAX >> 1);
        assert_eq!(outcome, Outcome::Short, "{coding:?}");
        assert!(!got.is_empty() && content.starts_with(&got), "{coding:?}");
    }
    let coded = br();
    for cut in 0..coded.len() {
        let (got, outcome) = decode(coded[..cut].to_vec(), &[Coding::Brotli], LIMIT);
        assert!(b"hello hello hello brotli".starts_with(&got), "{cut}");
        assert_eq!(outcome, Outcome::Short, "{cut}");
    }
}

#[test]
fn what_is_not_coded_is_corrupt() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Zstd] {
        let (content, outcome) =
            decode(b"plain text, \xff\xff not coded at all".to_vec(), &[coding], LIMIT);
        assert_eq!((content.as_slice(), outcome), (b"".as_slice(), Outcome::Corrupt), "{coding:?}");
    }
    assert_eq!(decode(b"x".to_vec(), &[Coding::Unknown], LIMIT).1, Outcome::Unknown);
    let huge_window = hex("28b52ffd00a8010000");
    assert_eq!(
        decode(huge_window, &[Coding::Zstd], LIMIT).1,
        Outcome::Corrupt,
        "a window of 2 GiB is refused"
    );
}

fn any_coding() -> impl Strategy<Value = Coding> {
    prop_oneof![Just(Coding::Gzip), Just(Coding::Deflate), Just(Coding::Brotli), Just(Coding::Zstd)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Hostile bytes neither panic nor exceed the limit.
    #[test]
    fn hostile_bytes_are_bounded(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        coding in any_coding(),
        seed in 0..6usize,
        limit in 1..2000usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut input = match seed {
            0 => bytes,
            1 => gz(&bytes),
            2 => zlib(&bytes),
            3 => br(),
            4 => zst(&bytes),
            _ => [hex("28b52ffd0458"), bytes].concat(),
        };
        for (at, byte) in flips {
            if !input.is_empty() {
                let at = at.index(input.len());
                input[at] = byte;
            }
        }
        prop_assert!(decode(input, &[coding], limit).0.len() <= limit);
    }
}
