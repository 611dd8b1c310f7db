//! What the pcapng format has beyond packets, in both byte orders, and what is made of it when a
//! capture is written again.

mod common;

use std::io::Cursor;

use common::{Folder, drain, drain_bytes};
use nautscan_capture::session::{CopyError, copy};
use nautscan_capture::{
    CustomBlock, FileSource, MergedSource, NameRecord, PacketSource, PcapngWriter, Secret,
    SourceInterface,
};
use nautscan_core::packet::{InterfaceId, LinkType, Packet};

/// Writes blocks in one byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, value: u16) -> [u8; 2] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u64(self, value: u64) -> [u8; 8] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| self.u32(word)).collect()
    }

    fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = [self.u16(code), self.u16(value.len() as u16)].concat();
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let total = (12 + body.len().next_multiple_of(4)) as u32;
        let mut bytes = self.words(&[kind, total]);
        bytes.extend_from_slice(body);
        bytes.resize(total as usize - 4, 0);
        bytes.extend(self.u32(total));
        bytes
    }

    fn section(self) -> Vec<u8> {
        let version = [self.u16(1), self.u16(0)].concat();
        let body = [self.words(&[0x1a2b_3c4d]), version, self.words(&[u32::MAX; 2])].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    fn interface(self, options: &[Vec<u8>]) -> Vec<u8> {
        let head = [self.u16(1), self.u16(0)].concat();
        self.block(1, &[head, self.words(&[0]), options.concat()].concat())
    }

    fn packet(self, interface: u32, ticks: u64, data: &[u8], options: &[Vec<u8>]) -> Vec<u8> {
        let length = data.len() as u32;
        let head = [interface, (ticks >> 32) as u32, ticks as u32, length, length];
        let mut body = self.words(&head);
        body.extend_from_slice(data);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options.concat());
        self.block(6, &body)
    }
}

const ORDERS: [Order; 2] = [Order { big: false }, Order { big: true }];

fn source(bytes: Vec<u8>) -> FileSource {
    FileSource::from_reader(Box::new(Cursor::new(bytes)), "x").expect("a stream opens")
}

#[test]
fn interface_options_are_read_in_both_byte_orders() {
    for order in ORDERS {
        let options = [
            order.option(2, b"eth0"),
            order.option(3, b"the uplink"),
            order.option(8, &order.u64(10_000_000_000)),
            order.option(9, &[9]),
            order.option(11, b"\0tcp port 80"),
            order.option(12, b"Linux 6.1"),
            order.option(13, &[4]),
            order.option(14, &order.u64(1_000)),
            order.option(15, b"ixgbe"),
            order.option(0x8000, b"a local option"),
            order.option(0, b""),
        ];
        let file = [order.section(), order.interface(&options), order.packet(0, 7, b"x", &[])];
        let mut source = source(file.concat());
        assert_eq!(drain(&mut source).times, [1_000_000_000_007]);
        let expected = SourceInterface {
            name: Some("eth0".into()),
            description: Some("the uplink".into()),
            origin: Some("x".into()),
            filter: Some("tcp port 80".into()),
            fcs_bytes: Some(4),
            speed: Some(10_000_000_000),
            os: Some("Linux 6.1".into()),
            hardware: Some("ixgbe".into()),
            ..SourceInterface::new(LinkType::ETHERNET)
        };
        assert_eq!(source.interfaces(), [expected]);
        assert_eq!(source.notes().bad_options, 0);
    }
}

#[test]
fn options_of_a_wrong_length_are_left_out_and_counted() {
    let order = ORDERS[0];
    let options = [order.option(8, &[1]), order.option(9, &[1, 2]), order.option(14, &[1; 4])];
    let file = [order.section(), order.interface(&options), order.packet(0, 5, b"", &[])];
    let mut source = source(file.concat());
    assert_eq!(drain(&mut source).times, [5_000]);
    assert_eq!((source.interfaces()[0].speed, source.notes().bad_options), (None, 3));
}

#[test]
fn sections_of_either_byte_order_follow_each_other() {
    let part = |order: Order, time: u64| {
        [order.section(), order.interface(&[]), order.packet(0, time, b"x", &[])].concat()
    };
    let file = [part(ORDERS[0], 1), part(ORDERS[1], 2), part(ORDERS[0], 3)].concat();
    let mut source = source(file);
    assert_eq!(drain(&mut source).times, [1_000, 2_000, 3_000]);
    assert_eq!((source.notes().sections, source.interfaces().len()), (3, 3));
}

#[test]
fn simple_and_obsolete_packets_are_read_and_their_drops_surface() {
    for order in ORDERS {
        let simple = order.block(3, &[order.words(&[3]), b"abc".to_vec()].concat());
        let obsolete = |drops: u16| {
            let head = [order.u16(0), order.u16(drops)].concat();
            order.block(2, &[head, order.words(&[0, 9, 1, 1]), b"o".to_vec()].concat())
        };
        // 0xffff: not counted.
        let packets = [obsolete(3), obsolete(0xffff), obsolete(2), simple].concat();
        let mut source = source([order.section(), order.interface(&[]), packets].concat());
        assert_eq!(drain(&mut source).times, [9_000; 4]);
        assert_eq!(source.notes().untimed, 1);
        assert_eq!(source.stats()[0].kernel_drops, Some(5));
    }
}

#[test]
fn statistics_and_drop_counts_surface() {
    for order in ORDERS {
        let counted = |code, value| order.option(code, &order.u64(value));
        let options = [counted(4, 1000), counted(5, 7), counted(7, 9)].concat();
        let statistics = order.block(5, &[order.words(&[0, 0, 0]), options].concat());
        let lost = order.packet(0, 1, b"x", &[order.option(4, &order.u64(4))]);
        let mut source = source([order.section(), order.interface(&[]), lost, statistics].concat());
        drain(&mut source);
        let stats = source.stats().remove(0);
        // The block's figures are of the whole capture and hold.
        assert_eq!((stats.received, stats.interface_drops), (Some(1000), Some(7)));
        assert_eq!(stats.kernel_drops, Some(9));
    }
}

#[test]
fn comments_are_kept_with_what_they_are_on() {
    let order = ORDERS[0];
    let comment = |text: &str| order.option(1, text.as_bytes());
    let file = [
        order.section(),
        order.interface(&[comment("of the interface")]),
        order.packet(0, 1, b"x", &[]),
        order.packet(0, 2, b"y", &[comment("look"), comment("here")]),
    ];
    let mut source = source(file.concat());
    drain(&mut source);
    assert_eq!(source.notes().comments, ["of the interface"]);
    let found: Vec<_> =
        source.notes().packet_comments.iter().map(|c| (c.packet, &*c.text)).collect();
    assert_eq!(found, [(2, "look"), (2, "here")]);
}

#[test]
fn journal_and_unknown_blocks_are_passed_over_and_counted() {
    for order in ORDERS {
        let journal = order.block(9, b"__REALTIME_TIMESTAMP=1\n\n");
        let private = order.block(0x8000_0001, b"private");
        let not_to_copy = order.block(0x4000_0bad, &order.words(&[32_473]));
        let packet = order.packet(0, 1, b"x", &[]);
        let file =
            [order.section(), journal, private, not_to_copy, order.interface(&[]), packet].concat();
        let mut source = source(file);
        assert_eq!(drain(&mut source).packets, 1);
        assert_eq!((source.notes().skipped_blocks, source.notes().custom.len()), (3, 0));
    }
}

#[test]
fn a_custom_block_is_kept_where_its_bytes_mean_the_same_again() {
    for (order, kept, dropped) in [(ORDERS[0], 1, 0), (ORDERS[1], 0, 1)] {
        let custom = order.block(0xbad, &[order.words(&[32_473]), b"mine".to_vec()].concat());
        let mut source = source([order.section(), custom].concat());
        drain(&mut source);
        assert_eq!(source.notes().custom.len(), kept);
        assert_eq!(source.notes().custom_dropped, dropped);
    }
}

/// Wireshark reads them so too; libpcap does not.
#[test]
fn a_length_stated_without_the_padding_is_understood() {
    let order = ORDERS[0];
    let mut packet = order.packet(0, 1, b"x", &[]);
    let stated = packet.len() as u32 - 3;
    let end = packet.len() - 4;
    packet[4..8].copy_from_slice(&order.u32(stated));
    packet[end..].copy_from_slice(&order.u32(stated));
    let file = [order.section(), order.interface(&[]), packet, order.packet(0, 2, b"", &[])];
    let tally = drain_bytes(&file.concat());
    assert_eq!((tally.times, tally.errors.len()), (vec![1_000, 2_000], 0));
}

#[test]
fn files_of_ixia_are_read() {
    for (magic, order) in [(0x1c00_01ac, ORDERS[0]), (0x1c00_01ab, ORDERS[1])] {
        let version = [order.u16(2), order.u16(4)].concat();
        let rest = order.words(&[0, 0, 65_535, 1, 17, 5, 6, 1, 1]);
        let file = [order.words(&[magic]), version, rest, b"x".to_vec()].concat();
        let tally = drain_bytes(&file);
        assert_eq!((tally.times, tally.errors.len()), (vec![5_000_006_000], 0));
    }
}

#[test]
fn a_format_that_is_not_read_is_named_with_its_remedy() {
    let folder = Folder::new();
    for (start, what, remedy) in [
        (&b"snoop\0\0\0\0\0\0\x02"[..], "snoop capture", "editcap -F pcapng"),
        (b"GMBU\0\0\0\0", "Network Monitor 2", "editcap -F pcapng"),
        (b"\xfd7zXZ\0\0\0", "xz", "xz -dc"),
        (b"PAR1....", "Parquet", "duckdb"),
    ] {
        let path = folder.file("x", start);
        let error = FileSource::open(&path).err().expect("refused");
        assert_eq!((error.code(), error.is_damage()), ("bad_file", true));
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.remedy().contains(remedy), "{}", error.remedy());
    }
}

/// A file with everything that is to be found again in its copy.
fn complete(folder: &Folder) -> std::path::PathBuf {
    let mut writer = PcapngWriter::new(Vec::new(), Some("the whole")).expect("begin");
    let eth0 = SourceInterface { name: Some("eth0".into()), ..SourceInterface::new(LinkType::RAW) };
    writer.add_interface(&eth0).expect("write");
    for kind in [Secret::TLS_KEY_LOG, 0x5747_4b4c] {
        writer.secret(&Secret { kind, data: b"CLIENT_RANDOM 00 11\n".to_vec() }).expect("write");
    }
    let names = ["10.0.0.1", "fe80::1"].map(|address| NameRecord {
        address: address.parse().expect("address"),
        name: "host".into(),
    });
    writer.names(&names).expect("write");
    let custom = CustomBlock { enterprise: 32_473, data: b"mine".to_vec() };
    writer.custom(&custom).expect("write");
    for time in [3, 1, 2] {
        let data = [0x45, time as u8];
        let packet = Packet {
            time,
            interface: InterfaceId(0),
            link_type: LinkType::RAW,
            wire_len: 60,
            data: &data,
        };
        writer.packet(&packet, None).expect("write");
    }
    let stats = nautscan_capture::InterfaceStats { received: Some(9), ..Default::default() };
    writer.statistics(&stats, 4).expect("write");
    folder.file("whole", &writer.finish().expect("flush"))
}

#[test]
fn a_copy_holds_what_the_file_held_in_order_of_time() {
    let folder = Folder::new();
    let path = complete(&folder);
    let mut out = Vec::new();
    let mut merged = MergedSource::open(&[&path]).expect("open");
    let copied = copy(&mut merged, None, &mut out, &mut || true).expect("copied");
    assert_eq!((copied.packets, copied.damage.len()), (3, 0));

    let mut original = FileSource::open(&path).expect("open");
    let mut again = source(out);
    assert_eq!(drain(&mut original).times, drain(&mut again).times);
    let (before, after) = (original.notes(), again.notes());
    assert_eq!(after.secrets, before.secrets);
    assert_eq!(after.secrets.len(), 2);
    assert_eq!(after.names, before.names);
    assert_eq!(after.custom, before.custom);
    assert_eq!(after.comments, before.comments);
    assert_eq!((before.reordered, after.reordered, after.bad_options), (2, 0, 0));
    assert_eq!(again.stats()[0].received, Some(9));
    assert_eq!(again.interfaces()[0].name, original.interfaces()[0].name);
}

#[test]
fn a_copy_of_a_cut_file_says_so_and_holds_what_came_before() {
    let folder = Folder::new();
    let bytes = std::fs::read(complete(&folder)).expect("readable");
    // The statistics block has 40 bytes with its option.
    let cut = folder.file("cut", &bytes[..bytes.len() - 30]);
    let mut out = Vec::new();
    let mut merged = MergedSource::open(&[cut]).expect("open");
    let copied = copy(&mut merged, None, &mut out, &mut || true).expect("copied");
    assert_eq!((copied.packets, copied.damage.len()), (3, 1));
    assert_eq!(drain_bytes(&out).packets, 3);
}

#[test]
fn a_copy_stops_when_it_is_told_to() {
    let folder = Folder::new();
    let mut merged = MergedSource::open(&[complete(&folder)]).expect("open");
    let stopped = copy(&mut merged, None, &mut Vec::new(), &mut || false);
    assert!(matches!(stopped, Err(CopyError::Stopped)));
}
