//! Every capture of the shared folder, against what is known of its container.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{drain, shared_captures};
use nautscan_capture::{CaptureError, FileSource, PacketSource};
use serde_json::Value;

fn expected_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.extend(expected_files(&path));
        } else if path.to_string_lossy().ends_with(".expected.json") {
            found.push(path);
        }
    }
    found
}

/// One line for each fact that differs.
fn differences(expected: &Path) -> Vec<String> {
    let text = fs::read_to_string(expected).expect("readable");
    let facts: Value = serde_json::from_str(&text).expect("JSON");
    let container = &facts["container"];
    let path = PathBuf::from(expected.to_string_lossy().trim_end_matches(".expected.json"));
    let mut source = match FileSource::open(&path) {
        Ok(source) => source,
        Err(error) => return vec![format!("{}: {error}", path.display())],
    };
    let tally = drain(&mut source);
    let interfaces = container["interfaces"].as_u64().unwrap_or(1);
    let mut lines = Vec::new();
    let mut check = |what: &str, stated: &Value, found: Value| {
        if !stated.is_null() && *stated != found {
            lines.push(format!("{}: {what} is {found}, stated {stated}", path.display()));
        }
    };
    check("format", &container["format"], source.format().into());
    check("packets", &container["packets"], tally.packets.into());
    check("captured_bytes", &container["captured_bytes"], tally.captured.into());
    check("wire_bytes", &container["wire_bytes"], tally.wire.into());
    check("snapped_packets", &container["snapped_packets"], tally.snapped.into());
    check("interfaces", &interfaces.into(), source.interfaces().len().into());
    check("sections", &container["sections"], source.notes().sections.into());
    let mut stated: Vec<u64> = container["linktypes"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_u64).collect())
        .unwrap_or_default();
    let mut found: Vec<u64> =
        source.interfaces().iter().map(|interface| interface.link_type.0.into()).collect();
    for list in [&mut stated, &mut found] {
        list.sort_unstable();
        list.dedup();
    }
    check("linktypes", &stated.into(), found.into());
    if let Some(snaplen) = container["snaplen"].as_u64() {
        check("snaplen", &snaplen.into(), source.interfaces()[0].snaplen.into());
    }
    let damaged = !container["error"].is_null()
        || !container["truncated_file"].is_null()
        || !container["trailing_bytes"].is_null();
    let errors: Vec<String> = tally.errors.iter().map(CaptureError::to_string).collect();
    if damaged == errors.is_empty() {
        lines.push(format!("{}: damage {errors:?}, stated {damaged}", path.display()));
    }
    lines
}

/// Captures that are read otherwise than stated, and why.
const DIFFERENT: [(&str, &str); 2] = [
    // The two lengths of the first block differ. What is stated ignores that; libpcap, tshark and
    // we refuse the block, because one of the lengths must be wrong and packets would be found
    // where there are none.
    ("libpcap/shb-option-too-long.pcapng", "ends with another length"),
    // No version 1 is defined, so how its records are laid out is anyone's guess. What is stated
    // reads them as if it were 2.4; libpcap, tshark and we refuse the file.
    ("libpcap/pcap-invalid-version-1.pcap", "pcap version 1.4"),
];

/// Captures of which more is read than stated, with their packets: blocks whose lengths are no
/// multiples of four, at which what is stated stops. tshark reads them, libpcap does not.
const READ_FURTHER: [(&str, u64); 1] =
    [("wireshark-wiki/Development__PcapNg__http.littleendian.ntar", 43)];

#[test]
fn every_container_is_read_as_stated() {
    let Some(folder) = shared_captures() else {
        return;
    };
    let files = expected_files(&folder);
    assert!(files.len() >= 600, "only {} captures found", files.len());
    let is_different = |file: &PathBuf| {
        let file = file.to_string_lossy();
        let listed = DIFFERENT.iter().map(|(name, _)| name);
        listed
            .chain(READ_FURTHER.iter().map(|(name, _)| name))
            .any(|name| file.ends_with(&format!("{name}.expected.json")))
    };
    let (different, same): (Vec<_>, Vec<_>) = files.into_iter().partition(is_different);
    assert_eq!(different.len(), DIFFERENT.len() + READ_FURTHER.len());
    for (name, packets) in READ_FURTHER {
        let tally = drain(&mut FileSource::open(folder.join(name)).expect("readable"));
        assert_eq!((tally.packets, tally.errors.len()), (packets, 0), "{name}");
    }
    for (name, why) in DIFFERENT {
        let error = match FileSource::open(folder.join(name)) {
            Err(error) => error,
            Ok(mut source) => {
                let mut tally = drain(&mut source);
                assert_eq!(tally.packets, 0);
                tally.errors.remove(0)
            }
        };
        assert_eq!(error.code(), "bad_file");
        assert!(error.to_string().contains(why), "{error}");
    }
    let lines: Vec<String> = same.iter().flat_map(|file| differences(file)).collect();
    assert!(lines.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}
