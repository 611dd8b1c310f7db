//! Invariant: whatever two sides say, lose and end, the parsers of protocols in which a server speaks
//! first (SSH, SMTP, FTP) do not panic and keep no more than their caps allow; and of what comes without
//! loss, how the bytes were cut into segments changes nothing in the flow's summary.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits::{
    FACT_TEXT, FTP_LINE, FTP_PLACES, FTP_VERBS, FTP_WAITING, SMTP_EXTENSIONS, SMTP_LINE,
    SMTP_WAITING, SSH_KEPT, SSH_NAMES, SSH_VERSION,
};
use nautscan_core::proto::{ftp, smtp, ssh};
use nautscan_fuzz::check_dialogue;

/// A packet and an offer of each side, twice, since buffers double.
const SSH: usize = 2 * 2 * (SSH_KEPT + 8 * SSH_NAMES + SSH_VERSION) + 4096;
/// Lines, what is told of them (three times their bytes where they are no UTF-8), and what waits.
const SMTP: usize = (SMTP_EXTENSIONS + 8) * 6 * SMTP_LINE + 2 * SMTP_WAITING * 16 + FACT_TEXT;
const FTP: usize =
    24 * FTP_LINE + (FTP_VERBS + FTP_PLACES) * 256 + 2 * FTP_WAITING * 128 + FACT_TEXT;

fuzz_target!(|bytes: &[u8]| {
    check_dialogue(&ssh::PROTOCOL, SSH, bytes);
    check_dialogue(&smtp::PROTOCOL, SMTP, bytes);
    check_dialogue(&ftp::PROTOCOL, FTP, bytes);
});
