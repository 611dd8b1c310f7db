//! Every cap is reached once, and what was counted or said is looked at. A house test holds each
//! constant against the words "Reaches `NAME`" of a test here or beside the part.

use std::io::{Cursor, Write};

use super::*;
use crate::{CaptureError, DamageKind, FileSource, MergedSource, Notes, PacketSource, Pulled};

const ETHERNET: u32 = 1;
const USB: u32 = 189;

/// What a source gave until its end.
struct Read {
    times: Vec<i64>,
    error: Option<CaptureError>,
    notes: Notes,
}

fn read(bytes: Vec<u8>) -> Read {
    let mut source = FileSource::from_reader(Box::new(Cursor::new(bytes)), "memory").unwrap();
    let (mut times, mut error) = (Vec::new(), None);
    loop {
        match source.pull(1000, &mut |packet| times.push(packet.time)) {
            Ok(Pulled::End) => break,
            Ok(_) => {}
            Err(damage) => error = Some(damage),
        }
    }
    Read { times, error, notes: source.notes().clone() }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn pcap_header(link_type: u32) -> Vec<u8> {
    words(&[0xa1b2_3c4d, 0x0004_0002, 0, 0, 0, link_type])
}

fn record(time: i64, data: &[u8]) -> Vec<u8> {
    let length = data.len() as u32;
    let mut bytes =
        words(&[(time / 1_000_000_000) as u32, (time % 1_000_000_000) as u32, length, length]);
    bytes.extend_from_slice(data);
    bytes
}

/// A pcap file of packets at these times.
fn pcap(times: impl IntoIterator<Item = i64>, data: &[u8]) -> Vec<u8> {
    let mut bytes = pcap_header(ETHERNET);
    times.into_iter().for_each(|time| bytes.extend(record(time, data)));
    bytes
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let total = (12 + body.len().next_multiple_of(4)) as u32;
    let mut bytes = words(&[kind, total]);
    bytes.extend_from_slice(body);
    bytes.resize(total as usize - 4, 0);
    bytes.extend(total.to_le_bytes());
    bytes
}

fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]))
}

fn interface() -> Vec<u8> {
    block(1, &words(&[ETHERNET, 0]))
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = [code.to_le_bytes(), (value.len() as u16).to_le_bytes()].concat();
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn damage_of(read: &Read) -> (DamageKind, &str) {
    match &read.error {
        Some(CaptureError::Damaged { kind, what, .. }) => (*kind, what),
        other => panic!("no damage but {other:?}"),
    }
}

/// Reaches `MAX_PACKET_BYTES` and `MAX_MESSAGE_BYTES`: a longer record is damage, and said to be.
#[test]
fn a_packet_longer_than_can_be_is_damage() {
    for (link_type, most) in [(ETHERNET, MAX_PACKET_BYTES), (USB, MAX_MESSAGE_BYTES)] {
        let file = |length: u32| {
            let data = vec![0; length as usize];
            read([pcap_header(link_type), record(1, &data)].concat())
        };
        let fits = file(most);
        assert_eq!((fits.times.len(), fits.error.is_none()), (1, true));
        let (kind, what) = (DamageKind::Corrupt, format!("claims {} captured", most + 1));
        let over = file(most + 1);
        assert_eq!(damage_of(&over).0, kind);
        assert!(damage_of(&over).1.contains(&what));
    }
}

/// Reaches `MAX_BLOCK_BYTES`: a longer block that is needed is damage; one that is not is passed
/// over and counted.
#[test]
fn a_block_longer_than_is_held_is_damage_or_passed_over() {
    let long = MAX_BLOCK_BYTES + 4;
    let start = [section(), interface()].concat();
    let needed = read([start.clone(), words(&[6, long]), vec![0; 64]].concat());
    assert!(damage_of(&needed).1.contains(&long.to_string()));
    let other = block(0x999, &vec![0; MAX_BLOCK_BYTES as usize]);
    let skipped = read([start, other].concat());
    assert!(skipped.error.is_none());
    assert_eq!(skipped.notes.skipped_blocks, 1);
}

/// Reaches `MAX_INTERFACES`: one more is damage in a file, and an error of a merge.
#[test]
fn more_interfaces_than_packets_can_name_are_refused() {
    let interfaces = |count: usize| interface().repeat(count);
    let over = read([section(), interfaces(MAX_INTERFACES + 1)].concat());
    assert!(damage_of(&over).1.contains("more than 65535 interfaces"));
    assert!(read([section(), interfaces(MAX_INTERFACES)].concat()).error.is_none());
}

/// Reaches `MAX_OPTION_TEXT`: the rest of a text is cut, and counted.
#[test]
fn a_text_is_kept_up_to_the_cap() {
    let body = [words(&[0x1a2b_3c4d, 1, 0, 0]), option(1, &[b'x'; MAX_OPTION_TEXT + 1])].concat();
    let notes = read(block(0x0a0d_0d0a, &body)).notes;
    assert_eq!((notes.comments[0].len(), notes.texts_cut), (MAX_OPTION_TEXT, 1));
}

/// Reaches `MAX_COMMENTS`: more are counted.
#[test]
fn comments_are_kept_up_to_the_cap() {
    let commented = block(1, &[words(&[ETHERNET, 0]), option(1, b"look").repeat(5000)].concat());
    let notes = read([section(), commented].concat()).notes;
    let dropped = 5000 - MAX_COMMENTS as u64;
    assert_eq!((notes.comments.len(), notes.comments_dropped), (MAX_COMMENTS, dropped));
}

/// Reaches `MAX_NAME_RECORDS`: more are counted.
#[test]
fn names_are_kept_up_to_the_cap() {
    let name = option(1, b"\x0a\0\0\x01a\0").repeat(MAX_NAME_RECORDS + 2);
    let notes = read([section(), block(4, &name)].concat()).notes;
    assert_eq!((notes.names.len(), notes.names_dropped), (MAX_NAME_RECORDS, 2));
}

/// Reaches `MAX_SECRET_BYTES`: more are counted.
#[test]
fn secrets_are_kept_up_to_the_cap() {
    let half = MAX_SECRET_BYTES / 2;
    let secret = block(10, &[words(&[0x544c_534b, half as u32]), vec![b'x'; half]].concat());
    let small = block(10, &[words(&[0x544c_534b, 4]), vec![b'x'; 4]].concat());
    let notes = read([section(), secret.repeat(2), small].concat()).notes;
    assert_eq!((notes.secrets.len(), notes.secrets_dropped), (2, 1));
}

/// Reaches `MAX_CUSTOM_BYTES`: more are counted.
#[test]
fn custom_blocks_are_kept_up_to_the_cap() {
    let custom = block(0xbad, &[words(&[32_473]), vec![b'x'; MAX_CUSTOM_BYTES / 2]].concat());
    let notes = read([section(), custom.repeat(3)].concat()).notes;
    assert_eq!((notes.custom.len(), notes.custom_dropped), (2, 1));
    assert_eq!(notes.custom[0].enterprise, 32_473);
}

#[test]
fn every_count_of_a_file_is_documented() {
    let known = nautscan_core::event::COUNTERS;
    for (name, _) in Notes::default().counts() {
        assert!(known.iter().any(|known| (known.0, known.1) == ("capture", name)), "{name}");
    }
}

/// Reaches `BATCHES_WAITING`: the engines wait until batches are taken, and drop none.
#[test]
fn batches_wait_up_to_the_cap() {
    use nautscan_core::Config;
    use nautscan_core::event::Table;

    use crate::session::{Offline, Step};

    let count = 40 * BATCHES_WAITING;
    let path = std::env::temp_dir().join(format!("nautscan-batches-{}.pcap", std::process::id()));
    std::fs::write(&path, pcap(0..count as i64, &[0; 60])).unwrap();
    let config = Config { tables: vec![Table::Packets], batch_rows: 1, ..Config::default() };
    let source = MergedSource::open(&[&path]).unwrap();
    let mut offline = Offline::new(source, config, None, 2).unwrap();
    let mut rows = 0;
    loop {
        match offline.next(None).unwrap() {
            Step::Batch(_, batch) => rows += batch.num_rows(),
            Step::Idle => {}
            Step::End => break,
        }
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(rows, count);
    assert!(offline.warnings().is_empty());
}

const MS: i64 = 1_000_000;

/// Reaches `REORDER_NANOS`: a packet further back stays where it is, and that is counted.
#[test]
fn packets_are_put_in_order_within_the_window() {
    let at = |back: i64| {
        let read = read(pcap([5_000 * MS, 5_000 * MS - back, 5_001 * MS], b"x"));
        (read.times, read.notes.reordered, read.notes.time_went_back)
    };
    let near = REORDER_NANOS;
    assert_eq!(at(near).0, [5_000 * MS - near, 5_000 * MS, 5_001 * MS]);
    assert_eq!((at(near).1, at(near).2), (1, 0));
    assert_eq!(at(near + 1).0, [5_000 * MS, 5_000 * MS - near - 1, 5_001 * MS]);
    assert_eq!((at(near + 1).1, at(near + 1).2), (0, 1));
}

/// Reaches `REORDER_PACKETS`: the earliest go on before their time, and are counted.
#[test]
fn packets_are_held_up_to_the_cap() {
    // Two of each hundred swapped, nanoseconds apart.
    let count = REORDER_PACKETS as i64 + 10;
    let times: Vec<i64> = (0..count).collect();
    let mut shuffled = times.clone();
    shuffled.chunks_mut(100).filter(|some| some.len() > 1).for_each(|some| some.swap(0, 1));
    let read = read(pcap(shuffled, b""));
    assert_eq!(read.times, times);
    assert_eq!((read.notes.reordered, read.notes.reorder_full), (164, 10));
}

/// Reaches `REORDER_BYTES`: likewise.
#[test]
fn bytes_are_held_up_to_the_cap() {
    let data = vec![0; MAX_PACKET_BYTES as usize];
    let last = 2 + (REORDER_BYTES / data.len()) as i64 + 3;
    let mut bytes = pcap([2, 1], b"");
    (3..=last).for_each(|time| bytes.extend(record(time, &data)));
    let read = read(bytes);
    assert_eq!(read.times, (1..=last).collect::<Vec<_>>());
    // The two empty ones had to go first, then one for each that did not fit.
    assert_eq!((read.notes.reordered, read.notes.reorder_full), (1, 2 + 3));
}

/// Reaches `AHEAD_RECORDS`: order holds over stretches; the one packet that went on before its
/// predecessor was parsed is counted.
#[test]
fn stretches_follow_each_other_in_order() {
    let count = 3 * AHEAD_RECORDS as i64;
    let whole = read(pcap(0..count, b""));
    assert_eq!(whole.times, (0..count).collect::<Vec<_>>());
    assert_eq!(whole.notes.time_went_back, 0);

    let border = AHEAD_RECORDS as i64;
    let mut times: Vec<i64> = (0..count).collect();
    times.swap(border as usize - 1, border as usize);
    times.swap(border as usize + 500, border as usize + 501);
    times.swap(2 * border as usize - 1, 2 * border as usize);
    let swapped = read(pcap(times, b""));
    // Behind the first disorder the file is sorted, whatever the stretches.
    assert_eq!(swapped.times[AHEAD_RECORDS + 1..], whole.times[AHEAD_RECORDS + 1..]);
    assert_eq!((swapped.notes.time_went_back, swapped.notes.reordered), (1, 2));
}

/// Reaches `FILE_BUFFER`: a record longer than the buffer is read whole.
#[test]
fn a_record_longer_than_the_buffer_is_read() {
    let data = vec![7; FILE_BUFFER];
    let read = read(pcap([1, 2, 3], &data));
    assert_eq!((read.times, read.error.is_none()), (vec![1, 2, 3], true));
}

/// Reaches `PROBE_BUFFER`: a file is merged whose first packet lies behind more than is probed.
#[test]
fn a_first_packet_behind_much_else_is_found() {
    let folder = std::env::temp_dir().join(format!("nautscan-probe-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let long = block(0x999, &vec![0; PROBE_BUFFER]);
    let packet = block(6, &words(&[0, 0, 2, 0, 0]));
    let late = folder.join("late.pcapng");
    std::fs::write(&late, [section(), interface(), long, packet].concat()).unwrap();
    let other = folder.join("other.pcap");
    std::fs::write(&other, pcap([1, 3_000], b"")).unwrap();
    let mut times = Vec::new();
    let mut source = MergedSource::open(&[late, other]).unwrap();
    while source.for_each(9, |packet| times.push(packet.time)).unwrap() != Pulled::End {}
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(times, [1, 2_000, 3_000]);
}

/// Reaches `COMPRESSED_BUFFER`: a compressed file of several buffers is read whole.
#[test]
fn a_compressed_file_of_several_buffers_is_read() {
    // Noise, so that it stays as long as it is.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(COMPRESSED_BUFFER)
    .collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&pcap(0..4, &noise)).unwrap();
    let compressed = encoder.finish().unwrap();
    assert!(compressed.len() > 3 * COMPRESSED_BUFFER);
    assert_eq!(read(compressed).times, [0, 1, 2, 3]);
}

/// Reaches `MAX_ZSTD_BLOCK`: a longer block is damage.
#[test]
fn a_zstandard_block_longer_than_can_be_is_damage() {
    let frame = |size: usize| {
        let header = ((size << 3) | 1) as u32; // The last block, stored as it is.
        let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x58];
        bytes.extend_from_slice(&header.to_le_bytes()[..3]);
        bytes.extend(pcap([1], &[]));
        bytes.resize(bytes.len() + size, 0);
        read(bytes)
    };
    let (kind, what) = (DamageKind::Compression, "a block of 131073 bytes");
    let over = frame(MAX_ZSTD_BLOCK + 1);
    assert_eq!(damage_of(&over).0, kind);
    assert!(damage_of(&over).1.contains(what), "{}", damage_of(&over).1);
    assert!(!matches!(&frame(MAX_ZSTD_BLOCK).error,
        Some(CaptureError::Damaged { what, .. }) if what.contains("a block of")));
}
