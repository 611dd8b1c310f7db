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
    pub(super) messages: u64,
    pub(super) records: u64,
    /// The zone's version, which its first record says and its last one says again.
    serial: Option<u32>,
    /// Records that say a version.
    starts: u64,
}

impl Transfer {
    /// The answer to a question of a type, if it is one.
    pub(super) fn of(kind: Rtype) -> Option<Self> {
        let is_incremental = kind == Rtype::IXFR;
        let is_one = is_incremental || kind == Rtype::AXFR;
        let (messages, records, serial, starts) = (0, 0, None, 0);
        is_one.then_some(Self { is_incremental, messages, records, serial, starts })
    }

    /// Takes a message of it; whether that is the last.
    pub(super) fn take(&mut self, heard: &Heard<'_>) -> bool {
        self.messages += 1;
        let mut last = None;
        for record in heard.message.answer().ok().into_iter().flatten().map_while(Result::ok) {
            self.records += 1;
            last = serial_of(&record);
            self.starts += u64::from(last.is_some());
            if self.records == 1 {
                self.serial = last;
            }
        }
        if heard.rcode() != OptRcode::NOERROR || self.serial.is_none() {
            return true;
        }
        // There is nothing new, or not all of it fits.
        let is_short = self.is_incremental && self.records == 1;
        is_short || (self.starts > 1 && last == self.serial)
    }
}

/// The version that a record says.
fn serial_of(record: &ParsedRecord<'_, [u8]>) -> Option<u32> {
    let record = record.to_record::<Soa<Name<'_>>>().ok()??;
    Some(record.data().serial().into_int())
}
