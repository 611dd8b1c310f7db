//! Captures for a number of seconds and prints what each interface counted: for measuring the
//! capture alone.
//!
//! `cargo run --release -p nautscan-capture --example live -- SECONDS INTERFACE…`

use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use nautscan_capture::{LiveOptions, LiveSource, PacketSource};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().ok_or("give a number of seconds")?.parse()?;
    let names: Vec<String> = arguments.collect();
    let mut source = LiveSource::open(&names, LiveOptions::default())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut packets, mut bytes) = (vec![0_u64; names.len()], 0_u64);
    let (mut pulls, mut late) = (0_u64, 0_i64);
    let mut newest = i64::MIN;
    while Instant::now() < end {
        source.pull(4096, &mut |packet| {
            packets[usize::from(packet.interface.0)] += 1;
            bytes += packet.data.len() as u64;
            newest = newest.max(packet.time);
            late = late.max(newest - packet.time);
        })?;
        pulls += 1;
    }
    for entry in source.stats() {
        writeln!(
            stdout(),
            "{}: {} delivered, {entry:?}",
            names[entry.interface],
            packets[entry.interface]
        )?;
    }
    let late = Duration::from_nanos(late.unsigned_abs());
    writeln!(stdout(), "{bytes} bytes, {pulls} pulls, out of order by at most {late:?}")?;
    Ok(())
}
