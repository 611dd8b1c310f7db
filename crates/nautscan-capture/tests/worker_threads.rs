//! Threads end with the reader that started them. Alone in its file, so that no other test's
//! threads are about.
#![cfg(target_os = "linux")]

mod common;

use std::fs;

use common::{Folder, connections};
use nautscan_capture::MergedSource;
use nautscan_capture::session::{Offline, Step};
use nautscan_core::Config;
use nautscan_core::event::Table;

/// Threads of the engine that are alive.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("readable");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("nautscan-")).count()
}

#[test]
fn a_reader_that_is_dropped_or_at_its_end_leaves_no_thread() {
    let folder = Folder::new();
    let path = folder.file("many.pcap", &connections(20_000));
    let tables = vec![Table::Packets];
    let start = || {
        let source = MergedSource::open(&[&path]).expect("open");
        let config = Config { tables: tables.clone(), batch_rows: 256, ..Config::default() };
        Offline::new(source, config, None, 3).expect("start")
    };
    for steps in [0, 1, 7] {
        let mut offline = start();
        for _ in 0..steps {
            assert!(matches!(offline.next(None), Ok(Step::Batch(..))));
        }
        // A thread that was only just started has no name yet.
        assert!(steps == 0 || threads() > 0, "more rows are there than may wait");
        drop(offline);
        assert_eq!(threads(), 0, "after {steps} batches");
    }
    let mut offline = start();
    let mut rows = 0;
    while let Step::Batch(_, batch) = offline.next(None).expect("no error") {
        rows += batch.num_rows();
    }
    assert_eq!((rows, threads()), (60_000, 0));
    assert!(matches!(offline.next(None), Ok(Step::End)), "and it stays at its end");
}
