//! Capture files: round trips, damage, compression, streams, merges.

mod common;

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use common::{Folder, drain, drain_bytes, shared_captures};
use nautscan_capture::{
    CaptureError, DamageKind, FileSource, InterfaceStats, MergedSource, PacketSource, PcapngWriter,
    Pulled, SourceInterface,
};
use nautscan_core::packet::{InterfaceId, LinkType, Packet};
use proptest::prelude::*;

/// A little-endian pcap file: (seconds, fraction, bytes) of each packet.
fn pcap(magic: u32, packets: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [magic, 0x0004_0002, 0, 0, 65_535, 1] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for (seconds, fraction, data) in packets {
        let length = data.len() as u32;
        for word in [*seconds, *fraction, length, length] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(data);
    }
    bytes
}

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Records that are looked at before the first is delivered.
const AHEAD: usize = 1024;

#[test]
fn pcap_versions_that_are_not_defined_are_refused() {
    let file = |major: u16, minor: u16| {
        let mut bytes = pcap(MICROSECONDS, &[(1, 0, b"abcd")]);
        bytes[4..6].copy_from_slice(&major.to_le_bytes());
        bytes[6..8].copy_from_slice(&minor.to_le_bytes());
        drain_bytes(&bytes)
    };
    for (major, minor) in [(2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (543, 0)] {
        let tally = file(major, minor);
        assert_eq!((tally.packets, tally.errors.len()), (1, 0), "{major}.{minor}");
    }
    for (major, minor) in [(1, 4), (2, 5), (0, 0), (3, 0), (543, 1), (512, 1024)] {
        let tally = file(major, minor);
        assert_eq!(tally.packets, 0);
        assert_eq!(tally.errors[0].code(), "bad_file");
        let message = tally.errors[0].to_string();
        assert!(message.contains(&format!("pcap version {major}.{minor}")), "{message}");
    }
}

/// Packets at these seconds, each holding its second.
fn pcap_at(seconds: &[u32]) -> Vec<u8> {
    let data: Vec<[u8; 4]> = seconds.iter().map(|second| second.to_le_bytes()).collect();
    let packets: Vec<(u32, u32, &[u8])> =
        seconds.iter().zip(&data).map(|(&second, data)| (second, 0, &data[..])).collect();
    pcap(MICROSECONDS, &packets)
}

fn seconds(times: &[i64]) -> Vec<i64> {
    times.iter().map(|time| time / 1_000_000_000).collect()
}

fn interface(name: &str) -> SourceInterface {
    SourceInterface {
        name: Some(name.into()),
        description: Some("what it is".into()),
        snaplen: 262_144,
        filter: Some("tcp port 80".into()),
        speed: Some(1_000_000_000),
        os: Some("Linux".into()),
        hardware: Some("virtio".into()),
        ..SourceInterface::new(LinkType::ETHERNET)
    }
}

fn packet(interface: u16, time: i64, data: &[u8]) -> Packet<'_> {
    Packet {
        time,
        interface: InterfaceId(interface),
        link_type: LinkType::ETHERNET,
        wire_len: data.len() as u32 + 10,
        data,
    }
}

/// A pcapng file with all that the writer can write.
fn written() -> Vec<u8> {
    let mut writer = PcapngWriter::new(Vec::new(), Some("the whole")).expect("begin");
    assert_eq!(writer.add_interface(&interface("eth0")).expect("write"), 0);
    assert_eq!(writer.add_interface(&interface("lo")).expect("write"), 1);
    for (index, time) in [1_700_000_000_000_000_001, 1_700_000_000_000_000_002].iter().enumerate() {
        writer.packet(&packet(index as u16, *time, &[9; 61]), Some("look")).expect("write");
    }
    let stats = InterfaceStats {
        interface: 1,
        received: Some(1 << 40),
        kernel_drops: Some(3),
        ..InterfaceStats::default()
    };
    writer.statistics(&stats, 1_700_000_001_000_000_000).expect("write");
    writer.finish().expect("flush")
}

#[test]
fn what_is_written_reads_back_the_same() {
    let bytes = written();
    let mut source = FileSource::from_reader(Box::new(Cursor::new(bytes)), "x").expect("open");
    let mut packets = Vec::new();
    while source
        .pull(1, &mut |p| packets.push((p.interface.0, p.time, p.wire_len, p.data.to_vec())))
        .expect("pull")
        != Pulled::End
    {}
    let expected = [(0, 1_700_000_000_000_000_001), (1, 1_700_000_000_000_000_002)]
        .map(|(index, time)| (index, time, 71, vec![9; 61]));
    assert_eq!(packets, expected);
    for (found, name) in source.interfaces().iter().zip(["eth0", "lo"]) {
        let stated = SourceInterface { origin: Some("x".into()), ..interface(name) };
        assert_eq!(*found, stated);
    }
    let stats = source.stats().remove(0);
    assert_eq!((stats.interface, stats.received, stats.kernel_drops), (1, Some(1 << 40), Some(3)));
    let notes = source.notes();
    assert_eq!(notes.comments, ["the whole"]);
    assert_eq!((notes.packet_comments[1].packet, &*notes.packet_comments[1].text), (2, "look"));
    assert_eq!((notes.bad_options, notes.skipped_blocks), (0, 0));
}

/// Reaches `MAX_OPTION_WRITTEN`: the rest of a longer comment is not written.
#[test]
fn what_cannot_be_written_is_refused_and_leaves_the_file_whole() {
    let mut writer = PcapngWriter::new(Vec::new(), None).expect("begin");
    writer.add_interface(&interface("eth0")).expect("write");
    assert!(writer.packet(&packet(1, 0, &[]), None).is_err());
    assert!(writer.packet(&packet(0, -1, &[]), None).is_err());
    writer.packet(&packet(0, 5, &[]), Some(&"long".repeat(50_000))).expect("write");
    let tally = drain_bytes(&writer.finish().expect("flush"));
    assert_eq!((tally.packets, tally.errors.len()), (1, 0));
}

/// Whether `times` are the first of `whole`; where the file had to be put in order, any of them.
fn is_part(times: &[i64], whole: &[i64]) -> bool {
    let mut left = whole.to_vec();
    let mut take = |time| left.iter().position(|known| known == time).map(|at| left.remove(at));
    whole.starts_with(times) || times.iter().all(|time| take(time).is_some())
}

/// Every prefix of a file gives a prefix of its packets, and an error unless it ends where a
/// record ends.
fn check_every_prefix(bytes: &[u8]) {
    let whole = drain_bytes(bytes);
    let mut delivered = 0;
    for length in 0..bytes.len() {
        let tally = drain_bytes(&bytes[..length]);
        assert!(tally.packets >= delivered, "fewer packets of {length} bytes");
        assert!(is_part(&tally.times, &whole.times), "at {length}");
        assert!(tally.errors.len() <= 1);
        delivered = tally.packets;
    }
}

#[test]
fn every_prefix_of_a_file_delivers_a_prefix_of_its_packets() {
    check_every_prefix(&pcap_at(&[1, 2, 3]));
    check_every_prefix(&written());
}

#[test]
fn every_prefix_of_a_short_shared_capture_delivers_a_prefix_of_its_packets() {
    let Some(folder) = shared_captures() else {
        return;
    };
    let mut checked = 0;
    for project in fs::read_dir(folder).expect("folder").flatten() {
        for entry in fs::read_dir(project.path()).into_iter().flatten().flatten() {
            let mut facts = entry.path().into_os_string();
            facts.push(".expected.json");
            let is_short = entry.metadata().expect("file").len() <= 1500;
            if is_short && PathBuf::from(facts).exists() {
                check_every_prefix(&fs::read(entry.path()).expect("readable"));
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "only {checked} short captures");
}

#[test]
fn a_cut_record_is_named_with_its_offset() {
    let bytes = pcap_at(&[1, 2]);
    let tally = drain_bytes(&bytes[..bytes.len() - 1]);
    assert_eq!(tally.packets, 1);
    let [CaptureError::Damaged { offset, kind, name, .. }] = &tally.errors[..] else {
        panic!("{:?}", tally.errors);
    };
    assert_eq!((*offset, *kind, &**name), (44, DamageKind::Cut, "memory"));
    assert!(tally.errors[0].is_damage() && tally.errors[0].remedy().contains("read it again"));
}

#[test]
fn lengths_that_cannot_be_are_damage_and_are_not_allocated() {
    let mut bytes = pcap_at(&[1, 2]);
    bytes[44 + 8..44 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let tally = drain_bytes(&bytes);
    assert_eq!(tally.packets, 1);
    assert!(matches!(
        tally.errors[0],
        CaptureError::Damaged { offset: 44, kind: DamageKind::Corrupt, .. }
    ));
    for length in [0_u32, 4, 11, 13, u32::MAX] {
        let mut bytes = written();
        let at = bytes.len();
        bytes.extend_from_slice(&99_u32.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&[0; 64]);
        let tally = drain_bytes(&bytes);
        assert_eq!(tally.packets, 2);
        let [CaptureError::Damaged { offset, .. }] = &tally.errors[..] else {
            panic!("length {length}: {:?}", tally.errors);
        };
        assert_eq!(*offset, at as u64);
    }
}

#[test]
fn long_blocks_of_no_interest_are_passed_over() {
    let mut bytes = written();
    let length = 3_000_000_u32;
    let mut block = vec![0; length as usize];
    block[..4].copy_from_slice(&0x0bad_u32.to_le_bytes());
    block[4..8].copy_from_slice(&length.to_le_bytes());
    block[length as usize - 4..].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&block);
    bytes.extend_from_slice(&written());
    let tally = drain_bytes(&bytes);
    assert_eq!((tally.packets, tally.errors.len()), (4, 0));
}

#[test]
fn a_packet_longer_than_on_the_wire_is_delivered_and_counted() {
    let mut bytes = pcap_at(&[1]);
    bytes[24 + 12..24 + 16].copy_from_slice(&2_u32.to_le_bytes());
    let mut source = FileSource::from_reader(Box::new(Cursor::new(bytes)), "x").expect("open");
    let tally = drain(&mut source);
    assert_eq!((tally.captured, tally.wire), (4, 2));
    assert_eq!(source.notes().longer_than_wire, 1);
}

#[test]
fn variants_of_pcap() {
    let nanoseconds = pcap(NANOSECONDS, &[(1, 7, &[0; 3])]);
    assert_eq!(drain_bytes(&nanoseconds).times, [1_000_000_007]);
    let after_2038 = pcap(MICROSECONDS, &[(0xffff_fff0, 1, &[])]);
    assert_eq!(drain_bytes(&after_2038).times, [4_294_967_280_000_001_000]);

    let mut kuznetzov = pcap(0xa1b2_cd34, &[(1, 0, &[])]);
    kuznetzov[24 + 8..24 + 16].copy_from_slice(&[3, 0, 0, 0, 3, 0, 0, 0]);
    kuznetzov.extend_from_slice(&[0; 8 + 3]);
    let tally = drain_bytes(&kuznetzov);
    assert_eq!((tally.packets, tally.captured, tally.errors.len()), (1, 3, 0));

    let mut with_fcs = pcap_at(&[1]);
    with_fcs[20..24].copy_from_slice(&0x2400_0001_u32.to_le_bytes());
    let mut source = FileSource::from_reader(Box::new(Cursor::new(with_fcs)), "x").expect("open");
    assert_eq!(drain(&mut source).link_types, [1]);
    assert_eq!(source.interfaces()[0].fcs_bytes, Some(4));

    let mut big_endian = pcap_at(&[5]);
    for word in big_endian[..40].chunks_exact_mut(4) {
        word.reverse();
    }
    big_endian[4..8].copy_from_slice(&[0, 2, 0, 4]);
    assert_eq!(seconds(&drain_bytes(&big_endian).times), [5]);

    // Version 2.2 stores the length on the wire first.
    let mut old = pcap_at(&[1]);
    old[6] = 2;
    old[24 + 8] = 60;
    let tally = drain_bytes(&old);
    assert_eq!((tally.captured, tally.wire), (4, 60));
}

#[test]
fn what_is_no_capture_is_said_so() {
    let folder = Folder::new();
    for (bytes, what) in [(&b""[..], "empty"), (b"abc", "3 bytes"), (b"GIF89a...", "47 49 46 38")] {
        let path = folder.file("x", bytes);
        let error = FileSource::open(&path).err().expect("refused");
        assert_eq!(error.code(), "bad_file");
        assert!(error.to_string().contains(what), "{error}");
    }
    let absent = FileSource::open(folder.0.join("absent")).err().expect("refused");
    assert_eq!(absent.code(), "not_found");
    assert_eq!(FileSource::open(&folder.0).err().expect("a folder").code(), "bad_file");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A pcap file that compresses to several blocks.
fn large_pcap() -> Vec<u8> {
    let data: Vec<u8> = (0_u32..1000).map(|n| ((n * n) >> 3) as u8).collect();
    let packets: Vec<(u32, u32, &[u8])> = (0..1000).map(|second| (second, 0, &data[..])).collect();
    pcap(MICROSECONDS, &packets)
}

#[test]
fn compressed_files_of_several_members_are_read_whole() {
    let plain = large_pcap();
    let whole = drain_bytes(&plain);
    let (first, second) = plain.split_at(plain.len() / 3);
    let skippable = [&0x184d_2a53_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"hello"].concat();
    let zstd_frames = [skippable.clone(), zstd(first), skippable, zstd(second)].concat();
    for bytes in [gzip(&plain), [gzip(first), gzip(second)].concat(), zstd(&plain), zstd_frames] {
        let tally = drain_bytes(&bytes);
        assert_eq!((tally.packets, tally.errors.len()), (1000, 0), "{:?}", tally.errors);
        assert_eq!(tally.times, whole.times);
    }
}

#[test]
fn cut_and_broken_compression_delivers_what_came_before() {
    let plain = large_pcap();
    for bytes in [gzip(&plain), zstd(&plain)] {
        let mut delivered = 0;
        for length in (4..bytes.len() - 1).step_by(97) {
            let tally = drain_bytes(&bytes[..length]);
            assert_eq!(tally.errors.len(), 1, "cut at {length}");
            assert!(tally.packets >= delivered && tally.packets <= 1000);
            delivered = tally.packets;
        }
        assert!(delivered > 500, "{delivered} of 1000 packets before the cut");
        for at in (10..bytes.len()).step_by(101) {
            let mut broken = bytes.clone();
            broken[at] ^= 0x55;
            assert_eq!(drain_bytes(&broken).errors.len(), 1, "flipped at {at}");
        }
    }
}

#[test]
fn a_flipped_checksum_is_damage_after_all_packets() {
    let plain = large_pcap();
    for (mut bytes, from_end) in [(gzip(&plain), 8), (zstd(&plain), 1)] {
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        let tally = drain_bytes(&bytes);
        assert_eq!(tally.packets, 1000);
        let [CaptureError::Damaged { kind: DamageKind::Compression, .. }] = &tally.errors[..]
        else {
            panic!("{:?}", tally.errors);
        };
    }
}

/// Gives its bytes a few at a time, with a silence before each.
struct Trickle {
    bytes: Cursor<Vec<u8>>,
    step: usize,
    quiet: bool,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.quiet = !self.quiet;
        if self.quiet {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = buffer.len().min(self.step);
        self.bytes.read(&mut buffer[..length])
    }
}

#[test]
fn a_stream_that_trickles_loses_nothing() {
    let plain = large_pcap();
    for bytes in [written(), pcap_at(&[1, 2, 3]), gzip(&plain), zstd(&plain)] {
        let whole = drain_bytes(&bytes);
        for step in [1, 7, 4096] {
            let reader = Trickle { bytes: Cursor::new(bytes.clone()), step, quiet: false };
            let mut source = FileSource::from_reader(Box::new(reader), "x").expect("open");
            let tally = drain(&mut source);
            assert_eq!(tally.times, whole.times);
            assert!(tally.errors.is_empty(), "{:?}", tally.errors);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_live_pipe_delivers_each_packet_when_it_comes() {
    let (reader, mut writer) = io::pipe().expect("pipe");
    let file = fs::File::from(std::os::fd::OwnedFd::from(reader));
    let timeout = Duration::from_millis(1);
    let mut source = FileSource::from_file(file, "pipe", timeout).expect("open");
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Idle);
    assert_eq!(source.format(), None);
    let bytes = pcap_at(&[1, 2]);
    writer.write_all(&bytes[..24]).expect("write");
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Packets(0));
    assert_eq!(source.interfaces().len(), 1);
    writer.write_all(&bytes[24..50]).expect("write");
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Packets(1));
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Idle);
    writer.write_all(&bytes[50..]).expect("write");
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Packets(1));
    drop(writer);
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::End);
}

/// Packets of a stream that are held to be put in order are handed on when nothing more comes.
#[cfg(unix)]
#[test]
fn a_quiet_pipe_holds_nothing_back() {
    let (reader, mut writer) = io::pipe().expect("pipe");
    let file = fs::File::from(std::os::fd::OwnedFd::from(reader));
    let mut source = FileSource::from_file(file, "pipe", Duration::from_millis(1)).expect("open");
    let bytes = pcap(MICROSECONDS, &[(1, 2, b"second"), (1, 1, b"first"), (1, 3, b"third")]);
    writer.write_all(&bytes).expect("write");
    let mut found = Vec::new();
    let mut pull = |source: &mut FileSource| {
        source.pull(10, &mut |packet| found.push(packet.data.to_vec())).expect("pull")
    };
    assert_eq!(pull(&mut source), Pulled::Packets(0));
    assert_eq!(pull(&mut source), Pulled::Packets(3));
    assert_eq!(pull(&mut source), Pulled::Idle);
    assert_eq!(found, [&b"first"[..], b"second", b"third"]);
    drop(writer);
    assert_eq!(source.pull(1, &mut |_| {}).expect("pull"), Pulled::End);
}

#[test]
fn files_are_merged_by_time_and_opened_when_their_time_comes() {
    let folder = Folder::new();
    let paths = [
        folder.file("later", &pcap_at(&[7, 8, 9])),
        folder.file("overlapping", &gzip(&pcap_at(&[2, 4, 8]))),
        folder.file("first", &pcap_at(&[1, 3, 5])),
        folder.file("no packets", &pcap_at(&[])),
    ];
    let mut source = MergedSource::open(&paths).expect("open");
    let total: u64 = paths.iter().map(|path| fs::metadata(path).expect("file").len()).sum();
    assert_eq!(source.progress().bytes_total, Some(total));
    let mut owners = Vec::new();
    let mut times = Vec::new();
    loop {
        let outcome = source.pull(2, &mut |packet| {
            times.push(packet.time / 1_000_000_000);
            owners.push(packet.interface.0);
        });
        if outcome.expect("pull") == Pulled::End {
            break;
        }
    }
    assert_eq!(times, [1, 2, 3, 4, 5, 7, 8, 8, 9]);
    let origins: Vec<&str> = owners
        .iter()
        .map(|&owner| source.interfaces()[usize::from(owner)].origin.as_deref().expect("named"))
        .map(|path| path.rsplit('/').next().expect("name"))
        .collect();
    let expected = ["first", "overlapping", "first", "overlapping", "first", "later"];
    assert_eq!(origins[..6], expected);
    // Of the same time: in the order given.
    assert_eq!(origins[6..], ["later", "overlapping", "later"]);
    assert_eq!(source.progress().bytes_done, total);
    assert_eq!(source.notes().count(), 4);
}

#[test]
fn a_damaged_file_among_many_does_not_keep_the_others() {
    let folder = Folder::new();
    let cut = pcap_at(&[2, 4]);
    let paths = [
        folder.file("whole", &pcap_at(&[1, 3, 5])),
        folder.file("cut", &cut[..cut.len() - 1]),
        folder.file("empty", b""),
        folder.file("text", b"no capture at all, but a text"),
    ];
    let tally = drain(&mut MergedSource::open(&paths).expect("open"));
    assert_eq!(seconds(&tally.times), [1, 2, 3, 5]);
    assert_eq!(tally.errors.len(), 3);
    assert!(tally.errors.iter().all(CaptureError::is_damage));
    let absent = [paths[0].clone(), folder.0.join("absent")];
    assert_eq!(MergedSource::open(&absent).err().expect("refused").code(), "not_found");
    let only = MergedSource::open(&paths[2..3]).err().expect("refused");
    assert_eq!(only.code(), "bad_file");
}

#[test]
fn many_rotated_files_need_few_descriptors() {
    let folder = Folder::new();
    let paths: Vec<PathBuf> =
        (0..1500).map(|n| folder.file(&format!("{n}"), &pcap_at(&[n * 2, n * 2 + 1]))).collect();
    let tally = drain(&mut MergedSource::open(&paths).expect("open"));
    assert_eq!(seconds(&tally.times), (0..3000).collect::<Vec<_>>());
    assert!(tally.errors.is_empty());
}

/// Reaches `MAX_OPEN_FILES`: the error says so.
#[test]
fn too_many_files_at_once_are_refused_not_crashed() {
    let folder = Folder::new();
    let paths: Vec<PathBuf> =
        (0..600).map(|n| folder.file(&format!("{n}"), &pcap_at(&[1, 1000 + n]))).collect();
    let mut source = MergedSource::open(&paths).expect("open");
    let error = loop {
        match source.pull(100, &mut |_| {}) {
            Ok(Pulled::End) => panic!("600 files at once"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("overlap in time"), "{error}");
}

#[test]
fn a_stream_joins_a_merge() {
    let folder = Folder::new();
    let paths = [folder.file("file", &pcap_at(&[1, 4]))];
    let reader = Trickle { bytes: Cursor::new(pcap_at(&[2, 3, 5])), step: 10, quiet: false };
    let stream = FileSource::from_reader(Box::new(reader), "stdin").expect("open");
    let mut source = MergedSource::open_with(&paths, vec![stream]).expect("open");
    let tally = drain(&mut source);
    assert_eq!(seconds(&tally.times), [1, 2, 3, 4, 5]);
    assert_eq!(source.progress().bytes_total, None);
}

proptest! {
    #[test]
    fn random_bytes_behind_any_magic_never_panic(
        magic in prop::sample::select(vec![
            0xa1b2_c3d4_u32, 0xd4c3_b2a1, 0xa1b2_3c4d, 0xa1b2_cd34, 0x0a0d_0d0a, 0xfd2f_b528,
            0x0008_8b1f, 0x184d_2a50,
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let tally = drain_bytes(&[&magic.to_le_bytes()[..], &bytes].concat());
        prop_assert!(tally.errors.len() <= 1);
    }

    #[test]
    fn a_flipped_byte_never_panics_and_keeps_what_came_before(
        at in 0..written().len(),
        flip in 1_u8..,
    ) {
        let mut bytes = written();
        bytes[at] ^= flip;
        let tally = drain_bytes(&bytes);
        prop_assert!(tally.errors.len() <= 1);
    }

    /// Whatever the times: each packet comes once, with its own bytes, and every step back in time
    /// is counted. Where none lies further back than is looked, there is no step back.
    #[test]
    fn packets_of_any_order_come_once_and_in_order_where_that_can_be(
        steps in prop::collection::vec(
            prop_oneof![
                20 => (0..100_i64, 0..3_i64),
                3 => (0..100_i64, 0..400_000_i64),
                1 => (-2_000_000..2_000_000_i64, 0..1_i64),
            ],
            1..3000,
        ),
        jump in any::<bool>(),
    ) {
        // Microseconds: a clock that goes on by `forward`, packets `back` behind it.
        let mut clock = 2_000_000_000_i64;
        let times: Vec<u32> = steps
            .iter()
            .map(|&(forward, back)| {
                clock += if jump { forward } else { forward.max(0) };
                u32::try_from(clock - back).expect("below 4,294 seconds")
            })
            .collect();
        let data: Vec<[u8; 4]> = (0..times.len() as u32).map(u32::to_le_bytes).collect();
        let packets: Vec<(u32, u32, &[u8])> = times
            .iter()
            .zip(&data)
            .map(|(&time, data)| (time / 1_000_000, time % 1_000_000, &data[..]))
            .collect();
        let bytes = pcap(MICROSECONDS, &packets);
        let mut source = FileSource::from_reader(Box::new(Cursor::new(bytes)), "x").expect("open");
        let mut found: Vec<(u32, u32)> = Vec::new();
        while source.for_each(100, |packet| {
            let number = u32::from_le_bytes(packet.data.try_into().expect("four bytes"));
            found.push(((packet.time / 1000) as u32, number));
        }).expect("pull") != Pulled::End {}
        for &(time, number) in &found {
            prop_assert_eq!(time, times[number as usize]);
        }
        let steps_back = found.windows(2).filter(|pair| pair[1].0 < pair[0].0).count() as u64;
        prop_assert_eq!(source.notes().time_went_back, steps_back);
        let stable = found.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 < pair[1].1);
        prop_assert!(stable || steps_back > 0, "packets of one time keep their order");
        let mut numbers: Vec<u32> = found.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (0..times.len() as u32).collect::<Vec<_>>());
        if !jump && times.len() <= AHEAD {
            prop_assert_eq!(steps_back, 0);
        }
    }

    #[test]
    fn packets_written_are_packets_read(
        packets in prop::collection::vec(
            (0_u16..3, 0_i64.., prop::collection::vec(any::<u8>(), 0..200), 0_u32..),
            0..20,
        ),
    ) {
        let mut writer = PcapngWriter::new(Vec::new(), None).expect("begin");
        for name in ["a", "b", "c"] {
            writer.add_interface(&interface(name)).expect("write");
        }
        for (index, time, data, wire_len) in &packets {
            let packet = Packet { wire_len: *wire_len, ..packet(*index, *time, data) };
            writer.packet(&packet, None).expect("write");
        }
        let bytes = writer.finish().expect("flush");
        let found = Mutex::new(Vec::new());
        let mut source = FileSource::from_reader(Box::new(Cursor::new(bytes)), "x").expect("open");
        while source.for_each(3, |p| found.lock().expect("lock")
            .push((p.interface.0, p.time, p.data.to_vec(), p.wire_len)))
            .expect("pull") != Pulled::End {}
        prop_assert_eq!(found.into_inner().expect("lock"), packets);
    }
}
