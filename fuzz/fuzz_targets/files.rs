//! Invariant: any bytes, read as a capture, give packets of listed interfaces and of lawful length
//! or errors that say what is wrong, without a panic, and come to an end.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use nautscan_capture::{FileSource, MAX_INTERFACES, MAX_MESSAGE_BYTES, PacketSource, Pulled};

fuzz_target!(|bytes: &[u8]| {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut source = FileSource::from_reader(reader, "fuzz").expect("a stream opens");
    let mut errors = 0;
    loop {
        let known = source.interfaces().len();
        let mut count = 0;
        let pulled = source.pull(16, &mut |packet| {
            assert!(usize::from(packet.interface.0) < known, "an interface that is not listed");
            assert!(packet.data.len() <= MAX_MESSAGE_BYTES as usize);
            count += 1;
        });
        assert!(source.interfaces().len() <= MAX_INTERFACES);
        match pulled {
            Ok(Pulled::Packets(handed)) => assert_eq!(handed, count),
            Ok(Pulled::Idle) => panic!("memory is never quiet"),
            Ok(Pulled::End) => break,
            Err(error) => {
                errors += 1;
                assert_eq!(errors, 1, "one file, one error: {error}");
                assert_eq!(error.code(), "bad_file", "{error}");
                assert!(!error.to_string().is_empty() && !error.remedy().is_empty());
            }
        }
    }
    source.stats();
    assert!(source.progress().bytes_done <= bytes.len() as u64);
});
