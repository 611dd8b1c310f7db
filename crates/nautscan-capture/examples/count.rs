//! Reads captures as the engine does and prints what they hold: for measuring the reader alone.
//!
//! `cargo run --release -p nautscan-capture --example count -- FILE…` (`-` for standard input)

use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use nautscan_capture::{FileSource, MergedSource, PacketSource, Pulled};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (streams, paths): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|name| name == "-");
    let mut inputs = Vec::new();
    for _ in streams {
        inputs.push(FileSource::stdin(Duration::from_millis(250))?);
    }
    let start = Instant::now();
    let mut source = MergedSource::open_with(&paths, inputs)?;
    let (mut packets, mut bytes, mut touched) = (0_u64, 0_u64, 0_u64);
    loop {
        let outcome = source.for_each(4096, |packet| {
            packets += 1;
            bytes += packet.data.len() as u64;
            // What a decoder does at least: look at the headers.
            touched += packet.data.iter().take(54).map(|&byte| u64::from(byte)).sum::<u64>();
        });
        match outcome {
            Ok(Pulled::Packets(_) | Pulled::Idle) => {}
            Ok(Pulled::End) => break,
            Err(error) => writeln!(stdout(), "{error}")?,
        }
    }
    writeln!(
        stdout(),
        "{packets} packets, {bytes} bytes, {} interfaces, sum {touched}, {:.3} s",
        source.interfaces().len(),
        start.elapsed().as_secs_f64()
    )?;
    Ok(())
}
