//! Reads a capture through the engine and says what it took: `speed FILE [WORKERS] [TABLES]`.

use std::path::PathBuf;
use std::time::Instant;

use nautscan_capture::MergedSource;
use nautscan_capture::session::{Offline, Step};
use nautscan_core::Config;
use nautscan_core::event::Table;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "speed FILE [WORKERS] [TABLES]";
    let path = PathBuf::from(arguments.next().ok_or(usage)?);
    let workers = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let tables = arguments.next().unwrap_or_else(|| "requests,flows".to_owned());
    let tables = tables.split(',').filter_map(Table::from_name).collect();
    let config = Config { tables, batch_rows: 65_536, ..Config::default() };
    let started = Instant::now();
    let mut offline = Offline::new(MergedSource::open(&[path])?, config, None, workers)?;
    let mut rows = 0;
    loop {
        match offline.next(None)? {
            Step::Batch(_, batch) => rows += batch.num_rows(),
            Step::Idle => {}
            Step::End => break,
        }
    }
    let (took, totals) = (started.elapsed().as_secs_f64(), offline.totals());
    let mut out = std::io::stdout().lock();
    use std::io::Write;
    writeln!(
        out,
        "{took:.3} s, {:.0} packets/s, {rows} rows\n{totals:?}",
        totals.packets as f64 / took
    )?;
    Ok(())
}
