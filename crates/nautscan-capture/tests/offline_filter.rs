//! Filters on packets that come from files.
//!
//! Tests that compile a filter need libpcap at run time, and say so where it is missing.

mod common;

use common::Folder;
use nautscan_capture::session::{Offline, Step};
use nautscan_capture::{
    CaptureError, FileSource, MergedSource, OfflineFilter, PcapngWriter, SourceInterface,
    capture_library,
};
use nautscan_core::Config;
use nautscan_core::packet::{InterfaceId, LinkType, Packet};

fn has_library() -> bool {
    let found = capture_library();
    if let Err(error) = &found {
        eprintln!("skipped: {error}");
    }
    found.is_ok()
}

/// An IPv4 packet with a UDP datagram to `port`.
fn udp(port: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    packet.extend([0x9c, 0x40]);
    packet.extend(port.to_be_bytes());
    packet.extend([0, 10, 0, 0, b'h', b'i']);
    packet
}

/// The same in an Ethernet frame.
fn ethernet(port: u16) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend(udp(port));
    frame
}

/// What an interface of a capture carries: its link type and packets.
type Carried = (LinkType, Vec<Vec<u8>>);

/// A pcapng file in which each interface is described right before its packets.
fn capture(interfaces: &[Carried]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = PcapngWriter::new(&mut bytes, None).expect("memory");
    for (link_type, packets) in interfaces {
        let number = writer.add_interface(&interface(*link_type)).expect("memory");
        for data in packets {
            writer.packet(&packet(*link_type, number as u16, data), None).expect("memory");
        }
    }
    bytes
}

fn interface(link_type: LinkType) -> SourceInterface {
    SourceInterface { name: Some("eth0".to_owned()), ..SourceInterface::new(link_type) }
}

fn packet(link_type: LinkType, interface: u16, data: &[u8]) -> Packet<'_> {
    let wire_len = data.len() as u32;
    Packet { time: 0, interface: InterfaceId(interface), link_type, wire_len, data }
}

fn read(source: MergedSource, filter: &str) -> Result<Offline, CaptureError> {
    let mut offline = Offline::new(source, Config::default(), Some(filter.to_owned()), 1)?;
    while !matches!(offline.next(None)?, Step::End) {}
    Ok(offline)
}

/// As a file is read: its first interface is known before the first packet is asked for.
fn read_file(bytes: &[u8], filter: &str) -> Result<Offline, CaptureError> {
    let folder = Folder::new();
    read(MergedSource::open(&[folder.file("a.pcapng", bytes)])?, filter)
}

#[test]
fn a_filter_tells_packets_apart() {
    if !has_library() {
        return;
    }
    let filter = OfflineFilter::compile("udp port 53", LinkType::ETHERNET, 0).expect("valid");
    let frame = ethernet(53);
    assert!(filter.matches(&packet(LinkType::ETHERNET, 0, &frame)));
    assert!(!filter.matches(&packet(LinkType::ETHERNET, 0, &ethernet(54))));
    assert!(!filter.matches(&packet(LinkType::RAW, 0, &udp(53))), "of another link type");
    for cut in 0..38 {
        let matches = filter.matches(&packet(LinkType::ETHERNET, 0, &frame[..cut]));
        assert!(!matches, "the port is not within the first {cut} bytes");
    }
}

#[test]
fn a_filter_may_go_by_the_length_on_the_wire() {
    if !has_library() {
        return;
    }
    let filter = OfflineFilter::compile("greater 1000", LinkType::ETHERNET, 64).expect("valid");
    let frame = ethernet(53);
    let cut = packet(LinkType::ETHERNET, 0, &frame);
    assert!(!filter.matches(&cut));
    assert!(filter.matches(&Packet { wire_len: 1000, ..cut }));
}

#[test]
fn a_filter_can_be_used_in_another_thread() {
    if !has_library() {
        return;
    }
    let filter = OfflineFilter::compile("udp", LinkType::RAW, 0).expect("valid");
    let matches = move || filter.matches(&packet(LinkType::RAW, 0, &udp(1)));
    assert!(std::thread::spawn(matches).join().expect("no panic"));
}

#[test]
fn filters_compile_for_types_that_files_number_otherwise_than_systems() {
    if !has_library() {
        return;
    }
    for number in [12, 100, 101, 106] {
        let compiled = OfflineFilter::compile("udp port 53", LinkType(number), 0);
        assert!(compiled.is_ok(), "{number}: {}", compiled.err().expect("an error"));
    }
}

#[test]
fn only_accepted_packets_are_read() {
    if !has_library() {
        return;
    }
    let bytes = capture(&[(LinkType::ETHERNET, vec![ethernet(53), ethernet(80), ethernet(53)])]);
    let offline = read_file(&bytes, "udp port 53").expect("valid");
    assert_eq!((offline.totals().packets, offline.totals().flows), (2, 1));
    assert_eq!(offline.filtered_out(), 1);
    for everything in ["", "  "] {
        let offline = read_file(&bytes, everything).expect("no filter");
        assert_eq!((offline.totals().packets, offline.filtered_out()), (3, 0));
    }
}

#[test]
fn each_link_type_has_the_filter_compiled_for_it() {
    if !has_library() {
        return;
    }
    let bytes = capture(&[
        (LinkType::ETHERNET, vec![ethernet(53), ethernet(80)]),
        (LinkType::RAW, vec![udp(80), udp(53)]),
        (LinkType::ETHERNET, vec![ethernet(53)]),
    ]);
    let offline = read_file(&bytes, "udp port 53").expect("valid for both");
    assert_eq!((offline.totals().packets, offline.filtered_out()), (3, 2));
    assert_eq!(offline.totals().decode_errors, 0);
}

#[test]
fn a_bad_filter_is_refused_before_anything_is_read() {
    if !has_library() {
        return;
    }
    let folder = Folder::new();
    let bytes = capture(&[(LinkType::ETHERNET, vec![ethernet(53)])]);
    let (one, two) = (folder.file("1.pcapng", &bytes), folder.file("2.pcapng", &bytes));
    for paths in [vec![&one], vec![&one, &two]] {
        let source = MergedSource::open(&paths).expect("captures");
        let refused = Offline::new(source, Config::default(), Some("udp prt 53".into()), 1);
        let error = refused.err().expect("a bad filter");
        assert_eq!(error.code(), "bad_filter");
        assert!(error.to_string().contains("udp prt 53"), "{error}");
    }
}

#[test]
fn a_filter_that_does_not_fit_a_later_link_type_is_refused_before_its_packets() {
    if !has_library() {
        return;
    }
    let bytes = capture(&[
        (LinkType::ETHERNET, vec![ethernet(53)]),
        (LinkType::RAW, vec![udp(53), udp(53)]),
    ]);
    let stream = FileSource::from_reader(Box::new(std::io::Cursor::new(bytes)), "memory");
    let streams = vec![stream.expect("a stream opens")];
    let source = MergedSource::open_with::<&str>(&[], streams).expect("merged");
    let filter = "ether src 2:0:0:0:0:1".to_owned();
    let mut offline = Offline::new(source, Config::default(), Some(filter), 1).expect("none known");
    let mut next = || loop {
        match offline.next(None) {
            Ok(Step::End) => panic!("the second interface was read past"),
            Ok(_) => {}
            Err(error) => return error,
        }
    };
    for _again in 0..2 {
        let error = next();
        assert_eq!(error.code(), "bad_filter");
        assert!(error.to_string().contains("RAW"), "{error}");
    }
    assert_eq!(offline.totals().packets, 1);
}
