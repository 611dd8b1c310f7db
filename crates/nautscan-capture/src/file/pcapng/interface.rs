//! Interface description blocks, and the clock each interface's times are in.

use nautscan_core::packet::LinkType;

use super::notes;
use crate::file::options::{Options, code, text, u16_at, u32_at, u64_value};
use crate::file::record::{Damage, Notes};
use crate::{MAX_INTERFACES, SourceInterface};

/// What packets of a section need to know of their interface.
#[derive(Debug, Clone, Copy)]
pub(super) struct SectionInterface {
    /// Index in the source's list, which spans sections.
    pub(super) index: u16,
    pub(super) link_type: LinkType,
    pub(super) snaplen: u32,
    pub(super) clock: Clock,
}

/// How ticks become nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Nanoseconds to add.
    offset: i128,
}

/// Length of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// A whole number of nanoseconds: the usual case, kept free of division.
    Nanoseconds(u64),
    /// 10^-n seconds with n > 9: this many ticks to a nanosecond.
    TicksPerNanosecond(u128),
    /// 2^-n seconds.
    Binary(u32),
}

impl Clock {
    /// `resolution` is if_tsresol: its top bit chooses powers of 2 instead of 10. `None` if ticks
    /// would be shorter than 10^-38 s, which 128 bits cannot hold.
    fn new(resolution: u8, offset_seconds: i64) -> Option<Self> {
        let exponent = u32::from(resolution & 0x7f);
        let unit = if resolution & 0x80 != 0 {
            Unit::Binary(exponent)
        } else if exponent <= 9 {
            Unit::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            Unit::TicksPerNanosecond(10_u128.checked_pow(exponent - 9)?)
        };
        let offset = i128::from(offset_seconds) * 1_000_000_000;
        Some(Self { unit, offset })
    }

    /// `Err` holds the end of the range that the time lies beyond.
    #[inline]
    pub(super) fn nanoseconds(self, ticks: u64) -> Result<i64, i64> {
        if let (Unit::Nanoseconds(unit), 0) = (self.unit, self.offset) {
            let time = ticks.checked_mul(unit).and_then(|time| i64::try_from(time).ok());
            return time.ok_or(i64::MAX);
        }
        self.uncommon(ticks)
    }

    fn uncommon(self, ticks: u64) -> Result<i64, i64> {
        let ticks = u128::from(ticks);
        let time = match self.unit {
            Unit::Nanoseconds(unit) => ticks * u128::from(unit),
            Unit::TicksPerNanosecond(ticks_each) => ticks / ticks_each,
            // 2^64 ticks times 10^9 take 94 bits.
            Unit::Binary(exponent) => (ticks * 1_000_000_000).checked_shr(exponent).unwrap_or(0),
        };
        let time = time as i128 + self.offset;
        let end = if time < 0 { i64::MIN } else { i64::MAX };
        i64::try_from(time).map_err(|_| end)
    }
}

pub(super) fn read(
    body: &[u8],
    swapped: bool,
    origin: &str,
    index: usize,
    sink: &mut Notes,
) -> Result<(SectionInterface, SourceInterface), Damage> {
    let Some((head, options)) = body.split_first_chunk::<8>() else {
        return Err(Damage::corrupt("an interface description is too short"));
    };
    if index >= MAX_INTERFACES {
        return Err(Damage::corrupt(format!("more than {MAX_INTERFACES} interfaces")));
    }
    let (link_type, snaplen) = (LinkType(u16_at(head, 0, swapped)), u32_at(head, 4, swapped));
    let mut interface = SourceInterface {
        origin: Some(origin.to_owned()),
        snaplen,
        ..SourceInterface::new(link_type)
    };
    let clock = describe(options, swapped, &mut interface, sink)?;
    Ok((SectionInterface { index: index as u16, link_type, snaplen, clock }, interface))
}

/// Reads the options of an interface.
fn describe(
    bytes: &[u8],
    swapped: bool,
    interface: &mut SourceInterface,
    notes: &mut Notes,
) -> Result<Clock, Damage> {
    let (mut resolution, mut offset_seconds) = (6, 0);
    let mut options = Options::new(bytes, swapped);
    for (option, value) in options.by_ref() {
        match (option, value) {
            (code::COMMENT, _) => notes::comment(value, notes),
            (code::IF_NAME, _) => interface.name = Some(text(value, &mut notes.texts_cut)),
            (code::IF_DESCRIPTION, _) => {
                interface.description = Some(text(value, &mut notes.texts_cut))
            }
            (code::IF_OS, _) => interface.os = Some(text(value, &mut notes.texts_cut)),
            (code::IF_HARDWARE, _) => interface.hardware = Some(text(value, &mut notes.texts_cut)),
            // Its first byte says what follows: 0 a filter's text, 1 BPF code.
            (code::IF_FILTER, [0, filter @ ..]) => {
                interface.filter = Some(text(filter, &mut notes.texts_cut))
            }
            (code::IF_FCSLEN, [length]) => interface.fcs_bytes = Some(*length),
            (code::IF_TSRESOL, [stated]) => resolution = *stated,
            (code::IF_SPEED, _) => match u64_value(value, swapped) {
                Some(speed) => interface.speed = Some(speed),
                None => notes.bad_options += 1,
            },
            (code::IF_TSOFFSET, _) => match u64_value(value, swapped) {
                Some(offset) => offset_seconds = offset as i64,
                None => notes.bad_options += 1,
            },
            (code::IF_FCSLEN | code::IF_TSRESOL, _) => notes.bad_options += 1,
            _ => {}
        }
    }
    notes.bad_options += u64::from(options.broken);
    Clock::new(resolution, offset_seconds).ok_or_else(|| {
        Damage::corrupt(format!("an interface has times in units of 10^-{resolution} s"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(resolution: u8, offset: i64, ticks: u64) -> Result<i64, i64> {
        Clock::new(resolution, offset).expect("clock").nanoseconds(ticks)
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(time(6, 0, 1_500_000), Ok(1_500_000_000));
        assert_eq!(time(9, 0, 7), Ok(7));
        assert_eq!(time(0, 0, 7), Ok(7_000_000_000));
        assert_eq!(time(12, 0, 1_999), Ok(1));
    }

    #[test]
    fn powers_of_two() {
        assert_eq!(time(0x80 | 1, 0, 3), Ok(1_500_000_000));
        assert_eq!(time(0x80 | 20, 0, 1 << 20), Ok(1_000_000_000));
        assert_eq!(time(0x80 | 127, 0, u64::MAX), Ok(0));
    }

    #[test]
    fn offsets_are_signed_seconds() {
        assert_eq!(time(6, -1, 0), Ok(-1_000_000_000));
        assert_eq!(time(9, 1_000, 5), Ok(1_000_000_000_005));
    }

    #[test]
    fn beyond_the_range_is_the_end_of_the_range() {
        assert_eq!(time(0, 0, u64::MAX), Err(i64::MAX));
        assert_eq!(time(9, i64::MIN, 0), Err(i64::MIN));
        assert_eq!(time(6, 0, u64::MAX), Err(i64::MAX));
        assert!(Clock::new(127, 0).is_none());
    }
}
