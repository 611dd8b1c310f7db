//! Helpers of the integration tests.
#![allow(dead_code, unreachable_pub)]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use nautscan_capture::{CaptureError, FileSource, PacketSource, Pulled};

/// Captures of other projects, which are not part of this repository. `None`, with the reason
/// printed, where they are absent.
pub fn shared_captures() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/pcaps");
    let folder = std::env::var_os("NAUTSCAN_SHARED_PCAPS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no shared captures at {} (set NAUTSCAN_SHARED_PCAPS)", folder.display());
    None
}

/// What a source delivered until its end.
#[derive(Debug, Default)]
pub struct Tally {
    pub packets: u64,
    pub captured: u64,
    pub wire: u64,
    pub snapped: u64,
    pub link_types: Vec<u16>,
    pub times: Vec<i64>,
    pub errors: Vec<CaptureError>,
}

/// Reads a source to its end, checking what every source promises.
pub fn drain(source: &mut dyn PacketSource) -> Tally {
    let mut tally = Tally::default();
    loop {
        let known = source.interfaces().len();
        let mut count = 0;
        let outcome = source.pull(7, &mut |packet| {
            assert!(usize::from(packet.interface.0) < known, "unlisted interface");
            count += 1;
            tally.packets += 1;
            tally.captured += packet.data.len() as u64;
            tally.wire += u64::from(packet.wire_len);
            tally.snapped += u64::from(packet.data.len() < packet.wire_len as usize);
            if !tally.link_types.contains(&packet.link_type.0) {
                tally.link_types.push(packet.link_type.0);
            }
            tally.times.push(packet.time);
        });
        assert!(source.interfaces().len() >= known);
        match outcome {
            Ok(Pulled::Packets(n)) => assert_eq!(n, count),
            Ok(Pulled::Idle) => assert_eq!(count, 0),
            Ok(Pulled::End) => {
                assert_eq!(count, 0);
                return tally;
            }
            Err(error) => {
                assert_eq!(count, 0);
                tally.errors.push(error);
            }
        }
    }
}

/// Reads a capture from memory.
pub fn drain_bytes(bytes: &[u8]) -> Tally {
    let reader = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let mut source = FileSource::from_reader(reader, "memory").expect("a stream opens");
    drain(&mut source)
}

/// A folder that is deleted when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nautscan-capture-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A pcap file with `count` TCP connections of three packets each, one after the other.
pub fn connections(count: u16) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(101_u32.to_le_bytes());
    for number in 0..count {
        let port = 1000 + number;
        for (step, flags) in [2, 0x12, 0x10].into_iter().enumerate() {
            let answers = flags == 0x12;
            let (from, to) = if answers { (2, 1) } else { (1, 2) };
            let (source, destination) = if answers { (80, port) } else { (port, 80) };
            let mut ip =
                vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
            ip.extend(source.to_be_bytes());
            ip.extend(destination.to_be_bytes());
            let sequence = u32::from(step > 0 && !answers);
            ip.extend(sequence.to_be_bytes());
            ip.extend(u32::from(step > 0).to_be_bytes());
            ip.extend([0x50, flags, 1, 0, 0, 0, 0, 0]);
            let time = u32::from(number) * 3 + step as u32;
            file.extend((time / 1000).to_le_bytes());
            file.extend((time % 1000 * 1000).to_le_bytes());
            file.extend([40, 0, 0, 0, 40, 0, 0, 0]);
            file.extend(ip);
        }
    }
    file
}

/// A pcap file with `count` TCP connections of six packets each through a host that translates both
/// addresses: on the client's side of it, or on the server's.
pub fn translated(count: u16, is_before: bool) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(101_u32.to_le_bytes());
    let (client, server, hops) = if is_before { (1, 9, 0) } else { (8, 2, 1) };
    for number in 0..count {
        let (client_port, server_port) =
            if is_before { (1000 + number, 8080_u16) } else { (30_000 + number, 80) };
        let initial = 1_000_000 * (u32::from(number) + 1);
        let steps = [
            (true, 2, 0),
            (false, 0x12, 0),
            (true, 0x10, 1),
            (true, 0x18, 1),
            (false, 0x11, 1),
            (true, 0x11, 2),
        ];
        for (step, (asks, flags, ahead)) in steps.into_iter().enumerate() {
            let ends = [(client, client_port), (server, server_port)];
            let ([from, to], first) = if asks { (ends, initial) } else { ([ends[1], ends[0]], 77) };
            let payload: &[u8] = if flags == 0x18 { b"?" } else { b"" };
            let timestamps: &[u8] =
                if flags == 2 { &[1, 1, 8, 10, 0, 0, 1, 7, 0, 0, 0, 0] } else { b"" };
            let len = 40 + timestamps.len() + payload.len();
            let mut ip = vec![0x45, 0, 0, len as u8, number as u8, step as u8, 0, 0, 64 - hops, 6];
            ip.extend([0, 0, 10, 0, 0, from.0, 10, 0, 0, to.0]);
            ip.extend(from.1.to_be_bytes());
            ip.extend(to.1.to_be_bytes());
            ip.extend((first + ahead).to_be_bytes());
            ip.extend((if asks { 77 } else { initial } + 1).to_be_bytes());
            ip.extend([0x50 + (timestamps.len() as u8 / 4) * 16, flags, 1, 0, 0, 0, 0, 0]);
            ip.extend(timestamps);
            ip.extend(payload);
            let time = (u32::from(number) * 8 + step as u32) * 10 + u32::from(!is_before);
            file.extend((time / 1000).to_le_bytes());
            file.extend((time % 1000 * 1000).to_le_bytes());
            file.extend((len as u32).to_le_bytes());
            file.extend((len as u32).to_le_bytes());
            file.extend(ip);
        }
    }
    file
}
