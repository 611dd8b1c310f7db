//! Transfers of zones: one question, answered by as many messages as it takes (RFC 5936 section 2.2,
//! RFC 1995 section 4).

use domain::base::ParsedRecord;
use domain::base::iana::{OptRcode, Rtype};
use domain::rdata::Soa;

use super::message::{Heard, Name};

/// How far an answer has come.
#[derive(Debug)]
pub(super) struct Transfer {
    is_incremental: bool,
    /// The version that the client has, and wants the differences to.
    asked: Option<u32>,
    /// It turned out to be the whole zone: its second record says no version.
    is_full: bool,
    /// Nothing of it was lost.
    is_whole: bool,
    pub(super) messages: u64,
    pub(super) records: u64,
    /// The zone's version, which its first record says and its last one says again.
    serial: Option<u32>,
    /// Records that say a version.
    starts: u64,
}

impl Transfer {
    /// The answer to a question, if it is one.
    pub(super) fn of(heard: &Heard<'_>) -> Option<Self> {
        let kind = heard.question.as_ref()?.kind;
        let is_incremental = kind == Rtype::IXFR;
        let asked = if is_incremental { version_of(heard) } else { None };
        (is_incremental || kind == Rtype::AXFR).then_some(Self {
            is_incremental,
            asked,
            is_full: false,
            is_whole: true,
            messages: 0,
            records: 0,
            serial: None,
            starts: 0,
        })
    }

    /// Takes a message of it; whether that is the last. `is_lossy`: others before it may be missing.
    pub(super) fn take(&mut self, heard: &Heard<'_>, is_lossy: bool) -> bool {
        self.messages += 1;
        self.is_whole &= !is_lossy && heard.cut == 0;
        let mut is_over = false;
        for record in heard.message.answer().ok().into_iter().flatten().map_while(Result::ok) {
            self.records += 1;
            is_over = self.is_end(serial_of(&record));
        }
        let is_refused = heard.rcode() != OptRcode::NOERROR || self.serial.is_none();
        is_refused || is_over || (self.is_incremental && self.records == 1 && !self.is_news())
    }

    /// Takes the version that the next record says; whether it ends the zone. Differences say the
    /// version before each and the one behind it, in turns: the end stands where one before would.
    fn is_end(&mut self, version: Option<u32>) -> bool {
        let Some(version) = version else {
            self.is_full |= self.records == 2 && self.is_whole;
            return false;
        };
        if self.records == 1 {
            self.serial = Some(version);
        }
        self.starts += 1;
        let has_differences = self.is_incremental && !self.is_full;
        let is_turn = self.is_whole && self.starts.is_multiple_of(2);
        self.starts > 1 && self.serial == Some(version) && (is_turn || !has_differences)
    }

    /// Whether the version of the answer is newer than the client's (RFC 1982 section 3.2), so that more
    /// records follow the first one.
    fn is_news(&self) -> bool {
        let versions = self.serial.zip(self.asked);
        versions.is_some_and(|(new, old)| (1..1 << 31).contains(&new.wrapping_sub(old)))
    }
}

/// The version that a question says its sender has.
fn version_of(heard: &Heard<'_>) -> Option<u32> {
    serial_of(&heard.message.authority().ok()?.next()?.ok()?)
}

/// The version that a record says.
fn serial_of(record: &ParsedRecord<'_, [u8]>) -> Option<u32> {
    let record = record.to_record::<Soa<Name<'_>>>().ok()??;
    Some(record.data().serial().into_int())
}
