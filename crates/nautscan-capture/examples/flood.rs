//! Writes captures of floods: `flood KIND PACKETS FILE`.
//!
//! - `concurrent`: as many TCP connections as there are packets, each one data segment long, all
//!   open at once
//! - `syn`: SYNs from addresses and ports that never come again, to one server
//! - `scan`: one host tries ports and hosts in turn, each attempt refused by a reset
//!
//! Every packet is 60 bytes of Ethernet; time goes on by a microsecond a packet.

use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Result, Write};

const FRAME: usize = 60;
const SYN: u8 = 0x02;
const RST_ACK: u8 = 0x14;
const PSH_ACK: u8 = 0x18;

/// One end of a segment.
type End = ([u8; 4], u16);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, packets, path] = arguments.as_slice() else {
        return Err(Error::new(ErrorKind::InvalidInput, "flood KIND PACKETS FILE"));
    };
    let packets: u32 = packets.parse().map_err(|_| ErrorKind::InvalidInput)?;
    let packet = match kind.as_str() {
        "concurrent" => concurrent,
        "syn" => syn,
        "scan" => scan,
        _ => return Err(Error::new(ErrorKind::InvalidInput, "concurrent, syn or scan")),
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let header: [u32; 6] = [0xa1b2_3c4d, 0x0004_0002, 0, 0, 65_535, 1];
    for word in header {
        out.write_all(&word.to_le_bytes())?;
    }
    for number in 0..packets {
        let (seconds, nanoseconds) =
            (1_700_000_000 + number / 1_000_000, number % 1_000_000 * 1000);
        for word in [seconds, nanoseconds, FRAME as u32, FRAME as u32] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&packet(number))?;
    }
    out.flush()
}

/// Scatters numbers without giving one twice (an odd factor is invertible modulo 2^32).
fn scattered(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761)
}

fn concurrent(number: u32) -> [u8; FRAME] {
    let [a, b, c, d] = scattered(number).to_be_bytes();
    let client = ([10, 1, a, b], u16::from_be_bytes([c, d]));
    segment(client, ([10, 2, 0, 1], 443), PSH_ACK, b"\x17\x03\x03\0\x01x")
}

fn syn(number: u32) -> [u8; FRAME] {
    let [a, b, c, d] = scattered(number).to_be_bytes();
    segment(([11, a, b, c], 1024 + u16::from(d)), ([10, 2, 0, 1], 80), SYN, b"")
}

fn scan(number: u32) -> [u8; FRAME] {
    let attempt = number / 2;
    let [_, b, c, d] = attempt.to_be_bytes();
    let scanner = ([10, 9, 0, 1], 40_000);
    let target = ([10, 2, b, c], 1 + u16::from(d));
    if number.is_multiple_of(2) {
        segment(scanner, target, SYN, b"")
    } else {
        segment(target, scanner, RST_ACK, b"")
    }
}

fn segment(from: End, to: End, flags: u8, payload: &[u8]) -> [u8; FRAME] {
    const IP: usize = 14;
    const TCP: usize = IP + 20;
    let mut frame = [0; FRAME];
    frame[12..IP].copy_from_slice(&[8, 0]);
    let total = (40 + payload.len()) as u8;
    frame[IP..IP + 12].copy_from_slice(&[0x45, 0, 0, total, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    frame[IP + 12..IP + 16].copy_from_slice(&from.0);
    frame[IP + 16..TCP].copy_from_slice(&to.0);
    frame[TCP..TCP + 2].copy_from_slice(&from.1.to_be_bytes());
    frame[TCP + 2..TCP + 4].copy_from_slice(&to.1.to_be_bytes());
    let acknowledged = flags & 0x10 != 0;
    frame[TCP + 4..TCP + 8].copy_from_slice(&u32::from(acknowledged).to_be_bytes());
    frame[TCP + 8..TCP + 12].copy_from_slice(&u32::from(acknowledged).to_be_bytes());
    frame[TCP + 12..TCP + 16].copy_from_slice(&[0x50, flags, 0x40, 0]);
    frame[TCP + 20..TCP + 20 + payload.len()].copy_from_slice(payload);
    frame
}
